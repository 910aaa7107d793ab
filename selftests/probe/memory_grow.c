// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to more memory without mmap(2): what is there grows (grow WAY SIZE), or
 * becomes what counts as data by getting writable (writable WAY SIZE).
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "probe.h"

#define RW (PROT_READ | PROT_WRITE)

/* The kernel has no errno for it: it returns the old break. */
static int by_brk(size_t size)
{
	char *old = (char *)syscall(SYS_brk, 0), *new = (char *)syscall(SYS_brk, old + size);

	errno = ENOMEM;
	return mapped(new == old + size ? old : MAP_FAILED, size, "brk");
}

static int in_place(size_t size)
{
	char *p = have(PAGE, RW);

	return mapped(mremap(p, PAGE, size + PAGE, 0), size + PAGE, "mremap in place");
}

/* It could grow where it is, and may move. */
static int may_move(size_t size)
{
	char *p = have(PAGE, RW);

	return mapped(mremap(p, PAGE, size + PAGE, MREMAP_MAYMOVE), size + PAGE, "mremap");
}

/* Something else is in the way. */
static int must_move(size_t size)
{
	char *p = have(PAGE, RW);

	if (mmap(p + PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	    MAP_FAILED)
		need(-1, "mmap of a page in the way");
	return mapped(mremap(p, PAGE, size + PAGE, MREMAP_MAYMOVE), size + PAGE, "mremap");
}

static int to_fixed(size_t size)
{
	char *p = have(PAGE, RW);

	return mapped(mremap(p, PAGE, size + PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, ARENA + WINDOW),
		      size + PAGE, "mremap with MREMAP_FIXED");
}

/* The old mapping stays, so the new one is all growth. */
static int dont_unmap(size_t size)
{
	char *p = have(size, RW);

	/* Not by the C library, which passes on the new address only with MREMAP_FIXED. */
	long to = syscall(SYS_mremap, p, size, size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);

	return mapped((void *)to, size, "mremap with MREMAP_DONTUNMAP");
}

/* A move: nothing grows. */
static int moved(size_t size)
{
	char *p = have(size, RW);

	return mapped(mremap(p, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, ARENA + WINDOW), size,
		      "mremap to another place");
}

static char *shared_page(size_t size)
{
	int fd = nameless_file(size);
	char *p = mmap(ARENA, PAGE, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);

	if (p == MAP_FAILED)
		need(-1, "mmap of a shared page");
	return p;
}

/* An old length of 0 makes a second mapping of the same. */
static int duplicate(size_t size)
{
	char *p = shared_page(size);

	return mapped(mremap(p, 0, size, MREMAP_MAYMOVE), size, "mremap of nothing");
}

static int shared(size_t size)
{
	char *p = shared_page(size + PAGE);

	return mapped(mremap(p, PAGE, size + PAGE, MREMAP_MAYMOVE), size + PAGE, "mremap");
}

static int attach(size_t size, int flags)
{
	int id = need(shmget(IPC_PRIVATE, size, IPC_CREAT | 0600), "shmget"), err;
	void *p = shmat(id, NULL, flags);

	err = errno;
	shmctl(id, IPC_RMID, NULL);
	errno = err;
	return mapped(p, size, "shmat");
}

static int by_shmat(size_t size)
{
	return attach(size, 0);
}

static int shmat_read(size_t size)
{
	return attach(size, SHM_RDONLY);
}

/* The kernel doubles the number of events, of 32 bytes each. */
static int io_setup(size_t size)
{
	aio_context_t context = 0;

	if (syscall(SYS_io_setup, size / 64, &context))
		return refused("io_setup");
	return mapped((void *)context, size, "io_setup");
}

static void *idle(void *arg)
{
	return arg;
}

static int thread_stack(size_t size)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	need(pthread_attr_setstacksize(&attr, size) ? -1 : 0, "the size of a stack");
	errno = pthread_create(&t, &attr, idle, NULL);
	if (errno)
		return refused("pthread_create");
	pthread_join(t, NULL);
	return ALLOWED;
}

/* Another process by its number, which has the same memory. */
static int in_shared_memory(void *arg)
{
	size_t size = *(size_t *)arg;

	return mapped(mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), size, "mmap");
}

static int by_sharer(size_t size)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;
	pid_t pid = need(clone(in_shared_memory, stack + sizeof(stack), CLONE_VM | SIGCHLD, &size),
			 "clone with CLONE_VM");

	need(waitpid(pid, &status, 0), "waitpid");
	return exit_code(status);
}

/* Pages of the same mapping in another order: a mapping of a mapping, of the same length. */
static int remapped(size_t size)
{
	int fd = nameless_file(size);
	char *p = ARENA;

	for (size_t at = 0; at < size; at += 1 << 20)
		if (mmap(ARENA + at, 1 << 20, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, at) ==
		    MAP_FAILED)
			need(-1, "mmap of a shared piece");
	return judge(syscall(SYS_remap_file_pages, p, size, 0, 1, 0), "remap_file_pages");
}

