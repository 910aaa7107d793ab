// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs: who becomes a trusted one, that nobody borrows one, and who is bound by a
 * program's section.
 *
 * A program that the policy trusts runs with AT_SECURE, so that the loader of shared libraries
 * ignores LD_PRELOAD and its like; it is not started under a tracer, nor traced later, nor by
 * a process that shares its working and root directory.
 *
 * A program takes its loader and its libraries from where its paths lead, and believes
 * what its system calls return. So it is trusted only where both are the host's: not in
 * another user namespace, not in another mount namespace or below a chroot, where other
 * libraries can be put under it, and not under a seccomp filter, which can answer for
 * the kernel.
 *
 * Its file is a protected object with a rule of its own (updaters only): file.bpf.c.
 * The number of a program is the number of that rule.
 *
 * A program with a section is bound wherever it runs, and so is what it starts: bind.bpf.h.
 * A bound task does not trace one that is not bound as it is, or it would act through it.
 */
#include "bind.bpf.h"

static __always_inline struct guard_object *executable(struct inode *inode)
{
	return maybe_object(inode) ? object_of(inode) : NULL;
}

/* A tracer or a sharer that has hold of a task before it becomes trusted. */
static __always_inline void check_borrowed(struct request *rq, struct linux_binprm *bprm,
					   __u32 program)
{
	rq->access = GUARD_TRACE;
	rq->object = (__u64)plain_linux_binprm(bprm)->file->f_path.dentry;
	if ((!fallback && bpf_bprm_opts_set(bprm, BPF_F_BPRM_SECUREEXEC)) ||
	    bprm->unsafe & (LSM_UNSAFE_SHARE | LSM_UNSAFE_PTRACE))
		decide_reserved(rq, program, 0);
}

/* Also called for the interpreter of a script: it is the interpreter that is trusted. */
static __always_inline int check_exec(struct linux_binprm *bprm)
{
	struct request rq = { .hook = GUARD_HOOK_bprm_check_security };
	struct guard_object *object = executable(plain_linux_binprm(bprm)->file->f_inode);

	if (use_sections)
		begin_exec(&rq, object ? object->section : 0, bprm->filename == bprm->interp);
	if (use_trust && object && object->program && !rq.denied)
		check_borrowed(&rq, bprm, object->program);
	return verdict(&rq);
}

SEC("?lsm/bprm_check_security")
int BPF_PROG(bprm_check_security, struct linux_binprm *bprm)
{
	return check_exec(bprm);
}

static __always_inline bool sees_the_host(struct task_struct *task)
{
	struct vfsmount *root = BPF_CORE_READ(task, fs, root.mnt);

	return !task->cred->user_ns->level && !task->seccomp.mode &&
	       mount_number(root) == root_mount &&
	       BPF_CORE_READ(task, fs, root.dentry) == BPF_CORE_READ(root, mnt_root);
}

static __always_inline __u32 trusted_as(struct task_struct *task, struct inode *exe)
{
	struct guard_object *object = use_trust ? executable(exe) : NULL;

	if (!object || !object->program || !sees_the_host(task))
		return GUARD_NO_PROGRAM;
	return object->program;
}

/* @exec_id is of the time before @program was found out: an execve since shows. */
static __always_inline void become(struct task_struct *task, __u32 program, __u64 exec_id)
{
	struct guard_subject *subject = subject_of((__u64)task);

	if (!subject && program) {
		subject = make_nobody(address_of(task));
		if (!subject)
			count_fault(GUARD_FAULT_SUBJECT);
	}
	if (!subject)
		return;
	/* In this order, for whoever reads it meanwhile: another program is never of this execve. */
	*(volatile __u32 *)&subject->program = GUARD_NO_PROGRAM;
	*(volatile __u64 *)&subject->exec_id = exec_id;
	*(volatile __u32 *)&subject->program = program;
}

SEC("?lsm/bprm_committed_creds")
int BPF_PROG(bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = plain_current();
	struct guard_subject *subject;

	become(task, trusted_as(task, plain_linux_binprm(bprm)->file->f_inode), task->self_exec_id);
	subject = current_subject();
	if (!subject)
		return 0;
	if (use_sections)
		commit_exec(subject);
	/* One that is free again is its parent's child still. */
	if (!subject->program && !subject->n &&
	    !(subject->counted == GUARD_COUNTED && subject->parent))
		forget_subject(bpf_get_current_task());
	return 0;
}

SEC("?lsm/task_alloc")
int BPF_PROG(task_alloc, struct task_struct *child, unsigned long clone_flags)
{
	struct request rq;

	if (!maybe_subject(bpf_get_current_task()) && !maybe_subject((__u64)child))
		return 0;
	if (child->flags & PF_KTHREAD)
		return 0;
	rq = (struct request){ .hook = GUARD_HOOK_task_alloc };
	fork_subject(&rq, address_of(child), !!(clone_flags & CLONE_THREAD),
		     !!(child->flags & (PF_IO_WORKER | PF_USER_WORKER)));
	return verdict(&rq);
}

/* Reaped: from here on there is room again, although the task's memory lives on for a while. */
SEC("?fentry/release_task")
int BPF_PROG(release_task, struct task_struct *task)
{
	if (maybe_subject((__u64)task))
		uncount(address_of(task));
	return 0;
}

