// SPDX-License-Identifier: GPL-2.0-only
/* lsm-guard status as text: what is amiss stands in capitals. */
#include <stdio.h>

#include "guard.h"
#include "status.h"

static void print_state(const struct status *s)
{
	char since[32];

	printf("%s %s since %s\n", condition_names[s->condition],
	       about_string(s->about, s->about->policy), status_since(s, since));
	printf("  policy SHA-256 %s, loaded by lsm-guard %s\n",
	       about_string(s->about, s->about->hash), about_string(s->about, s->about->loader));
	if (s->condition == LAPSED)
		printf("  NOT CONFIRMED IN TIME: nothing is refused\n");
	else if (s->confirm_seconds)
		printf("  lets go in %llu s unless `lsm-guard confirm` is run\n",
		       (unsigned long long)s->confirm_seconds);
	if (s->condition == ENDING)
		printf("  NOTHING IS REFUSED: it was told to end, and its links are going\n");
	if (s->condition == SUSPENDED)
		printf("  another guard holds in its place, for %llu s\n",
		       (unsigned long long)s->suspended_seconds);
	if (s->running->state->alarm)
		printf("  %s; is kernel.ftrace_enabled 0?\n",
		       s->about->fallback ? "NOTHING IS SEEN: what must be reported was not"
					  : "NOT ENFORCING: what must be denied was let through");
}

static void print_holders(const struct status *s)
{
	printf("  guard %u, %s; ", s->running->id, s->pinned ? "pinned" : "not pinned");
	if (s->watcher)
		printf("process %u reads its events\n", s->watcher);
	else
		printf("nobody reads its events\n");
}

static void print_hooks(const struct status *s)
{
	const struct guard_about_hook *hooks = about_hooks(s->about);
	const char *sep = ": ";

	printf("  %zu hooks", s->n_attached);
	if (s->n_missing)
		printf(", %zu MISSING", s->n_missing);
	for (size_t i = 0; s->n_missing && i < s->about->n_needed; i++) {
		if (s->attached[i])
			continue;
		printf("%s%s", sep, about_string(s->about, hooks[i].hook));
		sep = ", ";
	}
	printf("; %zu maps, %llu KiB\n", s->running->n_maps, s->map_bytes / 1024);
	for (size_t i = 0; i < s->n_tables; i++)
		printf("%s%s %llu of %llu", i ? ", " : "  entries: ", s->tables[i].name,
		       (unsigned long long)s->tables[i].entries,
		       (unsigned long long)s->tables[i].room);
	printf("%s", s->n_tables ? "\n" : "");
}

static void print_rules(const struct status *s)
{
	for (__u32 i = s->about->first; i < s->about->n_rules; i++) {
		const struct guard_about_rule *rule = &s->about->rules[i];
		struct worth worth = status_worth(s, rule);

		printf("%s:%u: %s %s %s: allowed %llu, %s %llu, ",
		       about_string(s->about, rule->file), rule->line,
		       rule->audit	? "audit"
		       : worth.fallback ? "fallback"
					: "enforce",
		       status_kind(rule), about_string(s->about, rule->title),
		       (unsigned long long)s->rules[i].allowed,
		       rule->worth == GUARD_WORTH_KILLED ? "killed" : "denied",
		       (unsigned long long)(s->rules[i].denied + s->rules[i].killed));
		if (rule->worth == GUARD_WORTH_REDIRECTED || rule->decoy)
			printf("led away %llu, ", (unsigned long long)s->rules[i].led);
		printf("would have denied %llu; %s (%s)\n",
		       (unsigned long long)s->rules[i].would_deny, worth_word(&worth),
		       worth_how(&worth));
	}
}

static void print_interface(const struct interface_counts *is)
{
	printf("  interface %s%s\n", is->name, is->attached ? "" : ": NO PROGRAM ATTACHED");
	for (int i = 0; i < GUARD_PACKET_UNREPORTED; i++)
		if (is->of[i])
			printf("    %-9s %-18s %llu\n",
			       i < GUARD_PACKET_DROPPED ? "accepted" : "dropped", outcome_names[i],
			       (unsigned long long)is->of[i]);
}

void status_text(const struct status *all, size_t n)
{
	for (const struct status *s = all; s < all + n; s++) {
		if (!s->about)
			continue; /* it was said on stderr */
		print_state(s);
		print_holders(s);
		print_hooks(s);
		print_rules(s);
		for (size_t i = 0; i < s->n_interfaces; i++)
			print_interface(&s->interfaces[i]);
		for (int i = 0; i < GUARD_FAULTS; i++)
			if (s->running->state->faults[i])
				printf("  %s: %llu\n", fault_names[i],
				       (unsigned long long)s->running->state->faults[i]);
	}
}
