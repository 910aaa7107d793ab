// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the values of a policy mean: paths, lists of programs, lists of
 * endpoints. Nothing is looked up: whether a path exists is not known here.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "policy_private.h"

int policy_word_parse(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	size_t n = strlen(value) + 1;
	struct policy_word *w = xcalloc(1, sizeof(*w) + n);

	(void)opt;
	w->line = (unsigned int)cfg->line;
	memcpy(w->text, value, n);
	*(void **)result = w;
	return 0;
}

void policy_word_free(void *word)
{
	free(word);
}

cfg_opt_t *policy_key(const struct policy_block *b, const char *key, unsigned int *line)
{
	for (size_t i = 0; b->cfg->opts[i].name; i++) {
		if (strcmp(b->cfg->opts[i].name, key) == 0) {
			*line = b->key_line[i];
			return &b->cfg->opts[i];
		}
	}
	*line = 0;
	return NULL;
}

const struct policy_word *policy_word_at(const cfg_opt_t *opt, unsigned int i)
{
	return opt->values[i]->ptr;
}

/* libConfuse counts lines from the beginning of the block. */
unsigned int policy_word_line(const struct policy_block *b, const struct policy_word *w)
{
	return b->line + w->line - 1;
}

bool policy_value_reported(const struct policy *p, const char *text)
{
	return *text == REPORTED && p->priv->n_errors > 0;
}

