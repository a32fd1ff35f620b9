# Every mode: {connect, listen} x {stream, dgram with -c and without, seqpacket}
# x {UNIX path, abstract UNIX name, IPv4, IPv6}. Data passes both ways, byte for
# byte; both sides end as they should and leave nothing behind; every spelling
# of the options means the same. Then what the modes are about: one listener
# for both IPs, or for one of them, and messages that stay whole, the empty ones
# too.

load helper

# An abstract name that only this test has.
abstract() {
	linux_only
	ABSTRACT=@${TEST_DIR##*/}
}

### Streams and seqpackets

# both_ways ADDRESS SPELLING...: a listener at ADDRESS and a client, both with
# the same options, send each other a file; for each spelling of the options.
both_ways() {
	local at words spelling n=0
	read -ra at <<<"$1"
	shift
	pattern 150001 >up
	pattern 99991 >down
	for spelling; do
		read -ra words <<<"$spelling"
		n=$((n + 1))
		listen "s$n" "${words[@]}" "${at[@]}" <down
		connect "c$n" "${words[@]}" "${ADDR[@]}" <up
		succeeds "c$n"
		succeeds "s$n"
		cmp up "s$n.out"
		cmp down "c$n.out"
		assert_not_exists "${at[0]}"
	done
}

@test "stream over IPv4" {
	both_ways '127.0.0.1 0' '' -4 --ipv4 --domain=inet '--domain inet' \
		--type=stream '-4 --type stream'
}

@test "stream over IPv6" {
	both_ways '::1 0' '' -6 --ipv6 --domain=inet6 '-6 --type=stream'
}

@test "stream over a UNIX path" {
	both_ways "$PWD/sock" '' -U --unix --domain=unix '-U --type=stream'
}

@test "stream over a UNIX path without a slash" {
	both_ways sock -U
}

@test "stream over an abstract UNIX name" {
	abstract
	both_ways "$ABSTRACT" -U --unix --domain=unix
}

@test "seqpacket over a UNIX path" {
	both_ways "$PWD/sock" --type=seqpacket '-U --type=seqpacket' \
		'--domain=unix --type seqpacket'
}

@test "seqpacket over an abstract UNIX name" {
	abstract
	both_ways "$ABSTRACT" '-U --type=seqpacket'
}

@test "seqpacket over IP is refused" {
	run -2 sockcat --type=seqpacket 127.0.0.1 9
	run -2 sockcat -l --type=seqpacket 127.0.0.1 0
	run -2 sockcat -4 --type=seqpacket ./sock
}

# reaches HOST LISTENER-WORD...: the listener is found at HOST.
reaches() {
	local there=$1
	shift
	printf hello >hello
	listen s "$@"
	connect c "$there" "$PORT" <hello
	succeeds c
	succeeds s
	holds s.out hello
}

@test "every spelling of a listener" {
	reaches 127.0.0.1 0
	reaches 127.0.0.1 -p 0
	reaches 127.0.0.1 127.0.0.1 0
	reaches 127.0.0.1 127.0.0.1:0
	reaches 127.0.0.1 -s 127.0.0.1 -p 0
	reaches 127.0.0.1 --source=127.0.0.1 --source-port=0
	reaches ::1 '[::1]:0'
	reaches ::1 -s ::1 -p 0
	reaches ::1 -6 0
}

@test "host:port and [host]:port" {
	printf hello >hello
	listen s 127.0.0.1 0
	connect c "127.0.0.1:$PORT" <hello
	succeeds c
	succeeds s
	holds s.out hello
	listen s ::1 0
	connect c "[::1]:$PORT" <hello
	succeeds c
	succeeds s
	holds s.out hello
}

@test "-s binds the near end of a connection" {
	listen s -v 127.0.0.1 0
	connect c -s 127.0.0.2 "${ADDR[@]}"
	succeeds c
	finish s
	assert_success
	assert_line --regexp '^Connection received on 127\.0\.0\.2 [0-9]+$'
}

### Datagrams

# datagrams ADDRESS OPTION...: question and answer, connected or not on either
# side. The listener has no end but a signal; the client ends by its silence.
datagrams() {
	local at n=0 near far
	read -ra at <<<"$1"
	shift
	for near in '' -c; do
		for far in '' --connect; do
			n=$((n + 1))
			question "s$n" "c$n"
		done
	done
}

question() {
	local s=$1 c=$2
	hold_both "$s"
	hold_both "$c"
	listen "$s" "${options[@]}" ${far:+"$far"} "${at[@]}"
	connect "$c" "${options[@]}" ${near:+"$near"} -q 0.02 "${ADDR[@]}"
	put "$c" who
	get "$s" who
	put "$s" me
	get "$c" me
	put "$c" what
	get "$s" what
	put "$s" nothing
	get "$c" nothing
	end "$c"
	get_eof "$c"
	succeeds "$c"
	stop "$s"
	assert_not_exists "${at[0]}"
}

@test "datagrams over IPv4" {
	local options=(-u)
	datagrams '127.0.0.1 0'
}

@test "datagrams over IPv6" {
	local options=(-6 --dgram)
	datagrams '::1 0'
}

@test "datagrams over a UNIX path" {
	local options=(--type=dgram)
	datagrams "$PWD/sock"
}

@test "datagrams over an abstract UNIX name" {
	local options=(-U -u)
	abstract
	datagrams "$ABSTRACT"
}

@test "a datagram listener that has heard enough: -w is an orderly end" {
	listen s -u -w 0.05 127.0.0.1 0
	peer p udp4 "${ADDR[@]}"
	ask p pattern:9000
	succeeds s
	pattern 9000 | cmp - s.out
}

@test "a datagram client takes answers from anyone, with -c from its peer" {
	local local_end option
	for option in '' -c; do
		peer p -l udp4
		hold_both c
		mkfifo ready
		connect c -u $option --announce=ready -p 0 -s 127.0.0.1 \
			-q 0.02 "${ADDR[@]}"
		read -r -a local_end <ready
		rm ready
		put c hello
		ask p expect:hello
		peer q udp4 "${local_end[@]}"
		ask q send:stranger
		[[ -n $option ]] || get c stranger
		ask p send:peer
		get c peer
		end c
		succeeds c
		bye p
		bye q
	done
}

@test "a datagram listener answers who spoke last" {
	hold_both s
	listen s -u 127.0.0.1 0
	peer p udp4 "${ADDR[@]}"
	peer q udp4 "${ADDR[@]}"
	ask p send:p1
	get s p1
	ask q send:q1
	get s q1
	put s to-q
	ask q expect:to-q
	ask p send:p2
	get s p2
	put s to-p
	ask p expect:to-p
	stop s
}

@test "a datagram listener with -c: the first to speak is the peer" {
	hold_both s
	listen s -u -c 127.0.0.1 0
	peer p udp4 "${ADDR[@]}"
	peer q udp4 "${ADDR[@]}"
	ask p send:p1
	get s p1
	tell q send:q1
	put s to-p
	ask p expect:to-p
	ask p send:p2
	get s p2
	stop s
}

@test "a datagram listener does not read stdin before somebody has spoken" {
	hold_both s
	listen s -u 127.0.0.1 0
	put s early
	peer p udp4 "${ADDR[@]}"
	ask p send:hello
	get s hello
	ask p expect:early
	stop s
}

### One IP, or both

# connection_received HOST WORD...: the listener sees a client of HOST come
# from there.
connection_received() {
	local there=$1
	shift
	listen s -v "$@"
	connect c "$there" "$PORT"
	succeeds c
	finish s
	assert_success
	assert_line --regexp "^Connection received on $there [0-9]+\$"
}

@test "a listener without a host hears IPv4 and IPv6, and calls them so" {
	connection_received 127.0.0.1 0
	connection_received ::1 0
	refute_output --partial ffff
}

@test "a datagram listener without a host hears IPv4 and IPv6" {
	hold_out s
	listen s -u -v 0
	peer p udp4 127.0.0.1 "$PORT"
	ask p send:four
	get s four
	peer q udp6 ::1 "$PORT"
	ask q send:six
	get s six
	kill -TERM "${PID[s]}"
	finish s
	assert_equal "$status" 143
	assert_line --regexp '^Connection received on 127\.0\.0\.1 [0-9]+$'
	assert_line --regexp '^Connection received on ::1 [0-9]+$'
}

# not_at HOST WORD...: the listener cannot be reached at HOST.
not_at() {
	local there=$1
	shift
	listen s "$@"
	connect c "$there" "$PORT"
	fails c "connect to $there port $PORT (tcp) failed: Connection refused"
	stop s
}

@test "-4 and -6 restrict a listener" {
	not_at ::1 -4 0
	not_at 127.0.0.1 -6 0
	connection_received 127.0.0.1 -4 0
	connection_received ::1 -6 0
}

@test "-4 and -6 restrict a client" {
	peer p -l tcp4
	run ! sockcat -6 "${ADDR[@]}"
	assert_output
	peer q -l tcp6
	run ! sockcat -4 "${ADDR[@]}"
	assert_output
}

### Messages stay whole

# sends_messages KIND SIZE OPTION...: what one read of stdin gives is one
# message, up to SIZE bytes.
sends_messages() {
	local s=$1 p=peer_$1 size=$2 at=()
	shift 2
	[[ $s == udp? ]] || at=("$PWD/$s.sock")
	peer "$p" -l "$s" "${at[@]}"
	hold_in "$s"
	connect "$s" "$@" -q 0.02 "${ADDR[@]}"
	put "$s" aa
	ask "$p" expect:aa
	put "$s" $'b\n'
	put "$s" $'c\nd'
	end "$s"
	[[ $s != seqpacket ]] || tell "$p" half-close
	succeeds "$s"
	bye "$p"
	pattern "$size" >largest
	peer "$p" -l "$s" "${at[@]}"
	connect "$s" "$@" -q 0.02 "${ADDR[@]}" <largest
	ask "$p" "expect-pattern:$size"
	[[ $s != seqpacket ]] || tell "$p" half-close
	succeeds "$s"
	bye "$p"
}

@test "a read of stdin is a message: IPv4 datagrams up to 65507 bytes" {
	sends_messages udp4 65507 -u
}

@test "a read of stdin is a message: IPv6 datagrams up to 65527 bytes" {
	sends_messages udp6 65527 -u
}

@test "a read of stdin is a message: UNIX datagrams of 200000 bytes" {
	sends_messages unixdgram 200000 -u
}

@test "a read of stdin is a message: packets of 200000 bytes" {
	sends_messages seqpacket 200000 --type=seqpacket
}

# too_large KIND SIZE OPTION...: it is not sent, not even in part.
too_large() {
	local s=$1 p=peer_$1 size=$2 at=() place
	shift 2
	[[ $s == udp? ]] || at=("$PWD/$s.sock")
	pattern "$size" >large
	peer "$p" -l "$s" "${at[@]}"
	place="$HOST (unix *)"
	[[ $s != udp? ]] || place="$HOST port $PORT (udp)"
	connect "$s" "$@" "${ADDR[@]}" <large
	fails "$s" "write to $place failed: Message too long"
	if [[ $s == seqpacket ]]; then
		ask "$p" expect-eof
	else
		ask "$p" quiet
	fi
	bye "$p"
}

@test "a message that is too large is an error, and not cut" {
	too_large udp4 65508 -u
	too_large udp6 65528 -u
	too_large unixdgram 1000000 -u
	too_large seqpacket 1000000 --type=seqpacket
	too_large udp4 65508 -u -c
}

# takes_messages KIND SIZE OPTION...: every message is written, the largest and
# the empty ones as well, which are no end of file.
takes_messages() {
	local s=$1 p=peer_$1 size=$2 at=()
	shift 2
	case $s in
	udp4) at=(127.0.0.1 0) ;;
	udp6) at=(::1 0) ;;
	*) at=("$PWD/$s.sock") ;;
	esac
	hold_both "$s"
	listen "$s" "$@" "${at[@]}"
	peer "$p" "$s" "${ADDR[@]}"
	ask "$p" "pattern:$size"
	take "$s" "$size" largest
	pattern "$size" | cmp - largest
	ask "$p" send:
	ask "$p" send:x
	get "$s" x
	freeze "$s"
	ask "$p" send:
	ask "$p" send:
	ask "$p" send:y
	ask "$p" send:
	ask "$p" send:z
	thaw "$s"
	get "$s" yz
	put "$s" answer
	ask "$p" expect:answer
	stop "$s"
}

