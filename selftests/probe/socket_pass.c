// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that a program did not make itself: left open over exec or fork, sent
 * over another socket, taken out of a process, or registered with an io_uring.
 * Who gives is one program, which no section binds; who takes is PROGRAM.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "socket.h"
#include "uring.h"

static int give_connected(struct peer *p)
{
	int fd = peer_socket(p);

	need(connect(fd, (void *)&p->a, p->len), "connect");
	return fd;
}

/* With the peer's answer waiting in it. */
static int give_told(struct peer *p)
{
	int fd = give_connected(p);

	need(send(fd, MESSAGE, MESSAGE_SIZE, 0), "send");
	if (!readable(fd))
		broken("the peer does not answer");
	return fd;
}

static int give_bound(struct peer *p)
{
	int fd = peer_socket(p);

	need(bind(fd, (void *)&p->a, p->len), "bind");
	return fd;
}

static void speak_to(const struct peer *p)
{
	int fd = peer_socket(p);

	fcntl(fd, F_SETFD, 0);
	need(connect(fd, (void *)&p->a, p->len), "connect");
	need(send(fd, MESSAGE, MESSAGE_SIZE, 0), "send");
}

/* Bound, with a datagram waiting in it. */
static int give_queued(struct peer *p)
{
	int fd = give_bound(p);

	speak_to(p);
	if (!readable(fd))
		broken("the datagram does not come");
	return fd;
}

/* Listening, with a connection waiting to be taken up. */
static int give_listening(struct peer *p)
{
	int fd = give_bound(p);

	need(listen(fd, 4), "listen");
	speak_to(p);
	return fd;
}

/* A connection that was taken up by somebody else; the peer answers. */
static int give_accepted(struct peer *p)
{
	int fd = give_bound(p), client;
	char buf[64];
	ssize_t n;

	need(listen(fd, 4), "listen");
	if (!need(fork(), "fork")) {
		close(fd);
		client = peer_socket(p);
		need(connect(client, (void *)&p->a, p->len), "connect");
		while ((n = read(client, buf, sizeof(buf))) > 0)
			need(write(client, buf, n), "write");
		_exit(0);
	}
	client = need(accept(fd, NULL, NULL), "accept");
	limit_time(client, 30000);
	close(fd);
	return client;
}

/* With the beginning of a datagram in it, and the address it is for. */
static int give_corked(struct peer *p)
{
	int fd = peer_socket(p);

	need(sendto(fd, MESSAGE, MESSAGE_SIZE, MSG_MORE, (void *)&p->a, p->len), "MSG_MORE");
	return fd;
}

/* Connected by word only: the first message is what connects. */
static int give_deferred(struct peer *p)
{
	int fd = peer_socket(p), one = 1;

	need(setsockopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)), "FASTOPEN_CONNECT");
	need(connect(fd, (void *)&p->a, p->len), "connect");
	return fd;
}

/* What it sends goes by way of 127.0.0.9. */
static int give_routed(struct peer *p)
{
	static const unsigned char opt[8] = { IPOPT_LSRR, 7, 4, 127, 0, 0, 9, IPOPT_END };
	int fd = give_connected(p);

	need(setsockopt(fd, SOL_IP, IP_OPTIONS, opt, sizeof(opt)), "IP_OPTIONS");
	return fd;
}

static const struct {
	const char *name;
	int (*make)(struct peer *p);
} kinds[] = {
	{ "connected", give_connected }, { "told", give_told },
	{ "bound", give_bound },	 { "queued", give_queued },
	{ "listening", give_listening }, { "accepted", give_accepted },
	{ "corked", give_corked },	 { "deferred", give_deferred },
	{ "routed", give_routed },
};

static void place(int fd, int at)
{
	if (fd == at)
		need(fcntl(fd, F_SETFD, 0), "fcntl");
	else
		need(dup2(fd, at), "dup2");
}

static int by_exec(int fd, const char *program, char *verb)
{
	char *argv[] = { (char *)program, "take", "exec", "0", "0", verb, NULL };

	place(fd, INHERITED_FD);
	execv(program, argv);
	return refused(program);
}

static int wait_child(pid_t pid)
{
	int status;

	need(waitpid(pid, &status, 0), "waitpid");
	return exit_code(status);
}

static int by_fork(int fd, const char *program, char *verb)
{
	pid_t pid = need(fork(), "fork");

	if (!pid)
		_exit(by_exec(fd, program, verb));
	return wait_child(pid);
}

