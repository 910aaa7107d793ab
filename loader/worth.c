// SPDX-License-Identifier: GPL-2.0-only
/* What a rule is worth, in words: the same in check, status and messages. */
#include "worth.h"

const char *worth_word(const struct worth *w)
{
	if (w->audit)
		return "AUDITED";
	return w->fallback ? "WEAKER" : "ENFORCED";
}

const char *worth_how(const struct worth *w)
{
	if (w->kind == GUARD_RULE_INTERFACE)
		return w->fallback ? "xdp alone, no second look at the sockets" : "xdp, lsm";
	switch (w->how) {
	case GUARD_WORTH_DENIED:
		return w->decoy ? "lsm; opens that are seen lead to the decoy" : "lsm";
	case GUARD_WORTH_REPORTED:
		return w->decoy ? "opens that are seen lead to the decoy, others are reported"
				: "fentry: reported, nothing fails";
	case GUARD_WORTH_REDIRECTED:
		return "tracepoint: opens that are seen lead elsewhere, others are reported";
	case GUARD_WORTH_KILLED:
		break;
	}
	return w->decoy ? "opens that are seen lead to the decoy, who does it otherwise is killed"
			: "fentry: who does it is killed, what it did is done";
}
