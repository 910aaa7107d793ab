/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Networks and servers of the tests, and the table of attacks on what a program
 * section says of sockets.
 */
#ifndef SELFTESTS_NET_H
#define SELFTESTS_NET_H

#include "lib/lib.h"

/* A program that runs beside the test, and has said its first line. */
struct job {
	pid_t pid;
	int in, out;
};

bool job_start(struct job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with @program as the first word, which may hold spaces. */
bool job_run(struct job *j, const char *program, const char *line);
/* Closes its stdin, and waits for it: its exit status. */
int job_end(struct job *j);
/* Ends it by a signal, with all that it has started. */
void job_kill(struct job *j);

/*
 * A link to another network: 192.0.2.1, 2001:db8::1 and fe80::1 at NET_LINK here, the same
 * with .2 and ::2 there, in the namespace NET_PEER.
 */
#define NET_LINK "guard0"
#define NET_PEER "guard-peer"
bool net_make(void);
void net_end(void);

enum socket_key { CONNECT, LISTEN, RECEIVE, FAMILIES };

/*
 * One way around a section. It is acted by three copies of the probe: one whose section denies
 * it, one whose section allows just that endpoint, one without a section.
 *
 * In all texts %p is a port that a server here and one beyond the link answer at, %q another
 * one, %l and %m are ports where nobody listens; all are the row's own. %P is the program.
 */
struct net_attack {
	const char *name;
	enum socket_key closes;
	const char *act;    /* by %P where that is not in it, else by a program without a section */
	const char *allow;  /* the endpoints that are just enough; FAMILIES: the words */
	const char *deny;   /* the section that denies it, where `KEY = none` is not what it is */
	const char *also;   /* what both sections say besides */
	const char *object; /* in the event, where it is known beforehand */
	const char *says;   /* the outcome is OTHER, and the probe says this */
	int without;	    /* the outcome without a guard, where it is not ALLOWED */
	unsigned int events; /* where it is not one */
	bool since_6_11;     /* what older kernels do not have */
	bool stays; /* it gets through, and the policy reference says so: nothing is reported */
};

extern const struct net_attack net_attacks[];
extern const size_t n_net_attacks;

#endif
