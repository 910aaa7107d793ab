// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file guard, names: everything that makes a name appear, go, or mean another inode.
 * A new inode at a protected name becomes an object with the name's rules before anyone
 * can see it there, which is why opens need not look at names.
 */
#include "object.bpf.h"

/* The bits of an object that the hooks add; of a directory, those of its rules below it too. */
static __always_inline void set_bits_of(struct inode *inode, __u32 flags)
{
	__u64 hash = object_hash(inode);
	__u32 dev;

	__sync_fetch_and_or(word_of(hash), 1ULL << guard_bit(hash));
	if (use_trees && flags & GUARD_OBJECT_TREE) {
		dev = inode->i_sb->s_dev;
		state.trees[guard_tree_slot(inode->i_ino, dev)] = 1;
		state.trees[guard_tree_slot(0, dev)] = 1;
		__sync_fetch_and_or(&state.watch, guard_watch(dev));
	}
}

/*
 * Lets the inode that is about to have a protected name have that name's rules too. The
 * map has room for it, or the caller refuses: a protected name never has an inode that
 * is not protected. Stale entries (a rename that failed later) only protect too much.
 */
static __noinline int adopt(struct inode *inode, struct guard_object *by, bool trust)
{
	struct guard_object fresh = *by, *object;
	struct guard_identity id;

	identify(inode, &id);
	object = bpf_map_lookup_elem(&objects, &id);
	if (object) {
		if (trust && by->program)
			object->program = by->program;
		if (by->section)
			object->section = by->section;
		for (int i = 0; i < GUARD_RULES_PER_OBJECT; i++) {
			__u32 rule = by->rules[i];
			bool has = !rule;

			for (int k = 0; k < GUARD_RULES_PER_OBJECT && !has; k++) {
				if (!object->rules[k])
					object->rules[k] = rule;
				has = object->rules[k] == rule;
			}
			if (!has)
				return -1;
		}
		object->flags |= by->flags;
		set_bits_of(inode, by->flags);
		return 0;
	}
	if (!trust)
		fresh.program = GUARD_NO_PROGRAM;
	if (bpf_map_update_elem(&objects, &id, &fresh, BPF_ANY))
		return -1;
	set_bits_of(inode, by->flags);
	return 0;
}

/*
 * A name goes away or leaves a directory. An object keeps its rules wherever it goes, but
 * what only a directory protects would lose them all: so moving it out takes every access.
 */
static __always_inline int check_leaving(struct request *rq, struct inode *dir,
					 struct dentry *dentry, bool moves)
{
	struct inode *inode = dentry->d_inode;

	rq->object = (__u64)dentry;
	rq->access = GUARD_WRITE;
	if (check_inode(rq, inode) || check_anchor(rq, inode) || check_name(rq, dir, dentry))
		return -EPERM;
	if (!has_trees(dir->i_sb))
		return 0;
	rq->access = moves ? ALL_VERBS : GUARD_WRITE;
	return check_trees(rq, dentry);
}

/* A name comes into being, or comes to mean another inode. */
static __noinline int check_arriving(struct request *rq, struct inode *dir, struct dentry *dentry)
{
	rq->object = (__u64)dentry;
	rq->access = GUARD_WRITE;
	rq->arriving = 1;
	if (check_name(rq, dir, dentry) || (has_trees(dir->i_sb) && check_trees(rq, dentry)))
		return -EPERM;
	rq->arriving = 0;
	return 0;
}

static __always_inline int check_create(struct inode *dir, struct dentry *dentry, __u32 hook)
{
	struct request rq = { .hook = hook };

	if (unprotected(dir))
		return 0;
	check_arriving(&rq, dir, dentry);
	return verdict(&rq);
}

SEC("?lsm/inode_create")
int BPF_PROG(inode_create, struct inode *dir, struct dentry *dentry)
{
	return check_create(plain_inode(dir), plain_dentry(dentry), GUARD_HOOK_inode_create);
}

SEC("?lsm/inode_mkdir")
int BPF_PROG(inode_mkdir, struct inode *dir, struct dentry *dentry)
{
	return check_create(plain_inode(dir), plain_dentry(dentry), GUARD_HOOK_inode_mkdir);
}

SEC("?lsm/inode_mknod")
int BPF_PROG(inode_mknod, struct inode *dir, struct dentry *dentry)
{
	return check_create(plain_inode(dir), plain_dentry(dentry), GUARD_HOOK_inode_mknod);
}

SEC("?lsm/inode_symlink")
int BPF_PROG(inode_symlink, struct inode *dir, struct dentry *dentry)
{
	return check_create(plain_inode(dir), plain_dentry(dentry), GUARD_HOOK_inode_symlink);
}

static __always_inline int check_remove(struct inode *dir, struct dentry *dentry, __u32 hook)
{
	struct request rq = { .hook = hook };

	if (unprotected(dir) && !maybe_object(dentry->d_inode))
		return 0;
	check_leaving(&rq, dir, dentry, false);
	return verdict(&rq);
}

