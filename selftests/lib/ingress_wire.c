// SPDX-License-Identifier: GPL-2.0-only
/*
 * The links and namespaces of the ingress tests, and what is seen on them.
 *
 * What was dropped is not waited for: a frame that every section accepts is sent behind it, and
 * when that one has come the other one will not come any more. For this all packets of a test
 * must be sent on one CPU: each has a queue of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ingress_wire.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

#define SEEN_MAX   512
#define SEEN_BYTES 160

struct end {
	int fd;
	size_t n;
	struct {
		unsigned char data[SEEN_BYTES];
		size_t len;
	} seen[SEEN_MAX];
};

static struct {
	struct end here, there;
} wires[WIRES_MAX];

static int names[3] = { -1, -1, -1 }; /* the namespaces, by side */
static const char *const ns_files[] = { "/proc/self/ns/net", "/run/netns/" WIRE_PEER,
					"/run/netns/" WIRE_FAR };

void wire_enter(enum side side)
{
	if (names[HOST] < 0)
		names[HOST] = open(ns_files[HOST], O_RDONLY | O_CLOEXEC);
	if (names[side] < 0)
		names[side] = open(ns_files[side], O_RDONLY | O_CLOEXEC);
	if (setns(names[side], CLONE_NEWNET)) {
		perror(ns_files[side]);
		abort();
	}
}

int wire_socket(enum side side, int family, int type, int protocol)
{
	int fd;

	wire_enter(side);
	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	wire_enter(HOST);
	if (fd < 0)
		perror("# socket");
	return fd;
}

bool wire_ip(enum side side, const char *fmt, ...)
{
	static const char *const in[] = { "", "-n " WIRE_PEER " ", "-n " WIRE_FAR " " };
	va_list ap;
	char *text;
	bool ok;

	va_start(ap, fmt);
	text = vpath(fmt, ap);
	va_end(ap);
	ok = write_file("/tmp/lsm-guard-wire.ip", text) &&
	     command("ip %s-force -batch /tmp/lsm-guard-wire.ip", in[side]);
	free(text);
	return ok;
}

bool wire_sysctl(enum side side, const char *name, const char *value)
{
	bool ok;

	wire_enter(side);
	ok = write_file(path("/proc/sys/net/%s", name), value);
	wire_enter(HOST);
	if (!ok)
		printf("# %s cannot be set\n", name);
	return ok;
}

const char *wire_address(int net, int v, int host)
{
	if (v == 4)
		return path("10.7.%d.%d", net, host);
	return net ? path("2001:db8:7:%d::%d", net, host) : path("2001:db8:7::%d", host);
}

static bool tap(struct end *e, enum side side, int wire)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = WIRE_INDEX + wire };
	int one = 1, room = 4 << 20;

	/* Bound before it hears anything: protocol 0 until then. */
	e->fd = wire_socket(side, AF_PACKET, SOCK_RAW, 0);
	return e->fd >= 0 &&
	       !setsockopt(e->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) &&
	       !setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) &&
	       !bind(e->fd, (void *)&at, sizeof(at));
}

static void put_address(FILE *f, const char *dev, int net, int host)
{
	fprintf(f, "addr add %s/24 dev %s\n", wire_address(net, 4, host), dev);
	fprintf(f, "addr add %s/64 dev %s nodad\n", wire_address(net, 6, host), dev);
}

/* For ip(8): @dev has a side's addresses of that network. */
static void put_addresses(FILE *f, enum side side, const char *dev, int net)
{
	put_address(f, dev, net, side == HOST ? 1 : 2);
	if (side == PEER) {
		put_address(f, dev, net, 3);
		put_address(f, dev, net, 200);
	}
	fprintf(f, "addr add fe80::%d/64 dev %s nodad\nlink set %s up\n", side == HOST ? 1 : 2, dev,
		dev);
}

static void put_vlans(FILE *f, enum side side, const char *dev)
{
	fprintf(f, "link add link %s name %s.10 type vlan id 10\n", dev, dev);
	fprintf(f, "link add link %s name %s.20 type vlan proto 802.1ad id 20\n", dev, dev);
	fprintf(f, "link set %s.20 up\nlink add link %s.20 name %s.30 type vlan id 30\n", dev, dev,
		dev);
	put_addresses(f, side, path("%s.10", dev), VLAN);
	put_addresses(f, side, path("%s.30", dev), QINQ);
}

