// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy's text becomes a struct policy: the table of sections, the schema for
 * libConfuse, the order in which files are read. How the text itself is read
 * stands in policy_private.h.
 *
 * Files that are included are read after the one that names them, each on its
 * own. Order never matters, so that is the same as reading them in place, and it
 * needs no stack of half-read files.
 */
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "policy_private.h"

const struct policy_section *const policy_sections[] = { &file_policy, &program_policy,
							 &ingress_policy, NULL };

struct source_id {
	dev_t dev;
	ino_t ino;
	struct place from;
};

const struct policy_section *policy_section_find(const char *keyword)
{
	for (size_t i = 0; policy_sections[i]; i++) {
		if (strcmp(policy_sections[i]->keyword, keyword) == 0)
			return policy_sections[i];
	}
	return NULL;
}

struct path_set *policy_titles(struct policy *p, const char *keyword)
{
	size_t i = 0;

	while (strcmp(policy_sections[i]->keyword, keyword) != 0)
		i++;
	return &p->priv->titles[i];
}

/* libConfuse's own messages: whatever it finds, the parser has reported or will. */
static void no_message(cfg_t *cfg, const char *fmt, va_list ap)
{
	(void)cfg;
	(void)fmt;
	(void)ap;
}

/* include(PATTERN) only notes what is to be read; simple_value.ptr brings the policy here. */
static int note_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	struct policy *p = (struct policy *)(void *)opt->simple_value.ptr;
	struct policy_private *priv = p->priv;

	(void)cfg;
	if (argc != 1)
		return -1;
	priv->includes =
		policy_realloc(priv->includes, priv->n_includes + 1, sizeof(*priv->includes));
	priv->includes[priv->n_includes++] = (struct include){
		.pattern = policy_strndup(p, argv[0], strlen(argv[0])),
		.at = policy_place(p, priv->statement_line),
	};
	return 0;
}

