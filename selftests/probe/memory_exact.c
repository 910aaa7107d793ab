// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits on memory to the page. memory-walk does random things and knows of each
 * beforehand whether it fits; memory-race lets threads take what they can get, and
 * looks whether it is all, and no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory.h"
#include "probe.h"

#define RW (PROT_READ | PROT_WRITE)

enum key { ALLOCATION, MEMORY, ADDRESS_SPACE };

static enum key key_of(const char *name)
{
	static const char *const names[] = { "allocation", "memory", "address-space" };

	for (int i = 0; i < 3; i++)
		if (!strcmp(names[i], name))
			return i;
	broken("there is no key '%s'", name);
}

/* A number of a line of /proc/self/status, in pages. */
static long status(const char *what)
{
	static char text[8192];
	int fd = need(open("/proc/self/status", O_RDONLY | O_CLOEXEC), "/proc/self/status");
	ssize_t n = need(read(fd, text, sizeof(text) - 1), "/proc/self/status");
	char *line;

	close(fd);
	text[n] = 0;
	line = strstr(text, what);
	if (!line)
		broken("/proc/self/status does not say %s", what);
	return strtol(line + strlen(what), NULL, 10) * 1024 / PAGE;
}

/* What the kernel counts for the key, in pages. */
static long held(enum key key)
{
	return status(key == ADDRESS_SPACE ? "VmSize:" : "VmData:");
}

/* A window of the arena, in which there is one mapping or none. */
#define WINDOWS 12
#define MOST	96

struct window {
	char *at;
	long pages; /* 0: nothing there */
	bool data, shared;
};

struct walk {
	enum key key;
	long limit; /* pages; -1: none */
	struct window w[WINDOWS];
	const char *what; /* the step, and what it is about to do, in pages */
	long asked, data, space;
	int err;
};

static void will(struct walk *k, const char *what, long asked, long space, long data)
{
	k->what = what;
	k->asked = asked;
	k->space = space;
	k->data = data;
}

/* Often just what fits still, or a page more. */
static long some_pages(const struct walk *k)
{
	long room = k->limit - (k->key == ALLOCATION ? 0 : held(k->key));

	if (k->limit >= 0 && room > 0 && room < 2 * MOST && random() % 2)
		return room + random() % 2;
	return 1 + random() % MOST;
}

/* Each step says what it will do, tries it, and keeps account when it worked. */
static bool step_map(struct walk *k, struct window *w)
{
	static const int prots[] = { RW, RW, PROT_READ, PROT_NONE };
	int prot = prots[random() % 4];
	bool shared = random() % 4 == 0, data = !shared && prot == RW;
	long pages = some_pages(k), old = w->pages;
	bool done;

	if (pages < old)
		pages = old; /* what is there goes as a whole */
	will(k, old ? "mmap over" : "mmap", pages, pages - old,
	     (data ? pages : 0) - (w->data ? old : 0));
	done = mmap(w->at, pages * PAGE, prot,
		    MAP_FIXED | MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE), -1,
		    0) != MAP_FAILED;
	if (done)
		*w = (struct window){ w->at, pages, data, shared };
	return done;
}

static bool step_unmap(struct walk *k, struct window *w)
{
	long keep = w->pages ? random() % w->pages : 0, gone = w->pages - keep;
	bool done = true;

	will(k, "munmap", 0, -gone, w->data ? -gone : 0);
	if (gone)
		done = !munmap(w->at + keep * PAGE, gone * PAGE);
	if (done)
		w->pages = keep;
	return done;
}

static bool step_resize(struct walk *k, struct window *w)
{
	long pages = w->pages + (random() % 2 ? some_pages(k) : -(random() % w->pages));
	long growth = pages - w->pages;
	bool done;

	will(k, "mremap", growth, growth, w->data ? growth : 0);
	done = mremap(w->at, w->pages * PAGE, pages * PAGE, random() % 2 ? MREMAP_MAYMOVE : 0) ==
	       w->at;
	if (done)
		w->pages = pages;
	return done;
}

