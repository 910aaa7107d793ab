#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Does lsm-guard.service hold a host from early in the boot on, without a gap when it is
# reloaded, restarted, upgraded or killed? Runs in the guest, under systemd, with what was
# installed on the host:
#
#   make install DESTDIR=build/service PREFIX=/usr
#   vm/run --systemd --before 'selftests/service.sh early' -- selftests/service.sh

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/strict_lib.sh
. selftests/strict_lib.sh

CONF=/etc/lsm-guard/lsm-guard.conf
PROBER=/run/prober # how often somebody tried all the time, and how often it was let through
FIRST=/run/first # what a process saw that came right after sysinit.target
SSH=(ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes)

# ---- before systemd ---------------------------------------------------------------------

# Keys of every guard, so that each has its canary; veth stands for the network.
make_policy() {
	mkdir -p /etc/lsm-guard
	cat >$CONF <<-'CONF'
	file /etc/shadow {
		read  = { /usr/sbin/unix_chkpwd, -/usr/sbin/sshd }
		write = { /usr/bin/passwd }
	}
	program /usr/sbin/nginx {
		listen      = { 80/tcp }
		connect     = none
		receive     = any
		memory      = 1G
		descendants = 512
		threads     = 64
	}
	interface any {
		accept = { any:22/tcp, any:80/tcp }
	}
	updaters = { /usr/bin/dpkg }
	CONF
}

# Who could log in comes after systemd-user-sessions.service: this one comes before it.
make_first() {
	cat >/etc/systemd/system/first.service <<-UNIT
	[Unit]
	DefaultDependencies=no
	After=sysinit.target
	Before=basic.target systemd-user-sessions.service
	[Service]
	Type=oneshot
	ExecStart=-/bin/sh -c 'cat /etc/shadow 2>&1 | head -c 100 >$FIRST'
	[Install]
	WantedBy=basic.target
	UNIT
}

early() {
	cp -a build/service/. / || exit 1
	ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
	mkdir -p /home/bob/.ssh
	cp /root/.ssh/id_ed25519.pub /home/bob/.ssh/authorized_keys
	chown -R bob: /home/bob/.ssh
	chmod 700 /home/bob/.ssh
	modprobe veth && ip link add guarded type veth peer name peer || exit 1
	make_policy
	make_first
	SYSTEMD_OFFLINE=1 systemctl enable lsm-guard first
}

# ---- the tests ----------------------------------------------------------------------------

main_pid() {
	systemctl show -P MainPID lsm-guard
}

reached() {
	systemctl show -P ActiveEnterTimestampMonotonic "$1"
}

# before UNIT UNIT: the first was there when the second began.
before() {
	local a b

	a=$(reached "$1")
	b=$(reached "$2")
	[ "${a:-0}" -gt 0 ] && [ "${b:-0}" -gt 0 ] && [ "$a" -le "$b" ]
	result $? "$1 comes before $2" "$a, $b"
}

# shut NAME: who is on no list cannot read it.
shut() {
	! cat /etc/shadow >"$OUTPUT" 2>&1 && grep -q 'not permitted' "$OUTPUT"
	result $? "$1"
}

test_boot() {
	works "the unit is up" systemctl is-active lsm-guard
	shows "it said itself that it is" notify systemctl show -P Type lsm-guard
	before local-fs.target lsm-guard.service
	before lsm-guard.service network-pre.target
	before lsm-guard.service sysinit.target
	before lsm-guard.service ssh.service
	! journalctl -b --no-pager | grep -i 'ordering cycle' >"$OUTPUT"
	result $? "in no ordering cycle"
	! systemctl list-units --failed --plain --no-legend >"$OUTPUT" || ! grep -q . "$OUTPUT"
	result $? "no unit has failed"
	cp $FIRST "$OUTPUT"
	grep -q 'not permitted' $FIRST
	result $? "what came before any log-in could not read /etc/shadow"
	shut "nor can root now"
}

