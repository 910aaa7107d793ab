// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done with a descriptor once a file could be opened: bytes are moved,
 * so that "allowed" is more than a descriptor that opens and does nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

static const struct mode modes[] = {
	{ "read", O_RDONLY },
	{ "write", O_WRONLY },
	{ "rdwr", O_RDWR },
	{ "append", O_WRONLY | O_APPEND },
	{ "trunc", O_WRONLY | O_TRUNC },
	{ "read-trunc", O_RDONLY | O_TRUNC }, /* truncates without being open for writing */
};

const struct mode *mode_of(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(modes[i].name, name))
			return &modes[i];
	broken("'%s' is not a way to open", name);
}

bool showing;

static int use_read(int fd)
{
	char text[100] = "";
	ssize_t n = pread(fd, text, showing ? sizeof(text) - 1 : 1, 0);

	if (n < 0)
		return refused("read");
	if (n == 0)
		broken("the file is empty, nothing to read");
	if (showing)
		fprintf(stderr, "probe: read: %.*s\n", (int)strcspn(text, "\n"), text);
	return ALLOWED;
}

static int use_write(int fd)
{
	return effect(need(write(fd, "W", 1), "write") == 1, "write");
}

int use(int fd, const struct mode *mode, const char *what)
{
	struct stat st;
	int out = ALLOWED;

	if (fd < 0)
		return refused(what);
	if (mode->flags & O_TRUNC) {
		need(fstat(fd, &st), "fstat");
		out = effect(st.st_size == 0, "O_TRUNC");
	}
	if (!out && (mode->flags & O_ACCMODE) != O_WRONLY && !(mode->flags & O_TRUNC))
		out = use_read(fd);
	if (!out && (mode->flags & O_ACCMODE) != O_RDONLY)
		out = use_write(fd);
	close(fd);
	return out;
}
