// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory guard. Every growth of what a process has mapped passes mmap_addr, with mmap_lock
 * held for writing: so what the mm itself counts (total_vm, data_vm) and what the system call
 * asks for decide exactly, however many threads ask at once, and nothing is counted here.
 * A private mapping that becomes writable passes file_mprotect, under the same lock.
 *
 * Not seen: the growth of stacks by page faults, which no hook is told of, and what execve
 * itself maps, which is not refused but counts from then on.
 */
#include "mapping.bpf.h"

enum { ALLOCATION, MEMORY, ADDRESS_SPACE };

/* Is there room for @more pages beside @held? */
static __always_inline bool fits(__u64 held, __u64 more, __u64 limit)
{
	return !more || (held <= limit >> PAGE_SHIFT && more <= (limit >> PAGE_SHIFT) - held);
}

/* Section @number refuses: @what it limits, and the pages that the process holds of it. */
__noinline int refuse_bytes(struct request *rq, __u32 number, __u32 what, __u64 held)
{
	struct guard_section *section = bpf_map_lookup_elem(&sections, &number);

	if (!rq)
		return -EPERM;
	if (!section || what > ADDRESS_SPACE)
		return refuse_fault(rq, GUARD_FAULT_SECTION);
	rq->held = held << PAGE_SHIFT;
	rq->limit = section->bytes[what];
	return refuse_rule(rq, section->rule, GUARD_ALLOCATION << what);
}

/* Whether section @number has no room for the mapping: 1 + what it limits, or 0 (counted). */
__noinline int lacks_room(struct mapping *m, __u32 number)
{
	struct guard_section *section = bpf_map_lookup_elem(&sections, &number);
	struct mm_struct *mm = plain_current()->mm;

	if (!m || !mm || !section)
		return 0;
	if (section->keys & GUARD_ALLOCATION &&
	    (m->unknown || m->asked > section->bytes[ALLOCATION]))
		return 1 + ALLOCATION;
	if (section->keys & GUARD_MEMORY &&
	    (m->unknown || !fits(mm->data_vm, m->data, section->bytes[MEMORY])))
		return 1 + MEMORY;
	if (section->keys & GUARD_ADDRESS_SPACE &&
	    (m->unknown || !fits(mm->total_vm, m->total, section->bytes[ADDRESS_SPACE])))
		return 1 + ADDRESS_SPACE;
	if (section->keys & GUARD_MEMORY_KEYS)
		count_allowed(section->rule);
	return 0;
}

/* One section's word on a mapping. What goes at its place is looked at only when it must be. */
__noinline int check_section(struct request *rq, struct mapping *m, __u32 number, __u64 address)
{
	struct mm_struct *mm = plain_current()->mm;
	int what;

	if (!rq || !m || !mm)
		return 0;
	what = lacks_room(m, number);
	if (what > 1 + ALLOCATION && m->over) {
		subtract_overlap(m, address);
		m->over = 0;
		what = lacks_room(m, number);
	}
	if (!what)
		return 0;
	rq->asked = m->asked;
	return refuse_bytes(rq, number, what - 1, what == 1 + MEMORY ? mm->data_vm : mm->total_vm);
}

/* All sections of the current task; 1: refused, but the kernel will ask again. */
__noinline int check_mapping(struct request *rq, __u64 address)
{
	struct guard_subject *subject = current_subject();
	struct mapping m = {};

	if (!rq || !subject)
		return 0;
	mapping_at(&m, address, subject->mapping);
	if (!m.total && !m.unknown)
		return 0;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		__u32 number = subject->sections[i].section;

		if (!number || check_section(rq, &m, number, address))
			break;
	}
	return rq->denied && m.again;
}

SEC("?lsm/mmap_addr")
int BPF_PROG(mmap_addr, unsigned long address)
{
	struct request rq;

	if (!bound(GUARD_MEMORY_KEYS))
		return 0;
	rq = (struct request){ .hook = GUARD_HOOK_mmap_addr };
	if (check_mapping(&rq, address) && !fallback)
		return -EPERM; /* without a word: the next attempt is reported */
	return verdict(&rq);
}

/* Pages of @vma that the current mprotect makes writable. */
static __always_inline __u64 made_writable(struct vm_area_struct *vma, struct task_struct *task)
{
	__u64 start = vma->vm_start, end = vma->vm_end, last;
	struct arguments args = {};

	if (vma->vm_flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN))
		return 0;
	read_arguments(task, &args);
	if (args.call == CALL_MPROTECT) {
		last = args.at[0] + page_align(args.at[1]);
		start = args.at[0] > start ? args.at[0] : start;
		end = last < end ? last : end;
	}
	return end > start ? (end - start) >> PAGE_SHIFT : 0;
}

__noinline int check_writable(struct request *rq, __u64 pages)
{
	struct guard_subject *subject = current_subject();
	struct mm_struct *mm = plain_current()->mm;
	__u64 data;

	if (!rq || !subject || !mm)
		return 0;
	data = mm->data_vm;
	rq->asked = pages << PAGE_SHIFT;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section = section_with(subject, i, GUARD_MEMORY);

		if (!section)
			continue;
		if (fits(data, pages, section->bytes[MEMORY]))
			count_allowed(section->rule);
		else if (refuse_bytes(rq, subject->sections[i].section, MEMORY, data))
			break;
	}
	return 0;
}

SEC("?lsm/file_mprotect")
int BPF_PROG(memory_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	struct request rq;
	__u64 pages;

	if (!(prot & PROT_WRITE) || !bound(GUARD_MEMORY))
		return 0;
	pages = made_writable(vma, bpf_get_current_task_btf());
	if (!pages)
		return 0;
	rq = (struct request){ .hook = GUARD_HOOK_file_mprotect };
	check_writable(&rq, pages);
	return verdict(&rq);
}

/* The only one who knows how large the segment is: mmap_addr follows in the same system call. */
SEC("?lsm/shm_shmat")
int BPF_PROG(shm_shmat, struct kern_ipc_perm *perm)
{
	struct guard_subject *subject = bound(GUARD_MEMORY_KEYS);
	struct shmid_kernel *segment;

	if (!subject)
		return 0;
	segment = (void *)perm - bpf_core_field_offset(struct shmid_kernel, shm_perm);
	subject->mapping = BPF_CORE_READ(segment, shm_file, f_inode, i_size);
	return 0;
}
