// SPDX-License-Identifier: GPL-2.0-only
/* See oom.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oom.h"

int oom_adjustment(void)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "re");
	char text[16] = "";

	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		*text = 0;
	fclose(f);
	return atoi(text);
}

int oom_adjust(pid_t pid, int adjustment)
{
	char file[64], text[16];
	int fd, err = 0;

	snprintf(file, sizeof(file), "/proc/%d/oom_score_adj", pid);
	snprintf(text, sizeof(text), "%d", adjustment);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}
