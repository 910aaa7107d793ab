/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest tests share: running a probe, running lsm-guard and reading
 * its events, and filesystems to do it on. Nothing in here decides whether a
 * test passes; failures come back to the test that asked.
 */
#ifndef SELFTESTS_LIB_H
#define SELFTESTS_LIB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#define PATH_LEN 4096

/* run.c */
enum { ALLOWED, DENIED, BROKEN, OTHER, TIMED_OUT = 124 }; /* the probe's exit status */

struct result {
	int code;
	char said[1024]; /* what it wrote to stdout and stderr, cut off here */
};

/* Runs @argv in @dir (NULL: here) with @fd, when not negative, inherited as INHERITED_FD. */
#define INHERITED_FD 9
struct result run_with(const char *dir, int fd, char *const argv[]);
/* The same from one string, which is split at spaces. */
struct result run_line(const char *dir, int fd, const char *program, const char *line);
/* A command by its words; true when it left with 0. */
bool command(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *vpath(const char *fmt, va_list ap);
bool write_file(const char *name, const char *text);
/* What a file begins with; LONG_MIN: no number. */
long read_number(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool copy_program(const char *from, const char *to);
bool wait_for(bool (*done)(void *arg), void *arg, int milliseconds);
const char *tree_path(const char *name); /* below the directory that the tests run in */

/* process.c */
char thread_state(pid_t pid, pid_t thread); /* as in /proc/PID/stat; 0: it is not there */
/* SIGSTOP, and waits until all of its threads have stopped. */
bool process_stop(pid_t pid);
bool process_gone(void *pid); /* for wait_for(); it has been reaped, too */

/* guard.c */
struct guard {
	pid_t pid;
	char *events; /* its stdout */
	char *log;    /* its stderr */
};

/*
 * Starts ./lsm-guard, with these options (words), and returns true once it says that it
 * enforces (or audits, or does what it can without BPF LSM).
 * What it said otherwise is in guard->log.
 */
bool guard_start(struct guard *g, const char *policy, const char *options);
bool guard_start_to(struct guard *g, const char *policy, const char *option, const char *events);
/* Ends it with SIGTERM; its exit status, or -1. */
int guard_stop(struct guard *g);
/* The process that loaded the guard and looks after it: a child of guard.pid. Or 0. */
pid_t guard_watcher(const struct guard *g);
/* Kills both. */
bool guard_kill(struct guard *g);

/* event.c */
#define EVENT_FIELDS 24

struct event {
	size_t n;
	struct {
		char *name;
		char *value;
		bool number;
	} field[EVENT_FIELDS];
};

struct events {
	size_t n;
	struct event *e;
	size_t malformed; /* lines that are not one flat JSON object */
	char *bad;	  /* the first of them */
};

struct events events_read(const char *file);
void events_free(struct events *ev);
const char *event_text(const struct event *e, const char *name); /* NULL when it is not there */
long event_number(const struct event *e, const char *name);	 /* -1 when it is not there */
/* How many have this verdict and stand for this policy line. */
size_t events_count(const struct events *ev, const char *verdict, long line);
const struct event *events_find(const struct events *ev, const char *verdict, long line);
/* Waits until there is one; the log is read anew each time. */
bool event_wait(const char *file, const char *verdict, long line, int milliseconds);

/* fs.c */
enum fs { FS_EXT4, FS_TMPFS, FS_BTRFS, FS_OVERLAY, FS_OVERLAY_LOWER };
#define ON(fs)	   (1u << (fs))
#define ON_OVERLAY (ON(FS_OVERLAY) | ON(FS_OVERLAY_LOWER))

/*
 * Makes a filesystem at @at; its image and its layers lie beside it. Returns the
 * directory to put the first files into, which is another one where they are to
 * lie in an overlay's lower layer; fs_show() then mounts the overlay.
 */
char *fs_make(enum fs fs, const char *at);
bool fs_show(enum fs fs, const char *at);
void fs_unmount(const char *at);

/* scene.c: one filesystem, a listed and an unlisted program, a policy of a few rules */
struct scene {
	const char *at;			 /* the filesystem, and where the acts run */
	char *listed, *other, *unlisted; /* programs: copies of the probe */
	char *policy;
	struct guard guard;
};

bool scene_make(struct scene *s, enum fs fs);
void scene_end(struct scene *s);
/* Writes the policy; %-words as for attacks: %T listed, %O the other one, %D the directory. */
bool scene_policy(struct scene *s, const char *text);
bool scene_start(struct scene *s, const char *option);
/* The outcome of an act by one of the programs; what it said is printed when it is BROKEN. */
int scene_act(const struct scene *s, const char *program, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
