// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tokens -> statements. What is misshapen is reported here, with a guess at what
 * was meant, and skipped to where the next statement seems to begin; what is well
 * formed goes to libConfuse as it stands in the file, one statement at a time.
 */
#include "policy_private.h"

/*
 * Gives text[start, end) to libConfuse. It has been through all checks, so a
 * refusal means that the two readers disagree about the language: nothing of such
 * a policy may be used. The lexer of libConfuse keeps its state after an error, so
 * it is set up anew.
 */
static bool hand_over(struct parse *ps, size_t start, size_t end, unsigned int line)
{
	char kept = ps->s.text[end];
	int status;

	ps->p->priv->statement_line = line;
	ps->s.text[end] = '\0';
	status = cfg_parse_buf(ps->p->priv->cfg, ps->s.text + start);
	ps->s.text[end] = kept;
	if (status == CFG_SUCCESS)
		return true;
	policy_disagreement(ps->p, line);
	return false;
}

/* libConfuse must have found as many values for each key as the scanner did. */
static bool values_agree(struct parse *ps, const struct policy_block *b)
{
	for (int i = 0; b->cfg->opts[i].name; i++) {
		if (b->key_line[i] && b->cfg->opts[i].nvalues != b->values[i]) {
			policy_disagreement(ps->p, b->line);
			return false;
		}
	}
	return true;
}

static void report_twice(struct policy *p, const char *key, unsigned int line, struct place first)
{
	policy_error(p, line,
		     "'%s' is given twice, first at %s:%u: keep one (values of both go into one "
		     "list)",
		     key, first.file, first.line);
}

static void parse_top_key(struct parse *ps, int key)
{
	const cfg_opt_t *opt = &ps->top[key];
	struct policy_block b = { .line = ps->s.tok.line };
	struct place *first = &ps->p->priv->top_at[key];
	size_t start = ps->s.tok.start;

	b.key_line[key] = b.line;
	if (!parse_assignment(ps, opt, NULL, &b.values[key]))
		return;
	if (first->file) {
		report_twice(ps->p, opt->name, b.line, *first);
		return;
	}
	*first = policy_place(ps->p, b.line);
	if (!hand_over(ps, start, ps->s.end, b.line))
		return;
	b.cfg = ps->p->priv->cfg;
	if (values_agree(ps, &b))
		policy_top_level(ps->p, &b);
}

static void parse_include(struct parse *ps)
{
	size_t start = ps->s.tok.start;
	unsigned int line = ps->s.tok.line;
	bool good = true;

	scan_next(&ps->s);
	if (ps->s.tok.kind == TOKEN_PAREN_OPEN) {
		scan_next(&ps->s);
		good = token_is_value(&ps->s);
		if (good)
			scan_next(&ps->s);
		good = good && ps->s.tok.kind == TOKEN_PAREN_CLOSE;
	} else {
		good = false;
	}
	if (!good) {
		policy_error(ps->p, line,
			     "include takes one path in brackets: write "
			     "include(\"/etc/lsm-guard/conf.d/*.conf\")");
		parse_skip_statement(ps, NULL, 0);
		return;
	}
	scan_next(&ps->s);
	hand_over(ps, start, ps->s.end, line);
}

/* A key inside a section, or what stands in its place. */
static void parse_section_key(struct parse *ps, const cfg_opt_t *section, struct policy_block *b)
{
	const cfg_opt_t *inner = section->subopts;
	size_t start = ps->s.tok.start;
	unsigned int line = ps->s.tok.line;
	int key = parse_find_option(ps, inner);
	char where[64];
	bool good = false;

	if (key >= 0) {
		unsigned int values = 0;

		good = parse_assignment(ps, &inner[key], inner, &values);
		if (b->key_line[key]) {
			report_twice(ps->p, inner[key].name, line,
				     policy_place(ps->p, b->key_line[key]));
			good = false;
		} else if (good) {
			b->key_line[key] = line;
			b->values[key] = values;
		}
	} else {
		snprintf(where, sizeof(where), "%s %s section", article(section->name),
			 section->name);
		if (ps->s.tok.kind == TOKEN_WORD)
			parse_report_unknown(ps, inner, where);
		else
			parse_report_unexpected(ps, "a key or '}' would be right");
		/* An opening brace is skipped with all that it holds. */
		if (ps->s.tok.kind != TOKEN_OPEN)
			scan_next(&ps->s);
		parse_skip_statement(ps, inner, 0);
	}
	if (good)
		return;
	b->faulty = true;
	scan_blank(&ps->s, start, ps->s.end);
}

