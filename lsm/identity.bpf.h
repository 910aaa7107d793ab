/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an inode is to us, and the first look that tells in a few instructions that
 * it is nothing to us. The hooks and the iterator that serves the loader use the
 * same functions, so that both mean the same object.
 */
#ifndef LSM_GUARD_IDENTITY_BPF_H
#define LSM_GUARD_IDENTITY_BPF_H

#include "maps.bpf.h"

/*
 * The bitmap is read without a lock: the loader sets bits before it attaches, the
 * hooks only ever add some. May say yes to an inode that is not protected.
 */
static __always_inline __u64 *word_of(__u64 hash)
{
	return (void *)state.bits + (guard_word(hash) & bits_mask);
}

static __always_inline bool test_bit(__u64 hash)
{
	return *word_of(hash) >> guard_bit(hash) & 1;
}

static __always_inline bool is_device(struct inode *inode)
{
	__u16 type = inode->i_mode & S_IFMT;

	return type == S_IFBLK || type == S_IFCHR;
}

/* The id of a btrfs inode's subvolume: the same numbers recur in every snapshot. */
static __always_inline __u64 subvolume_of(struct inode *inode)
{
	struct btrfs_inode *bi;
	struct btrfs_root *root;
	__u64 id = 0;

	/* Without the module there was nothing on btrfs to protect when we were loaded. */
	if (!bpf_core_type_exists(struct btrfs_inode))
		return 0;
	bi = (void *)inode - bpf_core_field_offset(struct btrfs_inode, vfs_inode);
	if (bpf_core_read(&root, sizeof(root), &bi->root) ||
	    bpf_core_read(&id, sizeof(id), &root->root_key.objectid))
		return 0;
	return id;
}

static __always_inline void identify(struct inode *inode, struct guard_identity *id)
{
	struct super_block *sb = inode->i_sb; /* once: on 6.1 a load is seven instructions */
	__u16 type = inode->i_mode & S_IFMT;

	if (type == S_IFBLK || type == S_IFCHR) {
		id->ino = type;
		id->dev = inode->i_rdev;
		id->generation = 0;
		id->subvolume = GUARD_DEVICE;
		return;
	}
	id->ino = inode->i_ino;
	id->dev = sb->s_dev;
	id->generation = inode->i_generation;
	id->subvolume = 0;
	if (sb->s_magic == BTRFS_SUPER_MAGIC)
		id->subvolume = subvolume_of(inode);
}

/* A mount's number is its own: a copy in another namespace has another. */
static __always_inline __u64 mount_number(struct vfsmount *mnt)
{
	struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);

	return BPF_CORE_READ(mount, mnt_id);
}

/* The address of the dentry that a mount covers: the same for copies of the mount elsewhere. */
static __always_inline __u64 mount_point(struct vfsmount *mnt)
{
	struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);

	return (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
}

static __always_inline __u64 object_hash(struct inode *inode)
{
	if (use_devices && is_device(inode))
		return guard_hash(inode->i_mode & S_IFMT, inode->i_rdev);
	return guard_hash(inode->i_ino, inode->i_sb->s_dev);
}

/* The first look. */
static __always_inline bool maybe_object(struct inode *inode)
{
	return test_bit(object_hash(inode));
}

static __always_inline struct guard_object *object_of(struct inode *inode)
{
	struct guard_identity id;

	identify(inode, &id);
	return bpf_map_lookup_elem(&objects, &id);
}

/*
 * The hash of a dentry's last name. The hooks for names hold the parent's lock, so that the
 * name does not change meanwhile.
 */
static __noinline __u64 hash_of_name(struct dentry *dentry)
{
	const unsigned char *name = dentry->d_name.name;
	__u32 left = dentry->d_name.len;
	__u64 hash = 0, word;

	for (int i = 0; i < (GUARD_NAME_MAX + 7) / 8; i++) {
		word = 0;
		if (left < sizeof(word)) {
			if (left && !bpf_probe_read_kernel(&word, left & 7, name))
				hash = guard_name_mix(hash, word);
			break;
		}
		bpf_probe_read_kernel(&word, sizeof(word), name);
		hash = guard_name_mix(hash, word);
		name += sizeof(word);
		left -= sizeof(word);
	}
	return hash;
}

/* What holds for the name of @dentry in @dir; NULL for a name that no section names. */
static __always_inline struct guard_object *name_of(struct inode *dir, struct dentry *dentry)
{
	struct guard_object *parent;
	struct guard_name key;

	if (!maybe_object(dir))
		return NULL;
	identify(dir, &key.dir);
	parent = bpf_map_lookup_elem(&objects, &key.dir);
	if (!parent || !(parent->flags & GUARD_OBJECT_NAMES))
		return NULL;
	key.hash = hash_of_name(dentry);
	return bpf_map_lookup_elem(&names, &key);
}

#endif
