// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reloads without a gap: while one policy takes the place of another again and again, what
 * both deny is never let through, and what both allow is never refused, by any guard. And
 * nothing is left of the guards that have ended.
 *
 * LSM_GUARD_LONG=1 in the environment: 1,000 reloads instead of two minutes, or four.
 */
#include "kselftest_harness.h"

#include <time.h>

#include "lib/hammer.h"
#include "lib/kernel.h"

/* Is there another one to do? */
static bool goes_on(int done, time_t begin)
{
	if (getenv("LSM_GUARD_LONG"))
		return done < 1000;
	return done < 4 || time(NULL) - begin < 120;
}

FIXTURE(gap)
{
	struct hammers h;
	struct guard g;
	struct bpf_objects before;
};

FIXTURE_SETUP(gap)
{
	self->g.pid = 0;
	self->before = bpf_objects_count();
	ASSERT_TRUE(hammers_make(&self->h));
}

FIXTURE_TEARDOWN(gap)
{
	hammers_end(&self->h);
	guard_stop(&self->g);
}

static bool reload(const char *policy)
{
	return command("./lsm-guard reload %s", policy);
}

/* The probers notice: with no guard there, what is to be denied is let through. */
TEST_F_TIMEOUT(gap, without_guard, 300)
{
	ASSERT_TRUE(hammers_start(&self->h, 0));
	for (int i = 0; i < HAMMERS; i++) {
		EXPECT_GT(self->h.tally[i].let_in, 0)
		{
			TH_LOG("%s", hammer_names[i]);
		}
		/* A file with a list is open to all then. */
		EXPECT_EQ(0, self->h.tally[i].kept_out)
		{
			TH_LOG("%s: %s", hammer_names[i], self->h.tally[i].first);
		}
	}
}

/* One reload: each question was asked meanwhile, and each answer was right. */
static void reload_once(struct __test_metadata *_metadata, struct hammers *h, int i)
{
	struct hammer_tally then[HAMMERS];

	hammers_count(h, then);
	ASSERT_TRUE(reload(h->policy[i % 2]));
	for (int k = 0; k < HAMMERS; k++) {
		EXPECT_GT(h->tally[k].denied, then[k].denied);
		EXPECT_GT(h->tally[k].allowed, then[k].allowed);
	}
	ASSERT_TRUE(hammers_have_asked(h, then));
	ASSERT_EQ(0, hammers_wrong(h))
	{
		TH_LOG("in reload %d", i);
	}
}

/* What the guard before had is freed a while after its end. */
static struct bpf_objects settled(void)
{
	struct bpf_objects was, is = bpf_objects_count();

	do {
		was = is;
		sleep(2);
		is = bpf_objects_count();
	} while (memcmp(&was, &is, sizeof(is)));
	return is;
}

TEST_F_TIMEOUT(gap, none_between_policies, 36000)
{
	struct bpf_objects now[2];
	time_t begin = time(NULL);
	long memory[2] = {};
	int n = 0;

	ASSERT_TRUE(guard_start(&self->g, self->h.policy[0], NULL));
	ASSERT_TRUE(hammers_start(&self->h, 0));
	EXPECT_EQ(0, hammers_wrong(&self->h));
	while (goes_on(n, begin)) {
		int i = ++n;

		reload_once(_metadata, &self->h, i);
		/* Each policy has as much as when it was first loaded beside another one. */
		if (i <= 2)
			now[i % 2] = settled();
		EXPECT_TRUE(bpf_objects_become(&now[i % 2], 60000));
		printf("# %d reloads, %ld s\n", i, (long)(time(NULL) - begin));
		fflush(stdout);
		if (i == 2)
			memory[0] = memory_of("Slab") + memory_of("Percpu");
	}
	memory[1] = memory_of("Slab") + memory_of("Percpu");
	printf("# %ld KiB of slabs after two reloads, %ld after %d\n", memory[0], memory[1], n);
	EXPECT_LE(memory[1], memory[0] + 16384);
	for (int i = 0; i < HAMMERS; i++)
		printf("# %s: denied %zu times, allowed %zu times\n", hammer_names[i],
		       self->h.tally[i].denied, self->h.tally[i].allowed);
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

int main(int argc, char **argv)
{
	int status = hammer_main(argc, argv);

	return status >= 0 ? status : test_harness_run(argc, argv);
}
