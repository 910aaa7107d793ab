// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of endpoints in files of their own: one endpoint a line, written as in the policy,
 * blank lines and comments from a # to the end of the line. They are made by programs as
 * often as by people and may have millions of lines, so libConfuse has no part in it, and an
 * endpoint may be there twice.
 *
 * Such a file is trusted as a policy is. It is read after the file that names it, so that
 * the errors of each stand together, and once, however many sections name it: they share
 * the endpoints in it.
 */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "policy_private.h"

#define NO_LIST SIZE_MAX

struct list_file {
	const char *name;
	struct endpoint *endpoints;
	size_t n;
	bool faulty; /* errors in it are reported already */
};

/* A section that names a list. */
struct list_use {
	const char *name; /* of the file, as it is opened */
	struct place at;
	bool optional;
	size_t interface; /* index of the section, or LIST_UNUSED */
	size_t list;	  /* index of what was read, or NO_LIST */
};

/* ---- the key: names of files ---- */

/* @name as seen from where the present policy file stands. */
static const char *beside_policy(struct policy *p, const char *name)
{
	const char *policy = p->priv->src->name;
	char *copy, *dir, *path;
	size_t n;

	if (*name == '/')
		return name;
	copy = strcpy(xcalloc(1, strlen(policy) + 1), policy);
	dir = dirname(copy);
	if (strcmp(dir, ".") == 0) {
		free(copy);
		return name;
	}
	n = strlen(dir);
	path = policy_alloc(p, n + strlen(name) + 2);
	memcpy(path, dir, n);
	if (path[n - 1] != '/')
		path[n++] = '/';
	strcpy(path + n, name);
	free(copy);
	return path;
}

static bool take_name(struct policy *p, const char *key, const char *text, struct list_use *use,
		      struct path_set *seen)
{
	unsigned int line = use->at.line;
	const struct place *first;
	struct policy_path path;

	if (strcmp(text, "none") == 0 || strcmp(text, "any") == 0) {
		policy_error(p, line,
			     "%s names files, '%s' is none: write 'accept = %s' in place of it",
			     key, text, text);
		return false;
	}
	if (!policy_take_path(p, key, text, line, PATH_RELATIVE, &path))
		return false;
	use->name = beside_policy(p, path.path);
	use->optional = path.optional;
	first = path_set_add(seen, use->name, use->at);
	if (!first)
		return true;
	policy_error(p, line, "%s: '%.*s' is in this list already, at line %u: remove one", key,
		     VALUE_SHOWN, text, first->line);
	return false;
}

static void note_use(struct policy_private *priv, struct list_use use)
{
	size_t n = priv->n_uses;

	if ((n & (n - 1)) == 0)
		priv->uses = policy_realloc(priv->uses, n ? 2 * n : 1, sizeof(*priv->uses));
	priv->uses[priv->n_uses++] = use;
}

bool policy_take_lists(struct policy *p, const struct policy_block *b, const char *key,
		       size_t interface)
{
	size_t begin = p->priv->n_uses;
	struct path_set seen = { 0 };
	unsigned int line;
	cfg_opt_t *opt = policy_key(b, key, &line);
	bool good = true;

	for (unsigned int i = 0; opt && line && i < opt->nvalues; i++) {
		const struct policy_word *w = policy_word_at(opt, i);
		struct list_use use = { .interface = interface, .list = NO_LIST };

		use.at = policy_place(p, policy_word_line(b, w));
		if (take_name(p, key, w->text, &use, &seen))
			note_use(p->priv, use);
		else
			good = false;
	}
	/* Without its section a list is only read for the errors in it. */
	for (size_t i = begin; !good && i < p->priv->n_uses; i++)
		p->priv->uses[i].interface = LIST_UNUSED;
	path_set_free(&seen);
	return good;
}

/* ---- the file: endpoints ---- */

