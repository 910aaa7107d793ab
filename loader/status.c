// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm-guard status: what is loaded, and what came of it so far; for people, for programs (JSON)
 * and for node_exporter's textfile collector. It asks the kernel, not a process of ours. Here it
 * is read; status_text.c, status_json.c and status_prometheus.c print it.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "guard.h"
#include "pins.h"
#include "status.h"
#include "text.h"

const char *const condition_names[] = {
	[ENFORCING] = "enforcing",   [AUDITING] = "auditing",		[FALLBACK] = "fallback",
	[STARTING] = "starting",     [SUSPENDED] = "suspended",		[LAPSED] = "lapsed",
	[ENDING] = "ending",	     [NOT_ENFORCING] = "not enforcing", [INCOMPLETE] = "incomplete",
	[UNREADABLE] = "unreadable",
};

const char *const fault_names[GUARD_FAULTS] = {
	[GUARD_FAULT_EVENT_LOST] = "events lost",
	[GUARD_FAULT_SUBJECT] = "trusted programs not noted",
	[GUARD_FAULT_BINDING] = "forks and execs not noted for lack of memory",
	[GUARD_FAULT_SECTION] = "sockets or sections not noted",
	[GUARD_FAULT_LEDGER] = "tasks gone but still counted, corrected",
	[GUARD_FAULT_ADOPT] = "files at protected names not noted",
	[GUARD_FAULT_RULE] = "rules not found",
	[GUARD_FAULT_DEPTH] = "paths too deep",
};

/* ---- maps ---------------------------------------------------------------------- */

/* The memory of a map, as its fdinfo has it. */
static unsigned long long bytes_of(__u32 id)
{
	char name[64], line[128];
	unsigned long long bytes = 0;
	int fd = bpf_map_get_fd_by_id(id);
	FILE *f;

	if (fd < 0)
		return 0;
	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	f = fopen(name, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (f)
		fclose(f);
	close(fd);
	return bytes;
}

#define BATCH 4096 /* entries: more than a bucket ever has */

/* How many entries a hash has; the kernel tells no number. False: it does not let us look. */
static bool count_entries(int fd, const struct bpf_map_info *info, __u64 *entries)
{
	char *keys = malloc((size_t)BATCH * info->key_size);
	char *values = malloc((size_t)BATCH * info->value_size);
	__u64 place = 0, *last = NULL;
	int err = 0;

	if (!keys || !values)
		abort();
	*entries = 0;
	while (!err) {
		__u32 n = BATCH;

		err = bpf_map_lookup_batch(fd, last, &place, keys, values, &n, NULL);
		if (!err || err == -ENOENT)
			*entries += n;
		last = &place;
	}
	free(keys);
	free(values);
	return err == -ENOENT;
}

/* Those that the policy uses have more room than the place-holder's. */
static void read_tables(struct status *s)
{
	static const char *const names[] = { "objects",	   "names",	"subjects", "ledgers",
					     "interfaces", "fragments", "sent" };

	_Static_assert(sizeof(names) / sizeof(*names) <= TABLES_MAX, "there is room for all");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct table_counts *table = &s->tables[s->n_tables];
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);
		int fd = running_map(s->running, names[i]);

		if (fd < 0)
			continue;
		*table = (struct table_counts){ .name = names[i] };
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.max_entries > 1 &&
		    count_entries(fd, &info, &table->entries)) {
			table->room = info.max_entries;
			s->n_tables++;
		}
		close(fd);
	}
}

/* ---- rules and packets ----------------------------------------------------------- */

/* The sum of what all processors have counted; @counts has a place for each of them. */
static __u64 sum_of(int map, __u32 index, __u64 *counts)
{
	int cpus = libbpf_num_possible_cpus();
	__u64 sum = 0;

	if (bpf_map_lookup_elem(map, &index, counts))
		return 0;
	for (int cpu = 0; cpu < cpus; cpu++)
		sum += counts[cpu];
	return sum;
}

static __u64 *make_counts(void)
{
	int cpus = libbpf_num_possible_cpus();
	__u64 *counts = calloc(cpus > 0 ? cpus : 1, sizeof(*counts));

	if (!counts)
		abort();
	return counts;
}

