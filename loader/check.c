// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm-guard check and lsm-guard probe: what a policy would mean here, and what this
 * kernel can enforce. They need no root and load nothing.
 */
#include <argp.h>
#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "instance.h"
#include "worth.h"

static const char *const verb_names[] = { "read", "write", "execute" };

/* ---- warnings ----------------------------------------------------------------- */

/*
 * Programs that do what their arguments or their input say. Whoever can run one that is on a
 * list has what the list gives.
 */
static const char *const obedient[] = {
	"sh",	 "*bash",   "dash",   "zsh",	"ksh*",	   "fish", "busybox", "python*", "perl*",
	"ruby*", "lua*",    "node",   "php*",	"*awk",	   "sed",  "ed",      "tclsh*",	 "gdb",
	"cat",	 "tac",	    "head",   "tail",	"less",	   "more", "cp",      "mv",	 "dd",
	"tee",	 "tar",	    "cpio",   "rsync",	"find",	   "env",  "xargs",   "vi",	 "vim*",
	"nano",	 "emacs*",  "grep",   "sort",	"od",	   "xxd",  "curl",    "wget",	 "nc*",
	"socat", "openssl", "base64", "strace", "install",
};

static void warn_programs(const struct plan *plan)
{
	for (size_t i = 1; i < plan->n_programs; i++) {
		const struct plan_program *program = &plan->programs[i];
		const char *name = strrchr(program->path, '/') + 1;

		for (size_t k = 0; k < sizeof(obedient) / sizeof(*obedient); k++) {
			if (fnmatch(obedient[k], name, 0))
				continue;
			printf("%s:%u: warning: %s does what its arguments say: whoever can run it "
			       "has what it is trusted with\n",
			       program->at.file, program->at.line, program->path);
			break;
		}
	}
}

static bool is_listed(const struct endpoint_list *list, int family, const void *address,
		      unsigned int port)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct endpoint *e = &list->endpoints[i];
		unsigned int bytes = e->length / 8, rest = e->length % 8;

		if (!(e->protocols & ENDPOINT_TCP) || port < e->first || port > e->last ||
		    (e->family && e->family != family) || memcmp(e->address, address, bytes))
			continue;
		if (!rest ||
		    !((e->address[bytes] ^ ((const unsigned char *)address)[bytes]) >> (8 - rest)))
			return true;
	}
	return list->kind == LIST_ANY;
}

/* sshd tells a session "ADDRESS PORT ADDRESS PORT": the peer's, then ours. */
static void warn_session(const struct plan *plan)
{
	const char *session = getenv("SSH_CONNECTION");
	char peer[INET6_ADDRSTRLEN], *zone;
	unsigned char address[16];
	unsigned int port;
	int family;

	if (!session || sscanf(session, "%45s %*u %*s %u", peer, &port) != 2)
		return;
	zone = strchr(peer, '%');
	if (zone)
		*zone = '\0';
	family = strchr(peer, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(family, peer, address) != 1)
		return;
	for (size_t i = 0; i < plan->n_interfaces; i++) {
		const struct interface_section *s = plan->interfaces[i].policy;

		if (s->mode == MODE_AUDIT || is_listed(&s->accept, family, address, port))
			continue;
		printf("%s:%u: warning: the ssh session that this is run from (%s, port %u here) would "
		       "be dropped if it comes by %s: list it, and start with --confirm-within 60\n",
		       s->at.file, s->at.line, peer, port, s->name ? s->name : "any interface");
	}
}

static bool forwards(const char *file)
{
	FILE *f = fopen(file, "re");
	int c = f ? getc(f) : '0';

	if (f)
		fclose(f);
	return c != '0' && c != EOF;
}

static void warn_packets(const struct plan *plan)
{
	if (!plan->n_interfaces)
		return;
	warn_session(plan);
	if (forwards("/proc/sys/net/ipv4/ip_forward") ||
	    forwards("/proc/sys/net/ipv6/conf/all/forwarding"))
		printf("%s:%u: warning: this host passes packets on (containers, virtual machines, a "
		       "router): what arrives for those must be listed too, replies to them included\n",
		       plan->interfaces[0].policy->at.file, plan->interfaces[0].policy->at.line);
}

