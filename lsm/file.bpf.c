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
#include "tree.bpf.h"

#define ALL_VERBS (GUARD_READ | GUARD_WRITE | GUARD_EXECUTE)

/* ---- objects ---------------------------------------------------------------- */

static __always_inline int check_inode(struct request *rq, struct inode *inode)
{
	struct guard_object *object;

	if (!maybe_object(inode))
		return 0;
	object = object_of(inode);
	return object ? decide_all(rq, object) : 0;
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
	__u64 bit;

	identify(inode, &id);
	object = bpf_map_lookup_elem(&objects, &id);
	if (object) {
		if (trust && by->program)
			object->program = by->program;
		for (int i = 0; i < GUARD_RULES_PER_OBJECT; i++) {
			__u32 rule = by->rules[i];
			bool has = !rule;

			for (int k = 0; k < GUARD_RULES_PER_OBJECT && !has; k++) {
				if (!object->rules[k])
					object->rules[k] = rule;
				has = object->rules[k] == rule;
			}
			if (!has)
				goto full;
		}
		return 0;
	}
	if (!trust)
		fresh.program = GUARD_NO_PROGRAM;
	if (bpf_map_update_elem(&objects, &id, &fresh, BPF_ANY))
		goto full;
	bit = object_bit(inode);
	__sync_fetch_and_or(&state.bits[bit >> 6], 1ULL << (bit & 63));
	return 0;
full:
	return -1;
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

/* ---- opens ------------------------------------------------------------------ */

static __always_inline bool unprotected(struct inode *inode)
{
	return !maybe_object(inode) && !has_trees(inode->i_sb) && !state.names_incomplete;
}

static __always_inline int check_name(struct request *rq, struct inode *dir, struct dentry *dentry)
{
	struct guard_object *name = name_of(dir, dentry);

	return name ? decide_all(rq, name) : 0;
}

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

static __always_inline __u32 access_of(struct file *file)
{
	__u32 access = 0;

	if (file->f_flags & FLAGS_FOR_EXEC)
		return GUARD_EXECUTE;
	if (file->f_mode & FMODE_READ)
		access |= GUARD_READ;
	if (file->f_mode & FMODE_WRITE || file->f_flags & O_TRUNC)
		access |= GUARD_WRITE;
	return access;
}

static __noinline int check_open(struct file *file, __u32 hook)
{
	struct request rq = { .object = (__u64)file->f_path.dentry,
			      .access = access_of(file),
			      .hook = hook };

	check_file(file, &rq);
	return verdict(&rq);
}

SEC("?lsm/file_open")
int BPF_PROG(file_open, struct file *file)
{
	return unprotected(file->f_inode) ? 0 : check_open(file, GUARD_HOOK_file_open);
}

/* A descriptor that another process opened, passed by SCM_RIGHTS, pidfd_getfd or seccomp. */
SEC("?lsm/file_receive")
int BPF_PROG(file_receive, struct file *file)
{
	return unprotected(file->f_inode) ? 0 : check_open(file, GUARD_HOOK_file_receive);
}

/*
 * Code of a file that may not be executed is not mapped as code either, or ld.so would
 * run it. A task's own executable has been checked when it was opened for execve.
 */
static __always_inline int check_map_exec(struct file *file, unsigned long prot, __u32 hook)
{
	struct request rq = { .access = GUARD_EXECUTE, .hook = hook };

	if (!file || !(prot & PROT_EXEC) || unprotected(file->f_inode))
		return 0;
	if ((__u64)file->f_inode == exe_inode(bpf_get_current_task_btf()))
		return 0;
	rq.object = (__u64)file->f_path.dentry;
	check_file(file, &rq);
	return verdict(&rq);
}

SEC("?lsm/mmap_file")
int BPF_PROG(mmap_file, struct file *file, unsigned long reqprot, unsigned long prot)
{
	return check_map_exec(file, prot, GUARD_HOOK_mmap_file);
}

SEC("?lsm/file_mprotect")
int BPF_PROG(file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	return check_map_exec(vma->vm_file, prot, GUARD_HOOK_file_mprotect);
}

/* ---- ioctls ----------------------------------------------------------------- */

#define FS_IOC_SETVERSION   0x40087602 /* changes what an inode is identified by */
#define FS_IOC32_SETVERSION 0x40047602

/* Those that tell and change nothing; any other may change the file (chattr's, for one). */
static __always_inline bool ioctl_only_tells(unsigned int cmd)
{
	switch (cmd) {
	case 1:			/* FIBMAP */
	case 2:			/* FIGETBSZ */
	case 0x125e:		/* BLKROGET */
	case 0x1260:		/* BLKGETSIZE */
	case 0x1268:		/* BLKSSZGET */
	case 0x1278 ... 0x127b: /* BLKIOMIN, BLKIOOPT, BLKALIGNOFF, BLKPBSZGET */
	case 0x5401:		/* TCGETS: isatty(3) */
	case 0x5413:		/* TIOCGWINSZ */
	case 0x541b:		/* FIONREAD */
	case 0x5421:		/* FIONBIO */
	case 0x5450 ... 0x5452: /* FIONCLEX, FIOCLEX, FIOASYNC */
	case 0x5460:		/* FIOQSIZE */
	case 0x80046601:	/* FS_IOC32_GETFLAGS */
	case 0x80047601:	/* FS_IOC32_GETVERSION */
	case 0x80081270:	/* BLKBSZGET */
	case 0x80081272:	/* BLKGETSIZE64 */
	case 0x80086601:	/* FS_IOC_GETFLAGS */
	case 0x80087601:	/* FS_IOC_GETVERSION */
	case 0x801c581f:	/* FS_IOC_FSGETXATTR */
	case 0xc020660b:	/* FS_IOC_FIEMAP */
		return true;
	}
	return false;
}

static __always_inline int check_ioctl(struct file *file, unsigned int cmd, __u32 hook)
{
	struct request rq = { .access = GUARD_WRITE, .hook = hook };

	if (unprotected(file->f_inode) || ioctl_only_tells(cmd))
		return 0;
	if (cmd == FS_IOC_SETVERSION || cmd == FS_IOC32_SETVERSION)
		rq.access = ALL_VERBS;
	rq.object = (__u64)file->f_path.dentry;
	check_file(file, &rq);
	return verdict(&rq);
}

SEC("?lsm/file_ioctl")
int BPF_PROG(file_ioctl, struct file *file, unsigned int cmd)
{
	return check_ioctl(file, cmd, GUARD_HOOK_file_ioctl);
}

SEC("?lsm/file_ioctl_compat")
int BPF_PROG(file_ioctl_compat, struct file *file, unsigned int cmd)
{
	return check_ioctl(file, cmd, GUARD_HOOK_file_ioctl_compat);
}

/* ---- metadata --------------------------------------------------------------- */

static __always_inline int check_change(struct dentry *dentry, __u32 hook)
{
	struct request rq = { .object = (__u64)dentry, .access = GUARD_WRITE, .hook = hook };
	struct inode *inode = dentry->d_inode;

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

/* ---- names ------------------------------------------------------------------ */

/*
 * A name goes away or leaves a directory. An object keeps its rules wherever it goes, but
 * what only a directory protects would lose them all: so that takes every access.
 */
static __always_inline int check_leaving(struct request *rq, struct inode *dir,
					 struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	rq->object = (__u64)dentry;
	rq->access = GUARD_WRITE;
	if (check_inode(rq, inode) || check_anchor(rq, inode) || check_name(rq, dir, dentry))
		return -EPERM;
	if (!has_trees(dir->i_sb))
		return 0;
	rq->access = ALL_VERBS;
	return check_trees(rq, dentry);
}

/* A name comes into being, or comes to mean another inode. */
static __noinline int check_arriving(struct request *rq, struct inode *dir, struct dentry *dentry)
{
	rq->object = (__u64)dentry;
	rq->access = GUARD_WRITE;
	if (check_name(rq, dir, dentry))
		return -EPERM;
	return has_trees(dir->i_sb) ? check_trees(rq, dentry) : 0;
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
	return check_create(dir, dentry, GUARD_HOOK_inode_create);
}

SEC("?lsm/inode_mkdir")
int BPF_PROG(inode_mkdir, struct inode *dir, struct dentry *dentry)
{
	return check_create(dir, dentry, GUARD_HOOK_inode_mkdir);
}

SEC("?lsm/inode_mknod")
int BPF_PROG(inode_mknod, struct inode *dir, struct dentry *dentry)
{
	return check_create(dir, dentry, GUARD_HOOK_inode_mknod);
}

SEC("?lsm/inode_symlink")
int BPF_PROG(inode_symlink, struct inode *dir, struct dentry *dentry)
{
	return check_create(dir, dentry, GUARD_HOOK_inode_symlink);
}

static __always_inline int check_remove(struct inode *dir, struct dentry *dentry, __u32 hook)
{
	struct request rq = { .hook = hook };

	if (unprotected(dir) && !maybe_object(dentry->d_inode))
		return 0;
	check_leaving(&rq, dir, dentry);
	return verdict(&rq);
}

SEC("?lsm/inode_unlink")
int BPF_PROG(inode_unlink, struct inode *dir, struct dentry *dentry)
{
	return check_remove(dir, dentry, GUARD_HOOK_inode_unlink);
}

SEC("?lsm/inode_rmdir")
int BPF_PROG(inode_rmdir, struct inode *dir, struct dentry *dentry)
{
	return check_remove(dir, dentry, GUARD_HOOK_inode_rmdir);
}

static __always_inline bool may_trust(struct request *rq)
{
	return listed(updaters_list, requester(rq));
}

/* The inode of @from is about to have the name @to as well, or instead. */
static __always_inline int check_move(struct request *rq, struct dentry *from, struct inode *to_dir,
				      struct dentry *to)
{
	struct guard_object *name;

	if (check_arriving(rq, to_dir, to))
		return -EPERM;
	name = name_of(to_dir, to);
	if (name && adopt(from->d_inode, name, may_trust(rq)))
		return refuse_fault(rq, GUARD_FAULT_ADOPT);
	return 0;
}

/* A hard link to what only a directory protects would lead out of it: that takes every access. */
static __noinline int check_link(struct request *rq, struct dentry *old, struct inode *dir,
				 struct dentry *new)
{
	rq->object = (__u64)old;
	rq->access = GUARD_WRITE;
	if (check_inode(rq, old->d_inode))
		return -EPERM;
	if (has_trees(dir->i_sb)) {
		rq->access = ALL_VERBS;
		if (check_trees(rq, old))
			return -EPERM;
	}
	return check_move(rq, old, dir, new);
}

SEC("?lsm/inode_link")
int BPF_PROG(inode_link, struct dentry *old, struct inode *dir, struct dentry *new)
{
	struct request rq = { .hook = GUARD_HOOK_inode_link };

	if (unprotected(dir) && !maybe_object(old->d_inode))
		return 0;
	check_link(&rq, old, dir, new);
	return verdict(&rq);
}

static __noinline int check_rename(struct request *rq, struct inode *old_dir, struct dentry *old,
				   struct inode *new_dir, struct dentry *new)
{
	struct inode *victim = new->d_inode;

	if (check_leaving(rq, old_dir, old))
		return -EPERM;
	if (victim) {
		rq->object = (__u64) new;
		rq->access = GUARD_WRITE;
		if (check_inode(rq, victim) || check_anchor(rq, victim))
			return -EPERM;
	}
	return check_move(rq, old, new_dir, new);
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
	if (name && adopt(inode, name, may_trust(&rq))) {
		count_fault(GUARD_FAULT_ADOPT);
		state.names_incomplete = 1;
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
	identify(inode, &id);
	bpf_map_delete_elem(&objects, &id);
	return 0;
}

/* ---- mounts ----------------------------------------------------------------- */

static __always_inline bool in_guarded_namespace(void)
{
	return bpf_get_current_task_btf()->nsproxy->mnt_ns->ns.inum == guarded_mnt_ns;
}

/*
 * Something is put over @path. Over a protected file or directory, or into a protected
 * directory, that is a write wherever it happens. Over what merely leads there it counts
 * only where the host would see it: services and containers arrange such mounts in
 * namespaces of their own all the time.
 */
static __noinline int check_mount_over(struct request *rq, const struct path *path)
{
	struct dentry *dentry = path->dentry;
	struct inode *inode = dentry->d_inode;

	rq->object = (__u64)dentry;
	rq->access = GUARD_WRITE;
	if (unprotected(inode))
		return 0;
	if (check_inode(rq, inode))
		return -EPERM;
	if ((in_guarded_namespace() || path->mnt->mnt_flags & MNT_SHARED) &&
	    check_anchor(rq, inode))
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

	if (flags & (MS_REMOUNT | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		return 0;
	/* What is moved is only a string here, so that any move may be of what we guard. */
	if (!(flags & MS_MOVE) || !check_rearrange(&rq, path))
		check_mount_over(&rq, path);
	return verdict(&rq);
}

/* A mounted filesystem goes away from its place, with what is protected on it. */
static __always_inline int check_unmount(struct request *rq, struct vfsmount *mnt)
{
	struct inode *inode = mnt->mnt_root->d_inode;

	if (!in_guarded_namespace())
		return 0;
	rq->object = (__u64)mnt->mnt_root;
	rq->access = GUARD_WRITE;
	if (check_inode(rq, inode))
		return -EPERM;
	return check_anchor(rq, inode);
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
