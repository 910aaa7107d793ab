// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values of a policy that are neither paths nor endpoints: words of a fixed set,
 * sizes and counts. A number is read in one way only: in decimal digits, without
 * sign, fraction or leading zeroes. What looks like a size written otherwise is
 * refused with the right form.
 */
#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "policy_private.h"

/*
 * A key that takes one of several words; *out is the index of the word, and as it
 * was when the key is not there.
 */
static bool take_choice(struct policy *p, const struct policy_block *b, const char *key,
			const char *const *words, const char *all, int *out)
{
	unsigned int line;
	cfg_opt_t *opt = policy_key(b, key, &line);
	const struct policy_word *w;
	const char *nearest;

	if (!line)
		return true;
	if (!opt || opt->nvalues != 1)
		return false;
	w = policy_word_at(opt, 0);
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], w->text) == 0) {
			*out = i;
			return true;
		}
	}
	if (policy_value_reported(p, w->text))
		return false;
	nearest = nearest_name(w->text, words);
	if (nearest)
		policy_error(p, policy_word_line(b, w), "%s cannot be '%.*s': did you mean '%s'?",
			     key, VALUE_SHOWN, w->text, nearest);
	else
		policy_error(p, policy_word_line(b, w), "%s cannot be '%.*s': write %s", key,
			     VALUE_SHOWN, w->text, all);
	return false;
}

bool policy_take_mode(struct policy *p, const struct policy_block *b, enum policy_mode *out,
		      bool *given)
{
	static const char *const words[] = {
		[MODE_ENFORCE] = "enforce",
		[MODE_AUDIT] = "audit",
		NULL,
	};
	int choice = (int)*out;
	unsigned int line;
	bool good;

	policy_key(b, "mode", &line);
	*given = line != 0;
	good = take_choice(p, b, "mode", words, "enforce or audit", &choice);
	*out = (enum policy_mode)choice;
	return good;
}

bool policy_take_fallback(struct policy *p, const struct policy_block *b, enum fallback_action *out,
			  bool *given)
{
	static const char *const words[] = {
		[FALLBACK_REPORT] = "report",
		[FALLBACK_REDIRECT] = "redirect",
		[FALLBACK_KILL] = "kill",
		NULL,
	};
	int choice = (int)*out;
	unsigned int line;
	bool good;

	policy_key(b, "fallback-action", &line);
	*given = line != 0;
	good = take_choice(p, b, "fallback-action", words, "report, redirect or kill", &choice);
	*out = (enum fallback_action)choice;
	return good;
}

bool policy_take_yes_no(struct policy *p, const struct policy_block *b, const char *key, bool *out)
{
	static const char *const words[] = { "no", "yes", NULL };
	int choice = *out;
	bool good = take_choice(p, b, key, words, "yes or no", &choice);

	*out = choice;
	return good;
}

/* All of @names, for messages. */
static void join_names(const char *const *names, char *joined, size_t size)
{
	size_t used = 0;

	joined[0] = '\0';
	for (int i = 0; names[i] && used < size; i++)
		used += (size_t)snprintf(joined + used, size - used, "%s%s", i ? ", " : "",
					 names[i]);
}

/* The number of @word in @names, or -1. */
static int take_name(struct policy *p, const char *key, const char *what, const char *const *names,
		     const char *word, unsigned int line)
{
	const char *nearest;
	char joined[256];

	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], word) == 0)
			return i;
	}
	if (policy_value_reported(p, word))
		return -1;
	nearest = nearest_name(word, names);
	if (!nearest)
		nearest = nearest_name(word, policy_list_words);
	join_names(names, joined, sizeof(joined));
	if (nearest)
		policy_error(p, line, "%s: '%.*s' is no %s: did you mean '%s'?", key, VALUE_SHOWN,
			     word, what, nearest);
	else
		policy_error(p, line, "%s: '%.*s' is no %s: what may stand here is %s, none, any",
			     key, VALUE_SHOWN, word, what, joined);
	return -1;
}

bool policy_take_bits(struct policy *p, const struct policy_block *b, const char *key,
		      const char *what, const char *const *names, unsigned int *out)
{
	unsigned int line, first[POLICY_BITS_MAX] = { 0 };
	cfg_opt_t *opt = policy_key(b, key, &line);
	enum list_kind kind = LIST_PROGRAMS;
	bool good = true;

	*out = 0;
	for (unsigned int i = 0; opt && line && i < opt->nvalues; i++) {
		const struct policy_word *w = policy_word_at(opt, i);
		unsigned int at = policy_word_line(b, w);
		int bit;

		if (policy_take_word(p, key, w, at, opt->nvalues, &kind)) {
			good &= kind != LIST_UNSET;
			continue;
		}
		bit = take_name(p, key, what, names, w->text, at);
		if (bit >= 0 && first[bit])
			policy_error(p, at,
				     "%s: '%s' is in this list already, at line %u: remove one",
				     key, w->text, first[bit]);
		if (bit < 0 || first[bit]) {
			good = false;
			continue;
		}
		first[bit] = at;
		*out |= 1u << bit;
	}
	for (int i = 0; kind == LIST_ANY && names[i]; i++)
		*out |= 1u << i;
	return good;
}

/* ---- numbers ---- */

/*
 * The digits at *@s, and *@s goes behind them. False without digits and with leading
 * zeroes; a number too large becomes the largest.
 */
