// SPDX-License-Identifier: GPL-2.0-only
/*
 * File sections for a process that confines itself: what the command is not listed for is closed
 * to it, and to all that it starts, as far as Landlock can say it.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "landlock.h"
#include "mounts.h"
#include "run.h"

#define TO_CHANGE_NAMES                                                   \
	(LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |     \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |     \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |   \
	 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)

/* What each verb is to Landlock. To list a directory is closed with what is below it only. */
static const struct {
	const char *name;
	uint64_t access, of_tree;
} verbs[VERBS] = {
	[VERB_READ] = { "read", LANDLOCK_ACCESS_FS_READ_FILE, LANDLOCK_ACCESS_FS_READ_DIR },
	[VERB_WRITE] = { "write", LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
					  TO_CHANGE_NAMES },
	[VERB_EXECUTE] = { "execute", LANDLOCK_ACCESS_FS_EXECUTE },
};

struct closing {
	struct run *run;
	struct mounts mounts;
	struct run_closed paths;
	uint64_t closed; /* by any section */
	/* Of the section at hand: */
	const struct file_section *s;
	uint64_t access;
	size_t found;
	size_t links;  /* of those before it */
	bool device;   /* some path of it is one */
	bool unlisted; /* its pattern leads through what may be entered, not listed */
};

/* What this kernel knows of @access. */
static uint64_t known(const struct run *run, uint64_t access)
{
	if (run->landlock < LANDLOCK_HAS_REFER)
		access &= ~LANDLOCK_ACCESS_FS_REFER;
	if (run->landlock < LANDLOCK_HAS_TRUNCATE)
		access &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
	return access;
}

/* ---- who is listed --------------------------------------------------------------- */

/* Is it the command? What is missing is an error, as wherever a policy is resolved. */
static bool is_command(struct run *run, const struct program_ref *program)
{
	const struct run_subject *command = &run->subjects[run->n_subjects - 1];
	struct stat st;

	if (!stat(program->path, &st))
		return run_is(command, st.st_dev, st.st_ino);
	if (errno != EACCES && !(program->optional && errno == ENOENT))
		run_error(run, program->at, "program %s: %s%s", program->path, strerror(errno),
			  errno == ENOENT ? "; write -PATH to skip what is missing" : "");
	return false;
}

static bool lists_command(struct run *run, const struct program_list *list)
{
	bool listed = false;

	for (size_t i = 0; i < list->n; i++)
		listed |= is_command(run, &list->programs[i]);
	return listed;
}

/* ---- from a section's path to paths ---------------------------------------------- */

/* Returns false: nothing is closed there. */
static bool complain(struct closing *c, bool found, const char *path, const char *why)
{
	if (!found)
		run_error(c->run, c->s->at, "%s: %s", path, why);
	return false;
}

/*
 * Where @path is without symbolic links. Where a directory on the way may not be entered, that
 * one is the last that is looked at: nobody gets further with the user's rights.
 */
static bool real_path(const char *path, char out[2 * PATH_MAX])
{
	char *up = strdup(path), *slash;
	bool found;

	if (!up)
		abort();
	found = realpath(up, out);
	while (!found && errno == EACCES && (slash = strrchr(up, '/'))) {
		*slash = '\0';
		found = realpath(*up ? up : "/", out);
	}
	if (found)
		strcat(strcmp(out, "/") ? out : strcpy(out, ""), path + strlen(up));
	free(up);
	return found;
}

#define LINKS_MAX 40 /* as in the kernel */

/* Where a symbolic link leads, which may be nowhere yet, and the links that it leads by. */
static void close_target(struct closing *c, const char *link, int links)
{
	char target[PATH_MAX], path[3 * PATH_MAX], real[2 * PATH_MAX], *name;
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	int dir = strrchr(link, '/') + 1 - link;

	if (n <= 0 || links == LINKS_MAX)
		return;
	while (n > 1 && target[n - 1] == '/')
		n--;
	target[n] = '\0';
	snprintf(path, sizeof(path), "%.*s%s", *target == '/' ? 0 : dir, link, target);
	name = strdup(strrchr(path, '/'));
	if (!name)
		abort();
	strrchr(path, '/')[1] = '\0';
	if (strlen(path) < PATH_MAX && real_path(path, real)) {
		strncat(real, name, sizeof(real) - strlen(real) - 1);
		run_close(&c->paths, &c->mounts, real, c->access);
		close_target(c, real, links + 1);
	}
	free(name);
}

