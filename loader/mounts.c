// SPDX-License-Identifier: GPL-2.0-only
/* The mounts of our namespace (/proc/self/mountinfo), and paths between them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mounts.h"
#include "table.h"

/* mountinfo writes blanks and backslashes as \ooo. */
static char *unescape(char *s)
{
	char *out = s;

	for (char *in = s; *in; in++) {
		unsigned int code;

		if (*in == '\\' && sscanf(in + 1, "%3o", &code) == 1) {
			*out++ = (char)code;
			in += 3;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
	return s;
}

/* One line; see proc_pid_mountinfo(5). A field can be empty: so strsep(3). */
static bool parse_line(char *line, struct mount *mount)
{
	char *fields[6], *word, *type, *options;
	unsigned int major, minor;

	for (int i = 0; i < 6; i++) {
		fields[i] = strsep(&line, " ");
		if (!fields[i])
			return false;
	}
	do
		word = strsep(&line, " ");
	while (word && strcmp(word, "-"));
	type = strsep(&line, " ");
	strsep(&line, " "); /* the source */
	options = strsep(&line, " ");
	if (!type || !options || sscanf(fields[2], "%u:%u", &major, &minor) != 2)
		return false;
	*mount = (struct mount){
		.root = strdup(unescape(fields[3])),
		.point = strdup(unescape(fields[4])),
		.dev = major << 20 | minor,
		.overlay = !strcmp(type, "overlay"),
		.options = strdup(unescape(options)),
	};
	return mount->root && mount->point && mount->options;
}

static int open_mounts(void)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int kept = -1; /* -1: it is opened each time */

/* Anew in each process: two with one descriptor between them read from one place on. */
int mounts_keep(void)
{
	int fd = open_mounts();

	if (fd < 0)
		return fd;
	if (kept >= 0)
		close(kept);
	kept = fd;
	return 0;
}

/* All of it from the beginning, with a NUL behind; NULL where there is nothing. */
static char *read_all(int fd)
{
	size_t room = 0, n = 0;
	char *text = NULL;
	ssize_t got;

	if (lseek(fd, 0, SEEK_SET))
		return NULL;
	do {
		text = grow(text, n + 1, &room, 1);
		got = read(fd, text + n, room - n - 1);
		n += got > 0 ? got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	text[n] = '\0';
	return text;
}

struct mounts mounts_read(void)
{
	int fd = kept >= 0 ? kept : open_mounts();
	char *text = fd < 0 ? NULL : read_all(fd), *rest = text, *line;
	struct mounts mounts = {};
	struct mount mount;

	while ((line = strsep(&rest, "\n"))) {
		if (!parse_line(line, &mount))
			continue;
		mounts.at = grow(mounts.at, mounts.n, &mounts.room, sizeof(*mounts.at));
		mounts.at[mounts.n++] = mount;
	}
	free(text);
	if (fd >= 0 && fd != kept)
		close(fd);
	return mounts;
}

void mounts_free(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		free(mounts->at[i].point);
		free(mounts->at[i].root);
		free(mounts->at[i].options);
	}
	free(mounts->at);
	*mounts = (struct mounts){};
}

int mounts_have_overlay(void)
{
	struct mounts mounts = mounts_read();
	int any = mounts.n ? 0 : -1;

	for (size_t i = 0; i < mounts.n; i++)
		if (mounts.at[i].overlay)
			any = 1;
	mounts_free(&mounts);
	return any;
}

bool path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return !strncmp(path, dir, n) && path[n] == '/' && path[n + 1];
}

/* The names, leaf first, as one path from the root of the filesystem. */
static void join(const struct guard_path *path, char *out, size_t size)
{
	const char *names[GUARD_PATH_BYTES / 2];
	size_t n = 0, at = 0, used = 0;

	while (at < path->bytes && at < sizeof(path->names) && n < sizeof(names) / sizeof(*names)) {
		names[n++] = path->names + at;
		at += strnlen(path->names + at, sizeof(path->names) - at) + 1;
	}
	out[0] = '\0';
	if (!path->complete)
		used = snprintf(out, size, "...");
	for (; n && used < size; n--)
		used += snprintf(out + used, size - used, "/%s", names[n - 1]);
	if (!out[0])
		snprintf(out, size, "/");
}

char *mounts_path(const struct guard_path *path, char *out, size_t size)
{
	struct mounts mounts;
	const struct mount *best = NULL;
	char inside[2 * GUARD_PATH_BYTES];

	if (path->text) {
		snprintf(out, size, "%.*s", (int)sizeof(path->names), path->names);
		return out;
	}
	mounts = mounts_read();
	join(path, inside, sizeof(inside));
	for (size_t i = 0; path->complete && i < mounts.n; i++) {
		const struct mount *m = &mounts.at[i];

		if (m->dev != path->dev ||
		    (strcmp(inside, m->root) && !path_is_below(inside, m->root)))
			continue;
		/* The widest view of the filesystem is where one would look for it. */
		if (!best || strlen(m->root) < strlen(best->root))
			best = m;
	}
	if (best) {
		const char *tail = inside + (strcmp(best->root, "/") ? strlen(best->root) : 0);

		snprintf(out, size, "%s%s", strcmp(best->point, "/") ? best->point : "",
			 strcmp(tail, "/") || !strcmp(best->point, "/") ? tail : "");
		if (!*out)
			snprintf(out, size, "/");
	} else {
		snprintf(out, size, "%s", inside);
	}
	mounts_free(&mounts);
	return out;
}
