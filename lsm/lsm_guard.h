/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the programs in the kernel and the loader: keys, values,
 * the event record and the few functions that both sides must compute alike.
 * Everything is in host byte order; every structure has the same layout on both
 * sides, without padding, because hash maps compare keys byte by byte.
 */
#ifndef LSM_GUARD_H
#define LSM_GUARD_H

#include <linux/types.h>

/* How many sections may cover one object or one name; the loader refuses more. */
#define GUARD_RULES_PER_OBJECT 4

/* The first word of every map that index 0 must not mean anything in. */
#define GUARD_NO_RULE	 0
#define GUARD_NO_PROGRAM 0

/* What can be asked of an object. The first three are the verbs of the policy. */
#define GUARD_READ    0x1u
#define GUARD_WRITE   0x2u
#define GUARD_EXECUTE 0x4u
#define GUARD_TRACE   0x8u /* of a trusted program: debug it, or write into its memory */
#define GUARD_VERBS   3

/*
 * What a program section can close or limit, by the key's name in the policy. Bits beside
 * the verbs above, so that an event says by one number which line of a section it is about.
 */
#define GUARD_CONNECT	    0x10u
#define GUARD_LISTEN	    0x20u
#define GUARD_RECEIVE	    0x40u
#define GUARD_FAMILIES	    0x80u
#define GUARD_ALLOCATION    0x100u
#define GUARD_MEMORY	    0x200u
#define GUARD_ADDRESS_SPACE 0x400u
#define GUARD_CHILDREN	    0x800u
#define GUARD_DESCENDANTS   0x1000u
#define GUARD_THREADS	    0x2000u

#define GUARD_SOCKET_KEYS  (GUARD_CONNECT | GUARD_LISTEN | GUARD_RECEIVE | GUARD_FAMILIES)
#define GUARD_MEMORY_KEYS  (GUARD_ALLOCATION | GUARD_MEMORY | GUARD_ADDRESS_SPACE)
#define GUARD_PROCESS_KEYS (GUARD_CHILDREN | GUARD_DESCENDANTS | GUARD_THREADS)
#define GUARD_FIRST_KEY	   4 /* the bit number of GUARD_CONNECT */

/*
 * Kinds of sockets that a program may create, the words of `families`. What is none of them
 * (another address family, or another protocol of inet) is of the last kind.
 */
#define GUARD_FAMILY_UNIX	   0x1u
#define GUARD_FAMILY_INET	   0x2u /* TCP, UDP over IPv4 */
#define GUARD_FAMILY_INET6	   0x4u /* and over IPv6 */
#define GUARD_FAMILY_NETLINK_ROUTE 0x8u
#define GUARD_FAMILY_NETLINK	   0x10u /* any protocol of netlink */
#define GUARD_FAMILY_RAW	   0x20u /* raw sockets of inet and inet6 */
#define GUARD_FAMILY_PING	   0x40u /* ICMP datagram sockets of inet and inet6 */
#define GUARD_FAMILY_PACKET	   0x80u
#define GUARD_FAMILY_XDP	   0x100u
#define GUARD_FAMILY_VSOCK	   0x200u
#define GUARD_FAMILY_ALG	   0x400u
#define GUARD_FAMILY_BLUETOOTH	   0x800u
#define GUARD_FAMILY_SCTP	   0x1000u
#define GUARD_FAMILY_MPTCP	   0x2000u
#define GUARD_FAMILY_OTHER	   0x4000u

#define GUARD_FAMILIES_DEFAULT \
	(GUARD_FAMILY_UNIX | GUARD_FAMILY_INET | GUARD_FAMILY_INET6 | GUARD_FAMILY_NETLINK_ROUTE)

/*
 * An inode as the kernel knows it. stat(2) reports other devices on btrfs and
 * overlayfs, so user space asks the kernel (struct guard_identified) instead.
 * A device node is the device that it names: any other node of the same numbers
 * is the same object (where the policy names a device: use_devices).
 */
struct guard_identity {
	__u64 ino;	  /* i_ino; the file type bits for a device node */
	__u64 subvolume;  /* btrfs: id of the subvolume's root; else 0 or GUARD_DEVICE */
	__u32 dev;	  /* s_dev; i_rdev for a device node (kernel's encoding) */
	__u32 generation; /* i_generation; 0 for a device node */
};

#define GUARD_DEVICE (~0ULL)

/* A name in a directory, whatever inode it has, or none yet. */
struct guard_name {
	struct guard_identity dir;
	__u64 hash; /* guard_name_hash() of the name */
};

#define GUARD_OBJECT_TREE  0x1u /* a directory: its rules hold for all below it too */
#define GUARD_OBJECT_NAMES 0x2u /* a directory with names in the map of names */

/* What holds for an object or a name. All rules must allow an access. */
struct guard_object {
	__u32 rules[GUARD_RULES_PER_OBJECT]; /* filled from the left, 0 = none */
	__u32 program;			     /* the trusted program that this executable is, or 0 */
	__u32 anchor; /* it leads to a path that this rule protects: must stay in place */
	__u32 flags;  /* GUARD_OBJECT_* */
};

enum guard_rule_kind {
	GUARD_RULE_FILE = 1, /* a file section */
	GUARD_RULE_PROGRAM,  /* a program that the policy trusts: only updaters may change it */
	GUARD_RULE_CANARY,   /* the loader's own: proves that denials happen */
};

struct guard_rule {
	__u32 lists[GUARD_VERBS]; /* per verb: who may, an index into the table of lists */
	__u8 closed;		  /* the verbs that are closed to all others */
	__u8 audit;		  /* report only */
	__u8 kind;		  /* enum guard_rule_kind */
	__u8 unused;
};