static cfg_t *new_schema(struct policy *p)
{
	cfg_opt_t top[POLICY_KEYS_MAX + 1] = {
		[TOP_MODE] = CFG_PTR_CB("mode", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		[TOP_FALLBACK] = CFG_PTR_CB("fallback-action", 0, CFGF_NONE, policy_word_parse,
					    policy_word_free),
		[TOP_UPDATERS] = CFG_PTR_LIST_CB("updaters", 0, CFGF_NONE, policy_word_parse,
						 policy_word_free),
		[TOP_INCLUDE] = CFG_FUNC("include", note_include),
	};
	size_t n = TOP_KEYS;
	cfg_t *cfg;

	for (size_t i = 0; policy_sections[i] && n < POLICY_KEYS_MAX; i++) {
		cfg_opt_t section = CFG_SEC(policy_sections[i]->keyword,
					    policy_sections[i]->options(), CFGF_MULTI | CFGF_TITLE);

		top[n++] = section;
	}
	cfg = cfg_init(top, CFGF_NONE);
	if (!cfg) {
		fputs("lsm-guard: out of memory while reading the policy\n", stderr);
		exit(1);
	}
	cfg->opts[TOP_INCLUDE].simple_value.ptr = (void **)(void *)p;
	cfg_set_error_function(cfg, no_message);
	return cfg;
}

void policy_disagreement(struct policy *p, unsigned int line)
{
	policy_error(
		p, line,
		"libConfuse reads this differently from lsm-guard, so nothing of the policy is "
		"used: write it more plainly, and please report it");
	cfg_free(p->priv->cfg);
	p->priv->cfg = new_schema(p);
}

/* One key of the top level; which one, the block says. */
void policy_top_level(struct policy *p, const struct policy_block *b)
{
	bool given;

	if (b->key_line[TOP_MODE])
		policy_take_mode(p, b, &p->mode, &given);
	if (b->key_line[TOP_FALLBACK])
		policy_take_fallback(p, b, &p->fallback, &given);
	if (!b->key_line[TOP_UPDATERS])
		return;
	if (policy_take_programs(p, b, "updaters", &p->updaters) && p->updaters.kind == LIST_ANY)
		policy_error(
			p, b->line,
			"updaters cannot be any: whoever may replace a trusted program has all "
			"that it has; list the programs, or write none");
}

static void read_includes(struct policy *p, const struct source *parent, struct include *includes,
			  size_t n);

/* What is common to files and to text in memory. The text is used up. */
static void read_source(struct policy *p, struct source *src)
{
	struct policy_private *priv = p->priv;
	struct include *includes;
	size_t n;

	priv->src = src;
	if (source_check_text(p, src))
		policy_parse(p, src);
	policy_print_errors(p);
	free(src->text);
	src->text = NULL;
	includes = priv->includes;
	n = priv->n_includes;
	priv->includes = NULL;
	priv->n_includes = 0;
	policy_read_lists(p, src);
	read_includes(p, src, includes, n);
	free(includes);
}

/* A file is read once: a second time would only repeat its sections, or never end. */
static bool first_reading(struct policy *p, struct source *src)
{
	struct policy_private *priv = p->priv;

	for (const struct source *s = src->parent; s; s = s->parent) {
		if (s->dev != src->dev || s->ino != src->ino || s->memory)
			continue;
		policy_error_at(
			p, src->from,
			"%s includes itself: it is the file read since %s:%u; remove one of "
			"the two include()",
			src->name, s->from.file ? s->from.file : s->name,
			s->from.file ? s->from.line : 1);
		return false;
	}
	for (size_t i = 0; i < priv->n_seen; i++) {
		const struct source_id *id = &priv->seen[i];

		if (id->dev != src->dev || id->ino != src->ino)
			continue;
		policy_error_at(p, src->from,
				"%s is included twice, first at %s:%u: remove one of the two",
				src->name, id->from.file, id->from.line);
		return false;
	}
	priv->seen = policy_realloc(priv->seen, priv->n_seen + 1, sizeof(*priv->seen));
	priv->seen[priv->n_seen++] = (struct source_id){
		.dev = src->dev,
		.ino = src->ino,
		.from = src->from,
	};
	return true;
}

static void read_file(struct policy *p, struct source *src)
{
	if (src->depth > INCLUDE_DEPTH_MAX) {
		policy_error_at(p, src->from,
				"%s is included %u files deep, %u is the limit: include it from a "
				"file nearer to the first",
				src->name, src->depth, INCLUDE_DEPTH_MAX);
		return;
	}
	if (p->priv->n_seen >= INCLUDE_FILES_MAX) {
		policy_error_at(p, src->from, "%s is one file too many, %u is the limit: join some",
				src->name, INCLUDE_FILES_MAX);
		return;
	}
	if (source_read(p, src) && first_reading(p, src))
		read_source(p, src);
	free(src->text);
	src->text = NULL;
}

/* A directory that is not there has no files in it; one that cannot be read is an error. */
static int glob_error(const char *path, int error)
{
	(void)path;
	return error != ENOENT && error != ENOTDIR;
}

/* @pattern as glob(3) needs it when it is relative: below the including file's directory. */
static char *absolute_pattern(const struct source *parent, const char *pattern)
{
	char *name, *dir, *out, *to;

	if (*pattern == '/')
		return strcpy(xcalloc(1, strlen(pattern) + 1), pattern);
	name = strcpy(xcalloc(1, strlen(parent->name) + 1), parent->name);
	dir = dirname(name);
	out = to = xcalloc(1, 2 * strlen(dir) + strlen(pattern) + 2);
	/* The directory's own name is no pattern. */
	if (strcmp(dir, ".") != 0) {
		for (const char *from = dir; *from; from++) {
			if (strchr("*?[]\\", *from))
				*to++ = '\\';
			*to++ = *from;
		}
		if (to[-1] != '/')
			*to++ = '/';
	}
	strcpy(to, pattern);
	free(name);
	return out;
}

bool policy_is_pattern(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (strchr("*?[", *s))
			return true;
	}
	return false;
}

