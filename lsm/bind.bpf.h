/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program section comes to bind a task: by an execve of the program's file, or of a
 * script that leads to an interpreter, each stage of which is asked for. What it will take is
 * stored while the execve can still fail (bprm_check_security) and made to count when it can
 * no more (bprm_committed_creds), where nothing is allocated.
 */
#ifndef LSM_GUARD_BIND_BPF_H
#define LSM_GUARD_BIND_BPF_H

#include "process.bpf.h"

static __always_inline struct guard_section *section_of(__u32 number)
{
	return number ? bpf_map_lookup_elem(&sections, &number) : NULL;
}

/* Where @section stands among what binds @subject, or -1. */
static __always_inline int bound_at(struct guard_subject *subject, __u32 section)
{
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++)
		if (subject->sections[i].section == section)
			return i;
	return -1;
}

static __always_inline bool is_pending(struct guard_subject *subject, __u32 section)
{
	bool is = false;

	for (int i = 0; i < GUARD_SECTIONS_PER_EXEC; i++)
		is |= subject->pending[i].section == section;
	return is;
}

static __always_inline void clear_pending(struct guard_subject *subject)
{
	for (int i = 0; i < GUARD_SECTIONS_PER_EXEC; i++) {
		if (use_ledgers)
			drop_ledger(subject->pending[i].tree);
		subject->pending[i] = (struct guard_binding){};
	}
	subject->n_pending = 0;
}

/* The ledgers that the section @binding is of will need: made now. */
static __always_inline bool make_ledgers(struct guard_subject *subject,
					 struct guard_section *section,
					 struct guard_binding *binding)
{
	binding->root = 1;
	if (use_ledgers && section->keys & GUARD_DESCENDANTS) {
		binding->tree = make_ledger(0);
		if (!binding->tree)
			return false;
	}
	if (use_ledgers && section->keys & GUARD_PROCESS_KEYS && !subject->process) {
		subject->process = make_ledger(0);
		return subject->process;
	}
	return true;
}

/* Notes that this execve leads through a file with the section @number. */
static __always_inline bool add_pending(struct guard_subject *subject, __u32 number)
{
	struct guard_binding binding = { .section = number };
	struct guard_section *section = section_of(number);
	__u32 n = subject->n_pending;

	if (!section || n >= GUARD_SECTIONS_PER_EXEC)
		return false;
	if (is_pending(subject, number))
		return true;
	/* One that binds already stays, with its tree. */
	if (bound_at(subject, number) < 0) {
		if (subject->n + n >= GUARD_SECTIONS_PER_TASK ||
		    !make_ledgers(subject, section, &binding))
			return false;
	}
	subject->pending[n & (GUARD_SECTIONS_PER_EXEC - 1)] = binding;
	subject->n_pending = n + 1;
	return true;
}

/*
 * One stage of an execve by the current task: @first for the file that was asked for, then
 * once for each interpreter. @number is the file's section, or 0.
 */
__noinline int begin_exec(struct request *rq, __u32 number, __u32 first)
{
	__u64 task = bpf_get_current_task();
	struct guard_subject *subject = subject_of(task);

	if (!rq)
		return -EPERM;
	if (subject && first && subject->n_pending)
		clear_pending(subject);
	if (!number)
		return 0;
	if (!subject)
		subject = make_nobody(task);
	if (!subject || !add_pending(subject, number))
		return refuse_fault(rq, GUARD_FAULT_BINDING);
	return 0;
}

/* The binding ends: the task is no more in its tree. */
static __always_inline void unbind(struct guard_subject *subject, struct guard_binding *binding)
{
	if (!use_ledgers || !binding->tree)
		return;
	if (!binding->root && subject->counted == GUARD_COUNTED)
		give_back(binding->tree, DESCENDANTS);
	drop_ledger(binding->tree);
}

/* Sections that are not for what the program starts end here, unless this is the program. */
static __always_inline void keep_inherited(struct guard_subject *subject)
{
	__u32 kept = 0;

	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_binding binding = subject->sections[i];
		struct guard_section *section = section_of(binding.section);

		if (!binding.section)
			break;
		subject->sections[i] = (struct guard_binding){};
		if (section && !section->inherit && !is_pending(subject, binding.section)) {
			unbind(subject, &binding);
			continue;
		}
		subject->sections[kept & (GUARD_SECTIONS_PER_TASK - 1)] = binding;
		kept++;
	}
	subject->n = kept;
}

/* What this execve led through binds from now on. */
static __always_inline void bind_pending(struct guard_subject *subject)
{
	for (int i = 0; i < GUARD_SECTIONS_PER_EXEC; i++) {
		struct guard_binding binding = subject->pending[i];
		__u32 n = subject->n;

		subject->pending[i] = (struct guard_binding){};
		if (!binding.section || n >= GUARD_SECTIONS_PER_TASK ||
		    bound_at(subject, binding.section) >= 0)
			continue;
		subject->sections[n & (GUARD_SECTIONS_PER_TASK - 1)] = binding;
		subject->n = n + 1;
	}
	subject->n_pending = 0;
}

static __always_inline void sum_up(struct guard_subject *subject)
{
	__u32 keys = 0;

	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section = section_of(subject->sections[i].section);

		if (section)
			keys |= section->keys;
	}
	subject->keys = keys;
}