static int by_scm(int fd, const char *program, char *verb)
{
	char *argv[] = { (char *)program, "take", "scm", "0", "0", verb, NULL };
	int pair[2];
	pid_t pid;

	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
	pid = need(fork(), "fork");
	if (!pid) {
		place(pair[1], INHERITED_FD);
		execv(program, argv);
		need(-1, program);
	}
	send_fd(pair[0], fd);
	return wait_child(pid);
}

static int by_getfd(int fd, const char *program, char *verb)
{
	char holder[16], held[16];
	char *argv[] = { (char *)program, "take", "getfd", holder, held, verb, NULL };
	pid_t pid;

	snprintf(holder, sizeof(holder), "%d", getpid());
	snprintf(held, sizeof(held), "%d", fd);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	pid = need(fork(), "fork");
	if (!pid) {
		execv(program, argv);
		need(-1, program);
	}
	return wait_child(pid);
}

/* The socket is no descriptor any more when the other program begins: the ring alone has it. */
static int by_ring(int fd, const char *program, char *verb)
{
	char *argv[] = { (char *)program, "take", "ring", "0", "0", verb, NULL };
	struct ring r = ring_make(0);
	int file = need(memfd_create("ring", 0), "memfd_create");

	need(syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, &fd, 1), "registering");
	need(write(file, &r.p, sizeof(r.p)), "write");
	place(r.fd, RING_FD);
	place(file, PARAMS_FD);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	execv(program, argv);
	return refused(program);
}

static const struct {
	const char *name;
	int (*run)(int fd, const char *program, char *verb);
} hands[] = {
	{ "exec", by_exec },   { "fork", by_fork }, { "scm", by_scm },
	{ "getfd", by_getfd }, { "ring", by_ring },
};

/* give HOW KIND PROTOCOL ADDRESS PORT PROGRAM USE; the outcome is that of PROGRAM */
static int act_give(char **args)
{
	struct peer p = peer_of(args[2], args[3], args[4]);
	size_t k = 0, h = 0;

	while (k < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[k].name, args[1]))
		k++;
	while (h < sizeof(hands) / sizeof(*hands) && strcmp(hands[h].name, args[0]))
		h++;
	if (k == sizeof(kinds) / sizeof(*kinds) || h == sizeof(hands) / sizeof(*hands))
		broken("'%s %s' is nothing that can be given", args[0], args[1]);
	return hands[h].run(kinds[k].make(&p), args[5], args[6]);
}

static int take_registered(const char *verb)
{
	struct ring r = { .fd = RING_FD };

	need(pread(PARAMS_FD, &r.p, sizeof(r.p), 0), "the ring's parameters");
	ring_map(&r);
	return use_registered(&r, verb);
}

/* take HOW PID FD USE: the other half, run by who gives */
static int act_take(char **args)
{
	int fd = INHERITED_FD, pidfd;

	if (!strcmp(args[0], "ring"))
		return take_registered(args[3]);
	if (!strcmp(args[0], "scm")) {
		fd = received_fd(INHERITED_FD);
		if (fd < 0)
			return OTHER;
	} else if (!strcmp(args[0], "getfd")) {
		pidfd = need(syscall(SYS_pidfd_open, number(args[1]), 0), "pidfd_open");
		fd = syscall(SYS_pidfd_getfd, pidfd, number(args[2]), 0);
		if (fd < 0)
			return refused("pidfd_getfd");
	}
	return use_socket(fd, args[3]);
}

/* have KIND PROTOCOL ADDRESS PORT USE: makes it, says so, and goes on when stdin closes */
static int act_have(char **args)
{
	struct peer p = peer_of(args[1], args[2], args[3]);
	size_t k = 0;
	int fd;
	char c;

	while (k < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[k].name, args[0]))
		k++;
	if (k == sizeof(kinds) / sizeof(*kinds))
		broken("there is no kind '%s' of socket", args[0]);
	fd = kinds[k].make(&p);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return use_socket(fd, args[4]);
}

const struct act socket_pass_acts[] = {
	{ "give", "HOW KIND PROTOCOL ADDRESS PORT PROGRAM USE", act_give },
	{ "take", "HOW PID FD USE", act_take },
	{ "have", "KIND PROTOCOL ADDRESS PORT USE", act_have },
	{ NULL, NULL, NULL },
};
