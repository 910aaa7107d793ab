// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loader's eye: it opens a path with O_PATH, and this iterator over its own
 * descriptors tells what the kernel takes the inode for. An object of its own, much smaller
 * than the guards', for it is loaded before it is known what that has to hold.
 */
#include "identity.bpf.h"

SEC("iter/task_file")
int identify_files(struct bpf_iter__task_file *ctx)
{
	struct guard_identified out = {};
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct inode *inode;

	if (!file || !task || task->tgid != (int)loader_tgid)
		return 0;
	inode = file->f_inode;
	identify(inode, &out.id);
	out.mount = mount_number(file->f_path.mnt);
	out.mountpoint = mount_point(file->f_path.mnt);
	out.fd = ctx->fd;
	out.mode = inode->i_mode;
	out.fs_magic = inode->i_sb->s_magic;
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
