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

#define LINKS_MAX 40 /* as in the kernel */

/* The state of one walk. */
struct walk {
	struct plan *plan;
	struct place at;
	__u32 rule;
	char real[PATH_MAX];	 /* where we are, without symlinks; "" is the root */
	char rest[2 * PATH_MAX]; /* what is still to go */
	int links;
};

static const char *or_root(const char *path)
{
	return *path ? path : "/";
}

static void claim(struct walk *w, const char *path, __u32 flags)
{
	plan_claim(w->plan, path, (struct plan_claim){ .rule = w->rule, .flags = flags });
}

static void claim_anchor(struct walk *w, const char *path)
{
	plan_claim(w->plan, path, (struct plan_claim){ .anchor = w->rule });
}

static void claim_name(struct walk *w, const char *name)
{
	plan_claim_name(w->plan, or_root(w->real), name, (struct plan_claim){ .rule = w->rule });
}

/* Goes on where the symlink @path points. */
static bool follow_link(struct walk *w, const char *path, const char *rest)
{
	char target[PATH_MAX], joined[sizeof(w->rest)];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0 || ++w->links > LINKS_MAX) {
		plan_error(w->plan, w->at, "%s: %s", path, strerror(n < 0 ? errno : ELOOP));
		return false;
	}
	target[n] = '\0';
	if (snprintf(joined, sizeof(joined), "%s/%s", target, rest) >= (int)sizeof(joined)) {
		plan_error(w->plan, w->at, "%s: %s", path, strerror(ENAMETOOLONG));
		return false;
	}
	strcpy(w->rest, joined);
	if (*target == '/')
		*w->real = '\0';
	return true;
}

enum step { STEP_ERROR, STEP_ON, STEP_FOUND, STEP_MISSING };

/* One component. On STEP_FOUND and STEP_MISSING w->real is the directory, *last the name. */
static enum step step(struct walk *w, char *last)
{
	char path[PATH_MAX + NAME_MAX + 2], *rest;
	size_t length;
	struct stat st;
	bool final;

