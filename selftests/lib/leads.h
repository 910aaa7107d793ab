/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens that lead elsewhere (lsm/fallback/), by rows: ways to a protected file, of which some
 * are led away and others slip by. Each row is tried under several treatments (keys of a file
 * section), on a file of its own in a directory of its own: /t/ROW.TREATMENT.
 */
#ifndef SELFTESTS_LEADS_H
#define SELFTESTS_LEADS_H

#include "lib/lib.h"

#define LEADS	    "/t"
#define LEADS_DECOY LEADS "/decoy-with-a-longer-name"

/* What becomes of an act. */
enum becomes {
	DONE,	 /* it reads the real file, or has changed it */
	LED,	 /* it reads another file; a write fails with EISDIR or EEXIST */
	REFUSED, /* EPERM */
	KILLED,
	OTHERWISE, /* as the row says; used by rows alone */
};

struct fate {
	enum becomes becomes;
	const char *verdict; /* of the event; NULL: there must be none */
};

struct treatment {
	char letter;
	const char *keys; /* of its section */
	bool listed;	  /* the program that the section lists acts */
	struct fate reads, writes;
	struct fate slips;	 /* what does not name the file by its path, in memory of its own */
	const char *leads_to;	 /* what is read there begins so */
	enum becomes descriptor; /* what becomes of one that is handed over */
};

struct lead {
	const char *name; /* of its directory too: short, where the decoy's path is to be longer */
	const char *act;  /* the probe's; %-words: see lead_text() */
	bool slips;	  /* what is led away does not see it */
	bool writes;	  /* that is what it does to the file, and otherwise reading */
	bool at_once; /* the call itself has changed it, and not what is done with a descriptor */
	bool twice;   /* two hooks see it, where the first one does not stop it */
	bool many;    /* any number of them: it tries until it succeeds */
	bool executes;
	bool unseen;   /* it leaves nothing behind and shows nothing: its exit status has to do */
	bool innocent; /* it is no access to the file: always done, without a word */
	bool handed;   /* a descriptor: what does not come has no errno */
	bool inherits; /* INHERITED_FD is the file, opened before the guard started */
	const char *file;   /* below its directory; NULL: "f" */
	const char *title;  /* of its section; NULL: the file */
	const char *needs;  /* made beforehand: shell */
	const char *before; /* done by the listed program when the guard stands: the probe's */
	const char *done;   /* shell: has it changed the file? NULL: its content */
	const char *reads;  /* what it reads, where that is not "real" */
};

extern const struct lead leads[];
extern const size_t n_leads;

struct lead_scene {
	struct guard guard;
	const struct treatment *treatments;
	size_t n_treatments;
	long *lines; /* of the policy: by row and treatment */
	int *fds;    /* of rows that inherit */
	char *policy;
};

/* Files and policy, and the proof that each act succeeds bare. False after saying why not. */
bool leads_make(struct lead_scene *s, const struct treatment *t, size_t n);
bool leads_start(struct lead_scene *s, const char *options);
/* All rows under all treatments, a subtest each. Ends the guard. */
bool leads_run(struct lead_scene *s);
void leads_end(struct lead_scene *s);
/*
 * %F the row's file, %D its directory, %N the directory's name, %T the listed program, %P the
 * unlisted one.
 */
char *lead_text(const struct lead *row, char letter, const char *text);

#endif