/* Per rule: what happened, and how much of it was reported this second. */
struct guard_tally {
	__u64 denied;
	__u64 would_deny; /* audit */
	__u64 second;	  /* of the boot clock */
	__u32 shown;	  /* events sent in this second */
	__u32 suppressed; /* events not sent, ever; wraps */
};

#define GUARD_EVENTS_PER_SECOND 10 /* per rule */

/* What a task is, taken at execve, handed on at fork. */
struct guard_subject {
	__u64 exec_id; /* self_exec_id when it was taken: an execve that we missed shows */
	__u32 program;
	__u32 unused;
};

/* Faults of helpers, counted: index into the array of the same name. */
enum guard_fault {
	GUARD_FAULT_EVENT_LOST, /* ring buffer full: the verdict stood, the report is lost */
	GUARD_FAULT_SUBJECT, /* a task's identity could not be stored: it is trusted with nothing */
	GUARD_FAULT_ADOPT,   /* a new inode at a protected name could not be stored: denied */
	GUARD_FAULT_RULE,    /* a rule number without a rule: denied */
	GUARD_FAULT_DEPTH,   /* deeper than we walk: denied */
	GUARD_FAULTS,
};

/*
 * A path as the kernel can tell it cheaply: names from the leaf up to the root
 * of its filesystem, each NUL-terminated. The loader puts the mount point before.
 */
#define GUARD_PATH_BYTES 1024
struct guard_path {
	__u32 dev;     /* s_dev: the filesystem, as in /proc/self/mountinfo */
	__u16 bytes;   /* used in names */
	__u8 complete; /* the root was reached */
	__u8 unused;
	char names[GUARD_PATH_BYTES];
};

enum guard_hook {
	GUARD_HOOK_NONE,
#define GUARD_HOOK(name) GUARD_HOOK_##name,
#include "hooks.h"
#undef GUARD_HOOK
	GUARD_HOOKS,
};

struct guard_event {
	__u64 boot_ns; /* CLOCK_BOOTTIME */
	__u32 rule;
	__u32 access; /* one GUARD_* bit that was refused, write before others */
	__u32 hook;   /* enum guard_hook */
	__u32 pid;    /* thread group */
	__u32 ppid;
	__u32 uid;   /* effective, in the initial namespace */
	__u8 denied; /* 0: audit, it was let through */
	__u8 unused[7];
	char comm[16];
	struct guard_path object;
	struct guard_path exe;
};

/* What the identity iterator writes for each of the loader's descriptors. */
struct guard_identified {
	struct guard_identity id;
	__u64 mount; /* number of the mount that it was reached by, as in /proc/self/mountinfo */
	__u64 mountpoint; /* address of the dentry that the mount is on */
	__u32 fd;
	__u32 mode;	/* i_mode */
	__u32 fs_magic; /* s_magic, its low half */
	__u32 unused;
};

/*
 * What the programs write beside maps, and the first look: a bit for each protected
 * inode (guard_hash) and a byte for each directory whose rules hold below it
 * (guard_tree_slot; inode 0 for the filesystem that it is on). What is clear says that
 * there is nothing to look up. The loader makes this map itself, with as many words
 * of bits as the policy needs.
 */
#define GUARD_BITS_WORDS_MAX (1 << 22)
struct guard_state {
	__u64 faults[GUARD_FAULTS]; /* enum guard_fault */
	__u64 names_incomplete;	    /* a protected name's new inode was lost: opens look at names */
	__u64 watch;	     /* filesystems where more than the inode counts: see guard_watch() */
	__u8 trees[1 << 14]; /* per guard_tree_slot(): is it a directory whose rules hold below? */
	__u64 bits[GUARD_BITS_WORDS_MAX];
};

/*
 * Where an inode's bit is. Both sides must agree: a clear bit means unprotected. The offset
 * of its word in bytes is guard_word(hash) & mask, of a mask of 8 * (words - 1).
 */
static inline __attribute__((always_inline)) __u64 guard_hash(__u64 ino, __u32 dev)
{
	return (ino ^ ((__u64)dev << 32)) * 0x9e3779b97f4a7c15ULL;
}

static inline __attribute__((always_inline)) __u64 guard_word(__u64 hash)
{
	return hash >> 32;
}

static inline __attribute__((always_inline)) __u32 guard_bit(__u64 hash)
{
	return hash >> 58;
}

static inline __attribute__((always_inline)) __u64 guard_tree_slot(__u64 ino, __u32 dev)
{
	return ((ino ^ ~((__u64)dev << 32)) * 0x9e3779b97f4a7c15ULL) >> 50;
}

/* The bit of a filesystem in guard_state.watch. */
static inline __attribute__((always_inline)) __u64 guard_watch(__u32 dev)
{
	return 1ULL << (dev & 63);
}

/* One step of the hash of a name, eight bytes at a time, the last ones padded with zeroes. */
static inline __attribute__((always_inline)) __u64 guard_name_mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
	return hash ^ (hash >> 32);
}

#define GUARD_NAME_MAX 255

_Static_assert(sizeof(struct guard_identity) == 24, "a key without padding");
_Static_assert(sizeof(struct guard_name) == 32, "a key without padding");
_Static_assert(sizeof(struct guard_object) == 28, "the same on both sides");
_Static_assert(sizeof(struct guard_rule) == 16, "the same on both sides");
_Static_assert(sizeof(struct guard_tally) == 32, "the same on both sides");
_Static_assert(sizeof(struct guard_event) == 56 + 2 * (8 + GUARD_PATH_BYTES), "no padding");

#endif
