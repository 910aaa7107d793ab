// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket guard: which programs it needs in the kernel, how its events read, and how it
 * proves that denials happen. What a section may say is in program_policy.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "../act.h"
#include "../guard.h"

/* Every way to a peer or a port, by the hook that sees it (see lsm/socket.bpf.c). */
static const struct guard_program programs[] = {
	{ "socket_create", "socket_create", .verbs = GUARD_FAMILIES, .stage = ATTACH_LAST },
	{ "socket_post_create", "socket_post_create", .verbs = GUARD_RECEIVE,
	  .stage = ATTACH_LAST },
	{ "socket_connect", "socket_connect", .verbs = GUARD_CONNECT | GUARD_RECEIVE,
	  .stage = ATTACH_LAST },
	{ "socket_sendmsg", "socket_sendmsg", .verbs = GUARD_CONNECT, .stage = ATTACH_LAST },
	{ "socket_setsockopt", "socket_setsockopt", .verbs = GUARD_CONNECT, .stage = ATTACH_LAST },
	{ "sock_graft", "sock_graft", .verbs = GUARD_CONNECT, .stage = ATTACH_LAST },
	{ "socket_bind", "socket_bind", .verbs = GUARD_LISTEN, .stage = ATTACH_LAST },
	{ "socket_listen", "socket_listen", .verbs = GUARD_LISTEN, .stage = ATTACH_LAST },
	{ "socket_accept", "socket_accept", .verbs = GUARD_LISTEN, .stage = ATTACH_LAST },
	{ "socket_recvmsg", "socket_recvmsg", .verbs = GUARD_RECEIVE, .stage = ATTACH_LAST },
	{ "socket_getsockopt", "socket_getsockopt", .verbs = GUARD_RECEIVE, .stage = ATTACH_LAST },
	{ "socket_sock_rcv_skb", "socket_sock_rcv_skb", .verbs = GUARD_RECEIVE,
	  .stage = ATTACH_LAST },
	/* Up to 6.4 sendfile(2) writes to a socket without socket_sendmsg. */
	{ "file_permission", "file_permission", .verbs = GUARD_RECEIVE, .also = GUARD_CONNECT,
	  .where = "sock_no_sendpage", .stage = ATTACH_LAST },
};

/* ---- events -------------------------------------------------------------------- */

/* The kind of socket; of netlink's two bits the one that says more. */
static const char *family_text(const struct guard_event *e)
{
	__u32 kind = e->asked & GUARD_FAMILY_NETLINK_ROUTE ? GUARD_FAMILY_NETLINK_ROUTE : e->asked;

	return kind ? policy_family_names[__builtin_ctz(kind)] : "?";
}

static void event_object(const struct guard_event *e, char *out, size_t size)
{
	char endpoint[ENDPOINT_TEXT];

	if (e->access == GUARD_FAMILIES)
		snprintf(out, size, "%s", family_text(e));
	else if (!e->family)
		snprintf(out, size, "unread datagrams");
	else
		snprintf(out, size, "%s/%s",
			 endpoint_text(e->family, e->address, e->port, endpoint),
			 protocol_text(e->protocol));
}

static void event_fields(const struct guard_event *e, struct fields *out)
{
	char address[INET6_ADDRSTRLEN];

	if (!e->family)
		return;
	fields_string(out, "address", address_text(e->family, e->address, address));
	fields_number(out, "port", e->port);
	fields_string(out, "protocol", protocol_text(e->protocol));
}

/* ---- canary --------------------------------------------------------------------- */

/* Everything but EPERM is an act that was let through, to whatever end. */
static int refused(int result)
{
	return result < 0 && errno == EPERM;
}

static int act(__u32 closed, int canary)
{
	static int old = -1, fresh = -1;
	struct sockaddr_in peer = { .sin_family = AF_INET,
				    .sin_port = htons(9),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int tried = 0, no = 0, fd;
	char byte;

	(void)canary;
	/* Made when nothing was held yet. */
	if (old < 0) {
		old = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		fresh = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (old < 0 || fresh < 0 || connect(old, (void *)&peer, sizeof(peer)))
			return -errno;
	}
	if (closed & GUARD_FAMILIES && ++tried) {
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		no += refused(fd);
		if (fd >= 0)
			close(fd);
	}
	if (closed & GUARD_CONNECT && ++tried)
		no += refused(connect(old, (void *)&peer, sizeof(peer)));
	if (closed & GUARD_RECEIVE && ++tried)
		no += refused(recv(old, &byte, 1, MSG_DONTWAIT));
	/* On an address that nobody has: refused for another reason where it is not held. */
	peer.sin_addr.s_addr = htonl(0xc0000201);
	if (closed & GUARD_LISTEN && ++tried)
		no += refused(bind(fresh, (void *)&peer, sizeof(peer)));
	return no == tried ? 0 : no ? -EBUSY : 1;
}

const struct guard socket_guard = {
	.name = "socket",
	.programs = programs,
	.n_programs = sizeof(programs) / sizeof(*programs),
	.keys = GUARD_SOCKET_KEYS,
	.object = event_object,
	.fields = event_fields,
	.act = act,
	.try = socket_try,
};
