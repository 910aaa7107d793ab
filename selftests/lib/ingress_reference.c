// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference decision: see ingress_reference.h. First what the packet is (link, network,
 * extension headers, fragments, transport), then whether it may come in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ingress_reference.h"
#include "lib/packet.h"

#define NOTE_MS	      30000
#define NOTE_SLACK_MS 5000 /* two clocks, and the time between two looks at them */
#define NOTES_SURE    500  /* newer notes than that many may have pushed one out */

/* No outcome: the packet is understood so far. */
#define GO_ON REFERENCE_OUTCOMES

/* What is known of a packet; everything up to end belongs to the IP datagram. */
struct reading {
	const uint8_t *ip;
	size_t have; /* bytes of the frame from ip on */
	size_t end;
	size_t at; /* the next header */
	unsigned int family;
	uint8_t source[16], destination[16];
	uint8_t hops;
	uint8_t protocol;
	bool fragmented, later;
	uint32_t id;
	uint8_t datagram_protocol; /* as all its fragments have it */
	unsigned int offset;	   /* in units of 8 bytes */
	unsigned int source_port, port;
};

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)packet_get16(at) << 16 | packet_get16(at + 2);
}

/* ---- what it is ------------------------------------------------------------------- */

static bool is_mapped(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(address, mapped, sizeof(mapped));
}

static enum guard_outcome read_ipv4(struct reading *r)
{
	const uint8_t *ip = r->ip;
	size_t header, total;
	unsigned int fragment;

	if (r->have < 20)
		return GUARD_PACKET_DROP_TRUNCATED;
	header = (ip[0] & 15) * 4;
	total = packet_get16(ip + 2);
	if (ip[0] >> 4 != 4 || header < 20 || total < header)
		return GUARD_PACKET_DROP_MALFORMED;
	if (header > r->have || total > r->have)
		return GUARD_PACKET_DROP_TRUNCATED;
	r->family = 4;
	r->end = total;
	r->at = header;
	r->hops = ip[8];
	r->protocol = r->datagram_protocol = ip[9];
	memcpy(r->source, ip + 12, 4);
	memcpy(r->destination, ip + 16, 4);
	fragment = packet_get16(ip + 6);
	r->id = packet_get16(ip + 4);
	r->offset = fragment & 0x1fff;
	r->fragmented = r->offset || fragment & 0x2000;
	r->later = r->offset;
	return GO_ON;
}

static bool is_extension(uint8_t next)
{
	return next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT ||
	       next == AUTHENTICATION || next == DESTINATION;
}

static size_t extension_bytes(uint8_t kind, const uint8_t *at)
{
	if (kind == FRAGMENT)
		return 8;
	if (kind == AUTHENTICATION)
		return (at[1] + 2) * 4;
	return (at[1] + 1) * 8;
}

/* An atomic fragment is none. A part of a part there is not: the kernel refuses it, too. */
static bool read_fragment(struct reading *r, const uint8_t *at)
{
	unsigned int word = packet_get16(at + 2);

	if (word >> 3 == 0 && !(word & 1))
		return true;
	if (r->fragmented)
		return false;
	r->fragmented = true;
	r->offset = word >> 3;
	r->later = r->offset;
	r->id = get32(at + 4);
	r->datagram_protocol = at[0];
	return true;
}

static enum guard_outcome read_extensions(struct reading *r)
{
	for (int n = 1; is_extension(r->protocol) && !r->later; n++) {
		const uint8_t *at = r->ip + r->at;
		size_t bytes;

		if (n > 8)
			return GUARD_PACKET_DROP_HEADERS;
		if (r->protocol == HOP_BY_HOP && n > 1)
			return GUARD_PACKET_DROP_MALFORMED;
		if (r->end - r->at < 8)
			return GUARD_PACKET_DROP_TRUNCATED;
		bytes = extension_bytes(r->protocol, at);
		if (bytes > r->end - r->at)
			return GUARD_PACKET_DROP_TRUNCATED;
		if (r->protocol == FRAGMENT && !read_fragment(r, at))
			return GUARD_PACKET_DROP_MALFORMED;
		r->protocol = at[0];
		r->at += bytes;
	}
	return GO_ON;
}

static enum guard_outcome read_ipv6(struct reading *r)
{
	const uint8_t *ip = r->ip;

