// SPDX-License-Identifier: GPL-2.0-only
/*
 * Program sections without BPF LSM, under --fallback: each way to memory, to peers and to
 * processes, open without a guard; under `report` it goes on and is reported as WOULD-DENY; under
 * `kill` it ends its program by SIGKILL, and is reported as KILLED. Within the limits, by a
 * program without a section, and in mode = audit, nothing happens to anybody.
 * fallback_kill.c has what a kill undoes, and what it does not.
 */
#include "kselftest_harness.h"

#include <signal.h>

#include "lib/limits.h"
#include "lib/net.h"

#define KILLED (128 + SIGKILL) /* as run_line() says it */
#define SERVED 20000	       /* to 20009: answered at */

/* ---- the ways ----------------------------------------------------------------------------- */

/*
 * %-words as in limits_act(). An act that names %P is begun by a program without a section, and
 * becomes %P.
 */
struct way {
	const char *name;
	const char *section;
	const char *act;
	const char *fits;      /* the same within the section's limits */
	const char *key;       /* in the event */
	unsigned int reported; /* how often, where it goes on: once if not said */
	unsigned int killed;   /* how often it is told that it is killed, likewise */
};

#define M4  "allocation = 4M"
#define TO  "connect = { 20001 }"
#define AT  "listen = { 21001 }"
#define OF  "receive = { 20001 }"
#define C2  "children = 2"
#define SAY "give exec connected tcp 127.0.0.1 20000 %P "
#define ANY "give exec connected tcp 127.0.0.1 20001 %P "
#define GET "give exec told udp 127.0.0.1 20000 %P "
#define GOT "give exec told udp 127.0.0.1 20001 %P "

static const struct way ways[] = {
	{ "mmap", M4, "map anonymous 8M", "map anonymous 2M", "allocation" },
	{ "mmap-memory", "memory = 8M", "map anonymous 16M", "map anonymous 2M", "memory" },
	{ "mmap-address-space", "address-space = 8M", "map none 16M", "map none 2M",
	  "address-space" },
	{ "mmap-fixed", M4, "map fixed 8M", "map fixed 2M", "allocation" },
	{ "mmap-file", M4, "map file-private 8M", "map file-private 2M", "allocation" },
	{ "mmap-int80", M4, "map32 mmap2 8M", "map32 mmap2 2M", "allocation" },
	{ "brk", M4, "grow brk 8M", "grow brk 2M", "allocation" },
	{ "brk-memory", "memory = 8M", "grow brk 16M", "grow brk 2M", "memory" },
	{ "brk-int80", M4, "map32 brk 8M", "map32 brk 2M", "allocation" },
	{ "mremap-in-place", M4, "grow in-place 8M", "grow in-place 2M", "allocation" },
	{ "mremap-may-move", M4, "grow may-move 8M", "grow may-move 2M", "allocation" },
	{ "mremap-must-move", "address-space = 8M", "grow must-move 16M", "grow must-move 2M",
	  "address-space" },
	{ "mremap-int80", M4, "map32 mremap 8M", "map32 mremap 2M", "allocation" },
	{ "mprotect", "memory = 4M", "writable whole 8M", "writable whole 1M", "memory" },
	{ "shmat", M4, "grow shmat 8M", "grow shmat 2M", "allocation" },
	{ "mmap-after-exec", M4, "exec %U map anonymous 8M", "exec %U map anonymous 2M",
	  "allocation" },
	{ "mmap-by-a-thread", "allocation = 12M", "in-thread map anonymous 16M",
	  "in-thread map anonymous 2M", "allocation" },
	{ "mmap-as-a-user", M4, "as-user 1000 map anonymous 8M", "as-user 1000 map anonymous 2M",
	  "allocation" },

	{ "fork", C2, "keep fork 3", "keep fork 2", "children" },
	{ "vfork", C2, "keep vfork 3", "keep vfork 2", "children" },
	{ "clone", C2, "keep clone 3", "keep clone 2", "children" },
	{ "clone3", C2, "keep clone3 3", "keep clone3 2", "children" },
	{ "posix-spawn", C2, "keep spawn 3", "keep spawn 2", "children" },
	{ "fork-by-a-thread", C2, "keep thread 3", "keep thread 2", "children" },
	{ "fork-after-exec", C2, "holding 2 exec %U keep fork 1", "holding 1 exec %U keep fork 1",
	  "children" },
	{ "fork-descendants", "descendants = 2", "keep fork 3", "keep fork 2", "descendants" },
	{ "clone3-descendants", "descendants = 2", "keep clone3 3", "keep clone3 2",
	  "descendants" },
	{ "threads", "threads = 2", "threads plain 3", "threads plain 2", "threads" },
	{ "threads-after-exec", "threads = 2", "exec %U threads plain 3", "exec %U threads plain 2",
	  "threads" },

	{ "connect", TO, "reach connect tcp 127.0.0.1 20000 0", "reach connect tcp ::1 20001 0",
	  "connect", 2 },
	{ "connect-udp", TO, "reach connect udp ::1 20000 0", "reach connect udp ::1 20001 0",
	  "connect", 2 },
	{ "connect-int80", TO, "reach connect-int80 tcp 127.0.0.1 20000 0",
	  "reach connect-int80 tcp 127.0.0.1 20001 0", "connect", 2 },
	{ "connect-uring", TO, "reach connect-uring tcp 127.0.0.1 20000 0",
	  "reach connect-uring tcp 127.0.0.1 20001 0", "connect", 3, 2 },
	{ "sendto", TO, "reach sendto udp 127.0.0.1 20000 0", "reach sendto udp ::1 20001 0",
	  "connect" },
	{ "sendmsg", TO, "reach sendmsg udp 127.0.0.1 20000 0", "reach sendmsg udp ::1 20001 0",
	  "connect" },
	{ "sendmmsg", TO, "reach sendmmsg udp 127.0.0.1 20000 20001",
	  "reach sendmmsg udp 127.0.0.1 20001 20001", "connect" },
	{ "fastopen", TO, "reach fastopen tcp 127.0.0.1 20000 0",
	  "reach fastopen tcp 127.0.0.1 20001 0", "connect" },
	{ "write", TO, SAY "write", ANY "write", "connect", 2, 2 },
	{ "send", TO, SAY "send", ANY "send", "connect" },
	{ "recv", OF, GET "recv", GOT "recv", "receive" },
	{ "recvfrom", OF, GET "recvfrom", GOT "recvfrom", "receive" },
	{ "recvmsg", OF, GET "recvmsg", GOT "recvmsg", "receive" },
	{ "recvmmsg", OF, GET "recvmmsg", GOT "recvmmsg", "receive" },
	{ "recv-tcp", OF, "give exec told tcp ::1 20000 %P recv",
	  "give exec told tcp ::1 20001 %P recv", "receive" },
	{ "recv-of-what-waits", "receive = { 127.0.0.2 }",
	  "give exec queued udp 127.0.0.1 21010 %P recv", "true", "receive" },
	{ "bind", AT, "own bind tcp 127.0.0.1 21000", "own bind tcp 127.0.0.1 21001", "listen" },
	{ "bind-udp", AT, "own bind udp ::1 21000", "own bind udp ::1 21001", "listen" },
	{ "listen", AT, "own listen-alone tcp 127.0.0.1 21000", "own listen tcp ::1 21001",
	  "listen" },
	{ "accept", AT, "give exec listening tcp 127.0.0.1 21000 %P accept",
	  "give exec listening tcp 127.0.0.1 21001 %P accept", "listen" },
	{ "families", "families = { unix }", "make socket tcp", "make socket unix", "families" },
	{ "families-raw", "connect = any", "make socket raw", "make socket udp", "families" },
};

