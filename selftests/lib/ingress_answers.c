// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions over the wires of ingress_net.c, by UDP and ping: who asked gets the answer of whom
 * he has asked, from connected sockets and from those that say whom with each datagram.
 *
 * Wire 1 accepts nothing but replies. Wire 2 has none of them, but icmp = yes.
 */
#include <arpa/inet.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ingress_trial.h"

/* Does what @peer sends to @port here come to @fd? */
static bool reaches(struct trial *t, int wire, int peer, const char *to, int port, int fd,
		    bool allowed)
{
	static int number;
	char *text = path("datagram %d", number++);
	bool in;

	while (*wire_take(fd, 0))
		;
	wire_send_to(peer, to, port, text);
	wire_sync(wire);
	in = !strcmp(wire_take(fd, patience(t, allowed)), text);
	free(text);
	return in;
}

/* A question from @fd to @peer has come; where from, as a port. */
static bool asked(int peer)
{
	return *wire_take(peer, PATIENCE) != 0;
}

static void try_connected_udp(struct trial *t, int wire, int v, bool allowed)
{
	const char *here = wire_address(wire, v, 1), *there = wire_address(wire, v, 2);
	struct packet p = { .wire = wire, .v = v, .proto = IPPROTO_UDP, .sport = 54 };
	int peer = wire_udp(PEER, there, 53), fd = wire_udp_connect(HOST, NULL, 0, there, 53);

	p.dport = wire_port(fd);
	send(fd, "?", 1, 0);
	asked(peer);
	judge(t, reaches(t, wire, peer, here, p.dport, fd, allowed), allowed,
	      "wire %d, ipv%d: an answer to a connected socket", wire, v);
	judge(t, raw(p), false, "wire %d, ipv%d: from another port to it", wire, v);
	p.sport = 53, p.from = 3;
	judge(t, raw(p), false, "wire %d, ipv%d: from another peer to it", wire, v);
	close(fd);
	close(peer);
}

/* Others to a socket that has asked 53 of .2, and that one to sockets that have not. */
static void try_beside_question(struct trial *t, int v, int fd)
{
	const char *here = wire_address(1, v, 1);
	int stranger = wire_udp(PEER, wire_address(1, v, 3), 53);
	int other_port = wire_udp(PEER, wire_address(1, v, 2), 54);
	int peer = wire_udp(PEER, wire_address(1, v, 2), 53);
	int server = wire_udp(HOST, here, 20200);

	judge(t, reaches(t, 1, stranger, here, wire_port(fd), fd, false), false,
	      "ipv%d: another peer than was asked", v);
	judge(t, reaches(t, 1, other_port, here, wire_port(fd), fd, false), false,
	      "ipv%d: another port than was asked", v);
	judge(t, reaches(t, 1, peer, here, 20200, server, false), false,
	      "ipv%d: to another socket than has asked", v);
	close(stranger);
	close(other_port);
	close(peer);
	close(server);
}

static bool ask_sendto(int fd, const char *to, int v)
{
	(void)v;
	return wire_send_to(fd, to, 53, "?");
}

/* Several at once, to others first: the one who is to answer is the last of them. */
static bool ask_sendmmsg(int fd, const char *to, int v)
{
	struct iovec iov = { "?", 1 };
	struct mmsghdr m[3] = { 0 };
	struct sockaddr_storage a[3];
	socklen_t len;

	wire_name(&a[0], wire_address(1, v, 200), 53);
	a[1] = a[0];
	len = wire_name(&a[2], to, 53);
	for (int i = 0; i < 3; i++)
		m[i].msg_hdr = (struct msghdr){ &a[i], len, &iov, 1, NULL, 0, 0 };
	return sendmmsg(fd, m, 3, 0) == 3;
}

