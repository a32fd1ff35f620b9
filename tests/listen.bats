# Listening: one peer, or with -k one after the other, whatever becomes of each
# of them; what stdin is decides what each of them is sent. An address that is
# in use is not shared, one that was in use a moment ago can be had again, and
# every spelling of it means the same. What -v says is nc's, word for word.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034
load helper

KINDS=(tcp4 tcp6 unix seqpacket)

# at KIND NAME: where a listener can be, and its options, in AT.
at() {
	case $1 in
	tcp4) AT=(127.0.0.1 0) ;;
	tcp6) AT=(::1 0) ;;
	unix) AT=("$PWD/$2.sock") ;;
	seqpacket) AT=(--type=seqpacket "$PWD/$2.sock") ;;
	esac
}

# each FUNCTION [OPTION...]: call it for every kind of socket, where $s listens
# with these options, stdin and stdout held.
each() {
	local s function=$1
	shift
	for s in "${KINDS[@]}"; do
		at "$s" "$s"
		hold_both "$s"
		listen "$s" "$@" "${AT[@]}"
		"$function"
	done
}

# with_file FILE KIND [OPTION...]: s listens, and FILE is its stdin.
with_file() {
	local file=$1
	at "$2" s
	shift 2
	hold_out s
	listen s "$@" "${AT[@]}" <"$file"
}

# in_use NAME HOST PORT [PROTOCOL]: it ends because this address is taken.
in_use() {
	fails "$1" "* $2 port $3 (${4-tcp}) failed: Address already in use"
}

### One peer after the other

peer_after_peer() {
	local n
	for n in 1 2 3; do
		peer p "$s" "${ADDR[@]}"
		put "$s" "question $n"
		ask p "expect:question $n"
		ask p "send:answer $n"
		get "$s" "answer $n"
		ask p half-close
		ask p expect-eof
		bye p
	done
	stop "$s"
}

@test "-k serves one peer after the other" {
	each peer_after_peer -k
}

one_at_a_time() {
	peer p "$s" "${ADDR[@]}"
	peer q "$s" "${ADDR[@]}"
	ask p send:p1
	get "$s" p1
	ask q send:q1
	put "$s" to-p
	ask p expect:to-p
	ask p send:p2
	get "$s" p2
	ask p half-close
	ask p expect-eof
	get "$s" q1
	put "$s" to-q
	ask q expect:to-q
	ask q half-close
	ask q expect-eof
	bye p
	bye q
	stop "$s"
}

@test "-k: the next one waits until the one before is done" {
	each one_at_a_time -k
}

fails_and_next() {
	peer p "$s" "${ADDR[@]}"
	ask p send:p1
	get "$s" p1
	if [[ $s == tcp? ]]; then
		ask p reset
	else
		put "$s" unread
		ask p unread-close
	fi
	peer q "$s" "${ADDR[@]}"
	ask q send:q1
	get "$s" q1
	put "$s" to-q
	ask q expect:to-q
	dismiss "$s"
	assert_equal "${#lines[@]}" 1
	assert_output --partial ' failed: Connection reset by peer'
	bye p
	bye q
}

@test "-k: a peer that fails is reported, and the next one is served" {
	each fails_and_next -k
}

@test "without -k a peer that fails is the end" {
	each fails_at_once
}

fails_at_once() {
	peer p "$s" "${ADDR[@]}"
	ask p send:p1
	get "$s" p1
	if [[ $s == tcp? ]]; then
		ask p reset
	else
		put "$s" unread
		ask p unread-close
	fi
	fails "$s" '* failed: Connection reset by peer'
	bye p
}

our_side_fails() {
	peer p "$s" "${ADDR[@]}"
	ask p send:p1
	get "$s" p1
	drop_out "$s"
	fails "$s" 'write to stdout failed: Broken pipe'
	bye p
}

@test "-k: without a reader of stdout there is no next one" {
	each our_side_fails -k
}

@test "-k: without a stdin that can be read there is no next one" {
	with_file . tcp4 -k
	peer p tcp4 "${ADDR[@]}"
	ask p open
	fails s 'read from stdin failed: Is a directory'
}

