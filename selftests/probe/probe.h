/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the acts of the probe share.
 *
 * A probe does one act and says by its exit status what became of it. Anything
 * that an act needs beforehand goes through need(), which leaves with BROKEN:
 * a set-up that fails must never look like a denial.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum outcome {
	ALLOWED, /* the act was let through and had its effect */
	DENIED,	 /* refused with EPERM */
	BROKEN,	 /* could not be tried */
	OTHER,	 /* refused with another errno, or let through without effect */
};

struct act {
	const char *name;
	const char *args; /* one word an argument; "..." takes the rest */
	int (*run)(char **args);
};

/* Each ends with an empty entry. */
extern const struct act open_acts[];
extern const struct act fd_acts[];
extern const struct act content_acts[];
extern const struct act name_acts[];
extern const struct act meta_acts[];
extern const struct act mount_acts[];
extern const struct act wrap_acts[];
extern const struct act exec_acts[];
extern const struct act pass_acts[];
extern const struct act trace_acts[];
extern const struct act identity_acts[];
extern const struct act loop_acts[];
extern const struct act path_acts[];
extern const struct act memory_acts[];
extern const struct act memory_grow_acts[];
extern const struct act memory_compat_acts[];
extern const struct act memory_exact_acts[];
extern const struct act memory_wrap_acts[];
extern const struct act process_acts[];
extern const struct act process_tree_acts[];
extern const struct act process_churn_acts[];
extern const struct act process_start_acts[];
extern const struct act socket_serve_acts[];
extern const struct act socket_reach_acts[];
extern const struct act socket_pass_acts[];
extern const struct act socket_bind_acts[];
extern const struct act socket_make_acts[];
extern const struct act socket_route_acts[];

/* main.c */
_Noreturn void broken(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
long need(long ret, const char *what);
int refused(const char *what);
int judge(long ret, const char *what);
int effect(bool seen, const char *what);
int number(const char *text);
int run_act(char **argv);

/* A file beside @file that the probe may create for its own use. */
const char *beside(const char *file, const char *suffix);
/* Creates @path with a few bytes in it and returns a descriptor open for both. */
int scratch(const char *path);

/* spawn.c: a child running another program, and the pipes to it. */
struct child {
	pid_t pid;
	int in;	 /* the child's stdin: it leaves when this closes */
	int out; /* what the child prints */
};
struct child spawn(char *const argv[]);
void say(const struct child *c, char *buf, size_t size);
int reap(struct child *c);
pid_t fork_idle(void);
void end_idle(pid_t pid);
int exit_code(int status);

/* use.c: an open descriptor put to use, so that "allowed" means bytes moved. */
struct mode {
	const char *name;
	int flags;
};
const struct mode *mode_of(const char *name);
int use(int fd, const struct mode *mode, const char *what);
extern bool showing; /* what is read is printed too: a line */

/* pass.c: a descriptor over a socket; -1 when the kernel withholds it */
void send_fd(int sock, int fd);
int received_fd(int sock);

/* uring.c */
int uring_open(const char *file, int flags, bool sqpoll);

/* compat.c: system calls as a 32-bit program makes them. */
long int80(long nr, unsigned long a, unsigned long b, unsigned long c);
long int80_4(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
void *low_page(void);

#endif
