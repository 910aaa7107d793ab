// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to a peer with a socket of one's own: connecting, naming an address
 * in a message, and what makes an address mean another one. Each ends with the
 * peer's answer. DECOY is a port of the same peer that the program may reach.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"
#include "socket.h"

#define NR32_SOCKETCALL	   102
#define SOCKETCALL_CONNECT 3
#define SOL_SCTP	   132
#define SCTP_CONNECTX	   110

static struct sockaddr *at(const struct peer *p)
{
	return (struct sockaddr *)&p->a;
}

/* The same address at the port where a program may go. */
static struct peer decoy_of(const struct peer *p, int port)
{
	struct peer d = *p;

	if (!port)
		broken("this way needs a decoy");
	peer_set_port(&d, port);
	return d;
}

static int connected(int fd, const struct peer *p, const char *what)
{
	if (connect(fd, at(p), p->len))
		return refused(what);
	return sent(send(fd, MESSAGE, MESSAGE_SIZE, MSG_NOSIGNAL), fd, "send");
}

static int send_to(int fd, const struct peer *p, int flags, const char *what)
{
	return sent(sendto(fd, MESSAGE, MESSAGE_SIZE, flags | MSG_NOSIGNAL, at(p), p->len), fd,
		    what);
}

static void disconnect(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	need(connect(fd, &none, sizeof(none)), "connect to AF_UNSPEC");
}

static int by_connect(struct peer *p, int decoy)
{
	(void)decoy;
	return connected(peer_socket(p), p, "connect");
}

static int by_connect_nonblock(struct peer *p, int decoy)
{
	int fd = peer_socket(p), err = 0;
	socklen_t len = sizeof(err);
	struct timespec wait = { 0, 300 * 1000 * 1000 };

	(void)decoy;
	need(fcntl(fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	if (connect(fd, at(p), p->len) && errno != EINPROGRESS)
		return refused("connect");
	nanosleep(&wait, NULL);
	need(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len), "SO_ERROR");
	need(fcntl(fd, F_SETFL, 0), "fcntl");
	errno = err;
	return sent(err ? -1 : send(fd, MESSAGE, MESSAGE_SIZE, MSG_NOSIGNAL), fd, "connect");
}

/* As a 32-bit program connects. */
static int by_connect_int80(struct peer *p, int decoy)
{
	uint32_t *args = low_page();
	char *addr = (char *)args + 64;
	int fd = peer_socket(p);

	(void)decoy;
	memcpy(addr, &p->a, p->len);
	args[0] = fd;
	args[1] = (uintptr_t)addr;
	args[2] = p->len;
	if (int80(NR32_SOCKETCALL, SOCKETCALL_CONNECT, (uintptr_t)args, 0))
		return refused("connect as a 32-bit program");
	return sent(send(fd, MESSAGE, MESSAGE_SIZE, 0), fd, "send");
}

/* Leaves one peer for another, as connect(2) allows datagram sockets to. */
static int by_reconnect(struct peer *p, int decoy)
{
	struct peer d = decoy_of(p, decoy);
	int fd = peer_socket(p);

	need(connect(fd, at(&d), d.len), "connect to the decoy");
	if (p->type == SOCK_STREAM)
		disconnect(fd);
	return connected(fd, p, "connect once more");
}

static int by_sendto(struct peer *p, int decoy)
{
	(void)decoy;
	return send_to(peer_socket(p), p, 0, "sendto");
}

static int by_zerocopy(struct peer *p, int decoy)
{
	int fd = peer_socket(p), one = 1;

	(void)decoy;
	need(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)), "SO_ZEROCOPY");
	return send_to(fd, p, MSG_ZEROCOPY, "sendto with MSG_ZEROCOPY");
}

/* The kernel takes a sockaddr_in without a family as AF_INET. */
static int by_sendto_unspec(struct peer *p, int decoy)
{
	(void)decoy;
	p->a.ss_family = AF_UNSPEC;
	return send_to(peer_socket(p), p, 0, "sendto with AF_UNSPEC");
}

