# --retry: connecting is tried again, on a new socket each time, until it works,
# cannot work, or the time is up: then the status is 124, and the last reason is
# told. And the limits of time beside it: --connect-timeout is one attempt's,
# --accept-timeout the wait for the first peer, --max-time the whole run's,
# whatever it is doing; the earliest ends it, with 124, and says which one it
# was. Of several addresses, one that does not answer costs 250 ms (RFC 8305),
# one that refuses nothing.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153
load helper

# times_out NAME PATTERN: it ends with 124 and one line that is this.
times_out() {
	finish "$1"
	# shellcheck disable=SC2053 # it is a pattern
	[[ $status == 124 && $output == "sockcat: "$2 && ${#lines[@]} == 1 ]] ||
		fail "$1 ends with $status: $output; expected 124 and $2"
}

# timed_out PATTERN WORD...: so does a run with these words.
timed_out() {
	connect s "${@:2}"
	times_out s "$1"
}

# echoed NAME: it has sent hello to one that sends it back.
echoed() {
	succeeds "$1"
	holds "$1.out" hello
}

### --retry

@test "until there is a listener: TCP" {
	local kind
	printf hello >hello
	for kind in tcp4 tcp6; do
		row r_$kind $kind:l
		connect s --retry="$LIMIT" "${ADDR[@]}" <hello
		await is_asleep s
		ask r_$kind open
		assert_equal "$REPLY" 0
		echoed s
		# It came once.
		ask r_$kind count
		assert_equal "$REPLY" 1
	done
}

@test "until there is a listener: UNIX" {
	local kind
	printf hello >hello
	for kind in unix seqpacket unixdgram; do
		case $kind in
		unix) set -- -U ;;
		seqpacket) set -- --type=seqpacket ;;
		unixdgram) set -- -u -c -q 0 ;;
		esac
		connect s --retry="$LIMIT" "$@" "$PWD/$kind" <hello
		await is_asleep s
		peer $kind -l $kind "$PWD/$kind"
		ask $kind expect:hello
		[[ $kind == unixdgram ]] || ask $kind close
		succeeds s
	done
}

@test "until the name is found" {
	own_net
	row r tcp4:o
	mkdir etc
	echo 127.0.0.1 localhost >etc/hosts
	echo nameserver 127.0.0.1 >etc/resolv.conf
	own_etc
	echo 'hosts: files dns' >etc/nsswitch.conf
	timed_out 'look up late.invalid failed: Temporary failure *(--retry)' \
		--retry=0.05 late.invalid "$PORT"
	printf hello >hello
	connect s --retry="$LIMIT" late.invalid "$PORT" <hello
	await is_asleep s
	echo 127.0.0.1 late.invalid >>etc/hosts
	echoed s
}

# A socket that was asked before would go on asking as TCP does, after 1, 3 and
# 7 seconds: a new one is through at once. What was given up has left nothing.
@test "each attempt takes --connect-timeout at most, on a new socket" {
	local word
	printf hello >hello
	for word in --connect-timeout=0.02 -w0.02; do
		row "r$word" tcp4:m
		connect s "$word" --retry="$LIMIT" "${ADDR[@]}" <hello
		connect t -l ./unused
		await is_asleep s
		pause 0.1
		lasts 0 900 opened "r$word"
		assert_equal "$REPLY" 1
		stop t
	done
}

opened() {
	ask "$1" open
	echoed s
	ask "$1" count
}

@test "the pauses are from 10 ms on, each twice as long: few attempts" {
	local counters
	own_net
	peer p -n tcp4
	lasts 300 300 timed_out '*refused (--retry)' --retry=0.3 "${ADDR[@]}"
	counters=$(inside sh -c 'grep ^Tcp: /proc/net/snmp')
	# 0, 10, 30, 70, 150 and 300 ms: ActiveOpens counts them.
	[[ $counters =~ ActiveOpens ]]
	read -ra counters <<<"${counters#*$'\n'}"
	((counters[5] >= 3 && counters[5] <= 6 * TRY)) ||
		fail "$TRY times, ${counters[5]} attempts"
}

