// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a kernel without BPF LSM lsm-guard never says that it enforces: not without --fallback,
 * which is refused with what would help, nor with it. And what is asked of any guard holds for
 * such a one: it is proved, pinned, reloaded without missing anything, and ended.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/hammer.h"
#include "lib/kernel.h"
#include "lib/limits.h"
#include "lib/net.h"

#define KILLED	(128 + SIGKILL) /* as run_line() says it */
#define FTRACE	"/proc/sys/kernel/ftrace_enabled"
#define SEEN	"NOT HELD: bpf is not among the LSMs; with --fallback: "
#define EIGHT	"map anonymous 8M"
#define WAIT_MS 30000

static const char policy[] = "fallback-action = kill\n"
			     "program %D/bin/one { allocation = 4M }\n"
			     "file %D/secret { read = none fallback-action = report }\n"
			     "file %D/other { read = none fallback-action = redirect }\n"
			     "file %D/third { write = none mode = audit }\n"
			     "file %D/fourth { write = none }\n"
			     "interface " NET_LINK " { accept = { any:22/tcp } }\n";
static const char second[] = "fallback-action = kill\n"
			     "file %D/secret { read = none fallback-action = report }\n"
			     "program %D/bin/two { allocation = 4M }\n"
			     "program %D/bin/one { allocation = 5M }\n";

/* A section of the first policy, and what is said of it. */
static const struct {
	long line;
	const char *how;
} worth[] = {
	{ 2, "WEAKER (fentry: who does it is killed, what it did is done)" },
	{ 3, "WEAKER (fentry: reported, nothing fails)" },
	{ 4, "WEAKER (tracepoint: opens that are seen lead elsewhere, others are reported)" },
	{ 5, "AUDITED (fentry: reported, nothing fails)" },
	{ 6, "WEAKER (fentry: who does it is killed, what it did is done)" },
	{ 7, "WEAKER (xdp alone, no second look at the sockets)" },
};

FIXTURE(honest)
{
	struct scene s;
	char *one, *two, *second, *lsms;
	struct bpf_objects before;
};

/* All that a file has, on one line; the caller's. */
static char *contents(const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = fopen(name, "re");

	if (f && getdelim(&text, &size, 0, f) < 0)
		text = NULL;
	if (f)
		fclose(f);
	return text ?: strdup("");
}

FIXTURE_SETUP(honest)
{
	static const char *const files[] = { "secret", "other", "third", "fourth" };
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_make(s, FS_TMPFS) && net_make());
	self->one = path("%s/bin/one", s->at);
	self->two = path("%s/bin/two", s->at);
	self->second = path("%s.second", s->policy);
	self->lsms = contents("/sys/kernel/security/lsm");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		ASSERT_TRUE(write_file(path("%s/%s", s->at, files[i]), "secret\n"));
	ASSERT_TRUE(copy_program(s->unlisted, self->one) && copy_program(s->unlisted, self->two));
	ASSERT_TRUE(scene_policy(s, second) && command("cp %s %s", s->policy, self->second));
	ASSERT_TRUE(scene_policy(s, policy));
	self->before = bpf_objects_count();
}

FIXTURE_TEARDOWN(honest)
{
	write_file(FTRACE, "1\n");
	scene_end(&self->s);
	run_line(NULL, -1, "./lsm-guard", "stop");
	net_end();
}

/* What `./lsm-guard ARGS` writes, to a file: its exit status. */
static int output_of(const char *args, char **out, char **err)
{
	char *line = path("./lsm-guard %s >/tmp/honest.out 2>/tmp/honest.err", args);
	char *argv[] = { "sh", "-c", line, NULL };
	struct result r = run_with(NULL, -1, argv);

	free(line);
	*out = contents("/tmp/honest.out");
	*err = contents("/tmp/honest.err");
	return r.code;
}

static int act(const struct scene *s, const char *program, const char *what)
{
	return run_line(s->at, -1, program, what).code;
}

