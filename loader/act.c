// SPDX-License-Identifier: GPL-2.0-only
/* What an act of lsm-guard prove came to: see act.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "act.h"

const struct plan_section *act_section(const struct act *act)
{
	return &act->plan->bound[act->plan->rules[act->rule].section];
}

void act_bind(struct act *act)
{
	char byte = 'b';

	if (write(act->parent, &byte, 1) != 1 || read(act->parent, &byte, 1) != 1)
		_exit(1);
}

/* ---- evidence ------------------------------------------------------------------- */

static void note(struct act *act, enum proof_word word, const char *why, va_list args)
{
	if (word <= act->proof.word)
		return;
	act->proof.word = word;
	vsnprintf(act->proof.why, sizeof(act->proof.why), why, args);
}

void act_came_to(struct act *act, enum proof_word word, const char *why, ...)
{
	va_list args;

	va_start(args, why);
	note(act, word, why, args);
	va_end(args);
}

/* How often the rule has refused, or would have. */
static __u64 counted(const struct act *act)
{
	struct guard_tally tally = {};

	bpf_map_lookup_elem(act->tallies, &act->rule, &tally);
	return act->audit ? tally.would_deny : tally.denied;
}

void act_begin(struct act *act)
{
	act->before = counted(act);
}

void act_end(struct act *act, int error, const char *what, ...)
{
	bool has_counted = counted(act) != act->before;
	char text[sizeof(act->proof.why)];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	if (act->audit && has_counted)
		act_came_to(act, PROOF_AUDITING, "%s", "");
	else if (error == EPERM && has_counted)
		act_came_to(act, PROOF_ENFORCED, "%s", "");
	else if (!error)
		act_came_to(act, PROOF_NOT_ENFORCED, "%.200s was let through%s", text,
			    act->audit ? " and not counted" : "");
	else if (error == EPERM)
		act_came_to(act, PROOF_UNTESTABLE,
			    "%.150s: refused, but not by this rule: something else denies it first",
			    text);
	else
		act_came_to(act, PROOF_UNTESTABLE, "%.150s: %s", text, strerror(error));
}

/* ---- endpoints that are not listed -------------------------------------------------- */

static bool in_prefix(const struct endpoint *e, const struct unlisted *u)
{
	int bytes = e->length / 8, bits = e->length % 8;

	if (!e->family)
		return true;
	if (e->family != u->family || memcmp(e->address, u->address, bytes))
		return false;
	return !bits || !((e->address[bytes] ^ u->address[bytes]) >> (8 - bits));
}

static bool is_listed(const struct endpoint_list *list, const struct unlisted *u)
{
	if (list->kind != LIST_PROGRAMS)
		return list->kind == LIST_ANY;
	for (size_t i = 0; i < list->n; i++) {
		const struct endpoint *e = &list->endpoints[i];

		if (e->protocols & u->protocol && u->port >= e->first && u->port <= e->last &&
		    in_prefix(e, u))
			return true;
	}
	return false;
}

#define PORTS_TRIED 1000 /* of a long list: each costs a walk over it */

/* One that nobody uses, or next to what is listed: where any is left, one of these is. */
static bool find_port(const struct endpoint_list *list, struct unlisted *u)
{
	static const unsigned short first[] = { 9, 1, 65535, 49151 };

	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++) {
		u->port = first[i];
		if (!is_listed(list, u))
			return true;
	}
	for (size_t i = 0; i < list->n && i < PORTS_TRIED; i++) {
		u->port = list->endpoints[i].first - 1;
		if (list->endpoints[i].first > 1 && !is_listed(list, u))
			return true;
		u->port = list->endpoints[i].last + 1;
		if (u->port && !is_listed(list, u))
			return true;
	}
	return false;
}

bool unlisted_find(const struct endpoint_list *list, const char *const *addresses,
		   unsigned char protocol, struct unlisted *out)
{
	for (; *addresses; addresses++) {
		*out = (struct unlisted){ .protocol = protocol, .family = AF_INET };
		if (inet_pton(AF_INET, *addresses, out->address) != 1) {
			out->family = AF_INET6;
			inet_pton(AF_INET6, *addresses, out->address);
		}
		if (find_port(list, out))
			return true;
	}
	return false;
}
