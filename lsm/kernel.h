/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types as far as we read them, written by hand: the build needs no
 * vmlinux.h, no BTF and no headers of the machine that it builds on. Only names
 * and kinds of fields matter here; their offsets are set at load time from the
 * running kernel's BTF.
 */
#ifndef LSM_GUARD_KERNEL_H
#define LSM_GUARD_KERNEL_H

#include <linux/types.h>

#ifndef __bool_true_false_are_defined
typedef _Bool bool;
#define true 1
#define false 0
#endif

#define EPERM 1

#define S_IFMT	0170000
#define S_IFBLK 0060000
#define S_IFCHR 0020000

#define O_TRUNC 01000

/* include/linux/fs.h: bits of f_mode, and of f_flags for an open on behalf of execve */
#define FMODE_READ     0x1u
#define FMODE_WRITE    0x2u
#define FMODE_PATH     0x4000u
#define FLAGS_FOR_EXEC 0x20u

#define PROT_EXEC 0x4

#define BTRFS_SUPER_MAGIC 0x9123683EUL

#define DCACHE_DISCONNECTED 0x20u  /* include/linux/dcache.h: has no parent yet */
#define MNT_SHARED	    0x1000 /* include/linux/mount.h: propagates to its peers */

/* include/uapi/linux/mount.h: calls of mount(2) that put nothing at a place */
#define MS_REMOUNT    0x20
#define MS_BIND	      0x1000
#define MS_MOVE	      0x2000
#define MS_UNBINDABLE (1 << 17)
#define MS_PRIVATE    (1 << 18)
#define MS_SLAVE      (1 << 19)
#define MS_SHARED     (1 << 20)

#define LSM_UNSAFE_SHARE  1 /* include/linux/security.h: bits of bprm->unsafe */
#define LSM_UNSAFE_PTRACE 2

#define PTRACE_MODE_ATTACH 0x2

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct inode {
	__u16 i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	__u32 i_rdev;
	struct hlist_head i_dentry;
	__u32 i_generation;
};

struct dentry {
	union {
		struct hlist_node d_alias;
	} d_u;
	unsigned int d_flags;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	int mnt_flags;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_flags;
	unsigned int f_mode;
};

struct vm_area_struct {
	struct file *vm_file;
};

typedef struct {
	__u32 val;
} kuid_t;

struct user_namespace {
	int level;
};

struct cred {
	kuid_t euid;
	struct user_namespace *user_ns;
};

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct mm_struct {
	struct file *exe_file;
};

struct fs_struct {
	struct path root;
};

struct seccomp {
	int mode;
};

struct task_struct {
	unsigned int ptrace;
	unsigned int in_execve : 1;
	__u64 self_exec_id; /* counts the execve's of a task, and of those that it comes from */
	struct fs_struct *fs;
	struct seccomp seccomp;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct mm_struct *mm;
	const struct cred *cred;
	struct nsproxy *nsproxy;
	char comm[16];
};

struct linux_binprm {
	struct file *file;
	int unsafe;
};

struct io_uring_cmd {
	struct file *file;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

/* fs/btrfs, from the module's BTF where it is loaded */
struct btrfs_key {
	__u64 objectid;
};

struct btrfs_root {
	struct btrfs_key root_key;
};

struct btrfs_inode {
	struct btrfs_root *root;
	struct inode vfs_inode;
};

#pragma clang attribute pop

#endif
