/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guard needs to give the policy language a section of its own: a schema
 * for libConfuse, and a function that copies a parsed section into the policy.
 * The table of all sections stands in policy.c.
 *
 * When take() runs, the shape of the section is known to be right (only keys of
 * the schema, each at most once, lists where the schema has lists); what the
 * values mean is take()'s to check, with the helpers below. They report what is
 * wrong by policy_error() and go on, so that one run shows all errors.
 */
#ifndef LSM_GUARD_POLICY_GUARD_H
#define LSM_GUARD_POLICY_GUARD_H

#include <confuse.h>
#include <stdint.h>
#include "policy.h"

#define POLICY_KEYS_MAX 16 /* keys that a schema may have */
#define POLICY_BITS_MAX 32 /* words of a fixed set that a list may have */

/* A value as libConfuse read it, with the line that it stands on. */
struct policy_word {
	unsigned int line;
	char text[];
};

/* One section as parsed, on its way from libConfuse into the policy. */
struct policy_block {
	cfg_t *cfg;
	unsigned int line;			/* of the keyword */
	unsigned int key_line[POLICY_KEYS_MAX]; /* by index in the schema; 0: not given */
	unsigned int values[POLICY_KEYS_MAX];	/* how many the text has, a check on libConfuse */
	bool faulty; /* an error in it is reported already, something may be missing */
};

struct policy_section {
	const char *keyword;
	const char *example; /* a section in one line, for error messages */
	/* All values are CFGT_PTR with the callbacks below, so that they know their line. */
	cfg_opt_t *(*options)(void);
	void (*take)(struct policy *p, const struct policy_block *b);
};

extern const struct policy_section file_policy;
extern const struct policy_section program_policy;
extern const struct policy_section ingress_policy;

/* A flag of list keys whose values are files' names: `none` and `any` mean nothing there. */
#define POLICY_NAMES_FILES ((cfg_flag_t)1 << 24)

/* Callbacks for CFG_PTR_CB and CFG_PTR_LIST_CB: a value becomes a struct policy_word. */
int policy_word_parse(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result);
void policy_word_free(void *word);

/* The key of a block, and the line it stands on (0: not given). */
cfg_opt_t *policy_key(const struct policy_block *b, const char *key, unsigned int *line);

/* One line in the list of errors, at @line of the file that is being read. */
__attribute__((format(printf, 3, 4))) void policy_error(struct policy *p, unsigned int line,
							const char *fmt, ...);

struct place policy_place(const struct policy *p, unsigned int line);

#define VALUE_SHOWN 160 /* how much of a value messages show */

/* Did the scanner report this value, so that nothing else is to be said of it? */
bool policy_value_reported(const struct policy *p, const char *text);

/* Is @s all visible characters, in UTF-8? */
bool policy_visible(const char *s);

/* Memory that lives as long as the policy. */
void *policy_alloc(struct policy *p, size_t size);
char *policy_strndup(struct policy *p, const char *s, size_t n);

/* realloc() for an array that policy_free() frees; ends the program when there is no memory. */
void *policy_realloc(void *array, size_t n, size_t size);

/* What policy_take_path() accepts beside a plain absolute path. */
#define PATH_TREE     (1u << 0) /* a trailing slash */
#define PATH_GLOB     (1u << 1) /* unescaped * ? [ */
#define PATH_RELATIVE (1u << 2) /* to the policy file, ".." and all */

struct policy_path {
	const char *path;
	bool optional;
	bool tree;
	bool glob;
};

/*
 * Each of these reports what is wrong with the value and returns false. @what
 * names the value in messages ("a file section", "read").
 */
bool policy_take_path(struct policy *p, const char *what, const char *text, unsigned int line,
		      unsigned int allowed, struct policy_path *out);
/* The path of one file; *out stays NULL when the key is not there. */
bool policy_take_file(struct policy *p, const struct policy_block *b, const char *key,
		      const char **out, struct place *at);
bool policy_take_programs(struct policy *p, const struct policy_block *b, const char *key,
			  struct program_list *out);
bool policy_take_mode(struct policy *p, const struct policy_block *b, enum policy_mode *out,
		      bool *given);
bool policy_take_fallback(struct policy *p, const struct policy_block *b, enum fallback_action *out,
			  bool *given);

/* `yes` or `no`; *out stays as it is when the key is not there. */
bool policy_take_yes_no(struct policy *p, const struct policy_block *b, const char *key, bool *out);
/*
 * A list of words of @names (NULL-terminated, POLICY_BITS_MAX at most): bit i of *out is names[i],
 * `none` is no bit, `any` is all of them. @what is one of them, in messages.
 */
bool policy_take_bits(struct policy *p, const struct policy_block *b, const char *key,
		      const char *what, const char *const *names, unsigned int *out);
bool policy_take_endpoints(struct policy *p, const struct policy_block *b, const char *key,
			   struct endpoint_list *out);
/*
 * The files of endpoints that @key names. They are read after the present file, and what is
 * in them is added to the list of p->interfaces[@interface], or to none for LIST_UNUSED.
 */
#define LIST_UNUSED SIZE_MAX
bool policy_take_lists(struct policy *p, const struct policy_block *b, const char *key,
		       size_t interface);
/* Bytes; *out stays as it is when the key is not there. */
bool policy_take_size(struct policy *p, const struct policy_block *b, const char *key,
		      unsigned long long *out);
bool policy_take_count(struct policy *p, const struct policy_block *b, const char *key,
		       unsigned int least, unsigned int most, unsigned long long *out);

/* True when no section of this keyword had this path before; else the error is reported. */
bool policy_take_title(struct policy *p, const char *keyword, const char *path, unsigned int line);

#endif
