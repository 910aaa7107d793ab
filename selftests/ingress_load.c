// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts of lsm-guard with interface sections: what it refuses, and says why; long lists from
 * files; audit by option; interface sections beside program sections.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sys/syscall.h>

#include "lib/ingress_table.h"
#include "lib/net.h"

#define CONF "/tmp/lsm-guard-load.conf"
#define LIST "/tmp/lsm-guard-load.list"
#define PIN  "/sys/fs/bpf/lsm-guard-load"

FIXTURE(load)
{
	struct table table;
	struct guard g;
	struct job server;
};

FIXTURE_SETUP(load)
{
	self->g.pid = 0;
	self->server.pid = 0;
	ASSERT_TRUE(wires_make());
	ASSERT_TRUE(table_make(&self->table));
}

FIXTURE_TEARDOWN(load)
{
	trial_stay(false);
	guard_stop(&self->g);
	job_kill(&self->server);
	unlink(PIN);
	wires_end();
}

/* ---- refused ----------------------------------------------------------------------- */

static const struct refused {
	const char *name, *policy, *list;
	int status;
	const char *says, *too;
} refusals[] = {
	{ "an interface that is not there", "interface in99 { accept = none }\n", NULL, 2,
	  CONF ":1: ", "in99" },
	{ "on its own line", "mode = audit\n\ninterface in99 {\n\taccept = none\n}\n", NULL, 2,
	  CONF ":3: ", "in99" },
	{ "loopback", "interface lo { accept = none }\n", NULL, 2, CONF ":1: ", "lo" },
	{ "nothing said of what it accepts", "interface in0 { icmp = yes }\n", NULL, 2,
	  CONF ":1: ", "accept" },
	{ "a port that is none", "interface in0 { accept = { any:65536/tcp } }\n", NULL, 2,
	  CONF ":1: ", "65536" },
	{ "an interface given twice",
	  "interface in0 { accept = none }\ninterface in0 { accept = any }\n", NULL, 2, CONF ":",
	  "in0" },
	{ "a list that is not there", "interface in0 { accept-from = " LIST " }\n", NULL, 2,
	  CONF ":1: ", LIST },
	{ "an error in a list", "interface in0 { accept-from = " LIST " }\n",
	  "# peers\n10.7.0.2:22/tcp\n10.7.0.300:22/tcp\n", 2, LIST ":3: ", "10.7.0.300" },
	{ "another error in a list", "interface in0 { accept-from = " LIST " }\n",
	  "10.7.0.2:22/tcp\n\n10.7.0.2:22/tcp 10.7.0.3:22/tcp\n", 2, LIST ":3: ", "" },
	{ "a name that no interface can have", "interface a-name-of-17-bytes { accept = none }\n",
	  NULL, 2, CONF ":1: ", "a-name-of-17-bytes" },
};

TEST_F_TIMEOUT(load, refused, 900)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refused *x = &refusals[i];
		struct result r;

		unlink(LIST);
		ASSERT_TRUE(write_file(CONF, x->policy));
		ASSERT_TRUE(!x->list || write_file(LIST, x->list));
		r = run_line(NULL, -1, "./lsm-guard", "--policy " CONF);
		EXPECT_EQ(x->status, r.code)
		{
			TH_LOG("%s: %s", x->name, r.said);
		}
		EXPECT_TRUE(strstr(r.said, x->says) && strstr(r.said, x->too))
		{
			TH_LOG("%s: %s", x->name, r.said);
		}
	}
}

/* An XDP program of somebody else, pinned, which lets all through. */
static bool pin_program(void)
{
	/* r0 = XDP_PASS; exit */
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_XDP,
				.insns = (uintptr_t)pass,
				.insn_cnt = 2,
				.license = (uintptr_t) "GPL" };
	union bpf_attr pin = { .pathname = (uintptr_t)PIN };

	unlink(PIN);
	pin.bpf_fd = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	return (int)pin.bpf_fd >= 0 && !syscall(SYS_bpf, BPF_OBJ_PIN, &pin, sizeof(pin));
}

