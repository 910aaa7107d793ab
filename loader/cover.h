/* SPDX-License-Identifier: GPL-2.0-only */
/* All that must be held so that a path goes on meaning what it means. */
#ifndef LSM_GUARD_COVER_H
#define LSM_GUARD_COVER_H

#include "plan.h"

/* The last directory that was walked to: a policy names many files in few directories. */
struct cover_cache {
	char *dir, *real;
	__u32 rule;
};

/*
 * Claims @path for @rule: the inode that it leads to (and, for a directory, all below it,
 * the filesystems mounted there and the hard links that lead out of it), its name, the names
 * of symlinks on the way, and as anchors the directories above. Errors go to the plan, under
 * @at. A missing file in a directory that exists is claimed by name. Returns false when
 * nothing was claimed: an error, or @optional and not there.
 */
bool cover_path(struct plan *plan, struct cover_cache *cache, const char *path, bool tree,
		bool optional, struct place at, __u32 rule);
void cover_free(struct cover_cache *cache);

#endif
