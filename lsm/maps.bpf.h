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
const volatile __u32 loader_tgid;    /* whose descriptors the identity iterator looks at */

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

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct guard_subject);
} subjects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

#endif
