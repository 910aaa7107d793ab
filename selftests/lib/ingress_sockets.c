// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets whose replies come in. Both ends of a connection are on this host: 198.18.0.1 and
 * fd00:1::1 connect, .2 and ::2 listen, all on lo, which no section is about. What is sent to
 * 198.18.1.0/24 goes out by an interface that leads nowhere, and stays without an answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ingress_sockets.h"

#define MINE(family)  ((family) == 4 ? "198.18.0.1" : "fd00:1::1")
#define THEIR(family) ((family) == 4 ? "198.18.0.2" : "fd00:1::2")
#define NOWHERE	      "198.18.1.7"
#define SOCKETS_MAX   128

static int sockets[SOCKETS_MAX];
static size_t n_sockets;

/* An address, in IPv6's clothes where @mapped. */
struct name {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t bytes;
};

static struct name name_of(unsigned int family, bool mapped, const char *address, uint16_t port)
{
	struct name a = { 0 };

	if (family == 4 && !mapped) {
		a.in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		inet_pton(AF_INET, address, &a.in.sin_addr);
		a.bytes = sizeof(a.in);
		return a;
	}
	a.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	inet_pton(AF_INET6, mapped ? path("::ffff:%s", address) : address, &a.in6.sin6_addr);
	a.bytes = sizeof(a.in6);
	return a;
}

static uint16_t port_of(int fd)
{
	struct name a = { .bytes = sizeof(a.in6) };

	getsockname(fd, &a.any, &a.bytes);
	return ntohs(a.any.sa_family == AF_INET ? a.in.sin_port : a.in6.sin6_port);
}

static int make(unsigned int family, bool mapped, int type, int protocol)
{
	int fd = socket(family == 4 && !mapped ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, protocol);

	if (fd >= 0 && n_sockets < SOCKETS_MAX)
		sockets[n_sockets++] = fd;
	return fd;
}

static bool bind_to(int fd, unsigned int family, bool mapped, const char *address)
{
	struct name a = name_of(family, mapped, address, 0);

	return !bind(fd, &a.any, a.bytes);
}

static bool connect_to(int fd, unsigned int family, bool mapped, const char *address, uint16_t port)
{
	struct name a = name_of(family, mapped, address, port);

	return !connect(fd, &a.any, a.bytes) || errno == EINPROGRESS;
}

/* What the reference knows of it; @local NULL: whichever address. */
static void add_flow(struct ingress *x, enum reference_kind kind, const char *local, uint16_t port,
		     const char *peer, uint16_t peer_port)
{
	struct reference_flow *f = &x->reference.flow[x->reference.n_flows++];

	*f = (struct reference_flow){ .kind = kind, .local_port = port, .peer_port = peer_port };
	f->family = packet_address(f->peer, peer);
	if (local)
		packet_address(f->local, local);
}

/* ---- TCP -------------------------------------------------------------------------- */

enum ending { STAYS, WE_SHUT_DOWN, THEY_CLOSE, WE_CLOSE, WE_VANISH };

/* A connection from this host to itself: its client, as it ends, and the accepted side. */
static bool open_tcp(struct ingress *x, int listener, unsigned int family, bool mapped,
		     enum ending ending)
{
	int fd = make(family, mapped, SOCK_STREAM, 0), other;
	uint16_t port = port_of(listener), mine;

	if (!bind_to(fd, family, mapped, MINE(family)) ||
	    !connect_to(fd, family, mapped, THEIR(family), port))
		return false;
	mine = port_of(fd);
	other = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (other < 0 || n_sockets == SOCKETS_MAX)
		return false;
	sockets[n_sockets++] = other;
	add_flow(x, FLOW_OPENED, MINE(family), mine, THEIR(family), port);
	if (ending == STAYS)
		add_flow(x, FLOW_ACCEPTED, THEIR(family), port, MINE(family), mine);
	if (ending == WE_SHUT_DOWN || ending == WE_CLOSE)
		shutdown(fd, SHUT_WR);
	if (ending == THEY_CLOSE || ending == WE_CLOSE)
		shutdown(other, SHUT_WR);
	/* TIME_WAIT, or FIN_WAIT2 of a socket that nobody has: no more than a stub is left. */
	if (ending == WE_CLOSE || ending == WE_VANISH) {
		close(fd);
		for (size_t i = 0; i < n_sockets; i++)
			if (sockets[i] == fd)
				sockets[i] = -1;
	}
	return true;
}

/* How many sockets and stubs of sockets are in the state. */
static size_t in_state(const char *table, unsigned int state)
{
	FILE *f = fopen(table, "re");
	char line[512];
	unsigned int is;
	size_t n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += sscanf(line, "%*d: %*[0-9A-F:] %*[0-9A-F:] %x", &is) == 1 && is == state;
	if (f)
		fclose(f);
	return n;
}

bool ingress_stubs(void)
{
	return in_state("/proc/net/tcp", TCP_TIME_WAIT) ||
	       in_state("/proc/net/tcp6", TCP_TIME_WAIT) ||
	       in_state("/proc/net/tcp", TCP_FIN_WAIT2) ||
	       in_state("/proc/net/tcp6", TCP_FIN_WAIT2);
}

