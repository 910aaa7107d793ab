// SPDX-License-Identifier: GPL-2.0-only
/* lsm-guard status as JSON: one object a line for each guard. */
#include <stdio.h>

#include "guard.h"
#include "status.h"
#include "text.h"

static void put_state(const struct status *s)
{
	char since[32];

	json_string("state", condition_names[s->condition], ",");
	printf("\"guard\":%u,", s->running->id);
	json_string("policy", about_string(s->about, s->about->policy), ",");
	json_string("sha256", about_string(s->about, s->about->hash), ",");
	json_string("since", status_since(s, since), ",");
	json_string("loader", about_string(s->about, s->about->loader), ",");
	printf("\"confirm_seconds\":%llu,\"suspended_seconds\":%llu,\"watcher\":%u,"
	       "\"pinned\":%s,\"alarm\":%s,",
	       (unsigned long long)s->confirm_seconds, (unsigned long long)s->suspended_seconds,
	       s->watcher, s->pinned ? "true" : "false",
	       s->running->state->alarm ? "true" : "false");
}

static void put_hooks(const struct status *s)
{
	const struct guard_about_hook *hooks = about_hooks(s->about);
	const char *sep = "";

	printf("\"hooks\":%zu,\"missing\":%zu,\"missing_hooks\":[", s->n_attached,
	       s->n_missing + s->n_bare);
	for (size_t i = 0; s->n_missing && i < s->about->n_needed; i++) {
		if (s->attached[i])
			continue;
		printf("%s{", sep);
		json_string("hook", about_string(s->about, hooks[i].hook), ",");
		json_string("program", about_string(s->about, hooks[i].program), "}");
		sep = ",";
	}
	printf("],");
}

static void put_maps(const struct status *s)
{
	printf("\"maps\":%zu,\"map_bytes\":%llu,\"tables\":[", s->running->n_maps, s->map_bytes);
	for (size_t i = 0; i < s->n_tables; i++) {
		printf("%s{", i ? "," : "");
		json_string("table", s->tables[i].name, ",");
		printf("\"entries\":%llu,\"room\":%llu}", (unsigned long long)s->tables[i].entries,
		       (unsigned long long)s->tables[i].room);
	}
	printf("],");
}

static void put_rules(const struct status *s)
{
	printf("\"rules\":[");
	for (__u32 i = s->about->first; i < s->about->n_rules; i++) {
		const struct guard_about_rule *rule = &s->about->rules[i];
		struct worth worth = status_worth(s, rule);

		printf("%s{", i > s->about->first ? "," : "");
		json_string("rule", about_string(s->about, rule->title), ",");
		json_string("section", status_kind(rule), ",");
		json_string("file", about_string(s->about, rule->file), ",");
		json_string("worth", worth_word(&worth), ",");
		json_string("how", worth_how(&worth), ",");
		printf("\"line\":%u,\"mode\":\"%s\",\"allowed\":%llu,\"denied\":%llu,"
		       "\"killed\":%llu,\"led\":%llu,\"would_deny\":%llu,\"unreported\":%llu}",
		       rule->line, rule->audit ? "audit" : "enforce",
		       (unsigned long long)s->rules[i].allowed,
		       (unsigned long long)s->rules[i].denied,
		       (unsigned long long)s->rules[i].killed, (unsigned long long)s->rules[i].led,
		       (unsigned long long)s->rules[i].would_deny,
		       (unsigned long long)s->rules[i].unreported);
	}
	printf("],");
}

static void put_interface(const struct status *s, const struct interface_counts *is)
{
	const char *sep = "";

	putchar('{');
	json_string("interface", is->name, ",");
	printf("\"attached\":%s,\"rule\":%u,", is->attached ? "true" : "false",
	       is->kernel.rule - s->about->first);
	for (int part = 0; part < 2; part++) {
		printf("%s\"%s\":{", sep, part ? "dropped" : "accepted");
		sep = "";
		for (int i = part ? GUARD_PACKET_DROPPED : 0;
		     i < (part ? GUARD_PACKET_UNREPORTED : GUARD_PACKET_DROPPED); i++) {
			printf("%s\"%s\":%llu", sep, outcome_names[i],
			       (unsigned long long)is->of[i]);
			sep = ",";
		}
		putchar('}');
	}
	printf(",\"unreported\":%llu}", (unsigned long long)is->of[GUARD_PACKET_UNREPORTED]);
}

void status_json(const struct status *all, size_t n)
{
	for (const struct status *s = all; s < all + n; s++) {
		putchar('{');
		if (!s->about) {
			json_string("state", condition_names[s->condition], ",");
			printf("\"guard\":%u}\n", s->running->id);
			continue;
		}
		put_state(s);
		put_hooks(s);
		put_maps(s);
		put_rules(s);
		printf("\"interfaces\":[");
		for (size_t i = 0; i < s->n_interfaces; i++) {
			if (i)
				putchar(',');
			put_interface(s, &s->interfaces[i]);
		}
		printf("],\"faults\":{");
		for (int i = 0; i < GUARD_FAULTS; i++)
			printf("%s\"%s\":%llu", i ? "," : "", fault_names[i],
			       (unsigned long long)s->running->state->faults[i]);
		puts("}}");
	}
}
