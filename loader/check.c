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

static __u32 closed_by(const struct plan *plan, const struct plan_rule *rule)
{
	return rule->section ? plan->bound[rule->section].kernel.keys | GUARD_SECTION
			     : rule->kernel.closed;
}

static void print_hooks(const struct plan *plan, const struct plan_rule *rule,
			const struct kernel *kernel)
{
	const char *by = "    held by";
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

static void print_rule(const struct plan *plan, const struct plan_rule *rule,
		       const struct kernel *kernel)
{
	struct stat st;

	printf("%s:%u: %s %s\n", rule->at.file, rule->at.line,
	       rule->kernel.audit ? "audit" : "enforce", rule->title);
	for (int verb = 0; verb < GUARD_VERBS; verb++)
		if (rule->kernel.closed & 1u << verb)
			print_who(plan, rule, verb);
	if (rule->section)
		print_section(&plan->bound[rule->section]);
	if (!(closed_by(plan, rule) & ~GUARD_SECTION))
		printf("    closes nothing\n");
	else if (!rule->holds)
		printf("    holds nothing: it is not there now, nor a directory to hold its name in\n");
	else if (kernel->btf)
		print_hooks(plan, rule, kernel);
	if (rule->holds && !rule->section && stat(rule->title, &st) && !strpbrk(rule->title, "*?["))
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
	struct kernel kernel;
	struct plan plan = {};
	size_t empty = 0;
	int status = 2;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &file);
	if (policy_read(&policy, file, stderr) || plan_make(&plan, &policy, false, stderr))
		goto out;
	kernel_look(&kernel);
	for (size_t i = plan.sections; i < plan.n_rules; i++) {
		print_rule(&plan, &plan.rules[i], &kernel);
		empty += !plan.rules[i].holds;
	}
	warn_programs(&plan);
	fflush(stdout);
	status = kernel_obstacles(&kernel, false, stderr) ||
				 instance_missing_hooks(&plan, &kernel, stderr)
			 ? 3
			 : 0;
	printf("%s: %zu rules, %zu of them holding nothing, %zu trusted programs: %s\n", file,
	       plan.n_rules - plan.sections, empty, plan.n_programs - 1,
	       status ? "NOT HELD by this kernel" : "what is there would be held");
	kernel_free(&kernel);
out:
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
		"root.\vExit status: 0 everything, 2 usage error, 3 not everything.",
	};
	struct kernel kernel;
	int missing = 0;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	kernel_look(&kernel);
	printf("kernel:      %s\n", kernel.release);
	printf("active LSMs: %s\n", kernel.lsms ? kernel.lsms : "cannot be told");
	printf("BPF LSM:     %s\n", kernel.bpf_lsm ? "yes" : "NO");
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
	missing += kernel_obstacles(&kernel, true, stderr);
	kernel_free(&kernel);
	return missing ? 3 : 0;
}
