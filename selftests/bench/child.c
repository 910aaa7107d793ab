// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest static program: what the exec row runs, so that the row is the
 * kernel's exec and not some C library's start.
 */
void _start(void);

void _start(void)
{
	__asm__ volatile("syscall" : : "a"(60), "D"(0) : "rcx", "r11", "memory");
	__builtin_unreachable();
}
