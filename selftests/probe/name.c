// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to change what a name stands for: take it away, put something else
 * there, or make something where nothing was.
 */
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe.h"

static ino_t inode_at(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_ino;
}

static bool missing(const char *name)
{
	return !inode_at(name);
}

static void must_be_missing(const char *name)
{
	if (!missing(name))
		broken("%s is there already", name);
}

/* rename FROM TO */
static int act_rename(char **args)
{
	ino_t moved = inode_at(args[0]);

	if (rename(args[0], args[1]))
		return refused("rename");
	return effect(inode_at(args[1]) == moved && missing(args[0]), "rename");
}

/* replace NAME: what passwd(1) does, a new file renamed over the old one */
static int act_replace(char **args)
{
	const char *new = beside(args[0], "new");
	ino_t made;

	close(scratch(new));
	made = inode_at(new);
	if (rename(new, args[0])) {
		int out = refused("rename over the name");

		unlink(new);
		return out;
	}
	return effect(inode_at(args[0]) == made, "rename over the name");
}

static int rename_flags(const char *from, const char *to, unsigned int flags, const char *what)
{
	ino_t moved = inode_at(from), other = inode_at(to);

	if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags))
		return refused(what);
	if (inode_at(to) != moved)
		return effect(false, what);
	return effect(flags != RENAME_EXCHANGE || inode_at(from) == other, what);
}

static int act_exchange(char **args)
{
	return rename_flags(args[0], args[1], RENAME_EXCHANGE, "RENAME_EXCHANGE");
}

static int act_whiteout(char **args)
{
	return rename_flags(args[0], args[1], RENAME_WHITEOUT, "RENAME_WHITEOUT");
}

static int act_noreplace(char **args)
{
	return rename_flags(args[0], args[1], RENAME_NOREPLACE, "RENAME_NOREPLACE");
}

static int act_unlink(char **args)
{
	if (unlink(args[0]))
		return refused("unlink");
	return effect(missing(args[0]), "unlink");
}

static int act_rmdir(char **args)
{
	if (rmdir(args[0]))
		return refused("rmdir");
	return effect(missing(args[0]), "rmdir");
}

/* link FILE NAME */
static int act_link(char **args)
{
	if (link(args[0], args[1]))
		return refused("link");
	return effect(inode_at(args[1]) == inode_at(args[0]), "link");
}

/* A file without a name is given one that is protected. */
static int act_tmpfile_link(char **args)
{
	char path[64];
	int fd;

	must_be_missing(args[0]);
	fd = need(open(".", O_TMPFILE | O_RDWR, 0644), "O_TMPFILE");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, AT_FDCWD, args[0], AT_SYMLINK_FOLLOW))
		return refused("linkat of the unnamed file");
	return effect(!missing(args[0]), "linkat");
}

static int act_mkdir(char **args)
{
	must_be_missing(args[0]);
	if (mkdir(args[0], 0755))
		return refused("mkdir");
	return effect(!missing(args[0]), "mkdir");
}

static int make_node(const char *name, mode_t mode, dev_t dev)
{
	must_be_missing(name);
	if (mknod(name, mode | 0644, dev))
		return refused("mknod");
	return effect(!missing(name), "mknod");
}

static int act_mknod(char **args)
{
	return make_node(args[0], S_IFREG, 0);
}

static int act_mkfifo(char **args)
{
	return make_node(args[0], S_IFIFO, 0);
}

static int act_mkdev(char **args)
{
	return make_node(args[0], S_IFCHR, makedev(1, 3));
}

static int act_symlink(char **args)
{
	must_be_missing(args[0]);
	if (symlink("/etc/hostname", args[0]))
		return refused("symlink");
	return effect(!missing(args[0]), "symlink");
}

static int act_bind_socket(char **args)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = need(socket(AF_UNIX, SOCK_STREAM, 0), "socket");

	must_be_missing(args[0]);
	if (strlen(args[0]) >= sizeof(sa.sun_path))
		broken("the path is too long");
	strcpy(sa.sun_path, args[0]);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		return refused("bind of a socket");
	return effect(!missing(args[0]), "bind of a socket");
}