/* A file, or a directory with all below it: its name, and what that leads to. */
static bool close_path(struct closing *c, const char *path, bool found)
{
	char real[2 * PATH_MAX], dir[PATH_MAX];
	const char *name = strrchr(path, '/');
	struct stat st;
	bool is = !stat(path, &st);

	if (is && c->s->tree != S_ISDIR(st.st_mode))
		return complain(c, found, path,
				c->s->tree
					? "it is no directory; write it without the trailing slash"
					: "it is a directory; end it with a slash, for it and "
					  "all below it");
	snprintf(dir, sizeof(dir), "%.*s/", (int)(name - path), path);
	if (strlen(path) >= PATH_MAX || !real_path(dir, real)) {
		if (c->s->optional)
			return false;
		return complain(c, found, path, strerror(errno));
	}
	strcat(real, name);
	run_close(&c->paths, &c->mounts, real, c->access);
	close_target(c, real, 0);
	if (is && realpath(path, real))
		run_close(&c->paths, &c->mounts, real, c->access);
	c->device |= is && (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode));
	c->found++;
	return true;
}

static void unescape(char *name)
{
	char *out = name;

	for (; *name; name++) {
		if (*name == '\\' && name[1])
			name++;
		*out++ = *name;
	}
	*out = '\0';
}

static bool passed_by; /* glob(3) hands nothing through */

/* What cannot be listed has no matches, but who knows a name in there may be let in. */
static int on_unlisted(const char *dir, int error)
{
	passed_by |= error == EACCES && !access(dir, X_OK);
	return 0;
}

/* As the file guard expands it: where only directories are globbed, the last name in each. */
static void close_matches(struct closing *c)
{
	char *pattern = strdup(c->s->path), *name = NULL, *path;
	glob_t matches = {};
	int how;

	if (!pattern)
		abort();
	if (c->s->tree)
		pattern[strlen(pattern) - 1] = '\0';
	else if (!policy_is_pattern(strrchr(pattern, '/')))
		name = strrchr(pattern, '/');
	if (name) {
		*name++ = '\0';
		unescape(name);
	}
	passed_by = false;
	how = glob(pattern, name || c->s->tree ? GLOB_ONLYDIR | GLOB_NOSORT : GLOB_NOSORT,
		   on_unlisted, &matches);
	c->unlisted = passed_by;
	if (how && how != GLOB_NOMATCH)
		complain(c, false, c->s->path, "it cannot be expanded");
	for (size_t i = 0; i < matches.gl_pathc; i++) {
		if (asprintf(&path, "%s%s%s", matches.gl_pathv[i], name ? "/" : "",
			     name ? name : "") < 0)
			abort();
		close_path(c, path, true);
		free(path);
	}
	globfree(&matches);
	free(pattern);
}

static void close_paths(struct closing *c)
{
	char *path;

	if (c->s->glob) {
		close_matches(c);
		return;
	}
	path = strdup(c->s->path);
	if (!path)
		abort();
	if (c->s->tree)
		path[strlen(path) - 1] = '\0';
	close_path(c, *path ? path : "/.", false);
	free(path);
}

/* ---- sections -------------------------------------------------------------------- */

static void note(const struct closing *c, enum run_row row, enum verb verb)
{
	run_note(c->run, row, c->s->verbs[verb].at, verbs[verb].name);
}

