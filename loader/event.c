// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: from the ring buffer to whoever reads them (fields.c). Beside the
 * events of the kernel there are some of our own: SUPPRESSED (the kernel shows ten a second of
 * a rule, and counts the others), and those of faults[].
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "about.h"
#include "denied.h"
#include "event.h"
#include "interfaces.h"
#include "text.h"
#include "mounts.h"

#define STALL_MS 200

/* A rule that had events in this second, to be asked for those that were not shown. */
struct seen {
	__u32 rule;
	__u32 suppressed; /* as last reported */
};

struct printer {
	struct event_source from;
	const struct guard_about *about; /* the source's */
	enum output output;
	int journal; /* a socket, or -1 */
	struct ring_buffer *ring;
	char policy[PATH_MAX];
	struct seen *seen;
	size_t n_seen, room_seen;
	__u64 faults[GUARD_FAULTS]; /* as last reported */
	bool deaf;		    /* nobody can be told; said once */
	__u64 until;		    /* boot clock, when to look after other things */
	bool ending;		    /* it prints what is still there */
};

static const char *const hook_names[] = {
	"none",
#define GUARD_HOOK(name) #name,
#include "../lsm/hooks.h"
#undef GUARD_HOOK
};

static const char *const verdict_names[] = {
	[GUARD_WOULD_DENY] = "WOULD-DENY", [GUARD_DENIED] = "DENIED", [GUARD_KILLED] = "KILLED",
	[GUARD_REDIRECTED] = "REDIRECTED", [GUARD_DECOY] = "DECOY",
};

/* ---- output ------------------------------------------------------------------- */

static bool is_told_to_end(const struct printer *p)
{
	return p->from.stop && *p->from.stop;
}

static void set_nonblocking(bool on)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	fcntl(STDOUT_FILENO, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

/*
 * A reader that has stalled is waited for until we are told to end, not by a write that blocks: a
 * signal just before that, or between two of them, would not be noticed. From then on what cannot
 * be written at once is lost; events_close() makes stdout wait again for others who have it open.
 */
static void wait_for_reader(const struct printer *p)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	while (!is_told_to_end(p)) {
		int n = poll(&out, 1, STALL_MS);

		if (n > 0 || (n < 0 && errno != EINTR))
			return;
	}
	set_nonblocking(true);
}

/* Sends it, and notices when nobody can read it. */
static void send_event(struct printer *p, struct fields *f)
{
	int err;

	if (p->output != OUTPUT_JOURNAL && !p->ending)
		wait_for_reader(p);
	err = fields_send(f, p->output, p->journal);
	fields_end(f);
	if (err && !p->deaf)
		fprintf(stderr,
			"lsm-guard: events cannot be written (%s); enforcement goes on without them\n",
			strerror(-err));
	p->deaf = err;
}

/* Which line of the policy it is about. */
static void add_policy(const struct printer *p, struct fields *f,
		       const struct guard_about_rule *rule, __u32 line)
{
	fprintf(f->sentence, " by %s:%u", about_string(p->about, rule->file), line);
	fields_string(f, "rule", about_string(p->about, rule->title));
	fields_string(f, "policy", about_string(p->about, rule->file));
	fields_number(f, "line", line);
}

/* Tracing is the business of two: a trusted program's file is held by the file guard. */
static const struct guard *guard_for(const struct guard_about_rule *rule, __u32 access)
{
	return rule->kind == GUARD_RULE_SECTION && access == GUARD_TRACE ? guard_of(0)
									 : guard_of(access);
}

/* Who asked; nobody acts when something arrives. */
static void say_who(const struct printer *p, struct fields *f, const struct guard_event *e,
		    const char *program)
{
	char name[IF_NAMESIZE];

	if (e->pid) {
		text_string(f->sentence, program);
		fprintf(f->sentence, "[%u]", e->pid);
		return;
	}
	netdev_name(e->ifindex, name);
	text_string(f->sentence,
		    *name ? name : about_string(p->about, p->about->rules[e->rule].title));
}

