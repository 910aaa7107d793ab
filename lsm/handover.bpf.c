// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reload: this guard takes the place of another one, which holds until it is done. What that
 * one knows of tasks and sockets is taken over, for nobody can tell it from the tasks alone
 * any more: who started them may be gone. Counts are not copied but made anew from who is
 * alive, since both guards count on meanwhile; what is copied is who is counted in what.
 *
 * The loader runs these programs when the hooks that note who is who are attached, until there
 * is no news. Numbers of sections and programs are others in each policy: struct guard_heir.
 */
#include "bind.bpf.h"

static __always_inline struct guard_heir *heir_of(__u32 number)
{
	return bpf_map_lookup_elem(&heirs, &number);
}

/*
 * Our ledger for one of theirs, held once more for who names it; 0: none, or no memory. The
 * list of them holds each one, too, until drop_heirs().
 */
__noinline __u64 ledger_heir(__u64 theirs)
{
	__u64 *known = bpf_map_lookup_elem(&ledger_heirs, &theirs), ours;

	if (!theirs)
		return 0;
	if (known) {
		ours = *known;
		hold_ledger(ours);
		return ours;
	}
	ours = make_ledger(0);
	if (!ours)
		return 0;
	if (bpf_map_update_elem(&ledger_heirs, &theirs, &ours, BPF_NOEXIST)) {
		drop_ledger(ours);
		return 0;
	}
	hold_ledger(ours);
	return ours;
}

/* One section more that binds the task, as @former says. */
__noinline int inherit_binding(struct guard_subject *subject, struct guard_binding *former)
{
	struct guard_heir *heir = former && former->section ? heir_of(former->section) : NULL;
	struct guard_section *section = heir ? section_of(heir->section) : NULL;
	struct guard_binding binding = {};
	__u32 n;

	if (!subject || !former || !heir || !section || bound_at(subject, heir->section) >= 0)
		return false;
	n = subject->n;
	if (n >= GUARD_SECTIONS_PER_TASK) {
		count_fault(GUARD_FAULT_BINDING);
		return false;
	}
	binding.section = heir->section;
	binding.root = former->root;
	if (use_ledgers && section->keys & GUARD_DESCENDANTS) {
		binding.tree = ledger_heir(former->tree);
		if (!binding.tree) {
			/* Its descendants were not limited before: they are from here on. */
			binding.tree = make_ledger(0);
			binding.root = 1;
		}
		if (!binding.tree) {
			count_fault(GUARD_FAULT_BINDING);
			return false;
		}
	}
	add_binding(subject, &binding, section);
	return true;
}

/* Its process, what that is counted in, and the thread that it is itself. */
__noinline int inherit_places(struct guard_subject *subject, struct guard_subject *former,
			      __u64 task)
{
	__u64 process, parent;
	bool counted;

	if (!subject || !former || subject->process || !former->process)
		return false;
	counted = *(volatile __u32 *)&former->counted == GUARD_COUNTED;
	process = ledger_heir(former->process);
	parent = ledger_heir(former->parent);
	if (!process) {
		drop_ledger(parent);
		count_fault(GUARD_FAULT_BINDING);
		return false;
	}
	/* With the first of its threads that we meet: as uncount() gives back with the last one. */
	if (counted && !take_place(process, THREADS, NO_PLACE)) {
		take_place(parent, CHILDREN, NO_PLACE);
		for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++)
			if (!subject->sections[i].root)
				take_place(subject->sections[i].tree, DESCENDANTS, NO_PLACE);
	}
	/* From here on an execve of its own can count it, too. */
	subject->parent = parent;
	*(volatile __u64 *)&subject->process = process;
	if (counted)
		now_counted(subject, task);
	return true;
}

/* What they trust the task as; what they do not know we know no better. */
static __always_inline bool inherit_program(struct task_struct *task, struct guard_subject *subject,
					    struct guard_subject *former)
{
	/* First, as become() writes it between: an execve on another processor shows. */
	__u64 exec_id = *(volatile __u64 *)&former->exec_id;
	__u32 program = *(volatile __u32 *)&former->program;
	struct guard_heir *heir = program ? heir_of(program) : NULL;

	if (!heir || !heir->program || subject->program || exec_id != task->self_exec_id)
		return false;
	subject->exec_id = exec_id;
	subject->program = heir->program;
	return true;
}

/* A byte is written for each task that was news. */
SEC("?iter/task")
int take_over(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct guard_subject *subject, *former;
	bool any = false;
	__u64 address;
	char news = 1;

	if (!task)
		return 0;
	address = address_of(task);
	former = bpf_map_lookup_elem(&former_subjects, &address);
	if (!former || !(former->n || former->program || former->process))
		return 0;
	subject = subject_of(address);
	if (!subject)
		subject = make_nobody(address);
	if (!subject) {
		count_fault(GUARD_FAULT_BINDING);
		return 0;
	}
	any = inherit_program(task, subject, former);
	/* Where nobody was counted before, a thread is bound and counted as its first one is. */
	if (!use_ledgers || former->process || task == task->group_leader) {
		for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++)
			any |= inherit_binding(subject, &former->sections[i]);
	}
	if (use_ledgers)
		any |= inherit_places(subject, former, address);
	if (any)
		bpf_seq_write(ctx->meta->seq, &news, sizeof(news));
	return 0;
}

/* When all is taken over: from here on only tasks hold the ledgers. */
SEC("?iter/bpf_map_elem")
int drop_heirs(struct bpf_iter__bpf_map_elem *ctx)
{
	__u64 *ours = ctx->value;

	if (ours)
		drop_ledger(*ours);
	return 0;
}

/* Connections that a bound program has accepted: its answers are not sends of its choice. */
SEC("?iter/bpf_sk_storage_map")
int take_sockets(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct guard_socket *former = ctx->value, *marks;
	struct sock *sk = ctx->sk;
	__u32 n = 0;

	if (!sk || !former || !former->accepted[0])
		return 0;
	marks = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!marks) {
		count_fault(GUARD_FAULT_SECTION);
		return 0;
	}
	if (marks->accepted[0])
		return 0;
	marks->peer[0] = former->peer[0];
	marks->peer[1] = former->peer[1];
	marks->peer_port = former->peer_port;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_heir *heir = former->accepted[i] ? heir_of(former->accepted[i]) : NULL;

		if (!heir || !heir->section)
			continue;
		marks->accepted[n & (GUARD_SECTIONS_PER_TASK - 1)] = heir->section;
		n++;
	}
	return 0;
}