/* An execve of the current task has succeeded. */
__noinline int commit_exec(struct guard_subject *subject)
{
	if (!subject)
		return 0;
	subject->last[2] = 0;
	keep_inherited(subject);
	bind_pending(subject);
	sum_up(subject);
	if (use_ledgers && subject->process && !subject->counted && subject->n &&
	    take_place(subject->process, THREADS, NO_PLACE) != NO_PLACE)
		now_counted(subject, bpf_get_current_task());
	return 0;
}

/* ---- tasks that ran before we came -------------------------------------------------- */

/*
 * In a reload: did the guard before us have the section? Then that one knows whom it binds, and
 * we have taken it over (handover.bpf.c).
 */
static __always_inline bool is_old_section(__u32 number)
{
	struct guard_heir *heir = use_former ? bpf_map_lookup_elem(&heirs, &number) : NULL;

	return heir && heir->old_section;
}

/* One binding more; there is room for it. Whom the task may talk to is asked anew. */
static __always_inline void add_binding(struct guard_subject *subject,
					const struct guard_binding *binding,
					const struct guard_section *section)
{
	__u32 n = subject->n;

	subject->sections[n & (GUARD_SECTIONS_PER_TASK - 1)] = *binding;
	subject->n = n + 1;
	subject->keys |= section->keys;
	subject->last[2] = 0;
}

/* A binding of a running task: to the tree of the process that started it, or a new one. */
__noinline int join(struct guard_subject *subject, struct guard_subject *parent, __u32 number)
{
	struct guard_section *section = section_of(number);
	struct guard_binding binding = { .section = number };
	__u32 n = subject ? subject->n : 0;
	int at = parent ? bound_at(parent, number) : -1;

	if (!subject || !section || bound_at(subject, number) >= 0)
		return false;
	if (n >= GUARD_SECTIONS_PER_TASK) {
		count_fault(GUARD_FAULT_BINDING);
		return false;
	}
	if (at >= 0 && parent) {
		binding.tree = parent->sections[at & (GUARD_SECTIONS_PER_TASK - 1)].tree;
		hold_ledger(binding.tree);
		take_place(binding.tree, DESCENDANTS, NO_PLACE);
	} else if (!make_ledgers(subject, section, &binding)) {
		count_fault(GUARD_FAULT_BINDING);
		return false;
	}
	add_binding(subject, &binding, section);
	return true;
}

/* The process's own ledger, and its place among its parent's children. */
static __always_inline void count_running(__u64 task, struct guard_subject *subject,
					  struct guard_subject *parent)
{
	__u64 serial = parent ? parent->process : 0;

	if (!use_ledgers || !(subject->keys & GUARD_PROCESS_KEYS))
		return;
	if (!subject->process)
		subject->process = make_ledger(0);
	if (!subject->counted) {
		if (take_place(subject->process, THREADS, NO_PLACE) == NO_PLACE) {
			count_fault(GUARD_FAULT_BINDING);
			return;
		}
		now_counted(subject, task);
	}
	/* Taken before it is noted: once it is noted, whoever finds the process gone gives it back. */
	if (serial && !subject->parent && subject->counted == GUARD_COUNTED) {
		hold_ledger(serial);
		take_place(serial, CHILDREN, NO_PLACE);
		__sync_lock_test_and_set(&subject->parent, serial);
	}
	/* Who reaped it may have looked before this, or what join() took, was noted. */
	if (is_reaped(task) && !count_of(subject->process, THREADS))
		process_gone(subject);
}

/*
 * The first thread of a process: bound by its own file's section (or by the one that the
 * loader wants) and by what binds its parent. True when that was news.
 */
__noinline int bind_running(__u64 task, __u64 parent_task, __u32 own)
{
	struct guard_subject *subject = subject_of(task), *parent = subject_of(parent_task);
	bool news = false;

	if (!own && !(parent && parent->n) && !(subject && subject->n))
		return 0;
	if (!subject)
		subject = make_nobody(task);
	if (!subject) {
		count_fault(GUARD_FAULT_BINDING);
		return 0;
	}
	for (int i = 0; parent && i < GUARD_SECTIONS_PER_TASK; i++) {
		__u32 number = parent->sections[i].section;
		struct guard_section *section = section_of(number);

		if (section && (section->inherit || number == own) && !is_old_section(number))
			news |= join(subject, parent, number);
	}
	/* Whoever acts for a section is not known to the guard before us. */
	if (own && (!is_old_section(own) || own == state.acting_as))
		news |= join(subject, parent, own);
	count_running(task, subject, parent);
	return news;
}

/* Another thread of a process: bound as its first one is. */
__noinline int bind_thread(__u64 task, __u64 leader_task, __u32 worker)
{
	struct guard_subject *leader = subject_of(leader_task), *subject = subject_of(task);
	__u32 program = GUARD_NO_PROGRAM;
	__u64 exec_id = 0;

	if (!leader || !leader->n)
		return 0;
	if (subject && subject->n == leader->n)
		return 0;
	/* What it is trusted as is its own; the sections are its first thread's. */
	if (subject) {
		program = subject->program;
		exec_id = subject->exec_id;
		forget_subject(task);
	}
	subject = copy_subject(task, leader);
	if (!subject) {
		count_fault(GUARD_FAULT_BINDING);
		return 0;
	}
	subject->program = program;
	subject->exec_id = exec_id;
	if (!use_ledgers)
		return 1;
	hold_all(subject);
	if (!worker && subject->process &&
	    take_place(subject->process, THREADS, NO_PLACE) != NO_PLACE)
		now_counted(subject, task);
	return 1;
}

#endif
