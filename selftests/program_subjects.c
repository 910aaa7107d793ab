// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom the section of a program binds: the program, and what it starts, in every way that
 * there is to start something or to leave one's family; not who only tried to run it.
 * All sections limit a request for memory to twelve MiB, so an act that asks for
 * more tells whether the one who does it is bound, and the event's line, by which section.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/limits.h"

#define ASK "map anonymous 16M"

/* The programs with a section, and what is beside them in bin/. */
enum who {
	FREE,	/* a copy of the probe without a section */
	BOUND,	/* what it starts is bound, too */
	ALONE,	/* inherit = no */
	OTHER_, /* memory = 40M; what is asked for at once does not matter to it */
	WHOS,
};

enum by { BY_NONE, BY_BOUND, BY_ALONE, BY_OTHER, BY_SCRIPT, BY_INNER, BY_OUTER, BY_REPLACED };

struct row {
	const char *name;
	enum who who;
	const char *act; /* names in bin/ begin with their directory: %D/bin/ */
	enum by by;	 /* whose section denies it */
};

#define B "%D/bin/bound "
#define L "%D/bin/alone "
#define O "%D/bin/both "
#define U "%U "

static const struct row rows[] = {
	/* Becoming the program. */
	{ "without-a-section", FREE, ASK, BY_NONE },
	{ "itself", BOUND, ASK, BY_BOUND },
	{ "by-exec", FREE, "exec " B ASK, BY_BOUND },
	{ "by-exec-under-another-name", FREE, "exec-as probe " B ASK, BY_BOUND },
	{ "by-execveat", FREE, "execveat " B ASK, BY_BOUND },
	{ "by-exec-of-a-descriptor", FREE, "exec-proc-fd " B ASK, BY_BOUND },
	{ "by-exec-in-a-thread", FREE, "exec-thread " B ASK, BY_BOUND },
	{ "by-vfork", FREE, "exec-vfork " B ASK, BY_BOUND },
	{ "by-spawn", FREE, "spawned " B ASK, BY_BOUND },
	{ "by-fork-and-exec", FREE, "exec-fork " B ASK, BY_BOUND },
	{ "by-a-symlink", FREE, "exec %D/bin/symlink " ASK, BY_BOUND },
	{ "by-a-hard-link", FREE, "exec %D/bin/hardlink " ASK, BY_BOUND },
	{ "by-a-bind-mount", FREE,
	  "in-bind %D/bin /tmp/subjects.bind exec /tmp/subjects.bind/bound " ASK, BY_BOUND },
	{ "in-a-mount-namespace", FREE, "in-mntns exec " B ASK, BY_BOUND },
	{ "in-a-chroot", FREE, "in-chroot %D exec /bin/bound " ASK, BY_BOUND },
	{ "in-a-user-namespace", FREE, "in-userns exec " B ASK, BY_BOUND },
	{ "as-a-user", FREE, "as-user 1000 exec " B ASK, BY_BOUND },
	{ "by-another-with-a-section", OTHER_, "exec " B ASK, BY_BOUND },
	/* A copy is another program, also one in memory. */
	{ "a-copy", FREE, "exec %D/bin/copy " ASK, BY_NONE },
	{ "a-copy-in-memory", FREE, "exec-memfd " B ASK, BY_NONE },

	/* What it starts. */
	{ "fork", BOUND, "by fork " ASK, BY_BOUND },
	{ "clone", BOUND, "by clone " ASK, BY_BOUND },
	{ "clone3", BOUND, "by clone3 " ASK, BY_BOUND },
	{ "clone-without-signal", BOUND, "by without-signal " ASK, BY_BOUND },
	{ "pid-namespace", BOUND, "by pid-namespace " ASK, BY_BOUND },
	{ "user-namespace", BOUND, "by user-namespace " ASK, BY_BOUND },
	{ "thread", BOUND, "in-thread " ASK, BY_BOUND },
	{ "thread-alone", BOUND, "without-leader " ASK, BY_BOUND },
	{ "exec", BOUND, "exec " U ASK, BY_BOUND },
	{ "execveat", BOUND, "execveat " U ASK, BY_BOUND },
	{ "exec-of-a-descriptor", BOUND, "exec-proc-fd " U ASK, BY_BOUND },
	{ "exec-in-memory", BOUND, "exec-memfd " U ASK, BY_BOUND },
	{ "exec-in-a-thread", BOUND, "exec-thread " U ASK, BY_BOUND },
	{ "exec-in-the-last-thread", BOUND, "without-leader exec " U ASK, BY_BOUND },
	{ "exec-again-and-again", BOUND, "exec " U "exec " B "exec-thread " U ASK, BY_BOUND },
	{ "vfork", BOUND, "exec-vfork " U ASK, BY_BOUND },
	{ "spawn", BOUND, "spawned " U ASK, BY_BOUND },
	{ "fork-exec-fork-exec", BOUND, "exec-fork " U "by fork exec-fork " U ASK, BY_BOUND },
	{ "script", BOUND, "exec %D/bin/plain-script " ASK, BY_BOUND },
	{ "copy-of-itself", BOUND, "exec %D/bin/copy " ASK, BY_BOUND },
	{ "another-user", BOUND, "as-user 1000 exec " U ASK, BY_BOUND },
	{ "mount-namespace", BOUND, "in-mntns exec " U ASK, BY_BOUND },
	{ "chroot", BOUND, "in-chroot %D exec /bin/copy " ASK, BY_BOUND },

	/* Leaving the family. */
	{ "orphan", BOUND, "orphaned " ASK, BY_BOUND },
	{ "orphan-exec", BOUND, "orphaned exec " U ASK, BY_BOUND },
	{ "daemon", BOUND, "daemon " ASK, BY_BOUND },
	{ "daemon-exec", BOUND, "daemon exec " U ASK, BY_BOUND },
	{ "daemon-of-a-daemon", BOUND, "daemon exec " U "daemon exec " U ASK, BY_BOUND },
	{ "sibling", BOUND, "sibling " ASK, BY_BOUND },
	{ "sibling-exec", BOUND, "sibling exec " U ASK, BY_BOUND },

	/* inherit = no: it is bound itself, and what it forks, until that is another program. */
	{ "alone-itself", ALONE, ASK, BY_ALONE },
	{ "alone-fork", ALONE, "by fork " ASK, BY_ALONE },
	{ "alone-fork-of-a-fork", ALONE, "by clone3 by fork " ASK, BY_ALONE },
	{ "alone-thread", ALONE, "in-thread " ASK, BY_ALONE },
	{ "alone-orphan", ALONE, "orphaned " ASK, BY_ALONE },
	{ "alone-sibling", ALONE, "sibling " ASK, BY_ALONE },
	{ "alone-exec", ALONE, "exec " U ASK, BY_NONE },
	{ "alone-spawn", ALONE, "spawned " U ASK, BY_NONE },
	{ "alone-vfork", ALONE, "exec-vfork " U ASK, BY_NONE },
	{ "alone-exec-in-a-thread", ALONE, "exec-thread " U ASK, BY_NONE },
	{ "alone-fork-exec-fork", ALONE, "exec-fork " U "by fork " ASK, BY_NONE },
	{ "alone-exec-of-itself", ALONE, "exec " L ASK, BY_ALONE },
	{ "alone-exec-and-back", ALONE, "exec " U "exec " L ASK, BY_ALONE },
	{ "alone-exec-of-a-bound-one", ALONE, "exec " B "exec " U ASK, BY_BOUND },
	{ "alone-after-a-failed-exec", ALONE, "failed-exec %D/bin/no-interpreter " ASK, BY_ALONE },
	{ "alone-that-a-bound-one-started", BOUND, "exec " L "exec " U ASK, BY_BOUND },
	{ "bound-after-a-failed-exec", BOUND, "failed-exec %D/bin/no-interpreter " ASK, BY_BOUND },

	/* Two sections hold at once, and both must allow. */
	{ "other-itself", OTHER_, ASK, BY_NONE },
	{ "other-itself-too-much", OTHER_, "having 38M map anonymous 3M", BY_OTHER },
	{ "both-by-the-first", BOUND, "exec " O ASK, BY_BOUND },
	{ "both-by-the-second", BOUND, "exec " O "having 38M map anonymous 3M", BY_OTHER },
	{ "both-inherited", BOUND, "exec " O "exec-fork " U "having 38M map anonymous 3M",
	  BY_OTHER },
	{ "both-inherited-the-other-way", OTHER_, "exec-fork " B "exec-fork " U ASK, BY_BOUND },
	{ "both-within-both", BOUND, "exec " O "having 20M map anonymous 3M", BY_NONE },

	/* Who tried to become the program and could not is not bound. */
	{ "failed-not-executable", FREE, "failed-exec %D/bin/not-executable " ASK, BY_NONE },
	{ "failed-no-program", FREE, "failed-exec %D/bin/garbage " ASK, BY_NONE },
	{ "failed-no-interpreter", FREE, "failed-exec %D/bin/no-interpreter " ASK, BY_NONE },
	{ "failed-no-interpreter-thread", FREE, "failed-exec-thread %D/bin/no-interpreter " ASK,
	  BY_NONE },
	{ "failed-bad-script", FREE, "failed-exec %D/bin/bad-script " ASK, BY_NONE },
	{ "failed-too-long", FREE, "too-long-exec " B ASK, BY_NONE },
	{ "failed-then-forked", FREE, "failed-exec %D/bin/no-interpreter by fork exec " U ASK,
	  BY_NONE },
	{ "failed-then-done", FREE, "failed-exec %D/bin/no-interpreter exec " B ASK, BY_BOUND },

	/* Scripts: by their #!, not as what an interpreter reads. */
	{ "script-by-itself", FREE, "exec %D/bin/script " ASK, BY_SCRIPT },
	{ "script-by-spawn", FREE, "spawned %D/bin/script " ASK, BY_SCRIPT },
	{ "script-by-a-symlink", FREE, "exec %D/bin/script-link " ASK, BY_SCRIPT },
	{ "script-starts-another", FREE, "exec %D/bin/script exec-fork " U ASK, BY_SCRIPT },
	{ "script-read-by-its-interpreter", FREE, "script %D/bin/script " ASK, BY_NONE },
	{ "script-inner", FREE, "exec %D/bin/on-inner " ASK, BY_INNER },
	{ "script-outer", FREE, "exec %D/bin/outer " ASK, BY_OUTER },
	{ "script-without-a-section", FREE, "exec %D/bin/plain-script " ASK, BY_NONE },
	{ "script-of-a-bound-interpreter", FREE, "exec %D/bin/of-bound " ASK, BY_BOUND },

	/* The name holds, whichever file bears it. */
	{ "replaced", FREE, "exec %D/bin/replaced " ASK, BY_REPLACED },
	{ "made-anew", FREE, "exec %D/bin/anew " ASK, BY_REPLACED },
};

