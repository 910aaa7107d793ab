// SPDX-License-Identifier: GPL-2.0-only
/*
 * The `file` section of the policy: which programs may read, write or execute
 * a file, a directory with all below it, or what a glob finds.
 */
#include <stdlib.h>
#include "../policy_guard.h"

static const char *const verb_keys[VERBS] = {
	[VERB_READ] = "read",
	[VERB_WRITE] = "write",
	[VERB_EXECUTE] = "execute",
};

static cfg_opt_t *file_options(void)
{
	static cfg_opt_t options[] = {
		CFG_PTR_LIST_CB("read", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_LIST_CB("write", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_LIST_CB("execute", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("mode", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("decoy", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_PTR_CB("fallback-action", 0, CFGF_NONE, policy_word_parse, policy_word_free),
		CFG_END(),
	};

	return options;
}

/* Room for one more section; it doubles, so a million sections stay linear. */
static struct file_section *new_file_section(struct policy *p)
{
	size_t n = p->n_files;
	struct file_section *f;

	if ((n & (n - 1)) == 0) {
		size_t room = n ? 2 * n : 1;

		p->files = policy_realloc(p->files, room, sizeof(*p->files));
	}
	f = &p->files[p->n_files++];
	*f = (struct file_section){ 0 };
	return f;
}

static void file_take(struct policy *p, const struct policy_block *b)
{
	struct file_section f = { .at = policy_place(p, b->line) };
	struct policy_path title;
	bool any_verb = false;
	bool good;

	good = policy_take_path(p, "a file section", cfg_title(b->cfg), b->line,
				PATH_TREE | PATH_GLOB, &title);
	if (good)
		good = policy_take_title(p, "file", title.path, b->line);
	for (int v = 0; v < VERBS; v++) {
		good &= policy_take_programs(p, b, verb_keys[v], &f.verbs[v]);
		any_verb |= f.verbs[v].kind != LIST_UNSET;
	}
	good &= policy_take_mode(p, b, &f.mode, &f.own_mode);
	good &= policy_take_fallback(p, b, &f.fallback, &f.own_fallback);
	good &= policy_take_file(p, b, "decoy", &f.decoy, &f.decoy_at);

	if (good && !any_verb && !b->faulty) {
		policy_error(p, b->line,
			     "this file section closes nothing: give it read, write or execute, "
			     "for example 'write = none'");
		good = false;
	}
	if (good && f.decoy &&
	    (f.verbs[VERB_READ].kind == LIST_UNSET || f.verbs[VERB_READ].kind == LIST_ANY)) {
		policy_error(
			p, f.decoy_at.line,
			"a decoy is for those who may not read the file: give the section read, "
			"for example 'read = none'");
		good = false;
	}
	if (!good)
		return;
	f.path = title.path;
	f.optional = title.optional;
	f.tree = title.tree;
	f.glob = title.glob;
	*new_file_section(p) = f;
}

const struct policy_section file_policy = {
	.keyword = "file",
	.example = "file /etc/shadow { write = none }",
	.options = file_options,
	.take = file_take,
};
