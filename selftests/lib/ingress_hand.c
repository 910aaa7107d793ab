// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets whose outcome was written down by hand from the policy reference, in order: both the
 * reference decision and the guard must agree with it. The words are packet_text()'s.
 */
#include "lib/ingress_hand.h"

#define O(outcome) GUARD_PACKET_##outcome
#define MAC	   "020000000001020000000002"
#define V4	   "from=192.0.2.5 "
#define V6	   "from=2001:db8:5::1 "
#define STRANGER   "from=203.0.113.200 "
#define STRANGER6  "from=2001:470::1 "
#define EIGHT	   "ext=60 ext=60 ext=60 ext=60 ext=60 ext=60 ext=60 ext=60 "
#define NEIGHBOUR  "from=fe80::2 to=ff02::1 "
#define NO_CONTENT "payload=0 "
#define FIRST(id)  "id=" #id " more payload=32 "
#define LATER(id)  "id=" #id " offset=5 payload=32 "
#define HOP(n)	   "hops=" #n " "

const struct ingress_hand ingress_hand[] = {
	/* Addresses, ports and protocols on the list. */
	{ IN_LIST, V4 "tcp=22", O(RULE) },
	{ IN_LIST, V4 "tcp=22 flags=A", O(RULE) },
	{ IN_LIST, V4 "tcp=5632", O(DROP_UNLISTED) },
	{ IN_LIST, V4 "tcp=23 sport=22", O(DROP_UNLISTED) },
	{ IN_LIST, V4 "udp=22", O(DROP_UNLISTED) },
	{ IN_LIST, "from=192.0.3.5 tcp=22", O(DROP_UNLISTED) },
	{ IN_LIST, "from=192.0.3.5 to=192.0.2.5 tcp=22", O(DROP_UNLISTED) },
	{ IN_LIST, "from=5.2.0.192 tcp=22", O(DROP_UNLISTED) },
	{ IN_LIST, "from=10.9.8.7 tcp=5632", O(RULE) },
	{ IN_LIST, "from=10.9.8.7 udp=5632", O(RULE) },
	{ IN_LIST, "from=10.9.8.7 tcp=22", O(DROP_UNLISTED) },
	{ IN_LIST, "from=192.0.2.64 tcp=8000", O(RULE) },
	{ IN_LIST, "from=192.0.2.127 udp=8010", O(RULE) },
	{ IN_LIST, "from=192.0.2.127 udp=8011", O(DROP_UNLISTED) },
	{ IN_LIST, "from=192.0.2.128 udp=8010", O(DROP_UNLISTED) },
	{ IN_LIST, "from=192.0.2.65 tcp=22", O(RULE) },
	{ IN_LIST, "from=203.0.113.5 udp=53", O(RULE) },
	{ IN_LIST, "from=203.0.113.6 udp=53", O(DROP_UNLISTED) },
	{ IN_LIST, "from=203.0.113.3 udp=53", O(DROP_UNLISTED) },
	{ IN_LIST, STRANGER "tcp=443", O(RULE) },
	{ IN_LIST, STRANGER6 "tcp=443", O(RULE) },
	{ IN_LIST, STRANGER6 "udp=443", O(DROP_UNLISTED) },
	{ IN_LIST, STRANGER "udp=1194", O(RULE) },
	{ IN_LIST, STRANGER6 "udp=1194", O(DROP_UNLISTED) },
	{ IN_LIST, STRANGER6 "udp=1195", O(RULE) },
	{ IN_LIST, V6 "tcp=80", O(RULE) },
	{ IN_LIST, V6 "tcp=22", O(RULE) },
	{ IN_LIST, "from=2001:db8:6::1 tcp=22", O(DROP_UNLISTED) },
	{ IN_LIST, "from=2001:db9::1 tcp=80", O(DROP_UNLISTED) },
	/* An address of which everything is accepted. */
	{ IN_LIST, "from=198.51.100.7 protocol=47", O(RULE) },
	{ IN_LIST, "from=198.51.100.7 icmp=8", O(RULE) },
	{ IN_LIST, "from=198.51.100.8 protocol=47", O(DROP_UNLISTED) },
	{ IN_LIST, "from=2001:db8:7::7 protocol=132", O(RULE) },
	{ IN_LIST, "from=2001:db8:7::7 protocol=59", O(RULE) },
	{ IN_LIST, "from=2001:db8:7::8 protocol=132", O(DROP_UNLISTED) },
	/* No address at all is in no prefix but that of all. */
	{ IN_LIST, "from=0.0.0.0 tcp=443", O(RULE) },
	{ IN_LIST, "from=0.0.0.0 udp=1194", O(RULE) },
	{ IN_LIST, "from=:: udp=1195", O(RULE) },
	{ IN_LIST, "from=0.0.0.0 tcp=22", O(DROP_UNLISTED) },
	{ IN_EDGES, "from=0.0.0.0 tcp=2000", O(RULE) },
	{ IN_EDGES, "from=:: tcp=2000", O(DROP_UNLISTED) },
	{ IN_EDGES, "from=128.0.0.0 tcp=2001", O(RULE) },
	{ IN_EDGES, "from=127.255.255.255 tcp=2001", O(DROP_UNLISTED) },
	{ IN_EDGES, "from=170.85.170.85 tcp=2032", O(RULE) },
	{ IN_EDGES, "from=170.85.170.84 tcp=2031", O(RULE) },
	{ IN_EDGES, "from=170.85.170.84 tcp=2032", O(DROP_UNLISTED) },
	{ IN_NONE, V4 "tcp=22", O(DROP_UNLISTED) },
	{ IN_ANY, STRANGER "protocol=50", O(RULE) },
	{ IN_ANY, "from=:: protocol=50", O(RULE) },
	{ IN_AUDIT, V4 "tcp=23", O(DROP_UNLISTED) },
	/* Tags, options, extension headers. */
	{ IN_LIST, "tag=8100 " V4 "tcp=22", O(RULE) },
	{ IN_LIST, "tag=88a8 tag=8100 " V6 "tcp=22", O(RULE) },
	{ IN_LIST, "tag=8100 tag=8100 tag=8100 " V4 "tcp=22", O(DROP_HEADERS) },
	{ IN_ANY, "tag=9100 " V4 "tcp=22", O(DROP_PROTOCOL) },
	{ IN_LIST, V4 "options=40 tcp=22", O(RULE) },
	{ IN_LIST, V4 "options=4 tcp=23 sport=22", O(DROP_UNLISTED) },
	{ IN_LIST, V6 "ext=0 ext=60 ext=43 ext=51 ext=44 tcp=22", O(RULE) },
	{ IN_LIST, V6 "ext=60:2048 ext=60:2048 tcp=22", O(RULE) },
	{ IN_LIST, V6 "ext=60:2048 ext=60:2048 tcp=23", O(DROP_UNLISTED) },
	{ IN_ANY, V6 "ext=60 ext=0 tcp=22", O(DROP_MALFORMED) },
	{ IN_LIST, V6 EIGHT "tcp=22", O(RULE) },
	{ IN_LIST, V6 EIGHT "ext=60 tcp=22", O(DROP_HEADERS) },
	{ IN_ANY, V6 "ext=60 tcp=22 n+41:ff", O(DROP_TRUNCATED) },
	/* An authentication header counts in units of four bytes: 12 here, not 16. */
	{ IN_LIST, V6 "ext=51 tcp=22", O(RULE) },
	/* Lengths and versions. */
	{ IN_ANY, V4 "tcp=22 cut=0", O(DROP_TRUNCATED) },
	{ IN_ANY, V4 "tcp=22 cut=13", O(DROP_TRUNCATED) },
	{ IN_ANY, V4 "tcp=22 n-cut=19 fit", O(DROP_TRUNCATED) },
	{ IN_ANY, V4 "tcp=22 n-cut=39", O(DROP_TRUNCATED) },
	{ IN_ANY, V4 "tcp=22 n-cut=39 fit", O(DROP_TRUNCATED) },
	{ IN_LIST, V4 "tcp=22 pad=6", O(RULE) },
	{ IN_ANY, V4 "payload=12 tcp=22 n+2:0027", O(DROP_TRUNCATED) },
	{ IN_ANY, V4 "tcp=22 n+0:55", O(DROP_MALFORMED) },
	{ IN_ANY, V4 "tcp=22 n+0:44", O(DROP_MALFORMED) },
	{ IN_ANY, V4 "tcp=22 n+2:0013", O(DROP_MALFORMED) },
	{ IN_ANY, V4 "tcp=22 n+0:4b", O(DROP_MALFORMED) },
	{ IN_ANY, V4 "tcp=22 n+0:4b n+2:002c", O(DROP_TRUNCATED) },
	{ IN_ANY, V6 "tcp=22 n-cut=39", O(DROP_TRUNCATED) },
	{ IN_ANY, V6 "tcp=22 n+0:40", O(DROP_MALFORMED) },
	{ IN_ANY, V6 "tcp=22 n+4:0015", O(DROP_TRUNCATED) },
	{ IN_ANY, V6 "tcp=22 n+4:0000", O(DROP_TRUNCATED) },
	{ IN_ANY, V6 "protocol=59 n+4:0000", O(RULE) },
	{ IN_ANY, "from=::ffff:192.0.2.5 tcp=22", O(DROP_MALFORMED) },
	{ IN_ANY, V6 "to=::ffff:192.0.2.5 tcp=22", O(DROP_MALFORMED) },
	{ IN_ANY, V4 "tcp=22 t+12:40", O(DROP_MALFORMED) },
	{ IN_ANY, V4 "tcp=22 t+12:60", O(DROP_TRUNCATED) },
	{ IN_ANY, V4 "tcp=22 tcp-options=4", O(RULE) },
	{ IN_ANY, V4 "udp=53 t-cut=7 fit", O(DROP_TRUNCATED) },
	{ IN_ANY, V4 "udp=53 t+4:0007", O(DROP_MALFORMED) },
	{ IN_ANY, V4 "udp=53 t+4:0009", O(DROP_TRUNCATED) },
	{ IN_ANY, V4 "icmp=8 t-cut=7 fit", O(DROP_TRUNCATED) },
	{ IN_ANY, V4 "protocol=47 t-cut=0 fit", O(RULE) },
	/* What the network cannot do without. */
	{ IN_NONE, NEIGHBOUR HOP(255) "icmp6=135", O(LINK) },
	{ IN_NONE, "from=:: to=ff02::1 " HOP(255) "icmp6=135", O(LINK) },
	{ IN_NONE, NEIGHBOUR HOP(254) "icmp6=134", O(DROP_ICMP) },
	{ IN_NONE, NEIGHBOUR HOP(255) "icmp6=134 code=1", O(DROP_ICMP) },
	{ IN_NONE, NEIGHBOUR HOP(255) "icmp6=137", O(DROP_ICMP) },
	{ IN_NONE, NEIGHBOUR HOP(1) "ext=0 icmp6=130", O(LINK) },
	{ IN_NONE, STRANGER6 HOP(1) "ext=0 icmp6=130", O(DROP_ICMP) },
	{ IN_NONE, "from=fec0::1 icmp6=143", O(DROP_ICMP) },
	{ IN_NONE, STRANGER "icmp=3 code=4", O(LINK) },
	{ IN_NONE, STRANGER6 "icmp6=2", O(LINK) },
	{ IN_NONE, STRANGER "icmp=4", O(DROP_ICMP) },
	{ IN_NONE, STRANGER "icmp=5", O(DROP_ICMP) },
	{ IN_NONE, STRANGER "udp=68 sport=67", O(LINK) },
	{ IN_NONE, STRANGER "udp=67 sport=68", O(DROP_UNLISTED) },
	{ IN_NONE, NEIGHBOUR "udp=546 sport=547", O(LINK) },
	{ IN_NONE, STRANGER6 "udp=546 sport=547", O(DROP_UNLISTED) },
	{ IN_NONE, STRANGER6 "udp=68 sport=67", O(DROP_UNLISTED) },
	{ IN_NONE, STRANGER "tcp=68 sport=67", O(DROP_UNLISTED) },
	/* ICMP. */
	{ IN_LIST, V4 "icmp=8", O(DROP_ICMP) },
	{ IN_LIST, V4 "icmp=0", O(DROP_ICMP) },
	{ IN_ICMP, V4 "icmp=8", O(ICMP) },
	{ IN_ICMP, STRANGER6 "icmp6=128", O(ICMP) },
	{ IN_ICMP, STRANGER "igmp=17", O(ICMP) },
	{ IN_ICMP, "from=198.51.100.7 icmp=8", O(RULE) },
	{ IN_LIST, STRANGER "igmp=17", O(DROP_ICMP) },
	/* Fragments: of a datagram that is accepted, in turn and before its first; of another. */
	{ IN_LIST, V4 "tcp=22 " LATER(700), O(DROP_FRAGMENT) },
	{ IN_LIST, V4 "tcp=22 " FIRST(700), O(RULE) },
	{ IN_LIST, V4 "tcp=22 " LATER(700), O(FRAGMENT) },
	{ IN_LIST, V4 "tcp=22 more " LATER(700), O(FRAGMENT) },
	{ IN_LIST, V4 "tcp=22 " LATER(701), O(DROP_FRAGMENT) },
	{ IN_LIST, V4 "udp=22 " LATER(700), O(DROP_FRAGMENT) },
	{ IN_LIST, "from=192.0.2.6 tcp=22 " LATER(700), O(DROP_FRAGMENT) },
	{ IN_LIST, V4 "to=192.0.2.3 tcp=22 " LATER(700), O(DROP_FRAGMENT) },
	{ IN_LIST, V4 "tcp=22 id=700 offset=1 payload=32", O(DROP_FRAGMENT) },
	{ IN_LIST, V4 "tcp=23 " FIRST(702), O(DROP_UNLISTED) },
	{ IN_LIST, V4 "tcp=23 " LATER(702), O(DROP_FRAGMENT) },
	{ IN_LIST, V4 "tcp=22 " FIRST(703) "t-cut=16 fit", O(DROP_TRUNCATED) },
	{ IN_LIST, V4 "tcp=22 " LATER(703), O(DROP_FRAGMENT) },
	{ IN_LIST, STRANGER "udp=1194 " FIRST(704) "t+4:2000", O(RULE) },
	{ IN_LIST, STRANGER "udp=1194 id=704 offset=1 payload=32", O(FRAGMENT) },
	{ IN_ANY, V4 "protocol=47 " LATER(705), O(DROP_FRAGMENT) },
	{ IN_LIST, V6 "tcp=22 " LATER(7000001), O(DROP_FRAGMENT) },
	{ IN_LIST, V6 "tcp=22 " FIRST(7000001), O(RULE) },
	{ IN_LIST, V6 "tcp=22 " LATER(7000001), O(FRAGMENT) },
	{ IN_LIST, V6 "tcp=22 " LATER(7000002), O(DROP_FRAGMENT) },
	{ IN_LIST, V6 "ext=44 tcp=22 id=7000003", O(RULE) },
	{ IN_LIST, V6 "tcp=22 " LATER(7000003), O(DROP_FRAGMENT) },
	/* Two fragment headers: not when there is anything to be put together. */
	{ IN_LIST, V6 "ext=44 ext=44 tcp=22 id=7000005", O(RULE) },
	{ IN_ANY, V6 "ext=44 ext=44 tcp=22 id=7000005 more payload=32", O(DROP_MALFORMED) },
	{ IN_ANY, V6 "tcp=22 " LATER(7000005), O(DROP_FRAGMENT) },
	/* The transport header is not in the first fragment, but behind a header in the second. */
	{ IN_ANY, V6 "ext=44 ext=60:64 tcp=22 id=7000004 more t-cut=0 fit", O(DROP_TRUNCATED) },
	{ IN_ANY, V6 "ext=44 ext=60:64 tcp=22 id=7000004 offset=8", O(DROP_FRAGMENT) },
};