@test "-k: everyone of a crowd is served" {
	local n
	at tcp4 s
	listen s -k "${AT[@]}"
	for n in {10..29}; do
		printf '%s\n' "$n" >"$n"
		connect "c$n" "${ADDR[@]}" <"$n"
	done
	for n in {10..29}; do
		succeeds "c$n"
	done
	stop s
	cmp <(printf '%s\n' {10..29}) <(sort s.out)
}

@test "-k: without a descriptor left it waits, and takes no processor time" {
	not_wrapped
	local used
	at tcp4 s
	hold_out s
	listen s -k "${AT[@]}"
	await is_asleep s
	prlimit --pid "${PID[s]}" --nofile=4:64
	peer p tcp4 "${ADDR[@]}"
	ask p send:hello
	cpu s
	used=$REPLY
	pause 0.3
	cpu s
	((REPLY - used <= 1)) || fail "it took $((REPLY - used)) ticks of 30"
	prlimit --pid "${PID[s]}" --nofile=64:64
	get s hello
	stop s
}

### And without -k one

not_another() {
	peer p "$s" "${ADDR[@]}"
	ask p send:hello
	get "$s" hello
	[[ $s != seqpacket ]] || set -- --type=seqpacket
	connect c "$@" "${ADDR[@]}"
	fails c 'connect to * failed: Connection refused'
	put "$s" answer
	ask p expect:answer
	ask p half-close
	end "$s"
	succeeds "$s"
	bye p
}

@test "without -k the next one is refused as soon as somebody is served" {
	each not_another
}

# They had got in before the first one was accepted.
@test "without -k those who wait are not left waiting" {
	at tcp4 s
	listen s "${AT[@]}"
	freeze s
	peer p tcp4 "${ADDR[@]}"
	ask p open
	peer q tcp4 "${ADDR[@]}"
	ask q open
	thaw s
	ask q expect-reset
	ask p send:hello
	ask p half-close
	succeeds s
	holds s.out hello
}

### stdin: a file

# file_to_each KIND: whether the peer reads first, or ends its own side first.
file_to_each() {
	local first second
	pattern 300000 >file
	with_file file "$1" -k
	for first in half-close recv-pattern:300000 half-close; do
		second=recv-pattern:300000
		[[ $first == half-close ]] || second=half-close
		peer p "$1" "${ADDR[@]}"
		ask p "$first"
		ask p "$second"
		ask p expect-eof
		bye p
	done
	stop s
}

@test "-k: a file goes to every peer from its start: IPv4" {
	file_to_each tcp4
}

@test "-k: a file goes to every peer from its start: IPv6" {
	file_to_each tcp6
}

@test "-k: a file goes to every peer from its start: UNIX" {
	file_to_each unix
}

@test "-k: a small file goes to every peer, as packets" {
	local n
	pattern 100000 >file
	with_file file seqpacket -k
	for n in 1 2 3; do
		peer p seqpacket "${ADDR[@]}"
		ask p half-close
		ask p recv-pattern:100000
		ask p expect-eof
		bye p
	done
	stop s
}

@test "-k: its start is where it was given to us" {
	local n file
	printf 'skipped,sent' >file
	exec {file}<file
	dd bs=8 count=1 status=none <&"$file" >skipped
	at tcp4 s
	listen s -k "${AT[@]}" <&"$file"
	for n in 1 2 3; do
		peer p tcp4 "${ADDR[@]}"
		ask p expect:sent
		ask p expect-eof
		ask p half-close
		bye p
	done
	stop s
	holds skipped skipped,
}

@test "-k: a peer that fails half-way takes nothing from the next" {
	pattern 3000000 >file
	with_file file tcp4 -k
	peer p tcp4 "${ADDR[@]}"
	ask p recv-pattern:1000
	ask p reset
	peer q tcp4 "${ADDR[@]}"
	ask q recv-pattern:3000000
	ask q half-close
	ask q expect-eof
	dismiss s
	assert_equal "${#lines[@]}" 1
	assert_output --partial 'failed: Connection reset by peer'
}

@test "an empty file half-closes at once" {
	local n
	: >file
	with_file file tcp4 -k
	for n in 1 2; do
		peer p tcp4 "${ADDR[@]}"
		ask p expect-eof
		ask p send:hello
		get s hello
		ask p half-close
		bye p
	done
	stop s
}