/* Into another window, over what is there; DONTUNMAP leaves the old pages behind. */
static bool step_move(struct walk *k, struct window *w)
{
	struct window *to = &k->w[random() % WINDOWS];
	bool stay = !w->shared && random() % 2, done;
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED | (stay ? MREMAP_DONTUNMAP : 0);
	long pages = stay ? w->pages : 1 + random() % MOST;
	long growth = stay ? pages : pages - w->pages;

	if (to == w)
		return step_unmap(k, w);
	/* The kernel clears the place before it asks whether the move may be. */
	if (to->pages && munmap(to->at, to->pages * PAGE))
		return false;
	to->pages = 0;
	will(k, stay ? "mremap DONTUNMAP" : "mremap FIXED", growth, growth, w->data ? growth : 0);
	done = mremap(w->at, w->pages * PAGE, pages * PAGE, flags, to->at) == to->at;
	if (done) {
		*to = (struct window){ to->at, pages, w->data, w->shared };
		if (!stay)
			w->pages = 0;
	}
	return done;
}

static bool step_protect(struct walk *k, struct window *w)
{
	bool rw = random() % 2, data = rw && !w->shared;
	bool done;

	will(k, "mprotect", 0, 0, w->pages * (data - w->data));
	done = !mprotect(w->at, w->pages * PAGE, rw ? RW : PROT_READ);
	if (done)
		w->data = data;
	return done;
}

static bool step_brk(struct walk *k, struct window *w)
{
	static char *start;
	char *now = (char *)syscall(SYS_brk, 0), *new;

	(void)w;
	if (!start)
		start = now;
	new = random() % 2 ? now + some_pages(k) * PAGE
			   : start + random() % ((now - start) / PAGE + 1) * PAGE;
	will(k, "brk", (new - now) / (long)PAGE, (new - now) / (long)PAGE,
	     (new - now) / (long)PAGE);
	errno = ENOMEM;
	return (char *)syscall(SYS_brk, new) == new;
}

static bool (*const steps[])(struct walk *, struct window *) = {
	step_map, step_map, step_map, step_unmap, step_resize, step_move, step_protect, step_brk,
};

static int mistake(const struct walk *k, const char *what, long before, long after)
{
	fprintf(stderr,
		"probe: %s: %s (asked %ld, growth %ld, of data %ld; held %ld then %ld; limit "
		"%ld pages): %s\n",
		k->what, what, k->asked, k->space, k->data, before, after, k->limit,
		strerror(k->err));
	return OTHER;
}

/* Whether the step that has been tried fits, from what was held before it. */
static bool fits(const struct walk *k, long before)
{
	long growth = k->key == MEMORY ? k->data : k->space;

	if (k->limit < 0)
		return true;
	if (k->key == ALLOCATION)
		return k->asked <= k->limit;
	return growth <= 0 || before + growth <= k->limit;
}

static int take_step(struct walk *k)
{
	struct window *w = &k->w[random() % WINDOWS];
	size_t which = random() % (sizeof(steps) / sizeof(*steps));
	long before, after, growth;
	bool done, ok;

	if (!w->pages && which >= 3)
		which = which == 7 ? 7 : 0;
	before = held(k->key);
	errno = 0;
	done = steps[which](k, w);
	k->err = done ? 0 : errno;
	after = held(k->key);
	growth = k->key == MEMORY ? k->data : k->space;
	/* A move has cleared its target before. */
	if (steps[which] == step_move)
		before = done ? after - growth : after;
	ok = fits(k, before);
	if (done && !ok)
		return mistake(k, "let through", before, after);
	if (!done && ok)
		return mistake(k, "refused although it fits", before, after);
	if (!done && k->err != EPERM && k->err != ENOMEM)
		return mistake(k, "refused in another way", before, after);
	if (k->key != ALLOCATION && after != before + (done ? growth : 0))
		return mistake(k, "the kernel counts otherwise", before, after);
	return ALLOWED;
}

