// SPDX-License-Identifier: GPL-2.0-only
/*
 * `key = value` in a policy: one value, or a list in braces. Also how the parser
 * finds its way after an error, and what it says about a word that it does not know.
 */
#include <string.h>
#include "policy_private.h"

int parse_find_option(const struct parse *ps, const cfg_opt_t *options)
{
	for (int i = 0; options && options[i].name; i++) {
		if (token_is(&ps->s, options[i].name))
			return i;
	}
	return -1;
}

bool parse_begins_option(const struct parse *ps, const cfg_opt_t *options)
{
	int i = parse_find_option(ps, options);
	char next = scan_peek(&ps->s);

	if (i < 0)
		return false;
	if (options[i].type == CFGT_SEC)
		return ps->s.tok.first && next != '=' && next != ',' && next != '}';
	if (options[i].type == CFGT_FUNC)
		return next == '(';
	return next == '=' || next == '+';
}

static bool begins_statement(const struct parse *ps, const cfg_opt_t *inner)
{
	char next = scan_peek(&ps->s);

	if (parse_begins_option(ps, inner) || parse_begins_option(ps, ps->top))
		return true;
	/* An unknown key is a statement too, and has an error of its own. */
	return ps->s.tok.kind == TOKEN_WORD && ps->s.tok.first && (next == '=' || next == '+') &&
	       !strchr("/-", ps->s.text[ps->s.tok.start]);
}

void parse_skip_statement(struct parse *ps, const cfg_opt_t *inner, unsigned int depth)
{
	for (;; scan_next(&ps->s)) {
		switch (ps->s.tok.kind) {
		case TOKEN_END:
			return;
		case TOKEN_OPEN:
		case TOKEN_PAREN_OPEN:
			depth++;
			break;
		case TOKEN_CLOSE:
			if (depth == 0)
				return;
			/* fall through */
		case TOKEN_PAREN_CLOSE:
			if (depth > 1) {
				depth--;
				break;
			}
			scan_next(&ps->s);
			return;
		default:
			if (depth == 0 && begins_statement(ps, inner))
				return;
		}
	}
}

/* The names of @options, for suggestions. */
static void option_names(const cfg_opt_t *options, const char *names[POLICY_KEYS_MAX + 1],
			 char *joined, size_t size)
{
	size_t used = 0;
	int i;

	joined[0] = '\0';
	for (i = 0; i < POLICY_KEYS_MAX && options[i].name; i++) {
		names[i] = options[i].name;
		used += (size_t)snprintf(joined + used, used < size ? size - used : 0, "%s%s",
					 i ? ", " : "", names[i]);
		if (used >= size)
			used = size - 1;
	}
	names[i] = NULL;
}

void parse_report_unknown(struct parse *ps, const cfg_opt_t *options, const char *where)
{
	const char *names[POLICY_KEYS_MAX + 1];
	char shown[TOKEN_TEXT_MAX], word[TOKEN_TEXT_MAX], joined[256];
	const char *nearest;
	char next = scan_peek(&ps->s);
	const char *what = next == '=' || next == '+' ? "key" : "word";

	option_names(options, names, joined, sizeof(joined));
	token_text(&ps->s, shown);
	snprintf(word, sizeof(word), "%.*s", (int)strlen(shown) - 2, shown + 1);
	nearest = nearest_name(word, names);
	if (options != ps->top && parse_find_option(ps, ps->top) >= 0)
		policy_error(ps->p, ps->s.tok.line,
			     "%s does not belong in %s: write it at the top level", shown, where);
	else if (nearest)
		policy_error(ps->p, ps->s.tok.line, "unknown %s %s in %s: did you mean '%s'?", what,
			     shown, where, nearest);
	else
		policy_error(ps->p, ps->s.tok.line,
			     "unknown %s %s in %s: what may stand here is %s", what, shown, where,
			     joined);
}

void parse_report_unexpected(struct parse *ps, const char *right)
{
	char shown[TOKEN_TEXT_MAX];

	if (ps->s.tok.kind == TOKEN_BAD)
		return;
	token_text(&ps->s, shown);
	if (ps->s.tok.kind == TOKEN_STRING)
		right = "keys and sections stand without quotes";
	policy_error(ps->p, ps->s.tok.line, "%s is not expected here: %s", shown, right);
}

/*
 * Puts the comma in that is missing before the present token, so that libConfuse
 * reads on and the other values are checked too.
 */
