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

/* Packets that reach the host: what an interface section closes. */
#define GUARD_ACCEPT 0x4000u

/* For the loader alone: some program has a section, some interface lets replies in, ... */
#define GUARD_SECTION  0x8000u
#define GUARD_REPLIES  0x10000u
#define GUARD_REDIRECT 0x20000u /* opens of some file are to lead elsewhere */

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
	GUARD_RULE_FILE = 1,  /* a file section */
	GUARD_RULE_PROGRAM,   /* a program that the policy trusts: only updaters may change it */
	GUARD_RULE_SECTION,   /* a program section */
	GUARD_RULE_INTERFACE, /* an interface section */
	GUARD_RULE_CANARY,    /* the loader's own: proves that denials happen */
};

struct guard_rule {
	__u32 lists[GUARD_VERBS]; /* per verb: who may, an index into the table of lists */
	__u8 closed;		  /* the verbs that are closed to all others */
	__u8 audit;		  /* report only */
	__u8 kind;		  /* enum guard_rule_kind */
	__u8 redirect;		  /* which opens by its path lead elsewhere: GUARD_READ, WRITE */
};

/* Per rule: what happened, and how much of it was reported this second. */
struct guard_tally {
	__u64 denied;
	__u64 would_deny; /* audit */
	__u64 led;	  /* opens, to another file */
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

/* A task is counted once: what has been reaped is not counted any more, whoever meets it. */
enum guard_counted { GUARD_NOT_COUNTED, GUARD_COUNTED, GUARD_REAPED };

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
	__u32 counted; /* in the process's ledger: enum guard_counted */
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
 * What became of numbers in a reload: by the number that a section or a program had, the one
 * that it has now, or 0; and by the number that it has now, whether it had one before.
 */
struct guard_heir {
	__u32 section, program;
	__u32 old_section, old_program;
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

/*
 * Which ports of which protocols: those from first to last, or where they are more than one
 * range, a set of them.
 */
struct guard_ports {
	__u32 set; /* GUARD_PORTS_*, or the number of a set */
	__u16 first, last;
};

#define GUARD_PORTS_NONE  0
#define GUARD_PORTS_ALL	  1 /* of all protocols, also those without ports */
#define GUARD_PORTS_TCP	  2 /* of TCP from first to last; both bits: of either */
#define GUARD_PORTS_UDP	  4
#define GUARD_PORTS_FIRST 8    /* the first set */
#define GUARD_PORTS_WORDS 1024 /* of 64 bits that a set has for a protocol: a bit for each port */

/* Protocols in the order of the sets. */
#define GUARD_TCP   0
#define GUARD_UDP   1
#define GUARD_PROTO 2 /* another: it has no ports */

/*
 * A list of endpoints: the ports of any address of IPv4, of IPv6; and which lengths of
 * prefixes may be on it wherever the address lies (a bit for each, see guard_length_bit()).
 */
struct guard_endpoints {
	struct guard_ports all[2];
	__u64 lengths[2];
};

#define GUARD_IPV4 0 /* index of these */
#define GUARD_IPV6 1

/*
 * A prefix on a list. It is in one of two slots of a table, guard_prefix_hash() and
 * guard_prefix_other() of what it is. IPv4 addresses stand in the upper half of the first word.
 */
struct guard_prefix {
	__u64 address[2]; /* host order, nothing set beyond the length */
	__u32 tag;	  /* guard_prefix_tag(); 0: the slot is free */
	__u32 unused;
	struct guard_ports ports;
};

/* Lengths are from 1 on. */
static inline __attribute__((always_inline)) __u32 guard_prefix_tag(__u32 list, __u32 family,
								    __u32 length)
{
	return list << 9 | family << 8 | length;
}

#define GUARD_LISTS_MAX (1u << 23)

static inline __attribute__((always_inline)) __u64 guard_prefix_hash(__u64 high, __u64 low,
								     __u32 tag)
{
	/* Each multiplied by itself: bits of an address must not make up for those of a list. */
	__u64 hash = high ^ low * 0xc2b2ae3d27d4eb4fULL ^ tag * 0xff51afd7ed558ccdULL;

	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

static inline __attribute__((always_inline)) __u64 guard_prefix_other(__u64 hash)
{
	return hash * 0xff51afd7ed558ccdULL >> 32;
}

/*
 * The first look for an address: addresses are in buckets, by their first bits, and a word
 * for each says which lengths of prefixes may be found there. Several buckets may share one.
 */
static inline __attribute__((always_inline)) __u64 guard_bucket_hash(__u64 bucket, __u32 list,
								     __u32 family)
{
	return (bucket ^ (__u64)(list << 1 | family) << 32) * 0x9e3779b97f4a7c15ULL >> 40;
}

/* The bit of a length: of IPv6 two lengths share one. */
static inline __attribute__((always_inline)) __u32 guard_length_bit(__u32 family, __u32 length)
{
	return family == GUARD_IPV4 ? length - 1 : (length - 1) >> 1;
}

/* What is known of a socket that a bound task made, accepted or reads from. */
struct guard_socket {
	__u32 receive[GUARD_SECTIONS_PER_TASK];	 /* sections that limit it, from the left */
	__u32 accepted[GUARD_SECTIONS_PER_TASK]; /* that limit connect, of who accepted it */
	__u64 peer[2];				 /* from whom it was accepted */
	__u32 peer_port;
	__u32 unread; /* has datagrams that nobody was asked for */
};

/* What came of a packet. Those from GUARD_PACKET_DROPPED on did not get in. */
enum guard_outcome {
	GUARD_PACKET_RULE,     /* on the list */
	GUARD_PACKET_REPLY,    /* of a flow that this host opened */
	GUARD_PACKET_ICMP,     /* icmp = yes */
	GUARD_PACKET_LINK,     /* what the network cannot do without: see lsm/ingress.bpf.h */
	GUARD_PACKET_FRAGMENT, /* a later part of a datagram that was accepted */
	GUARD_PACKET_DROPPED,
	GUARD_PACKET_DROP_UNLISTED = GUARD_PACKET_DROPPED,
	GUARD_PACKET_DROP_ICMP,
	GUARD_PACKET_DROP_FRAGMENT,  /* of a datagram that was not accepted */
	GUARD_PACKET_DROP_TRUNCATED, /* it ends before its headers do */
	GUARD_PACKET_DROP_MALFORMED, /* its headers contradict each other */
	GUARD_PACKET_DROP_HEADERS,   /* more tags or extension headers than we follow */
	GUARD_PACKET_DROP_PROTOCOL,  /* not IP, nor what the link itself needs */
	GUARD_PACKET_UNREPORTED,     /* how many of those dropped were not reported */
	GUARD_PACKET_OUTCOMES,
};

/* What an interface's section says, by the number that the interface has in the kernel. */
struct guard_interface {
	__u32 ifindex;
	__u32 rule;   /* 0: no section */
	__u32 number; /* of its counters: GUARD_PACKET_OUTCOMES from number times as many on */
	__u32 list;   /* of endpoints: from whom, to which local port */
	__u32 flags;  /* GUARD_INTERFACE_* */
	__u32 unused;
};

#define GUARD_INTERFACE_ICMP	0x1u
#define GUARD_INTERFACE_REPLIES 0x2u
#define GUARD_INTERFACE_XDP	0x4u /* has our XDP program */
#define GUARD_INTERFACE_IP	0x8u /* packets begin with their IP header: tunnels, tun, ppp */

/* Numbers of counters that are taken: packets to the canary, at the interface and at its socket. */
#define GUARD_NUMBER_CANARY	   0
#define GUARD_NUMBER_CANARY_SOCKET 1
#define GUARD_NUMBER_ANY	   2 /* interfaces that the loader has not met yet */
#define GUARD_NUMBER_FIRST	   3

/* A datagram whose first fragment was accepted; valid until a time of the boot clock. */
struct guard_fragments {
	__u64 from[2], to[2]; /* as in struct guard_prefix */
	__u32 id;
	__u16 protocol;
	__u16 family;
};

/* Whom an unconnected socket sent to; valid until a time of the boot clock. */
struct guard_sent {
	__u64 socket; /* its cookie; 0: an ICMP echo, whichever socket it was */
	__u64 to[2];
	__u32 port;
	__u32 family;
};

#define GUARD_INTERFACES_MAX 1024 /* that are counted by themselves */
#define GUARD_FRAGMENTS_MAX  4096
#define GUARD_FRAGMENTS_NS   (30 * 1000000000ULL) /* as long as the kernel waits for the others */
#define GUARD_SENT_MAX	     65536
#define GUARD_SENT_NS	     (60 * 1000000000ULL)

/*
 * Paths as programs write them, which is all that the entry of a system call has: see
 * lsm/fallback/redirect.bpf.c. The hash is of an absolute path, or of a directory's with its
 * slash, which holds for all that begins so.
 */
#define GUARD_TEXT_MAX	 256 /* bytes, with the one that ends it; longer ones are not looked at */
#define GUARD_TEXT_SEED	 0xcbf29ce484222325ULL
#define GUARD_TEXT_PRIME 0x100000001b3ULL

static inline __attribute__((always_inline)) __u64 guard_text_mix(__u64 hash, __u8 c)
{
	return (hash ^ c) * GUARD_TEXT_PRIME; /* FNV-1a */
}

/*
 * Where an open is led instead, by the rule that is against it; rule 0: where it has none. An
 * open for writing is led to the root, which cannot be written to: it fails with EISDIR.
 */
#define GUARD_DECOY_ROOT (~0u)
struct guard_decoy {
	struct guard_identity id;
	__u32 bytes; /* of path, with the one that ends it */
	__u32 unused;
	char path[GUARD_TEXT_MAX];
};

/* A system call whose path was written over, until it ends. */
struct guard_redirect {
	__u64 at;    /* where, in its task's memory */
	__u32 bytes; /* how many */
	__u32 rule;
	__u32 access;
	__u32 decoy; /* where to: the key of its struct guard_decoy */
	char was[GUARD_TEXT_MAX];
	char asked[GUARD_TEXT_MAX];
};

#define GUARD_REDIRECTS_MAX 4096 /* at a time; the oldest are forgotten: their paths stay */

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
	__u8 text;     /* names is one string: a path as a program wrote it */
	char names[GUARD_PATH_BYTES];
};

enum guard_hook {
	GUARD_HOOK_NONE,
#define GUARD_HOOK(name) GUARD_HOOK_##name,
#include "hooks.h"
#undef GUARD_HOOK
	GUARD_HOOKS,
};

/* What became of an access that a rule is against. */
enum guard_verdict {
	GUARD_WOULD_DENY, /* it was let through */
	GUARD_DENIED,
	GUARD_KILLED,	  /* fallback: who tried it is gone, what it did is done */
	GUARD_REDIRECTED, /* fallback: another file was opened in place of this one */
	GUARD_DECOY,	  /* the same, where the policy names that other file */
};

struct guard_event {
	__u64 boot_ns; /* CLOCK_BOOTTIME */
	__u32 rule;
	__u32 access; /* one GUARD_* bit that was refused, write before others */
	__u32 hook;   /* enum guard_hook */
	__u32 pid;    /* thread group */
	__u32 ppid;
	__u32 uid;    /* effective, in the initial namespace */
	__u8 verdict; /* enum guard_verdict */
	__u8 family;  /* 4 or 6: address, port and protocol (of IP) are valid */
	__u16 port;
	__u32 protocol;
	__u64 address[2]; /* as in struct guard_prefix */
	__u64 local[2];	  /* packets: where to; port is where from */
	__u16 local_port;
	__u16 outcome; /* enum guard_outcome */
	__u32 ifindex;
	__u64 asked; /* memory: bytes; families: the GUARD_FAMILY_* */
	__u64 held;  /* bytes; processes, threads: how many there are */
	__u64 limit;
	char comm[16];
	struct guard_path object;
	struct guard_path exe;
};

/*
 * What the kernel does not need to know: a map's one value, so that any lsm-guard can tell
 * what is loaded and what its events are about. Strings are offsets from its beginning.
 */
struct guard_about_rule {
	__u32 title;
	__u32 file;
	__u32 line;
	__u32 lines[GUARD_FIRST_KEY - 1 + GUARD_KEYS]; /* of verbs and keys; 0: not given */
	__u8 kind;				       /* enum guard_rule_kind */
	__u8 audit;				       /* as the policy says, or --audit */
	__u8 worth;				       /* enum guard_worth */
	__u8 decoy;				       /* it has one */
};

/* What becomes of what a rule is against. */
enum guard_worth {
	GUARD_WORTH_DENIED,	/* by an LSM hook or an XDP program: it fails */
	GUARD_WORTH_REPORTED,	/* --fallback, from here on */
	GUARD_WORTH_REDIRECTED, /* or reported, where that cannot be */
	GUARD_WORTH_KILLED,
};

/* A program that the policy needs at a hook. These stand behind the rules, n_needed of them. */
struct guard_about_hook {
	__u32 program; /* its name; the kernel cuts it off */
	__u32 hook;
};

#define GUARD_ABOUT_VERSION 3

struct guard_about {
	__u32 version; /* of all that is in this header: GUARD_ABOUT_VERSION */
	__u32 size;
	__u32 loader; /* which lsm-guard loaded it */
	__u32 policy; /* the file, absolute */
	__u32 canary; /* its rule */
	__u32 first;  /* the first rule of a section */
	__u32 n_rules;
	__u32 n_hooks;	/* that were attached when it began to enforce */
	__u32 hash;	/* SHA-256 of the policy and all that it includes, one after the other */
	__u32 n_needed; /* hooks that are to be attached: n_hooks, once they are */
	__u32 fallback; /* the kernel has no BPF LSM: nothing but packets is refused */
	__u32 audit;	/* --audit: nothing is refused, whatever the policy says */
	__u64 since;	/* CLOCK_REALTIME, nanoseconds */
	struct guard_about_rule rules[];
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

/* The kernel's numbers of types (its BTF), for programs that cast to them; 0: it cannot be done. */
struct guard_casts {
	__u32 dentry, file, inode, linux_binprm, task_struct;
};

/*
 * What the programs write beside maps, and the first look: a bit for each protected
 * inode (guard_hash) and a byte for each directory whose rules hold below it
 * (guard_tree_slot; inode 0 for the filesystem that it is on). What is clear says that
 * there is nothing to look up. The loader makes this map itself, with as many words
 * of bits as the policy needs.
 */
#define GUARD_BITS_WORDS_MAX (1 << 22)
#define GUARD_WORDS_MAX	     (1 << 25) /* with the tables that stand behind the bits */
#define GUARD_STATE_VERSION  3
#define GUARD_ENDING	     (~0ULL) /* in guard_state.suspended: its links are going */

struct guard_state {
	/* What lies in these, and where, is the same in every version: another one may ask. */
	__u32 version;	  /* GUARD_STATE_VERSION, of all that follows, and of the maps */
	__u32 about;	  /* id of the map with struct guard_about */
	__u64 deadline;	  /* of the boot clock: from then on nothing is refused; 0: confirmed */
	__u64 suspended;  /* nor until then: another guard holds in the place of this one */
	__u32 watcher;	  /* the process that looks after it and reads its events, or 0 */
	__u32 alarm;	  /* the watcher has found that denials do not happen */
	__u64 heir_until; /* of the boot clock, and ... */
	__u32 heir; /* ... the process that makes the guard after this one: it may read until then */
	__u32 unused_first;

