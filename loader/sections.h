/* SPDX-License-Identifier: GPL-2.0-only */
/* Program sections, resolved: what the kernel is to hold of each (struct guard_section). */
#ifndef LSM_GUARD_SECTIONS_H
#define LSM_GUARD_SECTIONS_H

#include "plan.h"

/* Turns the policy's program sections into rules and sections, after those of the guards. */
void sections_plan(struct plan *plan);
/* Claims the programs, as the files are now: whoever executes one is bound. */
void sections_cover(struct plan *plan);
void sections_free(struct plan *plan);

#endif
