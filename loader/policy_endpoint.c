// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints of a policy: [ADDRESS[/LENGTH]:]PORT[-PORT][/tcp|/udp], ADDRESS[/LENGTH],
 * any:PORT...; an IPv6 address stands in brackets, its length with it.
 *
 * Each is read in one way only: four decimal numbers without leading zeroes, no bits
 * beyond the prefix, no names, since what a name means is for others to say. An
 * IPv4-mapped IPv6 address (::ffff:192.0.2.1) becomes the IPv4 address that it is on
 * the wire, so a rule holds for both ways of naming a peer.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "policy_private.h"

#define ENDPOINT_TEXT_MAX 128 /* the longest right one has 69 bytes */

struct endpoint_check {
	struct policy *p;
	const char *key;
	unsigned int line;
	const char *text; /* as written */
};

/* The pieces of a text, each NULL when it is not there. */
struct endpoint_parts {
	char *address;
	char *ports;
	bool brackets;
};

static __attribute__((format(printf, 2, 3))) bool refuse(const struct endpoint_check *c,
							 const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	policy_error(c->p, c->line, "%s: '%.*s' %s", c->key, VALUE_SHOWN, c->text, why);
	return false;
}

/* ---- names, which are not looked up ---- */

static bool is_name(const char *s)
{
	bool letter = false;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return false;
	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && !strchr("-._", *s))
			return false;
		letter |= isalpha((unsigned char)*s) != 0;
	}
	return letter;
}

static bool refuse_name(const struct endpoint_check *c, const char *name)
{
	static const struct {
		const char *name, *right;
	} known[] = {
		{ "localhost", "127.0.0.1 or [::1]" },
		{ "any", "any:443 for a port of any address, 1-65535 for any port" },
		{ "all", "any" },
		{ "tcp", "the port before it, as in 443/tcp" },
		{ "udp", "the port before it, as in 53/udp" },
		{ "ssh", "22" },
		{ "smtp", "25" },
		{ "domain", "53" },
		{ "dns", "53" },
		{ "http", "80" },
		{ "ntp", "123" },
		{ "imap", "143" },
		{ "ldap", "389" },
		{ "https", "443" },
		{ "ldaps", "636" },
		{ "imaps", "993" },
		{ "mysql", "3306" },
		{ "postgresql", "5432" },
		{ "redis", "6379" },
	};
	const char *right = "addresses and ports as numbers, as in 192.0.2.1:443/tcp";

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcasecmp(known[i].name, name) == 0)
			right = known[i].right;
	}
	return refuse(c, "has the name '%s', and names are not looked up: write %s", name, right);
}

/* ---- text -> pieces ---- */

/* The pieces of "[ADDRESS/LENGTH]:PORTS". */
static bool split_brackets(const struct endpoint_check *c, char *text, struct endpoint_parts *out)
{
	char *end = strchr(text, ']');
	size_t digits;

	if (!end)
		return refuse(c, "has a '[' without ']': write it as in [2001:db8::1]:443");
	*end++ = '\0';
	out->brackets = true;
	out->address = text + 1;
	if (*end == '\0')
		return true;
	if (*end == ':') {
		out->ports = end + 1;
		return true;
	}
	digits = *end == '/' ? strspn(end + 1, "0123456789") : 0;
	if (digits && !strchr(text, '/'))
		return refuse(c,
			      "has the length of its prefix outside the brackets: write %s%.*s]%s",
			      text, (int)digits + 1, end, end + 1 + digits);
	if (strcmp(end, "/tcp") == 0 || strcmp(end, "/udp") == 0)
		return refuse(c, "has a protocol and no port: write %s]:1-65535%s", text, end);
	return refuse(c, "goes on after its ']': only a ':' and a port may follow");
}

/* More than one ':' without brackets. */
static bool refuse_colons(const struct endpoint_check *c, char *text)
{
	unsigned char address[16];
	char *slash = strchr(text, '/');
	bool whole;

	if (slash)
		*slash++ = '\0';
	whole = !slash || slash[strspn(slash, "0123456789")] == '\0';
	if (whole && inet_pton(AF_INET6, text, address) == 1)
		return refuse(c, "is an IPv6 address without brackets: write [%s]", c->text);
	return refuse(c, "has more than one ':': write an IPv6 address in brackets, as in "
			 "[2001:db8::/32]:443/tcp, and one ':' before the port");
}