/* ---- check -------------------------------------------------------------------- */

static void print_who(const struct plan *plan, const struct plan_rule *rule, int verb)
{
	const __u64 *row = plan->lists.entries[rule->kernel.lists[verb]].bytes;
	size_t n = 0;

	printf("    %s: ", verb_names[verb]);
	for (__u32 p = 1; p < plan->n_programs; p++)
		if (row[p / 64] >> p % 64 & 1)
			printf("%s%s", n++ ? ", " : "", plan->programs[p].path);
	printf("%s\n", n ? "" : "nobody");
}

static void print_endpoint(const struct endpoint *e)
{
	char address[INET6_ADDRSTRLEN];
	bool ports = e->first || e->last != 0xffff;
	unsigned int full = e->family == AF_INET ? 32 : 128;

	if (e->family) {
		inet_ntop(e->family, e->address, address, sizeof(address));
		printf("%s%s", e->family == AF_INET ? "" : "[", address);
		if (e->length != full)
			printf("/%u", e->length);
		printf("%s%s", e->family == AF_INET ? "" : "]", ports ? ":" : "");
	} else if (!ports) {
		printf("any");
	}
	if (ports && e->first == e->last)
		printf("%u", e->first);
	else if (ports)
		printf("%u-%u", e->first, e->last);
	if (e->protocols != (ENDPOINT_TCP | ENDPOINT_UDP))
		printf("/%s", e->protocols == ENDPOINT_TCP ? "tcp" : "udp");
}

static void print_endpoints(const struct endpoint_list *list)
{
	if (list->kind != LIST_PROGRAMS)
		printf("%s", list->kind == LIST_NONE ? "nobody" : "anybody");
	for (size_t i = 0; i < list->n; i++) {
		printf("%s", i ? ", " : "");
		print_endpoint(&list->endpoints[i]);
	}
}

static void print_families(unsigned int families)
{
	const char *sep = "";

	for (int i = 0; policy_family_names[i]; i++) {
		if (!(families & 1u << i))
			continue;
		printf("%s%s", sep, policy_family_names[i]);
		sep = ", ";
	}
	printf("%s", families ? "" : "none");
}

#define ENDPOINTS_SHOWN 100

/* What a program section says, and what follows from it. */
static void print_section(const struct plan_section *section)
{
	const struct program_section *policy = section->policy;

	for (int key = 0; key < PROGRAM_KEYS; key++) {
		if (!(policy->given & 1u << key) && !(section->kernel.keys & GUARD_CONNECT << key))
			continue;
		printf("    %s: ", policy_key_names[key]);
		if (key < ENDPOINT_KEYS)
			print_endpoints(&policy->endpoints[key]);
		else if (key == KEY_FAMILIES)
			print_families(section->kernel.families);
		else
			printf("%llu%s", policy->limit[key], key < KEY_CHILDREN ? " bytes" : "");
		putchar('\n');
	}
	printf("    binds what it starts: %s\n", policy->inherit ? "yes" : "no");
	if (section->kernel.keys & (GUARD_CONNECT | GUARD_LISTEN) &&
	    section->kernel.families & (GUARD_FAMILY_RAW | GUARD_FAMILY_PACKET | GUARD_FAMILY_XDP |
					GUARD_FAMILY_SCTP | GUARD_FAMILY_OTHER))
		printf("    warning: sockets of these families reach peers that connect and listen "
		       "do not see\n");
}

/* What an interface section says. */
static void print_interface(const struct interface_section *s)
{
	printf("    accept: ");
	if (s->accept.n <= ENDPOINTS_SHOWN)
		print_endpoints(&s->accept);
	else
		printf("%zu endpoints", s->accept.n);
	printf("\n    icmp: %s\n    replies: %s\n", s->icmp ? "yes" : "no",
	       s->replies ? "yes" : "no");
}

static const struct plan_interface *interface_of(const struct plan *plan,
						 const struct plan_rule *rule)
{
	for (size_t i = 0; i < plan->n_interfaces; i++)
		if (&plan->rules[plan->interfaces[i].kernel.rule] == rule)
			return &plan->interfaces[i];
	return NULL;
}