static void print_event(struct printer *p, const struct guard_event *e)
{
	const struct guard_about_rule *rule = &p->about->rules[e->rule];
	const struct guard *guard = guard_for(rule, e->access);
	char object[PATH_MAX], exe[PATH_MAX] = "", comm[sizeof(e->comm) + 1] = "";
	struct fields f;

	memcpy(comm, e->comm, sizeof(e->comm));
	guard->object(e, object, sizeof(object));
	if (e->exe.bytes)
		mounts_path(&e->exe, exe, sizeof(exe));
	fields_begin(&f, e->boot_ns,
		     e->verdict <= GUARD_DECOY ? verdict_names[e->verdict] : "DENIED");
	say_who(p, &f, e, *exe ? exe : comm);
	fprintf(f.sentence, " %s ", guard_access(e->access));
	text_string(f.sentence, object);
	fields_string(&f, "guard", guard->name);
	fields_string(&f, "access", guard_access(e->access));
	fields_string(&f, "hook", e->hook < GUARD_HOOKS ? hook_names[e->hook] : "?");
	fields_number(&f, "pid", e->pid);
	fields_number(&f, "ppid", e->ppid);
	fields_number(&f, "uid", e->uid);
	fields_string(&f, "comm", comm);
	fields_string(&f, "exe", exe);
	fields_string(&f, "object", object);
	if (guard->fields)
		guard->fields(e, &f);
	add_policy(p, &f, rule, about_line(rule, e->access));
	if (e->verdict == GUARD_REDIRECTED && p->from.in && p->from.in->denied >= 0)
		denied_add(p->from.in->denied, fields_text(&f));
	send_event(p, &f);
}

/* ---- what the kernel did not send --------------------------------------------- */

static void note_seen(struct printer *p, __u32 rule)
{
	struct guard_tally tally;

	for (size_t i = 0; i < p->n_seen; i++)
		if (p->seen[i].rule == rule)
			return;
	if (bpf_map_lookup_elem(p->from.tallies, &rule, &tally))
		return;
	p->seen = grow(p->seen, p->n_seen, &p->room_seen, sizeof(*p->seen));
	p->seen[p->n_seen++] = (struct seen){ .rule = rule };
}

static void print_suppressed(struct printer *p, struct seen *seen)
{
	const struct guard_about_rule *rule = &p->about->rules[seen->rule];
	struct guard_tally tally;
	struct fields f;
	__u32 count;

	if (bpf_map_lookup_elem(p->from.tallies, &seen->rule, &tally))
		return;
	if (p->from.in)
		tally.suppressed += interfaces_unreported(p->from.in, seen->rule);
	count = tally.suppressed - seen->suppressed;
	seen->suppressed = tally.suppressed;
	if ((__s32)count <= 0) /* an interface has gone, and its counts with it */
		return;
	fields_begin(&f, boot_now(), "SUPPRESSED");
	fprintf(f.sentence, "%u more", count);
	fields_number(&f, "count", count);
	add_policy(p, &f, rule, rule->line);
	send_event(p, &f);
}

/*
 * What went wrong in the kernel, by enum guard_fault, and how it is called: LOST are events
 * that the ring had no room for; CORRECTED are tasks that were gone but still counted.
 */
static const struct {
	const char *verdict, *what;
	bool refused; /* and so refused, where anything is */
} faults[GUARD_FAULTS] = {
	[GUARD_FAULT_EVENT_LOST] = { "LOST", "events" },
	[GUARD_FAULT_SUBJECT] = { "FAULT", "trusted programs not noted, and so not trusted" },
	[GUARD_FAULT_ADOPT] = { "FAULT", "files at protected names not noted", true },
	[GUARD_FAULT_BINDING] = { "FAULT", "forks and execs not noted for lack of memory", true },
	[GUARD_FAULT_RULE] = { "FAULT", "rules not found", true },
	[GUARD_FAULT_SECTION] = { "FAULT", "sockets or sections not noted", true },
	[GUARD_FAULT_DEPTH] = { "FAULT", "paths too deep to be walked", true },
	[GUARD_FAULT_LEDGER] = { "CORRECTED", "tasks that were gone but still counted" },
};

static void print_fault(struct printer *p, enum guard_fault fault)
{
	__u64 now = p->from.state->faults[fault];
	unsigned long long more = now - p->faults[fault];
	struct fields f;
	char what[96];

	if (!more)
		return;
	p->faults[fault] = now;
	fields_begin(&f, boot_now(), faults[fault].verdict);
	snprintf(what, sizeof(what), "%s%s", faults[fault].what,
		 !faults[fault].refused	   ? ""
		 : p->from.about->fallback ? ", and so let through, but for packets"
					   : ", and so refused");
	fprintf(f.sentence, "%llu %s", more, what);
	fields_number(&f, "count", more);
	fields_string(&f, "what", what);
	send_event(p, &f);
}

