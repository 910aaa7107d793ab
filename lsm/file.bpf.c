// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file guard. An access to an object is checked against the rules of its inode,
 * of its name and of the directories above it.
 *
 * The inode is what an open meets: whichever way the file is reached (hard link, bind
 * mount, another namespace, /proc/PID/fd, a handle), it is the same. The name is what
 * an attacker would put another inode at, and what passwd(1) does put another inode
 * at: every way of doing so is checked here, and the new inode becomes an object with
 * the name's rules before it can be seen there (inode_rename, d_instantiate), so that
 * opens need no look at names.
 *
 * Not seen here: descriptors and mappings from before, other than passing them on.
 */
#include "object.bpf.h"

static __always_inline __u32 access_of(struct file *file)
{
	__u32 flags = file->f_flags, mode = file->f_mode;
	__u32 access = 0;

	if (flags & FLAGS_FOR_EXEC)
		return GUARD_EXECUTE;
	/* Neither for reading nor for writing (open's mode 3), but for ioctls that do either. */
	if (!(mode & (FMODE_READ | FMODE_WRITE | FMODE_PATH)))
		return GUARD_READ | GUARD_WRITE;
	if (mode & FMODE_READ)
		access |= GUARD_READ;
	if (mode & FMODE_WRITE || flags & O_TRUNC)
		access |= GUARD_WRITE;
	return access;
}

static __noinline int check_open(struct file *file, __u32 hook, enum first_look look)
{
	struct guard_object *object = NULL;
	struct request rq = { .object = (__u64)file->f_path.dentry,
			      .access = access_of(file),
			      .hook = hook };

	if (look == LOOK_OBJECT)
		object = object_of(file->f_inode);
	if (!object || !decide_all(&rq, object))
		check_around(plain_file(file), &rq);
	return verdict(&rq);
}

SEC("?lsm/file_open")
int BPF_PROG(file_open, struct file *file)
{
	enum first_look look = first_look(file);

	return look == LOOK_NOTHING ? 0 : check_open(file, GUARD_HOOK_file_open, look);
}

/* A descriptor that another process opened, passed by SCM_RIGHTS, pidfd_getfd or seccomp. */
SEC("?lsm/file_receive")
int BPF_PROG(file_receive, struct file *file)
{
	enum first_look look = first_look(file);

	return look == LOOK_NOTHING ? 0 : check_open(file, GUARD_HOOK_file_receive, look);
}

/*
 * Code of a file that may not be executed is not mapped as code either, or ld.so would
 * run it. What execve itself maps has been checked when it was opened.
 */
static __always_inline int check_map_exec(struct file *file, unsigned long prot, __u32 hook)
{
	struct request rq = { .access = GUARD_EXECUTE, .hook = hook };

	if (!file || !(prot & PROT_EXEC) || unprotected(file->f_inode))
		return 0;
	if (BPF_CORE_READ_BITFIELD_PROBED(bpf_get_current_task_btf(), in_execve))
		return 0;
	file = plain_file(file);
	rq.object = (__u64)file->f_path.dentry;
	check_file(file, &rq);
	return verdict(&rq);
}

/* Who calls the hook of mmap has what was asked for only, and makes of it what it becomes. */
static __always_inline unsigned long prot_of(unsigned long asked)
{
	if (asked & PROT_READ && bpf_get_current_task_btf()->personality & READ_IMPLIES_EXEC)
		return asked | PROT_EXEC;
	return asked;
}

SEC("?lsm/mmap_file")
int BPF_PROG(mmap_file, struct file *file, unsigned long reqprot, unsigned long prot)
{
	return check_map_exec(file, fallback ? prot_of(reqprot) : prot, GUARD_HOOK_mmap_file);
}

SEC("?lsm/file_mprotect")
int BPF_PROG(file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	return check_map_exec(vma->vm_file, prot, GUARD_HOOK_file_mprotect);
}

/* ---- metadata --------------------------------------------------------------- */

static __always_inline int check_change(struct dentry *dentry, __u32 hook)
{
	struct request rq = { .object = (__u64)dentry, .access = GUARD_WRITE, .hook = hook };
	struct inode *inode;

	dentry = plain_dentry(dentry);
	inode = dentry->d_inode;
	if (unprotected(inode))
		return 0;
	if (!check_inode(&rq, inode) && has_trees(inode->i_sb))
		check_trees(&rq, dentry);
	return verdict(&rq);
}

/* chmod, chown, utimes, truncate. Up to 6.2 the dentry is the first argument. */
SEC("?lsm/inode_setattr")
int BPF_PROG(inode_setattr_6_1, struct dentry *dentry)
{
	return check_change(dentry, GUARD_HOOK_inode_setattr);
}

SEC("?lsm/inode_setattr")
int BPF_PROG(inode_setattr, void *idmap, struct dentry *dentry)
{
	return check_change(dentry, GUARD_HOOK_inode_setattr);
}

SEC("?lsm/inode_setxattr")
int BPF_PROG(inode_setxattr, void *idmap, struct dentry *dentry)
{
	return check_change(dentry, GUARD_HOOK_inode_setxattr);
}

SEC("?lsm/inode_removexattr")
int BPF_PROG(inode_removexattr, void *idmap, struct dentry *dentry)
{
	return check_change(dentry, GUARD_HOOK_inode_removexattr);
}

/* From 6.2 on; before, ACLs pass inode_setxattr and inode_removexattr. */
SEC("?lsm/inode_set_acl")
int BPF_PROG(inode_set_acl, void *idmap, struct dentry *dentry)
{
	return check_change(dentry, GUARD_HOOK_inode_set_acl);
}

SEC("?lsm/inode_remove_acl")
int BPF_PROG(inode_remove_acl, void *idmap, struct dentry *dentry)
{
	return check_change(dentry, GUARD_HOOK_inode_remove_acl);
}
