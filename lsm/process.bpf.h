/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process guard, and with it how sections are handed on. Who is alive is counted in
 * ledgers: each process has one for its threads and its children, each tree of processes
 * below a bound program one for the processes in it. A ledger is known by a serial number
 * that never comes back, so that no late decrement meets another process's count, and each
 * entry of a task holds one reference on every ledger that it names.
 *
 * A place is taken before the fork goes on (task_alloc), with compare and exchange, so that
 * no two forks get the last one; it is given back once, when the task is reaped (release_task)
 * or, where that was missed or the fork failed, when it is freed (task_free, which comes a
 * grace period later). While the child is made, task_alloc sees its parent's pid in it: only
 * its address and its flags are its own.
 */
#ifndef LSM_GUARD_PROCESS_BPF_H
#define LSM_GUARD_PROCESS_BPF_H

#include "verdict.bpf.h"

enum { CHILDREN, DESCENDANTS, THREADS };

#define NO_PLACE (~0u)

/* Each failure is another CPU's success. */
#define TAKE_TRIES 64

/* ---- ledgers -------------------------------------------------------------------- */

static __always_inline struct guard_ledger *ledger_of(__u64 serial)
{
	return serial ? bpf_map_lookup_elem(&ledgers, &serial) : NULL;
}

static __always_inline __u32 *count_in(struct guard_ledger *ledger, __u32 what)
{
	return what == CHILDREN	     ? &ledger->children
	       : what == DESCENDANTS ? &ledger->processes
				     : &ledger->threads;
}

/* The serial of a new ledger, which the caller holds; 0: no memory. */
__noinline __u64 make_ledger(__u32 threads)
{
	struct guard_ledger fresh = { .refs = 1, .threads = threads };
	__u64 serial = __sync_fetch_and_add(&state.serial, 1) + 1;

	return bpf_map_update_elem(&ledgers, &serial, &fresh, BPF_NOEXIST) ? 0 : serial;
}

__noinline int hold_ledger(__u64 serial)
{
	struct guard_ledger *ledger = ledger_of(serial);

	if (ledger)
		__sync_fetch_and_add(&ledger->refs, 1);
	return 0;
}

__noinline int drop_ledger(__u64 serial)
{
	struct guard_ledger *ledger = ledger_of(serial);

	if (ledger && __sync_fetch_and_sub(&ledger->refs, 1) == 1)
		bpf_map_delete_elem(&ledgers, &serial);
	return 0;
}

/* Takes a place among fewer than @limit: how many there were before, or NO_PLACE. */
__noinline __u32 take_place(__u64 serial, __u32 what, __u32 limit)
{
	struct guard_ledger *ledger = ledger_of(serial);
	__u32 *count;

	if (!ledger)
		return NO_PLACE;
	count = count_in(ledger, what);
	for (int i = 0; i < TAKE_TRIES; i++) {
		__u32 n = *(volatile __u32 *)count;

		if (n >= limit)
			return NO_PLACE;
		if (__sync_val_compare_and_swap(count, n, n + 1) == n)
			return n;
	}
	return NO_PLACE;
}

/* How many there were before. */
__noinline __u32 give_back(__u64 serial, __u32 what)
{
	struct guard_ledger *ledger = ledger_of(serial);

	return ledger ? __sync_fetch_and_sub(count_in(ledger, what), 1) : 0;
}

__noinline __u32 count_of(__u64 serial, __u32 what)
{
	struct guard_ledger *ledger = ledger_of(serial);

	return ledger ? *(volatile __u32 *)count_in(ledger, what) : 0;
}

/* ---- limits ---------------------------------------------------------------------- */

/* The strictest limits of a count that all sections share: who denies, and who only audits. */
struct limits {
	__u32 deny, audit;
	__u32 deny_rule, audit_rule;
};

/* One section's limit. */
__noinline int add_limit(struct limits *limits, __u32 number, __u32 what)
{
	struct guard_section *section = bpf_map_lookup_elem(&sections, &number);
	struct guard_rule *rule;
	__u32 id, limit;

	if (!limits || !section || what > THREADS || !(section->keys & GUARD_CHILDREN << what))
		return 0;
	/* It counts on while it refuses nothing. */
	if (is_idle())
		return 0;
	id = section->rule;
	limit = section->counts[what];
	rule = bpf_map_lookup_elem(&rules, &id);
	if (rule && rule->audit) {
		if (limit < limits->audit) {
			limits->audit = limit;
			limits->audit_rule = id;
		}
	} else if (limit < limits->deny) {
		limits->deny = limit;
		limits->deny_rule = id;
	}
	return 0;
}

