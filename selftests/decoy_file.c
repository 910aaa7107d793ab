// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoys with BPF LSM: who may not read a file and opens it by its path is led to the decoy;
 * whatever slips by is refused, since LSM has the say: every evasion that reads the real file
 * where --fallback redirects (fallback_file.c) gets EPERM here.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "lib/leads.h"

#define DECOY "decoy = " LEADS_DECOY

static const struct treatment treatments[] = {
	{ 'd', DECOY, .reads = { LED, "DECOY" }, .writes = { REFUSED, "DENIED" },
	  .slips = { REFUSED, "DENIED" }, .leads_to = "decoy", .descriptor = OTHERWISE },
	{ 'a', DECOY " mode = audit", .reads = { DONE, "WOULD-DENY" },
	  .writes = { DONE, "WOULD-DENY" }, .slips = { DONE, "WOULD-DENY" } },
	{ 'c', DECOY, .listed = true },
};

FIXTURE(rows)
{
	struct lead_scene s;
};

FIXTURE_SETUP(rows)
{
	ASSERT_TRUE(leads_make(&self->s, treatments, sizeof(treatments) / sizeof(*treatments)));
}

FIXTURE_TEARDOWN(rows)
{
	leads_end(&self->s);
}

TEST_F_TIMEOUT(rows, all, 1800)
{
	ASSERT_TRUE(leads_start(&self->s, NULL));
	EXPECT_TRUE(leads_run(&self->s));
}

/* ---- one file ------------------------------------------------------------------------ */

#define FILE_RULE "file \"%D/target\" { read = { \"%T\" } decoy = "

FIXTURE(one)
{
	struct scene s;
};

FIXTURE_SETUP(one)
{
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	ASSERT_TRUE(write_file(path("%s/target", self->s.at), "real\n"));
	ASSERT_TRUE(write_file(path("%s/decoy", self->s.at), "decoy\n"));
	ASSERT_TRUE(write_file(path("%s/second", self->s.at), "second\n"));
}

FIXTURE_TEARDOWN(one)
{
	scene_end(&self->s);
}

/* What is read in place of the target, or why nothing is. */
static char *read_by(const struct scene *s, const char *program)
{
	char *line = path("showing read %s/target", s->at);
	struct result r = run_line(s->at, -1, program, line);

	free(line);
	return path("%d %s", r.code, r.said);
}

#define READS(what)		   "0 probe: read: " what
#define EXPECT_READ(program, what) EXPECT_STREQ(READS(what), read_by(&self->s, program))

/* The decoy is looked for before anything is attached. */
static void fails_to_start(struct __test_metadata *_metadata, struct scene *s, const char *policy,
			   const char *why)
{
	struct result r;

	ASSERT_TRUE(scene_policy(s, policy));
	r = run_line(NULL, -1, NULL, path("./lsm-guard --policy %s", s->policy));
	EXPECT_EQ(2, r.code);
	EXPECT_STREQ(path("%s:1: %s", s->policy, why), r.said);
	r = run_line(NULL, -1, NULL, path("./lsm-guard check %s", s->policy));
	EXPECT_EQ(2, r.code);
	EXPECT_STREQ(path("%s:1: %s", s->policy, why), r.said);
	r = run_line(NULL, -1, NULL, "./lsm-guard status");
	EXPECT_EQ(1, r.code);
}

TEST_F_TIMEOUT(one, missing, 300)
{
	fails_to_start(_metadata, &self->s, FILE_RULE "\"%D/none\" }\n",
		       path("decoy %s/none: No such file or directory", self->s.at));
}

TEST_F_TIMEOUT(one, directory, 300)
{
	fails_to_start(_metadata, &self->s, FILE_RULE "\"%D/bin\" }\n",
		       path("decoy %s/bin: is no regular file", self->s.at));
}

/* Who is led there has to be let in. */
TEST_F_TIMEOUT(one, closed_itself, 300)
{
	struct scene *s = &self->s;

	fails_to_start(_metadata, s,
		       FILE_RULE "\"%D/second\" }\nfile \"%D/second\" { read = { \"%T\" } }\n",
		       path("decoy %s/second: is closed itself, by %s:2; name a file outside",
			    s->at, s->policy));
	fails_to_start(_metadata, s, "file \"%D/\" { read = { \"%T\" } decoy = \"%D/decoy\" }\n",
		       path("decoy %s/decoy: is closed itself, by %s:1; name a file outside", s->at,
			    s->policy));
}

