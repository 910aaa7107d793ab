// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closed paths as Landlock wants them. It allows what rules grant to a directory and all below it,
 * and nothing can be taken back further down. So what is closed somewhere below a directory is
 * not granted to the directory, but to each thing in it that is not on the way; what is on the way
 * is treated alike, and what is closed is left out. What comes later beside these was not there to
 * be granted, and is closed as well.
 *
 * A rule is tied to the inode, and found from a file upwards, over mounts. Another mount of the
 * same directory is another way up: so a path is closed at all its places. A hard link is the same
 * inode: a grant to it would be one to what is closed, and is not made. (Where the directory of the
 * link is granted as a whole the way by the link is open, and listed.)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "landlock.h"
#include "mounts.h"
#include "run.h"
#include "table.h"

/* What can be granted to anything but a directory. */
#define OF_FILES                                                      \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

/* ---- what is closed -------------------------------------------------------------- */

static struct run_node *find(const struct run_node *node, const char *name, size_t length)
{
	for (size_t i = 0; i < node->n; i++)
		if (!strncmp(node->nodes[i].name, name, length) && !node->nodes[i].name[length])
			return &node->nodes[i];
	return NULL;
}

static struct run_node *add(struct run_node *node, const char *name, size_t length)
{
	struct run_node *is = find(node, name, length);

	if (is)
		return is;
	node->nodes = grow(node->nodes, node->n, &node->room, sizeof(*node->nodes));
	is = &node->nodes[node->n++];
	*is = (struct run_node){ .name = strndup(name, length) };
	if (!is->name)
		abort();
	return is;
}

/* What of @path is behind @dir, with its slash; NULL: it is not in there. */
static const char *behind(const char *path, const char *dir)
{
	size_t length = strcmp(dir, "/") ? strlen(dir) : 0;

	if (strncmp(path, dir, length) || (path[length] && path[length] != '/'))
		return NULL;
	return path + length;
}

/* The mount that shows @path: of several at one point the last. */
static const struct mount *mount_of(const struct mounts *mounts, const char *path)
{
	const struct mount *is = NULL;

	for (size_t i = 0; i < mounts->n; i++)
		if (behind(path, mounts->at[i].point) &&
		    (!is || strlen(mounts->at[i].point) >= strlen(is->point)))
			is = &mounts->at[i];
	return is;
}

/* Where @path is within the filesystem of @is, the mount that shows it. */
static void within_mount(const struct mount *is, const char *path, char out[2 * PATH_MAX])
{
	snprintf(out, 2 * PATH_MAX, "%s%s", strcmp(is->root, "/") ? is->root : "",
		 behind(path, is->point));
}

/* What is on the way to @path. Returns @path's own. */
static struct run_node *mark(struct run_node *node, const char *path, uint64_t access)
{
	size_t length;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		length = strcspn(path, "/");
		node->below |= access;
		node = add(node, path, length);
		path += length;
	}
	return node;
}

/*
 * The directories above a mount are on the way as well, wherever else they are shown: also where
 * the mount is not, as in a bind mount of what is above it.
 */
static void mark_ways(struct run_node *root, const struct mounts *mounts, const struct mount *is,
		      uint64_t access)
{
	while (is && strcmp(is->point, "/")) {
		char dir[PATH_MAX], within[2 * PATH_MAX], path[4 * PATH_MAX];

		snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(is->point, '/') - is->point),
			 is->point);
		is = mount_of(mounts, *dir ? dir : "/");
		if (!is)
			return;
		within_mount(is, dir, within);
		for (size_t i = 0; i < mounts->n; i++) {
			const struct mount *other = &mounts->at[i];
			const char *rest = behind(within, other->root);

			if (other == is || other->dev != is->dev || !rest)
				continue;
			snprintf(path, sizeof(path), "%s%s", other->point, rest);
			mark(root, path, access)->below |= access;
		}
	}
}

static void close_here(struct run_node *root, const struct mounts *mounts, const char *path,
		       uint64_t access)
{
	mark(root, path, access)->closed |= access;
	mark_ways(root, mounts, mount_of(mounts, path), access);
}

