// SPDX-License-Identifier: GPL-2.0-only
/* BPF programs, maps and links, counted. */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/kernel.h"
#include "lib/lib.h"

static size_t count(int which)
{
	union bpf_attr attr = {};
	size_t n = 0;

	while (!syscall(SYS_bpf, which, &attr, sizeof(attr))) {
		attr.start_id = attr.next_id;
		n++;
	}
	return n;
}

struct bpf_objects bpf_objects_count(void)
{
	return (struct bpf_objects){ .programs = count(BPF_PROG_GET_NEXT_ID),
				     .maps = count(BPF_MAP_GET_NEXT_ID),
				     .links = count(BPF_LINK_GET_NEXT_ID) };
}

static bool are_as_wanted(void *arg)
{
	struct bpf_objects now = bpf_objects_count();

	return !memcmp(&now, arg, sizeof(now));
}

bool bpf_objects_become(const struct bpf_objects *wanted, int milliseconds)
{
	struct bpf_objects copy = *wanted, now;

	if (wait_for(are_as_wanted, &copy, milliseconds))
		return true;
	now = bpf_objects_count();
	printf("# %zu programs, %zu maps, %zu links; wanted were %zu, %zu, %zu\n", now.programs,
	       now.maps, now.links, wanted->programs, wanted->maps, wanted->links);
	return false;
}

long memory_of(const char *name)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && kib < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			kib = atol(line + strlen(name) + 1);
	if (f)
		fclose(f);
	return kib;
}
