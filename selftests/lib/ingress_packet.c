// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames of the ingress tests, from what a test says of them: correct in all that it does not
 * say otherwise, checksums too, so that a host without a guard takes them.
 *
 * Each has a number, in its source address and in front of its data. The data behind that is
 * zeroes, of which checksums know nothing: the first fragment has that of the whole datagram.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ingress_wire.h"

#define FRAGMENT_HEADER 8

static int round_id; /* what is left of a datagram that never was whole must not meet another one */

void frame_next_round(void)
{
	round_id += 1000;
}

static void put8(struct frame *f, int value)
{
	f->data[f->len++] = value;
}

static void put16(struct frame *f, int value)
{
	put8(f, value >> 8);
	put8(f, value);
}

static void put32(struct frame *f, uint32_t value)
{
	put16(f, value >> 16);
	put16(f, value);
}

static void set16(struct frame *f, size_t at, int value)
{
	f->data[at] = value >> 8;
	f->data[at + 1] = value;
}

static void put_bytes(struct frame *f, const char *bytes, size_t n)
{
	memcpy(f->data + f->len, bytes, n);
	f->len += n;
}

static uint32_t sum(uint32_t start, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		start += i % 2 ? p[i] : p[i] << 8;
	return start;
}

static uint16_t folded(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s;
}

static void put_ethernet(struct frame *f, const struct packet *p)
{
	int type = p->ethertype ?: p->v == 4 ? 0x0800 : 0x86dd;

	put16(f, 0x0270);
	put32(f, p->wire);
	put16(f, 0x0277);
	put32(f, f->id);
	if (p->net == VLAN) {
		put16(f, 0x8100);
		put16(f, 10);
	} else if (p->net == QINQ) {
		put16(f, 0x88a8);
		put16(f, 20);
		put16(f, 0x8100);
		put16(f, 30);
	}
	for (int i = 0; i < p->tags; i++) {
		put16(f, 0x8100);
		put16(f, 0);
	}
	put16(f, type);
}

static void put_address(struct frame *f, int v, const char *text)
{
	unsigned char a[16];

	if (inet_pton(v == 4 ? AF_INET : AF_INET6, text, a) != 1)
		abort();
	memcpy(f->data + f->len, a, v == 4 ? 4 : 16);
	f->len += v == 4 ? 4 : 16;
}

static void put_ipv4(struct frame *f, const struct packet *p)
{
	size_t at = f->len;

	put16(f, 0x4000 + ((5 + p->options) << 8));
	put16(f, 0);
	put16(f, round_id + p->id);
	put16(f, (p->more ? 0x2000 : 0) | p->at / 8);
	put8(f, p->hops ?: 64);
	put8(f, p->next ?: p->proto);
	put16(f, 0);
	put_address(f, 4, f->from);
	put_address(f, 4, f->to);
	/*
	 * No operation, no operation, end of the list, and then what would be the lower half of
	 * port 53 to a look that takes the header to be 20 bytes.
	 */
	for (int i = 0; i < p->options; i++)
		put32(f, i ? 0 : 0x01010035);
	if (p->options > 1)
		memset(f->data + at + 20, 1, 4 * p->options);
}

static void put_ipv6(struct frame *f, const struct packet *p, int next)
{
	put32(f, 0x60000000);
	put16(f, 0);
	put8(f, next);
	put8(f, p->hops ?: 64);
	put_address(f, 6, f->from);
	put_address(f, 6, f->to);
}

static int header_of(char letter)
{
	switch (letter) {
	case 'h':
		return IPPROTO_HOPOPTS;
	case 'r':
		return IPPROTO_ROUTING;
	case 'a':
		return IPPROTO_AH;
	case 'f':
		return IPPROTO_FRAGMENT;
	default:
		return IPPROTO_DSTOPTS;
	}
}

static void put_extension(struct frame *f, const struct packet *p, char letter, int next)
{
	put8(f, next);
	switch (letter) {
	case 'f':
		put8(f, 0);
		put16(f, (p->at & ~7) | p->more);
		put32(f, round_id + p->id);
		break;
	case 'a': /* its length is of another measure than that of the others */
		put8(f, 2);
		put_bytes(f, "\0\0\0\0\1\0\0\0\0\0\0\0\1\0", 14);
		break;
	case 'r': /* nowhere else to go */
		put8(f, 0);
		put_bytes(f, "\375\0\0\0\0\0", 6);
		break;
	default: /* padding */
		put8(f, 0);
		put_bytes(f, "\1\4\0\0\0\0", 6);
	}
}

/* A later fragment has no headers behind that which says so. */
static char *extensions(const struct packet *p)
{
	bool fragment = p->more || p->at;
	char *ext = strdup(p->ext ? p->ext : ""), *at = strchr(ext, 'f');

	if (fragment && !at)
		ext = path("%sf", ext);
	if (p->at)
		strchr(ext, 'f')[1] = 0;
	return ext;
}

