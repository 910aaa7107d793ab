// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ingress guard's two layers agree: what the XDP program of a running ./lsm-guard makes of a
 * packet (here the reference decision: that both are the same is checked along with it), the
 * second layer makes of it, too, from the IP header on. That is socket_sock_rcv_skb, where a
 * packet is an address in the kernel; its decision is run by a program of the test's own
 * (ingress_layer.bpf.c), which has the guard's code and the running guard's maps.
 */
#include "kselftest_harness.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/ingress_layer.h"
#include "lib/ingress_sockets.h"

#define OBJECT	     "build/selftests/ingress_layer.bpf.o"
#define MAPS_MAX     64
#define SHOWN	     20
#define BIT(section) (1u << (section))

static struct ingress x;
static struct corpus corpus;
static struct ingress_layer ask;
static struct bpf_object *object;
static int program;
static unsigned int sections;
static bool by_pieces; /* what follows the headers is not at hand */
static uint64_t asked, wrong;

/* ---- the program ------------------------------------------------------------------ */

/* "lsm_guar.rodata" and "ingress_.rodata" are the same to us; .bss is named by the loader. */
static bool is_same(const char *ours, const char *running)
{
	const char *a = strchr(ours, '.'), *b = strchr(running, '.');

	if (a && !strcmp(a, ".bss"))
		return !strcmp(running, "lsm_guard_state");
	return a && b ? !strcmp(a, b) : !strncmp(ours, running, BPF_OBJ_NAME_LEN - 1);
}

/* The maps that the guard's XDP program uses; the rest our program can do without. */
static bool take_maps(void)
{
	uint32_t ids[MAPS_MAX];
	struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX, .map_ids = (uint64_t)ids };
	uint32_t bytes = sizeof(info);
	struct bpf_map *map;

	if (bpf_obj_get_info_by_fd(x.program, &info, &bytes))
		return false;
	bpf_object__for_each_map(map, object) bpf_map__set_autocreate(map, false);
	for (uint32_t i = 0; i < info.nr_map_ids; i++) {
		struct bpf_map_info map_info = { 0 };
		int fd = bpf_map_get_fd_by_id(ids[i]);

		bytes = sizeof(map_info);
		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &map_info, &bytes))
			return false;
		bpf_object__for_each_map(
			map, object) if (is_same(bpf_map__name(map), map_info.name) &&
					 (bpf_map__reuse_fd(map, fd) ||
					  bpf_map__set_autocreate(map, true))) return false;
		close(fd);
	}
	return true;
}

static int show_errors(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_WARN ? vprintf(fmt, ap) : 0;
}

FIXTURE(layers){};

FIXTURE_SETUP(layers)
{
	ASSERT_TRUE(ingress_start(&x));
	libbpf_set_print(show_errors);
	object = bpf_object__open_file(OBJECT, NULL);
	ASSERT_NE(NULL, object);
	ASSERT_TRUE(take_maps());
	ASSERT_EQ(0, bpf_object__load(object));
	program = bpf_program__fd(bpf_object__find_program_by_name(object, "ingress_layer"));
	ASSERT_LE(0, program);
}

FIXTURE_TEARDOWN(layers)
{
	ingress_sockets_close();
	bpf_object__close(object);
	ingress_stop(&x);
}

/* ---- asking both ------------------------------------------------------------------ */

/* Where the IP header is, when the kernel would get there: behind at most two tags. */
static bool find_network(const uint8_t *frame, size_t n)
{
	size_t at = 12;

	for (int tags = 0; at + 2 <= n; tags++, at += 4) {
		uint16_t type = packet_get16(frame + at);

		ask.network = at + 2;
		memcpy(&ask.type, frame + at, 2);
		if (type == 0x0800 || type == 0x86dd)
			return true;
		if ((type != 0x8100 && type != 0x88a8) || tags == 2)
			return false;
	}
	return false;
}

/*
 * A datagram that is shorter than it says never gets to a socket, so what was cut says its new
 * length. A length of 0 is one beyond 64 KiB at the socket, for the kernel drops what comes in
 * from outside with it (IPv4), or has cut the packet to it (IPv6): false.
 */
