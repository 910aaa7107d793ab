// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that are cut short, that say of themselves what is not so, that are no IP, and those
 * that are larger than a page.
 */
#include <stdio.h>
#include <string.h>

#include "lib/packet_corpus.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

/* A listed peer and port in either family. */
static void listed(struct packet_shape *s, uint8_t protocol)
{
	bool ipv4 = s->family == 4, icmp = protocol == ICMP;

	corpus_from(s, ipv4 ? "192.0.2.70" : "2001:db8:5::1", icmp && !ipv4 ? ICMPV6 : protocol,
		    ipv4 ? 8005 : 80);
	s->type = ipv4 ? 3 : 2; /* of ICMP: accepted everywhere */
}

/* ---- every length ----------------------------------------------------------------- */

static void cut(struct corpus *c, const struct packet_shape *s)
{
	size_t whole;

	packet_build(&c->p, s);
	whole = c->p.n;
	for (size_t n = 0; n <= whole; n++) {
		c->p.n = n;
		corpus_give(c, "%zu of %zu bytes", n, whole);
	}
	/* The datagram says that it is as short as it is; behind it comes padding. */
	for (size_t n = c->p.network + 20; n < whole; n++) {
		packet_build(&c->p, s);
		c->p.n = n;
		packet_fit(&c->p);
		corpus_give(c, "%zu of %zu bytes, fitting", n, whole);
		if (n % 3)
			continue;
		c->p.n = whole;
		corpus_give(c, "%zu of %zu bytes, fitting, and padding", n, whole);
	}
}

void corpus_truncated(struct corpus *c)
{
	static const uint8_t protocols[] = { TCP, UDP, ICMP, IGMP, GRE };
	struct packet_shape shapes[CORPUS_SHAPES];
	size_t n = corpus_shapes(shapes);

	for (size_t i = 0; i < n * N(protocols); i++) {
		struct packet_shape s = shapes[i / N(protocols)];

		corpus_tags(&s, i % 3);
		listed(&s, protocols[i % N(protocols)]);
		s.tcp_options = 8;
		s.payload = 2;
		cut(c, &s);
	}
}

/* ---- fields ----------------------------------------------------------------------- */

static void set8(struct corpus *c, const struct packet_shape *s, size_t at, uint8_t value)
{
	packet_build(&c->p, s);
	if (at >= c->p.n)
		return;
	c->p.bytes[at] = value;
	corpus_give(c, "byte %zu is %#x", at, value);
}

/* A 16-bit length at @at that says about @right: round it, around what is needed, at the edges. */
static void set_length(struct corpus *c, const struct packet_shape *s, size_t at,
		       unsigned int right)
{
	const uint16_t values[] = {
		0,	   1,	  7,	     8,		9,	    19,	    20,	       21,
		24,	   27,	  28,	     39,	40,	    41,	    right - 9, right - 8,
		right - 1, right, right + 1, right + 8, right << 8, 0x7fff, 0x8000,    0xffff
	};

	for (size_t i = 0; i < N(values); i++) {
		packet_build(&c->p, s);
		packet_put16(c->p.bytes + at, values[i]);
		corpus_give(c, "length at byte %zu is %u", at, values[i]);
	}
}

static void fields_ipv4(struct corpus *c, const struct packet_shape *s)
{
	size_t ip;

	packet_build(&c->p, s);
	ip = c->p.network;
	for (unsigned int v = 0; v < 256; v++) {
		set8(c, s, ip, v);
		set8(c, s, ip + 9, v);
	}
	set_length(c, s, ip + 2, c->p.n - ip);
}

static void fields_ipv6(struct corpus *c, const struct packet_shape *s)
{
	size_t ip, at;

	packet_build(&c->p, s);
	ip = c->p.network;
	for (unsigned int v = 0; v < 16; v++)
		set8(c, s, ip, v << 4);
	for (unsigned int v = 0; v < 256; v++)
		set8(c, s, ip + 6, v);
	set_length(c, s, ip + 4, c->p.n - ip - 40);
	at = ip + 40;
	for (unsigned int i = 0; i < s->n_headers; i++) {
		for (unsigned int v = 0; v < 256; v += v < 64 ? 1 : 13)
			set8(c, s, at, v);
		for (unsigned int v = 0; v < 256; v += v < 16 ? 1 : 17)
			set8(c, s, at + 1, v);
		for (unsigned int v = 0; v < 8; v++)
			set8(c, s, at + 3, v << 1 & 0xf);
		at += s->headers[i].kind == AUTHENTICATION ? 12 : 8;
	}
}

static void fields_transport(struct corpus *c, const struct packet_shape *s)
{
	size_t at;

	packet_build(&c->p, s);
	at = c->p.transport;
	if (s->protocol == TCP) {
		for (unsigned int v = 0; v < 256; v++) {
			set8(c, s, at + 12, v);
			set8(c, s, at + 13, v);
		}
	} else if (s->protocol == UDP) {
		set_length(c, s, at + 4, c->p.n - at);
	} else if (s->protocol == ICMP || s->protocol == ICMPV6) {
		for (unsigned int v = 0; v < 256; v++) {
			set8(c, s, at, v);
			set8(c, s, at + 1, v);
		}
	}
}

