// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of `interface` sections: which titles name an interface, what a section may
 * hold, and the files of endpoints that it names. What may stand in an endpoint is in
 * policy_program_test.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf */
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "policy_private.h"
#include "policy_test.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Endpoints of another file than the section's have that file after their line. */
void write_interface(FILE *out, const struct interface_section *s)
{
	static const char *const kinds[] = { " unset", " none", " any", "" };
	const struct endpoint_list *l = &s->accept;

	fprintf(out, "%s:%u interface %s%s %s%s%s%s\n", base(s->at.file), s->at.line,
		s->optional ? "-" : "", s->name ? s->name : "(any)",
		s->mode == MODE_AUDIT ? "audit" : "enforce", s->own_mode ? "!" : "",
		s->icmp ? " icmp" : "", s->replies ? "" : " no-replies");
	if ((l->kind == LIST_PROGRAMS) != (l->n > 0) || (!s->name && s->optional))
		fputs(" INCONSISTENT\n", out);
	fprintf(out, " accept%s", kinds[l->kind]);
	for (size_t i = 0; i < l->n; i++) {
		write_endpoint(out, &l->endpoints[i]);
		if (strcmp(l->endpoints[i].at.file, s->at.file) != 0)
			fprintf(out, "(%s)", base(l->endpoints[i].at.file));
	}
	fputc('\n', out);
}

/* ---- titles ---- */

/* @want: "= " and the title's meaning, or what the message says after the title. */
struct title_case {
	const char *title, *want;
};

#define NO_NAME "is no name that an interface can have: write it as `ip link` shows it"
#define SLASH	"has a '/' in it: write the name of an interface as `ip link` shows it"
#define USELESS "has a '-' that says nothing: any is whatever there is, so write any"
#define GLOB	"is a glob: write a section for each interface, or any"
#define EMPTY	"is empty: write the name of an interface as `ip link` shows it, or any"
#define TOO_LONG                                                                           \
	"is longer than the name of an interface can be (15 bytes): write the short name " \
	"that `ip link` shows first"
#define LO                                                                              \
	"is left alone: what the host sends to itself, sections of programs (connect, " \
	"listen, receive) hold"
#define ALL "is the name of no interface: write any for all that have no section of their own"

static const struct title_case titles[] = {
	{ "eth0", "= eth0" },
	{ "-eth0", "= -eth0" },
	{ "any", "= (any)" },
	{ "eth0.100", "= eth0.100" },
	{ "br-lan", "= br-lan" },
	{ "-wg0", "= -wg0" },
	{ "wl\303\244n0", "= wl\303\244n0" },
	{ "Any", "= Any" },
	{ "none", "= none" },
	{ "lo0", "= lo0" },
	{ "a", "= a" },
	{ "enp0s20f0u1u2c2", "= enp0s20f0u1u2c2" },
	{ "-enp0s20f0u1u2c2", "= -enp0s20f0u1u2c2" },
	{ "enp0s20f0u1u2c22", TOO_LONG },
	{ "-enp0s20f0u1u2c22", TOO_LONG },
	{ "wl\303\244n56789012345", TOO_LONG },
	{ "lo", LO },
	{ "-lo", LO },
	{ "-any", USELESS },
	{ "all", ALL },
	{ "default", ALL },
	{ "", EMPTY },
	{ "-", EMPTY },
	{ "--eth0", "has two '-': one is enough to make it optional" },
	{ "/sys/class/net/eth0", SLASH },
	{ "eth0/", SLASH },
	{ "eth 0", "has a blank in it: write the name of one interface, and a section for each" },
	{ "eth0 eth1", "has a blank in it: write the name of one interface, and a section for "
		       "each" },
	{ "eth0:1", "has a ':' in it, as an address's label has: write the interface's own name, "
		    "all its addresses are covered" },
	{ "veth0@if3", "has a '@' in it: write the name without it and what follows" },
	{ "eth*", GLOB },
	{ "eth?", GLOB },
	{ "eth[01]", GLOB },
	{ "*", GLOB },
	{ ".", NO_NAME },
	{ "..", NO_NAME },
	{ "eth%d", NO_NAME },
};

/* Without quotes the text's own reader says what is wrong with such a title. */
static bool needs_quotes(const char *title)
{
	return *title == '\0' || strpbrk(title, " *") != NULL;
}

static void test_title(const struct title_case *c, const char *quote)
{
	char name[100], text[200], want[400];
	char *got;

	snprintf(name, sizeof(name), "interface %s%s%s", quote, c->title, quote);
	snprintf(text, sizeof(text), "%s { accept = any }\n", name);
	if (c->want[0] == '=')
		snprintf(want, sizeof(want),
			 "enforce report\nt:1 interface%s enforce\n accept any\n", c->want + 1);
	else
		snprintf(want, sizeof(want), "t:1: an interface section: '%s' %s\n", c->title,
			 c->want);
	got = outcome("t", text, strlen(text));
	expect(name, want, got);
	free(got);
}

