// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every way to start a process or a thread, counted to the one: as many as the section
 * says are started, one more is denied with EPERM and reported once by the line of the
 * key. A row has an act that just fits and one that is one too many; each is a KTAP
 * subtest, and each works without a guard.
 */
#include "kselftest_harness.h"

#include "lib/limits.h"

struct attack {
	const char *name;
	const char *access; /* the key; it is the section's first */
	int limit;	    /* what it says */
	const char *fits;   /* acts of the probe; %P is the program, %U one without a section */
	const char *exceeds;
	bool often; /* it tries again when it is refused for a moment, which is reported */
};

#define C "children"
#define D "descendants"
#define T "threads"

static const struct attack attacks[] = {
	/* Children, by every call. */
	{ "fork", C, 8, "keep fork 8", "keep fork 9" },
	{ "clone", C, 8, "keep clone 8", "keep clone 9" },
	{ "clone3", C, 8, "keep clone3 8", "keep clone3 9" },
	{ "vfork", C, 8, "keep vfork 8", "keep vfork 9" },
	{ "posix-spawn", C, 8, "keep spawn 8", "keep spawn 9" },
	{ "fork-and-exec", C, 8, "keep exec 8", "keep exec 9" },
	{ "fork-by-threads", C, 8, "keep thread 8", "keep thread 9" },
	{ "clone-without-signal", C, 8, "keep without-signal 8", "keep without-signal 9" },
	{ "clone-parent", C, 8, "keep sibling 8", "keep sibling 9" },
	{ "clone3-parent", C, 8, "keep sibling3 8", "keep sibling3 9" },
	{ "pid-namespace", C, 8, "keep pid-namespace 8", "keep pid-namespace 9" },
	{ "user-namespace", C, 8, "keep user-namespace 8", "keep user-namespace 9" },
	{ "as-user", C, 8, "as-user 1000 keep fork 8", "as-user 1000 keep fork 9" },
	{ "no-children", C, 0, "true", "keep fork 1" },
	{ "no-children-but-threads", C, 0, "threads plain 20", "keep vfork 1" },
	{ "children-of-a-child", C, 8, "by fork keep fork 8", "by fork keep fork 9" },
	{ "children-of-many", C, 1, "tree chain 20", "tree branches 2" },
	{ "orphans-are-no-children", C, 1, "tree orphans 20", "keep fork 2" },
	{ "adopted-are-no-children", C, 1, "tree adopted 20", "keep fork 2" },

	/* An exec changes nothing. */
	{ "children-before-exec", C, 8, "holding 5 exec %P keep fork 3",
	  "holding 5 exec %P keep fork 4" },
	{ "children-before-exec-of-another", C, 8, "holding 5 exec %U keep fork 3",
	  "holding 5 exec %U keep fork 4" },
	{ "children-before-exec-by-thread", C, 8, "holding 5 exec-thread %P keep fork 3",
	  "holding 5 exec-thread %P keep fork 4" },
	{ "children-by-thread-after-exec", C, 8, "holding 5 exec-thread %U keep thread 3",
	  "holding 5 exec-thread %U keep thread 4" },

	/* The dead count until somebody has asked after them, and not a moment longer. */
	{ "zombies", C, 4, "zombies 3", "zombies 4" },
	{ "reaped-zombie", C, 4, "reaped 4", "zombies 4" },
	{ "again-fork", C, 1, "again fork 1000", "keep fork 2" },
	{ "again-clone3", C, 1, "again clone3 200", "keep fork 2" },
	{ "again-vfork", C, 1, "again vfork 30", "keep fork 2" },
	{ "again-spawn", C, 1, "again spawn 30", "keep fork 2" },
	{ "again-by-threads", C, 1, "again thread 100", "keep fork 2" },
	{ "again-without-signal", C, 1, "again without-signal 200", "keep fork 2" },
	{ "again-pid-namespace", C, 1, "again pid-namespace 20", "keep fork 2" },
	{ "again-ignored", C, 1, "again ignored 200", "keep fork 2", .often = true },

	/* All that is below the program. */
	{ "tree-flat", D, 8, "keep fork 8", "keep fork 9" },
	{ "tree-vfork", D, 8, "keep vfork 8", "keep vfork 9" },
	{ "tree-spawn", D, 8, "keep spawn 8", "keep spawn 9" },
	{ "tree-siblings", D, 8, "keep sibling 8", "keep sibling 9" },
	{ "tree-pid-namespace", D, 8, "keep pid-namespace 8", "keep pid-namespace 9" },
	{ "tree-chain", D, 8, "tree chain 8", "tree chain 9" },
	{ "tree-branches", D, 8, "tree branches 8", "tree branches 9" },
	/* The child in between counts, too, as long as it is there. */
	{ "tree-orphans", D, 8, "tree orphans 7", "tree orphans 8" },
	{ "tree-daemons", D, 8, "tree daemons 7", "tree daemons 8" },
	{ "tree-adopted", D, 8, "tree adopted 7", "tree adopted 8" },
	{ "tree-none", D, 0, "threads plain 8", "keep fork 1" },
	{ "tree-before-exec", D, 8, "holding 5 exec %P keep fork 3",
	  "holding 5 exec %P keep fork 4" },
	{ "tree-before-exec-of-another", D, 8, "holding 5 exec %U keep fork 3",
	  "holding 5 exec %U keep fork 4" },
	{ "tree-before-exec-by-thread", D, 8, "holding 5 exec-thread %P keep fork 3",
	  "holding 5 exec-thread %P keep fork 4" },
	/* The same program again below itself is a tree of its own, and part of the first. */
	{ "tree-of-the-same-below", D, 8, "by fork exec %P keep fork 7",
	  "by fork exec %P keep fork 8" },
	{ "tree-of-another-below", D, 8, "by fork exec %U keep fork 7",
	  "by fork exec %U keep fork 8" },
	{ "tree-of-the-same-spawned", D, 8, "spawned %P keep fork 7", "spawned %P keep fork 8" },
	{ "tree-zombies", D, 4, "zombies 3", "zombies 4" },
	{ "tree-reaped-zombie", D, 4, "reaped 4", "zombies 4" },
	{ "tree-again-fork", D, 1, "again fork 1000", "keep fork 2" },
	{ "tree-again-spawn", D, 1, "again spawn 30", "keep fork 2" },
	{ "tree-again-ignored", D, 1, "again ignored 200", "keep fork 2", .often = true },

	/* Threads, the first of them too. */
	{ "threads", T, 4, "threads plain 4", "threads plain 5" },
	{ "threads-in-turn", T, 4, "threads in-turn 4", "threads in-turn 5" },
	{ "threads-one", T, 1, "keep fork 8", "threads plain 2" },
	{ "threads-of-a-child", T, 4, "holding-threads 3 by fork threads plain 4",
	  "holding-threads 3 by fork threads plain 5" },
	{ "threads-after-exec", T, 4, "holding-threads 3 exec %P threads plain 4",
	  "holding-threads 3 exec %P threads plain 5" },
	{ "threads-after-exec-by-thread", T, 4, "holding-threads 2 exec-thread %P threads plain 4",
	  "holding-threads 2 exec-thread %P threads plain 5" },
	{ "threads-after-exec-of-another", T, 4, "holding-threads 2 exec-thread %U threads plain 4",
	  "holding-threads 2 exec-thread %U threads plain 5" },
	{ "threads-without-a-leader", T, 2, "without-leader keep fork 3",
	  "without-leader in-thread true" },
	{ "threads-again", T, 2, "again threads 200", "threads plain 3", .often = true },
	/* Those of the kernel that work for the program are not its own. */
	{ "threads-and-a-worker", T, 1, "uring-worker true", "uring-worker threads plain 2" },
	{ "threads-beside-a-worker", T, 4, "uring-worker threads plain 4",
	  "uring-worker threads plain 5" },
	{ "children-beside-a-worker", C, 1, "uring-worker keep fork 1",
	  "uring-worker keep fork 2" },
	{ "tree-beside-a-worker", D, 1, "uring-worker keep fork 1", "uring-worker keep fork 2" },
};

