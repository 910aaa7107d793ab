// SPDX-License-Identifier: GPL-2.0-only
/*
 * Program sections, resolved. A list of endpoints becomes prefixes, each with the set of
 * ports that it allows; equal sets are one. Whose file a program is, cover.c claims.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cover.h"
#include "sections.h"

/* ---- endpoints ---------------------------------------------------------------- */

/* Some ports of a prefix; sets are compared byte by byte. */
struct range {
	__u16 first, last;
	__u16 protocols;
	__u16 unused;
};

static int by_prefix(const void *a, const void *b)
{
	const struct endpoint *x = a, *y = b;
	int order = memcmp(x->address, y->address, sizeof(x->address));

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	if (order)
		return order;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last < y->last ? -1 : 1;
	return (int)x->protocols - (int)y->protocols;
}

static bool same_prefix(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && a->length == b->length &&
	       !memcmp(a->address, b->address, sizeof(a->address));
}

static bool all_ports(const struct endpoint *e)
{
	return !e->first && e->last == USHRT_MAX && e->protocols == (ENDPOINT_TCP | ENDPOINT_UDP);
}

/* The number of the set that these endpoints, of one prefix, make. */
static __u32 ports_of(struct plan *plan, const struct endpoint *e, size_t n)
{
	struct range *ranges = calloc(n, sizeof(*ranges));
	size_t number;

	if (!ranges)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (all_ports(&e[i])) {
			free(ranges);
			return GUARD_PORTS_ALL;
		}
		ranges[i] = (struct range){ .first = e[i].first,
					    .last = e[i].last,
					    .protocols = e[i].protocols };
	}
	number = table_add(&plan->port_sets, ranges, n * sizeof(*ranges));
	free(ranges);
	return GUARD_PORTS_FIRST + number;
}

/* Whoever may have every port may have whichever the kernel chooses, which is asked for as 0. */
static void allow_any_port(__u64 words[GUARD_PORTS_WORDS])
{
	if (~words[0] != 1)
		return;
	for (size_t i = 1; i < GUARD_PORTS_WORDS; i++)
		if (~words[i])
			return;
	words[0] |= 1;
}

void sections_ports(const struct plan *plan, size_t number, __u64 *words)
{
	const struct table_entry *set = &plan->port_sets.entries[number];
	const struct range *ranges = (const void *)set->bytes;

	memset(words, 0, GUARD_PROTO * GUARD_PORTS_WORDS * sizeof(*words));
	for (size_t i = 0; i < set->size / sizeof(*ranges); i++) {
		for (__u32 port = ranges[i].first; port <= ranges[i].last; port++) {
			__u64 bit = 1ULL << port % 64;

			if (ranges[i].protocols & ENDPOINT_TCP)
				words[GUARD_TCP * GUARD_PORTS_WORDS + port / 64] |= bit;
			if (ranges[i].protocols & ENDPOINT_UDP)
				words[GUARD_UDP * GUARD_PORTS_WORDS + port / 64] |= bit;
		}
	}
	for (int i = 0; i < GUARD_PROTO; i++)
		allow_any_port(words + i * GUARD_PORTS_WORDS);
}

/* The address as the kernel side has it: see struct guard_prefix. */
static struct guard_prefix prefix_of(const struct endpoint *e, __u32 list)
{
	struct guard_prefix prefix = { .list = list, .length = e->length };

	for (int i = 0; i < 8; i++) {
		prefix.address[0] = prefix.address[0] << 8 | e->address[i];
		prefix.address[1] = prefix.address[1] << 8 | e->address[8 + i];
	}
	if (e->family == AF_INET)
		prefix.length |= GUARD_IPV4;
	return prefix;
}

static void add_length(struct guard_endpoints *list, const struct endpoint *e)
{
	__u8 *lengths = list->lengths + (e->family == AF_INET ? 0 : GUARD_LENGTHS_IPV6);
	__u32 *n = e->family == AF_INET ? &list->n4 : &list->n6;

	/* They come in order. */
	if (!*n || lengths[*n - 1] != e->length)
		lengths[(*n)++] = e->length;
}

static void add_prefix(struct plan *plan, const struct endpoint *e, size_t n, __u32 number)
{
	struct guard_endpoints *list = &plan->endpoints[number];
	__u32 ports = ports_of(plan, e, n);

	if (!e->family) {
		list->everyone = ports;
		return;
	}
	add_length(list, e);
	if (plan->n_prefixes == plan->room_prefixes) {
		size_t room = plan->room_prefixes;

		plan->prefix_keys = grow(plan->prefix_keys, plan->n_prefixes, &room,
					 sizeof(*plan->prefix_keys));
		plan->prefix_ports = grow(plan->prefix_ports, plan->n_prefixes,
					  &plan->room_prefixes, sizeof(*plan->prefix_ports));
	}
	plan->prefix_keys[plan->n_prefixes] = prefix_of(e, number);
	plan->prefix_ports[plan->n_prefixes++] = ports;
}

