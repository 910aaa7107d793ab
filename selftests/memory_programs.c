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
			     "    for i in range(1 << 10):\n"
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

TEST_F_TIMEOUT(programs, python, 300)
{
	struct limits *l = &self->l;
	struct result r = python(l);
	struct events ev;
	const struct event *e;
	long line;

	EXPECT_EQ(5, r.code);
	line = limits_line(l, "program /usr/bin/python3 { memory = 64M }");
	ASSERT_TRUE(limits_start(l));
	r = python(l);
	EXPECT_EQ(0, r.code);
	EXPECT_NE(NULL, strstr(r.said, "refused after"));
	EXPECT_NE(NULL, strstr(r.said, "then 499500"))
	{
		TH_LOG("%s", r.said);
	}
	EXPECT_TRUE(limits_stop(l, &ev));
	e = events_find(&ev, "DENIED", line);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ("memory", event_text(e, "access") ?: "");
	EXPECT_EQ(64 << 20, event_number(e, "limit"));
	events_free(&ev);
}

#define STRESS "stress-ng --vm 1 --vm-bytes 128M --vm-method zero-one --vm-ops 1 --timeout 60"

/* Its worker is refused the memory, says so and is not killed. */
TEST_F_TIMEOUT(programs, stress_ng, 300)
{
	struct limits *l = &self->l;
	struct result r = run_line(l->s.at, -1, NULL, STRESS);
	struct events ev;
	long line;

	EXPECT_EQ(0, r.code)
	{
		TH_LOG("%s", r.said);
	}
	line = limits_line(l, "program /usr/bin/stress-ng { allocation = 96M }");
	ASSERT_TRUE(limits_start(l));
	r = run_line(l->s.at, -1, NULL, STRESS);
	EXPECT_LT(r.code, 128)
	{
		TH_LOG("%d: %s", r.code, r.said);
	}
	EXPECT_NE(NULL, strstr(r.said, "mmap"));
	EXPECT_EQ(NULL, strstr(r.said, "signal"));
	EXPECT_TRUE(limits_stop(l, &ev));
	EXPECT_GT(events_count(&ev, "DENIED", line), 0);
	events_free(&ev);
}

TEST_F_TIMEOUT(programs, audit, 300)
{
	struct limits *l = &self->l;
	long line, lines[4], enforced;
	char *program = limits_program(l, "audit", "allocation = 4M mode = audit", &line);
	char *all = limits_program(l, "all",
				   "mode = audit\n allocation = 4M\n memory = 5M\n"
				   " address-space = 6M\n",
				   &lines[0]);
	char *both = limits_program(l, "both", "allocation = 4M", &enforced);
	struct events ev;

	/* The section before took four lines more. */
	l->lines += 4;
	enforced += 4;
	ASSERT_TRUE(limits_start(l));
	EXPECT_EQ(ALLOWED, limits_act(l, program, "map anonymous 8M").code);
	EXPECT_EQ(ALLOWED, limits_act(l, all, "map anonymous 8M").code);
	EXPECT_EQ(DENIED, limits_act(l, both, "map anonymous 8M").code);
	EXPECT_TRUE(limits_stop(l, &ev));
	EXPECT_EQ(1, events_count(&ev, "WOULD-DENY", line));
	EXPECT_EQ(1, events_count(&ev, "DENIED", enforced));
	EXPECT_EQ(0, events_count(&ev, "DENIED", line));
	/* One of the keys at least; which of them is not said. */
	EXPECT_GT(events_count(&ev, "WOULD-DENY", lines[0] + 1) +
			  events_count(&ev, "WOULD-DENY", lines[0] + 2) +
			  events_count(&ev, "WOULD-DENY", lines[0] + 3),
		  0);
	events_free(&ev);
}

/* A request beyond several keys of a section is one denial, and so one event. */
TEST_F_TIMEOUT(programs, one_event_for_one_denial, 300)
{
	struct limits *l = &self->l;
	long line, other;
	char *program =
		limits_program(l, "all", "allocation = 4M memory = 5M address-space = 6M", &line);
	char *quiet = limits_program(l, "quiet", "allocation = 64M", &other);
	struct events ev;

	ASSERT_TRUE(limits_start(l));
	EXPECT_EQ(DENIED, limits_act(l, program, "map anonymous 8M").code);
	EXPECT_EQ(ALLOWED, limits_act(l, quiet, "map anonymous 8M").code);
	EXPECT_TRUE(limits_stop(l, &ev));
	EXPECT_EQ(1, events_count(&ev, "DENIED", line));
	EXPECT_EQ(0, events_count(&ev, "DENIED", other));
	events_free(&ev);
}

TEST_HARNESS_MAIN
