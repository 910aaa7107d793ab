// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as text, as JSON and as journald's entries. These are datagrams of lines NAME=value, or,
 * since a value may have any byte in it, NAME, its length in 64 bits and the value. What was
 * chosen by others thus stays a value, whatever it has in it.
 */
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fields.h"
#include "text.h"

#define JOURNAL "/run/systemd/journal/socket"
#define WARNING "4" /* of syslog(3) */
#define NOTICE	"5"

const char *const output_names[OUTPUTS] = { "text", "json", "journal" };

enum output output_named(const char *name)
{
	enum output output = OUTPUT_TEXT;

	while (output < OUTPUTS && strcmp(name, output_names[output]))
		output++;
	return output;
}

static char *copy(const char *s)
{
	char *new = strdup(s);

	if (!new)
		abort();
	return new;
}

static void add(struct fields *f, const char *name, const char *value, bool is_number)
{
	if (f->n == FIELDS_MAX)
		abort(); /* no event has as many */
	f->at[f->n++] = (struct field){ name, copy(value), is_number };
}

void fields_string(struct fields *f, const char *name, const char *value)
{
	add(f, name, value, false);
}

void fields_number(struct fields *f, const char *name, __u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	add(f, name, text, true);
}

void fields_begin(struct fields *f, __u64 boot_ns, const char *verdict)
{
	char time[40];

	*f = (struct fields){};
	f->sentence = open_memstream(&f->text, &f->size);
	if (!f->sentence)
		abort();
	time_text(boot_ns, time, sizeof(time));
	fields_string(f, "time", time);
	fields_string(f, "verdict", verdict);
}

void fields_end(struct fields *f)
{
	if (f->sentence)
		fclose(f->sentence);
	free(f->text);
	for (size_t i = 0; i < f->n; i++)
		free(f->at[i].value);
	*f = (struct fields){};
}

/* ---- the forms ------------------------------------------------------------------- */

static void print_text(const struct fields *f)
{
	printf("%s %s %s\n", f->at[0].value, f->at[1].value, f->text);
}

static void print_json(const struct fields *f)
{
	putchar('{');
	for (size_t i = 0; i < f->n; i++) {
		const char *behind = i + 1 < f->n ? "," : "";

		if (f->at[i].is_number)
			printf("\"%s\":%s%s", f->at[i].name, f->at[i].value, behind);
		else
			json_string(f->at[i].name, f->at[i].value, behind);
	}
	puts("}");
}

static void put_entry(FILE *out, const char *value)
{
	__u64 size = htole64(strlen(value));

	putc('\n', out);
	fwrite(&size, sizeof(size), 1, out);
	fprintf(out, "%s\n", value);
}

/* Names are upper case there; ours are told apart by what they begin with. */
static void put_field(FILE *out, const struct field *field)
{
	fputs("LSM_GUARD_", out);
	for (const char *c = field->name; *c; c++)
		putc(toupper((unsigned char)*c), out);
	put_entry(out, field->value);
}

static int send_journal(const struct fields *f, int journal)
{
	char *entry = NULL, *message = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&entry, &size);
	int err = 0;

	if (!out || asprintf(&message, "%s %s", f->at[1].value, f->text) < 0)
		abort();
	fputs("SYSLOG_IDENTIFIER=lsm-guard\nPRIORITY=", out);
	fputs(!strcmp(f->at[1].value, "ATTACHED") ? NOTICE : WARNING, out);
	fputs("\nMESSAGE", out);
	put_entry(out, message);
	for (size_t i = 0; i < f->n; i++)
		put_field(out, &f->at[i]);
	if (fclose(out))
		abort();
	if (send(journal, entry, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		err = -errno;
	free(entry);
	free(message);
	return err;
}

const char *fields_text(struct fields *f)
{
	if (fflush(f->sentence))
		abort();
	return f->text;
}

int fields_send(struct fields *f, enum output output, int journal)
{
	fields_text(f);
	if (output == OUTPUT_JOURNAL)
		return send_journal(f, journal);
	if (output == OUTPUT_JSON)
		print_json(f);
	else
		print_text(f);
	if (!fflush(stdout))
		return 0;
	clearerr(stdout);
	return -errno;
}

int journal_open(void)
{
	const struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = JOURNAL };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd >= 0 && !connect(fd, (const void *)&to, sizeof(to)))
		return fd;
	err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}
