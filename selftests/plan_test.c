// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the resolver, on the host: what a policy comes to on a tree of real files. No
 * kernel is asked: here fstat(2) stands in for the identity that the iterator tells.
 *
 * Each case makes a tree by a shell script in an empty directory, plans a policy in which @
 * stands for that directory, and looks for claims, one a line:
 *   object PATH      the inode is an object with the first section's rule
 *   objects PATH N   it has N rules
 *   tree PATH        and they hold below it
 *   name DIR NAME    the name is held in the directory
 *   anchor PATH      it leads to something that is held
 *   free PATH        it is none of these
 *   program PATH     it is a trusted program
 *   whole PATH       its filesystem has directory rules
 *   error TEXT       the messages contain the text
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "act.h"
#include "guard.h"
#include "plan.h"

struct plan_case {
	const char *name, *tree, *policy, *expect;
};

static const struct plan_case cases[] = {
	{ "a file: its inode, its name, the way to it", "mkdir d; touch d/f d/g",
	  "file @/d/f { write = none }", "object d/f\nname d f\nanchor d\nanchor .\nfree d/g" },
	{ "a missing file is held by its name", "mkdir d", "file @/d/f { read = none }",
	  "name d f\nanchor d" },
	{ "a missing directory is an error", "true", "file @/d/f { read = none }",
	  "error /d: No such file or directory; write -PATH" },
	{ "unless it is optional", "true", "file -@/d/f { read = none }", "free ." },
	{ "an optional file that is there", "touch f", "file -@/f { read = none }",
	  "object f\nname . f" },
	{ "a directory without its slash", "mkdir d", "file @/d { read = none }",
	  "error is a directory; write" },
	{ "a file with a slash", "touch f", "file @/f/ { read = none }", "error is no directory" },
	{ "a directory and all below it", "mkdir -p d/e; touch d/e/f", "file @/d/ { write = none }",
	  "tree d\nname . d\nfree d/e\nfree d/e/f\nwhole d" },
	{ "a hard link out of a directory", "mkdir d; touch d/f d/g; ln d/f out",
	  "file @/d/ { write = none }", "object out\nobject d/f\nfree d/g" },
	{ "a symlink: both names, the target's inode", "mkdir d e; touch d/f; ln -s ../d/f e/l",
	  "file @/e/l { write = none }",
	  "object d/f\nname d f\nname e l\nanchor e/l\nanchor d\nanchor e" },
	{ "a symlink on the way", "mkdir -p d/x; touch d/x/f; ln -s d l",
	  "file @/l/x/f { write = none }",
	  "object d/x/f\nanchor l\nanchor d\nanchor d/x\nname d/x f" },
	{ "an absolute symlink, and dots in it",
	  "mkdir -p d/x; touch d/f; ln -s \"$PWD/./d/x/..\" l", "file @/l/f { write = none }",
	  "object d/f\nanchor l\nname d f" },
	{ "a symlink to what is missing", "mkdir d; ln -s d/f l", "file @/l { write = none }",
	  "name . l\nname d f" },
	{ "symlinks in a circle", "ln -s a b; ln -s b a", "file @/a { write = none }",
	  "error Too many levels of symbolic links" },
	{ "two sections on one inode", "touch f; ln f g",
	  "file @/f { write = none }\nfile @/g { write = none }",
	  "objects f 2\nname . f\nname . g" },
	{ "five sections on one inode", "touch a; for i in b c d e; do ln a $i; done",
	  "file @/a { write = none }\nfile @/b { write = none }\nfile @/c { write = none }\n"
	  "file @/d { write = none }\nfile @/e { write = none }",
	  "error is covered by more than 4 sections" },
	{ "a glob", "touch a1 a2 b; mkdir a3", "file \"@/a*\" { write = none }",
	  "object a1\nobject a2\nfree b\nfree a3" },
	{ "a glob of directories", "mkdir a1 a2; touch a3", "file \"@/a*/\" { write = none }",
	  "tree a1\ntree a2\nfree a3" },
	{ "a glob above a plain name holds names", "mkdir -p u/x u/y; touch u/x/k",
	  "file \"@/u/*/k\" { write = none }", "object u/x/k\nname u/x k\nname u/y k" },
	{ "a glob of nothing", "true", "file \"@/x*\" { write = none }", "free ." },
	{ "a quoted name with a star in it", "touch 'a*' ab", "file \"@/a\\\\*\" { write = none }",
	  "object a*\nfree ab" },
	{ "a program: inode and name, for updaters", "cp /bin/true p",
	  "file @/f { read = { @/p } }", "program p\nname . p" },
	{ "a program by a symlink", "cp /bin/true p; ln -s p l", "file @/f { read = { @/l } }",
	  "program p\nname . p" },
	{ "one program by two names", "cp /bin/true p; ln p q", "file @/f { read = { @/p, @/q } }",
	  "program p\nobjects p 1" },
	{ "a program that is missing", "true", "file @/f { read = { @/p } }",
	  "error p: No such file or directory; write -PATH" },
	{ "an optional program that is missing", "true", "file @/f { read = { -@/p } }",
	  "name . f" },
	{ "a script is no program", "printf '#!/bin/sh\\n' > p; chmod +x p",
	  "file @/f { read = { @/p } }", "error it is a script" },
	{ "what is not executable is no program", "touch p", "file @/f { read = { @/p } }",
	  "error it is not executable" },
	{ "a directory is no program", "mkdir p", "file @/f { read = { @/p } }",
	  "error it is not a regular file" },
	{ "a device stands for its numbers", "ln -s /dev/null n", "file @/n { write = none }",
	  "object /dev/null" },
	{ "a name of 255 bytes", "touch $(printf %0255d 0)", "file \"@/0*0\" { write = none }",
	  "free ." },
};

