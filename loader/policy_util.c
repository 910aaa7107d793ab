// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the policy reader stands on: memory that lives as long as the policy, a
 * set of strings, error lines, and the guess what a misspelt name was meant to be.
 *
 * Without memory there is no policy: one line says so and the program ends with
 * status 1. Reading comes before anything is loaded, so nothing is left behind.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* vasprintf */
#endif
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "policy_private.h"

#define ARENA_CHUNK (64u << 10)

struct arena_chunk {
	struct arena_chunk *before;
	size_t used, room;
	_Alignas(max_align_t) char bytes[];
};

static _Noreturn void out_of_memory(void)
{
	fputs("lsm-guard: out of memory while reading the policy\n", stderr);
	exit(1);
}

void *xcalloc(size_t n, size_t size)
{
	void *mem = calloc(n ? n : 1, size);

	if (!mem)
		out_of_memory();
	return mem;
}

void *policy_realloc(void *array, size_t n, size_t size)
{
	void *mem = reallocarray(array, n ? n : 1, size);

	if (!mem)
		out_of_memory();
	return mem;
}

void *policy_alloc(struct policy *p, size_t size)
{
	struct arena *a = &p->priv->arena;
	const size_t align = _Alignof(max_align_t);
	struct arena_chunk *c = a->last;
	void *mem;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	size = (size + align - 1) / align * align;
	if (!c || c->room - c->used < size) {
		size_t room = size > ARENA_CHUNK ? size : ARENA_CHUNK;

		c = xcalloc(1, sizeof(*c) + room);
		c->room = room;
		c->before = a->last;
		a->last = c;
	}
	mem = c->bytes + c->used;
	c->used += size;
	return mem;
}

char *policy_strndup(struct policy *p, const char *s, size_t n)
{
	char *copy = policy_alloc(p, n + 1);

	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

void arena_free(struct arena *a)
{
	while (a->last) {
		struct arena_chunk *c = a->last;

		a->last = c->before;
		free(c);
	}
}

struct path_slot {
	const char *key;
	struct place at;
};

static size_t hash_string(const char *s)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

static struct path_slot *find_slot(const struct path_set *s, const char *key)
{
	size_t i = hash_string(key) & (s->room - 1);

	while (s->slots[i].key && strcmp(s->slots[i].key, key) != 0)
		i = (i + 1) & (s->room - 1);
	return &s->slots[i];
}

static void path_set_grow(struct path_set *s)
{
	struct path_set bigger = { .room = s->room ? 2 * s->room : 16, .n = s->n };

	bigger.slots = xcalloc(bigger.room, sizeof(*bigger.slots));
	for (size_t i = 0; i < s->room; i++) {
		if (s->slots[i].key)
			*find_slot(&bigger, s->slots[i].key) = s->slots[i];
	}
	free(s->slots);
	*s = bigger;
}

const struct place *path_set_add(struct path_set *s, const char *key, struct place at)
{
	struct path_slot *slot;

	if (2 * s->n >= s->room)
		path_set_grow(s);
	slot = find_slot(s, key);
	if (slot->key)
		return &slot->at;
	*slot = (struct path_slot){ .key = key, .at = at };
	s->n++;
	return NULL;
}

void path_set_free(struct path_set *s)
{
	free(s->slots);
	*s = (struct path_set){ 0 };
}

/*
 * Characters that change what a reader sees without being seen themselves: the
 * C1 controls, line separators, and the marks that turn the direction of writing,
 * by which a line can read differently from what it says.
 */
static bool invisible(uint32_t c)
{
	return (c >= 0x80 && c <= 0x9f) || c == 0x061c || (c >= 0x200e && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

size_t utf8_length(const unsigned char *s, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	size_t len;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] >= 0xc0 && s[0] < 0xe0)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf8)
		len = 4;
	else
		return 0;
	if (n < len)
		return 0;
	c = s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) || invisible(c))
		return 0;
	return len;
}

/* Prints @s so that it stays one line, whatever was in the file or its name. */
static void print_visible(FILE *out, const char *s)
{
	size_t n = strlen(s);

	while (n) {
		size_t len = utf8_length((const unsigned char *)s, n);

		if (len) {
			fwrite(s, 1, len, out);
		} else {
			fprintf(out, "\\x%02x", (unsigned char)*s);
			len = 1;
		}
		s += len;
		n -= len;
	}
}

struct error {
	struct place at;
	char *text;
	size_t order;
};

/* By line; errors of one line in the order in which they were found. */
static int compare_errors(const void *a, const void *b)
{
	const struct error *x = a, *y = b;

	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

void policy_print_errors(struct policy *p)
{
	struct policy_private *priv = p->priv;

	if (priv->n_found)
		qsort(priv->found, priv->n_found, sizeof(*priv->found), compare_errors);
	for (size_t i = 0; i < priv->n_found; i++) {
		print_visible(priv->errors, priv->found[i].at.file);
		fprintf(priv->errors, ":%u: ", priv->found[i].at.line);
		print_visible(priv->errors, priv->found[i].text);
		fputc('\n', priv->errors);
		free(priv->found[i].text);
	}
	free(priv->found);
	priv->found = NULL;
	priv->n_found = 0;
}

static __attribute__((format(printf, 3, 0))) void verror(struct policy *p, struct place at,
							 const char *fmt, va_list ap)
{
	struct policy_private *priv = p->priv;
	struct error *e;

	if (priv->n_errors < INT_MAX)
		priv->n_errors++;
	if (!priv->errors || priv->n_errors > ERRORS_PRINTED_MAX)
		return;
	priv->found = policy_realloc(priv->found, priv->n_found + 1, sizeof(*priv->found));
	e = &priv->found[priv->n_found];
	e->at = at;
	e->order = priv->n_found++;
	if (vasprintf(&e->text, fmt, ap) < 0)
		out_of_memory();
}

void policy_error_at(struct policy *p, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verror(p, at, fmt, ap);
	va_end(ap);
}

void policy_error(struct policy *p, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	verror(p, policy_place(p, line), fmt, ap);
	va_end(ap);
}

const char *article(const char *keyword)
{
	return strchr("aeiou", *keyword) ? "an" : "a";
}

struct place policy_place(const struct policy *p, unsigned int line)
{
	return (struct place){ .file = p->priv->src->name, .line = line };
}

#define NAME_MAX_COMPARED 32

/* Levenshtein's distance, capitals or not; names longer than any of ours are far from all. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_COMPARED + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NAME_MAX_COMPARED || lb > NAME_MAX_COMPARED)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (tolower((unsigned char)a[i - 1]) !=
						  tolower((unsigned char)b[j - 1]));

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[lb];
}

const char *nearest_name(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	size_t least = SIZE_MAX;
	size_t length = strlen(word);

	for (; *names; names++) {
		size_t n = strlen(*names);
		size_t d;

		/* Half of a short word may be wrong ("moed"), not more: else it is a guess. */
		if (2 * length > 3 * n || 2 * length < n)
			continue;
		d = edit_distance(word, *names);
		if (d < least && 2 * d <= n) {
			least = d;
			nearest = *names;
		}
	}
	return nearest;
}