/* More zeroed memory behind a program's data, written into a copy of its file. */
static void add_bss(int fd, size_t size)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	off_t at = -1;

	need(pread(fd, &eh, sizeof(eh), 0) == sizeof(eh) ? 0 : -1, "the program's header");
	for (int i = 0; i < eh.e_phnum; i++) {
		off_t here = eh.e_phoff + i * sizeof(ph);

		need(pread(fd, &ph, sizeof(ph), here) == sizeof(ph) ? 0 : -1, "its segments");
		if (ph.p_type == PT_LOAD && ph.p_flags & PF_W)
			at = here;
	}
	need(at, "a segment for data");
	need(pread(fd, &ph, sizeof(ph), at) == sizeof(ph) ? 0 : -1, "the segment for data");
	ph.p_memsz += size;
	need(pwrite(fd, &ph, sizeof(ph), at) == sizeof(ph) ? 0 : -1, "the segment for data");
}

static int copy_of_self(const char *to)
{
	int in = need(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "/proc/self/exe");
	int out = need(open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755), to);

	while (need(sendfile(out, in, NULL, 1 << 20), "a copy") > 0)
		;
	close(in);
	return out;
}

/* Refused in execve(2) from whence there is no return, it ends by a signal. */
static int bss(size_t size)
{
	const char *name = beside("./program", "bss");
	char *argv[] = { (char *)name, "true", NULL };
	int fd = copy_of_self(name), status, out;
	pid_t pid;

	add_bss(fd, size);
	close(fd);
	pid = need(fork(), "fork");
	if (pid == 0) {
		execv(name, argv);
		_exit(refused("execve"));
	}
	need(waitpid(pid, &status, 0), "waitpid");
	unlink(name);
	out = WIFSIGNALED(status) ? OTHER : exit_code(status);
	if (out == ALLOWED || out == DENIED)
		return out;
	fprintf(stderr, "probe: execve: the program came to nothing: status 0x%x\n", status);
	return OTHER;
}

static const struct memory_way growing[] = {
	{ "brk", by_brk },
	{ "in-place", in_place },
	{ "may-move", may_move },
	{ "must-move", must_move },
	{ "to-fixed", to_fixed },
	{ "dont-unmap", dont_unmap },
	{ "moved", moved },
	{ "duplicate", duplicate },
	{ "shared", shared },
	{ "shmat", by_shmat },
	{ "shmat-read", shmat_read },
	{ "io-setup", io_setup },
	{ "thread-stack", thread_stack },
	{ "sharer", by_sharer },
	{ "remapped", remapped },
	{ "bss", bss },
	{ NULL, NULL },
};

static int protect(char *p, size_t size)
{
	if (mprotect(p, size, RW))
		return refused("mprotect");
	*(volatile char *)p = 1;
	((volatile char *)p)[size - 1] = 1;
	return ALLOWED;
}

static int whole(size_t size)
{
	return protect(have(size, PROT_READ), size);
}

static int from_none(size_t size)
{
	return protect(have(size, PROT_NONE), size);
}

/* Only this much of a mapping twice as large. */
static int part(size_t size)
{
	return protect(have(2 * size, PROT_READ) + size / 2, size);
}

/* Half of it is no larger than half of the limit allows: it is for the sum that it is refused. */
static int several(size_t size)
{
	char *p = have(size, PROT_READ);

	for (size_t at = 1 << 20; at < size; at += 2 << 20)
		need(mprotect(p + at, 1 << 20, PROT_NONE), "mprotect of each second piece");
	return protect(p, size);
}

static int with_key(size_t size)
{
	char *p = have(size, PROT_READ);

	return judge(syscall(SYS_pkey_mprotect, p, size, RW, -1), "pkey_mprotect");
}

static int executable(size_t size)
{
	char *p = have(size, PROT_READ);

	return judge(mprotect(p, size, RW | PROT_EXEC), "mprotect");
}

static int of_file(size_t size, int flags)
{
	void *p = mmap(ARENA, size, PROT_READ, flags | MAP_FIXED_NOREPLACE, nameless_file(size), 0);

	if (p == MAP_FAILED)
		need(-1, "mmap to read");
	return protect(p, size);
}

static int file_private(size_t size)
{
	return of_file(size, MAP_PRIVATE);
}

static int file_shared(size_t size)
{
	return of_file(size, MAP_SHARED);
}

/* What can be written already counts already. */
static int again(size_t size)
{
	return protect(have(size, RW), size);
}

static const struct memory_way protecting[] = {
	{ "whole", whole },
	{ "from-none", from_none },
	{ "part", part },
	{ "several", several },
	{ "with-key", with_key },
	{ "executable", executable },
	{ "file-private", file_private },
	{ "file-shared", file_shared },
	{ "again", again },
	{ NULL, NULL },
};

static int act_grow(char **args)
{
	return run_way(growing, args);
}

static int act_writable(char **args)
{
	return run_way(protecting, args);
}

const struct act memory_grow_acts[] = {
	{ "grow", "WAY SIZE", act_grow },
	{ "writable", "WAY SIZE", act_writable },
	{ NULL, NULL, NULL },
};