	rest = w->rest + strspn(w->rest, "/");
	length = strcspn(rest, "/");
	if (length > NAME_MAX || strlen(w->real) + length + 2 > PATH_MAX) {
		plan_error(w->plan, w->at, "%s: %s", rest, strerror(ENAMETOOLONG));
		return STEP_ERROR;
	}
	memcpy(last, rest, length);
	last[length] = '\0';
	rest += length;
	final = !rest[strspn(rest, "/")];
	if (!strcmp(last, ".") || !strcmp(last, "..")) { /* from a symlink */
		char *slash = strrchr(w->real, '/');

		if (last[1] && slash)
			*slash = '\0';
		memmove(w->rest, rest, strlen(rest) + 1);
		return STEP_ON;
	}
	snprintf(path, sizeof(path), "%s/%s", w->real, last);
	if (lstat(path, &st)) {
		if (errno == ENOENT && final)
			return STEP_MISSING;
		plan_error(w->plan, w->at, "%s: %s%s", path, strerror(errno),
			   errno == ENOENT ? "; write -PATH to skip what is missing" : "");
		return STEP_ERROR;
	}
	if (S_ISLNK(st.st_mode)) {
		if (final)
			claim_name(w, last);
		claim_anchor(w, path);
		return follow_link(w, path, rest) ? STEP_ON : STEP_ERROR;
	}
	if (final)
		return STEP_FOUND;
	if (!S_ISDIR(st.st_mode)) {
		plan_error(w->plan, w->at, "%s: %s", path, strerror(ENOTDIR));
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

static void claim_below(struct walk *w, const char *dir)
{
	struct mounts mounts = mounts_read();

	plan_claim(
		w->plan, dir,
		(struct plan_claim){ .rule = w->rule, .flags = GUARD_OBJECT_TREE, .whole = true });
	linked_for = w;
	nftw(dir, claim_linked, 64, FTW_PHYS);
	for (size_t i = 0; i < mounts.n; i++) {
		const char *point = mounts.at[i].point;
		struct stat st;

		if (!path_is_below(point, dir) || lstat(point, &st))
			continue;
		claim(w, point, S_ISDIR(st.st_mode) ? GUARD_OBJECT_TREE : 0);
		plan_claim(w->plan, point,
			   (struct plan_claim){
				   .rule = w->rule, .flags = GUARD_OBJECT_TREE, .whole = true });
	}
	mounts_free(&mounts);
	w->plan->trees = true;
}

/* ---- the whole -------------------------------------------------------------- */

static bool claim_found(struct walk *w, const char *name, bool tree)
{
	char path[PATH_MAX + NAME_MAX + 2];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", w->real, name);
	if (lstat(path, &st)) {
		plan_error(w->plan, w->at, "%s: %s", path, strerror(errno));
		return false;
	}
	if (tree != S_ISDIR(st.st_mode)) {
		if (tree)
			plan_error(w->plan, w->at,
				   "%s is no directory; write it without the trailing slash", path);
		else
			plan_error(w->plan, w->at,
				   "%s is a directory; write %s/ for it and all below it", path,
				   path);
		return false;
	}
	if (*name)
		claim_name(w, name);
	claim(w, path, tree ? GUARD_OBJECT_TREE : 0);
	if (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))
		w->plan->devices = true;
	if (tree)
		claim_below(w, path);
	return true;
}

/* On success @real is where the path leads. */
static bool walk_path(struct walk *w, struct cover_cache *cache, const char *path, bool tree,
		      bool optional, char real[PATH_MAX + NAME_MAX + 2])
{
	char last[NAME_MAX + 1] = "";
	const char *slash = strrchr(path, '/');
	enum step how;

	claim_anchor(w, "/");
	*w->real = '\0';
	snprintf(w->rest, sizeof(w->rest), "%s", path);
	/* A file in the directory of the one before: the way there is claimed already. */
	if (!tree && cache->dir && cache->rule == w->rule &&
	    !strncmp(cache->dir, path, slash - path) && !cache->dir[slash - path]) {
		strcpy(w->real, cache->real);
		snprintf(w->rest, sizeof(w->rest), "%s", slash);
	}
	if (tree && !path[strspn(path, "/")]) {
		strcpy(real, "/");
		return claim_found(w, "", true);
	}
	while ((how = step(w, last)) == STEP_ON)
		;
	if (how == STEP_ERROR)
		return false;
	if (!tree && !w->links) {
		cover_free(cache);
		*cache = (struct cover_cache){ .dir = strndup(path, slash - path),
					       .real = strdup(w->real),
					       .rule = w->rule };
	}
	snprintf(real, PATH_MAX + NAME_MAX + 2, "%s/%s", w->real, last);
	if (how == STEP_FOUND)
		return claim_found(w, last, tree);
	if (tree) {
		if (!optional)
			plan_error(w->plan, w->at,
				   "%s: there is no such directory; write -%s to skip it", path,
				   path);
		return false;
	}
	claim_name(w, last);
	return true;
}

/* ---- overlayfs ---------------------------------------------------------------- */

/* What overlayfs shows is another inode in a layer, reached by the layer's own path. */
static void cover_layer(struct walk *w, char *layer, const char *inside, bool tree)
{
	struct cover_cache cache = {};
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", layer, inside);
	*strrchr(path, '/') = '\0';
	if (*layer == '/' && !access(path, F_OK)) { /* a layer may be out of our sight */
		snprintf(path, sizeof(path), "%s%s%s", layer, inside, tree ? "/" : "");
		cover_path(w->plan, &cache, path, tree, true, w->at, w->rule);
	}
	cover_free(&cache);
}

/* The layers of the overlay mount that @path is on, if it is on one. */
static void cover_layers(struct walk *w, const char *path, bool tree)
{
	struct mounts mounts = mounts_read();
	const struct mount *on = NULL;
	char *save, *save2;

	for (size_t i = 0; i < mounts.n; i++) {
		const struct mount *m = &mounts.at[i];

		if (!strcmp(path, m->point) || path_is_below(path, m->point))
			on = !on || strlen(m->point) >= strlen(on->point) ? m : on;
	}
	if (on && on->overlay) {
		const char *inside = path + (strcmp(on->point, "/") ? strlen(on->point) : 0);

		for (char *o = strtok_r(on->options, ",", &save); o;
		     o = strtok_r(NULL, ",", &save)) {
			char *value = strchr(o, '=');

			if (!value || (strncmp(o, "lowerdir", 8) && strncmp(o, "upperdir", 8)))
				continue;
			for (char *l = strtok_r(value + 1, ":", &save2); l;
			     l = strtok_r(NULL, ":", &save2))
				cover_layer(w, l, inside, tree);
		}
	}
	mounts_free(&mounts);
}

bool cover_path(struct plan *plan, struct cover_cache *cache, const char *path, bool tree,
		bool optional, struct place at, __u32 rule)
{
	struct walk w = { .plan = plan, .at = at, .rule = rule };
	char real[PATH_MAX + NAME_MAX + 2];

	if (optional && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
		return false;
	if (!walk_path(&w, cache, path, tree, optional, real))
		return false;
	if (plan->overlays)
		cover_layers(&w, real, tree);
	return true;
}

void cover_free(struct cover_cache *cache)
{
	free(cache->dir);
	free(cache->real);
	*cache = (struct cover_cache){};
}