/* The number of the list; 0 is the empty one. */
static __u32 list_of(struct plan *plan, const struct endpoint_list *list)
{
	__u32 number = plan->n_endpoints;
	struct endpoint *sorted;
	size_t from = 0;

	if (list->kind == LIST_NONE)
		return 0;
	sorted = calloc(list->n, sizeof(*sorted));
	if (!sorted)
		abort();
	memcpy(sorted, list->endpoints, list->n * sizeof(*sorted));
	qsort(sorted, list->n, sizeof(*sorted), by_prefix);
	plan->endpoints = grow(plan->endpoints, plan->n_endpoints, &plan->room_endpoints,
			       sizeof(*plan->endpoints));
	plan->endpoints[plan->n_endpoints++] = (struct guard_endpoints){};
	for (size_t i = 1; i <= list->n; i++) {
		if (i < list->n && same_prefix(&sorted[from], &sorted[i]))
			continue;
		add_prefix(plan, &sorted[from], i - from, number);
		from = i;
	}
	free(sorted);
	return number;
}

/* ---- sections ------------------------------------------------------------------ */

static __u32 add_section(struct plan *plan, struct guard_section kernel,
			 const struct program_section *policy)
{
	plan->bound = grow(plan->bound, plan->n_bound, &plan->room_bound, sizeof(*plan->bound));
	plan->bound[plan->n_bound] = (struct plan_section){ .kernel = kernel, .policy = policy };
	return plan->n_bound++;
}

static __u32 keys_of(const struct program_section *s)
{
	__u32 keys = 0;

	for (int key = 0; key < PROGRAM_KEYS; key++)
		if (s->given & 1u << key &&
		    (key >= ENDPOINT_KEYS || s->endpoints[key].kind != LIST_ANY))
			keys |= GUARD_CONNECT << key;
	/* Who is told whom to talk to does it by sockets that say so. */
	if (s->given & ((1u << ENDPOINT_KEYS) - 1))
		keys |= GUARD_FAMILIES;
	return keys;
}

static void plan_section(struct plan *plan, const struct program_section *s)
{
	struct guard_section kernel = {
		.id = guard_section_id(s->path),
		.keys = keys_of(s),
		.families = s->given & 1u << KEY_FAMILIES ? s->families : GUARD_FAMILIES_DEFAULT,
		.inherit = s->inherit,
	};

	for (int i = 0; i < 3; i++) {
		kernel.bytes[i] = s->limit[KEY_ALLOCATION + i];
		kernel.counts[i] = s->limit[KEY_CHILDREN + i];
	}
	for (int i = 0; i < ENDPOINT_KEYS; i++)
		if (kernel.keys & GUARD_CONNECT << i)
			kernel.endpoints[i] = list_of(plan, &s->endpoints[i]);
	kernel.rule = plan_rule(plan, GUARD_RULE_SECTION, s->path, s->at, s->mode);
	plan->closed |= kernel.keys | GUARD_SECTION;
	for (__u32 i = 1; i < plan->n_bound; i++)
		if (plan->bound[i].kernel.id == kernel.id)
			plan_error(plan, s->at,
				   "%s and %s cannot be told apart: name one of them by "
				   "another path",
				   s->path, plan->bound[i].policy->path);
	plan->rules[kernel.rule].section = add_section(plan, kernel, s);
}

/* What the loader's own child must be refused: everything that is closed to anybody. */
static void plan_canary(struct plan *plan)
{
	struct guard_section *canary = &plan->bound[plan->canary_section].kernel;

	canary->keys = plan->closed & (GUARD_SOCKET_KEYS | GUARD_MEMORY_KEYS | GUARD_PROCESS_KEYS);
	canary->counts[2] = 1; /* the thread that it is */
}

void sections_plan(struct plan *plan)
{
	plan->endpoints = grow(NULL, 0, &plan->room_endpoints, sizeof(*plan->endpoints));
	plan->endpoints[plan->n_endpoints++] = (struct guard_endpoints){};
	add_section(plan, (struct guard_section){}, NULL);
	plan->canary_section =
		add_section(plan, (struct guard_section){ .rule = plan->canary }, NULL);
	for (size_t i = 0; i < plan->policy->n_programs; i++)
		plan_section(plan, &plan->policy->programs[i]);
	plan_canary(plan);
}

static const char *not_runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	return st.st_mode & 0111 ? NULL : "it is not executable";
}

static void cover_section(struct plan *plan, __u32 number)
{
	const struct program_section *s = plan->bound[number].policy;
	struct cover_request want = { .path = s->path, .at = s->at, .section = number };
	const char *why;

	if (s->optional && access(s->path, F_OK) && errno == ENOENT)
		return;
	why = not_runnable(s->path);
	if (why) {
		plan_error(plan, s->at, "program %s: %s%s", s->path, why,
			   errno == ENOENT ? "; write -PATH to skip what is missing" : "");
		return;
	}
	plan->rules[plan->bound[number].kernel.rule].holds = cover_path(plan, NULL, &want);
}

void sections_cover(struct plan *plan)
{
	for (__u32 i = plan->canary_section + 1; i < plan->n_bound; i++)
		cover_section(plan, i);
}

void sections_free(struct plan *plan)
{
	table_free(&plan->port_sets);
	free(plan->bound);
	free(plan->endpoints);
	free(plan->prefix_keys);
	free(plan->prefix_ports);
}