static void test_titles(void)
{
	for (size_t i = 0; i < COUNT(titles); i++) {
		if (!needs_quotes(titles[i].title))
			test_title(&titles[i], "");
		test_title(&titles[i], "'");
		test_title(&titles[i], "\"");
	}
}

/* ---- sections ---- */

struct text_case {
	const char *name, *text, *want;
};

/* clang-format off */
static const struct text_case sections[] = {
	{ "every key but accept-from",
	  "interface eth0 {\n"
	  "\taccept = { 192.0.2.0/24:22/tcp, # ssh\n"
	  "\t\tany:443/tcp,\n"
	  "\t\t[2001:db8::/32]:80, 198.51.100.7 }\n"
	  "\ticmp = yes\n"
	  "\treplies = no\n"
	  "\tmode = audit\n"
	  "}\n",
	  "enforce report\n"
	  "t:1 interface eth0 audit! icmp no-replies\n"
	  " accept 192.0.2.0/24:22-22/tcp@2 any:443-443/tcp@3"
	  " 2001:db8::/32:80-80/tcp/udp@4 198.51.100.7/32:0-65535/tcp/udp@4\n" },
	{ "the other word of each",
	  "interface any { mode = enforce icmp = no replies = yes accept = none }\n"
	  "mode = audit\n",
	  "audit report\n"
	  "t:1 interface (any) enforce!\n"
	  " accept none\n" },
	{ "what a section leaves open",
	  "interface -eth0 { accept = 22/tcp }\nmode = audit\n",
	  "audit report\n"
	  "t:1 interface -eth0 audit\n"
	  " accept any:22-22/tcp@1\n" },
	{ "several interfaces, and sections of other guards",
	  "interface eth0 { accept = any }\n"
	  "file /a { write = none }\n"
	  "interface any { accept = none }\n"
	  "program /p { listen = none }\n",
	  "enforce report\n"
	  "t:2 /a enforce report\n"
	  " write@2 none\n"
	  "t:4 program /p enforce\n"
	  " listen@4 none\n"
	  "t:1 interface eth0 enforce\n"
	  " accept any\n"
	  "t:3 interface (any) enforce\n"
	  " accept none\n" },
	{ "neither accept nor accept-from",
	  "interface eth0 { icmp = yes }\ninterface any { }\n",
	  "t:1: this interface section does not say whom it lets in: give it accept or "
	  "accept-from, for example 'accept = { any:22/tcp }'\n"
	  "t:2: this interface section does not say whom it lets in: give it accept or "
	  "accept-from, for example 'accept = { any:22/tcp }'\n" },
	{ "an accept that is faulty is not missing as well",
	  "interface eth0 { accept = { } }\n",
	  "t:1: the list of 'accept' is empty: write 'accept = none' to close it to everyone\n" },
	{ "the same interface twice",
	  "interface eth0 { accept = any }\n\ninterface 'eth0' { accept = none }\n"
	  "interface any { accept = any }\n-\n",
	  "t:3: an interface section for 'eth0' is already at t:1: put all its keys into that "
	  "one\n"
	  "t:5: unknown word '-' in a policy: what may stand here is mode, fallback-action, "
	  "updaters, include, file, program, interface\n" },
	{ "once as optional, any twice",
	  "interface -eth0 { accept = any }\ninterface eth0 { accept = any }\n"
	  "interface any { accept = none }\ninterface \"any\" { accept = none }\n",
	  "t:2: an interface section for 'eth0' is already at t:1: put all its keys into that "
	  "one\n"
	  "t:4: an interface section for 'any' is already at t:3: put all its keys into that "
	  "one\n" },
	{ "a file of the same name is something else",
	  "file /eth0 { write = none }\ninterface eth0 { accept = none }\n",
	  "enforce report\n"
	  "t:1 /eth0 enforce report\n"
	  " write@1 none\n"
	  "t:2 interface eth0 enforce\n"
	  " accept none\n" },
	{ "misspelt keys, and keys of other sections",
	  "interface eth0 {\n"
	  "\taccept = none\n"
	  "\tacept = any\n"
	  "\taccept-form = list\n"
	  "\tipcm = yes\n"
	  "\treply = yes\n"
	  "\tlisten = none\n"
	  "\tupdaters = none\n"
	  "}\n",
	  "t:3: unknown key 'acept' in an interface section: did you mean 'accept'?\n"
	  "t:4: unknown key 'accept-form' in an interface section: did you mean 'accept-from'?\n"
	  "t:5: unknown key 'ipcm' in an interface section: did you mean 'icmp'?\n"
	  "t:6: unknown key 'reply' in an interface section: did you mean 'replies'?\n"
	  "t:7: unknown key 'listen' in an interface section: what may stand here is accept, "
	  "accept-from, icmp, replies, mode\n"
	  "t:8: 'updaters' does not belong in an interface section: write it at the top level\n" },
	{ "misspelt keywords",
	  "interfaces eth0 { accept = none }\nInterface eth1 { accept = none }\n"
	  "net eth1 { }\n",
	  "t:1: unknown word 'interfaces' in a policy: did you mean 'interface'?\n"
	  "t:2: unknown word 'Interface' in a policy: did you mean 'interface'?\n"
	  "t:3: unknown word 'net' in a policy: what may stand here is mode, fallback-action, "
	  "updaters, include, file, program, interface\n" },
	{ "a key given twice",
	  "interface eth0 {\naccept = any\nicmp = yes\naccept = none\nicmp = yes\n}\n",
	  "t:4: 'accept' is given twice, first at t:2: keep one (values of both go into one "
	  "list)\n"
	  "t:5: 'icmp' is given twice, first at t:3: keep one (values of both go into one "
	  "list)\n" },
	{ "words that are no yes or no",
	  "interface eth0 { accept = any icmp = ye replies = 1 mode = permit }\n",
	  "t:1: icmp cannot be 'ye': did you mean 'yes'?\n"
	  "t:1: replies cannot be '1': write yes or no\n"
	  "t:1: mode cannot be 'permit': write enforce or audit\n" },
	{ "endpoints as everywhere, all errors of a list",
	  "interface eth0 { accept = {\n"
	  "\t192.0.2.1/24:22,\n"
	  "\thttps,\n"
	  "\t2001:db8::1,\n"
	  "\tany:70000/tcp,\n"
	  "\t443/sctp,\n"
	  "\t22, any:22\n"
	  "} }\n",
	  "t:2: accept: '192.0.2.1/24:22' has bits beyond its prefix: write 192.0.2.0/24:22, or "
	  "192.0.2.1:22 for the one address\n"
	  "t:3: accept: 'https' has the name 'https', and names are not looked up: write 443\n"
	  "t:4: accept: '2001:db8::1' is an IPv6 address without brackets: write [2001:db8::1]\n"
	  "t:5: accept: 'any:70000/tcp' has the port '70000': ports are numbers from 1 to 65535, "
	  "without leading zeroes\n"
	  "t:6: accept: '443/sctp' has the protocol 'sctp': write /tcp, /udp, or none of them "
	  "for both\n"
	  "t:7: accept: 'any:22' is in this list already, at line 7: remove one\n" },
	{ "none and any beside endpoints",
	  "interface eth0 { accept = { none, 22 } }\ninterface eth1 { accept = { 22, any } }\n",
	  "t:1: accept: 'none' contradicts the other values of the list: write 'accept = none' or "
	  "the list without it\n"
	  "t:2: accept: 'any' contradicts the other values of the list: write 'accept = any' or "
	  "the list without it\n" },
	{ "accept-from contradicts both words",
	  "interface eth0 { accept = none accept-from = l }\n"
	  "interface eth1 {\naccept-from = l\naccept = any\n}\n",
	  "t:1: accept-from contradicts 'accept = none' at line 1: leave out one of the two\n"
	  "t:3: accept-from contradicts 'accept = any' at line 4: leave out one of the two\n"
	  "t:1: accept-from needs a file around it, and this text comes from memory: put the "
	  "endpoints into accept\n"
	  "t:3: accept-from needs a file around it, and this text comes from memory: put the "
	  "endpoints into accept\n" },
	{ "a text from memory opens nothing",
	  "interface eth0 {\naccept = 22\naccept-from = { /etc/passwd,\n-none.list }\n}\n",
	  "t:3: accept-from needs a file around it, and this text comes from memory: put the "
	  "endpoints into accept\n"
	  "t:4: accept-from needs a file around it, and this text comes from memory: put the "
	  "endpoints into accept\n" },
	{ "what names no list",
	  "interface eth0 { accept-from = {\n"
	  "none, any,\n"
	  "\"\",\n"
	  "~/l,\n"
	  "lists/,\n"
	  "'*.list',\n"
	  "a//b,\n"
	  "--l,\n"
	  "[2001:db8::1\n"
	  "} }\n",
	  "t:2: accept-from names files, 'none' is none: write 'accept = none' in place of it\n"
	  "t:2: accept-from names files, 'any' is none: write 'accept = any' in place of it\n"
	  "t:3: accept-from: '' is empty: write the name of a file\n"
	  "t:4: accept-from: '~/l' begins with '~', which is not expanded: write an absolute "
	  "path\n"
	  "t:5: accept-from: 'lists/' ends in a slash, as directories do: write the path of a "
	  "file\n"
	  "t:6: accept-from: '*.list' is a glob: name each path, or write \\ before * ? [ if the "
	  "characters themselves are meant\n"
	  "t:7: accept-from: 'a//b' has a doubled slash: write a single one\n"
	  "t:8: accept-from: '--l' has two '-': one is enough to make it optional\n"
	  "t:9: accept-from: '[2001:db8::1' has a '[' without ']': write \\[ if the character "
	  "itself is meant\n" },
	{ "an empty list of lists",
	  "interface eth0 { accept-from = { } }\n",
	  "t:1: the list of 'accept-from' is empty: name a file, or leave it out\n" },
	{ "no title",
	  "interface { accept = none }\n",
	  "t:1: an interface section needs a title, '{' is none: write interface eth0 { accept = "
	  "{ 192.0.2.0/24:22/tcp } }\n" },
	{ "two titles",
	  "interface eth0 eth1 { accept = none }\n",
	  "t:1: '{' is missing after the title of the interface section, before 'eth1': write "
	  "interface eth0 { accept = { 192.0.2.0/24:22/tcp } }\n" },
	{ "a title with bytes that are no character",
	  "interface \"eth\\xff\" { accept = none }\n",
	  "t:1: an interface section: 'eth\\xff' is not visible UTF-8: give the interface another "
	  "name (ip link set NAME name OTHER)\n" },
	{ "a section that is not closed",
	  "interface eth0 { accept = none\ninterface eth1 { accept = none }\n",
	  "t:2: the interface section that begins at line 1 is not closed: add a '}' before this "
	  "line\n" },
};
/* clang-format on */

