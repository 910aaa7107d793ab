/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers for byte strings: the first string that is added gets 0, the next one 1, and a
 * string that is there keeps its number. Ends the program when there is no memory.
 */
#ifndef LSM_GUARD_TABLE_H
#define LSM_GUARD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_entry {
	void *bytes; /* the table's own copy, with a NUL byte behind it */
	size_t size;
	uint64_t hash;
};

struct table {
	struct table_entry *entries;
	size_t n, room;
	uint32_t *slots; /* number + 1, 0 = free */
	size_t n_slots;	 /* a power of two */
};

size_t table_add(struct table *t, const void *bytes, size_t size);
void table_free(struct table *t);

/* realloc for arrays of *room elements: makes place for one more when n is all there is. */
void *grow(void *array, size_t n, size_t *room, size_t size);

#endif
