/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was decided, told to user space. Returns nothing, so that no verdict can
 * depend on it: events may be lost (counted) or held back (counted per rule).
 */
#ifndef LSM_GUARD_REPORT_BPF_H
#define LSM_GUARD_REPORT_BPF_H

#include "maps.bpf.h"

/*
 * One access by the current task, on its way to a verdict. The checks (verdict.bpf.h) ask
 * every rule that holds and note here what comes of it.
 */
struct request {
	struct dentry *dentry; /* what is accessed: what the rules are asked about now */
	__u32 access;	       /* GUARD_* bits */
	__u32 hook;
	__u32 program; /* of the current task; valid when known */
	bool known;

	bool denied;
	__u32 rule;	      /* that refused: one that denies before one that only audits */
	__u32 refused;	      /* of access */
	struct dentry *about; /* what it was asked about */
};

static __always_inline void count_fault(enum guard_fault fault)
{
	__sync_fetch_and_add(&state.faults[fault], 1);
}

/* More components than any path that was opened in one piece usually has. */
#define PATH_COMPONENTS 48

static __noinline int record_path(struct guard_path *path, struct dentry *dentry)
{
	struct dentry *parent;
	__u32 used = 0;
	long n;

	if (!path)
		return 0;
	path->complete = 0;
	path->dev = BPF_CORE_READ(dentry, d_sb, s_dev);
	for (int i = 0; i < PATH_COMPONENTS; i++) {
		parent = BPF_CORE_READ(dentry, d_parent);
		if (parent == dentry) {
			path->complete = 1;
			break;
		}
		if (used > GUARD_PATH_BYTES - GUARD_NAME_MAX - 1)
			break;
		n = bpf_probe_read_kernel_str(path->names + used, GUARD_NAME_MAX + 1,
					      BPF_CORE_READ(dentry, d_name.name));
		if (n <= 0)
			break;
		used += n;
		dentry = parent;
	}
	path->bytes = used;
	return 0;
}

/* True when this event of the rule may be shown. Races cost an event more or less. */
static __always_inline bool within_rate(struct guard_tally *tally, __u64 now)
{
	__u64 second = now / 1000000000;

	if (tally->second != second) {
		tally->second = second;
		tally->shown = 0;
	}
	if (__sync_fetch_and_add(&tally->shown, 1) < GUARD_EVENTS_PER_SECOND)
		return true;
	__sync_fetch_and_add(&tally->suppressed, 1);
	return false;
}

/* One refused access, or one that audit lets through. */
static __noinline void report(struct request *rq)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct guard_tally *tally;
	struct guard_event *event;
	struct dentry *exe;
	__u64 now;

	tally = bpf_map_lookup_elem(&tallies, &rq->rule);
	if (!tally)
		return;
	__sync_fetch_and_add(rq->denied ? &tally->denied : &tally->would_deny, 1);
	now = bpf_ktime_get_boot_ns();
	if (!within_rate(tally, now))
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count_fault(GUARD_FAULT_EVENT_LOST);
		return;
	}
	event->boot_ns = now;
	event->rule = rq->rule;
	event->access = rq->refused & GUARD_WRITE ? GUARD_WRITE : rq->refused & -rq->refused;
	event->hook = rq->hook;
	event->pid = task->tgid;
	event->ppid = task->real_parent->tgid;
	event->uid = task->cred->euid.val;
	event->denied = rq->denied;
	__builtin_memset(event->unused, 0, sizeof(event->unused));
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	record_path(&event->object, rq->about);
	exe = BPF_CORE_READ(task, mm, exe_file, f_path.dentry);
	event->exe.bytes = 0;
	event->exe.complete = 0;
	if (exe)
		record_path(&event->exe, exe);
	bpf_ringbuf_submit(event, 0);
}

#endif
