// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lsm-guard prove does to interfaces: our program is asked, as it is attached, about a
 * packet that is not on the list. The packet is in memory only; nothing is sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../act.h"

#define PACKET_MAX 128

struct packet {
	unsigned char bytes[PACKET_MAX];
	size_t n;
};

/* ---- a packet that is not listed --------------------------------------------------- */

static const char *const senders[] = { "192.0.2.1",   "198.51.100.1", "203.0.113.1",
				       "2001:db8::1", "3fff::1",      NULL };

static void put(struct packet *p, const void *bytes, size_t n)
{
	memcpy(p->bytes + p->n, bytes, n);
	p->n += n;
}

static void put_link(struct packet *p, int family)
{
	struct ethhdr link = { .h_dest = { 2 }, .h_source = { 2, 0, 0, 0, 0, 1 } };

	link.h_proto = htons(family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	put(p, &link, sizeof(link));
}

/* To an address of the documentation's: no socket is there, so it is nobody's reply. */
static void put_ip(struct packet *p, const struct unlisted *from, int protocol, size_t more)
{
	struct ip6_hdr ip6 = { .ip6_vfc = 6 << 4, .ip6_hlim = 64, .ip6_nxt = protocol };
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = protocol };

	if (from->family == AF_INET) {
		ip.tot_len = htons(sizeof(ip) + more);
		memcpy(&ip.saddr, from->address, sizeof(ip.saddr));
		inet_pton(AF_INET, "198.51.100.254", &ip.daddr);
		put(p, &ip, sizeof(ip));
	} else {
		ip6.ip6_plen = htons(more);
		memcpy(&ip6.ip6_src, from->address, sizeof(ip6.ip6_src));
		inet_pton(AF_INET6, "2001:db8::ffff", &ip6.ip6_dst);
		put(p, &ip6, sizeof(ip6));
	}
}

static void put_ports(struct packet *p, const struct unlisted *from)
{
	struct tcphdr tcp = { .source = htons(1), .doff = 5, .syn = 1 };
	struct udphdr udp = { .source = htons(1), .len = htons(sizeof(udp)) };

	tcp.dest = udp.dest = htons(from->port);
	if (from->protocol == ENDPOINT_TCP) {
		put_ip(p, from, IPPROTO_TCP, sizeof(tcp));
		put(p, &tcp, sizeof(tcp));
	} else {
		put_ip(p, from, IPPROTO_UDP, sizeof(udp));
		put(p, &udp, sizeof(udp));
	}
}

static bool make_packet(const struct endpoint_list *list, bool bare, struct packet *p)
{
	struct unlisted from;

	*p = (struct packet){};
	if (!unlisted_find(list, senders, ENDPOINT_TCP, &from) &&
	    !unlisted_find(list, senders, ENDPOINT_UDP, &from))
		return false;
	if (!bare)
		put_link(p, from.family);
	put_ports(p, &from);
	while (p->n < ETH_ZLEN) /* what is shorter the kernel does not take for a frame */
		p->bytes[p->n++] = 0;
	return true;
}

/* ---- an interface -------------------------------------------------------------------- */

static __u64 dropped(int packets, __u32 number)
{
	__u32 index = number * GUARD_PACKET_OUTCOMES + GUARD_PACKET_DROP_UNLISTED;
	int cpus = libbpf_num_possible_cpus();
	__u64 *counts = calloc(cpus > 0 ? cpus : 1, sizeof(*counts)), sum = 0;

	if (!counts)
		abort();
	if (!bpf_map_lookup_elem(packets, &index, counts))
		for (int cpu = 0; cpu < cpus; cpu++)
			sum += counts[cpu];
	free(counts);
	return sum;
}

/* Is the program one of the guard's? */
static bool is_ours(const struct running *running, int program)
{
	__u32 ids[RUNNING_MAPS], size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = RUNNING_MAPS, .map_ids = (__u64)ids };

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return false;
	for (__u32 i = 0; i < info.nr_map_ids && i < RUNNING_MAPS; i++)
		if (ids[i] == running->id)
			return true;
	return false;
}

/* A descriptor of our program on it, or -1. */
static int program_on(const struct running *running, __u32 ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, on);
	__u32 id;
	int fd;

	if (bpf_xdp_query(ifindex, 0, &on))
		return -1;
	id = on.drv_prog_id ? on.drv_prog_id : on.skb_prog_id ? on.skb_prog_id : on.prog_id;
	fd = id ? bpf_prog_get_fd_by_id(id) : -1;
	if (fd >= 0 && !is_ours(running, fd)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* What the program says of the packet: XDP_*, or a negative errno. */
static int ask(int program, struct packet *p, __u32 ifindex)
{
	struct xdp_md context = { .data_end = p->n, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->bytes, .data_size_in = p->n,
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = 1);

	return bpf_prog_test_run_opts(program, &opts) ? -errno : (int)opts.retval;
}

static void try_interface(struct act *act, const struct guard_interface *is,
			  const struct endpoint_list *list, int packets)
{
	int program = program_on(act->running, is->ifindex), said;
	char name[IF_NAMESIZE] = "";
	struct packet packet;
	__u64 before;

	if (!if_indextoname(is->ifindex, name))
		return; /* it has gone */
	if (program < 0) {
		act_came_to(act, PROOF_NOT_ENFORCED, "%s: no program of lsm-guard is attached",
			    name);
		return;
	}
	if (!make_packet(list, is->flags & GUARD_INTERFACE_IP, &packet)) {
		act_came_to(act, PROOF_UNTESTABLE, "no packet was found that is not listed");
		goto out;
	}
	before = dropped(packets, is->number);
	said = ask(program, &packet, is->ifindex);
	if (said < 0)
		act_came_to(act, PROOF_UNTESTABLE, "%s: the program cannot be asked: %s", name,
			    strerror(-said));
	else if (dropped(packets, is->number) == before || (!act->audit && said != XDP_DROP))
		act_came_to(act, PROOF_NOT_ENFORCED, "%s: a packet was let through", name);
	else
		act_came_to(act, act->audit ? PROOF_AUDITING : PROOF_ENFORCED, "%s", "");
out:
	close(program);
}

void ingress_try(struct act *act)
{
	int interfaces = running_map(act->running, "interfaces");
	int packets = running_map(act->running, "packets");
	__u32 key, *last = NULL;

	for (size_t i = 0; i < act->plan->n_interfaces; i++) {
		const struct plan_interface *section = &act->plan->interfaces[i];
		struct guard_interface is;

		if (section->kernel.rule != act->rule)
			continue;
		while (!bpf_map_get_next_key(interfaces, last, &key)) {
			last = &key;
			if (!bpf_map_lookup_elem(interfaces, &key, &is) && is.rule == act->rule)
				try_interface(act, &is, &section->policy->accept, packets);
		}
	}
	act_came_to(act, PROOF_UNTESTABLE, "there is no such interface");
}
