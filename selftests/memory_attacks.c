// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every way to more memory: open to everyone without the guard; denied under it to a
 * program whose section has no room for it, with the errno that the call can show, and
 * reported once by the line of the key; open to a program whose section has room, to one
 * without a section, and to all when the guard has gone. Each way by each key that it
 * concerns is a KTAP subtest.
 */
#include "kselftest_harness.h"

#include "lib/limits.h"

enum { A = 1, M = 2, S = 4 };

static const struct {
	int bit;
	const char *name;
} keys[] = { { A, "allocation" }, { M, "memory" }, { S, "address-space" } };

struct attack {
	const char *name;
	int held;	   /* keys that deny it; it is eight MiB, and they allow four */
	const char *act;   /* of the probe */
	const char *shows; /* the errno, or what is said, when it is not EPERM */
	int free;	   /* keys that it does not concern: it goes on under their limit */
	int limit;	   /* MiB, when it is not four */
	bool outright;	   /* denied also where there is room, which cannot be told */
	bool may_lack;	   /* not every machine has it */
	bool often;	   /* what is refused is tried again, in another way */
};

static const struct attack attacks[] = {
	{ "mmap", A | M | S, "map anonymous 8M" },
	{ "mmap-odd-length", A | M | S, "map odd 8M" },
	{ "mmap-none", A | S, "map none 8M", .free = M },
	{ "mmap-read-only", A | S, "map read-only 8M", .free = M },
	{ "mmap-writable-code", A | M | S, "map writable-code 8M" },
	{ "mmap-no-reserve", A | M | S, "map no-reserve 8M" },
	{ "mmap-low", A | M | S, "map low 8M" },
	{ "mmap-stack", A | M | S, "map for-stack 8M" },
	{ "mmap-fixed", A | M | S, "map fixed 8M" },
	{ "mmap-fixed-noreplace", A | M | S, "map fixed-noreplace 8M" },
	{ "mmap-over-a-page", A | M | S, "map fixed-over 8M" },
	{ "mmap-over-as-much", A, "map replace 8M" },
	{ "mmap-over-as-much-again", 0, "map replace 8M", .free = M | S, .limit = 12 },
	{ "mmap-over-read-only", A | M, "map replace-read-only 8M" },
	{ "mmap-over-read-only-again", 0, "map replace-read-only 8M", .free = M | S, .limit = 12 },
	{ "mmap-shared", A | S, "map shared 8M", .free = M },
	{ "mmap-zero", A | M | S, "map zero 8M" },
	{ "mmap-file", A | M | S, "map file-private 8M" },
	{ "mmap-file-read-only", A | S, "map file-read-only 8M", .free = M },
	{ "mmap-file-shared", A | S, "map file-shared 8M", .free = M },
	{ "mmap-memfd", A | M | S, "map memfd-private 8M" },
	{ "mmap-memfd-shared", A | S, "map memfd-shared 8M", .free = M },
	{ "mmap-huge", A | M | S, "map huge 8M" },
	{ "mmap-huge-rounded", M | S, "map huge-odd 8M", .limit = 8 },
	{ "mmap-huge-memfd", A | S, "map huge-memfd 8M", .free = M },
	{ "mmap-huge-memfd-rounded", S, "map huge-memfd-odd 8M", .limit = 8 },
	{ "mmap-huge-memfd-private", A | M | S, "map huge-memfd-private 8M" },

	{ "brk", A | M | S, "grow brk 8M", .shows = "(ENOMEM)" },
	{ "mremap-in-place", A | M | S, "grow in-place 8M", .shows = "(ENOMEM)" },
	{ "mremap-may-move", A | M | S, "grow may-move 8M" },
	{ "mremap-must-move", A | M | S, "grow must-move 8M" },
	{ "mremap-fixed", A | M | S, "grow to-fixed 8M" },
	{ "mremap-dont-unmap", A, "grow dont-unmap 8M" },
	{ "mremap-dont-unmap-twice", M | S, "grow dont-unmap 8M", .limit = 12 },
	{ "mremap-same-size", 0, "grow moved 8M", .free = A },
	{ "mremap-same-size-again", 0, "grow moved 8M", .free = M | S, .limit = 12 },
	{ "mremap-nothing", A | S, "grow duplicate 8M", .free = M },
	{ "mremap-shared", A | S, "grow shared 8M", .free = M },
	{ "shmat", A | S, "grow shmat 8M", .free = M },
	{ "shmat-read-only", A | S, "grow shmat-read 8M", .free = M },
	{ "io-setup", A | S, "grow io-setup 8M", .shows = "(ENOMEM)", .free = M },
	{ "thread-stack", A | M | S, "grow thread-stack 8M" },
	{ "process-of-the-same-memory", A | M | S, "grow sharer 8M" },
	{ "remap-file-pages", 0, "grow remapped 8M", .free = M | S, .limit = 12 },
	{ "exec-of-much-bss", M | S, "grow bss 8M", .shows = "execve: ", .often = true },

	{ "mprotect", M, "writable whole 8M" },
	{ "mprotect-from-none", M, "writable from-none 8M" },
	{ "mprotect-part", M, "writable part 8M" },
	{ "mprotect-several", M, "writable several 8M" },
	{ "mprotect-key", M, "writable with-key 8M" },
	{ "mprotect-executable", M, "writable executable 8M" },
	{ "mprotect-file", M, "writable file-private 8M" },
	{ "mprotect-file-shared", 0, "writable file-shared 8M", .free = M },
	{ "mprotect-writable", 0, "writable again 8M", .free = M, .limit = 12 },

	{ "int80-mmap2", A | M | S, "map32 mmap2 8M" },
	{ "int80-old-mmap", A | M | S, "map32 old-mmap 8M", .outright = true },
	{ "int80-brk", A | M | S, "map32 brk 8M", .shows = "(ENOMEM)" },
	{ "int80-mremap", A | M | S, "map32 mremap 8M" },
	{ "int80-mprotect", M, "map32 mprotect 8M" },
	{ "int80-shmat", A | S, "map32 shmat 8M", .free = M },
	{ "int80-io-setup", A | S, "map32 io-setup 8M", .shows = "(ENOMEM)", .free = M },
	{ "long-number-mmap", A | M | S, "odd-call high-mmap 8M" },
	{ "long-number-brk", A | M | S, "odd-call high-brk 8M", .shows = "(ENOMEM)" },
	{ "long-number-mremap", A | M | S, "odd-call high-mremap 8M" },
	{ "long-number-mprotect", M, "odd-call high-mprotect 8M" },
	{ "x32-mmap", A | M | S, "odd-call x32-mmap 8M", .may_lack = true },
	{ "shadow-stack", A | M | S, "odd-call shadow-stack 8M", .may_lack = true },

	/* Not held: a page fault has no hook, and its limit is RLIMIT_STACK. */
	{ "stack", 0, "map stack 4M", .free = M | S },
	{ "stack-of-a-mapping", 0, "map grows-down 4M", .free = M | S },
};

