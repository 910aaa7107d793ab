// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of the attack table made real: a directory each for the attack and
 * for its positive control, the programs that act, and one policy for all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/btrfs.h>

#include "lib/attacks.h"

static const char content[] = "what only listed programs may see\n";

static bool failed(const char *what, const char *name)
{
	printf("# set-up: %s %s: %s\n", what, name, strerror(errno));
	return false;
}

static bool make_subvolume(const char *name)
{
	struct btrfs_ioctl_vol_args a = { 0 };
	char *slash = strrchr(name, '/');
	char *dir = strndup(name, slash - name);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	strncpy(a.name, slash + 1, sizeof(a.name) - 1);
	ok = fd >= 0 && !ioctl(fd, BTRFS_IOC_SUBVOL_CREATE, &a);
	if (fd >= 0)
		close(fd);
	free(dir);
	return ok;
}

/* A script that its interpreter, a copy of the probe, reads: running it is reading it. */
static bool make_script(const char *name, const char *interpreter)
{
	char *text = path("#!%s read\n", interpreter);
	bool ok = write_file(name, text) && !chmod(name, 0755);

	free(text);
	return ok;
}

static bool by_probe(const char *act, const char *name)
{
	struct result r = { .code = BROKEN };
	char *line = path("%s %s", act, name);

	r = run_line(NULL, -1, tree_path("build/probe"), line);
	free(line);
	return r.code == ALLOWED;
}

static bool link_listed(const struct rows *r, const char *at)
{
	char *listed = path("%s/bin/trusted", r->root);
	bool ok = !link(listed, at);

	free(listed);
	return ok;
}

/* KIND=NAME, or link=NAME:OLD */
static bool make_item(const struct rows *r, const char *dir, const char *kind, const char *name,
		      const char *old, bool control)
{
	char *at = path("%s/%s", dir, name);
	char *from = path("%s/%s", dir, old ? old : "target");
	bool ok = false;

	if (!strcmp(kind, "dir"))
		ok = !mkdir(at, 0755);
	else if (!strcmp(kind, "file"))
		ok = write_file(at, content);
	else if (!strcmp(kind, "link"))
		ok = !link(from, at);
	else if (!strcmp(kind, "hard"))
		ok = link_listed(r, at);
	else if (!strcmp(kind, "copy"))
		ok = copy_program(r->unlisted, at);
	else if (!strcmp(kind, "dynamic"))
		ok = copy_program(tree_path("build/probe-dynamic"), at);
	else if (!strcmp(kind, "script"))
		ok = make_script(at, control ? r->listed : r->unlisted);
	else if (!strcmp(kind, "subvol"))
		ok = make_subvolume(at);
	else if (!strcmp(kind, "xattr"))
		ok = by_probe("setxattr", at);
	else if (!strcmp(kind, "acl"))
		ok = by_probe("acl", at);
	else if (!strcmp(kind, "tmpfs"))
		ok = !mount("tmpfs", at, "tmpfs", 0, NULL) &&
		     !mount(NULL, at, NULL, MS_PRIVATE, NULL);
	if (!ok)
		failed(kind, at);
	free(from);
	free(at);
	return ok;
}

/* From the first tmpfs on, things are made where they are seen, not in a lower layer. */
static bool make_needs(const struct rows *r, const struct attack *a, const char *dir, bool late,
		       bool control)
{
	char *copy = strdup(a->needs ? a->needs : ""), *save;
	bool ok = true, is_late = false;

	for (char *w = strtok_r(copy, " ", &save); w && ok; w = strtok_r(NULL, " ", &save)) {
		char *name = strchr(w, '='), *old;

		*name++ = 0;
		old = strchr(name, ':');
		if (old)
			*old++ = 0;
		is_late |= !strcmp(w, "tmpfs");
		if (is_late == late)
			ok = make_item(r, dir, w, name, old, control);
	}
	free(copy);
	return ok;
}

static bool make_dir(const struct rows *r, const struct attack *a, const char *dir, bool control)
{
	char *target = path("%s/target", dir), *victim = path("%s/victim", dir);
	bool ok = (!mkdir(dir, 0755) && write_file(target, content)) || failed("row", dir);

	if (ok && a->victim && !(a->needs && strstr(a->needs, "=victim")))
		ok = copy_program(r->unlisted, victim) || failed("victim", dir);
	ok = ok && make_needs(r, a, dir, false, control);
	free(target);
	free(victim);
	return ok;
}

static char *dir_below(const char *root, const struct attack *a, bool control)
{
	return path("%s/%s/%s", root, control ? "control" : "rows", a->name);
}

char *row_dir(const struct rows *r, const struct attack *a, bool control)
{
	return dir_below(r->mount, a, control);
}

static bool make_all(const struct rows *r, enum fs fs, const char *root)
{
	bool ok = true;

	for (size_t i = 0; i < n_attacks && ok; i++)
		for (int control = 0; control < 2 && ok; control++) {
			char *dir = dir_below(root, &attacks[i], control);

			if (!(attacks[i].not_on & ON(fs)))
				ok = make_dir(r, &attacks[i], dir, control);
			free(dir);
		}
	return ok;
}

