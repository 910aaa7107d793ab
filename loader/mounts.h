/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounts of our namespace, and paths between them. */
#ifndef LSM_GUARD_MOUNTS_H
#define LSM_GUARD_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "../lsm/lsm_guard.h"

struct mount {
	char *point; /* where it is mounted */
	char *root;  /* which directory of its filesystem that is */
	__u32 dev;   /* as s_dev in the kernel */
	bool overlay;
	char *options; /* of the filesystem */
};

struct mounts {
	struct mount *at;
	size_t n, room;
};

/*
 * Who calls this can read mounts as long as he lives, without opening a file. 0, or a negative
 * errno.
 */
int mounts_keep(void);

/* Empty when /proc/self/mountinfo cannot be read. mounts_free() is due. */
struct mounts mounts_read(void);
void mounts_free(struct mounts *mounts);

/* 1, 0, or -1 when the mounts cannot be told. */
int mounts_have_overlay(void);

/* Is @path in the directory @dir, at any depth? Not when they are the same. */
bool path_is_below(const char *path, const char *dir);

/*
 * The absolute path of what the kernel reported as a chain of names, as one would type
 * it here; without a mount that shows it, the path within its filesystem. Returns out.
 */
char *mounts_path(const struct guard_path *path, char *out, size_t size);

#endif
