// SPDX-License-Identifier: GPL-2.0-only
/*
 * /run/lsm-guard/denied, which a program reads in place of a file that it may not read, where
 * nothing can be refused (lsm/fallback/). Everybody may read it. The kernel leads to it before
 * we hear of that, so that the line about an open may come a moment after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "denied.h"
#include "fill.h"

#define DIRECTORY "/run/lsm-guard"

/* Then it begins anew, with what it says first. */
#define BYTES_MAX 65536

static const char head[] =
	"This is not the file that you opened: lsm-guard's policy does not let you read it.\n"
	"Who was led here, and by which line of which policy:\n";

int denied_make(bool keep)
{
	int fd;

	if (chmod(DIRECTORY, 0711))
		return instance_fail(DIRECTORY, -errno);
	/* The inode stays: a guard that holds on after all knows it by that. */
	fd = open(DENIED_FILE,
		  O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (keep ? 0 : O_TRUNC),
		  0444);
	if (fd < 0)
		return instance_fail(DENIED_FILE, -errno);
	if ((lseek(fd, 0, SEEK_END) > 0 ||
	     write(fd, head, strlen(head)) == (ssize_t)strlen(head)) &&
	    !fchmod(fd, 0444))
		return fd;
	close(fd);
	return instance_fail(DENIED_FILE, errno ? -errno : -EIO);
}

void denied_add(int fd, const char *line)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < 0)
		return;
	if (size > BYTES_MAX && (ftruncate(fd, 0) || write(fd, head, strlen(head)) < 0))
		return;
	/* Nothing depends on it: where there is no room the event has been printed. */
	if (dprintf(fd, "%s\n", line) < 0)
		return;
}
