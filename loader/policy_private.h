/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the pieces of the policy reader fit together:
 *
 *	policy.c         the order of steps, the table of sections, includes
 *	policy_source.c  a file's bytes: may it be trusted, is it text at all
 *	policy_scan.c    bytes -> tokens
 *	policy_assign.c  tokens -> `key = value`, and the way on after an error
 *	policy_parse.c   tokens -> statements; each good one goes to libConfuse
 *	policy_value.c   what the values mean: paths, lists
 *	policy_endpoint.c  an address, ports and a protocol
 *	policy_number.c    words of a fixed set, sizes, counts
 *	policy_list.c      files of endpoints
 *	policy_util.c    memory, sets, errors
 *
 * libConfuse holds the schema and turns a statement's text into values. It is not
 * given the file as a whole, because it would stop at the first error, expand
 * ${VAR}, drop characters that it has no use for ('*' and '+' outside quotes),
 * refuse comments inside lists and compare each section's title with all others.
 * So the scanner reads the file first, blanks comments and faulty statements with
 * spaces (never newlines: line numbers stay), and hands the rest over statement by
 * statement.
 */
#ifndef LSM_GUARD_POLICY_PRIVATE_H
#define LSM_GUARD_POLICY_PRIVATE_H

#include <stdint.h>
#include <sys/types.h>
#include <sha2.h>
#include "policy_guard.h"

#define SOURCE_MAX	   (256u << 20) /* bytes of one policy file */
#define LINE_BYTES_MAX	   (64u << 10)
#define INCLUDE_DEPTH_MAX  16u
#define INCLUDE_FILES_MAX  10000u
#define LIST_FILES_MAX	   10000u
#define LIST_ENDPOINTS_MAX (16u << 20) /* of one file */
#define ERRORS_PRINTED_MAX 1000u

/* Overwrites the bytes of a token that is reported already: values skip it silently. */
#define REPORTED 0x7f

/* ---- policy_util.c ---- */

struct arena_chunk;

struct arena {
	struct arena_chunk *last;
};

void *xcalloc(size_t n, size_t size);
void arena_free(struct arena *a);

/* Strings, each with the place where it was seen first. */
struct path_set {
	struct path_slot *slots;
	size_t room, n;
};

/* NULL when @key was not there and is now; else where it was seen. */
const struct place *path_set_add(struct path_set *s, const char *key, struct place at);
void path_set_free(struct path_set *s);

/* Length of the valid, visible UTF-8 character at @s, 0 when there is none. */
size_t utf8_length(const unsigned char *s, size_t n);

__attribute__((format(printf, 3, 4))) void policy_error_at(struct policy *p, struct place at,
							   const char *fmt, ...);

/* "a" or "an". */
const char *article(const char *keyword);

/* Prints what was found since the last time, by line. */
void policy_print_errors(struct policy *p);

/* The name in @names (NULL-terminated) that @word was probably meant to be, or NULL. */
const char *nearest_name(const char *word, const char *const *names);

/* ---- policy_source.c ---- */

/* One policy file, or list, while it is read. */
struct source {
	const char *name;  /* as the user or the include() named it */
	struct place from; /* the include(), for errors that concern the file as a whole */
	const struct source *parent;
	unsigned int depth;
	bool memory;   /* text from memory: no includes */
	bool list;     /* a list of endpoints, no policy */
	bool optional; /* it need not be there: source_read() is silent about that */
	dev_t dev;
	ino_t ino;
	char *text; /* NUL-terminated, ours to blank */
	size_t len;
};

/* Opens, checks and reads @src->name. Errors are reported. */
bool source_read(struct policy *p, struct source *src);
/* Reports what is no text, and replaces it by something harmless. */
bool source_check_text(struct policy *p, struct source *src);

/* ---- policy_scan.c ---- */

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,   /* without quotes */
	TOKEN_STRING, /* with quotes */
	TOKEN_BAD,    /* a word or string with an error, reported already */
	TOKEN_OPEN,   /* { */
	TOKEN_CLOSE,  /* } */
	TOKEN_PAREN_OPEN,
	TOKEN_PAREN_CLOSE,
	TOKEN_EQUALS,
	TOKEN_APPEND, /* += */
	TOKEN_COMMA,
};

struct token {
	enum token_kind kind;
	size_t start, end; /* in the text, quotes included */
	unsigned int line;
	bool first; /* the first token of its line */
};

struct scan {
	struct policy *p;
	char *text;
	size_t len, pos;
	unsigned int line;
	bool line_start;
	struct token tok; /* the one looked at */
	size_t end;	  /* of the token before it */
};

