// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of `program` sections: every form that a value may have and what it means,
 * every form that is refused and the message, word for word. What is common to all
 * sections is in policy_cases.h.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "policy_private.h"
#include "policy_test.h"

#define ANY_PORT ":0-65535/tcp/udp"

/* ---- a program section as text ---- */

static const char *const keys[PROGRAM_KEYS] = { "connect",	 "listen",     "receive",
						"families",	 "allocation", "memory",
						"address-space", "children",   "descendants",
						"threads" };

void write_endpoint(FILE *out, const struct endpoint *e)
{
	static const unsigned char zero[16];
	size_t size = e->family == AF_INET ? 4 : e->family == AF_INET6 ? 16 : 0;
	char address[INET6_ADDRSTRLEN];

	if (!e->family)
		fprintf(out, " any");
	else if (inet_ntop(e->family, e->address, address, sizeof(address)))
		fprintf(out, " %s/%u", address, e->length);
	if (memcmp(e->address + size, zero, sizeof(zero) - size) != 0)
		fprintf(out, " DIRTY");
	fprintf(out, ":%u-%u%s%s@%u", e->first, e->last, e->protocols & ENDPOINT_TCP ? "/tcp" : "",
		e->protocols & ENDPOINT_UDP ? "/udp" : "", e->at.line);
}

void write_program(FILE *out, const struct program_section *s)
{
	static const char *const kinds[] = { " unset", " none", " any", "" };

	fprintf(out, "%s:%u program %s%s %s%s%s\n", s->at.file, s->at.line, s->optional ? "-" : "",
		s->path, s->mode == MODE_AUDIT ? "audit" : "enforce", s->own_mode ? "!" : "",
		s->inherit ? "" : " alone");
	for (int key = 0; key < PROGRAM_KEYS; key++) {
		const struct endpoint_list *l = &s->endpoints[key % ENDPOINT_KEYS];
		bool given = s->given & 1u << key;

		if (given != (s->key_at[key].line != 0) || s->given >> PROGRAM_KEYS ||
		    (key < ENDPOINT_KEYS && given != (l->kind != LIST_UNSET)) ||
		    (!given && s->limit[key]))
			fprintf(out, " INCONSISTENT %s\n", keys[key]);
		if (!given)
			continue;
		fprintf(out, " %s@%u", keys[key], s->key_at[key].line);
		if (key < ENDPOINT_KEYS) {
			fputs(kinds[l->kind], out);
			for (size_t i = 0; i < l->n; i++)
				write_endpoint(out, &l->endpoints[i]);
		} else if (key == KEY_FAMILIES) {
			fprintf(out, " %#x", s->families);
		} else {
			fprintf(out, " %llu", s->limit[key]);
		}
		fputc('\n', out);
	}
}

/* ---- single values ---- */

/* @want: "= " and what the value means, or what the message says after the value. */
struct value_case {
	const char *value, *want;
};

