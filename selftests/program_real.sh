#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Real programs under program sections: python.conf and forkbomb.conf as they are, and those
# sections of strict.conf that are about nginx and sshd, with a few more for clients, a
# script and stress-ng. Each is first seen to do without the guard what it is refused under it.
# In the guest, as root, from the top of the tree:
#
#   vm/run -- selftests/program_real.sh

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/strict_lib.sh
. selftests/strict_lib.sh

POLICY=/etc/lsm-guard/real.conf
BIN=/usr/local/bin
SSH_OPTIONS=(-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes
	-o LogLevel=ERROR)
REFUSED='Operation not permitted'

make_policy() {
	install -d -m 755 /etc/lsm-guard
	{
		cat policies/python.conf policies/forkbomb.conf
		awk '$1 == "program" && $2 ~ /nginx|sshd/, $1 == "}"' policies/strict.conf
		cat <<-POLICY
		program /usr/bin/curl {
			connect = { 127.0.0.1:80/tcp }
		}
		program $BIN/iperf-client {
			connect = { 127.0.0.1:5201/tcp }
		}
		program $BIN/report.py {
			connect = { 127.0.0.1:8080/tcp }
			memory  = 128M
		}
		program $BIN/stress-memory {
			memory = 96M
		}
		program $BIN/stress-children {
			children = 4
		}
		program $BIN/stress-tree {
			descendants = 6
		}
		POLICY
	} >"$POLICY"
	chmod 600 "$POLICY"
}

# Takes pieces of so many MiB, up to so many of them, then what is at the address.
make_script() {
	cat >$BIN/report.py <<-'PYTHON'
	#!/usr/bin/python3
	import sys, urllib.request
	size, times = int(sys.argv[1]) << 20, int(sys.argv[2])
	got = []
	try:
	    for _ in range(times):
	        got.append(bytearray(size))
	    print("got it all")
	except MemoryError:
	    n = len(got)
	    del got
	    print("MemoryError after", n)
	if len(sys.argv) > 3:
	    print(len(urllib.request.urlopen(sys.argv[3], timeout=20).read()), "bytes of", sys.argv[3])
	PYTHON
	chmod 755 $BIN/report.py
}

# Copies have no section of their own, or one that is not for the others.
prepare() {
	local copy

	for copy in iperf3:iperf-client stress-ng:stress-memory stress-ng:stress-children \
		stress-ng:stress-tree bash:limited-bash python3:free-python; do
		cp "$(command -v "${copy%:*}")" "$BIN/${copy#*:}" || return 1
	done
	cp /usr/sbin/nginx $BIN/free-nginx || return 1
	cat >/root/web.conf <<-NGINX
	pid /run/web.pid;
	events { }
	http { server { listen 127.0.0.1:8080; root /var/www/html; index index.nginx-debian.html; } }
	NGINX
	make_script
	make_policy
	mkdir -p /run/sshd /root/.ssh
	ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519 &&
		cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
}

send() {
	python3 -c "import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('$1', $2))"
}

stress() {
	local program=$1
	shift
	timeout -k 5 180 $BIN/"$program" "$@" --timeout 150
}

# stress-ng fails when it is refused; it must say why and come to its end, not be killed.
lives() {
	local status

	"$@"
	status=$?
	[ $status -lt 124 ] || return $status
}

# What is refused later: nobody minds.
test_without_guard() {
	works "without the guard: two servers" \
		sh -c "$BIN/free-nginx -c /root/web.conf && $BIN/iperf-client -s -D -p 5202"
	listening 5202
	works "without the guard: curl elsewhere" curl -s -o /dev/null http://127.0.0.1:8080/
	works "without the guard: a datagram" send 127.0.0.1 9999
	works "without the guard: iperf3 elsewhere" $BIN/iperf-client -c 127.0.0.1 -p 5202 -n 256K
	shows "without the guard: a large object" "got it all" $BIN/report.py 200 1
	shows "without the guard: many small ones" "got it all" $BIN/report.py 1 600
	works "without the guard: stress-ng --vm" stress stress-memory --vm 1 --vm-bytes 128M --vm-ops 1
	works "without the guard: stress-ng --fork" stress stress-tree --fork 8 --fork-ops 20
}