FIXTURE(subjects)
{
	struct limits l;
	char *program[WHOS];
	long line[BY_REPLACED + 1], ignored, anew;
};

static char *bin(const struct limits *l, const char *name)
{
	return path("%s/bin/%s", l->s.at, name);
}

/* A script for the probe; @section NULL: it has none. */
static bool make_script(struct limits *l, const char *name, const char *interpreter,
			const char *section, long *line)
{
	char *at = bin(l, name), *text = path("#!%s script\n", interpreter);
	bool ok = write_file(at, text) && !chmod(at, 0755);

	if (section)
		*line = limits_line(l, "program \"%s\" { %s }", at, section);
	free(at);
	free(text);
	return ok;
}

/* A section is for a program: only when the guard has seen that it is one is it none. */
static bool make_not_executable(const struct limits *l)
{
	return command("chmod a-x %s/bin/not-executable", l->s.at);
}

/* A dynamic program whose loader is not there: it fails when it has been looked at already. */
static bool break_interpreter(const char *at)
{
	static const char loader[] = "/lib64/ld-linux";
	FILE *f = fopen(at, "r+e");
	char head[4096], *found;
	bool ok = f && fread(head, 1, sizeof(head), f) == sizeof(head);

	found = ok ? memmem(head, sizeof(head), loader, strlen(loader)) : NULL;
	ok = found && !fseek(f, found - head + 1, SEEK_SET) && fputc('X', f) == 'X';
	return f && !fclose(f) && ok;
}

