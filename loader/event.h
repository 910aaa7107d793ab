/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: from the ring buffer to lines of text or JSON on stdout, or to the journal. Nothing that happens
 * here touches a verdict: a reader that has gone, a full disk or a lost event is said on
 * stderr, and enforcement goes on.
 */
#ifndef LSM_GUARD_EVENT_H
#define LSM_GUARD_EVENT_H

#include <signal.h>

#include "fields.h"
#include "instance.h"

/* Where they come from: an instance of this process's, or a guard that runs. */
struct event_source {
	const struct guard_about *about;
	const struct guard_state *state;
	int events, tallies;		   /* maps */
	struct instance *in;		   /* or NULL: then nothing is known of interfaces */
	const volatile sig_atomic_t *stop; /* set: no more, a reader may have stalled */
};

struct printer;

/* NULL after a message. */
struct printer *events_open(const struct event_source *from, enum output output);
/* Prints what comes within so many milliseconds. 0, or a negative errno. */
int events_wait(struct printer *p, int ms);
/* What the kernel counted but did not send: to be called about every second. */
void events_sum_up(struct printer *p);
/* An event of our own. */
void events_say(struct printer *p, __u64 boot_ns, const char *verdict, const char *what);
/* Prints what is still there, and ends. */
void events_close(struct printer *p);

#endif
