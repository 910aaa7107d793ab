/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probers that ask every guard the same questions again and again while something is done to
 * the guard: what is denied must never be let through, and what is allowed never refused.
 *
 * They are copies of the test itself, so its main() hands over to hammer_main() first.
 */
#ifndef SELFTESTS_HAMMER_H
#define SELFTESTS_HAMMER_H

#include "lib/lib.h"

enum hammer_kind {
	HAMMER_FILE,
	HAMMER_TRUSTED, /* by a program that a list names: its file is open to it */
	HAMMER_SOCKET,
	HAMMER_MEMORY, /* by a program that a bound one has become */
	HAMMER_PROCESS,
	HAMMER_PACKETS,
	HAMMERS,
};

/* Shared with the probers. */
struct hammer_tally {
	size_t denied, allowed;	 /* how often each was asked */
	size_t let_in, kept_out; /* ... and was answered wrongly */
	char first[128];	 /* the first wrong answer */
	bool receives;		 /* packets: who answers is there */
};

struct hammers {
	struct hammer_tally *tally; /* of each kind */
	pid_t pid[HAMMERS + 1];	    /* packets need two: who sends, and who answers */
	char *policy[2];	    /* both deny and allow the same; all else differs */
};

extern const char *const hammer_names[HAMMERS];

/* In main(): -1 when this is the test and no prober. */
int hammer_main(int argc, char **argv);
/* Programs, files and policies, and the link of net.h. */
bool hammers_make(struct hammers *h);
/* Which of the two policies holds at the moment, 0 or 1. */
int hammers_policy(void);
/* Each rests for @pause microseconds between its rounds. False when one of them cannot ask. */
bool hammers_start(struct hammers *h, int pause);
/* True when each kind has asked both questions since: waits for it. */
bool hammers_have_asked(struct hammers *h, const struct hammer_tally *since);
void hammers_count(const struct hammers *h, struct hammer_tally now[HAMMERS]);
/* Wrong answers until now: prints them. */
size_t hammers_wrong(const struct hammers *h);
/* They have asked everything once more since now, and were always answered rightly. */
bool hammers_go_on_well(struct hammers *h);
void hammers_end(struct hammers *h);

/* family.c: the processes of a guard */
size_t guard_children(const struct guard *g, pid_t *pids, size_t n);
/* Kills all of them, so that none can do anything about it. */
bool guard_kill_all(struct guard *g);
/* ./lsm-guard with these words: its exit status; it must say @text (NULL: anything). -1: it did not. */
int guard_says(const char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