/* The last of them is a VLAN: no driver of its own runs XDP programs there. */
static void put_link(FILE *f, enum side side, int wire)
{
	const char *end = side == HOST ? "in" : "out";
	int index = WIRE_INDEX + wire;

	if (wire == WIRE_GENERIC)
		fprintf(f,
			"link add link %s5 name %s%d index %d address 02:7%d:00:00:00:0%d type vlan id 40\n",
			end, end, wire, index, side, wire);
	else if (side == HOST)
		fprintf(f,
			"link add in%d index %d address 02:70:00:00:00:0%d type veth peer name out%d "
			"index %d address 02:71:00:00:00:0%d netns " WIRE_PEER "\n",
			wire, index, wire, wire, index, wire);
	put_addresses(f, side, path("%s%d", end, wire), wire);
}

static bool make_links(enum side side, int first, int last)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (int i = first; i <= last; i++)
		put_link(f, side, i);
	if (first == 0)
		put_vlans(f, side, side == HOST ? "in0" : "out0");
	fclose(f);
	return wire_ip(side, "%s", text);
}

static bool make_wires(int first, int last)
{
	bool ok = make_links(HOST, first, last) && make_links(PEER, first, last);

	for (int i = first; ok && i <= last; i++)
		ok = tap(&wires[i].here, HOST, i) && tap(&wires[i].there, PEER, i);
	return ok;
}

bool wire_add(int wire)
{
	return make_wires(wire, wire) && wire_ready(wire);
}

static void let_go(int wire)
{
	if (wires[wire].here.fd > 0)
		close(wires[wire].here.fd);
	if (wires[wire].there.fd > 0)
		close(wires[wire].there.fd);
	wires[wire].here.fd = wires[wire].there.fd = 0;
}

bool wire_remove(int wire)
{
	let_go(wire);
	return command("ip link del in%d", wire);
}

/* Nothing is on the wires that no test has put there, as far as that can be had. */
static bool quiet(enum side side)
{
	return wire_sysctl(side, "ipv6/conf/default/accept_dad", "0\n") &&
	       wire_sysctl(side, "ipv6/conf/default/router_solicitations", "0\n") &&
	       wire_sysctl(side, "ipv6/conf/default/accept_ra", "0\n") &&
	       wire_sysctl(side, "ipv6/conf/default/addr_gen_mode", "1\n") &&
	       wire_sysctl(side, "ipv4/conf/all/rp_filter", "0\n") &&
	       wire_sysctl(side, "ipv4/conf/default/rp_filter", "0\n") &&
	       wire_sysctl(side, "ipv4/ping_group_range", "0 100000\n") &&
	       wire_sysctl(side, "ipv4/icmp_ratelimit", "0\n") &&
	       wire_sysctl(side, "ipv4/icmp_msgs_per_sec", "100000\n") &&
	       wire_sysctl(side, "ipv6/icmp/ratelimit", "0\n");
}

bool wires_make(void)
{
	wires_end();
	return command("modprobe -a veth 8021q") && command("ip netns add " WIRE_PEER) &&
	       quiet(HOST) && quiet(PEER) && wire_ip(PEER, "link set lo up\n") &&
	       make_wires(0, WIRES - 1);
}

/* From there packets are small anyway; but those to there must find it out. */
bool wires_make_far(void)
{
	return command("ip netns add " WIRE_FAR) && quiet(FAR) &&
	       wire_ip(PEER, "link add far type veth peer name near netns " WIRE_FAR "\n"
			     "link set far mtu 1300 up\naddr add 10.7.20.1/24 dev far\n"
			     "addr add 2001:db8:7:20::1/64 dev far nodad\n"
			     "addr add fe80::1/64 dev far nodad\n") &&
	       wire_ip(FAR, "link set lo up\nlink set near up\naddr add 10.7.20.2/24 dev near\n"
			    "addr add 2001:db8:7:20::2/64 dev near nodad\n"
			    "addr add fe80::2/64 dev near nodad\n"
			    "route add default via 10.7.20.1 mtu 1300 advmss 1460\n"
			    "route add default via 2001:db8:7:20::1 mtu 1300 advmss 1440\n") &&
	       wire_ip(HOST, "route add 10.7.20.0/24 via 10.7.1.2\n"
			     "route add 2001:db8:7:20::/64 via 2001:db8:7:1::2\n") &&
	       wire_sysctl(PEER, "ipv4/ip_forward", "1\n") &&
	       wire_sysctl(PEER, "ipv6/conf/all/forwarding", "1\n");
}

