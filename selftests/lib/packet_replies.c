// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets for the flows of the host's sockets: those that belong to one, and their neighbours,
 * which differ in one thing.
 */
#include <string.h>

#include "lib/ingress_sockets.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

static const char *const kinds[] = {
	[FLOW_OPENED] = "opened",      [FLOW_SYN_SENT] = "SYN_SENT",   [FLOW_ACCEPTED] = "accepted",
	[FLOW_LISTENER] = "listener",  [FLOW_CONNECTED] = "connected", [FLOW_SENT] = "has sent",
	[FLOW_BOUND] = "has not sent", [FLOW_PING] = "ping",
};

enum { SAME, OTHER_PORT, OTHER_SOURCE_PORT, OTHER_PEER, OTHER_ADDRESS, SWAPPED, DIFFERENCES };

/* What comes back on the flow, but for one difference. */
static struct packet_shape shape_of(const struct reference_flow *f, int difference)
{
	struct packet_shape s = { .family = f->family, .port = f->local_port };
	static const uint8_t whichever[16];
	unsigned int last = f->family == 4 ? 3 : 15;

	s.source_port = f->peer_port;
	memcpy(s.source, f->peer, 16);
	memcpy(s.destination, f->local, 16);
	if (!memcmp(f->local, whichever, 16))
		packet_address(s.destination, f->family == 4 ? "198.18.0.1" : "fd00:1::1");
	if (difference == OTHER_PORT)
		s.port ^= 0x8001;
	else if (difference == OTHER_SOURCE_PORT)
		s.source_port ^= 1;
	else if (difference == OTHER_PEER)
		s.source[last] ^= 8;
	else if (difference == OTHER_ADDRESS)
		s.destination[last] ^= 8;
	else if (difference == SWAPPED)
		s.port = s.port << 8 | s.port >> 8;
	return s;
}

static void give(struct corpus *c, struct packet_shape *s, const struct reference_flow *f,
		 int difference)
{
	packet_build(&c->p, s);
	corpus_give(c, "protocol %u, type %u, flags %#x, for what is %s, difference %d",
		    s->protocol, s->type, s->flags, kinds[f->kind], difference);
}

static void flow(struct corpus *c, const struct reference_flow *f, struct packet_shape *s,
		 int difference)
{
	static const uint8_t flags[] = { SYN,	    SYN | ACK, ACK,	  FIN | ACK, RST,
					 RST | ACK, PSH | ACK, SYN | FIN, SYN | RST, 0 };
	static const uint8_t types[] = { 0, 8, 13, 14, 128, 129 };

	s->protocol = TCP;
	for (size_t i = 0; i < N(flags); i++) {
		s->flags = flags[i];
		give(c, s, f, difference);
	}
	s->protocol = UDP;
	give(c, s, f, difference);
	s->id = ++c->id;
	s->more = true;
	s->payload = 32;
	give(c, s, f, difference);
	s->offset = 5;
	give(c, s, f, difference);
	s->more = false;
	s->offset = 0;
	s->payload = 0;
	s->protocol = f->family == 4 ? ICMP : ICMPV6;
	for (size_t i = 0; i < N(types); i++) {
		s->type = types[i];
		give(c, s, f, difference);
	}
	s->protocol = f->family == 4 ? ICMPV6 : ICMP;
	give(c, s, f, difference);
}

void corpus_replies(struct corpus *c, const struct reference *r)
{
	for (size_t i = 0; i < r->n_flows * DIFFERENCES; i++) {
		struct packet_shape s = shape_of(&r->flow[i / DIFFERENCES], i % DIFFERENCES);

		flow(c, &r->flow[i / DIFFERENCES], &s, i % DIFFERENCES);
		corpus_tags(&s, 1);
		s.options = s.family == 4 ? 8 : 0;
		if (s.family == 6)
			s.headers[s.n_headers++] = (struct packet_header){ DESTINATION };
		flow(c, &r->flow[i / DIFFERENCES], &s, i % DIFFERENCES);
	}
}
