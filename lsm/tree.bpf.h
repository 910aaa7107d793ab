/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules of directories hold for everything below them, whatever mount it was reached
 * by: walk the dentry's parents up to the root of its filesystem. Filesystems mounted
 * below a directory have an entry of their own (the loader finds them).
 *
 * A rename of an ancestor while we walk can show us some parents from before and some
 * from after it. Neither helps an attacker: leaving the directory is refused to those
 * whom its rules refuse (file.bpf.c), and whoever may move a file out may have it.
 */
#ifndef LSM_GUARD_TREE_BPF_H
#define LSM_GUARD_TREE_BPF_H

#include "verdict.bpf.h"

/* Levels walked with plain loads; what lies deeper is walked with bpf_loop, and slower. */
#define NEAR_LEVELS 12
#define FAR_LEVELS  (1 << 16)

#define ALL_VERBS (GUARD_READ | GUARD_WRITE | GUARD_EXECUTE)

static __always_inline bool maybe_tree(__u64 ino, __u32 dev)
{
	return state.trees[guard_tree_slot(ino, dev)];
}

/* Does any directory rule hold on this filesystem? Inode 0 stands for all of it. */
static __always_inline bool has_trees(struct super_block *sb)
{
	return use_trees && maybe_tree(0, sb->s_dev);
}

/* A move within a directory that has rules leaves nothing: then it is a write, no more. */
static __always_inline __u32 keep(struct request *rq, __u64 ino)
{
	__u32 access = rq->access;

	for (int i = 0; i < 4; i++) {
		if (rq->arriving && !rq->kept[i])
			rq->kept[i] = ino;
		if (rq->kept[i] == ino) {
			if (!rq->arriving && access == ALL_VERBS)
				rq->access = GUARD_WRITE;
			break;
		}
	}
	return access;
}

__noinline int decide_tree(struct request *rq, struct guard_identity *id)
{
	struct guard_object *object;
	struct guard_identity key;
	__u32 access;
	int denied;

	if (!rq || !id)
		return -EPERM;
	key = *id; /* 6.1 takes keys from its own stack only */
	object = bpf_map_lookup_elem(&objects, &key);
	if (!object || !(object->flags & GUARD_OBJECT_TREE))
		return 0;
	access = keep(rq, key.ino);
	denied = decide_all(rq, object);
	rq->access = access;
	return denied;
}

/*
 * What concerns a filesystem as a whole is for updaters, where anything on it is protected
 * that needs it (the loader makes an entry for inode 0 then).
 */
__noinline int decide_filesystem(struct request *rq, __u32 dev)
{
	struct guard_identity all = { .dev = dev };
	struct guard_object *object;

	if (!rq)
		return -EPERM;
	object = bpf_map_lookup_elem(&objects, &all);
	if (!object)
		return 0; /* the bit was another's */
	return decide_reserved(rq, object->rules[0], updaters_list);
}

struct far_walk {
	struct request *rq;
	__u64 dentry; /* an address: read with helpers only */
	__u32 dev;
	bool done;
};

static long far_step(__u32 index, struct far_walk *walk)
{
	struct dentry *dentry = (void *)walk->dentry;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	struct inode *inode = BPF_CORE_READ(parent, d_inode);
	struct guard_identity id = {};

	if (parent == dentry) {
		walk->done = true;
		/*
		 * No root, but a dentry without a way up: open_by_handle_at(2) makes such for an
		 * inode that is not in the dentry cache. Where it belongs cannot be told.
		 */
		if (BPF_CORE_READ(dentry, d_flags) & DCACHE_DISCONNECTED)
			decide_filesystem(walk->rq, walk->dev);
		return 1;
	}
	id.ino = BPF_CORE_READ(inode, i_ino);
	if (maybe_tree(id.ino, walk->dev)) {
		id.dev = walk->dev;
		id.generation = BPF_CORE_READ(inode, i_generation);
		if (BPF_CORE_READ(inode, i_sb, s_magic) == BTRFS_SUPER_MAGIC)
			id.subvolume = subvolume_of(inode);
		if (decide_tree(walk->rq, &id)) {
			walk->done = true;
			return 1;
		}
	}
	walk->dentry = (__u64)parent;
	return 0;
}

/* As check_trees(), from the dentry rq->from: any address, no plain loads. */
__noinline int check_trees_far(struct request *rq)
{
	struct far_walk walk = { .rq = rq };
	struct dentry *dentry;

	if (!rq)
		return -EPERM;
	dentry = (void *)rq->from;
	walk.dentry = rq->from;
	walk.dev = BPF_CORE_READ(dentry, d_sb, s_dev);
	bpf_loop(FAR_LEVELS, far_step, &walk, 0);
	if (!walk.done)
		return refuse_fault(rq, GUARD_FAULT_DEPTH);
	return rq->denied ? -EPERM : 0;
}

/* The rules of all directories above @dentry, which is not a directory's own rule. */
static __noinline int check_trees(struct request *rq, struct dentry *dentry)
{
	__u32 dev = dentry->d_sb->s_dev;
	struct guard_identity id;
	struct dentry *parent;
	struct inode *inode;

	for (int i = 0; i < NEAR_LEVELS; i++) {
		parent = dentry->d_parent;
		if (parent == dentry) {
			if (dentry->d_flags & DCACHE_DISCONNECTED) /* see far_step() */
				return decide_filesystem(rq, dev);
			return 0;
		}
		inode = parent->d_inode;
		if (maybe_tree(inode->i_ino, dev)) {
			identify(inode, &id);
			if (decide_tree(rq, &id))
				return -EPERM;
		}
		dentry = parent;
	}
	rq->from = (__u64)dentry;
	return check_trees_far(rq);
}

#endif
