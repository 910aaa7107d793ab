// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target for the policy reader. Beside what the sanitizers see, it
 * checks what must hold for any text:
 *
 *  - libConfuse accepts, and understands in the same way, all that the scanner let
 *    through;
 *  - every error is one line that begins with the name and a line of the text, and
 *    there are as many lines as errors;
 *  - a policy without errors holds only paths that are absolute and normalised,
 *    endpoints in the one form that each has, limits within their bounds.
 *
 * Texts from memory cannot include files, so nothing on the machine is opened. A text
 * whose first line is "#list" is read as a list of endpoints too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "policy_private.h"
#include "lsm_guard.h"

#define NAME	  "fuzz"
#define LIST	  "#list\n"
#define ALL_SHOWN 1000 /* with more errors than that, the rest is only counted */

#define CHECK(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

static void check_error_lines(const char *text, int errors, unsigned int last_line)
{
	int n = 0;

	while (*text) {
		const char *end = strchr(text, '\n');
		unsigned int line = 0;
		int used = 0;

		CHECK(end);
		CHECK(sscanf(text, NAME ":%u: %n", &line, &used) == 1 && used > 0);
		CHECK(line >= 1 && line <= last_line);
		CHECK(end > text + used);
		/* No other message begins so: words of the text stand in quotes. */
		CHECK(strncmp(text + used, "libConfuse", strlen("libConfuse")) != 0);
		n++;
		text = end + 1;
	}
	CHECK(errors > ALL_SHOWN ? n == ALL_SHOWN + 1 : n == errors);
}

