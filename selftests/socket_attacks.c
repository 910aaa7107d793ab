// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every way around what a program section says of sockets: open without the
 * guard; under it denied to the program whose section does not list the
 * endpoint, and reported once by the line of the key; open to the one that
 * lists just that endpoint, and to one without a section; open again when the
 * guard has gone. The ways are rows of lib/net_attacks.c; each is a subtest.
 */
#include "kselftest_harness.h"

#include <sys/utsname.h>

#include "lib/net.h"

#define DIR	     "/tmp/lsm-guard-net"
#define SERVED	     20000 /* a row has two ports that are answered at */
#define NOT_SERVED   22000 /* and two where nobody is */
#define DENIED_COPY  "denied"
#define ALLOWED_COPY "allowed"

static const char *const keys[] = { "connect", "listen", "receive", "families" };

/* A row's text with its ports and, for %P, a program in it. */
static char *expand(const char *text, size_t row, const char *program)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	for (const char *p = text; *p; p++) {
		if (*p != '%') {
			fputc(*p, f);
			continue;
		}
		switch (*++p) {
		case 'p':
		case 'q':
			fprintf(f, "%zu", SERVED + 2 * row + (*p == 'q'));
			break;
		case 'l':
		case 'm':
			fprintf(f, "%zu", NOT_SERVED + 2 * row + (*p == 'm'));
			break;
		case 'P':
			fputs(program, f);
			break;
		default:
			fputc(*p, f);
		}
	}
	fclose(f);
	return out;
}

FIXTURE(net)
{
	struct job here, there, rare;
	char *unlisted;
	char *policy;
	long *line; /* of the row's key in the section that denies */
	long last;  /* of a section that no row is about */
};

static bool lacks(const struct net_attack *a)
{
	int major = 0, minor = 0;
	struct utsname u;

	if (!a->since_6_11)
		return false;
	uname(&u);
	sscanf(u.release, "%d.%d", &major, &minor);
	return major < 6 || (major == 6 && minor < 11);
}

static bool set_up(void)
{
	/* The kernel does not load these by itself, or not in time for the first of a kind. */
	return command("modprobe sctp") && command("modprobe -i tipc") &&
	       write_file("/proc/sys/net/ipv4/ping_group_range", "0 100000\n") &&
	       /* Data in the first packet, both ways, without a cookie. */
	       write_file("/proc/sys/net/ipv4/tcp_fastopen", "1543\n");
}

FIXTURE_SETUP(net)
{
	const char *serve = tree_path("build/probe serve tcp6,udp6");
	size_t last = SERVED + 2 * n_net_attacks - 1;

	self->unlisted = strdup(tree_path("build/probe"));
	self->policy = path("%s.conf", DIR);
	self->line = calloc(n_net_attacks, sizeof(long));
	ASSERT_TRUE(set_up());
	ASSERT_TRUE(net_make());
	ASSERT_TRUE(job_start(&self->here, "%s %d %zu", serve, SERVED, last));
	ASSERT_TRUE(job_start(&self->rare, "%s serve sctp,udplite 21000 21000", self->unlisted));
	ASSERT_TRUE(job_start(&self->there, "ip netns exec " NET_PEER " %s %d %zu", serve, SERVED,
			      last));
}

FIXTURE_TEARDOWN(net)
{
	job_kill(&self->here);
	job_kill(&self->there);
	job_kill(&self->rare);
	net_end();
}

static struct result act(size_t i, const char *program, const char *unlisted)
{
	const struct net_attack *a = &net_attacks[i];
	char *line = expand(a->act, i, program);
	struct result r;

	r = run_line("/tmp", -1, strstr(a->act, "%P") ? unlisted : program, line);
	free(line);
	return r;
}

static bool report(size_t i, const char *what, const char *why)
{
	printf("    %s %zu %s.%s%s%s\n", why ? "not ok" : "ok", i + 1, what, net_attacks[i].name,
	       why ? " # " : "", why ? why : "");
	return !why;
}

static void report_skip(size_t i, const char *what)
{
	printf("    ok %zu %s.%s # SKIP this kernel does not have it\n", i + 1, what,
	       net_attacks[i].name);
}

