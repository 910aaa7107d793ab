// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files where the kernel has no BPF LSM: what --fallback reports, leads elsewhere and kills,
 * and the table of what slips by. Nothing of this is refused: a row that is an evasion reads the
 * real file under fallback-action = redirect, and is reported; under kill who does it ends.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "lib/leads.h"

#define DENIED_FILE "/run/lsm-guard/denied"
#define NOT_IT	    "This is not the file that you opened"

static const struct treatment treatments[] = {
	{ 'r', "fallback-action = report", .reads = { DONE, "WOULD-DENY" },
	  .writes = { DONE, "WOULD-DENY" }, .slips = { DONE, "WOULD-DENY" } },
	{ 'd', "fallback-action = redirect", .reads = { LED, "REDIRECTED" },
	  .writes = { LED, "REDIRECTED" }, .slips = { DONE, "WOULD-DENY" }, .leads_to = NOT_IT },
	{ 'k', "fallback-action = kill", .reads = { KILLED, "KILLED" },
	  .writes = { KILLED, "KILLED" }, .slips = { KILLED, "KILLED" } },
	{ 'a', "fallback-action = redirect mode = audit", .reads = { DONE, "WOULD-DENY" },
	  .writes = { DONE, "WOULD-DENY" }, .slips = { DONE, "WOULD-DENY" } },
	/* A decoy goes before the action, for readers. */
	{ 'o', "decoy = " LEADS_DECOY " fallback-action = report", .reads = { LED, "DECOY" },
	  .writes = { DONE, "WOULD-DENY" }, .slips = { DONE, "WOULD-DENY" }, .leads_to = "decoy" },
	{ 'x', "decoy = " LEADS_DECOY " fallback-action = kill", .reads = { LED, "DECOY" },
	  .writes = { KILLED, "KILLED" }, .slips = { KILLED, "KILLED" }, .leads_to = "decoy" },
	{ 'c', "fallback-action = redirect", .listed = true },
};

FIXTURE(rows)
{
	struct lead_scene s;
};

FIXTURE_SETUP(rows)
{
	ASSERT_TRUE(leads_make(&self->s, treatments, sizeof(treatments) / sizeof(*treatments)));
	ASSERT_TRUE(leads_start(&self->s, "--fallback"));
}

FIXTURE_TEARDOWN(rows)
{
	leads_end(&self->s);
}

TEST_F_TIMEOUT(rows, all, 1800)
{
	EXPECT_TRUE(leads_run(&self->s));
}

/* ---- one file, and what is said of it -------------------------------------------------- */

#define RULES                                                                   \
	"file \"%D/target\" { read = { \"%T\" } fallback-action = redirect }\n" \
	"file \"%D/killed\" { read = { \"%T\" } fallback-action = kill }\n"     \
	"file \"%D/told\" { read = { \"%T\" } }\n"                              \
	"file \"%D/audited\" { read = { \"%T\" } mode = audit }\n"

static const char *const files[] = { "target", "killed", "told", "audited" };
#define N_FILES (sizeof(files) / sizeof(*files))

FIXTURE(said)
{
	struct scene s;
};

FIXTURE_SETUP(said)
{
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	for (size_t i = 0; i < N_FILES; i++)
		ASSERT_TRUE(write_file(path("%s/%s", self->s.at, files[i]), "real\n"));
	ASSERT_TRUE(scene_policy(&self->s, RULES));
}

FIXTURE_TEARDOWN(said)
{
	scene_end(&self->s);
}

#define lsm_guard(...) run_line(NULL, -1, "./lsm-guard", path(__VA_ARGS__))

#define EXPECT_SAYS(text, r)                                   \
	EXPECT_NE(NULL, strstr((r).said, text))                \
	{                                                      \
		TH_LOG("'%s' is not in '%s'", text, (r).said); \
	}