/* Of limits that several sections share the strictest was asked. */
static __always_inline void count_admitted(struct limits *limits)
{
	if (limits->deny_rule)
		count_allowed(limits->deny_rule);
	if (limits->audit_rule)
		count_allowed(limits->audit_rule);
}

/* A place in the ledger for one more, within the limits. */
__noinline int admit(struct request *rq, __u64 serial, __u32 what, struct limits *limits)
{
	__u32 n;

	if (!rq || !limits)
		return -EPERM;
	n = take_place(serial, what, limits->deny);
	if (n != NO_PLACE && n < limits->audit) {
		count_admitted(limits);
		return 0;
	}
	if (n == NO_PLACE) {
		rq->held = count_of(serial, what);
		rq->limit = limits->deny;
		if (!limits->deny_rule)
			return refuse_fault(rq, GUARD_FAULT_BINDING);
		refuse_rule(rq, limits->deny_rule, GUARD_CHILDREN << what);
		/* Whom nothing can refuse it is killed, or has one child more, which is bound. */
		return fallback && take_place(serial, what, NO_PLACE) != NO_PLACE ? 0 : -EPERM;
	}
	rq->held = n;
	rq->limit = limits->audit;
	refuse_rule(rq, limits->audit_rule, GUARD_CHILDREN << what);
	return 0;
}

#define NO_LIMITS                                   \
	{                                           \
		.deny = NO_PLACE, .audit = NO_PLACE \
	}

/* A place among the children, or the threads, of the process of @subject. */
__noinline int admit_to_process(struct request *rq, struct guard_subject *subject, __u32 what)
{
	struct limits limits = NO_LIMITS;

	if (!rq || !subject)
		return -EPERM;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++)
		add_limit(&limits, subject->sections[i].section, what);
	return admit(rq, subject->process, what, &limits);
}

__noinline int leave_trees(struct guard_subject *subject, __u32 of)
{
	if (!subject)
		return 0;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++)
		if (of >> i & 1)
			give_back(subject->sections[i].tree, DESCENDANTS);
	return 0;
}

/* A place in each tree; *taken says in which. */
__noinline int admit_to_trees(struct request *rq, struct guard_subject *subject, __u32 *taken)
{
	if (!rq || !subject || !taken)
		return -EPERM;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct limits limits = NO_LIMITS;

		if (!subject->sections[i].tree)
			continue;
		add_limit(&limits, subject->sections[i].section, DESCENDANTS);
		if (admit(rq, subject->sections[i].tree, DESCENDANTS, &limits))
			return -EPERM;
		*taken |= 1u << i;
	}
	return 0;
}

/* The references of a child's entry, which is a copy of its parent's. */
static __always_inline void hold_all(struct guard_subject *subject)
{
	hold_ledger(subject->process);
	hold_ledger(subject->parent);
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++)
		hold_ledger(subject->sections[i].tree);
}

static __always_inline void drop_all(struct guard_subject *subject)
{
	drop_ledger(subject->process);
	drop_ledger(subject->parent);
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++)
		drop_ledger(subject->sections[i].tree);
	for (int i = 0; i < GUARD_SECTIONS_PER_EXEC; i++)
		drop_ledger(subject->pending[i].tree);
}

/* ---- a task goes --------------------------------------------------------------- */

/*
 * The process that @subject was the last thread of is gone. Each place is noted in one word, and
 * who takes the word gives the place back: it may be found gone twice.
 */
static __always_inline void process_gone(struct guard_subject *subject)
{
	__u64 serial = __sync_lock_test_and_set(&subject->parent, 0);

	give_back(serial, CHILDREN);
	drop_ledger(serial);
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		if (subject->sections[i].root)
			continue;
		serial = __sync_lock_test_and_set(&subject->sections[i].tree, 0);
		give_back(serial, DESCENDANTS);
		drop_ledger(serial);
	}
}

/* What the task is counted in has one less, once, and it is not counted again. */
__noinline int uncount(__u64 task)
{
	struct guard_subject *subject = subject_of(task);

	if (!subject || __sync_lock_test_and_set(&subject->counted, GUARD_REAPED) != GUARD_COUNTED)
		return false;
	if (give_back(subject->process, THREADS) == 1)
		process_gone(subject);
	return true;
}

/* Whoever reaps a task says so in it first, and calls release_task() then. */
static __always_inline bool is_reaped(__u64 address)
{
	struct task_struct *task = (void *)address;

	return BPF_CORE_READ(task, exit_state) == EXIT_DEAD;
}

/*
 * A task that runs has taken a place among its process's threads, and is counted from here on. Was
 * it reaped meanwhile, then release_task() may have come too early to find it here: what it has
 * taken is given back now, for until it is freed, a grace period later, it would be one too many.
 */
