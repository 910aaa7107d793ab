/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was decided, told to user space. No verdict depends on it: events may be lost
 * (counted) or held back (counted per rule).
 *
 * Functions that are not static are global to the verifier: it looks at each once, with
 * any arguments, instead of anew on every path that leads to a call.
 */
#ifndef LSM_GUARD_REPORT_BPF_H
#define LSM_GUARD_REPORT_BPF_H

#include "compat.bpf.h"

/*
 * One access by the current task, on its way to a verdict. The checks (verdict.bpf.h) ask
 * every rule that holds and note here what comes of it. Only numbers, so that functions
 * that the verifier looks at once, by themselves, can take it; no padding, for the same.
 */
struct request {
	__u64 object; /* the dentry that the rules are asked about now, as an address */
	__u32 access; /* GUARD_* bits */
	__u32 hook;
	__u32 program; /* of the current task; valid when known */
	__u32 known;

	__u32 denied;	/* enum guard_verdict */
	__u32 rule;	/* that refused: one that denies before one that only audits */
	__u32 refused;	/* of access */
	__u32 arriving; /* the walk notes in kept[] whose rules hold at the destination */
	__u64 refused_object;
	union {
		struct { /* of the file guard */
			__u64 kept
				[4]; /* inode numbers of directories with rules that a name goes to */
			__u64 from; /* a dentry too: where to go on walking up */
		};
		struct { /* of those that bind programs: see struct guard_event */
			__u64 address[2];
			__u64 asked, held, limit;
		};
	};
	__u32 protocol;
	__u16 port;
	__u8 family;
	__u8 nobody; /* not the current task: a packet that arrived */
};

static __always_inline void count_fault(enum guard_fault fault)
{
	__sync_fetch_and_add(&state.faults[fault], 1);
}

/* More components than any path that was opened in one piece usually has. */
#define PATH_COMPONENTS 48

struct path_walk {
	struct guard_path *path;
	__u64 dentry; /* an address: read with helpers only */
	__u32 used;
};

static long record_name(__u32 index, struct path_walk *walk)
{
	struct dentry *dentry = (void *)walk->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct guard_path *path = walk->path;
	__u32 used = walk->used;
	long n;

	if (parent == dentry) {
		path->complete = 1;
		return 1;
	}
	if (used > GUARD_PATH_BYTES - GUARD_NAME_MAX - 1)
		return 1;
	n = bpf_probe_read_kernel_str(path->names + used, GUARD_NAME_MAX + 1,
				      BPF_CORE_READ(dentry, d_name.name));
	if (n <= 0)
		return 1;
	walk->used = used + n;
	walk->dentry = (__u64)parent;
	return 0;
}

__noinline int record_path(struct guard_path *path, __u64 address)
{
	struct path_walk walk = { .path = path, .dentry = address };
	struct dentry *dentry = (void *)address;

	if (!path)
		return 0;
	path->complete = path->text = 0;
	path->dev = BPF_CORE_READ(dentry, d_sb, s_dev);
	bpf_loop(PATH_COMPONENTS, record_name, &walk, 0);
	path->bytes = walk.used;
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

static __always_inline void record_current(struct guard_event *event)
{
	struct task_struct *task = plain_current();
	__u64 exe = (__u64)BPF_CORE_READ(task, mm, exe_file, f_path.dentry);

	event->pid = task->tgid;
	event->ppid = task->real_parent->tgid;
	event->uid = task->cred->euid.val;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->exe.bytes = 0;
	event->exe.complete = event->exe.text = 0;
	if (exe)
		record_path(&event->exe, exe);
}

static __always_inline void record_nobody(struct guard_event *event)
{
	event->pid = 0;
	event->ppid = 0;
	event->uid = 0;
	__builtin_memset(event->comm, 0, sizeof(event->comm));
	event->exe.bytes = 0;
	event->exe.complete = event->exe.text = 0;
}

static __always_inline void record_detail(struct guard_event *event, struct request *rq)
{
	bool detailed = rq->refused >= GUARD_CONNECT;

	event->family = rq->family;
	event->port = rq->port;
	event->protocol = rq->protocol;
	event->address[0] = detailed ? rq->address[0] : 0;
	event->address[1] = detailed ? rq->address[1] : 0;
	event->asked = detailed ? rq->asked : 0;
	event->ifindex = 0;
	event->held = detailed ? rq->held : 0;
	event->limit = detailed ? rq->limit : 0;
}

static __always_inline __u64 *count_of_verdict(struct guard_tally *tally, __u32 verdict)
{
	if (verdict == GUARD_REDIRECTED || verdict == GUARD_DECOY)
		return &tally->led;
	return verdict ? &tally->denied : &tally->would_deny;
}

/* Counts, and begins the event; NULL: it is not to be sent. */
static __always_inline struct guard_event *begin_event(struct request *rq)
{
	struct guard_tally *tally;
	struct guard_event *event;
	__u32 rule = rq->rule;
	__u64 now;

	tally = bpf_map_lookup_elem(&tallies, &rule);
	if (!tally)
		return NULL;
	__sync_fetch_and_add(count_of_verdict(tally, rq->denied), 1);
	now = bpf_ktime_get_boot_ns();
	if (!within_rate(tally, now))
		return NULL;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count_fault(GUARD_FAULT_EVENT_LOST);
		return NULL;
	}
	event->boot_ns = now;
	event->rule = rq->rule;
	event->access = rq->refused & GUARD_WRITE ? GUARD_WRITE : rq->refused & -rq->refused;
	event->hook = rq->hook;
	event->verdict = rq->denied;
	record_detail(event, rq);
	return event;
}

/* One refused access, or one that audit lets through. */
__noinline int report(struct request *rq)
{
	struct guard_event *event = rq ? begin_event(rq) : NULL;

	if (!event)
		return 0;
	event->object.bytes = 0;
	event->object.complete = event->object.text = 0;
	if (rq->refused_object)
		record_path(&event->object, rq->refused_object);
	if (rq->nobody)
		record_nobody(event);
	else
		record_current(event);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

#endif