static __u32 closed_by(const struct plan *plan, const struct plan_rule *rule)
{
	const struct plan_interface *interface = interface_of(plan, rule);

	if (interface)
		return GUARD_ACCEPT | (interface->policy->replies ? GUARD_REPLIES : 0);
	return rule->section ? plan->bound[rule->section].kernel.keys | GUARD_SECTION
			     : rule->kernel.closed;
}

static void print_hooks(const struct plan *plan, const struct plan_rule *rule,
			const struct kernel *kernel)
{
	const char *by = kernel->fallback ? "    seen by" : "    held by";
	const char *last = "";

	for (size_t g = 0; g < n_guards; g++) {
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];

			if (!(p->verbs & closed_by(plan, rule)) || !strcmp(last, p->hook) ||
			    kernel_hook(kernel, p) != HOOK_HELD)
				continue;
			printf("%s %s", by, p->hook);
			last = p->hook;
			by = "";
		}
	}
	putchar('\n');
}

/* What keeps the kernel from holding the rule in any way; or NULL. */
static const char *why_not_held(const struct plan_rule *rule, const struct kernel *kernel)
{
	if (!kernel->lsms)
		return "the list of active LSMs cannot be read";
	if (!kernel->btf)
		return "the kernel's BTF cannot be read";
	if (kernel->lockdown == LOCKDOWN_CONFIDENTIALITY)
		return "the kernel is locked down: no program may read its memory";
	if (rule->kernel.redirect && kernel->lockdown)
		return "the kernel is locked down: opens cannot be led elsewhere";
	return NULL;
}

/* What it is worth here: with --fallback, where the kernel has no BPF LSM. */
static void print_worth(const struct plan_rule *rule, const struct kernel *kernel)
{
	struct worth w = { .kind = rule->kernel.kind,
			   .how = rule->worth,
			   .audit = rule->audit,
			   .decoy = rule->decoy,
			   .fallback = kernel->fallback };
	const char *why_not = why_not_held(rule, kernel);

	if (kernel->fallback)
		printf("    NOT HELD: bpf is not among the LSMs; with --fallback: ");
	else
		printf("    ");
	if (why_not)
		printf("NOT HELD (%s)\n", why_not);
	else
		printf("%s (%s)\n", worth_word(&w), worth_how(&w));
}

static void print_rule(const struct plan *plan, const struct plan_rule *rule,
		       const struct kernel *kernel)
{
	const struct plan_interface *interface = interface_of(plan, rule);
	struct stat st;

	printf("%s:%u: %s %s%s\n", rule->at.file, rule->at.line, rule->audit ? "audit" : "enforce",
	       interface ? "interface " : "", rule->title);
	if (interface)
		print_interface(interface->policy);
	for (int verb = 0; verb < GUARD_VERBS; verb++)
		if (rule->kernel.closed & 1u << verb)
			print_who(plan, rule, verb);
	if (rule->section)
		print_section(&plan->bound[rule->section]);
	if (!(closed_by(plan, rule) & ~GUARD_SECTION))
		printf("    closes nothing\n");
	else if (!rule->holds && interface)
		printf("    holds nothing: it is not there now\n");
	else if (!rule->holds)
		printf("    holds nothing: it is not there now, nor a directory to hold its name in\n");
	else if (kernel->btf) {
		print_hooks(plan, rule, kernel);
		print_worth(rule, kernel);
	}
	if (rule->holds && !rule->section && !interface && stat(rule->title, &st) &&
	    !strpbrk(rule->title, "*?["))
		printf("    does not exist now; its name is held\n");
}

static const struct argp_option no_options[] = { {} };

static error_t parse_file(int key, char *arg, struct argp_state *state)
{
	const char **file = state->input;

	if (key == ARGP_KEY_ARG && !*file) {
		*file = arg;
		return 0;
	}
	if (key == ARGP_KEY_ARG)
		argp_error(state, "one FILE only; a policy can include() others");
	if (key == ARGP_KEY_END && !*file)
		argp_error(state, "FILE is needed");
	return key == ARGP_KEY_END ? 0 : ARGP_ERR_UNKNOWN;
}

