/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whom the kernel kills when memory runs out, of the host or of a control group: rather anybody
 * else than who holds a guard.
 */
#ifndef LSM_GUARD_OOM_H
#define LSM_GUARD_OOM_H

#include <sys/types.h>

#define OOM_NEVER (-1000) /* OOM_SCORE_ADJ_MIN of the kernel's */

/* This process's oom_score_adj, from -1000 to 1000; 0 where it cannot be read. */
int oom_adjustment(void);
/* Sets it. Below what it was takes CAP_SYS_RESOURCE. 0, or a negative errno. */
int oom_adjust(pid_t pid, int adjustment);

#endif
