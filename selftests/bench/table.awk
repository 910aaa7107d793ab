# SPDX-License-Identifier: GPL-2.0-only
# The bench's figures, as lines "KERNEL SEED CONFIGURATION OPERATION SMALLEST MEDIAN"
# with tabs between, made into the table (stdout) and the same as TSV (file named by
# the variable tsv), with the notes in the file footer below. Figures are averaged over the
# seeds. What is about packets is in packets.awk.

BEGIN {
	FS = OFS = "\t"
	open_ops = "open open-here open-100-files open-depth-6 open-depth-12"
	more_opens = "open-listed open-in-tree open-denied open-let-through"
	name_ops = "create+unlink create+unlink-beside rename-twice"
	used_ops = "read connect connect-100-peers sendmsg recvmsg sendmsg+recvmsg " \
		"connect+accept+close mmap+munmap mmap+munmap-1M brk-twice mprotect-twice"
	n_ops = split(open_ops " " more_opens " open-decoy stat " name_ops " " used_ops \
		" fork+exit+wait vfork+exit+wait exec+exit+wait thread+exit+join", ops, " ")
	n_configs = split("bare idle null null-9 null-section null-socket_connect " \
		"null-socket_sendmsg null-socket_recvmsg null-socket_sock_rcv_skb " \
		"null-file_permission null-mmap_addr null-file_mprotect null-task " \
		"guard-exact guard-exact-1000 guard-exact-100000 guard-exact-1000000 " \
		"guard-decoy fallback-report fallback-redirect " \
		"guard-tree guard-tree-elsewhere guard-other-all guard-other-connect " \
		"guard-other-receive guard-other-memory guard-other-process guard-bound-all " \
		"guard-bound-connect guard-bound-ports guard-bound-receive guard-bound-memory " \
		"guard-bound-process apparmor landlock-5 landlock-root seccomp cgroup rlimits", \
		configs, " ")
	# The one hook by which a key of a section is in the way of an operation.
	hook["connect", "connect"] = hook["connect", "ports"] = "null-socket_connect"
	hook["connect-100-peers", "connect"] = "null-socket_connect"
	hook["connect-100-peers", "ports"] = "null-socket_connect"
	hook["sendmsg", "connect"] = hook["sendmsg", "ports"] = "null-socket_sendmsg"
	hook["sendmsg+recvmsg", "connect"] = "null-socket_sendmsg"
	hook["sendmsg", "receive"] = "null-socket_sock_rcv_skb"
	hook["recvmsg", "receive"] = "null-socket_recvmsg"
	hook["mmap+munmap", "memory"] = hook["mmap+munmap-1M", "memory"] = "null-mmap_addr"
	hook["brk-twice", "memory"] = "null-mmap_addr"
	hook["mprotect-twice", "memory"] = "null-file_mprotect"
	hook["read", "receive"] = "null-file_permission"
	n_sizes = split("10 1000 100000 1000000", sizes, " ")
}

{
	if (!(($1) in seen)) {
		seen[$1] = 1
		kernels[++n_kernels] = $1
	}
	sum[$1, $3, $4] += $5
	seeds[$2]
	of_seed[$1, $3, $4, $2] = $5
	medians[$1, $3, $4] += $6
	count[$1, $3, $4]++
}

function have(k, c, o) {
	return (k, c, o) in sum
}

function value(k, c, o) {
	return sum[k, c, o] / count[k, c, o]
}

# What the system does for this operation when nothing is in its way.
function like(o) {
	if (o == "open-decoy")
		return "open"
	return index(" " more_opens " ", " " o " ") ? "open-here" : o
}

# The configuration that an overhead counts from: the guard's programs count from the
# same kernel, with the same files, and nothing attached; other modules from bare.
function base(c) {
	if (c ~ /^guard-exact-/) {
		sub(/^guard-exact/, "idle", c)
		return c
	}
	return c ~ /^(guard|null)/ ? "idle" : "bare"
}

# Of the seeds that both were measured with.
function over(k, c, o,    s, d, n) {
	for (s in seeds) {
		if (!((k, c, o, s) in of_seed) || !((k, base(c), like(o), s) in of_seed))
			continue
		d += of_seed[k, c, o, s] - of_seed[k, base(c), like(o), s]
		n++
	}
	return n ? d / n : "-"
}