#define N_ATTACKS ARRAY_SIZE(attacks)

struct row {
	const struct attack *a;
	int key; /* index into keys */
	bool free;
	char *name, *program;
	long line, limit;
	struct result denied, room, none, after;
};

FIXTURE(memory)
{
	struct limits l;
	struct row *rows;
	size_t n;
	char *room;
	long room_line;
};

FIXTURE_SETUP(memory)
{
	self->rows = calloc(N_ATTACKS * 3, sizeof(*self->rows));
	ASSERT_TRUE(limits_make(&self->l));
	self->room = limits_program(&self->l, "room",
				    "allocation = 256M memory = 256M address-space = 256M",
				    &self->room_line);
	ASSERT_NE(NULL, self->room);
}

FIXTURE_TEARDOWN(memory)
{
	limits_end(&self->l);
}

static bool make_row(struct limits *l, struct row *r, const struct attack *a, int key)
{
	char *section;
	int limit = a->limit ?: 4;

	*r = (struct row){ a, key, .free = a->free & keys[key].bit };
	r->name = path("%s-%s", a->name, keys[key].name);
	r->limit = (long)limit << 20;
	section = path("%s = %dM", keys[key].name, limit);
	r->program = limits_program(l, r->name, section, &r->line);
	free(section);
	return r->program;
}

static bool lacks(const struct attack *a, const struct result *res)
{
	return a->may_lack && res->code == BROKEN && strstr(res->said, "not supported");
}

/* Without a guard each act goes through: the probe works, and here it can be done. */
TEST_F_TIMEOUT(memory, without_guard, 300)
{
	size_t bad = 0;

	for (size_t i = 0; i < N_ATTACKS; i++) {
		struct result r = limits_act(&self->l, self->l.s.unlisted, attacks[i].act);
		char *why = NULL;

		if (lacks(&attacks[i], &r)) {
			subtest_skip(i + 1, "without_guard", attacks[i].name, "not supported");
			continue;
		}
		if (r.code != ALLOWED)
			why = path("exit status %d: %.200s", r.code, r.said);
		bad += !subtest(i + 1, "without_guard", attacks[i].name, why);
		free(why);
	}
	EXPECT_EQ(0, bad);
}

