/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the ingress tests try, and what each of it comes to. All is tried without the guard
 * too, where it gets in. A line a result, as of a subtest.
 */
#ifndef SELFTESTS_INGRESS_TRIAL_H
#define SELFTESTS_INGRESS_TRIAL_H

#include "lib/ingress_wire.h"

struct trial {
	const char *name;
	bool guarded;
	size_t n, bad;
};

/* Right if it got in, with the guard only if that is allowed. */
bool judge(struct trial *t, bool in, bool allowed, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* For what ought to come; what ought not is known to be gone when wire_sync() returns. */
int patience(const struct trial *t, bool allowed);
/* A packet from the peer: does this host get to see it? */
bool raw(struct packet p);
void close_all(const int *fd, size_t n);

/* What is sent is sent on one CPU from now on, and comes in that order; or as it likes. */
void trial_stay(bool on_one);

/* ingress_flows.c: connections */
void try_flows(struct trial *t);
/* ingress_answers.c: datagrams and pings */
void try_answers(struct trial *t);
/* ingress_large.c: what one packet does not hold */
void try_large(struct trial *t);

/* ingress_late.c: made before the guard starts, and tried under it. */
struct older {
	int ours[2][2], to_us[2][2], udp[2][2]; /* by family; this end, the peer's */
};
bool older_make(struct older *o);
void try_older(struct trial *t, struct older *o);
/* The end of it waits until more than a minute has gone by since its beginning. */
struct late {
	long since;
	int asker[2], peer[2];
};
void late_begin(struct trial *t, struct late *late);
void late_end(struct trial *t, struct late *late);

#endif
