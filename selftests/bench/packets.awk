# SPDX-License-Identifier: GPL-2.0-only
# The part of the table that is about packets: of the same figures as table.awk, which calls
# packets(), and with its functions.

function set_packets() {
	n_shapes = split("tcp4 udp4 tcp6 udp6 tcp4-vlan tcp4-options tcp6-extension arp " \
		"tcp4-reply tcp6-reply udp4-reply-connected udp6-reply-connected udp4-reply-sent " \
		"udp6-reply-sent tcp4-unlisted udp4-unlisted tcp6-unlisted udp6-unlisted " \
		"tcp4-other-port tcp4-malformed", shapes, " ")
	n_under = split("xdp-null xdp-parse guard-10 guard-1000 guard-100000 guard-1000000 " \
		"guard-own-ports guard-port-set guard-no-replies xdp-filter xdp-filter-port", under, " ")
	n_ways = split("wire-listed wire-unlisted wire-unlisted-no-socket veth-listed " \
		"veth-unlisted veth-reply", ways, " ")
	n_against = split("open xdp-drop xdp-null guard-1000 nft nft-stateless nft-netdev", \
		against, " ")
	n_lists = split("10 1000 100000 1000000", lists, " ")
}

# A packet as the plain program reads it, wherever it is from.
function shape_of(o) {
	if (!have(kernels[1], "xdp-parse", o))
		sub(/-.*/, "", o)
	return o
}

function over_parse(k, c, o) {
	if (!have(k, c, o) || !have(k, "xdp-parse", shape_of(o)))
		return "-"
	return value(k, c, o) - value(k, "xdp-parse", shape_of(o))
}

# From where to count: what arrives, from the same with nothing in its way; what is dropped, from
# the cheapest drop. (Not for the sk_buffs of a veth pair: XDP alone has to copy them.)
function way_base(o, c) {
	return o ~ /^wire-unlisted/ && c !~ /^(open|xdp-null)$/ ? "xdp-drop" : "open"
}

function over_way(k, c, o) {
	if (!have(k, c, o) || !have(k, way_base(o, c), o))
		return "-"
	return value(k, c, o) - value(k, way_base(o, c), o)
}

function signed(x) {
	return x == "-" ? x : sprintf("%+.0f", x)
}

function packet_row(o, c, is_way,    i, k, any, cells, kernel, more) {
	for (i = k = 1; k <= n_kernels; k++) {
		kernel = kernels[k]
		if (!have(kernel, c, o)) {
			cells[i++] = cells[i++] = cells[i++] = "-"
			continue
		}
		any = 1
		more = is_way ? over_way(kernel, c, o) : over_parse(kernel, c, o)
		cells[i++] = whole(value(kernel, c, o))
		cells[i++] = signed(more)
		cells[i++] = is_way ? "" : whole(medians[kernel, c, o] / count[kernel, c, o])
		print kernel, c, o, sprintf("%.1f", value(kernel, c, o)), \
			sprintf("%.1f", medians[kernel, c, o] / count[kernel, c, o]), \
			count[kernel, c, o], more == "-" ? "-" : sprintf("%.1f", more), "-", "-" >tsv
	}
	if (any)
		line(o ", " c, cells)
}

function packet_heading(second, third,    i, k, cells) {
	for (i = k = 1; k <= n_kernels; k++) {
		cells[i++] = kernels[k]
		cells[i++] = second
		cells[i++] = third
	}
	line("packet, configuration", cells)
	for (i = 1; i <= n_kernels * 3; i++)
		cells[i] = "--------:"
	line("------------------------------------------", cells)
}

# What the guard does at the socket: of all that it adds, what is not its XDP program.
function at_socket(k) {
	if (!have(k, "guard-1000", "wire-listed") || !have(k, "xdp-null", "wire-listed"))
		return "-"
	return value(k, "guard-1000", "wire-listed") - value(k, "xdp-null", "wire-listed") - \
		(value(k, "guard-1000", "udp4") - value(k, "xdp-null", "udp4"))
}

function packets_table(    o, c, i, k, cells) {
	set_packets()
	print "\nGuest instructions for a packet in the XDP program of an interface."
	print ""
	packet_heading("ov. parse", "dearest")
	for (o = 1; o <= n_shapes; o++)
		for (c = 1; c <= n_under; c++)
			packet_row(shapes[o], under[c], 0)
	print "\nGuest instructions for a packet's whole way, to a socket or to where it is dropped."
	print ""
	packet_heading("over", "")
	for (o = 1; o <= n_ways; o++)
		for (c = 1; c <= n_against; c++)
			packet_row(ways[o], against[c], 1)
	for (i = k = 1; k <= n_kernels; k++) {
		cells[i++] = whole(at_socket(kernels[k]))
		cells[i++] = cells[i++] = ""
	}
	line("of which at the socket, wire-listed, guard", cells)
	print ""
	resources("guard", lists, n_lists, "prefixes")
}

# ---- goals ------------------------------------------------------------------------

function packet_goal(o, c, most,    k, text) {
	text = sprintf("| %-42s | %10s |", o ", " c, "parse +" most)
	for (k = 1; k <= n_kernels; k++)
		text = text met(over_parse(kernels[k], c, o), most)
	print text
}

function goal_below(o, c, other,    k, text) {
	text = sprintf("| %-42s | %10s |", o ", " c, other)
	for (k = 1; k <= n_kernels; k++)
		text = text met(have(kernels[k], c, o) ? value(kernels[k], c, o) : "-", \
			have(kernels[k], other, o) ? value(kernels[k], other, o) : 0)
	print text
}

# A drop costs at most one part in @least of what it costs another.
function goal_times(o, c, other, least,    k, text, times) {
	text = sprintf("| %-42s | %10s |", o ", " c, other " / " least)
	for (k = 1; k <= n_kernels; k++) {
		times = over_way(kernels[k], c, o) + 0
		times = times > 0 ? over_way(kernels[k], other, o) / times : "-"
		if (times == "-")
			text = text met("-", 0)
		else
			text = text sprintf(" 1/%-4.1f %6s |", times, times >= least ? "met" : "MISSED")
	}
	print text
}

function goal_flat(o, many, few,    k, text) {
	text = sprintf("| %-42s | %10s |", o ", " many, "10 p. +5 %")
	for (k = 1; k <= n_kernels; k++)
		text = text met(have(kernels[k], many, o) ? value(kernels[k], many, o) : "-", \
			have(kernels[k], few, o) ? value(kernels[k], few, o) * 1.05 : 0)
	print text
}

function packets_goals(    o) {
	packet_goal("tcp4", "guard-1000", 250)
	packet_goal("tcp6", "guard-1000", 250)
	packet_goal("tcp4-reply", "guard-1000", 400)
	for (o = 1; o <= 4; o++)
		goal_below(shapes[o], "guard-1000", "xdp-filter")
	goal_below("tcp4-unlisted", "guard-no-replies", "xdp-filter")
	goal_below("tcp6-unlisted", "guard-no-replies", "xdp-filter")
	goal_flat("tcp4", "guard-1000000", "guard-10")
	goal_times("wire-unlisted", "guard-1000", "nft", 5)
	goal_times("wire-unlisted-no-socket", "guard-1000", "nft", 5)
}
