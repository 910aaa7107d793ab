// SPDX-License-Identifier: GPL-2.0-only
/*
 * --pin: with every process of lsm-guard killed all guards hold on, and can be replaced and
 * ended as before; what another one has left over does not disturb.
 */
#include "kselftest_harness.h"

#include "lib/hammer.h"
#include "lib/kernel.h"

#define PAUSE 100000 /* microseconds */
#define PINS  "/sys/fs/bpf/lsm-guard"

FIXTURE(pin)
{
	struct hammers h;
	struct guard g;
	struct bpf_objects before;
};

FIXTURE_SETUP(pin)
{
	self->g.pid = 0;
	self->before = bpf_objects_count();
	ASSERT_TRUE(hammers_make(&self->h));
}

FIXTURE_TEARDOWN(pin)
{
	hammers_end(&self->h);
	guard_stop(&self->g);
	run_line(NULL, -1, "./lsm-guard", "stop");
}

static int n_pinned(void)
{
	return atoi(run_line(NULL, -1, "/bin/sh", "/tmp/lsm-guard-pins").said);
}

TEST_F_TIMEOUT(pin, holds_without_processes, 600)
{
	ASSERT_TRUE(write_file("/tmp/lsm-guard-pins", "ls " PINS " | wc -l\n"));
	ASSERT_TRUE(guard_start(&self->g, self->h.policy[0], "--pin"));
	ASSERT_TRUE(hammers_start(&self->h, PAUSE));
	EXPECT_EQ(1, n_pinned());
	ASSERT_TRUE(guard_kill_all(&self->g));
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_EQ(0, guard_says("a.conf", "status"));
	EXPECT_EQ(1, guard_says("running already", "--policy %s", self->h.policy[1]));
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	/* An error changes nothing here, either. */
	ASSERT_TRUE(write_file("/tmp/lsm-guard-wrong", "file /etc/shadow { raed = none }\n"));
	EXPECT_EQ(2, guard_says("raed", "reload /tmp/lsm-guard-wrong"));
	for (int i = 1; i <= 2; i++) {
		EXPECT_EQ(0, guard_says("enforcing", "reload %s", self->h.policy[i % 2]));
		EXPECT_EQ(i % 2, hammers_policy());
		EXPECT_EQ(1, n_pinned());
		EXPECT_TRUE(hammers_go_on_well(&self->h));
	}
	EXPECT_EQ(0, guard_says("stopped", "stop"));
	EXPECT_EQ(0, n_pinned());
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
	EXPECT_EQ(1, guard_says("no guard", "stop"));
	EXPECT_EQ(1, guard_says("no guard", "reload %s", self->h.policy[0]));
}

/* The options of the start stay, though no process is left that was given them. */
TEST_F_TIMEOUT(pin, goes_on_auditing, 300)
{
	ASSERT_TRUE(guard_start(&self->g, self->h.policy[0], "--pin --audit"));
	EXPECT_EQ(0, guard_says("auditing", "status"));
	ASSERT_TRUE(guard_kill_all(&self->g));
	EXPECT_EQ(0, guard_says("auditing", "reload %s", self->h.policy[1]));
	EXPECT_EQ(0, guard_says("b.conf", "status"));
	EXPECT_EQ(0, guard_says("auditing", "status"));
	EXPECT_EQ(0, guard_says("stopped", "stop"));
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

TEST_F_TIMEOUT(pin, is_left_over, 300)
{
	ASSERT_TRUE(write_file("/tmp/lsm-guard-pins", "ls " PINS " | wc -l\n"));
	ASSERT_TRUE(command("mkdir -p " PINS "/4242/links " PINS "/4242/maps"));
	ASSERT_TRUE(guard_start(&self->g, self->h.policy[0], "--pin"));
	EXPECT_EQ(1, n_pinned());
	EXPECT_TRUE(command("grep -q 4242 %s", self->g.log));
	EXPECT_EQ(0, guard_says("stopped", "stop"));
	EXPECT_EQ(0, n_pinned());
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

int main(int argc, char **argv)
{
	int status = hammer_main(argc, argv);

	return status >= 0 ? status : test_harness_run(argc, argv);
}
