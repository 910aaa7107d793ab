// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of the probe with a section each, and what came of their acts.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/limits.h"

bool limits_make(struct limits *l)
{
	*l = (struct limits){ 0 };
	if (!scene_make(&l->s, FS_TMPFS) || !command("chmod 1777 %s", l->s.at) ||
	    !write_file("/proc/sys/vm/nr_hugepages", "16\n") ||
	    !write_file("/proc/sys/fs/aio-max-nr", "1000000\n"))
		return false;
	l->policy = fopen(l->s.policy, "we");
	if (!l->policy)
		return false;
	l->last = limits_program(l, "last", "allocation = 4M", &l->last_line);
	return l->last;
}

void limits_end(struct limits *l)
{
	if (l->policy)
		fclose(l->policy);
	l->policy = NULL;
	scene_end(&l->s);
}

long limits_line(struct limits *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(l->policy, fmt, ap);
	va_end(ap);
	fputc('\n', l->policy);
	return ++l->lines;
}

char *limits_program(struct limits *l, const char *name, const char *section, long *line)
{
	char *at = path("%s/bin/%s", l->s.at, name);

	if (!copy_program(l->s.unlisted, at)) {
		perror(at);
		return NULL;
	}
	*line = limits_line(l, "program \"%s\" { %s }", at, section);
	return at;
}

bool limits_start(struct limits *l)
{
	bool written = !fclose(l->policy);

	l->policy = NULL;
	return written && scene_start(&l->s, NULL);
}

struct result limits_act(const struct limits *l, const char *program, const char *act)
{
	struct result r;
	char *line = NULL;
	size_t size;
	FILE *f = open_memstream(&line, &size);

	for (const char *p = act; *p; p++) {
		if (*p != '%') {
			fputc(*p, f);
			continue;
		}
		p++;
		fputs(*p == 'P' ? program : *p == 'U' ? l->s.unlisted : l->s.at, f);
	}
	fclose(f);
	r = run_line(l->s.at, -1, program, line);
	free(line);
	return r;
}

bool limits_stop(struct limits *l, struct events *ev)
{
	bool came = limits_act(l, l->last, "map anonymous 8M").code == DENIED &&
		    event_wait(l->s.guard.events, "DENIED", l->last_line, 20000);
	bool ended = guard_stop(&l->s.guard) == 0;

	*ev = events_read(l->s.guard.events);
	if (!came)
		printf("# the last denial did not happen, or was not reported\n");
	if (ev->malformed)
		printf("# not one flat JSON object: %s\n", ev->bad);
	return came && ended && !ev->malformed;
}

bool subtest(size_t n, const char *group, const char *name, const char *why)
{
	printf("    %s %zu %s.%s%s%s\n", why ? "not ok" : "ok", n, group, name, why ? " # " : "",
	       why ? why : "");
	return !why;
}

void subtest_skip(size_t n, const char *group, const char *name, const char *why)
{
	printf("    ok %zu %s.%s # SKIP %s\n", n, group, name, why);
}

char *events_judge(const struct events *ev, const char *verdict, long line, size_t wanted)
{
	size_t n = events_count(ev, verdict, line);

	if (n == wanted)
		return NULL;
	for (size_t i = 0; i < ev->n; i++)
		if (event_number(&ev->e[i], "line") == line)
			event_show(&ev->e[i]);
	return path("%zu events name line %ld, not %zu", n, line, wanted);
}

void event_show(const struct event *e)
{
	printf("#  ");
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->field[i].name, "time") && strcmp(e->field[i].name, "policy"))
			printf(" %s=%s", e->field[i].name, e->field[i].value);
	printf("\n");
}
