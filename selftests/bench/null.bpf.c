// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that decide nothing, on the hooks that a file guard needs: what a hook
 * costs before anybody has thought. The table's floor.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define NULL_HOOK(hook)                                            \
	SEC("lsm/" #hook) int null_##hook(unsigned long long *ctx) \
	{                                                          \
		(void)ctx;                                         \
		return 0;                                          \
	}

NULL_HOOK(file_open)
NULL_HOOK(file_permission)
NULL_HOOK(mmap_file)
NULL_HOOK(bprm_check_security)
NULL_HOOK(inode_create)
NULL_HOOK(inode_link)
NULL_HOOK(inode_unlink)
NULL_HOOK(inode_rename)
NULL_HOOK(inode_setattr)