/* A socket that has been connected to somebody else says where to by itself. */
static bool ask_reconnected(int fd, const char *to, int v)
{
	struct sockaddr_storage a, none = { .ss_family = AF_UNSPEC };
	socklen_t len, size = sizeof(int);
	bool ok;
	int err;

	len = wire_name(&a, wire_address(1, v, 200), 53);
	ok = !connect(fd, (void *)&a, len) && send(fd, "?", 1, 0) == 1;
	/* Nobody is there, which is to be told to nobody. */
	wire_sync(1);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
	return ok && !connect(fd, (void *)&none, sizeof(none)) && wire_send_to(fd, to, 53, "?");
}

static void try_question(struct trial *t, int wire, int v, bool allowed, const char *how,
			 bool (*ask)(int fd, const char *to, int v))
{
	const char *here = wire_address(wire, v, 1), *there = wire_address(wire, v, 2);
	int peer = wire_udp(PEER, there, 53), fd = wire_udp(HOST, v == 4 ? "0.0.0.0" : "::", 0);

	ask(fd, there, v);
	judge(t, asked(peer), true, "wire %d, ipv%d: a question by %s", wire, v, how);
	judge(t, reaches(t, wire, peer, here, wire_port(fd), fd, allowed), allowed,
	      "wire %d, ipv%d: its answer", wire, v);
	close(peer);
	if (ask == ask_sendto && wire == 1)
		try_beside_question(t, v, fd);
	close(fd);
}

/* An IPv4 address in an IPv6 socket; one of the link alone. */
static void try_addresses(struct trial *t)
{
	int peer = wire_udp(PEER, wire_address(1, 4, 2), 53), fd = wire_udp(HOST, "::", 0);

	wire_send_to(fd, "::ffff:10.7.1.2", 53, "?");
	asked(peer);
	judge(t, reaches(t, 1, peer, wire_address(1, 4, 1), wire_port(fd), fd, true), true,
	      "an answer to a question by a mapped address");
	close(peer);
	peer = wire_udp(PEER, path("fe80::2%%%d", WIRE_INDEX + 1), 53);
	wire_send_to(fd, path("fe80::2%%%d", WIRE_INDEX + 1), 53, "?");
	asked(peer);
	judge(t, reaches(t, 1, peer, path("fe80::1%%%d", WIRE_INDEX + 1), wire_port(fd), fd, true),
	      true, "an answer from an address of the link");
	close(fd);
	close(peer);
}

/* A connected socket that is bound to a VLAN, where the packet comes by the interface below. */
static void try_vlan_answers(struct trial *t)
{
	static const struct {
		const char *device, *to, *from;
	} asks[] = {
		{ "in0.10", "10.7.10.2", "10.7.10.1" },
		{ "in0.30", "2001:db8:7:11::2", "2001:db8:7:11::1" },
	};

	for (size_t i = 0; i < 2; i++)
		for (int connected = 0; connected < 2; connected++) {
			int peer = wire_udp(PEER, asks[i].to, 54);
			int fd = wire_udp(HOST, asks[i].from, 0);
			struct sockaddr_storage a;
			socklen_t len = wire_name(&a, asks[i].to, 54);

			setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, asks[i].device,
				   strlen(asks[i].device) + 1);
			if (connected)
				connect(fd, (void *)&a, len);
			wire_send_to(fd, asks[i].to, 54, "?");
			asked(peer);
			/* Documented: bound to a device above, it is not found. */
			judge(t,
			      reaches(t, 0, peer, asks[i].from, wire_port(fd), fd,
				      !strchr(asks[i].device, '.')),
			      !strchr(asks[i].device, '.'), "an answer to a %s socket of %s",
			      connected ? "connected" : "bound", asks[i].device);
			close(fd);
			close(peer);
		}
}

/* What this host says to a group comes to its own members of it by the interface, too. */
static void try_own_group(struct trial *t, int wire)
{
	struct ip_mreqn group = { .imr_ifindex = WIRE_INDEX + wire };
	int fd = wire_udp(HOST, "0.0.0.0", 20300),
	    from = wire_udp(HOST, wire_address(wire, 4, 1), 0);

	inet_pton(AF_INET, "239.1.2.3", &group.imr_multiaddr);
	setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group));
	setsockopt(from, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof(group));
	wire_send_to(from, "239.1.2.3", 20300, "to us");
	/* Documented: where the program is behind the driver, it sees them as packets. */
	judge(t, !strcmp(wire_take(fd, wire == WIRE_GENERIC ? BRIEFLY : PATIENCE), "to us"),
	      wire != WIRE_GENERIC, "wire %d: from this host to a group that it is in", wire);
	close(fd);
	close(from);
}