static void test_sections(void)
{
	for (size_t i = 0; i < COUNT(sections); i++) {
		char *got = outcome("t", sections[i].text, strlen(sections[i].text));

		expect(sections[i].name, sections[i].want, got);
		free(got);
	}
}

void test_interfaces(void)
{
	test_titles();
	test_sections();
}

/* ---- lists ---- */

#define FROM(what) "interface eth0 { accept-from = " what " }\n"
#define HEAD	   "enforce report\nmain:1 interface eth0 enforce\n accept"

/* What one list, named by one section, gives. */
static const struct text_case lists[] = {
	{ "a list", "192.0.2.0/24:22/tcp\n[2001:db8::/32]:80\nany:443/tcp\n10.0.0.1\n8000-8100\n",
	  HEAD " 192.0.2.0/24:22-22/tcp@1(l) 2001:db8::/32:80-80/tcp/udp@2(l)"
	       " any:443-443/tcp@3(l) 10.0.0.1/32:0-65535/tcp/udp@4(l)"
	       " any:8000-8100/tcp/udp@5(l)\n" },
	{ "comments, blank lines, blanks",
	  "# a list, \"with\" {all} that, a comment may h\303\244ve\n\n \t\n  1/tcp\t# one\n"
	  "2/tcp#two\n\t3/tcp  \n#\n",
	  HEAD " any:1-1/tcp@4(l) any:2-2/tcp@5(l) any:3-3/tcp@6(l)\n" },
	{ "no newline at the end", "1/tcp\n2/tcp", HEAD " any:1-1/tcp@1(l) any:2-2/tcp@2(l)\n" },
	{ "an endpoint may be there twice", "1/tcp\n1/tcp\nany:1/tcp\n",
	  HEAD " any:1-1/tcp@1(l) any:1-1/tcp@2(l) any:1-1/tcp@3(l)\n" },
	{ "errors by the list's line, what is good is no error",
	  "10.0.0.0/8\n# x\n10.0.0.1/8\n22/tcp\nssh\n-1.2.3.4\n/usr/bin/x\nhttp://192.0.2.1\n",
	  "l:3: accept-from: '10.0.0.1/8' has bits beyond its prefix: write 10.0.0.0/8, or "
	  "10.0.0.1 for the one address\n"
	  "l:5: accept-from: 'ssh' has the name 'ssh', and names are not looked up: write 22\n"
	  "l:6: accept-from: '-1.2.3.4' begins with '-', as an optional path does: leave it out\n"
	  "l:7: accept-from: '/usr/bin/x' is a path: write an endpoint, as in "
	  "192.0.2.1:443/tcp\n"
	  "l:8: accept-from: 'http://192.0.2.1' is a URL: write the address and the port, as in "
	  "192.0.2.1:443/tcp\n" },
	{ "more than one a line", "1/tcp,\n1/tcp, 2/tcp\n1/tcp 2/tcp\n1/tcp\t2/tcp\n1/tcp;x\n",
	  "l:1: accept-from: '1/tcp,' is more than an endpoint: write one a line, and # before a "
	  "comment\n"
	  "l:2: accept-from: '1/tcp, 2/tcp' is more than an endpoint: write one a line, and # "
	  "before a comment\n"
	  "l:3: accept-from: '1/tcp 2/tcp' is more than an endpoint: write one a line, and # "
	  "before a comment\n"
	  "l:4: accept-from: '1/tcp\\x092/tcp' is more than an endpoint: write one a line, and # "
	  "before a comment\n"
	  "l:5: accept-from: '1/tcp;x' is more than an endpoint: write one a line, and # before a "
	  "comment\n" },
	{ "what is for policies",
	  "none\nany\nANY\nall\n\"1/tcp\"\n'1/tcp'\n{\n1/tcp}\naccept=1/tcp\n",
	  "l:1: accept-from: 'none' is for the policy: write 'accept = none' there in place of "
	  "the list\n"
	  "l:2: accept-from: 'any' would make the list useless: write 'accept = any' in place of "
	  "it, any:443/tcp for a port of any address\n"
	  "l:3: accept-from: 'ANY' would make the list useless: write 'accept = any' in place of "
	  "it, any:443/tcp for a port of any address\n"
	  "l:4: accept-from: 'all' would make the list useless: write 'accept = any' in place of "
	  "it, any:443/tcp for a port of any address\n"
	  "l:5: accept-from: '\"1/tcp\"' has a quote in it: a list has none\n"
	  "l:6: accept-from: ''1/tcp'' has a quote in it: a list has none\n"
	  "l:7: accept-from: '{' is policy, and this is a list: write one endpoint a line, as in "
	  "192.0.2.0/24:22/tcp\n"
	  "l:8: accept-from: '1/tcp}' is policy, and this is a list: write one endpoint a line, "
	  "as in 192.0.2.0/24:22/tcp\n"
	  "l:9: accept-from: 'accept=1/tcp' is policy, and this is a list: write one endpoint a "
	  "line, as in 192.0.2.0/24:22/tcp\n" },
	{ "an empty list", "",
	  "main:1: the list l has no endpoint in it: add some, write 'accept = none' to let "
	  "nobody in, or - before its name if it may be empty\n" },
	{ "a list of comments", "# 1/tcp\n\n",
	  "main:1: the list l has no endpoint in it: add some, write 'accept = none' to let "
	  "nobody in, or - before its name if it may be empty\n" },
	{ "a list of errors is not empty as well", "x\n",
	  "l:1: accept-from: 'x' has the name 'x', and names are not looked up: write addresses "
	  "and ports as numbers, as in 192.0.2.1:443/tcp\n" },
	{ "CR LF, said once", "1/tcp\r\n2/tcp\r\nx:1\r\n",
	  "l:1: the line ends in CR LF: save the file with LF alone (sed -i 's/\\r$//')\n"
	  "l:3: accept-from: 'x:1' has the name 'x', and names are not looked up: write "
	  "addresses and ports as numbers, as in 192.0.2.1:443/tcp\n" },
	{ "a byte order mark", "\357\273\2771/tcp\n",
	  "l:1: the file begins with a byte order mark: save it as UTF-8 without BOM\n" },
	{ "control characters, said once each", "1/tcp\n2\033/tcp\n3/tcp\r4/tcp\n\177\n5/tcp\v\n",
	  "l:2: control character 0x1b in the text: remove it\n"
	  "l:3: control character 0x0d in the text: remove it\n"
	  "l:3: accept-from: '3/tcp 4/tcp' is more than an endpoint: write one a line, and # "
	  "before a comment\n"
	  "l:4: control character 0x7f in the text: remove it\n"
	  "l:5: control character 0x0b in the text: remove it\n" },
	{ "what is no UTF-8, in an endpoint and in a comment",
	  "10.0.0.1\240\n1/tcp # \303\n\342\200\2501/tcp\n",
	  "l:1: byte 0xa0 begins no visible UTF-8 character: save the file in UTF-8, without "
	  "invisible marks\n"
	  "l:2: byte 0xc3 begins no visible UTF-8 character: save the file in UTF-8, without "
	  "invisible marks\n"
	  "l:3: byte 0xe2 begins no visible UTF-8 character: save the file in UTF-8, without "
	  "invisible marks\n" },
	{ "other letters and digits", "10.0.0.\357\274\221\nm\303\244r\n",
	  "l:1: accept-from: '10.0.0.\357\274\221' has no IPv4 address in '10.0.0.\357\274\221': "
	  "write four numbers from 0 to 255 without leading zeroes, as in 192.0.2.1\n"
	  "l:2: accept-from: 'm\303\244r' has the port 'm\303\244r': ports are numbers from 1 to "
	  "65535, without leading zeroes\n" },
};

