/* SPDX-License-Identifier: GPL-2.0-only */
/* Events: from the ring buffer to one line of text or JSON each on stdout. */
#ifndef LSM_GUARD_EVENT_H
#define LSM_GUARD_EVENT_H

#include <signal.h>

#include "instance.h"

enum output { OUTPUT_TEXT, OUTPUT_JSON };

/*
 * Prints events until *stop is set. Nothing that happens here touches a verdict: a reader
 * that has gone, a full disk or a lost event is said on stderr, and enforcement goes on.
 * Returns 0 when it was told to stop, or a negative errno.
 */
int events_print(struct instance *in, const struct plan *plan, enum output output,
		 const volatile sig_atomic_t *stop);

#endif
