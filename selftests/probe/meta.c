// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to change what is known of a file: mode, owner, times, extended
 * attributes, ACL and inode flags. A descriptor that an act needs is opened for
 * reading, which a rule on writing leaves alone.
 */
#include <endian.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe.h"

#define XATTR "trusted.probe" /* tmpfs has no user.* attributes before 6.6 */

#define NR32_OPEN	   5
#define NR32_IOCTL	   54
#define FS_IOC32_SETFLAGS_ _IOW('f', 2, int)
#define FS_IOC_SETVERSION_ _IOW('v', 2, long)

static struct stat look(const char *file)
{
	struct stat st;

	need(lstat(file, &st), "lstat");
	return st;
}

static int open_read(const char *file)
{
	return need(open(file, O_RDONLY), file);
}

static mode_t other_mode(const char *file)
{
	return (look(file).st_mode & 07777) ^ 0100;
}

static int mode_changed(const char *file, mode_t mode)
{
	return effect((look(file).st_mode & 07777) == mode, "the mode");
}

static int act_chmod(char **args)
{
	mode_t mode = other_mode(args[0]);

	if (syscall(SYS_chmod, args[0], mode))
		return refused("chmod");
	return mode_changed(args[0], mode);
}

static int act_fchmod(char **args)
{
	mode_t mode = other_mode(args[0]);

	if (fchmod(open_read(args[0]), mode))
		return refused("fchmod");
	return mode_changed(args[0], mode);
}

static int act_fchmodat(char **args)
{
	mode_t mode = other_mode(args[0]);

	if (syscall(SYS_fchmodat, AT_FDCWD, args[0], mode))
		return refused("fchmodat");
	return mode_changed(args[0], mode);
}

static int owner_changed(const char *file, uid_t uid)
{
	return effect(look(file).st_uid == uid, "the owner");
}

static int act_chown(char **args)
{
	if (chown(args[0], 4242, -1))
		return refused("chown");
	return owner_changed(args[0], 4242);
}

static int act_lchown(char **args)
{
	if (lchown(args[0], 4242, -1))
		return refused("lchown");
	return owner_changed(args[0], 4242);
}

/* An O_PATH descriptor, which no hook sees being opened, is enough. */
static int act_chown_opath(char **args)
{
	int fd = need(open(args[0], O_PATH), "O_PATH");

	if (fchownat(fd, "", 4242, -1, AT_EMPTY_PATH))
		return refused("fchownat with AT_EMPTY_PATH");
	return owner_changed(args[0], 4242);
}

static const struct timespec past[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

static int act_utimes(char **args)
{
	if (utimensat(AT_FDCWD, args[0], past, 0))
		return refused("utimensat");
	return effect(look(args[0]).st_mtime == 1000, "the times");
}

static int act_touch(char **args)
{
	/* Both times set to now: asked of the owner or of whoever may write. */
	if (utimensat(AT_FDCWD, args[0], NULL, 0))
		return refused("utimensat to now");
	return ALLOWED;
}

static int act_futimens(char **args)
{
	if (futimens(open_read(args[0]), past))
		return refused("futimens");
	return effect(look(args[0]).st_mtime == 1000, "the times");
}

static int has_xattr(const char *file, bool wanted)
{
	return effect((getxattr(file, XATTR, NULL, 0) >= 0) == wanted, "the extended attribute");
}

static int act_setxattr(char **args)
{
	if (setxattr(args[0], XATTR, "v", 1, 0))
		return refused("setxattr");
	return has_xattr(args[0], true);
}

static int act_lsetxattr(char **args)
{
	if (lsetxattr(args[0], XATTR, "v", 1, 0))
		return refused("lsetxattr");
	return has_xattr(args[0], true);
}

static int act_fsetxattr(char **args)
{
	if (fsetxattr(open_read(args[0]), XATTR, "v", 1, 0))
		return refused("fsetxattr");
	return has_xattr(args[0], true);
}

static int act_removexattr(char **args)
{
	need(getxattr(args[0], XATTR, NULL, 0), "the attribute to remove");
	if (removexattr(args[0], XATTR))
		return refused("removexattr");
	return has_xattr(args[0], false);
}

struct acl {
	struct posix_acl_xattr_header h;
	struct posix_acl_xattr_entry e[5];
};

static struct posix_acl_xattr_entry acl_entry(int tag, int perm, uint32_t id)
{
	return (struct posix_acl_xattr_entry){ htole16(tag), htole16(perm), htole32(id) };
}

/* Lets user 4242 read and write, as setfacl -m u:4242:rw does. */
static struct acl acl_for_4242(void)
{
	return (struct acl){
		.h = { htole32(POSIX_ACL_XATTR_VERSION) },
		.e = {
			acl_entry(ACL_USER_OBJ, 6, ACL_UNDEFINED_ID),
			acl_entry(ACL_USER, 6, 4242),
			acl_entry(ACL_GROUP_OBJ, 4, ACL_UNDEFINED_ID),
			acl_entry(ACL_MASK, 6, ACL_UNDEFINED_ID),
			acl_entry(ACL_OTHER, 4, ACL_UNDEFINED_ID),
		},
	};
}

#define ACL_XATTR "system.posix_acl_access"

static int act_acl(char **args)
{
	struct acl acl = acl_for_4242();

	if (setxattr(args[0], ACL_XATTR, &acl, sizeof(acl), 0))
		return refused("setting an ACL");
	return effect(getxattr(args[0], ACL_XATTR, NULL, 0) == sizeof(acl), "setting an ACL");
}

static int act_acl_remove(char **args)
{
	need(getxattr(args[0], ACL_XATTR, NULL, 0), "the ACL to remove");
	if (removexattr(args[0], ACL_XATTR))
		return refused("removing an ACL");
	return effect(getxattr(args[0], ACL_XATTR, NULL, 0) < 0, "removing an ACL");
}

static int flag_set(int fd, const char *what)
{
	int flags = 0;

	need(ioctl(fd, FS_IOC_GETFLAGS, &flags), "FS_IOC_GETFLAGS");
	return effect(flags & FS_NODUMP_FL, what);
}

/* chattr +d */
static int act_setflags(char **args)
{
	int fd = open_read(args[0]), flags = 0;

	need(ioctl(fd, FS_IOC_GETFLAGS, &flags), "FS_IOC_GETFLAGS");
	flags |= FS_NODUMP_FL;
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags))
		return refused("FS_IOC_SETFLAGS");
	return flag_set(fd, "FS_IOC_SETFLAGS");
}