/* A SYN from an address that never answers leaves a request behind; lo takes it in. */
static bool half_open(struct ingress *x, int listener)
{
	struct packet_shape s = { .family = 4, .protocol = TCP, .source_port = 7777, .flags = SYN };
	struct name to = name_of(4, false, THEIR(4), 0);
	int fd = make(4, false, SOCK_RAW, IPPROTO_RAW);
	static struct packet p;
	uint32_t sum = 0;
	uint8_t *tcp;

	s.port = port_of(listener);
	packet_address(s.source, NOWHERE);
	packet_address(s.destination, THEIR(4));
	packet_build(&p, &s);
	tcp = p.bytes + p.transport;
	/* The one checksum that the kernel asks for here. */
	for (size_t i = 0; i < 20; i += 2)
		sum += packet_get16(tcp + i);
	for (size_t i = 12; i < 20; i += 2)
		sum += packet_get16(p.bytes + p.network + i);
	sum += TCP + 20;
	sum = (sum & 0xffff) + (sum >> 16);
	packet_put16(tcp + 16, ~(sum + (sum >> 16)));
	add_flow(x, FLOW_ACCEPTED, THEIR(4), s.port, NOWHERE, s.source_port);
	return sendto(fd, p.bytes + p.network, p.n - p.network, 0, &to.any, to.bytes) > 0 &&
	       in_state("/proc/net/tcp", TCP_SYN_RECV);
}

static bool open_all_tcp(struct ingress *x, unsigned int family, bool mapped, bool stubs)
{
	int listener = make(family, mapped, SOCK_STREAM, 0), fd;

	if (!bind_to(listener, family, mapped, THEIR(family)) || listen(listener, 8))
		return false;
	add_flow(x, FLOW_LISTENER, THEIR(family), port_of(listener), THEIR(family), 5555);
	for (int ending = STAYS; ending <= (stubs ? WE_VANISH : THEY_CLOSE); ending++)
		if (!open_tcp(x, listener, family, mapped, ending))
			return false;
	/* Established, and waiting to be accepted. */
	fd = make(family, mapped, SOCK_STREAM, 0);
	if (!bind_to(fd, family, mapped, MINE(family)) ||
	    !connect_to(fd, family, mapped, THEIR(family), port_of(listener)))
		return false;
	add_flow(x, FLOW_ACCEPTED, THEIR(family), port_of(listener), MINE(family), port_of(fd));
	if (family == 6)
		return true;
	fd = make(4, mapped, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (!bind_to(fd, 4, mapped, MINE(4)) || !connect_to(fd, 4, mapped, NOWHERE, 99))
		return false;
	add_flow(x, FLOW_SYN_SENT, MINE(4), port_of(fd), NOWHERE, 99);
	return mapped || half_open(x, listener);
}

/* ---- UDP and ping ----------------------------------------------------------------- */

#define SENDERS 8

static struct {
	int fd;
	struct name to;
	uint8_t bytes[8];
} senders[SENDERS];
static size_t n_senders;

static void add_sender(int fd, struct name to, uint8_t first)
{
	senders[n_senders].fd = fd;
	senders[n_senders].to = to;
	senders[n_senders++].bytes[0] = first;
}

bool ingress_sockets_send(struct ingress *x)
{
	(void)x;
	for (size_t i = 0; i < n_senders; i++)
		if (sendto(senders[i].fd, senders[i].bytes, sizeof(senders[i].bytes), 0,
			   &senders[i].to.any, senders[i].to.bytes) < 0)
			return false;
	return true;
}

static bool open_udp(struct ingress *x, unsigned int family, bool mapped)
{
	int fd = make(family, mapped, SOCK_DGRAM, 0);

	if (!bind_to(fd, family, mapped, MINE(family)) ||
	    !connect_to(fd, family, mapped, THEIR(family), 53))
		return false;
	add_flow(x, FLOW_CONNECTED, MINE(family), port_of(fd), THEIR(family), 53);
	fd = make(family, mapped, SOCK_DGRAM, 0);
	if (mapped || family == 6 ? !bind_to(fd, 6, false, "::")
				  : !bind_to(fd, 4, false, "0.0.0.0"))
		return false;
	add_sender(fd, name_of(family, mapped, THEIR(family), 123), 0);
	add_flow(x, FLOW_SENT, NULL, port_of(fd), THEIR(family), 123);
	fd = make(family, mapped, SOCK_DGRAM, 0);
	if (!bind_to(fd, family, mapped, MINE(family)))
		return false;
	add_flow(x, FLOW_BOUND, MINE(family), port_of(fd), THEIR(family), 123);
	return true;
}

static bool open_ping(struct ingress *x, unsigned int family)
{
	int fd = make(family, false, SOCK_RAW, family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	if (fd < 0)
		return false;
	add_sender(fd, name_of(family, false, family == 4 ? "198.18.1.5" : THEIR(6), 0),
		   family == 4 ? 8 : 128);
	add_flow(x, FLOW_PING, NULL, 0, family == 4 ? "198.18.1.5" : THEIR(6), 0);
	return true;
}

bool ingress_sockets_open(struct ingress *x, bool stubs)
{
	x->reference.n_flows = 0;
	n_sockets = n_senders = 0;
	return command("ip addr replace 198.18.0.1/32 dev lo") &&
	       command("ip addr replace 198.18.0.2/32 dev lo") &&
	       command("ip addr replace fd00:1::1/128 dev lo nodad") &&
	       command("ip addr replace fd00:1::2/128 dev lo nodad") &&
	       command("ip route replace 198.18.1.0/24 dev %s src 198.18.0.1",
		       ingress_sections[IN_NONE].interface) &&
	       open_all_tcp(x, 4, false, stubs) && open_all_tcp(x, 6, false, stubs) &&
	       open_all_tcp(x, 4, true, stubs) && open_udp(x, 4, false) && open_udp(x, 6, false) &&
	       open_udp(x, 4, true) && open_ping(x, 4) && open_ping(x, 6) &&
	       ingress_sockets_send(x);
}

void ingress_sockets_close(void)
{
	const struct linger reset = { .l_onoff = 1 };

	for (size_t i = 0; i < n_sockets; i++) {
		if (sockets[i] < 0)
			continue;
		setsockopt(sockets[i], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(sockets[i]);
	}
	n_sockets = n_senders = 0;
}
