// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that watches is stopped or killed while denials come in a flood, and clocks jump.
 * Denials do not depend on it: what is denied stays denied until the guard has let go, and
 * what could not be reported meanwhile is counted.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/fault.h"

#define START_MS 120000
#define END_MS	 60000
#define FILES	 24 /* ten events a second of each: more than the ring has room for */
#define DAY	 86400

struct flood {
	pid_t pid;
	volatile long denied, opened, other;
};

FIXTURE(watcher)
{
	struct scene s;
	struct loaded before;
	struct start start;
	struct flood *flood;
	char *events;
};

static const char *target(const struct scene *s, int i)
{
	static char name[PATH_LEN];

	snprintf(name, sizeof(name), "%s/target%d", s->at, i);
	return name;
}

FIXTURE_SETUP(watcher)
{
	char *text = strdup("");

	ASSERT_EQ(0, access("/run/lsm-guard-vm", F_OK));
	ASSERT_TRUE(orphans_adopt());
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	for (int i = 0; i < FILES; i++) {
		ASSERT_TRUE(write_file(target(&self->s, i), "secret\n"));
		text = path("%sfile \"%s\" { read = { \"%%T\" } }\n", text, target(&self->s, i));
	}
	ASSERT_TRUE(scene_policy(&self->s, text));
	self->start = (struct start){ .policy = self->s.policy };
	self->events = path("%s.events", self->s.policy);
	self->flood = mmap(NULL, sizeof(*self->flood), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->flood);
	self->before = loaded_now();
}

FIXTURE_TEARDOWN(watcher)
{
	if (self->start.pid)
		kill(-self->start.pid, SIGKILL);
	run_line(NULL, -1, "./lsm-guard", "stop"); /* what a failed test has left pinned */
	scene_end(&self->s);
}

static bool begin(struct start *start, const char *option)
{
	start->option = option;
	if (start_begin(start) && start_settles(start, START_MS) && start->pid &&
	    start_enforces(start))
		return true;
	printf("# it said: %s\n", start_said(start));
	return false;
}

static void flood_files(const struct scene *s, struct flood *f)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0;; i = (i + 1) % FILES) {
		int fd = open(target(s, i), O_RDONLY | O_CLOEXEC);

		if (fd >= 0) {
			close(fd);
			f->opened++;
		} else if (errno == EPERM) {
			f->denied++;
		} else {
			f->other++;
		}
	}
}

static void flood_begin(const struct scene *s, struct flood *f)
{
	pid_t pid;

	f->denied = f->opened = f->other = 0;
	pid = fork();
	if (!pid)
		flood_files(s, f);
	f->pid = pid; /* it is shared: only this side writes it */
}

static void flood_end(struct flood *f)
{
	kill(f->pid, SIGKILL);
	waitpid(f->pid, NULL, 0);
}

static size_t count(const char *events, const char *verdict)
{
	struct events ev = events_read(events);
	size_t n = 0;

	for (size_t i = 0; i < ev.n; i++) {
		const char *is = event_text(&ev.e[i], "verdict");

		n += is && !strcmp(is, verdict);
	}
	events_free(&ev);
	return n;
}

static bool reads(const struct scene *s, const char *program)
{
	return scene_act(s, program, "read target0") == ALLOWED;
}

static bool has_lost(void *events)
{
	return count(events, "LOST");
}

struct more {
	const char *events;
	size_t than;
};

static bool has_more(void *arg)
{
	const struct more *more = arg;

	return count(more->events, "DENIED") > more->than;
}

static bool has_denied(void *flood)
{
	return ((struct flood *)flood)->denied > 0;
}

