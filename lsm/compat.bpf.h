/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that we run on, each with the version. Where a
 * hook's arguments differ there is a program for each form, and the loader takes
 * the one that fits the kernel's BTF (loader/kernel.c).
 */
#ifndef LSM_GUARD_COMPAT_BPF_H
#define LSM_GUARD_COMPAT_BPF_H

#include "maps.bpf.h"

/*
 * From 6.2 on the verifier keeps account of which pointers it can trust. For each one that is
 * loaded through a trusted one it searches the names of all types in the kernel, up to four
 * times: that was two thirds of the time of a start on 6.12. What is only read from needs no
 * trust: a cast, which is one move, drops it. It is not for what a hot hook looks at first,
 * where each load through a trusted pointer is cheaper by some seven instructions.
 */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

#define PLAIN(type)                                                                 \
	static __always_inline struct type *plain_##type(struct type *pointer)      \
	{                                                                           \
		return casts.type ? bpf_rdonly_cast(pointer, casts.type) : pointer; \
	}

PLAIN(dentry)
PLAIN(file)
PLAIN(inode)
PLAIN(linux_binprm)
PLAIN(task_struct)

static __always_inline struct task_struct *plain_current(void)
{
	return plain_task_struct(bpf_get_current_task_btf());
}

/*
 * A name of an open file in the filesystem of its inode, as an address; 0 when the file's
 * own dentry is it. Up to 6.4 overlayfs opens the real file under the overlay's path
 * (open_with_fake_path), whose dentries lead up through the overlay.
 */
static __always_inline __u64 real_dentry_of(struct file *file)
{
	struct hlist_node *alias;

	if (file->f_path.dentry->d_inode == file->f_inode)
		return 0;
	alias = file->f_inode->i_dentry.first;
	if (!alias)
		return 0;
	return (__u64)alias - bpf_core_field_offset(struct dentry, d_u.d_alias);
}

#endif
