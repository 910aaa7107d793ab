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
