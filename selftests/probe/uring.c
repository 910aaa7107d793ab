// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening through io_uring with nothing but its three system calls. With SQPOLL
 * the open is done by a kernel thread, which must count as the program that
 * made the ring.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

struct ring {
	int fd;
	struct io_uring_params p;
	char *sq;
	char *cq;
	struct io_uring_sqe *sqes;
};

static void *map_ring(int fd, size_t size, off_t what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	if (p == MAP_FAILED)
		need(-1, "mmap of the ring");
	return p;
}

static struct ring ring_make(bool sqpoll)
{
	struct ring r = { .p.flags = sqpoll ? IORING_SETUP_SQPOLL : 0, .p.sq_thread_idle = 1000 };
	size_t size;

	r.fd = need(syscall(SYS_io_uring_setup, 4, &r.p), "io_uring_setup");
	size = r.p.sq_off.array + r.p.sq_entries * sizeof(uint32_t);
	r.sq = map_ring(r.fd, size, IORING_OFF_SQ_RING);
	size = r.p.cq_off.cqes + r.p.cq_entries * sizeof(struct io_uring_cqe);
	r.cq = map_ring(r.fd, size, IORING_OFF_CQ_RING);
	size = r.p.sq_entries * sizeof(struct io_uring_sqe);
	r.sqes = map_ring(r.fd, size, IORING_OFF_SQES);
	return r;
}

static void submit(struct ring *r, bool sqpoll)
{
	_Atomic uint32_t *tail = (void *)(r->sq + r->p.sq_off.tail);
	uint32_t *array = (void *)(r->sq + r->p.sq_off.array);
	unsigned int flags = IORING_ENTER_GETEVENTS;

	array[0] = 0;
	atomic_store(tail, 1);
	if (sqpoll)
		flags |= IORING_ENTER_SQ_WAKEUP;
	while (syscall(SYS_io_uring_enter, r->fd, 1, 1, flags, NULL, 0) < 0)
		if (errno != EINTR)
			need(-1, "io_uring_enter");
}

/* The descriptor, or -1 with errno, as open(2) has it. */
int uring_open(const char *file, int flags, bool sqpoll)
{
	struct ring r = ring_make(sqpoll);
	_Atomic uint32_t *tail = (void *)(r.cq + r.p.cq_off.tail);
	struct io_uring_cqe *cqe = (void *)(r.cq + r.p.cq_off.cqes);

	r.sqes[0] = (struct io_uring_sqe){
		.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)file,
		.open_flags = flags,
	};
	submit(&r, sqpoll);
	if (atomic_load(tail) != 1)
		broken("io_uring: no completion");
	close(r.fd);
	if (cqe->res < 0) {
		errno = -cqe->res;
		return -1;
	}
	return cqe->res;
}
