// SPDX-License-Identifier: GPL-2.0-only
/* Strings and times on stdout, as text and as JSON. */
#include <stdio.h>
#include <time.h>

#include "text.h"

int utf8_more(const unsigned char *c)
{
	int more = *c >= 0xf5 ? 0 : *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc2 ? 1 : 0;

	for (int i = 1; i <= more; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond the last code point. */
	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	return more;
}

/* To be read back as UTF-8: bytes that are none become U+FFFD, control characters \u00XX. */
void json_string(const char *key, const char *s, const char *behind)
{
	printf("\"%s\":\"", key);
	for (const unsigned char *c = (const unsigned char *)s; *c; c++) {
		int more = utf8_more(c);

		if (*c == '"' || *c == '\\') {
			printf("\\%c", *c);
		} else if (*c < 0x20 || *c == 0x7f) {
			printf("\\u%04x", *c);
		} else if (*c < 0x80) {
			putchar(*c);
		} else {
			if (!more) {
				printf("\\ufffd");
				continue;
			}
			printf("%.*s", more + 1, (const char *)c);
			c += more;
		}
	}
	printf("\"%s", behind);
}

/* A name that someone else chose, without what would move a terminal's cursor. */
void text_string(FILE *out, const char *s)
{
	for (const unsigned char *c = (const unsigned char *)s; *c; c++) {
		if (*c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			fprintf(out, "\\x%02x", *c);
		else
			putc(*c, out);
	}
}

const char *time_text(__u64 boot_ns, char *out, size_t size)
{
	struct timespec now, boot;
	struct tm tm;
	long long ns;
	time_t seconds;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	ns = (now.tv_sec - boot.tv_sec) * 1000000000LL + now.tv_nsec - boot.tv_nsec + boot_ns;
	seconds = ns / 1000000000;
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
	snprintf(out + n, size - n, ".%03lldZ", ns / 1000000 % 1000);
	return out;
}

__u64 boot_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}
