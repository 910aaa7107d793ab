// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lsm-guard prove does to files: acts that a rule refuses in a hook, and that change
 * nothing where they are let through. Files are opened, but not read, written, created or
 * truncated; an attribute is removed that is not there; a program is stopped before its first
 * instruction; where a name has no file yet, a file that can get no name is to get this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/magic.h>

#include "../act.h"

#define OPEN_FLAGS (O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* On an overlay a file that is opened for writing is copied up first. */
static bool is_overlay(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* Not by its path as it is written, which may lead to a decoy. */
static int open_beside(const char *path, int flags)
{
	const char *name = strrchr(path, '/');
	char *dir = name && name > path ? strndup(path, name - path) : NULL;
	int at = dir ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int fd = at < 0 ? open(path, flags) : openat(at, name[1] ? name + 1 : ".", flags),
	    err = errno;

	if (at >= 0)
		close(at);
	free(dir);
	errno = err;
	return fd;
}

static void try_open(struct act *act, const char *path, int flags)
{
	int fd;

	act_begin(act);
	fd = open_beside(path, flags | OPEN_FLAGS);
	act_end(act, fd < 0 ? errno : 0, "opening %s for %s", path,
		flags == O_RDONLY ? "reading" : "writing");
	if (fd >= 0)
		close(fd);
}

static void try_read(struct act *act, const char *path, mode_t mode)
{
	if (S_ISREG(mode) || S_ISDIR(mode))
		try_open(act, path, O_RDONLY);
	else
		act_came_to(act, PROOF_UNTESTABLE,
			    "%s: opening what is no file and no directory can do something", path);
}

/* The hook is asked before the filesystem, which then says that there is none. */
static void try_write(struct act *act, const char *path, mode_t mode)
{
	int error;

	act_begin(act);
	error = removexattr(path, "trusted.lsm-guard.prove") ? errno : 0;
	if (error == ENODATA || error == EOPNOTSUPP)
		error = 0;
	act_end(act, error, "changing an attribute of %s", path);
	if (S_ISREG(mode) && !is_overlay(path))
		try_open(act, path, O_WRONLY);
}

/* Executes it under a tracer, so that it stops when it is loaded. 0, or an errno. */
static int execute(const char *path)
{
	char *const argv[] = { (char *)path, NULL };
	int ends[2], error = 0, status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			execv(path, argv);
		error = errno;
		_exit(write(ends[1], &error, sizeof(error)) != sizeof(error));
	}
	close(ends[1]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		error = errno;
	} else if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	} else if (read(ends[0], &error, sizeof(error)) != sizeof(error)) {
		error = 0; /* it ran, if only to a bad end */
	}
	close(ends[0]);
	return error;
}

static void try_map(struct act *act, const char *path)
{
	int fd = open(path, O_RDONLY | OPEN_FLAGS);
	void *code;

	if (fd < 0) {
		act_came_to(act, PROOF_UNTESTABLE, "%s: it can neither be run nor be read", path);
		return;
	}
	act_begin(act);
	code = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	act_end(act, code == MAP_FAILED ? errno : 0, "mapping %s as code", path);
	if (code != MAP_FAILED)
		munmap(code, 1);
	close(fd);
}

static void try_execute(struct act *act, const char *path, mode_t mode)
{
	int error;

	if (!S_ISREG(mode)) {
		act_came_to(act, PROOF_UNTESTABLE, "%s: it is no file to be run", path);
	} else if (mode & 0111) {
		act_begin(act);
		error = execute(path);
		/* These come after the hook was asked. */
		act_end(act, error == ENOEXEC || error == ETXTBSY ? 0 : error, "executing %s",
			path);
	} else {
		try_map(act, path);
	}
}

/* Opened so, a file never has a name, nor can it get one: the kernel refuses behind the hook. */
static void try_name(struct act *act, const char *path)
{
	char copy[PATH_MAX], from[64];
	int fd, error;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = is_overlay(dirname(copy)) ? -1 : open(copy, O_TMPFILE | O_EXCL | O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		act_came_to(act, PROOF_UNTESTABLE,
			    "%s: there is no such file, and its name cannot "
			    "be tried here",
			    path);
		return;
	}
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	act_begin(act);
	error = linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW) ? errno : 0;
	act_end(act, error == ENOENT ? 0 : error, "making %s", path);
	close(fd);
}

