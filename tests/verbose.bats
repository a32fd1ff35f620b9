# What -v says, word for word as nc has it, since scripts read it: where the
# listener is, who has come, what was connected to; and then the connection's
# 5-tuple, which is the same on both sides, from the side that began it. Numbers
# only: no address is looked up backwards. -v -v adds every change of state and
# every message. All of it is on stderr; without -v, a run that succeeds says
# nothing at all; and nothing of it is ever on stdout.

load helper

# served LISTENER-WORD... -- CLIENT-WORD...: both with these words, the client
# with the listener's address last, send each other a line, and succeed. FROM is
# the client's port, if it has one.
served() {
	local words=()
	while [[ $1 != -- ]]; do
		words+=("$1")
		shift
	done
	echo up >up
	echo down >down
	listen s "${words[@]}" <down
	connect c "${@:2}" "${ADDR[@]}" <up
	ended c
	ended s
	cmp up s.out
	cmp down c.out
}

# ended NAME: with status 0. FROM is the port before the arrow in a 5-tuple.
ended() {
	finish "$1"
	((status == 0)) || fail "$1 ends with $status: $output"
	[[ ! $output =~ :([0-9]+)' -> ' ]] || FROM=${BASH_REMATCH[1]}
}

# terminated NAME: it goes on, until it is stopped.
terminated() {
	kill -TERM "${PID[$1]}"
	finish "$1"
	((status == 143)) || fail "$1 ends with $status: $output"
}

