// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file guard: its sections become rules, what they name becomes claims; which
 * programs it needs in the kernel; and how it proves that denials happen. What a
 * section may say is in file_policy.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../act.h"
#include "../cover.h"
#include "../guard.h"
#include "../mounts.h"

#define R GUARD_READ
#define W GUARD_WRITE
#define X GUARD_EXECUTE

/* What names come to mean matters to whom they bind, too. */
#define RWX (R | W | X)
#define ANY (RWX | GUARD_SECTION)

/* Every way to an object, by the hook that sees it (see lsm/file.bpf.c). */
static const struct guard_program programs[] = {
	{ "file_open", "file_open", .verbs = RWX, .stage = ATTACH_LAST },
	{ "file_receive", "file_receive", .verbs = RWX, .stage = ATTACH_LAST },
	{ "uring_cmd", "uring_cmd", .verbs = RWX, .stage = ATTACH_LAST },
	{ "mmap_file", "mmap_file", .verbs = X, .stage = ATTACH_LAST },
	{ "file_mprotect", "file_mprotect", .verbs = X, .stage = ATTACH_LAST },
	{ "file_ioctl", "file_ioctl", .verbs = RWX, .stage = ATTACH_LAST },
	{ "file_ioctl_compat", "file_ioctl_compat", .verbs = RWX, .unless = "file_ioctl",
	  .stage = ATTACH_LAST },
	{ "inode_create", "inode_create", .verbs = W },
	{ "inode_mkdir", "inode_mkdir", .verbs = W },
	{ "inode_mknod", "inode_mknod", .verbs = W },
	{ "inode_symlink", "inode_symlink", .verbs = W },
	{ "inode_rmdir", "inode_rmdir", .verbs = RWX },
	{ "inode_unlink", "inode_unlink", .verbs = RWX },
	{ "inode_link", "inode_link", .verbs = ANY },
	{ "inode_rename", "inode_rename", .verbs = ANY },
	{ "inode_exchange", "inode_rename", .verbs = ANY, .weaker = true },
	{ "d_instantiate", "d_instantiate", .verbs = ANY },
	{ "inode_free_security", "inode_free_security", .verbs = ANY },
	{ "inode_setattr", "inode_setattr", .verbs = W, .arguments = 3 },
	{ "inode_setattr_6_1", "inode_setattr", .verbs = W, .arguments = 2 },
	{ "inode_setxattr", "inode_setxattr", .verbs = W },
	{ "inode_removexattr", "inode_removexattr", .verbs = W },
	{ "inode_set_acl", "inode_set_acl", .verbs = W, .unless = "inode_setxattr" },
	{ "inode_remove_acl", "inode_remove_acl", .verbs = W, .unless = "inode_removexattr" },
	{ "sb_mount", "sb_mount", .verbs = RWX },
	{ "sb_umount", "sb_umount", .verbs = RWX },
	{ "move_mount", "move_mount", .verbs = RWX },
	{ "sb_pivotroot", "sb_pivotroot", .verbs = RWX },
	/* The end first: what one writes over the other puts back. Not the guard, but what leads opens elsewhere: lsm/fallback/. */
	{ "redirect_exit", "sys_exit", .verbs = GUARD_REDIRECT, .function = true,
	  .where = "bpf_probe_write_user", .stage = ATTACH_LAST },
	{ "redirect_enter", "sys_enter", .verbs = GUARD_REDIRECT, .function = true,
	  .where = "bpf_probe_write_user", .stage = ATTACH_LAST },
};

/* ---- sections ----------------------------------------------------------------- */

static bool closes(const struct program_list *list)
{
	return list->kind == LIST_NONE || list->kind == LIST_PROGRAMS;
}

static void rule_of(struct plan *plan, const struct file_section *section)
{
	const struct program_list *write = &section->verbs[VERB_WRITE];
	__u32 rule = plan_rule(plan, GUARD_RULE_FILE, section->path, section->at, section->mode);

	for (int verb = 0; verb < VERBS; verb++) {
		const struct program_list *who = &section->verbs[verb];

		/* Who may write may read. */
		if (closes(who))
			plan_close(plan, rule, verb, who, verb == VERB_READ ? write : NULL);
	}
}

static void unescape_name(char *name)
{
	char *out = name;

	for (; *name; name++) {
		if (*name == '\\' && name[1])
			name++;
		*out++ = *name;
	}
	*out = '\0';
}

/*
 * Each match at load time. Where only directories are globbed the last name is held in
 * each of them, whether it exists or not: the file may come later.
 */