static bool gets_in(FIXTURE_DATA(load) * self, int wire, int v, int from, int port)
{
	struct packet p = {
		.wire = wire, .v = v, .from = from, .proto = IPPROTO_UDP, .dport = port
	};
	struct frame f;

	frame_make(&f, &p);
	wire_clear(wire);
	wire_put(wire, &f);
	wire_sync(wire);
	return table_took(&self->table, f.id);
}

static size_t programs_at(const char *interface)
{
	struct result r = run_line(NULL, -1, "bpftool", "net show");
	size_t n = 0;

	for (const char *p = r.said; (p = strstr(p, interface)); p++)
		n++;
	return n;
}

/* Both ways that a program can be there. The other interface is let go of again. */
TEST_F_TIMEOUT(load, another_program, 900)
{
	static const char *const kinds[] = { "xdpgeneric", "xdpdrv" };

	ASSERT_TRUE(pin_program());
	ASSERT_TRUE(write_file(
		CONF, "interface in0 { accept = none }\ninterface in1 { accept = none }\n"));
	for (int i = 0; i < 2; i++) {
		struct result r;

		ASSERT_TRUE(command("ip link set in1 %s pinned " PIN, kinds[i]));
		r = run_line(NULL, -1, "./lsm-guard", "--policy " CONF);
		EXPECT_EQ(1, r.code);
		EXPECT_TRUE(strstr(r.said, CONF ":2: interface in1: ") &&
			    strstr(r.said, "another XDP program"))
		{
			TH_LOG("%s", r.said);
		}
		EXPECT_FALSE(strstr(r.said, "enforcing"));
		EXPECT_EQ(0, programs_at("in0("));
		EXPECT_EQ(1, programs_at("in1("));
		trial_stay(true);
		EXPECT_TRUE(gets_in(self, 0, 4, 3, 20150));
		EXPECT_TRUE(gets_in(self, 1, 4, 3, 20150));
		trial_stay(false);
		ASSERT_TRUE(command("ip link set in1 %s off", kinds[i]));
	}
}

/* ---- long lists ---------------------------------------------------------------------- */

#define N_LIST 100000

/* Every other address of 10.64.0.0/14, one of ten ports each; some prefixes, one of IPv6. */
static bool write_list(void)
{
	FILE *f = fopen(LIST, "we");

	if (!f)
		return false;
	fprintf(f, "# whom we know\n\n");
	for (unsigned int i = 0; i < N_LIST; i++) {
		unsigned int k = i * 7919u % N_LIST * 2;

		fprintf(f, "10.%u.%u.%u:%u/udp%s\n", 64 + (k >> 16), k >> 8 & 255, k & 255,
			20100 + k / 2 % 10, i % 1000 ? "" : " # a thousand more");
	}
	fprintf(f, "10.7.0.0/24:22/tcp\n[2001:db8:7::/48]:20100/udp\n");
	return !fclose(f);
}

static bool from_gets_in(FIXTURE_DATA(load) * self, unsigned int k, int port)
{
	struct packet p = { .v = 4,
			    .proto = IPPROTO_UDP,
			    .dport = port,
			    .source = path("10.%u.%u.%u", 64 + (k >> 16), k >> 8 & 255, k & 255) };
	struct frame f;

	frame_make(&f, &p);
	wire_clear(0);
	wire_put(0, &f);
	wire_sync(0);
	return table_took(&self->table, f.id);
}

static void try_list(FIXTURE_DATA(load) * self, struct trial *t)
{
	size_t in = 0, unlisted_port = 0, unlisted_peer = 0, n = 0;

	for (unsigned int k = 0; k < 2 * N_LIST; k += 2 * 997) {
		unsigned int listed = k / 2 % 10;

		/* 20100 and 20109 are answered at. */
		if (listed && listed != 9)
			continue;
		n++;
		in += from_gets_in(self, k, 20100 + listed);
		unlisted_port += from_gets_in(self, k, listed ? 20100 : 20109);
		unlisted_peer += from_gets_in(self, k + 1, 20100 + listed);
	}
	judge(t, n && in == n, true, "%zu peers of a list of %d", n, N_LIST);
	judge(t, unlisted_port, false, "the same to another port");
	judge(t, unlisted_peer, false, "those between them");
	judge(t, gets_in(self, 0, 6, 3, 20100), true, "a prefix of ipv6 in the list");
	judge(t, gets_in(self, 0, 6, 3, 20109), false, "the same to another port");
}

