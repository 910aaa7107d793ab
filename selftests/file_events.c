// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is reported, and that nothing about reporting changes a verdict: the
 * fields of an event, audit, floods, and a stdout that nobody reads.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "lib/lib.h"

FIXTURE(events)
{
	struct scene s;
};

FIXTURE_SETUP(events)
{
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	ASSERT_TRUE(write_file(path("%s/target", self->s.at), "secret\n"));
	ASSERT_TRUE(write_file(path("%s/other", self->s.at), "secret\n"));
}

FIXTURE_TEARDOWN(events)
{
	scene_end(&self->s);
}

#define BY_LISTED(...)	 scene_act(&self->s, self->s.listed, __VA_ARGS__)
#define BY_UNLISTED(...) scene_act(&self->s, self->s.unlisted, __VA_ARGS__)

static const char simple[] = "file \"%D/target\" { read = { \"%T\" } }\n";

TEST_F_TIMEOUT(events, every_field, 300)
{
	struct scene *s = &self->s;
	char *argv[] = { s->unlisted, "read", "target", NULL };
	const struct event *e;
	struct events ev;
	int y, mo, d, h, mi, n = 0;
	double sec;

	ASSERT_TRUE(scene_policy(s, "# The rule's line is that of the access that it closes.\n"
				    "file \"%D/target\" {\n"
				    "\twrite = any\n"
				    "\tread  = { \"%T\" }\n"
				    "}\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, run_with(s->at, -1, argv).code);
	EXPECT_EQ(ALLOWED, BY_LISTED("read target"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(0, ev.malformed);
	ASSERT_EQ(1, ev.n);
	e = &ev.e[0];
	ASSERT_NE(NULL, event_text(e, "time"));
	EXPECT_EQ(6, sscanf(event_text(e, "time"), "%4d-%2d-%2dT%2d:%2d:%lfZ%n", &y, &mo, &d, &h,
			    &mi, &sec, &n));
	EXPECT_EQ(strlen(event_text(e, "time")), n);
	EXPECT_STREQ("DENIED", event_text(e, "verdict") ?: "");
	EXPECT_STREQ("file", event_text(e, "guard") ?: "");
	EXPECT_STREQ("read", event_text(e, "access") ?: "");
	EXPECT_STREQ("file_open", event_text(e, "hook") ?: "");
	EXPECT_GT(event_number(e, "pid"), getpid());
	EXPECT_EQ(getpid(), event_number(e, "ppid"));
	EXPECT_EQ(0, event_number(e, "uid"));
	EXPECT_STREQ("probe", event_text(e, "comm") ?: "");
	EXPECT_STREQ(s->unlisted, event_text(e, "exe") ?: "");
	EXPECT_STREQ(path("%s/target", s->at), event_text(e, "object") ?: "");
	EXPECT_STREQ(path("%s/target", s->at), event_text(e, "rule") ?: "");
	EXPECT_STREQ(s->policy, event_text(e, "policy") ?: "");
	EXPECT_EQ(4, event_number(e, "line"));
}

/* A name is somebody's choice, and must not become a line or a field of the log. */
TEST_F_TIMEOUT(events, names_are_quoted, 300)
{
	struct scene *s = &self->s;
	const char *name = "a\"b\\c\nd\te\x01\xc3\xa4";
	char *file = path("%s/tree/%s", s->at, name);
	char *argv[] = { s->unlisted, "read", file, NULL };
	struct events ev;
	const struct event *e;

	ASSERT_TRUE(command("mkdir %s/tree", s->at));
	ASSERT_TRUE(write_file(file, "secret\n"));
	ASSERT_TRUE(scene_policy(s, "file \"%D/tree/\" { read = none }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, run_with(s->at, -1, argv).code);
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(0, ev.malformed)
	{
		TH_LOG("not one flat JSON object: %s", ev.bad);
	}
	e = events_find(&ev, "DENIED", 1);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ(file, event_text(e, "object") ?: "");
}

static void audit_a_policy(struct __test_metadata *_metadata, struct scene *s, const char *policy,
			   const char *option)
{
	struct events ev;

	ASSERT_TRUE(scene_policy(s, policy));
	ASSERT_TRUE(scene_start(s, option));
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "read target"));
	EXPECT_EQ(ALLOWED, scene_act(s, s->listed, "read target"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(1, events_count(&ev, "WOULD-DENY", 1));
	EXPECT_EQ(0, events_count(&ev, "DENIED", -1));
	EXPECT_EQ(1, ev.n);
}

TEST_F_TIMEOUT(events, audit_by_option, 300)
{
	audit_a_policy(_metadata, &self->s, simple, "--audit");
}

TEST_F_TIMEOUT(events, audit_by_policy, 300)
{
	audit_a_policy(_metadata, &self->s,
		       "file \"%D/target\" { read = { \"%T\" } }\nmode = audit\n", NULL);
}

/* A rule that only audits denies nothing, beside one that does. */
TEST_F_TIMEOUT(events, audit_by_section, 300)
{
	struct scene *s = &self->s;
	struct events ev;

	ASSERT_TRUE(scene_policy(s, "file \"%D/target\" { read = { \"%T\" } mode = audit }\n"
				    "file \"%D/other\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("read target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read other"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(1, events_count(&ev, "WOULD-DENY", 1));
	EXPECT_EQ(1, events_count(&ev, "DENIED", 2));
	EXPECT_EQ(2, ev.n);
}

#define FLOOD 2000

/* Ten a second of a rule are shown; those and the counted ones together are all there were. */
TEST_F_TIMEOUT(events, flood_is_summed_up, 300)
{
	struct scene *s = &self->s;
	size_t shown;
	long counted = 0;
	struct events ev;

	ASSERT_TRUE(scene_policy(s, simple));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("flood %d target", FLOOD));
	EXPECT_TRUE(event_wait(s->guard.events, "SUPPRESSED", 1, 20000));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(0, ev.malformed);
	shown = events_count(&ev, "DENIED", 1);
	EXPECT_GE(shown, 10);
	EXPECT_LT(shown, FLOOD / 10);
	for (size_t i = 0; i < ev.n; i++)
		if (!strcmp(event_text(&ev.e[i], "verdict") ?: "", "SUPPRESSED"))
			counted += event_number(&ev.e[i], "count");
	EXPECT_EQ(FLOOD, shown + counted);
	EXPECT_EQ(0, events_count(&ev, "LOST", -1));
}

/* One rule's flood does not hide another rule's only event. */
TEST_F_TIMEOUT(events, flood_hides_no_other_rule, 300)
{
	struct scene *s = &self->s;
	struct events ev;

	ASSERT_TRUE(scene_policy(s, "file \"%D/target\" { read = { \"%T\" } }\n"
				    "file \"%D/other\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("flood %d target", FLOOD));
	EXPECT_EQ(DENIED, BY_UNLISTED("read other"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(1, events_count(&ev, "DENIED", 2));
}

/* Whatever becomes of stdout: denied before, denied after, and it leaves when told to. */
static void still_enforces(struct __test_metadata *_metadata, struct scene *s)
{
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "flood 500 target"));
	sleep(3);
	EXPECT_EQ(0, kill(s->guard.pid, 0));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));
	EXPECT_EQ(ALLOWED, scene_act(s, s->listed, "read target"));
	EXPECT_NE(-1, guard_stop(&s->guard));
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "read target"));
}

TEST_F_TIMEOUT(events, full_disk_behind_stdout, 300)
{
	ASSERT_TRUE(scene_policy(&self->s, simple));
	ASSERT_TRUE(guard_start_to(&self->s.guard, self->s.policy, NULL, "/dev/full"));
	still_enforces(_metadata, &self->s);
}

TEST_F_TIMEOUT(events, reader_of_stdout_gone, 300)
{
	struct scene *s = &self->s;
	char *fifo = path("%s/fifo", s->at);
	int reader;

	ASSERT_TRUE(command("mkfifo %s", fifo));
	ASSERT_TRUE(scene_policy(s, simple));
	reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_GE(reader, 0);
	ASSERT_TRUE(guard_start_to(&s->guard, s->policy, NULL, fifo));
	close(reader);
	still_enforces(_metadata, s);
}

/* A reader that is there but does not read: the pipe fills up and writing blocks. */
TEST_F_TIMEOUT(events, reader_of_stdout_stuck, 300)
{
	struct scene *s = &self->s;
	char *fifo = path("%s/fifo", s->at);
	int reader;

	ASSERT_TRUE(command("mkfifo %s", fifo));
	ASSERT_TRUE(scene_policy(s, simple));
	reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_GE(reader, 0);
	ASSERT_GT(fcntl(reader, F_SETPIPE_SZ, 4096), 0);
	ASSERT_TRUE(guard_start_to(&s->guard, s->policy, NULL, fifo));
	still_enforces(_metadata, s);
	close(reader);
}

static void fill(int pipe)
{
	while (write(pipe, "x", 1) == 1)
		;
}

static size_t lines_of(int reader, size_t wanted)
{
	size_t n = 0;

	for (int i = 0; i < 3000 && n < wanted; i++) {
		char c;

		while (read(reader, &c, 1) == 1)
			n += c == '\n';
		poll(NULL, 0, 10);
	}
	return n;
}

/* It is full when the watcher says what was held back, which it does for one rule after the other. */
TEST_F_TIMEOUT(events, reader_of_stdout_stuck_at_a_sum, 300)
{
	struct scene *s = &self->s;
	char *fifo = path("%s/fifo", s->at);
	int reader, writer;

	ASSERT_TRUE(command("mkfifo %s", fifo));
	ASSERT_TRUE(scene_policy(s, "file \"%D/target\" { read = { \"%T\" } }\n"
				    "file \"%D/other\" { read = { \"%T\" } }\n"));
	reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_GE(reader, 0);
	ASSERT_GT(fcntl(reader, F_SETPIPE_SZ, 4096), 0);
	ASSERT_TRUE(guard_start_to(&s->guard, s->policy, NULL, fifo));
	writer = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_GE(writer, 0);
	EXPECT_EQ(DENIED, BY_UNLISTED("flood 30 target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("flood 30 other"));
	EXPECT_LE(20, lines_of(reader, 20));
	fill(writer);
	still_enforces(_metadata, s);
	close(reader);
	close(writer);
}

TEST_HARNESS_MAIN
