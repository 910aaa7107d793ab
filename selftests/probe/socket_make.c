// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets of every kind, by each call that makes one; and what a raw socket can
 * say in the name of another protocol.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"
#include "socket.h"
#include "uring.h"

#define NR32_SOCKETCALL	  102
#define SOCKETCALL_SOCKET 1
#define INET_SOCK_PACKET  10 /* the type by which AF_INET meant AF_PACKET */

#define INET_PROTO_SMC 256 /* since Linux 6.11 */

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static const struct kind {
	const char *name;
	int family, type, protocol;
} kinds[] = {
	{ "unix", AF_UNIX, SOCK_STREAM, 0 },
	{ "tcp", AF_INET, SOCK_STREAM, 0 },
	{ "udp", AF_INET, SOCK_DGRAM, 0 },
	{ "tcp6", AF_INET6, SOCK_STREAM, 0 },
	{ "udp6", AF_INET6, SOCK_DGRAM, 0 },
	{ "netlink-route", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
	{ "netlink-diag", AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG },
	{ "netlink-generic", AF_NETLINK, SOCK_DGRAM, NETLINK_GENERIC },
	{ "raw", AF_INET, SOCK_RAW, IPPROTO_UDP },
	{ "raw-raw", AF_INET, SOCK_RAW, IPPROTO_RAW },
	{ "raw-icmp", AF_INET, SOCK_RAW, IPPROTO_ICMP },
	{ "raw6", AF_INET6, SOCK_RAW, IPPROTO_UDP },
	{ "ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
	{ "ping6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6 },
	{ "packet", AF_PACKET, SOCK_RAW, 0 },
	{ "packet-dgram", AF_PACKET, SOCK_DGRAM, 0 },
	{ "packet-by-inet", AF_INET, INET_SOCK_PACKET, 0 },
	{ "xdp", AF_XDP, SOCK_RAW, 0 },
	{ "vsock", AF_VSOCK, SOCK_STREAM, 0 },
	{ "alg", AF_ALG, SOCK_SEQPACKET, 0 },
	{ "sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP },
	{ "sctp-seqpacket", AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP },
	{ "sctp6", AF_INET6, SOCK_STREAM, IPPROTO_SCTP },
	{ "mptcp", AF_INET, SOCK_STREAM, IPPROTO_MPTCP },
	{ "mptcp6", AF_INET6, SOCK_STREAM, IPPROTO_MPTCP },
	{ "udplite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE },
	{ "udplite6", AF_INET6, SOCK_DGRAM, IPPROTO_UDPLITE },
	{ "smc", AF_SMC, SOCK_STREAM, 0 },
	{ "smc-by-inet", AF_INET, SOCK_STREAM, INET_PROTO_SMC },
	{ "can", AF_CAN, SOCK_RAW, 1 },
	{ "key", AF_KEY, SOCK_RAW, 2 },
	{ "tipc", AF_TIPC, SOCK_RDM, 0 },
	{ "bluetooth", AF_BLUETOOTH, SOCK_RAW, 1 },
};

static int by_socket(const struct kind *k)
{
	return socket(k->family, k->type | SOCK_CLOEXEC, k->protocol);
}

static int by_uring(const struct kind *k)
{
	struct ring r = ring_make(0);
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_SOCKET, .fd = k->family, .off = k->type, .len = k->protocol
	};

	return ring_do(&r, &sqe);
}

static int by_pair(const struct kind *k)
{
	int pair[2];

	return socketpair(k->family, k->type, k->protocol, pair) ? -1 : pair[0];
}

static int by_int80(const struct kind *k)
{
	uint32_t *args = low_page();

	args[0] = k->family;
	args[1] = k->type;
	args[2] = k->protocol;
	return int80(NR32_SOCKETCALL, SOCKETCALL_SOCKET, (uintptr_t)args, 0);
}

static const struct {
	const char *name;
	int (*run)(const struct kind *k);
} ways[] = {
	{ "socket", by_socket },
	{ "uring", by_uring },
	{ "pair", by_pair },
	{ "int80", by_int80 },
};

/* make WAY KIND */
static int act_make(char **args)
{
	size_t w = 0, k = 0;
	int fd, family;
	socklen_t len = sizeof(family);

	while (w < sizeof(ways) / sizeof(*ways) && strcmp(ways[w].name, args[0]))
		w++;
	while (k < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[k].name, args[1]))
		k++;
	if (w == sizeof(ways) / sizeof(*ways) || k == sizeof(kinds) / sizeof(*kinds))
		broken("'%s %s' makes no socket", args[0], args[1]);
	fd = ways[w].run(&kinds[k]);
	if (fd < 0)
		return refused(args[1]);
	need(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len), "SO_DOMAIN");
	/* How AF_INET says AF_PACKET, the kernel takes it for what it is. */
	return effect(family == kinds[k].family || kinds[k].type == INET_SOCK_PACKET, args[1]);
}

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	char text[MESSAGE_SIZE];
};

/*
 * forge ROUTE ADDRESS PORT: a datagram whose own header names ADDRESS and PORT, given to the
 * kernel for ROUTE, by a raw socket. An ordinary socket of the same program takes the answer.
 */
static int act_forge(char **args)
{
	struct peer to = peer_of("udp", args[0], "0"), p = peer_of("udp", args[1], args[2]);
	struct sockaddr_in *in = (void *)&p.a;
	struct peer own = peer_of("udp", "127.0.0.1", "0");
	struct datagram d = {
		.ip = { .version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.tot_len = htons(sizeof(d)) },
		.udp = { .dest = in->sin_port, .len = htons(sizeof(d) - sizeof(d.ip)) },
		.text = { 'p', 'i', 'n', 'g' },
	};
	int fd = peer_socket(&own);
	int raw = need(socket(AF_INET, SOCK_RAW, IPPROTO_RAW), "a raw socket");

	need(bind(fd, (void *)&own.a, own.len), "bind");
	d.ip.saddr = htonl(INADDR_LOOPBACK);
	d.ip.daddr = in->sin_addr.s_addr;
	d.udp.source = htons(port_of(fd));
	return sent(sendto(raw, &d, sizeof(d), 0, (void *)&to.a, to.len), fd, "a forged datagram");
}

/* raw-sendto ADDRESS PORT: UDP written by hand, over a raw socket */
static int act_raw_sendto(char **args)
{
	struct peer p = peer_of("raw", args[0], "0"), q = peer_of("udp", args[0], args[1]);
	struct peer own = peer_of("udp", "127.0.0.1", "0");
	struct {
		struct udphdr udp;
		char text[MESSAGE_SIZE];
	} d = { .udp = { .dest = ((struct sockaddr_in *)&q.a)->sin_port, .len = htons(sizeof(d)) },
		.text = { 'p', 'i', 'n', 'g' } };
	int fd = peer_socket(&own), raw = peer_socket(&p);

	need(bind(fd, (void *)&own.a, own.len), "bind");
	d.udp.source = htons(port_of(fd));
	return sent(sendto(raw, &d, sizeof(d), 0, (void *)&p.a, p.len), fd, "a raw datagram");
}

/* echo-request ADDRESS: by a ping socket */
static int act_echo_request(char **args)
{
	struct peer p = peer_of("udp", args[0], "0");
	struct icmphdr request = { .type = ICMP_ECHO };
	char buf[64];
	int fd = need(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), "a ping socket");

	limit_time(fd, 3000);
	if (sendto(fd, &request, sizeof(request), 0, (void *)&p.a, p.len) < 0)
		return refused("an echo request");
	return effect(recv(fd, buf, sizeof(buf), 0) > 0, "an echo request");
}

const struct act socket_make_acts[] = {
	{ "make", "WAY KIND", act_make },
	{ "forge", "ROUTE ADDRESS PORT", act_forge },
	{ "raw-sendto", "ADDRESS PORT", act_raw_sendto },
	{ "echo-request", "ADDRESS", act_echo_request },
	{ NULL, NULL, NULL },
};
