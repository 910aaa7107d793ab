/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF object, opened: nothing of it is loaded that was not asked for. */
#ifndef LSM_GUARD_OBJECT_H
#define LSM_GUARD_OBJECT_H

#include <stddef.h>

#include "../lsm/lsm_guard.h"
#include "lsm_guard.skel.h"

/*
 * Opens the object with a bitmap of @words 64-bit words (a power of two) in its
 * struct guard_state, and sets bits_mask to match. 0, or a negative errno;
 * lsm_guard_bpf__destroy() is due on success.
 */
int object_open(struct lsm_guard_bpf **skel, size_t words);

#endif
