// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens that lead elsewhere: at the entry of open, openat, openat2 and creat the path is written
 * over, in the memory of who calls, so that the kernel opens a decoy; at the call's end what was
 * there is put back, and told.
 *
 * This is no guard. The path is a text in memory that others may write to, and only one of many
 * ways to name a file: relative paths, symlinks, another spelling, io_uring and handles are not
 * seen here, memory that cannot be written is not written, and a thread may put its path back
 * before the kernel reads it. Whatever slips by meets the hook of file_open, which refuses it, or
 * under --fallback reports it or kills.
 */
#include "../object.bpf.h"
#include "../mapping.bpf.h"

struct open_call {
	__u64 path;  /* in the caller's memory */
	__u64 flags; /* as open(2) has them */
	__u64 how;   /* openat2's struct, in the caller's memory; or 0 */
};

enum open_how { OPEN_NONE, OPEN_FLAGS, OPEN_AT, OPEN_AT2, OPEN_CREAT };

static __always_inline enum open_how open_64(__u32 number)
{
	switch (number & ~0x40000000u) { /* the bit of x32 */
	case 2:
		return OPEN_FLAGS;
	case 85:
		return OPEN_CREAT;
	case 257:
		return OPEN_AT;
	case 437:
		return OPEN_AT2;
	}
	return OPEN_NONE;
}

static __always_inline enum open_how open_32(__u32 number)
{
	switch (number) {
	case 5:
		return OPEN_FLAGS;
	case 8:
		return OPEN_CREAT;
	case 295:
		return OPEN_AT;
	case 437:
		return OPEN_AT2;
	}
	return OPEN_NONE;
}

static __always_inline enum open_how is_open(struct task_struct *task, __u32 number)
{
	return task->thread_info.status & TS_COMPAT ? open_32(number) : open_64(number);
}

/* As openat2(2) has them. */
struct openat2_how {
	__u64 flags;
	__u64 mode;
	__u64 resolve;
};

static __always_inline void read_how(struct open_call *call, __u64 at)
{
	struct openat2_how how;

	call->how = at;
	call->flags = O_PATH; /* what cannot be read here the kernel will not read either */
	if (bpf_probe_read_user(&how, sizeof(how), (void *)at))
		return;
	/* Then a path that begins with a slash does not begin at the root. */
	if (!(how.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)))
		call->flags = how.flags;
}

static __always_inline void read_open(struct task_struct *task, enum open_how how,
				      struct open_call *call)
{
	struct arguments args = {};
	__u32 at = how == OPEN_AT || how == OPEN_AT2;

	read_arguments(task, &args);
	call->path = at ? args.at[1] : args.at[0];
	call->flags = at ? args.at[2] : args.at[1];
	if (how == OPEN_CREAT)
		call->flags = O_CREAT | O_WRONLY | O_TRUNC;
	if (how == OPEN_AT2)
		read_how(call, args.at[2]);
}

static __always_inline __u32 access_asked(__u64 flags)
{
	__u32 mode = flags & O_ACCMODE;

	/* O_TMPFILE makes a file in whatever directory it is led to. */
	if (flags & (O_PATH | O_TMPFILE))
		return 0;
	return (mode == O_RDONLY   ? GUARD_READ
		: mode == O_WRONLY ? 0
				   : GUARD_READ) |
	       (mode != O_RDONLY || flags & O_TRUNC ? GUARD_WRITE : 0);
}

/* ---- whose path it is --------------------------------------------------------------- */

struct text_walk {
	struct request *rq;
	const char *text; /* of GUARD_TEXT_MAX bytes */
	__u64 hash;
	__u32 n; /* bytes, without the last one */
	__u32 rule;
};

/* A rule that leads elsewhere and is against this. */
static __always_inline __u32 redirecting(struct request *rq, struct guard_object *object)
{
	for (int i = 0; i < GUARD_RULES_PER_OBJECT; i++) {
		__u32 id = object->rules[i];
		struct guard_rule *rule = id ? bpf_map_lookup_elem(&rules, &id) : NULL;

		if (rule && !(rq->access & ~rule->redirect) &&
		    refused_by(rule, rq->access, requester(rq)))
			return id;
	}
	return GUARD_NO_RULE;
}

__noinline __u32 redirecting_path(struct request *rq, __u64 hash)
{
	struct guard_object *object = bpf_map_lookup_elem(&paths, &hash);

	return rq && object ? redirecting(rq, object) : GUARD_NO_RULE;
}

static long walk_text(__u32 i, struct text_walk *walk)
{
	char c;

	if (i >= walk->n)
		return 1;
	c = walk->text[i & (GUARD_TEXT_MAX - 1)];
	walk->hash = guard_text_mix(walk->hash, c);
	if (c == '/')
		walk->rule = redirecting_path(walk->rq, walk->hash);
	return walk->rule ? 1 : 0;
}

/* @n: bytes of the path, without the last one. */
static __always_inline __u32 rule_of_text(struct request *rq, const char *text, __u32 n)
{
	struct text_walk walk = { .rq = rq, .text = text, .hash = GUARD_TEXT_SEED, .n = n };

	bpf_loop(GUARD_TEXT_MAX, walk_text, &walk, 0);
	return walk.rule ?: redirecting_path(rq, walk.hash);
}

/* ---- writing over -------------------------------------------------------------------- */

static __always_inline bool is_inode(struct inode *inode, struct guard_decoy *decoy)
{
	return BPF_CORE_READ(inode, i_ino) == decoy->id.ino &&
	       BPF_CORE_READ(inode, i_sb, s_dev) == decoy->id.dev;
}

