// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lsm-guard prove does with sockets, bound by a section. Nothing is sent, whatever comes
 * of it: connect(2) of a datagram socket only notes the peer, TCP does not go to broadcast and
 * multicast addresses, a port is asked for at an address that no host has, and what is read
 * from a socket is what nobody sent.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netlink.h>

#include "../act.h"
#include "../guard.h"

/* For documentation: these are nobody's. */
static const char *const nobodys[] = { "192.0.2.1",   "198.51.100.1", "203.0.113.1",
				       "2001:db8::1", "3fff::1",      NULL };
static const char *const no_tcp[] = { "255.255.255.255", "224.0.0.1", "ff0e::1", NULL };
static const char *const own[] = { "127.0.0.1", "::1", NULL };

static socklen_t address_of(const struct unlisted *u, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (void *)out;
	struct sockaddr_in6 *in6 = (void *)out;

	memset(out, 0, sizeof(*out));
	out->ss_family = u->family;
	if (u->family == AF_INET) {
		in->sin_port = htons(u->port);
		memcpy(&in->sin_addr, u->address, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_port = htons(u->port);
	memcpy(&in6->sin6_addr, u->address, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

static int make_socket(const struct unlisted *u)
{
	int type = u->protocol == ENDPOINT_TCP ? SOCK_STREAM : SOCK_DGRAM;

	return socket(u->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static const char *text_of(const struct unlisted *u, char *out, size_t size)
{
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(u->family, u->address, address, sizeof(address));
	snprintf(out, size, u->family == AF_INET ? "%s:%u/%s" : "[%s]:%u/%s", address, u->port,
		 u->protocol == ENDPOINT_TCP ? "tcp" : "udp");
	return out;
}

/* What is to be done with an endpoint that is not listed. */
static void try_endpoint(struct act *act, const struct unlisted *u, const char *what,
			 int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_storage address;
	socklen_t size = address_of(u, &address);
	int fd = make_socket(u), result;
	char text[80];

	if (fd < 0) {
		act_came_to(act, PROOF_UNTESTABLE, "%s: %s", text_of(u, text, sizeof(text)),
			    strerror(errno));
		return;
	}
	act_bind(act);
	act_begin(act);
	result = call(fd, (void *)&address, size);
	/* The hook is asked first: whatever else it is that fails comes after it. */
	act_end(act, result < 0 && errno == EPERM ? EPERM : 0, "%s %s", what,
		text_of(u, text, sizeof(text)));
}

static void try_connect(struct act *act, const struct endpoint_list *list)
{
	struct unlisted u;

	if (unlisted_find(list, nobodys, ENDPOINT_UDP, &u) ||
	    unlisted_find(list, no_tcp, ENDPOINT_TCP, &u))
		try_endpoint(act, &u, "connecting to", connect);
	else
		act_came_to(act, PROOF_UNTESTABLE, "no peer was found that is not listed");
}

static void try_listen(struct act *act, const struct endpoint_list *list)
{
	struct unlisted u;

	if (unlisted_find(list, nobodys, ENDPOINT_TCP, &u) ||
	    unlisted_find(list, nobodys, ENDPOINT_UDP, &u))
		try_endpoint(act, &u, "binding to", bind);
	else
		act_came_to(act, PROOF_UNTESTABLE, "no port was found that is not listed");
}

/* A socket that is connected to such a peer, or -1. */
static int connected_to(const struct endpoint_list *list, const char *const *addresses,
			struct unlisted *u)
{
	struct sockaddr_storage address;
	int fd;

	for (; *addresses; addresses++) {
		const char *const one[] = { *addresses, NULL };

		if (!unlisted_find(list, one, ENDPOINT_UDP, u))
			continue;
		fd = make_socket(u);
		if (fd >= 0 && !connect(fd, (void *)&address, address_of(u, &address)))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

static void try_receive(struct act *act, const struct endpoint_list *list)
{
	struct unlisted u;
	int fd = connected_to(list, own, &u), error;
	char byte, text[80];

	if (fd < 0)
		fd = connected_to(list, nobodys, &u);
	if (fd < 0) {
		act_came_to(act, PROOF_UNTESTABLE,
			    "no sender of datagrams was found that is not listed");
		return;
	}
	act_bind(act);
	act_begin(act);
	error = recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EPERM ? EPERM : 0;
	act_end(act, error, "receiving from %s", text_of(&u, text, sizeof(text)));
}

/* ---- kinds of sockets ------------------------------------------------------------- */

#define FAMILY_NOBODYS 19 /* that of a protocol that Linux has no more */

static const struct {
	__u32 kinds; /* one of these must be allowed */
	int family, type, protocol;
} sockets[] = {
	{ GUARD_FAMILY_UNIX, AF_UNIX, SOCK_DGRAM, 0 },
	{ GUARD_FAMILY_INET, AF_INET, SOCK_DGRAM, 0 },
	{ GUARD_FAMILY_INET6, AF_INET6, SOCK_DGRAM, 0 },
	{ GUARD_FAMILY_NETLINK | GUARD_FAMILY_NETLINK_ROUTE, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
	{ GUARD_FAMILY_NETLINK, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC },
	{ GUARD_FAMILY_RAW, AF_INET, SOCK_RAW, IPPROTO_UDP },
	{ GUARD_FAMILY_PING, AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
	{ GUARD_FAMILY_OTHER, FAMILY_NOBODYS, SOCK_DGRAM, 0 },
};

static void try_families(struct act *act, __u32 allowed)
{
	size_t i = 0;
	int error;

	while (i < sizeof(sockets) / sizeof(*sockets) && sockets[i].kinds & allowed)
		i++;
	if (i == sizeof(sockets) / sizeof(*sockets)) {
		act_came_to(act, PROOF_UNTESTABLE,
			    "a socket of a kind that is not listed could load a module");
		return;
	}
	act_bind(act);
	act_begin(act);
	error = socket(sockets[i].family, sockets[i].type | SOCK_CLOEXEC, sockets[i].protocol) <
					0 &&
				errno == EPERM
			? EPERM
			: 0;
	act_end(act, error, "a socket of the family %s",
		policy_family_names[__builtin_ctz(sockets[i].kinds)]);
}

void socket_try(struct act *act)
{
	const struct plan_section *section = act_section(act);
	const struct endpoint_list *lists = section->policy->endpoints;

	switch (act->access) {
	case GUARD_CONNECT:
		try_connect(act, &lists[KEY_CONNECT]);
		break;
	case GUARD_LISTEN:
		try_listen(act, &lists[KEY_LISTEN]);
		break;
	case GUARD_RECEIVE:
		try_receive(act, &lists[KEY_RECEIVE]);
		break;
	default:
		try_families(act, section->kernel.families);
	}
}
