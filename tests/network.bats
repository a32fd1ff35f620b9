# What the network has beside connections: broadcast, allowed by -b alone; a
# listener at a multicast address is a member of its group, on the link that
# its zone names. The options of sockets (-T -M -m -I -O) reach the socket, and
# what it sends. And -F passes a socket that whoever gets it can use as if he
# had connected it, over a socket only.
#
# Broadcast and multicast are in network namespaces of the tests' own.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153
load helper

# links: from now on there are two links, v0 to v1 and w0 to w1, with IPv6; and
# 10.9.0.1/24 at v0, where multicast goes to.
links() {
	own_net
	# shellcheck disable=SC2016 # it is the shell's
	inside sh -c '
		echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
		for link in v w; do
			ip link add ${link}0 type veth peer name ${link}1
			ip link set ${link}0 up
			ip link set ${link}1 up
		done
		ip addr add 10.9.0.1/24 brd + dev v0
		ip route add 224.0.0.0/4 dev v0' || skip 'there are no links'
}

# say WORD...: a client of these words says hello, and leaves.
say() {
	printf hello >hello
	connect c -u -q 0 "$@" <hello
	succeeds c
}

### Broadcast, multicast

@test "broadcast: with -b, connected or not; without it 1" {
	local option
	links
	for option in '' -c; do
		listen s -u -W 1 0.0.0.0 0
		say -b ${option:+"$option"} 10.9.0.255 "$PORT"
		succeeds s
		holds s.out hello
		connect c -u ${option:+"$option"} 10.9.0.255 "$PORT" <hello
		fails c "* to 10.9.0.255 port $PORT (udp) failed: Permission *"
	done
}

@test "multicast: every listener at a group hears it, and can answer" {
	local at
	links
	for at in 239.9.9.9 ff05::9 ff02::9%v0; do
		[[ $at != *%* || -z ${PORTABLE-} ]] || continue
		printf ask >ask
		printf first >in1
		printf other >in2
		listen one -u -W 1 $at 0 <in1
		listen two -u -vv -W 1 $at "$PORT" <in2
		hold_out c
		connect c -u -W 2 "${ADDR[@]}" <ask
		succeeds one
		holds one.out ask
		finish two
		assert_success
		holds two.out ask
		assert_line --partial 'Message of 3 bytes from '
		refute_line --partial "from $at"
		succeeds c
		rest c answers
		[[ $(<answers) == @(firstother|otherfirst) ]]
	done
}

@test "multicast: the link that a zone names, and no other" {
	linux_only
	links
	listen s -u -W 1 ff02::9%v0 0
	printf wrong >wrong
	connect c -u -q 0 ff02::9%w0 "$PORT" <wrong
	succeeds c
	# From the other end of the link.
	say ff02::9%v1 "$PORT"
	succeeds s
	holds s.out hello
	run -2 sockcat -lu ff02::9 0
	assert_output --partial 'its zone is missing'
}

### Options

# tags NAME KIND [HOST]: tests/net.c, which tells what came in what packets.
tags() {
	hold_out "$1"
	IS_PEER[$1]=1
	start "$1" "$PEERS/within" -c "$LIMIT" "$PEERS/net" tags "${@:2}" \
		3>&- 4>&-
	read_line "$1" REPLY
	locate "$REPLY"
}

@test "-T and -M: in multicast" {
	links
	tags t udp4 0.0.0.0
	listen s -u 239.9.9.9 "$PORT"
	say -T 0x20 -M 5 "${ADDR[@]}"
	read_line t REPLY
	assert_equal "$REPLY" '32 5 hello'
	stop s
	tags u udp6 ::
	listen s -u ff05::9 "$PORT"
	say -T 0x20 -M 5 "${ADDR[@]}"
	read_line u REPLY
	assert_equal "$REPLY" '32 5 hello'
	stop s
}

@test "-T and -M: in every packet" {
	local kind option value
	for kind in udp4 udp6; do
		tags t-$kind $kind
		while read -r option value; do
			say -T "$option" -M 9 "${ADDR[@]}"
			read_line t-$kind REPLY
			assert_equal "$REPLY" "$value 9 hello"
		done <<-'EOF'
			ef 184
			0x10 16
			lowdelay 16
			af11 40
			cs7 224
			255 255
			0 0
		EOF
		say --tos=throughput --ttl=200 -c "${ADDR[@]}"
		read_line t-$kind REPLY
		assert_equal "$REPLY" '8 200 hello'
	done
}

# answered KIND HOST TAGS: what is sent back from there is like that.
answered() {
	run -0 inside "$PEERS/net" tags "$1" "$2" "$PORT"
	assert_output "$3 pong"
}

