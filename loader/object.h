/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF objects, opened: nothing of them is loaded that was not asked for. */
#ifndef LSM_GUARD_OBJECT_H
#define LSM_GUARD_OBJECT_H

#include <stddef.h>

#include "../lsm/lsm_guard.h"
#include "lsm_guard.skel.h"

/* The name of the map that is the guard's struct guard_state, as the kernel lists it. */
#define OBJECT_STATE "lsm_guard_state"

/*
 * Options that every object is opened with. Its types are to be written (types_write())
 * between open and load, and no other object's meanwhile. 0, or a negative errno.
 */
int object_options(struct bpf_object_open_opts *opts);

/* Has @bss, a struct guard_state, made with a bitmap of @words 64-bit words. */
int object_state(struct bpf_map *bss, size_t words);

/*
 * Opens the guard's object with a bitmap of @words 64-bit words (a power of two) in its
 * struct guard_state and @more words behind it, and sets bits_mask to match. 0, or a negative errno;
 * it is to be loaded next; lsm_guard_bpf__destroy() is due on success.
 */
int object_open(struct lsm_guard_bpf **skel, size_t words, size_t more);

#endif
