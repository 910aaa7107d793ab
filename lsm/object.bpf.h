/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hooks of the file guard share: the rules of an inode, of a name, and of what
 * leads to a protected path.
 */
#ifndef LSM_GUARD_OBJECT_BPF_H
#define LSM_GUARD_OBJECT_BPF_H

#include "tree.bpf.h"

/* The rules of the inode itself. */
static __always_inline int check_inode(struct request *rq, struct inode *inode)
{
	struct guard_object *object;

	if (!maybe_object(inode))
		return 0;
	object = object_of(inode);
	return object ? decide_all(rq, object) : 0;
}

/* What leads to a protected path must not be moved: that is for updaters. */
static __always_inline int check_anchor(struct request *rq, struct inode *inode)
{
	struct guard_object *object;

	if (!maybe_object(inode))
		return 0;
	object = object_of(inode);
	if (!object || !object->anchor)
		return 0;
	return decide_reserved(rq, object->anchor, updaters_list);
}

/* The first look: nothing is held here, neither this inode nor anything around it. */
static __always_inline bool unprotected(struct inode *inode)
{
	return !maybe_object(inode) && !has_trees(inode->i_sb) && !state.names_incomplete;
}

/*
 * The first look at an open, in as few instructions as will do: each load of kernel memory
 * costs seven on 6.1. True: nothing is held here. False: look closely.
 */
static __always_inline bool nothing_above(struct file *file, struct inode *inode, __u32 dev)
{
	struct dentry *dentry = file->f_path.dentry, *parent;

	if (dentry->d_inode != inode)
		return false; /* see real_dentry_of() */
	for (int i = 0; i < NEAR_LEVELS; i++) {
		parent = dentry->d_parent;
		if (parent == dentry)
			return !(dentry->d_flags & DCACHE_DISCONNECTED);
		if (maybe_tree(parent->d_inode->i_ino, dev))
			return false;
		dentry = parent;
	}
	return false;
}

enum first_look { LOOK_NOTHING, LOOK_AROUND, LOOK_OBJECT };

static __always_inline enum first_look first_look(struct file *file)
{
	struct inode *inode = file->f_inode;
	__u32 dev = inode->i_sb->s_dev;

	if (test_bit(guard_hash(inode->i_ino, dev)))
		return LOOK_OBJECT;
	if (!state.watch || !(state.watch & guard_watch(dev)))
		return LOOK_NOTHING;
	if (use_devices && is_device(inode))
		return LOOK_OBJECT;
	if (state.names_incomplete)
		return LOOK_AROUND;
	return !use_trees || nothing_above(file, inode, dev) ? LOOK_NOTHING : LOOK_AROUND;
}

/* The rules of the name that @dentry has, or is to have, in @dir. */
static __always_inline int check_name(struct request *rq, struct inode *dir, struct dentry *dentry)
{
	struct guard_object *name = name_of(dir, dentry);

	return name ? decide_all(rq, name) : 0;
}

/* What holds for an open file beside its inode. */
static __always_inline int check_around(struct file *file, struct request *rq)
{
	struct inode *inode = file->f_inode;

	if (state.names_incomplete &&
	    check_name(rq, file->f_path.dentry->d_parent->d_inode, file->f_path.dentry))
		return -EPERM;
	if (!has_trees(inode->i_sb))
		return 0;
	rq->from = real_dentry_of(file);
	return rq->from ? check_trees_far(rq) : check_trees(rq, file->f_path.dentry);
}

/* All that holds for an open file. */
static __always_inline int check_file(struct file *file, struct request *rq)
{
	return check_inode(rq, file->f_inode) ? -EPERM : check_around(file, rq);
}

#endif