static void test_one_list(void)
{
	put("main", FROM("l"));
	for (size_t i = 0; i < COUNT(lists); i++) {
		put("l", lists[i].text);
		expect_file(lists[i].name, "main", lists[i].want);
	}
	put_bytes("l", "1/tcp\n2/tcp\0\n3/tcp\n", 19);
	expect_file("a list with a NUL byte", "main",
		    "l:2: a NUL byte: this is no text, and nothing of it is used\n");
}

/* Several lists, and sections. */
static void test_many_lists(void)
{
	put("a", "1/tcp\n2/tcp\n");
	put("b", "# 0\n2/tcp\n3/tcp\n");
	put("bad", "1/tcp\n2/tpc\n");
	put("empty", "");
	put("main", FROM("{ b, a }"));
	expect_file("two lists", "main",
		    HEAD " any:2-2/tcp@2(b) any:3-3/tcp@3(b) any:1-1/tcp@1(a) any:2-2/tcp@2(a)\n");
	put("main",
	    "interface eth0 { accept-from = { a, b, -c, -empty }\n accept = { 2/tcp, 4 } }\n");
	expect_file("lists beside endpoints", "main",
		    HEAD " any:2-2/tcp@2 any:4-4/tcp/udp@2 any:1-1/tcp@1(a) any:2-2/tcp@2(a)"
			 " any:2-2/tcp@2(b) any:3-3/tcp@3(b)\n");
	put("main", "interface eth0 { accept-from = b }\ninterface any { accept-from = { a, b } }\n"
		    "interface -eth1 { accept-from = -b accept = 5 }\n");
	expect_file("a list of several sections", "main",
		    HEAD " any:2-2/tcp@2(b) any:3-3/tcp@3(b)\n"
			 "main:2 interface (any) enforce\n"
			 " accept any:1-1/tcp@1(a) any:2-2/tcp@2(a) any:2-2/tcp@2(b)"
			 " any:3-3/tcp@3(b)\n"
			 "main:3 interface -eth1 enforce\n"
			 " accept any:5-5/tcp/udp@3 any:2-2/tcp@2(b) any:3-3/tcp@3(b)\n");
	put("main", "interface eth0 { accept-from = bad }\n"
		    "interface any { accept-from = { a, bad } }\nx = 1\n");
	expect_file("a faulty list of two sections is reported once, after the policy's errors",
		    "main",
		    "main:3: unknown key 'x' in a policy: what may stand here is mode, "
		    "fallback-action, updaters, include, file, program, interface\n"
		    "bad:2: accept-from: '2/tpc' has the protocol 'tpc': write /tcp, /udp, or none "
		    "of them for both\n");
	put("main", "interface lo {\naccept-from = { bad, a, -bad } }\n");
	expect_file("the lists of a faulty section are read, too", "main",
		    "main:1: an interface section: 'lo' " LO "\n"
		    "main:2: accept-from: '-bad' is in this list already, at line 2: remove one\n"
		    "bad:2: accept-from: '2/tpc' has the protocol 'tpc': write /tcp, /udp, or none "
		    "of them for both\n");
	put("main",
	    "interface eth0 {\naccept-from = {\nnone.list,\n-none.list,\nnone/l,\n-none/l,\n"
	    "a/l,\n-a/l, l2, l3 } }\n");
	expect_file("lists that do not exist", "main",
		    "main:4: accept-from: '-none.list' is in this list already, at line 3: remove "
		    "one\n"
		    "main:6: accept-from: '-none/l' is in this list already, at line 5: remove "
		    "one\n"
		    "main:8: accept-from: '-a/l' is in this list already, at line 7: remove one\n"
#define CREATE                                                                           \
	"No such file or directory (create it, or write - before its name if it may be " \
	"missing; endpoints themselves stand in accept)\n"
		    "main:3: the list none.list cannot be opened: " CREATE
		    "main:5: the list none/l cannot be opened: " CREATE
		    "main:7: the list a/l cannot be opened: Not a directory\n"
		    "main:8: the list l2 cannot be opened: " CREATE
		    "main:8: the list l3 cannot be opened: " CREATE);
	put("main", "interface eth0 {\naccept-from = { -none.list, -none/l, -a/l, -empty } }\n");
	expect_file("no list of several optional ones: nobody is let in", "main", HEAD " none\n");
	put("main", "interface eth0 { accept-from = -l2 }\ninterface eth1 { accept-from = l2 }\n");
	expect_file("a missing list that one section can do without", "main",
		    "main:2: the list l2 cannot be opened: " CREATE);
	put("main", "interface eth0 { accept-from = -empty }\ninterface eth1 {\n"
		    "accept = 22\naccept-from = empty }\n");
	expect_file("an empty list that one section can do without", "main",
		    "main:4: the list empty has no endpoint in it: add some, write 'accept = none' "
		    "to let nobody in, or - before its name if it may be empty\n");
}

