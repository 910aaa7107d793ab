/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is to be loaded: the policy, resolved against this machine. Guards add rules and
 * claim things for them ("the inode at this path", "this name in that directory"); when
 * every path has been identified, the claims are folded into what the maps hold.
 */
#ifndef LSM_GUARD_PLAN_H
#define LSM_GUARD_PLAN_H

#include <stdbool.h>
#include <stdio.h>

#include "../lsm/lsm_guard.h"
#include "identity.h"
#include "policy.h"
#include "table.h"

/* A rule, by its number; number 0 is no rule. */
struct plan_rule {
	struct guard_rule kernel;
	const char *title; /* of its section; of the program */
	struct place at;
	struct place verb_at[GUARD_VERBS];
	bool audit; /* as the policy says, or --audit */
	enum guard_worth worth;
	const char *decoy; /* or NULL */
	size_t holds;	   /* paths that it covers: 0 for a glob without a match */
	__u32 section;	   /* the program section that it is, or 0 */
};

/* A program section, by its number; number 0 is none. */
struct plan_section {
	struct guard_section kernel;
	const struct program_section *policy; /* NULL: the loader's own */
};

/* An interface section. */
struct plan_interface {
	const struct interface_section *policy;
	struct guard_interface kernel; /* less ifindex and number */
};

/* A trusted program; its number is the number of its rule too. */
struct plan_program {
	const char *path; /* as the policy has it */
	struct place at;  /* where it is first named */
	__u64 dev, ino;	  /* by stat(2): tells hard links of one program from two programs */
};

/* One of the names of a program's file, symlinks followed. */
struct plan_program_name {
	const char *path;
	__u32 program;
};

/* One thing that a rule wants held. A name has hash != 0 and @path is its directory. */
struct plan_claim {
	__u32 path; /* number in paths */
	__u32 rule;
	__u32 program;
	__u32 section;
	__u32 anchor;
	__u32 flags;
	bool whole; /* the filesystem that the path is on, not the path */
	__u64 hash;
};

/* A path that opens are led away from. */
struct plan_text {
	__u64 hash; /* guard_text_mix() */
	__u32 rule;
};

struct plan_claims {
	struct plan_claim *at;
	size_t n, room;
};

struct plan {
	const struct policy *policy;
	bool audit;    /* --audit: whatever the policy says */
	bool fallback; /* without BPF LSM: what rules are worth then */
	FILE *messages;
	size_t errors;

	struct paths paths;
	struct plan_rule *rules;
	size_t n_rules, room_rules; /* number 0 counts */
	struct plan_program *programs;
	size_t n_programs, room_programs; /* number 0 counts */
	struct plan_program_name *program_names;
	size_t n_program_names, room_program_names;
	struct table program_paths; /* as written in the policy */
	__u32 *program_numbers;	    /* of program_paths; 0: skipped */
	size_t room_numbers;
	struct table lists; /* rows of list_words words; row 0 is empty */
	size_t list_words;
	struct table strings; /* titles that the plan made up */
	__u64 root_mount;     /* by plan_identify(): the number of the mount that is our root */
	__u32 updaters;	      /* their list */
	__u32 canary;	      /* its rule */
	__u32 sections;	      /* the first rule of a section */
	__u32 closed;	      /* verbs and keys that some rule closes */
	struct plan_section *bound; /* program sections */
	size_t n_bound, room_bound;
	__u32 canary_section;
	struct plan_interface *interfaces; /* interface sections */
	size_t n_interfaces, room_interfaces;
	struct guard_endpoints *endpoints; /* lists, by number */
	size_t n_endpoints, room_endpoints;
	struct guard_prefix *prefixes; /* of all lists */
	size_t n_prefixes, room_prefixes;
	struct guard_prefix *prefix_table; /* the same, as the kernel searches them */
	size_t prefix_slots, list_slots;   /* powers of two */
	__u64 *buckets;
	size_t n_buckets;
	__u64 lengths[2];	/* of all prefixes, by family: guard_length_bit() */
	__u32 bucket_bits[2];	/* first bits of an address that tell buckets apart, by family */
	struct table port_sets; /* less GUARD_PORTS_FIRST */
	bool trees, devices;	/* some rule is of a directory; of a device node */
	bool btrfs;		/* by plan_identify(): something protected is on btrfs */
	bool overlays;		/* an overlay is mounted: paths have layers */
	struct plan_claims objects, names;
	struct plan_text *texts;
	size_t n_texts, room_texts;

	/* By plan_identify(): what the maps are to hold, each key once. */
	struct guard_identity *object_keys;
	struct guard_object *object_values;
	size_t n_object_keys;
	__u64 *mount_keys;
	__u32 *mount_rules;
	size_t n_mount_keys;
	struct guard_name *name_keys;
	struct guard_object *name_values;
	size_t n_name_keys;
};

/*
 * Resolves @policy: programs, then each guard's sections. Messages, one line each, go to
 * @messages; returns how many were errors. plan_free() is due in any case.
 */
size_t plan_make(struct plan *plan, const struct policy *policy, bool audit, bool fallback,
		 FILE *messages);
void plan_free(struct plan *plan);

/* Makes the claims anew, as the files are now: rules and programs stay. Returns errors. */
size_t plan_cover(struct plan *plan);

/* Identifies all paths and folds the claims: 0, or a negative errno after a message. */
int plan_identify(struct plan *plan, struct identifier *who);
/* Frees what that made. */
void plan_unfold(struct plan *plan);

/* For guards, while the plan is made. */
__u32 plan_rule(struct plan *plan, enum guard_rule_kind kind, const char *title, struct place at,
		enum policy_mode mode);
/* Closes a verb to all but those on @who and on @also (NULL: nobody else). */
void plan_close(struct plan *plan, __u32 rule, enum verb verb, const struct program_list *who,
		const struct program_list *also);
void plan_claim(struct plan *plan, const char *path, struct plan_claim claim);
/* Where the rule leads opens elsewhere: those of this path, and of all below one with a slash. */
void plan_claim_text(struct plan *plan, const char *path, __u32 rule);
void plan_claim_name(struct plan *plan, const char *dir, const char *name, struct plan_claim claim);
/* As plan_error(), where a start goes on: it is not counted. */
__attribute__((format(printf, 3, 4))) void plan_warning(struct plan *plan, struct place at,
							const char *fmt, ...);
__attribute__((format(printf, 3, 4))) void plan_error(struct plan *plan, struct place at,
						      const char *fmt, ...);
/* The string itself, with the life of the plan. */
const char *plan_string(struct plan *plan, const char *s);

/* The same over the bytes of a name as the kernel's hash_of_name(). */
__u64 plan_name_hash(const char *name);

#endif