# A mount namespace of its own would make the policy mean something else.
test_confinement() {
	local kind bounds pid

	for kind in mnt net pid user; do
		[ "$(readlink "/proc/$(main_pid)/ns/$kind")" = "$(readlink /proc/1/ns/$kind)" ]
		result $? "it is in the host's $kind namespace"
	done
	grep -E '^(NoNewPrivs|Seccomp|CapBnd)' "/proc/$(main_pid)/status" >"$OUTPUT"
	grep -q '^NoNewPrivs:.1$' "$OUTPUT" && grep -q '^Seccomp:.2$' "$OUTPUT"
	result $? "it is confined"
	bounds=$(awk '/^CapBnd/ { print $2 }' "$OUTPUT")
	# Not CAP_SYS_MODULE (16), CAP_SYS_RAWIO (17), CAP_SYS_PTRACE (19) or CAP_DAC_OVERRIDE (1).
	[ $((0x$bounds & (1 << 16 | 1 << 17 | 1 << 19 | 1 << 1))) -eq 0 ]
	result $? "and lacks what it has no use for"
	while read -r pid; do
		cat "/proc/$pid/oom_score_adj"
	done <"/sys/fs/cgroup$(systemctl show -P ControlGroup lsm-guard)/cgroup.procs" >"$OUTPUT"
	[ "$(sort -u "$OUTPUT")" = -1000 ] && ! journalctl -b -u lsm-guard | grep 'may kill it' >>"$OUTPUT"
	result $? "the kernel kills others where memory runs out"
}

test_life() {
	shows "ssh works" uid= "${SSH[@]}" bob@localhost id
	shows "nginx works" nginx curl -s http://localhost/
	shows "passwd works" root passwd -S root
	shows "the guard tells how it is" enforcing lsm-guard status
	bpftool net >"$OUTPUT"
	grep -q '^guarded(' "$OUTPUT"
	result $? "packets are held on the interface"
	shows "events are in the journal, with their fields" "by $CONF:2" journalctl -b -u lsm-guard --no-pager \
		LSM_GUARD_VERDICT=DENIED LSM_GUARD_OBJECT=/etc/shadow "LSM_GUARD_POLICY=$CONF" LSM_GUARD_LINE=2
	shows "it is pinned" pinned lsm-guard status
}

# ---- no gap ---------------------------------------------------------------------------------

# Somebody who tries all the time, until there is $PROBER.end.
prober_start() {
	rm -f $PROBER $PROBER.end
	python3 - $PROBER >"$OUTPUT" 2>&1 <<-'PYTHON' &
	import errno, os, sys
	tried = opened = 0
	while not os.path.exists(sys.argv[1] + ".end"):
	    tried += 1
	    try:
	        os.close(os.open("/etc/shadow", os.O_RDONLY))
	        opened += 1
	    except OSError as e:
	        assert e.errno == errno.EPERM
	    open(sys.argv[1] + ".new", "w").write(f"{tried} {opened}")
	    os.rename(sys.argv[1] + ".new", sys.argv[1])
	PYTHON
	prober=$!
	prober_goes_on
}

# It tries again, so that a gap at this moment would be seen.
prober_goes_on() {
	local before tries=0

	before=$(cat $PROBER 2>/dev/null)
	while [ $tries -lt 600 ] && [ "$(cat $PROBER 2>/dev/null)" = "$before" ]; do
		pause 0.1
		tries=$((tries + 1))
	done
}

# prober_end NAME let-through|shut-out
prober_end() {
	local tried=0 opened=0

	# The first may have begun before whatever is to be seen here.
	prober_goes_on
	prober_goes_on
	touch $PROBER.end
	wait "$prober"
	read -r tried opened <$PROBER
	if [ "$2" = let-through ]; then
		[ "$opened" -gt 0 ]
	else
		[ "$tried" -gt 10 ] && [ "$opened" -eq 0 ]
	fi
	result $? "$1" "tried $tried times, opened $opened times"
}

