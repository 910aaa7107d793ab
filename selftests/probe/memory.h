/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the acts on memory share: sizes, a place of their own in the address
 * space, and a way to fill it in pieces that no limit on one request refuses.
 */
#ifndef PROBE_MEMORY_H
#define PROBE_MEMORY_H

#include <stddef.h>

#define PAGE 4096ul
/* Nothing of a static program lies here; room for many windows. */
#define ARENA  ((char *)0x100000000000)
#define WINDOW 0x10000000000ul

struct memory_way {
	const char *name;
	int (*run)(size_t size);
};

size_t bytes(const char *text); /* digits, and perhaps K, M or G; a broken set-up otherwise */
int run_way(const struct memory_way *ways, char **args);
/* The outcome of a call that returned @p, and whether @size bytes from there are mapped. */
int mapped(const void *p, size_t size, const char *what);
/* @size bytes from ARENA on, mapped by pieces of 1 MiB at most, which merge when they can. */
char *have(size_t size, int prot);
char *have_at(char *at, size_t size, int prot);
/* A file without a name that is @size long, in the current directory. */
int nameless_file(size_t size);

#endif
