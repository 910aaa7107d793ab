/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking after a guard: its events, its counts, its interfaces, and whether it still denies. */
#ifndef LSM_GUARD_WATCH_H
#define LSM_GUARD_WATCH_H

#include <signal.h>

#include "event.h"

struct watch_options {
	enum output output;
	unsigned int prove_every; /* seconds */
	const volatile sig_atomic_t *stop;
	volatile sig_atomic_t *retake; /* set when who was to take our place was killed */
	void (*proved)(void *arg);     /* called each time that it was */
	void *arg;
};

/*
 * What can fail of looking after a guard, before it takes the place of another: the events that
 * it will print, or NULL after a message. events_close() is due.
 */
struct printer *watch_prepare(struct instance *in, const struct watch_options *options);

/*
 * Gives up privileges, for good. Until *stop is set, or the guard has let go (-ETIMEDOUT). 0 when
 * it was told to stop and the canary was refused all the time, else a negative errno. Where it
 * cannot be watched it is held until *stop is set. Closes @events.
 */
int watch_instance(struct instance *in, const struct plan *plan,
		   const struct watch_options *options, struct printer *events);

/* The command: events of a guard that nobody reads. Returns the exit status. */
int watch_main(int argc, char **argv);

#endif