void scan_begin(struct scan *s, struct policy *p, struct source *src);
void scan_next(struct scan *s);
/* The byte that follows the present token and blanks, without reading on. */
char scan_peek(const struct scan *s);
bool token_is(const struct scan *s, const char *word);
bool token_is_value(const struct scan *s);
/* The token as messages show it; in a static-size buffer of the caller. */
#define TOKEN_TEXT_MAX 80
const char *token_text(const struct scan *s, char buf[TOKEN_TEXT_MAX]);
/* Spaces over [start, end), newlines stay. */
void scan_blank(struct scan *s, size_t start, size_t end);

/* ---- policy_assign.c ---- */

struct parse {
	struct policy *p;
	struct scan s;
	cfg_opt_t *top; /* the schema of the top level */
};

/* The index in @options (NULL: none) of the key that is looked at, or -1. */
int parse_find_option(const struct parse *ps, const cfg_opt_t *options);
/* Whether the token looked at begins a statement of @options, not a stray value. */
bool parse_begins_option(const struct parse *ps, const cfg_opt_t *options);
/*
 * To where the next statement begins, @depth open brackets from here. @inner is
 * the schema of the section around, NULL at the top level.
 */
void parse_skip_statement(struct parse *ps, const cfg_opt_t *inner, unsigned int depth);
/* @where and @right complete the message. */
void parse_report_unknown(struct parse *ps, const cfg_opt_t *options, const char *where);
void parse_report_unexpected(struct parse *ps, const char *right);
/*
 * `key = value`, from the key on; @values counts what libConfuse will find. Returns
 * false when it is reported as faulty and must not go there.
 */
bool parse_assignment(struct parse *ps, const cfg_opt_t *opt, const cfg_opt_t *inner,
		      unsigned int *values);

/* ---- policy_parse.c ---- */

void policy_parse(struct policy *p, struct source *src);

/* ---- policy_value.c, for the other files of values ---- */

extern const char *const policy_list_words[]; /* none, any, NULL */

const struct policy_word *policy_word_at(const cfg_opt_t *opt, unsigned int i);
/* The line of the file; a word's own counts from the beginning of the block. */
unsigned int policy_word_line(const struct policy_block *b, const struct policy_word *w);
/*
 * Is it `none` or `any`? They are the whole value: @n is how many values there are,
 * and with others beside them *kind becomes LIST_UNSET and the error is reported.
 */
bool policy_take_word(struct policy *p, const char *key, const struct policy_word *w,
		      unsigned int line, unsigned int n, enum list_kind *kind);

/* ---- policy_endpoint.c ---- */

/* One endpoint of @key's list; what is wrong with it is reported. */
bool policy_take_endpoint(struct policy *p, const char *key, const char *text, unsigned int line,
			  struct endpoint *e);

/* ---- policy_list.c ---- */

/* Reads the lists that @parent has named. */
void policy_read_lists(struct policy *p, const struct source *parent);
/* The endpoints in the text of @src, the array to be freed; what is wrong is reported. */
void policy_parse_list(struct policy *p, struct source *src, struct endpoint_list *out);
void policy_free_lists(struct policy *p);

/* ---- policy.c ---- */

struct include {
	const char *pattern;
	struct place at;
};

extern const struct policy_section *const policy_sections[];

/* The text's own words at the top level, beside the sections. */
enum top_key { TOP_MODE, TOP_FALLBACK, TOP_UPDATERS, TOP_INCLUDE, TOP_KEYS };

struct policy_private {
	struct arena arena;
	struct list_file *lists; /* read so far: their endpoints are the policy's */
	size_t n_lists;
	/* Only while reading: */
	FILE *errors;
	unsigned int n_errors;
	SHA2_CTX hash;
	const struct source *src; /* the file being read */
	cfg_t *cfg;
	struct place top_at[TOP_KEYS];		 /* where each key of the top level was given */
	struct path_set titles[POLICY_KEYS_MAX]; /* by number of the section's row */
	struct include *includes;		 /* of the present file */
	size_t n_includes;
	struct source_id *seen; /* files read so far */
	size_t n_seen;
	struct list_use *uses; /* lists that the present file names */
	size_t n_uses;
	unsigned int statement_line; /* of what libConfuse is given now */
	struct error *found;	     /* errors of the present file, not printed yet */
	size_t n_found;
};

/* The two readers of the text disagree: an error, and libConfuse is set up anew. */
void policy_disagreement(struct policy *p, unsigned int line);

void policy_top_level(struct policy *p, const struct policy_block *b);
const struct policy_section *policy_section_find(const char *keyword);
/* The titles that sections of this keyword have had so far. */
struct path_set *policy_titles(struct policy *p, const char *keyword);

#endif