/* Names are as seen from the file that they stand in. */
static void test_list_names(void)
{
	char *dir = path_of("sub");
	char *list = path_of("a");
	char *text;

	check(mkdir(dir, 0755) == 0, dir);
	put("a", "1/tcp\n");
	put("sub/a", "2/tcp\n");
	put("sub/a*b", "3/tcp\n");
	put("sub/-c", "4/tcp\n");
	put("sub/x.conf", "interface eth0 { accept-from = { a, ../a, ./a, 'a\\*b', ./-c } }\n");
	put("main", "include(\"sub/x.conf\")\ninterface any { accept-from = { a, sub/a } }\n");
	expect_file("beside the file that names it", "main",
		    "enforce report\n"
		    "main:2 interface (any) enforce\n"
		    " accept any:1-1/tcp@1(a) any:2-2/tcp@1(a)\n"
		    "x.conf:1 interface eth0 enforce\n"
		    " accept any:2-2/tcp@1(a) any:1-1/tcp@1(a) any:2-2/tcp@1(a)"
		    " any:3-3/tcp@1(a*b) any:4-4/tcp@1(-c)\n");
	if (asprintf(&text, "interface eth0 { accept-from = { %s, '-%s/x' } }\n", list, dir) < 0)
		abort();
	put("main", text);
	expect_file("absolute names", "main", HEAD " any:1-1/tcp@1(a)\n");
	free(text);
	put("sub/bad", "x:1\n");
	put("sub/x.conf", "interface eth0 { accept-from = bad }\n");
	put("main", "include(\"sub/x.conf\")\n");
	expect_file("errors name the list as it was opened", "main",
		    "sub/bad:1: accept-from: 'x:1' has the name 'x', and names are not looked up: "
		    "write addresses and ports as numbers, as in 192.0.2.1:443/tcp\n");
	put("main", "interface eth0 { accept-from = main }\n");
	expect_file("a policy that names itself as a list", "main",
		    "main:1: accept-from: 'interface eth0 { accept-from = main }' is more than an "
		    "endpoint: write one a line, and # before a comment\n");
	/* The policy in the present directory: its lists have no directory in their names. */
	check(chdir(dir) == 0, dir);
	put("sub/x.conf", "interface eth0 { accept-from = { a, bad, ../a } }\n");
	text = outcome("x.conf", NULL, 0);
	expect("a policy without a directory in its name",
	       "bad:1: accept-from: 'x:1' has the name 'x', and names are not looked up: write "
	       "addresses and ports as numbers, as in 192.0.2.1:443/tcp\n",
	       text);
	free(text);
	check(chdir("/") == 0, "/");
	free(list);
	free(dir);
}