void wires_end(void)
{
	for (int i = 0; i < WIRES_MAX; i++)
		let_go(i);
	for (enum side side = PEER; side <= FAR; side++) {
		if (names[side] >= 0)
			close(names[side]);
		names[side] = -1;
	}
	/* A namespace takes its links along a moment later; their names are wanted at once. */
	for (int i = 0; i < WIRES_MAX; i++)
		if (!access(path("/sys/class/net/in%d", i), F_OK))
			command("ip link del in%d", i);
	for (enum side side = PEER; side <= FAR; side++)
		if (!access(ns_files[side], F_OK))
			command("ip netns del %s", side == PEER ? WIRE_PEER : WIRE_FAR);
}

/* ---- what is seen -------------------------------------------------------------- */

static void drain(struct end *e)
{
	for (;;) {
		size_t i = e->n % SEEN_MAX;
		ssize_t n = recv(e->fd, e->seen[i].data, SEEN_BYTES, MSG_DONTWAIT);

		if (n < 0)
			return;
		e->seen[i].len = n;
		e->n++;
	}
}

void wire_clear(int wire)
{
	drain(&wires[wire].here);
	drain(&wires[wire].there);
	wires[wire].here.n = wires[wire].there.n = 0;
}

bool wire_put(int wire, const struct frame *f)
{
	if (send(wires[wire].there.fd, f->data, f->len, 0) == (ssize_t)f->len)
		return true;
	printf("# a frame of %zu bytes cannot be sent: %s\n", f->len, strerror(errno));
	return false;
}

static bool has(const struct end *e, const unsigned char source[6])
{
	for (size_t i = 0; i < e->n && i < SEEN_MAX; i++)
		if (!memcmp(e->seen[i].data + 6, source, 6))
			return true;
	return false;
}

bool wire_saw(int wire, uint32_t id)
{
	unsigned char source[6] = { 2, 0x77, id >> 24, id >> 16, id >> 8, id };

	return has(&wires[wire].here, source);
}

bool wire_answered(int wire, bool (*match)(const unsigned char *data, size_t len, const void *arg),
		   const void *arg)
{
	struct end *e = &wires[wire].there;

	for (size_t i = 0; i < e->n && i < SEEN_MAX; i++)
		if (match(e->seen[i].data, e->seen[i].len, arg))
			return true;
	return false;
}

/* An LLDP frame of its own, and all that comes out at the other end until it does. */
static bool push(struct end *from, struct end *to, const unsigned char target[6], int milliseconds)
{
	static uint32_t number;
	unsigned char f[60] = { 0 };
	struct pollfd p = { .fd = to->fd, .events = POLLIN };

	number++;
	memcpy(f, target, 6);
	memcpy(f + 6, (unsigned char[]){ 2, 0x99, number >> 24, number >> 16, number >> 8, number },
	       6);
	memcpy(f + 12, (unsigned char[]){ 0x88, 0xcc }, 2);
	drain(to);
	if (send(from->fd, f, sizeof(f), 0) != sizeof(f))
		return false;
	do
		drain(to);
	while (!has(to, f + 6) && poll(&p, 1, milliseconds) == 1);
	return has(to, f + 6);
}

/* There and back. */
static bool around(int wire, int milliseconds)
{
	unsigned char host[6] = { 2, 0x70, 0, 0, 0, wire }, peer[6] = { 2, 0x71, 0, 0, 0, wire };
	struct end *here = &wires[wire].here, *there = &wires[wire].there;

	return push(there, here, host, milliseconds) && push(here, there, peer, milliseconds);
}

bool wire_sync(int wire)
{
	/* And what that has caused, once more. */
	if (around(wire, PATIENCE) && around(wire, PATIENCE))
		return true;
	printf("# wire %d: what must always come through did not\n", wire);
	return false;
}

bool wire_ready(int wire)
{
	int err;
	socklen_t len = sizeof(err);

	for (int i = 0; i < 150; i++) {
		/* That it has been down is told once. */
		getsockopt(wires[wire].here.fd, SOL_SOCKET, SO_ERROR, &err, &len);
		getsockopt(wires[wire].there.fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (around(wire, 100))
			return true;
		usleep(20000);
	}
	return false;
}

void wire_look(int wire, int milliseconds)
{
	struct pollfd p[2] = { { .fd = wires[wire].here.fd, .events = POLLIN },
			       { .fd = wires[wire].there.fd, .events = POLLIN } };

	poll(p, 2, milliseconds);
	drain(&wires[wire].here);
	drain(&wires[wire].there);
}
