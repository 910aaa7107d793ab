/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of what a program section limits: many copies of the probe with a
 * section each, so that the line of an event says which copy it was; and acts that
 * go on while the test does something else.
 */
#ifndef SELFTESTS_LIMITS_H
#define SELFTESTS_LIMITS_H

#include "lib/lib.h"

/* limits.c */
struct limits {
	struct scene s;
	FILE *policy;
	long lines; /* written so far */
	char *last; /* the program whose denial ends the test */
	long last_line;
};

/* A scene on tmpfs, with the set-up that memory tests need: huge pages, room for aio. */
bool limits_make(struct limits *l);
void limits_end(struct limits *l);
/* A copy of the probe by this name, with a section of these keys; its path. */
char *limits_program(struct limits *l, const char *name, const char *section, long *line);
/* Any line for the policy; the number that it has there. */
long limits_line(struct limits *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool limits_start(struct limits *l);
/* Waits for the events of all that was denied before, ends the guard, and reads them. */
bool limits_stop(struct limits *l, struct events *ev);
/* An act in the scene's directory, with %-words: %P the program, %U the one without section. */
struct result limits_act(const struct limits *l, const char *program, const char *act);

/* One row of a table, a KTAP subtest; @why NULL: it passed. Tells which. */
bool subtest(size_t n, const char *group, const char *name, const char *why);
void subtest_skip(size_t n, const char *group, const char *name, const char *why);
/* "99 events name line 7, not 1", or NULL. */
char *events_judge(const struct events *ev, const char *verdict, long line, size_t wanted);
void event_show(const struct event *e);

/* background.c: a program beside the test */
struct background {
	pid_t pid;
	char *said; /* the file that it writes to */
};

bool background_start(struct background *b, const char *dir, const char *program, const char *line);
/* How many wait for the file `go` in @dir: see await-file. */
size_t background_ready(const char *dir);
/* Its exit status, or -1; waits @milliseconds at most, then ends it. */
int background_end(struct background *b, int milliseconds);

#endif