/* Takes blanks off both ends of [*begin, *end). */
static void trim(char **begin, char **end)
{
	while (*begin < *end && (**begin == ' ' || **begin == '\t'))
		(*begin)++;
	while (*end > *begin && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
		(*end)--;
}

/* What a list has no use for, with the right form. */
static bool check_line(struct policy *p, const char *text, unsigned int line)
{
	const char *wrong = NULL;

	if (strcasecmp(text, "any") == 0 || strcasecmp(text, "all") == 0)
		wrong = "would make the list useless: write 'accept = any' in place of it, "
			"any:443/tcp for a port of any address";
	else if (strcasecmp(text, "none") == 0)
		wrong = "is for the policy: write 'accept = none' there in place of the list";
	else if (strpbrk(text, "\"'"))
		wrong = "has a quote in it: a list has none";
	else if (strpbrk(text, " \t,;"))
		wrong = "is more than an endpoint: write one a line, and # before a comment";
	else if (strpbrk(text, "{}="))
		wrong = "is policy, and this is a list: write one endpoint a line, as in "
			"192.0.2.0/24:22/tcp";
	if (wrong)
		policy_error(p, line, "accept-from: '%.*s' %s", VALUE_SHOWN, text, wrong);
	return !wrong;
}

static bool add_endpoint(struct policy *p, const struct endpoint *e, struct endpoint_list *out)
{
	if (out->n >= LIST_ENDPOINTS_MAX) {
		policy_error(p, e->at.line,
			     "the list has more than %u endpoints: join some to wider prefixes",
			     LIST_ENDPOINTS_MAX);
		return false;
	}
	if ((out->n & (out->n - 1)) == 0)
		out->endpoints = policy_realloc(out->endpoints, out->n ? 2 * out->n : 1,
						sizeof(*out->endpoints));
	out->endpoints[out->n++] = *e;
	return true;
}

void policy_parse_list(struct policy *p, struct source *src, struct endpoint_list *out)
{
	char *end, *stop = src->text + src->len;
	unsigned int line = 1;

	*out = (struct endpoint_list){ .kind = LIST_PROGRAMS };
	for (char *text = src->text; text < stop; text = end + 1, line++) {
		struct endpoint e;
		char *comment, *last;

		end = memchr(text, '\n', (size_t)(stop - text));
		if (!end)
			end = stop;
		comment = memchr(text, '#', (size_t)(end - text));
		last = comment ? comment : end;
		trim(&text, &last);
		if (text == last || memchr(text, REPORTED, (size_t)(last - text)))
			continue;
		*last = '\0';
		if (check_line(p, text, line) &&
		    policy_take_endpoint(p, "accept-from", text, line, &e) &&
		    !add_endpoint(p, &e, out))
			break;
	}
	if (out->n)
		out->endpoints = policy_realloc(out->endpoints, out->n, sizeof(*out->endpoints));
}

static size_t new_list(struct policy *p, struct source *src)
{
	struct policy_private *priv = p->priv;
	unsigned int errors = priv->n_errors;
	struct list_file list = { .name = src->name };
	struct endpoint_list endpoints;

	priv->src = src;
	if (source_check_text(p, src)) {
		policy_parse_list(p, src, &endpoints);
		list.endpoints = endpoints.endpoints;
		list.n = endpoints.n;
	}
	policy_print_errors(p);
	list.faulty = priv->n_errors != errors;
	priv->lists = policy_realloc(priv->lists, priv->n_lists + 1, sizeof(*priv->lists));
	priv->lists[priv->n_lists] = list;
	return priv->n_lists++;
}

/* The list that @use names; NO_LIST when there is none. */
static size_t read_list(struct policy *p, const struct source *parent, const struct list_use *use)
{
	struct policy_private *priv = p->priv;
	struct source src = {
		.name = use->name,
		.from = use->at,
		.parent = parent,
		.list = true,
		.optional = use->optional,
	};
	size_t list = NO_LIST;

	for (size_t i = 0; i < priv->n_lists; i++) {
		if (strcmp(priv->lists[i].name, use->name) == 0)
			return i;
	}
	if (priv->n_lists >= LIST_FILES_MAX)
		policy_error_at(p, use->at, "%s is one list too many, %u is the limit: join some",
				use->name, LIST_FILES_MAX);
	else if (source_read(p, &src))
		list = new_list(p, &src);
	free(src.text);
	priv->src = parent;
	return list;
}

/* @n uses, all of one section: their endpoints go to its own. */
static void merge(struct policy *p, const struct list_use *uses, size_t n)
{
	struct endpoint_list *out = &p->interfaces[uses->interface].accept;
	struct endpoint *all;
	size_t total = out->n;

	for (size_t i = 0; i < n; i++)
		total += uses[i].list == NO_LIST ? 0 : p->priv->lists[uses[i].list].n;
	out->kind = total ? LIST_PROGRAMS : LIST_NONE;
	if (total == out->n)
		return;
	all = out->n || n > 1 ? policy_alloc(p, total * sizeof(*all)) : NULL;
	if (!all) {
		out->endpoints = p->priv->lists[uses->list].endpoints;
		out->n = total;
		return;
	}
	if (out->n)
		memcpy(all, out->endpoints, out->n * sizeof(*all));
	out->endpoints = all;
	for (size_t i = 0; i < n; i++) {
		const struct list_file *list;

		if (uses[i].list == NO_LIST)
			continue;
		list = &p->priv->lists[uses[i].list];
		if (list->n)
			memcpy(all + out->n, list->endpoints, list->n * sizeof(*all));
		out->n += list->n;
	}
}

static void read_use(struct policy *p, const struct source *parent, struct list_use *use)
{
	const struct list_file *list;

	use->list = read_list(p, parent, use);
	if (use->list == NO_LIST || use->optional)
		return;
	list = &p->priv->lists[use->list];
	if (list->n == 0 && !list->faulty)
		policy_error_at(
			p, use->at,
			"the list %s has no endpoint in it: add some, write 'accept = none' "
			"to let nobody in, or - before its name if it may be empty",
			use->name);
}

void policy_read_lists(struct policy *p, const struct source *parent)
{
	struct policy_private *priv = p->priv;
	struct list_use *uses = priv->uses;
	size_t n = priv->n_uses;
	size_t end;

	priv->uses = NULL;
	priv->n_uses = 0;
	for (size_t i = 0; i < n; i++) {
		if (parent->memory)
			policy_error_at(p, uses[i].at,
					"accept-from needs a file around it, and this text comes "
					"from memory: put the endpoints into accept");
		else
			read_use(p, parent, &uses[i]);
		policy_print_errors(p);
	}
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && uses[end].interface == uses[i].interface;)
			end++;
		if (uses[i].interface != LIST_UNUSED)
			merge(p, &uses[i], end - i);
	}
	free(uses);
}

void policy_free_lists(struct policy *p)
{
	for (size_t i = 0; i < p->priv->n_lists; i++)
		free(p->priv->lists[i].endpoints);
	free(p->priv->lists);
}
