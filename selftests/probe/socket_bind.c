// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking a port, and listening on one: what bind(2) and listen(2) do, and what
 * does the same without them. Then the options of a socket that send what it
 * says by way of somebody else.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
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

/* The kernel's header for these is not to be had beside libc's. */
#define IPV6_FLOWLABEL_MGR 32
#define IPV6_FLOWINFO_SEND 33
#define IPV6_FL_A_GET	   0
#define IPV6_FL_F_CREATE   1
#define IPV6_FL_S_EXCL	   1

struct in6_flowlabel_req {
	struct in6_addr flr_dst;
	uint32_t flr_label;
	uint8_t flr_action, flr_share;
	uint16_t flr_flags, flr_expires, flr_linger;
	uint32_t pad;
};

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

/* By way of 127.0.0.9: loose or strict source routing, as it stands in a header of IPv4. */
static void fill_v4_route(unsigned char opt[8], bool strict)
{
	static const unsigned char via[4] = { 127, 0, 0, 9 };

	opt[0] = strict ? IPOPT_SSRR : IPOPT_LSRR;
	opt[1] = 7;
	opt[2] = 4;
	memcpy(opt + 3, via, sizeof(via));
	opt[7] = IPOPT_END;
}

static int route_v4(const struct peer *p, bool strict)
{
	unsigned char opt[8], got[64];
	socklen_t len = sizeof(got);
	int fd = peer_socket(p);

	fill_v4_route(opt, strict);
	if (setsockopt(fd, SOL_IP, IP_OPTIONS, opt, sizeof(opt)))
		return refused("IP_OPTIONS");
	need(getsockopt(fd, SOL_IP, IP_OPTIONS, got, &len), "IP_OPTIONS");
	return effect(len > 0, "IP_OPTIONS");
}

static int by_lsrr(const struct peer *p)
{
	return route_v4(p, false);
}

static int by_ssrr(const struct peer *p)
{
	return route_v4(p, true);
}

/* A segment routing header with two segments: ::9, then the peer. */
struct route_v6 {
	unsigned char next, hdrlen, type, left;
	unsigned char last, flags;
	unsigned short tag;
	struct in6_addr segment[2];
};

static struct route_v6 v6_route(const struct peer *p)
{
	struct route_v6 r = { .hdrlen = 4, .type = 4, .left = 1, .last = 1 };

	r.segment[0] = ((const struct sockaddr_in6 *)&p->a)->sin6_addr;
	r.segment[1].s6_addr[15] = 9;
	return r;
}

static int by_rthdr(const struct peer *p)
{
	struct route_v6 r = v6_route(p), got;
	socklen_t len = sizeof(got);
	int fd = peer_socket(p);

	if (setsockopt(fd, SOL_IPV6, IPV6_RTHDR, &r, sizeof(r)))
		return refused("IPV6_RTHDR");
	need(getsockopt(fd, SOL_IPV6, IPV6_RTHDR, &got, &len), "IPV6_RTHDR");
	return effect(len == sizeof(got), "IPV6_RTHDR");
}

/* The control message of the old interface, set for good by an option that holds many. */
static int by_pktoptions(const struct peer *p)
{
	struct route_v6 r = v6_route(p);
	size_t size = sizeof(r) - sizeof(r.segment[0]);
	char control[CMSG_SPACE(sizeof(r))] = "";
	struct cmsghdr *c = (void *)control;

	r.type = 2;
	r.hdrlen = 2;
	r.last = 0;
	c->cmsg_level = SOL_IPV6;
	c->cmsg_type = IPV6_2292RTHDR;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), &r, size);
	return judge(setsockopt(peer_socket(p), SOL_IPV6, IPV6_2292PKTOPTIONS, control,
				CMSG_SPACE(size)),
		     "IPV6_2292PKTOPTIONS");
}

/* A control message with @data for one message alone. */
static int send_with(const struct peer *p, int level, int type, const void *data, size_t size)
{
	char control[CMSG_SPACE(sizeof(struct route_v6))] = "";
	struct cmsghdr *c = (void *)control;
	struct iovec iov = { MESSAGE, MESSAGE_SIZE };
	struct msghdr m = { (void *)&p->a, p->len, &iov, 1, control, CMSG_SPACE(size), 0 };

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), data, size);
	return judge(sendmsg(peer_socket(p), &m, 0), "sendmsg with a route");
}

