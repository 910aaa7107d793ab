// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building frames: see packet.h.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/packet.h"

uint16_t packet_get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

void packet_put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void put32(uint8_t *at, uint32_t value)
{
	packet_put16(at, value >> 16);
	packet_put16(at + 2, value);
}

unsigned int packet_address(uint8_t out[16], const char *text)
{
	memset(out, 0, 16);
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	if (inet_pton(AF_INET6, text, out) == 1)
		return 6;
	printf("Bail out! '%s' is no address\n", text);
	exit(1);
}

/* Room for @n more bytes, all zero. */
static uint8_t *append(struct packet *p, size_t n)
{
	uint8_t *at = p->bytes + p->n;

	if (n > PACKET_MAX - p->n) {
		printf("Bail out! a packet of more than %d bytes\n", PACKET_MAX);
		exit(1);
	}
	memset(at, 0, n);
	p->n += n;
	return at;
}

static void build_link(struct packet *p, const struct packet_shape *s)
{
	static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

	memcpy(append(p, sizeof(addresses)), addresses, sizeof(addresses));
	for (int i = 0; i < PACKET_TAGS && s->tags[i]; i++) {
		uint8_t *tag = append(p, 4);

		packet_put16(tag, s->tags[i]);
		packet_put16(tag + 2, 100 + i);
	}
	packet_put16(append(p, 2), s->family == 6 ? 0x86dd : 0x0800);
}

static void build_ipv4(struct packet *p, const struct packet_shape *s)
{
	uint8_t *ip = append(p, 20);

	ip[0] = 0x40 | (20 + s->options) / 4;
	packet_put16(ip + 4, s->id);
	packet_put16(ip + 6, (s->more ? 0x2000 : 0) | s->offset);
	ip[8] = s->hops ? s->hops : 64;
	ip[9] = s->protocol;
	memcpy(ip + 12, s->source, 4);
	memcpy(ip + 16, s->destination, 4);
	memset(append(p, s->options), 1, s->options); /* no operation */
}

static void build_header(struct packet *p, const struct packet_shape *s,
			 const struct packet_header *h, uint8_t next)
{
	size_t bytes = h->bytes ? h->bytes : h->kind == AUTHENTICATION ? 12 : 8;
	uint8_t *at = append(p, bytes);

	at[0] = next;
	if (h->kind == FRAGMENT) {
		packet_put16(at + 2, s->offset << 3 | s->more);
		put32(at + 4, s->id);
		return;
	}
	at[1] = h->kind == AUTHENTICATION ? bytes / 4 - 2 : bytes / 8 - 1;
	/* One option that fills the header (PadN); the rest of a long one are zeroes (Pad1). */
	if (h->kind == HOP_BY_HOP || h->kind == DESTINATION) {
		at[2] = 1;
		at[3] = 4;
	}
}

static void build_ipv6(struct packet *p, const struct packet_shape *s)
{
	uint8_t *ip = append(p, 40);

	ip[0] = 0x60;
	ip[6] = s->n_headers ? s->headers[0].kind : s->protocol;
	ip[7] = s->hops ? s->hops : 64;
	memcpy(ip + 8, s->source, 16);
	memcpy(ip + 24, s->destination, 16);
	for (unsigned int i = 0; i < s->n_headers; i++)
		build_header(p, s, &s->headers[i],
			     i + 1 < s->n_headers ? s->headers[i + 1].kind : s->protocol);
}

static void build_tcp(struct packet *p, const struct packet_shape *s)
{
	uint8_t *tcp = append(p, 20);

	packet_put16(tcp, s->source_port);
	packet_put16(tcp + 2, s->port);
	put32(tcp + 4, 1000);
	put32(tcp + 8, s->flags & ACK ? 2000 : 0);
	tcp[12] = (20 + s->tcp_options) / 4 << 4;
	tcp[13] = s->flags;
	packet_put16(tcp + 14, 64240);
	memset(append(p, s->tcp_options), 1, s->tcp_options);
}

static void build_transport(struct packet *p, const struct packet_shape *s)
{
	uint8_t *at;

	p->transport = p->n;
	if (s->protocol == TCP) {
		build_tcp(p, s);
	} else if (s->protocol == UDP) {
		at = append(p, 8);
		packet_put16(at, s->source_port);
		packet_put16(at + 2, s->port);
		packet_put16(at + 4, 8 + s->payload);
	} else {
		/* Of the others the first four bytes say something where ports would be. */
		at = append(p, 8);
		packet_put16(at, s->source_port);
		packet_put16(at + 2, s->port);
		if (s->protocol == ICMP || s->protocol == ICMPV6 || s->protocol == IGMP) {
			at[0] = s->type;
			at[1] = s->code;
		}
	}
	memset(append(p, s->payload), 0xa5, s->payload);
}

void packet_fit(struct packet *p)
{
	uint8_t *ip = p->bytes + p->network;

	if (p->n < p->network + 20)
		return;
	if (ip[0] >> 4 == 4)
		packet_put16(ip + 2, p->n - p->network);
	else if (p->n >= p->network + 40)
		packet_put16(ip + 4, p->n - p->network - 40);
}

static bool has_header(const struct packet_shape *s, uint8_t kind)
{
	for (unsigned int i = 0; i < s->n_headers; i++)
		if (s->headers[i].kind == kind)
			return true;
	return false;
}

void packet_build(struct packet *p, const struct packet_shape *shape)
{
	struct packet_shape s = *shape;

	/* An IPv6 fragment has a header that says so; where no place is named, the last. */
	if (s.family == 6 && (s.offset || s.more) && !has_header(&s, FRAGMENT) &&
	    s.n_headers < PACKET_HEADERS)
		s.headers[s.n_headers++] = (struct packet_header){ FRAGMENT };
	p->n = 0;
	build_link(p, &s);
	p->network = p->n;
	if (s.family == 6)
		build_ipv6(p, &s);
	else
		build_ipv4(p, &s);
	build_transport(p, &s);
	packet_fit(p);
}
