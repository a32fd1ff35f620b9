# Zero with bytes lost is the one thing that must never happen: whatever goes
# wrong, on the socket, on stdin or on stdout, ends with status 1 and one line
# that says what. What had arrived before is written all the same, and what had
# been read is sent. An end that is orderly, in whatever order, is 0.
#
# Also: what -q, -Q, -d and --no-shutdown do about the ends; what sockcat leaves
# alone of descriptors that it shares with the shell; and that waiting costs no
# processor time.

load helper

KINDS=(tcp4 tcp6 unix seqpacket)

# place KIND: how a message names the peer that a client is connected to, in AT;
# and in GONE what may be said when that one is.
place() {
	AT="$HOST port $PORT (tcp)"
	[[ $1 == tcp? ]] || AT="$HOST (unix*)"
	GONE=(
		"write to $AT failed: Connection reset by peer"
		"read from $AT failed: Connection reset by peer"
	)
	[[ $1 == tcp? ]] || GONE+=("write to $AT failed: Broken pipe")
}

# each FUNCTION [OPTION...]: call it for every kind of socket, where $s, with
# these options, is connected to $p.
each() {
	local s p function=$1
	shift
	for s in "${KINDS[@]}"; do
		p=peer_$s
		meet "$s" "$p" client "$s" "$@"
		place "$s"
		"$function"
	done
}

### The peer fails

@test "a refused connection is 1 and one line" {
	peer p -n tcp4
	connect s "${ADDR[@]}"
	fails s "connect to $HOST port $PORT (tcp) failed: Connection refused"
	peer q -n unix "$PWD/q.sock"
	connect s "${ADDR[@]}"
	fails s "connect to $PWD/q.sock (unix) failed: Connection refused"
	connect s ./nothing
	fails s 'connect to ./nothing (unix) failed: No such file or directory'
}

# Of TCP the data and the reset are both pending: nobody reads stdout yet. The
# UNIX domain's reset is a peer that leaves without having read.
data_before_reset() {
	if [[ $s == tcp? ]]; then
		ask "$p" pattern:100000
		ask "$p" acked
		ask "$p" reset
	else
		put "$s" unread
		ask "$p" readable
		ask "$p" pattern:100000
		ask "$p" unread-close
	fi
	rest "$s" rest
	pattern 100000 | cmp - rest
	fails "$s" "read from $AT failed: Connection reset by peer"
}

@test "data before a reset is all written, then 1" {
	each data_before_reset
}

data_before_reset_at_server() {
	meet "$1" "peer_$1" server "$1"
	ask "peer_$1" pattern:100000
	ask "peer_$1" acked
	ask "peer_$1" reset
	rest "$1" rest
	pattern 100000 | cmp - rest
	fails "$1" "read from $2 port * (tcp) failed: Connection reset by peer"
}

@test "so it is for a server" {
	data_before_reset_at_server tcp4 127.0.0.1
	data_before_reset_at_server tcp6 ::1
}

# Held still while it connects, it finds both: that it could, and the reset.
data_before_reset_at_once() {
	black_hole "peer_$1" "$1"
	hold_out "$1"
	connect "$1" "${ADDR[@]}"
	await is_asleep "$1"
	freeze "$1"
	ask "peer_$1" open
	ask "peer_$1" close
	ask "peer_$1" pattern:1000
	ask "peer_$1" acked
	ask "peer_$1" reset
	thaw "$1"
	rest "$1" rest
	pattern 1000 | cmp - rest
	place tcp4
	fails "$1" "${GONE[@]}"
}

@test "data before a reset is written, however soon it comes" {
	data_before_reset_at_once tcp4
	data_before_reset_at_once tcp6
}

# The packets are behind the reset here: what recv gives first is the error.
packets_before_reset() {
	local filled
	meet "$1" p client seqpacket
	place seqpacket
	put "$1" unread
	ask p readable
	if [[ $2 == ended ]]; then
		end "$1"
		ask p ended
	fi
	ask p fill
	filled=$REPLY
	ask p unread-close
	rest "$1" rest
	pattern "$filled" | cmp - rest
	fails "$1" "read from $AT failed: Connection reset by peer"
}

@test "packets before a reset are all written, stdin open" {
	packets_before_reset s open
}

@test "packets before a reset are all written, stdin at its end" {
	packets_before_reset s ended
}

reset_when_idle() {
	put "$s" x
	ask "$p" expect:x
	if [[ $s == tcp? ]]; then
		ask "$p" reset
	else
		put "$s" y
		ask "$p" unread-close
	fi
	fails "$s" "read from $AT failed: Connection reset by peer"
}

