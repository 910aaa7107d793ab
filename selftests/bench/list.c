// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the first N prefixes of the bench's list, one a line.
 *
 *	list N			as endpoints of a policy, all with the same port
 *	list N own-ports	each with a port of its own
 *	list N 4|6		those of a family, without ports
 *	list N addresses	the addresses among them that the bench looks at
 */
#include <arpa/inet.h>
#include <error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prefixes.h"

static const char *text(bool is_ipv6, const uint8_t address[16])
{
	static char out[INET6_ADDRSTRLEN];

	return inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, address, out, sizeof(out));
}

static void print_endpoint(const struct prefix *p, uint64_t port)
{
	printf(p->is_ipv6 ? "[%s/%u]:%lu\n" : "%s/%u:%lu\n", text(p->is_ipv6, p->address),
	       p->length, port);
}

static void print_addresses(uint64_t n)
{
	uint8_t address[16];

	for (unsigned int i = 0; i < 2 * ADDRESSES; i++) {
		listed_address(n, i % 2, i / 2, address);
		puts(text(i % 2, address));
	}
}

int main(int argc, char **argv)
{
	const char *what = argc == 3 ? argv[2] : "";
	uint64_t n;

	if (argc < 2 || argc > 3 || (*what && !strstr("own-ports 4 6 addresses", what)))
		error(2, 0, "usage: list N [own-ports|4|6|addresses]");
	n = strtoul(argv[1], NULL, 10);
	if (!strcmp(what, "addresses")) {
		print_addresses(n);
		return 0;
	}
	for (uint64_t i = 0; i < n; i++) {
		struct prefix p = prefix_at(i);

		if (!*what)
			print_endpoint(&p, LIST_PORT);
		else if (!strcmp(what, "own-ports"))
			print_endpoint(&p, OWN_PORTS + i);
		else if (p.is_ipv6 == (*what == '6'))
			printf("%s/%u\n", text(p.is_ipv6, p.address), p.length);
	}
	return 0;
}