const size_t n_ingress_hand = sizeof(ingress_hand) / sizeof(*ingress_hand);

/* Whole frames, byte by byte, so that not all of them come from the same builder. */
const struct ingress_bytes ingress_bytes[] = {
	/* TCP SYN 192.0.2.5:40000 -> 192.0.2.1:22 */
	{ IN_LIST,
	  MAC "0800"
	      "4500002800000000400600 00c0000205c0000201"
	      "9c400016000003e80000000050020000 00000000",
	  O(RULE) },
	/* the same with 8 bytes of options, and 22 as the source's port */
	{ IN_LIST,
	  MAC "0800"
	      "4700003000000000400600 00c0000205c0000201 0101010101010101"
	      "00161600000003e80000000050020000 00000000",
	  O(DROP_UNLISTED) },
	/* VLAN 5, UDP 198.51.100.8:5000 -> :1194, Ethernet padding */
	{ IN_LIST,
	  MAC "8100 0005 0800"
	      "4500001c00000000401100 00c6336408c0000201"
	      "138804aa00080000"
	      "000000000000000000000000",
	  O(RULE) },
	/* neighbour solicitation from fe80::1 */
	{ IN_NONE,
	  MAC "86dd"
	      "6000000000183aff"
	      "fe800000000000000000000000000001"
	      "ff0200000000000000000001ff000001"
	      "87000000 00000000"
	      "20010db8000000000000000000000001",
	  O(LINK) },
	/* ARP request, whole, and a byte short of it */
	{ IN_NONE,
	  MAC "0806"
	      "0001080006040001"
	      "020000000002c0000205000000000000c0000201",
	  O(LINK) },
	{ IN_NONE,
	  MAC "0806"
	      "0001080006040001"
	      "020000000002c0000205000000000000c00002",
	  O(DROP_TRUNCATED) },
	/* LACP, EAPOL, LLDP, behind a tag too */
	{ IN_NONE,
	  "0180c2000002020000000002"
	  "8809"
	  "0101",
	  O(LINK) },
	{ IN_NONE,
	  "0180c2000003020000000002"
	  "888e"
	  "01010000",
	  O(LINK) },
	{ IN_NONE,
	  "0180c200000e020000000002"
	  "88cc"
	  "0207",
	  O(LINK) },
	{ IN_NONE,
	  "0180c200000e020000000002"
	  "8100 0001 88cc",
	  O(LINK) },
	/* spanning tree in an 802.3 frame, MPLS, PPPoE, what is nobody's */
	{ IN_ANY,
	  "0180c2000000020000000002"
	  "0026"
	  "424203000000",
	  O(DROP_PROTOCOL) },
	{ IN_ANY,
	  MAC "8847"
	      "00001140"
	      "4500",
	  O(DROP_PROTOCOL) },
	{ IN_ANY,
	  MAC "8864"
	      "1100",
	  O(DROP_PROTOCOL) },
	{ IN_ANY, MAC "ffff", O(DROP_PROTOCOL) },
	/* tags without what should follow */
	{ IN_ANY, MAC "8100", O(DROP_TRUNCATED) },
	{ IN_ANY, MAC "8100 0005 08", O(DROP_TRUNCATED) },
	{ IN_ANY, MAC "88a8 0005 8100 0006 8100", O(DROP_HEADERS) },
	{ IN_ANY, MAC "8100 0005 0800", O(DROP_TRUNCATED) },
	/* SCTP 2001:db8:7::7 -> 2001:db8::1, routing header of type 0 with two addresses to go */
	{ IN_LIST,
	  MAC "86dd"
	      "6000000000342b40"
	      "20010db8000700000000000000000007"
	      "20010db8000000000000000000000001"
	      "84040002 00000000"
	      "20010db8000000000000000000000002"
	      "20010db8000000000000000000000003"
	      "0016001600000000 00000000",
	  O(RULE) },
};

const size_t n_ingress_bytes = sizeof(ingress_bytes) / sizeof(*ingress_bytes);
