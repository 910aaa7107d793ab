// SPDX-License-Identifier: GPL-2.0-only
/*
 * Acts on a descriptor that the probe has inherited (FD): it was opened before
 * the guard started, or by a program that may. Some of them are beyond what the
 * guard can or means to refuse; the tests say which.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

static int act_read(char **args)
{
	char c;

	return judge(pread(number(args[0]), &c, 1, 0), "pread");
}

static int act_write(char **args)
{
	return judge(pwrite(number(args[0]), "I", 1, 0), "pwrite");
}

static int act_ftruncate(char **args)
{
	int fd = number(args[0]);
	struct stat before, after;

	need(fstat(fd, &before), "fstat");
	if (ftruncate(fd, before.st_size + 1))
		return refused("ftruncate");
	need(fstat(fd, &after), "fstat");
	return effect(after.st_size == before.st_size + 1, "ftruncate");
}

static int act_fallocate(char **args)
{
	return judge(fallocate(number(args[0]), FALLOC_FL_KEEP_SIZE, 0, 4096), "fallocate");
}

static int act_fchmod(char **args)
{
	int fd = number(args[0]);
	struct stat st;

	need(fstat(fd, &st), "fstat");
	if (fchmod(fd, (st.st_mode & 07777) ^ 0100))
		return refused("fchmod");
	return ALLOWED;
}

static int act_mmap(char **args)
{
	char *p = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, number(args[0]), 0);

	if (p == MAP_FAILED)
		return refused("mmap");
	return effect(*(volatile char *)p != 0, "mmap");
}

/* Once more through /proc: a descriptor is no key to a second one. */
static int act_reopen(char **args)
{
	const struct mode *mode = mode_of(args[1]);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", number(args[0]));
	return use(open(path, mode->flags), mode, "open of /proc/self/fd");
}

/* Gives the file a name where there is none, from the descriptor alone. */
static int act_link(char **args)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", number(args[0]));
	if (linkat(AT_FDCWD, path, AT_FDCWD, args[1], AT_SYMLINK_FOLLOW))
		return refused("linkat of the descriptor");
	return effect(!lstat(args[1], &st), "linkat");
}

const struct act fd_acts[] = {
	{ "fd-read", "FD", act_read },
	{ "fd-write", "FD", act_write },
	{ "fd-ftruncate", "FD", act_ftruncate },
	{ "fd-fallocate", "FD", act_fallocate },
	{ "fd-fchmod", "FD", act_fchmod },
	{ "fd-mmap", "FD", act_mmap },
	{ "fd-reopen", "FD MODE", act_reopen },
	{ "fd-link", "FD NAME", act_link },
	{ NULL, NULL, NULL },
};