static bool mend_comma(struct parse *ps)
{
	char *gap = ps->s.text + ps->s.end;
	char shown[TOKEN_TEXT_MAX];

	policy_error(ps->p, ps->s.tok.line, "a comma is missing before %s: add it",
		     token_text(&ps->s, shown));
	if (*gap != ' ' && *gap != '\t')
		return false;
	*gap = ',';
	return true;
}

/*
 * One value inside a list, and the comma after it. Returns false when the list
 * cannot be read on; *@good becomes false when it can, but not by libConfuse.
 */
static bool parse_list_value(struct parse *ps, const cfg_opt_t *opt, const cfg_opt_t *inner,
			     unsigned int line, unsigned int *values, bool *good)
{
	char shown[TOKEN_TEXT_MAX];

	if (ps->s.tok.kind == TOKEN_END || begins_statement(ps, inner)) {
		policy_error(ps->p, ps->s.tok.line,
			     "the list of '%s' that begins at line %u is not closed: add a '}' "
			     "before %s",
			     opt->name, line, token_text(&ps->s, shown));
		return false;
	}
	if (!token_is_value(&ps->s)) {
		parse_report_unexpected(ps,
					"in a list values stand with single commas between them");
		if (ps->s.tok.kind != TOKEN_COMMA) {
			parse_skip_statement(ps, inner, 1);
			return false;
		}
		scan_blank(&ps->s, ps->s.tok.start, ps->s.tok.end);
		scan_next(&ps->s);
		return true;
	}
	(*values)++;
	scan_next(&ps->s);
	if (ps->s.tok.kind == TOKEN_COMMA)
		scan_next(&ps->s);
	else if (token_is_value(&ps->s) && !begins_statement(ps, inner))
		*good &= mend_comma(ps);
	return true;
}

static bool parse_list(struct parse *ps, const cfg_opt_t *opt, const cfg_opt_t *inner,
		       unsigned int *values)
{
	unsigned int line = ps->s.tok.line;
	bool good = true;

	scan_next(&ps->s);
	while (ps->s.tok.kind != TOKEN_CLOSE) {
		if (!parse_list_value(ps, opt, inner, line, values, &good))
			return false;
	}
	scan_next(&ps->s);
	if (*values > 0)
		return good;
	if (opt->flags & POLICY_NAMES_FILES)
		policy_error(ps->p, line, "the list of '%s' is empty: name a file, or leave it out",
			     opt->name);
	else
		policy_error(ps->p, line,
			     "the list of '%s' is empty: write '%s = none' to close it to everyone",
			     opt->name, opt->name);
	return false;
}

static bool parse_value(struct parse *ps, const cfg_opt_t *opt, const cfg_opt_t *inner,
			unsigned int line, unsigned int *values)
{
	if (ps->s.tok.kind == TOKEN_OPEN) {
		if (opt->flags & CFGF_LIST)
			return parse_list(ps, opt, inner, values);
		policy_error(ps->p, ps->s.tok.line,
			     "'%s' takes one value, no list: write '%s = VALUE' without { }",
			     opt->name, opt->name);
		scan_next(&ps->s);
		parse_skip_statement(ps, inner, 1);
		return false;
	}
	if (!token_is_value(&ps->s) || begins_statement(ps, inner)) {
		policy_error(ps->p, line, "the value of '%s' is missing: write '%s = VALUE'",
			     opt->name, opt->name);
		return false;
	}
	scan_next(&ps->s);
	*values = 1;
	return true;
}

bool parse_assignment(struct parse *ps, const cfg_opt_t *opt, const cfg_opt_t *inner,
		      unsigned int *values)
{
	unsigned int line = ps->s.tok.line;
	bool good = true;

	scan_next(&ps->s);
	if (ps->s.tok.kind == TOKEN_EQUALS) {
		scan_next(&ps->s);
	} else if (ps->s.tok.kind == TOKEN_APPEND) {
		policy_error(ps->p, ps->s.tok.line,
			     "'+=' would make the order matter: give all values of '%s' in one "
			     "list with '='",
			     opt->name);
		scan_blank(&ps->s, ps->s.tok.start, ps->s.tok.start + 1);
		scan_next(&ps->s);
	} else if (ps->s.tok.kind != TOKEN_OPEN || opt->flags & CFGF_LIST) {
		policy_error(ps->p, line, "'=' is missing after '%s': write '%s = VALUE'",
			     opt->name, opt->name);
		if (ps->s.tok.kind != TOKEN_OPEN &&
		    (!token_is_value(&ps->s) || begins_statement(ps, inner)))
			return false;
		good = false;
	}
	return parse_value(ps, opt, inner, line, values) && good;
}
