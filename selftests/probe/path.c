// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens whose path lies in memory of one kind or another, for what rewrites paths there
 * (lsm/fallback/). When the call has ended the memory must be what it was before.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define PAGE 4096
#define SIZE (2 * PAGE)

/* ---- the memory ------------------------------------------------------------------ */

/* Two pages that 32-bit calls reach too. */
static char *two_pages(int flags)
{
	char *p =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_32BIT | flags, -1, 0);

	if (p == MAP_FAILED)
		need(-1, "mmap of low pages");
	return memset(p, 0xaa, SIZE);
}

static char *put_at(char *at, const char *file)
{
	return strcpy(at, file);
}

static char *plain(const char *file)
{
	return put_at(two_pages(MAP_PRIVATE) + 100, file);
}

static char *shared(const char *file)
{
	return put_at(two_pages(MAP_SHARED) + 100, file);
}

static char *read_only(const char *file)
{
	char *pages = two_pages(MAP_PRIVATE);

	put_at(pages + 100, file);
	need(mprotect(pages, SIZE, PROT_READ), "mprotect");
	return pages + 100;
}

/* Its last byte is the last one that can be written. */
static char *page_end(const char *file)
{
	char *pages = two_pages(MAP_PRIVATE), *at = pages + PAGE - strlen(file) - 1;

	put_at(at, file);
	need(mprotect(pages + PAGE, PAGE, PROT_NONE), "mprotect");
	return at;
}

/* The last bytes of it are in a page that cannot be written. */
static char *half_read_only(const char *file)
{
	char *pages = two_pages(MAP_PRIVATE), *at = pages + PAGE - strlen(file) / 2;

	put_at(at, file);
	need(mprotect(pages + PAGE, PAGE, PROT_READ), "mprotect");
	return at;
}

/* As compilers place what a program opens: there is no other way to write it. */
static char *literal(const char *file)
{
	static const char *const known[] = {
		"/t/literal.r/f", "/t/literal.d/f", "/t/literal.k/f", "/t/literal.c/f",
		"/t/literal.o/f", "/t/literal.x/f", "/t/literal.a/f",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i], file))
			return (char *)known[i];
	broken("'%s' is not in the program's text", file);
}

static void *wait_on(void *arg)
{
	pause();
	return arg;
}

static char *beside_a_thread(const char *file)
{
	pthread_t t;

	errno = pthread_create(&t, NULL, wait_on, NULL);
	need(errno ? -1 : 0, "pthread_create");
	return plain(file);
}

/* Shared with the parent until one of them writes to it: goes on in the child. */
static char *forked(const char *file)
{
	char *at = plain(file);
	pid_t pid = need(fork(), "fork");
	int status;

	if (pid == 0)
		return at;
	need(waitpid(pid, &status, 0), "waitpid");
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

static const struct {
	const char *name;
	char *(*put)(const char *file);
} memories[] = {
	{ "plain", plain },
	{ "shared", shared },
	{ "read-only", read_only },
	{ "page-end", page_end },
	{ "half-read-only", half_read_only },
	{ "literal", literal },
	{ "thread", beside_a_thread },
	{ "forked", forked },
};

/* ---- the calls ------------------------------------------------------------------- */

#define NR32_OPEN    5
#define NR32_CREAT   8
#define NR32_OPENAT  295
#define NR32_OPENAT2 437

static long by_open(const char *at, int flags)
{
	return syscall(SYS_open, at, flags, 0644);
}

static long by_openat(const char *at, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, at, flags, 0644);
}

static long openat2_in(const char *at, int flags, __u64 resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return syscall(SYS_openat2, AT_FDCWD, at, &how, sizeof(how));
}

static long by_openat2(const char *at, int flags)
{
	return openat2_in(at, flags, 0);
}

/* The path begins in the current directory, though it is written as if at the root. */
static long by_openat2_in_root(const char *at, int flags)
{
	return openat2_in(at, flags, RESOLVE_IN_ROOT);
}

static long by_creat(const char *at, int flags)
{
	(void)flags;
	return syscall(SYS_creat, at, 0644);
}

static long by_open32(const char *at, int flags)
{
	return int80(NR32_OPEN, (uintptr_t)at, flags, 0644);
}

static long by_openat32(const char *at, int flags)
{
	return int80(NR32_OPENAT, AT_FDCWD, (uintptr_t)at, flags);
}

/* A file without a name, in a directory. */
static long by_tmpfile(const char *at, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, at, O_TMPFILE | flags, 0644);
}