/* Whoever can change a list can change the policy. */
static void test_list_trust(void)
{
	char *list = path_of("l");
	char *dir = path_of("open");

	put("l", "1/tcp\n");
	put("main", "\n" FROM("l"));
	check(chmod(list, 0664) == 0, list);
	expect_file("a list that the group may write", "main",
		    "main:2: l has mode 0664, so others could change the policy: take the "
		    "permission away (chmod go-w 'l')\n");
	check(chmod(list, 0644) == 0, list);
	if (geteuid() == 0) {
		check(chown(list, 4711, 4711) == 0, list);
		expect_file("a list of another user", "main",
			    "main:2: l belongs to user 4711, who could change the policy: give it "
			    "to root or to the user who loads it (chown root 'l')\n");
		check(chown(list, 0, 0) == 0, list);
	} else {
		skip("a list of another user", "only root can give a file away");
	}
	check(mkdir(dir, 0755) == 0, dir);
	put("open/l", "1/tcp\n");
	check(chmod(dir, 0777) == 0, dir);
	put("main", "interface eth0 {\naccept-from = {\n-open/l } }\n");
	expect_file("a list in a directory that all may write", "main",
		    "main:3: open has mode 0777, so others could change the policy by replacing "
		    "it: take the permission away (chmod go-w 'open')\n");
	put("main", "interface eth0 { accept-from = { open, -fifo,\n/dev/null, big } }\n");
	expect_file("what is no regular file, or too large", "main",
		    "main:1: open is a directory: a list is a regular file\n"
		    "main:1: fifo is a FIFO: a list is a regular file\n"
		    "main:2: /dev/null is a device: a list is a regular file\n"
		    "main:2: big is larger than 256 MiB: divide it, and name all parts\n");
	free(dir);
	free(list);
}

