// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real programs under a limit on memory: an allocation fails, they say so and live on.
 * And audit, and that one denial is one event.
 */
#include "kselftest_harness.h"

#include "lib/limits.h"

FIXTURE(programs)
{
	struct limits l;
};

FIXTURE_SETUP(programs)
{
	ASSERT_TRUE(limits_make(&self->l));
}

FIXTURE_TEARDOWN(programs)
{
	limits_end(&self->l);
}

/* Takes what it can get, lets go of it, and goes on. */
static const char greedy[] = "import sys\n"
			     "got = []\n"
			     "try:\n"
			     "    for i in range(1 << 8):\n"
			     "        got.append([i] * (1 << 15))\n"
			     "except MemoryError:\n"
			     "    n = len(got)\n"
			     "    del got\n"
			     "    print('refused after', n, 'then', sum(list(range(1000))))\n"
			     "    sys.exit(0)\n"
			     "print('got it all')\n"
			     "sys.exit(5)\n";

static struct result python(const struct limits *l)
{
	char *script = path("%s/greedy.py", l->s.at);
	char *argv[] = { "/usr/bin/python3", script, NULL };

	write_file(script, greedy);
	return run_with(l->s.at, -1, argv);
}

#define STRESS "stress-ng --vm 1 --vm-bytes 24M --vm-method zero-one --vm-ops 1 --timeout 60"

/* What they do is nothing special. */
TEST_F_TIMEOUT(programs, without_guard, 300)
{
	EXPECT_EQ(5, python(&self->l).code);
	EXPECT_EQ(0, run_line(self->l.s.at, -1, NULL, STRESS).code);
}

static void python_lives_on(struct __test_metadata *_metadata, const struct limits *l)
{
	struct result r = python(l);

	EXPECT_EQ(0, r.code);
	EXPECT_NE(NULL, strstr(r.said, "refused after"));
	EXPECT_NE(NULL, strstr(r.said, "then 499500"))
	{
		TH_LOG("%s", r.said);
	}
}

/* Its worker tries a hundred times, ten seconds long, then says so and is not killed. */
static void stress_ng_lives_on(struct __test_metadata *_metadata, const struct limits *l)
{
	struct result r = run_line(l->s.at, -1, NULL, STRESS);

	EXPECT_LT(r.code, 124)
	{
		TH_LOG("%d: %s", r.code, r.said);
	}
	EXPECT_NE(NULL, strstr(r.said, "mmap"))
	{
		TH_LOG("%d: %s", r.code, r.said);
	}
	EXPECT_EQ(NULL, strstr(r.said, "signal"));
}

TEST_F_TIMEOUT(programs, live_on, 300)
{
	struct limits *l = &self->l;
	const struct event *e;
	struct events ev;
	long python_line = limits_line(l, "program /usr/bin/python3 { memory = 32M }");
	long stress_line = limits_line(l, "program /usr/bin/stress-ng { allocation = 16M }");

	ASSERT_TRUE(limits_start(l));
	python_lives_on(_metadata, l);
	stress_ng_lives_on(_metadata, l);
	EXPECT_TRUE(limits_stop(l, &ev));
	e = events_find(&ev, "DENIED", python_line);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ("memory", event_text(e, "access") ?: "");
	EXPECT_EQ(32 << 20, event_number(e, "limit"));
	e = events_find(&ev, "DENIED", stress_line);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ("allocation", event_text(e, "access") ?: "");
	events_free(&ev);
}

/* A request beyond several keys of a section is one denial, and so one event. */
TEST_F_TIMEOUT(programs, one_event_for_one_denial, 300)
{
	struct limits *l = &self->l;
	long all_line, audit_line, both_line, quiet_line;
	char *all = limits_program(l, "all", "allocation = 4M memory = 5M address-space = 6M",
				   &all_line);
	char *audit = limits_program(l, "audit", "allocation = 4M mode = audit", &audit_line);
	char *both =
		limits_program(l, "both", "memory = 5M allocation = 4M mode = audit", &both_line);
	char *quiet = limits_program(l, "quiet", "allocation = 64M", &quiet_line);
	struct events ev;

	ASSERT_TRUE(limits_start(l));
	EXPECT_EQ(DENIED, limits_act(l, all, "map anonymous 8M").code);
	EXPECT_EQ(DENIED, limits_act(l, all, "grow may-move 8M").code);
	EXPECT_EQ(ALLOWED, limits_act(l, audit, "map anonymous 8M").code);
	EXPECT_EQ(ALLOWED, limits_act(l, both, "map anonymous 8M").code);
	EXPECT_EQ(ALLOWED, limits_act(l, quiet, "map anonymous 8M").code);
	EXPECT_TRUE(limits_stop(l, &ev));
	EXPECT_EQ(2, events_count(&ev, "DENIED", all_line));
	EXPECT_EQ(1, events_count(&ev, "WOULD-DENY", audit_line));
	EXPECT_EQ(0, events_count(&ev, "DENIED", audit_line));
	EXPECT_GT(events_count(&ev, "WOULD-DENY", both_line), 0);
	EXPECT_EQ(0, events_count(&ev, "DENIED", both_line));
	EXPECT_EQ(0, events_count(&ev, "DENIED", quiet_line));
	EXPECT_EQ(0, events_count(&ev, "WOULD-DENY", quiet_line));
	events_free(&ev);
}

TEST_HARNESS_MAIN
