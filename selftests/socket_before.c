// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that are older than the guard: connected, listening, or with data
 * waiting in them when it starts, held by programs that were running by then
 * or that those had started. And what a server may do for whom it has accepted.
 */
#include "kselftest_harness.h"

#include "lib/net.h"

#define DIR  "/tmp/lsm-guard-before"
#define CONF DIR ".conf"

/* The programs of the policy; its section of each stands at the line of its number, from 1. */
static const char policy[] = "program " DIR "/mute { connect = none }\n"
			     "program " DIR "/shut { listen = none }\n"
			     "program " DIR "/deaf { receive = none }\n"
			     "program " DIR "/talks { connect = { 127.0.0.1:20000 } }\n"
			     "program " DIR "/takes { listen = { 127.0.0.1 } }\n"
			     "program " DIR "/hears { receive = { 127.0.0.1 } }\n"
			     "program " DIR "/shell { connect = none }\n"
			     "program " DIR "/lone-shell { connect = none inherit = no }\n";

/* What each holds when the guard starts, and what becomes of it afterwards. */
static const struct old {
	const char *program, *act;
	int outcome;
	long line; /* of the only event, 0: none */
} olds[] = {
	{ DIR "/mute", "have connected udp 127.0.0.1 20000 send", DENIED, 1 },
	{ DIR "/mute", "have connected udp ::1 20000 write", DENIED, 1 },
	{ DIR "/mute", "have connected tcp 127.0.0.1 20000 write", DENIED, 1 },
	{ DIR "/mute", "have connected tcp 127.0.0.1 20000 sendfile", DENIED, 1 },
	{ DIR "/mute", "have connected udp 127.0.0.1 20000 splice", DENIED, 1 },
	{ DIR "/mute", "have connected tcp ::1 20000 uring-send-zc", DENIED, 1 },
	{ DIR "/mute", "have told tcp 127.0.0.1 20000 read", ALLOWED, 0 },
	{ DIR "/shut", "have listening tcp 127.0.0.1 22000 accept", DENIED, 2 },
	{ DIR "/shut", "have listening tcp ::1 22001 uring-accept", DENIED, 2 },
	{ DIR "/shut", "have bound tcp 127.0.0.1 22002 listen", DENIED, 2 },
	{ DIR "/shut", "have connected tcp 127.0.0.1 20000 write", ALLOWED, 0 },
	{ DIR "/deaf", "have told tcp 127.0.0.1 20000 read", DENIED, 3 },
	{ DIR "/deaf", "have told udp 127.0.0.1 20000 recv", DENIED, 3 },
	{ DIR "/deaf", "have told tcp 127.0.0.1 20000 splice-from", DENIED, 3 },
	{ DIR "/deaf", "have told tcp 127.0.0.1 20000 zerocopy-receive", DENIED, 3 },
	/* Of a socket without a peer it is the datagram that tells who has sent it. */
	{ DIR "/deaf", "have queued udp 127.0.0.1 22003 recv", DENIED, 3 },
	{ DIR "/deaf", "have queued udp ::1 22004 recvmsg", DENIED, 3 },
	{ DIR "/deaf", "have queued udp 127.0.0.1 22005 uring-recv", DENIED, 3 },
	{ DIR "/talks", "have connected udp 127.0.0.1 20000 send", ALLOWED, 0 },
	{ DIR "/talks", "have connected udp 127.0.0.1 20001 send", DENIED, 4 },
	{ DIR "/talks", "have connected tcp 127.0.0.1 20001 splice", DENIED, 4 },
	{ DIR "/takes", "have listening tcp 127.0.0.1 22006 accept", ALLOWED, 0 },
	{ DIR "/takes", "have listening tcp 127.0.0.2 22007 accept", DENIED, 5 },
	{ DIR "/hears", "have told tcp 127.0.0.1 20000 read", ALLOWED, 0 },
	{ DIR "/hears", "have told tcp 127.0.0.2 20000 read", DENIED, 6 },
	{ DIR "/hears", "have queued udp 127.0.0.1 22008 recv", ALLOWED, 0 },
	{ DIR "/free", "have connected udp 127.0.0.1 20000 send", ALLOWED, 0 },
	/* Started by a program that had a section coming. */
	{ DIR "/shell", DIR "/have udp send", DENIED, 7 },
	{ DIR "/shell", DIR "/have tcp sendfile", DENIED, 7 },
	{ DIR "/lone-shell", DIR "/have udp send", ALLOWED, 0 },
};

#define N_OLDS (sizeof(olds) / sizeof(*olds))

FIXTURE(before)
{
	struct job server;
	struct guard g;
};

static bool make_programs(void)
{
	static const char *const copies[] = { "mute",  "shut",	"deaf", "talks",
					      "takes", "hears", "free" };
	const char *probe = strdup(tree_path("build/probe"));
	bool ok = command("rm -rf " DIR) && command("mkdir " DIR);

	for (size_t i = 0; i < sizeof(copies) / sizeof(*copies); i++)
		ok = ok && copy_program(probe, path(DIR "/%s", copies[i]));
	ok = ok && copy_program("/bin/dash", DIR "/shell") &&
	     copy_program("/bin/dash", DIR "/lone-shell");
	/* The shell stays, to be the parent of what it has started. */
	return ok &&
	       write_file(DIR "/have", DIR "/free have connected $1 127.0.0.1 20000 $2\nexit $?\n");
}