# A program on each hook that the operation passes and the configuration has, with nothing
# in it; "" where no such thing was measured. That of forks is smaller than their noise.
function floor_config(o, c,    key) {
	if (index(" " open_ops " ", " " o " "))
		return "null"
	if (index(" " name_ops " ", " " o " "))
		return "null-9"
	if (!index(" " used_ops " ", " " o " "))
		return ""
	if (c ~ /^null-/)
		return c
	key = c
	sub(/^guard-(other|bound)-/, "", key)
	if (key == c || key == "all")
		return "null-section"
	return (o, key) in hook ? hook[o, key] : ""
}

function floor_of(k, o, c,    floor) {
	floor = floor_config(like(o), c)
	return floor == "" ? 0 : over(k, floor, like(o))
}

function percent(k, c, o,    bare, d) {
	if (!have(k, "bare", like(o)) || base(c) != "bare" && !have(k, "idle", like(o)))
		return "-"
	bare = value(k, "bare", like(o))
	d = over(k, c, o)
	if (!bare || d == "-" || o == "open-denied")
		return "-"
	if (base(c) != "bare")
		d += over(k, "idle", like(o))
	return sprintf("%+.1f %%", 100 * d / bare)
}

function multiple(k, c, o,    f, d) {
	f = floor_of(k, o, c)
	d = over(k, c, o)
	if (f + 0 <= 0 || d == "-" || o == "open-denied" || c ~ /^(bare|idle)$/)
		return "-"
	return sprintf("%.2f", d / f)
}

function line(label, cells,    i, text) {
	text = sprintf("| %-42s |", label)
	for (i = 1; i <= n_kernels * 3; i++)
		text = text sprintf(" %9s |", cells[i])
	print text
}

function heading(    i, k, cells) {
	for (i = k = 1; k <= n_kernels; k++) {
		cells[i++] = kernels[k]
		cells[i++] = "over bare"
		cells[i++] = "x floor"
	}
	line("operation, configuration", cells)
	for (i = 1; i <= n_kernels * 3; i++)
		cells[i] = "--------:"
	line("------------------------------------------", cells)
}

function tsv_line(k, c, o, over_base) {
	print k, c, o, sprintf("%.1f", value(k, c, o)), \
		sprintf("%.1f", medians[k, c, o] / count[k, c, o]), count[k, c, o], \
		over_base == "-" ? "-" : sprintf("%.1f", over_base), \
		have(k, "bare", like(o)) ? percent(k, c, o) : "-", multiple(k, c, o) >tsv
}

function row(o, c,    i, k, any, cells, kernel) {
	for (i = k = 1; k <= n_kernels; k++) {
		kernel = kernels[k]
		if (!have(kernel, c, o)) {
			cells[i++] = cells[i++] = cells[i++] = "-"
			continue
		}
		any = 1
		cells[i++] = sprintf("%.0f", value(kernel, c, o))
		cells[i++] = percent(kernel, c, o)
		cells[i++] = multiple(kernel, c, o)
		tsv_line(kernel, c, o, over(kernel, c, o))
	}
	if (any)
		line(o ", " c, cells)
}

# What each rule more costs, against the smallest policy.
function per_rule(k, many, few, n, o) {
	if (n < 100000 || !have(k, many, o) || !have(k, few, o))
		return "-"
	return (value(k, many, o) - value(k, few, o)) / (n - 10)
}

# Configurations are called PREFIX-N; the smallest, of 10, may be PREFIX.
function resources(prefix, sizes, n_sizes, unit,    k, i, m, n, c, few, kernel, cost, memory) {
	split("kernel-memory map-memory", memory, " ")
	few = have(kernels[1], prefix, "load") ? prefix : prefix "-10"
	printf "| kernel | %8s | load, instructions | start-up, ms | each one | ones/10^9 instr. |", \
		unit
	print " kernel memory | bytes for each | maps say, for each |"
	printf "| ------ | -------: | -----------------: | -----------: | -------: | ---------------: |"
	print " ------------: | -------------: | -----------------: |"
	for (k = 1; k <= n_kernels; k++) {
		kernel = kernels[k]
		for (i = 1; i <= n_sizes; i++) {
			n = sizes[i]
			c = n == 10 ? few : prefix "-" n
			if (!have(kernel, c, "load"))
				continue
			cost = per_rule(kernel, c, few, n, "load")
			printf "| %-6s | %8d | %18.0f | %12.0f | %8s | %16s | %11.0f K | %14s | %18s |\n", \
				kernel, n, value(kernel, c, "load"), \
				value(kernel, c, "start-up") / 1e6, whole(cost), \
				(cost + 0 > 0 ? whole(1e9 / cost) : "-"), \
				value(kernel, c, "kernel-memory") / 1024, \
				whole(per_rule(kernel, c, few, n, "kernel-memory")), \
				whole(per_rule(kernel, c, few, n, "map-memory"))
			tsv_line(kernel, c, "load", cost)
			tsv_line(kernel, c, "start-up", "-")
			for (m = 1; m <= 2; m++)
				tsv_line(kernel, c, memory[m], \
					per_rule(kernel, c, few, n, memory[m]))
		}
	}
}