#define N_WAYS ARRAY_SIZE(ways)

struct row {
	char *program, *audited;
	long line, audit_line;
	struct result act, fits, free, audit;
};

FIXTURE(programs)
{
	struct limits l;
	struct job here;
	struct row *rows;
};

FIXTURE_SETUP(programs)
{
	self->rows = calloc(N_WAYS, sizeof(*self->rows));
	ASSERT_TRUE(write_file("/proc/sys/net/ipv4/tcp_fastopen", "1543\n"));
	ASSERT_TRUE(limits_make(&self->l));
	ASSERT_TRUE(job_start(&self->here, "%s serve tcp6,udp6 %d %d", self->l.s.unlisted, SERVED,
			      SERVED + 9));
}

FIXTURE_TEARDOWN(programs)
{
	job_kill(&self->here);
	limits_end(&self->l);
}

/* Who becomes %P starts as a program without a section. */
static struct result act(const struct limits *l, const char *program, const char *text)
{
	char *at = strstr(text, "%P") ? path("%.*s%s%s", (int)(strstr(text, "%P") - text), text,
					     program, strstr(text, "%P") + 2)
				      : strdup(text);
	struct result r = limits_act(l, strstr(text, "%P") ? l->s.unlisted : program, at);

	free(at);
	return r;
}

static char *judge_act(const char *when, const struct result *r, int wanted)
{
	if (r->code == wanted)
		return NULL;
	return path("%s: exit status %d, not %d: %.200s", when, r->code, wanted, r->said);
}

/* Without a guard each goes through: the probe works, and here it can be done. */
TEST_F_TIMEOUT(programs, without_guard, 300)
{
	struct limits *l = &self->l;
	size_t bad = 0;

	for (size_t i = 0; i < N_WAYS; i++) {
		struct result r = act(l, l->s.unlisted, ways[i].act);
		char *why = judge_act("without a guard", &r, ALLOWED);

		bad += !subtest(i + 1, "without_guard", ways[i].name, why);
		free(why);
	}
	EXPECT_EQ(0, bad);
}

