# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests of policies/ share: results as KTAP, the guard with its events, and the
# kinds of test: `works` and `shows` for what must go on, `denied` and `refused` for what
# must not, each with the event that has to name the policy's line.

[ -e /run/lsm-guard-vm ] || { echo "this is not the guest of vm/run: nothing is enforced here" >&2; exit 1; }

POLICY=/etc/lsm-guard/strict.conf
EVENTS=/run/strict.events
GUARD_LOG=/run/strict.log
OUTPUT=/run/strict.output
TREE=$PWD

passed=0 failed=0 skipped=0
replay=()    # what was denied, to be done again without the guard
events_fd='' # reads $EVENTS

# result STATUS NAME [MORE]: a test's outcome; with its output when it failed.
result() {
	local number=$((passed + failed + skipped + 1))

	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $number $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $number $2"
	[ -z "${3:-}" ] || echo "# $3"
	tail -n 20 "$OUTPUT" | sed 's/^/# /'
}

skip() {
	skipped=$((skipped + 1))
	echo "ok $((passed + failed + skipped)) $1 # SKIP $2"
}

finish() {
	echo "1..$((passed + failed + skipped))"
	echo "# $passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# A pause that costs no process: under emulation each costs 80 ms.
exec {never}<> <(:)
pause() {
	read -r -t "$1" -u "$never"
}

# listening PORT [WORD...]: waits for a server; WORDs come before what is run to look. A daemon's
# first process leaves before there is a socket.
listening() {
	local port=$1 tries=0
	shift

	while [ $tries -lt 300 ] && [ -z "$("$@" ss -Hltn "sport = :$port")" ]; do
		pause 0.1
		tries=$((tries + 1))
	done
}

install_policy() {
	mkdir -p /etc/lsm-guard
	install -m 600 "$TREE/policies/strict.conf" "$TREE/policies/audit.conf" /etc/lsm-guard/
	install -m 644 "$TREE/policies/pam.d/systemd-user" /etc/pam.d/
}

# Until the guard said that it enforces or audits, or ended.
guard_wait() {
	local tries=0

	while [ $tries -lt 1500 ]; do
		! grep -q '^[a-z]*ing /' "$GUARD_LOG" 2>/dev/null || return 0
		pause 0.1
		tries=$((tries + 1))
		[ -z "${1:-}" ] || kill -0 "$1" 2>/dev/null || return 1
	done
	return 1
}

bail() {
	sed 's/^/# /' "$2"
	echo "Bail out! $1"
	exit 1
}

with_systemd() {
	[ -d /run/systemd/system ] && [ "$(cat /proc/1/comm)" = systemd ]
}

# A service that starts before all that a server does; systemd waits until it enforces.
guard_install_service() {
	mkdir -p /run/systemd/system/sysinit.target.wants
	cat >/run/systemd/system/strict-guard.service <<-UNIT
	[Unit]
	Description=lsm-guard with strict.conf
	DefaultDependencies=no
	After=local-fs.target
	Before=sysinit.target

	[Service]
	ExecStart=$TREE/lsm-guard --policy $POLICY --output json
	ExecStartPost=/bin/sh -c 'until grep -q "^enforcing " $GUARD_LOG; do sleep 0.2; done'
	StandardOutput=append:$EVENTS
	StandardError=file:$GUARD_LOG
	TimeoutStartSec=300
	UNIT
	ln -s ../strict-guard.service /run/systemd/system/sysinit.target.wants/
	: >"$EVENTS"
}

# guard_start POLICY: a child of this shell; without POLICY the service, where there is one.
guard_start() {
	guard=
	if [ $# -gt 0 ] || [ ! -e /run/systemd/system/strict-guard.service ]; then
		: >"$EVENTS"
		: >"$GUARD_LOG"
		"$TREE/lsm-guard" --policy "${1:-$POLICY}" --output json >>"$EVENTS" 2>"$GUARD_LOG" &
		guard=$!
	fi
	exec {events_fd}<"$EVENTS"
	guard_wait $guard || bail "lsm-guard does not start" "$GUARD_LOG"
}

guard_stop() {
	if [ -n "$guard" ]; then
		kill "$guard"
		wait "$guard"
	else
		systemctl stop strict-guard.service
	fi
}

# lines_of VERB TITLES: where the policy says it, as events do.
lines_of() {
	awk -v titles=" $2 " -v verb="$1" '
		$1 == "file" || $1 == "program" { here = $2; gsub(/"/, "", here); sub(/^-/, "", here) }
		index(titles, " " here " ") && $1 == verb && $2 == "=" { printf "%s%s", sep, NR; sep = " " }
	' "$POLICY"
}

# works NAME COMMAND...: leaves with 0.
works() {
	local name=$1 status
	shift

	"$@" >"$OUTPUT" 2>&1 </dev/null
	status=$?
	result $status "$name" "status $status of: $*"
}

# shows NAME TEXT COMMAND...: leaves with 0 and says TEXT.
shows() {
	local name=$1 text=$2 status
	shift 2

	"$@" >"$OUTPUT" 2>&1 </dev/null
	status=$?
	grep -qF -e "$text" "$OUTPUT" || status=1
	result $status "$name" "no '$text' from: $*"
}

# next_event: the next line of the events into $event. One that is still being written is kept
# until the rest of it comes.
event_part=
next_event() {
	if read -r -u "$events_fd" event; then
		event=$event_part$event
		event_part=
	else
		event_part+=$event
		return 1
	fi
}

# event_came VERB OBJECT LINES: reads on until an event says so, with one of LINES; for 20 s.
# No OBJECT: any.
event_came() {
	local tries=0 event number object="\"object\":\"$2"

	[ -z "$2" ] || object+='"'

	while [ $tries -lt 200 ]; do
		while next_event; do
			number=${event##*:}
			[[ $event != *'"DENIED"'*"\"access\":\"$1\""*"$object"* ||
				" $3 " != *" ${number%\}} "* ]] || return 0
		done
		pause 0.1
		tries=$((tries + 1))
	done
	return 1
}

events_skip() {
	local event

	while next_event; do :; done
}

# denied NAME VERB OBJECT TITLES COMMAND...: fails with EPERM (systemctl: `Access denied`; ssh, of
# what sshd was denied: `open failed`), and the event of that access to OBJECT names the line of
# VERB in a section of TITLES: a file that was renamed to its place has the rules of the name
# that it had before too.
denied() {
	local name=$1 verb=$2 object=$3 titles=$4 lines why=
	shift 4

	lines=$(lines_of "$verb" "$titles")
	events_skip
	if "$@" >"$OUTPUT" 2>&1 </dev/null; then
		why="was not denied: $*"
	elif ! grep -q 'not permitted\|Access denied\|connect failed: open failed' "$OUTPUT"; then
		why="failed, but not with EPERM: $*"
	elif [ -z "$lines" ]; then
		why="the policy has no $verb in $titles"
	elif ! event_came "$verb" "$object" "$lines"; then
		why="no event for $verb $object by line $lines"
		tail -n 3 "$EVENTS" >>"$OUTPUT"
	fi
	[ -z "$why" ]
	result $? "$name" "$why"
	replay+=("$name" "$(printf '%q ' "$@")")
}

# refused NAME VERB OBJECT TITLES TEXT COMMAND...: like denied, of a program that takes it well:
# it says TEXT and leaves with 0.
refused() {
	local name=$1 verb=$2 object=$3 titles=$4 text=$5 lines why=
	shift 5

	lines=$(lines_of "$verb" "$titles")
	events_skip
	if ! "$@" >"$OUTPUT" 2>&1 </dev/null; then
		why="failed: $*"
	elif ! grep -qF -e "$text" "$OUTPUT"; then
		why="no '$text' from: $*"
	elif [ -z "$lines" ]; then
		why="the policy has no $verb in $titles"
	elif ! event_came "$verb" "$object" "$lines"; then
		why="no event for $verb $object by line $lines"
		tail -n 3 "$EVENTS" >>"$OUTPUT"
	fi
	[ -z "$why" ]
	result $? "$name" "$why"
}

# With audit.conf all that was denied gets through, or the tests showed nothing; and each is
# reported, apart from what the rate limit leaves out.
replay_all() {
	local i reported

	for ((i = 0; i < ${#replay[@]}; i += 2)); do
		if ! eval "${replay[i + 1]}" >"$OUTPUT" 2>&1 </dev/null; then
			result 1 "audit.conf lets all of it through" "not: ${replay[i]}"
			return
		fi
	done
	result 0 "audit.conf lets all of it through"
	for _ in {1..200}; do
		reported=$(grep -c '"verdict":"WOULD-DENY"' "$EVENTS")
		[ "$reported" -lt $((${#replay[@]} / 2)) ] || break
		pause 0.1
	done
	[ "$reported" -ge $((${#replay[@]} / 2)) ] && ! grep '"verdict":"DENIED"' "$EVENTS" >"$OUTPUT"
	result $? "audit.conf reports all of it" "$reported events for $((${#replay[@]} / 2)) acts"
}