static int read_rules(struct status *s)
{
	int fd = running_map(s->running, "tallies"), allowed = running_map(s->running, "allowed");
	__u64 *counts = make_counts();

	s->rules = calloc(s->about->n_rules, sizeof(*s->rules));
	if (!s->rules)
		abort();
	for (__u32 i = 0; fd >= 0 && i < s->about->n_rules; i++) {
		bool kills = s->about->rules[i].worth == GUARD_WORTH_KILLED;
		struct guard_tally tally;

		if (bpf_map_lookup_elem(fd, &i, &tally))
			break;
		s->rules[i] =
			(struct rule_counts){ .allowed =
						      allowed < 0 ? 0 : sum_of(allowed, i, counts),
					      .denied = kills ? 0 : tally.denied,
					      .killed = kills ? tally.denied : 0,
					      .led = tally.led,
					      .would_deny = tally.would_deny,
					      .unreported = tally.suppressed };
	}
	free(counts);
	if (allowed >= 0)
		close(allowed);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static bool is_attached(const struct running *r, __u32 ifindex)
{
	for (size_t i = 0; i < r->n_links; i++)
		if (!r->links[i].hook && r->links[i].ifindex == ifindex)
			return true;
	return false;
}

static void read_counts(int packets, struct interface_counts *is)
{
	__u64 *counts = make_counts();

	for (__u32 i = 0; packets >= 0 && i < GUARD_PACKET_OUTCOMES; i++)
		is->of[i] = sum_of(packets, is->kernel.number * GUARD_PACKET_OUTCOMES + i, counts);
	free(counts);
}

/* Drops are counted by interfaces, for all processors would else share a rule's count. */
static void add_drops(struct status *s, const struct interface_counts *is)
{
	struct rule_counts *rule = &s->rules[is->kernel.rule];
	__u64 dropped = 0;

	for (int i = GUARD_PACKET_DROPPED; i < GUARD_PACKET_UNREPORTED; i++)
		dropped += is->of[i];
	for (int i = 0; i < GUARD_PACKET_DROPPED; i++)
		rule->allowed += is->of[i];
	*(s->about->rules[is->kernel.rule].audit ? &rule->would_deny : &rule->denied) += dropped;
	rule->unreported += is->of[GUARD_PACKET_UNREPORTED];
}

static void read_interfaces(struct status *s)
{
	int map = running_map(s->running, "interfaces"), packets;
	__u32 key, *last = NULL;

	packets = running_map(s->running, "packets");
	for (__u32 i = 0; i < s->about->n_rules; i++)
		if (s->about->rules[i].kind == GUARD_RULE_INTERFACE)
			s->rules[i] = (struct rule_counts){};
	while (map >= 0 && !bpf_map_get_next_key(map, last, &key)) {
		struct interface_counts is = {};

		last = &key;
		if (bpf_map_lookup_elem(map, &key, &is.kernel) ||
		    is.kernel.rule >= s->about->n_rules)
			continue;
		if (!if_indextoname(key, is.name))
			snprintf(is.name, sizeof(is.name), "%u", key);
		is.attached = is_attached(s->running, key);
		s->n_bare += !is.attached;
		read_counts(packets, &is);
		add_drops(s, &is);
		s->interfaces = grow(s->interfaces, s->n_interfaces, &s->room_interfaces,
				     sizeof(*s->interfaces));
		s->interfaces[s->n_interfaces++] = is;
	}
	if (s->running->state->any.rule && s->running->state->any.rule < s->about->n_rules) {
		struct interface_counts is = { .kernel = s->running->state->any };

		read_counts(packets, &is);
		add_drops(s, &is);
	}
	if (map >= 0)
		close(map);
	if (packets >= 0)
		close(packets);
}

/* ---- what holds ------------------------------------------------------------------ */

/* The kernel has names only as far as they fit. */
static bool has_link(const struct running *r, const char *program)
{
	for (size_t i = 0; i < r->n_links; i++)
		if (r->links[i].hook &&
		    !strncmp(r->links[i].program, program, sizeof(r->links[i].program) - 1))
			return true;
	return false;
}

static void read_hooks(struct status *s)
{
	const struct guard_about_hook *hooks = about_hooks(s->about);

	s->attached = calloc(s->about->n_needed + 1, sizeof(*s->attached));
	if (!s->attached)
		abort();
	for (size_t i = 0; i < s->about->n_needed; i++) {
		s->attached[i] = has_link(s->running, about_string(s->about, hooks[i].program));
		s->n_attached += s->attached[i];
	}
	/* While it starts they are not missing, but still to come. */
	s->n_missing = s->about->n_hooks ? s->about->n_needed - s->n_attached : 0;
}

static bool enforces(const struct guard_about *about)
{
	for (__u32 i = about->first; i < about->n_rules; i++)
		if (!about->rules[i].audit)
			return true;
	return false;
}

static __u64 seconds_until(__u64 when, __u64 now)
{
	return when > now ? (when - now) / 1000000000 + 1 : 0;
}

static enum condition condition_of(struct status *s)
{
	const struct guard_state *state = s->running->state;
	__u64 now = boot_now();

	s->confirm_seconds = seconds_until(state->deadline, now);
	if (state->suspended == GUARD_ENDING)
		return ENDING;
	s->suspended_seconds = seconds_until(state->suspended, now);
	if (state->deadline && !s->confirm_seconds)
		return LAPSED;
	if (s->suspended_seconds)
		return SUSPENDED;
	if (state->alarm)
		return NOT_ENFORCING;
	if (!s->about->n_hooks)
		return STARTING;
	if (s->n_missing || s->n_bare)
		return INCOMPLETE;
	if (s->about->fallback)
		return FALLBACK;
	return enforces(s->about) ? ENFORCING : AUDITING;
}

/* A process that has gone reads nothing any more, whatever the guard's state says of it. */
static __u32 live_watcher(__u32 pid)
{
	return pid && (!kill(pid, 0) || errno == EPERM) ? pid : 0;
}

static int status_read(struct status *s, const struct running *running)
{
	*s = (struct status){ .running = running, .condition = UNREADABLE };
	if (running->state->suspended == GUARD_ENDING)
		s->condition = ENDING;
	s->pinned = pins_exist(running->id);
	s->watcher = live_watcher(running->state->watcher);
	if (running->state->version != GUARD_STATE_VERSION)
		return -EPROTO;
	s->about = about_read(running->state->about);
	if (!s->about)
		return -errno;
	if (read_rules(s)) {
		free(s->about);
		s->about = NULL;
		return -ENOENT;
	}
	for (size_t i = 0; i < running->n_maps; i++)
		s->map_bytes += bytes_of(running->maps[i]);
	read_hooks(s);
	read_tables(s);
	read_interfaces(s);
	s->condition = condition_of(s);
	return 0;
}

static void status_free(struct status *s)
{
	free(s->about);
	free(s->rules);
	free(s->interfaces);
	free(s->attached);
}

/* ---- what the forms share ---------------------------------------------------------- */

const char *status_kind(const struct guard_about_rule *rule)
{
	switch (rule->kind) {
	case GUARD_RULE_SECTION:
		return "program";
	case GUARD_RULE_INTERFACE:
		return "interface";
	}
	return "file";
}

const char *status_since(const struct status *s, char out[32])
{
	time_t seconds = s->about->since / 1000000000;
	struct tm tm;

	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	return out;
}

/* ---- the command ----------------------------------------------------------------- */

typedef void (*status_form)(const struct status *all, size_t n);

static const struct {
	const char *name;
	status_form print;
} forms[] = {
	{ "text", status_text },
	{ "json", status_json },
	{ "prometheus", status_prometheus },
};

static const struct argp_option options[] = {
	{ "output", 'o', "text|json|prometheus", 0, "form (default: text)", 0 }, {}
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	status_form *form = state->input;

	if (key == ARGP_KEY_ARG)
		argp_error(state, "status takes no argument");
	if (key != 'o')
		return ARGP_ERR_UNKNOWN;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (strcmp(arg, forms[i].name))
			continue;
		*form = forms[i].print;
		return 0;
	}
	argp_error(state, "--output %s: it is text, json or prometheus", arg);
	return 0;
}