static bool split(const struct endpoint_check *c, char *text, struct endpoint_parts *out)
{
	char *colon = strchr(text, ':');

	if (*text == '[')
		return split_brackets(c, text, out);
	if (!colon) {
		/* A port has no dot in it, an IPv4 address has. */
		if (strchr(text, '.'))
			out->address = text;
		else
			out->ports = text;
		return true;
	}
	if (strchr(colon + 1, ':'))
		return refuse_colons(c, text);
	if (colon == text)
		return refuse(c, "has no address before its ':': write any%s, or the port alone",
			      c->text);
	*colon = '\0';
	out->address = text;
	out->ports = colon + 1;
	return true;
}

/* ---- addresses ---- */

static bool parse_length(const char *s, unsigned int most, unsigned char *out)
{
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 3 || s[n] != '\0' || (s[0] == '0' && n > 1) ||
	    strtoul(s, NULL, 10) > most)
		return false;
	*out = (unsigned char)strtoul(s, NULL, 10);
	return true;
}

/* Clears what is beyond the first @length bits; was there anything? */
static bool mask(unsigned char address[16], unsigned int length)
{
	bool any = false;

	for (unsigned int i = length / 8; i < 16; i++) {
		unsigned char keep = i == length / 8 ? (unsigned char)~(0xffu >> length % 8) : 0;

		any |= (address[i] & ~keep) != 0;
		address[i] &= keep;
	}
	return any;
}

static bool refuse_address(const struct endpoint_check *c, const char *address, bool brackets)
{
	unsigned char bytes[16];

	if (brackets && inet_pton(AF_INET, address, bytes) == 1)
		return refuse(c, "has an IPv4 address in brackets: write %s without them", address);
	if (brackets && strchr(address, '%'))
		return refuse(c, "names an interface (%s), which a rule cannot: leave it out",
			      strchr(address, '%'));
	if (brackets)
		return refuse(c, "has no IPv6 address in its brackets: write it as in "
				 "[2001:db8::/32]");
	if (is_name(address))
		return refuse_name(c, address);
	return refuse(c,
		      "has no IPv4 address in '%s': write four numbers from 0 to 255 without "
		      "leading zeroes, as in 192.0.2.1",
		      address);
}

/* The endpoint's address is masked already; @address and @length are as written. */
static bool refuse_bits(const struct endpoint_check *c, const struct endpoint *e,
			const char *address, const char *length)
{
	const char *bracket = e->family == AF_INET6 ? "[" : "";
	const char *rest = c->text + strlen(bracket) + strlen(address) + 1 + strlen(length);
	char right[INET6_ADDRSTRLEN];

	if (!inet_ntop(e->family, e->address, right, sizeof(right)))
		abort();
	return refuse(c,
		      "has bits beyond its prefix: write %s%s/%s%s, or %s%s%s for the one address",
		      bracket, right, length, rest, bracket, address, rest);
}

/* IPv4 in IPv6's clothes becomes IPv4; an IPv6 prefix must not contain it by the way. */
static bool take_mapped(const struct endpoint_check *c, struct endpoint *e)
{
	static const unsigned char mapped[16] = { [10] = 0xff, [11] = 0xff };
	unsigned char prefix[16];

	if (e->family != AF_INET6 || e->length == 0)
		return true;
	memcpy(prefix, mapped, sizeof(prefix));
	if (e->length >= 96) {
		if (memcmp(e->address, mapped, 12) != 0)
			return true;
		e->family = AF_INET;
		e->length = (unsigned char)(e->length - 96);
		memmove(e->address, e->address + 12, 4);
		memset(e->address + 4, 0, 12);
		return true;
	}
	mask(prefix, e->length);
	if (memcmp(e->address, prefix, sizeof(prefix)) != 0)
		return true;
	return refuse(c, "contains ::ffff:0:0/96, which is IPv4: write [::/0] for all of IPv6, "
			 "0.0.0.0/0 for all of IPv4, or a longer prefix");
}

/* "ADDRESS/tcp": the protocol belongs to a port, and none is there. */
static bool is_protocol(const char *s)
{
	return s && (strcmp(s, "tcp") == 0 || strcmp(s, "udp") == 0);
}

static bool take_address(const struct endpoint_check *c, const struct endpoint_parts *parts,
			 struct endpoint *e)
{
	unsigned char most = parts->brackets ? 128 : 32;
	char *address = parts->address;
	char *length = strchr(address, '/');
	char *last = strrchr(address, '/');

