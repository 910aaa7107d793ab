// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scene for tests that are not rows of the attack table: a filesystem with
 * programs in bin/, a policy of a few lines, and acts in its root directory.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

#define MOUNT "/tmp/lsm-guard-scene"

bool scene_make(struct scene *s, enum fs fs)
{
	*s = (struct scene){ .at = MOUNT };
	s->listed = path("%s/bin/listed", s->at);
	s->other = path("%s/bin/other", s->at);
	s->unlisted = strdup(tree_path("build/probe"));
	s->policy = path("%s.conf", s->at);
	return fs_make(fs, s->at) && fs_show(fs, s->at) && command("mkdir %s/bin", s->at) &&
	       copy_program(s->unlisted, s->listed) && copy_program(s->unlisted, s->other);
}

void scene_end(struct scene *s)
{
	guard_stop(&s->guard);
	fs_unmount(s->at);
}

bool scene_policy(struct scene *s, const char *text)
{
	FILE *f = fopen(s->policy, "we");

	if (!f)
		return false;
	for (const char *p = text; *p; p++) {
		if (*p != '%') {
			fputc(*p, f);
			continue;
		}
		p++;
		fputs(*p == 'T' ? s->listed : *p == 'O' ? s->other : s->at, f);
	}
	return !fclose(f);
}

bool scene_start(struct scene *s, const char *option)
{
	return guard_start(&s->guard, s->policy, option);
}

int scene_act(const struct scene *s, const char *program, const char *fmt, ...)
{
	struct result r;
	va_list ap;
	char *line;

	va_start(ap, fmt);
	line = vpath(fmt, ap);
	va_end(ap);
	r = run_line(s->at, -1, program, line);
	if (r.code != ALLOWED && r.code != DENIED)
		printf("# %s: exit status %d: %s\n", line, r.code, r.said);
	free(line);
	return r.code;
}