/* One line a number, of numbers that all differ. */
static void put_list(const char *name, unsigned int n)
{
	char *path = path_of(name);
	FILE *f = fopen(path, "w");
	bool good = f != NULL;

	check(good, path);
	for (unsigned int i = 0; i < n; i++)
		good &= fprintf(f, "10.%u.%u.%u:%u/tcp\n", i >> 16, i >> 8 & 255, i & 255,
				1 + i % 65535) > 0;
	good &= fclose(f) == 0;
	check(good && chmod(path, 0644) == 0, path);
	free(path);
}

static double read_time(const char *name, size_t *n)
{
	char *path = path_of(name);
	struct policy p;
	clock_t begin = clock();
	int errors = policy_read(&p, path, stdout);
	double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;

	*n = errors || p.n_interfaces != 1 ? 0 : p.interfaces[0].accept.n;
	policy_free(&p);
	free(path);
	return seconds;
}

static void test_long_lists(void)
{
	double time_few, time_many;
	size_t few, many;
	char got[80];

	put_list("few", 100000);
	put_list("many", 1000000);
	put("main-few", FROM("few"));
	put("main-many", FROM("many"));
	time_few = read_time("main-few", &few);
	time_many = read_time("main-many", &many);
	snprintf(got, sizeof(got), "%zu and %zu", few, many);
	expect("lists of 100,000 and of 1,000,000 endpoints", "100000 and 1000000", got);
	/* Ten times as long; a hundred times if each were compared with all others. */
	expect("in linear time", "yes", time_many < 30 * time_few + 0.5 ? "yes" : "no");
}