/* Never silently: the option is asked for, and the command line that would help is told. */
TEST_F_TIMEOUT(said, without_the_option, 300)
{
	struct result lsms = run_line(NULL, -1, NULL, "cat /sys/kernel/security/lsm");
	struct result r = lsm_guard("--policy %s", self->s.policy);

	EXPECT_EQ(3, r.code);
	EXPECT_SAYS(path("add to the kernel command line: lsm=%s,bpf (--fallback does without, "
			 "and is weaker)",
			 lsms.said),
		    r);
	EXPECT_EQ(1, lsm_guard("status").code);
	r = lsm_guard("probe");
	EXPECT_EQ(3, r.code);
	EXPECT_SAYS("BPF LSM:     NO: rules are NOT HELD; with --fallback they are WEAKER", r);
	/* A file that is not closed needs no guard. */
	EXPECT_EQ(ALLOWED, scene_act(&self->s, self->s.unlisted, "read %s/target", self->s.at));
}

/* Of each rule what it is worth. What is read of a command's output ends after a thousand bytes. */
TEST_F_TIMEOUT(said, what_rules_are_worth, 300)
{
	static const struct {
		const char *mode, *file, *status;
	} worth[N_FILES] = {
		{ "enforce", "target",
		  "WEAKER (tracepoint: opens that are seen lead elsewhere, others are reported)" },
		{ "enforce", "killed",
		  "WEAKER (fentry: who does it is killed, what it did is done)" },
		{ "enforce", "told", "WEAKER (fentry: reported, nothing fails)" },
		{ "audit", "audited", "AUDITED (fentry: reported, nothing fails)" },
	};
	struct scene *s = &self->s;
	struct result r;

	for (size_t i = 0; i < N_FILES; i++) {
		ASSERT_TRUE(write_file(
			path("%s.one", s->policy),
			path("file %s/%s { read = { %s } %s }\n", s->at, files[i], s->listed,
			     (const char *[]){ "fallback-action = redirect",
					       "fallback-action = kill", "", "mode = audit" }[i])));
		r = lsm_guard("check %s.one", s->policy);
		EXPECT_EQ(3, r.code);
		EXPECT_SAYS(path("%s.one:1: %s %s/%s|", s->policy, worth[i].mode, s->at,
				 worth[i].file),
			    r);
		EXPECT_SAYS("    seen by file_open", r);
		EXPECT_SAYS(path("    NOT HELD: bpf is not among the LSMs; with --fallback: %s|",
				 worth[i].status),
			    r);
		EXPECT_SAYS("NOT HELD by this kernel", r);
		EXPECT_EQ(NULL, strstr(r.said, "ENFORCED"));
	}
	ASSERT_TRUE(scene_start(s, "--fallback"));
	for (size_t i = 0; i < N_FILES; i++) {
		/* Counts stand between; fallback_honest.c is about them. */
		char *line = path("%s:%zu: %s file %s/%s: allowed 0,", s->policy, i + 1,
				  i == 3 ? "audit" : "fallback", s->at, files[i]);
		char *find = path("./lsm-guard status | grep -F '%s' | grep -F '; %s'", line,
				  worth[i].status);
		char *argv[] = { "sh", "-c", find, NULL };

		EXPECT_EQ(0, run_with(NULL, -1, argv).code)
		{
			TH_LOG("status does not say '%s ...; %s'", line, worth[i].status);
		}
	}
	r = lsm_guard("status");
	EXPECT_EQ(0, r.code);
	EXPECT_EQ(0, strncmp(r.said, "fallback ", 9));
	EXPECT_EQ(NULL, strstr(r.said, "ENFORCED"));
	EXPECT_NE(0, lsm_guard("prove").code);
}

