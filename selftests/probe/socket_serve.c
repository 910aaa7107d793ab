// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other side: a server that answers with what it was sent, on every address
 * of the machine, and the two halves of receiving from somebody unasked.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"
#include "socket.h"

static int serve_at(const char *protocol, int port)
{
	struct peer p = peer_of(protocol, "::", "0");
	int fd = peer_socket(&p), one = 1, queue = 64;

	peer_set_port(&p, port);
	if (p.type == SOCK_DGRAM) {
		need(setsockopt(fd, SOL_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)), "PKTINFO");
		/* Answers come from where they were asked for, an address of its own or not. */
		need(setsockopt(fd, SOL_IP, IP_FREEBIND, &one, sizeof(one)), "IP_FREEBIND");
	}
	need(bind(fd, (void *)&p.a, p.len), "bind");
	/* Some connections wait for a guard to start before they are used. */
	limit_time(fd, 0);
	if (p.type != SOCK_DGRAM)
		need(listen(fd, queue), "listen");
	return fd;
}

/* A process a connection; it goes when its peer does. */
static void answer_stream(int server)
{
	int fd = accept(server, NULL, NULL);
	char buf[512];
	ssize_t n;

	if (fd < 0)
		return;
	if (!need(fork(), "fork")) {
		close(server);
		while ((n = read(fd, buf, sizeof(buf))) > 0 && write(fd, buf, n) == n)
			;
		_exit(0);
	}
	close(fd);
}

/* From the address that was asked: the control message goes back as it came. */
static void answer_datagram(int fd)
{
	char buf[512], control[256];
	struct sockaddr_storage from;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { &from, sizeof(from), &iov, 1, control, sizeof(control), 0 };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

	if (n < 0)
		return;
	iov.iov_len = n;
	sendmsg(fd, &m, 0);
}

/* serve PROTOCOLS FIRST LAST: PROTOCOLS like tcp6,udp6; until stdin closes, or for good. */
static int act_serve(char **args)
{
	int first = number(args[1]), last = number(args[2]);
	struct pollfd p[1024];
	bool stream[1024];
	size_t n = 0;
	char *save;

	signal(SIGCHLD, SIG_IGN);
	for (char *w = strtok_r(args[0], ",", &save); w; w = strtok_r(NULL, ",", &save))
		for (int port = first; port <= last; port++) {
			if (n == 1024)
				broken("too many ports");
			stream[n] = strncmp(w, "udp", 3);
			p[n++] = (struct pollfd){ .fd = serve_at(w, port), .events = POLLIN };
		}
	puts("ready");
	fflush(stdout);
	for (;;) {
		need(poll(p, n, -1), "poll");
		for (size_t i = 0; i < n; i++) {
			if (!p[i].revents)
				continue;
			if (stream[i])
				answer_stream(p[i].fd);
			else
				answer_datagram(p[i].fd);
		}
	}
}

/* Something comes, or whoever sends it has closed our stdin: then it is there, or it never is. */
static bool comes(int fd)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
			       { .fd = STDIN_FILENO, .events = POLLIN } };

	need(poll(p, 2, 30000), "poll");
	return poll(p, 1, 300) == 1;
}

/* await PROTOCOL ADDRESS PORT: is ready, and says whether a message comes. */
static int act_await(char **args)
{
	struct peer p = peer_of(args[0], args[1], args[2]);
	int fd = peer_socket(&p), from = fd;
	char buf[64];
	ssize_t n;

	need(bind(fd, (void *)&p.a, p.len), "bind");
	if (p.type == SOCK_STREAM)
		need(listen(fd, 8), "listen");
	puts("ready");
	fflush(stdout);
	if (!comes(fd))
		return effect(false, "nothing came");
	if (p.type == SOCK_STREAM) {
		from = accept(fd, NULL, NULL);
		if (from < 0)
			return refused("accept");
		limit_time(from, 1000);
	}
	n = recv(from, buf, sizeof(buf), 0);
	if (n < 0 && errno == EAGAIN)
		return effect(false, "nothing came");
	return n < 0 ? refused("recv") : effect(n == MESSAGE_SIZE, "nothing came");
}

/* answer PROTOCOL ADDRESS PORT: the same, and an answer by sendto, or on the connection. */
static int act_answer(char **args)
{
	struct peer p = peer_of(args[0], args[1], args[2]);
	int fd = peer_socket(&p), from = fd;
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	char buf[64];
	ssize_t n;

	need(bind(fd, (void *)&p.a, p.len), "bind");
	if (p.type == SOCK_STREAM)
		need(listen(fd, 8), "listen");
	puts("ready");
	fflush(stdout);
	if (p.type == SOCK_STREAM)
		from = need(accept(fd, NULL, NULL), "accept");
	n = need(recvfrom(from, buf, sizeof(buf), 0, (void *)&a, &len), "recvfrom");
	if (p.type == SOCK_STREAM)
		len = 0;
	return judge(sendto(from, buf, n, 0, (void *)&a, len), "the answer");
}

/*
 * lure PROTOCOL FROM TO AT PORT PROGRAM ACT: a program awaits at the address AT, and what FROM
 * sends to the address TO is for it. The outcome is the program's.
 */
static int act_lure(char **args)
{
	char *argv[] = { args[5], args[6], args[0], args[3], args[4], NULL };
	struct child c = spawn(argv);
	struct peer p = peer_of(args[0], args[2], args[4]), from = peer_of(args[0], args[1], "0");
	char line[64];
	int fd = peer_socket(&from);

	say(&c, line, sizeof(line));
	limit_time(fd, 2000); /* for a connection that is not answered */
	need(bind(fd, (void *)&from.a, from.len), "bind");
	if (!connect(fd, (void *)&p.a, p.len))
		need(send(fd, MESSAGE, MESSAGE_SIZE, MSG_NOSIGNAL), "send");
	return reap(&c);
}

const struct act socket_serve_acts[] = {
	{ "serve", "PROTOCOLS FIRST LAST", act_serve },
	{ "await", "PROTOCOL ADDRESS PORT", act_await },
	{ "answer", "PROTOCOL ADDRESS PORT", act_answer },
	{ "lure", "PROTOCOL FROM TO AT PORT PROGRAM ACT", act_lure },
	{ NULL, NULL, NULL },
};
