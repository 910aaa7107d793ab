/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule is worth on a kernel: ENFORCED, WEAKER, or NOT HELD, and how. */
#ifndef LSM_GUARD_WORTH_H
#define LSM_GUARD_WORTH_H

#include <stdbool.h>

#include "../lsm/lsm_guard.h"

struct worth {
	enum guard_rule_kind kind;
	enum guard_worth how;
	bool audit, decoy;
	bool fallback; /* the kernel has no BPF LSM */
};

const char *worth_word(const struct worth *w);
/* What becomes of what the rule is against, in a few words. */
const char *worth_how(const struct worth *w);

#endif
