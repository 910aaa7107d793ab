/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is an endpoint (address, port, protocol) on a list? An address matches by its prefixes: for
 * each length that the list has, the bitmap of the first look tells whether the address cut
 * to that length can be on it, and only then the hash of prefixes is asked. All lengths count,
 * not the longest: a wider prefix is not overruled by a narrower one.
 *
 * IPv4 is IPv4 in whatever form it comes: an IPv4-mapped IPv6 address is taken for what it
 * maps. An unspecified address stands for whichever address of this host the kernel likes;
 * only what allows all addresses allows it.
 */
#ifndef LSM_GUARD_ENDPOINT_BPF_H
#define LSM_GUARD_ENDPOINT_BPF_H

#include "verdict.bpf.h"

static __always_inline void set_ipv4(struct request *rq, __u32 address)
{
	rq->family = 4;
	rq->address[0] = (__u64)__builtin_bswap32(address) << 32;
	rq->address[1] = 0;
}

static __always_inline void set_ipv6(struct request *rq, const __u64 address[2])
{
	rq->family = 6;
	rq->address[0] = __builtin_bswap64(address[0]);
	rq->address[1] = __builtin_bswap64(address[1]);
	if (rq->address[0] || rq->address[1] >> 32 != 0xffff)
		return;
	rq->family = 4;
	rq->address[0] = rq->address[1] << 32;
	rq->address[1] = 0;
}

/* Is the request's port in the set? */
static __always_inline bool in_ports(__u32 set, struct request *rq)
{
	__u32 protocol, index;
	__u64 *word;

	if (set <= GUARD_PORTS_ALL)
		return set;
	if (rq->protocol == IPPROTO_TCP || rq->protocol == IPPROTO_MPTCP)
		protocol = GUARD_TCP;
	else if (rq->protocol == IPPROTO_UDP)
		protocol = GUARD_UDP;
	else
		return false;
	index = ((set - GUARD_PORTS_FIRST) * GUARD_PROTO + protocol) * GUARD_PORTS_WORDS +
		(rq->port >> 6);
	word = bpf_map_lookup_elem(&ports, &index);
	return word && *word >> (rq->port & 63) & 1;
}

/* The request's address, cut to the length. */
__noinline int in_prefix(struct request *rq, __u32 list, __u32 length)
{
	struct guard_prefix key = { .list = list };
	__u64 hash;
	__u32 *set;

	if (!rq || length > 128)
		return false;
	if (length >= 64) {
		key.address[0] = rq->address[0];
		if (length > 64)
			key.address[1] = rq->address[1] & ~0UL << (128 - length);
	} else if (length) {
		key.address[0] = rq->address[0] & ~0UL << (64 - length);
	}
	key.length = length | (rq->family == 4 ? GUARD_IPV4 : 0);
	hash = guard_hash(guard_prefix_ino(&key), guard_prefix_dev(&key));
	if (!test_bit(hash))
		return false;
	set = bpf_map_lookup_elem(&prefixes, &key);
	return set && in_ports(*set, rq);
}

/* One of so many lengths, from lengths[at] on. */
__noinline int any_length(struct request *rq, struct guard_endpoints *l, __u32 list, __u32 at,
			  __u32 n)
{
	for (__u32 i = 0; i < GUARD_LENGTHS_MAX; i++) {
		if (i >= n || !l)
			break;
		if (in_prefix(rq, list, l->lengths[(at + i) & 0xff]))
			return true;
	}
	return false;
}

/* Is what the request is about on the list of endpoints? */
__noinline int on_list(struct request *rq, __u32 list)
{
	struct guard_endpoints *l;
	__u32 n, at;

	if (!rq)
		return 0;
	l = bpf_map_lookup_elem(&endpoints, &list);
	if (!l)
		return 0;
	if (in_ports(l->everyone, rq))
		return 1;
	n = rq->family == 4 ? l->n4 : l->n6;
	at = rq->family == 4 ? 0 : GUARD_LENGTHS_IPV6;
	/* An unspecified address is in the prefix of all addresses only, the shortest. */
	if (!rq->address[0] && !rq->address[1])
		n = n && !l->lengths[at & 0xff];
	return any_length(rq, l, list, at, n);
}

/* One section's word on an endpoint; @what: 0 connect, 1 listen, 2 receive. */
static __always_inline int check_list(struct request *rq, struct guard_section *section, int what)
{
	if (on_list(rq, section->endpoints[what]))
		return 0;
	return refuse_rule(rq, section->rule, GUARD_CONNECT << what);
}

/*
 * The last peer that was allowed is allowed again without a look: lists do not change, and the
 * sections that bind a task do in its execve only. The task itself is all that writes it.
 */
static __always_inline __u64 rest_of(struct request *rq)
{
	return 1ULL << 63 | (__u64)rq->protocol << 32 | rq->family << 16 | rq->port;
}

static __always_inline bool is_last(struct request *rq, struct guard_subject *subject)
{
	return subject->last[0] == rq->address[0] && subject->last[1] == rq->address[1] &&
	       subject->last[2] == rest_of(rq);
}

/* The word of all sections that bind @subject, which is the current task's. */
__noinline int check_endpoint(struct request *rq, struct guard_subject *subject, __u32 what)
{
	if (!rq || !subject || what > 2)
		return 0;
	if (!what && is_last(rq, subject))
		return 0;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section;

		if (!subject->sections[i].section)
			break;
		section = section_with(subject, i, GUARD_CONNECT << what);
		if (section && check_list(rq, section, what))
			return -EPERM;
	}
	if (!what && !rq->rule) {
		subject->last[0] = rq->address[0];
		subject->last[1] = rq->address[1];
		subject->last[2] = rest_of(rq);
	}
	return 0;
}

#endif