### stdin: a pipe

next_has_the_rest() {
	peer p "$s" "${ADDR[@]}"
	put "$s" one
	ask p expect:one
	ask p half-close
	ask p expect-eof
	put "$s" two
	ask p close
	ask p expect:two
	end "$s"
	ask p expect-eof
	ask p close
	ask p expect-eof
	ask p send:hello
	get "$s" hello
	ask p close
	stop "$s"
	bye p
}

@test "-k: an open pipe goes on to the next peer" {
	each next_has_the_rest -k
}

# What was read for one peer is sent to it, all of it; the pattern goes on at
# the next one where it ended.
nothing_between() {
	local left
	peer p "$s" "${ADDR[@]}"
	ask p open
	fill "$s"
	left=$REPLY
	ask p half-close
	# No more is read from then on; before it, all of it could be.
	await heard "$s" 'down: draining -> closed'
	ask p recv-eof
	left=$((left - REPLY))
	((left > 0)) || fail 'all of the pipe went to one peer'
	ask p close
	ask p "recv-pattern:$left"
	end "$s"
	ask p expect-eof
	ask p close
	dismiss "$s"
	bye p
}

@test "-k: of an open pipe nothing is lost between two peers" {
	each nothing_between -k -v -v
}

### stdin: /dev/null

# not_half_closed [-k]: a shell gives that to every background job, and nobody
# asked for an early half-close.
not_half_closed() {
	local s
	for s in "${KINDS[@]}"; do
		at "$s" "$s"
		hold_out "$s"
		listen "$s" ${1:+"$1"} "${AT[@]}"
		peer p "$s" "${ADDR[@]}"
		for _ in one ${1:+another}; do
			ask p send:ping
			get "$s" ping
			ask p quiet
			ask p half-close
			ask p expect-eof
			ask p close
		done
		if [[ -n $1 ]]; then stop "$s"; else succeeds "$s"; fi
		bye p
	done
}

@test "/dev/null as stdin is as good as -d" { not_half_closed ''; }
@test "-k: /dev/null as stdin is as good as -d" { not_half_closed -k; }

# half_closed WORD...: it was asked for.
half_closed() {
	local s
	for s in "${KINDS[@]}"; do
		at "$s" "$s"
		hold_out "$s"
		listen "$s" "$@" "${AT[@]}"
		peer p "$s" "${ADDR[@]}"
		ask p expect-eof
		ask p send:hello
		get "$s" hello
		ask p half-close
		get_eof "$s"
		succeeds "$s"
		bye p
	done
}

@test "-N: /dev/null as stdin is an empty one" { half_closed -N; }
@test "-q: /dev/null as stdin is an empty one" { half_closed -q 3600; }

@test "-q: /dev/null as stdin ends the session" {
	local s
	for s in "${KINDS[@]}"; do
		at "$s" "$s"
		listen "$s" -q 0.02 "${AT[@]}"
		peer p "$s" "${ADDR[@]}"
		ask p expect-eof
		succeeds "$s"
		bye p
	done
}

@test "-d: a file as stdin is not read, and nobody is half-closed" {
	local n stdin
	printf hello >file
	exec {stdin}<file
	at tcp4 s
	hold_out s
	listen s -d -k "${AT[@]}" <&"$stdin"
	peer p tcp4 "${ADDR[@]}"
	for n in 1 2; do
		ask p send:ping
		get s ping
		ask p quiet
		ask p half-close
		ask p expect-eof
		ask p close
	done
	stop s
	assert_equal "$(cat <&"$stdin")" hello
}

### An address in use

# is_taken HOST WORD...: with that port, these words find the address taken;
# the first one goes on as if nothing had been.
is_taken() {
	local at=$1 protocol=tcp
	shift
	[[ " $* " != *' -u '* ]] || protocol=udp
	connect t -l "$@" "$PORT"
	in_use t "$at" "$PORT" "$protocol"
}