	__u64 faults[GUARD_FAULTS]; /* enum guard_fault */
	__u64 names_incomplete;	    /* a protected name's new inode was lost: opens look at names */
	__u64 watch;	      /* filesystems where more than the inode counts: see guard_watch() */
	__u64 serial;	      /* of the last ledger */
	__u32 round;	      /* of reconciliation */
	__u32 acting;	      /* the process of ours that acts what must be refused, ... */
	__u32 acting_as;      /* ... and the section that binds it: see own_section() */
	__u32 prover;	      /* the lsm-guard prove that is under way: the two above are its own */
	__u32 tasks[1 << 14]; /* per guard_task_slot(): how many subjects; 0: look no further */
	struct guard_interface any;    /* for interfaces without a section of their own */
	struct guard_interface canary; /* at the sockets of the canary's network namespace */
	__u64 canary_net_cookie;       /* a number that no other namespace has, ever */
	struct guard_interface interfaces[1 << 8]; /* by guard_interface_slot(), the first look */
	__u64 asked[1 << 10]; /* a bit for each port that unconnected UDP sockets sent to */
	__u8 trees[1 << 14];  /* per guard_tree_slot(): is it a directory whose rules hold below? */
	/*
	 * Then tables that never change, each of a power of two of entries: struct guard_prefix,
	 * struct guard_endpoints by the number of the list, words by guard_bucket_hash().
	 */
	__u64 bits[GUARD_WORDS_MAX];
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

static inline __attribute__((always_inline)) __u32 guard_interface_slot(__u32 ifindex)
{
	return ifindex & 0xff;
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
_Static_assert(sizeof(struct guard_tally) == 40, "the same on both sides");
_Static_assert(sizeof(struct guard_section) == 72, "the same on both sides");
_Static_assert(sizeof(struct guard_subject) == 88 + 12 * 16, "the same on both sides");
_Static_assert(sizeof(struct guard_prefix) == 32, "the same on both sides");
_Static_assert(sizeof(struct guard_endpoints) == 32, "the same on both sides");
_Static_assert(sizeof(struct guard_interface) == 24, "the same on both sides");
_Static_assert(sizeof(struct guard_decoy) == 32 + GUARD_TEXT_MAX, "the same on both sides");
_Static_assert(sizeof(struct guard_redirect) == 24 + 2 * GUARD_TEXT_MAX, "no padding");
_Static_assert(sizeof(struct guard_about) == 56, "the same on both sides");
_Static_assert(sizeof(struct guard_about_rule) == 68, "the same on both sides");
_Static_assert(sizeof(struct guard_about_hook) == 8, "the same on both sides");
_Static_assert(sizeof(struct guard_fragments) == 40, "a key without padding");
_Static_assert(sizeof(struct guard_sent) == 32, "a key without padding");
_Static_assert(sizeof(struct guard_event) == 120 + 2 * (8 + GUARD_PATH_BYTES), "no padding");

#endif
