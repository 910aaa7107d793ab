// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench's operations on memory and on tasks. What is mapped is not touched: a page fault
 * is no hook's business. The system calls are made directly, but for threads, of which the
 * C library's part is the same in every row.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PAGE 4096L
#define MIB  (1024 * 1024L)

static void map_and_unmap(const struct op *op, long size)
{
	long address = syscall(SYS_mmap, 0L, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);

	if (address == -1)
		wrong(op, "mmap");
	if (syscall(SYS_munmap, address, size))
		wrong(op, "munmap");
}

static void do_map_page(const struct op *op)
{
	map_and_unmap(op, PAGE);
}

static void do_map_mib(const struct op *op)
{
	map_and_unmap(op, MIB);
}

static long top_of_heap;

/* Anew for each batch: the C library may have moved it. */
static void find_heap(const struct op *op)
{
	(void)op;
	top_of_heap = syscall(SYS_brk, 0L);
}

/* The call never fails but says where the heap ends. */
static void do_brk(const struct op *op)
{
	errno = 0;
	if (syscall(SYS_brk, top_of_heap + 16 * PAGE) != top_of_heap + 16 * PAGE ||
	    syscall(SYS_brk, top_of_heap) != top_of_heap)
		wrong(op, "brk");
}

static void *page;

static void map_page(const struct op *op)
{
	if (!page)
		page = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		wrong(op, "mmap");
}

/* To writable and back again. */
static void do_mprotect(const struct op *op)
{
	if (syscall(SYS_mprotect, page, 3 * PAGE, PROT_READ | PROT_WRITE) ||
	    syscall(SYS_mprotect, page, 3 * PAGE, PROT_READ))
		wrong(op, "mprotect");
}

static void reap(const struct op *op, pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		wrong(op, "wait");
	errno = 0;
	if (status)
		wrong(op, "the child failed");
}

static void do_fork(const struct op *op)
{
	pid_t pid = fork();

	if (pid < 0)
		wrong(op, "fork");
	if (!pid)
		_exit(0);
	reap(op, pid);
}

/* Without a copy of the memory, whose allocations are the noise of a fork. */
static void do_vfork(const struct op *op)
{
	pid_t pid = vfork();

	if (pid < 0)
		wrong(op, "vfork");
	if (!pid)
		_exit(0);
	reap(op, pid);
}

static void do_exec(const struct op *op)
{
	char *argv[] = { "child", NULL };
	pid_t pid = vfork();

	if (pid < 0)
		wrong(op, "vfork");
	if (!pid) {
		execve("child", argv, argv + 1);
		_exit(1);
	}
	reap(op, pid);
}

static void *end_at_once(void *nothing)
{
	return nothing;
}

/* On a stack that the C library keeps from one to the next. */
static void do_thread(const struct op *op)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, end_at_once, NULL);
	if (errno)
		wrong(op, "pthread_create");
	errno = pthread_join(thread, NULL);
	if (errno)
		wrong(op, "pthread_join");
}

const struct op task_ops[] = {
	{ "mmap+munmap", do_map_page, ".", NULL, 10, 1001 },
	{ "mmap+munmap-1M", do_map_mib, ".", NULL, 10, 1001 },
	{ "brk-twice", do_brk, ".", NULL, 10, 1001, NULL, find_heap },
	{ "mprotect-twice", do_mprotect, ".", NULL, 10, 301, map_page },
	{ "fork+exit+wait", do_fork, ".", NULL, 1, 101 },
	{ "vfork+exit+wait", do_vfork, ".", NULL, 1, 301 },
	{ "exec+exit+wait", do_exec, ".", NULL, 1, 101 },
	{ "thread+exit+join", do_thread, ".", NULL, 1, 301 },
};

const size_t n_task_ops = sizeof(task_ops) / sizeof(*task_ops);
