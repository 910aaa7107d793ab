// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a path in the policy to claims. Protecting an inode is not enough: whoever can
 * rename a directory above it, or put another symlink or mount on the way, makes the
 * path mean something else. So the way is walked here as the kernel would walk it, and
 * each step is claimed.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cover.h"
#include "mounts.h"

#define SYMLINKS_MAX 40 /* as in the kernel */

/* The state of one walk. */
struct walk {
	struct plan *plan;
	const struct cover_request *want;
	char real[PATH_MAX];	 /* where we are, without symlinks; "" is the root */
	char rest[2 * PATH_MAX]; /* what is still to go */
	char last[NAME_MAX + 1]; /* the name in real that the path ends with */
	int links;
};

static const char *or_root(const char *path)
{
	return *path ? path : "/";
}

static void claim(struct walk *w, const char *path, __u32 flags)
{
	plan_claim(w->plan, path,
		   (struct plan_claim){ .rule = w->want->rule,
					.program = flags ? 0 : w->want->program,
					.section = flags ? 0 : w->want->section,
					.flags = flags });
}

/* Where nothing is protected, as with a program that is only bound, nothing need stay. */
static void claim_anchor(struct walk *w, const char *path)
{
	if (w->want->rule)
		plan_claim(w->plan, path, (struct plan_claim){ .anchor = w->want->rule });
}

static void claim_name(struct walk *w, const char *name)
{
	struct plan_claim claim = { .rule = w->want->rule,
				    .program = w->want->program,
				    .section = w->want->section,
				    .flags = w->want->tree ? GUARD_OBJECT_TREE : 0 };

	char path[PATH_MAX + NAME_MAX + 3];

	snprintf(path, sizeof(path), "%s/%s%s", w->real, name, w->want->tree ? "/" : "");
	plan_claim_text(w->plan, path, w->want->rule);
	plan_claim_name(w->plan, or_root(w->real), name, claim);
	if (!strcmp(w->real, "/dev") || path_is_below(w->real, "/dev"))
		w->plan->devices = true; /* one that is not there yet may come */
}

/* What is wrong with @path. Returns false, for the caller to return. */
static bool complain(struct walk *w, const char *path, const char *why, const char *advice)
{
	if (w->want->found)
		plan_warning(w->plan, w->want->at, "%s is not held: %s", path, why);
	else
		plan_error(w->plan, w->want->at, "%s: %s%s", path, why, advice);
	return false;
}

/* Goes on where the symlink @path points. */
static bool follow_link(struct walk *w, const char *path, const char *rest)
{
	char target[PATH_MAX], joined[sizeof(w->rest)];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0 || ++w->links > SYMLINKS_MAX)
		return complain(w, path, strerror(n < 0 ? errno : ELOOP), "");
	target[n] = '\0';
	if (snprintf(joined, sizeof(joined), "%s/%s", target, rest) >= (int)sizeof(joined))
		return complain(w, path, strerror(ENAMETOOLONG), "");
	strcpy(w->rest, joined);
	if (*target == '/')
		*w->real = '\0';
	return true;
}

enum step { STEP_ERROR, STEP_ON, STEP_FOUND, STEP_MISSING, STEP_HELD };

/* A component "." or "..", from a symlink. */
static enum step step_dots(struct walk *w, const char *rest)
{
	char *slash = strrchr(w->real, '/');

	if (w->last[1] && slash)
		*slash = '\0';
	memmove(w->rest, rest, strlen(rest) + 1);
	return STEP_ON;
}

static enum step step_link(struct walk *w, const char *path, const char *rest, uid_t owner,
			   bool final)
{
	if (final)
		claim_name(w, w->last);
	claim_anchor(w, path);
	if (w->want->found && owner) {
		complain(w, path, "it is a symlink of a user's, held but not followed", "");
		return STEP_HELD;
	}
	return follow_link(w, path, rest) ? STEP_ON : STEP_ERROR;
}

/* One component. On STEP_FOUND and STEP_MISSING w->real is the directory, w->last the name. */
static enum step step(struct walk *w)
{
	char path[PATH_MAX + NAME_MAX + 2], *rest;
	size_t length;
	struct stat st;
	bool final;

