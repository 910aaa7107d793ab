// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ingress guard: its sections become rules, and how its events read. What it attaches is
 * interfaces.c's business, its canary packet_canary.c's.
 */
#include "../act.h"
#include "../endpoints.h"
#include "../guard.h"
#include "../interfaces.h"

static const struct guard_program programs[] = {
	{ "ingress_xdp", "xdp", .verbs = GUARD_ACCEPT, .stage = ATTACH_OWN, .function = true,
	  .where = "bpf_xdp_link_attach" },
	{ "ingress_socket", "socket_sock_rcv_skb", .verbs = GUARD_ACCEPT, .refuses = true,
	  .stage = ATTACH_LAST },
	{ "ingress_sent", "socket_sendmsg", .verbs = GUARD_REPLIES, .stage = ATTACH_LAST },
};

/* ---- sections ------------------------------------------------------------------- */

static void plan_interfaces(struct plan *plan)
{
	for (size_t i = 0; i < plan->policy->n_interfaces; i++) {
		const struct interface_section *s = &plan->policy->interfaces[i];
		struct guard_interface kernel = {
			.rule = plan_rule(plan, GUARD_RULE_INTERFACE, s->name ? s->name : "any",
					  s->at, s->mode),
			.list = endpoints_add(plan, &s->accept),
			.flags = (s->icmp ? GUARD_INTERFACE_ICMP : 0) |
				 (s->replies ? GUARD_INTERFACE_REPLIES : 0),
		};

		plan->closed |= GUARD_ACCEPT | (s->replies ? GUARD_REPLIES : 0);
		plan->interfaces = grow(plan->interfaces, plan->n_interfaces,
					&plan->room_interfaces, sizeof(*plan->interfaces));
		plan->interfaces[plan->n_interfaces++] =
			(struct plan_interface){ .policy = s, .kernel = kernel };
	}
}

static void cover_interfaces(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_interfaces; i++) {
		const struct interface_section *s = plan->interfaces[i].policy;

		plan->rules[plan->interfaces[i].kernel.rule].holds =
			!s->name || if_nametoindex(s->name);
		if (s->name && !s->optional && !if_nametoindex(s->name))
			plan_error(
				plan, s->at,
				"interface %s: there is none of this name; write -%s to guard it "
				"when it appears",
				s->name, s->name);
	}
}

/* ---- events -------------------------------------------------------------------- */

static const char *reason_of(const struct guard_event *e)
{
	const char *name = e->outcome < GUARD_PACKET_OUTCOMES ? outcome_names[e->outcome] : NULL;

	return name ? name : "?";
}

static void event_object(const struct guard_event *e, char *out, size_t size)
{
	char from[ENDPOINT_TEXT], to[ENDPOINT_TEXT];

	if (!e->family)
		snprintf(out, size, "a packet (%s)", reason_of(e));
	else
		snprintf(out, size, "%s -> %s/%s (%s)",
			 endpoint_text(e->family, e->address, e->port, from),
			 endpoint_text(e->family, e->local, e->local_port, to),
			 protocol_text(e->protocol), reason_of(e));
}

static void event_fields(const struct guard_event *e, struct fields *out)
{
	char name[IF_NAMESIZE], address[INET6_ADDRSTRLEN];

	if (e->family) {
		fields_string(out, "address", address_text(e->family, e->address, address));
		fields_number(out, "port", e->port);
		fields_string(out, "local_address", address_text(e->family, e->local, address));
		fields_number(out, "local_port", e->local_port);
		fields_string(out, "protocol", protocol_text(e->protocol));
	}
	fields_string(out, "interface", netdev_name(e->ifindex, name));
	fields_string(out, "reason", reason_of(e));
}

const struct guard ingress_guard = {
	.name = "ingress",
	.programs = programs,
	.n_programs = sizeof(programs) / sizeof(*programs),
	.keys = GUARD_ACCEPT,
	.plan = plan_interfaces,
	.cover = cover_interfaces,
	.object = event_object,
	.fields = event_fields,
	.try = ingress_try,
	.load = interfaces_load,
	.attach = interfaces_attach,
	.prove = interfaces_prove,
	.destroy = interfaces_destroy,
};