static const struct value_case endpoints[] = {
	{ "443", "= any:443-443/tcp/udp@1" },
	{ "1", "= any:1-1/tcp/udp@1" },
	{ "65535/udp", "= any:65535-65535/udp@1" },
	{ "443/tcp", "= any:443-443/tcp@1" },
	{ "8000-8100/udp", "= any:8000-8100/udp@1" },
	{ "443-443", "= any:443-443/tcp/udp@1" },
	{ "any:443/tcp", "= any:443-443/tcp@1" },
	{ "any:1-65535", "= any:1-65535/tcp/udp@1" },
	{ "10.0.0.0/8:5432/tcp", "= 10.0.0.0/8:5432-5432/tcp@1" },
	{ "10.0.0.1:53", "= 10.0.0.1/32:53-53/tcp/udp@1" },
	{ "10.0.0.1", "= 10.0.0.1/32" ANY_PORT "@1" },
	{ "10.0.0.1/32:1-2", "= 10.0.0.1/32:1-2/tcp/udp@1" },
	{ "10.0.0.0/8", "= 10.0.0.0/8" ANY_PORT "@1" },
	{ "10.128.0.0/9", "= 10.128.0.0/9" ANY_PORT "@1" },
	{ "0.0.0.0/0", "= 0.0.0.0/0" ANY_PORT "@1" },
	{ "0.0.0.0", "= 0.0.0.0/32" ANY_PORT "@1" },
	{ "255.255.255.255/31:9", "has bits beyond its prefix: write 255.255.255.254/31:9, or "
				  "255.255.255.255:9 for the one address" },
	{ "[::1]", "= ::1/128" ANY_PORT "@1" },
	{ "[::]", "= ::/128" ANY_PORT "@1" },
	{ "[::/0]", "= ::/0" ANY_PORT "@1" },
	{ "[::/0]:443", "= ::/0:443-443/tcp/udp@1" },
	{ "[2001:db8::/32]:443/tcp", "= 2001:db8::/32:443-443/tcp@1" },
	{ "[2001:DB8:0:0::0001]:1-2/udp", "= 2001:db8::1/128:1-2/udp@1" },
	{ "[::192.0.2.1]", "= ::192.0.2.1/128" ANY_PORT "@1" },
	/* The same peer, whichever way it is written. */
	{ "[::ffff:192.0.2.1]:80", "= 192.0.2.1/32:80-80/tcp/udp@1" },
	{ "[::ffff:c000:201]", "= 192.0.2.1/32" ANY_PORT "@1" },
	{ "[::ffff:10.0.0.0/104]", "= 10.0.0.0/8" ANY_PORT "@1" },
	{ "[::ffff:0:0/96]:1/tcp", "= 0.0.0.0/0:1-1/tcp@1" },
	{ "[::fffe:0:0/96]", "= ::fffe:0:0/96" ANY_PORT "@1" },
	{ "[::/97]", "= ::/97" ANY_PORT "@1" },
	{ "[::/96]", "= ::/96" ANY_PORT "@1" },
	{ "[2000::/3]", "= 2000::/3" ANY_PORT "@1" },
	{ "[8000::/1]", "= 8000::/1" ANY_PORT "@1" },
#define CONTAINS_IPV4                                                           \
	"contains ::ffff:0:0/96, which is IPv4: write [::/0] for all of IPv6, " \
	"0.0.0.0/0 for all of IPv4, or a longer prefix"
	{ "[::/1]", CONTAINS_IPV4 },
	{ "[::/80]", CONTAINS_IPV4 },
	{ "[::8000:0:0/81]:443", CONTAINS_IPV4 },
	{ "[::fffe:0:0/95]", CONTAINS_IPV4 },
	{ "[::/81]", "= ::/81" ANY_PORT "@1" },
	/* Prefixes. */
	{ "10.0.0.1/8", "has bits beyond its prefix: write 10.0.0.0/8, or 10.0.0.1 for the one "
			"address" },
	{ "10.0.0.1/8:443/tcp", "has bits beyond its prefix: write 10.0.0.0/8:443/tcp, or "
				"10.0.0.1:443/tcp for the one address" },
	{ "10.0.0.1/0", "has bits beyond its prefix: write 0.0.0.0/0, or 10.0.0.1 for the one "
			"address" },
	{ "[2001:db8::1/32]:443", "has bits beyond its prefix: write [2001:db8::/32]:443, or "
				  "[2001:db8::1]:443 for the one address" },
	{ "[::ffff:10.0.0.1/104]", "has bits beyond its prefix: write [::ffff:10.0.0.0/104], or "
				   "[::ffff:10.0.0.1] for the one address" },
	{ "10.0.0.0/33", "has the length '33' after its address: write a number from 0 to 32" },
	{ "10.0.0.0/08", "has the length '08' after its address: write a number from 0 to 32" },
	{ "10.0.0.0/", "has the length '' after its address: write a number from 0 to 32" },
	{ "10.0.0.0/-1", "has the length '-1' after its address: write a number from 0 to 32" },
	{ "10.0.0.0/255.0.0.0", "has the length '255.0.0.0' after its address: write a number from "
				"0 to 32" },
	{ "10.0.0.0/8/8", "has the length '8/8' after its address: write a number from 0 to 32" },
	{ "10.0.0.0//8", "has the length '/8' after its address: write a number from 0 to 32" },
	{ "10.0.0.0/99999999999999999999:1",
	  "has the length '99999999999999999999' after its address: write a number from 0 to 32" },
	{ "[::/129]", "has the length '129' after its address: write a number from 0 to 128" },
	{ "[::1/tcp]", "has the length 'tcp' after its address: write a number from 0 to 128" },
	{ "any/0:443", "has a length after any: write 0.0.0.0/0 for all of IPv4, [::/0] for all of "
		       "IPv6, any for both" },
/* Addresses. */
#define NO_IPV4(address)                                                                  \
	"has no IPv4 address in '" address "': write four numbers from 0 to 255 without " \
	"leading zeroes, as in 192.0.2.1"
	{ "10.1", NO_IPV4("10.1") },
	{ "10.1:443/tcp", NO_IPV4("10.1") },
	{ "010.0.0.1", NO_IPV4("010.0.0.1") },
	{ "0x0a.0.0.1", NO_IPV4("0x0a.0.0.1") },
	{ "10.0.0.256", NO_IPV4("10.0.0.256") },
	{ "10.0.0.1.1:1", NO_IPV4("10.0.0.1.1") },
	{ "10.0.0.1%eth0", NO_IPV4("10.0.0.1%eth0") },
	{ "10.0.0.1-10.0.0.9", NO_IPV4("10.0.0.1-10.0.0.9") },
	{ " 10.0.0.1", NO_IPV4(" 10.0.0.1") },
	{ "167772161:443", NO_IPV4("167772161") },
	{ "[]:443", "has no IPv6 address in its brackets: write it as in [2001:db8::/32]" },
	{ "[::g]", "has no IPv6 address in its brackets: write it as in [2001:db8::/32]" },
	{ "[1:2:3]", "has no IPv6 address in its brackets: write it as in [2001:db8::/32]" },
	{ "[any]:443", "has no IPv6 address in its brackets: write it as in [2001:db8::/32]" },
	{ "[[::1]", "has no IPv6 address in its brackets: write it as in [2001:db8::/32]" },
	{ "[[::1]]", "goes on after its ']': only a ':' and a port may follow" },
	{ "[10.0.0.1]:80", "has an IPv4 address in brackets: write 10.0.0.1 without them" },
	{ "[fe80::1%eth0]:22", "names an interface (%eth0), which a rule cannot: leave it out" },
	{ "[::1", "has a '[' without ']': write it as in [2001:db8::1]:443" },
	{ "[", "has a '[' without ']': write it as in [2001:db8::1]:443" },
	{ "[::1]443", "goes on after its ']': only a ':' and a port may follow" },
	{ "[2001:db8::]/32", "has the length of its prefix outside the brackets: write "
			     "[2001:db8::/32]" },
	{ "[2001:db8::]/32:443/tcp", "has the length of its prefix outside the brackets: write "
				     "[2001:db8::/32]:443/tcp" },
	{ "[::1]/tcp", "has a protocol and no port: write [::1]:1-65535/tcp" },
	{ "[2001:db8::/32]/udp", "has a protocol and no port: write [2001:db8::/32]:1-65535/udp" },
	{ "10.0.0.1/tcp", "has a protocol and no port: write 10.0.0.1:1-65535/tcp" },
	{ "10.0.0.0/8/udp", "has a protocol and no port: write 10.0.0.0/8:1-65535/udp" },
	{ "2001:db8::1", "is an IPv6 address without brackets: write [2001:db8::1]" },
	{ "2001:db8::/32", "is an IPv6 address without brackets: write [2001:db8::/32]" },
#define COLONS                                                             \
	"has more than one ':': write an IPv6 address in brackets, as in " \
	"[2001:db8::/32]:443/tcp, and one ':' before the port"
	{ "2001:db8::1/tcp", COLONS },
	{ "2001:db8::/32:443", COLONS },
	{ "10.0.0.1:80:90", COLONS },
	{ ":::", COLONS },
	{ ":443", "has no address before its ':': write any:443, or the port alone" },
/* Ports. */
#define BAD_PORT(port) \
	"has the port '" port "': ports are numbers from 1 to 65535, without leading zeroes"
#define NO_PORT "lacks a port: ports are numbers from 1 to 65535"
	{ "0", BAD_PORT("0") },
	{ "any:0/tcp", BAD_PORT("0") },
	{ "0-65535", BAD_PORT("0") },
	{ "65536", BAD_PORT("65536") },
	{ "1-65536", BAD_PORT("65536") },
	{ "080", BAD_PORT("080") },
	{ "0x50", BAD_PORT("0x50") },
	{ "4294967297", BAD_PORT("4294967297") },
	{ "18446744073709551617/tcp", BAD_PORT("18446744073709551617") },
	{ "443 ", BAD_PORT("443 ") },
	{ "+443", BAD_PORT("+443") },
	{ "80x", BAD_PORT("80x") },
	{ "1-2-3", BAD_PORT("2-3") },
	{ "8000-", NO_PORT },
	{ "10.0.0.1:", NO_PORT },
	{ "any:", "is no endpoint: did you mean 'any'?" },
	{ "any:/tcp", NO_PORT },
	{ "any:-5", NO_PORT },
	{ "8100-8000", "has its ports backwards: write 8000-8100" },
	{ "443/TCP", "has the protocol 'TCP': write /tcp, /udp, or none of them for both" },
	{ "443/", "has the protocol '': write /tcp, /udp, or none of them for both" },
	{ "443/tcp/udp", "has the protocol 'tcp/udp': write /tcp, /udp, or none of them for "
			 "both" },
	{ "443//tcp", "has the protocol '/tcp': write /tcp, /udp, or none of them for both" },
	{ "10/8", "has a number after a port's '/': write tcp or udp there, and an address in "
		  "full, as in 10.0.0.0/8" },
/* Names. */
#define NAME(name, right) "has the name '" name "', and names are not looked up: write " right
#define NUMBERS		  "addresses and ports as numbers, as in 192.0.2.1:443/tcp"
	{ "https", NAME("https", "443") },
	{ "https/tcp", NAME("https", "443") },
	{ "any:domain/udp", NAME("domain", "53") },
	{ "80-https", NAME("https", "443") },
	{ "localhost", NAME("localhost", "127.0.0.1 or [::1]") },
	{ "localhost:80", NAME("localhost", "127.0.0.1 or [::1]") },
	{ "db.example.org:5432/tcp", NAME("db.example.org", NUMBERS) },
	{ "db.example.org", NAME("db.example.org", NUMBERS) },
	{ "db-1/tcp", NAME("db-1", NUMBERS) },
	{ "all", NAME("all", "any") },
	{ "tcp/443", NAME("tcp", "the port before it, as in 443/tcp") },
	{ "any/tcp", NAME("any", "any:443 for a port of any address, 1-65535 for any port") },
	{ "any:any", NAME("any", "any:443 for a port of any address, 1-65535 for any port") },
	/* What is no endpoint by its looks. */
	{ "", "is empty: write an endpoint, as in 192.0.2.1:443/tcp" },
	{ "nonee", "is no endpoint: did you mean 'none'?" },
	{ "Any", "is no endpoint: did you mean 'any'?" },
	{ "*", "has a '*': write any" },
	{ "*:443/tcp", "has a '*': write any:443/tcp" },
	{ "*.example.org", "has a '*': write any:443 for a port of any address" },
	{ "-443", "begins with '-', as an optional path does: leave it out" },
	{ "/usr/bin/x", "is a path: write an endpoint, as in 192.0.2.1:443/tcp" },
	{ "https://192.0.2.1:443", "is a URL: write the address and the port, as in "
				   "192.0.2.1:443/tcp" },
};

