// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the ingress guard is compared with: an XDP program that does nothing, one that drops
 * everything, and one that reads a packet up to its ports, as the shortest code that is safe
 * does it, and decides nothing.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp.frags")
int xdp_null(struct xdp_md *xdp)
{
	(void)xdp;
	return XDP_PASS;
}

SEC("xdp.frags")
int xdp_drop(struct xdp_md *xdp)
{
	(void)xdp;
	return XDP_DROP;
}

const volatile struct {
	int send_to; /* an interface */
	__u32 batch; /* how many packets the kernel sends at once */
} settings;

/* Of batches: how long the shortest took, from its beginning to that of the next one. */
struct {
	__u64 began, shortest;
	__u32 packets, unused;
} sent;

/* Not on an interface: what it is given, it sends. */
SEC("xdp")
int xdp_send(struct xdp_md *xdp)
{
	__u64 now;

	(void)xdp;
	if (++sent.packets < settings.batch)
		return bpf_redirect(settings.send_to, 0);
	now = bpf_ktime_get_ns();
	if (sent.began && now - sent.began < sent.shortest)
		sent.shortest = now - sent.began;
	sent.began = now;
	sent.packets = 0;
	return bpf_redirect(settings.send_to, 0);
}

/* What was read is wanted, as far as the compiler can see. */
static __always_inline void want(__u64 value)
{
	asm volatile("" : : "r"(value));
}

struct tag {
	__be16 number, type;
};

static __always_inline int read_ports(__u8 protocol, const void *at, const void *end)
{
	const struct udphdr *h = at; /* TCP's ports are where UDP's are */

	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return XDP_PASS;
	if ((const void *)(h + 1) > end)
		return XDP_DROP;
	want(h->source);
	want(h->dest);
	return XDP_PASS;
}

static __always_inline int read_ipv4(const void *at, const void *end)
{
	const struct iphdr *ip = at;

	if ((const void *)(ip + 1) > end)
		return XDP_DROP;
	want(ip->saddr);
	want(ip->daddr);
	return read_ports(ip->protocol, at + ip->ihl * 4, end);
}

static __always_inline int read_ipv6(const void *at, const void *end)
{
	const struct ipv6hdr *ip = at;

	if ((const void *)(ip + 1) > end)
		return XDP_DROP;
	for (int i = 0; i < 4; i++) {
		want(ip->saddr.s6_addr32[i]);
		want(ip->daddr.s6_addr32[i]);
	}
	return read_ports(ip->nexthdr, ip + 1, end);
}

SEC("xdp.frags")
int xdp_parse(struct xdp_md *xdp)
{
	const void *at = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	const struct ethhdr *link = at;
	__be16 type;

	at = link + 1;
	if (at > end)
		return XDP_DROP;
	type = link->h_proto;
	if (type == bpf_htons(ETH_P_8021Q)) {
		const struct tag *tag = at;

		at = tag + 1;
		if (at > end)
			return XDP_DROP;
		type = tag->type;
	}
	if (type == bpf_htons(ETH_P_IP))
		return read_ipv4(at, end);
	if (type == bpf_htons(ETH_P_IPV6))
		return read_ipv6(at, end);
	return XDP_PASS;
}