# said NAME LINE...: exactly these lines on stderr, and if there are any, totals
# (tap.bats), and with -v -v what holds (sandbox.bats).
said() {
	local name=$1 IFS=$'\n' got
	shift
	split_totals "$name.err"
	((${#TOTALS[@]} > 0 == $# > 0)) ||
		fail "$name tells totals: ${TOTALS[*]}" || return
	got=$(sed '/^Shut in: /d' <<<"$output")
	[[ $got == "$*" ]] ||
		fail "$name said$IFS$(<"$name.err")${IFS}and not$IFS$*"
}

# service PROTOCOL: what the services database calls PORT; in SERVICE.
service() {
	SERVICE='*'
	read -r SERVICE _ < <(getent services "$PORT/$1") || SERVICE='*'
}

STATES=('up: open -> draining' 'up: draining -> closed'
	'down: open -> draining' 'down: draining -> closed')

### Streams

@test "TCP over IPv4" {
	served -v 127.0.0.1 0 -- -v
	service tcp
	said s "Listening on 127.0.0.1 $PORT" \
		"Connection received on 127.0.0.1 $FROM" \
		"tcp 127.0.0.1:$FROM -> 127.0.0.1:$PORT"
	said c "Connection to 127.0.0.1 $PORT port [tcp/$SERVICE] succeeded!" \
		"tcp 127.0.0.1:$FROM -> 127.0.0.1:$PORT"
}

@test "TCP over IPv6" {
	served -v ::1 0 -- -v
	service tcp
	said s "Listening on ::1 $PORT" "Connection received on ::1 $FROM" \
		"tcp [::1]:$FROM -> [::1]:$PORT"
	said c "Connection to ::1 $PORT port [tcp/$SERVICE] succeeded!" \
		"tcp [::1]:$FROM -> [::1]:$PORT"
}

@test "one listener for both IPs calls each by its own address" {
	local host tuple
	for host in 127.0.0.1 ::1; do
		listen s -v 0
		connect c -v "$host" "$PORT"
		ended c
		ended s
		tuple="tcp $host:$FROM -> $host:$PORT"
		[[ $host != *:* ]] ||
			tuple="tcp [$host]:$FROM -> [$host]:$PORT"
		said s "Listening on :: $PORT" \
			"Connection received on $host $FROM" "$tuple"
		service tcp
		said c "Connection to $host $PORT port [tcp/$SERVICE] $(:
		)succeeded!" "$tuple"
	done
}

@test "host:port, and a source that was asked for" {
	listen s -v ::1 0
	connect c -v -s ::1 "[::1]:$PORT"
	ended c
	ended s
	service tcp
	said c "Connection to ::1 $PORT port [tcp/$SERVICE] succeeded!" \
		"tcp [::1]:$FROM -> [::1]:$PORT"
	listen s -v 127.0.0.1:0
	connect c -v -s 127.0.0.2 -p 0 "127.0.0.1:$PORT"
	ended c
	ended s
	said s "Listening on 127.0.0.1 $PORT" \
		"Connection received on 127.0.0.2 $FROM" \
		"tcp 127.0.0.2:$FROM -> 127.0.0.1:$PORT"
}

@test "a host that was given by its name, and a service that has one" {
	local line
	listen s -v 127.0.0.1 0
	mkdir etc
	echo '127.0.0.1 localhost other' >etc/hosts
	printf '%s\n' "wrong $PORT/udp" "right $PORT/tcp another" >etc/services
	own_etc
	connect c -v localhost "$PORT"
	ended c
	ended s
	said c "Connection to localhost (127.0.0.1) $PORT port $(:
	)[tcp/right] succeeded!" "tcp 127.0.0.1:$FROM -> 127.0.0.1:$PORT"
	said s "Listening on 127.0.0.1 $PORT" \
		"Connection received on 127.0.0.1 $FROM" \
		"tcp 127.0.0.1:$FROM -> 127.0.0.1:$PORT"
	listen s -v 127.0.0.1 "$PORT"
	connect c -v other another
	ended c
	ended s
	read -r line <c.err
	assert_equal "$line" "Connection to other (127.0.0.1) $PORT port $(:
	)[tcp/right] succeeded!"
	listen s -v 127.0.0.1 right
	connect c -v -n 127.0.0.1 "$PORT"
	ended c
	ended s
	read -r line <c.err
	assert_equal "$line" "Connection to 127.0.0.1 $PORT port $(:
	)[tcp/*] succeeded!"
}

# Whoever opens this /etc/hosts waits for ever.
@test "no address is looked up backwards" {
	mkdir etc
	mkfifo etc/hosts
	own_etc
	served -vv 127.0.0.1 0 -- -vv
	assert_regex "$(<c.err)" "^Connection to 127.0.0.1 $PORT port .tcp/"
	assert_regex "$(<s.err)" '^Listening on 127.0.0.1 [0-9]'
}

@test "a UNIX stream" {
	served -v ./sock -- -v
	said s 'Bound on ./sock' 'Listening on ./sock' \
		'Connection received on ./sock' 'unix (unnamed) -> ./sock'
	said c 'Connection to ./sock [unix] succeeded!' \
		'unix (unnamed) -> ./sock'
}

@test "a UNIX stream with a name on either side" {
	served -vU sock -- -v -U -s ./from
	said s 'Bound on sock' 'Listening on sock' \
		'Connection received on ./from' 'unix ./from -> sock'
	said c 'Connection to sock [unix] succeeded!' 'unix ./from -> sock'
	assert_not_exists from
}

@test "an abstract name" {
	[[ -z ${PORTABLE-} ]] || skip 'abstract names: Linux only'
	local name=@${TEST_DIR##*/}
	served -vU "$name" -- -v -U
	said s "Bound on $name" "Listening on $name" \
		"Connection received on $name" "unix (unnamed) -> $name"
	said c "Connection to $name [unix] succeeded!" \
		"unix (unnamed) -> $name"
}

@test "a name with a line's end in it is said in one line" {
	served -v ./sock -- -v -s $'./a\nb\e[31m'
	said s 'Bound on ./sock' 'Listening on ./sock' \
		'Connection received on ./a?b?[31m' 'unix ./a?b?[31m -> ./sock'
}

# Whether the client has sent something or not, when it is accepted.
@test "a UNIX seqpacket connection: the same 5-tuple on both sides" {
	local tuple
	hold_in c
	listen s -v --type=seqpacket ./sock
	freeze s
	connect c -v --type=seqpacket "${ADDR[@]}"
	put c hello
	await heard c ' -> '
	await is_asleep c
	end c
	thaw s
	ended c
	ended s
	holds s.out hello
	tuple=$(grep -e ' -> ' c.err)
	assert_regex "$tuple" '^unix seqpacket [^ ]+ -> \./sock$'
	said c 'Connection to ./sock [unix seqpacket] succeeded!' "$tuple"
	said s 'Bound on ./sock' 'Listening on ./sock' \
		'Connection received on ./sock' "$tuple"
}

