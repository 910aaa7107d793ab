// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lists of endpoints mean, at their edges: the first and the last address
 * of a prefix and the ones beside it, port ranges, protocols, prefixes within
 * prefixes, a thousand of them; two sections that hold at once, sections that
 * do not pass on, and audit. 10.0.0.0/8 and 2001:db8:1::/48 are all this host.
 */
#include "kselftest_harness.h"

#include "lib/net.h"

#define DIR "/tmp/lsm-guard-edges"

/*
 * A section, and what it lets through and does not: "PROTOCOL ADDRESS PORT", separated by
 * semicolons. A server answers at the ports 20000 to 20007, 1 and 65535.
 */
static const struct edge {
	const char *list;
	const char *allowed;
	const char *denied;
} edges[] = {
	{ "10.1.2.0/24:20000", "udp 10.1.2.0 20000; udp 10.1.2.255 20000; tcp 10.1.2.7 20000",
	  "udp 10.1.1.255 20000; udp 10.1.3.0 20000; tcp 10.1.2.7 20001; udp 10.1.2.7 19999" },
	{ "10.0.0.0/9", "udp 10.0.0.0 20000; udp 10.127.255.255 20001; tcp 10.127.0.1 20002",
	  "udp 10.128.0.0 20000; tcp 10.255.255.255 20000; udp ::1 20000" },
	{ "10.5.5.5", "udp 10.5.5.5 20000; tcp 10.5.5.5 65535; udp ::ffff:10.5.5.5 20001",
	  "udp 10.5.5.4 20000; udp 10.5.5.6 20000; tcp ::ffff:10.5.5.4 20000" },
	{ "10.5.5.4/31", "udp 10.5.5.4 20000; udp 10.5.5.5 20000",
	  "udp 10.5.5.3 20000; udp 10.5.5.6 20000" },
	{ "127.0.0.1:20001-20003", "udp 127.0.0.1 20001; tcp 127.0.0.1 20003",
	  "udp 127.0.0.1 20000; tcp 127.0.0.1 20000; udp 127.0.0.1 20004; tcp 127.0.0.2 20002" },
	{ "127.0.0.1:20000-20001, 127.0.0.1:20003-20004, 127.0.0.1:20004-20005",
	  "udp 127.0.0.1 20001; udp 127.0.0.1 20003; udp 127.0.0.1 20004; udp 127.0.0.1 20005",
	  "udp 127.0.0.1 20002; udp 127.0.0.1 20006" },
	{ "127.0.0.1:1-1, 127.0.0.1:65535", "udp 127.0.0.1 1; tcp 127.0.0.1 65535",
	  "udp 127.0.0.1 2; udp 127.0.0.1 65534" },
	{ "1-65535", "udp 127.0.0.1 1; tcp ::1 65535; udp 10.0.0.1 20000", "" },
	{ "127.0.0.1:20000/tcp", "tcp 127.0.0.1 20000", "udp 127.0.0.1 20000" },
	{ "127.0.0.1:20000/udp", "udp 127.0.0.1 20000", "tcp 127.0.0.1 20000" },
	{ "127.0.0.1:20000/udp, 127.0.0.1:20001/tcp", "udp 127.0.0.1 20000; tcp 127.0.0.1 20001",
	  "tcp 127.0.0.1 20000; udp 127.0.0.1 20001" },
	/* The longest prefix that holds an address says nothing of the shorter ones. */
	{ "10.0.0.0/8:20000, 10.2.0.0/16:20001, 10.2.3.0/24:20002, 10.2.3.4:20003",
	  "udp 10.2.3.4 20000; udp 10.2.3.4 20001; udp 10.2.3.4 20002; udp 10.2.3.4 20003; "
	  "udp 10.2.3.5 20002; udp 10.2.9.9 20001; udp 10.9.9.9 20000",
	  "udp 10.2.3.5 20003; udp 10.2.9.9 20002; udp 10.9.9.9 20001; udp 10.2.3.4 20004" },
	{ "10.0.0.0/8:20000/tcp, 10.2.0.0/16:20000/udp, 10.2.3.4:20001",
	  "tcp 10.2.3.4 20000; udp 10.2.3.4 20000; tcp 10.3.0.1 20000; tcp 10.2.3.4 20001",
	  "udp 10.3.0.1 20000; tcp 10.2.3.5 20001" },
	{ "0.0.0.0/0:20000, 10.2.3.4:20001", "udp 10.2.3.4 20000; tcp 127.0.0.1 20000",
	  "udp ::1 20000; udp 10.2.3.4 20002; udp 10.2.3.5 20001" },
	{ "[::/0]:20000", "udp ::1 20000; tcp 2001:db8:1::1 20000",
	  "udp 127.0.0.1 20000; udp ::ffff:127.0.0.1 20000; udp ::1 20001" },
	{ "20000, [::1]:20001", "udp ::1 20000; tcp 127.0.0.1 20000; udp ::1 20001",
	  "udp 2001:db8:1::1 20001; udp 127.0.0.1 20001" },
	{ "any:20000/udp", "udp ::1 20000; udp 127.0.0.1 20000",
	  "tcp ::1 20000; tcp 127.0.0.1 20000; udp ::1 20001" },
	{ "[2001:db8:1::/64]:20000",
	  "udp 2001:db8:1:: 20000; tcp 2001:db8:1:0:ffff:ffff:ffff:ffff 20000",
	  "udp 2001:db8:0:ffff:ffff:ffff:ffff:ffff 20000; udp 2001:db8:1:1:: 20000; "
	  "tcp 2001:db8:1::1 20001" },
	{ "[2001:db8:1:2::8/125]", "udp 2001:db8:1:2::8 20000; udp 2001:db8:1:2::f 20000",
	  "udp 2001:db8:1:2::7 20000; udp 2001:db8:1:2::10 20000" },
	{ "[2001:db8:1::/48]:20000, [2001:db8:1:2::/64]:20001, [2001:db8:1:2::8]:20002",
	  "udp 2001:db8:1:2::8 20000; udp 2001:db8:1:2::8 20001; udp 2001:db8:1:2::8 20002; "
	  "udp 2001:db8:1:3:: 20000",
	  "udp 2001:db8:1:2::9 20002; udp 2001:db8:1:3:: 20001" },
	{ "[2000::/3], [8000::/1]", "udp 2001:db8:1::1 20000", "udp ::1 20000" },
	{ "[::ffff:127.0.0.0/104]:20000", "udp 127.0.0.9 20000; tcp ::ffff:127.255.255.254 20000",
	  "udp 10.0.0.1 20000" },
};

