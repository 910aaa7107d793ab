// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: from the ring buffer to one line of text or JSON each on stdout. Beside the
 * events of the kernel there are some of our own: SUPPRESSED (the kernel shows ten a second of
 * a rule, and counts the others), and those of faults[].
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "event.h"
#include "mounts.h"

/* A rule that had events in this second, to be asked for those that were not shown. */
struct seen {
	__u32 rule;
	__u32 suppressed; /* as last reported */
};

struct printer {
	const struct plan *plan;
	struct instance *in;
	enum output output;
	char policy[PATH_MAX];
	struct seen *seen;
	size_t n_seen, room_seen;
	__u64 faults[GUARD_FAULTS]; /* as last reported */
	bool deaf;		    /* stdout cannot be written to; said once */
};

static const char *const hook_names[] = {
	"none",
#define GUARD_HOOK(name) #name,
#include "../lsm/hooks.h"
#undef GUARD_HOOK
};

/* The line of the verb or key. */
static struct place place_of(const struct printer *p, const struct plan_rule *rule, __u32 access)
{
	const struct program_section *section =
		rule->section ? p->plan->bound[rule->section].policy : NULL;

	for (int verb = 0; verb < GUARD_VERBS; verb++)
		if (access == 1u << verb)
			return rule->verb_at[verb];
	for (int key = 0; section && key < PROGRAM_KEYS; key++)
		if (access == GUARD_CONNECT << key && section->given & 1u << key)
			return section->key_at[key];
	return rule->at;
}

/* ---- output ------------------------------------------------------------------- */