@test "a reset while both sides are silent is 1 at once" {
	each reset_when_idle
}

reset_while_sending() {
	fill "$s"
	ask "$p" reset
	fails "$s" "${GONE[@]}"
}

@test "a reset while sending is 1" {
	each reset_while_sending
}

peer_leaves_without_reading() {
	put "$s" x
	end "$s"
	ask "$p" ended
	ask "$p" unread-close
	fails "$s" "${GONE[@]}"
}

@test "a peer that leaves with our last bytes unread is 1" {
	each peer_leaves_without_reading
}

# TCP takes the bytes, and answers with a reset after our last write.
peer_left_before() {
	ask "$p" close
	get_eof "$s"
	put "$s" x
	fails "$s" "${GONE[@]}"
}

peer_left_before_the_end() {
	ask "$p" close
	get_eof "$s"
	put "$s" x
	end "$s"
	fails "$s" "${GONE[@]}"
}

@test "bytes for a peer that has left before are 1, stdin open" {
	each peer_left_before
}

@test "bytes for a peer that has left before are 1, stdin at its end" {
	each peer_left_before_the_end
}

nothing_for_who_left() {
	ask "$p" close
	get_eof "$s"
	end "$s"
	succeeds "$s"
}

@test "no bytes for a peer that has left before are 0" {
	each nothing_for_who_left
}

### stdout fails

full_disk() {
	local s=$1 p=peer_$1
	shift
	peer "$p" -l "$s" "$@"
	hold_in "$s"
	send_out "$s" /dev/full
	[[ $s != seqpacket ]] || ADDR=(--type=seqpacket "${ADDR[@]}")
	connect "$s" "${ADDR[@]}"
	ask "$p" send:x
	fails "$s" 'write to stdout failed: No space left on device'
}

@test "a full disk is 1, though stdin is open" {
	full_disk tcp4
	full_disk seqpacket "$PWD/sock"
}

@test "a full disk is 1, of a datagram too" {
	send_out s /dev/full
	listen s -u 127.0.0.1 0
	peer p udp4 "${ADDR[@]}"
	ask p send:x
	fails s 'write to stdout failed: No space left on device'
}

reader_leaves() {
	drop_out "$s"
	fails "$s" 'write to stdout failed: Broken pipe'
}

@test "stdout's reader leaves while nothing moves: 1 at once" {
	each reader_leaves
}

busy_reader_leaves() {
	ask "$p" "fill:${PID[$s]}"
	drop_out "$s"
	fails "$s" 'write to stdout failed: Broken pipe'
}

@test "stdout's reader leaves while all is full: 1 at once" {
	each busy_reader_leaves
}

### Descriptors that are missing or strange

@test "a closed stdin is an empty one" {
	peer p -l tcp4
	without s 0
	connect s "${ADDR[@]}"
	ask p expect-eof
	ask p send:hello
	ask p half-close
	succeeds s
	holds s.out hello
}

@test "a closed stdout loses what comes: 1" {
	peer p -l tcp4
	hold_in s
	without s 1
	connect s "${ADDR[@]}"
	ask p open
	ask p send:hello
	fails s 'write to stdout failed: Bad file descriptor'
}

@test "a closed stdout that nothing comes for is no harm" {
	peer p -l tcp4
	without s 1
	printf hello >hello
	connect s "${ADDR[@]}" <hello
	ask p expect:hello
	ask p expect-eof
	ask p half-close
	succeeds s
}

@test "a closed stderr: nothing said lands in the data" {
	not_wrapped
	peer p -l tcp4
	hold_both s
	without s 2
	connect s -vv "${ADDR[@]}"
	put s hello
	ask p expect:hello
	end s
	ask p expect-eof
	ask p send:world
	ask p half-close
	get s world
	get_eof s
	succeeds s
}

@test "0, 1 and 2 closed: the socket becomes none of them" {
	not_wrapped
	peer p -l tcp4
	without c 0 1 2
	connect c -vv "${ADDR[@]}"
	ask p expect-eof
	ask p half-close
	succeeds c
	without s 0 1 2
	listen s -vv 127.0.0.1 0
	peer q tcp4 "${ADDR[@]}"
	ask q half-close
	ask q expect-eof
	succeeds s
}

@test "0, 1 and 2 closed: what comes is lost, and it is 1" {
	not_wrapped
	without s 0 1 2
	listen s 127.0.0.1 0
	peer p tcp4 "${ADDR[@]}"
	ask p send:hello
	finish s
	assert_equal "$status" 1
	assert_equal "$output" ''
}