#define NO_SIZE "is no size: write digits, and K, M, G or T after them, for example 512M"
#define LOW                                                                              \
	"is less than a page, 4096 bytes: write 4K or more, with the unit K, M, G or T " \
	"after the number"
#define HIGH "is too large: write less than 8388608T"

static const struct value_case sizes[] = {
	{ "4096", "= 4096" },
	{ "4097", "= 4097" },
	{ "4K", "= 4096" },
	{ "512M", "= 536870912" },
	{ "4G", "= 4294967296" },
	{ "1T", "= 1099511627776" },
	{ "8388607T", "= 9223370937343148032" },
	{ "9223372036854775807", "= 9223372036854775807" },
	{ "0", LOW },
	{ "3K", LOW },
	{ "512", LOW },
	{ "4095", LOW },
	{ "0T", LOW },
	{ "8388608T", HIGH },
	{ "9223372036854775808", HIGH },
	{ "18446744073709551616", HIGH },
	{ "18446744073709555712", HIGH },
	{ "17592186044417M", HIGH },
	{ "99999999999999999999999999999999999999999G", HIGH },
	{ "512MB", "is no size: write 512M" },
	{ "512MiB", "is no size: write 512M" },
	{ "512m", "is no size: write 512M" },
	{ "512 M", "is no size: write 512M" },
	{ "4096B", "is no size: write 4096" },
	{ "1.5G", "is no size: write 1536M" },
	{ "1.0G", "is no size: write 1G" },
	{ "4.5K", "is no size: write 4608" },
	{ "0.5g", "is no size: write 512M" },
	{ "-512M", "is no size: write 512M" },
	{ "+512M", "is no size: write 512M" },
	{ "0512M", "is no size: write 512M" },
	{ "-1", NO_SIZE },
	{ "00", NO_SIZE },
	{ "", NO_SIZE },
	{ "M", NO_SIZE },
	{ "M512", NO_SIZE },
	{ "512MM", NO_SIZE },
	{ "512P", NO_SIZE },
	{ "0x1000", NO_SIZE },
	{ "1e9", NO_SIZE },
	{ "50%", NO_SIZE },
	{ "1.5.5G", NO_SIZE },
	{ " 512M", NO_SIZE },
	{ "/512M", NO_SIZE },
	{ "\303\244", NO_SIZE },
};