/* How many bytes follow the first of a well-formed UTF-8 sequence; 0: it is none. */
static int utf8_more(const unsigned char *c)
{
	int more = *c >= 0xf5 ? 0 : *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc2 ? 1 : 0;

	for (int i = 1; i <= more; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond the last code point. */
	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	return more;
}

/* To be read back as UTF-8: bytes that are none become U+FFFD, control characters \u00XX. */
static void put_json(const char *key, const char *s, const char *behind)
{
	printf("\"%s\":\"", key);
	for (const unsigned char *c = (const unsigned char *)s; *c; c++) {
		int more = utf8_more(c);

		if (*c == '"' || *c == '\\') {
			printf("\\%c", *c);
		} else if (*c < 0x20 || *c == 0x7f) {
			printf("\\u%04x", *c);
		} else if (*c < 0x80) {
			putchar(*c);
		} else {
			if (!more) {
				printf("\\ufffd");
				continue;
			}
			printf("%.*s", more + 1, (const char *)c);
			c += more;
		}
	}
	printf("\"%s", behind);
}

/* A name that someone else chose, without what would move a terminal's cursor. */
static void put_text(const char *s)
{
	for (const unsigned char *c = (const unsigned char *)s; *c; c++) {
		if (*c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			printf("\\x%02x", *c);
		else
			putchar(*c);
	}
}

static const char *time_text(__u64 boot_ns, char *out, size_t size)
{
	struct timespec now, boot;
	struct tm tm;
	long long ns;
	time_t seconds;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	ns = (now.tv_sec - boot.tv_sec) * 1000000000LL + now.tv_nsec - boot.tv_nsec + boot_ns;
	seconds = ns / 1000000000;
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
	snprintf(out + n, size - n, ".%03lldZ", ns / 1000000 % 1000);
	return out;
}

static __u64 boot_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Ends a line, and notices when nobody can read it. */
static void end_line(struct printer *p)
{
	putchar('\n');
	if (!fflush(stdout)) {
		p->deaf = false;
		return;
	}
	if (!p->deaf)
		fprintf(stderr,
			"lsm-guard: events cannot be written (%s); enforcement goes on without them\n",
			strerror(errno));
	p->deaf = true;
	clearerr(stdout);
}

static void put_policy_json(const struct plan_rule *rule, struct place at)
{
	char real[PATH_MAX];

	put_json("rule", rule->title, ",");
	put_json("policy", realpath(at.file, real) ? real : at.file, ",");
	printf("\"line\":%u}", at.line);
}

/* Tracing is the business of two: a trusted program's file is held by the file guard. */
static const struct guard *guard_for(const struct plan_rule *rule, __u32 access)
{
	return rule->section && access == GUARD_TRACE ? guard_of(0) : guard_of(access);
}

static void print_event(struct printer *p, const struct guard_event *e)
{
	const struct plan_rule *rule = &p->plan->rules[e->rule];
	struct place at = place_of(p, rule, e->access);
	const char *verdict = e->denied ? "DENIED" : "WOULD-DENY";
	char object[PATH_MAX], exe[PATH_MAX] = "", time[40], comm[sizeof(e->comm) + 1] = "";
	const struct guard *guard = guard_for(rule, e->access);

	memcpy(comm, e->comm, sizeof(e->comm));
	guard->object(e, object, sizeof(object));
	if (e->exe.bytes)
		mounts_path(&e->exe, exe, sizeof(exe));
	time_text(e->boot_ns, time, sizeof(time));
	if (p->output == OUTPUT_TEXT) {
		printf("%s %s ", time, verdict);
		if (e->pid) {
			put_text(*exe ? exe : comm);
			printf("[%u] ", e->pid);
		} else {
			put_text(rule->title); /* nobody acts when something arrives */
			putchar(' ');
		}
		printf("%s ", guard_access(e->access));
		put_text(object);
		printf(" by %s:%u", at.file, at.line);
		end_line(p);
		return;
	}
	putchar('{');
	put_json("time", time, ",");
	put_json("verdict", verdict, ",");
	put_json("guard", guard->name, ",");
	put_json("access", guard_access(e->access), ",");
	put_json("hook", e->hook < GUARD_HOOKS ? hook_names[e->hook] : "?", ",");
	printf("\"pid\":%u,\"ppid\":%u,\"uid\":%u,", e->pid, e->ppid, e->uid);
	put_json("comm", comm, ",");
	put_json("exe", exe, ",");
	put_json("object", object, ",");
	if (guard->fields)
		guard->fields(e);
	put_policy_json(rule, at);
	end_line(p);
}

/* ---- what the kernel did not send --------------------------------------------- */

static void note_seen(struct printer *p, __u32 rule)
{
	struct guard_tally tally;

	for (size_t i = 0; i < p->n_seen; i++)
		if (p->seen[i].rule == rule)
			return;
	if (bpf_map_lookup_elem(bpf_map__fd(p->in->skel->maps.tallies), &rule, &tally))
		return;
	p->seen = grow(p->seen, p->n_seen, &p->room_seen, sizeof(*p->seen));
	p->seen[p->n_seen++] = (struct seen){ .rule = rule };
}

static void print_suppressed(struct printer *p, struct seen *seen)
{
	const struct plan_rule *rule = &p->plan->rules[seen->rule];
	struct guard_tally tally;
	char time[40];
	__u32 count;

	if (bpf_map_lookup_elem(bpf_map__fd(p->in->skel->maps.tallies), &seen->rule, &tally))
		return;
	count = tally.suppressed - seen->suppressed;
	seen->suppressed = tally.suppressed;
	if (!count)
		return;
	time_text(boot_now(), time, sizeof(time));
	if (p->output == OUTPUT_TEXT) {
		printf("%s SUPPRESSED %u more by %s:%u", time, count, rule->at.file, rule->at.line);
	} else {
		printf("{");
		put_json("time", time, ",");
		printf("\"verdict\":\"SUPPRESSED\",\"count\":%u,", count);
		put_policy_json(rule, rule->at);
	}
	end_line(p);
}

/*
 * What went wrong in the kernel, by enum guard_fault, and how it is called: LOST are events
 * that the ring had no room for; CORRECTED are tasks that were gone but still counted.
 */
static const struct {
	const char *verdict, *what;
} faults[GUARD_FAULTS] = {
	[GUARD_FAULT_EVENT_LOST] = { "LOST", "events" },
	[GUARD_FAULT_SUBJECT] = { "FAULT", "trusted programs not noted, and so not trusted" },
	[GUARD_FAULT_ADOPT] = { "FAULT", "files at protected names not noted, and so refused" },
	[GUARD_FAULT_BINDING] = { "FAULT", "forks and execs refused for lack of memory" },
	[GUARD_FAULT_RULE] = { "FAULT", "rules not found, and so refused" },
	[GUARD_FAULT_SECTION] = { "FAULT", "sockets or sections not noted, and so refused" },
	[GUARD_FAULT_DEPTH] = { "FAULT", "paths too deep to be walked, and so refused" },
	[GUARD_FAULT_LEDGER] = { "CORRECTED", "tasks that were gone but still counted" },
};

static void print_fault(struct printer *p, enum guard_fault fault)
{
	__u64 now = p->in->skel->bss->state.faults[fault];
	unsigned long long more = now - p->faults[fault];
	char time[40];

	if (!more)
		return;
	p->faults[fault] = now;
	time_text(boot_now(), time, sizeof(time));
	if (p->output == OUTPUT_TEXT)
		printf("%s %s %llu %s", time, faults[fault].verdict, more, faults[fault].what);
	else
		printf("{\"time\":\"%s\",\"verdict\":\"%s\",\"count\":%llu,\"what\":\"%s\"}", time,
		       faults[fault].verdict, more, faults[fault].what);
	end_line(p);
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

	if (size < sizeof(*e) || e->rule >= p->plan->n_rules || e->rule == p->plan->canary)
		return 0;
	note_seen(p, e->rule);
	print_event(p, e);
	return 0;
}

/* Tasks that two rounds did not meet are gone. */
#define RECONCILE_SECONDS 10

int events_print(struct instance *in, const struct plan *plan, enum output output,
		 const volatile sig_atomic_t *stop)
{
	struct printer p = { .plan = plan, .in = in, .output = output };
	struct ring_buffer *ring;
	time_t told = 0, reconciled = time(NULL), now;
	int err = 0;

	ring = ring_buffer__new(bpf_map__fd(in->skel->maps.events), on_event, &p, NULL);
	if (!ring) {
		err = -errno;
		fprintf(stderr, "lsm-guard: cannot read events: %s\n", strerror(-err));
		return err;
	}
	while (!*stop && err >= 0) {
		err = ring_buffer__poll(ring, 500);
		if (err == -EINTR)
			err = 0;
		now = time(NULL);
		if (now - reconciled >= RECONCILE_SECONDS || now < reconciled) {
			instance_reconcile(in);
			reconciled = now;
		}
		if (now != told)
			print_held_back(&p);
		told = now;
	}
	/* The last ones; a reader that has stalled must not hold us. */
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	ring_buffer__consume(ring);
	print_held_back(&p);
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) & ~O_NONBLOCK);
	ring_buffer__free(ring);
	free(p.seen);
	return err < 0 ? err : 0;
}
