// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy file's bytes. Whoever can change the policy owns the machine's rules,
 * so before a byte is read:
 *
 *  - it is a regular file (symbolic links are followed; a FIFO or a device is not
 *    even opened: that alone can block, or do something);
 *  - it belongs to root or to the caller, and neither group nor others may write;
 *  - the same holds for every directory above it, and for the directories above
 *    the name it was given by (a sticky directory, such as /tmp, may be writable
 *    to all: nobody can replace another's file there).
 *
 * The caller is the effective user; for root under sudo also the user who called
 * sudo, so that a policy can be tried from a work tree. SUDO_UID is only believed
 * by root, from its own environment.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "policy_private.h"

/* Errors about the file as a whole stand where it was included, or at its first line. */
static struct place whole_file(const struct source *src)
{
	return src->from.file ? src->from : (struct place){ .file = src->name, .line = 1 };
}

static bool trusted_owner(uid_t uid)
{
	const char *sudo = getenv("SUDO_UID");
	unsigned long caller;
	char *end;

	if (uid == 0 || uid == geteuid())
		return true;
	if (geteuid() != 0 || !sudo || *sudo < '0' || *sudo > '9')
		return false;
	errno = 0;
	caller = strtoul(sudo, &end, 10);
	return errno == 0 && *end == '\0' && caller == uid;
}

static bool check_owner(struct policy *p, const struct source *src, const struct stat *st,
			const char *dir)
{
	const char *path = dir ? dir : src->name;
	bool dangerous = st->st_mode & (S_IWGRP | S_IWOTH);

	if (dir && st->st_mode & S_ISVTX)
		dangerous = false;
	if (!trusted_owner(st->st_uid)) {
		policy_error_at(p, whole_file(src),
				"%s belongs to user %u, who could change the policy%s: give it to "
				"root or to the user who loads it (chown root '%s')",
				path, (unsigned int)st->st_uid, dir ? " by replacing it" : "",
				path);
		return false;
	}
	if (dangerous) {
		policy_error_at(p, whole_file(src),
				"%s has mode %04o, so others could change the policy%s: take the "
				"permission away (chmod go-w '%s')",
				path, (unsigned int)st->st_mode & 07777,
				dir ? " by replacing it" : "", path);
		return false;
	}
	return true;
}

/* Every directory above @path, which is absolute and free of links; @path is used up. */
static bool check_directories(struct policy *p, const struct source *src, char *path)
{
	struct stat st;

	do {
		path = dirname(path);
		if (stat(path, &st) < 0) {
			policy_error_at(p, whole_file(src), "%s, above %s, cannot be examined: %s",
					path, src->name, strerror(errno));
			return false;
		}
		if (!check_owner(p, src, &st, path))
			return false;
	} while (strcmp(path, "/") != 0);
	return true;
}

/* The directories above the file itself, and above the name by which it was asked for. */
static bool check_location(struct policy *p, const struct source *src, const struct stat *st)
{
	char *name = xcalloc(1, strlen(src->name) + 3);
	char *real = realpath(src->name, NULL);
	char *dir = NULL;
	struct stat again;
	bool good = false;

	if (!real || stat(real, &again) < 0 || again.st_dev != st->st_dev ||
	    again.st_ino != st->st_ino) {
		policy_error_at(p, whole_file(src),
				"%s was replaced while it was opened: load it again when it "
				"stays as it is",
				src->name);
		goto out;
	}
	if (!check_directories(p, src, real))
		goto out;
	strcpy(name, src->name);
	dir = realpath(dirname(name), NULL);
	if (!dir) {
		policy_error_at(p, whole_file(src), "the directory of %s cannot be examined: %s",
				src->name, strerror(errno));
		goto out;
	}
	/* check_directories() begins above what it is given. */
	dir = policy_realloc(dir, strlen(dir) + sizeof("/x"), 1);
	strcat(dir, "/x");
	good = check_directories(p, src, dir);
out:
	free(dir);
	free(real);
	free(name);
	return good;
}

static const char *kind_of_file(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "no regular file";
	}
}

static void too_large(struct policy *p, const struct source *src)
{
	policy_error_at(p, whole_file(src), "%s is larger than %u MiB: divide it%s", src->name,
			SOURCE_MAX >> 20, src->list ? ", and name all parts" : " with include()");
}

static bool check_kind(struct policy *p, const struct source *src, const struct stat *st)
{
	if (S_ISREG(st->st_mode) && st->st_size <= SOURCE_MAX)
		return true;
	if (!S_ISREG(st->st_mode))
		policy_error_at(p, whole_file(src), "%s is %s: a %s is a regular file%s", src->name,
				kind_of_file(st->st_mode), src->list ? "list" : "policy",
				S_ISDIR(st->st_mode) && !src->list
					? " (include(\"DIRECTORY/*.conf\") reads all "
					  "of a directory)"
					: "");
	else
		too_large(p, src);
	return false;
}

