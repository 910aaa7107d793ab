// SPDX-License-Identifier: GPL-2.0-only
/*
 * A start that is interrupted, by ^C, by SIGTERM or by SIGKILL, at whichever of its steps, leaves
 * nothing behind: no program, map, link, type information or process, and nothing is denied. And it does
 * not leave with 0 unless it had said that it enforces. Two starts at once: one holds.
 *
 * LSM_GUARD_LONG=1 in the environment: it is interrupted at 48 points instead of 12.
 */
#include "kselftest_harness.h"

#include <signal.h>

#include "lib/fault.h"
#include "lib/net.h"

#define START_MS 120000
#define END_MS	 60000

/* All that a start does is in it: files, programs, sockets, processes, packets. */
static const char policy[] = "file \"%D/target\" { read = { \"%T\" } }\n"
			     "program \"%O\" { connect = none\n children = 4\n memory = 64M }\n"
			     "interface " NET_LINK " { accept = { any:22/tcp } }\n";

FIXTURE(start)
{
	struct scene s;
	struct loaded before;
	long whole; /* milliseconds that a start takes */
};

FIXTURE_SETUP(start)
{
	struct start all;
	long began;

	ASSERT_TRUE(orphans_adopt());
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	ASSERT_TRUE(net_make());
	ASSERT_TRUE(write_file(path("%s/target", self->s.at), "secret\n"));
	ASSERT_TRUE(scene_policy(&self->s, policy));
	self->before = loaded_now();
	all = (struct start){ .policy = self->s.policy };
	began = fault_ms();
	ASSERT_TRUE(start_begin(&all));
	ASSERT_TRUE(start_settles(&all, START_MS));
	self->whole = fault_ms() - began;
	ASSERT_NE(0, all.pid)
	{
		TH_LOG("%s", start_said(&all));
	}
	/* The positive control: it does deny, and what it loads is seen here. */
	EXPECT_EQ(DENIED, scene_act(&self->s, self->s.unlisted, "read target"));
	EXPECT_NE(NULL, loaded_since(&self->before));
	kill(all.pid, SIGTERM);
	EXPECT_EQ(0, start_end(&all, END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
}

FIXTURE_TEARDOWN(start)
{
	scene_end(&self->s);
	net_end();
}

/* NULL, or what is wrong. A terminal's ^C goes to the whole process group. */
static char *interrupt_at(struct scene *scene, const struct loaded *before, long ms, int sig,
			  bool *enforced)
{
	struct start s = { .policy = scene->policy };
	int status;

	if (!start_begin(&s))
		return "not started";
	usleep(ms * 1000);
	kill(sig == SIGINT ? -s.pid : s.pid, sig);
	status = start_end(&s, END_MS);
	*enforced = start_enforces(&s);
	if (status < 0)
		return "it did not end";
	if (sig == SIGKILL ? status != 128 + SIGKILL : !status != *enforced)
		return path("exit status %d: %s", status, start_said(&s));
	if (!orphans_gone(END_MS))
		return "a process of it is left";
	if (!loaded_gone(before))
		return "something is left in the kernel";
	if (scene_act(scene, scene->unlisted, "read target") != ALLOWED)
		return "something is still denied";
	return NULL;
}

TEST_F_TIMEOUT(start, interrupted_at_each_step, 1200)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGKILL };
	int points = getenv("LSM_GUARD_LONG") ? 48 : 12;
	int enforced = 0;

	for (int i = 0; i < points; i++) {
		int sig = signals[i % ARRAY_SIZE(signals)];
		long ms = self->whole * i * 5 / 4 / points;
		bool enforces = false;
		char *why = interrupt_at(&self->s, &self->before, ms, sig, &enforces);

		enforced += enforces;
		/* The first start may have been slow, on a machine that does other things too. */
		if (enforces && ms < self->whole)
			self->whole = ms;
		printf("# %s after %ld of %ld ms%s\n", strsignal(sig), ms, self->whole,
		       enforces ? ": it enforced" : "");
		fflush(stdout);
		EXPECT_EQ(NULL, why)
		{
			TH_LOG("%s after %ld of %ld ms: %s", strsignal(sig), ms, self->whole, why);
		}
	}
	/* Most of them did hit the start, and not what comes after it. */
	EXPECT_GT(points / 2, enforced);
	TH_LOG("%d of %d starts came as far as to enforce", enforced, points);
}

/* The second of two starts finds the first one, says so, and changes nothing. */
TEST_F_TIMEOUT(start, two_at_once, 300)
{
	struct start two[2] = { { .policy = self->s.policy },
				{ .policy = path("%s.second", self->s.policy) } };
	size_t held = 0;

	ASSERT_TRUE(command("cp %s %s", two[0].policy, two[1].policy));
	for (int i = 0; i < 2; i++)
		ASSERT_TRUE(start_begin(&two[i]));
	for (int i = 0; i < 2; i++)
		ASSERT_TRUE(start_settles(&two[i], START_MS));
	for (int i = 0; i < 2; i++) {
		if (two[i].pid && start_enforces(&two[i])) {
			held++;
			continue;
		}
		EXPECT_EQ(1, two[i].status);
		EXPECT_EQ(0, strncmp(start_said(&two[i]), "lsm-guard: ", 11))
		{
			TH_LOG("it said: %s", start_said(&two[i]));
		}
	}
	EXPECT_EQ(1, held);
	EXPECT_EQ(DENIED, scene_act(&self->s, self->s.unlisted, "read target"));
	EXPECT_EQ(ALLOWED, scene_act(&self->s, self->s.listed, "read target"));
	for (int i = 0; i < 2; i++) {
		if (!two[i].pid)
			continue;
		kill(two[i].pid, SIGTERM);
		EXPECT_EQ(0, start_end(&two[i], END_MS));
	}
	EXPECT_TRUE(orphans_gone(END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
	EXPECT_EQ(ALLOWED, scene_act(&self->s, self->s.unlisted, "read target"));
}

TEST_HARNESS_MAIN
