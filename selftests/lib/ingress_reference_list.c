// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lists of the reference decision, from the words of a policy (only right ones come here),
 * and the names of outcomes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ingress_reference.h"
#include "lib/packet.h"

/* "192.0.2.0/24", "2001:db8::/32" or "any". */
static void take_address(struct reference_endpoint *e, char *text)
{
	char *slash = strchr(text, '/');

	if (!strcmp(text, "any"))
		return;
	if (slash)
		*slash = '\0';
	e->family = packet_address(e->address, text);
	e->length = slash ? strtoul(slash + 1, NULL, 10) : e->family == 4 ? 32 : 128;
}

/* "22", "22/tcp" or "8000-8010/udp". */
static void take_ports(struct reference_endpoint *e, const char *text)
{
	char *end;

	e->every = false;
	e->first = e->last = strtoul(text, &end, 10);
	if (*end == '-')
		e->last = strtoul(end + 1, &end, 10);
	e->tcp = strcmp(end, "/udp");
	e->udp = strcmp(end, "/tcp");
}

void reference_add(struct reference_section *section, const char *endpoint)
{
	struct reference_endpoint e = { .every = true };
	char *copy = strdup(endpoint), *address = copy, *ports = NULL;

	if (*copy == '[') {
		address = copy + 1;
		ports = strchr(copy, ']');
		*ports++ = '\0';
		ports = *ports == ':' ? ports + 1 : NULL;
	} else if (strchr(copy, ':')) {
		ports = strchr(copy, ':');
		*ports++ = '\0';
	} else if (!strchr(copy, '.') && strcmp(copy, "any")) {
		ports = copy;
		address = NULL;
	}
	if (address)
		take_address(&e, address);
	if (ports)
		take_ports(&e, ports);
	free(copy);
	if (section->n % 256 == 0)
		section->accept = realloc(section->accept, (section->n + 256) * sizeof(e));
	section->accept[section->n++] = e;
}

void reference_section(struct reference *r, const char *accept, bool icmp, bool replies, bool audit)
{
	struct reference_section *section = &r->section[r->n_sections++];
	char *copy = strdup(accept), *save;

	*section = (struct reference_section){ .icmp = icmp, .replies = replies, .audit = audit };
	for (char *e = strtok_r(copy, ", ", &save); e; e = strtok_r(NULL, ", ", &save))
		if (strcmp(e, "none"))
			reference_add(section, e);
	free(copy);
}

const char *reference_name(enum guard_outcome outcome)
{
	static const char *const names[REFERENCE_OUTCOMES] = {
		[GUARD_PACKET_RULE] = "RULE",
		[GUARD_PACKET_REPLY] = "REPLY",
		[GUARD_PACKET_ICMP] = "ICMP",
		[GUARD_PACKET_LINK] = "LINK",
		[GUARD_PACKET_FRAGMENT] = "FRAGMENT",
		[GUARD_PACKET_DROP_UNLISTED] = "DROP_UNLISTED",
		[GUARD_PACKET_DROP_ICMP] = "DROP_ICMP",
		[GUARD_PACKET_DROP_FRAGMENT] = "DROP_FRAGMENT",
		[GUARD_PACKET_DROP_TRUNCATED] = "DROP_TRUNCATED",
		[GUARD_PACKET_DROP_MALFORMED] = "DROP_MALFORMED",
		[GUARD_PACKET_DROP_HEADERS] = "DROP_HEADERS",
		[GUARD_PACKET_DROP_PROTOCOL] = "DROP_PROTOCOL",
	};

	return (unsigned int)outcome < REFERENCE_OUTCOMES ? names[outcome] : "nothing";
}