@test "-T and -M: in what a listener sends, also to IPv4 from IPv6" {
	printf pong >pong
	listen s -u -T cs1 -M 7 0 <pong
	answered udp4 127.0.0.1 '32 7'
	stop s
	listen s -u -T cs1 -M 7 0 <pong
	answered udp6 ::1 '32 7'
	stop s
	listen s -u -4 -T 0x08 -M 1 127.0.0.1 0 <pong
	answered udp4 127.0.0.1 '8 1'
	stop s
}

# drops KIND HOST: who is too far away is not heard at all.
drops() {
	listen s -m 200 "$2" 0
	connect c -w 0.05 "${ADDR[@]}"
	finish c
	assert_equal "$status" 124
	connect c -M 255 "${ADDR[@]}"
	succeeds c
	succeeds s
}

@test "-m: what comes from too far is dropped: TCP" {
	drops tcp4 127.0.0.1
	drops tcp6 ::1
}

# Linux looks at TCP alone: what cannot be had is refused.
@test "-m: not for UDP" {
	run -2 sockcat -m 200 -u 127.0.0.1 9
	assert_output 'sockcat: -m and -u contradict each other'
}

@test "what is no value for a socket is refused, and quoted" {
	local words
	while read -r words; do
		# shellcheck disable=SC2086 # several words
		run -2 sockcat $words 127.0.0.1 9
		assert_equal "${#lines[@]}" 1
		assert_output --partial "${words% *}"
		assert_output --partial "\"${words#* }\""
	done <<-'EOF'
		-T ef1
		-T 256
		-T 0x100
		-T 0x
		-T -1
		-M 0
		-M 256
		-M x
		-m 256
		-I 0
		-I -1
		-O many
		-O 4G
	EOF
	while read -r words; do
		# shellcheck disable=SC2086 # several words
		run -2 sockcat $words
		assert_equal "${#lines[@]}" 1
	done <<-'EOF'
		-b 127.0.0.1 9
		-b -u -6 ::1 9
		-b -u ./sock
		-T ef ./sock
		-M 9 -l ./sock
		-m 9 -U sock
	EOF
}

### Passing

# pass NAME WORD...: tests/net.c, to whom sockcat -F passes a socket.
pass() {
	start "$1" "$PEERS/within" -c "$LIMIT" "$PEERS/net" pass \
		"$PEERS/within" "$LIMIT" "${WRAP_WORDS[@]}" "$SOCKCAT" -F \
		"${@:2}" 3>&- 4>&-
}

@test "-F: who gets the socket can use it, with the options it was given" {
	local kind
	for kind in tcp4 tcp6; do
		row $kind $kind:o
		pass s -T 0x20 -M 33 -m 5 -I 20000 -O 30k "${ADDR[@]}"
		succeeds s
		holds s.out "blocking tos=32 ttl=33 min-ttl=5 $(:
		)recv=40000 send=61440"$'\nhello'
		ask $kind count
		assert_equal "$REPLY" 1
	done
}

@test "-F: UNIX, and seqpacket" {
	local kind
	for kind in unix seqpacket; do
		peer p-$kind -l $kind "$PWD/$kind"
		pass s --type="${kind/unix/stream}" "$PWD/$kind"
		ask p-$kind expect:hello
		ask p-$kind expect-eof
		ask p-$kind send:answer
		ask p-$kind close
		succeeds s
		assert_regex "$(<s.out)" $'^blocking recv=.*\nanswer$'
	done
}

@test "-F: stdout has to be a socket" {
	local what='pass the socket over stdout failed:'
	peer p -l tcp4
	connect s -F "${ADDR[@]}"
	fails s "$what Socket operation on non-socket"
	ask p expect-eof
	hold_out s
	connect s -F "${ADDR[@]}"
	fails s "$what Socket operation on non-socket"
	get_eof s
	without s 1
	connect s -F "${ADDR[@]}"
	fails s "$what Socket operation on non-socket"
}

@test "-F: what cannot be connected is not passed" {
	row r tcp4:cs
	pass s "$HOST" "$PORT"
	finish s
	assert_equal "$status" 1
	assert_line --regexp '^sockcat: connect to .* Connection refused$'
	assert_line 'net: nothing was passed'
	pass s -w 0.02 "$HOST" $((PORT + 1))
	finish s
	assert_line 'net: nothing was passed'
	assert_line --regexp '^sockcat: .* timed out \(--connect-timeout\)$'
	run -2 sockcat -F -l 0
	run -2 sockcat -F -u 127.0.0.1 9
}
