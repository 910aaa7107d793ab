// SPDX-License-Identifier: GPL-2.0-only
/* The table of guards: the one place where the core learns of them. */
#include <string.h>

#include "guard.h"

extern const struct guard program_guard, file_guard, socket_guard, memory_guard, process_guard,
	ingress_guard;

const struct guard *const guards[] = {
	&program_guard, &file_guard, &socket_guard, &memory_guard, &process_guard, &ingress_guard,
};
const size_t n_guards = sizeof(guards) / sizeof(*guards);

bool guard_needs(const struct guard_program *program, const struct plan *plan)
{
	return plan->closed & program->verbs || (program->trust && plan->n_programs > 1);
}

const struct guard *guard_of(__u32 access)
{
	for (size_t i = 0; i < n_guards; i++)
		if (guards[i]->keys & access)
			return guards[i];
	return &program_guard;
}

const char *guard_access(__u32 access)
{
	static const char *const verbs[GUARD_FIRST_KEY] = { "read", "write", "execute", "trace" };
	int bit = __builtin_ctz(access | 1u << 31);

	if (bit < GUARD_FIRST_KEY)
		return verbs[bit];
	if (access == GUARD_ACCEPT)
		return "accept";
	return bit < GUARD_FIRST_KEY + GUARD_KEYS ? policy_key_names[bit - GUARD_FIRST_KEY]
						  : "access";
}

void guard_not_proved(const struct guard *guard, int how)
{
	fprintf(stderr,
		"lsm-guard: NOT enforcing: the %s guard's programs are attached, but its canary %s%s; "
		"is kernel.ftrace_enabled 0?\n",
		guard->name,
		how > 0 ? "was let through" : "failed otherwise: ", how > 0 ? "" : strerror(-how));
}

const char *const outcome_names[GUARD_PACKET_OUTCOMES] = {
	[GUARD_PACKET_RULE] = "by rule",
	[GUARD_PACKET_REPLY] = "replies",
	[GUARD_PACKET_ICMP] = "icmp",
	[GUARD_PACKET_LINK] = "the link's own",
	[GUARD_PACKET_FRAGMENT] = "later fragments",
	[GUARD_PACKET_DROP_UNLISTED] = "not listed",
	[GUARD_PACKET_DROP_ICMP] = "icmp",
	[GUARD_PACKET_DROP_FRAGMENT] = "fragment",
	[GUARD_PACKET_DROP_TRUNCATED] = "truncated",
	[GUARD_PACKET_DROP_MALFORMED] = "malformed",
	[GUARD_PACKET_DROP_HEADERS] = "too many headers",
	[GUARD_PACKET_DROP_PROTOCOL] = "unknown protocol",
};

const char *protocol_text(__u32 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_MPTCP:
		return "mptcp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	case IPPROTO_IGMP:
		return "igmp";
	}
	return "ip";
}

const char *address_text(int family, const __u64 address[2], char out[INET6_ADDRSTRLEN])
{
	unsigned char bytes[16];

	for (int i = 0; i < 16; i++)
		bytes[i] = address[i / 8] >> (56 - i % 8 * 8);
	return inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes, out, INET6_ADDRSTRLEN);
}

const char *endpoint_text(int family, const __u64 address[2], __u16 port, char out[ENDPOINT_TEXT])
{
	char text[INET6_ADDRSTRLEN];

	snprintf(out, ENDPOINT_TEXT, family == 4 ? "%s:%u" : "[%s]:%u",
		 address_text(family, address, text), port);
	return out;
}
