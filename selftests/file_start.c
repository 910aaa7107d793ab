// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and ending: what cannot start leaves nothing in the kernel, and what
 * ends, in whichever way, takes all with it.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/lib.h"

FIXTURE(start)
{
	struct scene s;
	char *before; /* what of BPF is loaded */
};

/* Programs, links and maps, without what changes by itself. */
static char *loaded(void)
{
	static const char *const kinds[] = { "prog", "link", "map" };
	char *all = strdup("");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char *line = path("bpftool %s list", kinds[i]);
		FILE *f = popen(line, "re");
		char text[1024], *longer;

		while (f && fgets(text, sizeof(text), f)) {
			/* Only the first line of each: "12: lsm  name file_open ..." */
			if (*text < '0' || *text > '9')
				continue;
			longer = path("%s%s %s", all, kinds[i], text);
			free(all);
			all = longer;
		}
		if (!f || pclose(f))
			return NULL;
		free(line);
	}
	return all;
}

FIXTURE_SETUP(start)
{
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	ASSERT_TRUE(write_file(path("%s/target", self->s.at), "secret\n"));
	self->before = loaded();
	ASSERT_NE(NULL, self->before);
}

FIXTURE_TEARDOWN(start)
{
	scene_end(&self->s);
}

static bool is_as_before(void *before)
{
	char *now = loaded();
	bool same = now && !strcmp(now, before);

	free(now);
	return same;
}

/* Freeing is deferred by some RCU periods. */
static void nothing_is_left(struct __test_metadata *_metadata, char *before)
{
	EXPECT_TRUE(wait_for(is_as_before, before, 60000))
	{
		TH_LOG("before:\n%safter:\n%s", before, loaded());
	}
}

static const char simple[] = "file \"%D/target\" { read = { \"%T\" } }\n";

static struct result start_with(struct scene *s, const char *policy)
{
	char *argv[] = { "./lsm-guard", "--policy", s->policy, NULL };

	/* Should it start after all, it must not be on the machine that one works on. */
	if (access("/run/lsm-guard-vm", F_OK) || !scene_policy(s, policy))
		return (struct result){ .code = -1 };
	return run_with(NULL, -1, argv);
}

/* Exit status 2, one line that says where, nothing attached, nothing denied. */
static void is_refused(struct __test_metadata *_metadata, struct scene *s, char *before,
		       const char *policy, const char *says)
{
	struct result r = start_with(s, policy);

	EXPECT_EQ(2, r.code)
	{
		TH_LOG("%s: %s", policy, r.said);
	}
	EXPECT_NE(NULL, strstr(r.said, says))
	{
		TH_LOG("'%s' does not say '%s'", r.said, says);
	}
	nothing_is_left(_metadata, before);
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "read target"));
}

TEST_F_TIMEOUT(start, error_in_the_policy, 300)
{
	struct scene *s = &self->s;

	is_refused(_metadata, s, self->before,
		   "file \"%D/target\" { read = { \"%T\" } }\nfile \"%D/other\" { reed = none }\n",
		   ".conf:2:");
	is_refused(_metadata, s, self->before, "file \"%D/target\" { read = { \"%D/none\" } }\n",
		   ".conf:1:");
	is_refused(_metadata, s, self->before, "file \"%D/none/target\" { read = none }\n",
		   ".conf:1:");
}

TEST_F_TIMEOUT(start, policy_that_others_may_write, 300)
{
	struct scene *s = &self->s;
	struct result r;
	char *argv[] = { "./lsm-guard", "--policy", s->policy, NULL };

	ASSERT_TRUE(scene_policy(s, simple));
	ASSERT_EQ(0, chmod(s->policy, 0666));
	r = run_with(NULL, -1, argv);
	EXPECT_EQ(2, r.code);
	nothing_is_left(_metadata, self->before);
	ASSERT_EQ(0, chmod(s->policy, 0644));
}

TEST_F_TIMEOUT(start, ended_by_sigterm, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, simple));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));
	EXPECT_FALSE(is_as_before(self->before));
	EXPECT_EQ(0, guard_stop(&s->guard));
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "read target"));
	nothing_is_left(_metadata, self->before);
}

/* Nothing is pinned, so that what is killed cannot go on denying with nobody to end it. */
TEST_F_TIMEOUT(start, killed, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, simple));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));
	EXPECT_EQ(0, kill(s->guard.pid, SIGKILL));
	EXPECT_EQ(s->guard.pid, waitpid(s->guard.pid, NULL, 0));
	s->guard.pid = 0;
	nothing_is_left(_metadata, self->before);
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "read target"));
}

/* There is one guard: a second start says so, and changes nothing. */
TEST_F_TIMEOUT(start, two_at_once, 300)
{
	struct scene *s = &self->s, second = self->s;

	second.policy = path("%s.second", s->policy);
	second.guard = (struct guard){ 0 };
	ASSERT_TRUE(write_file(path("%s/other", s->at), "secret\n"));
	ASSERT_TRUE(scene_policy(s, simple));
	ASSERT_TRUE(scene_policy(&second, "file \"%D/other\" { read = none }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_FALSE(scene_start(&second, NULL));
	EXPECT_TRUE(command("grep -q already, %s", second.guard.log));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "read other"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	nothing_is_left(_metadata, self->before);
}

TEST_HARNESS_MAIN
