/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of faults share: what is loaded in the kernel, and starts that are ended,
 * starved or refused half-way.
 */
#ifndef SELFTESTS_FAULT_H
#define SELFTESTS_FAULT_H

#include "lib/lib.h"

/* Programs, maps, links and BTF objects, a line each. */
struct loaded {
	size_t n;
	char **lines;
};

struct loaded loaded_now(void);
/* What there is now and was not before, as text; NULL: nothing. */
char *loaded_since(const struct loaded *before);
/* The kernel frees by and by: waits until nothing is left, else says what is. */
bool loaded_gone(const struct loaded *before);

struct start {
	const char *policy;
	const char *option;	    /* NULL: none */
	void (*prepare)(void *arg); /* in the child, before it becomes lsm-guard */
	void *arg;
	char *log; /* its stderr */
	pid_t pid; /* and its process group */
	int status;
};

/* Only in the guest: what denies, denies to the whole machine. False: it was not started. */
bool start_begin(struct start *s);
/* Has it said that it enforces? */
bool start_enforces(const struct start *s);
/* True once it enforces or has left; false after @milliseconds. */
bool start_settles(struct start *s, int milliseconds);
/* Waits for its end: the exit status, 128 + the signal that killed it, or -1 and it is killed. */
int start_end(struct start *s, int milliseconds);
/* What it said, on one line. */
char *start_said(const struct start *s);

/* The process that reads the events and looks after the guard; the guard is the only one. */
pid_t start_watcher(const struct start *s);

/* From now on orphans below the caller become its children, so that none is overlooked. */
bool orphans_adopt(void);
/* True when no child is left within the time. */
bool orphans_gone(int milliseconds);

long fault_ms(void); /* CLOCK_MONOTONIC */

#endif