# second_fails [-u]: a second listener, be it for one IP of two, gets nothing.
second_fails() {
	local u=("$@")
	listen s "${u[@]}" 127.0.0.1 0
	is_taken 127.0.0.1 "${u[@]}" 127.0.0.1
	is_taken 0.0.0.0 "${u[@]}" -4
	stop s
	listen s "${u[@]}" ::1 0
	is_taken ::1 "${u[@]}" ::1
	is_taken :: "${u[@]}" -6
	is_taken :: "${u[@]}"
	stop s
	listen s "${u[@]}" 0
	is_taken :: "${u[@]}"
	is_taken 0.0.0.0 "${u[@]}" -4
	is_taken :: "${u[@]}" -6
	is_taken 127.0.0.1 "${u[@]}" 127.0.0.1
	is_taken ::1 "${u[@]}" ::1
	stop s
	listen s "${u[@]}" -4 0
	is_taken 0.0.0.0 "${u[@]}" -4
	is_taken :: "${u[@]}"
	stop s
}

@test "a second listener at the same address fails" {
	second_fails
}

@test "a second datagram listener at the same address fails" {
	second_fails -u
}

@test "-k: a second listener at the same address fails" {
	hold_both s
	listen s -k 127.0.0.1 0
	is_taken 127.0.0.1 -k 127.0.0.1
	peer p tcp4 "${ADDR[@]}"
	ask p send:hello
	get s hello
	is_taken 127.0.0.1 127.0.0.1
	put s hello
	ask p expect:hello
	stop s
}

# retry COMMAND...: it needs a port that is free, and others may take it in
# between; but not every time.
retry() {
	local n
	for n in {1..9}; do
		! "$@" || return 0
	done
	fail "never: $*"
}

# listens NAME WORD...: can it?
listens() {
	! listen "$@" || return 0
	finish "$1"
	rm "$1.at"
	return 1
}

# beside OPTION...
beside() {
	listen s -4 "$@" 0
	if ! listens t -6 "$@" "$PORT"; then
		stop s
		return 1
	fi
	stop t
	stop s
}

@test "-4 and -6 can listen on the same port" {
	retry beside
	retry beside -u
}

# Our side has closed first, and so the connection is in TIME-WAIT there.
restarts() {
	: >empty
	listen s -N "$1" 0 <empty
	peer p "$2" "${ADDR[@]}"
	ask p expect-eof
	bye p
	succeeds s
	listens s "${ADDR[@]}" || return
	peer p "$2" "${ADDR[@]}"
	ask p open
	bye p
	succeeds s
}

@test "the same port can be had again at once: IPv4" {
	retry restarts 127.0.0.1 tcp4
}

@test "the same port can be had again at once: IPv6" {
	retry restarts ::1 tcp6
}

### Spellings

# spells HOST SPELLING...: all of them listen there.
spells() {
	local at=$1 spelling words
	shift
	for spelling; do
		read -ra words <<<"$spelling"
		listen s -v "${words[@]}"
		assert_equal "$HOST" "$at"
		dismiss s
		assert_output "Listening on $at $PORT"
	done
}

@test "every spelling of a host and a port is the same" {
	spells 127.0.0.1 '127.0.0.1 0' '127.0.0.1:0' \
		'-s 127.0.0.1 -p 0' '-s 127.0.0.1 0' '-4 127.0.0.1 0' \
		'--source=127.0.0.1 --source-port=0' '-p0 -s127.0.0.1'
}

@test "every spelling of a host and a port is the same: IPv6" {
	spells ::1 '::1 0' '[::1]:0' '-s ::1 -p 0' '-s ::1 0' \
		'-6 ::1 0' '--source=::1 --source-port=0' '-p0 -s::1'
}

@test "every spelling of a port alone is the same" {
	spells :: '0' '-p 0' '-p0' '--source-port=0' '--source-port 0' '-6 0'
	spells 0.0.0.0 '-4 0' '-4 -p 0' '--domain=inet 0' '0.0.0.0 0' \
		'0.0.0.0:0'
}

@test "every spelling of a datagram listener is the same" {
	local spelling words
	for spelling in '127.0.0.1 0' '127.0.0.1:0' \
		'-s 127.0.0.1 -p 0' '-s 127.0.0.1 0'; do
		read -ra words <<<"$spelling"
		listen s -u -v "${words[@]}"
		dismiss s
		assert_output "Bound on 127.0.0.1 $PORT"
	done
}

### What -v says

