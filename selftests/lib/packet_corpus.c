// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets in good order, every combination of headers; and the shapes that the other parts of
 * the corpus (packet_wrong.c, packet_fragments.c) begin with.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/packet_corpus.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

void corpus_give(struct corpus *c, const char *fmt, ...)
{
	char what[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	c->made++;
	c->take(c->arg, &c->p, what);
}

/* ---- shapes ----------------------------------------------------------------------- */

void corpus_tags(struct packet_shape *s, unsigned int n)
{
	static const uint16_t tags[4][PACKET_TAGS] = {
		{ 0 }, { 0x8100 }, { 0x88a8, 0x8100 }, { 0x8100, 0x88a8, 0x8100 }
	};

	memcpy(s->tags, tags[n], sizeof(s->tags));
}

void corpus_from(struct packet_shape *s, const char *source, uint8_t protocol, uint16_t port)
{
	packet_address(s->source, source);
	packet_address(s->destination, s->family == 4 ? "192.0.2.1" : "2001:db8::1");
	s->protocol = protocol;
	s->port = port;
	s->source_port = 40000;
	s->flags = SYN;
}

static void add_header(struct packet_shape *s, uint8_t kind)
{
	s->headers[s->n_headers++] = (struct packet_header){ kind };
}

/* 60 n times, or each kind in turn. */
static struct packet_shape many_headers(unsigned int n, bool mixed)
{
	static const uint8_t kinds[] = { HOP_BY_HOP, DESTINATION, ROUTING, AUTHENTICATION };
	struct packet_shape s = { .family = 6 };

	for (unsigned int i = 0; i < n; i++)
		add_header(&s, !mixed ? DESTINATION : i < 4 ? kinds[i] : kinds[1 + i % 3]);
	return s;
}

size_t corpus_shapes(struct packet_shape out[CORPUS_SHAPES])
{
	static const uint8_t kinds[] = { HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION,
					 DESTINATION };
	static const unsigned int options[] = { 0, 4, 40 };
	size_t n = 0;

	for (size_t i = 0; i < N(options); i++)
		out[n++] = (struct packet_shape){ .family = 4, .options = options[i] };
	out[n++] = (struct packet_shape){ .family = 6 };
	for (size_t i = 0; i < N(kinds); i++) {
		out[n] = (struct packet_shape){ .family = 6 };
		add_header(&out[n++], kinds[i]);
		for (size_t j = 0; j < N(kinds); j++) {
			out[n] = (struct packet_shape){ .family = 6 };
			add_header(&out[n], kinds[i]);
			add_header(&out[n++], kinds[j]);
		}
	}
	for (unsigned int i = 7; i <= 10; i++) {
		out[n++] = many_headers(i, false);
		out[n++] = many_headers(i, true);
	}
	return n;
}

/* ---- what is in them -------------------------------------------------------------- */

/* Who asks for which port: listed, its bytes swapped, a neighbour's, nobody's. */
static const struct peer {
	const char *source;
	uint16_t port;
} peers[] = {
	{ "192.0.2.5", 22 },
	{ "192.0.2.5", 5632 },
	{ "192.0.2.5", 23 },
	{ "192.0.3.5", 22 },
	{ "192.0.2.70", 8005 },
	{ "198.51.100.7", 9 },
	{ "203.0.113.200", 443 },
	{ "203.0.113.200", 47873 },
	{ "10.1.2.3", 5632 },
	{ "10.1.2.3", 22 },
	{ "203.0.113.4", 53 },
	{ "0.0.0.0", 443 },
	{ "0.0.0.0", 22 },
	{ "203.0.113.200", 1194 },
	{ "2001:db8:5::1", 22 },
	{ "2001:db8:5::1", 5632 },
	{ "2001:db8:5::1", 80 },
	{ "2001:db8:6::1", 22 },
	{ "2001:db8:7::7", 9 },
	{ "2001:470::1", 443 },
	{ "2001:470::1", 22 },
	{ "2001:470::1", 1195 },
	{ "::", 1195 },
	{ "::", 80 },
	{ "::ffff:192.0.2.5", 443 },
	{ "::c000:205", 22 },
	{ "fe80::2", 22 },
};

static const char *const talkers[] = { "192.0.2.5", "198.51.100.7",  "0.0.0.0",	    "203.0.113.9",
				       "fe80::2",   "2001:db8:7::7", "2001:470::1", "::" };

static bool has_family(const struct packet_shape *s, const char *address)
{
	return (s->family == 6) == (strchr(address, ':') != NULL);
}

static void headers_tcp(struct corpus *c, struct packet_shape *s)
{
	static const uint8_t flags[] = { SYN, ACK,	 0,	    SYN | ACK, FIN | ACK,
					 RST, PSH | ACK, SYN | FIN, SYN | RST, 0xff };

	for (size_t i = 0; i < N(peers); i++) {
		if (!has_family(s, peers[i].source))
			continue;
		corpus_from(s, peers[i].source, TCP, peers[i].port);
		for (size_t f = 0; f < (i % 7 ? 2 : N(flags)); f++) {
			s->flags = flags[f];
			s->tcp_options = f % 3 * 8;
			packet_build(&c->p, s);
			corpus_give(c, "TCP from %s to %u, flags %#x", peers[i].source,
				    peers[i].port, flags[f]);
		}
	}
}

static void headers_udp(struct corpus *c, struct packet_shape *s)
{
	static const uint16_t dhcp[] = { 67, 68, 546, 547 };

	for (size_t i = 0; i < N(peers); i++) {
		if (!has_family(s, peers[i].source))
			continue;
		corpus_from(s, peers[i].source, UDP, peers[i].port);
		packet_build(&c->p, s);
		corpus_give(c, "UDP from %s to %u", peers[i].source, peers[i].port);
	}
	for (size_t i = 0; i < 2 * N(dhcp); i++) {
		const char *source = s->family == 4 ? "203.0.113.9" : i % 2 ? "fe80::2" : "fec0::2";

		corpus_from(s, source, UDP, dhcp[i / 2]);
		s->source_port = dhcp[i / 2 ^ 1];
		packet_build(&c->p, s);
		corpus_give(c, "UDP from %s %u to %u", source, s->source_port, s->port);
	}
}

static void headers_icmp(struct corpus *c, struct packet_shape *s)
{
	static const uint8_t types4[] = { 0, 3, 4, 5, 8, 9, 11, 12, 13, 255 };
	static const uint8_t types6[] = { 0,   1,   2,	 3,   4,   5,	127, 128,
					  129, 130, 131, 132, 133, 134, 135, 136,
					  137, 138, 141, 142, 143, 144, 255 };
	const uint8_t *types = s->family == 4 ? types4 : types6;
	size_t n = s->family == 4 ? N(types4) : N(types6);

	for (size_t i = 0; i < N(talkers) * n; i++) {
		if (!has_family(s, talkers[i / n]))
			continue;
		corpus_from(s, talkers[i / n], s->family == 4 ? ICMP : ICMPV6, 0);
		s->type = types[i % n];
		s->code = i % 5 == 4;
		s->hops = i % 7 == 6 ? 254 : 255;
		packet_build(&c->p, s);
		corpus_give(c, "ICMP from %s, type %u, code %u, hop limit %u", talkers[i / n],
			    s->type, s->code, s->hops);
	}
	s->hops = 0;
}

static void headers_others(struct corpus *c, struct packet_shape *s)
{
	/* ICMP of the other family among them, which is no ICMP. */
	static const uint8_t protocols[] = { ICMP, IGMP, GRE, ESP, ICMPV6, SCTP, 59, 33, 136, 255 };

	for (size_t i = 0; i < N(talkers) * N(protocols); i++) {
		const char *talker = talkers[i / N(protocols)];

		if (!has_family(s, talker))
			continue;
		corpus_from(s, talker, protocols[i % N(protocols)], 22);
		s->type = 8;
		packet_build(&c->p, s);
		corpus_give(c, "protocol %u from %s", s->protocol, talker);
	}
}

void corpus_headers(struct corpus *c)
{
	struct packet_shape shapes[CORPUS_SHAPES];
	size_t n = corpus_shapes(shapes);

	for (size_t i = 0; i < 4 * n; i++) {
		struct packet_shape s = shapes[i / 4];

		corpus_tags(&s, i % 4);
		s.payload = i % 3 * 9;
		headers_tcp(c, &s);
		s.tcp_options = 0;
		headers_udp(c, &s);
		headers_icmp(c, &s);
		headers_others(c, &s);
	}
}
