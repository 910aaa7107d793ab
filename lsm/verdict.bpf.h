/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that turns (subject, object, access) into a verdict: ask every rule, report
 * once, return 0 or -EPERM.
 */
#ifndef LSM_GUARD_VERDICT_BPF_H
#define LSM_GUARD_VERDICT_BPF_H

#include "subject.bpf.h"

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
	rq->denied = 1;
	return -EPERM;
}

/* Denies for a fault of ours: no rule to name. */
static __always_inline int refuse_fault(struct request *rq, enum guard_fault fault)
{
	count_fault(fault);
	rq->denied = 1;
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
	if (!refused)
		return 0;
	return refuse(rq, rule, id, refused);
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
	if (listed(list, requester(rq)))
		return 0;
	return refuse(rq, rule, id, rq->access);
}

/*
 * What the checks came to: the last step of every hook. The branch must stay one: 6.12
 * wants to see that no other value than 0 or -EPERM can be returned.
 */
static __always_inline int verdict(struct request *rq)
{
	int result = 0;

	if (rq->rule)
		report(rq);
	if (rq->denied) {
		result = -EPERM;
		asm volatile("" : "+r"(result));
	}
	return result;
}

#endif
