// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packets that the ingress tests send, with what is to become of them under the policy of
 * ingress_net.c. Wire 0 has a list, 1 accepts nothing, 2 ICMP and no replies, 3 accepts
 * anything, 4 nothing in audit mode, 5 has no section; 6 has
 * a list again. Without a guard each gets in.
 *
 * A packet without a name belongs to the one before it: a datagram in parts, or what is tried
 * when something else has been let in.
 */
#include <netinet/in.h>

#include "lib/ingress_wire.h"

#define UDP(port)	.proto = IPPROTO_UDP, .dport = (port)
#define TCP(port)	.proto = IPPROTO_TCP, .dport = (port)
#define ICMP4(t)	.v = 4, .proto = IPPROTO_ICMP, .type = (t)
#define ICMP6(t)	.v = 6, .proto = IPPROTO_ICMPV6, .type = (t)
#define STRANGER	.from = 3
#define FRIEND		.from = 200 /* listed with all its ports and protocols */
#define NOBODY		.from = 9   /* so that it does not change who the others are */
#define PORT_53		.poke = 22, .value = 0, .poke2 = 23, .value2 = 53 /* where udp has it */
#define LINK_TYPE(type) .ethertype = (type), .size = 46

#define UNLISTED  .why = "not listed"
#define NO_ICMP	  .why = "icmp"
#define FRAGMENT  .why = "fragment"
#define TRUNCATED .why = "truncated"
#define MALFORMED .why = "malformed"
#define HEADERS	  .why = "too many headers"
#define UNKNOWN	  .why = "unknown protocol"

/* Who to which port, by address, port and protocol: 5632 is 22 with its bytes swapped. */
#define PORTS(what, ip, ...)                                                                       \
	{ what " udp", .v = ip, UDP(53), .effect = DATA, __VA_ARGS__ },                            \
		{ what " tcp", .v = ip, TCP(22), .effect = SYN_ACK, __VA_ARGS__ },                 \
		{ what " tcp of another one", .v = ip, TCP(443), .effect = SYN_ACK, __VA_ARGS__ }, \
		{ what " udp, unlisted port",                                                      \
		  .v = ip,                                                                         \
		  UDP(20150),                                                                      \
		  UNLISTED,                                                                        \
		  .effect = DATA,                                                                  \
		  __VA_ARGS__ },                                                                   \
		{ what " udp, swapped port",                                                       \
		  .v = ip,                                                                         \
		  UDP(13568),                                                                      \
		  UNLISTED,                                                                        \
		  .effect = DATA,                                                                  \
		  __VA_ARGS__ },                                                                   \
		{ what " udp, where tcp is listed",                                                \
		  .v = ip,                                                                         \
		  UDP(443),                                                                        \
		  UNLISTED,                                                                        \
		  .effect = DATA,                                                                  \
		  __VA_ARGS__ },                                                                   \
		{ what " tcp, unlisted port", .v = ip,	  TCP(8080), UNLISTED,                     \
		  .effect = SYN_ACK,	      __VA_ARGS__ },                                       \
		{ what " tcp, where udp is listed",                                                \
		  .v = ip,                                                                         \
		  TCP(53),                                                                         \
		  UNLISTED,                                                                        \
		  .effect = SYN_ACK,                                                               \
		  __VA_ARGS__ },                                                                   \
		{ what " tcp, 5632 for 22", .v = ip,	TCP(5632), UNLISTED,                       \
		  .effect = SYN_ACK,	    __VA_ARGS__ },                                         \
		{ what " tcp, 0xbb01 for 443", .v = ip,	   TCP(0xbb01), UNLISTED,                  \
		  .effect = SYN_ACK,	       __VA_ARGS__ },                                      \
		{ what " udp, unlisted peer",                                                      \
		  .v = ip,                                                                         \
		  UDP(53),                                                                         \
		  STRANGER,                                                                        \
		  UNLISTED,                                                                        \
		  .effect = DATA,                                                                  \
		  __VA_ARGS__ },                                                                   \
		{ what " tcp, unlisted peer", .v = ip,	  TCP(22), STRANGER, UNLISTED,             \
		  .effect = SYN_ACK,	      __VA_ARGS__ },                                       \
	{                                                                                          \
		what " udp, from the listed port", .v = ip, UDP(20150), .sport = 53, UNLISTED,     \
						   .effect = DATA, __VA_ARGS__                     \
	}

