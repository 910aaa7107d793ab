// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames from words: see packet.h. A word that is not understood ends the test, for a table
 * with a mistake in it would test something else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/packet.h"

static void bail(const char *word, const char *text)
{
	printf("Bail out! '%s' in the packet '%s'\n", word, text);
	exit(1);
}

/* A word "KEY=NUMBER". */
struct number {
	const char *key;
	long value;
	int base;
};

static bool is_number(const char *word, struct number *n)
{
	size_t length = strlen(n->key);
	char *end;

	if (strncmp(word, n->key, length))
		return false;
	n->value = strtol(word + length, &end, n->base ? n->base : 10);
	return end != word + length && !*end;
}

static bool is_key(const char *word, const char *key, long *value)
{
	struct number n = { .key = key };

	if (!is_number(word, &n))
		return false;
	*value = n.value;
	return true;
}

static uint8_t flags(const char *letters)
{
	static const struct {
		char letter;
		uint8_t flag;
	} known[] = { { 'S', SYN }, { 'A', ACK }, { 'F', FIN },
		      { 'R', RST }, { 'P', PSH }, { 'U', URG } };
	uint8_t all = 0;

	for (; *letters; letters++)
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (*letters == known[i].letter)
				all |= known[i].flag;
	return all;
}

static bool shape_address(struct packet_shape *s, const char *word)
{
	if (!strncmp(word, "from=", 5))
		s->family = packet_address(s->source, word + 5);
	else if (!strncmp(word, "to=", 3))
		s->family = packet_address(s->destination, word + 3);
	else
		return false;
	return true;
}

static bool shape_header(struct packet_shape *s, const char *word)
{
	struct number tag = { .key = "tag=", .base = 16 };
	unsigned int kind, bytes = 0, i = 0;

	if (is_number(word, &tag)) {
		while (i < PACKET_TAGS - 1 && s->tags[i])
			i++;
		s->tags[i] = tag.value;
		return true;
	}
	if (sscanf(word, "ext=%u:%u", &kind, &bytes) < 1 || s->n_headers == PACKET_HEADERS)
		return false;
	s->headers[s->n_headers++] = (struct packet_header){ kind, bytes };
	return true;
}

static bool shape_protocol(struct packet_shape *s, const char *word)
{
	static const struct {
		const char *key;
		uint8_t protocol;
	} known[] = { { "tcp=", TCP },
		      { "udp=", UDP },
		      { "icmp=", ICMP },
		      { "icmp6=", ICMPV6 },
		      { "igmp=", IGMP } };
	long value;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!is_key(word, known[i].key, &value))
			continue;
		s->protocol = known[i].protocol;
		if (s->protocol == TCP || s->protocol == UDP)
			s->port = value;
		else
			s->type = value;
		return true;
	}
	if (!is_key(word, "protocol=", &value))
		return false;
	s->protocol = value;
	return true;
}

static bool shape_word(struct packet_shape *s, const char *word)
{
	long value;

	if (!strcmp(word, "more"))
		s->more = true;
	else if (!strncmp(word, "flags=", 6))
		s->flags = flags(word + 6);
	else if (is_key(word, "hops=", &value))
		s->hops = value;
	else if (is_key(word, "options=", &value))
		s->options = value;
	else if (is_key(word, "tcp-options=", &value))
		s->tcp_options = value;
	else if (is_key(word, "id=", &value))
		s->id = value;
	else if (is_key(word, "offset=", &value))
		s->offset = value;
	else if (is_key(word, "sport=", &value))
		s->source_port = value;
	else if (is_key(word, "code=", &value))
		s->code = value;
	else if (is_key(word, "payload=", &value))
		s->payload = value;
	else
		return shape_address(s, word) || shape_header(s, word) || shape_protocol(s, word);
	return true;
}

/* "n+6:2c07" */
static bool overwrite(struct packet *p, const char *word)
{
	size_t base = word[0] == 'n' ? p->network : p->transport, at;
	const char *hex = strchr(word, ':');
	unsigned int byte;

	if ((word[0] != 'n' && word[0] != 't') || word[1] != '+' || !hex)
		return false;
	at = base + strtoul(word + 2, NULL, 10);
	for (hex++; hex[0] && hex[1]; hex += 2) {
		if (sscanf(hex, "%2x", &byte) != 1 || at >= p->n)
			return false;
		p->bytes[at++] = byte;
	}
	return !*hex;
}

static bool change(struct packet *p, const char *word)
{
	long value;

	if (!strcmp(word, "fit")) {
		packet_fit(p);
	} else if (is_key(word, "cut=", &value) && value <= (long)p->n) {
		p->n = value;
	} else if (is_key(word, "n-cut=", &value) && p->network + value <= p->n) {
		p->n = p->network + value;
	} else if (is_key(word, "t-cut=", &value) && p->transport + value <= p->n) {
		p->n = p->transport + value;
	} else if (is_key(word, "pad=", &value) && p->n + value <= PACKET_MAX) {
		memset(p->bytes + p->n, 0, value);
		p->n += value;
	} else {
		return overwrite(p, word);
	}
	return true;
}

static void build(struct packet *p, struct packet_shape *s)
{
	static const uint8_t none[16];

	if (!memcmp(s->destination, none, sizeof(none)))
		packet_address(s->destination, s->family == 6 ? "2001:db8::1" : "192.0.2.1");
	packet_build(p, s);
}

void packet_text(struct packet *p, const char *text)
{
	struct packet_shape s = { .flags = SYN, .source_port = 40000 };
	char *copy = strdup(text), *save;
	bool built = false;

	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (!built && shape_word(&s, word))
			continue;
		if (!built)
			build(p, &s);
		built = true;
		if (!change(p, word))
			bail(word, text);
	}
	if (!built)
		build(p, &s);
	free(copy);
}
