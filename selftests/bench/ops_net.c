// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench's operations on sockets, over the loopback device: there a packet is received
 * within the system call that sends it. The system calls are made directly.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define PORT 20000
#define SIZE 64

static int sender = -1, receiver = -1, listener = -1;
static struct sockaddr_in server = { .sin_family = AF_INET };
static char bytes[SIZE];
static struct iovec one = { .iov_base = bytes, .iov_len = sizeof(bytes) };

static int serve(const struct op *op, int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	server.sin_port = htons(PORT);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (void *)&server, sizeof(server)))
		wrong(op, "a server's socket");
	return fd;
}

static void open_udp(const struct op *op)
{
	if (receiver < 0)
		receiver = serve(op, SOCK_DGRAM);
	if (sender >= 0) /* it may be connected */
		close(sender);
	sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sender < 0)
		wrong(op, "socket");
}

static void open_tcp(const struct op *op)
{
	if (listener >= 0)
		return;
	listener = serve(op, SOCK_STREAM);
	if (listen(listener, 16))
		wrong(op, "listen");
}

static void do_connect(const struct op *op)
{
	if (syscall(SYS_connect, sender, &server, sizeof(server)))
		wrong(op, "connect");
}

/* Another peer each time, so that nothing can be remembered from the one before. */
static void do_connect_each(const struct op *op)
{
	static struct sockaddr_in peer;
	static unsigned int next;

	peer = server;
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK + next++ % 100);
	if (syscall(SYS_connect, sender, &peer, sizeof(peer)))
		wrong(op, "connect");
}

static void do_send(const struct op *op)
{
	struct msghdr msg = {
		.msg_name = &server, .msg_namelen = sizeof(server), .msg_iov = &one, .msg_iovlen = 1
	};

	if (syscall(SYS_sendmsg, sender, &msg, 0) != SIZE)
		wrong(op, "sendmsg");
}

static void do_receive(const struct op *op)
{
	struct msghdr msg = { .msg_iov = &one, .msg_iovlen = 1 };

	if (syscall(SYS_recvmsg, receiver, &msg, MSG_DONTWAIT) != SIZE)
		wrong(op, "recvmsg");
}

static void do_send_and_receive(const struct op *op)
{
	do_send(op);
	do_receive(op);
}

static void send_all(const struct op *op)
{
	for (unsigned int i = 0; i < op->loop; i++)
		do_send(op);
}

static void receive_all(const struct op *op)
{
	for (unsigned int i = 0; i < op->loop; i++)
		do_receive(op);
}

/* Closed with a reset, so that no port stays behind in TIME_WAIT. */
static void do_tcp(const struct op *op)
{
	struct linger reset = { .l_onoff = 1 };
	long client = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0), peer;

	if (client < 0 ||
	    syscall(SYS_setsockopt, client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)))
		wrong(op, "socket");
	if (syscall(SYS_connect, client, &server, sizeof(server)))
		wrong(op, "connect");
	peer = syscall(SYS_accept, listener, NULL, NULL);
	if (peer < 0)
		wrong(op, "accept");
	syscall(SYS_close, client);
	syscall(SYS_close, peer);
}

const struct op net_ops[] = {
	{ "connect", do_connect, ".", NULL, 10, 301, open_udp },
	{ "connect-100-peers", do_connect_each, ".", NULL, 100, 101, open_udp },
	{ "sendmsg", do_send, ".", NULL, 10, 301, open_udp, NULL, receive_all },
	{ "recvmsg", do_receive, ".", NULL, 10, 301, open_udp, send_all },
	{ "sendmsg+recvmsg", do_send_and_receive, ".", NULL, 10, 301, open_udp },
	{ "connect+accept+close", do_tcp, ".", NULL, 2, 301, open_tcp },
};

const size_t n_net_ops = sizeof(net_ops) / sizeof(*net_ops);
