#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Does a real Debian live well under policies/strict.conf, and does the policy hold? Runs in
# the guest, as root, from the top of the tree, without systemd or with it. With `early` first
# the guard starts before the services do:
#
#   vm/run -- selftests/strict.sh
#   vm/run --systemd --before 'selftests/strict.sh early' -- selftests/strict.sh

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/strict_lib.sh
. selftests/strict_lib.sh

KERNEL=0.0-strict # with no modules: depmod takes half a minute for a real one

expect() {
	python3 "$TREE/selftests/strict_expect.py" "$@"
}

as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --init-groups "$@"
}

# ---- packages -----------------------------------------------------------------------

# A package of ours: a job, a unit, a user made by its script.
make_package() {
	local dir=/root/package

	mkdir -p $dir/DEBIAN $dir/etc/cron.d $dir/etc/pam.d $dir/lib/systemd/system
	cat >$dir/DEBIAN/control <<-CONTROL
	Package: strict-test
	Version: 1
	Architecture: all
	Maintainer: nobody <nobody@localhost>
	Description: brings what strict.conf protects
	CONTROL
	printf '/etc/cron.d/strict-test\n/etc/pam.d/strict-test\n' >$dir/DEBIAN/conffiles
	printf '#!/bin/sh\nset -e\nuseradd --system strict-daemon\n' >$dir/DEBIAN/postinst
	chmod 755 $dir/DEBIAN/postinst
	echo '* * * * * root touch /tmp/job-of-package' >$dir/etc/cron.d/strict-test
	echo 'auth required pam_deny.so' >$dir/etc/pam.d/strict-test
	printf '[Service]\nExecStart=/bin/true\n' >$dir/lib/systemd/system/strict-test.service
	dpkg-deb -Znone --build $dir /root/strict-test.deb
}

# The package that passwd(1) is in, packed again as it is installed, with a higher version.
repack_passwd() {
	local dir=/root/repack file

	mkdir -p $dir/DEBIAN
	dpkg-query -s passwd | sed '/^Status:/d; /^Conffiles:/,/^[A-Z]/{/^[A-Z]/!d; /^Conffiles:/d}
		s/^Version:.*/&+strict1/' >$dir/DEBIAN/control
	dpkg-query -L passwd | while read -r file; do
		[ ! -f "$file" ] || cp -a --parents "$file" $dir/
	done
	cp /var/lib/dpkg/info/passwd.conffiles $dir/DEBIAN/ 2>/dev/null
	dpkg-deb -Znone --build $dir /root/passwd.deb
}

# ---- before -------------------------------------------------------------------------

