// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory guard: which programs it needs in the kernel, how its events read, and how it
 * proves that denials happen.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../act.h"
#include "../guard.h"

static const struct guard_program programs[] = {
	{ "mmap_addr", "mmap_addr", .verbs = GUARD_MEMORY_KEYS, .stage = ATTACH_LAST },
	{ "shm_shmat", "shm_shmat", .verbs = GUARD_MEMORY_KEYS, .stage = ATTACH_LAST },
	{ "memory_mprotect", "file_mprotect", .verbs = GUARD_MEMORY, .stage = ATTACH_LAST },
};

static void event_object(const struct guard_event *e, char *out, size_t size)
{
	snprintf(out, size, "%llu asked, %llu held, limit %llu", (unsigned long long)e->asked,
		 (unsigned long long)e->held, (unsigned long long)e->limit);
}

static void event_fields(const struct guard_event *e, struct fields *out)
{
	fields_number(out, "asked", e->asked);
	fields_number(out, "held", e->held);
	fields_number(out, "limit", e->limit);
}

/* One page more, and where `memory` is limited a page that becomes writable. */
static int act(__u32 closed, int canary)
{
	static char *old = MAP_FAILED;
	int tried = 1, no = 0;
	size_t page = getpagesize();
	char *more;

	(void)canary;
	if (old == MAP_FAILED)
		old = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (old == MAP_FAILED)
		return -errno;
	more = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	no += more == MAP_FAILED && errno == EPERM;
	if (more != MAP_FAILED)
		munmap(more, page);
	if (closed & GUARD_MEMORY && ++tried) {
		no += mprotect(old, page, PROT_READ | PROT_WRITE) && errno == EPERM;
		mprotect(old, page, PROT_READ);
	}
	return no == tried ? 0 : no ? -EBUSY : 1;
}

const struct guard memory_guard = {
	.name = "memory",
	.programs = programs,
	.n_programs = sizeof(programs) / sizeof(*programs),
	.keys = GUARD_MEMORY_KEYS,
	.object = event_object,
	.fields = event_fields,
	.act = act,
	.try = memory_try,
};
