/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet's headers, read into what the decision needs. One reader for both layers: XDP has a
 * packet from its Ethernet header on, of which the first page is at hand; a socket has it from
 * its IP header on, at an address in the kernel. Nothing beyond the end of the IP datagram is
 * read, and what cannot be followed to its transport header is not accepted. XDP tries a shorter
 * way first, at the end of this file, for frames that have nothing unusual in them.
 *
 * A function here returns what came of the packet (enum guard_outcome), or GO_ON.
 */
#ifndef LSM_GUARD_PACKET_BPF_H
#define LSM_GUARD_PACKET_BPF_H

#include "endpoint.bpf.h"

#define GO_ON GUARD_PACKET_OUTCOMES

#define DHCP_SERVER   67
#define DHCP_CLIENT   68
#define DHCPV6_CLIENT 546
#define DHCPV6_SERVER 547

/* Ethernet types, in network order. */
#define ETH_P_IP     0x0008
#define ETH_P_ARP    0x0608
#define ETH_P_8021Q  0x0081
#define ETH_P_IPV6   0xdd86
#define ETH_P_SLOW   0x0988 /* LACP */
#define ETH_P_PAE    0x8e88 /* EAPOL */
#define ETH_P_8021AD 0xa888
#define ETH_P_LLDP   0xcc88

#define ETH_HEADER  14
#define ETH_TAG	    4
#define ETH_TAGS    2
#define ARP_BYTES   28
#define IPV4_HEADER 20
#define IPV6_HEADER 40

enum { FRAGMENT_NONE, FRAGMENT_FIRST, FRAGMENT_LATER };

struct packet {
	struct request rq; /* address and protocol: where from; port: where to */
	__u64 to[2];
	__u32 at, end; /* of what is still to be read, and of the datagram */
	__u32 fragment_id;
	__u16 fragment_at; /* 8 bytes each */
	__u16 fragment_of; /* the protocol as fragments name it */
	__u16 from_port;
	__u8 fragment;	 /* FRAGMENT_* */
	__u8 hops;	 /* that it could still have gone */
	__u8 type, code; /* of ICMP */
	__u8 syn;	 /* TCP's SYN without ACK */
	__u8 unused[5];
};

/*
 * Where to read from: @xdp, or @head when that is NULL. A datagram that the kernel has put
 * together of fragments or segments has its headers at hand, and the rest elsewhere.
 */
struct reader {
	struct xdp_md *xdp;
	__u64 head;
	__u32 linear;	    /* from head on, the end of what is at hand */
	__u32 end;	    /* of the frame; of XDP, of its first page */
	const __u8 *window; /* what is at window_at, read at once: mostly all that is needed */
	__u32 window_at;
};

#define WINDOW (IPV6_HEADER + 20) /* IPv6 and TCP */

/* No header starts beyond it: 8 extension headers of 2 KiB, and those before them. */
#define OFFSET_MASK 0x7fff

static __always_inline bool copy(const struct reader *r, __u32 at, void *to, const __u32 size)
{
	if (r->xdp)
		return !bpf_xdp_load_bytes(r->xdp, at, to, size);
	return at + size <= r->linear && !bpf_probe_read_kernel(to, size, (void *)(r->head + at));
}

/* Read so that the compiler takes them for pointers, not for the 32 bits that they are in C. */
static __always_inline void *data_of(const struct xdp_md *xdp)
{
	void *data;

	asm volatile("%0 = *(u32 *)(%1 + %[at])"
		     : "=r"(data)
		     : "r"(xdp), [at] "i"(__builtin_offsetof(struct xdp_md, data)));
	return data;
}

static __always_inline void *data_end_of(const struct xdp_md *xdp)
{
	void *end;

	asm volatile("%0 = *(u32 *)(%1 + %[at])"
		     : "=r"(end)
		     : "r"(xdp), [at] "i"(__builtin_offsetof(struct xdp_md, data_end)));
	return end;
}

/* So many bytes: in the packet itself where they can be, else in @room. NULL: they are not there. */
static __always_inline const void *bytes(const struct reader *r, __u32 at, void *room,
					 const __u32 size)
{
	if (r->xdp) {
		void *p = data_of(r->xdp) + (at & OFFSET_MASK);

		if (p + size <= data_end_of(r->xdp))
			return p;
	} else if (at + size <= r->linear) {
		if (at == r->window_at)
			return r->window;
		if (at == r->window_at + IPV4_HEADER)
			return r->window + IPV4_HEADER;
		if (at == r->window_at + IPV6_HEADER && size <= WINDOW - IPV6_HEADER)
			return r->window + IPV6_HEADER;
	}
	return copy(r, at, room, size) ? room : NULL;
}