#define N_EDGES	   (sizeof(edges) / sizeof(*edges))
#define N_PREFIXES 1000

FIXTURE(edges)
{
	struct job server[3];
	char *unlisted;
	struct guard g;
};

FIXTURE_SETUP(edges)
{
	self->unlisted = strdup(tree_path("build/probe"));
	self->g.pid = 0;
	ASSERT_TRUE(command("rm -rf " DIR));
	ASSERT_TRUE(command("mkdir " DIR));
	ASSERT_TRUE(command("ip route replace local 10.0.0.0/8 dev lo"));
	ASSERT_TRUE(command("ip route replace local 2001:db8:1::/48 dev lo"));
	ASSERT_TRUE(job_start(&self->server[0], "%s serve tcp6,udp6 20000 20007", self->unlisted));
	ASSERT_TRUE(job_start(&self->server[1], "%s serve tcp6,udp6 1 1", self->unlisted));
	ASSERT_TRUE(job_start(&self->server[2], "%s serve tcp6,udp6 65535 65535", self->unlisted));
}

FIXTURE_TEARDOWN(edges)
{
	guard_stop(&self->g);
	for (int i = 0; i < 3; i++)
		job_kill(&self->server[i]);
	command("ip route del local 10.0.0.0/8 dev lo");
	command("ip route del local 2001:db8:1::/48 dev lo");
}

static int reach(const char *program, const char *what)
{
	bool tcp = !strncmp(what, "tcp", 3);
	char *line = path("reach %s %s 0", tcp ? "connect" : "sendto", what);
	int code = run_line("/tmp", -1, program, line).code;

	free(line);
	return code;
}

/* How many of the list's reaches do not end as they should. */
static size_t reach_all(const char *program, const char *list, int wanted)
{
	char *copy = strdup(list), *save;
	size_t bad = 0;

	for (char *what = strtok_r(copy, ";", &save); what; what = strtok_r(NULL, ";", &save)) {
		int code;

		what += strspn(what, " ");
		code = reach(program, what);
		if (code == wanted)
			continue;
		printf("# %s: exit status %d, not %d\n", what, code, wanted);
		bad++;
	}
	free(copy);
	return bad;
}

static size_t words(const char *list)
{
	size_t n = *list != 0;

	for (; *list; list++)
		n += *list == ';';
	return n;
}