@test "-k: who has come, for each" {
	local from=()
	listen s -k -v 127.0.0.1 0
	connect c -v "${ADDR[@]}"
	ended c
	from+=("$FROM")
	connect c -v "${ADDR[@]}"
	ended c
	from+=("$FROM")
	terminated s
	said s "Listening on 127.0.0.1 $PORT" \
		"Connection received on 127.0.0.1 ${from[0]}" \
		"tcp 127.0.0.1:${from[0]} -> 127.0.0.1:$PORT" \
		"Connection received on 127.0.0.1 ${from[1]}" \
		"tcp 127.0.0.1:${from[1]} -> 127.0.0.1:$PORT"
}

### Datagrams

# spoke KIND AT OPTION...: a listener with these options at AT, a peer and then
# another one have each sent two messages; TWO_PEERS is what messages call them.
spoke() {
	local at peer
	read -ra at <<<"$2"
	hold_out s
	listen s "${@:3}" "${at[@]}"
	for peer in "one_$1" "two_$1"; do
		peer "$peer" "$1" "${ADDR[@]}"
		ask "$peer" send:12345
		get s 12345
		ask "$peer" send:
		ask "$peer" send:x
		get s x
	done
	terminated s
	mapfile -t TWO_PEERS < <(sed -n 's/^Connection received on //p' s.err)
	assert_equal "${#TWO_PEERS[@]}" 2
}

@test "a listener for datagrams says when another peer speaks: IP" {
	spoke udp4 '127.0.0.1 0' -u -v
	assert_regex "${TWO_PEERS[*]}" \
		'^127\.0\.0\.1 [0-9]+ 127\.0\.0\.1 [0-9]+$'
	said s "Bound on 127.0.0.1 $PORT" \
		"Connection received on ${TWO_PEERS[0]}" \
		"Connection received on ${TWO_PEERS[1]}"
	spoke udp6 0 -u -v
	assert_regex "${TWO_PEERS[*]}" '^::1 [0-9]+ ::1 [0-9]+$'
	said s "Bound on :: $PORT" "Connection received on ${TWO_PEERS[0]}" \
		"Connection received on ${TWO_PEERS[1]}"
}

@test "a listener for datagrams says when another peer speaks: UNIX" {
	spoke unixdgram ./sock -u -v
	assert_regex "${TWO_PEERS[*]}" '^@[0-9a-f]+ @[0-9a-f]+$'
	said s "Bound on ./sock" "Connection received on ${TWO_PEERS[0]}" \
		"Connection received on ${TWO_PEERS[1]}"
}

@test "-v -v tells of every message, the empty ones too" {
	local peer expected=()
	spoke udp4 '127.0.0.1 0' -u -vv
	for peer in "${TWO_PEERS[@]}"; do
		expected+=("Connection received on $peer"
			"Message of 5 bytes from $peer"
			"Message of 0 bytes from $peer"
			"Message of 1 bytes from $peer")
	done
	said s "Bound on 127.0.0.1 $PORT" "${expected[@]}"
}

# connected ADDRESS: one on each side, both with -c. TUPLE is what the client
# says that its 5-tuple is.
connected() {
	local at
	read -ra at <<<"$1"
	listen s -u -c -v -w 0.05 "${at[@]}"
	hold_in c
	connect c -u -c -v -q 0 "${ADDR[@]}"
	put c hello
	await heard s ' -> '
	end c
	ended c
	ended s
	holds s.out hello
	TUPLE=$(grep -e ' -> ' c.err)
}

@test "connected datagrams have a 5-tuple: IP" {
	connected '127.0.0.1 0'
	service udp
	assert_equal "$TUPLE" "udp 127.0.0.1:$FROM -> 127.0.0.1:$PORT"
	said c "Connection to 127.0.0.1 $PORT port [udp/$SERVICE] succeeded!" \
		"$TUPLE"
	said s "Bound on 127.0.0.1 $PORT" \
		"Connection received on 127.0.0.1 $FROM" "$TUPLE"
	connected '::1 0'
	service udp
	assert_equal "$TUPLE" "udp [::1]:$FROM -> [::1]:$PORT"
	said c "Connection to ::1 $PORT port [udp/$SERVICE] succeeded!" "$TUPLE"
	said s "Bound on ::1 $PORT" "Connection received on ::1 $FROM" "$TUPLE"
}

