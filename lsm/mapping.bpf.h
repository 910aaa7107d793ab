/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a system call is about to map: how much was asked for, and by how much the process
 * will have grown when it is done. The hook (mmap_addr) is told an address only, so the rest
 * is read from the registers that the system call was made with. They are a copy that no
 * other thread can change; memory of the caller's, which one can, is never read.
 *
 * System calls that map nothing of their own (execve, ioctl) count as no growth.
 */
#ifndef LSM_GUARD_MAPPING_BPF_H
#define LSM_GUARD_MAPPING_BPF_H

#include "verdict.bpf.h"

struct mapping {
	__u64 asked;   /* bytes, as the kernel rounds them */
	__u64 total;   /* growth in pages: of all that is mapped */
	__u64 data;    /* of what is private and writable, and no stack */
	__u32 over;    /* what lies at the place already goes (MAP_FIXED) */
	__u32 again;   /* refused here, the kernel tries at another place */
	__u32 unknown; /* cannot be told safely */
	__u32 unused;
};

enum call {
	CALL_OTHER,
	CALL_MMAP,
	CALL_OLD_MMAP,
	CALL_BRK,
	CALL_MREMAP,
	CALL_SHMAT,
	CALL_IO_SETUP,
	CALL_SHADOW_STACK,
	CALL_MPROTECT
};

struct arguments {
	enum call call;
	__u64 at[5];
};

static __always_inline __u64 page_align(__u64 bytes)
{
	return (bytes + (1UL << PAGE_SHIFT) - 1) & ~((1UL << PAGE_SHIFT) - 1);
}

/* arch/x86/entry/syscalls/syscall_64.tbl */
static __always_inline enum call call_64(__u32 number)
{
	switch (number & ~0x40000000u) { /* the bit of x32, whose registers are the same */
	case 9:
		return CALL_MMAP;
	case 10:
	case 329:
		return CALL_MPROTECT;
	case 12:
		return CALL_BRK;
	case 25:
		return CALL_MREMAP;
	case 30:
		return CALL_SHMAT;
	case 206:
	case 543: /* of x32 */
		return CALL_IO_SETUP;
	case 453:
		return CALL_SHADOW_STACK;
	}
	return CALL_OTHER;
}

/* syscall_32.tbl */
static __always_inline enum call call_32(__u32 number)
{
	switch (number) {
	case 45:
		return CALL_BRK;
	case 90:
		return CALL_OLD_MMAP;
	case 125:
	case 380:
		return CALL_MPROTECT;
	case 163:
		return CALL_MREMAP;
	case 192:
		return CALL_MMAP;
	case 245:
		return CALL_IO_SETUP;
	case 397:
		return CALL_SHMAT;
	}
	return CALL_OTHER;
}

static __always_inline void read_arguments(struct task_struct *task, struct arguments *args)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	__u32 number = regs->orig_ax;

	if (!(task->thread_info.status & TS_COMPAT)) {
		args->call = call_64(number);
		args->at[0] = regs->di;
		args->at[1] = regs->si;
		args->at[2] = regs->dx;
		args->at[3] = regs->r10;
		args->at[4] = regs->r8;
		return;
	}
	args->call = call_32(number);
	args->at[0] = (__u32)regs->bx;
	args->at[1] = (__u32)regs->cx;
	args->at[2] = (__u32)regs->dx;
	args->at[3] = (__u32)regs->si;
	args->at[4] = (__u32)regs->di;
	if (number == 117 && (args->at[0] & 0xffff) == SHMAT)
		args->call = CALL_SHMAT; /* its flags are the third argument too */
}

/* ---- the areas of a process, by address ---------------------------------------------- */

/*
 * The maple tree of mm->mm_mt (6.1 and later), walked while the caller holds mmap_lock for
 * writing, so that it stands still. There is no helper that could: bpf_find_vma() wants the
 * lock for itself.
 */
struct area {
	__u64 vma;  /* its address; 0: nothing there */
	__u64 last; /* the last address of the area or of the gap */
};

#define TREE_LEVELS 10
#define NODE_MASK   255UL
#define LEAF_64	    1
#define RANGE_64    2
#define ARANGE_64   3