TEST_F_TIMEOUT(edges, lists, 300)
{
	FILE *f = fopen(DIR ".conf", "we");
	struct events ev;

	ASSERT_NE(NULL, f);
	for (size_t i = 0; i < N_EDGES; i++) {
		EXPECT_EQ(0, reach_all(self->unlisted, edges[i].allowed, ALLOWED));
		ASSERT_TRUE(copy_program(self->unlisted, path(DIR "/%zu", i)));
		fprintf(f, "program " DIR "/%zu { connect = { %s } }\n", i, edges[i].list);
	}
	fclose(f);
	ASSERT_TRUE(guard_start(&self->g, DIR ".conf", NULL));
	for (size_t i = 0; i < N_EDGES; i++) {
		size_t bad = reach_all(path(DIR "/%zu", i), edges[i].allowed, ALLOWED);

		bad += reach_all(path(DIR "/%zu", i), edges[i].denied, DENIED);
		EXPECT_EQ(0, bad)
		{
			TH_LOG("of the list { %s }", edges[i].list);
		}
	}
	EXPECT_EQ(0, guard_stop(&self->g));
	ev = events_read(self->g.events);
	for (size_t i = 0; i < N_EDGES; i++)
		EXPECT_EQ(words(edges[i].denied), events_count(&ev, "DENIED", i + 1));
	EXPECT_EQ(0, ev.malformed);
}

/* Every other /24 of 10.0.0.0/13, in no order, one of the ports each. */
TEST_F_TIMEOUT(edges, a_thousand_prefixes, 300)
{
	FILE *f = fopen(DIR ".conf", "we");
	size_t bad = 0;

	ASSERT_NE(NULL, f);
	ASSERT_TRUE(copy_program(self->unlisted, DIR "/many"));
	fprintf(f, "program " DIR "/many { connect = {\n");
	for (unsigned int i = 0; i < N_PREFIXES; i++) {
		unsigned int k = i * 617 % N_PREFIXES * 2;

		fprintf(f, "\t10.%u.%u.0/24:%u%s\n", k / 256, k % 256, 20000 + k / 2 % 8,
			i + 1 < N_PREFIXES ? "," : "");
	}
	fprintf(f, "} }\n");
	fclose(f);
	ASSERT_TRUE(guard_start(&self->g, DIR ".conf", NULL));
	for (unsigned int k = 0; k < 2 * N_PREFIXES; k += 154) {
		unsigned int port = 20000 + k / 2 % 8, other = 20000 + (k / 2 + 1) % 8;
		const char *in = path("udp 10.%u.%u.255 %u", k / 256, k % 256, port);

		bad += reach_all(DIR "/many", in, ALLOWED);
		in = path("udp 10.%u.%u.0 %u; udp 10.%u.%u.0 %u", k / 256, k % 256, other,
			  (k + 1) / 256, (k + 1) % 256, port);
		bad += reach_all(DIR "/many", in, DENIED);
	}
	EXPECT_EQ(0, bad);
}

struct act {
	const char *program, *act;
	int outcome;
};

static size_t act_all(const struct act *acts, size_t n)
{
	size_t bad = 0;

	for (size_t i = 0; i < n; i++) {
		struct result r = run_line("/tmp", -1, acts[i].program, acts[i].act);

		if (r.code == acts[i].outcome)
			continue;
		printf("# %s %s: exit status %d, not %d: %s\n", acts[i].program, acts[i].act,
		       r.code, acts[i].outcome, r.said);
		bad++;
	}
	return bad;
}

#define N(array) (sizeof(array) / sizeof(*(array)))
#define TO(port) "reach sendto udp 127.0.0.1 " #port " 0"

