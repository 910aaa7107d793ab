/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core knows of a guard. Adding one adds its files and a row in guard.c.
 */
#ifndef LSM_GUARD_GUARD_H
#define LSM_GUARD_GUARD_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fields.h"
#include "plan.h"

/* In which order programs are attached: see instance_attach(). */
enum attach_stage {
	ATTACH_NAMES, /* those that see names, mounts and attributes change */
	ATTACH_WHO,   /* before them: those that note who is who */
	ATTACH_ENDS,  /* before those: what they count up at its beginning goes down at its end */
	ATTACH_LAST,  /* those that refuse what we do ourselves until then, as opens */
	ATTACH_OWN,   /* what the guard attaches by itself */
};

/* One BPF program that a guard may need, and when. */
struct guard_program {
	const char *program; /* its name in the object */
	const char *hook;    /* the kernel's name of the hook */
	__u32 verbs;	     /* needed when the policy closes one of these verbs or keys */
	bool trust;	     /* needed when the policy trusts programs */
	enum attach_stage stage;
	bool function;	    /* the hook is no LSM hook, but this function of the kernel's, or
			     * what it is called, where @where says which one */
	int arguments;	    /* of the hook, where two forms exist; 0: any */
	__u32 also;	    /* needed for these too, but only ... */
	const char *where;  /* ... where the kernel has this function */
	bool refuses;	    /* all that it does is to refuse: nothing without BPF LSM */
	bool weaker;	    /* needed without BPF LSM only */
	const char *unless; /* not needed where the kernel lacks it: this hook is called instead */
};

struct instance;
struct act;

struct guard {
	const char *name; /* in sections, files, events */
	const struct guard_program *programs;
	size_t n_programs;

	__u32 keys; /* the verbs or keys that it holds */

	/* Turns the sections of its own into rules. May be NULL. */
	void (*plan)(struct plan *plan);
	/* Claims what they name, as the files are now; called again after attaching. */
	void (*cover)(struct plan *plan);

	/* How its events read: what was to be had, and what fields it has. */
	void (*object)(const struct guard_event *e, char *out, size_t size);
	void (*fields)(const struct guard_event *e, struct fields *out);

	/*
	 * The canary is a child of the loader's without privilege. act tries in it all that
	 * @closed names: 0 when every act was refused with EPERM, 1 when none was, else a negative
	 * errno. It is called when nothing is attached yet, and from then on whenever denials are to
	 * be proved. For keys of program sections the child is bound by a section that allows
	 * nothing. Other guards act on something of their own that no path of the policy leads to,
	 * and that the plan's canary rule holds: canary_make returns a descriptor of that inode, or a
	 * negative errno; @canary is that, or -1.
	 */
	int (*canary_make)(void);
	int (*act)(__u32 closed, int canary);

	/*
	 * For lsm-guard prove: tries what a rule closes, in a child of its own, and notes what
	 * came of it (act.h). Nothing is changed by it, even where it is let through. NULL: the
	 * guard holds no rule of the policy's.
	 */
	void (*try)(struct act *act);

	/*
	 * For what is more than hooks and their maps; all may be NULL, and are called where the
	 * plan closes one of the keys. load comes when the maps are filled and nothing is
	 * attached, attach after all hooks, prove after attach. 0, or a negative errno after a
	 * message. destroy is called in any case.
	 */
	int (*load)(struct instance *in, const struct plan *plan);
	int (*attach)(struct instance *in, const struct plan *plan);
	int (*prove)(struct instance *in, const struct plan *plan);
	void (*destroy)(struct instance *in);
};

/* How events name addresses: @family 4 or 6, as in struct guard_prefix. All return @out. */
#define ENDPOINT_TEXT (INET6_ADDRSTRLEN + 8)
const char *address_text(int family, const __u64 address[2], char out[INET6_ADDRSTRLEN]);
const char *endpoint_text(int family, const __u64 address[2], __u16 port, char out[ENDPOINT_TEXT]);
const char *protocol_text(__u32 protocol);
/* What came of a packet: in events, and as labels of counts. */
extern const char *const outcome_names[GUARD_PACKET_OUTCOMES];

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