static __always_inline __u32 last_slot(__u64 node, __u32 type, __u64 max)
{
	struct maple_range_64 *range = (void *)node;
	struct maple_arange_64 *arange = (void *)node;
	__u64 pivot;

	if (type == ARANGE_64)
		return BPF_CORE_READ(arange, meta.end);
	pivot = BPF_CORE_READ(range, pivot[14]);
	if (!pivot)
		return BPF_CORE_READ(range, meta.end);
	return pivot == max ? 14 : 15;
}

static __always_inline __u64 pivot_at(__u64 node, __u32 type, __u32 i)
{
	struct maple_range_64 *range = (void *)node;
	struct maple_arange_64 *arange = (void *)node;
	__u64 value = 0;

	if (type == ARANGE_64)
		bpf_probe_read_kernel(&value, sizeof(value),
				      __builtin_preserve_access_index(&arange->pivot[0]) + i);
	else
		bpf_probe_read_kernel(&value, sizeof(value),
				      __builtin_preserve_access_index(&range->pivot[0]) + i);
	return value;
}

static __always_inline __u64 slot_at(__u64 node, __u32 type, __u32 i)
{
	struct maple_range_64 *range = (void *)node;
	struct maple_arange_64 *arange = (void *)node;
	__u64 value = 0;

	if (type == ARANGE_64)
		bpf_probe_read_kernel(&value, sizeof(value),
				      __builtin_preserve_access_index(&arange->slot[0]) + i);
	else
		bpf_probe_read_kernel(&value, sizeof(value),
				      __builtin_preserve_access_index(&range->slot[0]) + i);
	return value;
}

/* What is at @address of the current process. False: the tree is not as we know it. */
__noinline int find_area(struct area *area, __u64 address)
{
	struct mm_struct *mm = plain_current()->mm;
	__u64 entry, node, max = ~0UL;

	if (!area || !mm)
		return 0;
	entry = (__u64)BPF_CORE_READ(mm, mm_mt.ma_root);
	for (int level = 0; level < TREE_LEVELS; level++) {
		__u32 type = entry >> 3 & 0xf, end, i;

		/* Of the root alone bit 1 says that it is a node. */
		if (entry & 1 || (!level && !(entry & 2)) || entry <= 4096 || type < LEAF_64 ||
		    type > ARANGE_64)
			return 0;
		node = entry & ~NODE_MASK;
		end = last_slot(node, type, max);
		for (i = 0; i < 15 && i < end; i++) {
			__u64 pivot = pivot_at(node, type, i);

			if (pivot >= address) {
				max = pivot;
				break;
			}
		}
		entry = slot_at(node, type, i);
		if (type == LEAF_64) {
			area->vma = entry;
			area->last = max;
			return 1;
		}
	}
	return 0;
}

static __always_inline bool is_data(__u64 flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

/* ---- what goes where a mapping is put over another -------------------------------------- */

#define AREAS_MAX (1 << 16) /* as many as a process has, by default */

struct overlap {
	__u64 from, end;   /* the place */
	__u64 total, data; /* pages that go */
	bool failed;
};

static long add_overlap(__u32 index, struct overlap *o)
{
	struct area area = {};
	__u64 pages;

	if (o->from >= o->end)
		return 1;
	if (!find_area(&area, o->from)) {
		o->failed = true;
		return 1;
	}
	if (area.last >= o->end)
		area.last = o->end - 1;
	pages = (area.last + 1 - o->from) >> PAGE_SHIFT;
	if (area.vma) {
		struct vm_area_struct *vma = (void *)area.vma;

		o->total += pages;
		if (is_data(BPF_CORE_READ(vma, vm_flags)))
			o->data += pages;
	}
	o->from = area.last + 1;
	return 0;
}

/* Takes what goes at @address from the growth of @m. */
__noinline int subtract_overlap(struct mapping *m, __u64 address)
{
	struct overlap o = { .from = address };

	if (!m)
		return 0;
	o.end = address + m->asked;
	bpf_loop(AREAS_MAX, add_overlap, &o, 0);
	if (o.failed)
		return 0;
	m->total -= o.total < m->total ? o.total : m->total;
	m->data -= o.data < m->data ? o.data : m->data;
	return 0;
}

/* ---- the system calls ----------------------------------------------------------------- */

static __always_inline __u64 huge_size_of(struct file *file)
{
	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != HUGETLBFS_MAGIC)
		return 0;
	return BPF_CORE_READ(file, f_inode, i_sb, s_blocksize);
}

