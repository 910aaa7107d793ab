// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to a file that are led away, the evasions of that, and running them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/leads.h"
#include "lib/limits.h"

#define LISTED		LEADS "/listed"
#define UNLISTED	LEADS "/unlisted"
#define OPEN(how, mode) "path-open " how " " mode " %F"

/* Directories and a file whose path is longer than what is looked at: 255 bytes. */
#define FIFTY "fifty-characters-of-a-name-and-so-on-to-the-end-50"
#define LONG  FIFTY "/" FIFTY "/" FIFTY "/" FIFTY "/" FIFTY

const struct lead leads[] = {
	/* Reading: led away. */
	{ "open", OPEN("plain open", "read") },
	{ "openat", OPEN("plain openat", "read") },
	{ "openat2", OPEN("plain openat2", "read") },
	{ "open32", OPEN("plain open32", "read") },
	{ "openat32", OPEN("plain openat32", "read") },
	{ "openat2-32", OPEN("plain openat2-32", "read") },
	{ "shared", OPEN("shared open", "read") },
	{ "a-path-longer-than-that-of-the-decoy", OPEN("plain open", "read") },
	{ "a-thread-and-room-for-the-decoy-beside-it", OPEN("thread open", "read") },
	{ "user", "as-user 1000 " OPEN("plain open", "read") },
	{ "seccomp", "in-seccomp " OPEN("plain open", "read") },
	{ "tree", OPEN("plain open", "read"), .file = "sub/f", .title = "%D/" },
	{ "glob", OPEN("plain open", "read"), .file = "a.s", .title = "%D/*.s" },
	{ "renamed-over", OPEN("plain open", "read"), .before = "replace %F", .reads = "scratch" },
	{ "made-anew", OPEN("plain open", "read"), .needs = "rm %F", .before = "create %F",
	  .reads = "W" },

	/* Writing: leads to where nobody can write. */
	{ "open-w", OPEN("plain open", "write"), .writes = true },
	{ "openat-w", OPEN("plain openat", "write"), .writes = true },
	{ "openat2-w", OPEN("plain openat2", "write"), .writes = true },
	{ "open32-w", OPEN("plain open32", "write"), .writes = true },
	{ "rdwr", OPEN("plain openat", "rdwr"), .writes = true },
	{ "append", OPEN("plain openat", "append"), .writes = true },
	{ "trunc", OPEN("plain openat", "trunc"), .writes = true, .at_once = true, .twice = true },
	{ "read-trunc", OPEN("plain openat", "read-trunc"), .writes = true, .at_once = true,
	  .twice = true },
	{ "creat", OPEN("plain creat", "trunc"), .writes = true, .at_once = true, .twice = true },
	{ "creat32", OPEN("plain creat32", "trunc"), .writes = true, .at_once = true,
	  .twice = true },
	{ "tree-w", OPEN("plain openat", "write"), .writes = true, .file = "sub/f",
	  .title = "%D/" },
	{ "new", "create %F", .writes = true, .at_once = true, .twice = true, .needs = "rm %F",
	  .done = "test -e %F" },
	{ "new-in-tree", "create %D/sub/new", .writes = true, .at_once = true, .twice = true,
	  .file = "sub/f", .title = "%D/", .done = "test -e %D/sub/new" },

	{ "tmpfile", "path-open plain tmpfile write %D/sub", .slips = true, .writes = true,
	  .unseen = true, .file = "sub/f", .title = "%D/" },

	/* Other names for it. */
	{ "relative", "path-open plain open read f", .slips = true },
	{ "relative-w", "path-open plain open write f", .slips = true, .writes = true },
	{ "openat-dir", "open openat read %F", .slips = true },
	{ "openat2-dir", "open openat2-beneath read %F", .slips = true },
	{ "symlink", "path-open plain open read %D/s", .slips = true, .needs = "ln -s %F %D/s" },
	{ "hard-link", "path-open plain open read %D/h", .slips = true, .needs = "ln %F %D/h" },
	{ "proc-root", "open proc-root read %F", .slips = true },
	{ "proc-cwd", "open proc-cwd read f", .slips = true },
	{ "proc-fd", "open opath read %F", .slips = true },
	{ "two-slashes", "path-open plain open read /%F", .slips = true },
	{ "dot", "path-open plain open read %D/./f", .slips = true },
	{ "dot-dot", "path-open plain open read %D/../%N/f", .slips = true },
	{ "chroot", "in-chroot " LEADS " path-open plain open read /%N/f", .slips = true },
	{ "long", OPEN("plain open", "read"), .slips = true, .file = LONG },

	/* Memory that is not written, or not in time. */
	{ "read-only", OPEN("read-only open", "read"), .slips = true },
	{ "literal", OPEN("literal open", "read"), .slips = true },
	{ "page-end", OPEN("page-end open", "read"), .slips = true },
	{ "half-ro", OPEN("half-read-only open", "read"), .slips = true },
	{ "forked", OPEN("forked open", "read"), .slips = true },
	{ "thread", OPEN("thread open", "read"), .slips = true },
	{ "a-race-of-threads-for-the-path",
	  "path-race 20 %F " LEADS "/some-other-file-that-is-open", .slips = true, .many = true },

	/* No such system call. */
	{ "uring", "open uring read %F", .slips = true },
	{ "uring-sqpoll", "open uring-sqpoll read %F", .slips = true },
	{ "handle", "open handle read %F", .slips = true },
	{ "execve", "exec %F true", .slips = true, .executes = true, .unseen = true,
	  .needs = "rm %F && cp %P %F" },
	{ "scm", "scm %T read %F", .slips = true, .handed = true },
	{ "inherited", "fd-read 9", .innocent = true, .inherits = true, .unseen = true },
	{ "rename", "rename %F %D/g", .slips = true, .writes = true, .at_once = true,
	  .done = "test -e %D/g" },
	{ "unlink", "unlink %F", .slips = true, .writes = true, .at_once = true,
	  .done = "test ! -e %F" },
	{ "chmod", "chmod %F", .slips = true, .writes = true, .at_once = true,
	  .done = "test $(stat -c %%a %F) != 644" },
	{ "truncate", "truncate %F", .slips = true, .writes = true, .at_once = true,
	  .done = "test $(stat -c %%s %F) != 5" },

	/* Another file by the same path. */
	{ "own-root", "in-chroot %D/root path-open plain open read %F", .innocent = true,
	  .needs = "mkdir -p %D/root%D && echo own >%D/root%F", .reads = "own" },
	{ "own-in-root", "path-open plain openat2-in-root read %F", .innocent = true,
	  .needs = "mkdir -p %D%D && echo own >%D%F", .reads = "own" },
};
const size_t n_leads = sizeof(leads) / sizeof(*leads);

