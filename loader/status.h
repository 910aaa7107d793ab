/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of a guard that runs, read once, and the forms that it is printed in. */
#ifndef LSM_GUARD_STATUS_H
#define LSM_GUARD_STATUS_H

#include <net/if.h>

#include "about.h"
#include "running.h"
#include "worth.h"

/* What the guard has counted of a rule. */
struct rule_counts {
	__u64 allowed, denied, killed, led, would_deny, unreported;
};

struct interface_counts {
	struct guard_interface kernel;
	char name[IF_NAMESIZE];
	bool attached;
	__u64 of[GUARD_PACKET_OUTCOMES];
};

/* A table that can be full, or forgets then. */
#define TABLES_MAX 8
struct table_counts {
	const char *name;
	__u64 entries, room;
};

/* One word for all of it. */
enum condition {
	ENFORCING,
	AUDITING,
	FALLBACK, /* the kernel has no BPF LSM: rules are weaker */
	STARTING,
	SUSPENDED,
	LAPSED,
	ENDING,
	NOT_ENFORCING,
	INCOMPLETE,
	UNREADABLE, /* of another version: nothing else is known of it */
};

extern const char *const condition_names[];

struct status {
	const struct running *running;
	enum condition condition;
	struct guard_about *about; /* NULL: it is UNREADABLE, or ENDING and partly gone */
	struct rule_counts *rules;
	struct interface_counts *interfaces;
	size_t n_interfaces, room_interfaces;
	struct table_counts tables[TABLES_MAX];
	size_t n_tables;
	unsigned long long map_bytes;
	bool *attached;				  /* by number of the hook that it needs */
	size_t n_attached, n_missing, n_bare;	  /* hooks, and interfaces without a program */
	__u64 confirm_seconds, suspended_seconds; /* that are left; 0: neither */
	__u32 watcher;				  /* that reads its events, or 0 */
	bool pinned;
};

extern const char *const fault_names[GUARD_FAULTS];

/* Is it as its policy says? */
static inline bool status_holds(const struct status *s)
{
	return s->condition == ENFORCING || s->condition == AUDITING || s->condition == FALLBACK;
}

/* What the rule is worth: see worth.h. */
static inline struct worth status_worth(const struct status *s, const struct guard_about_rule *rule)
{
	return (struct worth){ .kind = rule->kind,
			       .how = rule->worth,
			       .audit = rule->audit,
			       .decoy = rule->decoy,
			       .fallback = s->about->fallback };
}

/* The kind of section that a rule is: with its title it is unique. */
const char *status_kind(const struct guard_about_rule *rule);
/* Since when, in UTC; returns @out. */
const char *status_since(const struct status *s, char out[32]);

/* All guards at once: Prometheus wants what is of one metric together. */
void status_text(const struct status *all, size_t n);
void status_json(const struct status *all, size_t n);
void status_prometheus(const struct status *all, size_t n);

#endif
