// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every way to a protected file, on every filesystem: open to everyone without
 * the guard, denied under it to a program that the policy does not list and
 * reported once by the policy's line, open to the program that it does list,
 * and open again when the guard has gone. The ways are rows of lib/attacks.c;
 * each is a KTAP subtest here.
 */
#include "kselftest_harness.h"

#include "lib/attacks.h"

#define MOUNT "/tmp/lsm-guard-test"

FIXTURE(attack)
{
	struct rows *rows;
};

FIXTURE_VARIANT(attack)
{
	enum fs fs;
};

FIXTURE_VARIANT_ADD(attack, ext4){
	.fs = FS_EXT4,
};

FIXTURE_VARIANT_ADD(attack, tmpfs){
	.fs = FS_TMPFS,
};

FIXTURE_VARIANT_ADD(attack, btrfs){
	.fs = FS_BTRFS,
};

FIXTURE_VARIANT_ADD(attack, overlayfs){
	.fs = FS_OVERLAY,
};

FIXTURE_VARIANT_ADD(attack, overlayfs_lower){
	.fs = FS_OVERLAY_LOWER,
};

FIXTURE_SETUP(attack)
{
	self->rows = rows_make(variant->fs, MOUNT);
	ASSERT_NE(NULL, self->rows);
}

FIXTURE_TEARDOWN(attack)
{
	fs_unmount(MOUNT);
}

enum part { ATTACK, CONTROL };

static struct result act(const struct rows *r, size_t i, enum part part)
{
	const struct attack *a = &attacks[i];
	bool control = part == CONTROL;
	const char *instead = control ? a->control_act : NULL;
	char *dir = row_dir(r, a, control), *line = row_act(r, a, instead ?: a->act, control);
	enum actor who = a->by;
	struct result res;

	if (control)
		who = a->control ? a->control : a->victim ? VICTIM : LISTED;
	res = run_line(dir, control ? r->control_fd[i] : r->fd[i], row_actor(r, who), line);
	free(dir);
	free(line);
	return res;
}

/* A row's line in KTAP, one level in; tells whether it passed. */
static bool report(size_t i, const char *what, const char *why)
{
	printf("    %s %zu %s.%s%s%s\n", why ? "not ok" : "ok", i + 1, what, attacks[i].name,
	       why ? " # " : "", why ? why : "");
	return !why;
}

/* The probe found in its set-up that this kernel's filesystem cannot do it. */
static bool lacks(size_t i, const struct result *res)
{
	return attacks[i].may_lack && res->code == BROKEN && strstr(res->said, "not supported");
}

static void report_skip(size_t i, const char *what)
{
	printf("    ok %zu %s.%s # SKIP this filesystem does not have it\n", i + 1, what,
	       attacks[i].name);
}

/* Without a guard each act goes through: the probe works, and here it can be done. */
TEST_F_TIMEOUT(attack, without_guard, 900)
{
	size_t bad = 0;

	for (size_t i = 0; i < n_attacks; i++) {
		struct result res;
		char *why = NULL;

		if (attacks[i].not_on & ON(variant->fs)) {
			report_skip(i, "without_guard");
			continue;
		}
		res = act(self->rows, i, ATTACK);
		if (lacks(i, &res)) {
			report_skip(i, "without_guard");
			continue;
		}
		if (res.code != ALLOWED)
			why = path("exit status %d: %.200s", res.code, res.said);
		bad += !report(i, "without_guard", why);
		free(why);
	}
	EXPECT_EQ(0, bad);
}

struct outcome {
	struct result attacked, controlled, after;
	char *before_look, *after_look;
};

static int expected(const struct attack *a)
{
	if (a->outcome == STAYS_ALLOWED)
		return ALLOWED;
	return a->outcome ? a->outcome : DENIED;
}

/* Nothing reports a denial where nothing was denied, or where the loader left a library out. */
static size_t expected_events(const struct attack *a)
{
	if (a->outcome == STAYS_ALLOWED || a->elsewhere || (a->says && strstr(a->says, "left out")))
		return 0;
	return 1;
}

static char *judge_attack(const struct attack *a, const struct outcome *o)
{
	if (o->attacked.code != expected(a))
		return path("under the guard: exit status %d, not %d: %.200s", o->attacked.code,
			    expected(a), o->attacked.said);
	if (a->says && !strstr(o->attacked.said, a->says))
		return path("under the guard: said '%.200s', not '%s'", o->attacked.said, a->says);
	if (a->outcome != STAYS_ALLOWED && strcmp(o->before_look, o->after_look))
		return path("denied, but the object changed: %s, then %s", o->before_look,
			    o->after_look);
	return NULL;
}