static bool is_fault(enum condition condition)
{
	return condition != STARTING && condition != SUSPENDED && condition != ENDING;
}

/* One guard must hold; one that waits in its place, is about to take it, or has left it, is none. */
static bool all_well(const struct status *all, size_t n)
{
	size_t hold = 0;

	for (size_t i = 0; i < n; i++) {
		if (status_holds(&all[i]))
			hold++;
		else if (is_fault(all[i].condition))
			return false;
	}
	return hold;
}

static bool print_all(const struct runnings *guards, status_form print)
{
	struct status all[RUNNING_MAX];
	bool well;

	for (size_t i = 0; i < guards->n; i++) {
		int err = status_read(&all[i], &guards->at[i]);

		if (err && all[i].condition == ENDING)
			fprintf(stderr,
				"lsm-guard: guard %u was told to end and refuses nothing; what it was "
				"is gone already\n",
				guards->at[i].id);
		else if (err)
			fprintf(stderr,
				"lsm-guard: guard %u is running, but this lsm-guard cannot read it: "
				"%s\n",
				guards->at[i].id,
				err == -EPROTO ? "it is of another version; use the lsm-guard that "
						 "loaded it"
					       : strerror(-err));
	}
	print(all, guards->n);
	if (!guards->n)
		fputs("lsm-guard: no guard is running\n", stderr);
	well = all_well(all, guards->n);
	for (size_t i = 0; i < guards->n; i++)
		status_free(&all[i]);
	return well;
}

int status_main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse_option,
		NULL,
		"What is loaded, since when, and what each rule has allowed and denied so far. Needs "
		"root.\v"
		"Exit status: 0 a guard is enforcing or auditing with all its hooks, 1 none is, or not "
		"with all.",
	};
	status_form form = status_text;
	struct runnings guards;
	bool well;
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &form);
	err = running_find(&guards);
	if (err) {
		fprintf(stderr, "lsm-guard: cannot look for a running guard: %s; run it as root\n",
			strerror(-err));
		return 1;
	}
	well = print_all(&guards, form);
	running_free(&guards);
	return !well;
}
