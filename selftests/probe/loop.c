// SPDX-License-Identifier: GPL-2.0-only
/*
 * Acts that go on for as long as something else happens. They end when a file
 * STOP appears.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

/* What the readers saw, counted together. */
struct tally {
	unsigned long opened, denied, missing, other;
	int last; /* errno of the last other */
};

static bool stopped(const char *stop)
{
	return !access(stop, F_OK);
}

static void try_once(const char *file, struct tally *t)
{
	int fd = open(file, O_RDONLY);

	if (fd >= 0) {
		__sync_fetch_and_add(&t->opened, 1);
		close(fd);
	} else if (errno == EPERM) {
		__sync_fetch_and_add(&t->denied, 1);
	} else if (errno == ENOENT) {
		__sync_fetch_and_add(&t->missing, 1);
	} else {
		t->last = errno;
		__sync_fetch_and_add(&t->other, 1);
	}
}

static void read_on(char **files, const char *stop, struct tally *t)
{
	/* Whoever replaces the file must get a turn beside a thousand readers. */
	need(nice(19), "nice");
	while (!stopped(stop))
		for (char **f = files; *f; f++)
			try_once(*f, t);
	_exit(0);
}

/*
 * hammer READERS STOP FILE...: READERS processes read the files until STOP is
 * there. ALLOWED when one of them could be opened a single time, DENIED when there
 * was nothing but denials and files that were not there at the time.
 */
static int act_hammer(char **args)
{
	int readers = number(args[0]);
	struct tally *t =
		mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		need(-1, "mmap");
	for (int i = 0; i < readers; i++)
		if (need(fork(), "fork") == 0)
			read_on(args + 2, args[1], t);
	while (wait(NULL) > 0)
		;
	fprintf(stderr, "%d readers: %lu opened, %lu denied, %lu missing, %lu other (%s)\n",
		readers, t->opened, t->denied, t->missing, t->other,
		t->last ? strerror(t->last) : "none");
	if (t->opened)
		return ALLOWED;
	if (t->other || !t->denied)
		return OTHER;
	return DENIED;
}

/*
 * replace-loop TIMES FILE: a new file renamed over FILE again and again, as
 * passwd(1) does, then FILE taken away and made anew; each time with a hard
 * link FILE.alias to what FILE is now.
 */
static int act_replace_loop(char **args)
{
	int times = number(args[0]);
	char *new, *alias;

	if (asprintf(&new, "%s.new", args[1]) < 0 || asprintf(&alias, "%s.alias", args[1]) < 0)
		broken("no memory");
	for (int i = 0; i < times; i++) {
		/* The new file is not yet the protected one: it holds nothing until it is. */
		int fd = need(open(new, O_RDWR | O_CREAT | O_EXCL, 0600), new);

		if (i % 4 == 3)
			unlink(args[1]);
		if (rename(new, args[1]))
			return refused("rename over the file");
		need(write(fd, "secret\n", 7), "write");
		close(fd);
		unlink(alias);
		if (link(args[1], alias))
			return refused("link");
	}
	return ALLOWED;
}

/* flood TIMES FILE: opens it again and again, and nothing in between. */
static int act_flood(char **args)
{
	int times = number(args[0]), out = ALLOWED;

	for (int i = 0; i < times; i++) {
		int fd = open(args[1], O_RDONLY), first = out;

		out = fd >= 0 ? ALLOWED : errno == EPERM ? DENIED : OTHER;
		if (fd >= 0)
			close(fd);
		if (i && out != first)
			broken("%d, then %d the %dth time", first, out, i + 1);
	}
	return out;
}

/* repeat TIMES ACT...: the same act many times; the outcome must not vary. */
static int act_repeat(char **args)
{
	int times = number(args[0]), first = -1;

	for (int i = 0; i < times; i++) {
		int out = run_act(args + 1);

		if (first >= 0 && out != first)
			broken("%d the first time, %d the %dth", first, out, i + 1);
		first = out;
	}
	return first;
}

const struct act loop_acts[] = {
	{ "hammer", "READERS STOP FILE...", act_hammer },
	{ "replace-loop", "TIMES FILE", act_replace_loop },
	{ "flood", "TIMES FILE", act_flood },
	{ "repeat", "TIMES ACT...", act_repeat },
	{ NULL, NULL, NULL },
};