TEST_F_TIMEOUT(load, a_long_list, 900)
{
	struct trial before = { "without_list" }, t = { "a_long_list", .guarded = true };

	trial_stay(true);
	try_list(self, &before);
	trial_stay(false);
	ASSERT_TRUE(write_list());
	/* Beside the policy, as an include is. */
	ASSERT_TRUE(write_file(CONF, "interface in0 { accept-from = lsm-guard-load.list }\n"));
	ASSERT_TRUE(guard_start(&self->g, CONF, NULL));
	trial_stay(true);
	try_list(self, &t);
	EXPECT_EQ(0, before.bad);
	EXPECT_EQ(0, t.bad);
}

/* ---- audit ----------------------------------------------------------------------------- */

TEST_F_TIMEOUT(load, audit_by_option, 900)
{
	struct events ev;

	ASSERT_TRUE(write_file(CONF, "interface in0 { accept = none }\n"));
	ASSERT_TRUE(guard_start(&self->g, CONF, "--audit"));
	trial_stay(true);
	EXPECT_TRUE(gets_in(self, 0, 4, 3, 20150));
	EXPECT_TRUE(gets_in(self, 0, 6, 3, 20150));
	EXPECT_TRUE(event_wait(self->g.events, "WOULD-DENY", 1, 20000));
	trial_stay(false);
	EXPECT_EQ(0, guard_stop(&self->g));
	ev = events_read(self->g.events);
	EXPECT_EQ(2, events_count(&ev, "WOULD-DENY", 1));
	EXPECT_EQ(0, events_count(&ev, "DENIED", -1));
	EXPECT_EQ(0, ev.malformed);
}

/* ---- beside program sections --------------------------------------------------------------- */

#define DIR "/tmp/lsm-guard-load"

/* Does a server answer whoever asks from .@from? The socket itself takes it, or nobody. */
static bool answers(int from, int port, int milliseconds)
{
	int fd = wire_udp_connect(PEER, wire_address(0, 4, from), 0, "10.7.0.1", port);
	bool in = send(fd, "ping", 4, 0) == 4 && !strcmp(wire_take(fd, milliseconds), "ping");

	close(fd);
	return in;
}

/* The interface lets both peers in to two ports, the program takes data of one. */
TEST_F_TIMEOUT(load, with_programs, 900)
{
	struct events ev;

	ASSERT_TRUE(command("rm -rf " DIR) && command("mkdir " DIR));
	ASSERT_TRUE(copy_program(tree_path("build/probe"), DIR "/server"));
	ASSERT_TRUE(job_start(&self->server, DIR "/server serve tcp6,udp6 20140 20142"));
	for (int port = 20140; port <= 20142; port++) {
		EXPECT_TRUE(answers(2, port, PATIENCE));
		EXPECT_TRUE(answers(3, port, PATIENCE));
	}
	job_kill(&self->server);
	ASSERT_TRUE(write_file(CONF, "interface in0 { accept = { any:20140-20141/udp } }\n"
				     "program " DIR "/server {\n"
				     "\treceive = { 10.7.0.2 }\n"
				     "}\n"));
	ASSERT_TRUE(guard_start(&self->g, CONF, NULL));
	ASSERT_TRUE(job_start(&self->server, DIR "/server serve udp6 20140 20142"));
	EXPECT_TRUE(answers(2, 20140, PATIENCE));
	EXPECT_TRUE(answers(2, 20141, PATIENCE));
	EXPECT_FALSE(answers(2, 20142, 300));
	EXPECT_FALSE(answers(3, 20140, 300));
	EXPECT_FALSE(answers(3, 20142, 300));
	EXPECT_TRUE(event_wait(self->g.events, "DENIED", 1, 20000));
	EXPECT_TRUE(event_wait(self->g.events, "DENIED", 3, 20000));
	EXPECT_EQ(0, guard_stop(&self->g));
	ev = events_read(self->g.events);
	EXPECT_EQ(2, events_count(&ev, "DENIED", 1));
	EXPECT_EQ(1, events_count(&ev, "DENIED", 3));
	EXPECT_TRUE(answers(3, 20142, PATIENCE));
}

TEST_HARNESS_MAIN