TEST_F_TIMEOUT(watcher, stopped_in_a_flood, 400)
{
	struct flood *f = self->flood;
	pid_t pid;
	long denied;
	struct more more = { .events = self->events };

	ASSERT_TRUE(begin(&self->start, NULL));
	flood_begin(&self->s, f);
	EXPECT_TRUE(wait_for(has_more, &more, 20000));
	pid = start_watcher(&self->start);
	EXPECT_TRUE(process_stop(pid));
	denied = f->denied;
	sleep(6);
	EXPECT_LT(denied, f->denied);
	EXPECT_FALSE(reads(&self->s, self->s.unlisted));
	EXPECT_TRUE(reads(&self->s, self->s.listed));
	more.than = count(self->events, "DENIED");
	EXPECT_EQ(0, kill(pid, SIGCONT));
	EXPECT_TRUE(wait_for(has_lost, self->events, 30000));
	/* Those that waited in the ring, and then new ones. */
	EXPECT_TRUE(wait_for(has_more, &more, 30000));
	more.than = count(self->events, "DENIED");
	EXPECT_TRUE(wait_for(has_more, &more, 30000));
	flood_end(f);
	EXPECT_EQ(0, f->opened);
	EXPECT_EQ(0, f->other);
	kill(self->start.pid, SIGTERM);
	EXPECT_EQ(0, start_end(&self->start, END_MS));
	EXPECT_TRUE(orphans_gone(END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
}

/* Nothing is pinned: all goes with it, and who waits for it is told. */
TEST_F_TIMEOUT(watcher, killed_in_a_flood, 400)
{
	struct flood *f = self->flood;

	ASSERT_TRUE(begin(&self->start, NULL));
	flood_begin(&self->s, f);
	EXPECT_TRUE(wait_for(has_denied, f, 60000));
	EXPECT_EQ(0, f->opened);
	EXPECT_EQ(0, kill(start_watcher(&self->start), SIGKILL));
	EXPECT_NE(0, start_end(&self->start, END_MS));
	flood_end(f);
	EXPECT_EQ(0, f->other);
	EXPECT_TRUE(orphans_gone(END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
	EXPECT_TRUE(reads(&self->s, self->s.unlisted));
}

TEST_F_TIMEOUT(watcher, killed_while_all_is_pinned, 400)
{
	struct flood *f = self->flood;

	ASSERT_TRUE(begin(&self->start, "--pin"));
	flood_begin(&self->s, f);
	EXPECT_TRUE(wait_for(has_denied, f, 60000));
	EXPECT_EQ(0, kill(start_watcher(&self->start), SIGKILL));
	kill(-self->start.pid, SIGKILL);
	EXPECT_NE(0, start_end(&self->start, END_MS));
	sleep(3);
	flood_end(f);
	EXPECT_EQ(0, f->opened);
	EXPECT_EQ(0, f->other);
	EXPECT_TRUE(orphans_gone(END_MS));
	EXPECT_FALSE(reads(&self->s, self->s.unlisted));
	EXPECT_TRUE(reads(&self->s, self->s.listed));
	EXPECT_TRUE(command("./lsm-guard stop"));
	EXPECT_TRUE(reads(&self->s, self->s.unlisted));
	EXPECT_TRUE(loaded_gone(&self->before));
}

static bool jump(long seconds)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t))
		return false;
	t.tv_sec += seconds;
	return !clock_settime(CLOCK_REALTIME, &t);
}

static bool is_free(void *scene)
{
	return reads(scene, ((struct scene *)scene)->unlisted);
}

/* The deadline is of the clock that nobody sets: neither earlier nor later. */
TEST_F_TIMEOUT(watcher, clock_jumps, 400)
{
	long began, took;
	size_t n;

	ASSERT_TRUE(begin(&self->start, "--confirm-within=60"));
	began = fault_ms();
	for (int i = 0; i < 2; i++) {
		EXPECT_TRUE(jump(i ? -2 * DAY : DAY));
		n = count(self->events, "DENIED");
		EXPECT_FALSE(reads(&self->s, self->s.unlisted));
		EXPECT_TRUE(wait_for(has_more, &(struct more){ self->events, n }, 20000));
		EXPECT_TRUE(command("./lsm-guard status"));
	}
	EXPECT_TRUE(wait_for(is_free, &self->s, 150000));
	took = fault_ms() - began;
	EXPECT_LT(30000, took);
	EXPECT_GT(120000, took);
	EXPECT_EQ(1, start_end(&self->start, END_MS));
	EXPECT_TRUE(jump(DAY));
	EXPECT_TRUE(orphans_gone(END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
}

TEST_HARNESS_MAIN
