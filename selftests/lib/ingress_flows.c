// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections over the wires of ingress_net.c: one that this host opens gets all that belongs to
 * it, and nobody else gets in by the way; those to its servers are held to the list.
 *
 * Wire 1 accepts nothing but replies. Wire 2 has none of them, but icmp = yes.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ingress_trial.h"

#define SERVICE 7000

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* A connection from here to the peer: { client, server, listener }. */
static bool open_flow(struct trial *t, int wire, int v, bool allowed, int fd[3])
{
	const char *to = wire_address(wire, v, 2);

	fd[2] = wire_listen(PEER, to, SERVICE);
	fd[0] = wire_connect(HOST, NULL, 0, to, SERVICE);
	wire_sync(wire);
	fd[1] = wire_connected(fd[0], patience(t, allowed)) ? wire_accept(fd[2], PATIENCE) : -1;
	return fd[1] >= 0;
}

/* Packets of others, while there is a connection from @port here to SERVICE there. */
static void try_beside_flow(struct trial *t, int v, int port)
{
	struct packet tcp = {
		.wire = 1, .v = v, .proto = IPPROTO_TCP, .sport = SERVICE, .dport = port
	};
	struct packet p;

	p = tcp, p.flags = TH_ACK;
	judge(t, raw(p), true, "ipv%d: a packet of a connection from here", v);
	p = tcp, p.flags = TH_RST;
	p.poke = v == 4 ? 24 : 44, p.value = 0x77; /* of no sequence that would be taken */
	judge(t, raw(p), true, "ipv%d: a reset of a connection from here", v);
	p = tcp;
	judge(t, raw(p), false, "ipv%d: a new connection between the same ports", v);
	p = tcp, p.from = 3, p.flags = TH_ACK;
	judge(t, raw(p), false, "ipv%d: another peer to that port", v);
	p = tcp, p.sport = SERVICE + 1, p.flags = TH_ACK;
	judge(t, raw(p), false, "ipv%d: the peer from another port", v);
	p = tcp, p.dport = port + 1, p.flags = TH_ACK;
	judge(t, raw(p), false, "ipv%d: the peer to another port", v);
	p = tcp, p.sport = port, p.dport = SERVICE, p.flags = TH_ACK;
	judge(t, raw(p), false, "ipv%d: the ports the other way round", v);
	p = tcp, p.proto = IPPROTO_UDP;
	judge(t, raw(p), false, "ipv%d: udp between the same ports", v);
	p = tcp, p.from = 3;
	judge(t, raw(p), false, "ipv%d: a new connection of another peer to that port", v);
	p = tcp, p.flags = TH_ACK, p.wire = 2, p.source = wire_address(1, v, 2);
	p.to = wire_address(1, v, 1);
	judge(t, raw(p), false, "ipv%d: a packet of it where there are no replies", v);
}

static int tcp_state(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_state;
}

/* The end of a connection that this host closes first: the last packets are the peer's. */
static bool ends(int fd[3])
{
	int waited = 0;

	shutdown(fd[0], SHUT_RDWR);
	close(fd[0]);
	fd[0] = -1;
	while (tcp_state(fd[1]) == TCP_ESTABLISHED && waited++ < PATIENCE / 10)
		usleep(10000);
	shutdown(fd[1], SHUT_WR);
	while (tcp_state(fd[1]) != TCP_CLOSE && waited++ < PATIENCE / 10)
		usleep(10000);
	return tcp_state(fd[1]) == TCP_CLOSE;
}

static void try_flow(struct trial *t, int v)
{
	struct packet p = { .wire = 1, .v = v, .proto = IPPROTO_TCP, .sport = SERVICE };
	int fd[3];

	judge(t, open_flow(t, 1, v, true, fd), true, "ipv%d: a connection from here", v);
	judge(t, wire_moves(fd[0], fd[1], PATIENCE), true, "ipv%d: data goes out on it", v);
	judge(t, wire_moves(fd[1], fd[0], PATIENCE), true, "ipv%d: data comes in on it", v);
	p.dport = wire_port(fd[0]);
	try_beside_flow(t, v, p.dport);
	judge(t, wire_moves(fd[1], fd[0], PATIENCE), true, "ipv%d: data still comes in on it", v);
	judge(t, ends(fd), true, "ipv%d: it is closed from here", v);
	judge(t, raw(p), false, "ipv%d: a new connection to where it was", v);
	close_all(fd, 3);

	judge(t, open_flow(t, WIRE_GENERIC, v, true, fd) && wire_moves(fd[1], fd[0], PATIENCE),
	      true, "ipv%d: a connection from here, generic", v);
	close_all(fd, 3);
	judge(t, open_flow(t, 2, v, false, fd), false,
	      "ipv%d: a connection from here, replies = no", v);
	close_all(fd, 3);
}

