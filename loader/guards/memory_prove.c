// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lsm-guard prove maps, bound by a section: more than is left of a limit. Nothing of it is
 * ever touched, so it takes no memory, and it goes with the child.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../act.h"
#include "../guard.h"

#define PIECES_MAX 4096
#define MORE_MAX   (1ULL << 46) /* what surely has a place in any process */

/* In bytes. */
struct held {
	unsigned long long total, data;
};

static struct held read_held(void)
{
	struct held held = {};
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "VmSize: %llu", &held.total);
		sscanf(line, "VmData: %llu", &held.data);
	}
	if (f)
		fclose(f);
	held.total *= 1024;
	held.data *= 1024;
	return held;
}

/* Maps so much in pieces of at most @piece; 0, or the errno of the one that failed. */
static int map_pieces(unsigned long long bytes, unsigned long long piece, int protection)
{
	for (unsigned long long done = 0; done < bytes; done += piece) {
		unsigned long long n = bytes - done < piece ? bytes - done : piece;

		if (mmap(NULL, n, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) ==
		    MAP_FAILED)
			return errno;
	}
	return 0;
}

static void try_limit(struct act *act, unsigned long long bytes, unsigned long long piece,
		      int protection)
{
	int error;

	if (bytes > MORE_MAX || bytes / piece >= PIECES_MAX) {
		act_came_to(act, PROOF_UNTESTABLE,
			    bytes > MORE_MAX ? "no process has so much place"
					     : "allocation allows too little of it at once");
		return;
	}
	act_bind(act);
	act_begin(act);
	error = map_pieces(bytes, piece, protection);
	act_end(act, error, "mapping %llu bytes", bytes);
}

void memory_try(struct act *act)
{
	const struct guard_section *section = &act_section(act)->kernel;
	unsigned long long page = getpagesize(), slack = 256 * page, piece = MORE_MAX, more;
	unsigned long long allocation = section->bytes[0] / page * page;
	unsigned long long memory = section->bytes[1], space = section->bytes[2];
	struct held held = read_held();

	if (act->access == GUARD_ALLOCATION) {
		try_limit(act, allocation + page, piece, PROT_NONE);
		return;
	}
	if (section->keys & GUARD_ALLOCATION)
		piece = allocation;
	if (act->access == GUARD_ADDRESS_SPACE) {
		more = (space > held.total ? space - held.total : 0) + slack;
		try_limit(act, more / page * page, piece, PROT_NONE);
		return;
	}
	more = (memory > held.data ? memory - held.data : 0) + slack;
	if (section->keys & GUARD_ADDRESS_SPACE && more > piece && held.total + more > space)
		act_came_to(act, PROOF_UNTESTABLE, "address-space ends before");
	else
		try_limit(act, more / page * page, piece, PROT_READ | PROT_WRITE);
}
