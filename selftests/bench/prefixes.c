// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of prefixes, and addresses that are on it and not. What the bench's own interfaces
 * have (10.0.0.0/8, fd00::/8) is not among them.
 */
#include <stdlib.h>
#include <string.h>

#include "prefixes.h"

/* Of a hundred prefixes so many have the length. */
struct share {
	uint8_t length, percent;
};

static const struct share ipv4_shares[] = { { 24, 55 }, { 23, 8 }, { 22, 10 }, { 21, 5 }, { 20, 4 },
					    { 19, 3 },	{ 18, 1 }, { 16, 2 },  { 25, 1 }, { 26, 2 },
					    { 27, 2 },	{ 28, 2 }, { 32, 5 } };
static const struct share ipv6_shares[] = { { 48, 50 }, { 32, 20 }, { 40, 9 }, { 44, 5 },
					    { 36, 5 },	{ 64, 6 },  { 56, 3 }, { 128, 2 } };

/* Numbers without pattern: the same for the same seed. */
static uint64_t scatter(uint64_t seed)
{
	seed += 0x9e3779b97f4a7c15ULL;
	seed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9ULL;
	seed = (seed ^ seed >> 27) * 0x94d049bb133111ebULL;
	return seed ^ seed >> 31;
}

static uint8_t length_of(const struct share *shares, unsigned int point)
{
	while (point >= shares->percent)
		point -= shares++->percent;
	return shares->length;
}

/* One that is routed: IPv4 of 11.0.0.0 to 223.255.255.255 but 127.0.0.0/8, IPv6 of 2000::/3. */
static void any_address(bool is_ipv6, uint64_t seed, uint8_t address[16])
{
	uint64_t words[2] = { scatter(seed), scatter(~seed) };

	memset(address, 0, 16);
	memcpy(address, words, is_ipv6 ? 16 : 4);
	if (is_ipv6) {
		address[0] = 0x20 | (address[0] & 0x1f);
		return;
	}
	address[0] = 11 + address[0] % (223 - 11);
	if (address[0] >= 127)
		address[0]++;
}

/* Copies the bits from @length on. */
static void copy_host(uint8_t *to, const uint8_t *from, unsigned int length)
{
	uint8_t mask = 0xff >> length % 8;

	for (unsigned int i = length / 8; i < 16; i++, mask = 0xff)
		to[i] = (to[i] & ~mask) | (from[i] & mask);
}

struct prefix prefix_at(uint64_t i)
{
	static const uint8_t none[16];
	struct prefix p = { .is_ipv6 = i % 4 == 3 };

	p.length = length_of(p.is_ipv6 ? ipv6_shares : ipv4_shares, scatter(i) % 100);
	any_address(p.is_ipv6, i << 20, p.address);
	copy_host(p.address, none, p.length);
	return p;
}

static void address_in(const struct prefix *p, uint64_t seed, uint8_t address[16])
{
	any_address(p->is_ipv6, seed, address);
	for (unsigned int bit = 0; bit < p->length; bit++) {
		uint8_t mask = 0x80 >> bit % 8;

		address[bit / 8] = (address[bit / 8] & ~mask) | (p->address[bit / 8] & mask);
	}
	if (!p->is_ipv6)
		memset(address + 4, 0, 12);
}

static bool is_in(const struct prefix *p, bool is_ipv6, const uint8_t address[16])
{
	uint8_t mask = 0xff00 >> p->length % 8;
	unsigned int whole = p->length / 8;

	return p->is_ipv6 == is_ipv6 && !memcmp(p->address, address, whole) &&
	       (!mask || !((p->address[whole] ^ address[whole]) & mask));
}

/* The first @n, made once. */
static const struct prefix *first(uint64_t n)
{
	static struct prefix *all;
	static uint64_t made;

	if (n <= made)
		return all;
	all = realloc(all, n * sizeof(*all));
	if (!all)
		abort();
	for (; made < n; made++)
		all[made] = prefix_at(made);
	return all;
}

uint64_t listed_address(uint64_t n, bool is_ipv6, unsigned int i, uint8_t address[16])
{
	uint64_t at = n * i / ADDRESSES;
	struct prefix p = prefix_at(at);

	while (p.is_ipv6 != is_ipv6) {
		at = (at + 1) % n;
		p = prefix_at(at);
	}
	address_in(&p, i, address);
	return at;
}

void unlisted_address(uint64_t n, bool is_ipv6, unsigned int i, uint8_t address[16])
{
	const struct prefix *all = first(n);
	uint64_t seed = (uint64_t)i << 10;
	bool listed = true;

	while (listed) {
		any_address(is_ipv6, seed++, address);
		listed = false;
		for (uint64_t at = 0; at < n && !listed; at++)
			listed = is_in(&all[at], is_ipv6, address);
	}
}
