// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to a peer that io_uring has, and sockets that are registered with a
 * ring instead of being descriptors.
 */
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"
#include "socket.h"
#include "uring.h"

static int uring_connect(struct peer *p, unsigned int flags)
{
	struct ring r = ring_make(flags);
	int fd = peer_socket(p);
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)&p->a, .off = p->len
	};

	if (ring_do(&r, &sqe))
		return refused("connect by io_uring");
	return sent(send(fd, MESSAGE, MESSAGE_SIZE, 0), fd, "send");
}

static int by_connect_uring(struct peer *p, int decoy)
{
	(void)decoy;
	return uring_connect(p, 0);
}

static int by_connect_sqpoll(struct peer *p, int decoy)
{
	(void)decoy;
	return uring_connect(p, IORING_SETUP_SQPOLL);
}

/* A socket that is never a descriptor: made, connected and used inside the ring. */
static int by_direct(struct peer *p, int decoy)
{
	struct ring r = ring_make(0);
	struct io_uring_rsrc_register slots = { .nr = 1, .flags = IORING_RSRC_REGISTER_SPARSE };
	struct io_uring_sqe make = { .opcode = IORING_OP_SOCKET,
				     .fd = p->family,
				     .off = p->type,
				     .len = p->protocol,
				     .file_index = 1 };
	struct io_uring_sqe join = { .opcode = IORING_OP_CONNECT,
				     .flags = IOSQE_FIXED_FILE,
				     .addr = (uintptr_t)&p->a,
				     .off = p->len };

	(void)decoy;
	need(syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES2, &slots, sizeof(slots)),
	     "registering slots");
	need(ring_do(&r, &make), "a socket by io_uring");
	if (ring_do(&r, &join))
		return refused("connect by io_uring");
	return use_registered(&r, "send");
}

static int by_sendmsg_uring(struct peer *p, int decoy)
{
	struct ring r = ring_make(0);
	struct iovec iov = { MESSAGE, MESSAGE_SIZE };
	struct msghdr m = { (void *)&p->a, p->len, &iov, 1, NULL, 0, 0 };
	int fd = peer_socket(p);
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_SENDMSG, .fd = fd, .addr = (uintptr_t)&m, .len = 1
	};

	(void)decoy;
	return sent(ring_do(&r, &sqe), fd, "sendmsg by io_uring");
}

static int send_uring(struct peer *p, int opcode)
{
	struct ring r = ring_make(0);
	int fd = peer_socket(p);
	struct io_uring_sqe sqe = { .opcode = opcode,
				    .fd = fd,
				    .addr = (uintptr_t)MESSAGE,
				    .len = MESSAGE_SIZE,
				    .addr2 = (uintptr_t)&p->a,
				    .addr_len = p->len };

	return sent(ring_do(&r, &sqe), fd, "a send with an address by io_uring");
}

static int by_send_uring(struct peer *p, int decoy)
{
	(void)decoy;
	return send_uring(p, IORING_OP_SEND);
}

static int by_send_zc_uring(struct peer *p, int decoy)
{
	(void)decoy;
	return send_uring(p, IORING_OP_SEND_ZC);
}

int use_registered(struct ring *r, const char *verb)
{
	char buf[MESSAGE_SIZE];
	struct io_uring_sqe say = { .flags = IOSQE_FIXED_FILE,
				    .addr = (uintptr_t)MESSAGE,
				    .len = MESSAGE_SIZE };
	struct io_uring_sqe take = { .opcode = IORING_OP_RECV,
				     .flags = IOSQE_FIXED_FILE,
				     .addr = (uintptr_t)buf,
				     .len = sizeof(buf) };

	if (!strcmp(verb, "send"))
		say.opcode = IORING_OP_SEND;
	else if (!strcmp(verb, "send-zc"))
		say.opcode = IORING_OP_SEND_ZC;
	else if (!strcmp(verb, "write"))
		say.opcode = IORING_OP_WRITE;
	else if (strcmp(verb, "recv"))
		broken("there is no use '%s' of a registered socket", verb);
	if (say.opcode && ring_do(r, &say) < 0)
		return refused(verb);
	/* Of a notification that a buffer is free again the answer is no part. */
	if (say.opcode == IORING_OP_SEND_ZC)
		return ALLOWED;
	if (ring_do(r, &take) < 0)
		return refused("recv by io_uring");
	return effect(!memcmp(buf, MESSAGE, MESSAGE_SIZE), "an answer");
}

const struct way uring_ways[] = {
	{ "connect-uring", by_connect_uring },
	{ "connect-sqpoll", by_connect_sqpoll },
	{ "direct", by_direct },
	{ "sendmsg-uring", by_sendmsg_uring },
	{ "send-uring", by_send_uring },
	{ "send-zc-uring", by_send_zc_uring },
	{ NULL, NULL },
};