#define NO_COUNT(least)                                                                     \
	"is no count: write a number from " least " to 4194304, in digits without leading " \
	"zeroes"

static const struct value_case counts[] = {
	{ "0", "= 0" },
	{ "1", "= 1" },
	{ "4194304", "= 4194304" },
	{ "4194305", NO_COUNT("0") },
	{ "18446744073709551616", NO_COUNT("0") },
	{ "18446744073709551617", NO_COUNT("0") },
	{ "-1", NO_COUNT("0") },
	{ "+1", NO_COUNT("0") },
	{ "08", NO_COUNT("0") },
	{ "8K", NO_COUNT("0") },
	{ "8.0", NO_COUNT("0") },
	{ "0x8", NO_COUNT("0") },
	{ "eight", NO_COUNT("0") },
	{ "", NO_COUNT("0") },
	{ " 8", NO_COUNT("0") },
};

static const struct value_case threads[] = {
	{ "1", "= 1" },
	{ "4194304", "= 4194304" },
	{ "0", NO_COUNT("1") },
	{ "4194305", NO_COUNT("1") },
};

/* Without quotes the text's own reader says what is wrong with such a value. */
static bool needs_quotes(const char *value)
{
	return *value == '\0' || strpbrk(value, " +*") != NULL;
}

static void test_value(const char *key, const struct value_case *c, const char *quote)
{
	char name[200], text[200], want[600];
	char *got;

	snprintf(name, sizeof(name), "%s = %s%s%s", key, quote, c->value, quote);
	snprintf(text, sizeof(text), "program /p { %s = %s%s%s }\n", key, quote, c->value, quote);
	if (c->want[0] == '=')
		snprintf(want, sizeof(want), "enforce report\nt:1 program /p enforce\n %s@1%s\n",
			 key, c->want + 1);
	else
		snprintf(want, sizeof(want), "t:1: %s: '%s' %s\n", key, c->value, c->want);
	got = outcome("t", text, strlen(text));
	expect(name, want, got);
	free(got);
}