static void put_headers(struct frame *f, const struct packet *p)
{
	char *ext = extensions(p);
	int last = p->next ?: p->proto;

	put_ipv6(f, p, *ext ? header_of(*ext) : last);
	for (const char *x = ext; *x; x++)
		put_extension(f, p, *x, x[1] ? header_of(x[1]) : last);
	free(ext);
}

static void put_tcp(struct frame *f, const struct packet *p)
{
	put16(f, f->sport);
	put16(f, p->dport);
	put32(f, f->id);
	put32(f, p->flags & 0x10 ? 1 : 0);
	put16(f, 0x5000 | (p->flags ?: 0x02));
	put16(f, 0xffff);
	put32(f, 0);
}

static void put_udp(struct frame *f, const struct packet *p, int size)
{
	put16(f, f->sport);
	put16(f, p->dport);
	put16(f, 8 + (p->whole ? p->whole : size));
	put16(f, 0);
}

static void put_icmp(struct frame *f, const struct packet *p)
{
	put8(f, p->type);
	put8(f, p->code);
	put16(f, 0);
	put32(f, f->id);
}

static size_t put_transport(struct frame *f, const struct packet *p, int size)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		put_tcp(f, p);
		return f->len - 4;
	case IPPROTO_UDP:
		put_udp(f, p, size);
		return f->len - 2;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_IGMP:
		put_icmp(f, p);
		return f->len - 6;
	}
	return 0;
}

/* What stands in front of all data; a solicitation has its own: a target, and who asks. */
static void put_data(struct frame *f, const struct packet *p, int size)
{
	char text[16];
	size_t end = f->len + size;

	if (p->v == 6 && p->proto == IPPROTO_ICMPV6 && p->type == 135) {
		set16(f, f->len - 4, 0);
		set16(f, f->len - 2, 0);
		put_address(f, 6, f->to);
		put32(f, 0x01010277);
		put32(f, f->id);
		return;
	}
	snprintf(text, sizeof(text), "#%010u", f->id);
	memset(f->data + f->len, 0, size);
	memcpy(f->data + f->len, text, size < 11 ? size : 11);
	f->len = end;
}

static void set_checksum(struct frame *f, const struct packet *p, size_t network, size_t transport,
			 size_t field)
{
	size_t n = f->len - transport, addresses = p->v == 4 ? 8 : 32;
	int header = p->proto == IPPROTO_TCP ? 20 : 8,
	    whole = p->whole ? p->whole + header : (int)n;
	uint32_t s = sum(0, f->data + transport, n);

	if (p->proto != IPPROTO_ICMP && p->proto != IPPROTO_IGMP)
		s += sum(p->proto + whole, f->data + network + (p->v == 4 ? 12 : 8), addresses);
	set16(f, field, folded(s) ?: 0xffff);
}

static void put_datagram(struct frame *f, const struct packet *p)
{
	int size = p->size ? p->size : 16;
	size_t network = f->len, transport, field = 0;

	if (p->v == 4)
		put_ipv4(f, p);
	else
		put_headers(f, p);
	transport = f->len;
	if (!p->at)
		field = put_transport(f, p, size);
	if (p->at)
		f->len += size;
	else
		put_data(f, p, size);
	set16(f, network + (p->v == 4 ? 2 : 4), f->len - network - (p->v == 4 ? 0 : 40));
	if (field)
		set_checksum(f, p, network, transport, field);
	if (p->first)
		f->data[network] = p->first;
	if (p->poke)
		f->data[network + p->poke] = p->value;
	if (p->poke2)
		f->data[network + p->poke2] = p->value2;
	if (p->v == 4)
		set16(f, network + 10,
		      folded(sum(0, f->data + network, 4 * (f->data[network] & 15))));
}

static void put_arp(struct frame *f, const struct packet *p)
{
	put16(f, 1);
	put16(f, 0x0800);
	put16(f, 0x0604);
	put16(f, 1);
	put16(f, 0x0277);
	put32(f, f->id);
	put_address(f, 4, wire_address(p->net ?: p->wire, 4, p->from ?: 2));
	put16(f, 0);
	put32(f, 0);
	put_address(f, 4, wire_address(p->net ?: p->wire, 4, 1));
}

void frame_make(struct frame *f, const struct packet *p)
{
	static uint32_t id = 1000;
	int net = p->net ?: p->wire;

	memset(f, 0, sizeof(*f));
	f->id = id++;
	f->sport = p->sport ?: 20000 + (int)f->id % 10000;
	if (p->v) {
		snprintf(f->from, sizeof(f->from), "%s",
			 p->source ?: wire_address(net, p->v, p->from ?: 2));
		snprintf(f->to, sizeof(f->to), "%s", p->to ?: wire_address(net, p->v, 1));
	}
	put_ethernet(f, p);
	if (p->v)
		put_datagram(f, p);
	else if (p->ethertype == 0x0806)
		put_arp(f, p);
	else
		f->len += p->size;
	f->len -= p->cut;
	f->len += p->pad;
}