static char *judge_denied(const struct row *r)
{
	const char *shows = r->a->shows;
	int wanted = r->free ? ALLOWED : shows ? OTHER : DENIED;

	if (r->denied.code != wanted)
		return path("beyond the limit: exit status %d, not %d: %.200s", r->denied.code,
			    wanted, r->denied.said);
	if (!r->free && shows && !strstr(r->denied.said, shows))
		return path("beyond the limit: it says '%.200s', not '%s'", r->denied.said, shows);
	return NULL;
}

/* What the event says of it must be why it was denied. */
static char *judge_numbers(const struct row *r, const struct event *e)
{
	long asked = event_number(e, "asked"), held = event_number(e, "held");
	long limit = event_number(e, "limit");
	char *object = path("%ld asked, %ld held, limit %ld", asked, held, limit), *why = NULL;

	if (strcmp(event_text(e, "guard") ?: "", "memory") ||
	    strcmp(event_text(e, "access") ?: "", keys[r->key].name))
		why = path("the event is about %s %s", event_text(e, "guard") ?: "nothing",
			   event_text(e, "access") ?: "");
	else if (limit != r->limit)
		why = path("the event's limit is %ld, not %ld", limit, r->limit);
	else if (strcmp(object, event_text(e, "object") ?: ""))
		why = path("the event's object is '%s', not '%s'", event_text(e, "object") ?: "",
			   object);
	else if (held <= 0 || (asked <= 0 && !r->a->outright))
		why = path("the event's numbers are %ld and %ld", asked, held);
	else if (!r->a->outright && asked + (keys[r->key].bit == A ? 0 : held) <= limit)
		why = path("the event's numbers would fit: %s", object);
	if (why)
		event_show(e);
	free(object);
	return why;
}

static char *judge(const struct row *r, const struct events *ev)
{
	const struct event *e = events_find(ev, "DENIED", r->line);
	char *why = judge_denied(r);
	int room = r->a->outright ? DENIED : ALLOWED;

	if (!why && r->room.code != room)
		why = path("with room: exit status %d: %.200s", r->room.code, r->room.said);
	if (!why && r->none.code != ALLOWED)
		why = path("without a section: exit status %d: %.200s", r->none.code, r->none.said);
	if (!why && (!r->a->often || !e))
		why = events_judge(ev, "DENIED", r->line, !r->free);
	if (!why && e)
		why = judge_numbers(r, e);
	if (!why && r->after.code != ALLOWED)
		why = path("after the guard: exit status %d: %.200s", r->after.code, r->after.said);
	return why;
}

static size_t outright(const struct row *rows, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += rows[i].a->outright;
	return sum;
}

TEST_F_TIMEOUT(memory, under_guard, 900)
{
	struct limits *l = &self->l;
	size_t n = 0, bad = 0, seen;
	struct events ev;

	for (size_t i = 0; i < N_ATTACKS; i++)
		for (int k = 0; k < 3; k++)
			if ((attacks[i].held | attacks[i].free) & keys[k].bit)
				ASSERT_TRUE(make_row(l, &self->rows[n++], &attacks[i], k));
	ASSERT_TRUE(limits_start(l));
	for (size_t i = 0; i < n; i++) {
		struct row *r = &self->rows[i];

		r->denied = limits_act(l, r->program, r->a->act);
		r->room = limits_act(l, self->room, r->a->act);
		r->none = limits_act(l, l->s.unlisted, r->a->act);
	}
	EXPECT_TRUE(limits_stop(l, &ev));
	for (size_t i = 0; i < n; i++) {
		struct row *r = &self->rows[i];
		char *why;

		if (lacks(r->a, &r->none)) {
			subtest_skip(i + 1, "under_guard", r->name, "not supported");
			continue;
		}
		r->after = limits_act(l, r->program, r->a->act);
		why = judge(r, &ev);
		bad += !subtest(i + 1, "under_guard", r->name, why);
		free(why);
	}
	EXPECT_EQ(0, bad);
	/* Where there is room only what is denied outright is reported, and ten a second. */
	seen = events_count(&ev, "DENIED", self->room_line);
	EXPECT_LE(seen, outright(self->rows, n));
	EXPECT_GT(seen, 0);
	events_free(&ev);
}

TEST_HARNESS_MAIN