/* ---- texts and shell --------------------------------------------------------------- */

char *lead_text(const struct lead *row, char letter, const char *text)
{
	char *out;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	for (const char *p = text; *p; p++) {
		if (*p != '%') {
			fputc(*p, f);
			continue;
		}
		p++;
		if (*p == 'T' || *p == 'P')
			fputs(*p == 'T' ? LISTED : UNLISTED, f);
		else if (*p == 'N')
			fprintf(f, "%s.%c", row->name, letter);
		else if (*p == '%')
			fputc('%', f);
		else
			fprintf(f, LEADS "/%s.%c", row->name, letter);
		if (*p == 'F')
			fprintf(f, "/%s", row->file ? row->file : "f");
	}
	fclose(f);
	return out;
}

static bool shell(const struct lead *row, char letter, const char *text, bool quiet)
{
	char *line = lead_text(row, letter, text);
	char *argv[] = { "sh", "-c", line, NULL };
	struct result r = run_with("/", -1, argv);

	if (r.code && !quiet)
		printf("# %s: %s: %d %s\n", row->name, line, r.code, r.said);
	free(line);
	return !r.code;
}

/* The directories above @file; which are there already does not matter. */
static void make_way(const char *file)
{
	char *way = strdup(file);

	for (char *p = way + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		mkdir(way, 0755);
	}
	free(way);
}

static bool fresh(const struct lead *row, char letter)
{
	char *file = lead_text(row, letter, "%F");
	bool good;

	make_way(file);
	good = write_file(file, "real\n") && !chmod(file, 0644) &&
	       (!row->needs || shell(row, letter, row->needs, false));
	free(file);
	return good;
}

static bool remove_all(const struct lead *row, char letter)
{
	char *dir = lead_text(row, letter, "%D");
	bool good = command("rm -r %s", dir);

	free(dir);
	return good;
}

static struct result act(const struct lead *row, char letter, const char *by, const char *text,
			 int fd)
{
	char *dir = lead_text(row, letter, "%D"), *words = lead_text(row, letter, text);
	char *line = path("showing %s", words);
	struct result r = run_line(dir, fd, by, line);

	free(line);
	free(words);
	free(dir);
	return r;
}

/* ---- what became of it --------------------------------------------------------------- */

