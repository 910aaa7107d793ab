// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm-guard status for node_exporter's textfile collector. It refuses a file that describes a
 * metric twice, has the same labels twice or a byte that is no UTF-8: so each metric goes
 * through all guards, and every label is made safe.
 */
#include <stdio.h>

#include "guard.h"
#include "status.h"
#include "text.h"

/* A label's value: backslash, quote and newline are escaped; bytes that are no UTF-8 as \xNN. */
static void label(const char *name, const char *value, const char *behind)
{
	printf("%s=\"", name);
	for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
		int more = utf8_more(c);

		if (*c == '\n') {
			fputs("\\n", stdout);
			continue;
		}
		if (*c >= 0x80 && !more) {
			printf("\\\\x%02x", *c);
			continue;
		}
		if (*c == '\\' || *c == '"')
			putchar('\\');
		printf("%.*s", more + 1, (const char *)c);
		c += more;
	}
	printf("\"%s", behind);
}

static void metric(const char *name, const char *type, const char *help)
{
	printf("# HELP lsm_guard_%s %s\n# TYPE lsm_guard_%s %s\n", name, help, name, type);
}

/* A sample's name and the label that all have, which tells guards apart. */
static void sample(const char *name, const struct status *s, const char *behind)
{
	printf("lsm_guard_%s{guard=\"%u\"%s", name, s->running->id, behind);
}

/* ---- one for each guard ---------------------------------------------------------------- */

static void put_up(const struct status *all, size_t n)
{
	metric("up", "gauge",
	       "1 when the guard is enforcing, auditing or a fallback (by its state), with all its hooks");
	if (!n)
		puts("lsm_guard_up 0");
	for (const struct status *s = all; s < all + n; s++) {
		sample("up", s, ",");
		label("policy", s->about ? about_string(s->about, s->about->policy) : "", ",");
		label("sha256", s->about ? about_string(s->about, s->about->hash) : "", ",");
		label("state", condition_names[s->condition], "} ");
		printf("%d\n", status_holds(s));
	}
}

static __u64 start_of(const struct status *s)
{
	return s->about->since / 1000000000;
}

static __u64 hooks_of(const struct status *s)
{
	return s->n_attached;
}

static __u64 missing_of(const struct status *s)
{
	return s->n_missing + s->n_bare;
}

static __u64 bytes_of(const struct status *s)
{
	return s->map_bytes;
}

static __u64 pinned_of(const struct status *s)
{
	return s->pinned;
}

static __u64 watched_of(const struct status *s)
{
	return s->watcher != 0;
}

static __u64 alarm_of(const struct status *s)
{
	return s->running->state->alarm != 0;
}

static void put_each(const struct status *all, size_t n, const char *name,
		     __u64 (*value)(const struct status *s))
{
	for (const struct status *s = all; s < all + n; s++) {
		if (!s->about)
			continue;
		sample(name, s, "} ");
		printf("%llu\n", (unsigned long long)value(s));
	}
}

static void put_gauges(const struct status *all, size_t n)
{
	metric("start_time_seconds", "gauge", "When it was loaded");
	put_each(all, n, "start_time_seconds", start_of);
	metric("alarm", "gauge", "1 when denials were found not to happen");
	put_each(all, n, "alarm", alarm_of);
	metric("pinned", "gauge", "1 when it holds without a process");
	put_each(all, n, "pinned", pinned_of);
	metric("watched", "gauge", "1 when a process reads its events");
	put_each(all, n, "watched", watched_of);
	metric("hooks", "gauge", "Programs that are attached to hooks");
	put_each(all, n, "hooks", hooks_of);
	metric("hooks_missing", "gauge", "Programs that were attached and are not any more");
	put_each(all, n, "hooks_missing", missing_of);
	metric("map_bytes", "gauge", "Memory of maps");
	put_each(all, n, "map_bytes", bytes_of);
}

/* ---- more of each ---------------------------------------------------------------------- */

static void put_hooks(const struct status *all, size_t n)
{
	metric("hook_attached", "gauge", "1 when the program is attached to its hook");
	for (const struct status *s = all; s < all + n; s++) {
		for (size_t i = 0; s->about && i < s->about->n_needed; i++) {
			const struct guard_about_hook *hook = &about_hooks(s->about)[i];

			sample("hook_attached", s, ",");
			label("hook", about_string(s->about, hook->hook), ",");
			label("program", about_string(s->about, hook->program), "} ");
			printf("%d\n", s->attached[i]);
		}
	}
}