static void test_values(const char *key, const struct value_case *c, size_t n)
{
	for (; n; c++, n--) {
		if (!needs_quotes(c->value))
			test_value(key, c, "");
		test_value(key, c, "'");
		test_value(key, c, "\"");
	}
}

/* ---- lists too long for a table ---- */

/*
 * The values are handed over as libConfuse would do it. Its own list grows by one
 * value at a time, which costs the sanitizers' allocator half a minute for a list
 * like this; how the text of long lists is read, test_long_texts() shows.
 */
static double take_endpoints(unsigned int n, struct endpoint_list *out, struct policy *p)
{
	cfg_opt_t options[] = { { .name = "connect", .nvalues = n }, { 0 } };
	cfg_value_t *values = xcalloc(n, sizeof(*values));
	cfg_t cfg = { .opts = options };
	struct policy_block b = { .cfg = &cfg, .line = 1, .key_line = { 1 } };
	clock_t begin;

	options[0].values = xcalloc(n, sizeof(*options[0].values));
	for (unsigned int i = 0; i < n; i++) {
		struct policy_word *w = xcalloc(1, sizeof(*w) + 32);

		w->line = i + 1;
		snprintf(w->text, 32, "10.%u.%u.%u:5432/tcp", i >> 16, i >> 8 & 255, i & 255);
		values[i].ptr = w;
		options[0].values[i] = &values[i];
	}
	begin = clock();
	policy_take_endpoints(p, &b, "connect", out);
	begin = clock() - begin;
	for (unsigned int i = 0; i < n; i++)
		free(values[i].ptr);
	free(options[0].values);
	free(values);
	return (double)begin / CLOCKS_PER_SEC;
}

