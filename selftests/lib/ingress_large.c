// SPDX-License-Identifier: GPL-2.0-only
/*
 * More than one packet holds, over the wires of ingress_net.c: much data on a connection, where
 * the kernel puts packets together before anybody looks at them; datagrams in parts; and ways
 * with less room, of which a host learns by ICMP alone.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/ingress_trial.h"

#define MUCH	  (2 << 20)
#define LARGE	  4000 /* bytes of a datagram that must come in parts */
#define POUR_MS	  20000
#define FAR_BYTES 1300

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The byte that stands there, of all that is poured. */
static unsigned char byte_at(size_t i)
{
	return i % 251;
}

static ssize_t pour_out(int fd, size_t at, size_t n)
{
	unsigned char out[1 << 14];

	n = n - at < sizeof(out) ? n - at : sizeof(out);
	for (size_t i = 0; i < n; i++)
		out[i] = byte_at(at + i);
	return n ? send(fd, out, n, MSG_NOSIGNAL) : 0;
}

static ssize_t take_in(int fd, size_t at)
{
	unsigned char in[1 << 16];
	ssize_t n = recv(fd, in, sizeof(in), 0);

	for (ssize_t i = 0; i < n; i++)
		if (in[i] != byte_at(at + i))
			return 0;
	return n;
}

/* So many bytes from one to the other, each in its place. */
static bool pours(int from, int to, size_t n)
{
	long end = now_ms() + POUR_MS;
	size_t sent = 0, got = 0;

	while (got < n && now_ms() < end) {
		struct pollfd p[2] = { { .fd = to, .events = POLLIN },
				       { .fd = from, .events = sent < n ? POLLOUT : 0 } };
		ssize_t k;

		poll(p, 2, 100);
		k = pour_out(from, sent, n);
		if (k < 0 && errno != EAGAIN)
			return false;
		sent += k > 0 ? k : 0;
		k = take_in(to, got);
		if (!k || (k < 0 && errno != EAGAIN))
			return false;
		got += k > 0 ? k : 0;
	}
	return got == n;
}

/* A connection { from here, from there, listener }, opened by @opener. */
static bool connect_both(enum side opener, int net, int v, int port, int fd[3])
{
	enum side server = opener == HOST ? PEER : HOST;
	const char *to = wire_address(net, v, server == HOST ? 1 : 2);
	int client;

	fd[2] = wire_listen(server, to, port);
	client = wire_connect(opener, wire_address(net, v, opener == HOST ? 1 : 2), 0, to, port);
	fd[opener] = client;
	fd[server] = wire_connected(client, PATIENCE) ? wire_accept(fd[2], PATIENCE) : -1;
	return fd[server] >= 0;
}

static void try_much(struct trial *t, int v)
{
	int fd[3] = { -1, -1, -1 };

	judge(t, connect_both(PEER, 0, v, 22, fd) && pours(fd[PEER], fd[HOST], MUCH), true,
	      "ipv%d: much to a server", v);
	judge(t, pours(fd[HOST], fd[PEER], MUCH), true, "ipv%d: much from a server", v);
	close_all(fd, 3);
	judge(t, connect_both(HOST, 1, v, 7000, fd) && pours(fd[PEER], fd[HOST], MUCH), true,
	      "ipv%d: much of what was asked for", v);
	judge(t, pours(fd[HOST], fd[PEER], MUCH), true, "ipv%d: much out", v);
	close_all(fd, 3);
	judge(t, connect_both(PEER, VLAN, v, 443, fd) && pours(fd[PEER], fd[HOST], MUCH), true,
	      "ipv%d: much to a server, vlan", v);
	close_all(fd, 3);
	judge(t, connect_both(PEER, WIRE_GENERIC, v, 443, fd) && pours(fd[PEER], fd[HOST], MUCH),
	      true, "ipv%d: much to a server, generic", v);
	close_all(fd, 3);
}

/* A datagram in parts that sockets have made. */
static bool large(struct trial *t, int wire, int from, const char *to, int port, int fd,
		  bool allowed)
{
	char *text = calloc(1, LARGE + 1);
	bool in;

	memset(text, 'x', LARGE);
	while (wire_bytes(fd, 0) > 0)
		;
	wire_send_to(from, to, port, text);
	wire_sync(wire);
	in = wire_bytes(fd, patience(t, allowed)) == LARGE;
	free(text);
	return in;
}

static void try_large_to_server(struct trial *t, int v, int peer, int port, bool allowed)
{
	int here = wire_udp(HOST, wire_address(0, v, 1), port);
	int there = wire_udp(PEER, wire_address(0, v, peer), 0);

	judge(t, large(t, 0, there, wire_address(0, v, 1), port, here, allowed), allowed,
	      "ipv%d: a large datagram of .%d to %d", v, peer, port);
	close(here);
	close(there);
}

static void try_large_answer(struct trial *t, int v)
{
	const char *here = wire_address(1, v, 1), *there = wire_address(1, v, 2);
	int peer = wire_udp(PEER, there, 53), fd = wire_udp(HOST, here, 0);
	int connected = wire_udp_connect(HOST, here, 0, there, 53);
	int server = wire_udp(HOST, here, 20200);

	wire_send_to(fd, there, 53, "?");
	judge(t, large(t, 1, peer, here, wire_port(fd), fd, true), true, "ipv%d: a large answer",
	      v);
	judge(t, large(t, 1, peer, here, wire_port(connected), connected, true), true,
	      "ipv%d: a large answer to a connected socket", v);
	judge(t, large(t, 1, peer, here, 20200, server, false), false,
	      "ipv%d: a large datagram to whom has not asked", v);
	close(peer);
	close(fd);
	close(connected);
	close(server);
}

/* The peer passes packets on to where they have less room, and says so by ICMP. */
static void try_path(struct trial *t, int v)
{
	int listener = wire_listen(FAR, wire_address(20, v, 2), 7000), server = -1, mtu = 0;
	int fd = wire_connect(HOST, NULL, 0, wire_address(20, v, 2), 7000);
	socklen_t len = sizeof(mtu);
	bool in = wire_connected(fd, PATIENCE) && (server = wire_accept(listener, PATIENCE)) >= 0;

	judge(t, in && pours(fd, server, MUCH / 8), true, "ipv%d: much to where packets are small",
	      v);
	judge(t, in && pours(server, fd, MUCH / 8), true, "ipv%d: much from there", v);
	if (v == 4)
		getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len);
	else
		getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len);
	judge(t, mtu == FAR_BYTES, true, "ipv%d: it is known how small they are", v);
	close(fd);
	close(server);
	close(listener);
}

void try_large(struct trial *t)
{
	for (int v = 4; v <= 6; v += 2) {
		try_much(t, v);
		try_large_to_server(t, v, 2, 53, true);
		try_large_to_server(t, v, 2, 20150, false);
		try_large_to_server(t, v, 3, 53, false);
		try_large_answer(t, v);
		try_path(t, v);
	}
}
