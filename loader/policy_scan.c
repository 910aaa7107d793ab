// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy's text as tokens. The rules are libConfuse's, less what it does
 * silently: what it would drop, cut or expand is an error here, so what it is
 * given afterwards can be read in one way only. Comments are blanked on the way.
 */
#include <ctype.h>
#include <string.h>
#include "policy_private.h"

void scan_begin(struct scan *s, struct policy *p, struct source *src)
{
	*s = (struct scan){
		.p = p,
		.text = src->text,
		.len = src->len,
		.line = 1,
		.line_start = true,
	};
	scan_next(s);
}

void scan_blank(struct scan *s, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++) {
		if (s->text[i] != '\n')
			s->text[i] = ' ';
	}
}

/* The text ends in a NUL, which is no character of the language: reading it is safe. */
static char at(const struct scan *s, size_t i)
{
	return i < s->len ? s->text[i] : '\0';
}

static void skip_line(struct scan *s)
{
	size_t start = s->pos;

	while (s->pos < s->len && s->text[s->pos] != '\n')
		s->pos++;
	scan_blank(s, start, s->pos);
}

static void skip_block_comment(struct scan *s)
{
	size_t start = s->pos;
	unsigned int line = s->line;

	for (s->pos += 2; s->pos < s->len; s->pos++) {
		if (s->text[s->pos] == '*' && at(s, s->pos + 1) == '/') {
			s->pos += 2;
			scan_blank(s, start, s->pos);
			return;
		}
		if (s->text[s->pos] == '\n') {
			s->line++;
			s->line_start = true;
		}
	}
	policy_error(s->p, line,
		     "the comment that begins here with /* never ends: close it with */, or quote "
		     "what was meant as a path");
	scan_blank(s, start, s->pos);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\0';
}

/* To the next token. "//x" is left to be one: it may be a path with a slash too many. */
static void skip_space(struct scan *s)
{
	while (s->pos < s->len) {
		char c = s->text[s->pos];
		char next = at(s, s->pos + 1);

		if (c == '\n') {
			s->line++;
			s->line_start = true;
			s->pos++;
		} else if (c == ' ' || c == '\t') {
			s->pos++;
		} else if (c == '#' || (c == '/' && next == '/' && is_blank(at(s, s->pos + 2)))) {
			skip_line(s);
		} else if (c == '/' && next == '*') {
			skip_block_comment(s);
		} else {
			return;
		}
	}
}

/* Marks the token as reported, so that nothing else complains about it. */
static void bad_token(struct scan *s)
{
	s->tok.kind = TOKEN_BAD;
	memset(s->text + s->tok.start, REPORTED, s->pos - s->tok.start);
}

static bool ends_word(const struct scan *s, size_t i)
{
	char c = at(s, i);

	if (c == '+')
		return at(s, i + 1) == '=';
	if (c == '#')
		return is_blank(at(s, i + 1)) || at(s, i + 1) == '#';
	return is_blank(c) || strchr("{}()=,", c);
}

/* @wrong is the character that a word without quotes cannot have. */
static void report_word(const struct scan *s, char wrong)
{
	char shown[TOKEN_TEXT_MAX];
	const char *why;

	token_text(s, shown);
	switch (wrong) {
	case '$':
		why = "has ${...} in it, which is not expanded in a policy: write the value itself, "
		      "or put it in single quotes if it is meant literally";
		break;
	case '*':
		why = "has a * outside quotes, where /* begins a comment: quote it, as in "
		      "\"/home/*/.ssh/\"";
		break;
	case '#':
		why = "has a # in it, which begins a comment: quote it, or put a blank before the "
		      "comment";
		break;
	case '/':
		why = "begins with //, which begins a comment: write one slash for a path, a blank "
		      "after // for a comment";
		break;
	default:
		policy_error(s->p, s->tok.line, "%s has a %c in it: quote the whole of it", shown,
			     wrong);
		return;
	}
	policy_error(s->p, s->tok.line, "%s %s", shown, why);
}

static void scan_word(struct scan *s)
{
	const char *wrong = NULL;
	bool variable = false;

	while (s->pos < s->len && (!ends_word(s, s->pos) || variable)) {
		char c = s->text[s->pos];

		/* All of ${A:-b c} is one mistake. */
		if (c == '\n' || (is_blank(c) && !variable))
			break;
		if (c == '$' && at(s, s->pos + 1) == '{')
			variable = true;
		if (c == '}')
			variable = false;
		if (!wrong && strchr("*+#\"'", c))
			wrong = s->text + s->pos;
		if (!wrong && c == '$' && at(s, s->pos + 1) == '{')
			wrong = s->text + s->pos;
		s->pos++;
	}
	s->tok.kind = TOKEN_WORD;
	s->tok.end = s->pos;
	if (!wrong && at(s, s->pos) == '#')
		wrong = s->text + s->pos;
	if (!wrong && at(s, s->tok.start) == '/' && at(s, s->tok.start + 1) == '/')
		wrong = s->text + s->tok.start;
	if (!wrong)
		return;
	report_word(s, *wrong);
	bad_token(s);
}