@test "124 and the last reason, when the time is up" {
	local tcp noun
	row r tcp4:cs
	tcp="$HOST port $PORT (tcp)"
	noun="connect to $tcp failed: Connection refused (--retry)"
	lasts 100 100 timed_out "$noun" --retry=0.1 "$HOST" "$PORT"
	timed_out "connect to $HOST port $((PORT + 1)) (tcp) failed: $(:
	)Connection timed out (--retry)" \
		--retry=0.1 "$HOST" $((PORT + 1))
	timed_out "connect to $HOST port $((PORT + 1)) (tcp) failed: $(:
	)Connection timed out (--retry)" \
		--retry=0.1 --connect-timeout=0.01 "$HOST" $((PORT + 1))
	timed_out "$noun" --retry=0.05 --connect-timeout=9 "$HOST" "$PORT"
	timed_out 'connect to ./none (unix) failed: No such file * (--retry)' \
		--retry=0.05 ./none
	timed_out 'connect to ./none (unix dgram) failed: * (--retry)' \
		--retry=0.05 -u -c ./none
	timed_out "$noun" --retry=0 "$HOST" "$PORT"
}

@test "what is hopeless, or wrong, is not tried again" {
	local words
	: >file
	connect s --retry="$LIMIT" ./file/sock
	fails s 'connect to ./file/sock (unix) failed: Not a directory'
	peer p -l unixdgram ./dgram
	connect s --retry="$LIMIT" ./dgram
	fails s 'connect to ./dgram (unix) failed: Protocol wrong type *'
	connect s --retry="$LIMIT" -u -c 127.255.255.255 9
	fails s 'connect to 127.255.255.255 * failed: Permission denied'
	while read -r words; do
		# shellcheck disable=SC2086 # several words
		run -2 sockcat $words
	done <<-'EOF'
		--retry=-1 127.0.0.1 9
		--retry=soon 127.0.0.1 9
		--retry= 127.0.0.1 9
		--retry=1 -l 127.0.0.1 0
		--retry=1 -u 127.0.0.1 9
		--retry=1 127.0.0.1 65536
	EOF
}

# The kernel may choose the port that is asked for as the one to ask from.
@test "nobody is connected to himself" {
	own_net
	inside sh -c 'cd /proc/sys/net/ipv4 &&
		echo 6000 6001 >ip_local_port_range' || skip 'no such range'
	timed_out '* failed: * (--retry)' --retry=0.3 127.0.0.1 6000
	timed_out '* failed: * (--retry)' --retry=0.3 ::1 6000
}

### --accept-timeout

# nobody NAME: the wait for somebody at ADDR has ended.
nobody() {
	local noun=$HOST
	[[ -z $PORT ]] || noun+=" port $PORT"
	times_out "$1" "accept on $noun (*) failed: $(:
	)Connection timed out (--accept-timeout)"
	[[ ! -e s.sock ]] || fail "$1: s.sock is left"
}

# listened WORD...: a listener, until nobody has come.
listened() {
	listen s "$@"
	nobody s
}

@test "--accept-timeout: nobody has come, 124" {
	local at
	for at in 127.0.0.1:0 ./s.sock '-u 127.0.0.1 0' '-u -c ::1 0' \
		'--type=seqpacket ./s.sock' '-u ./s.sock' '-k ./s.sock'; do
		# shellcheck disable=SC2086 # several words
		listened --accept-timeout=0.02 $at
	done
	lasts 100 100 listened --accept-timeout=0.1 127.0.0.1 0
	lasts 100 100 listened --accept-timeout=0.1 -u 127.0.0.1 0
}

@test "--accept-timeout: who comes in time has all the time" {
	local name
	listen stream -k --accept-timeout=0.3 127.0.0.1 0
	peer p tcp4 "${ADDR[@]}"
	ask p open
	listen dgram -u --accept-timeout=0.3 127.0.0.1 0
	peer q udp4 "${ADDR[@]}"
	ask q send:x
	listen connected -u -c -k --accept-timeout=0.3 127.0.0.1 0
	peer r udp4 "${ADDR[@]}"
	ask r send:x
	# That is an end, for a listener that goes on to the next.
	await heard p '' && bye p
	pause 0.4
	for name in stream dgram connected; do
		stop $name
	done
}