	if (!parts->brackets && strcmp(address, "any") == 0)
		return true;
	if (!parts->brackets && !parts->ports && last && is_protocol(last + 1))
		return refuse(c, "has a protocol and no port: write %.*s:1-65535%s",
			      (int)(last - address), address, last);
	if (length)
		*length++ = '\0';
	if (!parts->brackets && length && strcmp(address, "any") == 0)
		return refuse(c, "has a length after any: write 0.0.0.0/0 for all of IPv4, [::/0] "
				 "for all of IPv6, any for both");
	e->family = parts->brackets ? AF_INET6 : AF_INET;
	if (inet_pton(e->family, address, e->address) != 1)
		return refuse_address(c, address, parts->brackets);
	e->length = most;
	if (length && !parse_length(length, most, &e->length))
		return refuse(c,
			      "has the length '%s' after its address: write a number from 0 to %u",
			      length, most);
	if (mask(e->address, e->length))
		return refuse_bits(c, e, address, length);
	return take_mapped(c, e);
}

/* ---- ports and protocols ---- */

static bool parse_port(const struct endpoint_check *c, const char *s, unsigned short *out)
{
	size_t n = strspn(s, "0123456789");

	if (*s == '\0')
		return refuse(c, "lacks a port: ports are numbers from 1 to 65535");
	if (isalpha((unsigned char)*s) && is_name(s))
		return refuse_name(c, s);
	if (n > 5 || s[n] != '\0' || s[0] == '0' || strtoul(s, NULL, 10) > 65535)
		return refuse(c,
			      "has the port '%s': ports are numbers from 1 to 65535, without "
			      "leading zeroes",
			      s);
	*out = (unsigned short)strtoul(s, NULL, 10);
	return true;
}

static bool take_protocol(const struct endpoint_check *c, const char *protocol, struct endpoint *e)
{
	if (strcmp(protocol, "tcp") == 0)
		e->protocols = ENDPOINT_TCP;
	else if (strcmp(protocol, "udp") == 0)
		e->protocols = ENDPOINT_UDP;
	else if (isdigit((unsigned char)*protocol))
		return refuse(c, "has a number after a port's '/': write tcp or udp there, and an "
				 "address in full, as in 10.0.0.0/8");
	else
		return refuse(c,
			      "has the protocol '%s': write /tcp, /udp, or none of them for both",
			      protocol);
	return true;
}

static bool take_ports(const struct endpoint_check *c, char *ports, struct endpoint *e)
{
	char *protocol = strchr(ports, '/');
	char *last;

	if (protocol)
		*protocol++ = '\0';
	if (isalpha((unsigned char)*ports) && is_name(ports))
		return refuse_name(c, ports);
	last = strchr(ports, '-');
	if (last)
		*last++ = '\0';
	if (!parse_port(c, ports, &e->first) || (last && !parse_port(c, last, &e->last)))
		return false;
	if (!last)
		e->last = e->first;
	if (e->first > e->last)
		return refuse(c, "has its ports backwards: write %u-%u", e->last, e->first);
	return !protocol || take_protocol(c, protocol, e);
}

/* ---- the whole ---- */

/* What is no endpoint at all, by its looks. */
static bool check_looks(const struct endpoint_check *c)
{
	const char *nearest = nearest_name(c->text, policy_list_words);
	const char *text = c->text;

	if (*text == '\0')
		return refuse(c, "is empty: write an endpoint, as in 192.0.2.1:443/tcp");
	if (strlen(text) >= ENDPOINT_TEXT_MAX)
		return refuse(c, "is longer than any endpoint: write it as in 192.0.2.1:443/tcp");
	if (nearest)
		return refuse(c, "is no endpoint: did you mean '%s'?", nearest);
	if (*text == '*')
		return refuse(c, "has a '*': write any%s",
			      text[1] == ':' || text[1] == '\0' ? text + 1
								: ":443 for a port of any "
								  "address");
	if (*text == '-')
		return refuse(c, "begins with '-', as an optional path does: leave it out");
	if (*text == '/')
		return refuse(c, "is a path: write an endpoint, as in 192.0.2.1:443/tcp");
	if (strstr(text, "://"))
		return refuse(c, "is a URL: write the address and the port, as in "
				 "192.0.2.1:443/tcp");
	return true;
}

bool policy_take_endpoint(struct policy *p, const char *key, const char *text, unsigned int line,
			  struct endpoint *e)
{
	struct endpoint_check c = { .p = p, .key = key, .line = line, .text = text };
	struct endpoint_parts parts = { 0 };
	char copy[ENDPOINT_TEXT_MAX];

	*e = (struct endpoint){
		.protocols = ENDPOINT_TCP | ENDPOINT_UDP,
		.last = 65535,
		.at = policy_place(p, line),
	};
	if (policy_value_reported(p, text) || !check_looks(&c))
		return false;
	strcpy(copy, text);
	if (!split(&c, copy, &parts))
		return false;
	if (parts.address && !take_address(&c, &parts, e))
		return false;
	return !parts.ports || take_ports(&c, parts.ports, e);
}
