/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * io_uring with nothing but its three system calls, one request at a time.
 */
#ifndef PROBE_URING_H
#define PROBE_URING_H

#include <linux/io_uring.h>

struct ring {
	int fd;
	struct io_uring_params p;
	char *sq;
	char *cq;
	struct io_uring_sqe *sqes;
};

/* @flags: IORING_SETUP_SQPOLL or none. */
struct ring ring_make(unsigned int flags);
/* Maps a ring that another process made, by its descriptor and parameters. */
void ring_map(struct ring *r);
/* Does one request: its result, or -1 with errno, as the system call has it. */
long ring_do(struct ring *r, const struct io_uring_sqe *sqe);

#endif