static bool has_changed(const struct lead *row, char letter)
{
	char text[10] = "", *file;
	FILE *f;

	if (row->done)
		return shell(row, letter, row->done, true);
	file = lead_text(row, letter, "%F");
	f = fopen(file, "re");
	free(file);
	if (f && !fgets(text, sizeof(text), f))
		text[0] = 0;
	/* One that was appended to has a second line. */
	if (f && fgetc(f) != EOF)
		text[0] = 0;
	if (f)
		fclose(f);
	return strcmp(text, "real\n");
}

static bool reads(const struct result *r, const char *what)
{
	char *words = path("read: %s", what);
	bool yes = strstr(r->said, words);

	free(words);
	return yes;
}

static char *judge(const struct lead *row, const struct treatment *t, enum becomes becomes,
		   const struct result *r)
{
	bool changed = row->writes && !row->unseen && has_changed(row, t->letter);
	bool fits = false;

	switch (becomes) {
	case DONE:
		fits = r->code == ALLOWED &&
		       (row->unseen   ? true
			: row->writes ? changed
				      : reads(r, row->reads ? row->reads : "real"));
		break;
	case LED:
		fits = row->writes
			       ? r->code == OTHER && !changed &&
					 (strstr(r->said, "EISDIR") || strstr(r->said, "EEXIST"))
			       : r->code == ALLOWED && reads(r, t->leads_to);
		break;
	case REFUSED:
		fits = r->code == DENIED && !changed;
		break;
	case KILLED:
		/* Too late for what is done to the file. */
		fits = r->code == 128 + SIGKILL && changed == row->at_once;
		break;
	case OTHERWISE:
		fits = r->code == OTHER && strstr(r->said, "MSG_CTRUNC");
		break;
	}
	if (fits)
		return NULL;
	return path("status %d%s: %s", r->code,
		    !row->writes || row->unseen ? ""
		    : changed			? ", the file has changed"
						: ", the file is as it was",
		    r->said);
}

static struct fate fate_of(const struct lead *row, const struct treatment *t)
{
	struct fate fate;

	if (t->listed || row->innocent)
		return (struct fate){ DONE, NULL };
	fate = row->slips ? t->slips : row->writes ? t->writes : t->reads;
	if (row->handed && t->descriptor == OTHERWISE)
		fate.becomes = OTHERWISE;
	return fate;
}

/* ---- the scene ------------------------------------------------------------------------- */

static size_t number_of(const struct lead_scene *s, size_t row, size_t t)
{
	return row * s->n_treatments + t;
}

static bool bare(const struct lead *row, const struct treatment *t)
{
	struct result r;
	char *why, *file = lead_text(row, t->letter, "%F");
	int fd = row->inherits ? open(file, O_RDWR | O_CLOEXEC) : -1;

	free(file);
	if (row->before && act(row, t->letter, LISTED, row->before, -1).code != ALLOWED)
		return false;
	r = act(row, t->letter, UNLISTED, row->act, fd);
	if (fd >= 0)
		close(fd);
	why = judge(row, t, DONE, &r);
	if (why)
		printf("# %s.%c bare: %s\n", row->name, t->letter, why);
	free(why);
	return r.code == ALLOWED && !why;
}

/* The test is listed too, since it looks at the files. */
static long put_rule(FILE *f, const struct lead *row, const struct treatment *t, long line)
{
	char *title = lead_text(row, t->letter, row->title ? row->title : "%F");
	char who[PATH_LEN] = "";

	if (readlink("/proc/self/exe", who, sizeof(who) - 1) < 0)
		return 0;
	fprintf(f, "file \"%s\" { %s", title, t->keys);
	for (size_t i = 0; i < 3; i++)
		fprintf(f, " %s = { " LISTED ", \"%s\" }",
			(const char *[]){ "read", "write", "execute" }[i], who);
	fputs(" }\n", f);
	free(title);
	return line + 1;
}

