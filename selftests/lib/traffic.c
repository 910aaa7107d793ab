// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic over the link of lib/net.h, by real sockets at both ends: see traffic.h.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/net.h"
#include "lib/traffic.h"

#define COMES	  20000 /* milliseconds, for what ought to come */
#define COMES_NOT 1500
#define LISTED	  2000
#define UNLISTED  2001
#define SERVER	  3000 /* beyond the link */
#define BULK	  (1 << 20)

struct act {
	const char *name;
	bool (*run)(const struct act *act);
	int family;
	int port;
	int size;
	bool denied;
};

static int patience; /* milliseconds */

/* ---- sockets ---------------------------------------------------------------------- */

/* IPv4 in IPv6's clothes: every socket here is of IPv6. */
static struct sockaddr_in6 name_of(const char *ipv4, const char *ipv6, int family, int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	inet_pton(AF_INET6, family == 4 ? path("::ffff:%s", ipv4) : ipv6, &a.sin6_addr);
	return a;
}

static struct sockaddr_in6 here(const struct act *a)
{
	return name_of("192.0.2.1", "2001:db8::1", a->family, a->port);
}

static struct sockaddr_in6 there(const struct act *a)
{
	return name_of("192.0.2.2", "2001:db8::2", a->family, SERVER);
}

static int make(int type, int port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const struct timeval limit = { .tv_sec = 30 };
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), one = 1, room = 4 * BULK;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)))
		perror("# bind");
	return fd;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, patience) == 1;
}

static char buffer[BULK];

static bool send_name(int fd, const void *data, size_t n, const struct sockaddr_in6 *to)
{
	return sendto(fd, data, n, 0, (const struct sockaddr *)to, sizeof(*to)) == (ssize_t)n;
}

/* All of it, however it comes. */
static bool take(int fd, size_t wanted)
{
	size_t n = 0;
	ssize_t got;

	while (n < wanted && readable(fd)) {
		got = read(fd, buffer, sizeof(buffer));
		if (got <= 0)
			break;
		n += got;
	}
	return n == wanted;
}

static bool give(int fd, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t sent = write(fd, buffer, n - done);

		if (sent <= 0)
			return false;
		done += sent;
	}
	return true;
}

/* ---- the other side --------------------------------------------------------------- */

/* What runs in the other namespace says that it is ready by a byte. */
static pid_t beyond(void (*what)(const struct act *, int ready), const struct act *a)
{
	int ready[2], ns;
	pid_t pid;
	char c;

	if (pipe2(ready, O_CLOEXEC))
		return -1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		ns = open("/run/netns/" NET_PEER, O_RDONLY | O_CLOEXEC);
		if (setns(ns, CLONE_NEWNET))
			_exit(1);
		what(a, ready[1]);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		printf("# %s: the other side is not ready\n", a->name);
	close(ready[0]);
	return pid;
}

static void gone(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void send_datagram(const struct act *a, int ready)
{
	struct sockaddr_in6 to = here(a);

	write(ready, "", 1);
	send_name(make(SOCK_DGRAM, 3001), buffer, a->size, &to);
}

static void send_stream(const struct act *a, int ready)
{
	struct sockaddr_in6 to = here(a);
	int fd = make(SOCK_STREAM, 0);

	write(ready, "", 1);
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		give(fd, a->size);
}

static void answer_datagrams(const struct act *a, int ready)
{
	int fd = make(SOCK_DGRAM, SERVER);
	struct sockaddr_in6 from;
	socklen_t n = sizeof(from);

	write(ready, "", 1);
	if (recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &n) > 0)
		send_name(fd, buffer, a->size, &from);
}

static void answer_streams(const struct act *a, int ready)
{
	int fd = make(SOCK_STREAM, SERVER);

	listen(fd, 1);
	write(ready, "", 1);
	fd = accept(fd, NULL, NULL);
	if (take(fd, a->size))
		give(fd, a->size);
}