static void try_path(struct act *act, const char *path)
{
	struct stat st;

	if (!stat(path, &st)) {
		if (act->access == GUARD_READ)
			try_read(act, path, st.st_mode);
		else if (act->access == GUARD_WRITE)
			try_write(act, path, st.st_mode);
		else
			try_execute(act, path, st.st_mode);
	} else if (errno == ENOENT && act->access == GUARD_WRITE) {
		try_name(act, path);
	} else {
		act_came_to(act, PROOF_UNTESTABLE, "%s: %s", path, strerror(errno));
	}
}

/* ---- many files --------------------------------------------------------------------- */

#define FILES_MAX   8	 /* that are tried of one rule */
#define ENTRIES_MAX 5000 /* that are looked at in search of them */

static struct walk {
	struct act *act;
	size_t tried, seen;
} walk;

static int try_below(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (type == FTW_F && S_ISREG(st->st_mode) && at->level &&
	    (walk.act->access != GUARD_EXECUTE || st->st_mode & 0111)) {
		try_path(walk.act, path);
		walk.tried++;
	}
	return walk.tried == FILES_MAX || ++walk.seen == ENTRIES_MAX;
}

/* The directory itself, and some of what is in it. */
static void try_tree(struct act *act, const char *path)
{
	if (act->access != GUARD_EXECUTE)
		try_path(act, path);
	walk = (struct walk){ .act = act };
	nftw(path, try_below, 16, FTW_PHYS | FTW_MOUNT);
	if (act->access == GUARD_EXECUTE && !walk.tried)
		act_came_to(act, PROOF_UNTESTABLE, "%s: no program is seen in it", path);
}

static void unescape_name(char *name)
{
	char *out = name;

	for (; *name; name++) {
		if (*name == '\\' && name[1])
			name++;
		*out++ = *name;
	}
	*out = '\0';
}

/* As cover_glob(): where the last name is no pattern, it is held in each directory. */
static void try_glob(struct act *act, const struct file_section *section)
{
	char pattern[PATH_MAX], path[PATH_MAX + NAME_MAX + 2], *name = NULL;
	glob_t found = {};

	snprintf(pattern, sizeof(pattern), "%s", section->path);
	if (!section->tree && !policy_is_pattern(strrchr(pattern, '/'))) {
		name = strrchr(pattern, '/');
		*name++ = '\0';
		unescape_name(name);
	}
	glob(pattern, name ? GLOB_ONLYDIR : 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && i < FILES_MAX; i++) {
		snprintf(path, sizeof(path), "%s%s%s", found.gl_pathv[i], name ? "/" : "",
			 name ? name : "");
		if (section->tree)
			try_tree(act, path);
		else
			try_path(act, path);
	}
	if (!found.gl_pathc)
		act_came_to(act, PROOF_UNTESTABLE, "nothing matches it");
	globfree(&found);
}

/* ---- the guard's operation ------------------------------------------------------------ */

/* We are the program that acts: on the rule's list, what we do would be allowed. */
static bool are_we_listed(const struct act *act)
{
	const struct guard_rule *rule = &act->plan->rules[act->rule].kernel;
	const __u64 *row = act->plan->lists.entries[rule->lists[__builtin_ctz(act->access)]].bytes;
	struct stat st;

	if (stat("/proc/self/exe", &st))
		return true;
	for (__u32 i = 1; i < act->plan->n_programs; i++)
		if (act->plan->programs[i].dev == st.st_dev &&
		    act->plan->programs[i].ino == st.st_ino)
			return row[i / 64] >> i % 64 & 1;
	return false;
}

void file_try(struct act *act)
{
	const struct file_section *section =
		&act->plan->policy->files[act->rule - act->plan->sections];

	if (are_we_listed(act))
		act_came_to(act, PROOF_UNTESTABLE, "lsm-guard itself is on the list");
	else if (section->glob)
		try_glob(act, section);
	else if (section->tree)
		try_tree(act, section->path);
	else
		try_path(act, section->path);
}
