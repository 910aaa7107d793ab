// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file guard, mounts: a mount over a protected path, or over what leads there, makes
 * the path mean something else without touching a file.
 */
#include "object.bpf.h"

static __always_inline bool in_guarded_namespace(void)
{
	return plain_current()->nsproxy->mnt_ns->ns.inum == guarded_mnt_ns;
}

/* The rule to name where a protected path leads through a mount; 0: none does. */
static __always_inline __u32 rule_of_mount(struct vfsmount *mnt)
{
	__u64 key = mount_number(mnt);
	__u32 *rule = bpf_map_lookup_elem(&mounts, &key);

	return rule ? *rule : GUARD_NO_RULE;
}

/*
 * The same for a copy of such a mount in another namespace, at the same place of a mount that
 * passes on what happens there: its end would be the end of ours.
 */
static __always_inline __u32 rule_of_copy(struct vfsmount *mnt)
{
	struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	__u64 key = mount_point(mnt);
	__u32 *rule;

	if (!(BPF_CORE_READ(mount, mnt_parent, mnt.mnt_flags) & MNT_SHARED))
		return GUARD_NO_RULE;
	rule = bpf_map_lookup_elem(&mounts, &key);
	return rule ? *rule : GUARD_NO_RULE;
}

/*
 * Something is put over @path. Over a protected file or directory, or into a protected
 * directory, that is a write wherever it happens. Over what merely leads there it counts
 * only on the mount that the path leads through, or on one that passes it on: services and
 * containers arrange such mounts in namespaces of their own all the time.
 */
static __noinline int check_mount_over(struct request *rq, const struct path *path)
{
	struct dentry *dentry = path->dentry;
	struct inode *inode = dentry->d_inode;
	struct vfsmount *mnt = path->mnt;

	rq->object = (__u64)dentry;
	rq->access = GUARD_WRITE;
	if (unprotected(inode))
		return 0;
	if (check_inode(rq, inode))
		return -EPERM;
	if ((rule_of_mount(mnt) || mnt->mnt_flags & MNT_SHARED) && check_anchor(rq, inode))
		return -EPERM;
	if (!has_trees(inode->i_sb))
		return 0;
	rq->access = ALL_VERBS;
	return check_trees(rq, dentry);
}

/* The tree of mounts itself is rearranged: only where it is the host's. */
static __always_inline int check_rearrange(struct request *rq, const struct path *path)
{
	if (!in_guarded_namespace())
		return 0;
	rq->object = (__u64)path->dentry;
	rq->access = GUARD_WRITE;
	return decide_reserved(rq, root_rule, updaters_list);
}

SEC("?lsm/sb_mount")
int BPF_PROG(sb_mount, const char *source, const struct path *path, const char *type,
	     unsigned long flags)
{
	struct request rq = { .hook = GUARD_HOOK_sb_mount };

	/* In the order in which the kernel looks at the flags: what it ignores counts for nothing. */
	if (flags & MS_REMOUNT)
		return 0;
	if (!(flags & MS_BIND)) {
		if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
			return 0;
		/* What is moved is only a string here: any move may be of what we guard. */
		if (flags & MS_MOVE && check_rearrange(&rq, path))
			return verdict(&rq);
	}
	check_mount_over(&rq, path);
	return verdict(&rq);
}

/* A mount goes away from its place, with the protected paths that lead through it. */
static __always_inline int check_unmount(struct request *rq, struct vfsmount *mnt)
{
	__u32 rule = rule_of_mount(mnt);

	if (!rule)
		rule = rule_of_copy(mnt);
	if (!rule)
		return 0;
	rq->object = (__u64)mnt->mnt_root;
	rq->access = GUARD_WRITE;
	return decide_reserved(rq, rule, updaters_list);
}

SEC("?lsm/sb_umount")
int BPF_PROG(sb_umount, struct vfsmount *mnt)
{
	struct request rq = { .hook = GUARD_HOOK_sb_umount };

	check_unmount(&rq, mnt);
	return verdict(&rq);
}

SEC("?lsm/move_mount")
int BPF_PROG(move_mount, const struct path *from, const struct path *to)
{
	struct request rq = { .hook = GUARD_HOOK_move_mount };

	if (!check_unmount(&rq, from->mnt))
		check_mount_over(&rq, to);
	return verdict(&rq);
}

SEC("?lsm/sb_pivotroot")
int BPF_PROG(sb_pivotroot, const struct path *old)
{
	struct request rq = { .hook = GUARD_HOOK_sb_pivotroot };

	check_rearrange(&rq, old);
	return verdict(&rq);
}
