// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to open a file. A way takes a path and open(2)'s flags and gives a
 * descriptor; what comes before the open itself is set-up.
 */
#include <fcntl.h>
#include <libgen.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#define NR32_OPEN 5

static char *dir_of(const char *file)
{
	return dirname(strdup(file));
}

static char *base_of(const char *file)
{
	return basename(strdup(file));
}

static int dir_fd(const char *file)
{
	return need(open(dir_of(file), O_PATH | O_DIRECTORY), "the directory");
}

static int by_open(const char *file, int flags)
{
	return syscall(SYS_open, file, flags);
}

static int by_openat(const char *file, int flags)
{
	return openat(dir_fd(file), base_of(file), flags);
}

static int by_openat2(const char *file, int flags, unsigned long long resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return syscall(SYS_openat2, dir_fd(file), base_of(file), &how, sizeof(how));
}

static int by_openat2_plain(const char *file, int flags)
{
	return by_openat2(file, flags, 0);
}

static int by_openat2_beneath(const char *file, int flags)
{
	return by_openat2(file, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

static int by_openat2_in_root(const char *file, int flags)
{
	return by_openat2(file, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static int by_openat2_no_xdev(const char *file, int flags)
{
	return by_openat2(file, flags, RESOLVE_NO_XDEV);
}

static int by_openat2_cached(const char *file, int flags)
{
	struct stat st;

	/* The name must be in the dcache, or the kernel answers EAGAIN. */
	need(stat(file, &st), "stat");
	return by_openat2(file, flags, RESOLVE_CACHED);
}

static void drop_caches(void)
{
	int fd = need(open("/proc/sys/vm/drop_caches", O_WRONLY), "drop_caches");

	sync();
	need(write(fd, "2", 1), "drop_caches");
	close(fd);
}

static int open_handle(const char *file, int flags, bool cold)
{
	struct {
		struct file_handle h;
		unsigned char room[MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	int mount_id, dir;

	need(name_to_handle_at(AT_FDCWD, file, &u.h, &mount_id, 0), "name_to_handle_at");
	/* Only the filesystem is taken from it; the file's own directory may be closed. */
	dir = need(open(".", O_RDONLY | O_DIRECTORY), "the directory");
	if (cold)
		drop_caches();
	return open_by_handle_at(dir, &u.h, flags);
}

static int by_handle(const char *file, int flags)
{
	return open_handle(file, flags, false);
}

/* With nothing in the dentry cache that says where the file belongs. */
static int by_handle_cold(const char *file, int flags)
{
	return open_handle(file, flags, true);
}

static int by_uring(const char *file, int flags)
{
	return uring_open(file, flags, false);
}

static int by_uring_sqpoll(const char *file, int flags)
{
	return uring_open(file, flags, true);
}

static int by_proc_fd(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

static int by_opath(const char *file, int flags)
{
	return by_proc_fd(need(open(file, O_PATH), "O_PATH"), flags);
}

static int by_symlink(const char *file, int flags)
{
	const char *name = beside("/tmp/probe", "symlink");
	const char *full = realpath(file, NULL);
	int fd;

	need(full ? 0 : -1, file);
	need(symlink(full, name), "symlink");
	fd = open(name, flags);
	unlink(name);
	return fd;
}

static int by_new_link(const char *file, int flags)
{
	const char *name = beside(file, "link");

	/* That the link cannot even be made is a denial too: this is the attack. */
	if (link(file, name))
		return -1;
	return open(name, flags);
}

static int by_proc(const char *fmt, const char *file, int flags)
{
	pid_t pid = fork_idle();
	char *path;
	int fd;

	if (asprintf(&path, fmt, (int)pid, file) < 0)
		broken("no memory");
	fd = open(path, flags);
	end_idle(pid);
	return fd;
}

static int by_proc_root(const char *file, int flags)
{
	const char *full = realpath(file, NULL);

	need(full ? 0 : -1, file);
	return by_proc("/proc/%d/root%s", full, flags);
}

static int by_proc_cwd(const char *file, int flags)
{
	if (*file == '/')
		broken("proc-cwd takes a relative path");
	return by_proc("/proc/%d/cwd/%s", file, flags);
}

/* Another process's O_PATH descriptor, opened again through its /proc entry. */
static int by_proc_pid_fd(const char *file, int flags)
{
	char fd[16];

	snprintf(fd, sizeof(fd), "%ld", need(open(file, O_PATH), "O_PATH"));
	return by_proc("/proc/%d/fd/%s", fd, flags);
}

static int by_int80(const char *file, int flags)
{
	char *low = low_page();

	if (strlen(file) >= 4096)
		broken("the path is too long");
	strcpy(low, file);
	return int80(NR32_OPEN, (unsigned long)low, flags, 0);
}

static const struct way {
	const char *name;
	int (*open)(const char *file, int flags);
} ways[] = {
	{ "open", by_open },
	{ "openat", by_openat },
	{ "openat2", by_openat2_plain },
	{ "openat2-beneath", by_openat2_beneath },
	{ "openat2-in-root", by_openat2_in_root },
	{ "openat2-no-xdev", by_openat2_no_xdev },
	{ "openat2-cached", by_openat2_cached },
	{ "handle", by_handle },
	{ "handle-cold", by_handle_cold },
	{ "uring", by_uring },
	{ "uring-sqpoll", by_uring_sqpoll },
	{ "opath", by_opath },
	{ "symlink", by_symlink },
	{ "new-link", by_new_link },
	{ "proc-root", by_proc_root },
	{ "proc-cwd", by_proc_cwd },
	{ "proc-pid-fd", by_proc_pid_fd },
	{ "int80", by_int80 },
};

/* open WAY MODE FILE */
static int act_open(char **args)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const struct mode *mode;

		if (strcmp(ways[i].name, args[0]))
			continue;
		mode = mode_of(args[1]);
		return use(ways[i].open(args[2], mode->flags), mode, args[0]);
	}
	broken("there is no way '%s' to open a file", args[0]);
}

/* read FILE: short for the plainest of them, so that it fits behind a #! */
static int act_read(char **args)
{
	return use(open(args[0], O_RDONLY), mode_of("read"), "open");
}

/* creat(2) truncates what stands at the name, or makes it. */
static int act_creat(char **args)
{
	static const struct mode mode = { "creat", O_WRONLY | O_TRUNC };

	return use(creat(args[0], 0644), &mode, "creat");
}

/* Makes a file at a name where there is none. */
static int act_create(char **args)
{
	static const struct mode mode = { "create", O_WRONLY };
	struct stat st;

	if (!lstat(args[0], &st))
		broken("%s is there already", args[0]);
	return use(open(args[0], O_WRONLY | O_CREAT | O_EXCL, 0644), &mode, "O_CREAT");
}

const struct act open_acts[] = {
	{ "open", "WAY MODE FILE", act_open },
	{ "read", "FILE", act_read },
	{ "creat", "FILE", act_creat },
	{ "create", "FILE", act_create },
	{ NULL, NULL, NULL },
};