/* The file says who was led there and by which line; anybody may read it, and nobody write. */
TEST_F_TIMEOUT(said, denied_file, 300)
{
	struct scene *s = &self->s;
	struct events ev;
	struct result r;
	struct stat st;

	ASSERT_TRUE(scene_start(s, "--fallback"));
	r = run_line(s->at, -1, s->unlisted, path("as-user 1000 read %s/target", s->at));
	EXPECT_EQ(ALLOWED, r.code);
	EXPECT_TRUE(event_wait(s->guard.events, "REDIRECTED", 1, 20000));
	ASSERT_EQ(0, stat(DENIED_FILE, &st));
	EXPECT_EQ(0444, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_uid);
	r = run_line(NULL, -1, s->unlisted, "as-user 1000 showing read " DENIED_FILE);
	EXPECT_SAYS(NOT_IT, r);
	r = run_line(NULL, -1, NULL, "cat " DENIED_FILE);
	ev = events_read(s->guard.events);
	ASSERT_EQ(1, ev.n);
	EXPECT_SAYS(path("|%s[%ld] read %s/target by %s:1", s->unlisted,
			 event_number(&ev.e[0], "pid"), s->at, s->policy),
		    r);
	EXPECT_STREQ(path("%s/target", s->at), event_text(&ev.e[0], "object") ?: "");
	EXPECT_EQ(1000, event_number(&ev.e[0], "uid"));
}

/*
 * What a hook is told otherwise than who calls it is: one direction of an exchange after the other,
 * and that what is mapped to be read becomes code. Each is seen, once.
 */
TEST_F_TIMEOUT(said, what_only_the_hook_is_told, 300)
{
	struct scene *s = &self->s;
	struct events ev;

	ASSERT_TRUE(command("mkdir %s/tree", s->at));
	ASSERT_TRUE(write_file(path("%s/tree/f", s->at), "inside\n"));
	ASSERT_TRUE(write_file(path("%s/outside", s->at), "outside\n"));
	ASSERT_TRUE(copy_program("build/probe", path("%s/code", s->at)));
	ASSERT_TRUE(scene_policy(s, "file \"%D/tree/\" { read = none }\n"
				    "file \"%D/code\" { execute = none }\n"));
	ASSERT_TRUE(scene_start(s, "--fallback"));
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "exchange outside tree/f"));
	EXPECT_TRUE(command("grep -q inside %s/outside", s->at));
	EXPECT_TRUE(event_wait(s->guard.events, "WOULD-DENY", 1, 20000));
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "read code"));
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "mmap-implied-exec code"));
	EXPECT_TRUE(event_wait(s->guard.events, "WOULD-DENY", 2, 20000));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(1, events_count(&ev, "WOULD-DENY", 1));
	EXPECT_EQ(1, events_count(&ev, "WOULD-DENY", 2));
	EXPECT_EQ(2, ev.n);
}

/* Nobody is led or killed. */
TEST_F_TIMEOUT(said, audit_by_option, 300)
{
	struct scene *s = &self->s;
	struct events ev;

	ASSERT_TRUE(scene_start(s, "--fallback --audit"));
	for (size_t i = 0; i < N_FILES; i++) {
		char *line = path("showing read %s/%s", s->at, files[i]);

		EXPECT_STREQ("probe: read: real", run_line(s->at, -1, s->unlisted, line).said);
		EXPECT_EQ(ALLOWED, scene_act(s, s->listed, line));
	}
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	for (size_t i = 0; i < N_FILES; i++)
		EXPECT_EQ(1, events_count(&ev, "WOULD-DENY", i + 1));
	EXPECT_EQ(N_FILES, ev.n);
}

/* A reload leads on, and the end of the guard is the end of it. */
TEST_F_TIMEOUT(said, reload_and_stop, 300)
{
	struct scene *s = &self->s;
	char *line = path("showing read %s/target", s->at);

	ASSERT_TRUE(scene_start(s, "--fallback"));
	EXPECT_NE(NULL, strstr(run_line(s->at, -1, s->unlisted, line).said, NOT_IT));
	EXPECT_TRUE(command("./lsm-guard reload %s", s->policy));
	EXPECT_NE(NULL, strstr(run_line(s->at, -1, s->unlisted, line).said, NOT_IT));
	EXPECT_EQ(128 + SIGKILL, run_line(s->at, -1, s->unlisted, "read killed").code);
	EXPECT_EQ(0, guard_stop(&s->guard));
	EXPECT_STREQ("probe: read: real", run_line(s->at, -1, s->unlisted, line).said);
}

TEST_HARNESS_MAIN
