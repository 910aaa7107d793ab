// SPDX-License-Identifier: GPL-2.0-only
/*
 * The `interface` section of the policy: from whom packets to which ports of the
 * host are let in on a network interface.
 */
#include <net/if.h>
#include <string.h>
#include "../policy_guard.h"

static cfg_opt_t *interface_options(void)
{
	static cfg_opt_t options[] = {
		CFG_PTR_LIST_CB("accept", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_LIST_CB("accept-from", 0, POLICY_NAMES_FILES, policy_word_parse,
				policy_word_free),
		CFG_PTR_CB("icmp", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("replies", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("mode", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_END(),
	};

	return options;
}

/* Room for one more section; it doubles, so a million sections stay linear. */
static struct interface_section *new_interface_section(struct policy *p)
{
	size_t n = p->n_interfaces;

	if ((n & (n - 1)) == 0)
		p->interfaces =
			policy_realloc(p->interfaces, n ? 2 * n : 1, sizeof(*p->interfaces));
	return &p->interfaces[p->n_interfaces++];
}

/* What is wrong with a name as the kernel would see it, and with what it cannot be meant as. */
static const char *name_error(const char *name)
{
	if (*name == '\0')
		return "is empty: write the name of an interface as `ip link` shows it, or any";
	if (*name == '-')
		return "has two '-': one is enough to make it optional";
	if (!policy_visible(name))
		return "is not visible UTF-8: give the interface another name (ip link set NAME "
		       "name OTHER)";
	if (strchr(name, '/'))
		return "has a '/' in it: write the name of an interface as `ip link` shows it";
	if (strchr(name, ' '))
		return "has a blank in it: write the name of one interface, and a section for each";
	if (strchr(name, ':'))
		return "has a ':' in it, as an address's label has: write the interface's own "
		       "name, all its addresses are covered";
	if (strchr(name, '@'))
		return "has a '@' in it: write the name without it and what follows";
	if (strpbrk(name, "*?[]"))
		return "is a glob: write a section for each interface, or any";
	if (strlen(name) >= IFNAMSIZ)
		return "is longer than the name of an interface can be (15 bytes): write the short "
		       "name that `ip link` shows first";
	if (strcmp(name, "lo") == 0)
		return "is left alone: what the host sends to itself, sections of programs "
		       "(connect, listen, receive) hold";
	/* The kernel gives no interface these names. */
	if (strcmp(name, "all") == 0 || strcmp(name, "default") == 0)
		return "is the name of no interface: write any for all that have no section of "
		       "their own";
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '%'))
		return "is no name that an interface can have: write it as `ip link` shows it";
	return NULL;
}

static bool take_name(struct policy *p, const struct policy_block *b, struct interface_section *s)
{
	const char *text = cfg_title(b->cfg);
	const char *name = text;
	const char *wrong;

	if (policy_value_reported(p, text))
		return false;
	if (*name == '-') {
		s->optional = true;
		name++;
	}
	wrong = name_error(name);
	if (s->optional && strcmp(name, "any") == 0)
		wrong = "has a '-' that says nothing: any is whatever there is, so write any";
	if (wrong) {
		policy_error(p, b->line, "an interface section: '%.*s' %s", VALUE_SHOWN, text,
			     wrong);
		return false;
	}
	name = policy_strndup(p, name, strlen(name));
	if (strcmp(name, "any") != 0)
		s->name = name;
	return policy_take_title(p, "interface", name, b->line);
}

/* Returns false when the section does not say whom it lets in, or says two things. */
static bool check_accept(struct policy *p, const struct policy_block *b,
			 const struct interface_section *s)
{
	unsigned int accept, from;

	policy_key(b, "accept", &accept);
	policy_key(b, "accept-from", &from);
	if (!accept && !from) {
		if (!b->faulty)
			policy_error(
				p, b->line,
				"this interface section does not say whom it lets in: give it "
				"accept or accept-from, for example 'accept = { any:22/tcp }'");
		return false;
	}
	if (!from || (s->accept.kind != LIST_NONE && s->accept.kind != LIST_ANY))
		return true;
	policy_error(p, from,
		     "accept-from contradicts 'accept = %s' at line %u: leave out one of the two",
		     s->accept.kind == LIST_NONE ? "none" : "any", accept);
	return false;
}

static void interface_take(struct policy *p, const struct policy_block *b)
{
	struct interface_section s = { .at = policy_place(p, b->line), .replies = true };
	bool good;

	good = take_name(p, b, &s);
	good &= policy_take_endpoints(p, b, "accept", &s.accept);
	good &= check_accept(p, b, &s);
	good &= policy_take_yes_no(p, b, "icmp", &s.icmp);
	good &= policy_take_yes_no(p, b, "replies", &s.replies);
	good &= policy_take_mode(p, b, &s.mode, &s.own_mode);
	/* Lists of a faulty section are read too: all errors are shown. */
	good &= policy_take_lists(p, b, "accept-from", good ? p->n_interfaces : LIST_UNUSED);
	if (good)
		*new_interface_section(p) = s;
}

const struct policy_section ingress_policy = {
	.keyword = "interface",
	.example = "interface eth0 { accept = { 192.0.2.0/24:22/tcp } }",
	.options = interface_options,
	.take = interface_take,
};