/* What there is to say of a verb that is closed. */
static void note_closed(const struct closing *c, enum verb verb)
{
	if (verb == VERB_WRITE) {
		note(c, RUN_FILES_ATTRIBUTES, verb);
		if (c->run->landlock < LANDLOCK_HAS_TRUNCATE)
			note(c, RUN_FILES_TRUNCATE, verb);
		note(c, RUN_FILES_MAKE, verb);
	}
	if (verb == VERB_READ && c->s->tree)
		note(c, RUN_FILES_DIRECTORIES, verb);
	if (verb == VERB_EXECUTE)
		note(c, RUN_FILES_CODE, verb);
	if (c->paths.n_links > c->links)
		note(c, RUN_FILES_LINKS, verb);
	if (c->device)
		note(c, RUN_FILES_DEVICE, verb);
	if (c->s->verbs[verb].n)
		note(c, RUN_FILES_LISTED, verb);
	note(c, RUN_FILES_NEW, verb);
}

/* Is it closed to the command? What it is listed for is noted. */
static bool closes(struct closing *c, enum verb verb)
{
	const struct program_list *who = c->s->verbs;
	bool listed = lists_command(c->run, &who[verb]);

	if (who[verb].kind != LIST_NONE && who[verb].kind != LIST_PROGRAMS)
		return false;
	/* Who may write may read; a missing one is an error of `write`, found there. */
	if (verb == VERB_READ)
		for (size_t i = 0; i < who[VERB_WRITE].n && !listed; i++)
			listed = !access(who[VERB_WRITE].programs[i].path, F_OK) &&
				 is_command(c->run, &who[VERB_WRITE].programs[i]);
	if (c->s->mode == MODE_AUDIT)
		return false;
	if (listed)
		note(c, RUN_FILES_STARTED, verb);
	else if (!c->run->landlock)
		note(c, RUN_FILES_NOT, verb);
	return !listed;
}

static void close_section(struct closing *c)
{
	bool closed[VERBS];

	c->access = 0;
	c->found = 0;
	c->links = c->paths.n_links;
	c->device = false;
	c->unlisted = false;
	for (int verb = 0; verb < VERBS; verb++) {
		closed[verb] = closes(c, verb);
		if (closed[verb])
			c->access |= known(c->run, verbs[verb].access |
							   (c->s->tree ? verbs[verb].of_tree : 0));
	}
	if (c->s->mode == MODE_AUDIT)
		run_note(c->run, RUN_AUDIT, c->s->at, NULL);
	/* Also where nothing can hold it: what is wrong with a path is said all the same. */
	if (c->access)
		close_paths(c);
	for (int verb = 0; verb < VERBS && c->run->landlock && c->unlisted; verb++)
		if (closed[verb])
			note(c, RUN_FILES_UNLISTED, verb);
	if (!c->found || !c->run->landlock)
		return;
	c->closed |= c->access;
	c->run->binds = true;
	if (closed[VERB_READ] && c->s->decoy)
		run_note(c->run, RUN_DECOY, c->s->decoy_at, NULL);
	for (int verb = 0; verb < VERBS; verb++)
		if (closed[verb])
			note_closed(c, verb);
}

/*
 * Also where no file is closed: a process in a Landlock domain cannot trace, or write into, one
 * outside. To rename and link between directories is always denied in one unless it is granted.
 */
static int hold(struct closing *c)
{
	uint64_t access = known(c->run, c->closed | LANDLOCK_ACCESS_FS_REFER);
	int ruleset;

	if (!access)
		access = LANDLOCK_ACCESS_FS_EXECUTE;
	ruleset = landlock_make(access, 0);
	if (ruleset < 0)
		return ruleset;
	c->run->rulesets[c->run->n_rulesets++] = ruleset;
	return run_grant(ruleset, &c->paths, access);
}

int run_files(struct run *run)
{
	struct closing c = { .run = run, .mounts = mounts_read() };
	int err = c.mounts.n || !run->policy.n_files ? 0 : -EIO;

	if (err)
		fprintf(stderr, "lsm-guard run: the mounts cannot be told; mount proc on /proc\n");
	for (size_t i = 0; i < run->policy.n_files && !err; i++) {
		c.s = &run->policy.files[i];
		close_section(&c);
	}
	if (!err && run->landlock && run->binds) {
		err = hold(&c);
		if (err)
			fprintf(stderr, "lsm-guard run: Landlock does not take the rules: %s\n",
				strerror(-err));
	}
	run_closed_free(&c.paths);
	mounts_free(&c.mounts);
	return err;
}