/* The keys up to the closing brace. Returns false when there is none. */
static bool parse_section_body(struct parse *ps, const cfg_opt_t *section, struct policy_block *b)
{
	while (ps->s.tok.kind != TOKEN_CLOSE) {
		if (ps->s.tok.kind == TOKEN_END) {
			policy_error(ps->p, b->line,
				     "the %s section that begins here is never closed: add a '}'",
				     section->name);
			return false;
		}
		if (parse_find_option(ps, section->subopts) < 0 &&
		    parse_begins_option(ps, ps->top) &&
		    ps->top[parse_find_option(ps, ps->top)].type == CFGT_SEC) {
			policy_error(ps->p, ps->s.tok.line,
				     "the %s section that begins at line %u is not closed: add a "
				     "'}' before this line",
				     section->name, b->line);
			return false;
		}
		parse_section_key(ps, section, b);
	}
	scan_next(&ps->s);
	return true;
}

/* The title and the opening brace. Returns false when the body cannot be found. */
static bool parse_section_head(struct parse *ps, const cfg_opt_t *section, bool *good)
{
	const char *example = policy_section_find(section->name)->example;
	char shown[TOKEN_TEXT_MAX];

	bool reported;

	scan_next(&ps->s);
	reported = ps->s.tok.kind == TOKEN_BAD;
	*good = token_is_value(&ps->s) && !parse_begins_option(ps, section->subopts);
	if (*good) {
		scan_next(&ps->s);
	} else {
		policy_error(ps->p, ps->s.tok.line,
			     "%s %s section needs a title, %s is none: write %s",
			     article(section->name), section->name, token_text(&ps->s, shown),
			     example);
	}
	if (ps->s.tok.kind == TOKEN_OPEN) {
		scan_next(&ps->s);
		return true;
	}
	/* A faulty title may have swallowed the brace. */
	if (*good && !reported)
		policy_error(
			ps->p, ps->s.tok.line,
			"'{' is missing after the title of the %s section, before %s: write %s",
			section->name, token_text(&ps->s, shown), example);
	*good = false;
	if (parse_begins_option(ps, section->subopts))
		return true;
	parse_skip_statement(ps, section->subopts, 0);
	return false;
}

static void parse_section(struct parse *ps, int key)
{
	cfg_opt_t *section = &ps->top[key];
	struct policy_block b = { .line = ps->s.tok.line };
	size_t start = ps->s.tok.start;
	bool good;

	if (!parse_section_head(ps, section, &good))
		return;
	if (!parse_section_body(ps, section, &b) || !good)
		return;
	if (!hand_over(ps, start, ps->s.end, b.line))
		return;
	section = &ps->p->priv->cfg->opts[key];
	b.cfg = cfg_opt_getnsec(section, 0);
	if (cfg_opt_size(section) != 1 || !b.cfg)
		policy_disagreement(ps->p, b.line);
	else if (values_agree(ps, &b))
		policy_section_find(section->name)->take(ps->p, &b);
	/* There is never more than one: libConfuse compares each title with all it has. */
	cfg_free_value(&ps->p->priv->cfg->opts[key]);
}

static void parse_top_level(struct parse *ps)
{
	int key;

	/* Looked up each time: policy_disagreement() sets up a new one. */
	ps->top = ps->p->priv->cfg->opts;
	key = parse_find_option(ps, ps->top);
	if (key >= 0 && ps->top[key].type == CFGT_SEC) {
		parse_section(ps, key);
	} else if (key == TOP_INCLUDE) {
		parse_include(ps);
	} else if (key >= 0) {
		parse_top_key(ps, key);
	} else if (ps->s.tok.kind == TOKEN_CLOSE) {
		policy_error(ps->p, ps->s.tok.line, "'}' closes nothing: remove it");
		scan_next(&ps->s);
	} else {
		if (ps->s.tok.kind == TOKEN_WORD)
			parse_report_unknown(ps, ps->top, "a policy");
		else
			parse_report_unexpected(ps, "a key or a section would be right");
		if (ps->s.tok.kind != TOKEN_OPEN)
			scan_next(&ps->s);
		parse_skip_statement(ps, NULL, 0);
	}
}

void policy_parse(struct policy *p, struct source *src)
{
	struct parse ps = { .p = p, .top = p->priv->cfg->opts };

	scan_begin(&ps.s, p, src);
	while (ps.s.tok.kind != TOKEN_END)
		parse_top_level(&ps);
}