static char *judge_events(const struct rows *r, size_t i, const struct events *ev)
{
	static const char *const names[] = { "read", "write", "execute", "trace" };
	const struct attack *a = &attacks[i];
	size_t n = events_count(ev, "DENIED", r->line[i]);
	size_t wrong = events_count(ev, "DENIED", r->control_line[i]);
	const struct event *e = events_find(ev, "DENIED", r->line[i]);
	const char *access = e ? event_text(e, "access") : NULL;
	const char *wanted = a->reported ? a->reported : names[a->access];

	if (n != expected_events(a))
		return path("%zu events name line %ld, not %zu", n, r->line[i], expected_events(a));
	if (wrong)
		return path("the control was reported as denied: line %ld", r->control_line[i]);
	if (e && (!access || strcmp(access, wanted)))
		return path("the event's access is %s, not %s", access, wanted);
	return NULL;
}

static char *judge_row(const struct rows *r, size_t i, const struct outcome *o,
		       const struct events *ev)
{
	char *why = judge_attack(&attacks[i], o);

	if (!why && o->controlled.code != ALLOWED)
		why = path("the listed program: exit status %d: %.200s", o->controlled.code,
			   o->controlled.said);
	if (!why)
		why = judge_events(r, i, ev);
	if (!why && o->after.code != ALLOWED)
		why = path("after the guard: exit status %d: %.200s", o->after.code, o->after.said);
	return why;
}

static size_t elsewhere(enum fs fs)
{
	size_t n = 0;

	for (size_t i = 0; i < n_attacks; i++)
		n += attacks[i].elsewhere && !(attacks[i].not_on & ON(fs));
	return n;
}

/* What is under the guard: the attack, and the same by the program that is listed. */
static void attack_all(const struct rows *r, enum fs fs, struct outcome *o)
{
	for (size_t i = 0; i < n_attacks; i++) {
		if (attacks[i].not_on & ON(fs))
			continue;
		o[i].before_look = row_look(r, &attacks[i]);
		o[i].attacked = act(r, i, ATTACK);
		o[i].after_look = row_look(r, &attacks[i]);
		o[i].controlled = act(r, i, CONTROL);
	}
}

/* One more denial, whose event stands for all before it: they come in order. */
static bool events_have_come(const struct rows *r, const struct guard *g)
{
	return run_line(r->mount, -1, r->unlisted, "read last").code == DENIED &&
	       event_wait(g->events, "DENIED", r->last_line, 20000);
}

static void show_event(const struct event *e)
{
	printf("#  ");
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->field[i].name, "time") && strcmp(e->field[i].name, "policy"))
			printf(" %s=%s", e->field[i].name, e->field[i].value);
	printf("\n");
}

static bool is_foreseen(const struct rows *r, long line)
{
	for (size_t i = 0; i < n_attacks; i++)
		if (r->line[i] == line || r->control_line[i] == line)
			return true;
	return line == r->first_line || line == r->last_line;
}

/* What a row's lines were named for, or what no row's line was: to find out why. */
static size_t show_events(const struct rows *r, const struct events *ev, long line, long line2)
{
	size_t shown = 0;

	for (size_t i = 0; i < ev->n; i++) {
		long at = event_number(&ev->e[i], "line");

		if (line ? at != line && at != line2 : is_foreseen(r, at))
			continue;
		show_event(&ev->e[i]);
		shown++;
	}
	return shown;
}

TEST_F_TIMEOUT(attack, under_guard, 1800)
{
	struct rows *r = self->rows;
	struct outcome *o = calloc(n_attacks, sizeof(*o));
	struct guard g;
	struct events ev;
	size_t n, bad = 0;

	ASSERT_TRUE(rows_write_policy(r, variant->fs));
	ASSERT_TRUE(guard_start(&g, r->policy, NULL));
	attack_all(r, variant->fs, o);
	EXPECT_TRUE(events_have_come(r, &g));
	EXPECT_EQ(0, guard_stop(&g));
	ev = events_read(g.events);
	EXPECT_EQ(0, ev.malformed)
	{
		TH_LOG("not one flat JSON object: %s", ev.bad);
	}
	for (size_t i = 0; i < n_attacks; i++) {
		char *why;

		if (attacks[i].not_on & ON(variant->fs) || lacks(i, &o[i].attacked)) {
			report_skip(i, "under_guard");
			continue;
		}
		o[i].after = act(r, i, ATTACK);
		why = judge_row(r, i, &o[i], &ev);
		if (!report(i, "under_guard", why)) {
			show_events(r, &ev, r->line[i], r->control_line[i]);
			bad++;
		}
		free(why);
	}
	n = events_count(&ev, "DENIED", r->first_line) + events_count(&ev, "DENIED", r->last_line);
	EXPECT_EQ(elsewhere(variant->fs) + 1, n)
	{
		show_events(r, &ev, r->first_line, r->last_line);
	}
	EXPECT_EQ(0, show_events(r, &ev, 0, 0));
	events_free(&ev);
	EXPECT_EQ(0, bad);
}

TEST_HARNESS_MAIN