	if (r->have < 40)
		return GUARD_PACKET_DROP_TRUNCATED;
	if (ip[0] >> 4 != 6)
		return GUARD_PACKET_DROP_MALFORMED;
	r->family = 6;
	r->at = 40;
	r->end = 40 + packet_get16(ip + 4);
	r->protocol = ip[6];
	r->hops = ip[7];
	memcpy(r->source, ip + 8, 16);
	memcpy(r->destination, ip + 24, 16);
	if (is_mapped(r->source) || is_mapped(r->destination))
		return GUARD_PACKET_DROP_MALFORMED;
	if (r->end > r->have)
		return GUARD_PACKET_DROP_TRUNCATED;
	return read_extensions(r);
}

static bool is_icmp(const struct reading *r)
{
	return r->protocol == (r->family == 4 ? ICMP : ICMPV6);
}

/* The policy reference names the protocol, not a family. */
static bool is_igmp(const struct reading *r)
{
	return r->protocol == IGMP;
}

static enum guard_outcome read_transport(struct reading *r)
{
	const uint8_t *at = r->ip + r->at;
	size_t have = r->end - r->at;

	if (r->protocol == TCP) {
		if (have < 20)
			return GUARD_PACKET_DROP_TRUNCATED;
		if (at[12] >> 4 < 5)
			return GUARD_PACKET_DROP_MALFORMED;
		if ((at[12] >> 4) * 4u > have)
			return GUARD_PACKET_DROP_TRUNCATED;
	} else if (r->protocol == UDP) {
		if (have < 8)
			return GUARD_PACKET_DROP_TRUNCATED;
		if (packet_get16(at + 4) < 8)
			return GUARD_PACKET_DROP_MALFORMED;
		if (!r->fragmented && packet_get16(at + 4) > have)
			return GUARD_PACKET_DROP_TRUNCATED;
	} else if ((is_icmp(r) || is_igmp(r)) && have < 8) {
		return GUARD_PACKET_DROP_TRUNCATED;
	}
	if (r->protocol == TCP || r->protocol == UDP) {
		r->source_port = packet_get16(at);
		r->port = packet_get16(at + 2);
	}
	return GO_ON;
}

/* ---- may it come in --------------------------------------------------------------- */

static bool is_link_local(const struct reading *r)
{
	return r->family == 6 && r->source[0] == 0xfe && (r->source[1] & 0xc0) == 0x80;
}

