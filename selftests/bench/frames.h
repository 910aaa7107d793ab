/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ethernet frames for the bench: as a peer on the bench's veth pair would send them.
 */
#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_BYTES 256

/* Additions to a plain packet. */
#define FRAME_TAG	0x1u /* of a VLAN */
#define FRAME_OPTIONS	0x2u /* of IPv4 */
#define FRAME_EXTENSION 0x4u /* of IPv6: destination options */
#define FRAME_MALFORMED 0x8u /* a length of the IP header that cannot be */
#define FRAME_ARP	0x10u

struct form {
	uint8_t from[16]; /* of IPv4 the first four */
	bool is_ipv6;
	uint8_t protocol; /* IPPROTO_TCP (a segment with ACK) or IPPROTO_UDP */
	uint16_t from_port, to_port;
	unsigned int with; /* FRAME_* */
};

struct frame {
	uint8_t bytes[FRAME_BYTES];
	unsigned int size;
};

/* The addresses of this end, as the script packets-guest gives them, and the other's MAC address. */
#define INSIDE_MAC  0x02, 0, 0, 0, 0x77, 1
#define OUTSIDE_MAC 0x02, 0, 0, 0, 0x77, 2
#define INSIDE_IPV4 10, 77, 0, 1
#define INSIDE_IPV6 0xfd, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1

struct frame make_frame(const struct form *form);

#endif