static long by_openat2_32(const char *at, int flags)
{
	struct open_how *how = low_page();

	how->flags = flags;
	return int80_4(NR32_OPENAT2, AT_FDCWD, (uintptr_t)at, (uintptr_t)how, sizeof(*how));
}

static long by_creat32(const char *at, int flags)
{
	(void)flags;
	return int80(NR32_CREAT, (uintptr_t)at, 0644, 0);
}

static const struct {
	const char *name;
	long (*run)(const char *at, int flags);
} calls[] = {
	{ "open", by_open },	     { "openat", by_openat },
	{ "openat2", by_openat2 },   { "openat2-in-root", by_openat2_in_root },
	{ "creat", by_creat },	     { "open32", by_open32 },
	{ "openat32", by_openat32 }, { "openat2-32", by_openat2_32 },
	{ "creat32", by_creat32 },   { "tmpfile", by_tmpfile },
};

/* As much of the memory around it as is there: what a path is written over with is shorter. */
static size_t take(const char *at, char *out)
{
	uintptr_t page_left = PAGE - (uintptr_t)at % PAGE;
	int fds[2];
	ssize_t n;

	/* The kernel says how far it can be read. */
	need(pipe(fds), "pipe");
	n = need(write(fds[1], at, page_left), "reading the path's memory");
	need(read(fds[0], out, n), "read");
	if (write(fds[1], at + page_left, PAGE) > 0)
		n += need(read(fds[0], out + n, PAGE), "read");
	close(fds[0]);
	close(fds[1]);
	return n;
}

/* path-open MEMORY CALL MODE FILE */
static int act_path_open(char **args)
{
	static char before[SIZE], after[SIZE];
	const struct mode *mode = mode_of(args[2]);
	size_t m = 0, c = 0, n;
	char *at;
	int fd, err;

	while (m < sizeof(memories) / sizeof(*memories) && strcmp(memories[m].name, args[0]))
		m++;
	while (c < sizeof(calls) / sizeof(*calls) && strcmp(calls[c].name, args[1]))
		c++;
	if (m == sizeof(memories) / sizeof(*memories) || c == sizeof(calls) / sizeof(*calls))
		broken("'%s %s' opens nothing", args[0], args[1]);
	at = memories[m].put(args[3]);
	n = take(at, before);
	fd = calls[c].run(at, mode->flags);
	err = errno;
	if (take(at, after) != n || memcmp(before, after, n))
		broken("the path's memory is not what it was");
	errno = err;
	return use(fd, mode, args[1]);
}

/* ---- the race -------------------------------------------------------------------- */

struct race {
	char *at;
	const char *paths[2]; /* the one that is wanted, and another one */
	atomic_bool over;
	unsigned long elsewhere, denied, other;
};

static void *write_on(void *arg)
{
	struct race *r = arg;

	for (unsigned int i = 0; !atomic_load(&r->over); i++)
		strcpy(r->at, r->paths[i & 1]);
	return NULL;
}

/* True when it is the file that is wanted: it begins with "real". */
static bool race_once(struct race *r)
{
	char text[5] = "";
	int fd = syscall(SYS_open, r->at, O_RDONLY);

	if (fd < 0) {
		*(errno == EPERM ? &r->denied : &r->other) += 1;
		return false;
	}
	r->elsewhere += read(fd, text, 4) == 4;
	close(fd);
	return !strcmp(text, "real");
}

/*
 * path-race SECONDS FILE OTHER: opens what two threads write into one place, the paths of FILE
 * and of OTHER in turn, until it is FILE or the time is over.
 */
static int act_path_race(char **args)
{
	struct race r = { .at = two_pages(MAP_PRIVATE), .paths = { args[1], args[2] } };
	time_t end = time(NULL) + number(args[0]);
	bool won = false;
	pthread_t t[2];

	strcpy(r.at, args[1]);
	for (int i = 0; i < 2; i++) {
		errno = pthread_create(&t[i], NULL, write_on, &r);
		need(errno ? -1 : 0, "pthread_create");
	}
	while (!won && time(NULL) < end)
		won = race_once(&r);
	atomic_store(&r.over, true);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	printf("race: %s: %lu others opened, %lu refused, %lu failed\n",
	       won ? "read: real" : "not won", r.elsewhere, r.denied, r.other);
	if (won)
		return ALLOWED;
	return r.denied && r.elsewhere ? DENIED : OTHER;
}

const struct act path_acts[] = {
	{ "path-open", "MEMORY CALL MODE FILE", act_path_open },
	{ "path-race", "SECONDS FILE OTHER", act_path_race },
	{ NULL, NULL, NULL },
};
