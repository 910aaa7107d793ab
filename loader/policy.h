/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy as the rest of the loader sees it: what the text says, nothing
 * resolved. Reading a policy needs no kernel, no privilege and no file but the
 * policy's own; whether the paths in it exist is the business of resolve.c.
 *
 * Every string and array belongs to the policy and lives until policy_free().
 */
#ifndef LSM_GUARD_POLICY_H
#define LSM_GUARD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where something stands in the policy's text: what every message and event names. */
struct place {
	const char *file;  /* as the user or the include() named it */
	unsigned int line; /* from 1 */
};

enum policy_mode {
	MODE_ENFORCE, /* deny */
	MODE_AUDIT,   /* report what would be denied, deny nothing */
};

/* What the tracepoint variants do about an access that they can only see, not deny. */
enum fallback_action {
	FALLBACK_REPORT,   /* the default: say so */
	FALLBACK_REDIRECT, /* point the call at nothing */
	FALLBACK_KILL,	   /* end the process */
};

/* The accesses a file section can close, in the order of lsm/lsm_guard.h's bits. */
enum verb { VERB_READ, VERB_WRITE, VERB_EXECUTE, VERBS };

enum list_kind {
	LIST_UNSET,    /* the key is not there: the access stays as the system has it */
	LIST_NONE,     /* closed to everyone */
	LIST_ANY,      /* open to everyone, said aloud */
	LIST_PROGRAMS, /* closed to everyone but these */
};

struct program_ref {
	const char *path; /* absolute, normalised, without the leading '-' */
	bool optional;	  /* had a leading '-': skipped when it does not exist */
	struct place at;
};

struct program_list {
	enum list_kind kind;
	struct place at; /* of the key; unset when kind is LIST_UNSET */
	struct program_ref *programs;
	size_t n;
};

struct file_section {
	/*
	 * Absolute, normalised; a subtree keeps its trailing slash. A glob is as
	 * written, for glob(3); any other path is literal, its escapes resolved.
	 */
	const char *path;
	struct place at;	       /* of the section's opening line */
	bool optional;		       /* title had a leading '-' */
	bool tree;		       /* trailing slash: the directory and everything below it */
	bool glob;		       /* has an unescaped * ? or [ */
	enum policy_mode mode;	       /* its own, else the policy's */
	enum fallback_action fallback; /* its own, else the policy's */
	bool own_mode;		       /* the section says it */
	bool own_fallback;
	const char *decoy; /* what those who may not read it are led to; NULL: none */
	struct place decoy_at;
	struct program_list verbs[VERBS];
};

/* What a program section can limit. The first three are lists of endpoints. */
enum program_key {
	KEY_CONNECT,
	KEY_LISTEN,
	KEY_RECEIVE,
	KEY_FAMILIES,
	KEY_ALLOCATION, /* bytes */
	KEY_MEMORY,
	KEY_ADDRESS_SPACE,
	KEY_CHILDREN, /* counts */
	KEY_DESCENDANTS,
	KEY_THREADS,
	PROGRAM_KEYS,
};

#define ENDPOINT_KEYS 3

extern const char *const policy_key_names[PROGRAM_KEYS];
/* The words of `families` by the bits of GUARD_FAMILY_*; ends with NULL. */
extern const char *const policy_family_names[];

#define ENDPOINT_TCP 0x1u
#define ENDPOINT_UDP 0x2u

/* From whom or to whom: an address AND a port AND a protocol. */
struct endpoint {
	unsigned char family;	    /* AF_INET, AF_INET6; 0: any address of either */
	unsigned char length;	    /* of the prefix, in bits */
	unsigned char protocols;    /* ENDPOINT_*; both where none is written */
	unsigned char address[16];  /* network order, without bits beyond the prefix */
	unsigned short first, last; /* ports; 0 to 65535 where none is written */
	struct place at;
};

struct endpoint_list {
	enum list_kind kind; /* LIST_PROGRAMS: these */
	struct endpoint *endpoints;
	size_t n;
};

struct program_section {
	const char *path; /* absolute, normalised: a program or a script */
	struct place at;
	bool optional; /* title had a leading '-' */
	bool inherit;  /* what it starts is bound too */
	enum policy_mode mode;
	bool own_mode;
	unsigned int given;		   /* a bit for each program_key that is there */
	struct place key_at[PROGRAM_KEYS]; /* where */
	struct endpoint_list endpoints[ENDPOINT_KEYS];
	unsigned int families;			/* GUARD_FAMILY_* of lsm/lsm_guard.h */
	unsigned long long limit[PROGRAM_KEYS]; /* of KEY_ALLOCATION and those after it */
};

/* What reaches the host on an interface: who may send to which of its ports. */
struct interface_section {
	const char *name; /* NULL: any, all but lo that have no section of their own */
	struct place at;
	bool optional; /* title had a leading '-' */
	bool icmp, replies;
	enum policy_mode mode;
	bool own_mode;
	/*
	 * Of `accept` and of all `accept-from` files together; ports are local ones. An
	 * endpoint may be there twice. Sections that name the same file share the array.
	 */
	struct endpoint_list accept;
};

struct policy {
	const char *file; /* the path that policy_read() was given */
	char hash[65];	  /* SHA-256 of all files that were read, one after the other, in hex */
	enum policy_mode mode;
	enum fallback_action fallback;
	struct program_list updaters;
	struct file_section *files;
	size_t n_files;
	struct program_section *programs;
	size_t n_programs;
	struct interface_section *interfaces;
	size_t n_interfaces;
	struct policy_private *priv; /* memory and bookkeeping of policy.c */
};

/*
 * Reads a policy and everything that it includes. Every error found goes to
 * @errors as one line, "FILE:LINE: what is wrong, and what would be right".
 * Returns the number of errors; 0 means that *p is complete. policy_free() is
 * due in both cases.
 */
int policy_read(struct policy *p, const char *path, FILE *errors);

/*
 * The same for a text in memory, which is called @name in its errors. Nothing is
 * opened: an include() in it is an error, and so is accept-from.
 */
int policy_read_text(struct policy *p, const char *name, const char *text, size_t len,
		     FILE *errors);

void policy_free(struct policy *p);

/* Has it an unescaped * ? or [, so that it is for glob(3)? */
bool policy_is_pattern(const char *s);

#endif
