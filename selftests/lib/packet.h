/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames as they come in on an interface, built byte by byte: right ones from a shape, and
 * wrong ones from a right one that is cut or written over. Checksums are left out; the guard
 * does not look at them.
 */
#ifndef SELFTESTS_PACKET_H
#define SELFTESTS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX     66000 /* an IPv6 datagram of 65535 bytes after its header, and tags */
#define PACKET_TAGS    4
#define PACKET_HEADERS 12

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60 };
enum { ICMP = 1, IGMP = 2, TCP = 6, UDP = 17, GRE = 47, ESP = 50, ICMPV6 = 58, SCTP = 132 };
enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20 };

struct packet_header {
	uint8_t kind;
	uint16_t bytes; /* 0: the least, 8 (an authentication header: 12) */
};

struct packet_shape {
	uint16_t tags[PACKET_TAGS]; /* ethertypes of VLAN tags, up to the first 0 */
	unsigned int family;	    /* 4 or 6 */
	uint8_t source[16], destination[16];
	unsigned int options;			      /* IPv4: how many bytes of them */
	unsigned int hops;			      /* 0: 64 */
	struct packet_header headers[PACKET_HEADERS]; /* IPv6 */
	unsigned int n_headers;
	/* A fragment where offset or more is set, and an IPv6 fragment header, if there is one. */
	uint32_t id;
	unsigned int offset; /* in units of 8 bytes */
	bool more;
	uint8_t protocol;
	uint16_t source_port, port;
	uint8_t flags;		  /* TCP */
	unsigned int tcp_options; /* bytes */
	uint8_t type, code;	  /* ICMP, ICMPv6, IGMP */
	unsigned int payload;	  /* bytes after the transport header */
};

struct packet {
	size_t n;
	size_t network, transport; /* where their headers begin */
	uint8_t bytes[PACKET_MAX];
};

uint16_t packet_get16(const uint8_t *at);
void packet_put16(uint8_t *at, uint16_t value);
/* 4 or 6; an IPv4 address takes the first four bytes. Text that is no address ends the test. */
unsigned int packet_address(uint8_t out[16], const char *text);

void packet_build(struct packet *p, const struct packet_shape *shape);
/* Writes the datagram's length anew, so that it ends where the frame does. */
void packet_fit(struct packet *p);

/*
 * The same from words, for tables that people read. "tcp=22 from=192.0.2.5" is a SYN to port 22.
 *   tag=8100			a VLAN tag; the family is that of from= or to=
 *   from= to= hops= options=	of the IP header
 *   ext=60 ext=60:2048		IPv6 extension headers in turn; the second one of 2048 bytes
 *   id= offset= more		a fragment, offset in units of 8 bytes
 *   tcp=PORT udp=PORT icmp=TYPE icmp6=TYPE protocol=NUMBER	 sport= flags=SAFRPU code= payload=
 * and then, in the order in which they stand:
 *   n+6:2c	t+2:0016	bytes written over, from the network or the transport header on
 *   cut=40	n-cut=20	t-cut=8		the frame ends there; its datagram says what it said
 *   fit			the datagram ends where the frame does
 *   pad=18			zeroes behind
 */
void packet_text(struct packet *p, const char *text);

#endif