static void test_long_lists(void)
{
	const struct source src = { .name = "t" };
	struct policy p = { .priv = xcalloc(1, sizeof(*p.priv)) };
	struct endpoint_list few, many;
	double time_few, time_many;
	char got[80];

	p.priv->src = &src;
	time_few = take_endpoints(25000, &few, &p);
	time_many = take_endpoints(100000, &many, &p);
	snprintf(got, sizeof(got), "%zu and %zu, %u errors, the last at line %u", few.n, many.n,
		 p.priv->n_errors, many.n ? many.endpoints[many.n - 1].at.line : 0);
	expect("lists of 25,000 and of 100,000 endpoints",
	       "25000 and 100000, 0 errors, the last at line 100000", got);
	/* Four times as long; sixteen times if each were compared with all others. */
	expect("in linear time", "yes", time_many < 9 * time_few + 0.2 ? "yes" : "no");
	policy_free(&p);
}

/* Values as long as a line may be: shown by their beginning, read by nobody to the end. */
static void test_long_values(void)
{
	static const struct {
		const char *key, *begin, *want;
		char fill;
	} rows[] = {
		{ "connect", "443", "is longer than any endpoint: write it as in 192.0.2.1:443/tcp",
		  '3' },
		{ "connect", "*", "is longer than any endpoint: write it as in 192.0.2.1:443/tcp",
		  '*' },
		{ "connect", "[", "is longer than any endpoint: write it as in 192.0.2.1:443/tcp",
		  ':' },
		{ "memory", "1", HIGH, '0' },
		{ "memory", "0.", NO_SIZE, '1' },
		{ "children", "1", NO_COUNT("0"), '0' },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[61000], shown[161], want[600];
		int head = snprintf(text, sizeof(text), "program /p { %s = '", rows[i].key);
		char *got;

		memset(text + head, rows[i].fill, 60000);
		memcpy(text + head, rows[i].begin, strlen(rows[i].begin));
		strcpy(text + head + 60000, "' }\n");
		snprintf(shown, sizeof(shown), "%s", text + head);
		snprintf(want, sizeof(want), "t:1: %s: '%s' %s\n", rows[i].key, shown,
			 rows[i].want);
		got = outcome("t", text, strlen(text));
		expect("a value of 60,000 bytes", want, got);
		free(got);
	}
}

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

void test_programs(void)
{
	test_values("connect", endpoints, COUNT(endpoints));
	test_values("listen", endpoints, 5);
	test_values("receive", endpoints, 5);
	test_values("allocation", sizes, COUNT(sizes));
	test_values("memory", sizes, COUNT(sizes));
	test_values("address-space", sizes, COUNT(sizes));
	test_values("children", counts, COUNT(counts));
	test_values("descendants", counts, COUNT(counts));
	test_values("threads", threads, COUNT(threads));
	test_long_lists();
	test_long_values();
}
