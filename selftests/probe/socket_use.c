// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be done with a socket that one has, however it was come by: saying
 * something to its peer by each call that does so (and the answer shows that it
 * got there), taking what the peer has said, or taking up connections.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"
#include "socket.h"
#include "uring.h"

static long do_write(int fd)
{
	return write(fd, MESSAGE, MESSAGE_SIZE);
}

static long do_writev(int fd)
{
	struct iovec iov[2] = { { MESSAGE, 2 }, { MESSAGE + 2, MESSAGE_SIZE - 2 } };

	return writev(fd, iov, 2);
}

static long do_send(int fd)
{
	return send(fd, MESSAGE, MESSAGE_SIZE, MSG_NOSIGNAL);
}

static long do_send_more(int fd)
{
	if (send(fd, MESSAGE, 2, MSG_NOSIGNAL | MSG_MORE) < 0)
		return -1;
	return send(fd, MESSAGE + 2, MESSAGE_SIZE - 2, MSG_NOSIGNAL);
}

static long do_send_zerocopy(int fd)
{
	int one = 1;

	need(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)), "SO_ZEROCOPY");
	return send(fd, MESSAGE, MESSAGE_SIZE, MSG_NOSIGNAL | MSG_ZEROCOPY);
}

static long do_sendmsg(int fd)
{
	struct iovec iov = { MESSAGE, MESSAGE_SIZE };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static long do_sendmmsg(int fd)
{
	struct iovec iov = { MESSAGE, MESSAGE_SIZE };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

	return sendmmsg(fd, &m, 1, MSG_NOSIGNAL);
}

static long do_sendfile(int fd)
{
	int file = need(memfd_create("message", 0), "memfd_create");
	off_t from = 0;

	need(write(file, MESSAGE, MESSAGE_SIZE), "write");
	return sendfile(fd, file, &from, MESSAGE_SIZE);
}

static long do_splice(int fd)
{
	int p[2];

	need(pipe(p), "pipe");
	need(write(p[1], MESSAGE, MESSAGE_SIZE), "write");
	return splice(p[0], NULL, fd, NULL, MESSAGE_SIZE, 0);
}

static long do_vmsplice(int fd)
{
	struct iovec iov = { MESSAGE, MESSAGE_SIZE };
	int p[2];

	need(pipe(p), "pipe");
	need(vmsplice(p[1], &iov, 1, 0), "vmsplice");
	return splice(p[0], NULL, fd, NULL, MESSAGE_SIZE, 0);
}

/* The oldest of the asynchronous ways. */
static long aio(int fd, int opcode, void *buf)
{
	aio_context_t ctx = 0;
	struct iocb cb = { .aio_lio_opcode = opcode,
			   .aio_fildes = fd,
			   .aio_buf = (uintptr_t)buf,
			   .aio_nbytes = MESSAGE_SIZE },
		    *list = &cb;
	struct io_event e = { 0 };

	need(syscall(SYS_io_setup, 1, &ctx), "io_setup");
	if (syscall(SYS_io_submit, ctx, 1, &list) < 0)
		return -1;
	need(syscall(SYS_io_getevents, ctx, 1, 1, &e, NULL), "io_getevents");
	if (e.res >= 0)
		return e.res;
	errno = -e.res;
	return -1;
}

static long do_aio_write(int fd)
{
	return aio(fd, IOCB_CMD_PWRITE, MESSAGE);
}

static long uring(int fd, unsigned int flags, int opcode, const void *buf)
{
	struct ring r = ring_make(flags);
	struct io_uring_sqe sqe = {
		.opcode = opcode, .fd = fd, .addr = (uintptr_t)buf, .len = MESSAGE_SIZE
	};

	return ring_do(&r, &sqe);
}

static long do_uring_send(int fd)
{
	return uring(fd, 0, IORING_OP_SEND, MESSAGE);
}

static long do_uring_sqpoll(int fd)
{
	return uring(fd, IORING_SETUP_SQPOLL, IORING_OP_SEND, MESSAGE);
}

static long do_uring_send_zc(int fd)
{
	return uring(fd, 0, IORING_OP_SEND_ZC, MESSAGE);
}

static long do_uring_write(int fd)
{
	return uring(fd, 0, IORING_OP_WRITE, MESSAGE);
}

static long do_uring_splice(int fd)
{
	struct ring r = ring_make(0);
	int p[2];
	struct io_uring_sqe sqe = { .opcode = IORING_OP_SPLICE,
				    .fd = fd,
				    .off = -1,
				    .splice_off_in = -1,
				    .len = MESSAGE_SIZE };

	need(pipe(p), "pipe");
	need(write(p[1], MESSAGE, MESSAGE_SIZE), "write");
	sqe.splice_fd_in = p[0];
	return ring_do(&r, &sqe);
}

static const struct {
	const char *name;
	long (*run)(int fd);
} says[] = {
	{ "write", do_write },
	{ "writev", do_writev },
	{ "send", do_send },
	{ "send-more", do_send_more },
	{ "send-zerocopy", do_send_zerocopy },
	{ "sendmsg", do_sendmsg },
	{ "sendmmsg", do_sendmmsg },
	{ "sendfile", do_sendfile },
	{ "splice", do_splice },
	{ "vmsplice", do_vmsplice },
	{ "aio-write", do_aio_write },
	{ "uring-send", do_uring_send },
	{ "uring-sqpoll", do_uring_sqpoll },
	{ "uring-send-zc", do_uring_send_zc },
	{ "uring-write", do_uring_write },
	{ "uring-splice", do_uring_splice },
};

static long take_read(int fd, char *buf)
{
	return read(fd, buf, MESSAGE_SIZE);
}

static long take_readv(int fd, char *buf)
{
	struct iovec iov = { buf, MESSAGE_SIZE };

	return readv(fd, &iov, 1);
}

static long take_recv(int fd, char *buf)
{
	return recv(fd, buf, MESSAGE_SIZE, 0);
}

static long take_peek(int fd, char *buf)
{
	return recv(fd, buf, MESSAGE_SIZE, MSG_PEEK);
}

static long take_recvfrom(int fd, char *buf)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	return recvfrom(fd, buf, MESSAGE_SIZE, 0, (void *)&a, &len);
}

