// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams in fragments. Each has an id of its own, so that what was accepted of one says
 * nothing of another.
 */
#include <string.h>

#include "lib/packet_corpus.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

static void give(struct corpus *c, struct packet_shape *s, unsigned int offset, bool more,
		 const char *what)
{
	s->offset = offset;
	s->more = more;
	s->id = c->id;
	packet_build(&c->p, s);
	corpus_give(c, "%s: fragment %u of datagram %u at %u%s", what, s->protocol, c->id, offset,
		    more ? ", more" : "");
}

/* In order, with a hole, the first one again. */
static void in_order(struct corpus *c, struct packet_shape *s)
{
	c->id++;
	give(c, s, 0, true, "in order");
	give(c, s, 5, true, "in order");
	give(c, s, 5, false, "the same again, the last");
	give(c, s, 1, true, "over the first one's end");
	give(c, s, 2, true, "over the first one's end");
	give(c, s, 8191, false, "the last possible");
	give(c, s, 0, true, "the first again");
	give(c, s, 10, false, "after it");
}

static void without_first(struct corpus *c, struct packet_shape *s)
{
	c->id++;
	give(c, s, 5, true, "before the first");
	give(c, s, 1, false, "before the first");
	give(c, s, 0, true, "the first");
	give(c, s, 5, true, "after the first");
}

/* The first one does not say enough, or lies about it. */
static void tiny(struct corpus *c, struct packet_shape *s)
{
	for (unsigned int have = 0; have <= 24; have += 8) {
		c->id++;
		s->offset = 0;
		s->more = true;
		s->id = c->id;
		s->payload = 32;
		packet_build(&c->p, s);
		c->p.n = c->p.transport + have;
		packet_fit(&c->p);
		corpus_give(c, "tiny: the first has %u bytes", have);
		give(c, s, 1, true, "tiny");
		give(c, s, (have + 7) / 8, true, "tiny");
		give(c, s, 5, false, "tiny");
	}
}

/* Nearly the same datagram: what was accepted of it is not this one's. */
static void neighbours(struct corpus *c, struct packet_shape *s)
{
	struct packet_shape other = *s;

	c->id++;
	give(c, s, 0, true, "the first");
	other.destination[s->family == 4 ? 3 : 15]++;
	give(c, &other, 5, false, "to another");
	other = *s;
	other.source[s->family == 4 ? 3 : 15] ^= 1;
	give(c, &other, 5, false, "from another");
	other = *s;
	other.protocol = s->protocol == TCP ? UDP : TCP;
	give(c, &other, 5, false, "of another protocol");
	c->id ^= 0x100;
	give(c, s, 5, false, "with another id");
	c->id ^= 0x100;
	if (s->family == 6) {
		c->id ^= 0x10000;
		give(c, s, 5, false, "with another id above 65535");
		c->id ^= 0x10000;
	}
	give(c, s, 5, false, "its own");
}

static void atomic(struct corpus *c, struct packet_shape *s)
{
	c->id++;
	give(c, s, 0, false, "atomic");
	give(c, s, 5, false, "after an atomic one");
}

static void all(struct corpus *c, const struct packet_shape *shape)
{
	struct packet_shape s = *shape;

	s.payload = 32;
	in_order(c, &s);
	without_first(c, &s);
	tiny(c, &s);
	neighbours(c, &s);
	atomic(c, &s);
	/* The fragment header before another header, and behind one. */
	if (s.family == 4)
		return;
	s.n_headers = 2;
	s.headers[0] = (struct packet_header){ FRAGMENT };
	s.headers[1] = (struct packet_header){ DESTINATION };
	in_order(c, &s);
	s.headers[0] = (struct packet_header){ HOP_BY_HOP };
	s.headers[1] = (struct packet_header){ FRAGMENT };
	in_order(c, &s);
	atomic(c, &s);
	s.headers[0] = (struct packet_header){ FRAGMENT };
	in_order(c, &s);
	atomic(c, &s);
}

void corpus_fragments(struct corpus *c)
{
	static const struct {
		const char *source;
		uint8_t protocol;
		uint16_t port;
	} peers[] = {
		{ "192.0.2.5", TCP, 22 },	{ "192.0.2.5", TCP, 23 },
		{ "203.0.113.200", UDP, 1194 }, { "203.0.113.200", UDP, 1195 },
		{ "198.51.100.7", GRE, 0 },	{ "198.51.100.8", GRE, 0 },
		{ "198.51.100.7", ICMP, 0 },	{ "198.51.100.8", ICMP, 0 },
		{ "2001:db8:5::1", TCP, 22 },	{ "2001:db8:5::1", TCP, 23 },
		{ "2001:470::1", UDP, 1195 },	{ "2001:470::1", UDP, 1194 },
		{ "2001:db8:7::7", ICMPV6, 0 }, { "2001:470::1", ICMPV6, 0 },
		{ "2001:db8:7::7", GRE, 0 },	{ "2001:470::1", ESP, 0 },
	};

	for (size_t i = 0; i < 3 * N(peers); i++) {
		struct packet_shape s = { .family = strchr(peers[i / 3].source, ':') ? 6 : 4 };

		corpus_tags(&s, i % 3);
		corpus_from(&s, peers[i / 3].source, peers[i / 3].protocol, peers[i / 3].port);
		s.type = s.family == 4 ? 8 : 128;
		s.options = s.family == 4 ? i % 3 * 20 : 0;
		all(c, &s);
	}
}
