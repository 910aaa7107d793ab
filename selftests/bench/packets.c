// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a packet costs in the XDP program of the interface `inside`, in instructions that the
 * guest executed.
 *
 *	packets N OP...
 *
 * N is how many prefixes of the bench's list (prefixes.h) the policy has; "own-ports" before an
 * OP: from there on each of them with a port of its own. The program is run by
 * BPF_PROG_TEST_RUN, many times in one call, as on that interface: what a run costs is what
 * a call of many runs more takes, and the smallest of some such calls. A row that is about addresses
 * is the mean of some, evenly from all over the list.
 *
 * Each OP prints one line: "OP <tab> MEAN <tab> DEAREST". A packet that is not treated as
 * its row says ends the program.
 */
#include <errno.h>
#include <error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <netinet/in.h>
#include <x86intrin.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "flows.h"
#include "frames.h"
#include "prefixes.h"

#define INTERFACE "inside"
#define PEER_PORT 40000
#define RUNS	  300
#define CALLS	  9

/* Where a row's packets are from. */
enum source {
	LISTED,
	PORTLESS, /* from a prefix on the list, but to another port */
	UNLISTED,
	FLOW,	 /* unlisted too: replies */
	NOWHERE, /* the same packet whatever the list */
};

struct row {
	const char *name;
	enum source source;
	enum flow flow;
	bool is_ipv6;
	uint8_t protocol;
	unsigned int with; /* FRAME_* */
	uint32_t verdict;
};

static int program;	/* on the interface */
static uint64_t n_list; /* N */
static bool own_ports;

static uint64_t call(const struct row *row, const struct frame *frame, unsigned int runs)
{
	struct xdp_md xdp = { .data_end = frame->size,
			      .ingress_ifindex = if_nametoindex(INTERFACE) };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes, .data_size_in = frame->size,
		    .ctx_in = &xdp, .ctx_size_in = sizeof(xdp), .repeat = runs);
	uint64_t start, took;

	start = __rdtsc();
	if (bpf_prog_test_run_opts(program, &opts))
		error(1, errno, "%s: test run", row->name);
	took = __rdtsc() - start;
	if (opts.retval != row->verdict)
		error(1, 0, "%s: verdict %u", row->name, opts.retval);
	return took;
}

static uint64_t shortest_call(const struct row *row, const struct frame *frame, unsigned int runs)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < CALLS; i++) {
		uint64_t took = call(row, frame, runs);

		least = took < least ? took : least;
	}
	return least;
}

static double cost(const struct row *row, const struct frame *frame)
{
	uint64_t one = shortest_call(row, frame, 1);

	return (double)(shortest_call(row, frame, 1 + RUNS) - one) / RUNS;
}

static struct form form_of(const struct row *row, unsigned int i)
{
	struct form form = { .is_ipv6 = row->is_ipv6,
			     .protocol = row->protocol,
			     .from_port = PEER_PORT,
			     .to_port = LIST_PORT,
			     .with = row->with };
	uint64_t at;

	if (row->source == LISTED || row->source == PORTLESS) {
		at = listed_address(n_list, row->is_ipv6, i, form.from);
		if (own_ports)
			form.to_port = OWN_PORTS + at;
		if (row->source == PORTLESS)
			form.to_port++;
	} else if (row->source != NOWHERE) {
		unlisted_address(n_list, row->is_ipv6, i, form.from);
	}
	if (row->source == FLOW)
		open_flow(row->flow, &form);
	return form;
}

static void measure(const struct row *row)
{
	unsigned int n = row->source == NOWHERE ? 1 : ADDRESSES;
	double sum = 0, most = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct form form = form_of(row, i);
		struct frame frame = make_frame(&form);
		double took = cost(row, &frame);

		sum += took;
		most = took > most ? took : most;
	}
	printf("%s\t%.1f\t%.1f\n", row->name, sum / n, most);
	fflush(stdout);
}

#define TCP IPPROTO_TCP
#define UDP IPPROTO_UDP

static const struct row rows[] = {
	{ "tcp4", LISTED, 0, false, TCP, 0, XDP_PASS },
	{ "udp4", LISTED, 0, false, UDP, 0, XDP_PASS },
	{ "tcp6", LISTED, 0, true, TCP, 0, XDP_PASS },
	{ "udp6", LISTED, 0, true, UDP, 0, XDP_PASS },
	{ "tcp4-vlan", LISTED, 0, false, TCP, FRAME_TAG, XDP_PASS },
	{ "tcp4-options", LISTED, 0, false, TCP, FRAME_OPTIONS, XDP_PASS },
	{ "tcp6-extension", LISTED, 0, true, TCP, FRAME_EXTENSION, XDP_PASS },
	{ "arp", NOWHERE, 0, false, 0, FRAME_ARP, XDP_PASS },
	{ "tcp4-reply", FLOW, FLOW_TCP, false, TCP, 0, XDP_PASS },
	{ "tcp6-reply", FLOW, FLOW_TCP, true, TCP, 0, XDP_PASS },
	{ "udp4-reply-connected", FLOW, FLOW_CONNECTED, false, UDP, 0, XDP_PASS },
	{ "udp6-reply-connected", FLOW, FLOW_CONNECTED, true, UDP, 0, XDP_PASS },
	{ "udp4-reply-sent", FLOW, FLOW_SENT, false, UDP, 0, XDP_PASS },
	{ "udp6-reply-sent", FLOW, FLOW_SENT, true, UDP, 0, XDP_PASS },
	{ "tcp4-unlisted", UNLISTED, 0, false, TCP, 0, XDP_DROP },
	{ "udp4-unlisted", UNLISTED, 0, false, UDP, 0, XDP_DROP },
	{ "tcp6-unlisted", UNLISTED, 0, true, TCP, 0, XDP_DROP },
	{ "udp6-unlisted", UNLISTED, 0, true, UDP, 0, XDP_DROP },
	{ "tcp4-other-port", PORTLESS, 0, false, TCP, 0, XDP_DROP },
	{ "tcp4-malformed", NOWHERE, 0, false, TCP, FRAME_MALFORMED, XDP_DROP },
};

static const struct row *find(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	}
	error(2, 0, "%s: no such packet", name);
	abort();
}

/* The program on the interface, whoever put it there. */
static int attached_program(void)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	int fd;

	if (bpf_xdp_query(if_nametoindex(INTERFACE), 0, &opts) || !opts.prog_id)
		error(1, 0, INTERFACE " has no XDP program");
	fd = bpf_prog_get_fd_by_id(opts.prog_id);
	if (fd < 0)
		error(1, errno, "the XDP program of " INTERFACE);
	return fd;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		error(2, 0, "usage: packets N OP...");
	n_list = strtoul(argv[1], NULL, 10);
	program = attached_program();
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "own-ports"))
			own_ports = true;
		else
			measure(find(argv[i]));
	}
	return 0;
}