static bool make_whole(struct packet *p)
{
	bool is_ipv4 = p->bytes[ask.network - 2] == 0x08;
	size_t at = ask.network + (is_ipv4 ? 2 : 4), before = is_ipv4 ? 0 : 40, length;

	if (ask.network + before > p->n || at + 2 > p->n)
		return true;
	length = packet_get16(p->bytes + at);
	if (length && ask.network + before + length > p->n) {
		length = p->n - ask.network - before;
		packet_put16(p->bytes + at, (uint16_t)length);
	}
	return length;
}

/* Bytes that are not at hand are not even given; behind them stands what was there before. */
static enum guard_outcome second_layer(size_t section, const struct packet *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ask);

	ask.ifindex = x.index[section];
	ask.n = p->n;
	ask.linear = by_pieces && p->n > p->transport + 20 ? p->transport + 20 : p->n;
	ask.outcome = REFERENCE_OUTCOMES;
	memcpy(ask.frame, p->bytes, ask.linear);
	opts.ctx_size_in = offsetof(struct ingress_layer, frame) + ask.linear + INGRESS_LAYER_REST;
	if (bpf_prog_test_run_opts(program, &opts) || opts.retval)
		return REFERENCE_OUTCOMES;
	return ask.outcome;
}

static void compare(size_t section, const struct packet *p, const char *what)
{
	struct reference_answer first;
	enum guard_outcome second;
	struct packet whole = *p;

	ingress_packet(&x, section, p->bytes, p->n, what);
	if (p->n > INGRESS_LAYER_FRAME || !find_network(p->bytes, p->n) || !make_whole(&whole))
		return;
	first = reference_decide(&x.reference, section, whole.bytes, whole.n, ingress_now());
	second = second_layer(section, &whole);
	asked++;
	/* These the socket would have been asked for. */
	if (first.outcome == GUARD_PACKET_REPLY && (ask.protocol == TCP || ask.protocol == UDP))
		first.outcome = GUARD_PACKET_DROP_UNLISTED;
	if (first.outcome == second || wrong++ >= SHOWN)
		return;
	printf("# %s on %s: the second layer says %s, the first %s\n", what,
	       ingress_sections[section].interface, reference_name(second),
	       reference_name(first.outcome));
	ingress_hex(whole.bytes, whole.n);
}

static void take(void *arg, const struct packet *p, const char *what)
{
	(void)arg;
	for (size_t i = 0; i < IN_SECTIONS; i++)
		if (sections & BIT(i))
			compare(i, p, what);
}

static struct corpus *begin(unsigned int on)
{
	sections = on;
	corpus.take = take;
	return &corpus;
}

/* How many they disagreed about; at least @least were asked. */
static uint64_t end(uint64_t least)
{
	printf("# %lu packets, of %lu\n", (unsigned long)asked, (unsigned long)x.tried);
	return ingress_flush(&x) + wrong + (asked < least);
}

TEST_F_TIMEOUT(layers, agree, 900)
{
	corpus_headers(begin(BIT(IN_LIST) | BIT(IN_ICMP) | BIT(IN_AUDIT)));
	corpus_truncated(begin(BIT(IN_ANY)));
	corpus_fields(begin(BIT(IN_LIST)));
	corpus_fragments(begin(BIT(IN_LIST)));
	corpus_large(begin(BIT(IN_LIST)));
	ASSERT_TRUE(ingress_sockets_open(&x, false));
	corpus_replies(begin(BIT(IN_LIST)), &x.reference);
	EXPECT_EQ(0, end(200000));
}

/* The kernel has the headers in one piece, and the rest elsewhere. */
TEST_F_TIMEOUT(layers, agree_on_pieces, 900)
{
	by_pieces = true;
	corpus_headers(begin(BIT(IN_LIST) | BIT(IN_ICMP)));
	corpus_fragments(begin(BIT(IN_LIST)));
	corpus_large(begin(BIT(IN_LIST) | BIT(IN_ICMP)));
	EXPECT_EQ(0, end(40000));
}

TEST_HARNESS_MAIN