FIXTURE_SETUP(before)
{
	self->g.pid = 0;
	ASSERT_TRUE(make_programs());
	ASSERT_TRUE(write_file(CONF, policy));
	ASSERT_TRUE(job_start(&self->server, "%s serve tcp6,udp6 20000 20001",
			      tree_path("build/probe")));
}

FIXTURE_TEARDOWN(before)
{
	guard_stop(&self->g);
	job_kill(&self->server);
}

/* All of them, with the guard started in between, or not at all. */
static size_t run_olds(struct __test_metadata *_metadata, FIXTURE_DATA(before) * self, bool guarded)
{
	struct job jobs[N_OLDS];
	size_t bad = 0;

	for (size_t i = 0; i < N_OLDS; i++)
		EXPECT_TRUE(job_run(&jobs[i], olds[i].program, olds[i].act));
	if (guarded)
		EXPECT_TRUE(guard_start(&self->g, CONF, NULL));
	for (size_t i = 0; i < N_OLDS; i++) {
		int wanted = guarded ? olds[i].outcome : ALLOWED, code = job_end(&jobs[i]);

		if (code == wanted)
			continue;
		printf("# %s %s: exit status %d, not %d\n", olds[i].program, olds[i].act, code,
		       wanted);
		bad++;
	}
	return bad;
}

TEST_F_TIMEOUT(before, without_guard, 300)
{
	EXPECT_EQ(0, run_olds(_metadata, self, false));
}

TEST_F_TIMEOUT(before, older_than_the_guard, 300)
{
	struct events ev;

	EXPECT_EQ(0, run_olds(_metadata, self, true));
	EXPECT_EQ(0, guard_stop(&self->g));
	ev = events_read(self->g.events);
	EXPECT_EQ(0, ev.malformed);
	for (long line = 1; line <= 8; line++) {
		/* What comes to a socket that takes nothing is dropped, and reported, too. */
		bool dropped = line == 3 || line == 6;
		size_t wanted = 0, n = events_count(&ev, "DENIED", line);

		for (size_t i = 0; i < N_OLDS; i++)
			wanted += olds[i].line == line;
		EXPECT_TRUE(dropped ? n >= wanted : n == wanted)
		{
			TH_LOG("line %ld: %zu events, not %zu", line, n, wanted);
		}
	}
}

static int lure(const char *program, const char *protocol, const char *from, const char *act)
{
	struct result r;
	char *line = path("lure %s %s 127.0.0.1 127.0.0.1 22010 " DIR "/%s %s", protocol, from,
			  program, act);

	r = run_line("/tmp", -1, DIR "/free", line);
	free(line);
	if (r.code != ALLOWED)
		printf("# %s %s %s: %d %s\n", program, protocol, act, r.code, r.said);
	return r.code;
}

/* A program with a section reaches into no process outside of it, nor for its sockets. */
static void take_descriptors(struct __test_metadata *_metadata)
{
	static const char *const acts[] = {
		"give getfd connected tcp 127.0.0.1 20000 " DIR "/%s send",
		"give getfd told udp 127.0.0.1 20000 " DIR "/%s recv",
		"give getfd listening tcp 127.0.0.1 22009 " DIR "/%s accept",
	};
	static const char *const programs[] = { "mute", "deaf", "shut" };

	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(DENIED,
			  run_line("/tmp", -1, DIR "/free", path(acts[i], programs[i])).code);
		EXPECT_EQ(ALLOWED, run_line("/tmp", -1, DIR "/free", path(acts[i], "free")).code);
	}
}

/*
 * A server answers on the connections that it has accepted, whatever its list of peers to
 * connect to. A datagram is sent to somebody: that needs the list.
 */
TEST_F_TIMEOUT(before, programs_that_start_later, 300)
{
	EXPECT_EQ(ALLOWED, lure("mute", "tcp", "127.0.0.1", "answer"));
	EXPECT_EQ(ALLOWED, lure("mute", "udp", "127.0.0.1", "answer"));
	ASSERT_TRUE(guard_start(&self->g, CONF, NULL));
	EXPECT_EQ(ALLOWED, lure("mute", "tcp", "127.0.0.1", "answer"));
	EXPECT_EQ(DENIED, lure("mute", "udp", "127.0.0.1", "answer"));
	EXPECT_EQ(ALLOWED, lure("takes", "tcp", "127.0.0.1", "answer"));
	EXPECT_EQ(ALLOWED, lure("hears", "udp", "127.0.0.1", "answer"));
	EXPECT_EQ(ALLOWED, lure("hears", "tcp", "127.0.0.1", "answer"));
	EXPECT_EQ(ALLOWED, lure("hears", "udp", "127.0.0.1", "await"));
	EXPECT_EQ(OTHER, lure("hears", "udp", "127.0.0.2", "await"));
	EXPECT_EQ(OTHER, lure("hears", "tcp", "127.0.0.2", "await"));
	EXPECT_EQ(ALLOWED, lure("hears", "tcp", "127.0.0.1", "await"));
	EXPECT_EQ(OTHER, lure("deaf", "udp", "127.0.0.1", "await"));
	take_descriptors(_metadata);
}

TEST_HARNESS_MAIN
