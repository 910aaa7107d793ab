// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking a port, and listening on one: what bind(2) and listen(2) do, and what
 * does the same without them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"
#include "socket.h"
#include "uring.h"

/* Newer than the headers that this is built with: Linux 6.11. */
#define URING_BIND   56
#define URING_LISTEN 57

#define SOL_SCTP       132
#define SCTP_BINDX_ADD 100

static int has_port(int fd, const struct peer *p)
{
	return effect(port_of(fd) == ntohs(((struct sockaddr_in *)&p->a)->sin_port), "bind");
}

static int by_bind(const struct peer *p)
{
	int fd = peer_socket(p);

	if (bind(fd, (void *)&p->a, p->len))
		return refused("bind");
	return has_port(fd, p);
}

/* The kernel takes 0.0.0.0 without a family for an address of AF_INET. */
static int by_bind_unspec(const struct peer *p)
{
	struct peer other = *p;

	other.a.ss_family = AF_UNSPEC;
	return by_bind(&other);
}

static int by_bind_uring(const struct peer *p)
{
	struct ring r = ring_make(0);
	int fd = peer_socket(p);
	struct io_uring_sqe sqe = {
		.opcode = URING_BIND, .fd = fd, .addr = (uintptr_t)&p->a, .off = p->len
	};

	if (ring_do(&r, &sqe))
		return refused("bind by io_uring");
	return has_port(fd, p);
}

static int by_bind_v6only(const struct peer *p)
{
	int fd = peer_socket(p), one = 1;

	need(setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &one, sizeof(one)), "IPV6_V6ONLY");
	if (bind(fd, (void *)&p->a, p->len))
		return refused("bind");
	return has_port(fd, p);
}

/* SCTP has a bind(2) of its own, which adds an address. */
static int by_bindx(const struct peer *p)
{
	int fd = peer_socket(p);

	if (setsockopt(fd, SOL_SCTP, SCTP_BINDX_ADD, &p->a, p->len))
		return refused("SCTP_SOCKOPT_BINDX_ADD");
	return has_port(fd, p);
}

static int listens(int fd, long ret)
{
	int yes = 0;
	socklen_t len = sizeof(yes);

	if (ret)
		return refused("listen");
	need(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len), "SO_ACCEPTCONN");
	return effect(yes && port_of(fd), "listen");
}

static int by_listen(const struct peer *p)
{
	int fd = peer_socket(p);

	if (bind(fd, (void *)&p->a, p->len))
		return refused("bind");
	return listens(fd, listen(fd, 1));
}

/* Any free port: bind(2) may, and the kernel chooses which. */
static int by_port_zero(const struct peer *p)
{
	struct peer any = *p;
	int fd = peer_socket(p);

	peer_set_port(&any, 0);
	if (bind(fd, (void *)&any.a, any.len))
		return refused("bind to port 0");
	return effect(port_of(fd), "bind");
}

static int by_listen_zero(const struct peer *p)
{
	struct peer any = *p;
	int fd = peer_socket(p);

	peer_set_port(&any, 0);
	need(bind(fd, (void *)&any.a, any.len), "bind to port 0");
	return listens(fd, listen(fd, 1));
}

static int by_listen_alone(const struct peer *p)
{
	int fd = peer_socket(p);

	return listens(fd, listen(fd, 1));
}

static int by_listen_uring(const struct peer *p)
{
	struct ring r = ring_make(0);
	int fd = peer_socket(p);
	struct io_uring_sqe sqe = { .opcode = URING_LISTEN, .fd = fd, .len = 1 };

	return listens(fd, ring_do(&r, &sqe));
}

/* A connected socket gives its port up to listen on: it was never bound. */
static int by_listen_connected(const struct peer *p)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = peer_socket(p);

	need(connect(fd, (void *)&p->a, p->len), "connect");
	need(connect(fd, &none, sizeof(none)), "connect to AF_UNSPEC");
	return listens(fd, listen(fd, 1));
}

static const struct {
	const char *name;
	int (*run)(const struct peer *p);
} ways[] = {
	{ "bind", by_bind },
	{ "bind-unspec", by_bind_unspec },
	{ "bind-uring", by_bind_uring },
	{ "bind-v6only", by_bind_v6only },
	{ "bindx", by_bindx },
	{ "listen", by_listen },
	{ "port-zero", by_port_zero },
	{ "listen-zero", by_listen_zero },
	{ "listen-alone", by_listen_alone },
	{ "listen-uring", by_listen_uring },
	{ "listen-connected", by_listen_connected },
};

/* own WAY PROTOCOL ADDRESS PORT */
static int act_own(char **args)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct peer p;

		if (strcmp(ways[i].name, args[0]))
			continue;
		p = peer_of(args[1], args[2], args[3]);
		return ways[i].run(&p);
	}
	broken("there is no way '%s' to a port", args[0]);
}

const struct act socket_bind_acts[] = {
	{ "own", "WAY PROTOCOL ADDRESS PORT", act_own },
	{ NULL, NULL, NULL },
};