### --max-time

LATE='run failed: Connection timed out (--max-time)'

@test "--max-time: whatever it was doing, 124" {
	local name
	mkfifo fifo
	listen waiting --max-time=0.3 -k ./waiting.sock
	listen bound --max-time=0.3 -u -c 127.0.0.1 0
	meet session p_session server unix --max-time=0.3
	meet stalled p_stalled client unix --max-time=0.5
	fill stalled
	ask p_stalled "fill:${PID[stalled]}"
	connect announcing --max-time=0.3 -l --announce=fifo ./announcing.sock
	row r tcp4:cs
	connect connecting --max-time=0.3 "$HOST" $((PORT + 1))
	connect retrying --max-time=0.3 --retry=9 "$HOST" "$PORT"
	connect probing --max-time=0.3 -z "$HOST" $((PORT + 1))
	listen full --max-time=0.3 -u -i 9 127.0.0.1 0 </etc/services
	peer p_full udp4 "${ADDR[@]}"
	ask p_full send:x
	for name in waiting bound session stalled announcing connecting \
		retrying probing full; do
		times_out $name "$LATE"
	done
	assert_not_exists waiting.sock
	assert_not_exists session.sock
	assert_not_exists announcing.sock
}

@test "--max-time: looking up is no exception" {
	mkdir etc
	mkfifo etc/hosts
	own_etc
	lasts 100 100 timed_out "$LATE" --max-time=0.1 slow.invalid 9
}

@test "--max-time: not before it has passed, and all the same if it is 0" {
	listen s -k 127.0.0.1 0
	lasts 100 100 timed_out "$LATE" --max-time=0.1 "${ADDR[@]}"
	timed_out "$LATE" --max-time=0 "${ADDR[@]}"
	# Its signal is not that which others may send.
	connect t --max-time="$LIMIT" "${ADDR[@]}"
	await is_asleep t
	stop t ALRM
	stop s
}

### Several limits

@test "the earliest limit is what ends it, and is what is told" {
	local limit
	black_hole p tcp4
	hold_out s
	while read -r limit words; do
		# shellcheck disable=SC2086 # several words
		timed_out "*($limit)" $words "${ADDR[@]}"
	done <<-'EOF'
		--connect-timeout --connect-timeout=0.02 --max-time=9
		--connect-timeout -w 0.02 --max-time=9
		--max-time --connect-timeout=9 --max-time=0.02
		--max-time --retry=9 --connect-timeout=0.01 --max-time=0.05
		--retry --retry=0.02 --connect-timeout=9 --max-time=9
		--retry --retry=0.02 -w 9
	EOF
	listen a --accept-timeout=0.02 --max-time=9 -w 0.01 127.0.0.1 0
	times_out a '*(--accept-timeout)'
	listen b --accept-timeout=9 --max-time=0.02 -w 0.01 127.0.0.1 0
	times_out b "$LATE"
	meet c q client tcp4 --max-time=9 --idle-timeout=0.02
	times_out c '*(--idle-timeout)'
	meet d r server tcp4 --accept-timeout=9 --max-time=0.3 -w 9
	times_out d "$LATE"
}

### Several addresses

# two_addresses FOUR SIX: localhost is 127.0.0.1 and ::1, where at PORT there is
# what these letters of tests/net.c say. ::1 comes first: RFC 6724.
two_addresses() {
	mkdir etc
	printf '%s localhost\n' ::1 127.0.0.1 >etc/hosts
	own_etc
	row r "tcp4:$1" "tcp6:$2"
	printf hello >hello
}

connected() {
	connect s localhost "$PORT" <hello
	echoed s
}

@test "an address that does not answer costs 250 ms" {
	two_addresses o s
	lasts 250 250 connected
}

@test "an address that refuses costs nothing" {
	two_addresses o c
	lasts 0 100 connected
}