@test "connected datagrams have a 5-tuple: UNIX" {
	connected ./sock
	assert_regex "$TUPLE" '^unix dgram [@/][^ ]+ -> \./sock$'
	said c 'Connection to ./sock [unix dgram] succeeded!' "$TUPLE"
	said s 'Bound on ./sock' \
		"Connection received on $(cut -d ' ' -f 3 <<<"$TUPLE")" "$TUPLE"
}

@test "unconnected datagrams: where they come from and where they go" {
	peer p -l udp4
	echo up >up
	connect c -u -v -q 0 "${ADDR[@]}" <up
	ended c
	said c "udp 0.0.0.0:$FROM -> 127.0.0.1:$PORT"
	connect c -u -v -q 0 -s 127.0.0.1 "${ADDR[@]}" <up
	ended c
	said c "udp 127.0.0.1:$FROM -> 127.0.0.1:$PORT"
	peer q -l unixdgram ./sock
	connect c -u -v -q 0 -s ./from "${ADDR[@]}" <up
	ended c
	said c 'unix dgram ./from -> ./sock'
}

### States, and silence

@test "-v -v tells of every change of state" {
	meet s p client tcp4 -vv
	ask p half-close
	get_eof s
	end s
	ended s
	service tcp
	said s "Connection to 127.0.0.1 $PORT port [tcp/$SERVICE] succeeded!" \
		"tcp 127.0.0.1:$FROM -> 127.0.0.1:$PORT" \
		"${STATES[@]:2}" "${STATES[@]:0:2}"
	meet s q server unix -v -v
	end s
	ask q expect-eof
	ask q half-close
	ended s
	said s "Bound on $PWD/s.sock" "Listening on $PWD/s.sock" \
		"Connection received on $PWD/s.sock" \
		"unix (unnamed) -> $PWD/s.sock" "${STATES[@]}"
}

@test "-v -v tells of the last message before the state that it leads to" {
	listen s -vv -d -u -l -W 2 127.0.0.1 0
	printf 'one\ntwo\n' | sockcat -u -L -q 0 "${ADDR[@]}"
	finish s
	assert_equal "$status" 0
	run -0 sed -n 's/ from .*//; s/ received on .*//; /^[CMd]/p' s.err
	assert_output "Connection
Message of 3 bytes
Message of 3 bytes
${STATES[2]}
${STATES[3]}"
}

@test "-v -v tells of the end marker before the state that it leads to" {
	listen s -vv -d -u -l -E 127.0.0.1 0
	printf 'one\n' | sockcat -u -E -q 0 "${ADDR[@]}"
	finish s
	assert_equal "$status" 0
	run -0 sed -n 's/ from .*//; /^Message/p; /^down/p' s.err
	assert_output "Message of 4 bytes
Message of 0 bytes
${STATES[2]}
${STATES[3]}"
}

@test "-v -v tells of a failure, in words of state and in a message" {
	local sock=$PWD/s.sock
	meet s p client unix -vv
	end s
	await heard s "${STATES[1]}"
	drop_out s
	finish s
	assert_equal "$status" 1
	said s "Connection to $sock [unix] succeeded!" \
		"unix (unnamed) -> $sock" "${STATES[@]:0:2}" \
		'down: open -> failed' \
		'sockcat: write to stdout failed: Broken pipe'
}

@test "-v adds nothing to a failure to connect" {
	peer p -n tcp4
	connect s -vv "${ADDR[@]}"
	fails s "connect to 127.0.0.1 port $PORT (tcp) failed: *refused"
	connect s -vv ./nothing
	fails s 'connect to ./nothing (unix) failed: No such file or directory'
	connect s -vv -l ./nothing/nothing
	fails s 'bind to ./nothing/nothing (unix) failed: No such file or *'
}

@test "without -v, a run that succeeds is silent" {
	local at
	for at in '127.0.0.1 0' '::1 0' ./sock; do
		# shellcheck disable=SC2086 # several words
		served $at --
		said s
		said c
	done
	served --type=seqpacket ./sock -- --type=seqpacket
	said s
	said c
	echo up >up
	for at in '127.0.0.1 0' '::1 0' ./sock; do
		# shellcheck disable=SC2086 # several words
		listen s -u -w 0.05 $at
		connect c -u -q 0 "${ADDR[@]}" <up
		succeeds c
		succeeds s
		cmp up s.out
	done
}
