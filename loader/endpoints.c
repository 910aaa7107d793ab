// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of endpoints become prefixes, each with the ports that it allows, in a table that the
 * kernel can ask: see struct guard_prefix. Equal sets of ports are one.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "endpoints.h"

/* ---- ports --------------------------------------------------------------------- */

/* Some ports of a prefix; sets are compared byte by byte. */
struct range {
	__u16 first, last;
	__u16 protocols;
	__u16 unused;
};

static bool all_ports(const struct endpoint *e)
{
	return !e->first && e->last == USHRT_MAX && e->protocols == (ENDPOINT_TCP | ENDPOINT_UDP);
}

/* Whoever may have every port may have whichever the kernel chooses, which is asked for as 0. */
static struct guard_ports one_range(const struct range *r)
{
	struct guard_ports ports = { .first = r->first == 1 && r->last == USHRT_MAX ? 0 : r->first,
				     .last = r->last };

	if (r->protocols & ENDPOINT_TCP)
		ports.set |= GUARD_PORTS_TCP;
	if (r->protocols & ENDPOINT_UDP)
		ports.set |= GUARD_PORTS_UDP;
	return ports;
}

/* The ports that these endpoints, of one prefix and in order, have together. */
static struct guard_ports ports_of(struct plan *plan, const struct endpoint *e, size_t n)
{
	struct range *ranges = calloc(n, sizeof(*ranges));
	struct guard_ports ports = { .set = GUARD_PORTS_ALL };
	size_t last = 0;

	if (!ranges)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (all_ports(&e[i]))
			goto out;
		if (!i || ranges[last].first != e[i].first || ranges[last].last != e[i].last)
			last = i ? last + 1 : 0;
		ranges[last].first = e[i].first;
		ranges[last].last = e[i].last;
		ranges[last].protocols |= e[i].protocols;
	}
	if (!last) {
		ports = one_range(ranges);
		goto out;
	}
	ports.set = GUARD_PORTS_FIRST +
		    table_add(&plan->port_sets, ranges, (last + 1) * sizeof(*ranges));
out:
	free(ranges);
	return ports;
}

static void allow_any_port(__u64 words[GUARD_PORTS_WORDS])
{
	if (~words[0] != 1)
		return;
	for (size_t i = 1; i < GUARD_PORTS_WORDS; i++)
		if (~words[i])
			return;
	words[0] |= 1;
}

void endpoints_ports(const struct plan *plan, size_t number, __u64 *words)
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

/* ---- prefixes ------------------------------------------------------------------ */

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

/* All prefixes of these endpoints, of which they are one. */
static void add_prefix(struct plan *plan, const struct endpoint *e, size_t n, __u32 number)
{
	__u16 family = e->family == AF_INET ? GUARD_IPV4 : GUARD_IPV6;
	struct guard_ports ports = ports_of(plan, e, n);
	struct guard_prefix prefix = { .tag = guard_prefix_tag(number, family, e->length),
				       .ports = ports };

	if (!e->length) {
		plan->endpoints[number].all[family] = ports;
		return;
	}
	for (int i = 0; i < 8; i++) {
		prefix.address[0] = prefix.address[0] << 8 | e->address[i];
		prefix.address[1] = prefix.address[1] << 8 | e->address[8 + i];
	}
	plan->prefixes = grow(plan->prefixes, plan->n_prefixes, &plan->room_prefixes,
			      sizeof(*plan->prefixes));
	plan->prefixes[plan->n_prefixes++] = prefix;
}

/* In order, and what is of any address twice: of IPv4 and of IPv6. */
static struct endpoint *sort(const struct endpoint_list *list, size_t *n)
{
	struct endpoint *sorted = calloc(2 * list->n, sizeof(*sorted));

	if (!sorted)
		abort();
	*n = 0;
	for (size_t i = 0; i < list->n; i++) {
		sorted[(*n)++] = list->endpoints[i];
		if (list->endpoints[i].family)
			continue;
		sorted[*n - 1].family = AF_INET;
		sorted[*n] = list->endpoints[i];
		sorted[(*n)++].family = AF_INET6;
	}
	qsort(sorted, *n, sizeof(*sorted), by_prefix);
	return sorted;
}

__u32 endpoints_add(struct plan *plan, const struct endpoint_list *list)
{
	__u32 number = plan->n_endpoints;
	struct guard_ports all = { .set = GUARD_PORTS_ALL };
	struct endpoint *sorted;
	size_t from = 0, n;

	if (number && list->kind == LIST_NONE)
		return 0;
	plan->endpoints = grow(plan->endpoints, plan->n_endpoints, &plan->room_endpoints,
			       sizeof(*plan->endpoints));
	plan->endpoints[plan->n_endpoints++] = (struct guard_endpoints){};
	if (list->kind == LIST_ANY)
		plan->endpoints[number] = (struct guard_endpoints){ .all = { all, all } };
	if (list->kind != LIST_PROGRAMS)
		return number;
	sorted = sort(list, &n);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && same_prefix(&sorted[from], &sorted[i]))
			continue;
		add_prefix(plan, &sorted[from], i - from, number);
		from = i;
	}
	free(sorted);
	return number;
}

