/* SPDX-License-Identifier: GPL-2.0-only */
/* What is loaded, in words: made of a plan, kept in a map, read by any lsm-guard. */
#ifndef LSM_GUARD_ABOUT_H
#define LSM_GUARD_ABOUT_H

#include "kernel.h"
#include "plan.h"

/* The plan in words, with the hooks that it needs of this kernel; free() is due. */
struct guard_about *about_make(const struct plan *plan, const struct kernel *kernel);
/*
 * What the map with this id holds (guard_state.about); free() is due. NULL, with errno: EPROTO
 * where it is of another version, or damaged.
 */
struct guard_about *about_read(__u32 id);

static inline const char *about_string(const struct guard_about *about, __u32 at)
{
	return (const char *)about + at;
}

static inline const struct guard_about_hook *about_hooks(const struct guard_about *about)
{
	return (const void *)&about->rules[about->n_rules];
}

/* The line of a rule's verb or key. */
__u32 about_line(const struct guard_about_rule *rule, __u32 access);

#endif