static unsigned int passed, failed;
static char root[] = "/tmp/plan-test.XXXXXX";

/* The stand-in for identity.c: what the iterator would tell, from fstat(2). */
int identify_fds(struct identifier *who, const int *fds, size_t n, struct guard_identified *out)
{
	struct stat st;

	(void)who;
	for (size_t i = 0; i < n; i++) {
		if (fstat(fds[i], &st))
			return -errno;
		out[i] = (struct guard_identified){
			.id = { .ino = st.st_ino,
				.dev = major(st.st_dev) << 20 | minor(st.st_dev) },
			.fd = fds[i],
			.mode = st.st_mode,
		};
	}
	return 0;
}

/* Plans are made here, not loaded: nobody calls these. */
int interfaces_load(struct instance *in, const struct plan *plan)
{
	(void)in, (void)plan;
	abort();
}

int interfaces_attach(struct instance *in, const struct plan *plan)
{
	return interfaces_load(in, plan);
}

int interfaces_prove(struct instance *in, const struct plan *plan)
{
	return interfaces_load(in, plan);
}

void interfaces_destroy(struct instance *in)
{
	interfaces_load(in, NULL);
}

void file_try(struct act *act)
{
	(void)act;
	abort();
}

void socket_try(struct act *act)
{
	file_try(act);
}

void memory_try(struct act *act)
{
	file_try(act);
}

void process_try(struct act *act)
{
	file_try(act);
}

void ingress_try(struct act *act)
{
	file_try(act);
}

static struct guard_identity identity_of(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return (struct guard_identity){};
	return (struct guard_identity){ .ino = st.st_ino,
					.dev = major(st.st_dev) << 20 | minor(st.st_dev) };
}

static const struct guard_object *find(const struct plan *plan, struct guard_identity id)
{
	static const struct guard_object none;

	for (size_t i = 0; i < plan->n_object_keys; i++)
		if (!memcmp(&plan->object_keys[i], &id, sizeof(id)))
			return &plan->object_values[i];
	return &none;
}

