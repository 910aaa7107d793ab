/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that turns (subject, object, access) into a verdict: ask every rule, report
 * once, return 0 or -EPERM.
 */
#ifndef LSM_GUARD_VERDICT_BPF_H
#define LSM_GUARD_VERDICT_BPF_H

#include "subject.bpf.h"

/*
 * Does another guard hold in our place? One that was to be confirmed and was not in time lets
 * go, and then the one before it, which was suspended, holds again.
 */
static __always_inline bool is_idle(void)
{
	__u64 deadline = state.deadline, suspended = state.suspended, now;

	if (!(deadline | suspended))
		return false;
	now = bpf_ktime_get_boot_ns();
	return (deadline && now >= deadline) || now < suspended;
}

/*
 * Rule @id was asked, and allows; while another guard holds in our place that one counts. A packet
 * may come in between on the same processor: so that none is lost it is added in one piece.
 */
static __always_inline void count_allowed(__u32 id)
{
	__u32 key = id;
	__u64 *n = is_idle() ? NULL : bpf_map_lookup_elem(&allowed, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* Is @program on @list? List 0 is empty, and so is program 0 on every list. */
static __always_inline bool listed(__u32 list, __u32 program)
{
	__u32 index = list * list_words + (program >> 6);
	__u64 *word;

	if (!program)
		return false;
	word = bpf_map_lookup_elem(&lists, &index);
	return word && (*word >> (program & 63) & 1);
}

/* The bits of @access that a rule refuses to @program. */
static __always_inline __u32 refused_by(struct guard_rule *rule, __u32 access, __u32 program)
{
	__u32 refused = 0;

	access &= rule->closed;
	for (int verb = 0; verb < GUARD_VERBS; verb++)
		if (access >> verb & 1 && !listed(rule->lists[verb], program))
			refused |= 1u << verb;
	return refused;
}

/* Notes that rule @id refuses. -EPERM ends the checks; what only audits lets them go on. */
static __always_inline int refuse(struct request *rq, struct guard_rule *rule, __u32 id,
				  __u32 refused)
{
	if (!rq->rule || !rule->audit) {
		rq->rule = id;
		rq->refused = refused;
		rq->refused_object = rq->object;
	}
	if (rule->audit)
		return 0;
	rq->denied = GUARD_DENIED;
	return -EPERM;
}

/* Denies for a fault of ours, without a rule to name; nobody is killed for it. */
static __always_inline int refuse_fault(struct request *rq, enum guard_fault fault)
{
	count_fault(fault);
	if (!fallback)
		rq->denied = GUARD_DENIED;
	return -EPERM;
}

/* As refuse(), by the rule's number alone. */
static __always_inline int refuse_rule(struct request *rq, __u32 id, __u32 refused)
{
	struct guard_rule *rule = bpf_map_lookup_elem(&rules, &id);

	return rule ? refuse(rq, rule, id, refused) : refuse_fault(rq, GUARD_FAULT_RULE);
}

/* One rule's word on a request. */
__noinline int decide(struct request *rq, __u32 id)
{
	struct guard_rule *rule;
	__u32 refused;

	if (!rq)
		return -EPERM;
	rule = bpf_map_lookup_elem(&rules, &id);
	if (!rule || !rule->kind)
		return refuse_fault(rq, GUARD_FAULT_RULE);
	if (!(rq->access & rule->closed))
		return 0;
	refused = refused_by(rule, rq->access, requester(rq));
	if (refused)
		return refuse(rq, rule, id, refused);
	count_allowed(id);
	return 0;
}

/* All rules of an object or a name must allow. */
static __always_inline int decide_all(struct request *rq, struct guard_object *object)
{
	for (int i = 0; i < GUARD_RULES_PER_OBJECT; i++) {
		if (!object->rules[i])
			break;
		if (decide(rq, object->rules[i]))
			return -EPERM;
	}
	return 0;
}

/*
 * What nobody but an updater may do, reported under rule @id whatever that rule says
 * of the access itself: replace what leads to a protected path, trace a trusted program.
 */
__noinline int decide_reserved(struct request *rq, __u32 id, __u32 list)
{
	struct guard_rule *rule;

	if (!rq)
		return -EPERM;
	rule = bpf_map_lookup_elem(&rules, &id);
	if (!rule || !rule->kind)
		return refuse_fault(rq, GUARD_FAULT_RULE);
	if (!listed(list, requester(rq)))
		return refuse(rq, rule, id, rq->access);
	count_allowed(id);
	return 0;
}

/*
 * A reload: who makes the next guard has to see what is below protected directories, and which
 * files they are; the loader that root runs says so, and for how long at most.
 */
static __always_inline bool is_heir(const struct request *rq)
{
	return state.heir && rq->access == GUARD_READ &&
	       bpf_get_current_pid_tgid() >> 32 == state.heir &&
	       bpf_ktime_get_boot_ns() < state.heir_until;
}

/*
 * Without BPF LSM the same programs stand at the entries of the functions that would have
 * called the hooks (security_file_open for file_open): what they see will be done. Who does it
 * can be killed; a fork is undone by that, the rest is not. Of a packet that arrives nobody is to
 * blame, and for a fault of ours nobody is killed; nor is the loader's own child.
 */
__noinline int may_kill(struct request *rq)
{
	struct guard_rule *rule;
	__u32 id;

	if (!rq || !rq->rule || rq->nobody)
		return false;
	id = rq->rule;
	rule = bpf_map_lookup_elem(&rules, &id);
	return rule && rule->kind != GUARD_RULE_CANARY;
}

static __always_inline void seen(struct request *rq)
{
	if (rq->denied)
		rq->denied =
			may_kill(rq) && !bpf_send_signal(SIGKILL) ? GUARD_KILLED : GUARD_WOULD_DENY;
	if (rq->rule)
		report(rq);
}

/*
 * What the checks came to: the last step of every hook. The branch must stay one: 6.12
 * wants to see that no other value than 0 or -EPERM can be returned.
 */
static __always_inline int verdict(struct request *rq)
{
	int result = 0;

	if (!(rq->rule | rq->denied) || is_idle() || is_heir(rq))
		return 0;
	if (fallback) {
		seen(rq);
		return 0;
	}
	if (rq->rule)
		report(rq);
	if (rq->denied) {
		result = -EPERM;
		asm volatile("" : "+r"(result));
	}
	return result;
}

#endif