/* Without a guard each act goes through: the probe works, and here it can be done. */
TEST_F_TIMEOUT(net, without_guard, 300)
{
	size_t bad = 0;

	for (size_t i = 0; i < n_net_attacks; i++) {
		struct result res;
		char *why = NULL;

		if (lacks(&net_attacks[i])) {
			report_skip(i, "without_guard");
			continue;
		}
		res = act(i, self->unlisted, self->unlisted);
		if (res.code != net_attacks[i].without)
			why = path("exit status %d: %.200s", res.code, res.said);
		bad += !report(i, "without_guard", why);
		free(why);
	}
	EXPECT_EQ(0, bad);
}

struct writer {
	FILE *f;
	long line;
};

static long add(struct writer *w, const char *text)
{
	long at = w->line;

	fputs(text, w->f);
	for (const char *p = text; *p; p++)
		w->line += *p == '\n';
	return at;
}

/* The section that denies; returns the line that its events are to name. */
static long add_denied(struct writer *w, size_t i)
{
	const struct net_attack *a = &net_attacks[i];
	bool own_line = a->closes != FAMILIES || a->deny;
	long title = add(w, path("program \"%s/%zu." DENIED_COPY "\" {\n", DIR, i)), at;

	if (a->also)
		add(w, path("\t%s\n", a->also));
	if (a->deny)
		at = add(w, path("\t%s\n", expand(a->deny, i, "")));
	else if (a->closes == FAMILIES)
		at = add(w, "\tconnect = any\n");
	else
		at = add(w, path("\t%s = none\n", keys[a->closes]));
	add(w, "}\n");
	return own_line ? at : title;
}

static void add_allowed(struct writer *w, size_t i)
{
	const struct net_attack *a = &net_attacks[i];

	add(w, path("program \"%s/%zu." ALLOWED_COPY "\" {\n", DIR, i));
	if (a->also)
		add(w, path("\t%s\n", a->also));
	if (!a->allow)
		add(w, "\tlisten = any\n");
	else if (a->closes == FAMILIES)
		add(w, path("\tconnect = any\n\tfamilies = { %s }\n", a->allow));
	else
		add(w, path("\t%s = { %s }\n", keys[a->closes], expand(a->allow, i, "")));
	add(w, "}\n");
}

static bool make_programs(const char *unlisted)
{
	bool ok = command("rm -rf " DIR) && command("mkdir " DIR) &&
		  copy_program(unlisted, DIR "/last");

	for (size_t i = 0; ok && i < n_net_attacks; i++)
		ok = copy_program(unlisted, path(DIR "/%zu." DENIED_COPY, i)) &&
		     copy_program(unlisted, path(DIR "/%zu." ALLOWED_COPY, i));
	return ok;
}

struct outcome {
	struct result denied, allowed, free, after;
};

static char *judge_event(const struct net_attack *a, size_t i, const struct event *e)
{
	const char *access = event_text(e, "access"), *object = event_text(e, "object");
	const char *protocol = event_text(e, "protocol"), *guard = event_text(e, "guard");
	char *wanted = a->object ? expand(a->object, i, "") : NULL;

	if (!guard || strcmp(guard, "socket"))
		return path("the event's guard is %s, not socket", guard);
	if (!access || strcmp(access, keys[a->closes]))
		return path("the event's access is %s, not %s", access, keys[a->closes]);
	if (wanted && (!object || strcmp(object, wanted)))
		return path("the event's object is %s, not %s", object, wanted);
	if (a->closes == FAMILIES)
		return NULL;
	if (!event_text(e, "address") || event_number(e, "port") < 0)
		return path("the event has no address or no port");
	if (wanted && (!protocol || strcmp(protocol, strrchr(wanted, '/') + 1)))
		return path("the event's protocol is %s", protocol);
	if (wanted && event_number(e, "port") != atol(strrchr(wanted, ':') + 1))
		return path("the event's port is %ld", event_number(e, "port"));
	return NULL;
}

static char *judge_events(const struct net_attack *a, size_t i, long line, const struct events *ev)
{
	size_t n = events_count(ev, "DENIED", line);
	size_t wanted = a->stays ? 0 : a->events ?: 1;

	/* What comes to a socket that takes nothing is dropped, and reported, too. */
	if (a->closes == RECEIVE ? n < wanted : n != wanted)
		return path("%zu events name line %ld, not %zu", n, line, wanted);
	return n ? judge_event(a, i, events_find(ev, "DENIED", line)) : NULL;
}

