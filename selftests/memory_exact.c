// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits on memory to the page: by random acts whose outcome is known beforehand, by
 * threads that take all they can get, for children, and for a process that has more than
 * its limit already. Each is tried without a guard, too, where it can be: under the
 * kernel's own limit on the address space.
 */
#include "kselftest_harness.h"

#include "lib/limits.h"

struct exact_programs {
	struct limits l;
	char *allocation, *memory, *space, *child, *over;
	long line[5];
};

FIXTURE(exact)
{
	struct exact_programs p;
};

FIXTURE_SETUP(exact)
{
	struct exact_programs *p = &self->p;
	struct limits *l = &p->l;

	ASSERT_TRUE(limits_make(l));
	p->allocation = limits_program(l, "allocation", "allocation = 256K", &p->line[0]);
	p->memory = limits_program(l, "memory", "memory = 2M", &p->line[1]);
	p->space = limits_program(l, "space", "address-space = 4M", &p->line[2]);
	p->child = limits_program(l, "child", "memory = 12M", &p->line[3]);
	p->over = limits_program(l, "over", "memory = 4M", &p->line[4]);
}

FIXTURE_TEARDOWN(exact)
{
	limits_end(&self->p.l);
}

#define BY(program, act)                                              \
	({                                                            \
		struct result r_ = limits_act(&p->l, (program), act); \
		printf("# %s: %s\n", act, r_.said);                   \
		r_.code;                                              \
	})

TEST_F_TIMEOUT(exact, without_guard, 300)
{
	struct exact_programs *p = &self->p;
	char *free_ = p->l.s.unlisted;

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

static void by_random_acts(struct __test_metadata *_metadata, struct exact_programs *p)
{
	EXPECT_EQ(ALLOWED, BY(p->allocation, "memory-walk allocation 256K 100 60"));
	EXPECT_EQ(ALLOWED, BY(p->memory, "memory-walk memory 2M 100 60"));
	EXPECT_EQ(ALLOWED, BY(p->space, "memory-walk address-space 4M 100 60"));
}

static void by_threads_at_once(struct __test_metadata *_metadata, struct exact_programs *p)
{
	EXPECT_EQ(ALLOWED, BY(p->memory, "memory-race memory 2M 4 100"));
	EXPECT_EQ(ALLOWED, BY(p->space, "memory-race address-space 4M 4 100"));
}

/* A child begins with what its parent had, and has the limit for itself. */
static void children_have_their_own(struct __test_metadata *_metadata, struct exact_programs *p)
{
	EXPECT_EQ(ALLOWED, BY(p->child, "having 8M map anonymous 3M"));
	EXPECT_EQ(DENIED, BY(p->child, "having 8M map anonymous 8M"));
	EXPECT_EQ(DENIED, BY(p->child, "child-having 8M map anonymous 8M"));
	EXPECT_EQ(ALLOWED, BY(p->child, "child-without 8M map anonymous 8M"));
	/* An exec begins anew. */
	EXPECT_EQ(ALLOWED, BY(p->child, "having 8M exec %P map anonymous 8M"));
}

TEST_F_TIMEOUT(exact, to_the_page, 600)
{
	ASSERT_TRUE(limits_start(&self->p.l));
	by_random_acts(_metadata, &self->p);
	by_threads_at_once(_metadata, &self->p);
	children_have_their_own(_metadata, &self->p);
	EXPECT_EQ(0, guard_stop(&self->p.l.s.guard));
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
	struct limits *l = &self->p.l;
	struct background b;
	char *go = path("%s/go", l->s.at), *line = path("over-limit 32M await-file %s true", go);

	ASSERT_TRUE(background_start(&b, l->s.at, self->p.over, line));
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
