/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel itself has of BPF, counted by its ids: what is left over shows. */
#ifndef SELFTESTS_KERNEL_H
#define SELFTESTS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_objects {
	size_t programs, maps, links;
};

struct bpf_objects bpf_objects_count(void);
/* Programs and maps are freed a while after their last user has gone: waits for these. */
bool bpf_objects_become(const struct bpf_objects *wanted, int milliseconds);
/* As in /proc/meminfo, in KiB; -1: not there. */
long memory_of(const char *name);

#endif