__noinline int now_counted(struct guard_subject *subject, __u64 task)
{
	if (!subject)
		return 0;
	if (__sync_val_compare_and_swap(&subject->counted, GUARD_NOT_COUNTED, GUARD_COUNTED)) {
		/* An execve of its own has counted it, or it is gone. */
		if (give_back(subject->process, THREADS) == 1)
			process_gone(subject);
	} else if (is_reaped(task)) {
		uncount(task);
	}
	return 0;
}

/* The task is freed, or was. True when it was still counted. */
__noinline int forget_subject(__u64 task)
{
	struct guard_subject *subject = subject_of(task);
	bool counted = false;

	/* The task's end and a reconciliation may meet. */
	if (!subject || __sync_lock_test_and_set(&subject->gone, 1))
		return 0;
	if (use_ledgers) {
		counted = uncount(task);
		drop_all(subject);
	}
	drop_subject(task);
	return counted;
}

/* ---- a task comes ------------------------------------------------------------------ */

/* A copy of @from for the task @child, bound by the same sections. */
static __always_inline struct guard_subject *copy_subject(__u64 child, struct guard_subject *from)
{
	struct guard_subject *copy = make_subject(child, from);

	if (!copy)
		return NULL;
	copy->counted = GUARD_NOT_COUNTED;
	copy->seen = state.round;
	copy->n_pending = 0;
	for (int i = 0; i < GUARD_SECTIONS_PER_EXEC; i++)
		copy->pending[i] = (struct guard_binding){};
	return copy;
}

/* The child is a process of its own, a child of its maker's; none of a tree's roots. */
static __always_inline bool become_process(struct guard_subject *copy)
{
	__u64 process = make_ledger(1);

	if (!process)
		return false;
	hold_all(copy);
	/* Held as the process until now, and from here on as the parent. */
	drop_ledger(copy->parent);
	copy->parent = copy->process;
	copy->process = process;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++)
		copy->sections[i].root = 0;
	return true;
}

/* The entry of a child whose places are taken. */
__noinline int enter_child(__u64 child, __u32 thread)
{
	struct guard_subject *parent = current_subject(), *copy;

	if (!parent)
		return -EPERM;
	copy = copy_subject(child, parent);
	if (!copy)
		return -EPERM;
	if (thread) {
		hold_all(copy);
	} else if (!become_process(copy)) {
		drop_subject(child);
		return -EPERM;
	}
	copy->counted = GUARD_COUNTED;
	return 0;
}

/* As fork_subject(), where processes and threads are counted. */
__noinline int fork_counted(struct request *rq, __u64 child, __u32 thread)
{
	struct guard_subject *parent = current_subject();
	__u32 taken = 0, what = thread ? THREADS : CHILDREN;

	if (!rq || !parent)
		return -EPERM;
	if (!thread && admit_to_trees(rq, parent, &taken))
		goto refused;
	if (admit_to_process(rq, parent, what))
		goto refused;
	if (!enter_child(child, thread))
		return 0;
	give_back(parent->process, what);
	refuse_fault(rq, GUARD_FAULT_BINDING);
refused:
	leave_trees(parent, taken);
	return -EPERM;
}

/*
 * The current task makes the task at the address @child: what binds it, and what it is
 * trusted as, goes on to the child. Workers of io_uring act for it and are bound, but are not
 * counted.
 */
__noinline int fork_subject(struct request *rq, __u64 child, __u32 thread, __u32 worker)
{
	struct guard_subject *parent = current_subject(), *copy;
	bool counted;

	if (!rq)
		return -EPERM;
	/* Of a task that was freed without our seeing it. */
	if (maybe_subject(child) && forget_subject(child))
		count_fault(GUARD_FAULT_LEDGER);
	if (!parent)
		return 0;
	/* The last thread of a counted process gives its place back: all must be known. */
	counted = use_ledgers && parent->process && !worker &&
		  (parent->n || (thread && parent->counted == GUARD_COUNTED));
	if (!counted && !parent->program && !parent->n)
		return 0;
	if (counted)
		return fork_counted(rq, child, thread);
	copy = copy_subject(child, parent);
	if (copy) {
		if (!thread && !worker)
			copy->process = copy->parent = 0; /* not its own */
		if (use_ledgers)
			hold_all(copy);
		return 0;
	}
	if (!parent->n) {
		count_fault(GUARD_FAULT_SUBJECT);
		return 0; /* it is trusted with nothing */
	}
	return refuse_fault(rq, GUARD_FAULT_BINDING);
}

#endif
