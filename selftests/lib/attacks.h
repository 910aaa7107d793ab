/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An attack: one way to an object that the policy closes, as a row of a table.
 * Each runs in a directory of its own, on objects of its own, under a rule of
 * its own, so that it is known by the policy line which of them was denied.
 */
#ifndef SELFTESTS_ATTACKS_H
#define SELFTESTS_ATTACKS_H

#include "lib/lib.h"

enum access { READ, WRITE, EXECUTE, TRACE };

/* The programs that act. All are copies of the probe. */
enum actor {
	UNLISTED, /* in the tree that was built */
	LISTED,	  /* MOUNT/bin/trusted, which the rules name */
	VICTIM,	  /* "victim" in the row's directory, named by this row's rule alone */
	UPDATER,  /* MOUNT/bin/updater, which may replace trusted programs */
};

struct attack {
	const char *name;
	/*
	 * What the row's rule closes: ACCESS to OBJECT, for all but the listed program. With a
	 * victim (.victim) the rule closes reading "target" for all but the victim, and the
	 * attack is on the victim itself: ACCESS is then only what the event has to say.
	 */
	enum access access;
	const char *object;
	/*
	 * The probe's arguments, run in the row's directory. %T the listed program, %P an
	 * unlisted one, %L the library to preload, %D the row's directory, %N its name.
	 */
	const char *act;
	/* Made beforehand, beside a file "target": see make_item() in rows.c. */
	const char *needs;
	enum actor by;		 /* who attacks */
	enum actor control;	 /* who is allowed to; UNLISTED means the rule's own program */
	const char *control_act; /* what that one does, where it cannot be the same */
	bool victim;
	bool inherits; /* INHERITED_FD is "target", opened before the guard started */
	bool loose;    /* the object may be moved or linked: that is no access */
	bool may_lack; /* some kernels do not have it on some filesystems: then it is skipped */
	unsigned int not_on; /* the filesystems that do not have this */
	/*
	 * Where the outcome is not EPERM and one event, what it is, and why. ALLOWED: what the
	 * guard does not deny, and what the README's threat model says so of.
	 */
	int outcome;	      /* 0: DENIED */
	const char *reported; /* the event's access, where it is not the rule's */
	bool elsewhere;	  /* the event names the first or the last rule there is, because (why) */
	const char *says; /* then the probe must say this */
	const char *why;
};

#define STAYS_ALLOWED 100 /* an outcome: the attack gets through, and is documented */

extern const struct attack attacks[];
extern const size_t n_attacks;

/* rows.c: the rows' objects, and the policy that protects them */
struct rows {
	const char *mount; /* where the filesystem is seen */
	char *root;	   /* where its first files are put: elsewhere for a lower layer */
	char *listed, *updater, *unlisted, *library;
	long *line, *control_line; /* in the policy, a row each */
	long first_line;	   /* that of the rule for MOUNT/first/, which no row is about */
	long last_line;		   /* that of the rule for MOUNT/last, which no row is about */
	int *fd, *control_fd;
	char *policy;
};

struct rows *rows_make(enum fs fs, const char *mount);
bool rows_write_policy(struct rows *r, enum fs fs);
char *row_dir(const struct rows *r, const struct attack *a, bool control);
const char *row_actor(const struct rows *r, enum actor who);
char *row_act(const struct rows *r, const struct attack *a, const char *act, bool control);
/* What lstat(2) says of the object, as text; "missing" where there is none. */
char *row_look(const struct rows *r, const struct attack *a);

#endif
