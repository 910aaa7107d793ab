/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every map and every setting, declared once. The loader sets the sizes from the
 * policy (max_entries of 1 below is only a place-holder), fills the maps and
 * freezes the settings before anything is attached.
 */
#ifndef LSM_GUARD_MAPS_BPF_H
#define LSM_GUARD_MAPS_BPF_H

#include "kernel.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "lsm_guard.h"

/*
 * Settings. They are read-only data, so the verifier knows their values and drops the
 * code of features that the policy does not use.
 */
const volatile __u64 bits_mask;	     /* see guard_word(): 8 * (words of state.bits - 1) */
const volatile bool use_trees;	     /* some section names a directory */
const volatile bool use_devices;     /* some section names a device node */
const volatile bool use_btrfs;	     /* something protected is on btrfs */
const volatile __u32 list_words = 1; /* 64-bit words of a list of programs */
const volatile __u32 updaters_list;  /* the list of the programs that may replace trusted ones */
const volatile __u32 guarded_mnt_ns; /* inode number of the loader's mount namespace */
const volatile __u64 root_mount;     /* number of the mount that is its root */
const volatile __u32 root_rule;	     /* a rule to name when the whole tree of mounts is moved */
const volatile bool use_trust;	     /* some program is trusted */
const volatile bool use_sections;    /* some program has a section */
const volatile bool use_ledgers;     /* some section counts processes or threads */
const volatile bool use_previous;    /* that one holds again, should this one not be confirmed */
const volatile bool fallback;	     /* no BPF LSM: these programs see, but refuse nothing */
const volatile bool use_former;	     /* there is a guard whose place this one takes */
/* Where the tables in state.bits begin, in bytes, and how many entries they have, less 1. */
const volatile __u64 prefixes_at, prefixes_mask;
const volatile __u64 lists_at, lists_mask;
const volatile __u64 buckets_at, buckets_mask;
const volatile __u32
	bucket_shift[2]; /* by family: 64 less how many first bits tell buckets apart */
/*
 * By family: how many lengths of prefixes the policy has (bits, see guard_length_bit()). The
 * verifier goes through a loop as often as it can run, in each program that knows peers: with all
 * lengths that took most of the time of a start.
 */
const volatile __u32 lengths_max[2];
/* The kernel's numbers of the types that plain_TYPE() casts to; 0: it cannot. */
const volatile struct guard_casts casts;
const volatile __u32 possible_cpus;
const volatile __u32 huge_page_shift;	/* of the default huge page */
const volatile __u32 guarded_net_ns;	/* inode number of the loader's network namespace */
const struct guard_subject nobody = {}; /* what an entry begins as */
const volatile __u32 loader_tgid;	/* whose descriptors the identity iterator looks at */

/* The one variable in .bss, so that its place and size are known: see struct guard_state. */
struct guard_state state;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct guard_identity);
	__type(value, struct guard_object);
} objects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct guard_name);
	__type(value, struct guard_object);
} names SEC(".maps");

/*
 * The mounts that protected paths lead through, with a rule to name: by their numbers, and by
 * the addresses of the dentries that they cover (no number is as large as an address).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
} mounts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_tally);
} tallies SEC(".maps");

/*
 * How often each rule was asked and had nothing against it. Every processor counts for itself:
 * this is the way of most accesses, and they must not share a word.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} allowed SEC(".maps");

/* Who may: for each list a row of list_words words, a bit for each program. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lists SEC(".maps");

/*
 * Tasks, by their addresses: an entry lives from the execve or fork that makes it until the
 * task is freed. A hash, not task storage, whose look-ups can fail on 6.1 while another one is
 * under way on the same CPU: that must not set a bound task free.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct guard_subject);
} subjects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct guard_ledger);
} ledgers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_section);
} sections SEC(".maps");

/* Sets of ports, of 2 * GUARD_PORTS_WORDS words each. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} port_sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct guard_socket);
} sockets SEC(".maps");

/* The truth behind state.interfaces. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_interface);
} interfaces SEC(".maps");

/* What came of packets: see struct guard_interface's number. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

/* Both forget the oldest when they are full: then a part of a datagram or a reply is lost. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct guard_fragments);
	__type(value, __u64);
} fragments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct guard_sent);
	__type(value, __u64);
} sent SEC(".maps");

/*
 * For a reload, and made only then: the tasks and sockets of the guard whose place this one
 * takes, and what its numbers and its ledgers are now.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct guard_subject);
} former_subjects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct guard_socket);
} former_sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_heir);
} heirs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} ledger_heirs SEC(".maps");

/* Its XDP program, which our link has no more: until we are confirmed. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} previous_xdp SEC(".maps");

/* For lsm/fallback/, and made only where some open is to lead elsewhere. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64); /* guard_text_mix() of the path */
	__type(value, struct guard_object);
} paths SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_decoy);
} decoys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GUARD_REDIRECTS_MAX);
	__type(key, __u64); /* the task's address */
	__type(value, struct guard_redirect);
} redirects SEC(".maps");

/* Where one is made: as large as no stack is. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_redirect);
} redirect_now SEC(".maps");

/* For user space alone: struct guard_about; the loader sets how large it is. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct guard_about));
} about SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

#endif
