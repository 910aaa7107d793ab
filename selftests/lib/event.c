// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading lsm-guard's events: one flat JSON object a line, nothing nested. The
 * reader is strict, because it is also the test that the lines are well-formed.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

/* One character of a string into @to; NULL when it is none that JSON allows. */
static const char *character(const char *p, char **to)
{
	static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char hex[5] = "", *end;
	long code;

	if ((unsigned char)*p < 0x20)
		return NULL;
	if (*p != '\\') {
		*(*to)++ = *p;
		return p + 1;
	}
	if (p[1] && (found = strchr(plain, p[1]))) {
		*(*to)++ = meant[found - plain];
		return p + 2;
	}
	if (p[1] != 'u')
		return NULL;
	strncpy(hex, p + 2, 4);
	code = strtol(hex, &end, 16);
	if (end != hex + 4)
		return NULL;
	*(*to)++ = code < 0x80 ? code : '?';
	return p + 6;
}

static const char *string(const char *p, char **value)
{
	char *to = *value = malloc(strlen(p) + 1);

	if (*p++ != '"')
		return NULL;
	while (p && *p != '"')
		p = character(p, &to);
	*to = 0;
	return p ? p + 1 : NULL;
}

static const char *number(const char *p, char **value)
{
	char *end;

	strtod(p, &end);
	if (end == p || !strchr("-0123456789", *p))
		return NULL;
	*value = strndup(p, end - p);
	return end;
}

static const char *word(const char *p, const char *w)
{
	while (p && *w)
		p = *p == *w++ ? p + 1 : NULL;
	return p;
}

static const char *spaces(const char *p)
{
	while (p && *p == ' ')
		p++;
	return p;
}

static const char *field(const char *p, struct event *e)
{
	char *name, *value = NULL;
	bool text;

	if (e->n == EVENT_FIELDS)
		return NULL;
	p = spaces(string(spaces(p), &name));
	p = p ? spaces(word(p, ":")) : NULL;
	text = p && *p == '"';
	if (p)
		p = text ? string(p, &value) : number(p, &value);
	e->field[e->n].name = name;
	e->field[e->n].value = value ? value : strdup("");
	e->field[e->n++].number = !text;
	return spaces(p);
}

static bool parse(const char *line, struct event *e)
{
	const char *p = word(line, "{");

	while (p) {
		p = field(p, e);
		if (p && *p == ',')
			p++;
		else
			break;
	}
	return p && (p = word(p, "}")) && (*p == '\n' && !p[1]);
}

static void event_free(struct event *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->field[i].name);
		free(e->field[i].value);
	}
}

struct events events_read(const char *file)
{
	struct events ev = { 0 };
	char *line = NULL;
	size_t size = 0;
	FILE *f = fopen(file, "re");

	while (f && getline(&line, &size, f) > 0) {
		struct event e = { 0 };

		if (!parse(line, &e)) {
			/* A line that is being written is not yet one. */
			if (strchr(line, '\n') && !ev.malformed++)
				ev.bad = strdup(line);
			event_free(&e);
			continue;
		}
		ev.e = realloc(ev.e, (ev.n + 1) * sizeof(*ev.e));
		ev.e[ev.n++] = e;
	}
	free(line);
	if (f)
		fclose(f);
	return ev;
}

void events_free(struct events *ev)
{
	for (size_t i = 0; i < ev->n; i++)
		event_free(&ev->e[i]);
	free(ev->e);
	free(ev->bad);
	*ev = (struct events){ 0 };
}

static const char *get(const struct event *e, const char *name, bool is_number)
{
	for (size_t i = 0; i < e->n; i++)
		if (!strcmp(e->field[i].name, name) && e->field[i].number == is_number)
			return e->field[i].value;
	return NULL;
}

const char *event_text(const struct event *e, const char *name)
{
	return get(e, name, false);
}

long event_number(const struct event *e, const char *name)
{
	const char *v = get(e, name, true);

	return v ? strtol(v, NULL, 10) : -1;
}

static bool is(const struct event *e, const char *verdict, long line)
{
	const char *v = event_text(e, "verdict");

	return v && !strcmp(v, verdict) && (line < 0 || event_number(e, "line") == line);
}

size_t events_count(const struct events *ev, const char *verdict, long line)
{
	size_t n = 0;

	for (size_t i = 0; i < ev->n; i++)
		n += is(&ev->e[i], verdict, line);
	return n;
}

const struct event *events_find(const struct events *ev, const char *verdict, long line)
{
	for (size_t i = 0; i < ev->n; i++)
		if (is(&ev->e[i], verdict, line))
			return &ev->e[i];
	return NULL;
}

struct wanted {
	const char *file, *verdict;
	long line;
};

static bool has_come(void *arg)
{
	struct wanted *w = arg;
	struct events ev = events_read(w->file);
	bool yes = events_find(&ev, w->verdict, w->line);

	events_free(&ev);
	return yes;
}

bool event_wait(const char *file, const char *verdict, long line, int milliseconds)
{
	struct wanted w = { file, verdict, line };

	return wait_for(has_come, &w, milliseconds);
}
