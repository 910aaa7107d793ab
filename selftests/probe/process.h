/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the acts on processes share: children that live as long as the probe holds
 * a pipe, and the ways to start one.
 */
#ifndef PROBE_PROCESS_H
#define PROBE_PROCESS_H

#include <sys/types.h>

extern int life[2];

void begin_life(void);
_Noreturn void live(void); /* in a child */
void end_life(void);	   /* in the probe: returns when no child is left */

struct process_way {
	const char *name;
	pid_t (*start)(void); /* as fork(2), or never returns to the child */
};
const struct process_way *process_way(const char *name);

/* The outcome when the @i th of @n was refused: DENIED only for the last. */
int refused_at(int i, int n, const char *what);

#endif