function kernel_heads(    k, text) {
	for (k = 1; k <= n_kernels; k++)
		text = text sprintf(" %13s |", kernels[k])
	return text
}

function kernel_rules(    k, text) {
	for (k = 1; k <= n_kernels; k++)
		text = text " ------------: |"
	return text
}

function met(figure, most) {
	if (figure == "-")
		return sprintf(" %13s |", "not measured")
	return sprintf(" %6.2f %6s |", figure, figure + 0 <= most ? "met" : "MISSED")
}

function goal(o, c, most,    k, text) {
	text = sprintf("| %-42s | %10s |", o ", " c, sprintf("%.2f", most))
	for (k = 1; k <= n_kernels; k++)
		text = text met(multiple(kernels[k], c, o), most)
	print text
}

# In instructions more than idle.
function goal_count(o, c, most,    k, text) {
	text = sprintf("| %-42s | %10s |", o ", " c, most " instr.")
	for (k = 1; k <= n_kernels; k++)
		text = text met(over(kernels[k], c, o), most)
	print text
}

# In percent of bare: so much on 6.1, so much on other kernels.
function goal_percent(o, c, most_6_1, most,    k, text, part) {
	text = sprintf("| %-42s | %10s |", o ", " c, most_6_1 " % / " most " %")
	for (k = 1; k <= n_kernels; k++) {
		part = have(kernels[k], c, o) ? percent(kernels[k], c, o) : "-"
		sub(/ %/, "", part)
		text = text met(part, kernels[k] == "6.1" ? most_6_1 : most)
	}
	print text
}

# The same with many rules as with few: one in floors of the other.
function flat(o, many, few,    k, text, a, b) {
	text = sprintf("| %-42s | %10s |", o ", " many, "10 r. +5 %")
	for (k = 1; k <= n_kernels; k++) {
		a = multiple(kernels[k], many, o)
		b = multiple(kernels[k], few, o)
		text = text met(a == "-" || b == "-" ? "-" : a, b * 1.05)
	}
	print text
}

function whole(x) {
	return x == "-" ? x : sprintf("%.0f", x)
}

function operations_table(    o, c) {
	print "Guest instructions for one operation."
	print ""
	heading()
	for (o = 1; o <= n_ops; o++)
		for (c = 1; c <= n_configs; c++)
			row(ops[o], configs[c])
	print ""
	resources("guard-exact", sizes, n_sizes, "rules")
}

function operations_goals() {
	goal("open", "guard-exact", 1.35)
	goal("open-100-files", "guard-exact", 1.35)
	goal("open-depth-6", "guard-tree", 3.2)
	goal("open-listed", "guard-exact", 3)
	flat("open-100-files", "guard-exact-1000000", "guard-exact")
	goal("connect", "guard-other-all", 1.4)
	goal("connect", "guard-bound-all", 4)
	goal("connect-100-peers", "guard-bound-all", 4)
	goal("connect-100-peers", "guard-bound-ports", 4)
	goal("sendmsg", "guard-other-connect", 1.4)
	goal("sendmsg", "guard-other-receive", 2.5)
	goal("sendmsg", "guard-bound-receive", 2.5)
	goal_count("fork+exit+wait", "guard-other-all", 450)
	goal_count("vfork+exit+wait", "guard-other-all", 450)
	goal_percent("mmap+munmap", "guard-other-all", 2, 4)
}

END {
	# One of the two parts may not have been measured.
	operations = have(kernels[1], "bare", "open")
	print "kernel", "configuration", "operation", "value", "median", "seeds", "over_base", \
		"over_bare", "times_floor" >tsv
	if (operations)
		operations_table()
	packets_table()
	print "\n| goal, in floors where no unit is named     |    at most |" kernel_heads()
	print "| ------------------------------------------ | ---------: |" kernel_rules()
	if (operations)
		operations_goals()
	packets_goals()
	print ""
	while ((getline text < footer) > 0)
		print text
}
