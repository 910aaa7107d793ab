/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core knows of a guard. Adding one adds its files and a row in guard.c.
 */
#ifndef LSM_GUARD_GUARD_H
#define LSM_GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "plan.h"

/* In which order programs are attached: see instance_attach(). */
enum attach_stage {
	ATTACH_NAMES, /* those that see names, mounts and attributes change */
	ATTACH_WHO,   /* before them: those that note who is who */
	ATTACH_LAST,  /* those that refuse what we do ourselves until then, as opens */
};

/* One BPF program that a guard may need, and when. */
struct guard_program {
	const char *program; /* its name in the object */
	const char *hook;    /* the kernel's name of the hook */
	__u32 verbs;	     /* needed when the policy closes one of these verbs or keys */
	bool trust;	     /* needed when the policy trusts programs */
	enum attach_stage stage;
	bool function;	    /* the hook is no LSM hook, but this function of the kernel's */
	int arguments;	    /* of the hook, where two forms exist; 0: any */
	__u32 also;	    /* needed for these too, but only ... */
	const char *where;  /* ... where the kernel has this function */
	const char *unless; /* not needed where the kernel lacks it: this hook is called instead */
};

struct guard {
	const char *name; /* in sections, files, events */
	const struct guard_program *programs;
	size_t n_programs;

	__u32 keys; /* the verbs or keys that it holds */

	/* Turns the sections of its own into rules. May be NULL. */
	void (*plan)(struct plan *plan);
	/* Claims what they name, as the files are now; called again after attaching. */
	void (*cover)(struct plan *plan);

	/* How its events read: what was to be had, and its own fields in JSON, each with a comma. */
	void (*object)(const struct guard_event *e, char *out, size_t size);
	void (*fields)(const struct guard_event *e);

	/*
	 * The canary: something of the loader's own that the plan's canary rule holds. make
	 * prepares it and says which inode it is; denied acts on it and returns 0 when every
	 * act was refused with EPERM, 1 when none was; anything else is a message on stderr
	 * and a negative errno.
	 */
	int (*canary_make)(void);
	int (*canary_denied)(int canary, const struct plan *plan);

	/*
	 * For keys of program sections the canary is a child of the loader's, bound by a section
	 * that allows nothing. act tries in it all that @closed names: 0 when every act was
	 * refused with EPERM, 1 when none was, else a negative errno. It is called twice, first
	 * when nothing is attached yet.
	 */
	int (*act)(__u32 closed);
};

extern const struct guard *const guards[];
extern const size_t n_guards;

/* Is this program needed for the plan? */
bool guard_needs(const struct guard_program *program, const struct plan *plan);
/* The guard whose business an access is. */
const struct guard *guard_of(__u32 access);
/* Says that the guard's canary was not refused; @how as its canary says. */
void guard_not_proved(const struct guard *guard, int how);
/* The word for an access, as in the policy. */
const char *guard_access(__u32 access);

#endif
