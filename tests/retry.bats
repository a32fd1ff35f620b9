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
	timed_out 'look up late.invalid failed: Temporary failure * (--retry)' \
		--retry="$(printf '%d.%03d' $((GRACE / 1000)) \
		$((GRACE % 1000)))" late.invalid "$PORT"
	printf hello >hello
	connect s --retry="$LIMIT" late.invalid "$PORT" <hello
	await is_asleep s
	echo 127.0.0.1 late.invalid >>etc/hosts
	echoed s
}

# attempts: how many connects there have been; in REPLY.
attempts() {
	local counters
	counters=$(inside grep ^Tcp: /proc/net/snmp)
	[[ $counters == *' MaxConn ActiveOpens '* ]]
	read -ra counters <<<"${counters#*$'\n'}"
	REPLY=${counters[5]}
}

have_been() {
	attempts && ((REPLY >= $1))
}

# A socket that is connecting cannot be asked again: each is another one. Those
# that were given up have left nothing, so that one has come in the end.
@test "each attempt takes --connect-timeout at most, on a new socket" {
	own_net
	row r tcp4:m
	printf hello >hello
	connect s --connect-timeout=0.02 --retry="$LIMIT" "${ADDR[@]}" <hello
	await have_been 4
	ask r open
	echoed s
	ask r count
	assert_equal "$REPLY" 1
}

# few_attempts: of 0.3 s, at 0, 10, 30, 70, 150 and 300 ms.
few_attempts() {
	local before
	attempts && before=$REPLY
	timed_out '*refused (--retry)' --retry=0.3 "${ADDR[@]}"
	attempts
	((REPLY - before >= 2 && REPLY - before <= 6)) ||
		fail "$((REPLY - before)) attempts"
}

@test "the pauses are from 10 ms on, each twice as long" {
	own_net
	peer p -n tcp4
	lasts 300 330 few_attempts
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

# The kernel may choose the port that is asked for as the one to ask from; here
# it has no other.
@test "nobody is connected to himself" {
	local at
	own_net
	inside sh -c 'cd /proc/sys/net/ipv4 &&
		echo 6000 6000 >ip_local_port_range' || skip 'no such range'
	for at in 127.0.0.1 ::1; do
		timed_out '* failed: * (--retry)' --retry=0.1 $at 6000
		connect s $at 6000
		fails s "connect to $at port 6000 (tcp) failed: *"
	done
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
	local name tcp udp
	listen stream -k --accept-timeout=0.3 127.0.0.1 0
	exec {tcp}<>"/dev/tcp/127.0.0.1/$PORT"
	listen dgram -u --accept-timeout=0.3 127.0.0.1 0
	echo x >"/dev/udp/127.0.0.1/$PORT"
	listen connected -u -c -k --accept-timeout=0.3 127.0.0.1 0
	exec {udp}<>"/dev/udp/127.0.0.1/$PORT"
	echo x >&"$udp"
	# That is an end, for a listener that goes on to the next.
	exec {tcp}>&-
	pause 0.4
	for name in stream dgram connected; do
		stop $name
	done
	exec {udp}>&-
}

### --max-time

LATE='run failed: Connection timed out (--max-time)'

@test "--max-time: whatever it was doing, 124" {
	local name
	mkfifo fifo
	listen waiting --max-time=0.1 -k ./waiting.sock
	listen bound --max-time=0.1 -u -c 127.0.0.1 0
	meet session p_session server unix --max-time=1
	meet stalled p_stalled client unix --max-time=1
	fill stalled
	ask p_stalled "fill:${PID[stalled]}"
	listen slow --max-time=1 -u -i 9 127.0.0.1 0 </etc/services
	peer p_slow udp4 "${ADDR[@]}"
	ask p_slow send:x
	connect announcing --max-time=0.1 -l --announce=fifo ./announcing.sock
	row r tcp4:cs
	connect connecting --max-time=0.1 "$HOST" $((PORT + 1))
	connect retrying --max-time=0.1 --retry=9 "$HOST" "$PORT"
	connect probing --max-time=0.1 -z "$HOST" $((PORT + 1))
	for name in waiting bound announcing connecting retrying probing \
		session stalled slow; do
		times_out $name "$LATE"
	done
	assert_not_exists waiting.sock
	assert_not_exists session.sock
	assert_not_exists announcing.sock
}

# Whoever opens this /etc/hosts waits for one who writes it.
@test "--max-time: looking up is no exception" {
	mkdir etc
	mkfifo etc/hosts
	own_etc
	lasts 100 100 timed_out "$LATE" --max-time=0.1 slow.invalid 9
}

@test "--max-time: not before it has passed, and by no signal of others" {
	row r tcp4:s
	lasts 100 100 timed_out "$LATE" --max-time=0.1 "${ADDR[@]}"
	timed_out "$LATE" --max-time=0 "${ADDR[@]}"
	connect s --max-time="$LIMIT" "${ADDR[@]}"
	await is_asleep s
	stop s ALRM
}

### Several limits

@test "the earliest limit is what ends it, and is what is told" {
	local limit words
	black_hole p tcp4
	while read -r limit words; do
		# shellcheck disable=SC2086 # several words
		timed_out "* ($limit)" $words "${ADDR[@]}"
	done <<-'EOF'
		--connect-timeout --connect-timeout=0.02 --max-time=9
		--connect-timeout -w 0.02 --max-time=9
		--max-time --connect-timeout=9 --max-time=0.02
		--max-time --retry=9 --connect-timeout=0.01 --max-time=0.05
		--retry --retry=0.02 --connect-timeout=9 --max-time=9
		--retry --retry=0.02 -w 9
	EOF
	listen a --accept-timeout=0.02 --max-time=9 -w 0.01 127.0.0.1 0
	times_out a '* (--accept-timeout)'
	listen b --accept-timeout=9 --max-time=0.02 -w 0.01 127.0.0.1 0
	times_out b "$LATE"
	meet c q client tcp4 --max-time=9 --idle-timeout=0.02
	times_out c '* (--idle-timeout)'
	meet d r client tcp4 --idle-timeout=9 --max-time=0.2
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
