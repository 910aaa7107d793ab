// SPDX-License-Identifier: GPL-2.0-only
/*
 * To a peer by way of another: the options of a socket, the control messages
 * and the flow labels that put a route into what is sent.
 */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"
#include "socket.h"

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

const struct act socket_route_acts[] = {
	{ "route", "WAY PROTOCOL ADDRESS PORT", act_route },
	{ NULL, NULL, NULL },
};