static void put_tables(const struct status *all, size_t n, const char *name, size_t offset)
{
	for (const struct status *s = all; s < all + n; s++) {
		for (size_t i = 0; i < s->n_tables; i++) {
			sample(name, s, ",");
			label("table", s->tables[i].name, "} ");
			printf("%llu\n",
			       *(const unsigned long long *)((const char *)&s->tables[i] + offset));
		}
	}
}

static void put_rules(const struct status *all, size_t n, const char *name, size_t offset)
{
	for (const struct status *s = all; s < all + n; s++) {
		for (__u32 i = s->about ? s->about->first : 0; s->about && i < s->about->n_rules;
		     i++) {
			const struct guard_about_rule *rule = &s->about->rules[i];

			sample(name, s, ",");
			label("rule", about_string(s->about, rule->title), ",");
			label("section", status_kind(rule), ",");
			label("file", about_string(s->about, rule->file), ",");
			printf("line=\"%u\"} %llu\n", rule->line,
			       *(const unsigned long long *)((const char *)&s->rules[i] + offset));
		}
	}
}

/* As status says it in words: ENFORCED, WEAKER, or AUDITED. */
static void put_worth(const struct status *s)
{
	for (__u32 i = s->about ? s->about->first : 0; s->about && i < s->about->n_rules; i++) {
		const struct guard_about_rule *rule = &s->about->rules[i];
		struct worth worth = status_worth(s, rule);

		sample("rule_worth", s, ",");
		label("rule", about_string(s->about, rule->title), ",");
		label("section", status_kind(rule), ",");
		label("worth", worth_word(&worth), ",");
		label("how", worth_how(&worth), "} ");
		printf("1\n");
	}
}

static void put_packets(const struct status *s)
{
	for (size_t i = 0; i < s->n_interfaces; i++) {
		for (int k = 0; k < GUARD_PACKET_UNREPORTED; k++) {
			sample("packets_total", s, ",");
			label("interface", s->interfaces[i].name, ",");
			label("verdict", k < GUARD_PACKET_DROPPED ? "accepted" : "dropped", ",");
			label("reason", outcome_names[k], "} ");
			printf("%llu\n", (unsigned long long)s->interfaces[i].of[k]);
		}
	}
}

static void put_faults(const struct status *s)
{
	for (int i = 0; s->about && i < GUARD_FAULTS; i++) {
		sample("faults_total", s, ",");
		label("fault", fault_names[i], "} ");
		printf("%llu\n", (unsigned long long)s->running->state->faults[i]);
	}
}

void status_prometheus(const struct status *all, size_t n)
{
	put_up(all, n);
	if (!n)
		return;
	put_gauges(all, n);
	put_hooks(all, n);
	metric("table_entries", "gauge", "Entries of a table that has room for so many");
	put_tables(all, n, "table_entries", offsetof(struct table_counts, entries));
	metric("table_room", "gauge", "Entries that a table has room for");
	put_tables(all, n, "table_room", offsetof(struct table_counts, room));
	metric("rule_worth", "gauge", "1, by what a rule is worth on this kernel, and how");
	for (size_t i = 0; i < n; i++)
		put_worth(&all[i]);
	metric("allowed_total", "counter", "How often a rule was asked and allowed");
	put_rules(all, n, "allowed_total", offsetof(struct rule_counts, allowed));
	metric("denied_total", "counter", "What a rule has denied");
	put_rules(all, n, "denied_total", offsetof(struct rule_counts, denied));
	metric("killed_total", "counter",
	       "How often a rule had somebody killed, who had done it by then");
	put_rules(all, n, "killed_total", offsetof(struct rule_counts, killed));
	metric("led_total", "counter", "Opens that led to another file, by a rule");
	put_rules(all, n, "led_total", offsetof(struct rule_counts, led));
	metric("would_deny_total", "counter",
	       "What a rule would have denied, in audit mode or without BPF LSM");
	put_rules(all, n, "would_deny_total", offsetof(struct rule_counts, would_deny));
	metric("packets_total", "counter", "Packets, by what came of them");
	for (size_t i = 0; i < n; i++)
		put_packets(&all[i]);
	metric("faults_total", "counter", "What went wrong in the kernel");
	for (size_t i = 0; i < n; i++)
		put_faults(&all[i]);
}