/* Below another root the same path is another file, and a decoy is not there. */
static __always_inline bool has_our_root(struct task_struct *task)
{
	__u32 key = GUARD_DECOY_ROOT;
	struct guard_decoy *root = bpf_map_lookup_elem(&decoys, &key);

	return root && is_inode(BPF_CORE_READ(task, fs, root.dentry, d_inode), root);
}

/*
 * What is told and put back at the call's end. False: it stays as it is. A longer path takes what
 * lies behind the caller's for a while: nobody else must have that memory, nor must openat2's struct
 * lie there, which is still to be read.
 */
static __always_inline bool lead_away(struct task_struct *task, struct guard_redirect *r,
				      __u32 bytes, __u64 how)
{
	__u64 key = address_of(task);
	struct guard_decoy *to;
	__u32 n;

	/* A write must not reach the decoy. */
	r->decoy = r->access & GUARD_WRITE ? GUARD_DECOY_ROOT : r->rule;
	to = bpf_map_lookup_elem(&decoys, &r->decoy);
	if (!to) {
		r->decoy = GUARD_NO_RULE;
		to = bpf_map_lookup_elem(&decoys, &r->decoy);
	}
	if (!to)
		return false;
	n = to->bytes;
	if (n > bytes && (task->mm->mm_users.counter != 1 || (how >= r->at && how < r->at + n)))
		return false;
	/* Two branches on the register itself, or the verifier does not see the bounds. */
	asm volatile("" : "+r"(n));
	if (n < sizeof("/"))
		return false;
	asm volatile("" : "+r"(n));
	if (n > GUARD_TEXT_MAX)
		return false;
	r->bytes = n;
	if (bpf_probe_read_user(r->was, n, (void *)r->at) ||
	    bpf_map_update_elem(&redirects, &key, r, BPF_ANY))
		return false;
	if (!bpf_probe_write_user((void *)r->at, to->path, n))
		return true;
	/* Its first page may have taken what its second one did not. */
	bpf_probe_write_user((void *)r->at, r->was, n);
	bpf_map_delete_elem(&redirects, &key);
	return false;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(redirect_enter, struct pt_regs *regs, long number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	enum open_how how = is_open(task, number);
	struct open_call call = {};
	struct guard_redirect *r;
	struct request rq = {};
	__u32 zero = 0;
	long n;

	if (how == OPEN_NONE || !task->mm)
		return 0;
	read_open(task, how, &call);
	rq.access = access_asked(call.flags);
	r = bpf_map_lookup_elem(&redirect_now, &zero);
	if (!r || !rq.access)
		return 0;
	n = bpf_probe_read_user_str(r->asked, sizeof(r->asked), (void *)call.path);
	if (n <= 1 || n >= GUARD_TEXT_MAX || r->asked[0] != '/' || is_idle() || is_heir(&rq))
		return 0;
	r->rule = rule_of_text(&rq, r->asked, n - 1);
	if (!r->rule || !has_our_root(task))
		return 0;
	r->at = call.path;
	r->access = rq.access;
	lead_away(task, r, n, call.how);
	return 0;
}

/* ---- the call's end ---------------------------------------------------------------------- */

/* Did it open the file that it was led to? A write was led to where none is possible. */
static __always_inline bool was_led(struct task_struct *task, struct guard_redirect *r, long result)
{
	struct guard_decoy *to = bpf_map_lookup_elem(&decoys, &r->decoy);
	struct file *file;

	if (r->access & GUARD_WRITE)
		return result == -EISDIR || result == -EEXIST;
	if (!to || result < 0)
		return false;
	file = file_at(task, result);
	return is_inode(BPF_CORE_READ(file, f_inode), to);
}

static __always_inline void tell_led(struct guard_redirect *r)
{
	struct request rq = {
		.rule = r->rule,
		.refused = r->access,
		.hook = GUARD_HOOK_sys_enter,
		.denied = r->decoy == r->rule ? GUARD_DECOY : GUARD_REDIRECTED,
	};
	struct guard_event *event = begin_event(&rq);
	long n;

	if (!event)
		return;
	n = bpf_probe_read_kernel_str(event->object.names, GUARD_TEXT_MAX, r->asked);
	event->object.text = 1;
	event->object.complete = 0;
	event->object.dev = 0;
	event->object.bytes = n > 0 ? n : 0;
	record_current(event);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void put_back(struct guard_redirect *r)
{
	__u32 n = r->bytes;

	asm volatile("" : "+r"(n));
	if (n < sizeof("/"))
		return;
	asm volatile("" : "+r"(n));
	if (n <= GUARD_TEXT_MAX)
		bpf_probe_write_user((void *)r->at, r->was, n);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(redirect_exit, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *now = (void *)bpf_task_pt_regs(task);
	enum open_how how = is_open(task, now->orig_ax);
	__u64 key = address_of(task);
	struct open_call call = {};
	struct guard_redirect *r;

	if (how == OPEN_NONE)
		return 0;
	r = bpf_map_lookup_elem(&redirects, &key);
	if (!r)
		return 0;
	read_open(task, how, &call);
	/* Else it is of a call whose end nobody saw, perhaps of another task. */
	if (r->at == call.path) {
		put_back(r);
		if (was_led(task, r, result))
			tell_led(r);
	}
	bpf_map_delete_elem(&redirects, &key);
	return 0;
}