static long take_recvmsg(int fd, char *buf)
{
	struct iovec iov = { buf, MESSAGE_SIZE };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	return recvmsg(fd, &m, 0);
}

static long take_recvmmsg(int fd, char *buf)
{
	struct iovec iov = { buf, MESSAGE_SIZE };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	int n = recvmmsg(fd, &m, 1, 0, NULL);

	return n < 0 ? n : (long)m.msg_len;
}

static long take_splice(int fd, char *buf)
{
	int p[2];

	need(pipe(p), "pipe");
	if (splice(fd, NULL, p[1], NULL, MESSAGE_SIZE, 0) < 0)
		return -1;
	return read(p[0], buf, MESSAGE_SIZE);
}

static long take_uring_splice(int fd, char *buf)
{
	struct ring r = ring_make(0);
	int p[2];
	struct io_uring_sqe sqe = { .opcode = IORING_OP_SPLICE,
				    .splice_fd_in = fd,
				    .off = -1,
				    .splice_off_in = -1,
				    .len = MESSAGE_SIZE };

	need(pipe(p), "pipe");
	sqe.fd = p[1];
	if (ring_do(&r, &sqe) < 0)
		return -1;
	return read(p[0], buf, MESSAGE_SIZE);
}

static long take_aio(int fd, char *buf)
{
	return aio(fd, IOCB_CMD_PREAD, buf);
}

static long take_uring_recv(int fd, char *buf)
{
	return uring(fd, 0, IORING_OP_RECV, buf);
}

static long take_uring_read(int fd, char *buf)
{
	return uring(fd, 0, IORING_OP_READ, buf);
}

/* getsockopt(2) hands out what has come, page by page or copied: no receiving call at all. */
static long take_zerocopy(int fd, char *buf)
{
	struct tcp_zerocopy_receive z = { .copybuf_address = (uintptr_t)buf,
					  .copybuf_len = MESSAGE_SIZE };
	socklen_t len = sizeof(z);
	void *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		return -1;
	z.address = (uintptr_t)page;
	z.length = 4096;
	if (getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &z, &len))
		return -1;
	return z.copybuf_len;
}

static const struct {
	const char *name;
	long (*run)(int fd, char *buf);
} takes[] = {
	{ "read", take_read },
	{ "readv", take_readv },
	{ "recv", take_recv },
	{ "peek", take_peek },
	{ "recvfrom", take_recvfrom },
	{ "recvmsg", take_recvmsg },
	{ "recvmmsg", take_recvmmsg },
	{ "splice-from", take_splice },
	{ "aio-read", take_aio },
	{ "uring-splice-from", take_uring_splice },
	{ "uring-recv", take_uring_recv },
	{ "uring-read", take_uring_read },
	{ "zerocopy-receive", take_zerocopy },
};

static long accept_plain(int fd)
{
	return accept(fd, NULL, NULL);
}

static long accept_uring(int fd)
{
	struct ring r = ring_make(0);
	struct io_uring_sqe sqe = { .opcode = IORING_OP_ACCEPT, .fd = fd };

	return ring_do(&r, &sqe);
}

static int use_accepted(long fd, const char *what)
{
	char buf[MESSAGE_SIZE];

	ssize_t n;

	if (fd < 0)
		return refused(what);
	n = read(fd, buf, sizeof(buf));
	return n < 0 ? refused("read") : effect(n == MESSAGE_SIZE, what);
}

/* A socket that somebody else has bound. */
static int use_bound(int fd)
{
	int listens = 0;
	socklen_t len = sizeof(listens);

	if (listen(fd, 1))
		return refused("listen");
	need(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len), "SO_ACCEPTCONN");
	return effect(listens, "listen");
}

int use_socket(int fd, const char *verb)
{
	char buf[MESSAGE_SIZE] = "";
	long n;

	for (size_t i = 0; i < sizeof(says) / sizeof(*says); i++)
		if (!strcmp(says[i].name, verb))
			return sent(says[i].run(fd), fd, verb);
	for (size_t i = 0; i < sizeof(takes) / sizeof(*takes); i++) {
		if (strcmp(takes[i].name, verb))
			continue;
		n = takes[i].run(fd, buf);
		if (n < 0)
			return refused(verb);
		return effect(n == MESSAGE_SIZE && !memcmp(buf, MESSAGE, n), "nothing came");
	}
	if (!strcmp(verb, "accept"))
		return use_accepted(accept_plain(fd), verb);
	if (!strcmp(verb, "uring-accept"))
		return use_accepted(accept_uring(fd), verb);
	if (!strcmp(verb, "listen"))
		return use_bound(fd);
	/* Where no answer can come. */
	if (!strcmp(verb, "send-blind"))
		return judge(do_send(fd), verb);
	broken("there is no use '%s' of a socket", verb);
}