/* ---- ping --------------------------------------------------------------------------- */

/* A socket that takes echo replies and nothing else. */
static int ping_socket(int v, int type)
{
	int protocol = v == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int fd = wire_socket(HOST, v == 4 ? AF_INET : AF_INET6, type, protocol);
	struct icmp_filter but_reply = { ~1u };
	struct icmp6_filter but_reply6;

	if (type != SOCK_RAW)
		return fd;
	ICMP6_FILTER_SETBLOCKALL(&but_reply6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &but_reply6);
	if (v == 4)
		setsockopt(fd, SOL_RAW, ICMP_FILTER, &but_reply, sizeof(but_reply));
	else
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &but_reply6, sizeof(but_reply6));
	return fd;
}

/* An echo request, and whether its reply comes. */
static bool ping(struct trial *t, int wire, int v, int type, bool connected, int size, bool allowed)
{
	struct sockaddr_storage a;
	unsigned char m[4096] = { v == 4 ? 8 : 128, 0, 0xf7, 0xff }; /* the sum is IPv4's */
	int fd = ping_socket(v, type);
	socklen_t len;
	bool in;

	len = wire_name(&a, wire_address(wire, v, 2), 0);
	if (connected)
		in = !connect(fd, (void *)&a, len) && send(fd, m, size, 0) == size;
	else
		in = sendto(fd, m, size, 0, (void *)&a, len) == size;
	wire_sync(wire);
	in = in && wire_bytes(fd, patience(t, allowed)) >= size;
	close(fd);
	return in;
}

static void try_pings(struct trial *t, int v)
{
	struct packet reply = { .wire = 1,
				.v = v,
				.from = 3,
				.type = v == 4 ? 0 : 129,
				.proto = v == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6 };

	judge(t, ping(t, 1, v, SOCK_DGRAM, false, 64, true), true, "ipv%d: ping", v);
	judge(t, ping(t, 1, v, SOCK_RAW, false, 64, true), true, "ipv%d: ping, raw", v);
	judge(t, raw(reply), false, "ipv%d: an echo reply of somebody else", v);
	judge(t, ping(t, 1, v, SOCK_DGRAM, false, 4000, true), true, "ipv%d: a large ping", v);
	judge(t, ping(t, 2, v, SOCK_DGRAM, false, 64, true), true, "ipv%d: ping, icmp = yes", v);
	judge(t, ping(t, 2, v, SOCK_RAW, false, 4000, true), true,
	      "ipv%d: a large ping, icmp = yes", v);
	judge(t, ping(t, 3, v, SOCK_DGRAM, true, 64, true), true, "ipv%d: ping, accept = any", v);
	judge(t, ping(t, 0, v, SOCK_DGRAM, true, 64, true), true,
	      "ipv%d: ping by a connected socket", v);
}

void try_answers(struct trial *t)
{
	for (int v = 4; v <= 6; v += 2) {
		try_connected_udp(t, 1, v, true);
		try_connected_udp(t, 2, v, false);
		try_question(t, 1, v, true, "sendto", ask_sendto);
		try_question(t, 1, v, true, "sendmmsg", ask_sendmmsg);
		/* One of IPv6 goes on taking from its old peer alone: so does the kernel. */
		if (v == 4)
			try_question(t, 1, v, true, "sendto, connected before", ask_reconnected);
		try_question(t, 2, v, false, "sendto", ask_sendto);
		try_pings(t, v);
	}
	try_addresses(t);
	try_vlan_answers(t);
	try_own_group(t, 1);
	try_own_group(t, WIRE_GENERIC);
}
