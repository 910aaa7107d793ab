// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes N empty files in a directory: the objects of a large policy. A shell would
 * spend ten times as many instructions.
 *
 *	many DIR N
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long n;

	if (argc != 3)
		error(2, 0, "usage: many DIR N");
	n = strtoul(argv[2], NULL, 10);
	if (chdir(argv[1]))
		error(1, errno, "%s", argv[1]);
	for (unsigned long i = 0; i < n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "object-%lu", i);
		if (mknod(name, S_IFREG | 0600, 0))
			error(1, errno, "%s", name);
	}
	return 0;
}