static bool make_late(struct rows *r, size_t i, bool control)
{
	char *dir = row_dir(r, &attacks[i], control), *target = path("%s/target", dir);
	bool ok = make_needs(r, &attacks[i], dir, true, control);

	if (ok && attacks[i].inherits) {
		int fd = open(target, O_RDWR | O_CLOEXEC);

		ok = fd >= 0 || failed("descriptor", target);
		*(control ? &r->control_fd[i] : &r->fd[i]) = fd;
	}
	free(dir);
	free(target);
	return ok;
}

static bool make_programs(struct rows *r, const char *root)
{
	char *bin = path("%s/bin", root), *listed = path("%s/bin/trusted", root);
	char *updater = path("%s/bin/updater", root), *rows = path("%s/rows", root);
	char *control = path("%s/control", root), *last = path("%s/last", root);
	char *first = path("%s/first", root);
	bool ok = !chmod(root, 0755) && !mkdir(bin, 0755) && !mkdir(rows, 0755) &&
		  !mkdir(control, 0755) && !mkdir(first, 0755) && write_file(last, content) &&
		  copy_program(r->unlisted, listed) && copy_program(r->unlisted, updater);

	if (!ok)
		failed("programs", root);
	free(bin);
	free(listed);
	free(updater);
	free(rows);
	free(control);
	free(last);
	free(first);
	return ok;
}

struct rows *rows_make(enum fs fs, const char *mount)
{
	struct rows *r = calloc(1, sizeof(*r));
	bool ok;

	r->root = fs_make(fs, mount);
	r->mount = strdup(mount);
	r->unlisted = path("%s", tree_path("build/probe"));
	r->library = path("%s", tree_path("build/preload.so"));
	r->line = calloc(n_attacks, sizeof(*r->line));
	r->control_line = calloc(n_attacks, sizeof(*r->control_line));
	r->fd = calloc(n_attacks, sizeof(*r->fd));
	r->control_fd = calloc(n_attacks, sizeof(*r->control_fd));
	r->policy = path("%s.conf", mount);
	r->listed = path("%s/bin/trusted", mount);
	r->updater = path("%s/bin/updater", mount);
	ok = r->root && make_programs(r, r->root) && make_all(r, fs, r->root) && fs_show(fs, mount);
	for (size_t i = 0; i < n_attacks; i++) {
		r->fd[i] = r->control_fd[i] = -1;
		if (ok && !(attacks[i].not_on & ON(fs)))
			ok = make_late(r, i, false) && make_late(r, i, true);
	}
	return ok ? r : NULL;
}

/* One line a rule, so that the line of an event says which rule it was. */
static void write_rule(const struct rows *r, const struct attack *a, bool control, FILE *f)
{
	static const char *const verb[] = { "read", "write", "execute", NULL };
	char *dir = row_dir(r, a, control);

	if (a->victim)
		fprintf(f, "file \"%s/target\" { read = { \"%s/victim\" } }\n", dir, dir);
	else
		fprintf(f, "file \"%s/%s\" { %s = { \"%s\" } }\n", dir, a->object, verb[a->access],
			r->listed);
	free(dir);
}

bool rows_write_policy(struct rows *r, enum fs fs)
{
	FILE *f = fopen(r->policy, "we");
	long line = 1;

	if (!f)
		return failed("policy", r->policy);
	fprintf(f, "updaters = { \"%s\" }\n", r->updater);
	fprintf(f, "file \"%s/first/\" { read = none }\n", r->mount);
	r->first_line = ++line;
	for (size_t i = 0; i < n_attacks; i++) {
		if (attacks[i].not_on & ON(fs))
			continue;
		write_rule(r, &attacks[i], false, f);
		r->line[i] = ++line;
		write_rule(r, &attacks[i], true, f);
		r->control_line[i] = ++line;
	}
	fprintf(f, "file \"%s/last\" { read = none }\n", r->mount);
	r->last_line = ++line;
	return !fclose(f);
}

const char *row_actor(const struct rows *r, enum actor who)
{
	switch (who) {
	case LISTED:
		return r->listed;
	case UPDATER:
		return r->updater;
	case VICTIM:
		return "./victim";
	case UNLISTED:
		break;
	}
	return r->unlisted;
}

/* The act with its %-words filled in. */
char *row_act(const struct rows *r, const struct attack *a, const char *act, bool control)
{
	char *dir = row_dir(r, a, control), *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	for (const char *p = act; *p; p++) {
		if (*p != '%') {
			fputc(*p, f);
			continue;
		}
		switch (*++p) {
		case 'T':
			fputs(r->listed, f);
			break;
		case 'P':
			fputs(r->unlisted, f);
			break;
		case 'L':
			fputs(r->library, f);
			break;
		case 'D':
			fputs(dir, f);
			break;
		case 'N':
			fputs(a->name, f);
			break;
		}
	}
	fclose(f);
	free(dir);
	return out;
}

char *row_look(const struct rows *r, const struct attack *a)
{
	char *dir = row_dir(r, a, false), *at = path("%s/%s", dir, a->object), *text;
	struct stat s;

	if (a->loose)
		text = strdup("anything");
	else if (lstat(at, &s))
		text = strdup("missing");
	else
		text = path("inode %lu mode %o owner %u size %ld links %lu mtime %ld.%ld "
			    "ctime %ld.%ld",
			    s.st_ino, s.st_mode, s.st_uid, (long)s.st_size, s.st_nlink,
			    s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_ctim.tv_sec,
			    s.st_ctim.tv_nsec);
	free(at);
	free(dir);
	return text;
}