/* The same from a 32-bit program: another entry, and on newer kernels another hook. */
static int act_setflags32(char **args)
{
	int fd = open_read(args[0]), *flags = low_page();

	need(ioctl(fd, FS_IOC_GETFLAGS, flags), "FS_IOC_GETFLAGS");
	*flags |= FS_NODUMP_FL;
	if (int80(NR32_IOCTL, fd, FS_IOC32_SETFLAGS_, (unsigned long)flags))
		return refused("FS_IOC32_SETFLAGS");
	return flag_set(fd, "FS_IOC32_SETFLAGS");
}

static int act_fssetxattr(char **args)
{
	int fd = open_read(args[0]);
	struct fsxattr x;

	need(ioctl(fd, FS_IOC_FSGETXATTR, &x), "FS_IOC_FSGETXATTR");
	x.fsx_xflags |= FS_XFLAG_NODUMP;
	if (ioctl(fd, FS_IOC_FSSETXATTR, &x))
		return refused("FS_IOC_FSSETXATTR");
	return flag_set(fd, "FS_IOC_FSSETXATTR");
}

/* ext4: gives the inode another generation, by which the guard knows it. */
static int act_setversion(char **args)
{
	int fd = open_read(args[0]);
	long version = 4242;

	if (ioctl(fd, FS_IOC_SETVERSION_, &version))
		return refused("FS_IOC_SETVERSION");
	return ALLOWED;
}

/*
 * setversion-then FILE ACT...: what was known by its generation must not be
 * open now that it has another one. Refusing the first step is as good.
 */
static int act_setversion_then(char **args)
{
	int fd = open(args[0], O_RDONLY), out;

	if (fd < 0)
		return refused("open for FS_IOC_SETVERSION");
	close(fd);
	out = act_setversion(args);
	return out ? out : run_act(args + 1);
}

const struct act meta_acts[] = {
	{ "chmod", "FILE", act_chmod },
	{ "fchmod", "FILE", act_fchmod },
	{ "fchmodat", "FILE", act_fchmodat },
	{ "chown", "FILE", act_chown },
	{ "lchown", "FILE", act_lchown },
	{ "chown-opath", "FILE", act_chown_opath },
	{ "utimes", "FILE", act_utimes },
	{ "touch", "FILE", act_touch },
	{ "futimens", "FILE", act_futimens },
	{ "setxattr", "FILE", act_setxattr },
	{ "lsetxattr", "FILE", act_lsetxattr },
	{ "fsetxattr", "FILE", act_fsetxattr },
	{ "removexattr", "FILE", act_removexattr },
	{ "acl", "FILE", act_acl },
	{ "acl-remove", "FILE", act_acl_remove },
	{ "setflags", "FILE", act_setflags },
	{ "setflags32", "FILE", act_setflags32 },
	{ "fssetxattr", "FILE", act_fssetxattr },
	{ "setversion", "FILE", act_setversion },
	{ "setversion-then", "FILE ACT...", act_setversion_then },
	{ NULL, NULL, NULL },
};