static bool take_digits(const char **s, unsigned long long *out)
{
	const char *start = *s;

	for (*out = 0; isdigit((unsigned char)**s); (*s)++) {
		unsigned int digit = (unsigned int)(**s - '0');

		*out = *out > (ULLONG_MAX - digit) / 10 ? ULLONG_MAX : *out * 10 + digit;
	}
	return *s > start && (*start != '0' || *s == start + 1);
}

static const char units[] = "KMGT"; /* each 1024 times the one before it */

#define SIZE_LEAST 4096u /* a page: less than that can neither be asked for nor held */

enum size_error { SIZE_GOOD, SIZE_NONE, SIZE_LOW, SIZE_HIGH };

static enum size_error parse_size(const char *s, unsigned long long *out)
{
	unsigned long long n;
	unsigned int shift = 0;

	if (!take_digits(&s, &n))
		return SIZE_NONE;
	if (*s) {
		const char *unit = strchr(units, *s);

		if (!unit || s[1])
			return SIZE_NONE;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (n > (unsigned long long)LLONG_MAX >> shift)
		return SIZE_HIGH;
	*out = n << shift;
	return *out < SIZE_LEAST ? SIZE_LOW : SIZE_GOOD;
}

#define GUESS_DIGITS 6 /* more of them, before or after a point, are no near miss */

/*
 * What "512MB", "512 m", "-512M", "0512M" or "1.5G" was probably meant to be, in
 * the right form. A fraction goes into the next smaller unit.
 */
static bool guess_size(const char *s, char *guess, size_t size)
{
	unsigned long long n, fraction = 0, scale = 1;
	const char *unit;
	size_t digits;

	s += *s == '-' || *s == '+';
	s += strspn(s, "0");
	digits = strspn(s, "0123456789");
	if (digits > GUESS_DIGITS)
		return false;
	take_digits(&s, &n);
	if (*s == '.') {
		digits = strspn(++s, "0123456789");
		if (digits > GUESS_DIGITS)
			return false;
		for (; digits; digits--, scale *= 10)
			fraction = fraction * 10 + (unsigned int)(*s++ - '0');
	}
	s += strspn(s, " ");
	unit = *s ? strchr(units, toupper((unsigned char)*s)) : NULL;
	s += unit != NULL;
	if (*s && strcasecmp(s, "B") != 0 && strcasecmp(s, "iB") != 0)
		return false;
	if (fraction && unit) {
		n = n * 1024 + fraction * 1024 / scale;
		unit = unit > units ? unit - 1 : NULL;
	}
	snprintf(guess, size, "%llu%.*s", n, unit != NULL, unit ? unit : "");
	return parse_size(guess, &n) == SIZE_GOOD;
}

static bool means_no_limit(const char *word)
{
	static const char *const words[] = { "none", "any", "unlimited", "infinity", "max", NULL };

	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

/* The one value of @key and its line, or NULL when there is nothing to take. */
static const struct policy_word *single_word(struct policy *p, const struct policy_block *b,
					     const char *key, unsigned int *line, bool *good)
{
	cfg_opt_t *opt = policy_key(b, key, line);
	const struct policy_word *w;

	*good = !opt || !*line;
	if (*good || opt->nvalues != 1)
		return NULL;
	w = policy_word_at(opt, 0);
	*line = policy_word_line(b, w);
	return policy_value_reported(p, w->text) ? NULL : w;
}

bool policy_take_size(struct policy *p, const struct policy_block *b, const char *key,
		      unsigned long long *out)
{
	unsigned int line;
	bool good;
	const struct policy_word *w = single_word(p, b, key, &line, &good);
	enum size_error error;
	char guess[32];

	if (!w)
		return good;
	error = parse_size(w->text, out);
	if (error == SIZE_GOOD)
		return true;
	if (error == SIZE_LOW)
		policy_error(p, line,
			     "%s: '%.*s' is less than a page, 4096 bytes: write 4K or more, with "
			     "the unit K, M, G or T after the number",
			     key, VALUE_SHOWN, w->text);
	else if (error == SIZE_HIGH)
		policy_error(p, line, "%s: '%.*s' is too large: write less than 8388608T", key,
			     VALUE_SHOWN, w->text);
	else if (means_no_limit(w->text))
		policy_error(p, line,
			     "%s cannot be '%s': write a size, for example 512M, or leave the key "
			     "out to limit nothing",
			     key, w->text);
	else if (guess_size(w->text, guess, sizeof(guess)))
		policy_error(p, line, "%s: '%.*s' is no size: write %s", key, VALUE_SHOWN, w->text,
			     guess);
	else
		policy_error(p, line,
			     "%s: '%.*s' is no size: write digits, and K, M, G or T after them, "
			     "for example 512M",
			     key, VALUE_SHOWN, w->text);
	return false;
}

bool policy_take_count(struct policy *p, const struct policy_block *b, const char *key,
		       unsigned int least, unsigned int most, unsigned long long *out)
{
	unsigned int line;
	bool good;
	const struct policy_word *w = single_word(p, b, key, &line, &good);
	const char *s;

	if (!w)
		return good;
	s = w->text;
	if (take_digits(&s, out) && !*s && *out >= least && *out <= most)
		return true;
	if (means_no_limit(w->text))
		policy_error(p, line,
			     "%s cannot be '%s': write %u to allow %s, or leave the key out to "
			     "limit nothing",
			     key, w->text, least, least ? "a single one" : "none");
	else
		policy_error(p, line,
			     "%s: '%.*s' is no count: write a number from %u to %u, in digits "
			     "without leading zeroes",
			     key, VALUE_SHOWN, w->text, least, most);
	return false;
}