@test "IPv4 datagrams are taken whole, and empty ones are no end" {
	takes_messages udp4 65507 -u
}

@test "IPv6 datagrams are taken whole, and empty ones are no end" {
	takes_messages udp6 65527 -u
}

@test "UNIX datagrams are taken whole, and empty ones are no end" {
	takes_messages unixdgram 200000 -u
}

@test "packets are taken whole, and empty ones are no end" {
	takes_messages seqpacket 200000 --type=seqpacket
}

@test "datagrams are taken whole from a connected peer" {
	takes_messages udp4 65507 -u -c
}

# The socket is readable and half-closed at the first packet already.
packet_behind_the_empty_one() {
	meet s p "$1" seqpacket
	freeze s
	ask p send:
	ask p send:behind
	ask p send:
	ask p close
	thaw s
	get s behind
	get_eof s
	end s
	succeeds s
}

@test "an empty packet hides no packet behind it: client" {
	packet_behind_the_empty_one client
}

@test "an empty packet hides no packet behind it: server" {
	packet_behind_the_empty_one server
}

@test "who speaks first with an empty datagram is answered" {
	local option
	for option in '' -c; do
		hold_in s
		listen s -u $option 127.0.0.1 0
		peer p udp4 "${ADDR[@]}"
		put s answer
		ask p send:
		ask p expect:answer
		stop s
		bye p
	done
}