static bool make_failing(struct limits *l)
{
	static const char section[] = "allocation = 12M";
	char *not_executable = limits_program(l, "not-executable", section, &(long){ 0 });
	char *garbage = bin(l, "garbage"), *none = bin(l, "no-interpreter");
	bool ok = not_executable;

	ok = ok && write_file(garbage, "\x7fnot a program\n") && !chmod(garbage, 0755);
	limits_line(l, "program \"%s\" { %s }", garbage, section);
	ok = ok && copy_program(tree_path("build/probe-dynamic"), none) && break_interpreter(none);
	limits_line(l, "program \"%s\" { %s }", none, section);
	return ok && make_script(l, "bad-script", "/nowhere/at/all", section, &(long){ 0 });
}

static bool make_scripts(struct limits *l, long *line)
{
	const char *free_ = l->s.unlisted;
	bool ok = make_script(l, "script", free_, "allocation = 12M", &line[BY_SCRIPT]);

	ok = ok && make_script(l, "inner", free_, "allocation = 12M", &line[BY_INNER]);
	ok = ok && make_script(l, "on-inner", bin(l, "inner"), NULL, NULL);
	ok = ok && make_script(l, "plain-script", free_, NULL, NULL);
	ok = ok &&
	     make_script(l, "outer", bin(l, "plain-script"), "allocation = 12M", &line[BY_OUTER]);
	ok = ok && make_script(l, "of-bound", bin(l, "bound"), NULL, NULL);
	return ok && command("ln -s script %s/bin/script-link", l->s.at);
}