static char *judge_row(size_t i, const struct outcome *o, long line, const struct events *ev)
{
	const struct net_attack *a = &net_attacks[i];
	int wanted = a->stays ? ALLOWED : a->says ? OTHER : DENIED;

	if (o->denied.code != wanted || (a->says && !strstr(o->denied.said, a->says)))
		return path("denied: exit status %d, not %d: %.200s", o->denied.code, wanted,
			    o->denied.said);
	if (o->allowed.code != a->without)
		return path("allowed: exit status %d: %.200s", o->allowed.code, o->allowed.said);
	if (o->free.code != a->without)
		return path("without a section: exit status %d: %.200s", o->free.code,
			    o->free.said);
	if (o->after.code != a->without)
		return path("after the guard: exit status %d: %.200s", o->after.code,
			    o->after.said);
	return judge_events(a, i, line, ev);
}

static void show(const struct event *e)
{
	printf("#  ");
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->field[i].name, "time") && strcmp(e->field[i].name, "policy"))
			printf(" %s=%s", e->field[i].name, e->field[i].value);
	printf("\n");
}

/* The events of one line, or (line 0) those that no row's line and not the last one's are. */
static size_t show_events(const struct events *ev, long line, const long *lines, long last)
{
	size_t shown = 0;

	for (size_t i = 0; i < ev->n; i++) {
		long at = event_number(&ev->e[i], "line");
		bool known = at == last;

		for (size_t k = 0; k < n_net_attacks; k++)
			known |= lines[k] == at;
		if (line ? at != line : known)
			continue;
		show(&ev->e[i]);
		shown++;
	}
	return shown;
}

TEST_F_TIMEOUT(net, under_guard, 600)
{
	struct outcome *o = calloc(n_net_attacks, sizeof(*o));
	struct writer w = { .line = 1 };
	struct guard g;
	struct events ev;
	size_t bad = 0;

	ASSERT_TRUE(make_programs(self->unlisted));
	w.f = fopen(self->policy, "we");
	ASSERT_NE(NULL, w.f);
	for (size_t i = 0; i < n_net_attacks; i++) {
		self->line[i] = add_denied(&w, i);
		add_allowed(&w, i);
	}
	self->last = add(&w, path("program \"%s/last\" { connect = none }\n", DIR));
	fclose(w.f);
	ASSERT_TRUE(guard_start(&g, self->policy, NULL));
	for (size_t i = 0; i < n_net_attacks; i++) {
		if (lacks(&net_attacks[i]))
			continue;
		o[i].denied = act(i, path(DIR "/%zu." DENIED_COPY, i), self->unlisted);
		o[i].allowed = act(i, path(DIR "/%zu." ALLOWED_COPY, i), self->unlisted);
		o[i].free = act(i, self->unlisted, self->unlisted);
	}
	/* One more denial: its event stands for all before it, because they come in order. */
	EXPECT_EQ(DENIED, run_line("/tmp", -1, DIR "/last", "reach sendto udp ::1 9 0").code);
	EXPECT_TRUE(event_wait(g.events, "DENIED", self->last, 20000));
	EXPECT_EQ(0, guard_stop(&g));
	ev = events_read(g.events);
	EXPECT_EQ(0, ev.malformed)
	{
		TH_LOG("not one flat JSON object: %s", ev.bad);
	}
	for (size_t i = 0; i < n_net_attacks; i++) {
		char *why;

		if (lacks(&net_attacks[i])) {
			report_skip(i, "under_guard");
			continue;
		}
		o[i].after = act(i, path(DIR "/%zu." DENIED_COPY, i), self->unlisted);
		why = judge_row(i, &o[i], self->line[i], &ev);
		if (!report(i, "under_guard", why)) {
			show_events(&ev, self->line[i], self->line, self->last);
			bad++;
		}
		free(why);
	}
	EXPECT_EQ(0, show_events(&ev, 0, self->line, self->last));
	EXPECT_EQ(0, bad);
	events_free(&ev);
}

TEST_HARNESS_MAIN