/* A pong that nobody asked for. */
static void send_pong(const struct act *a, int ready)
{
	unsigned char pong[8] = { a->family == 4 ? 0 : 129, 0, 0xff, 0xff };
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = here(a);
	int fd = socket(a->family == 4 ? AF_INET : AF_INET6, SOCK_RAW,
			a->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	write(ready, "", 1);
	inet_pton(AF_INET, "192.0.2.1", &to4.sin_addr);
	to6.sin6_port = 0;
	if (a->family == 4)
		sendto(fd, pong, sizeof(pong), 0, (struct sockaddr *)&to4, sizeof(to4));
	else
		send_name(fd, pong, sizeof(pong), &to6);
}

/* ---- what is tried ---------------------------------------------------------------- */

static bool datagram(const struct act *a)
{
	int fd = make(SOCK_DGRAM, a->port);
	pid_t pid = beyond(send_datagram, a);
	bool came = take(fd, a->size);

	gone(pid);
	close(fd);
	return came;
}

static bool stream(const struct act *a)
{
	int fd = make(SOCK_STREAM, a->port), connection = -1;
	bool came = false;
	pid_t pid;

	listen(fd, 1);
	pid = beyond(send_stream, a);
	if (readable(fd)) {
		connection = accept(fd, NULL, NULL);
		came = take(connection, a->size);
		close(connection);
	}
	gone(pid);
	close(fd);
	return came;
}

static bool stream_reply(const struct act *a)
{
	pid_t pid = beyond(answer_streams, a);
	struct sockaddr_in6 to = there(a);
	int fd = make(SOCK_STREAM, 0);
	bool came = !connect(fd, (struct sockaddr *)&to, sizeof(to)) && give(fd, a->size) &&
		    take(fd, a->size);

	gone(pid);
	close(fd);
	return came;
}

/* @port: connected to it, else not. */
static bool datagram_reply(const struct act *a)
{
	pid_t pid = beyond(answer_datagrams, a);
	struct sockaddr_in6 to = there(a);
	int fd = make(SOCK_DGRAM, 0);
	bool came;

	if (a->port)
		came = !connect(fd, (struct sockaddr *)&to, sizeof(to)) && write(fd, "?", 1) == 1;
	else
		came = send_name(fd, "?", 1, &to);
	came = came && take(fd, a->size);
	gone(pid);
	close(fd);
	return came;
}

/* To a socket that has sent, but to another port of the same peer. */
static bool unasked(const struct act *a)
{
	struct sockaddr_in6 to = there(a);
	int fd = make(SOCK_DGRAM, a->port);
	bool came;
	pid_t pid;

	send_name(fd, "?", 1, &to);
	pid = beyond(send_datagram, a);
	came = take(fd, a->size);
	gone(pid);
	close(fd);
	return came;
}

/* @port: nobody asks, and the pong comes all the same. */
static bool ping(const struct act *a)
{
	unsigned char message[8] = { a->family == 4 ? 8 : 128 }, got[1500];
	int wanted = a->family == 4 ? 0 : 129, at = a->family == 4 ? 20 : 0;
	int fd = socket(a->family == 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC,
			a->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = there(a);
	bool came = false;
	pid_t pid = 0;

	inet_pton(AF_INET, "192.0.2.2", &to4.sin_addr);
	to6.sin6_port = 0;
	message[2] = message[3] = 0;
	if (a->family == 4)
		message[2] = 0xf7, message[3] = 0xff; /* the checksum */
	if (a->port)
		pid = beyond(send_pong, a);
	else if (a->family == 4)
		sendto(fd, message, sizeof(message), 0, (struct sockaddr *)&to4, sizeof(to4));
	else
		send_name(fd, message, sizeof(message), &to6);
	while (!came && readable(fd) && recv(fd, got, sizeof(got), 0) > at)
		came = got[at] == wanted;
	if (pid)
		gone(pid);
	close(fd);
	return came;
}

static const struct act acts[] = {
	{ "a datagram", datagram, 4, LISTED, 100 },
	{ "a datagram", datagram, 6, LISTED, 100 },
	{ "a datagram in fragments", datagram, 4, LISTED, 4000 },
	{ "a datagram in fragments", datagram, 6, LISTED, 4000 },
	{ "a datagram in many fragments", datagram, 4, LISTED, 60000 },
	{ "a datagram in many fragments", datagram, 6, LISTED, 60000 },
	{ "a datagram to another port", datagram, 4, UNLISTED, 100, true },
	{ "a datagram to another port", datagram, 6, UNLISTED, 100, true },
	{ "fragments to another port", datagram, 4, UNLISTED, 4000, true },
	{ "fragments to another port", datagram, 6, UNLISTED, 4000, true },
	{ "a stream", stream, 4, LISTED, BULK },
	{ "a stream", stream, 6, LISTED, BULK },
	{ "a stream to another port", stream, 4, UNLISTED, 1, true },
	{ "a stream to another port", stream, 6, UNLISTED, 1, true },
	{ "a stream's replies", stream_reply, 4, 0, BULK },
	{ "a stream's replies", stream_reply, 6, 0, BULK },
	{ "a reply to a connected socket", datagram_reply, 4, SERVER, 100 },
	{ "a reply to a connected socket", datagram_reply, 6, SERVER, 4000 },
	{ "a reply to an unconnected socket", datagram_reply, 4, 0, 4000 },
	{ "a reply to an unconnected socket", datagram_reply, 6, 0, 100 },
	{ "what is no reply", unasked, 4, 40000, 100, true },
	{ "what is no reply", unasked, 6, 40000, 100, true },
	/* Nobody has asked yet: this comes before the pings that somebody sends. */
	{ "a pong that nobody asked for", ping, 4, 1, 0, true },
	{ "a pong that nobody asked for", ping, 6, 1, 0, true },
	{ "a ping's reply", ping, 4, 0, 0 },
	{ "a ping's reply", ping, 6, 0, 0 },
};

size_t traffic_wrong(bool guarded)
{
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		bool wanted = !(guarded && acts[i].denied);

		patience = wanted ? COMES : COMES_NOT;
		if (acts[i].run(&acts[i]) == wanted)
			continue;
		printf("# %s, IPv%d, %d bytes: %s\n", acts[i].name, acts[i].family, acts[i].size,
		       wanted ? "it did not come in" : "it came in");
		wrong++;
	}
	return wrong;
}
