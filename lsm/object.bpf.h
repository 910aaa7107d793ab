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

/* The rules of the name that @dentry has, or is to have, in @dir. */
static __always_inline int check_name(struct request *rq, struct inode *dir, struct dentry *dentry)
{
	struct guard_object *name = name_of(dir, dentry);

	return name ? decide_all(rq, name) : 0;
}

/* All that holds for an open file. */
static __always_inline int check_file(struct file *file, struct request *rq)
{
	struct inode *inode = file->f_inode;

	if (check_inode(rq, inode))
		return -EPERM;
	if (state.names_incomplete &&
	    check_name(rq, file->f_path.dentry->d_parent->d_inode, file->f_path.dentry))
		return -EPERM;
	if (!has_trees(inode->i_sb))
		return 0;
	rq->from = real_dentry_of(file);
	return rq->from ? check_trees_far(rq) : check_trees(rq, file->f_path.dentry);
}

#endif