/* A program with a section that is started by another one: both must allow. */
TEST_F_TIMEOUT(edges, sections_together, 300)
{
	static const struct act acts[] = {
		{ DIR "/a", TO(20000), ALLOWED },
		{ DIR "/a", TO(20002), DENIED },
		{ DIR "/b", TO(20002), ALLOWED },
		{ DIR "/b", TO(20000), DENIED },
		{ DIR "/a", "exec " DIR "/b " TO(20001), ALLOWED },
		{ DIR "/a", "exec " DIR "/b " TO(20000), DENIED },
		{ DIR "/a", "exec " DIR "/b " TO(20002), DENIED },
		{ DIR "/a", "exec-fork " DIR "/b " TO(20001), ALLOWED },
		{ DIR "/a", "exec-fork " DIR "/b " TO(20002), DENIED },
		{ DIR "/a", "exec-vfork " DIR "/b " TO(20002), DENIED },
		{ DIR "/b", "exec-fork " DIR "/a " TO(20002), DENIED },
		/* What has no section of its own is bound by who started it. */
		{ DIR "/a", "exec-fork " DIR "/free " TO(20000), ALLOWED },
		{ DIR "/a", "exec-fork " DIR "/free " TO(20002), DENIED },
		{ DIR "/a", "exec " DIR "/free exec " DIR "/free " TO(20002), DENIED },
		{ DIR "/a", "exec-memfd " DIR "/free " TO(20002), DENIED },
		/* Unless the section is for the program alone. */
		{ DIR "/alone", TO(20000), DENIED },
		{ DIR "/alone", "exec-fork " DIR "/free " TO(20000), ALLOWED },
		{ DIR "/alone", "exec " DIR "/free " TO(20000), ALLOWED },
		{ DIR "/alone", "exec-fork " DIR "/alone " TO(20000), DENIED },
		{ DIR "/alone", "exec-fork " DIR "/b " TO(20000), DENIED },
		{ DIR "/a", "exec " DIR "/alone exec " DIR "/free " TO(20002), DENIED },
		/* One section lets it be, the other one says nothing of peers. */
		{ DIR "/a", "exec " DIR "/listens " TO(20000), ALLOWED },
		{ DIR "/a", "exec " DIR "/listens " TO(20002), DENIED },
		{ DIR "/listens", "exec " DIR "/a own bind udp 127.0.0.1 22000", DENIED },
		{ DIR "/a", "own bind udp 127.0.0.1 22000", ALLOWED },
		/* Families: what one of them has not is refused. */
		{ DIR "/listens", "make socket raw", ALLOWED },
		{ DIR "/a", "make socket raw", DENIED },
		{ DIR "/listens", "exec " DIR "/a make socket raw", DENIED },
		{ DIR "/a", "exec " DIR "/listens make socket raw", DENIED },
	};
	static const char *const programs[] = { "a", "b", "free", "alone", "listens" };

	for (size_t i = 0; i < N(programs); i++)
		ASSERT_TRUE(copy_program(self->unlisted, path(DIR "/%s", programs[i])));
	ASSERT_TRUE(write_file(DIR ".conf",
			       "program " DIR "/a { connect = { 127.0.0.1:20000-20001 } }\n"
			       "program " DIR "/b { connect = { 127.0.0.1:20001-20002 } }\n"
			       "program " DIR "/alone { connect = none inherit = no }\n"
			       "program " DIR
			       "/listens { listen = none families = { inet, inet6, raw } }\n"));
	ASSERT_TRUE(guard_start(&self->g, DIR ".conf", NULL));
	EXPECT_EQ(0, act_all(acts, N(acts)));
}

static void audit(struct __test_metadata *_metadata, FIXTURE_DATA(edges) * self, const char *option,
		  const char *mode)
{
	static const struct act acts[] = {
		{ DIR "/a", TO(20000), ALLOWED },
		{ DIR "/a", "own bind tcp 127.0.0.1 22001", ALLOWED },
		{ DIR "/a", "give exec told udp 127.0.0.1 20001 " DIR "/a recv", ALLOWED },
		{ DIR "/a", "make socket raw", ALLOWED },
		{ DIR "/a", "lure udp 127.0.0.1 127.0.0.1 127.0.0.1 22002 " DIR "/a await",
		  ALLOWED },
	};
	struct events ev;

	ASSERT_TRUE(copy_program(self->unlisted, DIR "/a"));
	ASSERT_TRUE(write_file(DIR ".conf", path("program " DIR "/a {\n\tconnect = none\n"
						 "\tlisten = none\n\treceive = none\n%s}\n",
						 mode)));
	ASSERT_TRUE(guard_start(&self->g, DIR ".conf", option));
	EXPECT_EQ(0, act_all(acts, N(acts)));
	EXPECT_TRUE(event_wait(self->g.events, "WOULD-DENY", 1, 20000));
	EXPECT_EQ(0, guard_stop(&self->g));
	ev = events_read(self->g.events);
	EXPECT_LE(1, events_count(&ev, "WOULD-DENY", 1));
	EXPECT_LE(1, events_count(&ev, "WOULD-DENY", 2));
	EXPECT_LE(1, events_count(&ev, "WOULD-DENY", 3));
	EXPECT_LE(1, events_count(&ev, "WOULD-DENY", 4));
	EXPECT_EQ(0, events_count(&ev, "DENIED", -1));
}

TEST_F_TIMEOUT(edges, audit_by_section, 300)
{
	audit(_metadata, self, NULL, "\tmode = audit\n");
}

TEST_F_TIMEOUT(edges, audit_by_option, 300)
{
	audit(_metadata, self, "--audit", "");
}

TEST_HARNESS_MAIN