bool policy_visible(const char *s)
{
	size_t n = strlen(s);

	while (n) {
		size_t len = utf8_length((const unsigned char *)s, n);

		if (!len)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

struct path_check {
	struct policy *p;
	const char *what;
	unsigned int line;
	const char *text; /* as written */
};

static bool refuse(const struct path_check *c, const char *why)
{
	policy_error(c->p, c->line, "%s: '%.*s' %s", c->what, VALUE_SHOWN, c->text, why);
	return false;
}

/* All characters are visible, backslashes escape something. */
static bool check_characters(const struct path_check *c, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < n;) {
		size_t len = utf8_length((const unsigned char *)path + i, n - i);

		if (!len)
			return refuse(c, "is not visible UTF-8: cover such a name by the directory "
					 "above it (/directory/) or by a glob");
		if (path[i] == '\\') {
			if (path[i + 1] == '\0' || !strchr("*?[]\\", path[i + 1]))
				return refuse(c,
					      "has a lone \\: it stands before * ? [ ] or another "
					      "\\ only");
			len = 2;
		}
		i += len;
	}
	return true;
}

/* "//", ".", ".." and what no filesystem can hold; each with the right form. */
static bool check_components(const struct path_check *c, const char *path, bool detours)
{
	if (strlen(path) >= PATH_MAX)
		return refuse(c, "is longer than any path can be (4095 bytes)");
	while (*path) {
		size_t n;

		path += *path == '/';
		n = strcspn(path, "/");

		if (n == 0 && *path == '/')
			return refuse(c, "has a doubled slash: write a single one");
		if (n == 1 && path[0] == '.' && !detours)
			return refuse(c, "has a '.' in it: leave it out");
		if (n == 2 && path[0] == '.' && path[1] == '.' && !detours)
			return refuse(c, "has a '..' in it: write the path without detours");
		if (n > NAME_MAX && !memchr(path, '\\', n))
			return refuse(c, "has a name longer than any file's can be (255 bytes)");
		path += n;
	}
	return true;
}

/*
 * Whether @path is a glob, -1 when it is a broken one. A '[' is closed within its
 * own component, as glob(3) wants it.
 */
static int find_glob(const struct path_check *c, const char *path)
{
	int glob = 0;

	for (; *path; path++) {
		const char *end;

		if (*path == '\\' && path[1]) {
			path++;
			continue;
		}
		glob |= *path == '*' || *path == '?';
		if (*path != '[')
			continue;
		glob = 1;
		end = path + 1 + (path[1] == '!' || path[1] == '^');
		end += *end == ']';
		end += strcspn(end, "]/");
		if (*end != ']') {
			refuse(c,
			       "has a '[' without ']': write \\[ if the character itself is meant");
			return -1;
		}
		path = end;
	}
	return glob;
}

/* Takes the escapes out of a path that is no glob. */
static char *literal(struct policy *p, const char *path)
{
	char *copy = policy_strndup(p, path, strlen(path));
	char *to = copy;

	for (const char *from = copy; *from; from++) {
		if (*from == '\\')
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return copy;
}

static bool check_beginning(const struct path_check *c, const char *path, bool relative)
{
	if (*path == '\0')
		return refuse(c, relative ? "is empty: write the name of a file"
					  : "is empty: write an absolute path");
	if (*path == '-')
		return refuse(c, "has two '-': one is enough to make it optional");
	if (*path == '~')
		return refuse(c, "begins with '~', which is not expanded: write an absolute path");
	if (*path != '/' && !relative)
		return refuse(c, "is no absolute path: begin it with '/'");
	return true;
}

bool policy_take_path(struct policy *p, const char *what, const char *text, unsigned int line,
		      unsigned int allowed, struct policy_path *out)
{
	struct path_check c = { .p = p, .what = what, .line = line, .text = text };
	bool relative = allowed & PATH_RELATIVE;
	const char *path = text;
	int glob;

	*out = (struct policy_path){ 0 };
	if (policy_value_reported(p, text))
		return false;
	if (*path == '-') {
		out->optional = true;
		path++;
	}
	if (!check_beginning(&c, path, relative) || !check_characters(&c, path) ||
	    !check_components(&c, path, relative))
		return false;
	glob = find_glob(&c, path);
	if (glob < 0)
		return false;
	if (glob && !(allowed & PATH_GLOB))
		return refuse(&c, "is a glob: name each path, or write \\ before * ? [ if the "
				  "characters themselves are meant");
	out->glob = glob;
	out->tree = path[strlen(path) - 1] == '/';
	if (out->tree && !(allowed & PATH_TREE))
		return refuse(&c, "ends in a slash, as directories do: write the path of a file");
	out->path = glob ? policy_strndup(p, path, strlen(path)) : literal(p, path);
	return true;
}

bool policy_take_file(struct policy *p, const struct policy_block *b, const char *key,
		      const char **out, struct place *at)
{
	unsigned int line;
	cfg_opt_t *opt = policy_key(b, key, &line);
	const struct policy_word *w;
	struct policy_path path;

	if (!line)
		return true;
	if (!opt || opt->nvalues != 1)
		return false;
	w = policy_word_at(opt, 0);
	*at = policy_place(p, policy_word_line(b, w));
	if (!policy_take_path(p, key, w->text, at->line, 0, &path))
		return false;
	if (path.optional) {
		policy_error(p, at->line, "%s: write the path without '-': it must be there", key);
		return false;
	}
	*out = path.path;
	return true;
}

bool policy_take_title(struct policy *p, const char *keyword, const char *path, unsigned int line)
{
	const struct place *first;

	first = path_set_add(policy_titles(p, keyword), path, policy_place(p, line));
	if (!first)
		return true;
	policy_error(p, line,
		     "%s %s section for '%.*s' is already at %s:%u: put all its keys into that one",
		     article(keyword), keyword, VALUE_SHOWN, path, first->file, first->line);
	return false;
}

bool policy_take_word(struct policy *p, const char *key, const struct policy_word *w,
		      unsigned int line, unsigned int n, enum list_kind *kind)
{
	if (strcmp(w->text, "none") == 0)
		*kind = LIST_NONE;
	else if (strcmp(w->text, "any") == 0)
		*kind = LIST_ANY;
	else
		return false;
	if (n > 1) {
		policy_error(
			p, line,
			"%s: '%s' contradicts the other values of the list: write '%s = %s' or "
			"the list without it",
			key, w->text, key, w->text);
		*kind = LIST_UNSET;
	}
	return true;
}

const char *const policy_list_words[] = { "none", "any", NULL };

/* A word that is neither a path nor one of ours was probably meant to be one of ours. */
static bool misspelt(struct policy *p, const char *key, const char *text, unsigned int line)
{
	const char *nearest;

	if (strchr("/-~", *text) || *text == REPORTED)
		return false;
	nearest = nearest_name(text, policy_list_words);
	if (!nearest)
		return false;
	policy_error(p, line, "%s: '%.*s' is no absolute path: did you mean '%s'?", key,
		     VALUE_SHOWN, text, nearest);
	return true;
}

static bool take_program(struct policy *p, const char *key, const struct policy_word *w,
			 struct program_ref *ref, struct path_set *seen)
{
	const struct place *first;
	struct policy_path path;

	if (misspelt(p, key, w->text, ref->at.line) ||
	    !policy_take_path(p, key, w->text, ref->at.line, 0, &path))
		return false;
	ref->path = path.path;
	ref->optional = path.optional;
	first = path_set_add(seen, ref->path, ref->at);
	if (!first)
		return true;
	policy_error(p, ref->at.line, "%s: '%.*s' is in this list already, at line %u: remove one",
		     key, VALUE_SHOWN, ref->path, first->line);
	return false;
}

bool policy_take_programs(struct policy *p, const struct policy_block *b, const char *key,
			  struct program_list *out)
{
	struct path_set seen = { 0 };
	unsigned int line;
	cfg_opt_t *opt = policy_key(b, key, &line);
	bool good = true;

	*out = (struct program_list){ .kind = LIST_UNSET };
	if (!opt || !line)
		return true;
	out->kind = LIST_PROGRAMS;
	out->at = policy_place(p, line);
	out->programs = policy_alloc(p, opt->nvalues * sizeof(*out->programs));
	for (unsigned int i = 0; i < opt->nvalues; i++) {
		const struct policy_word *w = policy_word_at(opt, i);
		unsigned int at = policy_word_line(b, w);

		if (policy_take_word(p, key, w, at, opt->nvalues, &out->kind)) {
			good &= out->kind != LIST_UNSET;
			continue;
		}
		out->programs[out->n].at = policy_place(p, at);
		if (take_program(p, key, w, &out->programs[out->n], &seen))
			out->n++;
		else
			good = false;
	}
	path_set_free(&seen);
	return good;
}

#define ENDPOINT_KEY_MAX 64

/* All that an endpoint says, as a string: two that say the same have the same. */
static void write_key(const struct endpoint *e, char key[ENDPOINT_KEY_MAX])
{
	int n = snprintf(key, ENDPOINT_KEY_MAX, "%u/%u:%u-%u/%u ", e->family, e->length, e->first,
			 e->last, e->protocols);

	for (int i = 0; i < 16; i++) {
		key[n++] = "0123456789abcdef"[e->address[i] >> 4];
		key[n++] = "0123456789abcdef"[e->address[i] & 15];
	}
	key[n] = '\0';
}

static bool add_endpoint(struct policy *p, const char *key, const char *text, unsigned int line,
			 struct endpoint_list *out, struct path_set *seen,
			 char id[ENDPOINT_KEY_MAX])
{
	struct endpoint *e = &out->endpoints[out->n];
	const struct place *first;

	if (!policy_take_endpoint(p, key, text, line, e))
		return false;
	write_key(e, id);
	first = path_set_add(seen, id, e->at);
	if (first) {
		policy_error(p, line, "%s: '%s' is in this list already, at line %u: remove one",
			     key, text, first->line);
		return false;
	}
	out->n++;
	return true;
}

bool policy_take_endpoints(struct policy *p, const struct policy_block *b, const char *key,
			   struct endpoint_list *out)
{
	unsigned int line;
	cfg_opt_t *opt = policy_key(b, key, &line);
	char(*ids)[ENDPOINT_KEY_MAX]; /* the strings of @seen */
	struct path_set seen = { 0 };
	bool good = true;

	*out = (struct endpoint_list){ .kind = LIST_UNSET };
	if (!opt || !line)
		return true;
	out->kind = LIST_PROGRAMS;
	out->endpoints = policy_alloc(p, opt->nvalues * sizeof(*out->endpoints));
	ids = xcalloc(opt->nvalues, sizeof(*ids));
	for (unsigned int i = 0; i < opt->nvalues; i++) {
		const struct policy_word *w = policy_word_at(opt, i);
		unsigned int at = policy_word_line(b, w);

		if (policy_take_word(p, key, w, at, opt->nvalues, &out->kind))
			good &= out->kind != LIST_UNSET;
		else
			good &= add_endpoint(p, key, w->text, at, out, &seen, ids[i]);
	}
	path_set_free(&seen);
	free(ids);
	return good;
}
