// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interfaces that packets of the tests come in on, and what their sections accept.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ingress_run.h"

/*
 * 5632 is 22 with its bytes swapped. Some are for one protocol, some for both, one for all; some
 * lie within others.
 */
#define SHORT_LIST                                                                  \
	"192.0.2.0/24:22/tcp, 192.0.2.64/26:8000-8010, 198.51.100.7, any:443/tcp, " \
	"203.0.113.4/31:53/udp, 0.0.0.0/0:1194/udp, 10.0.0.0/8:5632, "              \
	"[2001:db8::/32]:80, [2001:db8:5::/48]:22/tcp, [2001:db8:7::7], [::/0]:1195/udp"

const struct ingress_section ingress_sections[IN_SECTIONS] = {
	[IN_NONE] = { "in-none", "none" },
	[IN_ANY] = { "in-any", "any" },
	[IN_LIST] = { "in-list", SHORT_LIST, .replies = true },
	[IN_ICMP] = { "in-icmp", SHORT_LIST, .icmp = true, .veth = true },
	[IN_EDGES] = { "in-edges", NULL, .icmp = true, .replies = true },
	[IN_MANY] = { "in-many", NULL, .replies = true },
	[IN_AUDIT] = { "in-audit", SHORT_LIST, .replies = true, .audit = true },
};

/* ---- generated lists -------------------------------------------------------------- */

/* 170.85.170.85 or aaaa:5555:aaaa:..., cut to every length; a port for each. */
static struct ingress_prefix edge(unsigned int family, unsigned int length)
{
	struct ingress_prefix p = { .family = family, .length = length };

	for (unsigned int bit = 0; bit < length; bit++)
		if ((bit / (family == 4 ? 8 : 16) + bit) % 2 == 0)
			p.address[bit / 8] |= 0x80 >> bit % 8;
	p.port = (family == 4 ? 2000 : 3000) + length;
	return p;
}

/* Scattered over 100.64.0.0/10 and 2001:db8:8000::/33. */
static struct ingress_prefix scattered(unsigned int i)
{
	struct ingress_prefix p = { .family = i % 3 ? 4 : 6, .port = 1 + i * 61 % 65535 };
	uint32_t random = (i + 1) * 2654435761u;

	if (p.family == 4) {
		p.length = 16 + i % 17;
		packet_address(p.address, "100.64.0.0");
		p.address[1] |= random >> 26;
		p.address[2] = random >> 16;
		p.address[3] = random >> 8;
	} else {
		p.length = 40 + i % 89;
		packet_address(p.address, "2001:db8:8000::");
		for (unsigned int at = 5; at < 16; at++)
			p.address[at] = random >> at;
	}
	for (unsigned int bit = p.length; bit < 128; bit++)
		p.address[bit / 8] &= ~(0x80 >> bit % 8);
	return p;
}

size_t ingress_prefixes(size_t section, struct ingress_prefix out[INGRESS_PREFIXES])
{
	size_t n = 0;

	for (unsigned int i = 0; section == IN_MANY && i < INGRESS_PREFIXES; i++)
		out[n++] = scattered(i);
	for (unsigned int length = 0; section == IN_EDGES && length <= 32; length++)
		out[n++] = edge(4, length);
	for (unsigned int length = 0; section == IN_EDGES && length <= 128; length++)
		out[n++] = edge(6, length);
	return n;
}

/* The list as it stands in the policy. */
static char *list_of(size_t section)
{
	struct ingress_prefix prefixes[INGRESS_PREFIXES];
	size_t n = ingress_prefixes(section, prefixes), bytes;
	char *list, text[INET6_ADDRSTRLEN];
	FILE *f = open_memstream(&list, &bytes);

	if (!n)
		fputs(ingress_sections[section].accept, f);
	for (size_t i = 0; i < n; i++) {
		const struct ingress_prefix *p = &prefixes[i];

		inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->address, text, sizeof(text));
		fprintf(f, p->family == 4 ? "%s%s/%u:%u" : "%s[%s/%u]:%u", i ? ", " : "", text,
			p->length, p->port);
	}
	fclose(f);
	return list;
}

void ingress_lists(struct reference *r)
{
	r->n_sections = 0;
	for (size_t i = 0; i < IN_SECTIONS; i++) {
		const struct ingress_section *s = &ingress_sections[i];
		char *list = list_of(i);

		reference_section(r, list, s->icmp, s->replies, s->audit);
		free(list);
	}
}

bool ingress_policy(const char *file)
{
	FILE *f = fopen(file, "we");

	for (size_t i = 0; f && i < IN_SECTIONS; i++) {
		const struct ingress_section *s = &ingress_sections[i];
		char *list = list_of(i);

		fprintf(f,
			strchr(list, ':') ? "interface %s {\n\taccept = { %s }\n"
					  : "interface %s {\n\taccept = %s\n",
			s->interface, list);
		fprintf(f, "\ticmp = %s\n\treplies = %s\n%s}\n", s->icmp ? "yes" : "no",
			s->replies ? "yes" : "no", s->audit ? "\tmode = audit\n" : "");
		free(list);
	}
	return f && !fclose(f);
}

/* ---- interfaces ------------------------------------------------------------------- */

/* Nothing but the test's own packets is to come in on them. */
static bool silence(const char *interface)
{
	return write_file(path("/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface), "1\n");
}

bool ingress_interfaces(void)
{
	ingress_interfaces_end();
	if (!command("modprobe dummy") || !command("modprobe veth"))
		return false;
	for (size_t i = 0; i < IN_SECTIONS; i++) {
		const char *name = ingress_sections[i].interface;

		if (ingress_sections[i].veth
			    ? !command("ip link add %s type veth peer name in-peer", name) ||
				      !silence("in-peer") || !command("ip link set in-peer up")
			    : !command("ip link add %s type dummy", name))
			return false;
		if (!silence(name) || !command("ip link set %s up", name))
			return false;
	}
	return true;
}

void ingress_interfaces_end(void)
{
	for (size_t i = 0; i < IN_SECTIONS; i++)
		if (!access(path("/sys/class/net/%s", ingress_sections[i].interface), F_OK))
			command("ip link del %s", ingress_sections[i].interface);
}
