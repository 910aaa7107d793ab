/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is asking. A task is a trusted program, or bound by a program's section, because it
 * executed that program's file, noted at execve and handed on at fork; not by its name, its
 * path or mm->exe_file, all of which a task can change (PR_SET_MM_EXE_FILE as root,
 * PR_SET_MM_MAP as anyone in a user namespace of their own).
 *
 * Both fail closed. No note, a note of another execve or a kernel thread means "no trusted
 * program". What binds a task is stored before the fork or execve goes on, or that fails;
 * it is stored in a hash whose look-up cannot fail, behind a table of counters that is
 * raised before the entry is made and lowered after it is gone.
 */
#ifndef LSM_GUARD_SUBJECT_BPF_H
#define LSM_GUARD_SUBJECT_BPF_H

#include "identity.bpf.h"
#include "report.bpf.h"

/* The address of a task as a number: the verifier lets nobody calculate with pointers. */
static __always_inline __u64 address_of(const void *task)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &task);
	return address;
}

/* Half a pointer it does take for a number, when it is moved as such. */
static __always_inline __u32 lower_half(__u64 task)
{
	__u32 half;

	asm volatile("%0 = %1" : "=w"(half) : "w"((__u32)task));
	return half;
}

/* The first look. */
static __always_inline bool maybe_subject(__u64 task)
{
	return state.tasks[guard_task_slot(lower_half(task))];
}

static __always_inline struct guard_subject *subject_of(__u64 task)
{
	return maybe_subject(task) ? bpf_map_lookup_elem(&subjects, &task) : NULL;
}

static __always_inline struct guard_subject *current_subject(void)
{
	return subject_of(bpf_get_current_task());
}

/* The entry of a task that has none, or NULL: no memory. */
static __always_inline struct guard_subject *make_subject(__u64 task,
							  const struct guard_subject *from)
{
	__u32 *slot = &state.tasks[guard_task_slot(lower_half(task))];

	__sync_fetch_and_add(slot, 1);
	if (bpf_map_update_elem(&subjects, &task, from, BPF_NOEXIST)) {
		__sync_fetch_and_sub(slot, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&subjects, &task);
}

/* One of which nothing is known yet. */
static __always_inline struct guard_subject *make_nobody(__u64 task)
{
	struct guard_subject *subject = make_subject(task, &nobody);

	if (subject)
		subject->seen = state.round;
	return subject;
}

static __always_inline void drop_subject(__u64 task)
{
	if (!bpf_map_delete_elem(&subjects, &task))
		__sync_fetch_and_sub(&state.tasks[guard_task_slot(lower_half(task))], 1);
}

/* A note from before an execve that we failed to note says nothing of what runs now. */
static __always_inline __u32 program_of(struct task_struct *task)
{
	struct guard_subject *subject = subject_of((__u64)task);

	if (!subject || subject->exec_id != task->self_exec_id)
		return GUARD_NO_PROGRAM;
	return subject->program;
}

static __always_inline __u32 requester(struct request *rq)
{
	if (!rq->known) {
		rq->program = program_of(bpf_get_current_task_btf());
		rq->known = 1;
	}
	return rq->program;
}

/* The sections that bind the current task, where one of them closes or limits one of @keys. */
static __always_inline struct guard_subject *bound(__u32 keys)
{
	struct guard_subject *subject = current_subject();

	return subject && subject->keys & keys ? subject : NULL;
}

/* The i-th section that binds @subject and has one of @keys. */
static __always_inline struct guard_section *section_with(struct guard_subject *subject, int i,
							  __u32 keys)
{
	struct guard_section *section;
	__u32 number = subject->sections[i].section;

	section = bpf_map_lookup_elem(&sections, &number);
	return section && section->keys & keys ? section : NULL;
}

#endif