#define N_ATTACKS ARRAY_SIZE(attacks)

struct row {
	char *program;
	long line;
	struct result fits, exceeds, none, after;
};

FIXTURE(process)
{
	struct limits l;
	struct row *rows;
};

FIXTURE_SETUP(process)
{
	self->rows = calloc(N_ATTACKS, sizeof(*self->rows));
	ASSERT_TRUE(limits_make(&self->l));
}

FIXTURE_TEARDOWN(process)
{
	limits_end(&self->l);
}

static bool make_row(struct limits *l, struct row *r, const struct attack *a)
{
	char *section = path("%s = %d", a->access, a->limit);

	r->program = limits_program(l, a->name, section, &r->line);
	free(section);
	return r->program;
}

static char *judge_act(const char *when, const struct result *r, int wanted)
{
	if (r->code == wanted)
		return NULL;
	return path("%s: exit status %d, not %d: %.200s", when, r->code, wanted, r->said);
}

static char *judge_event(const struct attack *a, const struct event *e)
{
	char *object = path("%d of %d", a->limit, a->limit), *why = NULL;

	if (strcmp(event_text(e, "guard") ?: "", "process") ||
	    strcmp(event_text(e, "access") ?: "", a->access))
		why = path("the event is about %s %s", event_text(e, "guard") ?: "nothing",
			   event_text(e, "access") ?: "");
	else if (event_number(e, "count") != a->limit || event_number(e, "limit") != a->limit)
		why = path("the event's count is %ld, its limit %ld, and not %d",
			   event_number(e, "count"), event_number(e, "limit"), a->limit);
	else if (strcmp(object, event_text(e, "object") ?: ""))
		why = path("the event's object is '%s', not '%s'", event_text(e, "object") ?: "",
			   object);
	if (why)
		event_show(e);
	free(object);
	return why;
}