static bool is_link(const struct reading *r)
{
	const uint8_t *at = r->ip + r->at;

	if (r->protocol == UDP && r->family == 4)
		return r->source_port == 67 && r->port == 68;
	if (r->protocol == UDP)
		return r->source_port == 547 && r->port == 546 && is_link_local(r);
	if (!is_icmp(r))
		return false;
	if (r->family == 4)
		return at[0] == 3 || at[0] == 11 || at[0] == 12;
	if (at[0] >= 133 && at[0] <= 136)
		return r->hops == 255 && at[1] == 0;
	if ((at[0] >= 130 && at[0] <= 132) || at[0] == 143)
		return is_link_local(r);
	return at[0] >= 1 && at[0] <= 4;
}

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, unsigned int length)
{
	for (unsigned int i = 0; i < length; i++)
		if ((address[i / 8] ^ prefix[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static bool allows(const struct reference_endpoint *e, const struct reading *r)
{
	static const uint8_t unspecified[16];

	if (e->family) {
		if (e->family != r->family || !has_prefix(r->source, e->address, e->length))
			return false;
		if (e->length && !memcmp(r->source, unspecified, sizeof(unspecified)))
			return false;
	}
	if (e->every)
		return true;
	if (!(r->protocol == TCP && e->tcp) && !(r->protocol == UDP && e->udp))
		return false;
	return r->port >= e->first && r->port <= e->last;
}

static bool is_listed(const struct reference_section *section, const struct reading *r)
{
	for (size_t i = 0; i < section->n; i++)
		if (allows(&section->accept[i], r))
			return true;
	return false;
}

static bool answers(const struct reference_flow *f, const struct reading *r)
{
	static const uint8_t whichever[16];
	const uint8_t *at = r->ip + r->at;
	size_t bytes = r->family == 4 ? 4 : 16;
	bool tcp = f->kind <= FLOW_LISTENER, syn;

	if (f->family != r->family || memcmp(f->peer, r->source, bytes))
		return false;
	if (f->kind == FLOW_PING)
		return is_icmp(r) && at[0] == (r->family == 4 ? 0 : 129);
	if (r->protocol != (tcp ? TCP : UDP) || r->port != f->local_port ||
	    r->source_port != f->peer_port)
		return false;
	if (memcmp(f->local, whichever, bytes) && memcmp(f->local, r->destination, bytes))
		return false;
	syn = tcp && (at[13] & (SYN | ACK)) == SYN;
	return (f->kind == FLOW_OPENED && !syn) || f->kind == FLOW_SYN_SENT ||
	       f->kind == FLOW_CONNECTED || f->kind == FLOW_SENT;
}

static bool is_reply(const struct reference *x, const struct reading *r)
{
	for (size_t i = 0; i < x->n_flows; i++)
		if (answers(&x->flow[i], r))
			return true;
	return false;
}

static enum guard_outcome judge(const struct reference *x, const struct reference_section *section,
				const struct reading *r)
{
	bool icmp = is_icmp(r) || is_igmp(r);

	if (is_link(r))
		return GUARD_PACKET_LINK;
	if (is_listed(section, r))
		return GUARD_PACKET_RULE;
	if (section->icmp && icmp)
		return GUARD_PACKET_ICMP;
	if (section->replies && is_reply(x, r))
		return GUARD_PACKET_REPLY;
	return icmp ? GUARD_PACKET_DROP_ICMP : GUARD_PACKET_DROP_UNLISTED;
}

/* ---- fragments -------------------------------------------------------------------- */

static void note(struct reference *x, const struct reading *r, uint64_t now)
{
	struct reference_note *n = &x->note[x->noted++ % REFERENCE_NOTES];

	*n = (struct reference_note){ .family = r->family, .id = r->id, .at = now };
	n->protocol = r->datagram_protocol;
	memcpy(n->source, r->source, sizeof(n->source));
	memcpy(n->destination, r->destination, sizeof(n->destination));
}

static bool is_noted(const struct reference_note *n, const struct reading *r)
{
	return n->family == r->family && n->id == r->id && n->protocol == r->datagram_protocol &&
	       !memcmp(n->source, r->source, sizeof(n->source)) &&
	       !memcmp(n->destination, r->destination, sizeof(n->destination));
}

static void judge_later(const struct reference *x, const struct reading *r, uint64_t now,
			struct reference_answer *answer)
{
	answer->outcome = GUARD_PACKET_DROP_FRAGMENT;
	if (r->datagram_protocol == TCP && r->offset == 1)
		return;
	/* The newest first: a datagram that is noted again is as new as its last note. */
	for (uint64_t i = x->noted; i > 0 && i + REFERENCE_NOTES > x->noted; i--) {
		const struct reference_note *n = &x->note[(i - 1) % REFERENCE_NOTES];

		if (!is_noted(n, r))
			continue;
		if (now - n->at > NOTE_MS + NOTE_SLACK_MS)
			return;
		answer->undecided =
			now - n->at > NOTE_MS - NOTE_SLACK_MS || x->noted - i > NOTES_SURE;
		answer->outcome = GUARD_PACKET_FRAGMENT;
		return;
	}
}

/* ---- the whole -------------------------------------------------------------------- */

static enum guard_outcome read_frame(struct reading *r, const uint8_t *frame, size_t n)
{
	size_t at = 12;
	unsigned int type;

	for (int tags = 0;; tags++, at += 4) {
		if (n < at + 2)
			return GUARD_PACKET_DROP_TRUNCATED;
		type = packet_get16(frame + at);
		if (type != 0x8100 && type != 0x88a8)
			break;
		if (tags == 2)
			return GUARD_PACKET_DROP_HEADERS;
	}
	r->ip = frame + at + 2;
	r->have = n - at - 2;
	if (type == 0x0800)
		return read_ipv4(r);
	if (type == 0x86dd)
		return read_ipv6(r);
	if (type == 0x0806)
		return r->have < 28 ? GUARD_PACKET_DROP_TRUNCATED : GUARD_PACKET_LINK;
	if (type == 0x8809 || type == 0x888e || type == 0x88cc)
		return GUARD_PACKET_LINK;
	return GUARD_PACKET_DROP_PROTOCOL;
}

struct reference_answer reference_decide(struct reference *x, size_t section, const uint8_t *frame,
					 size_t n, uint64_t now)
{
	const struct reference_section *s = &x->section[section];
	struct reference_answer answer = { 0 };
	struct reading r = { 0 };

	answer.outcome = read_frame(&r, frame, n);
	answer.fragment = r.fragmented;
	if (answer.outcome == GO_ON && r.later) {
		judge_later(x, &r, now, &answer);
	} else if (answer.outcome == GO_ON) {
		answer.outcome = read_transport(&r);
		if (answer.outcome == GO_ON)
			answer.outcome = judge(x, s, &r);
		if (r.fragmented && answer.outcome < GUARD_PACKET_DROPPED)
			note(x, &r, now);
	}
	answer.pass = answer.outcome < GUARD_PACKET_DROPPED || s->audit;
	return answer;
}