/* Of the section at this line, in what is said of one section after the other. */
static bool says_of(const char *text, const char *file, long line, const char *wanted)
{
	const char *at = strstr(text, path("%s:%ld: ", file, line));
	const char *next = at ? strstr(at + 1, path("\n%s:", file)) : NULL;
	const char *found = at ? strstr(at, wanted) : NULL;

	if (found && (!next || found < next))
		return true;
	printf("# of line %ld it does not say '%s': %s\n", line, wanted, at ? at : text);
	return false;
}

/* ---- without --fallback ------------------------------------------------------------------- */

TEST_F_TIMEOUT(honest, is_refused, 120)
{
	char *out, *err, *wanted;

	wanted = path("lsm-guard: bpf is not among the active LSMs (%s); add to the kernel command "
		      "line: lsm=%s,bpf (--fallback does without, and is weaker)\n",
		      self->lsms, self->lsms);
	EXPECT_EQ(3, output_of(path("--policy %s", self->s.policy), &out, &err));
	EXPECT_STREQ(wanted, err);
	EXPECT_STREQ("", out);
	EXPECT_TRUE(bpf_objects_become(&self->before, WAIT_MS));
	EXPECT_EQ(3, output_of(path("--policy %s --pin --audit", self->s.policy), &out, &err));
	EXPECT_STREQ(wanted, err);
	EXPECT_EQ(1, guard_says("no guard is running", "status"));
}

TEST_F_TIMEOUT(honest, check, 120)
{
	char *out, *err;

	EXPECT_EQ(3, output_of(path("check %s", self->s.policy), &out, &err));
	EXPECT_NE(NULL, strstr(err, path("line: lsm=%s,bpf", self->lsms)));
	EXPECT_NE(NULL, strstr(out, "NOT HELD by this kernel"));
	EXPECT_EQ(NULL, strstr(out, "ENFORCED"));
	EXPECT_EQ(NULL, strstr(out, "held by "));
	for (size_t i = 0; i < ARRAY_SIZE(worth); i++)
		EXPECT_TRUE(
			says_of(out, self->s.policy, worth[i].line, path(SEEN "%s", worth[i].how)));
}

TEST_F_TIMEOUT(honest, probe, 120)
{
	char *out, *err;

	EXPECT_EQ(3, output_of("probe", &out, &err));
	EXPECT_NE(NULL, strstr(out, "BPF LSM:     NO: rules are NOT HELD; with --fallback they are "
				    "WEAKER (reported, redirected or killed)\n"));
	EXPECT_NE(NULL, strstr(err, path("line: lsm=%s,bpf", self->lsms)));
}

TEST_F_TIMEOUT(honest, unprivileged, 120)
{
	struct result r;

	EXPECT_TRUE(command("chmod 644 %s", self->s.policy));
	r = run_line(NULL, -1, "setpriv",
		     path("--reuid 1000 --clear-groups ./lsm-guard --fallback --policy %s",
			  self->s.policy));
	EXPECT_EQ(1, r.code);
	EXPECT_NE(NULL, strstr(r.said, "run it as root"))
	{
		TH_LOG("%s", r.said);
	}
	EXPECT_TRUE(bpf_objects_become(&self->before, WAIT_MS));
}

/* ---- with it ------------------------------------------------------------------------------- */

static bool says_that_it_is_weaker(void *log)
{
	return strstr(contents(log), "\nlsm-guard: without BPF LSM nothing but packets is refused: "
				     "`lsm-guard status` says what each rule is worth\n");
}