static int by_retopts(const struct peer *p)
{
	unsigned char opt[8];

	fill_v4_route(opt, false);
	return send_with(p, SOL_IP, IP_RETOPTS, opt, sizeof(opt));
}

/* A control message may have no segments, but one address for all routes of mobile hosts. */
static int by_rthdr_message(const struct peer *p)
{
	struct route_v6 r = v6_route(p);

	r.type = 2;
	r.hdrlen = 2;
	r.last = 0;
	return send_with(p, SOL_IPV6, IPV6_RTHDR, &r, sizeof(r) - sizeof(r.segment[0]));
}

/* The kernel asks for the second message only when it is for another address. */
static int by_retopts_second(const struct peer *p)
{
	unsigned char opt[8];
	char control[CMSG_SPACE(sizeof(opt))] = "";
	struct cmsghdr *c = (void *)control;
	struct iovec iov = { MESSAGE, MESSAGE_SIZE };
	struct msghdr m = { (void *)&p->a, p->len, &iov, 1, NULL, 0, 0 };
	struct mmsghdr both[2] = { { .msg_hdr = m }, { .msg_hdr = m } };
	int fd = peer_socket(p), n;

	fill_v4_route(opt, false);
	c->cmsg_level = SOL_IP;
	c->cmsg_type = IP_RETOPTS;
	c->cmsg_len = CMSG_LEN(sizeof(opt));
	memcpy(CMSG_DATA(c), opt, sizeof(opt));
	both[1].msg_hdr.msg_control = control;
	both[1].msg_hdr.msg_controllen = sizeof(control);
	n = need(sendmmsg(fd, both, 2, 0), "sendmmsg");
	return n == 2 ? ALLOWED : judge(sendmmsg(fd, both + 1, 1, 0), "the second message");
}

/* A flow label brings its own routing header along. */
static int by_flowlabel(const struct peer *p)
{
	struct sockaddr_in6 to = *(const struct sockaddr_in6 *)&p->a;
	struct route_v6 r = v6_route(p);
	size_t size = sizeof(r) - sizeof(r.segment[0]);
	struct {
		struct in6_flowlabel_req request;
		char control[CMSG_SPACE(sizeof(r))];
	} f = { .request = { .flr_dst = to.sin6_addr,
			     .flr_action = IPV6_FL_A_GET,
			     .flr_share = IPV6_FL_S_EXCL,
			     .flr_flags = IPV6_FL_F_CREATE } };
	struct cmsghdr *c = (void *)f.control;
	socklen_t len = sizeof(f.request) + CMSG_SPACE(size);
	int fd = peer_socket(p), one = 1;

	r.type = 2;
	r.hdrlen = 2;
	r.last = 0;
	c->cmsg_level = SOL_IPV6;
	c->cmsg_type = IPV6_RTHDR;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), &r, size);
	if (setsockopt(fd, SOL_IPV6, IPV6_FLOWLABEL_MGR, &f, len))
		return refused("IPV6_FLOWLABEL_MGR");
	need(setsockopt(fd, SOL_IPV6, IPV6_FLOWINFO_SEND, &one, sizeof(one)), "FLOWINFO_SEND");
	to.sin6_flowinfo = f.request.flr_label;
	return judge(sendto(fd, MESSAGE, MESSAGE_SIZE, 0, (void *)&to, sizeof(to)), "sendto");
}

static const struct {
	const char *name;
	int (*run)(const struct peer *p);
} routes[] = {
	{ "lsrr", by_lsrr },
	{ "ssrr", by_ssrr },
	{ "retopts", by_retopts },
	{ "rthdr", by_rthdr },
	{ "rthdr-message", by_rthdr_message },
	{ "pktoptions", by_pktoptions },
	{ "retopts-second", by_retopts_second },
	{ "flowlabel", by_flowlabel },
	{ "retopts", by_retopts },
	{ "rthdr", by_rthdr },
	{ "rthdr-message", by_rthdr_message },
};

/* route WAY PROTOCOL ADDRESS PORT: to a peer by way of another */
static int act_route(char **args)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		struct peer p;

		if (strcmp(routes[i].name, args[0]))
			continue;
		p = peer_of(args[1], args[2], args[3]);
		return routes[i].run(&p);
	}
	broken("there is no route '%s'", args[0]);
}

const struct act socket_bind_acts[] = {
	{ "own", "WAY PROTOCOL ADDRESS PORT", act_own },
	{ "route", "WAY PROTOCOL ADDRESS PORT", act_route },
	{ NULL, NULL, NULL },
};