static char *judge(const struct attack *a, const struct row *r, const struct events *ev)
{
	const struct event *e = events_find(ev, "DENIED", r->line);
	char *why = judge_act("within the limit", &r->fits, ALLOWED);

	if (!why)
		why = judge_act("beyond the limit", &r->exceeds, DENIED);
	if (!why)
		why = judge_act("without a section", &r->none, ALLOWED);
	if (!why && (!a->often || !e))
		why = events_judge(ev, "DENIED", r->line, 1);
	if (!why && e)
		why = judge_event(a, e);
	if (!why)
		why = judge_act("after the guard", &r->after, ALLOWED);
	return why;
}

TEST_F_TIMEOUT(process, without_guard, 300)
{
	struct limits *l = &self->l;
	size_t bad = 0;

	for (size_t i = 0; i < N_ATTACKS; i++) {
		struct result r = limits_act(l, l->s.unlisted, attacks[i].exceeds);
		char *why = judge_act("without a guard", &r, ALLOWED);

		bad += !subtest(i + 1, "without_guard", attacks[i].name, why);
		free(why);
	}
	EXPECT_EQ(0, bad);
}

TEST_F_TIMEOUT(process, under_guard, 600)
{
	struct limits *l = &self->l;
	struct events ev;
	size_t bad = 0;

	for (size_t i = 0; i < N_ATTACKS; i++)
		ASSERT_TRUE(make_row(l, &self->rows[i], &attacks[i]));
	ASSERT_TRUE(limits_start(l));
	for (size_t i = 0; i < N_ATTACKS; i++) {
		struct row *r = &self->rows[i];

		r->fits = limits_act(l, r->program, attacks[i].fits);
		r->exceeds = limits_act(l, r->program, attacks[i].exceeds);
		r->none = limits_act(l, l->s.unlisted, attacks[i].exceeds);
	}
	EXPECT_TRUE(limits_stop(l, &ev));
	for (size_t i = 0; i < N_ATTACKS; i++) {
		struct row *r = &self->rows[i];
		char *why;

		r->after = limits_act(l, r->program, attacks[i].exceeds);
		why = judge(&attacks[i], r, &ev);
		bad += !subtest(i + 1, "under_guard", attacks[i].name, why);
		free(why);
	}
	EXPECT_EQ(0, bad);
	events_free(&ev);
}

TEST_HARNESS_MAIN
