// SPDX-License-Identifier: GPL-2.0-only
/*
 * reload --confirm-within: what is confirmed stays; what is not gives way to the policy before
 * it, also when every process of lsm-guard is dead. All the while probers ask for what both
 * policies deny and what both allow.
 */
#include "kselftest_harness.h"

#include "lib/hammer.h"
#include "lib/kernel.h"

#define PAUSE 100000 /* microseconds */

FIXTURE(confirm)
{
	struct hammers h;
	struct guard g;
	struct bpf_objects before;
};

FIXTURE_SETUP(confirm)
{
	self->g.pid = 0;
	self->before = bpf_objects_count();
	ASSERT_TRUE(hammers_make(&self->h));
}

FIXTURE_TEARDOWN(confirm)
{
	hammers_end(&self->h);
	guard_stop(&self->g);
	run_line(NULL, -1, "./lsm-guard", "stop");
}

static bool is_first(void *unused)
{
	(void)unused;
	return hammers_policy() == 0;
}

/* What has let go is a guard that does not hold: status tells as long as it is there. */
static bool is_alone(void *unused)
{
	(void)unused;
	return !system("! ./lsm-guard status 2>&1 | grep -qE '^(lapsed|ending) |told to end'");
}

/* Once the process of the one that lapsed has ended. */
static bool takes_another(void *policy)
{
	return !guard_says("enforcing", "reload --confirm-within 90 %s", (char *)policy);
}

static void begin(struct __test_metadata *_metadata, struct hammers *h, struct guard *g,
		  const char *option, int within)
{
	ASSERT_TRUE(guard_start(g, h->policy[0], option));
	ASSERT_TRUE(hammers_start(h, PAUSE));
	ASSERT_EQ(0, hammers_policy());
	ASSERT_EQ(0,
		  guard_says("enforcing", "reload --confirm-within %d %s", within, h->policy[1]));
	EXPECT_EQ(1, hammers_policy());
	EXPECT_EQ(0, hammers_wrong(h));
}

TEST_F_TIMEOUT(confirm, in_time, 600)
{
	begin(_metadata, &self->h, &self->g, NULL, 40);
	/* One waits: there is no other reload until then. */
	EXPECT_EQ(1, guard_says("confirm", "reload %s", self->h.policy[0]));
	EXPECT_EQ(0, guard_says("confirmed", "confirm"));
	EXPECT_EQ(1, guard_says("nothing waits", "confirm"));
	sleep(42);
	EXPECT_EQ(1, hammers_policy());
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_EQ(0, guard_says("enforcing", "reload %s", self->h.policy[0]));
	EXPECT_EQ(0, hammers_policy());
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

TEST_F_TIMEOUT(confirm, nobody_confirms, 600)
{
	begin(_metadata, &self->h, &self->g, NULL, 20);
	EXPECT_TRUE(wait_for(is_first, NULL, 60000));
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_NE(0, guard_says(NULL, "confirm"));
	/* The one that has let go ends by itself. */
	EXPECT_TRUE(wait_for(is_alone, NULL, 60000));
	EXPECT_EQ(0, guard_says("a.conf", "status"));
	EXPECT_EQ(0, guard_says("enforcing", "reload %s", self->h.policy[1]));
	EXPECT_EQ(1, hammers_policy());
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

TEST_F_TIMEOUT(confirm, everybody_is_dead, 600)
{
	begin(_metadata, &self->h, &self->g, "--pin", 40);
	ASSERT_TRUE(guard_kill_all(&self->g));
	EXPECT_EQ(1, hammers_policy());
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_TRUE(wait_for(is_first, NULL, 60000));
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_EQ(1, guard_says("too late", "confirm"));
	/* Both are there: not all that is there holds. */
	EXPECT_EQ(1, guard_says("a.conf", "status"));
	/* It can be replaced in good order still, and ended. */
	EXPECT_EQ(0, guard_says("enforcing", "reload %s", self->h.policy[1]));
	EXPECT_EQ(1, hammers_policy());
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_EQ(0, guard_says("stopped", "stop"));
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

/* One that has lapsed and is pinned goes with the next one that is confirmed. */
TEST_F_TIMEOUT(confirm, after_one_that_lapsed, 600)
{
	begin(_metadata, &self->h, &self->g, "--pin", 20);
	ASSERT_TRUE(wait_for(is_first, NULL, 60000));
	EXPECT_EQ(0, system("./lsm-guard status | grep -q '^lapsed '"));
	ASSERT_TRUE(wait_for(takes_another, self->h.policy[1], 60000));
	EXPECT_EQ(1, hammers_policy());
	EXPECT_EQ(0, guard_says("confirmed", "confirm"));
	EXPECT_EQ(1, hammers_policy());
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_EQ(0, guard_says("enforcing", "status"));
	EXPECT_NE(0, system("./lsm-guard status 2>&1 | grep -qE '^(lapsed|ending|suspended) '"));
	EXPECT_EQ(0, guard_says("stopped", "stop"));
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

/* Links that only pins hold go in any order: what is allowed is not refused meanwhile. */
TEST_F_TIMEOUT(confirm, stopped_when_dead, 600)
{
	struct hammer_tally then[HAMMERS];

	ASSERT_TRUE(guard_start(&self->g, self->h.policy[0], "--pin"));
	ASSERT_TRUE(hammers_start(&self->h, PAUSE / 10));
	ASSERT_EQ(0, hammers_wrong(&self->h));
	ASSERT_TRUE(guard_kill_all(&self->g));
	EXPECT_EQ(0, guard_says("stopped", "stop"));
	hammers_count(&self->h, then);
	EXPECT_TRUE(hammers_have_asked(&self->h, then));
	hammers_wrong(&self->h);
	for (int i = 0; i < HAMMERS; i++)
		EXPECT_EQ(0, self->h.tally[i].kept_out);
	EXPECT_NE(0, self->h.tally[HAMMER_FILE].let_in);
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

int main(int argc, char **argv)
{
	int status = hammer_main(argc, argv);

	return status >= 0 ? status : test_harness_run(argc, argv);
}
