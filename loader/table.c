// SPDX-License-Identifier: GPL-2.0-only
/* Numbers for byte strings: open addressing over an array that keeps their order. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define FIRST_ROOM 64

void *grow(void *array, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return array;
	*room = *room ? 2 * *room : FIRST_ROOM;
	array = reallocarray(array, *room, size);
	if (!array)
		err(1, "no memory for %zu entries", *room);
	return array;
}

static uint64_t hash_of(const unsigned char *bytes, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	while (size--)
		hash = (hash ^ *bytes++) * 0x100000001b3ULL;
	return hash ^ hash >> 32;
}

/* The slot that holds the string, or the free one where it belongs. */
static uint32_t *slot_of(const struct table *t, const void *bytes, size_t size, uint64_t hash)
{
	for (size_t at = hash & (t->n_slots - 1);; at = (at + 1) & (t->n_slots - 1)) {
		const struct table_entry *e;

		if (!t->slots[at])
			return t->slots + at;
		e = t->entries + (t->slots[at] - 1);
		if (e->hash == hash && e->size == size && !memcmp(e->bytes, bytes, size))
			return t->slots + at;
	}
}

static void make_slots(struct table *t)
{
	if (2 * (t->n + 1) < t->n_slots)
		return;
	free(t->slots);
	t->n_slots = t->n_slots ? 2 * t->n_slots : 2 * FIRST_ROOM;
	t->slots = calloc(t->n_slots, sizeof(*t->slots));
	if (!t->slots)
		err(1, "no memory for %zu slots", t->n_slots);
	for (size_t i = 0; i < t->n; i++) {
		const struct table_entry *e = t->entries + i;

		*slot_of(t, e->bytes, e->size, e->hash) = i + 1;
	}
}

size_t table_add(struct table *t, const void *bytes, size_t size)
{
	uint64_t hash = hash_of(bytes, size);
	uint32_t *slot;
	char *copy;

	make_slots(t);
	slot = slot_of(t, bytes, size, hash);
	if (*slot)
		return *slot - 1;
	t->entries = grow(t->entries, t->n, &t->room, sizeof(*t->entries));
	copy = malloc(size + 1);
	if (!copy)
		err(1, "no memory for %zu bytes", size);
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	t->entries[t->n] = (struct table_entry){ .bytes = copy, .size = size, .hash = hash };
	*slot = ++t->n;
	return t->n - 1;
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->entries[i].bytes);
	free(t->entries);
	free(t->slots);
	*t = (struct table){};
}