/* A race for the path's memory is one for EPERM or the decoy. */
TEST_F_TIMEOUT(one, race, 300)
{
	struct scene *s = &self->s;
	struct result r;

	ASSERT_TRUE(scene_policy(s, FILE_RULE "\"%D/decoy\" }\n"));
	ASSERT_EQ(ALLOWED,
		  scene_act(s, s->unlisted, "path-race 20 %s/target %s/second", s->at, s->at));
	ASSERT_TRUE(scene_start(s, NULL));
	r = run_line(s->at, -1, s->unlisted,
		     path("path-race 20 %s/target %s/second", s->at, s->at));
	printf("# %s\n", r.said);
	EXPECT_EQ(DENIED, r.code);
	EXPECT_EQ(ALLOWED,
		  scene_act(s, s->listed, "path-race 20 %s/target %s/second", s->at, s->at));
}

TEST_F_TIMEOUT(one, reload_and_prove, 600)
{
	struct scene *s = &self->s;
	struct result r;

	ASSERT_TRUE(scene_policy(s, FILE_RULE "\"%D/decoy\" }\n"));
	ASSERT_TRUE(scene_start(s, "--pin"));
	EXPECT_READ(s->unlisted, "decoy");
	EXPECT_READ(s->listed, "real");
	r = run_line(NULL, -1, NULL, "./lsm-guard prove");
	EXPECT_EQ(0, r.code);
	EXPECT_NE(NULL, strstr(r.said, "ENFORCED"));
	EXPECT_EQ(NULL, strstr(r.said, "NOT ENFORCED"));
	EXPECT_EQ(NULL, strstr(r.said, "UNTESTABLE"));
	r = run_line(NULL, -1, NULL, "./lsm-guard status");
	EXPECT_NE(NULL, strstr(r.said, "ENFORCED (lsm; opens that are seen lead to the decoy)"));
	EXPECT_NE(NULL, strstr(r.said, ", led away 1, would have denied 0; "));

	ASSERT_TRUE(scene_policy(s, FILE_RULE "\"%D/second\" }\n"));
	EXPECT_TRUE(command("./lsm-guard reload %s", s->policy));
	EXPECT_READ(s->unlisted, "second");
	EXPECT_READ(s->listed, "real");
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));

	/* Nobody of lsm-guard is alive. */
	ASSERT_TRUE(guard_kill(&s->guard));
	EXPECT_READ(s->unlisted, "second");
	EXPECT_READ(s->listed, "real");
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));
	EXPECT_TRUE(command("./lsm-guard stop"));
	EXPECT_READ(s->unlisted, "real");
}

/* A kernel that has BPF LSM enforces, whatever it is told to do without. */
TEST_F_TIMEOUT(one, with_fallback, 300)
{
	struct scene *s = &self->s;
	struct events ev;

	ASSERT_TRUE(scene_policy(s, "fallback-action = kill\n" FILE_RULE "\"%D/decoy\" }\n"
				    "file \"%D/second\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, "--fallback"));
	EXPECT_READ(s->unlisted, "decoy");
	EXPECT_READ(s->listed, "real");
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read second"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(1, events_count(&ev, "DECOY", 2));
	EXPECT_EQ(1, events_count(&ev, "DENIED", 2));
	EXPECT_EQ(1, events_count(&ev, "DENIED", 3));
	EXPECT_EQ(3, ev.n);
}

/* Without its decoy the file is closed all the same. */
TEST_F_TIMEOUT(one, decoy_goes, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, FILE_RULE "\"%D/decoy\" }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	ASSERT_EQ(0, unlink(path("%s/decoy", s->at)));
	EXPECT_EQ(OTHER, scene_act(s, s->unlisted, "read %s/target", s->at));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));
	EXPECT_EQ(ALLOWED, scene_act(s, s->listed, "read %s/target", s->at));
	/* Another file at its place is as good. */
	ASSERT_TRUE(write_file(path("%s/decoy", s->at), "third\n"));
	EXPECT_READ(s->unlisted, "third");
}

TEST_HARNESS_MAIN
