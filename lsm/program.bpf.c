// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trusted programs: who becomes one, and that nobody borrows one. A program that the
 * policy names runs with AT_SECURE, so that the loader of shared libraries ignores
 * LD_PRELOAD and its like; it is not started under a tracer, nor traced later, nor by
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
 */
#include "verdict.bpf.h"

/* A tracer or a sharer that has hold of a task before it becomes trusted. */
static __always_inline int check_exec(struct linux_binprm *bprm)
{
	struct inode *inode = bprm->file->f_inode;
	struct request rq = { .access = GUARD_TRACE, .hook = GUARD_HOOK_bprm_check_security };
	__u32 program = program_of_inode(inode);

	if (!program)
		return 0;
	rq.object = (__u64)bprm->file->f_path.dentry;
	if (bpf_bprm_opts_set(bprm, BPF_F_BPRM_SECUREEXEC) ||
	    bprm->unsafe & (LSM_UNSAFE_SHARE | LSM_UNSAFE_PTRACE))
		decide_reserved(&rq, program, 0);
	return verdict(&rq);
}

/* Also called for the interpreter of a script: it is the interpreter that is trusted. */
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
	__u32 program = program_of_inode(exe);

	return program && sees_the_host(task) ? program : GUARD_NO_PROGRAM;
}

SEC("?lsm/bprm_committed_creds")
int BPF_PROG(bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 program = trusted_as(task, bprm->file->f_inode);
	struct guard_subject *before;

	if (program) {
		become(task, program, task->self_exec_id);
		return 0;
	}
	/* Where this look-up fails the old note stays, but it is of another execve. */
	before = bpf_task_storage_get(&subjects, task, NULL, 0);
	if (before)
		before->program = GUARD_NO_PROGRAM;
	return 0;
}

SEC("?lsm/task_alloc")
int BPF_PROG(task_alloc, struct task_struct *child)
{
	struct guard_subject *parent;

	parent = bpf_task_storage_get(&subjects, bpf_get_current_task_btf(), NULL, 0);
	if (parent && parent->program)
		become(child, parent->program, parent->exec_id);
	return 0;
}

/* Attaching, and what asks for the same right: /proc/PID/mem, process_vm_writev, pidfd_getfd. */
static __always_inline int check_trace(struct task_struct *task, unsigned int mode)
{
	struct request rq = { .access = GUARD_TRACE, .hook = GUARD_HOOK_ptrace_access_check };
	__u32 program;

	if (!(mode & PTRACE_MODE_ATTACH))
		return 0;
	program = program_of(task);
	if (!program || requester(&rq) == program)
		return 0;
	rq.object = (__u64)task->mm->exe_file->f_path.dentry;
	decide_reserved(&rq, program, 0);
	return verdict(&rq);
}

SEC("?lsm/ptrace_access_check")
int BPF_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	return check_trace(child, mode);
}

/*
 * Tasks that run already. The loader runs this once, when the hooks above are attached
 * and those of the file guard are not: an execve meanwhile is noted by its hook, and a
 * note from here that comes too late is of an execve before.
 */
SEC("?iter/task")
int note_running(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mm_struct *mm;
	__u64 exec_id;
	__u32 program;

	if (!task)
		return 0;
	exec_id = task->self_exec_id;
	mm = task->mm;
	if (!mm || !mm->exe_file || task->ptrace)
		return 0;
	program = trusted_as(task, mm->exe_file->f_inode);
	if (program)
		become(task, program, exec_id);
	return 0;
}
