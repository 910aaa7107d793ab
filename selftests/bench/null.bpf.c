// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that decide nothing, on the hooks that the guards need: what a hook costs
 * before anybody has thought. The table's floor.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define NULL_PROGRAM(section, name)                           \
	SEC(section) int null_##name(unsigned long long *ctx) \
	{                                                     \
		(void)ctx;                                    \
		return 0;                                     \
	}
#define NULL_HOOK(hook) NULL_PROGRAM("lsm/" #hook, hook)

NULL_HOOK(file_open)
NULL_HOOK(file_permission)
NULL_HOOK(mmap_file)
NULL_HOOK(bprm_check_security)
NULL_HOOK(inode_create)
NULL_HOOK(inode_link)
NULL_HOOK(inode_unlink)
NULL_HOOK(inode_rename)
NULL_HOOK(inode_setattr)

NULL_HOOK(task_alloc)
NULL_HOOK(task_free)
NULL_HOOK(bprm_committed_creds)
NULL_HOOK(ptrace_access_check)
NULL_HOOK(d_instantiate)
NULL_HOOK(inode_free_security)
NULL_HOOK(socket_create)
NULL_HOOK(socket_post_create)
NULL_HOOK(socket_connect)
NULL_HOOK(socket_bind)
NULL_HOOK(socket_listen)
NULL_HOOK(socket_accept)
NULL_HOOK(sock_graft)
NULL_HOOK(socket_sendmsg)
NULL_HOOK(socket_recvmsg)
NULL_HOOK(socket_setsockopt)
NULL_HOOK(socket_sock_rcv_skb)
NULL_HOOK(mmap_addr)
NULL_HOOK(shm_shmat)
NULL_HOOK(file_mprotect)
NULL_PROGRAM("fentry/release_task", release_task)