/* Where other mounts show what is @within its filesystem, or a part of it. */
static void close_elsewhere(struct run_node *root, const struct mounts *mounts,
			    const struct mount *is, const char *within, uint64_t access)
{
	char path[2 * PATH_MAX];

	for (size_t i = 0; i < mounts->n; i++) {
		const struct mount *other = &mounts->at[i];
		const char *rest = behind(within, other->root);

		if (other == is || other->dev != is->dev)
			continue;
		if (!rest && !behind(other->root, within))
			continue;
		snprintf(path, sizeof(path), "%s%s", other->point, rest ? rest : "");
		close_here(root, mounts, path, access);
	}
}

static struct run_closed *linked_for; /* nftw(3) hands nothing through */
static uint64_t linked_access;

static int note_link(const char *path, const struct stat *st, int type, struct FTW *where)
{
	struct run_closed *closed = linked_for;

	(void)path, (void)where;
	if (type != FTW_F || st->st_nlink < 2)
		return 0;
	closed->links =
		grow(closed->links, closed->n_links, &closed->room_links, sizeof(*closed->links));
	closed->links[closed->n_links++] =
		(struct run_link){ st->st_dev, st->st_ino, linked_access };
	return 0;
}

/* What is not there, or may not be looked into, has none that this user could use. */
static void note_links(struct run_closed *closed, const char *path, uint64_t access)
{
	linked_for = closed;
	linked_access = access;
	nftw(path, note_link, 64, FTW_PHYS);
}

void run_close(struct run_closed *closed, const struct mounts *mounts, const char *path,
	       uint64_t access)
{
	const struct mount *is = mount_of(mounts, path);
	struct run_node *root = &closed->root;
	char within[2 * PATH_MAX];

	close_here(root, mounts, path, access);
	note_links(closed, path, access);
	if (is) {
		within_mount(is, path, within);
		close_elsewhere(root, mounts, is, within, access);
	}
	for (size_t i = 0; i < mounts->n; i++)
		if (path_is_below(mounts->at[i].point, path))
			close_elsewhere(root, mounts, &mounts->at[i], mounts->at[i].root, access);
}

static void free_node(struct run_node *node)
{
	for (size_t i = 0; i < node->n; i++)
		free_node(&node->nodes[i]);
	free(node->nodes);
	free(node->name);
}

void run_closed_free(struct run_closed *closed)
{
	free_node(&closed->root);
	free(closed->links);
}

/* ---- what is granted ------------------------------------------------------------- */

struct granting {
	int ruleset;
	const struct run_closed *closed;
};

static int allow(const struct granting *g, int fd, uint64_t access)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		access &= OF_FILES;
	for (size_t i = 0; i < g->closed->n_links; i++) {
		const struct run_link *link = &g->closed->links[i];

		if (link->dev == st.st_dev && link->ino == st.st_ino)
			access &= ~link->access;
	}
	/* A symbolic link is nothing by itself: it is what it leads to that is opened. */
	if (!access || S_ISLNK(st.st_mode))
		return 0;
	return landlock_allow_path(g->ruleset, fd, access);
}

static int grant(const struct granting *g, int fd, const struct run_node *node, uint64_t access);

/* One name in a directory. What is gone, or may not be reached, needs no grant. */
static int grant_entry(const struct granting *g, int dir, const char *name,
		       const struct run_node *node, uint64_t access)
{
	const struct run_node *here = find(node, name, strlen(name));
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), err;

	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;
	err = here ? grant(g, fd, here, access) : allow(g, fd, access);
	close(fd);
	return err;
}

/* A directory that may not be listed is one where nothing is granted. */
static int grant_entries(const struct granting *g, int fd, const struct run_node *node,
			 uint64_t access)
{
	int list = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *dir = list < 0 ? NULL : fdopendir(list);
	struct dirent *entry;

	if (!dir)
		return errno == EACCES || errno == ENOTDIR ? 0 : -errno;
	while (!err) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			err = -errno;
			break;
		}
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			err = grant_entry(g, fd, entry->d_name, node, access);
	}
	closedir(dir);
	return err;
}

static int grant(const struct granting *g, int fd, const struct run_node *node, uint64_t access)
{
	uint64_t open = access & ~node->closed;
	int err = allow(g, fd, open & ~node->below);

	if (err || !(open & node->below))
		return err;
	return grant_entries(g, fd, node, open & node->below);
}

int run_grant(int ruleset, const struct run_closed *closed, uint64_t access)
{
	struct granting g = { .ruleset = ruleset, .closed = closed };
	int fd = open("/", O_PATH | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = grant(&g, fd, &closed->root, access);
	close(fd);
	return err;
}
