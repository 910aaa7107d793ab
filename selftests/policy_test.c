// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the policy reader, on the host: no kernel, no privilege. The table in
 * policy_cases.h says for each text what must come out: its errors, word for word,
 * or what the policy holds. What needs files (owners, includes, sizes) is in
 * policy_file_test.c, single values of program sections in policy_program_test.c,
 * interface sections in policy_interface_test.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy.h"
#include "policy_test.h"

struct policy_case {
	const char *name;
	const char *text;
	size_t len;
	const char *want;
};

#include "policy_cases.h"

static unsigned int passed, failed, skipped;

static void result(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", passed + failed + skipped + 1, name);
	if (good)
		passed++;
	else
		failed++;
}

void skip(const char *name, const char *why)
{
	printf("ok %u - %s # SKIP %s\n", passed + failed + skipped + 1, name, why);
	skipped++;
}

static void show(const char *what, const char *text)
{
	printf("# %s:\n#   ", what);
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n' && text[1])
			fputs("#   ", stdout);
	}
	putchar('\n');
}

void expect(const char *name, const char *want, const char *got)
{
	bool good = strcmp(want, got) == 0;

	result(good, name);
	if (good)
		return;
	show("wanted", want);
	show("got", got);
}

/* ---- a policy as text ---- */

static void write_list(FILE *out, const char *key, const struct program_list *l)
{
	if (l->kind == LIST_UNSET)
		return;
	fprintf(out, "%s@%u%s", key, l->at.line,
		l->kind == LIST_NONE  ? " none"
		: l->kind == LIST_ANY ? " any"
				      : "");
	for (size_t i = 0; i < l->n; i++)
		fprintf(out, " %s%s@%u", l->programs[i].optional ? "-" : "", l->programs[i].path,
			l->programs[i].at.line);
	fputc('\n', out);
}

static void write_policy(FILE *out, const struct policy *p)
{
	static const char *const modes[] = { "enforce", "audit" };
	static const char *const actions[] = { "report", "redirect", "kill" };
	static const char *const verbs[VERBS] = { " read", " write", " execute" };

	fprintf(out, "%s %s\n", modes[p->mode], actions[p->fallback]);
	write_list(out, "updaters", &p->updaters);
	for (size_t i = 0; i < p->n_files; i++) {
		const struct file_section *f = &p->files[i];
		const char *base = strrchr(f->at.file, '/');

		fprintf(out, "%s:%u %s%s%s%s %s%s %s%s\n", base ? base + 1 : f->at.file, f->at.line,
			f->optional ? "-" : "", f->path, f->tree ? " tree" : "",
			f->glob ? " glob" : "", modes[f->mode], f->own_mode ? "!" : "",
			actions[f->fallback], f->own_fallback ? "!" : "");
		if (f->decoy)
			fprintf(out, " decoy@%u %s\n", f->decoy_at.line, f->decoy);
		for (int v = 0; v < VERBS; v++)
			write_list(out, verbs[v], &f->verbs[v]);
	}
	for (size_t i = 0; i < p->n_programs; i++)
		write_program(out, &p->programs[i]);
	for (size_t i = 0; i < p->n_interfaces; i++)
		write_interface(out, &p->interfaces[i]);
}

char *outcome(const char *name, const char *text, size_t len)
{
	char *out = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&out, &size);
	struct policy p;
	int lines = 0;
	int errors;

	if (!f)
		abort();
	errors = text ? policy_read_text(&p, name, text, len, f) : policy_read(&p, name, f);
	fflush(f);
	for (size_t i = 0; i < size; i++)
		lines += out[i] == '\n';
	if (errors == 0 && lines == 0)
		write_policy(f, &p);
	else if (errors != lines)
		fprintf(f, "%d errors in %d lines\n", errors, lines);
	fclose(f);
	policy_free(&p);
	policy_free(&p); /* a second time does nothing */
	return out;
}

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = outcome("t", cases[i].text, cases[i].len);

		expect(cases[i].name, cases[i].want, got);
		free(got);
	}
}

/* ---- texts too long for the table ---- */

/* @n times @piece between @before and @after. */
static void test_long(const char *name, const char *before, const char *piece, size_t n,
		      const char *after, const char *want)
{
	size_t size = strlen(before) + n * strlen(piece) + strlen(after) + 1;
	char *text = calloc(1, size);
	char *end, *got;

	if (!text)
		abort();
	end = stpcpy(text, before);
	for (size_t i = 0; i < n; i++)
		end = stpcpy(end, piece);
	strcpy(end, after);
	got = outcome("t", text, strlen(text));
	/* Long words are shown by their beginning: the case names what it must begin with. */
	if (want[strlen(want) - 1] != '\n' && strncmp(got, want, strlen(want)) == 0)
		got[strlen(want)] = '\0';
	expect(name, want, got);
	free(got);
	free(text);
}

static void test_long_texts(void)
{
	test_long("a name of 255 bytes", "file /", "n", 255, " { write = none }",
		  "enforce report\nt:1 /n");
	test_long("a name of 256 bytes", "file /", "n", 256, " { write = none }",
		  "t:1: a file section: '/nnn");
	test_long("a path of 4095 bytes", "file ", "/dddd", 819, " { write = none }",
		  "enforce report\nt:1 /dddd/");
	test_long("a path of 4100 bytes", "file ", "/dddd", 820, " { write = none }",
		  "t:1: a file section: '/dddd/");
	test_long("a line of 64 KiB", "mode = audit\n#", "x", 65535, "\n", "audit report\n");
	test_long("a line longer than 64 KiB", "mode = audit\n#", "x", 65536, "\n",
		  "t:2: the line is longer than 64 KiB: break it\n");
	test_long("a title of a megabyte", "file /", "a", 1 << 20, " { write = none }",
		  "t:1: the line is longer than 64 KiB: break it\n"
		  "t:1: a file section: '/aaa");
	test_long("a string of a megabyte that never ends", "file \"/", "a", 1 << 20, "",
		  "t:1: the line is longer than 64 KiB: break it\n"
		  "t:1: this string has no closing \" on its line: add it\n");
	test_long("a hundred thousand braces", "", "{\n", 100000, "",
		  "t:1: '{' is not expected here: a key or a section would be right\n");
	test_long("a hundred thousand brackets in a section", "file /a {\n", "{(\n", 100000, "",
		  "t:1: the file section that begins here is never closed: add a '}'\n"
		  "t:2: '{' is not expected here: a key or '}' would be right\n");
	test_long("a list of a hundred thousand copies", "file /a { read = {\n", "/b,\n", 100000,
		  "} }", "t:3: read: '/b' is in this list already, at line 2: remove one\nt:4: ");
}

/* Beyond a thousand, errors are counted, not printed. */
static void test_many_errors(void)
{
	static char text[2 * 5000 + 1];
	char *got, *end;

	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "}\n", 2);
	got = outcome("t", text, strlen(text));
	result(strstr(got, "t:1000: '}' closes nothing") && !strstr(got, "t:1001:"),
	       "a thousand errors are shown");
	end = strstr(got, "t:1: 5000");
	expect("the others are counted",
	       "t:1: 5000 errors, of which the first 1000 are shown: mend these and read it again\n"
	       "5000 errors in 1001 lines\n",
	       end ? end : got);
	free(got);
}

int main(void)
{
	puts("TAP version 13");
	test_cases();
	test_long_texts();
	test_many_errors();
	test_programs();
	test_interfaces();
	test_files();
	printf("1..%u\n%u passed, %u failed, %u skipped\n", passed + failed + skipped, passed,
	       failed, skipped);
	return failed > 0;
}
