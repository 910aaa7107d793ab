/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An act that a rule of the running guard must refuse, tried in a child of lsm-guard prove's,
 * and what is evidence: that it failed with EPERM is not, for others deny too; nor that the
 * rule has counted a refusal, for others are refused. Both together are.
 */
#ifndef LSM_GUARD_ACT_H
#define LSM_GUARD_ACT_H

#include "plan.h"
#include "running.h"

/* What came of it. Of several acts for one key the last of these counts. */
enum proof_word {
	PROOF_NONE,
	PROOF_UNTESTABLE,   /* it says nothing of the rule */
	PROOF_AUDITING,	    /* let through, and counted by the rule, which only audits */
	PROOF_ENFORCED,	    /* refused, and counted by the rule */
	PROOF_NOT_ENFORCED, /* let through */
};

struct proof {
	enum proof_word word;
	char why[256];
};

struct act {
	const struct running *running;
	const struct plan *plan;
	__u32 rule;   /* its number */
	__u32 access; /* the verb or key: one GUARD_* bit */
	bool audit;   /* the rule denies nothing */
	struct proof proof;

	int tallies, parent; /* descriptors: of the map, and to who waits for the proof */
	__u64 before;	     /* what the rule had counted */
};

/* The section that the rule is; of rules of program sections only. */
const struct plan_section *act_section(const struct act *act);

/*
 * To be called when all is there that the act itself needs: from here on the rule's section
 * binds the child. It does not return where that is not possible.
 */
void act_bind(struct act *act);

/* Before and after an act: @error is 0 when it was let through, else its errno. */
void act_begin(struct act *act);
__attribute__((format(printf, 3, 4))) void act_end(struct act *act, int error, const char *what,
						   ...);
/* The same without a count to compare: what came of it, and why. */
__attribute__((format(printf, 3, 4))) void act_came_to(struct act *act, enum proof_word word,
						       const char *why, ...);

/* An endpoint that is not on a list. */
struct unlisted {
	int family; /* AF_INET, AF_INET6 */
	unsigned char address[16];
	unsigned short port;
	unsigned char protocol; /* ENDPOINT_TCP or ENDPOINT_UDP */
};

/* The first of these addresses (NULL ends them) that has a port with @protocol left. */
bool unlisted_find(const struct endpoint_list *list, const char *const *addresses,
		   unsigned char protocol, struct unlisted *out);

/* Of the guards' tables. */
void file_try(struct act *act);
void socket_try(struct act *act);
void memory_try(struct act *act);
void process_try(struct act *act);
void ingress_try(struct act *act);

#endif
