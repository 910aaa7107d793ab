// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file guard, ioctls. A descriptor opened for reading is enough for chattr(1) and its
 * like, and no other hook sees them; so what is not known to be harmless is a write.
 */
#include "object.bpf.h"

/*
 * What changes what an inode is identified by, or makes a name in a directory without the
 * hooks for names: where a protected path leads through, that is for updaters.
 */
static __always_inline bool ioctl_moves(unsigned int cmd)
{
	switch (cmd) {
	case 0x40047602: /* FS_IOC32_SETVERSION */
	case 0x40087602: /* FS_IOC_SETVERSION */
	case 0x5000940e: /* BTRFS_IOC_SUBVOL_CREATE */
	case 0x50009418: /* BTRFS_IOC_SUBVOL_CREATE_V2 */
		return true;
	}
	return false;
}

/* Those that tell and change nothing; any other may change the file (chattr's, for one). */
static __always_inline bool ioctl_only_tells(unsigned int cmd)
{
	switch (cmd) {
	case 1:			/* FIBMAP */
	case 2:			/* FIGETBSZ */
	case 0x125e:		/* BLKROGET */
	case 0x1260:		/* BLKGETSIZE */
	case 0x1268:		/* BLKSSZGET */
	case 0x1263:		/* BLKRAGET */
	case 0x1278 ... 0x127b: /* BLKIOMIN, BLKIOOPT, BLKALIGNOFF, BLKPBSZGET */
	case 0x127e:		/* BLKROTATIONAL */
	case 0x0301:		/* HDIO_GETGEO */
	case 0x80081280:	/* BLKGETDISKSEQ */
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

/*
 * What shows or copies a whole btrfs, the protected files with it: snapshots, send, a search of
 * the trees (small files are in them), and what takes a subvolume away. For updaters.
 */
static __always_inline bool btrfs_copies(unsigned int cmd)
{
	switch (cmd) {
	case 0x50009401: /* BTRFS_IOC_SNAP_CREATE */
	case 0x50009417: /* BTRFS_IOC_SNAP_CREATE_V2 */
	case 0x5000940f: /* BTRFS_IOC_SNAP_DESTROY */
	case 0x5000943f: /* BTRFS_IOC_SNAP_DESTROY_V2 */
	case 0x40489426: /* BTRFS_IOC_SEND */
	case 0x40449426: /* BTRFS_IOC_SEND_32 */
	case 0xd0009411: /* BTRFS_IOC_TREE_SEARCH */
	case 0xc0709411: /* BTRFS_IOC_TREE_SEARCH_V2 */
		return true;
	}
	return false;
}

static __always_inline int check_ioctl(struct file *file, unsigned int cmd, __u32 hook)
{
	struct request rq = { .access = GUARD_WRITE, .hook = hook };
	struct inode *inode;

	if (ioctl_only_tells(cmd))
		return 0;
	file = plain_file(file);
	inode = file->f_inode;
	rq.object = (__u64)file->f_path.dentry;
	if (use_btrfs && btrfs_copies(cmd) && inode->i_sb->s_magic == BTRFS_SUPER_MAGIC &&
	    test_bit(guard_hash(0, inode->i_sb->s_dev))) {
		rq.access = GUARD_READ;
		decide_filesystem(&rq, inode->i_sb->s_dev);
		return verdict(&rq);
	}
	if (unprotected(inode))
		return 0;
	if (ioctl_moves(cmd)) {
		rq.access = ALL_VERBS;
		check_anchor(&rq, inode);
	}
	/* What is sent to a device may read it, too. */
	if (use_devices && is_device(inode))
		rq.access = GUARD_READ | GUARD_WRITE;
	if (!rq.denied)
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

/* The same by io_uring: commands straight to a device. */
SEC("?lsm/uring_cmd")
int BPF_PROG(uring_cmd, struct io_uring_cmd *cmd)
{
	struct request rq = { .access = GUARD_READ | GUARD_WRITE, .hook = GUARD_HOOK_uring_cmd };
	struct file *file = cmd->file;

	if (unprotected(file->f_inode))
		return 0;
	rq.object = (__u64)file->f_path.dentry;
	check_file(file, &rq);
	return verdict(&rq);
}