TEST_F_TIMEOUT(honest, start_and_status, 300)
{
	struct scene *s = &self->s;
	char *log, *out, *err;

	EXPECT_EQ(ALLOWED, act(s, self->one, EIGHT));
	ASSERT_TRUE(scene_start(s, "--fallback"));
	/* A line of its own, behind the one that says that it has started. */
	EXPECT_TRUE(wait_for(says_that_it_is_weaker, s->guard.log, WAIT_MS));
	log = contents(s->guard.log);
	EXPECT_EQ(log, strstr(log, path("fallback, NOT enforcing %s: 6 rules, ", s->policy)));
	EXPECT_EQ(KILLED, act(s, self->one, EIGHT));
	EXPECT_EQ(ALLOWED, act(s, self->two, EIGHT));
	EXPECT_EQ(ALLOWED, scene_act(s, self->two, "open openat read secret"));
	EXPECT_EQ(ALLOWED, scene_act(s, self->two, "path-open plain open read %s/other", s->at));
	EXPECT_TRUE(event_wait(s->guard.events, "KILLED", 2, WAIT_MS));
	EXPECT_TRUE(event_wait(s->guard.events, "WOULD-DENY", 3, WAIT_MS));
	EXPECT_TRUE(event_wait(s->guard.events, "REDIRECTED", 4, WAIT_MS));

	EXPECT_EQ(0, output_of("status", &out, &err));
	EXPECT_EQ(out, strstr(out, path("fallback %s since ", s->policy)));
	EXPECT_EQ(NULL, strstr(out, "nforc")); /* ENFORCED, enforcing, enforce */
	EXPECT_EQ(NULL, strstr(out, "ENFORC"));
	for (size_t i = 0; i < ARRAY_SIZE(worth); i++)
		EXPECT_TRUE(says_of(out, s->policy, worth[i].line, worth[i].how));
	EXPECT_TRUE(says_of(out, s->policy, 2, "killed 1, would have denied 0"));
	EXPECT_TRUE(says_of(out, s->policy, 3, "denied 0, would have denied 1"));
	EXPECT_TRUE(says_of(out, s->policy, 4, "denied 0, led away 1, would have denied 0"));

	EXPECT_EQ(0, output_of("status --output json", &out, &err));
	EXPECT_NE(NULL, strstr(out, "\"state\":\"fallback\""));
	EXPECT_NE(NULL, strstr(out, "\"worth\":\"WEAKER\",\"how\":\"fentry: who does it is killed, "
				    "what it did is done\",\"line\":2,"));
	EXPECT_NE(NULL, strstr(out, "\"denied\":0,\"killed\":1,\"led\":0,\"would_deny\":0,"));
	EXPECT_NE(NULL, strstr(out, "\"killed\":0,\"led\":1,\"would_deny\":0,"));
	EXPECT_EQ(0, output_of("status --output prometheus", &out, &err));
	EXPECT_NE(NULL, strstr(out, ",state=\"fallback\"} 1\n"));
	EXPECT_NE(NULL, strstr(out, ",worth=\"WEAKER\",how=\"xdp alone, no second look at the "
				    "sockets\"} 1\n"));
	EXPECT_NE(NULL, strstr(out, ",line=\"2\"} 1\n"));

	EXPECT_EQ(1, guard_says("without BPF LSM nothing but packets is refused, so there is "
				"nothing to prove: `lsm-guard status` says what each rule is worth",
				"prove"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	EXPECT_TRUE(bpf_objects_become(&self->before, WAIT_MS));
	EXPECT_EQ(ALLOWED, act(s, self->one, EIGHT));
}

static bool has_event(struct scene *s, const char *word)
{
	char *text = contents(s->guard.events);
	bool has = strstr(text, word);

	free(text);
	return has;
}

static bool has_alarm(void *s)
{
	return has_event(s, "ALARM");
}

static bool is_restored(void *s)
{
	return has_event(s, "RESTORED");
}

/* Programs that are attached and are not called see nothing: the canary tells. */
TEST_F_TIMEOUT(honest, canary, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_start(s, "--fallback --prove-every=2"));
	EXPECT_EQ(KILLED, act(s, self->one, EIGHT));
	EXPECT_EQ(0, guard_says("fallback", "status"));
	sleep(5);
	EXPECT_FALSE(has_alarm(s));
	ASSERT_TRUE(write_file(FTRACE, "0\n"));
	EXPECT_EQ(ALLOWED, act(s, self->one, EIGHT));
	EXPECT_TRUE(wait_for(has_alarm, s, WAIT_MS));
	EXPECT_EQ(1, guard_says("NOTHING IS SEEN", "status"));
	ASSERT_TRUE(write_file(FTRACE, "1\n"));
	EXPECT_TRUE(wait_for(is_restored, s, WAIT_MS));
	EXPECT_EQ(KILLED, act(s, self->one, EIGHT));
	EXPECT_EQ(0, guard_says("fallback", "status"));
	EXPECT_EQ(1, guard_stop(&s->guard));
}

/* Nobody looks after it: it kills, and another may read what it tells. */
TEST_F_TIMEOUT(honest, pinned, 300)
{
	struct scene *s = &self->s;
	char *argv[] = { "sh", "-c", "exec ./lsm-guard watch --output json >/tmp/honest.watched",
			 NULL };
	int status;
	pid_t watch;

	ASSERT_TRUE(scene_start(s, "--fallback --pin"));
	ASSERT_TRUE(guard_kill_all(&s->guard));
	EXPECT_EQ(0, guard_says(", pinned", "status"));
	EXPECT_EQ(KILLED, act(s, self->one, EIGHT));
	watch = fork();
	if (!watch) {
		execv("/bin/sh", argv);
		_exit(127);
	}
	/* What was told before it read comes, too. */
	EXPECT_TRUE(event_wait("/tmp/honest.watched", "KILLED", 2, WAIT_MS));
	EXPECT_EQ(ALLOWED, scene_act(s, self->two, "open openat read secret"));
	EXPECT_TRUE(event_wait("/tmp/honest.watched", "WOULD-DENY", 3, WAIT_MS));
	EXPECT_EQ(0, guard_says("NOT enforcing", "reload %s", s->policy));
	EXPECT_EQ(watch, waitpid(watch, &status, 0));
	EXPECT_EQ(KILLED, act(s, self->one, EIGHT));
	EXPECT_EQ(0, guard_says("stopped", "stop"));
	EXPECT_TRUE(bpf_objects_become(&self->before, WAIT_MS));
	EXPECT_EQ(ALLOWED, act(s, self->one, EIGHT));
}

/* ---- reload -------------------------------------------------------------------------------- */

/* Ways to be killed, tried again and again until the file "enough" is there: who survived. */
static pid_t hammer(const struct scene *s, const char *program)
{
	pid_t pid = fork();
	int lived = 0;

	if (pid)
		return pid;
	for (int i = 0; i < 10 || access(path("%s/enough", s->at), F_OK); i++)
		lived += act(s, program, EIGHT) != KILLED;
	_exit(lived < 100 ? lived : 100);
}

static int survivors(const struct scene *s, pid_t pid)
{
	int status = 0;

	write_file(path("%s/enough", s->at), "");
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F_TIMEOUT(honest, reload_misses_nothing, 300)
{
	struct scene *s = &self->s;
	pid_t pid;

	ASSERT_TRUE(scene_start(s, "--fallback"));
	pid = hammer(s, self->one);
	EXPECT_EQ(ALLOWED, act(s, self->two, EIGHT));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(0, guard_says("fallback, NOT enforcing", "reload %s", self->second));
		EXPECT_EQ(KILLED, act(s, self->two, EIGHT));
		EXPECT_EQ(0, guard_says("fallback, NOT enforcing", "reload %s", s->policy));
		EXPECT_EQ(ALLOWED, act(s, self->two, EIGHT));
	}
	EXPECT_EQ(0, survivors(s, pid));
	EXPECT_EQ(0, guard_stop(&s->guard));
	EXPECT_TRUE(bpf_objects_become(&self->before, WAIT_MS));
}

static bool is_first(void *arg)
{
	FIXTURE_DATA(honest) *self = arg;

	return act(&self->s, self->two, EIGHT) == ALLOWED;
}

static bool is_alone(void *unused)
{
	(void)unused;
	return !run_line(NULL, -1, "./lsm-guard", "status").code;
}

TEST_F_TIMEOUT(honest, confirm_within, 300)
{
	struct scene *s = &self->s;
	pid_t pid;

	ASSERT_TRUE(scene_start(s, "--fallback"));
	pid = hammer(s, self->one);
	EXPECT_EQ(0, guard_says("fallback, NOT enforcing", "reload --confirm-within 30 %s",
				self->second));
	EXPECT_EQ(KILLED, act(s, self->two, EIGHT));
	EXPECT_TRUE(wait_for(is_first, self, 120000));
	/* The one that has let go ends by itself. */
	EXPECT_TRUE(wait_for(is_alone, NULL, 60000));
	EXPECT_EQ(0, survivors(s, pid));
	EXPECT_EQ(0, guard_stop(&s->guard));
}

TEST_HARNESS_MAIN