test_network() {
	works "nginx starts" nginx
	shows "curl fetches what nginx serves" nginx curl -s http://127.0.0.1/
	denied "curl elsewhere" connect 127.0.0.1:8080/tcp /usr/bin/curl \
		curl -v http://127.0.0.1:8080/
	works "python3 sends to its resolver" send 127.0.0.53 53
	denied "python3 sends to others" connect 127.0.0.1:9999/udp /usr/bin/python3 \
		send 127.0.0.1 9999
	denied "python3 serves" listen 127.0.0.1:8000/tcp /usr/bin/python3 \
		python3 -m http.server --bind 127.0.0.1 8000
	works "iperf3 listens" iperf3 -s -D
	listening 5201
	works "iperf3 where it may" $BIN/iperf-client -c 127.0.0.1 -n 256K
	denied "iperf3 elsewhere" connect 127.0.0.1:5202/tcp $BIN/iperf-client \
		$BIN/iperf-client -c 127.0.0.1 -p 5202 -n 256K
}

test_ssh() {
	works "sshd starts" /usr/sbin/sshd
	listening 22
	shows "a log-in is free" "is free" ssh "${SSH_OPTIONS[@]}" root@127.0.0.1 \
		"$BIN/free-python -c 'import socket
socket.create_connection((\"127.0.0.1\", 8080)); socket.create_server((\"127.0.0.1\", 9999))
print(\"is free\")'"
	shows "what has a section is held there too" "$REFUSED" ssh "${SSH_OPTIONS[@]}" root@127.0.0.1 \
		"curl -v http://127.0.0.1:8080/ 2>&1; true"
	denied "sshd forwards" connect 127.0.0.1:8080/tcp /usr/sbin/sshd \
		ssh -o LogLevel=INFO "${SSH_OPTIONS[@]}" -W 127.0.0.1:8080 root@127.0.0.1
}

# The script's own section when the kernel runs it, beside that of python3.
test_script() {
	local url=http://127.0.0.1:8080/

	shows "a script fetches what it may" "bytes of $url" $BIN/report.py 1 1 $url
	refused "a script has its own limit" memory '' $BIN/report.py "MemoryError after" \
		$BIN/report.py 1 600
	shows "not when python3 is started with it" "got it all" python3 $BIN/report.py 1 200
	refused "then that of python3 holds" memory '' /usr/bin/python3 "MemoryError after" \
		python3 $BIN/report.py 1 600
	denied "python3 calls nobody else" connect 127.0.0.1:80/tcp /usr/bin/python3 \
		python3 $BIN/report.py 1 1 http://127.0.0.1/
	shows "without a section it may" "bytes of" $BIN/free-python $BIN/report.py 1 1 http://127.0.0.1/
}

test_memory() {
	refused "python3 lives on without a large object" allocation '' /usr/bin/python3 \
		"MemoryError after 0" python3 $BIN/report.py 200 1
	denied "a mapping as large" allocation '' /usr/bin/python3 \
		python3 -c 'import mmap; mmap.mmap(-1, 200 << 20)'
	refused "stress-ng --vm" memory '' $BIN/stress-memory mmap \
		lives stress stress-memory --vm 1 --vm-bytes 128M --vm-ops 1
}

# stress-ng starts eight workers at once, and asks after them only when all are done.
test_processes() {
	refused "stress-ng --fork, of more children" children '4 of 4' $BIN/stress-children "$REFUSED" \
		lives stress stress-children --fork 8 --fork-ops 20
	refused "stress-ng --fork, of more descendants" descendants '6 of 6' $BIN/stress-tree "$REFUSED" \
		lives stress stress-tree --fork 8 --fork-ops 20
	works "within the limit nothing is refused" stress stress-children --fork 2 --fork-ops 20
	refused "a fork bomb is contained" descendants '64 of 64' $BIN/limited-bash "all gone" \
		python3 selftests/program_bomb.py $BIN/limited-bash 64
	sed 's/^/# /' "$OUTPUT"
	mkfifo /run/never
	works "afterwards the same shell has all its places" $BIN/limited-bash -c \
		'exec 9<>/run/never; for i in {1..32}; do (read -r -t 2 -u 9) & done; wait'
}

main() {
	prepare >"$OUTPUT" 2>&1 || bail "no preparation" "$OUTPUT"
	test_without_guard
	guard_start "$POLICY"
	test_network
	test_ssh
	test_script
	test_memory
	test_processes
	guard_stop
	finish
}

main
