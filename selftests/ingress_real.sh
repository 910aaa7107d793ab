#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Real programs behind interface sections: ingress-ssh.conf and ingress-web.conf as they are.
# A network namespace is the rest of the world, with a DHCP and name server, a web server and
# people who call; the host has its address from there, sshd, nginx, and a server that nobody
# outside should reach. Each is first seen to work without the guard.
# In the guest, as root, from the top of the tree:
#
#   vm/run -- selftests/ingress_real.sh

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/strict_lib.sh
. selftests/strict_lib.sh

WORLD=192.0.2.1
WORLD6=2001:db8:1::1
HOST=192.0.2.50
HOST6=2001:db8:1::50
BUSYBOX=/run/lsm-guard-vm/busybox
SSH_OPTIONS=(-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes
	-o LogLevel=ERROR -o ConnectTimeout=20)

# outside COMMAND...: by somebody out there.
outside() {
	ip netns exec world "$@"
}

prepare_network() {
	modprobe veth
	ip netns add world &&
		ip link add eth0 type veth peer name wan0 netns world &&
		ip -n world link set lo up &&
		ip -n world addr add $WORLD/24 dev wan0 &&
		ip -n world addr add $WORLD6/64 dev wan0 nodad &&
		ip -n world addr add 192.0.2.9/24 dev wan0 &&
		ip -n world link set wan0 up &&
		ip link set eth0 up
}

# Names, addresses by DHCP of both kinds, and router advertisements every few seconds.
prepare_dnsmasq() {
	outside dnsmasq --conf-file=/dev/null --pid-file=/run/world.pid --user=root --no-hosts \
		--no-resolv --interface=wan0 --except-interface=lo --bind-interfaces \
		--log-facility=/run/world.log --dhcp-leasefile=/run/world.leases --dhcp-authoritative \
		--dhcp-range=192.0.2.50,192.0.2.50,1h --dhcp-range=$HOST6,$HOST6,64,1h \
		--enable-ra --ra-param=wan0,4 --dhcp-option=option:router,$WORLD --no-ping \
		--address=/world.example/$WORLD --address=/world.example/$WORLD6
}

prepare_servers() {
	mkdir -p /srv/world /run/sshd /root/.ssh
	echo "the world" >/srv/world/page
	cat >/root/web.conf <<-NGINX
	pid /run/web.pid;
	events { }
	http { server { listen 80; listen [::]:80; listen 443; listen [::]:443; listen 8080; listen [::]:8080;
	root /var/www/html; index index.nginx-debian.html; } }
	NGINX
	cat >/root/ask.py <<-'PYTHON'
	import socket, sys
	query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\5world\7example\0\0\1\0\1"
	s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(float(sys.argv[2]))
	s.sendto(query, (sys.argv[1], 53))
	print("answer of", len(s.recv(512)), "bytes")
	PYTHON
	echo "timeout 20; initial-interval 1; select-timeout 0;" >/root/dhclient.conf
	printf 'nameserver %s\noptions timeout:20 attempts:3\n' "$WORLD" >/etc/resolv.conf
	ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519 &&
		cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys &&
		/usr/sbin/sshd && nginx -c /root/web.conf || return 1
	(cd /srv/world && outside python3 -m http.server --bind :: 80 >/run/world-web.log 2>&1 &)
	listening 80 outside
	install -d -m 755 /etc/lsm-guard
	install -m 600 policies/ingress-ssh.conf policies/ingress-web.conf /etc/lsm-guard/
}

# lease 4|6: asks for an address, which is there afterwards.
lease() {
	local address=$HOST
	[ "$1" = 4 ] || address=$HOST6

	ip -"$1" addr flush dev eth0 scope global
	dhclient -"$1" -1 -cf /root/dhclient.conf -pf "/run/lease$1.pid" -lf "/run/lease$1" eth0 || return 1
	kill "$(cat "/run/lease$1.pid")"
	ip addr show dev eth0 | grep -F "$address/"
}

# A router says who it is, now and then.
routed() {
	local tries=0

	ip -6 route flush default
	while [ $tries -lt 600 ]; do
		! ip -6 route show default | grep -F 'via fe80:' || return 0
		pause 0.1
		tries=$((tries + 1))
	done
	return 1
}

fetch() {
	curl -s --connect-timeout "${TIME:-20}" --max-time "${TIME:-20}" "$1"
}

outside_fetches() {
	outside curl -s --connect-timeout "${TIME:-20}" --max-time "${TIME:-20}" "$1"
}

outside_logs_in() {
	outside ssh "${SSH_OPTIONS[@]}" "root@$1" 'echo logged in'
}

# A log-in takes seconds: what the server says first is enough to know it by.
outside_calls_ssh() {
	outside bash -c "read -r -t 20 line </dev/tcp/$1/22; echo \"\$line\""
}

# dropped NAME PORT PROTOCOL COMMAND...: fails, and an event says so, by the line of the section.
dropped() {
	local name=$1 port=$2 protocol=$3 line why=
	shift 3

	line=$(awk '$1 == "interface" { print NR; exit }' "$POLICY")
	events_skip
	if TIME=5 "$@" >"$OUTPUT" 2>&1 </dev/null; then
		why="was not dropped: $*"
	elif ! packet_event "$port" "$protocol" "$line"; then
		why="no event of $protocol to $port by line $line"
		tail -n 3 "$EVENTS" >>"$OUTPUT"
	fi
	[ -z "$why" ]
	result $? "$name" "$why"
}

