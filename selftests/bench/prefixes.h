/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of prefixes such as real ones are, the same in every run: mostly /24, the rest from /16 to
 * /28 and single addresses; every fourth is IPv6, from /32 to single addresses. Who asks for
 * addresses that are on the list, or not, gets them evenly from all over it.
 */
#ifndef BENCH_PREFIXES_H
#define BENCH_PREFIXES_H

#include <stdbool.h>
#include <stdint.h>

#define LIST_PORT 443	/* that the prefixes may reach, ... */
#define OWN_PORTS 10001 /* ... or each another one, from this one on */
#define ADDRESSES 32	/* addresses of a family that the bench looks at */

struct prefix {
	uint8_t address[16]; /* of IPv4 the first four */
	uint8_t length;
	bool is_ipv6;
};

struct prefix prefix_at(uint64_t i);

/* One of ADDRESSES that are among the first @n prefixes; returns in which. */
uint64_t listed_address(uint64_t n, bool is_ipv6, unsigned int i, uint8_t address[16]);

/* One of ADDRESSES that are not. */
void unlisted_address(uint64_t n, bool is_ipv6, unsigned int i, uint8_t address[16]);

#endif
