// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls by int 0x80, as a 32-bit program makes them: other entry points
 * and, for ioctl, another hook. Their pointers must lie in the low 4 GiB.
 */
#include <errno.h>
#include <sys/mman.h>

#include "probe.h"

long int80_4(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
#ifdef __x86_64__
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory", "r8", "r9", "r10", "r11");
	ret = (int)ret;
	if (ret < 0 && ret > -4096) {
		errno = -ret;
		return -1;
	}
	return ret;
#else
	(void)nr, (void)a, (void)b, (void)c, (void)d;
	broken("32-bit system calls: this machine has none");
#endif
}

long int80(long nr, unsigned long a, unsigned long b, unsigned long c)
{
	return int80_4(nr, a, b, c, 0);
}

void *low_page(void)
{
#ifdef __x86_64__
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		       -1, 0);

	if (p == MAP_FAILED)
		need(-1, "mmap of a low page");
	return p;
#else
	broken("32-bit system calls: this machine has none");
#endif
}