/* The file behind a descriptor of the caller's. */
static __always_inline struct file *file_at(struct task_struct *task, __u32 fd)
{
	struct file **files = BPF_CORE_READ(task, files, fdt, fd);
	struct file *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

/* Huge pages round the length up. */
static __always_inline __u64 round_huge(struct task_struct *task, __u64 length, __u64 flags,
					__u32 fd)
{
	__u64 size = 0;
	__u32 shift;

	if (!(flags & MAP_ANONYMOUS)) {
		size = huge_size_of(file_at(task, fd));
	} else if (flags & MAP_HUGETLB) {
		shift = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
		size = 1UL << (shift ?: huge_page_shift);
	}
	return size ? (length + size - 1) & ~(size - 1) : length;
}

static __noinline void mapping_of_mmap(struct task_struct *task, struct arguments *args,
				       struct mapping *m)
{
	__u64 flags = args->at[3], type = flags & MAP_TYPE;

	m->asked = round_huge(task, page_align(args->at[1]), flags, args->at[4]);
	m->total = m->asked >> PAGE_SHIFT;
	if (args->at[2] & PROT_WRITE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE &&
	    !(flags & MAP_GROWSDOWN))
		m->data = m->total;
	m->over = !!(flags & MAP_FIXED);
}

static __always_inline void mapping_of_mremap(struct arguments *args, struct mapping *m,
					      __u64 address)
{
	__u64 old = page_align(args->at[1]), new = page_align(args->at[2]), flags = args->at[3];
	struct vm_area_struct *vma;
	struct area area = {};
	__u64 huge;

	if (!find_area(&area, args->at[0]) || !area.vma) {
		m->unknown = true;
		return;
	}
	vma = (void *)area.vma;
	if (BPF_CORE_READ(vma, vm_flags) & VM_HUGETLB) {
		huge = BPF_CORE_READ(vma, vm_file, f_inode, i_sb, s_blocksize);
		old = (old + huge - 1) & ~(huge - 1);
		new = (new + huge - 1) & ~(huge - 1);
	}
	if (flags & MREMAP_DONTUNMAP || !old)
		old = 0; /* what was there stays */
	if (new <= old)
		return;
	m->asked = new - old;
	m->total = m->asked >> PAGE_SHIFT;
	if (is_data(BPF_CORE_READ(vma, vm_flags)))
		m->data = m->total;
	m->again = flags & MREMAP_MAYMOVE && !(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) &&
		   address == BPF_CORE_READ(vma, vm_start);
}

/* fs/aio.c: ioctx_alloc() and aio_setup_ring(). */
static __always_inline void mapping_of_io_setup(struct arguments *args, struct mapping *m)
{
	__u64 events = (__u32)args->at[0];

	if (events < possible_cpus * 4)
		events = possible_cpus * 4;
	m->asked = page_align(32 + 32 * (2 * events + 2));
	m->total = m->asked >> PAGE_SHIFT;
}

/* What the current system call is about to map at @address; @attached: the size for shmat. */
__noinline int mapping_at(struct mapping *m, __u64 address, __u64 attached)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = plain_task_struct(task)->mm;
	struct arguments args = {};
	__u64 now;

	if (!m || !mm)
		return 0;
	read_arguments(task, &args);
	switch (args.call) {
	case CALL_MMAP:
		mapping_of_mmap(task, &args, m);
		return 0;
	case CALL_OLD_MMAP: /* its arguments are in memory */
		m->unknown = true;
		return 0;
	case CALL_BRK:
		now = page_align(mm->brk);
		if (page_align(args.at[0]) <= now)
			return 0;
		m->asked = page_align(args.at[0]) - now;
		m->total = m->data = m->asked >> PAGE_SHIFT;
		return 0;
	case CALL_MREMAP:
		mapping_of_mremap(&args, m, address);
		return 0;
	case CALL_SHMAT:
		m->asked = page_align(attached);
		m->total = m->asked >> PAGE_SHIFT;
		m->over = !!(args.at[2] & SHM_REMAP);
		return 0;
	case CALL_IO_SETUP:
		mapping_of_io_setup(&args, m);
		return 0;
	case CALL_SHADOW_STACK:
		m->asked = page_align(args.at[1]);
		m->total = m->asked >> PAGE_SHIFT;
		return 0;
	default:
		return 0;
	}
}

#endif