static bool make_rows(struct limits *l, struct row *rows)
{
	for (size_t i = 0; i < N_WAYS; i++) {
		struct row *r = &rows[i];

		r->program = limits_program(l, ways[i].name, ways[i].section, &r->line);
		r->audited =
			limits_program(l, path("%s-audited", ways[i].name),
				       path("mode = audit %s", ways[i].section), &r->audit_line);
		if (!r->program || !r->audited)
			return false;
	}
	return true;
}

static bool start(struct limits *l, const char *options)
{
	bool written = !fclose(l->policy);

	l->policy = NULL;
	return written && guard_start(&l->s.guard, l->s.policy, options);
}

/* What the last program does stands for all before it, because events come in order. */
static bool stop(struct limits *l, const char *verdict, struct events *ev)
{
	bool came, ended;

	limits_act(l, l->last, "map anonymous 8M");
	came = event_wait(l->s.guard.events, verdict, l->last_line, 20000);
	ended = guard_stop(&l->s.guard) == 0;
	*ev = events_read(l->s.guard.events);
	if (!came)
		printf("# the last event did not come\n");
	return came && ended && !ev->malformed;
}

static char *judge_events(const struct events *ev, const char *verdict, long line, size_t wanted,
			  const char *key)
{
	const struct event *e = events_find(ev, verdict, line);
	char *why = events_judge(ev, verdict, line, wanted);

	if (why || !e || !strcmp(event_text(e, "access") ?: "", key))
		return why;
	event_show(e);
	return path("the event is about %s", event_text(e, "access") ?: "nothing");
}

/* Everything but what is against the policy is as without a guard. */
static char *judge_others(const struct row *r, const struct events *ev, const struct way *w)
{
	char *why = judge_act("within the limits", &r->fits, ALLOWED);

	if (!why)
		why = judge_act("without a section", &r->free, ALLOWED);
	if (!why)
		why = judge_act("in mode = audit", &r->audit, ALLOWED);
	if (!why)
		why = judge_events(ev, "WOULD-DENY", r->audit_line, w->reported ?: 1, w->key);
	if (!why)
		why = events_judge(ev, "KILLED", r->audit_line, 0);
	return why;
}

static char *judge(const struct row *r, const struct events *ev, const struct way *w, bool kill)
{
	size_t reported = w->reported ?: 1;
	char *why = judge_act("beyond the limits", &r->act, kill ? KILLED : ALLOWED);

	if (!why)
		why = judge_events(ev, "KILLED", r->line, kill ? w->killed ?: 1 : 0, w->key);
	if (!why)
		why = judge_events(ev, "WOULD-DENY", r->line, kill ? 0 : reported, w->key);
	if (!why)
		why = events_judge(ev, "DENIED", r->line, 0);
	return why ?: judge_others(r, ev, w);
}

/* All ways, or some of them, under one action; whether they are killed for it. */
static void under(struct __test_metadata *_metadata, FIXTURE_DATA(programs) * self,
		  const char *action, const char *options, bool kill, size_t step)
{
	struct limits *l = &self->l;
	struct events ev;
	size_t bad = 0;

	limits_line(l, "fallback-action = %s", action);
	ASSERT_TRUE(make_rows(l, self->rows));
	ASSERT_TRUE(start(l, options));
	for (size_t i = 0; i < N_WAYS; i += step) {
		struct row *r = &self->rows[i];

		r->act = act(l, r->program, ways[i].act);
		r->fits = act(l, r->program, ways[i].fits);
		r->free = act(l, l->s.unlisted, ways[i].act);
		r->audit = act(l, r->audited, ways[i].act);
	}
	EXPECT_TRUE(stop(l, kill ? "KILLED" : "WOULD-DENY", &ev));
	for (size_t i = 0; i < N_WAYS; i += step) {
		char *why = judge(&self->rows[i], &ev, &ways[i], kill);

		bad += !subtest(i / step + 1, action, ways[i].name, why);
		free(why);
	}
	EXPECT_EQ(0, bad);
	events_free(&ev);
}

TEST_F_TIMEOUT(programs, report, 600)
{
	under(_metadata, self, "report", "--fallback", false, 1);
}

/* There is nothing to lead a program to but files. */
TEST_F_TIMEOUT(programs, redirect, 600)
{
	under(_metadata, self, "redirect", "--fallback", false, 4);
}

TEST_F_TIMEOUT(programs, kill, 600)
{
	under(_metadata, self, "kill", "--fallback", true, 1);
}

TEST_F_TIMEOUT(programs, audit_beats_kill, 600)
{
	under(_metadata, self, "kill", "--fallback --audit", false, 4);
}

TEST_HARNESS_MAIN