/* Refused connections are refused at once, and those that nobody answers can be met half-way. */
static void try_half_open(struct trial *t, int v)
{
	struct packet p = { .wire = 1, .v = v, .proto = IPPROTO_TCP, .sport = 7999, .from = 77 };
	int fd = wire_connect(HOST, NULL, 0, wire_address(1, v, 2), 7998), err = 0;
	socklen_t len = sizeof(err);

	wire_sync(1);
	wire_connected(fd, PATIENCE);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	judge(t, err == ECONNREFUSED, true, "ipv%d: a refusal", v);
	close(fd);

	wire_ip(HOST, "neigh replace %s lladdr 02:71:00:00:00:01 dev in1\n",
		wire_address(1, v, 77));
	fd = wire_connect(HOST, NULL, 0, wire_address(1, v, 77), 7999);
	wire_sync(1);
	p.dport = wire_port(fd);
	judge(t, raw(p), true, "ipv%d: the peer connects at the same time", v);
	p.from = 78;
	judge(t, raw(p), false, "ipv%d: somebody else at the same time", v);
	p.from = 77, p.sport = 8000, p.flags = TH_SYN | TH_ACK;
	judge(t, raw(p), false, "ipv%d: an answer from another port", v);
	close(fd);
}

/*
 * Both ways on a connection from here to @to, where the peer listens at @at. Documented: where
 * the socket is bound to a device above the one that the packets come in by, it is not found.
 */
static void try_to(struct trial *t, const char *at, const char *to, const char *device,
		   int protocol, const char *what)
{
	bool above = strstr(to, "%in0.") || (device && strchr(device, '.'));
	int fd[3] = { -1, -1, -1 };

	fd[2] = wire_listen(PEER, at, SERVICE);
	fd[0] = wire_connect_by(to, SERVICE, device, protocol);
	fd[1] = wire_accept(fd[2], above ? BRIEFLY : PATIENCE);
	judge(t,
	      fd[1] >= 0 && wire_moves(fd[0], fd[1], PATIENCE) &&
		      wire_moves(fd[1], fd[0], PATIENCE),
	      !above, "a connection from here, %s", what);
	close_all(fd, 3);
}

/* Sockets that look for themselves in another way. */
static void try_kinds(struct trial *t)
{
	try_to(t, "10.7.1.2", "::ffff:10.7.1.2", NULL, 0, "by a mapped address");
	try_to(t, "::", "fe80::2%in1", NULL, 0, "to an address of the link");
	try_to(t, "::", "fe80::2%in0.10", NULL, 0, "to an address of a vlan's link");
	try_to(t, "::", "fe80::2%in0.30", NULL, 0, "to an address of a link in two vlans");
	try_to(t, "10.7.1.2", "10.7.1.2", "in1", 0, "by its interface");
	try_to(t, "10.7.10.2", "10.7.10.2", "in0.10", 0, "by its vlan");
	try_to(t, "2001:db8:7:11::2", "2001:db8:7:11::2", "in0.30", 0, "by its two vlans");
	try_to(t, "10.7.1.2", "10.7.1.2", NULL, IPPROTO_MPTCP, "by mptcp");
	try_to(t, "2001:db8:7:1::2", "2001:db8:7:1::2", NULL, IPPROTO_MPTCP, "by mptcp over ipv6");
}

/* To a server here, from the peer's address .@from. */
static void try_server(struct trial *t, int net, int v, int from, int port, bool allowed)
{
	int wire = net < WIRES ? net : 0, server, fd[3] = { -1, -1, -1 };
	const char *to = wire_address(net, v, 1);

	server = fd[2] = wire_listen(HOST, to, port);
	fd[0] = wire_connect(PEER, wire_address(net, v, from), 0, to, port);
	wire_sync(wire);
	fd[1] = wire_accept(server, patience(t, allowed));
	judge(t, fd[1] >= 0 && wire_connected(fd[0], PATIENCE), allowed,
	      "network %d, ipv%d: .%d connects to %d", net, v, from, port);
	if (fd[1] >= 0)
		judge(t, wire_moves(fd[0], fd[1], PATIENCE) && wire_moves(fd[1], fd[0], PATIENCE),
		      true, "network %d, ipv%d: data both ways", net, v);
	close_all(fd, 3);
}

static void try_servers(struct trial *t)
{
	static const int nets[] = { 0, VLAN, QINQ };

	for (size_t i = 0; i < 3; i++)
		for (int v = 4; v <= 6; v += 2) {
			try_server(t, nets[i], v, 2, 22, true);
			try_server(t, nets[i], v, 3, 22, false);
			try_server(t, nets[i], v, 2, 8080, false);
		}
	try_server(t, 1, 4, 2, 22, false);
	try_server(t, 2, 6, 2, 22, false);
	try_server(t, 3, 4, 3, 8080, true);
	try_server(t, 4, 6, 3, 8080, true);
	try_server(t, 5, 4, 3, 8080, true);
	try_server(t, 6, 4, 2, 22, true);
	try_server(t, 6, 6, 3, 22, false);
}

void try_flows(struct trial *t)
{
	for (int v = 4; v <= 6; v += 2) {
		try_flow(t, v);
		try_half_open(t, v);
	}
	try_kinds(t);
	try_servers(t);
}