static void read_include(struct policy *p, const struct source *parent, const struct include *inc)
{
	char *pattern = absolute_pattern(parent, inc->pattern);
	/* Without a pattern the name goes through, so that opening it says what is wrong. */
	int flags = policy_is_pattern(inc->pattern) ? 0 : GLOB_NOCHECK;
	glob_t found = { 0 };
	int status = glob(pattern, flags, glob_error, &found);

	if (status != 0 && status != GLOB_NOMATCH)
		policy_error_at(p, inc->at,
				"include(\"%s\"): %s, so files could be missed: make the directory "
				"readable",
				inc->pattern,
				status == GLOB_NOSPACE ? "too many files"
						       : "a directory cannot be read");
	for (size_t i = 0; status == 0 && i < found.gl_pathc; i++) {
		const char *name = found.gl_pathv[i];
		struct source src = {
			.name = policy_strndup(p, name, strlen(name)),
			.from = inc->at,
			.parent = parent,
			.depth = parent->depth + 1,
		};

		read_file(p, &src);
	}
	globfree(&found);
	free(pattern);
}

static void read_includes(struct policy *p, const struct source *parent, struct include *includes,
			  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (*includes[i].pattern == REPORTED && p->priv->n_errors > 0)
			continue;
		if (parent->memory)
			policy_error_at(
				p, includes[i].at,
				"include() needs a file around it, and this text comes from "
				"memory: put the sections here");
		else if (*includes[i].pattern == '\0')
			policy_error_at(p, includes[i].at,
					"include(\"\") names nothing: write a path, for example "
					"include(\"/etc/lsm-guard/conf.d/*.conf\")");
		else
			read_include(p, parent, &includes[i]);
		policy_print_errors(p);
	}
}

static void begin(struct policy *p, const char *name, FILE *errors)
{
	*p = (struct policy){ .priv = xcalloc(1, sizeof(*p->priv)) };
	p->file = policy_strndup(p, name, strlen(name));
	p->priv->errors = errors;
	p->priv->cfg = new_schema(p);
	SHA256Init(&p->priv->hash);
}

/* What a section leaves open is as the policy says, wherever the policy says it. */
static int finish(struct policy *p)
{
	struct policy_private *priv = p->priv;

	for (size_t i = 0; i < p->n_files; i++) {
		if (!p->files[i].own_mode)
			p->files[i].mode = p->mode;
		if (!p->files[i].own_fallback)
			p->files[i].fallback = p->fallback;
	}
	for (size_t i = 0; i < p->n_programs; i++) {
		if (!p->programs[i].own_mode)
			p->programs[i].mode = p->mode;
	}
	for (size_t i = 0; i < p->n_interfaces; i++) {
		if (!p->interfaces[i].own_mode)
			p->interfaces[i].mode = p->mode;
	}
	SHA256End(&priv->hash, p->hash);
	policy_print_errors(p);
	if (priv->errors && priv->n_errors > ERRORS_PRINTED_MAX)
		fprintf(priv->errors,
			"%s:1: %u errors, of which the first %u are shown: mend these "
			"and read it again\n",
			p->file, priv->n_errors, ERRORS_PRINTED_MAX);
	cfg_free(priv->cfg);
	free(priv->seen);
	for (size_t i = 0; policy_sections[i]; i++)
		path_set_free(&priv->titles[i]);
	priv->cfg = NULL;
	priv->src = NULL;
	priv->errors = NULL;
	priv->seen = NULL;
	return (int)priv->n_errors;
}

int policy_read(struct policy *p, const char *path, FILE *errors)
{
	struct source src = { 0 };

	begin(p, path, errors);
	src.name = p->file;
	read_file(p, &src);
	return finish(p);
}

int policy_read_text(struct policy *p, const char *name, const char *text, size_t len, FILE *errors)
{
	struct source src = { .memory = true, .len = len };

	begin(p, name, errors);
	src.name = p->file;
	src.text = xcalloc(1, len + 1);
	if (len)
		memcpy(src.text, text, len);
	read_source(p, &src);
	return finish(p);
}

void policy_free(struct policy *p)
{
	if (!p->priv)
		return;
	free(p->files);
	free(p->programs);
	free(p->interfaces);
	policy_free_lists(p);
	arena_free(&p->priv->arena);
	free(p->priv);
	*p = (struct policy){ 0 };
}
