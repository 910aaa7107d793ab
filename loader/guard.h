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

/* One BPF program that a guard may need, and when. */
struct guard_program {
	const char *program; /* its name in the object */
	const char *hook;    /* the kernel's name of the hook */
	__u32 verbs;	     /* needed when the policy closes one of these; 0: see trust */
	bool trust;	     /* needed when the policy trusts programs; attached first */
	bool opens;    /* refuses opens: attached last, for until then we look around ourselves */
	int arguments; /* of the hook, where two forms exist; 0: any */
	const char *unless; /* not needed where the kernel lacks it: this hook is called instead */
};

struct guard {
	const char *name; /* in sections, files, events */
	const struct guard_program *programs;
	size_t n_programs;

	/* Turns the policy's sections into rules. */
	void (*plan)(struct plan *plan);
	/* Claims what they name, as the files are now; called again after attaching. */
	void (*cover)(struct plan *plan);

	/*
	 * The canary: something of the loader's own that the plan's canary rule holds. make
	 * prepares it and says which inode it is; denied acts on it and returns 0 when every
	 * act was refused with EPERM, 1 when none was; anything else is a message on stderr
	 * and a negative errno.
	 */
	int (*canary_make)(void);
	int (*canary_denied)(int canary, const struct plan *plan);
};

extern const struct guard *const guards[];
extern const size_t n_guards;

/* Is this program needed for the plan? */
bool guard_needs(const struct guard_program *program, const struct plan *plan);

#endif
