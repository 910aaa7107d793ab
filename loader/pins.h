/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --pin: a guard's links, maps and iterators under /sys/fs/bpf/lsm-guard, in a directory of its
 * own, so that it holds on when no process of ours is left.
 */
#ifndef LSM_GUARD_PINS_H
#define LSM_GUARD_PINS_H

#include "instance.h"
#include "running.h"

/* All that @in consists of. 0, or a negative errno after a message; then nothing is pinned. */
int pins_make(struct instance *in);
/* One interface's link; where the guard is not pinned that is no work. */
int pins_add_link(const struct instance *in, int link);
/* The guard's own, by the id of its state's map. */
bool pins_exist(__u32 id);
int pins_remove(__u32 id);
/* Directories of guards that are none of @all: left over from before, they hold nothing. */
int pins_remove_stale(const struct runnings *all);

#endif
