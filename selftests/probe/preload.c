// SPDX-License-Identifier: GPL-2.0-only
/*
 * A library to slip into a trusted program: reads the file that the environment
 * names and ends the program, 100 above the probe's outcomes, so that a program
 * that ran without it cannot be taken for one that ran with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

unsigned int la_version(unsigned int version);

__attribute__((constructor)) static void slip_in(void)
{
	const char *file = getenv("PROBE_PRELOAD_FILE");
	char c;
	int fd;

	if (!file)
		return;
	fd = open(file, O_RDONLY);
	if (fd >= 0 && read(fd, &c, 1) == 1)
		_exit(100);
	_exit(errno == EPERM ? 101 : 103);
}

/* LD_AUDIT takes only libraries that have this. */
unsigned int la_version(unsigned int version)
{
	return version;
}
