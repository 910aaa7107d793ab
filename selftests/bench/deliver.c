// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a packet costs on its way from a veth pair's other end to a socket, or to where it is dropped,
 * in instructions that the guest executed, of the kernel on both sides.
 *
 *	deliver OBJECT N MODE OP...
 *
 * OBJECT is the bench's XDP programs, N is as in packets.c. MODE says what arrives: "open"
 * everything, "guarded" what is listed, "closed" nothing.
 *
 * A packet comes to the interface as to a network card's driver, in a page of its own and not yet
 * an sk_buff (wire-*: BPF_PROG_TEST_RUN sends live frames), or as the sk_buff of a sender in the
 * other network namespace (veth-*), which has to be copied for an XDP program. In both cases the
 * kernel handles it to its end within the system call that sends it: there is one processor. As
 * in bench.c, the smallest of many batches is the figure. Each OP prints one line: "OP <tab>
 * SMALLEST <tab> MEDIAN". A packet that does not end as MODE says ends the program.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "flows.h"
#include "prefixes.h"

#define BATCHES 51
#define WARM	10
#define RUN	32 /* live frames: so many at once */
#define RUNS	9
#define BYTES	64 /* of a connection, at a time */

enum mode { MODE_OPEN, MODE_GUARDED, MODE_CLOSED };

static const char *const modes[] = { "open", "guarded", "closed" };
static enum mode mode;
static uint64_t n_list;

static struct frame frames[ADDRESSES];
static int wire = -1, receiver = -1, sender = -1, sent = -1;
static struct sockets connection;

/* ---- what arrives ------------------------------------------------------------------- */

static void open_receiver(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(LIST_PORT) };
	int room = 1 << 22;

	receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (receiver < 0 || bind(receiver, (void *)&own, sizeof(own)) ||
	    setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		error(1, errno, "a socket to receive from");
}

/* Datagrams that reached this host and found no socket. */
static unsigned long unclaimed(void)
{
	FILE *f = fopen("/proc/net/snmp", "re");
	unsigned long n = 0;
	char line[512];

	if (!f)
		error(1, errno, "/proc/net/snmp");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "Udp: %*u %lu", &n);
	fclose(f);
	return n;
}

/* How many came to the interface since it was asked last. */
static unsigned long came(void)
{
	FILE *f = fopen("/sys/class/net/inside/statistics/rx_packets", "re");
	static unsigned long before;
	unsigned long now, n;

	if (!f || fscanf(f, "%lu", &now) != 1)
		error(1, errno, "the counter of inside");
	fclose(f);
	n = now - before;
	before = now;
	return n;
}

/* That none arrives where all are dropped would say nothing if none had been sent. */
static void expect(bool listed, unsigned int sent)
{
	unsigned int n = 0, all = mode == MODE_OPEN || (mode == MODE_GUARDED && listed) ? sent : 0;
	char byte;

	if (came() < sent)
		error(1, 0, "not all of %u packets came", sent);

	while (recv(receiver, &byte, 1, MSG_DONTWAIT) >= 0)
		n++;
	if (n != all)
		error(1, 0, "%u of %u packets arrived", n, sent);
}

/* Frames from ADDRESSES, for the receiver or for a port that nobody has. */
static void make_frames(bool listed, bool claimed)
{
	struct form form = { .protocol = IPPROTO_UDP,
			     .from_port = 40000,
			     .to_port = claimed ? LIST_PORT : LIST_PORT + 1 };

	for (unsigned int i = 0; i < ADDRESSES; i++) {
		if (listed)
			listed_address(n_list, false, i, form.from);
		else
			unlisted_address(n_list, false, i, form.from);
		frames[i] = make_frame(&form);
	}
}

/* ---- frames in pages ---------------------------------------------------------------- */

/* As in xdp.bpf.c. */
struct settings {
	int send_to;
	uint32_t batch;
};

struct sent {
	uint64_t began, shortest;
	uint32_t packets, unused;
};

static void load_sender(const char *file)
{
	struct bpf_object *obj = bpf_object__open_file(file, NULL);
	struct settings settings = { .batch = RUN };
	struct bpf_map *rodata, *bss;
	struct bpf_program *prog;

	if (!obj)
		error(1, errno, "%s", file);
	prog = bpf_object__find_program_by_name(obj, "xdp_send");
	rodata = bpf_object__find_map_by_name(obj, ".rodata");
	bss = bpf_object__find_map_by_name(obj, ".bss");
	enter(OUTSIDE);
	settings.send_to = if_nametoindex("outside");
	enter(INSIDE);
	if (!prog || !bss || bpf_map__set_initial_value(rodata, &settings, sizeof(settings)))
		error(1, 0, "%s: not as expected", file);
	if (bpf_object__load(obj))
		error(1, errno, "%s does not load", file);
	sender = bpf_program__fd(prog);
	sent = bpf_map__fd(bss);
}