static int by_sendto_connected(struct peer *p, int decoy)
{
	struct peer d = decoy_of(p, decoy);
	int fd = peer_socket(p);

	need(connect(fd, at(&d), d.len), "connect to the decoy");
	/* It takes no answer but the decoy's. */
	return judge(sendto(fd, MESSAGE, MESSAGE_SIZE, 0, at(p), p->len), "sendto elsewhere");
}

static int by_disconnected(struct peer *p, int decoy)
{
	struct peer d = decoy_of(p, decoy);
	int fd = peer_socket(p);

	need(connect(fd, at(&d), d.len), "connect to the decoy");
	disconnect(fd);
	return send_to(fd, p, 0, "sendto after a disconnect");
}

/* A socket of AF_INET6 that became one of AF_INET on the way. */
static int by_addrform(struct peer *p, int decoy)
{
	struct peer d = decoy_of(p, decoy);
	struct sockaddr_in *in = (void *)&p->a, plain = { .sin_family = AF_INET };
	int fd = peer_socket(p), v4 = AF_INET;

	need(connect(fd, at(&d), d.len), "connect to the decoy");
	need(setsockopt(fd, SOL_IPV6, IPV6_ADDRFORM, &v4, sizeof(v4)), "IPV6_ADDRFORM");
	disconnect(fd);
	plain.sin_port = in->sin_port;
	memcpy(&plain.sin_addr, (char *)&((struct sockaddr_in6 *)&p->a)->sin6_addr + 12, 4);
	memcpy(&p->a, &plain, sizeof(plain));
	p->len = sizeof(plain);
	if (p->type == SOCK_STREAM)
		return connected(fd, p, "connect after IPV6_ADDRFORM");
	return send_to(fd, p, 0, "sendto after IPV6_ADDRFORM");
}

static struct msghdr message(struct iovec *iov, const struct peer *p)
{
	*iov = (struct iovec){ MESSAGE, MESSAGE_SIZE };
	return (struct msghdr){ (void *)&p->a, p->len, iov, 1, NULL, 0, 0 };
}

static int by_sendmsg(struct peer *p, int decoy)
{
	int fd = peer_socket(p);
	struct iovec iov;
	struct msghdr m = message(&iov, p);

	(void)decoy;
	return sent(sendmsg(fd, &m, 0), fd, "sendmsg");
}

/* The first of the messages is for somebody whom the program may reach. */
static int by_sendmmsg(struct peer *p, int decoy)
{
	struct peer d = decoy_of(p, decoy);
	int fd = peer_socket(p), n;
	struct iovec iov[3];
	struct mmsghdr m[3] = {
		{ .msg_hdr = message(&iov[0], &d) },
		{ .msg_hdr = message(&iov[1], &d) },
		{ .msg_hdr = message(&iov[2], p) },
	};

	n = need(sendmmsg(fd, m, 3, 0), "sendmmsg");
	/* What stops it is told with the next call alone. */
	if (n == 2)
		return sent(sendmmsg(fd, m + 2, 1, 0), fd, "the next sendmmsg");
	for (int i = 0; i < n; i++)
		if (answered(fd) != ALLOWED)
			return OTHER;
	return effect(n == 3, "sendmmsg");
}

static int by_fastopen(struct peer *p, int decoy)
{
	(void)decoy;
	return send_to(peer_socket(p), p, MSG_FASTOPEN, "sendto with MSG_FASTOPEN");
}

static int by_fastopen_sendmsg(struct peer *p, int decoy)
{
	int fd = peer_socket(p);
	struct iovec iov;
	struct msghdr m = message(&iov, p);

	(void)decoy;
	return sent(sendmsg(fd, &m, MSG_FASTOPEN), fd, "sendmsg with MSG_FASTOPEN");
}

static int by_fastopen_connect(struct peer *p, int decoy)
{
	int fd = peer_socket(p), one = 1;

	(void)decoy;
	need(setsockopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)), "FASTOPEN_CONNECT");
	return connected(fd, p, "connect with TCP_FASTOPEN_CONNECT");
}

