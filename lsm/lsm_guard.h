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
#define GUARD_KEYS	   10

/* For the loader alone: some program has a section. */
#define GUARD_SECTION 0x4000u

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
	__u32 section; /* the program section that binds who executes it, or 0 */
	__u32 anchor;  /* it leads to a path that this rule protects: must stay in place */
	__u32 flags;   /* GUARD_OBJECT_* */
};

enum guard_rule_kind {
	GUARD_RULE_FILE = 1, /* a file section */
	GUARD_RULE_PROGRAM,  /* a program that the policy trusts: only updaters may change it */
	GUARD_RULE_SECTION,  /* a program section */
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

/* How many program sections can bind one task; an execve that needs more is refused. */
#define GUARD_SECTIONS_PER_TASK 8

/* How many files with a section one execve may lead through: a script, its interpreter ... */
#define GUARD_SECTIONS_PER_EXEC 4

/* A program section, by its number; number 0 is none. */
struct guard_section {
	__u64 id;	    /* guard_section_id() of its title: the same in every policy */
	__u64 bytes[3];	    /* allocation, memory, address-space */
	__u32 counts[3];    /* children, descendants, threads */
	__u32 endpoints[3]; /* connect, listen, receive: numbers of lists */
	__u32 families;	    /* GUARD_FAMILY_* that it may create */
	__u32 keys;	    /* what of all this it closes or limits: GUARD_CONNECT ... */
	__u32 rule;	    /* the number of its rule */
	__u32 inherit;	    /* what the program starts is bound too */
};

/* A section that binds a task. */
struct guard_binding {
	__u64 tree; /* the ledger of the tree that it is in, where descendants are limited */
	__u32 section;
	__u32 root; /* the tree's first process, which is none of its descendants */
};

/*
 * What is known of a task: the trusted program that it is, and the sections that bind it.
 * Taken at execve, handed on at fork. A task without an entry is neither.
 */
struct guard_subject {
	__u64 exec_id; /* self_exec_id when program was taken: an execve that we missed shows */
	__u64 process; /* the ledger of its process, or 0 */
	__u64 parent;  /* the ledger of the process that started its process, or 0 */
	__u64 mapping; /* the size of what this system call maps, where registers do not tell */
	__u32 program;
	__u32 keys;    /* what its sections close or limit, together */
	__u32 counted; /* it is a thread in the process's ledger */
	__u32 n;
	__u32 n_pending;
	__u32 seen; /* the last reconciliation that met it */
	__u32 gone; /* somebody is taking it away */
	__u32 unused;
	struct guard_binding sections[GUARD_SECTIONS_PER_TASK];
	struct guard_binding pending[GUARD_SECTIONS_PER_EXEC]; /* of an execve on its way */
	__u64 last[3]; /* the last peer that all its lists allowed: address; the rest, or 0 */
};

/*
 * Who is alive, counted: of a process its threads and children, of a tree its processes. It
 * goes when nothing names it any more.
 */
struct guard_ledger {
	__u32 refs;
	__u32 threads;
	__u32 children;
	__u32 processes;
};

/* A set of ports for each of TCP and UDP; the first two are not stored. */
#define GUARD_PORTS_NONE  0
#define GUARD_PORTS_ALL	  1 /* of all protocols */
#define GUARD_PORTS_FIRST 2
#define GUARD_PORTS_WORDS 1024 /* 64-bit words a protocol: a bit for each port */

/* Protocols in the order of the sets. */
#define GUARD_TCP   0
#define GUARD_UDP   1
#define GUARD_PROTO 2 /* another: it has no ports */

/*
 * A list of endpoints: which ports of any address, and how long the prefixes are that it has in
 * the map of prefixes.
 */
struct guard_endpoints {
	__u32 everyone; /* a set of ports */
	__u32 n4, n6;
	__u8 lengths[256]; /* of IPv4 from 0 on, of IPv6 from GUARD_LENGTHS_IPV6 on */
};

#define GUARD_LENGTHS_IPV6 64
#define GUARD_LENGTHS_MAX  129

/* A prefix on a list. IPv4 addresses stand in the upper half of the first word. */
struct guard_prefix {
	__u64 address[2]; /* host order, nothing set beyond the length */
	__u32 list;
	__u32 length; /* with GUARD_IPV4 for IPv4 */
};

#define GUARD_IPV4 0x100u

/* Where a prefix has its bit in the first look: like an inode. */
static inline __attribute__((always_inline)) __u64 guard_prefix_ino(const struct guard_prefix *p)
{
	__u64 folded = p->address[0] ^ (p->address[1] << 7 | p->address[1] >> 57);

	return folded ^ folded >> 32;
}

static inline __attribute__((always_inline)) __u32 guard_prefix_dev(const struct guard_prefix *p)
{
	return p->list << 9 | p->length;
}

/* What is known of a socket that a bound task made, accepted or reads from. */
struct guard_socket {
	__u32 receive[GUARD_SECTIONS_PER_TASK];	 /* sections that limit it, from the left */
	__u32 accepted[GUARD_SECTIONS_PER_TASK]; /* that limit connect, of who accepted it */
	__u64 peer[2];				 /* from whom it was accepted */
	__u32 peer_port;
	__u32 unread; /* has datagrams that nobody was asked for */
};

/* Faults of helpers, counted: index into the array of the same name. */
enum guard_fault {
	GUARD_FAULT_EVENT_LOST, /* ring buffer full: the verdict stood, the report is lost */
	GUARD_FAULT_SUBJECT, /* a task's identity could not be stored: it is trusted with nothing */
	GUARD_FAULT_BINDING, /* what binds a task could not be stored: the fork or execve failed */
	GUARD_FAULT_SECTION, /* a section's number without a section: denied */
	GUARD_FAULT_LEDGER,  /* a task that was gone but still counted: corrected */
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
	__u8 family; /* 4 or 6: address, port and protocol (of IP) are valid */
	__u16 port;
	__u32 protocol;
	__u64 address[2]; /* as in struct guard_prefix */
	__u64 asked;	  /* memory: bytes; families: the GUARD_FAMILY_* */
	__u64 held;	  /* bytes; processes, threads: how many there are */
	__u64 limit;
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
	__u64 watch;	      /* filesystems where more than the inode counts: see guard_watch() */
	__u64 serial;	      /* of the last ledger */
	__u32 round;	      /* of reconciliation */
	__u32 canary_tgid;    /* the process that the loader wants bound by its own section */
	__u32 tasks[1 << 14]; /* per guard_task_slot(): how many subjects; 0: look no further */
	__u8 trees[1 << 14];  /* per guard_tree_slot(): is it a directory whose rules hold below? */
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

/* Tasks are known by their address in the kernel, of which this takes the lower half. */
static inline __attribute__((always_inline)) __u32 guard_task_slot(__u32 task)
{
	return (task * 0x9e3779b1u) >> 18;
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

/* The name of a section that is the same in every policy: FNV-1a over its title. */
static inline __u64 guard_section_id(const char *title)
{
	__u64 hash = 0xcbf29ce484222325ULL;

	for (; *title; title++)
		hash = (hash ^ (unsigned char)*title) * 0x100000001b3ULL;
	return hash;
}

_Static_assert(sizeof(struct guard_identity) == 24, "a key without padding");
_Static_assert(sizeof(struct guard_name) == 32, "a key without padding");
_Static_assert(sizeof(struct guard_object) == 32, "the same on both sides");
_Static_assert(sizeof(struct guard_rule) == 16, "the same on both sides");
_Static_assert(sizeof(struct guard_tally) == 32, "the same on both sides");
_Static_assert(sizeof(struct guard_section) == 72, "the same on both sides");
_Static_assert(sizeof(struct guard_subject) == 88 + 12 * 16, "the same on both sides");
_Static_assert(sizeof(struct guard_prefix) == 24, "a key without padding");
_Static_assert(sizeof(struct guard_endpoints) == 268, "the same on both sides");
_Static_assert(sizeof(struct guard_event) == 96 + 2 * (8 + GUARD_PATH_BYTES), "no padding");

#endif
