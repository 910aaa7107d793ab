// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames, put together from their ends: what carries a header must know how long it is.
 */
#include <arpa/inet.h>
#include <string.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#include "frames.h"

#define PAYLOAD	 18 /* to the shortest frame of Ethernet, with IPv4 and UDP */
#define OPTIONS	 12
#define ARP_SIZE 28

static void put(struct frame *f, const void *bytes, unsigned int size)
{
	memcpy(f->bytes + f->size, bytes, size);
	f->size += size;
}

static void put_link(struct frame *f, const struct form *form)
{
	static const uint8_t macs[] = { INSIDE_MAC, OUTSIDE_MAC };
	uint16_t tag[] = { htons(ETHERTYPE_VLAN), htons(7) };
	uint16_t type = htons(form->with & FRAME_ARP ? ETHERTYPE_ARP
			      : form->is_ipv6	     ? ETHERTYPE_IPV6
						     : ETHERTYPE_IP);

	put(f, macs, sizeof(macs));
	if (form->with & FRAME_TAG)
		put(f, tag, sizeof(tag));
	put(f, &type, sizeof(type));
}

static uint16_t sum(const void *header, unsigned int size)
{
	const uint16_t *words = header;
	uint32_t sum = 0;

	for (unsigned int i = 0; i < size / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

static void put_ipv4(struct frame *f, const struct form *form, unsigned int rest)
{
	static const uint8_t to[] = { INSIDE_IPV4 };
	unsigned int size = sizeof(struct ip) + (form->with & FRAME_OPTIONS ? OPTIONS : 0);
	union {
		struct ip ip;
		uint8_t bytes[sizeof(struct ip) + OPTIONS];
	} h = { .ip = { .ip_v = 4,
			.ip_hl = size / 4,
			.ip_len = htons(size + rest),
			.ip_ttl = 60,
			.ip_p = form->protocol } };

	memset(h.bytes + sizeof(h.ip), IPOPT_NOP, OPTIONS);
	memcpy(&h.ip.ip_src, form->from, 4);
	memcpy(&h.ip.ip_dst, to, 4);
	if (form->with & FRAME_MALFORMED)
		h.ip.ip_hl = 4;
	h.ip.ip_sum = sum(&h, size);
	put(f, &h, size);
}

static void put_ipv6(struct frame *f, const struct form *form, unsigned int rest)
{
	static const uint8_t to[] = { INSIDE_IPV6 };
	/* Padding, as an option with four bytes. */
	uint8_t extension[8] = { form->protocol, 0, 1, 4 };
	bool extended = form->with & FRAME_EXTENSION;
	struct ip6_hdr h = { .ip6_flow = htonl(6U << 28),
			     .ip6_plen = htons(rest + (extended ? sizeof(extension) : 0)),
			     .ip6_nxt = extended ? IPPROTO_DSTOPTS : form->protocol,
			     .ip6_hlim = 60 };

	memcpy(&h.ip6_src, form->from, 16);
	memcpy(&h.ip6_dst, to, 16);
	put(f, &h, sizeof(h));
	if (extended)
		put(f, extension, sizeof(extension));
}

/* No check sums: what reads them is not measured (UDP over IPv4 may go without). */
static void put_transport(struct frame *f, const struct form *form)
{
	struct tcphdr tcp = { .source = htons(form->from_port),
			      .dest = htons(form->to_port),
			      .doff = 5,
			      .ack = 1,
			      .window = htons(512) };
	struct udphdr udp = { .source = htons(form->from_port),
			      .dest = htons(form->to_port),
			      .len = htons(sizeof(udp) + PAYLOAD) };

	if (form->protocol == IPPROTO_TCP)
		put(f, &tcp, sizeof(tcp));
	else
		put(f, &udp, sizeof(udp));
}

static void put_arp(struct frame *f)
{
	static const uint8_t arp[ARP_SIZE] = { 0, 1, 8, 0, 6, 4, 0, 2, OUTSIDE_MAC };

	put(f, arp, sizeof(arp));
}

struct frame make_frame(const struct form *form)
{
	static const uint8_t payload[PAYLOAD];
	unsigned int rest = PAYLOAD + (form->protocol == IPPROTO_TCP ? sizeof(struct tcphdr)
								     : sizeof(struct udphdr));
	struct frame f = { .size = 0 };

	put_link(&f, form);
	if (form->with & FRAME_ARP) {
		put_arp(&f);
	} else {
		if (form->is_ipv6)
			put_ipv6(&f, form, rest);
		else
			put_ipv4(&f, form, rest);
		put_transport(&f, form);
	}
	put(&f, payload, sizeof(payload));
	return f;
}