/* A datagram of 64 bytes of data in two parts: 24 and what is left. */
#define FIRST(ip, port, number) \
	.v = ip, UDP(port), .whole = 64, .size = 24, .more = true, .id = (number)
#define LATER(ip, number) .v = ip, .proto = IPPROTO_UDP, .at = 32, .size = 40, .id = (number)

const struct packet packets[] = {
	PORTS("ipv4", 4),
	PORTS("ipv6", 6),
	PORTS("vlan ipv4", 4, .net = VLAN),
	PORTS("vlan ipv6", 6, .net = VLAN),
	PORTS("qinq ipv4", 4, .net = QINQ),
	PORTS("qinq ipv6", 6, .net = QINQ),
	{ "priority tag", .v = 4, UDP(53), .tags = 1, .effect = DATA },
	{ "priority tag, unlisted", .v = 4, UDP(20150), .tags = 1, UNLISTED, .effect = DATA },
	{ "three tags", .v = 4, UDP(53), .tags = 3, HEADERS },
	{ "three tags, ipv6", .v = 6, TCP(22), .tags = 1, .net = QINQ, HEADERS },

	/* Addresses. */
	{ "any peer", .v = 4, UDP(20100), STRANGER, .effect = DATA },
	{ "any peer, ipv6", .v = 6, UDP(20100), STRANGER, .effect = DATA },
	{ "any peer, far away", .v = 4, UDP(20100), .source = "198.51.100.77", .effect = DATA },
	{ "the end of a range of ports", .v = 4, UDP(20109), STRANGER, .effect = DATA },
	{ "beyond a range of ports", .v = 4, UDP(20110), STRANGER, UNLISTED, .effect = DATA },
	{ "a prefix", .v = 4, UDP(20150), .source = "198.51.100.128", .effect = DATA },
	{ "the end of a prefix", .v = 4, UDP(20150), .source = "198.51.100.191", .effect = DATA },
	{ "before a prefix", .v = 4, UDP(20150), .source = "198.51.100.127", UNLISTED,
	  .effect = DATA },
	{ "behind a prefix", .v = 4, UDP(20150), .source = "198.51.100.192", UNLISTED,
	  .effect = DATA },
	{ "a prefix of ipv6", .v = 6, UDP(20150), .source = "2001:db8:77:7fff::1", .effect = DATA },
	{ "behind a prefix of ipv6", .v = 6, UDP(20150), .source = "2001:db8:77:8000::", UNLISTED,
	  .effect = DATA },
	{ "no source", .v = 4, UDP(53), .source = "0.0.0.0", UNLISTED },
	{ "no source, in a prefix that holds it", .v = 4, UDP(20120), .source = "0.0.0.0",
	  UNLISTED },
	{ "others in that prefix", .v = 4, UDP(20120), STRANGER, .effect = DATA },
	{ "no source, where all are listed", .v = 4, UDP(20100), .source = "0.0.0.0" },
	{ "no source, ipv6", .v = 6, UDP(53), .source = "::", UNLISTED },
	{ "no source, ipv6, where all are listed", .v = 6, UDP(20100), .source = "::" },
	{ "a mapped source", .v = 6, UDP(53), .source = "::ffff:10.7.0.2", MALFORMED },
	{ "a mapped target", .v = 6, UDP(53), .to = "::ffff:10.7.0.1", MALFORMED },
	{ "from this host itself", .v = 4, UDP(53), .source = "10.7.0.1", UNLISTED },
	{ "from this host's loopback", .v = 4, UDP(53), .source = "127.0.0.1", UNLISTED },
	{ "from ::1", .v = 6, UDP(53), .source = "::1", UNLISTED },

	/* Protocols. */
	{ "all protocols of a peer", .v = 4, UDP(20150), FRIEND, .effect = DATA },
	{ "all protocols of a peer: icmp", ICMP4(8), FRIEND, .effect = ECHO },
	{ "all protocols of a peer: icmpv6", ICMP6(128), FRIEND, .effect = ECHO },
	{ "all protocols of a peer: gre", .v = 4, .proto = 47, FRIEND },
	{ "gre", .v = 4, .proto = 47, UNLISTED },
	{ "sctp to the number of a listed port", .v = 4, .proto = 132, .size = 32, PORT_53,
	  UNLISTED },
	{ "esp, ipv6", .v = 6, .proto = 50, UNLISTED },
	{ "ip in ip", .v = 4, .proto = 4, UNLISTED },
	{ "udp-lite to a port where udp is listed", .v = 4, .proto = 136, PORT_53, UNLISTED },
	{ "no next header", .v = 6, .proto = 59, UNLISTED },

	/* IPv4 headers. The options hold what would be a listed port without them. */
	{ "options", .v = 4, UDP(53), .options = 1, .effect = DATA },
	{ "options that look like a port", .v = 4, UDP(20150), .options = 1, UNLISTED,
	  .effect = DATA },
	{ "many options", .v = 4, UDP(53), .options = 10, .effect = DATA },
	{ "many options, tcp", .v = 4, TCP(22), .options = 10, .effect = SYN_ACK },
	{ "many options, unlisted port", .v = 4, TCP(8080), .options = 10, UNLISTED,
	  .effect = SYN_ACK },
	{ "padding behind the datagram", .v = 4, UDP(53), .pad = 20, .effect = DATA },
	{ "padding behind the datagram, ipv6", .v = 6, TCP(22), .pad = 20, .effect = SYN_ACK },
	{ "the port in the padding", .v = 4, UDP(53), .poke = 3, .value = 22, TRUNCATED },
	{ "the port in the padding, ipv6", .v = 6, TCP(22), .poke = 5, .value = 2, TRUNCATED },
	{ "version 5", .v = 4, UDP(53), .first = 0x55, MALFORMED },
	{ "version 6 of 20 bytes", .v = 4, UDP(53), .first = 0x65, MALFORMED },
	{ "a header of 16 bytes", .v = 4, UDP(53), .first = 0x44, MALFORMED },
	{ "a header of 60 bytes, of 44", .v = 4, UDP(53), .first = 0x4f, MALFORMED },
	{ "version 4 of 40 bytes", .v = 6, UDP(53), .first = 0x40, MALFORMED },
	{ "ipv4 in ipv6's ethertype", .v = 4, UDP(53), .ethertype = 0x86dd, MALFORMED },
	{ "ipv6 in ipv4's ethertype", .v = 6, UDP(53), .ethertype = 0x0800, MALFORMED },
	{ "total length of 19", .v = 4, UDP(53), .poke = 3, .value = 19, MALFORMED },
	{ "total length of 0", .v = 4, UDP(53), .poke = 3, .value = 0, MALFORMED },
	{ "total length beyond the frame", .v = 4, UDP(53), .poke = 3, .value = 200, TRUNCATED },
	{ "cut in the data", .v = 4, UDP(53), .cut = 1, TRUNCATED },
	{ "cut in the udp header", .v = 4, UDP(53), .cut = 17, TRUNCATED },
	{ "cut in the ip header", .v = 4, UDP(53), .cut = 25, TRUNCATED },
	{ "cut before the ip header", .v = 4, UDP(53), .cut = 44, TRUNCATED },
	{ "payload length beyond the frame", .v = 6, UDP(53), .poke = 5, .value = 200, TRUNCATED },
	{ "cut in the ipv6 header", .v = 6, UDP(53), .cut = 25, TRUNCATED },
	{ "a jumbogram", .v = 6, UDP(53), .ext = "h", .poke = 5, .value = 0, TRUNCATED },
	{ "cut in the second tag", .v = 4, UDP(53), .net = QINQ, .cut = 46, TRUNCATED },

	/* Transport headers. */
	{ "udp length of 7", .v = 4, UDP(53), .poke = 25, .value = 7, MALFORMED },
	{ "udp length of 0, ipv6", .v = 6, UDP(53), .poke = 45, .value = 0, .poke2 = 44,
	  MALFORMED },
	{ "udp length beyond the datagram", .v = 4, UDP(53), .poke = 25, .value = 25, TRUNCATED },
	{ "tcp header of 16 bytes", .v = 4, TCP(22), .poke = 32, .value = 0x40, MALFORMED },
	{ "tcp header beyond the datagram", .v = 4, TCP(22), .poke = 32, .value = 0xf0, TRUNCATED },
	{ "tcp header beyond the datagram, ipv6", .v = 6, TCP(22), .poke = 52, .value = 0xf0,
	  TRUNCATED },
	{ "tcp header of 19 bytes", .v = 4, TCP(22), .poke = 3, .value = 39, TRUNCATED },
	{ "an acknowledgement out of nowhere", .v = 4, TCP(8080), .flags = 0x10, UNLISTED },
	{ "a reset out of nowhere", .v = 6, TCP(8080), .flags = 0x04, UNLISTED },
	{ "all flags, unlisted port", .v = 4, TCP(8080), .flags = 0x3f, UNLISTED },

	/* Extension headers. */
	{ "hop-by-hop", .v = 6, UDP(53), .ext = "h", .effect = DATA },
	{ "destination options", .v = 6, TCP(22), .ext = "d", .effect = SYN_ACK },
	{ "routing", .v = 6, UDP(53), .ext = "r", .effect = DATA },
	{ "three kinds", .v = 6, UDP(53), .ext = "hdr", .effect = DATA },
	{ "vlan, three kinds", .v = 6, UDP(53), .ext = "hdr", .net = VLAN, .effect = DATA },
	{ "authentication", .v = 6, UDP(53), .ext = "a" },
	{ "hop-by-hop, unlisted port", .v = 6, UDP(20150), .ext = "h", UNLISTED, .effect = DATA },
	{ "destination options, unlisted port", .v = 6, TCP(8080), .ext = "d", UNLISTED,
	  .effect = SYN_ACK },
	{ "three kinds, unlisted peer", .v = 6, UDP(53), .ext = "hdr", STRANGER, UNLISTED,
	  .effect = DATA },
	{ "authentication, unlisted port", .v = 6, UDP(20150), .ext = "a", UNLISTED },
	{ "eight headers", .v = 6, UDP(53), .ext = "hddddddd", .effect = DATA },
	{ "eight headers, unlisted port", .v = 6, UDP(20150), .ext = "hddddddd", UNLISTED,
	  .effect = DATA },
	{ "nine headers", .v = 6, UDP(53), .ext = "hdddddddd", HEADERS, .effect = DATA },
	{ "hop-by-hop later", .v = 6, UDP(53), .ext = "dh", MALFORMED },
	{ "a header beyond the datagram", .v = 6, UDP(53), .ext = "d", .poke = 41, .value = 9,
	  TRUNCATED },
	{ "a header up to the end", .v = 6, UDP(53), .ext = "d", .poke = 41, .value = 3,
	  TRUNCATED },
	{ "cut in a header", .v = 6, UDP(53), .ext = "d", .poke = 5, .value = 7, TRUNCATED },

	/* Fragments. A later one comes in behind the first one of its datagram alone. */
	{ "two parts", FIRST(4, 53, 1), .effect = DATA },
	{ NULL, LATER(4, 1) },
	{ "two parts, ipv6", FIRST(6, 53, 1), .effect = DATA },
	{ NULL, LATER(6, 1) },
	{ "two parts, vlan", FIRST(4, 53, 2), .net = VLAN, .effect = DATA },
	{ NULL, LATER(4, 2), .net = VLAN },
	{ "two parts, options in the first", FIRST(4, 53, 3), .options = 1, .effect = DATA },
	{ NULL, LATER(4, 3) },
	{ "two parts, headers in front", FIRST(6, 53, 2), .ext = "hf", .effect = DATA },
	{ NULL, LATER(6, 2), .ext = "hf" },
	{ "two parts, a header in the first", .v = 6, UDP(53), .whole = 64, .size = 24,
	  .more = true, .id = 3, .ext = "fd", .effect = DATA },
	{ NULL, .v = 6, .proto = IPPROTO_UDP, .next = IPPROTO_DSTOPTS, .at = 40, .size = 40,
	  .id = 3 },
	{ "two parts, unlisted port", FIRST(4, 20150, 4), UNLISTED, .effect = DATA },
	{ NULL, LATER(4, 4), FRAGMENT },
	{ "two parts, unlisted port, ipv6", FIRST(6, 20150, 4), UNLISTED, .effect = DATA },
	{ NULL, LATER(6, 4), FRAGMENT },
	{ "two parts, unlisted peer", FIRST(6, 53, 5), STRANGER, UNLISTED, .effect = DATA },
	{ NULL, LATER(6, 5), STRANGER, FRAGMENT },
	{ "the later part first", LATER(4, 6), FRAGMENT, .effect = DATA },
	{ NULL, FIRST(4, 53, 6) },
	{ "the later part first, ipv6", LATER(6, 6), FRAGMENT, .effect = DATA },
	{ NULL, FIRST(6, 53, 6) },
	{ "of another datagram", FIRST(4, 53, 7) },
	{ NULL, LATER(4, 8), FRAGMENT },
	{ "of another peer", FIRST(4, 53, 9) },
	{ NULL, LATER(4, 9), STRANGER, FRAGMENT },
	{ "of another peer, ipv6", FIRST(6, 53, 9) },
	{ NULL, LATER(6, 9), STRANGER, FRAGMENT },
	{ "to another address", FIRST(4, 53, 10) },
	{ NULL, LATER(4, 10), .to = "10.7.10.1", FRAGMENT },
	{ "of another protocol", FIRST(4, 53, 11) },
	{ NULL, .v = 4, .proto = 17, .next = 1, .at = 32, .size = 40, .id = 11, FRAGMENT },
	{ "a second beginning", FIRST(4, 53, 12) },
	{ NULL, FIRST(4, 20150, 12), UNLISTED },
	{ "a second beginning, ipv6", FIRST(6, 53, 12) },
	{ NULL, FIRST(6, 20150, 12), UNLISTED },
	{ "a beginning without ports", .v = 4, UDP(53), .size = 16, .more = true, .id = 13,
	  .poke = 3, .value = 24, TRUNCATED },
	{ "a beginning with 8 bytes of tcp", .v = 4, TCP(22), .size = 4, .more = true, .id = 14,
	  .poke = 3, .value = 28, TRUNCATED },
	{ "tcp from its eighth byte on", .v = 4, TCP(22), .at = 8, .size = 32, .id = 14, FRAGMENT },
	{ "tcp from its eighth byte on, of an accepted one", .v = 4, TCP(22), .more = true,
	  .size = 12, .id = 15 },
	{ NULL, .v = 4, TCP(22), .at = 8, .size = 32, .id = 15, FRAGMENT },
	{ "the same, ipv6", .v = 6, TCP(22), .more = true, .size = 12, .id = 15 },
	{ NULL, .v = 6, TCP(22), .at = 8, .size = 32, .id = 15, FRAGMENT },
	{ "tcp in two parts", .v = 4, TCP(22), .more = true, .size = 12, .whole = 32, .id = 16,
	  .effect = SYN_ACK },
	{ NULL, .v = 4, TCP(22), .at = 32, .size = 20, .id = 16 },
	{ "tcp in two parts, unlisted port", .v = 4, TCP(8080), .more = true, .size = 12,
	  .whole = 32, .id = 17, UNLISTED, .effect = SYN_ACK },
	{ NULL, .v = 4, TCP(8080), .at = 32, .size = 20, .id = 17, FRAGMENT },
	{ "a fragment header around all of it", .v = 6, UDP(53), .ext = "f", .effect = DATA },
	{ "a fragment header around all of it, unlisted", .v = 6, UDP(20150), .ext = "f", UNLISTED,
	  .effect = DATA },
	{ "a beginning that is all headers", .v = 6, UDP(53), .ext = "fd", .more = true, .id = 18,
	  .poke = 5, .value = 16, TRUNCATED },
	{ "ping in two parts", ICMP4(8), .more = true, .size = 24, .id = 19, NO_ICMP },
	{ NULL, .v = 4, .proto = 1, .at = 32, .size = 40, .id = 19, FRAGMENT },

	/* ICMP: what the protocols cannot do without comes in, more needs icmp = yes. */
	{ "ping", ICMP4(8), NO_ICMP, .effect = ECHO },
	{ "ping, ipv6", ICMP6(128), NO_ICMP, .effect = ECHO },
	{ "ping, vlan", ICMP4(8), .net = VLAN, NO_ICMP, .effect = ECHO },
	{ "ping, extension headers", ICMP6(128), .ext = "hd", NO_ICMP, .effect = ECHO },
	{ "echo reply out of nowhere", ICMP4(0), NO_ICMP },
	{ "echo reply out of nowhere, ipv6", ICMP6(129), NO_ICMP },
	{ "timestamp", ICMP4(13), .size = 12, NO_ICMP },
	{ "redirect", ICMP4(5), .code = 1, .size = 28, NO_ICMP },
	{ "igmp", .v = 4, .proto = IPPROTO_IGMP, .type = 0x11, .to = "224.0.0.1", NO_ICMP },
	{ "unreachable", ICMP4(3), .code = 4, .size = 28 },
	{ "time exceeded", ICMP4(11), .size = 28 },
	{ "parameter problem", ICMP4(12), .size = 28 },
	{ "unreachable, ipv6", ICMP6(1), .size = 48 },
	{ "too big", ICMP6(2), .size = 48 },
	{ "time exceeded, ipv6", ICMP6(3), .size = 48 },
	{ "parameter problem, ipv6", ICMP6(4), .size = 48 },
	{ "icmp of seven bytes", ICMP4(3), .poke = 3, .value = 27, TRUNCATED },
	{ "icmpv6 of seven bytes", ICMP6(135), .hops = 255, .poke = 5, .value = 7, TRUNCATED },
	{ "router solicitation", ICMP6(133), .hops = 255, .source = "fe80::2" },
	{ "router advertisement", ICMP6(134), .hops = 255, .source = "fe80::2", .to = "ff02::1" },
	{ "neighbour solicitation", ICMP6(135), .hops = 255, NOBODY, .effect = ADVERT },
	{ "neighbour advertisement", ICMP6(136), .hops = 255, NOBODY, .size = 24 },
	{ "neighbour solicitation from afar", ICMP6(135), .hops = 254, NO_ICMP },
	{ "neighbour solicitation of another code", ICMP6(135), .hops = 255, .code = 1, NO_ICMP },
	{ "redirect, ipv6", ICMP6(137), .hops = 255, .source = "fe80::2", NO_ICMP },
	{ "multicast query", ICMP6(130), .hops = 1, .source = "fe80::2", .to = "ff02::1",
	  .ext = "h" },
	{ "multicast report", ICMP6(143), .hops = 1, .source = "fe80::2", .to = "ff02::16",
	  .ext = "h" },
	{ "multicast query from afar", ICMP6(130), .hops = 1, .to = "ff02::1", NO_ICMP },
	{ "icmpv6 over ipv4", .v = 4, .proto = 58, .type = 135, .hops = 255, UNLISTED },
	{ "icmp over ipv6", .v = 6, .proto = 1, .type = 3, UNLISTED },

	/* DHCP: what a server says to a client, and nothing like it. */
	{ "dhcp", .v = 4, UDP(68), .sport = 67, STRANGER, .effect = DATA },
	{ "dhcp to all", .v = 4, UDP(68), .sport = 67, STRANGER, .to = "255.255.255.255",
	  .effect = DATA },
	{ "dhcp from a client", .v = 4, UDP(67), .sport = 68, UNLISTED, .effect = DATA },
	{ "dhcp from another port", .v = 4, UDP(68), .sport = 53, UNLISTED, .effect = DATA },
	{ "dhcp, tcp", .v = 4, TCP(68), .sport = 67, UNLISTED },
	{ "dhcp's ports, ipv6", .v = 6, UDP(68), .sport = 67, UNLISTED, .effect = DATA },
	{ "dhcpv6", .v = 6, UDP(546), .sport = 547, .source = "fe80::2", .effect = DATA },
	{ "dhcpv6 from afar", .v = 6, UDP(546), .sport = 547, UNLISTED, .effect = DATA },
	{ "dhcpv6's ports, ipv4", .v = 4, UDP(546), .sport = 547, UNLISTED, .effect = DATA },

	/* Who is listed elsewhere. */
	{ "to another interface's address", .wire = 1, .v = 4, UDP(53), .source = "10.7.0.2",
	  .to = "10.7.0.1", UNLISTED, .effect = DATA },
	{ "to a vlan's address, untagged", .v = 4, UDP(53), STRANGER, .to = "10.7.10.1", UNLISTED,
	  .effect = DATA },

	/* What is no IP. */
	{ "arp", .ethertype = 0x0806, NOBODY, .effect = ARP_REPLY },
	{ "arp, vlan", .ethertype = 0x0806, NOBODY, .net = VLAN, .effect = ARP_REPLY },
	{ "arp of 27 bytes", .ethertype = 0x0806, NOBODY, .cut = 1, TRUNCATED },
	{ "lacp", LINK_TYPE(0x8809) },
	{ "eapol", LINK_TYPE(0x888e) },
	{ "lldp", LINK_TYPE(0x88cc) },
	{ "a length in place of the type", LINK_TYPE(0x002e), UNKNOWN },
	{ "mpls", LINK_TYPE(0x8847), UNKNOWN },
	{ "pppoe", LINK_TYPE(0x8864), UNKNOWN },
	{ "ipv4 under another type", .v = 4, UDP(53), .ethertype = 0x88b5, UNKNOWN },
	{ "the old type of outer tags", .v = 4, UDP(53), .ethertype = 0x9100, UNKNOWN },

	/* accept = none: what the link needs comes in. */
	{ "none: udp", .wire = 1, .v = 4, UDP(53), UNLISTED, .effect = DATA },
	{ "none: tcp", .wire = 1, .v = 6, TCP(22), UNLISTED, .effect = SYN_ACK },
	{ "none: all protocols", .wire = 1, .v = 4, UDP(20150), FRIEND, UNLISTED, .effect = DATA },
	{ "none: ping", .wire = 1, ICMP4(8), NO_ICMP, .effect = ECHO },
	{ "none: arp", .wire = 1, .ethertype = 0x0806, NOBODY, .effect = ARP_REPLY },
	{ "none: neighbour solicitation", .wire = 1, ICMP6(135), .hops = 255, NOBODY,
	  .effect = ADVERT },
	{ "none: dhcp", .wire = 1, .v = 4, UDP(68), .sport = 67, .effect = DATA },

	/* icmp = yes. */
	{ "icmp: ping", .wire = 2, ICMP4(8), .effect = ECHO },
	{ "icmp: ping, ipv6", .wire = 2, ICMP6(128), .effect = ECHO },
	{ "icmp: ping, extension headers", .wire = 2, ICMP6(128), .ext = "hd", .effect = ECHO },
	{ "icmp: ping in two parts", .wire = 2, ICMP4(8), .more = true, .size = 24, .whole = 64,
	  .id = 1, .effect = ECHO },
	{ NULL, .wire = 2, .v = 4, .proto = 1, .at = 32, .size = 40, .id = 1 },
	{ "icmp: timestamp", .wire = 2, ICMP4(13), .size = 12 },
	{ "icmp: igmp", .wire = 2, .v = 4, .proto = IPPROTO_IGMP, .type = 0x11, .to = "224.0.0.1" },
	{ "icmp: truncated", .wire = 2, ICMP4(8), .poke = 3, .value = 27, TRUNCATED },
	{ "icmp: udp", .wire = 2, .v = 4, UDP(53), UNLISTED, .effect = DATA },
	{ "icmp: tcp", .wire = 2, .v = 6, TCP(22), UNLISTED, .effect = SYN_ACK },

	/* accept = any: what can be understood. */
	{ "any: udp", .wire = 3, .v = 4, UDP(20150), STRANGER, .effect = DATA },
	{ "any: tcp", .wire = 3, .v = 6, TCP(8080), STRANGER, .effect = SYN_ACK },
	{ "any: ping", .wire = 3, ICMP4(8), .effect = ECHO },
	{ "any: gre", .wire = 3, .v = 4, .proto = 47 },
	{ "any: no source", .wire = 3, .v = 4, UDP(20150), .source = "0.0.0.0" },
	{ "any: malformed", .wire = 3, .v = 4, UDP(53), .poke = 25, .value = 7, MALFORMED },
	{ "any: a mapped source", .wire = 3, .v = 6, UDP(53), .source = "::ffff:10.7.3.2",
	  MALFORMED },
	{ "any: no first fragment", .wire = 3, LATER(4, 1), FRAGMENT },
	{ "any: mpls", .wire = 3, LINK_TYPE(0x8847), UNKNOWN },
	{ "any: nine headers", .wire = 3, .v = 6, UDP(53), .ext = "hdddddddd", HEADERS,
	  .effect = DATA },

	/* mode = audit: reported, and let in. */
	{ "audit: udp", .wire = 4, .v = 4, UDP(53), UNLISTED, .effect = DATA },
	{ "audit: tcp", .wire = 4, .v = 6, TCP(22), UNLISTED, .effect = SYN_ACK },
	{ "audit: ping", .wire = 4, ICMP4(8), NO_ICMP, .effect = ECHO },
	{ "audit: two parts", .wire = 4, FIRST(4, 53, 1), UNLISTED, .effect = DATA },
	{ NULL, .wire = 4, LATER(4, 1), FRAGMENT },
	{ "audit: the later part first", .wire = 4, LATER(6, 2), FRAGMENT, .effect = DATA },
	{ NULL, .wire = 4, FIRST(6, 53, 2), UNLISTED },
	{ "audit: truncated", .wire = 4, .v = 4, UDP(53), .cut = 17, TRUNCATED },
	{ "audit: mpls", .wire = 4, LINK_TYPE(0x8847), UNKNOWN },
	{ "audit: arp", .wire = 4, .ethertype = 0x0806, NOBODY, .effect = ARP_REPLY },

	/* An interface whose driver cannot run XDP programs: they are run behind it. */
	PORTS("generic ipv4", 4, .wire = 6),
	PORTS("generic ipv6", 6, .wire = 6),
	{ "generic: options", .wire = 6, .v = 4, UDP(53), .options = 10, .effect = DATA },
	{ "generic: three kinds", .wire = 6, .v = 6, UDP(53), .ext = "hdr", .effect = DATA },
	{ "generic: two parts", .wire = 6, FIRST(4, 53, 1), .effect = DATA },
	{ NULL, .wire = 6, LATER(4, 1) },
	{ "generic: two parts, unlisted", .wire = 6, FIRST(6, 20150, 1), UNLISTED, .effect = DATA },
	{ NULL, .wire = 6, LATER(6, 1), FRAGMENT },
	{ "generic: truncated", .wire = 6, .v = 4, UDP(53), .cut = 17, TRUNCATED },
	{ "generic: mpls", .wire = 6, LINK_TYPE(0x8847), UNKNOWN },
	{ "generic: arp", .wire = 6, .ethertype = 0x0806, NOBODY, .effect = ARP_REPLY },
	{ "generic: tagged once more", .wire = 6, .v = 4, UDP(20150), .tags = 1, UNLISTED },
	{ "generic: ping", .wire = 6, ICMP6(128), NO_ICMP, .effect = ECHO },

	/* An interface without a section. */
	{ "free: udp", .wire = 5, .v = 4, UDP(53), .effect = DATA },
	{ "free: tcp", .wire = 5, .v = 6, TCP(8080), .effect = SYN_ACK },
	{ "free: ping", .wire = 5, ICMP4(8), .effect = ECHO },
	{ "free: malformed", .wire = 5, .v = 4, UDP(53), .poke = 25, .value = 7 },
	{ "free: mpls", .wire = 5, LINK_TYPE(0x8847) },
};

const size_t n_packets = sizeof(packets) / sizeof(*packets);
