/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel can enforce, hook by hook, and why not. */
#ifndef LSM_GUARD_KERNEL_H
#define LSM_GUARD_KERNEL_H

#include <stdbool.h>
#include <stdio.h>

#include "guard.h"

/* What the lockdown LSM forbids, each more than the one before it. */
enum lockdown {
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,	  /* programs that write to the memory of processes */
	LOCKDOWN_CONFIDENTIALITY, /* programs that read the kernel's memory, as all of ours do */
};

struct kernel {
	char release[65];
	char *lsms;	/* the active ones, as the kernel lists them; NULL: cannot be told */
	int lsms_error; /* errno of reading that list */
	bool bpf_lsm;	/* "bpf" is among them */
	bool fallback;	/* it is not, and the user has said to do without: see kernel_entry() */
	enum lockdown lockdown;
	bool btf;	  /* the kernel tells of its types: see types.h */
	int btf_error;	  /* errno of reading them */
	bool privileged;  /* we hold what loading takes */
	char lacking[64]; /* the capabilities that we do not hold */
};

/*
 * Where a program for this LSM hook stands without BPF LSM: at the entry of the function that
 * would have called the hook. It sees the same then, but what it says counts for nothing.
 * Returns @out.
 */
#define KERNEL_ENTRY 80
const char *kernel_entry(const char *hook, char out[KERNEL_ENTRY]);

/* Loads the types too; kernel_free() lets go of them. */
void kernel_look(struct kernel *kernel, bool fallback);
void kernel_free(struct kernel *kernel);

/*
 * Everything that stands in the way of enforcing here, one line each with what to do;
 * @privilege says whether a lack of it counts. Returns how many there are.
 */
int kernel_obstacles(const struct kernel *kernel, bool privilege, FILE *out);

enum hook_state {
	HOOK_HELD,	 /* the program fits: attach it */
	HOOK_POINTLESS,	 /* what it is for cannot be done here, or is done already */
	HOOK_ELSEWHERE,	 /* this kernel has no such hook, another one sees the access */
	HOOK_OTHER_FORM, /* a program for another form of the hook fits */
	HOOK_MISSING,	 /* what the program is for cannot be held */
};

/* Has it a function of this name that a program could be attached to? */
bool kernel_has(const struct kernel *kernel, const char *function);

enum hook_state kernel_hook(const struct kernel *kernel, const struct guard_program *program);

#endif