/* SCTP connects by an option, too. */
static int by_connectx(struct peer *p, int decoy)
{
	int fd = peer_socket(p);

	(void)decoy;
	if (setsockopt(fd, SOL_SCTP, SCTP_CONNECTX, &p->a, p->len) < 0)
		return refused("SCTP_SOCKOPT_CONNECTX");
	return sent(send(fd, MESSAGE, MESSAGE_SIZE, MSG_NOSIGNAL), fd, "send");
}

/* A socket that came from accept(2) is as good as a fresh one, once it is disconnected. */
static int accepted_and_left(struct peer *p)
{
	struct peer own = *p;
	int server = peer_socket(p), client = peer_socket(p), fd;

	peer_set_port(&own, 0);
	need(bind(server, at(&own), own.len), "bind");
	need(listen(server, 1), "listen");
	peer_set_port(&own, port_of(server));
	need(connect(client, at(&own), own.len), "connect to itself");
	fd = need(accept(server, NULL, NULL), "accept");
	limit_time(fd, 10000);
	disconnect(fd);
	close(server);
	close(client);
	return fd;
}

static int by_accepted(struct peer *p, int decoy)
{
	(void)decoy;
	return connected(accepted_and_left(p), p, "connect of an accepted socket");
}

static int by_accepted_fastopen(struct peer *p, int decoy)
{
	(void)decoy;
	return send_to(accepted_and_left(p), p, MSG_FASTOPEN, "MSG_FASTOPEN, accepted socket");
}

/* From an IPv4 address of its own, :: means 127.0.0.1 to the kernel. */
static int from_mapped(const struct peer *p)
{
	struct peer own = peer_of("udp", "::ffff:127.0.0.1", "0");
	int fd = peer_socket(p);

	need(bind(fd, at(&own), own.len), "bind");
	return fd;
}

static int by_mapped_connect(struct peer *p, int decoy)
{
	(void)decoy;
	return judge(connect(from_mapped(p), at(p), p->len), "connect from a mapped address");
}

static int by_mapped_sendto(struct peer *p, int decoy)
{
	(void)decoy;
	return send_to(from_mapped(p), p, 0, "sendto from a mapped address");
}

static const struct way ways[] = {
	{ "connect", by_connect },
	{ "connect-nonblock", by_connect_nonblock },
	{ "connect-int80", by_connect_int80 },
	{ "reconnect", by_reconnect },
	{ "sendto", by_sendto },
	{ "zerocopy", by_zerocopy },
	{ "sendto-unspec", by_sendto_unspec },
	{ "sendto-connected", by_sendto_connected },
	{ "disconnected", by_disconnected },
	{ "addrform", by_addrform },
	{ "sendmsg", by_sendmsg },
	{ "sendmmsg", by_sendmmsg },
	{ "fastopen", by_fastopen },
	{ "fastopen-sendmsg", by_fastopen_sendmsg },
	{ "fastopen-connect", by_fastopen_connect },
	{ "accepted", by_accepted },
	{ "accepted-fastopen", by_accepted_fastopen },
	{ "mapped-connect", by_mapped_connect },
	{ "mapped-sendto", by_mapped_sendto },
	{ "connectx", by_connectx },
	{ NULL, NULL },
};

static const struct way *find(const struct way *table, const char *name)
{
	while (table->name && strcmp(table->name, name))
		table++;
	return table->name ? table : NULL;
}

/* reach WAY PROTOCOL ADDRESS PORT DECOY: DECOY 0 where there is none */
static int act_reach(char **args)
{
	const struct way *way = find(ways, args[0]) ?: find(uring_ways, args[0]);
	struct peer p;

	if (!way)
		broken("there is no way '%s' to a peer", args[0]);
	p = peer_of(args[1], args[2], args[3]);
	return way->run(&p, number(args[4]));
}

const struct act socket_reach_acts[] = {
	{ "reach", "WAY PROTOCOL ADDRESS PORT DECOY", act_reach },
	{ NULL, NULL, NULL },
};