int check_main(int argc, char **argv)
{
	static const struct argp argp = {
		no_options,
		parse_file,
		"FILE",
		"Parse and resolve a policy, changing nothing: each rule, who is on its lists, the "
		"hooks that hold it on this kernel, and what would not be held. Needs no root.\v"
		"Exit status: 0 all would be held, 2 usage or policy error, 3 this kernel cannot "
		"enforce it.",
	};
	const char *file = NULL;
	struct policy policy;
	struct kernel kernel = {};
	struct plan plan = {};
	size_t empty = 0;
	int status = 2;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &file);
	kernel_look(&kernel, true);
	if (policy_read(&policy, file, stderr) ||
	    plan_make(&plan, &policy, false, kernel.fallback, stderr))
		goto out;
	for (size_t i = plan.sections; i < plan.n_rules; i++) {
		print_rule(&plan, &plan.rules[i], &kernel);
		empty += !plan.rules[i].holds;
	}
	warn_programs(&plan);
	warn_packets(&plan);
	fflush(stdout);
	kernel.fallback = false;
	status = kernel_obstacles(&kernel, false, stderr) ||
				 instance_missing_hooks(&plan, &kernel, stderr)
			 ? 3
			 : 0;
	printf("%s: %zu rules, %zu of them holding nothing, %zu trusted programs: %s\n", file,
	       plan.n_rules - plan.sections, empty, plan.n_programs - 1,
	       status ? "NOT HELD by this kernel" : "what is there would be held");
out:
	kernel_free(&kernel);
	plan_free(&plan);
	policy_free(&policy);
	return status;
}

/* ---- probe -------------------------------------------------------------------- */

static const char *state_name(enum hook_state state)
{
	switch (state) {
	case HOOK_HELD:
		return "yes";
	case HOOK_ELSEWHERE:
		return "not here, another hook sees it";
	case HOOK_OTHER_FORM:
	case HOOK_POINTLESS:
		return NULL;
	case HOOK_MISSING:
		break;
	}
	return "MISSING";
}

static void print_verbs(const struct guard_program *p)
{
	const char *sep = "";

	for (__u32 bit = 1; bit < GUARD_SECTION; bit <<= 1) {
		if (!((p->verbs | p->also) & bit))
			continue;
		printf("%s%s", sep, guard_access(bit));
		sep = ", ";
	}
	printf("%s\n", p->trust ? "who is who" : "");
}

int probe_main(int argc, char **argv)
{
	static const struct argp argp = {
		no_options,
		NULL,
		NULL,
		"What this kernel can enforce, hook by hook, why not, and how to get it. Needs no "
		"root.\vExit status: 0 everything, 1 everything, but to load a policy needs root, 2 usage "
		"error, 3 not everything.",
	};
	struct kernel kernel;
	int missing = 0, obstacles;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	kernel_look(&kernel, false);
	printf("kernel:      %s\n", kernel.release);
	printf("active LSMs: %s\n", kernel.lsms ? kernel.lsms : "cannot be told");
	printf("BPF LSM:     %s\n", kernel.lockdown == LOCKDOWN_CONFIDENTIALITY
					    ? "NO: the kernel is locked down to confidentiality"
				    : kernel.bpf_lsm
					    ? "yes: rules are ENFORCED (lsm; packets: xdp)"
					    : "NO: rules are NOT HELD; with --fallback they are "
					      "WEAKER (reported, redirected or killed)");
	printf("BTF:         %s\n", kernel.btf ? "yes" : "NO");
	printf("privilege:   %s%s\n", kernel.privileged ? "yes" : "lacking ", kernel.lacking);
	for (size_t g = 0; g < n_guards; g++) {
		printf("%s guard:\n", guards[g]->name);
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];
			enum hook_state state = kernel_hook(&kernel, p);

			missing += state == HOOK_MISSING;
			if (state == HOOK_OTHER_FORM)
				continue;
			printf("  %-22s %-32s", p->hook, state_name(state));
			print_verbs(p);
		}
	}
	fflush(stdout);
	obstacles = kernel_obstacles(&kernel, true, stderr);
	/* That we lack privilege is none of the kernel's. */
	missing += obstacles - !kernel.privileged;
	kernel_free(&kernel);
	return missing ? 3 : obstacles ? 1 : 0;
}
