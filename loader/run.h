/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lsm-guard run: a policy for one command and all that it starts, held by what any process may
 * do to itself: seccomp, Landlock, resource limits. No privilege, no BPF.
 *
 *	run.c          the command line, the order of steps
 *	run_table.c    what is held by what, and what is not: one table
 *	run_subject.c  what the command is, and which sections are for it
 *	run_sockets.c  connect, listen, receive, families
 *	run_filter.c   seccomp: system calls that fail
 *	run_files.c    file sections: which paths are closed to it
 *	run_grant.c    closed paths as Landlock wants them: everything else is granted
 */
#ifndef LSM_GUARD_RUN_H
#define LSM_GUARD_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/filter.h>

#include "policy.h"

/* The rows of the table in run_table.c. */
enum run_row {
	RUN_FAMILIES,
	RUN_CONNECT_NONE,
	RUN_CONNECT_PORT,
	RUN_CONNECT_PORT_NOT,
	RUN_CONNECT_PREFIX,
	RUN_CONNECT_UDP,
	RUN_NO_TCP,
	RUN_NO_UDP,
	RUN_NO_MPTCP,
	RUN_LISTEN_NONE,
	RUN_LISTEN_ALL,
	RUN_LISTEN_BIND,
	RUN_LISTEN_PORT,
	RUN_LISTEN_PORT_NOT,
	RUN_LISTEN_CHOSEN,
	RUN_LISTEN_ADDRESS,
	RUN_LISTEN_UDP,
	RUN_RECEIVE_NONE,
	RUN_RECEIVE,
	RUN_ALLOCATION,
	RUN_ALLOCATION_REST,
	RUN_ALLOCATION_GROWTH,
	RUN_MEMORY,
	RUN_MEMORY_REST,
	RUN_ADDRESS_SPACE,
	RUN_PROCESSES_NONE,
	RUN_CHILDREN,
	RUN_DESCENDANTS,
	RUN_THREADS_ONE,
	RUN_THREADS,
	RUN_INHERIT,
	RUN_TRACE,
	RUN_FILES,
	RUN_FILES_NOT,
	RUN_FILES_ATTRIBUTES,
	RUN_FILES_TRUNCATE,
	RUN_FILES_CODE,
	RUN_FILES_LINKS,
	RUN_FILES_DEVICE,
	RUN_FILES_UNLISTED,
	RUN_FILES_STARTED,
	RUN_FILES_LISTED,
	RUN_FILES_NEW,
	RUN_FILES_DIRECTORIES,
	RUN_FILES_MAKE,
	RUN_DECOY,
	RUN_UPDATERS,
	RUN_INTERFACE,
	RUN_AUDIT,
	RUN_ROWS,
};

#define RUN_SUBJECTS 5 /* a script, its interpreter, and so on: as many as the kernel follows */

struct run_subject {
	dev_t dev;
	ino_t ino;
};

struct run {
	bool strict;
	char **argv; /* of the command */
	char *file;  /* what it is found at */
	struct policy policy;
	int landlock; /* landlock_version() */

	struct run_subject subjects[RUN_SUBJECTS]; /* the last one is a compiled program */
	size_t n_subjects;
	const struct program_section *bound[RUN_SUBJECTS]; /* sections for it that enforce */
	size_t n_bound;
	bool binds;	/* some section does */
	bool concerned; /* some line of the listing is about this command */

	size_t errors; /* in the policy, as resolved here */
	struct run_line *lines;
	size_t n_lines, room_lines;

	/* What is to come: a set of Landlock rules each, and a filter each. */
	int rulesets[2 * RUN_SUBJECTS + 1]; /* by connect and listen of each, and of files */
	size_t n_rulesets;
	struct sock_fprog filters[RUN_SUBJECTS + 1];
	size_t n_filters;
};

/* ---- run.c ---- */

int run_main(int argc, char **argv);

/* ---- run_table.c ---- */

/* One line of the listing. */
struct run_line {
	enum run_row row;
	struct place at;
	const char *key; /* where the row is for several keys, which one; else NULL */
	size_t number;
};

void run_note(struct run *run, enum run_row row, struct place at, const char *key);
/* Prints it, in the policy's order. Returns how many lines --strict refuses. */
size_t run_list(struct run *run);
/* The whole table as text, to be freed. */
char *run_table(void);

/* ---- run_subject.c ---- */

/* Finds the command and what binds it: 0, or the exit status after a message. */
int run_find(struct run *run);
bool run_is(const struct run_subject *subject, dev_t dev, ino_t ino);
/* One line, and the error is counted. */
__attribute__((format(printf, 3, 4))) void run_error(struct run *run, struct place at,
						     const char *fmt, ...);

/* ---- run_sockets.c ---- */

/* What a section comes to for system calls on sockets. */
struct run_sockets {
	unsigned int families; /* GUARD_FAMILY_* that it may create */
	bool no_tcp, no_udp;   /* of inet and inet6 */
	bool no_listen;
	bool no_fastopen; /* a connection by sending */
};

/* 0, or a negative errno after a message. */
int run_sockets(struct run *run, const struct program_section *s, struct run_sockets *sockets);

/* ---- run_filter.c ---- */

/* The filter of a section; @s NULL: what every command is refused. 0, or a negative errno. */
int run_filter(struct run *run, const struct program_section *s, const struct run_sockets *sockets);

/* ---- run_files.c ---- */

/* The rules for file sections. 0, or a negative errno after a message. */
int run_files(struct run *run);

/* ---- run_grant.c ---- */

/* A directory or file on the way to what is closed. */
struct run_node {
	char *name;
	uint64_t closed; /* it and all below it */
	uint64_t below;	 /* closed somewhere below */
	struct run_node *nodes;
	size_t n, room;
};

/* A closed file that has other names: a grant by one of those would be one of the file. */
struct run_link {
	dev_t dev;
	ino_t ino;
	uint64_t access;
};

struct mounts;

struct run_closed {
	struct run_node root;
	struct run_link *links;
	size_t n_links, room_links;
};

/* Closes an absolute path without symbolic links, also where another mount shows it. */
void run_close(struct run_closed *closed, const struct mounts *mounts, const char *path,
	       uint64_t access);
/* Allows of @access all that is not closed. 0, or a negative errno. */
int run_grant(int ruleset, const struct run_closed *closed, uint64_t access);
void run_closed_free(struct run_closed *closed);

#endif