/* What is wrong with the escape at @i of a string in double quotes, or NULL. */
static const char *escape_error(const struct scan *s, size_t i)
{
	char c = at(s, i + 1);
	char high = at(s, i + 2), low = at(s, i + 3);

	if (c == '"' || c == '\\' || c == '$')
		return NULL;
	if (c == '*' || c == '?' || c == '[' || c == ']')
		return "in double quotes a \\ before a character of a glob is lost: write it twice "
		       "(\\\\*), or use single quotes";
	if (c != 'x' || !isxdigit((unsigned char)high) || !isxdigit((unsigned char)low))
		return "in double quotes a \\ stands before \", \\, $ or x and two hex digits: "
		       "write \\\\ for the character itself, or use single quotes";
	if (high < '2' || (high == '7' && (low == 'f' || low == 'F')))
		return "control characters cannot be part of a policy: cover such a name by the "
		       "directory above it (/directory/) or by a glob";
	return NULL;
}

/* A string ends on its line: no path and no word of the language goes over two. */
static void scan_string(struct scan *s)
{
	char quote = s->text[s->pos++];
	const char *wrong = NULL;

	s->tok.kind = TOKEN_STRING;
	for (; at(s, s->pos) != quote; s->pos++) {
		if (s->pos >= s->len || s->text[s->pos] == '\n') {
			policy_error(s->p, s->tok.line,
				     "this string has no closing %c on its line: add it", quote);
			bad_token(s);
			return;
		}
		if (quote == '"' && s->text[s->pos] == '$' && at(s, s->pos + 1) == '{')
			wrong = "${...} is not expanded in a policy: write the value itself, or "
				"put it in single quotes if it is meant literally";
		if (s->text[s->pos] != '\\')
			continue;
		if (quote == '"' && !wrong)
			wrong = escape_error(s, s->pos);
		if (at(s, s->pos + 1) == quote || at(s, s->pos + 1) == '\\' ||
		    (quote == '"' && at(s, s->pos + 1) == '$'))
			s->pos++;
	}
	s->pos++;
	if (!wrong && !ends_word(s, s->pos))
		wrong = "this string goes on after its closing quote: put all of it between one "
			"pair of quotes, and a blank before a comment";
	while (!ends_word(s, s->pos))
		s->pos++;
	if (!wrong)
		return;
	policy_error(s->p, s->tok.line, "%s", wrong);
	bad_token(s);
}

static enum token_kind punctuation(char c)
{
	switch (c) {
	case '{':
		return TOKEN_OPEN;
	case '}':
		return TOKEN_CLOSE;
	case '(':
		return TOKEN_PAREN_OPEN;
	case ')':
		return TOKEN_PAREN_CLOSE;
	case '=':
		return TOKEN_EQUALS;
	case ',':
		return TOKEN_COMMA;
	default:
		return TOKEN_END;
	}
}

void scan_next(struct scan *s)
{
	s->end = s->tok.end;
	skip_space(s);
	s->tok = (struct token){ .start = s->pos, .line = s->line, .first = s->line_start };
	s->line_start = false;
	if (s->pos < s->len) {
		char c = s->text[s->pos];

		s->tok.kind = punctuation(c);
		if (s->tok.kind != TOKEN_END) {
			s->pos++;
		} else if (c == '+' && at(s, s->pos + 1) == '=') {
			s->tok.kind = TOKEN_APPEND;
			s->pos += 2;
		} else if (c == '"' || c == '\'') {
			scan_string(s);
		} else {
			scan_word(s);
		}
	}
	s->tok.end = s->pos;
}

char scan_peek(const struct scan *s)
{
	size_t i = s->tok.end;

	while (i < s->len && (s->text[i] == ' ' || s->text[i] == '\t'))
		i++;
	return at(s, i);
}

bool token_is(const struct scan *s, const char *word)
{
	size_t n = s->tok.end - s->tok.start;

	return s->tok.kind == TOKEN_WORD && strlen(word) == n &&
	       memcmp(s->text + s->tok.start, word, n) == 0;
}

bool token_is_value(const struct scan *s)
{
	return s->tok.kind == TOKEN_WORD || s->tok.kind == TOKEN_STRING || s->tok.kind == TOKEN_BAD;
}

const char *token_text(const struct scan *s, char buf[TOKEN_TEXT_MAX])
{
	size_t n = s->tok.end - s->tok.start;
	size_t room = TOKEN_TEXT_MAX - sizeof("'...'");

	if (s->tok.kind == TOKEN_END) {
		strcpy(buf, "the end of the file");
		return buf;
	}
	if (n <= room) {
		snprintf(buf, TOKEN_TEXT_MAX, "'%.*s'", (int)n, s->text + s->tok.start);
		return buf;
	}
	/* Not in the middle of a character. */
	for (n = room; n && (s->text[s->tok.start + n] & 0xc0) == 0x80; n--)
		;
	snprintf(buf, TOKEN_TEXT_MAX, "'%.*s...'", (int)n, s->text + s->tok.start);
	return buf;
}
