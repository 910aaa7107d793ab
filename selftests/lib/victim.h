/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program does that is killed for it, and what of that has happened. A victim is a copy
 * of the test itself, run as
 *
 *   victim FILE child fork|vfork|clone|clone3    one child, which counts itself
 *   victim FILE burst THREADS                    each thread makes some children, which live on
 *   victim FILE map THREADS                      one thread maps 16 MiB, the others go on counting
 *   victim FILE datagrams PORT                   ten of one byte, to this machine
 *   victim FILE connect PORT
 *   victim FILE poll PORT                        waits for a datagram by poll(2), and takes it
 *   victim FILE read PORT                        waits in recv(2)
 *   victim FILE in-namespace PROGRAM ...         as its first process
 */
#ifndef SELFTESTS_VICTIM_H
#define SELFTESTS_VICTIM_H

#define VICTIM_THREADS 16 /* at most */
#define VICTIM_FORKS   4  /* by each thread of a burst */

/* In FILE. */
struct victim_tally {
	_Atomic int ran;      /* children */
	_Atomic long beats;   /* of threads */
	_Atomic int finished; /* threads that were not stopped; or 1: it waits */
};

/* NULL: it cannot be had. */
struct victim_tally *victim_tally(const char *file);
/* In main(): -1 when this is the test and no victim. */
int victim_main(int argc, char **argv);

#endif
