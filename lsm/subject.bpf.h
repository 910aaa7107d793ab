/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is asking. A task is a trusted program because it executed that program's
 * file, noted at execve and handed on at fork; not by its name, its path or
 * mm->exe_file, all of which a task can change (PR_SET_MM_EXE_FILE as root,
 * PR_SET_MM_MAP as anyone in a user namespace of their own).
 *
 * Everything here fails closed: no storage, a failed look-up (6.1 can fail one under
 * load), a note of another execve or a kernel thread means "no trusted program".
 */
#ifndef LSM_GUARD_SUBJECT_BPF_H
#define LSM_GUARD_SUBJECT_BPF_H

#include "identity.bpf.h"
#include "report.bpf.h"

/* A note from before an execve that we failed to note says nothing of what runs now. */
static __always_inline __u32 program_of(struct task_struct *task)
{
	struct guard_subject *subject = bpf_task_storage_get(&subjects, task, NULL, 0);

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

/* The trusted program that an executable is. */
static __always_inline __u32 program_of_inode(struct inode *inode)
{
	struct guard_object *object;

	if (!maybe_object(inode))
		return GUARD_NO_PROGRAM;
	object = object_of(inode);
	return object ? object->program : GUARD_NO_PROGRAM;
}

static __always_inline void become(struct task_struct *task, __u32 program, __u64 exec_id)
{
	struct guard_subject subject = { .exec_id = exec_id, .program = program };
	struct guard_subject *stored;

	stored = bpf_task_storage_get(&subjects, task, &subject, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!stored) {
		count_fault(GUARD_FAULT_SUBJECT);
		return;
	}
	*stored = subject;
}

#endif