bool leads_make(struct lead_scene *s, const struct treatment *t, size_t n)
{
	long line = 0;
	bool good;
	FILE *f;

	*s = (struct lead_scene){ .treatments = t, .n_treatments = n, .policy = LEADS "/conf" };
	s->lines = calloc(n_leads * n, sizeof(*s->lines));
	s->fds = calloc(n_leads * n, sizeof(*s->fds));
	good = command("mkdir -p " LEADS) && !mount("tmpfs", LEADS, "tmpfs", 0, "mode=755") &&
	       copy_program("build/probe", LISTED) && copy_program("build/probe", UNLISTED) &&
	       write_file(LEADS "/some-other-file-that-is-open", "open\n") &&
	       write_file(LEADS_DECOY, "decoy\n");
	f = good ? fopen(s->policy, "we") : NULL;
	for (size_t i = 0; i < n_leads && f; i++) {
		for (size_t k = 0; k < n && good; k++) {
			size_t at = number_of(s, i, k);
			char *file = lead_text(&leads[i], t[k].letter, "%F");

			s->lines[at] = line = put_rule(f, &leads[i], &t[k], line);
			/* What a section says has no meaning yet: once is enough. */
			good = fresh(&leads[i], t[k].letter) &&
			       (k ||
				(bare(&leads[i], &t[k]) && remove_all(&leads[i], t[k].letter) &&
				 fresh(&leads[i], t[k].letter)));
			s->fds[at] = leads[i].inherits ? open(file, O_RDWR | O_CLOEXEC) : -1;
			free(file);
		}
	}
	return f && !fclose(f) && good;
}

bool leads_start(struct lead_scene *s, const char *options)
{
	return guard_start(&s->guard, s->policy, options);
}

void leads_end(struct lead_scene *s)
{
	guard_stop(&s->guard);
	umount2(LEADS, MNT_DETACH);
}

/* ---- running --------------------------------------------------------------------------- */

static char *run_one(struct lead_scene *s, size_t i, size_t k)
{
	const struct treatment *t = &s->treatments[k];
	const struct lead *row = &leads[i];
	struct result r;

	if (row->before) {
		r = act(row, t->letter, LISTED, row->before, -1);
		if (r.code != ALLOWED)
			return path("before: status %d: %s", r.code, r.said);
	}
	r = act(row, t->letter, t->listed ? LISTED : UNLISTED, row->act,
		s->fds[number_of(s, i, k)]);
	return judge(row, t, fate_of(row, t).becomes, &r);
}

static bool fits(const struct lead *row, const struct fate *fate, const struct event *e)
{
	const char *access = row->writes ? "write" : row->executes ? "execute" : "read";
	const char *verdict = event_text(e, "verdict") ?: "";

	if (row->many)
		return true;
	return fate->verdict && !strcmp(verdict, fate->verdict) &&
	       !strcmp(event_text(e, "access") ?: "", access) &&
	       strstr(event_text(e, "exe") ?: "", "/unlisted");
}

/* There is one event about it, of the right line and access; or none. */
static char *judge_events(struct lead_scene *s, const struct events *ev, size_t i, size_t k)
{
	const struct lead *row = &leads[i];
	struct fate fate = fate_of(row, &s->treatments[k]);
	bool stopped = fate.becomes == LED || fate.becomes == REFUSED;
	size_t n = 0, good = 0, wanted = !fate.verdict ? 0 : row->twice && !stopped ? 2 : 1;
	long line = s->lines[number_of(s, i, k)];

	for (size_t at = 0; at < ev->n; at++) {
		if (event_number(&ev->e[at], "line") != line)
			continue;
		n++;
		good += fits(row, &fate, &ev->e[at]);
	}
	if (good == n && (row->many ? n >= wanted : n == wanted))
		return NULL;
	for (size_t at = 0; at < ev->n; at++)
		if (event_number(&ev->e[at], "line") == line)
			event_show(&ev->e[at]);
	return path("%zu events, not %zu %s", n, wanted, fate.verdict ? fate.verdict : "");
}

bool leads_run(struct lead_scene *s)
{
	size_t all = n_leads * s->n_treatments;
	char **why = calloc(all, sizeof(*why));
	bool passed = true;
	struct events ev;

	for (size_t i = 0; i < all; i++)
		why[i] = run_one(s, i / s->n_treatments, i % s->n_treatments);
	sleep(1); /* the last of them may be on its way */
	if (guard_stop(&s->guard))
		passed = false;
	ev = events_read(s->guard.events);
	printf("    1..%zu\n", all);
	for (size_t i = 0; i < all; i++) {
		const struct treatment *t = &s->treatments[i % s->n_treatments];
		const struct lead *row = &leads[i / s->n_treatments];
		char *name = path("%s.%c", row->name, t->letter);

		if (!why[i])
			why[i] = judge_events(s, &ev, i / s->n_treatments, i % s->n_treatments);
		passed &= subtest(i + 1, row->slips ? "evasion" : "led", name, why[i]);
		free(name);
		free(why[i]);
	}
	passed &= !ev.malformed;
	free(why);
	events_free(&ev);
	return passed;
}