SEC("?lsm/task_free")
int BPF_PROG(task_free, struct task_struct *task)
{
	if (maybe_subject((__u64)task))
		forget_subject(address_of(task));
	return 0;
}

/* ---- tracing -------------------------------------------------------------------- */

/* A section that binds the current task must bind the other one too. */
static __always_inline void check_bound_tracer(struct request *rq, struct task_struct *task)
{
	struct guard_subject *tracer = current_subject(), *other;

	if (!tracer || !tracer->n)
		return;
	other = subject_of((__u64)task);
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		__u32 number = tracer->sections[i].section;
		struct guard_section *section = section_of(number);

		if (section && (!other || bound_at(other, number) < 0) &&
		    refuse_rule(rq, section->rule, GUARD_TRACE))
			return;
	}
}

/* Attaching, and what asks for the same right: /proc/PID/mem, process_vm_writev, pidfd_getfd. */
static __always_inline int check_trace(struct task_struct *task, unsigned int mode)
{
	struct request rq = { .access = GUARD_TRACE, .hook = GUARD_HOOK_ptrace_access_check };
	__u32 program;

	if (!(mode & PTRACE_MODE_ATTACH))
		return 0;
	rq.object = (__u64)task->mm->exe_file->f_path.dentry;
	program = use_trust ? program_of(task) : GUARD_NO_PROGRAM;
	if (program && requester(&rq) != program)
		decide_reserved(&rq, program, 0);
	if (use_sections && !rq.denied)
		check_bound_tracer(&rq, task);
	return verdict(&rq);
}

SEC("?lsm/ptrace_access_check")
int BPF_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	return check_trace(plain_task_struct(child), mode);
}

/* ---- tasks that run already -------------------------------------------------------- */

/* What the task's own file says of it: the section that binds it, whoever started it. */
static __always_inline __u32 own_section(struct task_struct *task, struct inode *exe)
{
	struct guard_object *object;

	if (task->tgid == (int)state.acting)
		return state.acting_as;
	object = executable(exe);
	return object ? object->section : 0;
}

static __always_inline int note_sections(struct task_struct *task, struct inode *exe)
{
	struct task_struct *leader = task->group_leader;

	/* A first thread that has ended stays until the others have; its file is theirs. */
	if (task != leader && !leader->mm)
		bind_running(address_of(leader), address_of(leader->real_parent->group_leader),
			     own_section(task, exe));
	if (task != leader)
		return bind_thread(address_of(task), address_of(leader),
				   !!(task->flags & (PF_IO_WORKER | PF_USER_WORKER)));
	return bind_running(address_of(task), address_of(task->real_parent->group_leader),
			    own_section(task, exe));
}

/* As is_old_section(). */
static __always_inline bool is_old_program(__u32 number)
{
	struct guard_heir *heir = use_former ? bpf_map_lookup_elem(&heirs, &number) : NULL;

	return heir && heir->old_program;
}

/*
 * The loader runs this when the hooks above are attached and those that refuse are not: an
 * execve meanwhile is noted by its hook, and a note from here that comes too late is of an
 * execve before. A byte is written for each task that was news; the loader runs it again
 * until there is none, for a child may be met before its parent.
 */
SEC("?iter/task")
int note_running(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mm_struct *mm;
	__u64 exec_id;
	__u32 program;
	char news = 1;

	if (!task)
		return 0;
	task = plain_task_struct(task);
	exec_id = task->self_exec_id;
	mm = task->mm;
	if (!mm || !mm->exe_file || task->flags & PF_KTHREAD)
		return 0;
	/* Only at the start: later on mm->exe_file may have been forged since, and hooks tell. */
	program = use_trust && !state.round && !task->ptrace
			  ? trusted_as(task, mm->exe_file->f_inode)
			  : GUARD_NO_PROGRAM;
	if (program && !is_old_program(program))
		become(task, program, exec_id);
	if (use_sections && note_sections(task, mm->exe_file->f_inode))
		bpf_seq_write(ctx->meta->seq, &news, sizeof(news));
	return 0;
}

/* ---- reconciliation ------------------------------------------------------------------ */

/*
 * Should a task ever be freed without our seeing it, it stays counted. So from time to time
 * the loader starts a round: every task that lives is marked, and an entry that two rounds
 * did not meet is dropped.
 */
SEC("?iter/task")
int mark_alive(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct guard_subject *subject;

	if (!task)
		return 0;
	subject = subject_of((__u64)task);
	if (subject)
		subject->seen = state.round;
	return 0;
}

SEC("?iter/bpf_map_elem")
int drop_dead(struct bpf_iter__bpf_map_elem *ctx)
{
	struct guard_subject *subject = ctx->value;
	__u64 *task = ctx->key;

	if (!task || !subject || state.round - subject->seen < 2)
		return 0;
	subject = subject_of(*task); /* another task may have the address by now */
	if (!subject || state.round - subject->seen < 2)
		return 0;
	if (forget_subject(*task))
		count_fault(GUARD_FAULT_LEDGER);
	return 0;
}