@test "a directory as stdin is 1" {
	peer p -l tcp4
	connect s "${ADDR[@]}" <.
	ask p open
	fails s 'read from stdin failed: Is a directory'
	listen s 127.0.0.1 0 <.
	peer q tcp4 "${ADDR[@]}"
	ask q open
	fails s 'read from stdin failed: Is a directory'
}

never_non_blocking() {
	is_blocking "$s" 0
	is_blocking "$s" 1
	is_blocking "$s" 2
	ask "$p" "fill:${PID[$s]}"
	fill "$s"
	is_blocking "$s" 0
	is_blocking "$s" 1
	is_blocking "$s" 2
	stop "$s"
}

@test "O_NONBLOCK is never set on 0, 1 and 2" {
	each never_non_blocking
}

# has_closed NAME FD
has_closed() {
	[[ ! -e /proc/${PID[$1]}/fd/$2 ]]
}

### What was sent last

# A socket that is closed with input unread sends a reset, which destroys what
# the other side has not got yet.
@test "-q: unread input does not destroy what we sent last" {
	pattern 30000 >last
	peer p -l tcp4
	hold_in s
	connect s -q 0.05 "${ADDR[@]}"
	tell p flood
	cat last >&"${PUT[s]}"
	end s
	answer p
	ask p recv-pattern:30000
	ask p expect-eof
	succeeds s
}

# The time is up while nobody reads stdout: what was received is written first.
@test "-q: what was received is still written" {
	local filled
	meet s p client tcp4 -q 0.05
	ask p "fill:${PID[s]}"
	end s
	ask p expect-eof
	pause 0.1
	rest s rest
	pattern "$(stat -c %s rest)" | cmp - rest
	assert [ "$(stat -c %s rest)" -ge 65536 ]
	succeeds s
}

quit_with_all_sent() {
	local filled kept rest
	exec {kept}<"$s.in"
	fill "$s"
	filled=$REPLY
	ask "$p" half-close
	ask "$p" recv-eof
	succeeds "$s"
	end "$s"
	rest=$(wc -c <&"$kept")
	assert_equal $((REPLY + rest)) "$filled"
	exec {kept}<&-
}

@test "-Q: what was read from stdin is sent first" {
	each quit_with_all_sent -Q
}

# sends_and_leaves: s, to a peer p who has not read yet, with -q.
sends_and_leaves() {
	linux_only
	pattern 300000 >in
	peer p -l tcp4
	send_out s s.out
	connect s -q 0.01 "${ADDR[@]}" <in
	ask p open
}

@test "-q: 0 only when the other side has all of it, 1 if it resets" {
	sends_and_leaves
	pause 0.2
	ask p reset
	place tcp4
	fails s "${GONE[@]}"
}

# What it says when the time is up is nobody's, but it has to be rid of it.
# Where the system cannot tell what has been acknowledged, -q leaves at its time
# and with status 0, and the reset that follows destroys what was on its way.
@test "-q: a peer that has much to say before it reads on does so" {
	sends_and_leaves
	await has_closed s 1
	ask p pattern:100000000
	ask p recv-pattern:300000
	ask p expect-eof
	succeeds s
}

@test "-q: 0 when a slow peer has all of it in the end" {
	pattern 300000 >in
	peer p -l tcp4
	connect s -q 0.01 "${ADDR[@]}" <in
	ask p open
	pause 0.1
	ask p recv-pattern:300000
	ask p expect-eof
	succeeds s
}

# LAST-ACK or CLOSING: both sides have ended, and our end is not acknowledged.
@test "0 when the rest is acknowledged while it is looked for" {
	local kind
	losing ioctl
	pattern 300000 >in
	for kind in tcp4 tcp6; do
		peer p -l $kind
		send_out s s.out
		connect s -O 1M "${ADDR[@]}" <in
		ask p half-close
		await grep -q "$(printf ':%04X 0[9B] ' "$PORT")" \
			/proc/net/tcp /proc/net/tcp6
		ask p recv-pattern:300000
		ask p expect-eof
		succeeds s
		bye p
	done
}

### Ends

@test "-q leaves after stdin's end, though the peer stays" {
	meet s p client tcp4 -q 0.05
	ask p send:hello
	get s hello
	end s
	ask p expect-eof
	get_eof s
	succeeds s
	ask p close
}

@test "-q does not count before stdin's end" {
	meet s p client tcp4 -q 0.01
	pause 0.1
	put s hello
	ask p expect:hello
	ask p send:world
	get s world
	end s
	succeeds s
}

