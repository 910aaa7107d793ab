// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe ACT ARGS...: one attempt to reach something, and what became of it.
 *
 * Exit status: 0 allowed, and the act had its effect; 1 denied with EPERM; 2
 * could not be tried; 3 refused in another way, which is printed. The program
 * is static, so that a copy of it anywhere is a program of its own, with
 * nothing beside it that could be denied.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static const struct act *const tables[] = {
	open_acts,	    fd_acts,	       content_acts,
	name_acts,	    meta_acts,	       mount_acts,
	wrap_acts,	    exec_acts,	       pass_acts,
	trace_acts,	    identity_acts,     loop_acts,
	path_acts,	    socket_serve_acts, socket_reach_acts,
	socket_pass_acts,   socket_bind_acts,  socket_make_acts,
	socket_route_acts,  memory_acts,       memory_grow_acts,
	memory_compat_acts, memory_exact_acts, memory_wrap_acts,
	process_acts,	    process_tree_acts, process_churn_acts,
	process_start_acts,
};

void broken(const char *fmt, ...)
{
	va_list ap;

	fputs("probe: could not be tried: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(BROKEN);
}

/* A step of the set-up: it works, or there is no result. */
long need(long ret, const char *what)
{
	if (ret < 0)
		broken("%s: %s", what, strerror(errno));
	return ret;
}

/* The act failed; only EPERM is a denial. */
int refused(const char *what)
{
	int err = errno;

	fprintf(stderr, "probe: %s: %s (%s)\n", what, strerror(err), strerrorname_np(err));
	return err == EPERM ? DENIED : OTHER;
}

int judge(long ret, const char *what)
{
	return ret < 0 ? refused(what) : ALLOWED;
}

/* The act was let through; did it do anything? */
int effect(bool seen, const char *what)
{
	if (seen)
		return ALLOWED;
	fprintf(stderr, "probe: let through without effect: %s\n", what);
	return OTHER;
}

int number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 0 || n > 1 << 30)
		broken("'%s' is not a number", text);
	return n;
}

const char *beside(const char *file, const char *suffix)
{
	char *name;

	if (asprintf(&name, "%s.%s.%d", file, suffix, getpid()) < 0)
		broken("no memory");
	return name;
}

int scratch(const char *path)
{
	int fd = need(open(path, O_RDWR | O_CREAT | O_TRUNC, 0644), path);

	need(write(fd, "scratch\n", 8), path);
	need(lseek(fd, 0, SEEK_SET), path);
	return fd;
}

static const struct act *find(const char *name)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct act *a = tables[i]; a->name; a++)
			if (!strcmp(a->name, name))
				return a;
	return NULL;
}

static bool args_fit(const struct act *a, char **args)
{
	size_t given = 0, wanted = *a->args != 0;
	bool more = strstr(a->args, "...");

	while (args[given])
		given++;
	for (const char *p = a->args; *p; p++)
		wanted += *p == ' ' && strcmp(p, " ...");
	return more ? given >= wanted : given == wanted;
}

int run_act(char **argv)
{
	const struct act *a = find(argv[0]);

	if (!a)
		broken("there is no act '%s' (try probe --help)", argv[0]);
	if (!args_fit(a, argv + 1))
		broken("usage: probe %s %s", a->name, a->args);
	return a->run(argv + 1);
}

static void help(void)
{
	puts("usage: probe ACT ARGS...\n");
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct act *a = tables[i]; a->name; a++)
			printf("  %s %s\n", a->name, a->args);
	puts("\nexit status: 0 allowed, 1 denied (EPERM), 2 could not be tried, 3 another errno");
}

int main(int argc, char **argv)
{
	if (argc < 2)
		broken("usage: probe ACT ARGS...");
	if (!strcmp(argv[1], "--help")) {
		help();
		return ALLOWED;
	}
	return run_act(argv + 1);
}