/* @expected is what the file said of its size; it may have grown. */
static bool read_all(struct policy *p, struct source *src, int fd, off_t expected)
{
	size_t room = (size_t)expected + 2;

	src->text = policy_realloc(NULL, room, 1);
	for (;;) {
		ssize_t n;

		if (src->len + 1 >= room) {
			room = 2 * room + 4096;
			src->text = policy_realloc(src->text, room, 1);
		}
		n = read(fd, src->text + src->len, room - src->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			policy_error_at(p, whole_file(src), "%s cannot be read: %s", src->name,
					strerror(errno));
			return false;
		}
		if (n == 0)
			break;
		src->len += (size_t)n;
		if (src->len > SOURCE_MAX) {
			too_large(p, src);
			return false;
		}
	}
	src->text[src->len] = '\0';
	return true;
}

static void cannot_open(struct policy *p, const struct source *src)
{
	const char *advice = "";

	if (errno == ENOENT)
		advice = src->list ? " (create it, or write - before its name if it may be "
				     "missing; endpoints themselves stand in accept)"
				   : " (create it, or name the file that exists)";
	policy_error_at(p, whole_file(src), "the %s %s cannot be opened: %s%s",
			src->list ? "list" : "policy file", src->name, strerror(errno), advice);
}

bool source_read(struct policy *p, struct source *src)
{
	struct stat st;
	bool good = false;
	int fd = -1;

	if (stat(src->name, &st) < 0)
		goto cannot_open;
	if (!check_kind(p, src, &st))
		return false;
	fd = open(src->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		goto cannot_open;
	if (!check_kind(p, src, &st) || !check_owner(p, src, &st, NULL) ||
	    !check_location(p, src, &st))
		goto out;
	src->dev = st.st_dev;
	src->ino = st.st_ino;
	good = read_all(p, src, fd, st.st_size);
	if (good)
		SHA256Update(&p->priv->hash, (const uint8_t *)src->text, src->len);
out:
	close(fd);
	return good;

cannot_open:
	if (!src->optional || (errno != ENOENT && errno != ENOTDIR))
		cannot_open(p, src);
	if (fd >= 0)
		close(fd);
	return false;
}

/* How far the check of the text has come. */
struct text_check {
	unsigned int line;
	size_t line_start;
	unsigned int reported; /* the last line with a bad byte: one error a line is enough */
	bool too_long;	       /* this line is reported as too long */
	bool cr_reported;      /* one error is enough for a file with CR LF throughout */
};

static void report_byte(struct policy *p, const struct source *src, size_t i, struct text_check *t)
{
	unsigned char c = (unsigned char)src->text[i];

	if (c == '\r' && src->text[i + 1] == '\n') {
		if (!t->cr_reported)
			policy_error(p, t->line,
				     "the line ends in CR LF: save the file with LF alone "
				     "(sed -i 's/\\r$//')");
		t->cr_reported = true;
		return;
	}
	if (t->reported == t->line)
		return;
	t->reported = t->line;
	if (c < 0x80)
		policy_error(p, t->line, "control character 0x%02x in the text: remove it", c);
	else
		policy_error(p, t->line,
			     "byte 0x%02x begins no visible UTF-8 character: save the file in "
			     "UTF-8, without invisible marks",
			     c);
}

/* Looks at the character at @i and returns where the next one begins. */
static size_t check_character(struct policy *p, struct source *src, size_t i, struct text_check *t)
{
	char *c = &src->text[i];
	size_t len;

	if (*c == '\n') {
		t->line++;
		t->line_start = i + 1;
		t->too_long = false;
		return i + 1;
	}
	if (i - t->line_start >= LINE_BYTES_MAX && !t->too_long) {
		policy_error(p, t->line, "the line is longer than %u KiB: break it",
			     LINE_BYTES_MAX >> 10);
		t->too_long = true;
	}
	if (*c == '\t')
		return i + 1;
	len = utf8_length((unsigned char *)c, src->len - i);
	if (len)
		return i + len;
	report_byte(p, src, i, t);
	if (*c == '\r')
		*c = ' ';
	else
		*c = src->list ? REPORTED : '_';
	return i + 1;
}

bool source_check_text(struct policy *p, struct source *src)
{
	struct text_check t = { .line = 1 };

	if (memchr(src->text, '\0', src->len)) {
		for (const char *c = src->text; *c; c++)
			t.line += *c == '\n';
		policy_error(p, t.line, "a NUL byte: this is no text, and nothing of it is used");
		return false;
	}
	if (src->len >= 3 && memcmp(src->text, "\xef\xbb\xbf", 3) == 0) {
		policy_error(p, 1,
			     "the file begins with a byte order mark: save it as UTF-8 "
			     "without BOM");
		memset(src->text, ' ', 3);
	}
	for (size_t i = 0; i < src->len;)
		i = check_character(p, src, i, &t);
	return true;
}
