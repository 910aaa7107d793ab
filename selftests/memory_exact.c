// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits on memory to the page: by random acts whose outcome is known beforehand, by
 * threads that take all they can get, for children, and for a process that has more than
 * its limit already. Each is tried without a guard, too, where it can be: under the
 * kernel's own limit on the address space.
 */
#include "kselftest_harness.h"

#include "lib/limits.h"

FIXTURE(exact)
{
	struct limits l;
	char *allocation, *memory, *space, *child, *over;
	long line[5];
};

FIXTURE_SETUP(exact)
{
	struct limits *l = &self->l;

	ASSERT_TRUE(limits_make(l));
	self->allocation = limits_program(l, "allocation", "allocation = 256K", &self->line[0]);
	self->memory = limits_program(l, "memory", "memory = 2M", &self->line[1]);
	self->space = limits_program(l, "space", "address-space = 4M", &self->line[2]);
	self->child = limits_program(l, "child", "memory = 12M", &self->line[3]);
	self->over = limits_program(l, "over", "memory = 4M", &self->line[4]);
}

FIXTURE_TEARDOWN(exact)
{
	limits_end(&self->l);
}

#define BY(program, act)                                                 \
	({                                                               \
		struct result r_ = limits_act(&self->l, (program), act); \
		printf("# %s: %s\n", act, r_.said);                      \
		r_.code;                                                 \
	})

TEST_F_TIMEOUT(exact, without_guard, 300)
{
	char *free_ = self->l.s.unlisted;

	EXPECT_EQ(ALLOWED, BY(free_, "memory-walk allocation none 10 60"));
	EXPECT_EQ(ALLOWED, BY(free_, "memory-walk memory none 10 60"));
	EXPECT_EQ(ALLOWED, BY(free_, "memory-walk address-space none 10 60"));
	EXPECT_EQ(ALLOWED, BY(free_, "with-rlimit address-space 4M "
				     "memory-walk address-space 4M 100 60"));
	EXPECT_EQ(ALLOWED, BY(free_, "with-rlimit address-space 4M "
				     "memory-race address-space 4M 4 100"));
	EXPECT_EQ(ALLOWED, BY(free_, "with-rlimit memory 2M memory-race memory 2M 4 100"));
	EXPECT_EQ(ALLOWED, BY(free_, "child-having 8M map anonymous 8M"));
}

TEST_F_TIMEOUT(exact, to_the_page, 600)
{
	ASSERT_TRUE(limits_start(&self->l));
	EXPECT_EQ(ALLOWED, BY(self->allocation, "memory-walk allocation 256K 100 60"));
	EXPECT_EQ(ALLOWED, BY(self->memory, "memory-walk memory 2M 100 60"));
	EXPECT_EQ(ALLOWED, BY(self->space, "memory-walk address-space 4M 100 60"));
	EXPECT_EQ(0, guard_stop(&self->l.s.guard));
}

TEST_F_TIMEOUT(exact, by_threads_at_once, 600)
{
	ASSERT_TRUE(limits_start(&self->l));
	EXPECT_EQ(ALLOWED, BY(self->memory, "memory-race memory 2M 4 100"));
	EXPECT_EQ(ALLOWED, BY(self->space, "memory-race address-space 4M 4 100"));
	EXPECT_EQ(0, guard_stop(&self->l.s.guard));
}

/* A child begins with what its parent had, and has the limit for itself. */
TEST_F_TIMEOUT(exact, children_have_their_own, 300)
{
	ASSERT_TRUE(limits_start(&self->l));
	EXPECT_EQ(ALLOWED, BY(self->child, "having 8M map anonymous 3M"));
	EXPECT_EQ(DENIED, BY(self->child, "having 8M map anonymous 8M"));
	EXPECT_EQ(DENIED, BY(self->child, "child-having 8M map anonymous 8M"));
	EXPECT_EQ(ALLOWED, BY(self->child, "child-without 8M map anonymous 8M"));
	/* An exec begins anew. */
	EXPECT_EQ(ALLOWED, BY(self->child, "having 8M exec %P map anonymous 8M"));
	EXPECT_EQ(0, guard_stop(&self->l.s.guard));
}

static bool is_ready(void *arg)
{
	char *line = path("ls %s", (char *)arg);
	struct result r = run_line(NULL, -1, NULL, line);

	free(line);
	return strstr(r.said, "go.");
}

/* What is there already stays, and only growth is denied. */
TEST_F_TIMEOUT(exact, more_than_the_limit_from_before, 300)
{
	struct limits *l = &self->l;
	struct background b;
	char *go = path("%s/go", l->s.at), *line = path("over-limit 32M await-file %s true", go);

	ASSERT_TRUE(background_start(&b, l->s.at, self->over, line));
	ASSERT_TRUE(wait_for(is_ready, (void *)l->s.at, 20000));
	ASSERT_TRUE(limits_start(l));
	ASSERT_TRUE(write_file(go, ""));
	EXPECT_EQ(ALLOWED, background_end(&b, 20000))
	{
		command("cat %s", b.said);
	}
	EXPECT_EQ(0, guard_stop(&l->s.guard));
}

TEST_HARNESS_MAIN
