// SPDX-License-Identifier: GPL-2.0-only
/* The processes of a guard, killed; and its commands. */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/hammer.h"

#define CHILDREN 8
#define GONE_MS	 60000

size_t guard_children(const struct guard *g, pid_t *pids, size_t n)
{
	FILE *f = fopen(path("/proc/%d/task/%d/children", g->pid, g->pid), "re");
	size_t found = 0;

	while (f && found < n && fscanf(f, "%d", &pids[found]) == 1)
		found++;
	if (f)
		fclose(f);
	return found;
}

bool guard_kill_all(struct guard *g)
{
	pid_t pids[CHILDREN];
	size_t n;
	bool ok;

	/* Stopped first: its end would make its children end in good order. */
	ok = !kill(g->pid, SIGSTOP);
	n = guard_children(g, pids, CHILDREN);
	for (size_t i = 0; i < n; i++)
		ok = !kill(pids[i], SIGKILL) && ok;
	ok = !kill(g->pid, SIGKILL) && waitpid(g->pid, NULL, 0) == g->pid && ok;
	g->pid = 0;
	for (size_t i = 0; i < n; i++)
		ok = wait_for(process_gone, &pids[i], GONE_MS) && ok;
	return ok && n;
}

int guard_says(const char *text, const char *fmt, ...)
{
	struct result r;
	va_list ap;
	char *line;

	va_start(ap, fmt);
	line = vpath(fmt, ap);
	va_end(ap);
	r = run_line(NULL, -1, "./lsm-guard", line);
	if (text && !strstr(r.said, text)) {
		printf("# %s: exit status %d, and it says: %s\n", line, r.code, r.said);
		r.code = -1;
	}
	free(line);
	return r.code;
}