void corpus_fields(struct corpus *c)
{
	static const uint8_t protocols[] = { TCP, UDP, ICMP };
	struct packet_shape shapes[CORPUS_SHAPES];
	size_t n = corpus_shapes(shapes);

	for (size_t i = 0; i < n * N(protocols); i++) {
		struct packet_shape s = shapes[i / N(protocols)];

		corpus_tags(&s, i % 3);
		listed(&s, protocols[i % N(protocols)]);
		s.hops = 255;
		s.payload = 12;
		if (s.family == 4)
			fields_ipv4(c, &s);
		else
			fields_ipv6(c, &s);
		if (s.n_headers < 2)
			fields_transport(c, &s);
	}
}

/* ---- no IP ------------------------------------------------------------------------ */

static void frame(struct corpus *c, const uint16_t *tags, uint16_t type, size_t payload)
{
	struct packet *p = &c->p;

	memset(p->bytes, 0x46, 64 + payload);
	for (p->n = 12; *tags; tags++, p->n += 4)
		packet_put16(p->bytes + p->n, *tags);
	packet_put16(p->bytes + p->n, type);
	p->network = p->transport = p->n += 2;
	p->n += payload;
	corpus_give(c, "ethertype %#x, %zu bytes behind it", type, payload);
}

void corpus_frames(struct corpus *c, bool all)
{
	static const uint16_t types[] = { 0x0806, 0x8035, 0x8809, 0x888e, 0x88cc, 0x0026, 0x05dc,
					  0x05ff, 0x0600, 0x8137, 0x8847, 0x8863, 0x8864, 0x9000,
					  0x9100, 0x88f7, 0x22f0, 0x0608, 0x0008, 0xdd86, 0xffff };
	static const uint16_t tags[] = { 0x8100, 0x88a8, 0x9100, 0x9200, 0x0081 };
	const uint16_t none[1] = { 0 };

	for (size_t i = 0; i < N(types); i++)
		for (size_t n = 0; n <= 46; n++)
			frame(c, none, types[i], n);
	for (size_t i = 0; i < N(tags) * N(tags) * N(types); i++) {
		const uint16_t outer = tags[i % N(tags)], inner = tags[i / N(tags) % N(tags)];
		const uint16_t type = types[i / N(tags) / N(tags)];

		frame(c, (uint16_t[]){ outer, 0 }, type, 28);
		frame(c, (uint16_t[]){ outer, inner, 0 }, type, 28);
		frame(c, (uint16_t[]){ outer, inner, 0 }, type, 27);
		frame(c, (uint16_t[]){ outer, inner, tags[0], 0 }, type, 28);
	}
	for (unsigned int type = 0; all && type < 65536; type++)
		frame(c, none, type, 46);
}

/* ---- large ------------------------------------------------------------------------ */

static void large(struct corpus *c, struct packet_shape *s, uint8_t protocol, size_t payload)
{
	listed(s, protocol);
	for (int wrong = 0; wrong < 2; wrong++) {
		s->port += wrong;
		s->payload = payload;
		packet_build(&c->p, s);
		corpus_give(c, "large, transport at %zu of %zu bytes", c->p.transport, c->p.n);
		if (payload)
			continue;
		/* The end of the transport header is not there; then not in the datagram. */
		c->p.n -= 1;
		corpus_give(c, "large, cut by a byte, transport at %zu", c->p.transport);
		packet_fit(&c->p);
		corpus_give(c, "large, less by a byte, transport at %zu", c->p.transport);
	}
}

void corpus_large(struct corpus *c)
{
	static const uint8_t protocols[] = { TCP, UDP, ICMP, GRE };
	static const size_t payloads[] = { 3000, 3460, 3480, 3500, 4096, 9000, 40000, 65000 };
	/* The first piece ends at byte 3520, the others are of 4096 bytes each. */
	static const unsigned int ends[] = { 3520, 3520 + 4096 };

	for (size_t i = 0; i < N(payloads) * N(protocols) * 4; i++) {
		struct packet_shape s = { .family = i % 2 ? 6 : 4 };

		corpus_tags(&s, i / 2 % 2 * 2);
		large(c, &s, protocols[i / 4 % N(protocols)], payloads[i / 4 / N(protocols)]);
	}
	for (size_t i = 0; i < N(ends) * N(protocols) * 4; i++) {
		for (unsigned int start = ends[i % 2] - 48; start <= ends[i % 2] + 8; start += 8) {
			struct packet_shape s = { .family = 6 };
			unsigned int left = (start - 54) & ~7u;

			corpus_tags(&s, i / 2 / N(protocols) % 4 % 3);
			for (; left; left -= s.headers[s.n_headers++].bytes) {
				unsigned int bytes = left > 2048 ? 2048 : left;

				s.headers[s.n_headers] =
					(struct packet_header){ DESTINATION, bytes };
			}
			large(c, &s, protocols[i / 2 % N(protocols)], 0);
		}
	}
}