/* memory-walk KEY LIMIT REPETITIONS STEPS */
static int act_walk(char **args)
{
	int times = number(args[2]), n = number(args[3]), out = ALLOWED, denied = 0;

	for (int i = 0; i < times && out == ALLOWED; i++) {
		struct walk k = { key_of(args[0]),
				  strcmp(args[1], "none") ? (long)(bytes(args[1]) / PAGE) : -1 };

		srandom(i + 1);
		for (int w = 0; w < WINDOWS; w++)
			k.w[w].at = ARENA + w * WINDOW;
		for (int s = 0; s < n && out == ALLOWED; s++) {
			out = take_step(&k);
			denied += k.err != 0;
		}
		for (int w = 0; w < WINDOWS; w++)
			munmap(k.w[w].at, WINDOW);
	}
	fprintf(stderr, "%d steps were refused\n", denied);
	if (out == ALLOWED && strcmp(args[1], "none") && !denied)
		return effect(false, "no step met the limit");
	return out;
}

#define THREADS 16

struct race {
	pthread_barrier_t begin, end;
	enum key key;
	bool over;
};

struct racer {
	struct race *race;
	int me;
};

/* One more: the first by brk, the second by mremap, the others by mmap. */
static bool take(int me, size_t have, size_t more)
{
	char *at = ARENA + me * WINDOW;

	if (me == 0) {
		char *now = (char *)syscall(SYS_brk, 0);

		return (char *)syscall(SYS_brk, now + more) == now + more;
	}
	if (me == 1 && have)
		return mremap(at, have, have + more, MREMAP_MAYMOVE) == at;
	return mmap(at + have, more, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		    0) != MAP_FAILED;
}

static void *race(void *arg)
{
	struct racer *r = arg;
	unsigned int seed = r->me;

	for (;;) {
		size_t have = 0, more = PAGE;

		pthread_barrier_wait(&r->race->begin);
		if (r->race->over)
			return NULL;
		do {
			more = (1 + rand_r(&seed) % 8) * PAGE;
			while (take(r->me, have, more))
				have += more;
		} while (more > PAGE && take(r->me, have, PAGE) && (have += PAGE));
		pthread_barrier_wait(&r->race->end);
	}
}

/* memory-race KEY LIMIT THREADS REPETITIONS */
static int act_race(char **args)
{
	enum key key = key_of(args[0]);
	long limit = bytes(args[1]) / PAGE;
	int n = number(args[2]), times = number(args[3]), out = ALLOWED;
	struct racer racers[THREADS];
	struct race r = { .key = key };
	pthread_t threads[THREADS];
	pthread_attr_t attr;
	char *brk;

	if (n < 2 || n > THREADS)
		broken("between 2 and %d threads", THREADS);
	pthread_barrier_init(&r.begin, NULL, n + 1);
	pthread_barrier_init(&r.end, NULL, n + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int i = 0; i < n; i++) {
		racers[i] = (struct racer){ &r, i };
		if (pthread_create(&threads[i], &attr, race, &racers[i]))
			broken("a thread could not be made");
	}
	brk = (char *)syscall(SYS_brk, 0);
	for (int i = 0; i < times && out == ALLOWED; i++) {
		long now;

		pthread_barrier_wait(&r.begin);
		pthread_barrier_wait(&r.end);
		now = held(key);
		if (now != limit) { /* neither less nor more */
			fprintf(stderr, "probe: %ld pages in the end, not %ld, the %dth time\n",
				now, limit, i + 1);
			out = OTHER;
		}
		syscall(SYS_brk, brk);
		for (int t = 1; t < n; t++)
			munmap(ARENA + t * WINDOW, WINDOW);
	}
	r.over = true;
	pthread_barrier_wait(&r.begin);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return out;
}

/* The kernel's own limit, by which the acts above can be tried without a guard. */
static int act_rlimit(char **args)
{
	struct rlimit r = { bytes(args[1]), bytes(args[1]) };

	need(setrlimit(key_of(args[0]) == MEMORY ? RLIMIT_DATA : RLIMIT_AS, &r), "setrlimit");
	return run_act(args + 2);
}

const struct act memory_exact_acts[] = {
	{ "with-rlimit", "KEY SIZE ACT...", act_rlimit },
	{ "memory-walk", "KEY LIMIT TIMES STEPS", act_walk },
	{ "memory-race", "KEY LIMIT THREADS TIMES", act_race },
	{ NULL, NULL, NULL },
};
