// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set of paths, and what they lead to: opened in batches with O_PATH, which no hook sees
 * and no device notices, and identified by their descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"

#define BATCH 512 /* with all else that is open, fewer than the usual limit of 1024 */

size_t paths_add(struct paths *paths, const char *path)
{
	return table_add(&paths->table, path, strlen(path));
}

const char *paths_name(const struct paths *paths, size_t number)
{
	return paths->table.entries[number].bytes;
}

/* One batch: all numbers from @first to before @end. */
static int identify_range(struct paths *paths, struct identifier *who, size_t first, size_t end)
{
	struct guard_identified found[BATCH];
	size_t number[BATCH], n = 0;
	int fds[BATCH], err = 0;

	for (size_t i = first; i < end && !err; i++) {
		const char *path = paths_name(paths, i);
		int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

		paths->is[i] = (struct guard_identified){ .fd = -1 };
		if (fd < 0 && errno != ENOENT && errno != ENOTDIR) {
			err = -errno;
			fprintf(stderr, "lsm-guard: %s: %s\n", path, strerror(errno));
		}
		if (fd < 0)
			continue;
		number[n] = i;
		fds[n++] = fd;
	}
	if (n && !err) {
		err = identify_fds(who, fds, n, found);
		if (err)
			fprintf(stderr, "lsm-guard: the kernel did not tell what %s is: %s\n",
				paths_name(paths, first), strerror(-err));
	}
	for (size_t i = 0; i < n; i++) {
		if (!err)
			paths->is[number[i]] = found[i];
		close(fds[i]);
	}
	return err;
}

int paths_identify(struct paths *paths, struct identifier *who)
{
	size_t n = paths->table.n;
	int err = 0;

	free(paths->is);
	paths->is = calloc(n + 1, sizeof(*paths->is));
	if (!paths->is)
		return -ENOMEM;
	for (size_t first = 0; first < n && !err; first += BATCH)
		err = identify_range(paths, who, first, first + BATCH < n ? first + BATCH : n);
	return err;
}

void paths_free(struct paths *paths)
{
	table_free(&paths->table);
	free(paths->is);
	paths->is = NULL;
}
