// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers by their addresses as text, and the sockets to talk to them by.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"
#include "socket.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define PATIENCE 30000 /* milliseconds, for what ought to come */

static const struct {
	const char *name;
	int type, protocol, family;
} protocols[] = {
	{ "tcp", SOCK_STREAM, IPPROTO_TCP, 0 },
	{ "udp", SOCK_DGRAM, IPPROTO_UDP, 0 },
	{ "tcp6", SOCK_STREAM, IPPROTO_TCP, AF_INET6 },
	{ "udp6", SOCK_DGRAM, IPPROTO_UDP, AF_INET6 },
	{ "udplite", SOCK_DGRAM, IPPROTO_UDPLITE, 0 },
	{ "mptcp", SOCK_STREAM, IPPROTO_MPTCP, 0 },
	{ "sctp", SOCK_STREAM, IPPROTO_SCTP, 0 },
	{ "sctp-seqpacket", SOCK_SEQPACKET, IPPROTO_SCTP, 0 },
	{ "raw", SOCK_RAW, IPPROTO_UDP, 0 },
};

static void parse_v6(struct sockaddr_in6 *a, const char *text)
{
	char copy[128];
	char *zone;

	snprintf(copy, sizeof(copy), "%s", text);
	zone = strchr(copy, '%');
	if (zone) {
		*zone++ = 0;
		a->sin6_scope_id = if_nametoindex(zone);
		if (!a->sin6_scope_id)
			broken("there is no interface '%s'", zone);
	}
	a->sin6_family = AF_INET6;
	if (inet_pton(AF_INET6, copy, &a->sin6_addr) != 1)
		broken("'%s' is not an address", text);
}

struct peer peer_of(const char *protocol, const char *address, const char *port)
{
	struct peer p = { 0 };
	struct sockaddr_in *in = (void *)&p.a;
	size_t i = 0, n = sizeof(protocols) / sizeof(*protocols);

	while (i < n && strcmp(protocols[i].name, protocol))
		i++;
	if (i == n)
		broken("there is no protocol '%s'", protocol);
	in->sin_family = AF_INET;
	p.len = sizeof(*in);
	if (inet_pton(AF_INET, address, &in->sin_addr) != 1) {
		memset(&p.a, 0, sizeof(p.a));
		parse_v6((void *)&p.a, address);
		p.len = sizeof(struct sockaddr_in6);
	}
	p.family = protocols[i].family ? protocols[i].family : p.a.ss_family;
	p.type = protocols[i].type;
	p.protocol = protocols[i].protocol;
	peer_set_port(&p, number(port));
	return p;
}

/* The port is at the same place in both families. */
void peer_set_port(struct peer *p, int port)
{
	((struct sockaddr_in *)&p->a)->sin_port = htons(port);
}

int port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	need(getsockname(fd, (void *)&a, &len), "getsockname");
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

void limit_time(int fd, int milliseconds)
{
	struct timeval t = { milliseconds / 1000, milliseconds % 1000 * 1000 };

	need(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)), "SO_RCVTIMEO");
	need(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)), "SO_SNDTIMEO");
}

int peer_socket(const struct peer *p)
{
	int fd = socket(p->family, p->type | SOCK_CLOEXEC, p->protocol), one = 1;

	need(fd, "socket");
	limit_time(fd, PATIENCE);
	/* What the row before has left behind at this port is no reason to fail. */
	need(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), "SO_REUSEADDR");
	return fd;
}

int answered(int fd)
{
	char buf[MESSAGE_SIZE];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n == MESSAGE_SIZE && !memcmp(buf, MESSAGE, MESSAGE_SIZE))
		return ALLOWED;
	fprintf(stderr, "probe: sent, but no answer came: %s\n",
		n < 0 ? strerror(errno) : "something else");
	return OTHER;
}

int sent(long ret, int fd, const char *what)
{
	return ret < 0 ? refused(what) : answered(fd);
}

bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, PATIENCE) == 1;
}