# one_guard NAME: it enforces, and it is the only one.
one_guard() {
	lsm-guard status >"$OUTPUT" 2>&1 && [ "$(grep -c '^enforcing ' "$OUTPUT")" -eq 1 ] &&
		! grep -qE '^(suspended|lapsed|ending|starting|incomplete) ' "$OUTPUT"
	result $? "$1"
}

# The process that looks after the guard.
watcher() {
	pgrep -P "$(main_pid)" | tail -n 1
}

# A policy with an error is refused, and what held before holds.
test_reload() {
	local main

	main=$(main_pid)
	prober_start
	cp $CONF /run/good
	echo 'file /etc/gshadow { raed = none }' >>$CONF
	! systemctl reload lsm-guard >"$OUTPUT" 2>&1
	result $? "an error in the policy fails the reload"
	works "and the unit is up as before" systemctl is-active lsm-guard
	shut "and holds as before"
	works "what is held newly could be read" cat /etc/gshadow
	{ cat /run/good; echo 'file /etc/gshadow { read = none }'; } >$CONF
	works "a reload" systemctl reload lsm-guard
	! cat /etc/gshadow >"$OUTPUT" 2>&1 && grep -q 'not permitted' "$OUTPUT"
	result $? "what is new is held"
	one_guard "by one guard"
	[ "$main" = "$(main_pid)" ]
	result $? "and the service is still the same"
	prober_end "during all of that nobody got through" shut-out
	cp /run/good $CONF
}

# Another file in the place of the program, as a package manager does it.
test_upgrade() {
	cp /usr/sbin/lsm-guard /usr/sbin/lsm-guard.new
	mv /usr/sbin/lsm-guard.new /usr/sbin/lsm-guard
	readlink "/proc/$(watcher)/exe" >"$OUTPUT"
	grep -q deleted "$OUTPUT"
	result $? "the program was replaced"
	prober_start
	works "a reload" systemctl reload lsm-guard
	readlink "/proc/$(watcher)/exe" >"$OUTPUT"
	! grep -q deleted "$OUTPUT"
	result $? "the new program holds the guard"
	works "a restart" systemctl restart lsm-guard
	readlink "/proc/$(main_pid)/exe" >"$OUTPUT"
	! grep -q deleted "$OUTPUT"
	result $? "all of it is the new one"
	one_guard "there is one guard"
	prober_end "during all of that nobody got through" shut-out
}

# up_again N: the service has been started again, N times by now.
up_again() {
	local tries=0

	while [ $tries -lt 1200 ]; do
		[ "$(systemctl show -P NRestarts lsm-guard)" -lt "$1" ] ||
			[ "$(systemctl show -P ActiveState lsm-guard)" != active ] || return 0
		pause 0.1
		tries=$((tries + 1))
	done
	return 1
}

test_killed() {
	local restarts

	restarts=$(systemctl show -P NRestarts lsm-guard)
	prober_start
	kill -9 "$(main_pid)"
	up_again $((restarts + 1))
	result $? "it is started again after kill -9"
	one_guard "and has replaced what held on"
	kill -9 "$(watcher)"
	up_again $((restarts + 2))
	result $? "and after kill -9 of what looks after the guard"
	one_guard "it has replaced that one, too"
	works "all its processes are killed" systemctl kill --signal KILL --kill-who all lsm-guard
	shut "and nobody is let through"
	up_again $((restarts + 3))
	result $? "and it is started again"
	one_guard "in the place of the one that held alone"
	prober_end "during all of that nobody got through" shut-out
}

# What cannot start leaves what holds.
test_wrong_restart() {
	echo 'bogus' >>$CONF
	! systemctl restart lsm-guard >"$OUTPUT" 2>&1
	result $? "an error in the policy fails the restart"
	pause 3
	shows "which is not tried again" 0 systemctl show -P NRestarts lsm-guard
	shut "the guard before it holds on"
	shows "as status says" "nobody" lsm-guard status
	cp /run/good $CONF
	works "without the error it starts" systemctl start lsm-guard
	one_guard "in its place"
}

