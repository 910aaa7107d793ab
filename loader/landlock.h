/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock: what a process denies to itself and to all that it starts. The C library has no
 * functions for it, and headers of Linux 6.1 lack what came later.
 */
#ifndef LSM_GUARD_LANDLOCK_H
#define LSM_GUARD_LANDLOCK_H

#include <stdint.h>

#include <linux/landlock.h>

/* The version of the interface that each came with, and the first kernel that has it. */
enum {
	LANDLOCK_HAS_FILES = 1,	   /* Linux 5.13 */
	LANDLOCK_HAS_REFER = 2,	   /* 5.19: renaming and linking between directories */
	LANDLOCK_HAS_TRUNCATE = 3, /* 6.2 */
	LANDLOCK_HAS_TCP = 4,	   /* 6.7 */
};

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP	(1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif

/* The version that the kernel has; 0: it has none, or it is not among the active LSMs. */
int landlock_version(void);

/*
 * A set of rules: @files and @net are what it closes wherever no rule allows it. A descriptor, or
 * a negative errno. One of @files and @net may be 0; @net needs LANDLOCK_HAS_TCP.
 */
int landlock_make(uint64_t files, uint64_t net);
/* Allows @access to what @fd is, and below it. 0, or a negative errno. */
int landlock_allow_path(int ruleset, int fd, uint64_t access);
int landlock_allow_port(int ruleset, unsigned int port, uint64_t access);
/* From now on it holds; no_new_privs is set already. 0, or a negative errno. */
int landlock_restrict(int ruleset);

#endif
