/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is an endpoint (address, port, protocol) on a list? An address matches by its prefixes: the
 * bucket that it lies in tells which lengths may be on the list there, and for each of them the
 * table of prefixes is asked for the address cut to that length. All lengths count, not the
 * longest: a wider prefix is not overruled by a narrower one. The tables never change.
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

/*
 * A port, and above it the protocol's GUARD_PORTS_TCP or _UDP, or nothing, as one number: what is
 * looked for on a list goes in registers.
 */
static __always_inline __u32 service(__u32 protocol, __u16 port)
{
	__u32 kind = protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP ? GUARD_PORTS_TCP
		     : protocol == IPPROTO_UDP				  ? GUARD_PORTS_UDP
									  : 0;

	return kind << 16 | port;
}

/* Is the service's port among them? */
static __always_inline bool in_ports(const struct guard_ports *ports, __u32 service)
{
	__u32 kind = service >> 16, port = service & 0xffff, index;
	__u64 *word;

	if (ports->set <= GUARD_PORTS_ALL)
		return ports->set;
	if (ports->set < GUARD_PORTS_FIRST)
		return ports->set & kind && port >= ports->first && port <= ports->last;
	if (!kind)
		return false;
	/* Only here: the compiler would work out the rest before each loop over prefixes. */
	asm volatile("" : "+r"(port));
	index = ((ports->set - GUARD_PORTS_FIRST) * GUARD_PROTO +
		 (kind == GUARD_PORTS_UDP ? GUARD_UDP : GUARD_TCP)) *
			GUARD_PORTS_WORDS +
		(port >> 6);
	word = bpf_map_lookup_elem(&port_sets, &index);
	return word && *word >> (port & 63) & 1;
}

/* The tables behind the bits: no map need be asked, the verifier knows their places. */
static __always_inline const struct guard_prefix *prefix_at(__u64 hash)
{
	return (void *)state.bits + prefixes_at +
	       (hash & prefixes_mask) * sizeof(struct guard_prefix);
}

static __always_inline bool is_prefix(const struct guard_prefix *p, __u32 tag, __u64 high,
				      __u64 low)
{
	return p->tag == tag && p->address[0] == high && p->address[1] == low;
}

/* Is the address, cut to the length, on the list with the service? */
static __always_inline bool in_prefix(__u64 high, __u64 all_low, __u32 service, __u32 list,
				      __u32 family, __u32 length)
{
	__u32 tag = guard_prefix_tag(list, family, length);
	const struct guard_prefix *p;
	__u64 low = 0, hash;

	if (family == GUARD_IPV4 || length < 64)
		high &= ~(~0UL >> (length & 63));
	else if (length > 64)
		low = all_low & ~0UL << (128 - length);
	hash = guard_prefix_hash(high, low, tag);
	p = prefix_at(hash);
	if (!is_prefix(p, tag, high, low)) {
		p = prefix_at(guard_prefix_other(hash));
		if (!is_prefix(p, tag, high, low))
			return false;
	}
	return in_ports(&p->ports, service);
}

/* The number of the lowest bit that is set: the processor's instruction for it BPF lacks. */
static const __u8 bit_numbers[64] = {
	0,  1,	56, 2,	57, 49, 28, 3,	61, 58, 42, 50, 38, 29, 17, 4,	62, 47, 59, 36, 45, 43,
	51, 22, 53, 39, 33, 30, 24, 18, 12, 5,	63, 55, 48, 27, 60, 41, 37, 16, 46, 35, 44, 21,
	52, 32, 23, 11, 54, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,	13, 8,	7,  6,
};

static __always_inline __u32 lowest_bit(__u64 word)
{
	return bit_numbers[(word & -word) * 0x03f79d71b4ca8b09ULL >> 58];
}

static __always_inline __u64 lengths_there(__u64 high, const struct guard_endpoints *l, __u32 list,
					   __u32 family)
{
	__u64 bucket = high >> bucket_shift[family];
	__u64 at = guard_bucket_hash(bucket, list, family) & buckets_mask;

	return *(__u64 *)((void *)state.bits + buckets_at + at * sizeof(__u64)) |
	       l->lengths[family];
}

static __always_inline const struct guard_endpoints *list_at(__u32 list)
{
	return (void *)state.bits + lists_at + (list & lists_mask) * sizeof(struct guard_endpoints);
}

/* An unspecified address is in no prefix but the one of all addresses. */
__noinline int on_list_ipv4(__u64 address, __u32 service, __u32 list)
{
	const struct guard_endpoints *l = list_at(list);
	__u64 lengths;
	__u32 n = 0;

	if (in_ports(&l->all[GUARD_IPV4], service))
		return true;
	lengths = address ? lengths_there(address, l, list, GUARD_IPV4) : 0;
	if (!lengths)
		return false;
	/* 6.1 takes no loop whose end runs into its beginning, without a jump ("back-edge"). */
	do {
		if (__builtin_expect(in_prefix(address, 0, service, list, GUARD_IPV4,
					       lowest_bit(lengths) + 1),
				     1))
			return true;
		lengths &= lengths - 1;
	} while (++n < lengths_max[GUARD_IPV4] && lengths);
	return false;
}

/* Two lengths have one bit. */
__noinline int on_list_ipv6(__u64 high, __u64 low, __u32 service, __u32 list)
{
	const struct guard_endpoints *l = list_at(list);
	__u64 lengths;
	__u32 n = 0;

	if (in_ports(&l->all[GUARD_IPV6], service))
		return true;
	lengths = high | low ? lengths_there(high, l, list, GUARD_IPV6) : 0;
	if (!lengths)
		return false;
	do {
		__u32 length = 2 * lowest_bit(lengths) + 1;

		if (__builtin_expect(in_prefix(high, low, service, list, GUARD_IPV6, length), 1) ||
		    __builtin_expect(in_prefix(high, low, service, list, GUARD_IPV6, length + 1),
				     1))
			return true;
		lengths &= lengths - 1;
	} while (++n < lengths_max[GUARD_IPV6] && lengths);
	return false;
}

static __always_inline bool is_listed(__u8 family, const __u64 address[2], __u32 service,
				      __u32 list)
{
	return family == 4 ? on_list_ipv4(address[0], service, list)
			   : on_list_ipv6(address[0], address[1], service, list);
}

/* Is what the request is about on the list of endpoints? */
static __always_inline bool on_list(struct request *rq, __u32 list)
{
	return is_listed(rq->family, rq->address, service(rq->protocol, rq->port), list);
}

/* One section's word on an endpoint; @what: 0 connect, 1 listen, 2 receive. */
static __always_inline int check_list(struct request *rq, struct guard_section *section, int what)
{
	if (!on_list(rq, section->endpoints[what]))
		return refuse_rule(rq, section->rule, GUARD_CONNECT << what);
	count_allowed(section->rule);
	return 0;
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

/* What all sections with the key have allowed before. */
static __always_inline void count_again(struct guard_subject *subject, __u32 key)
{
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section;

		if (!subject->sections[i].section)
			break;
		section = section_with(subject, i, key);
		if (section)
			count_allowed(section->rule);
	}
}

/* The word of all sections that bind @subject, which is the current task's. */
__noinline int check_endpoint(struct request *rq, struct guard_subject *subject, __u32 what)
{
	if (!rq || !subject || what > 2)
		return 0;
	if (!what && is_last(rq, subject)) {
		count_again(subject, GUARD_CONNECT);
		return 0;
	}
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
