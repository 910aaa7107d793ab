// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that denies on the hook that is asked whether there is memory enough. For the
 * test that shows why the memory guard has no use for it.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/vm_enough_memory")
int deny(unsigned long long *ctx)
{
	(void)ctx;
	return -EPERM;
}