	rest = w->rest + strspn(w->rest, "/");
	length = strcspn(rest, "/");
	if (length > NAME_MAX || strlen(w->real) + length + 2 > PATH_MAX)
		return complain(w, rest, strerror(ENAMETOOLONG), "") ? STEP_ON : STEP_ERROR;
	memcpy(w->last, rest, length);
	w->last[length] = '\0';
	rest += length;
	final = !rest[strspn(rest, "/")];
	if (!strcmp(w->last, ".") || !strcmp(w->last, ".."))
		return step_dots(w, rest);
	snprintf(path, sizeof(path), "%s/%s", w->real, w->last);
	if (lstat(path, &st)) {
		if (errno == ENOENT && final)
			return STEP_MISSING;
		complain(w, path, strerror(errno),
			 errno == ENOENT ? "; write -PATH to skip what is missing" : "");
		return STEP_ERROR;
	}
	if (S_ISLNK(st.st_mode))
		return step_link(w, path, rest, st.st_uid, final);
	if (final)
		return STEP_FOUND;
	if (!S_ISDIR(st.st_mode)) {
		complain(w, path, strerror(ENOTDIR), "");
		return STEP_ERROR;
	}
	claim_anchor(w, path);
	strcpy(w->real, path);
	memmove(w->rest, rest, strlen(rest) + 1);
	return STEP_ON;
}

/* ---- directories ------------------------------------------------------------ */

/* nftw(3) hands nothing through to its callback. */
static struct walk *linked_for;

/* A hard link from before can lead out of the directory: then the inode itself is held. */
static int claim_linked(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)where;
	if (type == FTW_F && st->st_nlink > 1)
		claim(linked_for, path, 0);
	return 0;
}

static void claim_filesystem(struct walk *w, const char *path)
{
	plan_claim(w->plan, path,
		   (struct plan_claim){
			   .rule = w->want->rule, .flags = GUARD_OBJECT_TREE, .whole = true });
}

static void claim_below(struct walk *w, const char *dir)
{
	struct mounts mounts = mounts_read();

	claim_filesystem(w, dir);
	linked_for = w;
	if (nftw(dir, claim_linked, 64, FTW_PHYS))
		complain(w, dir, strerror(errno), ", on the way through all below it");
	for (size_t i = 0; i < mounts.n; i++) {
		const char *point = mounts.at[i].point;
		struct stat st;

		if (!path_is_below(point, dir) || lstat(point, &st))
			continue;
		claim(w, point, S_ISDIR(st.st_mode) ? GUARD_OBJECT_TREE : 0);
		claim_filesystem(w, point);
	}
	mounts_free(&mounts);
	w->plan->trees = true;
}

/* ---- the whole -------------------------------------------------------------- */

static bool claim_found(struct walk *w)
{
	bool tree = w->want->tree;
	char path[PATH_MAX + NAME_MAX + 2], advice[sizeof(path) + 64];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", w->real, w->last);
	if (lstat(path, &st))
		return complain(w, path, strerror(errno), "");
	if (*w->last)
		claim_name(w, w->last);
	if (tree != S_ISDIR(st.st_mode)) {
		snprintf(advice, sizeof(advice), "; write %s/ for it and all below it", path);
		return complain(w, path, tree ? "it is no directory" : "it is a directory",
				tree ? "; write it without the trailing slash" : advice);
	}
	claim(w, path, tree ? GUARD_OBJECT_TREE : 0);
	if (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))
		w->plan->devices = true;
	if (tree)
		claim_below(w, path);
	return true;
}

/* A file in the directory of the one before: the way there is claimed already. */
static void start(struct walk *w, const struct cover_cache *cache)
{
	const char *path = w->want->path, *slash = strrchr(path, '/');
	size_t dir = slash - path;

	claim_anchor(w, "/");
	snprintf(w->rest, sizeof(w->rest), "%s", path);
	if (w->want->tree || !cache || !cache->dir || cache->rule != w->want->rule ||
	    strncmp(cache->dir, path, dir) || cache->dir[dir])
		return;
	strcpy(w->real, cache->real);
	snprintf(w->rest, sizeof(w->rest), "%s", slash);
}

static void keep_dir(const struct walk *w, struct cover_cache *cache)
{
	const char *path = w->want->path;

	if (!cache || w->want->tree || w->links)
		return;
	cover_free(cache);
	*cache = (struct cover_cache){ .dir = strndup(path, strrchr(path, '/') - path),
				       .real = strdup(w->real),
				       .rule = w->want->rule };
}