static void cover_glob(struct plan *plan, struct cover_cache *cache,
		       const struct file_section *section, __u32 rule)
{
	char *pattern = strdup(section->path), *name = NULL, *path;
	glob_t found = {};
	int how;

	if (!pattern)
		abort();
	if (section->tree)
		pattern[strlen(pattern) - 1] = '\0';
	else if (!policy_is_pattern(strrchr(pattern, '/')))
		name = strrchr(pattern, '/');
	if (name) {
		*name++ = '\0';
		unescape_name(name);
	}
	how = glob(pattern, name || section->tree ? GLOB_ONLYDIR | GLOB_NOSORT : GLOB_NOSORT, NULL,
		   &found);
	if (how && how != GLOB_NOMATCH)
		plan_error(plan, section->at, "%s: cannot be expanded: %s", section->path,
			   how == GLOB_NOSPACE ? "no memory" : strerror(errno));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *match = found.gl_pathv[i];
		bool dir = name || section->tree;
		struct cover_request want = {
			.at = section->at, .rule = rule, .tree = section->tree, .found = true
		};
		struct stat st;

		if (stat(match, &st) ? dir : dir != S_ISDIR(st.st_mode))
			continue; /* a directory is named with a slash, and a file without */
		if (asprintf(&path, "%s%s%s", match, dir ? "/" : "", name ? name : "") < 0)
			abort();
		want.path = path;
		plan->rules[rule].holds += cover_path(plan, cache, &want);
		free(path);
	}
	globfree(&found);
	free(pattern);
}

/* Does the section close @path to readers? What leads there by other names is not looked for. */
static bool closes_path(const struct file_section *section, const char *path)
{
	char pattern[PATH_MAX];

	if (!closes(&section->verbs[VERB_READ]) || section->mode == MODE_AUDIT)
		return false;
	/* What is below a match of it is found without its last slash only. */
	snprintf(pattern, sizeof(pattern), "%.*s", (int)strlen(section->path) - section->tree,
		 section->path);
	if (section->glob)
		return !fnmatch(pattern, path,
				FNM_PATHNAME | (section->tree ? FNM_LEADING_DIR : 0));
	return section->tree ? path_is_below(path, section->path) : !strcmp(path, section->path);
}

/* Who is led to the decoy must be able to read it. */
static void check_decoy(struct plan *plan, const struct file_section *section)
{
	char *real = realpath(section->decoy, NULL);
	struct stat st;

	if (!real || stat(real, &st))
		plan_error(plan, section->decoy_at, "decoy %s: %s", section->decoy,
			   strerror(errno));
	else if (!S_ISREG(st.st_mode))
		plan_error(plan, section->decoy_at, "decoy %s: is no regular file", section->decoy);
	else if (strlen(section->decoy) >= GUARD_TEXT_MAX)
		plan_error(plan, section->decoy_at,
			   "decoy %s: the path is longer than %d bytes; name a shorter one",
			   section->decoy, GUARD_TEXT_MAX - 1);
	for (size_t i = 0; real && i < plan->policy->n_files; i++) {
		const struct file_section *by = &plan->policy->files[i];

		if (closes_path(by, real))
			plan_error(plan, section->decoy_at,
				   "decoy %s: is closed itself, by %s:%u; name a file outside",
				   section->decoy, by->at.file, by->at.line);
	}
	free(real);
}

static void plan_files(struct plan *plan)
{
	for (size_t i = 0; i < plan->policy->n_files; i++) {
		rule_of(plan, &plan->policy->files[i]);
		if (plan->policy->files[i].decoy)
			check_decoy(plan, &plan->policy->files[i]);
	}
}

/* The rules of the sections follow each other in the order of the sections. */
static void cover_files(struct plan *plan)
{
	struct cover_cache cache = {};

	for (size_t i = 0; i < plan->policy->n_files; i++) {
		const struct file_section *section = &plan->policy->files[i];
		__u32 rule = plan->sections + i;
		struct cover_request want = { .path = section->path,
					      .at = section->at,
					      .rule = rule,
					      .tree = section->tree,
					      .optional = section->optional };

		if (section->glob)
			cover_glob(plan, &cache, section, rule);
		else
			plan->rules[rule].holds = cover_path(plan, &cache, &want);
	}
	cover_free(&cache);
}

/* ---- canary ------------------------------------------------------------------- */

static int canary_make(void)
{
	int fd = memfd_create("lsm-guard-canary", MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The outcome of one act on the canary: 0 refused, 1 allowed, or what else went wrong. */
static int outcome(int result)
{
	if (result >= 0)
		return 1;
	return errno == EPERM ? 0 : -errno;
}

static void event_object(const struct guard_event *e, char *out, size_t size)
{
	mounts_path(&e->object, out, size);
}

static int act(__u32 closed, int canary)
{
	char path[64];
	int fd, how;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", canary);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	how = outcome(fd);
	if (fd >= 0)
		close(fd);
	if (how || !(closed & W))
		return how;
	return outcome(fchmod(canary, 0600));
}

const struct guard file_guard = {
	.name = "file",
	.keys = RWX | GUARD_TRACE,
	.programs = programs,
	.n_programs = sizeof(programs) / sizeof(*programs),
	.plan = plan_files,
	.cover = cover_files,
	.object = event_object,
	.canary_make = canary_make,
	.act = act,
	.try = file_try,
};
