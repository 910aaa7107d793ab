// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows from this host to its peer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flows.h"

#define PEER_PORT 8443

union address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

void enter(const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		error(1, errno, "%s", netns);
	close(fd);
}

int peer_socket(int family, int type, int protocol)
{
	int fd;

	enter(OUTSIDE);
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		error(1, errno, "a socket of the peer");
	enter(INSIDE);
	return fd;
}

static socklen_t set_address(union address *to, const struct form *form)
{
	memset(to, 0, sizeof(*to));
	if (form->is_ipv6) {
		to->ipv6.sin6_family = AF_INET6;
		to->ipv6.sin6_port = htons(PEER_PORT);
		memcpy(&to->ipv6.sin6_addr, form->from, 16);
		return sizeof(to->ipv6);
	}
	to->ipv4.sin_family = AF_INET;
	to->ipv4.sin_port = htons(PEER_PORT);
	memcpy(&to->ipv4.sin_addr, form->from, 4);
	return sizeof(to->ipv4);
}

static uint16_t local_port(int fd)
{
	union address own;
	socklen_t size = sizeof(own);

	if (getsockname(fd, &own.any, &size))
		error(1, errno, "getsockname");
	return ntohs(own.any.sa_family == AF_INET6 ? own.ipv6.sin6_port : own.ipv4.sin_port);
}

static int serve(int type, const union address *at, socklen_t size)
{
	int fd = peer_socket(at->any.sa_family, type, 0), on = 1, err;

	/* Of IPv6 a route makes no address that one may bind to. */
	if (at->any.sa_family == AF_INET6)
		err = setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
	else
		err = setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	if (err || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, &at->any, size) || (type == SOCK_STREAM && listen(fd, 4)))
		error(1, errno, "the peer's server");
	return fd;
}

struct sockets open_flow(enum flow flow, struct form *form)
{
	int type = flow == FLOW_TCP ? SOCK_STREAM : SOCK_DGRAM, server;
	struct sockets flows = { .peer = -1 };
	union address to;
	socklen_t size = set_address(&to, form);

	server = serve(type, &to, size);
	flows.own = socket(to.any.sa_family, type | SOCK_CLOEXEC, 0);
	if (flows.own < 0)
		error(1, errno, "socket");
	if (flow == FLOW_SENT ? sendto(flows.own, "?", 1, 0, &to.any, size) != 1
			      : connect(flows.own, &to.any, size))
		error(1, errno, "to the peer");
	if (flow == FLOW_TCP) {
		flows.peer = accept(server, NULL, NULL);
		if (flows.peer < 0)
			error(1, errno, "accept");
	}
	close(server);
	form->from_port = PEER_PORT;
	form->to_port = local_port(flows.own);
	return flows;
}
