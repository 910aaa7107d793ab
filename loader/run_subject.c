// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which file a command is, and which sections of the policy are for it: those of the file that
 * the kernel will run and, where that is a script, of its interpreter.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

#define NOT_FOUND   127 /* as env(1) and shells */
#define NOT_STARTED 126

#define LINE_BYTES 256 /* of a script's first line; BINPRM_BUF_SIZE of the kernel */

void run_error(struct run *run, struct place at, const char *fmt, ...)
{
	va_list args;

	run->errors++;
	fprintf(stderr, "%s:%u: ", at.file, at.line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

bool run_is(const struct run_subject *subject, dev_t dev, ino_t ino)
{
	return subject->dev == dev && subject->ino == ino;
}

/* ---- the command -------------------------------------------------------------- */

static int not_run(const char *file, int err)
{
	fprintf(stderr, "lsm-guard run: %s: %s\n", file, strerror(err));
	return err == ENOENT || err == ENOTDIR ? NOT_FOUND : NOT_STARTED;
}

/* 0 when @file can be executed, else an errno. */
static int executable(const char *file)
{
	struct stat st;

	if (stat(file, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(file, X_OK) ? errno : 0;
}

/* As execvp(3) looks: what cannot be executed is passed over, and remembered. */
static int search(struct run *run, const char *name)
{
	const char *path = getenv("PATH");
	char *dirs = strdup(path ? path : _PATH_DEFPATH), *rest = dirs, *dir, *file;
	int err = ENOENT, is;

	if (!dirs)
		abort();
	while (!run->file && (dir = strsep(&rest, ":"))) {
		if (asprintf(&file, "%s%s%s", dir, *dir ? "/" : "", name) < 0)
			abort();
		is = executable(file);
		if (!is) {
			run->file = file;
			break;
		}
		if (is == EACCES)
			err = EACCES;
		free(file);
	}
	free(dirs);
	return run->file ? 0 : not_run(name, err);
}

static int find_file(struct run *run)
{
	const char *name = run->argv[0];
	int err;

	if (!strchr(name, '/'))
		return search(run, name);
	err = executable(name);
	if (err)
		return not_run(name, err);
	run->file = strdup(name);
	if (!run->file)
		abort();
	return 0;
}

/* ---- scripts ------------------------------------------------------------------ */

/* The interpreter that the kernel would run for @file, in @line; NULL: it is no script. */
static char *interpreter(const char *file, char line[LINE_BYTES])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char *name;
	ssize_t n;

	if (fd < 0)
		return NULL; /* unreadable: no interpreter could read it */
	n = read(fd, line, LINE_BYTES - 1);
	close(fd);
	if (n < 2 || memcmp(line, "#!", 2))
		return NULL;
	line[n] = '\0';
	name = line + 2 + strspn(line + 2, " \t");
	name[strcspn(name, " \t\n")] = '\0';
	return name;
}

/* The file, its interpreter, that one's interpreter. */
static int find_subjects(struct run *run)
{
	char lines[2][LINE_BYTES];
	const char *file = run->file;
	struct stat st;

	while (file) {
		if (run->n_subjects == RUN_SUBJECTS)
			return not_run(run->file, ELOOP);
		if (stat(file, &st))
			return not_run(file, errno);
		run->subjects[run->n_subjects] =
			(struct run_subject){ .dev = st.st_dev, .ino = st.st_ino };
		file = interpreter(file, lines[run->n_subjects++ % 2]);
	}
	return 0;
}

/* ---- sections ----------------------------------------------------------------- */

static bool is_subject(const struct run *run, const struct stat *st)
{
	for (size_t i = 0; i < run->n_subjects; i++)
		if (run_is(&run->subjects[i], st->st_dev, st->st_ino))
			return true;
	return false;
}

static void find_section(struct run *run, const struct program_section *s)
{
	struct stat st;

	if (stat(s->path, &st)) {
		/* What may not be seen is not what was just found. */
		if (errno != EACCES && !(s->optional && errno == ENOENT))
			run_error(run, s->at, "program %s: %s%s", s->path, strerror(errno),
				  errno == ENOENT ? "; write -PATH to skip what is missing" : "");
		return;
	}
	if (!is_subject(run, &st))
		return;
	if (s->mode == MODE_AUDIT) {
		run_note(run, RUN_AUDIT, s->at, NULL);
		return;
	}
	if (run->n_bound == RUN_SUBJECTS) {
		run_error(run, s->at, "program %s: more sections than files: name each file once",
			  s->path);
		return;
	}
	run->bound[run->n_bound++] = s;
	run->binds = true;
	if (!s->inherit)
		run_note(run, RUN_INHERIT, s->at, NULL);
	if (!run->landlock)
		run_note(run, RUN_TRACE, s->at, NULL);
}

int run_find(struct run *run)
{
	int status = find_file(run);

	if (!status)
		status = find_subjects(run);
	for (size_t i = 0; i < run->policy.n_programs && !status; i++)
		find_section(run, &run->policy.programs[i]);
	for (size_t i = 0; i < run->policy.n_interfaces && !status; i++)
		run_note(run, RUN_INTERFACE, run->policy.interfaces[i].at, NULL);
	return status;
}