# visitor NAME KIND: a client that says nothing; NEAR is its own address.
visitor() {
	local name=$1 announced line
	mkfifo "$name.at"
	exec {announced}<>"$name.at"
	hold_in "$name"
	connect "$name" --announce="$name.at" "${ADDR[@]}"
	read -r -t "$LIMIT" -u "$announced" line ||
		fail "$name is not connected: $(<"$name.err")"
	exec {announced}<&-
	rm "$name.at"
	read -ra NEAR <<<"$line"
}

@test "-v: nc's lines, and the 5-tuple: IPv4" {
	listen s -v 127.0.0.1 0
	visitor c
	end c
	succeeds c
	finish s
	assert_success
	assert_output "Listening on 127.0.0.1 $PORT
Connection received on 127.0.0.1 ${NEAR[1]}
tcp 127.0.0.1:${NEAR[1]} -> 127.0.0.1:$PORT"
}

@test "-v: nc's lines, and the 5-tuple: IPv6" {
	listen s -v ::1 0
	visitor c
	end c
	succeeds c
	finish s
	assert_success
	assert_output "Listening on ::1 $PORT
Connection received on ::1 ${NEAR[1]}
tcp [::1]:${NEAR[1]} -> [::1]:$PORT"
}

@test "-v: an IPv4 peer of a listener for both is called IPv4" {
	listen s -v 0
	ADDR=(127.0.0.1 "$PORT")
	visitor c
	end c
	succeeds c
	finish s
	assert_success
	assert_output "Listening on :: $PORT
Connection received on 127.0.0.1 ${NEAR[1]}
tcp 127.0.0.1:${NEAR[1]} -> 127.0.0.1:$PORT"
}

@test "-v: an IPv6 peer of a listener for both is called IPv6" {
	listen s -v 0
	ADDR=(::1 "$PORT")
	visitor c
	end c
	succeeds c
	finish s
	assert_success
	assert_output "Listening on :: $PORT
Connection received on ::1 ${NEAR[1]}
tcp [::1]:${NEAR[1]} -> [::1]:$PORT"
}

@test "-v: nc's lines of a UNIX listener" {
	local type
	for type in stream seqpacket; do
		listen s -v --type="$type" "$PWD/s.sock"
		connect c --type="$type" "${ADDR[@]}"
		succeeds c
		finish s
		assert_success
		assert_equal "${#lines[@]}" 4
		assert_line -n 0 "Bound on $PWD/s.sock"
		assert_line -n 1 "Listening on $PWD/s.sock"
		assert_line -n 2 "Connection received on $PWD/s.sock"
		assert_line -n 3 --regexp "^unix.* -> $PWD/s\\.sock\$"
	done
}

@test "-v: nc's line of a connection made" {
	peer p -l tcp4
	connect c -v "${ADDR[@]}"
	ask p expect-eof
	ask p close
	finish c
	assert_success
	assert_equal "${#lines[@]}" 2
	assert_line -n 0 --regexp \
		"^Connection to 127.0.0.1 $PORT port \\[tcp/.*\\] succeeded!\$"
	assert_line -n 1 --regexp \
		"^tcp 127\\.0\\.0\\.1:[0-9]+ -> 127\\.0\\.0\\.1:$PORT\$"
	peer q -l tcp6
	connect c -n -v "${ADDR[@]}"
	ask q expect-eof
	ask q close
	finish c
	assert_success
	assert_equal "${#lines[@]}" 2
	assert_line -n 0 "Connection to ::1 $PORT port [tcp/*] succeeded!"
	assert_line -n 1 --regexp "^tcp \\[::1\\]:[0-9]+ -> \\[::1\\]:$PORT\$"
}

@test "-v -k: a line for each connection" {
	local n near=()
	listen s -v -k 127.0.0.1 0
	for n in 1 2 3; do
		visitor c
		near+=("${NEAR[1]}")
		end c
		succeeds c
	done
	await heard s ":${near[2]} -> "
	dismiss s
	assert_equal "${#lines[@]}" 7
	for n in 0 1 2; do
		assert_line -n $((1 + 2 * n)) \
			"Connection received on 127.0.0.1 ${near[n]}"
		assert_line -n $((2 + 2 * n)) \
			"tcp 127.0.0.1:${near[n]} -> 127.0.0.1:$PORT"
	done
}