/* The same, within the datagram. */
static __always_inline const void *within(const struct reader *r, const struct packet *p,
					  void *room, const __u32 size)
{
	return p->at + size <= p->end ? bytes(r, p->at, room, size) : NULL;
}

/* ---- transport ------------------------------------------------------------------- */

struct tcp_header {
	__u16 from, to;
	__u32 sequence, acknowledged;
	__u8 offset; /* upper half: 32-bit words */
	__u8 flags;
	__u16 window, check, urgent;
};

#define TCP_SYN 0x02
#define TCP_ACK 0x10

struct udp_header {
	__u16 from, to, length, check;
};

struct icmp_header {
	__u8 type, code;
	__u16 check;
	__u32 rest;
};

static __always_inline bool is_syn(const struct tcp_header *h)
{
	return (h->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static __always_inline int read_tcp(const struct reader *r, struct packet *p)
{
	struct tcp_header room;
	const struct tcp_header *h = within(r, p, &room, sizeof(room));

	if (!h)
		return GUARD_PACKET_DROP_TRUNCATED;
	p->from_port = __builtin_bswap16(h->from);
	p->rq.port = __builtin_bswap16(h->to);
	p->syn = is_syn(h);
	if (h->offset >> 4 < 5)
		return GUARD_PACKET_DROP_MALFORMED;
	return p->at + (h->offset >> 4) * 4 > p->end ? GUARD_PACKET_DROP_TRUNCATED : GO_ON;
}

static __always_inline int read_udp(const struct reader *r, struct packet *p)
{
	struct udp_header room;
	const struct udp_header *h = within(r, p, &room, sizeof(room));
	__u16 length;

	if (!h)
		return GUARD_PACKET_DROP_TRUNCATED;
	p->from_port = __builtin_bswap16(h->from);
	p->rq.port = __builtin_bswap16(h->to);
	length = __builtin_bswap16(h->length);
	if (length < sizeof(room))
		return GUARD_PACKET_DROP_MALFORMED;
	return !p->fragment && p->at + length > p->end ? GUARD_PACKET_DROP_TRUNCATED : GO_ON;
}

static __always_inline int read_icmp(const struct reader *r, struct packet *p)
{
	struct icmp_header room;
	const struct icmp_header *h = within(r, p, &room, sizeof(room));

	if (!h)
		return GUARD_PACKET_DROP_TRUNCATED;
	p->type = h->type;
	p->code = h->code;
	return GO_ON;
}

static __always_inline bool is_icmp(const struct packet *p)
{
	return p->rq.protocol == (p->rq.family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static __always_inline int read_transport(const struct reader *r, struct packet *p)
{
	if (p->rq.protocol == IPPROTO_TCP)
		return p->fragment == FRAGMENT_LATER && p->fragment_at == 1
			       ? GUARD_PACKET_DROP_FRAGMENT /* it would change the flags of the first */
		       : p->fragment == FRAGMENT_LATER ? GO_ON
						       : read_tcp(r, p);
	if (p->fragment == FRAGMENT_LATER)
		return GO_ON;
	if (p->rq.protocol == IPPROTO_UDP)
		return read_udp(r, p);
	if (is_icmp(p) || p->rq.protocol == IPPROTO_IGMP)
		return read_icmp(r, p);
	return GO_ON;
}

/* ---- IPv4 ------------------------------------------------------------------------ */

struct ipv4_header {
	__u8 version; /* upper half; the lower one is its own length in 32-bit words */
	__u8 service;
	__u16 length; /* of the datagram */
	__u16 id;
	__u16 fragment;
	__u8 hops;
	__u8 protocol;
	__u16 check;
	__u32 from, to;
};

#define IPV4_MORE   0x2000
#define IPV4_OFFSET 0x1fff

static __always_inline void note_fragment(struct packet *p, __u16 at, bool more)
{
	p->fragment_at = at;
	p->fragment = at ? FRAGMENT_LATER : more ? FRAGMENT_FIRST : FRAGMENT_NONE;
	p->fragment_of = p->rq.protocol;
}

/* Is all of the datagram there? */
static __always_inline bool is_whole(const struct reader *r, struct packet *p)
{
	/* Mostly it is in the first page, which asks no function. */
	if (p->end <= r->end)
		return true;
	if (r->xdp)
		return p->end <= bpf_xdp_get_buff_len(r->xdp);
	/* The kernel has checked its length, and then cut off what is behind UDP's own. */
	p->end = r->end;
	return true;
}

/* A length of 0 is what the kernel gives to one that it has put together, beyond 64 KiB. */
static __always_inline int read_ipv4(const struct reader *r, struct packet *p)
{
	struct ipv4_header room;
	const struct ipv4_header *h = bytes(r, p->at, &room, sizeof(room));
	__u32 own, length;
	__u16 fragment;

	if (!h)
		return GUARD_PACKET_DROP_TRUNCATED;
	own = (h->version & 0xf) * 4;
	length = __builtin_bswap16(h->length);
	if (!r->xdp && !length)
		length = r->end - p->at;
	if (h->version >> 4 != 4 || own < IPV4_HEADER || length < own)
		return GUARD_PACKET_DROP_MALFORMED;
	p->end = p->at + length;
	if (!is_whole(r, p))
		return GUARD_PACKET_DROP_TRUNCATED;
	set_ipv4(&p->rq, h->from);
	p->to[0] = (__u64)__builtin_bswap32(h->to) << 32;
	p->to[1] = 0;
	p->rq.protocol = h->protocol;
	p->hops = h->hops;
	fragment = __builtin_bswap16(h->fragment);
	if (fragment & (IPV4_MORE | IPV4_OFFSET)) {
		p->fragment_id = h->id;
		note_fragment(p, fragment & IPV4_OFFSET, fragment & IPV4_MORE);
	}
	p->at += own;
	return GO_ON;
}

/* ---- IPv6 ------------------------------------------------------------------------ */

struct ipv6_header {
	__u8 version; /* upper half */
	__u8 flow[3];
	__u16 length; /* of what follows */
	__u8 next;
	__u8 hops;
	__u32 from[4], to[4];
};

/* An extension header as far as all are alike; in one of fragments what comes next is ... */
struct ipv6_extension {
	__u8 next;
	__u8 length;  /* ... unused, */
	__u16 offset; /* the offset in bytes and whether there are more, */
	__u32 id;
};

#define IPV6_MORE	0x0001
#define IPV6_OFFSET	0xfff8
#define IPV6_EXTENSIONS 8

static __always_inline bool is_extension(__u32 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_AH || next == IPPROTO_DSTOPTS;
}

/* What the extension header at p->at says; p->rq.protocol is its kind, then the next one's. */
static __always_inline int read_extension(const struct reader *r, struct packet *p)
{
	__u32 kind = p->rq.protocol, length;
	struct ipv6_extension e;
	__u16 offset;

	if (p->at + sizeof(e) > p->end || !copy(r, p->at, &e, sizeof(e)))
		return GUARD_PACKET_DROP_TRUNCATED;
	length = kind == IPPROTO_FRAGMENT ? sizeof(e)
		 : kind == IPPROTO_AH	  ? (e.length + 2) * 4
					  : (e.length + 1) * 8;
	if (p->at + length > p->end)
		return GUARD_PACKET_DROP_TRUNCATED;
	p->at += length;
	p->rq.protocol = e.next;
	if (kind != IPPROTO_FRAGMENT)
		return GO_ON;
	offset = __builtin_bswap16(e.offset);
	if (p->fragment && offset & (IPV6_OFFSET | IPV6_MORE))
		return GUARD_PACKET_DROP_MALFORMED; /* a fragment of a fragment */
	if (offset & (IPV6_OFFSET | IPV6_MORE)) {
		p->fragment_id = e.id;
		note_fragment(p, offset >> 3, offset & IPV6_MORE);
	}
	return GO_ON;
}

static __always_inline int read_extensions(const struct reader *r, struct packet *p)
{
	for (int i = 0; i <= IPV6_EXTENSIONS; i++) {
		int what;

		if (!is_extension(p->rq.protocol) || p->fragment == FRAGMENT_LATER)
			return GO_ON;
		if (i == IPV6_EXTENSIONS)
			break;
		if (i && p->rq.protocol == IPPROTO_HOPOPTS)
			return GUARD_PACKET_DROP_MALFORMED;
		what = read_extension(r, p);
		if (what != GO_ON)
			return what;
	}
	return GUARD_PACKET_DROP_HEADERS;
}

/* Verified once, each by itself. */
__noinline int read_extensions_xdp(struct xdp_md *xdp, struct packet *p)
{
	struct reader r = { .xdp = xdp };

	return p ? read_extensions(&r, p) : GUARD_PACKET_DROP_TRUNCATED;
}

__noinline int read_extensions_head(__u64 head, __u32 linear, struct packet *p)
{
	struct reader r = { .head = head, .linear = linear };

	return p ? read_extensions(&r, p) : GUARD_PACKET_DROP_TRUNCATED;
}

static __always_inline bool is_mapped_ipv4(const __u32 address[4])
{
	return !address[0] && !address[1] && address[2] == 0xffff0000;
}

static __always_inline __u64 two_words(const __u32 *words)
{
	return (__u64)__builtin_bswap32(words[0]) << 32 | __builtin_bswap32(words[1]);
}

static __always_inline int read_ipv6(const struct reader *r, struct packet *p)
{
	struct ipv6_header room;
	const struct ipv6_header *h = bytes(r, p->at, &room, sizeof(room));
	__u32 length;

	if (!h)
		return GUARD_PACKET_DROP_TRUNCATED;
	/* On a wire there are none: they would pass for what they map. */
	if (h->version >> 4 != 6 || is_mapped_ipv4(h->from) || is_mapped_ipv4(h->to))
		return GUARD_PACKET_DROP_MALFORMED;
	length = __builtin_bswap16(h->length);
	p->at += IPV6_HEADER;
	p->end = !r->xdp && !length ? r->end : p->at + length;
	if (!is_whole(r, p))
		return GUARD_PACKET_DROP_TRUNCATED;
	p->rq.family = 6;
	p->rq.address[0] = two_words(h->from);
	p->rq.address[1] = two_words(h->from + 2);
	p->to[0] = two_words(h->to);
	p->to[1] = two_words(h->to + 2);
	p->rq.protocol = h->next;
	p->hops = h->hops;
	if (!is_extension(h->next))
		return GO_ON;
	return r->xdp ? read_extensions_xdp(r->xdp, p)
		      : read_extensions_head(r->head, r->linear, p);
}

/* ---- from the link on -------------------------------------------------------------- */

/* From the IP header at p->at on. */
static __always_inline int read_ip(const struct reader *r, struct packet *p, __u16 type)
{
	int what = type == ETH_P_IP ? read_ipv4(r, p) : read_ipv6(r, p);

	return what == GO_ON ? read_transport(r, p) : what;
}

static __always_inline bool is_tag(__u16 type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

/* An interface without a link layer: the first byte says which IP it is. */
static __always_inline int read_bare(struct xdp_md *xdp, struct packet *p)
{
	struct reader r = { .xdp = xdp, .end = data_end_of(xdp) - data_of(xdp) };
	__u8 room;
	const __u8 *version = bytes(&r, 0, &room, sizeof(room));

	if (!version)
		return GUARD_PACKET_DROP_TRUNCATED;
	if (*version >> 4 == 4)
		return read_ip(&r, p, ETH_P_IP);
	return *version >> 4 == 6 ? read_ip(&r, p, ETH_P_IPV6) : GUARD_PACKET_DROP_PROTOCOL;
}

/* From the Ethernet header on. */
static __always_inline int read_frame(struct xdp_md *xdp, struct packet *p)
{
	struct reader r = { .xdp = xdp, .end = data_end_of(xdp) - data_of(xdp) };
	__u8 room[ETH_HEADER];
	const __u8 *h = bytes(&r, 0, room, ETH_HEADER);
	__u16 type;

	if (!h)
		return GUARD_PACKET_DROP_TRUNCATED;
	type = *(const __u16 *)(h + ETH_HEADER - 2);
	p->at = ETH_HEADER;
	for (int i = 0; i < ETH_TAGS && is_tag(type); i++) {
		h = bytes(&r, p->at, room, ETH_TAG);
		if (!h)
			return GUARD_PACKET_DROP_TRUNCATED;
		type = *(const __u16 *)(h + ETH_TAG - 2);
		p->at += ETH_TAG;
	}
	if (type == ETH_P_IP || type == ETH_P_IPV6)
		return read_ip(&r, p, type);
	if (is_tag(type))
		return GUARD_PACKET_DROP_HEADERS;
	if (type == ETH_P_ARP)
		return p->at + ARP_BYTES <= r.end ? GUARD_PACKET_LINK : GUARD_PACKET_DROP_TRUNCATED;
	if (type == ETH_P_SLOW || type == ETH_P_PAE || type == ETH_P_LLDP)
		return GUARD_PACKET_LINK;
	return GUARD_PACKET_DROP_PROTOCOL;
}

/* ---- the frame that most are ------------------------------------------------------- */

/*
 * TCP or UDP right behind IP, which is right behind Ethernet, whole and in the first page: each
 * field is at a fixed place, and what a list is asked for stays in registers.
 */
struct plain {
	__u64 from[2];
	__u32 service;
	__u8 family;
};

static __always_inline bool is_plain_tcp(const struct plain *f)
{
	return f->service >> 16 == GUARD_PORTS_TCP;
}

/* DHCP is asked for before any list. */
static __always_inline bool is_dhcp_server(__u16 port)
{
	return port == DHCP_SERVER || port == DHCPV6_SERVER;
}

/* @at: so many bytes of the frame are before the header; the datagram ends with @end of it. */
static __always_inline bool read_plain_transport(const void *frame, const void *frame_end,
						 const __u32 at, __u32 end, __u8 protocol,
						 struct plain *f)
{
	const struct tcp_header *tcp = frame + at;
	const struct udp_header *udp = frame + at;
	__u32 length;

	if (end > frame_end - frame || (void *)(udp + 1) > frame_end)
		return false;
	if (protocol == IPPROTO_UDP) {
		length = __builtin_bswap16(udp->length);
		f->service = service(IPPROTO_UDP, __builtin_bswap16(udp->to));
		return length >= sizeof(*udp) && at + length <= end &&
		       !is_dhcp_server(__builtin_bswap16(udp->from));
	}
	if (protocol != IPPROTO_TCP || (void *)(tcp + 1) > frame_end)
		return false;
	f->service = service(IPPROTO_TCP, __builtin_bswap16(tcp->to));
	return tcp->offset >> 4 >= 5 && at + (tcp->offset >> 4) * 4 <= end;
}

/* False: it is not plain, or something is wrong with it. What, that is for read_frame() to say. */
static __always_inline bool read_plain(struct xdp_md *xdp, struct plain *f)
{
	const void *frame = data_of(xdp), *end = data_end_of(xdp);
	const struct ipv4_header *v4 = frame + ETH_HEADER;
	const struct ipv6_header *v6 = frame + ETH_HEADER;
	__u16 type;

	if ((void *)(v4 + 1) > end)
		return false;
	type = *(const __u16 *)(frame + ETH_HEADER - 2);
	if (type == ETH_P_IP) {
		if (v4->version != 0x45 ||
		    v4->fragment & __builtin_bswap16(IPV4_MORE | IPV4_OFFSET))
			return false;
		f->family = 4;
		f->from[0] = (__u64)__builtin_bswap32(v4->from) << 32;
		f->from[1] = 0;
		return read_plain_transport(frame, end, ETH_HEADER + IPV4_HEADER,
					    ETH_HEADER + __builtin_bswap16(v4->length),
					    v4->protocol, f);
	}
	if (type != ETH_P_IPV6 || (void *)(v6 + 1) > end)
		return false;
	if (v6->version >> 4 != 6 || is_mapped_ipv4(v6->from) || is_mapped_ipv4(v6->to))
		return false;
	f->family = 6;
	f->from[0] = two_words(v6->from);
	f->from[1] = two_words(v6->from + 2);
	return read_plain_transport(frame, end, ETH_HEADER + IPV6_HEADER,
				    ETH_HEADER + IPV6_HEADER + __builtin_bswap16(v6->length),
				    v6->next, f);
}

/* The rest of it, for whoever is not done with the list. */
static __always_inline int fill_plain(struct xdp_md *xdp, const struct plain *f, struct packet *p)
{
	const void *frame = data_of(xdp), *end = data_end_of(xdp);
	const struct ipv4_header *v4 = frame + ETH_HEADER;
	const struct ipv6_header *v6 = frame + ETH_HEADER;
	const struct udp_header *udp; /* TCP's ports are where UDP's are */

	if (f->family == 4) {
		udp = (void *)(v4 + 1);
		if ((void *)(udp + 1) > end)
			return GUARD_PACKET_DROP_TRUNCATED;
		p->rq.protocol = v4->protocol;
		p->to[0] = (__u64)__builtin_bswap32(v4->to) << 32;
	} else {
		udp = (void *)(v6 + 1);
		if ((void *)(udp + 1) > end)
			return GUARD_PACKET_DROP_TRUNCATED;
		p->rq.protocol = v6->next;
		p->to[0] = two_words(v6->to);
		p->to[1] = two_words(v6->to + 2);
	}
	p->rq.family = f->family;
	p->rq.address[0] = f->from[0];
	p->rq.address[1] = f->from[1];
	p->from_port = __builtin_bswap16(udp->from);
	p->rq.port = __builtin_bswap16(udp->to);
	return GO_ON;
}

#endif