/* So that the interface polls for packets as a network card's driver does. */
static void set_polling(bool on)
{
	struct ethtool_value value = { .cmd = ETHTOOL_SGRO, .data = on };
	struct ifreq device = { .ifr_name = "inside", .ifr_data = (void *)&value };

	if (ioctl(receiver, SIOCETHTOOL, &device))
		error(1, errno, "GRO of inside");
}

/*
 * The program that sends looks at the clock at the same packet of each batch; when it sees the
 * next one, the kernel is done with this one. (The call itself also waits for its pages.)
 */
static double send_run(const struct frame *frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes, .data_size_in = frame->size,
		    .repeat = RUN * RUNS, .batch_size = RUN, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	struct sent times = { .shortest = UINT64_MAX };
	uint32_t key = 0;

	if (bpf_map_update_elem(sent, &key, &times, 0) || bpf_prog_test_run_opts(sender, &opts) ||
	    bpf_map_lookup_elem(sent, &key, &times))
		error(1, errno, "live frames");
	return (double)times.shortest / RUN;
}

/* All addresses one after the other. */
static double send_pages(bool listed)
{
	double sum = 0;

	enter(OUTSIDE);
	for (unsigned int i = 0; i < ADDRESSES; i++) {
		sum += send_run(&frames[i]);
		expect(listed, RUN * RUNS);
	}
	enter(INSIDE);
	return sum / ADDRESSES;
}

/* ---- frames in sk_buffs ------------------------------------------------------------- */

static void open_wire(void)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	struct ifreq device = { .ifr_name = "outside" };

	wire = peer_socket(AF_PACKET, SOCK_RAW, 0);
	if (ioctl(wire, SIOCGIFINDEX, &device))
		error(1, errno, "outside");
	at.sll_ifindex = device.ifr_ifindex;
	if (bind(wire, (void *)&at, sizeof(at)))
		error(1, errno, "outside");
}

static double send_buffers(bool listed)
{
	uint64_t start = __rdtsc();

	for (unsigned int i = 0; i < ADDRESSES; i++)
		if (syscall(SYS_write, wire, frames[i].bytes, frames[i].size) != frames[i].size)
			error(1, errno, "a frame");
	start = __rdtsc() - start;
	expect(listed, ADDRESSES);
	return (double)start / ADDRESSES;
}

/* ---- an established connection ----------------------------------------------------- */

static void prepare_reply(void)
{
	struct form form = { 0 };

	if (mode == MODE_CLOSED)
		error(2, 0, "a connection needs its other end");
	unlisted_address(n_list, false, 0, form.from);
	connection = open_flow(FLOW_TCP, &form);
}

/* Sent by the peer, and read: a receiver whose room shrinks tells him so. */
static double send_reply(bool listed)
{
	char bytes[BYTES] = { 0 };
	uint64_t start = __rdtsc();

	(void)listed;
	if (syscall(SYS_write, connection.peer, bytes, BYTES) != BYTES ||
	    syscall(SYS_read, connection.own, bytes, BYTES) != BYTES)
		error(1, errno, "a reply");
	return __rdtsc() - start;
}

/* ------------------------------------------------------------------------------------ */

struct row {
	const char *name;
	bool listed, in_pages, unclaimed;
	double (*send)(bool listed); /* a batch: instructions for each packet */
	unsigned int batches;
};

static const struct row rows[] = {
	{ "wire-listed", true, true, false, send_pages, 1 },
	{ "wire-unlisted", false, true, false, send_pages, 1 },
	{ "wire-unlisted-no-socket", false, true, true, send_pages, 1 },
	{ "veth-listed", true, false, false, send_buffers, BATCHES },
	{ "veth-unlisted", false, false, false, send_buffers, BATCHES },
	{ "veth-reply", false, false, false, send_reply, BATCHES },
};

static const struct row *find(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	error(2, 0, "%s: no such operation", name);
	abort();
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct row *row)
{
	static double took[BATCHES];
	unsigned long passed = unclaimed();

	came();
	set_polling(row->in_pages);
	make_frames(row->listed, !row->unclaimed);
	if (row->send == send_reply)
		prepare_reply();
	for (int i = row->batches > 1 ? -WARM : 0; i < (int)row->batches; i++) {
		double each = row->send(row->listed);

		if (i >= 0)
			took[i] = each;
	}
	if (unclaimed() != passed)
		error(1, 0, "%s: packets came through", row->name);
	qsort(took, row->batches, sizeof(*took), by_size);
	printf("%s\t%.1f\t%.1f\n", row->name, took[0], took[row->batches / 2]);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		error(2, 0, "usage: deliver OBJECT N open|guarded|closed OP...");
	n_list = strtoul(argv[2], NULL, 10);
	while (strcmp(modes[mode], argv[3]))
		if (++mode > MODE_CLOSED)
			error(2, 0, "%s: no such mode", argv[3]);
	open_receiver();
	open_wire();
	load_sender(argv[1]);
	for (int i = 4; i < argc; i++)
		measure(find(argv[i]));
	set_polling(false);
	return 0;
}