/* ---- tables -------------------------------------------------------------------- */

#define MOVES_MAX 1000

static size_t power_of_two(size_t least)
{
	size_t n = 64;

	while (n < least)
		n *= 2;
	return n;
}

/*
 * Puts it into one of its two slots. Whoever is in the way moves to his other one, and so on,
 * until there is a free one. False: the way was too long.
 */
static bool place(struct plan *plan, struct guard_prefix p)
{
	size_t mask = plan->prefix_slots - 1;
	struct guard_prefix *slot = NULL;

	for (int i = 0; i < MOVES_MAX; i++) {
		__u64 hash = guard_prefix_hash(p.address[0], p.address[1], p.tag);
		struct guard_prefix *one = &plan->prefix_table[hash & mask], moved;
		struct guard_prefix *other = &plan->prefix_table[guard_prefix_other(hash) & mask];

		if (!one->tag || !other->tag) {
			*(one->tag ? other : one) = p;
			return true;
		}
		/* Not back to where it has been moved from. */
		slot = slot == one ? other : one;
		moved = *slot;
		*slot = p;
		p = moved;
	}
	return false;
}

static bool place_all(struct plan *plan)
{
	free(plan->prefix_table);
	plan->prefix_table = calloc(plan->prefix_slots, sizeof(*plan->prefix_table));
	if (!plan->prefix_table)
		abort();
	for (size_t i = 0; i < plan->n_prefixes; i++)
		if (!place(plan, plan->prefixes[i]))
			return false;
	return true;
}

/* A prefix shorter than a bucket is noted in all that it holds; one much shorter, once for all. */
#define BUCKETS_EACH_BITS 8u

static void note_length(struct plan *plan, const struct guard_prefix *p)
{
	__u32 family = p->tag >> 8 & 1, length = p->tag & 0xff, list = p->tag >> 9;
	__u32 bits = plan->bucket_bits[family];
	__u64 bit = 1ULL << guard_length_bit(family, length);
	__u64 bucket = p->address[0] >> (64 - bits), n = 1;

	plan->lengths[family] |= bit;
	if (length + BUCKETS_EACH_BITS < bits) {
		plan->endpoints[list].lengths[family] |= bit;
		return;
	}
	if (length < bits)
		n = 1ULL << (bits - length);
	for (__u64 i = bucket; i < bucket + n; i++)
		plan->buckets[guard_bucket_hash(i, list, family) & (plan->n_buckets - 1)] |= bit;
}

#define BUCKETS_MAX (1 << 20)

/* So many that a bucket has few prefixes; addresses of IPv6 differ further behind. */
static void choose_buckets(struct plan *plan)
{
	__u32 bits = 16;

	while (bits < 24 && plan->n_prefixes > 1UL << (bits - 1))
		bits++;
	plan->bucket_bits[GUARD_IPV4] = bits;
	plan->bucket_bits[GUARD_IPV6] = bits + 16;
}

#define SPARSE 64 /* a table so much larger than what is in it has room for all, or never will */

void endpoints_finish(struct plan *plan)
{
	static const struct place nowhere = { "lsm-guard", 0 };

	plan->prefix_slots = power_of_two(2 * plan->n_prefixes);
	while (!place_all(plan)) {
		if (plan->prefix_slots > SPARSE * plan->n_prefixes) {
			plan_error(plan, nowhere,
				   "the prefixes of this policy cannot be told apart");
			break;
		}
		plan->prefix_slots *= 2;
	}
	plan->list_slots = power_of_two(plan->n_endpoints);
	plan->n_buckets = power_of_two(8 * plan->n_prefixes);
	if (plan->n_buckets > BUCKETS_MAX)
		plan->n_buckets = BUCKETS_MAX;
	plan->buckets = calloc(plan->n_buckets, sizeof(*plan->buckets));
	if (!plan->buckets)
		abort();
	choose_buckets(plan);
	for (size_t i = 0; i < plan->n_prefixes; i++)
		note_length(plan, &plan->prefixes[i]);
}

size_t endpoints_words(const struct plan *plan)
{
	return (plan->prefix_slots * sizeof(*plan->prefix_table) +
		plan->list_slots * sizeof(*plan->endpoints)) /
		       sizeof(__u64) +
	       plan->n_buckets;
}

void endpoints_free(struct plan *plan)
{
	table_free(&plan->port_sets);
	free(plan->endpoints);
	free(plan->prefixes);
	free(plan->prefix_table);
	free(plan->buckets);
}