SEC("?lsm/inode_unlink")
int BPF_PROG(inode_unlink, struct inode *dir, struct dentry *dentry)
{
	return check_remove(plain_inode(dir), plain_dentry(dentry), GUARD_HOOK_inode_unlink);
}

SEC("?lsm/inode_rmdir")
int BPF_PROG(inode_rmdir, struct inode *dir, struct dentry *dentry)
{
	return check_remove(plain_inode(dir), plain_dentry(dentry), GUARD_HOOK_inode_rmdir);
}

static __always_inline bool may_trust(struct request *rq)
{
	return listed(updaters_list, requester(rq));
}

/* The inode of @from, which was allowed to, is about to have the name @to too, or instead. */
static __always_inline int give_name(struct request *rq, struct dentry *from, struct inode *to_dir,
				     struct dentry *to)
{
	struct guard_object *name = name_of(to_dir, to);

	if (name && adopt(from->d_inode, name, may_trust(rq)))
		return refuse_fault(rq, GUARD_FAULT_ADOPT);
	return 0;
}

/* A hard link to what only a directory protects would lead out of it, as a move would. */
static __noinline int check_link(struct request *rq, struct dentry *old, struct inode *dir,
				 struct dentry *new)
{
	if (check_arriving(rq, dir, new))
		return -EPERM;
	rq->object = (__u64)old;
	if (check_inode(rq, old->d_inode))
		return -EPERM;
	if (has_trees(dir->i_sb)) {
		rq->access = ALL_VERBS;
		if (check_trees(rq, old))
			return -EPERM;
	}
	return give_name(rq, old, dir, new);
}

SEC("?lsm/inode_link")
int BPF_PROG(inode_link, struct dentry *old, struct inode *dir, struct dentry *new)
{
	struct request rq = { .hook = GUARD_HOOK_inode_link };

	old = plain_dentry(old);
	dir = plain_inode(dir);
	new = plain_dentry(new);
	if (unprotected(dir) && !maybe_object(old->d_inode))
		return 0;
	check_link(&rq, old, dir, new);
	return verdict(&rq);
}

static __noinline int check_rename(struct request *rq, struct inode *old_dir, struct dentry *old,
				   struct inode *new_dir, struct dentry *new)
{
	struct inode *victim;

	old_dir = plain_inode(old_dir);
	old = plain_dentry(old);
	new_dir = plain_inode(new_dir);
	new = plain_dentry(new);
	victim = new->d_inode;
	if (check_arriving(rq, new_dir, new) || check_leaving(rq, old_dir, old, true))
		return -EPERM;
	if (victim) {
		rq->object = (__u64) new;
		rq->access = GUARD_WRITE;
		if (check_inode(rq, victim) || check_anchor(rq, victim))
			return -EPERM;
	}
	return give_name(rq, old, new_dir, new);
}

/* Called for either direction of an exchange. */
SEC("?lsm/inode_rename")
int BPF_PROG(inode_rename, struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	     struct dentry *new)
{
	struct request rq = { .hook = GUARD_HOOK_inode_rename };

	if (unprotected(old_dir) && unprotected(new_dir) && !maybe_object(old->d_inode) &&
	    (!new->d_inode || !maybe_object(new->d_inode)))
		return 0;
	check_rename(&rq, old_dir, old, new_dir, new);
	return verdict(&rq);
}

/* The other direction, without BPF LSM: who calls the hook twice is himself called once. */
SEC("?lsm/inode_rename")
int BPF_PROG(inode_exchange, struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	     struct dentry *new)
{
	struct request rq = { .hook = GUARD_HOOK_inode_rename };

	if (!(ctx[4] & RENAME_EXCHANGE) || (unprotected(old_dir) && unprotected(new_dir)))
		return 0;
	check_rename(&rq, new_dir, new, old_dir, old);
	return verdict(&rq);
}

/*
 * An inode appears at a name: created, linked, or found by a look-up. The last moment
 * before others can see it there. Whoever created it was asked by the hooks above.
 */
SEC("?lsm/d_instantiate")
int BPF_PROG(d_instantiate, struct dentry *dentry, struct inode *inode)
{
	struct request rq = {};
	struct guard_object *name;

	if (!inode)
		return 0;
	name = name_of(dentry->d_parent->d_inode, dentry);
	if (name && adopt(plain_inode(inode), name, may_trust(&rq))) {
		count_fault(GUARD_FAULT_ADOPT);
		state.names_incomplete = 1;
		state.watch = ~0ULL;
	}
	return 0;
}

/* The last of an inode: its number may come back as another file's. */
SEC("?lsm/inode_free_security")
int BPF_PROG(inode_free_security, struct inode *inode)
{
	struct guard_identity id;

	if (inode->i_nlink || !maybe_object(inode) || is_device(inode))
		return 0;
	identify(plain_inode(inode), &id);
	bpf_map_delete_elem(&objects, &id);
	return 0;
}