/*
 * Moving or linking a file is not reading it, so a rule on reading may let it
 * pass; what was moved must then still be closed. Refusing the first step is as
 * good as refusing the second.
 */
static int read_at(const char *file)
{
	const struct mode *mode = mode_of("read");

	return use(open(file, mode->flags), mode, "open of what was moved");
}

static int act_moved_read(char **args)
{
	/* Done a second time, the first step has been done already. */
	if (!(missing(args[0]) && !missing(args[1])) && rename(args[0], args[1]))
		return refused("rename");
	return read_at(args[2]);
}

static int act_linked_read(char **args)
{
	if (missing(args[1]) && link(args[0], args[1]))
		return refused("link");
	return read_at(args[1]);
}

/* btrfs makes and removes subvolumes by ioctl on the directory above. */
static int subvolume(const char *name, unsigned long request, const char *what, bool there)
{
	struct btrfs_ioctl_vol_args a = { 0 };
	int fd = need(open(".", O_RDONLY | O_DIRECTORY), "the directory");

	if (strlen(name) >= sizeof(a.name))
		broken("the name is too long");
	strcpy(a.name, name);
	if (ioctl(fd, request, &a))
		return refused(what);
	return effect(missing(name) != there, what);
}

static int act_subvol_create(char **args)
{
	must_be_missing(args[0]);
	return subvolume(args[0], BTRFS_IOC_SUBVOL_CREATE, "creating a subvolume", true);
}

static int act_subvol_delete(char **args)
{
	return subvolume(args[0], BTRFS_IOC_SNAP_DESTROY, "deleting a subvolume", false);
}

static int act_snapshot(char **args)
{
	struct btrfs_ioctl_vol_args a = { 0 };
	int dir = need(open(".", O_RDONLY | O_DIRECTORY), "the directory");

	must_be_missing(args[1]);
	a.fd = need(open(args[0], O_RDONLY | O_DIRECTORY), args[0]);
	if (strlen(args[1]) >= sizeof(a.name))
		broken("the name is too long");
	strcpy(a.name, args[1]);
	if (ioctl(dir, BTRFS_IOC_SNAP_CREATE, &a))
		return refused("creating a snapshot");
	return effect(!missing(args[1]), "creating a snapshot");
}

/* snapshot-read SUBVOLUME NAME FILE: a copy of the whole subvolume, then the file in it */
static int act_snapshot_read(char **args)
{
	int out = act_snapshot(args);

	return out ? out : read_at(args[2]);
}

const struct act name_acts[] = {
	{ "moved-read", "FROM TO FILE", act_moved_read },
	{ "linked-read", "FILE NAME", act_linked_read },
	{ "snapshot-read", "SUBVOLUME NAME FILE", act_snapshot_read },
	{ "rename", "FROM TO", act_rename },
	{ "replace", "NAME", act_replace },
	{ "exchange", "FROM TO", act_exchange },
	{ "whiteout", "FROM TO", act_whiteout },
	{ "noreplace", "FROM TO", act_noreplace },
	{ "unlink", "NAME", act_unlink },
	{ "rmdir", "NAME", act_rmdir },
	{ "link", "FILE NAME", act_link },
	{ "tmpfile-link", "NAME", act_tmpfile_link },
	{ "mkdir", "NAME", act_mkdir },
	{ "mknod", "NAME", act_mknod },
	{ "mkfifo", "NAME", act_mkfifo },
	{ "mkdev", "NAME", act_mkdev },
	{ "symlink", "NAME", act_symlink },
	{ "bind-socket", "NAME", act_bind_socket },
	{ "subvol-create", "NAME", act_subvol_create },
	{ "subvol-delete", "NAME", act_subvol_delete },
	{ "snapshot", "SUBVOLUME NAME", act_snapshot },
	{ NULL, NULL, NULL },
};