# packet_event PORT PROTOCOL LINE: reads on until an event says so; for 20 s.
packet_event() {
	local tries=0 event

	while [ $tries -lt 200 ]; do
		while next_event; do
			[[ $event != *'"verdict":"DENIED"'*"\"local_port\":$1,\"protocol\":\"$2\""*"\"line\":$3}" ||
				$event != *'"interface":"eth0"'* ]] || return 0
		done
		pause 0.1
		tries=$((tries + 1))
	done
	return 1
}

# What the host itself asks for: under each policy, and without.
test_outgoing() {
	works "$1: an address by DHCP" lease 4
	works "$1: an address by DHCPv6" lease 6
	works "$1: a router is found" routed
	ip neigh flush all
	shows "$1: a web page" "the world" fetch http://$WORLD/page
	shows "$1: a web page by IPv6" "the world" fetch "http://[$WORLD6]/page"
	shows "$1: a name" "$WORLD" getent ahostsv4 world.example
	shows "$1: a web page by its name" "the world" fetch http://world.example/page
	shows "$1: a name, asked by nslookup" "$WORLD6" $BUSYBOX nslookup world.example $WORLD
	shows "$1: a name, asked by python3" "answer of" python3 /root/ask.py $WORLD 20
	shows "$1: the same by IPv6" "answer of" python3 /root/ask.py $WORLD6 20
	works "$1: ping" ping -c 1 -W 20 $WORLD
	works "$1: a large ping by IPv6" ping -c 1 -W 20 -s 4000 $WORLD6
	shows "$1: nc" "200 OK" sh -c "printf 'GET /page HTTP/1.0\r\n\r\n' | nc -w 20 $WORLD 80"
}

test_without_guard() {
	test_outgoing "without the guard"
	works "without the guard: nginx" outside_fetches http://$HOST/
	works "without the guard: port 8080" outside_fetches "http://[$HOST6]:8080/"
	works "without the guard: ping from outside" outside ping -c 1 -W 20 $HOST
	shows "without the guard: ssh" "logged in" outside_logs_in $HOST
}

test_ssh_only() {
	test_outgoing "ingress-ssh.conf"
	shows "ingress-ssh.conf: ssh" "logged in" outside_logs_in $HOST
	shows "ingress-ssh.conf: ssh by IPv6" "SSH-2.0" outside_calls_ssh $HOST6
	dropped "ingress-ssh.conf: nginx" 80 tcp outside_fetches http://$HOST/
	dropped "ingress-ssh.conf: nginx by IPv6" 443 tcp outside_fetches "http://[$HOST6]:443/"
	dropped "ingress-ssh.conf: port 8080" 8080 tcp outside nc -z -w 1 $HOST 8080
	dropped "ingress-ssh.conf: a datagram to port 22" 22 udp \
		outside bash -c "echo >/dev/udp/$HOST/22; false"
	dropped "ingress-ssh.conf: ping" 0 icmp outside ping -c 1 -W 1 $HOST
	dropped "ingress-ssh.conf: ping by IPv6" 0 icmpv6 outside ping -c 1 -W 1 $HOST6
	shows "ingress-ssh.conf: nginx from the host itself" nginx fetch http://127.0.0.1/
}

test_web() {
	works "ingress-web.conf: an address by DHCP" lease 4
	shows "ingress-web.conf: a web page by its name" "the world" fetch http://world.example/page
	shows "ingress-web.conf: HTTP" nginx outside_fetches http://$HOST/
	shows "ingress-web.conf: HTTP by IPv6" nginx outside_fetches "http://[$HOST6]/"
	shows "ingress-web.conf: HTTPS's port" nginx outside_fetches http://$HOST:443/
	shows "ingress-web.conf: HTTPS's port by IPv6" nginx outside_fetches "http://[$HOST6]:443/"
	shows "ingress-web.conf: ssh" "SSH-2.0" outside_calls_ssh $HOST
	works "ingress-web.conf: ping" outside ping -c 1 -W 20 $HOST
	works "ingress-web.conf: a large ping by IPv6" outside ping -c 1 -W 20 -s 4000 $HOST6
	dropped "ingress-web.conf: port 8080" 8080 tcp outside_fetches http://$HOST:8080/
	dropped "ingress-web.conf: port 8080 by IPv6" 8080 tcp outside_fetches "http://[$HOST6]:8080/"
}

main() {
	{ prepare_network && prepare_dnsmasq && prepare_servers; } >"$OUTPUT" 2>&1 ||
		bail "no preparation" "$OUTPUT"
	test_without_guard
	POLICY=/etc/lsm-guard/ingress-ssh.conf
	guard_start "$POLICY"
	test_ssh_only
	guard_stop
	works "afterwards: nginx" outside_fetches http://$HOST/
	works "afterwards: ping from outside" outside ping -c 1 -W 20 $HOST6
	POLICY=/etc/lsm-guard/ingress-web.conf
	guard_start "$POLICY"
	test_web
	guard_stop
	works "afterwards: port 8080" outside_fetches http://$HOST:8080/
	finish
}

main