static void check_path(const char *path, bool tree)
{
	CHECK(path && path[0] == '/');
	CHECK(!strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../"));
	CHECK((path[strlen(path) - 1] == '/') == tree);
	for (const char *c = path; *c; c++)
		CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static void check_list(const struct program_list *l, unsigned int last_line)
{
	CHECK((l->kind == LIST_PROGRAMS) == (l->n > 0));
	if (l->kind != LIST_UNSET)
		CHECK(l->at.line >= 1 && l->at.line <= last_line);
	for (size_t i = 0; i < l->n; i++) {
		check_path(l->programs[i].path, false);
		CHECK(l->programs[i].at.line >= l->at.line);
		CHECK(l->programs[i].at.line <= last_line);
	}
}

static void check_endpoint(const struct endpoint *e, unsigned int key_line, unsigned int last_line)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned int most = e->family == AF_INET ? 32 : e->family == AF_INET6 ? 128 : 0;

	CHECK(e->family == AF_INET || e->family == AF_INET6 || e->family == 0);
	CHECK(e->length <= most);
	for (unsigned int i = e->length; i < 128; i++)
		CHECK(!(e->address[i / 8] & 0x80 >> i % 8));
	CHECK(e->family != AF_INET6 || e->length < 96 || memcmp(e->address, mapped, 12) != 0);
	CHECK(e->protocols && !(e->protocols & ~(ENDPOINT_TCP | ENDPOINT_UDP)));
	CHECK(e->first <= e->last);
	CHECK(e->first > 0 || (e->last == 65535 && e->family));
	CHECK(e->at.line >= key_line && e->at.line <= last_line);
}

static void check_program(const struct program_section *s, unsigned int last_line)
{
	check_path(s->path, false);
	CHECK(s->at.line >= 1 && s->at.line <= last_line);
	CHECK(s->given && !(s->given >> PROGRAM_KEYS));
	for (int key = 0; key < PROGRAM_KEYS; key++) {
		bool given = s->given & 1u << key;

		CHECK(given == (s->key_at[key].line != 0));
		CHECK(!given ||
		      (s->key_at[key].line >= s->at.line && s->key_at[key].line <= last_line));
		CHECK(given || s->limit[key] == 0);
		if (given && key >= KEY_ALLOCATION && key <= KEY_ADDRESS_SPACE)
			CHECK(s->limit[key] >= 4096 && s->limit[key] >> 63 == 0);
		if (given && key >= KEY_CHILDREN)
			CHECK(s->limit[key] <= 4194304 && (key != KEY_THREADS || s->limit[key]));
	}
	for (int key = 0; key < ENDPOINT_KEYS; key++) {
		const struct endpoint_list *l = &s->endpoints[key];

		CHECK((l->kind != LIST_UNSET) == !!(s->given & 1u << key));
		CHECK((l->kind == LIST_PROGRAMS) == (l->n > 0));
		for (size_t i = 0; i < l->n; i++)
			check_endpoint(&l->endpoints[i], s->key_at[key].line, last_line);
	}
	CHECK(!(s->families & ~(2 * GUARD_FAMILY_OTHER - 1)));
	CHECK(!s->families || s->given & 1u << KEY_FAMILIES);
}

static void check_interface(const struct interface_section *s, unsigned int last_line)
{
	CHECK(s->at.line >= 1 && s->at.line <= last_line);
	CHECK(s->name || !s->optional);
	if (s->name) {
		CHECK(*s->name && strlen(s->name) <= 15);
		CHECK(!strpbrk(s->name, "/: \t\n@%*?") && *s->name != '-');
		CHECK(strcmp(s->name, "lo") != 0 && strcmp(s->name, "any") != 0);
	}
	CHECK(s->accept.kind != LIST_UNSET);
	CHECK((s->accept.kind == LIST_PROGRAMS) == (s->accept.n > 0));
	for (size_t i = 0; i < s->accept.n; i++)
		check_endpoint(&s->accept.endpoints[i], s->at.line, last_line);
}

static void check_policy(const struct policy *p, unsigned int last_line)
{
	check_list(&p->updaters, last_line);
	CHECK(p->mode == MODE_ENFORCE || p->mode == MODE_AUDIT);
	for (size_t i = 0; i < p->n_files; i++) {
		const struct file_section *f = &p->files[i];
		int set = 0;

		check_path(f->path, f->tree);
		CHECK(f->at.line >= 1 && f->at.line <= last_line);
		CHECK(f->own_mode || f->mode == p->mode);
		CHECK(f->own_fallback || f->fallback == p->fallback);
		for (int v = 0; v < VERBS; v++) {
			check_list(&f->verbs[v], last_line);
			set += f->verbs[v].kind != LIST_UNSET;
		}
		CHECK(set > 0);
	}
	for (size_t i = 0; i < p->n_programs; i++) {
		check_program(&p->programs[i], last_line);
		CHECK(p->programs[i].own_mode || p->programs[i].mode == p->mode);
	}
	for (size_t i = 0; i < p->n_interfaces; i++) {
		check_interface(&p->interfaces[i], last_line);
		CHECK(p->interfaces[i].own_mode || p->interfaces[i].mode == p->mode);
	}
}

/* The same text as policy_read() would have it from a file that accept-from names. */
static void read_list(const unsigned char *data, size_t size, unsigned int last_line)
{
	char *text = NULL;
	size_t text_size = 0;
	struct source src = { .name = NAME, .list = true, .len = size };
	struct policy p = { .priv = xcalloc(1, sizeof(*p.priv)) };
	struct endpoint_list list = { 0 };
	int errors;

	p.priv->errors = open_memstream(&text, &text_size);
	if (!p.priv->errors)
		abort();
	p.priv->src = &src;
	src.text = xcalloc(1, size + 1);
	memcpy(src.text, data, size);
	if (source_check_text(&p, &src))
		policy_parse_list(&p, &src, &list);
	policy_print_errors(&p);
	fclose(p.priv->errors);
	errors = (int)p.priv->n_errors;
	if (errors <= ALL_SHOWN)
		check_error_lines(text, errors, last_line);
	CHECK(list.n <= last_line);
	for (size_t i = 0; i < list.n; i++)
		check_endpoint(&list.endpoints[i], 1, last_line);
	for (size_t i = 1; i < list.n; i++)
		CHECK(list.endpoints[i - 1].at.line < list.endpoints[i].at.line);
	free(list.endpoints);
	free(src.text);
	free(text);
	policy_free(&p);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = NULL;
	size_t text_size = 0;
	FILE *errors = open_memstream(&text, &text_size);
	unsigned int last_line = 1;
	struct policy p;
	int n;

	if (!errors)
		abort();
	for (size_t i = 0; i < size; i++)
		last_line += data[i] == '\n';
	n = policy_read_text(&p, NAME, (const char *)data, size, errors);
	fclose(errors);
	CHECK(n >= 0);
	check_error_lines(text, n, last_line);
	if (n == 0)
		check_policy(&p, last_line);
	policy_free(&p);
	CHECK(!p.priv && !p.files && !p.programs && !p.interfaces);
	free(text);
	if (size >= strlen(LIST) && memcmp(data, LIST, strlen(LIST)) == 0)
		read_list(data, size, last_line);
	return 0;
}
