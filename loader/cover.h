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

struct cover_request {
	const char *path;
	struct place at; /* for messages */
	__u32 rule;
	__u32 program; /* that the file is, or 0 */
	__u32 section; /* that binds who executes the file, or 0 */
	bool tree;     /* a directory and all below it */
	bool optional; /* nothing is said when it is not there */
	/*
	 * Found by a pattern, not named: what is wrong with it is a warning, so that a user
	 * cannot keep the guard from starting, and a user's symlink is held but not
	 * followed, so that they cannot have it hold what they like.
	 */
	bool found;
};

/*
 * Claims the path for the rule: the inode that it leads to (and, for a directory, all below
 * it, the filesystems mounted there and the hard links that lead out of it), its name, the
 * names of symlinks on the way, the directories above as anchors, and the same in the
 * layers of an overlay. A missing file in a directory that exists is claimed by name.
 * @cache may be NULL. Returns false when nothing was claimed.
 */
bool cover_path(struct plan *plan, struct cover_cache *cache, const struct cover_request *want);
void cover_free(struct cover_cache *cache);

#endif
