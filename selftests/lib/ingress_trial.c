// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the ingress tests try: the results, and single packets.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ingress_trial.h"

bool judge(struct trial *t, bool in, bool allowed, const char *fmt, ...)
{
	bool wanted = !t->guarded || allowed, ok = in == wanted;
	va_list ap;
	char *name;

	va_start(ap, fmt);
	name = vpath(fmt, ap);
	va_end(ap);
	t->bad += !ok;
	printf("    %s %zu %s: %s%s\n", ok ? "ok" : "not ok", ++t->n, t->name, name,
	       ok   ? ""
	       : in ? " # got in"
		    : " # did not get in");
	free(name);
	return ok;
}

int patience(const struct trial *t, bool allowed)
{
	return !t->guarded || allowed ? PATIENCE : 0;
}

bool raw(struct packet p)
{
	struct frame f;

	frame_make(&f, &p);
	wire_clear(p.wire);
	return wire_put(p.wire, &f) && wire_sync(p.wire) && wire_saw(p.wire, f.id);
}

void close_all(const int *fd, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

void trial_stay(bool on_one)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (!on_one)
		memset(&set, 0xff, sizeof(set));
	sched_setaffinity(0, sizeof(set), &set);
}
