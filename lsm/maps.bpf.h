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
const volatile __u32 canary_section; /* the loader's own section */
const volatile __u32 possible_cpus;
const volatile __u32 huge_page_shift;	/* of the default huge page */
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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_endpoints);
} endpoints SEC(".maps");

/* The prefixes of all lists, each with its set of ports. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct guard_prefix);
	__type(value, __u32);
} prefixes SEC(".maps");

/* Sets of ports, of 2 * GUARD_PORTS_WORDS words each. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct guard_socket);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

#endif