/* Beyond a thousand, errors are counted, not printed. */
static void test_list_errors(void)
{
	static char text[2 * 5000 + 1];
	char *path = path_of("main");
	char *got, *end;

	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "x\n", 2);
	put("l", text);
	put("main", FROM("l") "interface any { accept-from = l }\n");
	got = outcome(path, NULL, 0);
	expect("a thousand errors of a list are shown", "yes",
	       strstr(got, "/l:1000: accept-from: 'x' has") && !strstr(got, "/l:1001:") ? "yes"
											: got);
	end = strstr(got, "main:1: 5000");
	expect("the others are counted",
	       "main:1: 5000 errors, of which the first 1000 are shown: mend these and read it "
	       "again\n5000 errors in 1001 lines\n",
	       end ? end : got);
	free(got);
	free(path);
}

/* Lines as long as they may be, and longer. */
static void test_long_lines(void)
{
	char *text = xcalloc(1, 2 * (70 << 10));

	put("main", FROM("l"));
	memcpy(text, "1/tcp\n#", 7);
	memset(text + 7, 'x', 70 << 10);
	strcat(text, "\n2/tcp\n");
	put("l", text);
	expect_file("a comment of 70 KiB", "main",
		    "l:2: the line is longer than 64 KiB: break it\n");
	memset(text, 0, 2 * (70 << 10));
	memset(text, '1', 60000);
	strcpy(text + 60000, "\n2/tcp\n");
	put("l", text);
	memset(text + 160, 0, 2 * (70 << 10) - 160);
	strcpy(text + 160, "' is longer than any endpoint: write it as in 192.0.2.1:443/tcp\n");
	memmove(text + strlen("l:1: accept-from: '"), text, strlen(text) + 1);
	memcpy(text, "l:1: accept-from: '", strlen("l:1: accept-from: '"));
	expect_file("an endpoint of 60,000 bytes", "main", text);
	free(text);
}

/* More lists than a policy may name. */
static void test_too_many_lists(void)
{
	char *dir = path_of("lists"), *one = path_of("lists/0"), *got;
	char path[200];
	FILE *f;

	check(mkdir(dir, 0755) == 0, dir);
	put("lists/0", "1/tcp\n");
	put("main", "");
	got = path_of("main");
	f = fopen(got, "w");
	check(f != NULL, got);
	for (unsigned int i = 0; i <= LIST_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "%s/%u", dir, i);
		check(i == 0 || link(one, path) == 0, path);
		fprintf(f, "interface i%u { accept-from = lists/%u }\n", i, i);
	}
	check(fclose(f) == 0, got);
	expect_file("10,001 lists", "main",
		    "main:10001: lists/10000 is one list too many, 10000 is the limit: join "
		    "some\n");
	free(got);
	free(one);
	free(dir);
}

void test_lists(void)
{
	test_one_list();
	test_many_lists();
	test_list_names();
	test_list_trust();
	test_long_lists();
	test_list_errors();
	test_long_lines();
	test_too_many_lists();
}