FIXTURE_SETUP(subjects)
{
	struct limits *l = &self->l;

	ASSERT_TRUE(limits_make(l));
	self->program[FREE] = l->s.unlisted;
	self->program[BOUND] =
		limits_program(l, "bound", "allocation = 12M", &self->line[BY_BOUND]);
	self->program[ALONE] =
		limits_program(l, "alone", "allocation = 12M inherit = no", &self->line[BY_ALONE]);
	self->program[OTHER_] = limits_program(l, "both", "memory = 40M", &self->line[BY_OTHER]);
	ASSERT_TRUE(make_failing(l));
	ASSERT_TRUE(make_scripts(l, self->line));
	ASSERT_NE(NULL,
		  limits_program(l, "replaced", "allocation = 12M", &self->line[BY_REPLACED]));
	ASSERT_NE(NULL, limits_program(l, "anew", "allocation = 12M", &self->anew));
	ASSERT_TRUE(copy_program(l->s.unlisted, bin(l, "copy")));
	ASSERT_TRUE(command("ln -s bound %s/bin/symlink", l->s.at));
	ASSERT_TRUE(command("ln %1$s/bin/bound %1$s/bin/hardlink", l->s.at));
}

FIXTURE_TEARDOWN(subjects)
{
	limits_end(&self->l);
}

TEST_F_TIMEOUT(subjects, without_guard, 300)
{
	size_t bad = 0;

	ASSERT_TRUE(make_not_executable(&self->l));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct result r = limits_act(&self->l, self->program[rows[i].who], rows[i].act);
		char *why = NULL;

		if (r.code != ALLOWED)
			why = path("exit status %d: %.200s", r.code, r.said);
		bad += !subtest(i + 1, "without_guard", rows[i].name, why);
		free(why);
	}
	EXPECT_EQ(0, bad);
}

/* @before: the events that each line has had so far. */
static char *judge(const struct row *r, const struct result *res, const struct events *ev,
		   const long *line, const size_t *before)
{
	int wanted = r->by ? DENIED : ALLOWED;

	if (res->code != wanted)
		return path("exit status %d, not %d: %.200s", res->code, wanted, res->said);
	if (!r->by)
		return NULL;
	if (events_count(ev, "DENIED", line[r->by]) <= before[r->by])
		return path("no event names line %ld", line[r->by]);
	return NULL;
}

/* An act may be denied more than once, as when the C library wants memory for a thread. */
static void settle(const struct limits *l, const long *line, size_t *before)
{
	struct events ev;

	/* And no line has more than ten events a second. */
	usleep(120000);
	ev = events_read(l->s.guard.events);
	for (int by = 1; by <= BY_REPLACED; by++)
		before[by] = events_count(&ev, "DENIED", line[by]);
	events_free(&ev);
}

/* Waits a moment for the event of what a row did. */
static char *act(struct limits *l, const struct row *r, const char *program, const long *line,
		 const size_t *before)
{
	struct result res = limits_act(l, program, r->act);
	struct events ev;
	char *why;

	for (int i = 0; i < 1000; i++) {
		ev = events_read(l->s.guard.events);
		why = judge(r, &res, &ev, line, before);
		if (!why || !strstr(why, "no event"))
			break;
		events_free(&ev);
		free(why);
		why = path("no event names line %ld", line[r->by]);
		usleep(20000);
	}
	for (int by = 1; by <= BY_REPLACED && !why; by++)
		if (by != (int)r->by && events_count(&ev, "DENIED", line[by]) != before[by])
			why = path("an event names line %ld", line[by]);
	events_free(&ev);
	return why;
}

