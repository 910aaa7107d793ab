// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set of paths, and what they lead to: opened in batches with O_PATH, which no hook sees
 * and no device notices, and identified by their descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/magic.h>
#include <linux/openat2.h>

#include "identity.h"

#define XFS_SUPER_MAGIC 0x58465342 /* not in linux/magic.h of older headers */

#define BATCH 512 /* with all else that is open, fewer than FILES_NEEDED: see generation.c */

size_t paths_add(struct paths *paths, const char *path)
{
	return table_add(&paths->table, path, strlen(path));
}

const char *paths_name(const struct paths *paths, size_t number)
{
	return paths->table.entries[number].bytes;
}

/*
 * The paths have no symlinks on the way, so that one there now is somebody's doing. A path that
 * ends in one is the link itself.
 */
static int open_path(const char *path)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS };

	return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

/* Filesystems whose inodes have the same number whenever they are read in again. */
static bool numbers_last(const struct guard_identified *is)
{
	switch (is->fs_magic) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case SQUASHFS_MAGIC:
		return true;
	case OVERLAYFS_SUPER_MAGIC:
		return !S_ISDIR(is->mode);
	}
	return false;
}

/* Elsewhere (vfat, a directory on overlayfs) an open descriptor keeps inode and number. */
static void pin(struct paths *paths, size_t number, int fd)
{
	if (numbers_last(&paths->is[number])) {
		close(fd);
		return;
	}
	while (paths->n_pins <= number) {
		paths->pins =
			grow(paths->pins, paths->n_pins, &paths->room_pins, sizeof(*paths->pins));
		paths->pins[paths->n_pins++] = -1;
	}
	if (paths->pins[number] >= 0)
		close(paths->pins[number]);
	paths->pins[number] = fd;
}

/* One batch: all numbers from @first to before @end. */
static int identify_range(struct paths *paths, struct identifier *who, size_t first, size_t end)
{
	struct guard_identified found[BATCH];
	size_t number[BATCH], n = 0;
	int fds[BATCH], err = 0;

	for (size_t i = first; i < end && !err; i++) {
		const char *path = paths_name(paths, i);
		int fd = open_path(path);

		paths->is[i] = (struct guard_identified){ .fd = -1 };
		if (fd < 0 && errno != ENOENT && errno != ENOTDIR) {
			err = -errno;
			fprintf(stderr, "lsm-guard: %s: %s\n", path, strerror(errno));
		}
		if (fd < 0)
			continue;
		number[n] = i;
		fds[n++] = fd;
	}
	if (n && !err) {
		err = identify_fds(who, fds, n, found);
		if (err)
			fprintf(stderr, "lsm-guard: the kernel did not tell what %s is: %s\n",
				paths_name(paths, first), strerror(-err));
	}
	for (size_t i = 0; i < n; i++) {
		if (err) {
			close(fds[i]);
			continue;
		}
		paths->is[number[i]] = found[i];
		pin(paths, number[i], fds[i]);
	}
	return err;
}

int paths_identify(struct paths *paths, struct identifier *who)
{
	size_t n = paths->table.n;
	int err = 0;

	free(paths->is);
	paths->is = calloc(n + 1, sizeof(*paths->is));
	if (!paths->is)
		return -ENOMEM;
	for (size_t first = 0; first < n && !err; first += BATCH)
		err = identify_range(paths, who, first, first + BATCH < n ? first + BATCH : n);
	return err;
}

void paths_free(struct paths *paths)
{
	table_free(&paths->table);
	free(paths->is);
	for (size_t i = 0; i < paths->n_pins; i++)
		if (paths->pins[i] >= 0)
			close(paths->pins[i]);
	free(paths->pins);
	*paths = (struct paths){};
}