static bool walk_path(struct walk *w, struct cover_cache *cache)
{
	enum step how;

	start(w, cache);
	if (!w->rest[strspn(w->rest, "/")])
		return claim_found(w); /* the root */
	while ((how = step(w)) == STEP_ON)
		;
	if (how == STEP_ERROR)
		return false;
	if (how == STEP_HELD)
		return true;
	keep_dir(w, cache);
	if (how == STEP_FOUND)
		return claim_found(w);
	if (w->want->tree) {
		if (!w->want->optional)
			complain(w, w->want->path, "there is no such directory",
				 "; write -PATH to skip what is missing");
		return false;
	}
	claim_name(w, w->last);
	return true;
}

/* ---- overlayfs ---------------------------------------------------------------- */

/* What overlayfs shows is another inode in a layer, reached by the layer's own path. */
static void cover_layer(struct walk *w, const char *layer, const char *inside)
{
	struct cover_request want = *w->want;
	char path[3 * PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", layer, inside);
	/* Not there, or a whiteout: then another layer has it. */
	if (lstat(path, &st) || (S_ISCHR(st.st_mode) && !st.st_rdev) ||
	    S_ISDIR(st.st_mode) != want.tree) {
		*strrchr(path, '/') = '\0';
		if (want.tree || access(path, F_OK))
			return;
		snprintf(path, sizeof(path), "%s%s", layer, inside);
	}
	if (want.tree)
		strcat(path, "/");
	want.path = path;
	want.optional = want.found = true;
	cover_path(w->plan, NULL, &want);
}

/*
 * Each layer of the overlay that a path is on. Where the layers are on several filesystems and
 * xino is off, overlayfs gives two files the same number: nobody can tell them apart.
 */
static void cover_layers(struct walk *w, const struct mount *on, const char *inside)
{
	char *options = strdup(on->options), *save, *save2;
	bool several = false;
	dev_t dev = 0;
	struct stat st;

	for (char *o = strtok_r(options, ",", &save); o; o = strtok_r(NULL, ",", &save)) {
		char *value = strchr(o, '=');

		if (!value || (strncmp(o, "lowerdir", 8) && strncmp(o, "upperdir", 8)))
			continue;
		for (char *l = strtok_r(value + 1, ":", &save2); l;
		     l = strtok_r(NULL, ":", &save2)) {
			if (*l != '/' || stat(l, &st)) {
				plan_warning(
					w->plan, w->want->at,
					"%s is on an overlay whose layer %s cannot be seen from "
					"here: by that layer it is not held",
					w->want->path, l);
				continue;
			}
			several |= dev && dev != st.st_dev;
			dev = st.st_dev;
			cover_layer(w, l, inside);
		}
	}
	if (several && !strstr(on->options, "xino=on") && !strstr(on->options, "xino=auto"))
		complain(
			w, w->want->path,
			"it is on an overlay of several filesystems, which gives different files the "
			"same number",
			"; mount it with xino=on");
	free(options);
}

static void cover_overlay(struct walk *w)
{
	struct mounts mounts = mounts_read();
	const struct mount *on = NULL;
	char real[PATH_MAX + NAME_MAX + 2], inside[3 * PATH_MAX];

	snprintf(real, sizeof(real), "%s/%s", w->real, w->last);
	for (size_t i = 0; i < mounts.n; i++) {
		const struct mount *m = &mounts.at[i];

		if (!strcmp(real, m->point) || path_is_below(real, m->point))
			on = !on || strlen(m->point) >= strlen(on->point) ? m : on;
	}
	if (on && on->overlay) {
		snprintf(inside, sizeof(inside), "%s%s", strcmp(on->root, "/") ? on->root : "",
			 real + (strcmp(on->point, "/") ? strlen(on->point) : 0));
		cover_layers(w, on, inside);
	}
	mounts_free(&mounts);
}

bool cover_path(struct plan *plan, struct cover_cache *cache, const struct cover_request *want)
{
	struct walk w = { .plan = plan, .want = want };

	if (want->optional && faccessat(AT_FDCWD, want->path, F_OK, AT_SYMLINK_NOFOLLOW) &&
	    errno == ENOENT)
		return false;
	if (!walk_path(&w, cache))
		return false;
	plan_claim_text(plan, want->path, want->rule);
	if (plan->overlays)
		cover_overlay(&w);
	return true;
}

void cover_free(struct cover_cache *cache)
{
	free(cache->dir);
	free(cache->real);
	*cache = (struct cover_cache){};
}
