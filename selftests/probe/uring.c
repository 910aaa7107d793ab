// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests through io_uring with nothing but its three system calls. With
 * SQPOLL they are done by a kernel thread, which must count as the program
 * that made the ring.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"
#include "uring.h"

static void *map_ring(int fd, size_t size, off_t what)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	if (p == MAP_FAILED)
		need(-1, "mmap of the ring");
	return p;
}

void ring_map(struct ring *r)
{
	size_t size = r->p.sq_off.array + r->p.sq_entries * sizeof(uint32_t);

	r->sq = map_ring(r->fd, size, IORING_OFF_SQ_RING);
	size = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->cq = map_ring(r->fd, size, IORING_OFF_CQ_RING);
	size = r->p.sq_entries * sizeof(struct io_uring_sqe);
	r->sqes = map_ring(r->fd, size, IORING_OFF_SQES);
}

struct ring ring_make(unsigned int flags)
{
	struct ring r = { .p.flags = flags, .p.sq_thread_idle = 1000 };

	r.fd = need(syscall(SYS_io_uring_setup, 4, &r.p), "io_uring_setup");
	ring_map(&r);
	return r;
}

static void submit(struct ring *r, const struct io_uring_sqe *sqe)
{
	_Atomic uint32_t *tail = (void *)(r->sq + r->p.sq_off.tail);
	uint32_t *array = (void *)(r->sq + r->p.sq_off.array);
	uint32_t at = atomic_load(tail) & (r->p.sq_entries - 1);
	unsigned int flags = IORING_ENTER_GETEVENTS;

	r->sqes[at] = *sqe;
	array[at] = at;
	atomic_fetch_add(tail, 1);
	if (r->p.flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	while (syscall(SYS_io_uring_enter, r->fd, 1, 1, flags, NULL, 0) < 0)
		if (errno != EINTR)
			need(-1, "io_uring_enter");
}

long ring_do(struct ring *r, const struct io_uring_sqe *sqe)
{
	_Atomic uint32_t *head = (void *)(r->cq + r->p.cq_off.head);
	_Atomic uint32_t *tail = (void *)(r->cq + r->p.cq_off.tail);
	struct io_uring_cqe *cqes = (void *)(r->cq + r->p.cq_off.cqes);
	uint32_t at = atomic_load(head);
	long res;

	submit(r, sqe);
	if (atomic_load(tail) == at)
		broken("io_uring: no completion");
	res = cqes[at & (r->p.cq_entries - 1)].res;
	atomic_store(head, at + 1);
	if (res >= 0)
		return res;
	errno = -res;
	return -1;
}

/* The descriptor, or -1 with errno, as open(2) has it. */
int uring_open(const char *file, int flags, bool sqpoll)
{
	struct ring r = ring_make(sqpoll ? IORING_SETUP_SQPOLL : 0);
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)file,
		.open_flags = flags,
	};
	int fd = ring_do(&r, &sqe);
	int err = errno;

	close(r.fd);
	errno = err;
	return fd;
}