TEST_F_TIMEOUT(subjects, under_guard, 600)
{
	struct limits *l = &self->l;
	size_t bad = 0, before[BY_REPLACED + 1] = { 0 };
	struct events ev;

	ASSERT_TRUE(limits_start(l));
	EXPECT_TRUE(make_not_executable(l));
	EXPECT_TRUE(command("cp %1$s/bin/copy %1$s/bin/new", l->s.at));
	EXPECT_TRUE(command("mv %1$s/bin/new %1$s/bin/replaced", l->s.at));
	EXPECT_TRUE(command("rm %s/bin/anew", l->s.at));
	EXPECT_TRUE(command("cp %1$s/bin/copy %1$s/bin/anew", l->s.at));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		char *why;

		if (!strcmp(r->name, "made-anew"))
			self->line[BY_REPLACED] = self->anew;
		settle(l, self->line, before);
		why = act(l, r, self->program[r->who], self->line, before);
		bad += !subtest(i + 1, "under_guard", r->name, why);
		free(why);
	}
	EXPECT_EQ(0, bad);
	EXPECT_TRUE(limits_stop(l, &ev));
	events_free(&ev);
	for (int who = 0; who < WHOS; who++)
		EXPECT_EQ(ALLOWED, limits_act(l, self->program[who], ASK).code);
}

/* Those that ran before the guard, and what they had started by then. */
static const struct row old[] = {
	{ "free", FREE, "await-file %D/go " ASK, BY_NONE },
	{ "itself", BOUND, "await-file %D/go " ASK, BY_BOUND },
	{ "child", BOUND, "by fork await-file %D/go " ASK, BY_BOUND },
	{ "spawned", BOUND, "spawned " U "await-file %D/go " ASK, BY_BOUND },
	{ "grandchild", BOUND, "by fork exec-fork " U "by fork await-file %D/go " ASK, BY_BOUND },
	{ "in-a-thread", BOUND, "in-thread await-file %D/go " ASK, BY_BOUND },
	{ "without-leader", BOUND, "without-leader await-file %D/go " ASK, BY_BOUND },
	{ "later-child", BOUND, "await-file %D/go by fork exec " U ASK, BY_BOUND },
	{ "by-hard-link", FREE, "exec-fork %D/bin/hardlink await-file %D/go " ASK, BY_BOUND },
	{ "alone", ALONE, "await-file %D/go " ASK, BY_ALONE },
	{ "alone-child", ALONE, "by fork await-file %D/go " ASK, BY_ALONE },
	{ "alone-spawned", ALONE, "spawned " U "await-file %D/go " ASK, BY_NONE },
	{ "of-two", BOUND, "exec-fork " O "await-file %D/go having 38M map anonymous 3M",
	  BY_OTHER },
	{ "of-two-by-the-first", BOUND, "exec-fork " O "await-file %D/go " ASK, BY_BOUND },
};

static char *with_words(const struct limits *l, const char *act)
{
	char *line = NULL;
	size_t size;
	FILE *f = open_memstream(&line, &size);

	for (const char *p = act; *p; p++) {
		if (*p == '%')
			fputs(*++p == 'U' ? l->s.unlisted : l->s.at, f);
		else
			fputc(*p, f);
	}
	fclose(f);
	return line;
}

static bool all_wait(void *arg)
{
	size_t n = 0;
	char *line = path("ls %s", (char *)arg);
	struct result r = run_line(NULL, -1, NULL, line);

	for (const char *p = r.said; (p = strstr(p, "go.")); p++)
		n++;
	free(line);
	return n == ARRAY_SIZE(old);
}

TEST_F_TIMEOUT(subjects, from_before, 300)
{
	struct limits *l = &self->l;
	struct background b[ARRAY_SIZE(old)];
	size_t bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
		char *line = with_words(l, old[i].act);

		ASSERT_TRUE(background_start(&b[i], l->s.at, self->program[old[i].who], line));
		free(line);
	}
	ASSERT_TRUE(wait_for(all_wait, (void *)l->s.at, 180000));
	ASSERT_TRUE(limits_start(l));
	ASSERT_TRUE(write_file(path("%s/go", l->s.at), ""));
	for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
		int code = background_end(&b[i], 20000), wanted = old[i].by ? DENIED : ALLOWED;
		char *why = code == wanted ? NULL : path("exit status %d, not %d", code, wanted);

		if (!why && old[i].by &&
		    !event_wait(l->s.guard.events, "DENIED", self->line[old[i].by], 20000))
			why = path("no event names line %ld", self->line[old[i].by]);
		bad += !subtest(i + 1, "from_before", old[i].name, why);
		free(why);
	}
	EXPECT_EQ(0, bad);
	EXPECT_EQ(0, guard_stop(&l->s.guard));
}

TEST_HARNESS_MAIN