test_end() {
	prober_start
	works "it is stopped" systemctl stop lsm-guard
	prober_end "and nothing is held" let-through
	! lsm-guard status >"$OUTPUT" 2>&1 && grep -q 'no guard is running' "$OUTPUT"
	result $? "as status says"
	find /sys/fs/bpf/lsm-guard -mindepth 1 >"$OUTPUT"
	[ ! -s "$OUTPUT" ]
	result $? "no pin is left"
	echo 'bogus' >>$CONF
	! systemctl start lsm-guard >"$OUTPUT" 2>&1
	result $? "an error in the policy fails the start"
	pause 3
	shows "which is not tried again" 0 systemctl show -P NRestarts lsm-guard
	cp /run/good $CONF
}

# It can be stopped by hand whatever the unit's state.
test_stop_by_hand() {
	works "it starts again" systemctl start lsm-guard
	shut "and holds"
	works "lsm-guard stop" lsm-guard stop
	works "ends it" cat /etc/shadow
	for _ in {1..600}; do
		systemctl is-active lsm-guard >"$OUTPUT" || break
		pause 0.1
	done
	! systemctl is-active lsm-guard >"$OUTPUT"
	result $? "and the service with it"
}

# alters NAME PROPERTY SECONDS: it becomes another one.
alters() {
	local before tries=0

	before=$(systemctl show -P "$2" lsm-guard)
	while [ $tries -lt $(($3 * 2)) ] && [ "$(systemctl show -P "$2" lsm-guard)" = "$before" ]; do
		pause 0.5
		tries=$((tries + 1))
	done
	systemctl show -P "$2" lsm-guard >"$OUTPUT"
	[ "$(cat "$OUTPUT")" != "$before" ]
	result $? "$1" "$2 was $before"
}

# The canary feeds the watchdog. The times are shortened: three minutes is long for a test.
test_watchdog() {
	mkdir -p /run/systemd/system/lsm-guard.service.d
	cat >/run/systemd/system/lsm-guard.service.d/soon.conf <<-UNIT
	[Service]
	WatchdogSec=60
	ExecStart=
	ExecStart=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/lsm-guard.service) --prove-every 5
	UNIT
	systemctl daemon-reload
	works "it starts with a short watchdog" systemctl start lsm-guard
	alters "the canary feeds it" WatchdogTimestampMonotonic 50
	echo 0 >/proc/sys/kernel/ftrace_enabled
	works "BPF programs are switched off" cat /etc/shadow
	alters "the watchdog ends the service" ActiveState 120
	up_or_failed
	shows "the start after that fails, for denials do not happen" failed systemctl show -P ActiveState lsm-guard
	shows "with the exit status of a kernel that cannot enforce it" 3 systemctl show -P ExecMainStatus lsm-guard
	shows "there was an alarm" "canary is not refused" journalctl -b -u lsm-guard --no-pager \
		LSM_GUARD_VERDICT=ALARM
	! lsm-guard status >"$OUTPUT" 2>&1 && grep -q '^not enforcing' "$OUTPUT"
	result $? "status says so"
	echo 1 >/proc/sys/kernel/ftrace_enabled
	shut "switched on again what is pinned holds"
	works "and the service starts" systemctl start lsm-guard
	one_guard "in its place"
}

up_or_failed() {
	local tries=0

	while [ $tries -lt 600 ]; do
		case $(systemctl show -P ActiveState lsm-guard) in
		active | failed) return ;;
		esac
		pause 0.5
		tries=$((tries + 1))
	done
}

if [ "${1:-}" = early ]; then
	early
	exit
fi
for test in boot confinement life reload upgrade killed wrong_restart end stop_by_hand watchdog; do
	began=$SECONDS
	"test_$test"
	echo "# $test took $((SECONDS - began)) s"
done
[ $failed -eq 0 ] || journalctl -b -t lsm-guard -t systemd --no-pager | grep -F lsm-guard | grep -vE 'DENIED|SUPPRESSED' | sed 's/^/# /'
finish
