// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to get new memory by mmap(2): map WAY SIZE. The other ways to come by
 * memory are in memory_grow.c, those of a 32-bit program in memory_compat.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "probe.h"

#define RW	  (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

size_t bytes(const char *text)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (end == text || (*end && (!unit || end[1])))
		broken("'%s' is not a size", text);
	return unit ? n << 10 * (unit - units + 1) : n;
}

/* WAY SIZE */
int run_way(const struct memory_way *ways, char **args)
{
	for (const struct memory_way *w = ways; w->name; w++)
		if (!strcmp(w->name, args[0]))
			return w->run(bytes(args[1]));
	broken("there is no way '%s'", args[0]);
}

int mapped(const void *p, size_t size, const char *what)
{
	unsigned char resident;
	char *last = (char *)p + ((size - 1) & ~(PAGE - 1));

	if (p == MAP_FAILED)
		return refused(what);
	return effect(!mincore((void *)p, 1, &resident) && !mincore(last, 1, &resident), what);
}

char *have_at(char *place, size_t size, int prot)
{
	const size_t piece = 1 << 20;

	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		if (mmap(place + at, n, prot, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
			need(-1, "mmap of a small piece");
	}
	return place;
}

char *have(size_t size, int prot)
{
	return have_at(ARENA, size, prot);
}

int nameless_file(size_t size)
{
	int fd = need(open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), "a file without a name");

	need(ftruncate(fd, size), "ftruncate");
	return fd;
}

static int memory_file(size_t size, unsigned int flags)
{
	int fd = need(memfd_create("probe", MFD_CLOEXEC | flags), "memfd_create");

	need(ftruncate(fd, size), "ftruncate");
	return fd;
}

static int map(size_t size, int prot, int flags, int fd)
{
	char *at = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) ? ARENA : NULL;

	return mapped(mmap(at, size, prot, flags, fd, 0), size, "mmap");
}

static int anonymous(size_t size)
{
	return map(size, RW, ANONYMOUS, -1);
}

/* Not a multiple of the page's size: the kernel rounds up. */
static int odd(size_t size)
{
	return map(size - PAGE + 1, RW, ANONYMOUS, -1);
}

static int none(size_t size)
{
	return map(size, PROT_NONE, ANONYMOUS, -1);
}

static int read_only(size_t size)
{
	return map(size, PROT_READ, ANONYMOUS, -1);
}

static int writable_code(size_t size)
{
	return map(size, RW | PROT_EXEC, ANONYMOUS, -1);
}

static int no_reserve(size_t size)
{
	return map(size, RW, ANONYMOUS | MAP_NORESERVE, -1);
}

static int low(size_t size)
{
	return map(size, RW, ANONYMOUS | MAP_32BIT, -1);
}

static int for_stack(size_t size)
{
	return map(size, RW, ANONYMOUS | MAP_STACK, -1);
}

static int fixed(size_t size)
{
	return map(size, RW, ANONYMOUS | MAP_FIXED, -1);
}

static int fixed_noreplace(size_t size)
{
	return map(size, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1);
}

/* The first page is there already, and must survive a refusal with what is in it. */
static int fixed_over(size_t size)
{
	char *old = have(PAGE, RW);
	int out;

	*old = 'x';
	out = fixed(size);
	if (out != ALLOWED && *old != 'x')
		return effect(false, "refused, and yet the old mapping is gone");
	return out;
}

/* All of it is there already: nothing grows. */
static int replace(size_t size)
{
	have(size, RW);
	return fixed(size);
}

/* A mapping that can be written in place of one that cannot. */
static int replace_read_only(size_t size)
{
	have(size, PROT_READ);
	return fixed(size);
}

static int shared(size_t size)
{
	return map(size, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static int zero(size_t size)
{
	return map(size, RW, MAP_PRIVATE, need(open("/dev/zero", O_RDWR), "/dev/zero"));
}

static int file_private(size_t size)
{
	return map(size, RW, MAP_PRIVATE, nameless_file(size));
}

static int file_read_only(size_t size)
{
	return map(size, PROT_READ, MAP_PRIVATE, nameless_file(size));
}

static int file_shared(size_t size)
{
	return map(size, RW, MAP_SHARED, nameless_file(size));
}

static int memfd_private(size_t size)
{
	return map(size, RW, MAP_PRIVATE, memory_file(size, 0));
}

static int memfd_shared(size_t size)
{
	return map(size, RW, MAP_SHARED, memory_file(size, 0));
}

static int huge(size_t size)
{
	return map(size, RW, ANONYMOUS | MAP_HUGETLB, -1);
}

/* One byte more than a huge page: the kernel makes it two. */
static int huge_odd(size_t size)
{
	return map(size - (2 << 20) + 1, RW, ANONYMOUS | MAP_HUGETLB, -1);
}

static int huge_memfd(size_t size)
{
	return map(size, RW, MAP_SHARED, memory_file(size, MFD_HUGETLB));
}

static int huge_memfd_odd(size_t size)
{
	return map(size - (2 << 20) + 1, RW, MAP_SHARED, memory_file(size, MFD_HUGETLB));
}

static int huge_memfd_private(size_t size)
{
	return map(size, RW, MAP_PRIVATE, memory_file(size, MFD_HUGETLB));
}

/* It is one page, and grows by page faults, to whose size RLIMIT_STACK is the limit. */
static int grows_down(size_t size)
{
	char *p = mmap(ARENA + size, PAGE, RW, ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		return refused("mmap with MAP_GROWSDOWN");
	for (size_t at = PAGE; at < size; at += PAGE)
		*(volatile char *)(p - at) = 1;
	return ALLOWED;
}

/* The stack that the program has, a page deeper each time. */
static int stack(size_t size)
{
	volatile char page[PAGE];

	page[0] = 1;
	if (size > PAGE && stack(size - PAGE) != ALLOWED)
		return OTHER;
	return page[0] ? ALLOWED : OTHER;
}

static const struct memory_way ways[] = {
	{ "anonymous", anonymous },
	{ "odd", odd },
	{ "none", none },
	{ "read-only", read_only },
	{ "writable-code", writable_code },
	{ "no-reserve", no_reserve },
	{ "low", low },
	{ "for-stack", for_stack },
	{ "fixed", fixed },
	{ "fixed-noreplace", fixed_noreplace },
	{ "fixed-over", fixed_over },
	{ "replace", replace },
	{ "replace-read-only", replace_read_only },
	{ "shared", shared },
	{ "zero", zero },
	{ "file-private", file_private },
	{ "file-read-only", file_read_only },
	{ "file-shared", file_shared },
	{ "memfd-private", memfd_private },
	{ "memfd-shared", memfd_shared },
	{ "huge", huge },
	{ "huge-odd", huge_odd },
	{ "huge-memfd", huge_memfd },
	{ "huge-memfd-odd", huge_memfd_odd },
	{ "huge-memfd-private", huge_memfd_private },
	{ "grows-down", grows_down },
	{ "stack", stack },
	{ NULL, NULL },
};

static int act_map(char **args)
{
	return run_way(ways, args);
}

const struct act memory_acts[] = {
	{ "map", "WAY SIZE", act_map },
	{ NULL, NULL, NULL },
};
