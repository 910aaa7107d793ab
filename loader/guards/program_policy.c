// SPDX-License-Identifier: GPL-2.0-only
/*
 * The `program` section of the policy: which peers and ports a program, and all
 * that it starts, may use, which kinds of sockets, how much memory, how many
 * processes and threads.
 */
#include "../policy_guard.h"
#include "../../lsm/lsm_guard.h"

#define COUNT_MAX 4194304u /* PID_MAX_LIMIT: no machine has more tasks */

const char *const policy_key_names[PROGRAM_KEYS] = {
	[KEY_CONNECT] = "connect",
	[KEY_LISTEN] = "listen",
	[KEY_RECEIVE] = "receive",
	[KEY_FAMILIES] = "families",
	[KEY_ALLOCATION] = "allocation",
	[KEY_MEMORY] = "memory",
	[KEY_ADDRESS_SPACE] = "address-space",
	[KEY_CHILDREN] = "children",
	[KEY_DESCENDANTS] = "descendants",
	[KEY_THREADS] = "threads",
};

#define BIT(family) __builtin_ctz(GUARD_FAMILY_##family)

const char *const policy_family_names[] = {
	[BIT(UNIX)] = "unix",	    [BIT(INET)] = "inet",
	[BIT(INET6)] = "inet6",	    [BIT(NETLINK_ROUTE)] = "netlink-route",
	[BIT(NETLINK)] = "netlink", [BIT(RAW)] = "raw",
	[BIT(PING)] = "ping",	    [BIT(PACKET)] = "packet",
	[BIT(XDP)] = "xdp",	    [BIT(VSOCK)] = "vsock",
	[BIT(ALG)] = "alg",	    [BIT(BLUETOOTH)] = "bluetooth",
	[BIT(SCTP)] = "sctp",	    [BIT(MPTCP)] = "mptcp",
	[BIT(OTHER)] = "other",	    NULL,
};

static cfg_opt_t *program_options(void)
{
	static cfg_opt_t options[] = {
		CFG_PTR_LIST_CB("connect", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_LIST_CB("listen", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_LIST_CB("receive", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_LIST_CB("families", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("allocation", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("memory", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("address-space", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("children", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("descendants", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("threads", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("inherit", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("mode", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_END(),
	};

	return options;
}

/* Room for one more section; it doubles, so a million sections stay linear. */
static struct program_section *new_program_section(struct policy *p)
{
	size_t n = p->n_programs;

	if ((n & (n - 1)) == 0)
		p->programs = policy_realloc(p->programs, n ? 2 * n : 1, sizeof(*p->programs));
	return &p->programs[p->n_programs++];
}

static void note_keys(const struct policy *p, const struct policy_block *b,
		      struct program_section *s)
{
	for (int key = 0; key < PROGRAM_KEYS; key++) {
		unsigned int line;

		policy_key(b, policy_key_names[key], &line);
		if (!line)
			continue;
		s->given |= 1u << key;
		s->key_at[key] = policy_place(p, line);
	}
}

static bool take_limits(struct policy *p, const struct policy_block *b, struct program_section *s)
{
	bool good = true;

	for (int key = 0; key < ENDPOINT_KEYS; key++)
		good &= policy_take_endpoints(p, b, policy_key_names[key], &s->endpoints[key]);
	good &= policy_take_bits(p, b, policy_key_names[KEY_FAMILIES], "family",
				 policy_family_names, &s->families);
	for (int key = KEY_ALLOCATION; key <= KEY_ADDRESS_SPACE; key++)
		good &= policy_take_size(p, b, policy_key_names[key], &s->limit[key]);
	for (int key = KEY_CHILDREN; key <= KEY_THREADS; key++)
		good &= policy_take_count(p, b, policy_key_names[key], key == KEY_THREADS,
					  COUNT_MAX, &s->limit[key]);
	return good;
}

static void program_take(struct policy *p, const struct policy_block *b)
{
	struct program_section s = { .at = policy_place(p, b->line), .inherit = true };
	struct policy_path title;
	bool good;

	good = policy_take_path(p, "a program section", cfg_title(b->cfg), b->line, 0, &title);
	if (good)
		good = policy_take_title(p, "program", title.path, b->line);
	note_keys(p, b, &s);
	good &= take_limits(p, b, &s);
	good &= policy_take_yes_no(p, b, "inherit", &s.inherit);
	good &= policy_take_mode(p, b, &s.mode, &s.own_mode);

	if (good && !s.given && !b->faulty) {
		policy_error(
			p, b->line,
			"this program section limits nothing: give it a key beside inherit and "
			"mode, for example 'connect = none'");
		good = false;
	}
	if (!good)
		return;
	s.path = title.path;
	s.optional = title.optional;
	*new_program_section(p) = s;
}

const struct policy_section program_policy = {
	.keyword = "program",
	.example = "program /usr/sbin/nginx { listen = { 80/tcp, 443/tcp } }",
	.options = program_options,
	.take = program_take,
};
