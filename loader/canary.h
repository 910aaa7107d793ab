/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canary: a child of the loader's that is to be bound by the loader's own section, and that
 * the canary's inodes are closed to as to everybody; it acts out what the policy closes.
 */
#ifndef LSM_GUARD_CANARY_H
#define LSM_GUARD_CANARY_H

#include <sys/types.h>

#include "guard.h"

#define GUARDS_MAX 8

struct canary {
	pid_t pid;	     /* 0: none is needed */
	int link;	     /* a socket to it */
	__u32 asked;	     /* how often */
	int fds[GUARDS_MAX]; /* by guard: what its canary_make made, or -1 */
};

/*
 * Starts it and lets it act a first time: nothing may be refused. To be called before there is
 * a link to a program of ours, which it would keep alive. 0, or a negative errno after a
 * message on stderr.
 */
int canary_start(struct canary *canary, const struct plan *plan);
/*
 * Lets it act again: 0 when all that is closed was refused, else after a message. Sends and
 * receives, for some seconds at most.
 */
int canary_prove(struct canary *canary, const struct plan *plan, int tallies);
void canary_end(struct canary *canary);

#endif