static bool name_is_held(const struct plan *plan, const char *dir, const char *name)
{
	struct guard_name key = { .dir = identity_of(dir), .hash = plan_name_hash(name) };

	if (!(find(plan, key.dir)->flags & GUARD_OBJECT_NAMES))
		return false;
	for (size_t i = 0; i < plan->n_name_keys; i++)
		if (!memcmp(&plan->name_keys[i], &key, sizeof(key)))
			return plan->name_values[i].rules[0] != GUARD_NO_RULE;
	return false;
}

static unsigned int rules_of(const struct guard_object *object)
{
	unsigned int n = 0;

	while (n < GUARD_RULES_PER_OBJECT && object->rules[n])
		n++;
	return n;
}

static bool holds(const struct plan *plan, const char *messages, const char *what, const char *a,
		  const char *b)
{
	const struct guard_object *object = find(plan, identity_of(a));

	if (!strcmp(what, "name"))
		return name_is_held(plan, a, b);
	if (!strcmp(what, "object"))
		return rules_of(object) && !(object->flags & GUARD_OBJECT_TREE);
	if (!strcmp(what, "objects"))
		return rules_of(object) == (unsigned int)atoi(b);
	if (!strcmp(what, "tree"))
		return rules_of(object) && object->flags & GUARD_OBJECT_TREE;
	if (!strcmp(what, "anchor"))
		return object->anchor;
	if (!strcmp(what, "program"))
		return object->program && object->program == object->rules[0];
	if (!strcmp(what, "whole"))
		return rules_of(find(plan, (struct guard_identity){ .dev = identity_of(a).dev }));
	if (!strcmp(what, "free"))
		return !rules_of(object) && !object->program;
	return !strcmp(what, "error") && strstr(messages, a);
}

static bool check(const struct plan_case *c, const struct plan *plan, const char *messages)
{
	char *lines = strdup(c->expect), *save, *word;
	bool errors = strstr(c->expect, "error "), good = true;

	if ((*messages != '\0') != errors)
		good = false;
	for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *what = line, *a = strchr(line, ' '), *b = NULL;
		bool held;

		*a++ = '\0';
		if (strcmp(what, "error") && (word = strchr(a, ' '))) {
			*word = '\0';
			b = word + 1;
		}
		held = holds(plan, messages, what, a, b);
		if (!held)
			printf("# not so: %s %s %s\n", what, a, b ? b : "");
		good &= held;
	}
	if (!good && *messages)
		printf("# messages: %s", messages);
	free(lines);
	return good;
}

/* The policy's text with @ replaced by the directory. */
static char *place(const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	for (; *text; text++) {
		if (*text == '@')
			fputs(root, f);
		else
			putc(*text, f);
	}
	fclose(f);
	return out;
}

static bool shell(const char *command)
{
	char *line;
	int status;

	if (asprintf(&line, "cd %s && rm -rf ./* && { %s; }", root, command) < 0)
		abort();
	status = system(line);
	free(line);
	return !status;
}

static void run(const struct plan_case *c)
{
	char *text = place(c->policy), *messages = NULL;
	struct identifier who = {};
	struct policy policy;
	struct plan plan = {};
	size_t size;
	FILE *f = open_memstream(&messages, &size);
	bool good = shell(c->tree);

	if (policy_read_text(&policy, "p.conf", text, strlen(text), f))
		good = false;
	else if (!plan_make(&plan, &policy, false, false, f))
		plan_identify(&plan, &who);
	fclose(f);
	good &= check(c, &plan, messages);
	printf("%sok %u - %s\n", good ? "" : "not ", passed + failed + 1, c->name);
	if (good)
		passed++;
	else
		failed++;
	plan_free(&plan);
	policy_free(&policy);
	free(messages);
	free(text);
}

int main(void)
{
	if (!mkdtemp(root) || chdir(root)) {
		perror(root);
		return 1;
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		run(&cases[i]);
	shell("true");
	if (chdir("/") || rmdir(root))
		perror(root);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed ? 1 : 0;
}