# nginx that passes on what it is asked to a service beside it, and nginx on another port.
make_servers() {
	cat >/root/proxy.conf <<-NGINX
	pid /run/proxy.pid;
	events { }
	http { server { listen 127.0.0.1:443; location / { proxy_pass http://127.0.0.1:22; } } }
	NGINX
	cat >/root/other-port.conf <<-NGINX
	pid /run/other-port.pid;
	events { }
	http { server { listen 127.0.0.1:8080; } }
	NGINX
}

# What must look the same afterwards.
snapshot() {
	find /etc/sudoers /etc/sudoers.d /etc/ssh /etc/pam.d /etc/crontab /etc/cron.daily \
		/etc/systemd /usr/lib/systemd /boot /etc/apt /etc/ld.so.preload \
		/etc/ld.so.conf.d /root/.ssh /home -xdev \( -type f -o -type l \) \
		! -name known_hosts ! -name strict-test.service -printf '%p %i %m %u %s %T@ %l\n' \
		2>/dev/null | sort
}

prepare() {
	printf '%s\n' root:first-root alice:first-alice | chpasswd
	usermod -aG sudo alice
	mkdir -p /home/bob/.ssh /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
	cp /root/.ssh/id_ed25519.pub /home/bob/.ssh/authorized_keys
	chown -R bob: /home/bob/.ssh
	chmod 700 /home/bob/.ssh
	cat >/root/editor <<-'EDITOR'
	#!/bin/sh
	sleep 1 # whether a file was changed is told from its time, in seconds
	for file; do :; done
	echo "# edited" >>"$file"
	EDITOR
	chmod 755 /root/editor
	cp /etc/sudoers /root/sudoers
	mkdir -p /usr/lib/modules/$KERNEL /boot/grub
	make_servers
	ip address add 192.0.2.1/32 dev lo # dbus-daemon asks for what is not the loopback address
	make_package && repack_passwd
	install_policy
}

# service_runs UNIT COMMAND: systemd has started it, or it starts now.
service_runs() {
	if with_systemd; then
		works "$1 is active" systemctl is-active "$1"
	else
		works "$1 starts" "$2"
	fi
}

# ---- what must go on ------------------------------------------------------------------

test_accounts() {
	works "passwd as root" expect 'ew password: =second-alice' \
		'etype new password: =second-alice' -- passwd alice
	works "passwd as a user" expect -u alice 'urrent password: =second-alice' \
		'ew password: =third-Alice4' 'etype new password: =third-Alice4' -- passwd
	works "chpasswd" sh -c 'echo bob:second-bob | chpasswd'
	works "useradd" useradd -m -s /bin/bash carol
	works "usermod" usermod -aG users -s /bin/sh carol
	works "groupadd" groupadd strict-group
	works "gpasswd" gpasswd -a carol strict-group
	works "groupdel" groupdel strict-group
	works "chage" chage -M 90 carol
	shows "chage -l as a user" "Password expires" as alice chage -l alice
	works "chfn" chfn -f Carol carol
	works "chsh" expect -u alice 'assword: =third-Alice4' -- chsh -s /bin/sh
	works "adduser and deluser, which are scripts" \
		sh -c 'adduser --system --group svc && deluser svc'
	works "userdel" userdel -r carol
	works "pwck and grpck" sh -c 'pwck -qr; grpck -r'
}

test_privilege() {
	shows "su" uid=1000 expect -u bob 'assword: =third-Alice4' -- su alice -c id
	shows "sudo" uid=0 expect -u alice 'assword for alice: =third-Alice4' -- sudo id
	chage -d 0 bob
	shows "su, when the password has expired" uid=1001 expect -u alice 'assword: =second-bob' \
		'urrent password: =second-bob' 'ew password: =third-Bob4' \
		'etype new password: =third-Bob4' -- su bob -c id
	works "visudo -c" visudo -c
	works "visudo, with an editor that nobody trusts" env EDITOR=/root/editor visudo
	shows "sudoers has been edited" "# edited" tail -n 1 /etc/sudoers
	shows "sudo, with the edited sudoers" uid=0 \
		expect -u alice 'assword for alice: =third-Alice4' -- sudo -k id
	works "login" expect 'assword: =third-Alice4' '$ =exit' -- login alice
}

SSH_OPTIONS=(-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null)

test_ssh() {
	service_runs ssh /usr/sbin/sshd
	shows "ssh by password" uid=1000 \
		sshpass -p third-Alice4 ssh "${SSH_OPTIONS[@]}" alice@localhost id
	shows "ssh by key" uid=1001 ssh "${SSH_OPTIONS[@]}" -o BatchMode=yes bob@localhost id
}

test_jobs() {
	# cron itself may serve nowhere, what it starts may.
	cat >/root/job.py <<-PYTHON
	import socket
	socket.create_server(("127.0.0.1", 9998))
	open("/tmp/job-of-alice", "w").close()
	PYTHON
	install -m 644 /root/job.py /tmp/job.py
	works "crontab" sh -c 'echo "* * * * * python3 /tmp/job.py" | crontab -u alice -'
	works "crontab as a user" as bob sh -c 'echo "0 0 * * * true" | crontab -'
	works "crontab -e, with an editor that nobody trusts" env EDITOR=/root/editor crontab -u alice -e
	shows "crontab -l" "# edited" crontab -u alice -l
	service_runs cron cron
}

test_packages() {
	works "apt-get install" apt-get install -y /root/strict-test.deb
	shows "its job, its unit, its user" /etc/cron.d/strict-test sh -c \
		'ls /etc/cron.d/strict-test /usr/lib/systemd/system/strict-test.service && id strict-daemon'
	works "dpkg replaces the package of passwd" dpkg -i /root/passwd.deb
	works "the new passwd is trusted" expect 'ew password: =fourth-Alice' \
		'etype new password: =fourth-Alice' -- passwd alice
	works "so is the new useradd" useradd erin
	works "ldconfig" ldconfig
	works "depmod" depmod $KERNEL
}

test_services() {
	service_runs nginx nginx
	shows "nginx serves a page" nginx curl -s http://localhost/
	works "the package's scheduled script" sh /etc/cron.daily/dpkg
}

# A log-in is as free as before, whatever holds for sshd.
FREE='import socket
socket.create_connection(("127.0.0.1", 80)).close()
socket.create_server(("127.0.0.1", 9999)).close()
print("is free")'

test_daemons() {
	shows "what is started from a log-in connects and listens" "is free" \
		ssh "${SSH_OPTIONS[@]}" bob@localhost "python3 -c '$FREE'"
	works "nginx on its other port" nginx -c /root/proxy.conf
	refused "a worker of nginx calls nobody" connect 127.0.0.1:22/tcp /usr/sbin/nginx 502 \
		curl -s http://localhost:443/
	denied "nginx on another port" listen 127.0.0.1:8080/tcp /usr/sbin/nginx \
		nginx -c /root/other-port.conf
	# In the foreground, or it would be gone before it listens.
	refused "sshd on another port" listen 127.0.0.1:2222/tcp /usr/sbin/sshd "not permitted" \
		sh -c 'timeout 20 /usr/sbin/sshd -D -e -o ListenAddress=127.0.0.1:2222; true'
	denied "sshd forwards a connection" connect 127.0.0.1:80/tcp /usr/sbin/sshd \
		ssh "${SSH_OPTIONS[@]}" -W 127.0.0.1:80 bob@localhost
	denied "a message bus that is on the network" families inet /usr/bin/dbus-daemon \
		dbus-daemon --session --fork --address=tcp:host=192.0.2.1,port=8999,family=ipv4
}

# ---- what must not ----------------------------------------------------------------------

in_python() {
	python3 -c "$1"
}

SHADOW='/etc/shadow /etc/shadow+ /etc/nshadow'

test_reading() {
	denied "cat reads shadow" read /etc/shadow "$SHADOW" cat /etc/shadow
	denied "python3 reads shadow" read /etc/shadow "$SHADOW" \
		in_python 'print(open("/etc/shadow").read())'
	denied "a shell reads shadow" read /etc/shadow "$SHADOW" \
		bash -c 'read -r line </etc/shadow'
	denied "dd reads shadow" read /etc/shadow "$SHADOW" dd if=/etc/shadow of=/dev/null
	denied "cp reads shadow" read /etc/shadow "$SHADOW" cp /etc/shadow /root/copy
	denied "tar reads shadow" read /etc/shadow "$SHADOW" tar cf /root/copy.tar /etc/shadow
	denied "cat reads the former shadow" read /etc/shadow- /etc/shadow- cat /etc/shadow-
	denied "cat reads gshadow" read /etc/gshadow '/etc/gshadow /etc/gshadow+' cat /etc/gshadow
	denied "cat reads a host key" read /etc/ssh/ssh_host_ed25519_key \
		'/etc/ss[h]/ssh_host_ed25519_key' cat /etc/ssh/ssh_host_ed25519_key
	denied "cat reads root's key" read /root/.ssh/id_ed25519 '/root/.ssh/id_*[!b]' \
		cat /root/.ssh/id_ed25519
	shows "known: sudoedit reads what sudo may read" root: env EDITOR=cat sudoedit /etc/shadow
	denied "vipw edits shadow" read /etc/shadow "$SHADOW" env EDITOR=true vipw -s
}

test_sudoers() {
	denied "a shell appends to sudoers" write /etc/sudoers /etc/sudoers \
		bash -c 'echo "# x" >>/etc/sudoers'
	denied "sed -i on sudoers" write /etc/sudoers /etc/sudoers sed -i 's/nothing//' /etc/sudoers
	denied "cp over sudoers" write /etc/sudoers /etc/sudoers cp /root/sudoers /etc/sudoers
	denied "mv over sudoers" write /etc/sudoers /etc/sudoers \
		bash -c 'cp /root/sudoers /etc/sudoers.x && mv /etc/sudoers.x /etc/sudoers'
	denied "ln over sudoers" write /etc/sudoers /etc/sudoers \
		bash -c 'cp /root/sudoers /etc/sudoers.y && ln -f /etc/sudoers.y /etc/sudoers'
	denied "dd into sudoers" write /etc/sudoers /etc/sudoers \
		dd if=/root/sudoers of=/etc/sudoers conv=notrunc
	denied "chmod sudoers" write /etc/sudoers /etc/sudoers chmod 440 /etc/sudoers
	denied "chattr sudoers" write /etc/sudoers /etc/sudoers chattr +A /etc/sudoers
	denied "a new file in sudoers.d" write /etc/sudoers.d/evil /etc/sudoers.d/ \
		bash -c 'echo "alice ALL=NOPASSWD: ALL" >/etc/sudoers.d/evil'
}

test_writing() {
	denied "sed -i on passwd" write /etc/passwd '/etc/passwd /etc/passwd+' sed -i 's/nothing//' /etc/passwd
	denied "python3 appends to group" write /etc/group '/etc/group /etc/group+' \
		in_python 'open("/etc/group", "a").close()'
	denied "root's authorized_keys" write /root/.ssh/authorized_keys \
		'/roo[t]/.ssh/authorized_keys' bash -c 'cat /root/.ssh/*.pub >>/root/.ssh/authorized_keys'
	denied "a user's authorized_keys" write /home/bob/.ssh/authorized_keys \
		'/home/*/.ssh/authorized_keys' as bob sh -c 'echo >>/home/bob/.ssh/authorized_keys'
	denied "sshd_config" write /etc/ssh/sshd_config /etc/ssh/ touch /etc/ssh/sshd_config
	denied "a host key" write /etc/ssh/ssh_host_rsa_key.pub /etc/ssh/ \
		bash -c 'echo >>/etc/ssh/ssh_host_rsa_key.pub'
	denied "the directory of ssh" write /etc/ssh /etc/ssh/ \
		bash -c 'mv /etc/ssh /etc/ssh.x && mv /etc/ssh.x /etc/ssh'
	denied "tee into PAM" write /etc/pam.d/su /etc/pam.d/ tee -a /etc/pam.d/su
	denied "a unit" write /etc/systemd/system/evil.service /etc/systemd/ \
		bash -c 'echo "[Service]" >/etc/systemd/system/evil.service'
	denied "a link that enables a unit" write \
		/etc/systemd/system/multi-user.target.wants/evil.service /etc/systemd/ ln -sf \
		/root/evil.service /etc/systemd/system/multi-user.target.wants/evil.service
	denied "systemctl, which nobody trusts" write /etc/systemd/system/cron.service /etc/systemd/ \
		systemctl mask cron.service
	denied "a packaged unit" write /usr/lib/systemd/system/ssh.service /usr/lib/systemd/ \
		chmod 644 /usr/lib/systemd/system/ssh.service
	denied "a job in cron.d" write /etc/cron.d/evil '/etc/cron.*/' touch /etc/cron.d/evil
	denied "crontab of the system" write /etc/crontab /etc/crontab bash -c 'echo >>/etc/crontab'
	denied "crontab of root" write /var/spool/cron/crontabs/root /var/spool/cron/ \
		bash -c 'echo >>/var/spool/cron/crontabs/root'
	denied "a kernel" write "$(echo /boot/vmlinuz-6.12*)" '/boot/*' \
		touch "$(echo /boot/vmlinuz-6.12*)"
	denied "another kernel in its place" write "$(echo /boot/vmlinuz-6.12*)" '/boot/*' \
		bash -c 'touch /root/evil && mv -f /root/evil /boot/vmlinuz-6.12*'
	denied "the boot loader" write /boot/grub/grub.cfg '/boot/*/' touch /boot/grub/grub.cfg
	denied "a module" write "/usr/lib/modules/$KERNEL/evil.ko" '/usr/lib/modules/*/' \
		touch "/usr/lib/modules/$KERNEL/evil.ko"
	denied "the kernel's command line" write /etc/default/grub /etc/default/grub \
		bash -c 'echo GRUB_CMDLINE_LINUX=lsm= >>/etc/default/grub'
	denied "modprobe's rules" write /etc/modprobe.d/evil.conf /etc/modprobe.d/ \
		touch /etc/modprobe.d/evil.conf
	denied "ld.so.preload" write /etc/ld.so.preload /etc/ld.so.preload touch /etc/ld.so.preload
	denied "a library" write /usr/lib/x86_64-linux-gnu/libevil.so '/usr/lib/*-linux-gnu*/' \
		touch /usr/lib/x86_64-linux-gnu/libevil.so
	denied "apt's sources" write /etc/apt/evil /etc/apt/ touch /etc/apt/evil
	denied "the policy itself" write "$POLICY" /etc/lsm-guard/ bash -c "echo >>$POLICY"
}

# A trusted program's file has no section: the event names where it is first listed.
test_replacing() {
	local before

	before=$(stat -c '%i %s' /usr/bin/passwd)
	events_skip
	cp /usr/bin/cat /root/cat
	! { cp /root/cat /usr/bin/passwd || mv /root/cat /usr/bin/passwd ||
		ln -f /root/editor /usr/bin/passwd || chmod 777 /usr/bin/passwd; } >"$OUTPUT" 2>&1 &&
		[ "$(grep -c 'not permitted' "$OUTPUT")" -eq 4 ] &&
		[ "$before" = "$(stat -c '%i %s' /usr/bin/passwd)" ]
	result $? "nobody else replaces a trusted program" "passwd was $before"
}

test_examples() {
	local policy

	for policy in policies/*.conf policies/examples/*.conf; do
		works "check $policy" ./lsm-guard check "$policy"
	done
}

test_cron_ran() {
	local tries=0

	while [ ! -e /tmp/job-of-alice ] || [ ! -e /tmp/job-of-package ]; do
		[ $tries -lt 700 ] || break
		pause 0.1
		tries=$((tries + 1))
	done
	works "cron runs a user's job and the package's" ls /tmp/job-of-alice /tmp/job-of-package
}

# A log-in waits until the user's own systemd runs, which makes this socket.
test_systemd() {
	local order
	order=$(systemctl show -P ActiveEnterTimestampMonotonic strict-guard ssh | paste -sd' ')

	if [ -n "$guard" ]; then
		skip "the guard was there before the services" "it was not started early"
	else
		works "the guard was there before the services" \
			test "${order%% *}" -gt 0 -a "${order%% *}" -lt "${order##* }"
	fi
	works "the boot is complete" systemctl is-active multi-user.target
	# shellcheck disable=SC2016 # for the shell at the other end
	works "a user has a manager of their own" \
		ssh "${SSH_OPTIONS[@]}" bob@localhost 'test -S "$XDG_RUNTIME_DIR/systemd/private"'
	works "a transient service" systemd-run -q --wait true
	! systemctl list-units --failed --plain --no-legend >"$OUTPUT" || ! grep -q . "$OUTPUT"
	result $? "no unit has failed"
}

main() {
	local before

	if [ ! -e $POLICY ]; then
		prepare >"$OUTPUT" 2>&1 || bail "no preparation" "$OUTPUT"
	fi
	if [ "${1:-}" = early ]; then
		guard_install_service
		return
	fi
	guard_start
	test_jobs
	test_packages
	test_accounts
	test_privilege
	test_ssh
	test_services
	test_daemons
	! with_systemd || test_systemd
	before=$(snapshot)
	test_reading
	test_sudoers
	test_writing
	test_replacing
	diff <(echo "$before") <(snapshot) >"$OUTPUT"
	result $? "nothing of it left a trace"
	test_cron_ran
	! grep -v '"verdict":"DENIED"\|"verdict":"SUPPRESSED"' "$EVENTS" >"$OUTPUT"
	result $? "all events are denials, and none was lost"
	guard_stop
	test_examples
	guard_start /etc/lsm-guard/audit.conf
	replay_all
	guard_stop
	finish
}

main "$@"