@test "-q: a peer that ends earlier is not waited for" {
	meet s p client tcp4 -q 3600
	end s
	ask p expect-eof
	ask p close
	succeeds s
}

quit_on_eof() {
	ask "$p" send:hello
	ask "$p" half-close
	get "$s" hello
	get_eof "$s"
	ask "$p" expect-eof
	succeeds "$s"
}

@test "-Q leaves when the peer has closed, though stdin is open" {
	each quit_on_eof -Q
}

@test "without -Q stdin goes on after the peer has half-closed" {
	meet s p server tcp4
	ask p half-close
	get_eof s
	put s hello
	ask p expect:hello
	end s
	ask p expect-eof
	succeeds s
}

@test "-d: stdin is not read, and no half-close comes of it" {
	local in
	printf hello >hello
	exec {in}<hello
	hold_out s
	peer p -l tcp4
	connect s -d "${ADDR[@]}" <&"$in"
	ask p send:ping
	get s ping
	ask p quiet
	ask p half-close
	get_eof s
	succeeds s
	ask p expect-eof
	assert_equal "$(cat <&"$in")" hello
}

@test "a listener whose stdin is /dev/null behaves as with -d" {
	hold_out s
	listen s 127.0.0.1 0
	peer p tcp4 "${ADDR[@]}"
	ask p send:ping
	get s ping
	ask p quiet
	ask p half-close
	get_eof s
	succeeds s
}

@test "a client whose stdin is /dev/null half-closes at once" {
	peer p -l tcp4
	connect s "${ADDR[@]}"
	ask p expect-eof
	ask p half-close
	succeeds s
}

no_half_close() {
	put "$s" hello
	end "$s"
	ask "$p" expect:hello
	ask "$p" send:ping
	get "$s" ping
	ask "$p" send:pong
	get "$s" pong
	ask "$p" quiet
	ask "$p" half-close
	get_eof "$s"
	succeeds "$s"
	ask "$p" expect-eof
}

@test "--no-shutdown: the peer sees no half-close" {
	each no_half_close --no-shutdown
}

@test "-N changes nothing" {
	meet s p client tcp4 -N
	put s hello
	end s
	ask p expect:hello
	ask p expect-eof
	ask p send:world
	get s world
	ask p half-close
	succeeds s
}

### Waiting costs nothing

# idle STATE: bring a session of every kind into a state, and look at the
# processor time of all of them for 0.3 s. A loop that turns takes 30 ticks.
idle() {
	local s p
	declare -A before=()
	for s in "${KINDS[@]}"; do
		p=peer_$s
		meet "$s" "$p" client "$s"
		"$1"
	done
	for s in "${KINDS[@]}"; do
		await is_asleep "$s"
		cpu "$s"
		before[$s]=$REPLY
	done
	pause 0.3
	for s in "${KINDS[@]}"; do
		cpu "$s"
		((REPLY - before[$s] <= 1)) ||
			fail "$s took $((REPLY - before[$s])) ticks of 30"
		stop "$s"
	done
}

both_quiet() {
	put "$s" x
	ask "$p" expect:x
}

sink_stalled() {
	ask "$p" "fill:${PID[$s]}"
}

socket_stalled() {
	fill "$s"
}

peer_half_closed() {
	ask "$p" half-close
	get_eof "$s"
}

peer_closed() {
	ask "$p" close
	get_eof "$s"
}

stdin_ended() {
	end "$s"
	ask "$p" expect-eof
}

@test "no processor time while both are quiet" { idle both_quiet; }
@test "no processor time while stdout is stalled" { idle sink_stalled; }
@test "no processor time while the socket is stalled" { idle socket_stalled; }
@test "no processor time after the peer's half-close" { idle peer_half_closed; }
@test "no processor time after the peer's close" { idle peer_closed; }
@test "no processor time after stdin's end" { idle stdin_ended; }

@test "no processor time while nobody has come yet" {
	local used=() name
	listen a 127.0.0.1 0
	listen b -U "$PWD/b.sock"
	listen c -u 127.0.0.1 0
	listen d -u -U "$PWD/d.sock"
	listen e -k 127.0.0.1 0
	for name in a b c d e; do
		cpu "$name"
		used+=("$REPLY")
	done
	pause 0.3
	for name in a b c d e; do
		cpu "$name"
		assert [ $((REPLY - used[0])) -le 1 ]
		used=("${used[@]:1}")
		stop "$name"
	done
}
