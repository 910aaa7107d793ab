/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A start: two processes. The supervisor keeps its privileges, reads nothing but requests of
 * root's, and has a child, the generation, which loads and proves a guard and then looks after
 * it without any. A reload is a new generation beside the old one.
 */
#ifndef LSM_GUARD_START_H
#define LSM_GUARD_START_H

#include <limits.h>

#include "event.h"

/* Exit statuses, as in the manual. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,	 /* or an error in the policy */
	EXIT_UNABLE = 3, /* this kernel cannot enforce it */
};

struct arguments {
	const char *policy;
	bool audit;
	bool fallback; /* do without BPF LSM where the kernel has none */
	bool pin;
	bool replace;		     /* a guard that runs already, without a gap */
	unsigned int confirm_within; /* seconds; 0: no need */
	unsigned int prove_every;
	enum output output;
	/* Of a generation; -1: it has no supervisor, and ends when the guard is on. */
	int supervisor; /* a socket: a byte of enum report each */
	int log;	/* where its messages go from then on, or -1: as before */
	int requests;	/* a socket that is to listen for its supervisor, or -1: it does already */
	int lock;	/* of control_lock(), held already, or -1 */
};

/* What a generation tells its supervisor. */
enum report {
	REPORT_ENDS_FORMER = '<', /* it holds, and is about to end the one before it */
	REPORT_ON = '+',	  /* the guard is proved and holds, the one before it has ended */
	REPORT_PROVED = '.',	  /* the canary is refused still */
};

/* All return the exit status. */
int supervise(const struct arguments *args);
int generation(const struct arguments *args);

/* ---- what a supervisor is asked ---------------------------------------------------- */

struct request_reload {
	unsigned int confirm_within;
	char policy[PATH_MAX];
};

/*
 * Only one process at a time starts or ends a guard: a descriptor, or a negative errno after a
 * message. Without @wait it is an error where another one does.
 */
int control_lock(bool wait);
/* Where requests are to come in: a descriptor, or a negative errno after a message. */
int control_socket(void);
/* From here on they do, and wait. 0, or a negative errno after a message. */
int control_listen(int fd);
bool control_listens(int fd);
/* Takes one: the connection to be answered, with where messages are to go; or -1: it was none. */
int control_take(int listener, struct request_reload *request, int *log);
void control_answer(int connection, unsigned char status);
/* To the supervisor: a connection, or -1 when there is none. */
int control_connect(void);
/* Asks, and closes the connection: the exit status. */
int control_ask(int connection, const struct request_reload *request);

#endif
