/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Path -> the identity that the kernel sees. stat(2) is no substitute: on btrfs and
 * overlayfs it reports other devices than the hooks meet, and never the generation.
 */
#ifndef LSM_GUARD_IDENTITY_H
#define LSM_GUARD_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "../lsm/lsm_guard.h"
#include "table.h"

struct identify_bpf;

/* Asks the kernel; needs BPF, but no LSM. */
struct identifier {
	struct identify_bpf *skel;
	struct bpf_link *link;
};

/* 0, or a negative errno after a message on stderr. identifier_close() is due on success. */
int identifier_open(struct identifier *who);
void identifier_close(struct identifier *who);

/* What each of the descriptors is (any kind of file, O_PATH will do). 0 or a negative errno. */
int identify_fds(struct identifier *who, const int *fds, size_t n, struct guard_identified *out);

/*
 * A set of paths, without symlinks on the way, to be identified together. A path has one
 * entry, however often it is added.
 */
struct paths {
	struct table table;
	struct guard_identified *is; /* by number; fd is -1 where the path does not exist */
	int *pins;		     /* descriptors that keep inodes from being forgotten */
	size_t n_pins, room_pins;
};

size_t paths_add(struct paths *paths, const char *path);
const char *paths_name(const struct paths *paths, size_t number);
static inline bool paths_exists(const struct paths *paths, size_t number)
{
	return paths->is[number].fd != (__u32)-1;
}

/* Fills paths->is afresh. 0, or a negative errno after a message on stderr. */
int paths_identify(struct paths *paths, struct identifier *who);
void paths_free(struct paths *paths);

#endif