static void print_held_back(struct printer *p)
{
	for (size_t i = 0; i < p->n_seen; i++)
		print_suppressed(p, &p->seen[i]);
	for (int fault = 0; fault < GUARD_FAULTS; fault++)
		print_fault(p, fault);
}

/* ---- the loop ----------------------------------------------------------------- */

static int on_event(void *context, void *data, size_t size)
{
	struct printer *p = context;
	const struct guard_event *e = data;

	if (size < sizeof(*e) || e->rule >= p->about->n_rules || e->rule == p->about->canary)
		return 0;
	note_seen(p, e->rule);
	print_event(p, e);
	return !p->ending && (is_told_to_end(p) || boot_now() >= p->until) ? -EINTR : 0;
}

static void print_interface(struct printer *p, const struct interface *is)
{
	const struct guard_about_rule *rule = &p->about->rules[is->section->kernel.rule];
	const char *how = is->error    ? "sockets only: no XDP program can be attached"
			  : is->lost   ? "again: somebody has detached it"
			  : is->native ? "native"
				       : "generic";
	struct fields f;

	fields_begin(&f, boot_now(), is->error ? "FAULT" : "ATTACHED");
	fprintf(f.sentence, "%s %s", is->name, how);
	fields_string(&f, "interface", is->name);
	fields_string(&f, "how", how);
	add_policy(p, &f, rule, rule->line);
	send_event(p, &f);
}

/* Interfaces that were attached to, or that could not be: what holds there is said once. */
static void print_interfaces(struct printer *p)
{
	struct interfaces *all = p->from.in->interfaces;
	struct interface is;
	bool any = true;

	while (any) {
		any = false;
		/* Not held while it is printed: a reader who stalls must not hold the watcher. */
		pthread_mutex_lock(&all->lock);
		for (size_t i = 0; i < all->n && !any; i++) {
			any = !all->at[i].told;
			if (!any)
				continue;
			all->at[i].told = true;
			is = all->at[i];
			all->at[i].lost = false;
		}
		pthread_mutex_unlock(&all->lock);
		if (any)
			print_interface(p, &is);
	}
}

/* ---- for who looks after a guard -------------------------------------------------- */

void events_say(struct printer *p, __u64 boot_ns, const char *verdict, const char *what)
{
	struct fields f;

	fields_begin(&f, boot_ns, verdict);
	fputs(what, f.sentence);
	fields_string(&f, "what", what);
	send_event(p, &f);
}

struct printer *events_open(const struct event_source *from, enum output output)
{
	struct printer *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	*p = (struct printer){ .from = *from, .about = from->about, .output = output };
	p->journal = output == OUTPUT_JOURNAL ? journal_open() : -1;
	if (output == OUTPUT_JOURNAL && p->journal < 0) {
		fprintf(stderr, "lsm-guard: cannot reach the journal: %s\n", strerror(-p->journal));
		free(p);
		return NULL;
	}
	p->ring = ring_buffer__new(from->events, on_event, p, NULL);
	if (p->ring)
		return p;
	fprintf(stderr, "lsm-guard: cannot read events: %s\n", strerror(errno));
	free(p);
	return NULL;
}

int events_wait(struct printer *p, int ms)
{
	int err;

	/* First what is held, then what was refused. */
	if (p->from.in && p->from.in->interfaces)
		print_interfaces(p);
	/* A flood may come in as fast as it is printed: there is more to do than that. */
	p->until = boot_now() + ms * 1000000ULL;
	err = ring_buffer__poll(p->ring, ms);
	return err < 0 && err != -EINTR ? err : 0;
}

void events_sum_up(struct printer *p)
{
	print_held_back(p);
}

void events_close(struct printer *p)
{
	/* The last ones; a reader that has stalled must not hold us. */
	p->ending = true;
	set_nonblocking(true);
	ring_buffer__consume(p->ring);
	print_held_back(p);
	set_nonblocking(false);
	ring_buffer__free(p->ring);
	if (p->journal >= 0)
		close(p->journal);
	free(p->seen);
	free(p);
}
