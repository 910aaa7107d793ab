// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory by system calls that are made in another way: by int 0x80, whose numbers
 * mean other calls (map32 WAY SIZE), and by numbers that the kernel takes for mmap
 * and its like although they are not equal to theirs (odd-call WAY SIZE).
 */
#include <errno.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory.h"
#include "probe.h"

#define RW (PROT_READ | PROT_WRITE)

#ifdef __x86_64__
static long result(long ret)
{
	if (ret < 0 && ret > -4096) {
		errno = -ret;
		return -1;
	}
	return ret;
}

/* With the sixth argument in ebp, which the compiler does not give away. */
static long call32(long nr, const uint32_t a[6])
{
	register unsigned long sixth __asm__("r12") = a[5];
	long ret;

	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpush %%rbp\n\tmov %%r12, %%rbp\n\t"
			 "int $0x80\n\tpop %%rbp\n\tlea 128(%%rsp), %%rsp"
			 : "=a"(ret)
			 : "a"(nr), "b"((unsigned long)a[0]), "c"((unsigned long)a[1]),
			   "d"((unsigned long)a[2]), "S"((unsigned long)a[3]),
			   "D"((unsigned long)a[4]), "r"(sixth)
			 : "memory", "r8", "r9", "r10", "r11");
	ret = (int)ret;
	if (ret < 0 && ret > -4096)
		return result(ret);
	return (uint32_t)ret;
}

static long call64(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	register unsigned long r10 __asm__("r10") = d, r8 __asm__("r8") = -1ul;
	register unsigned long r9 __asm__("r9") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "memory", "rcx", "r11");
	return result(ret);
}
#else
static long call32(long nr, const uint32_t a[6])
{
	(void)nr, (void)a;
	broken("32-bit system calls: this machine has none");
}

static long call64(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	(void)nr, (void)a, (void)b, (void)c, (void)d;
	broken("system calls of this machine are not known");
}
#endif

#define CALL32(nr, ...) call32(nr, (const uint32_t[6]){ __VA_ARGS__ })

static uint32_t low_address(const void *p)
{
	return (uintptr_t)p;
}

static int mapped_at(long p, size_t size, const char *what)
{
	return mapped(p == -1 ? MAP_FAILED : (void *)p, size, what);
}

static int mmap2(size_t size)
{
	long p = CALL32(192, 0, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, ~0u, 0);

	return mapped_at(p, size, "32-bit mmap2");
}

/* Its arguments lie in memory. */
static int old_mmap(size_t size)
{
	uint32_t *args = low_page();

	args[1] = size;
	args[2] = RW;
	args[3] = MAP_PRIVATE | MAP_ANONYMOUS;
	args[4] = ~0u;
	return mapped_at(CALL32(90, low_address(args)), size, "32-bit mmap");
}

static int brk32(size_t size)
{
	long old = CALL32(45, 0), new = CALL32(45, old + size);

	errno = ENOMEM;
	return mapped_at(new == old + (long)size ? old : -1, size, "32-bit brk");
}

static int mremap32(size_t size)
{
	long p = CALL32(163, low_address(low_page()), PAGE, PAGE + size, MREMAP_MAYMOVE);

	return mapped_at(p, size + PAGE, "32-bit mremap");
}

static int mprotect32(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (p == MAP_FAILED)
		need(-1, "mmap of low memory");
	return judge(CALL32(125, low_address(p), size, RW), "32-bit mprotect");
}

/* By ipc(2), of which it is a part there. */
static int shmat32(size_t size)
{
	int id = need(shmget(IPC_PRIVATE, size, IPC_CREAT | 0600), "shmget"), err;
	uint32_t *where = low_page();
	long ret = CALL32(117, 21, id, 0, low_address(where), 0);

	err = errno;
	shmctl(id, IPC_RMID, NULL);
	errno = err;
	return mapped_at(ret < 0 ? -1 : (long)*where, size, "32-bit shmat");
}

static int io_setup32(size_t size)
{
	uint32_t *context = low_page();
	long ret = CALL32(245, size / 64, low_address(context));

	return mapped_at(ret < 0 ? -1 : (long)*context, size, "32-bit io_setup");
}

static const struct memory_way ways32[] = {
	{ "mmap2", mmap2 },	    { "old-mmap", old_mmap },
	{ "brk", brk32 },	    { "mremap", mremap32 },
	{ "mprotect", mprotect32 }, { "shmat", shmat32 },
	{ "io-setup", io_setup32 }, { NULL, NULL },
};

/* The kernel looks at the lower half of the register only. */
#define HIGH (1l << 32)

static int high_mmap(size_t size)
{
	long p = call64(SYS_mmap | HIGH, 0, size, RW, MAP_PRIVATE | MAP_ANONYMOUS);

	return mapped_at(p, size, "mmap by a long number");
}

static int high_brk(size_t size)
{
	long old = call64(SYS_brk | HIGH, 0, 0, 0, 0);
	long new = call64(SYS_brk | HIGH, old + size, 0, 0, 0);

	errno = ENOMEM;
	return mapped_at(new == old + (long)size ? old : -1, size, "brk by a long number");
}

static int high_mremap(size_t size)
{
	unsigned long old = (unsigned long)have(PAGE, RW);
	long p = call64(SYS_mremap | HIGH, old, PAGE, PAGE + size, MREMAP_MAYMOVE);

	return mapped_at(p, size + PAGE, "mremap by a long number");
}

static int high_mprotect(size_t size)
{
	unsigned long p = (unsigned long)have(size, PROT_READ);

	return judge(call64(SYS_mprotect | HIGH, p, size, RW, 0), "mprotect by a long number");
}

/* Most kernels that have them at all have them switched off. */
static int x32_mmap(size_t size)
{
	long p = call64(SYS_mmap | 1 << 30, 0, size, RW, MAP_PRIVATE | MAP_ANONYMOUS);

	if (p == -1 && errno == ENOSYS)
		broken("x32 system calls: not supported");
	return mapped_at(p, size, "x32 mmap");
}

/* A stack of return addresses, of which the processor must know. */
static int shadow_stack(size_t size)
{
	long p = call64(453, 0, size, 0, 0);

	if (p == -1 && (errno == ENOSYS || errno == EOPNOTSUPP))
		broken("shadow stacks: not supported");
	return mapped_at(p, size, "map_shadow_stack");
}

static const struct memory_way odd_ways[] = {
	{ "high-mmap", high_mmap },
	{ "high-brk", high_brk },
	{ "high-mremap", high_mremap },
	{ "high-mprotect", high_mprotect },
	{ "x32-mmap", x32_mmap },
	{ "shadow-stack", shadow_stack },
	{ NULL, NULL },
};

static int act_map32(char **args)
{
	return run_way(ways32, args);
}

static int act_odd_call(char **args)
{
	return run_way(odd_ways, args);
}

const struct act memory_compat_acts[] = {
	{ "map32", "WAY SIZE", act_map32 },
	{ "odd-call", "WAY SIZE", act_odd_call },
	{ NULL, NULL, NULL },
};
