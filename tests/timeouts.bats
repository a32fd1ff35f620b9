# Every limit of time ends what it is about, not before it has passed and hardly
# later, and the message names the option: connecting (with the look-up, over
# all addresses together) by --connect-timeout, a session in which nothing moves
# by --idle-timeout, both with status 124; -w is both. -q ends a session after
# stdin has, orderly. And connecting is no matter of waiting where one of many
# addresses answers.
#
# Time is the subject: tests take as long as the limits they set. That a limit
# has not passed too early is looked at in any case. That it was not late is
# asked of the best of some attempts, since a busy machine is late at times.

load helper

KINDS=(tcp4 tcp6 unix seqpacket)

# What an end may come later than its limit, in microseconds. A sanitizer, or a
# command around the binary, takes what it takes; and where something has to
# happen within a limit, that is so much longer.
LATE=50000
LONGER=1
if [[ -n ${SANITIZE-}${WRAP_WORDS[*]} ]]; then
	LATE=9000000
	LONGER=5
fi

# now: in microseconds; in REPLY.
now() {
	REPLY=${EPOCHREALTIME/./}
}

# startup: how long it takes the binary to start and end; in STARTUP.
startup() {
	local began
	now && began=$REPLY
	sockcat --version >out
	now && STARTUP=$((REPLY - began))
}

# seconds MS: as an option takes them; in REPLY.
seconds() {
	printf -v REPLY '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# passed BEGAN MS: what began then has taken MS, but not less; LATEST is by how
# much more.
passed() {
	local took
	now && took=$((REPLY - $1))
	((took >= $2 * 1000)) || fail "ended after $took us of $2 ms"
	LATEST=$((took - $2 * 1000))
}

# in_time [GRACE]: it was not late, or too often: else it is worth another try.
in_time() {
	((LATEST - ${1-0} > LATE)) || return 0
	# shellcheck disable=SC2153 # TRIES is the helper's
	((++TRIED < TRIES)) || fail "$LATEST us late, $TRIED times" || exit
	return 1
}

# noun KIND: how messages name a listener of this kind; in REPLY.
noun() {
	case $1 in
	tcp?) REPLY="$HOST port $PORT (tcp)" ;;
	unix) REPLY="$HOST (unix)" ;;
	*) REPLY="$HOST (unix $1)" ;;
	esac
}

# times_out NAME PATTERN: it ends with 124 and one line that is this.
times_out() {
	finish "$1"
	# shellcheck disable=SC2053 # it is a pattern
	[[ $status == 124 && $output == "sockcat: "$2 && ${#lines[@]} == 1 ]] ||
		fail "$1 ends with $status: $output; expected 124 and $2"
}

# times_out_connecting NAME NOUN, times_out_idle NAME NOUN
times_out_connecting() {
	times_out "$1" "connect to $2 failed: $(:
	)Connection timed out (--connect-timeout)"
}

times_out_idle() {
	times_out "$1" "session with $2 failed: $(:
	)Connection timed out (--idle-timeout)"
}

# hole KIND: a listener that never answers; ADDR is what leads there, and NOUN
# how messages name it.
hole() {
	black_hole "hole_$1" "$1"
	noun "$1" && NOUN=$REPLY
	[[ $1 != seqpacket ]] || ADDR=(--type=seqpacket "${ADDR[@]}")
}

### Connecting

# gives_up KIND MS OPTION...: with this option, connecting ends after MS.
gives_up() {
	local kind=$1 ms=$2 began
	shift 2
	hole "$kind"
	for ((TRIED = 0; ; )); do
		now && began=$REPLY
		connect s "$@" "${ADDR[@]}"
		times_out_connecting s "$NOUN"
		passed "$began" "$ms"
		! in_time "$STARTUP" || break
	done
}

@test "connecting takes at most --connect-timeout, or -w: TCP" {
	startup
	gives_up tcp4 100 --connect-timeout=0.1
	gives_up tcp6 50 -w .05
}

@test "connecting takes at most --connect-timeout, or -w: UNIX" {
	startup
	gives_up unix 50 --connect-timeout 00.050
	gives_up seqpacket 100 --timeout=0.1
}

@test "-v says nothing twice of a limit that has passed" {
	local kind
	for kind in tcp4 unix; do
		hole $kind
		connect s -vv -w 0.03 "${ADDR[@]}"
		times_out_connecting s "$NOUN"
	done
}

@test "--connect-timeout has more to say than -w, wherever it stands" {
	hole tcp4
	connect s -w 3600 --connect-timeout=0.02 "${ADDR[@]}"
	times_out_connecting s "$NOUN"
	connect s --connect-timeout=0.02 -w 3600 "${ADDR[@]}"
	times_out_connecting s "$NOUN"
	connect s -w 0.02 --connect-timeout=3600 "${ADDR[@]}"
	connect t --connect-timeout=3600 -w 0.02 "${ADDR[@]}"
	pause 0.1
	stop s
	stop t
}

@test "--idle-timeout is not about connecting, nor the other way round" {
	local kind
	for kind in tcp4 unix; do
		hole $kind
		connect $kind --idle-timeout=0.02 "${ADDR[@]}"
	done
	meet s p client unix --connect-timeout=0.02
	pause 0.1
	stop tcp4
	stop unix
	put s hello
	ask p expect:hello
	stop s
}

# (TCP asks again after a second.)
@test "who gets into a full backlog within the limit is connected: UNIX" {
	local kind
	for kind in unix seqpacket; do
		hole $kind
		hold_in $kind
		connect $kind -w 10 "${ADDR[@]}"
		await is_asleep $kind
		# The first is accepted, and makes room.
		ask hole_$kind close
		put $kind hello
		ask hole_$kind expect:hello
		end $kind
		ask hole_$kind expect-eof
		ask hole_$kind close
		succeeds $kind
	done
}

# Whoever opens this /etc/hosts waits for one who writes it.
@test "looking a name up is a part of connecting" {
	local began
	mkdir etc
	mkfifo etc/hosts
	own_etc
	startup
	for ((TRIED = 0; ; )); do
		now && began=$REPLY
		connect s -w 0.1 slow.invalid 9
		times_out s "look up slow.invalid failed: $(:
		)Connection timed out (--connect-timeout)"
		passed "$began" 100
		! in_time "$STARTUP" || break
	done
	# Nobody is left behind who looks for it still.
	run ! dd if=/dev/null of=etc/hosts oflag=nonblock conv=notrunc count=0
	connect s -w 0.02 -s slow.invalid 127.0.0.1 9
	times_out s "look up slow.invalid failed: $(:
	)Connection timed out (--connect-timeout)"
}

### One of many addresses

# twins FOUR SIX: two peers, "-l" to listen or "-n" for nobody, on 127.0.0.1 and
# on ::1, with the same PORT; the binary finds both by the name localhost, and
# prefers one of them, whichever.
twins() {
	local try
	mkdir etc
	printf '%s localhost\n' ::1 127.0.0.1 >etc/hosts
	own_etc
	for try in {1..9}; do
		# shellcheck disable=SC2086 # several words
		peer "four$try" $1 tcp4
		# shellcheck disable=SC2086 # several words
		! peer "six$try" $2 tcp6 ::1 "$PORT" || break
	done
	FOUR=four$try
	SIX=six$try
}

# reaches_one PEER: a client of localhost arrives there.
reaches_one() {
	printf hello >hello
	connect s localhost "$PORT" <hello
	ask "$1" expect:hello
	ask "$1" expect-eof
	ask "$1" send:world
	ask "$1" close
	succeeds s
	holds s.out world
}

@test "of two addresses, the only one that answers: IPv4" {
	twins -l -n
	reaches_one "$FOUR"
}

@test "of two addresses, the only one that answers: IPv6" {
	twins -n -l
	reaches_one "$SIX"
}

refused() {
	REPLY="sockcat: connect to $1 port $PORT (tcp) failed: $(:
	)Connection refused"
}

@test "of two addresses, none answers: one line, with -v one for each" {
	local four six
	twins -n -n
	refused 127.0.0.1 && four=$REPLY
	refused ::1 && six=$REPLY
	connect s localhost "$PORT"
	finish s
	assert_equal "$status" 1
	assert_regex "$output" "^(${four//[()]/.}|${six//[()]/.})\$"
	connect s -v localhost "$PORT"
	finish s
	assert_equal "$status" 1
	assert_equal "${#lines[@]}" 2
	assert_line "$four"
	assert_line "$six"
}

@test "-4, -6 and -s try addresses of their own domain alone" {
	twins -n -n
	connect s -4 localhost "$PORT"
	fails s "connect to 127.0.0.1 port $PORT (tcp) failed: *refused"
	connect s -6 localhost "$PORT"
	fails s "connect to ::1 port $PORT (tcp) failed: *refused"
	connect s -v -s ::1 localhost "$PORT"
	fails s "connect to ::1 port $PORT (tcp) failed: *refused"
}

# glibc finds ::1 for IPv4 as well, as 127.0.0.1.
@test "an address that is found twice is tried once" {
	twins -n -n
	connect s -v -4 localhost "$PORT"
	fails s "connect to 127.0.0.1 port $PORT (tcp) failed: *refused"
}

@test "with -v, an address that refuses is told, and the other connects" {
	twins -l -n
	connect s -v localhost "$PORT"
	ask "$FOUR" expect-eof
	ask "$FOUR" close
	finish s
	assert_success
	assert_line "Connection to localhost (127.0.0.1) $PORT port $(:
	)[tcp/*] succeeded!"
	# Where ::1 comes second, it is not even tried.
	if ((${#lines[@]} == 3)); then
		refused ::1
		assert_line --index 0 "$REPLY"
	else
		assert_equal "${#lines[@]}" 2
	fi
}

# One of them is tried first and does not answer: the other has its chance after
# 250 ms at the latest, RFC 8305.
@test "an address that does not answer does not hold up the other" {
	local began slow=0
	twins '-l -b 0' -l
	peer queued tcp4 127.0.0.1 "$PORT"
	ask queued open
	now && began=$REPLY
	reaches_one "$SIX"
	now && slow=$((REPLY - began))
	bye "$FOUR"
	((slow < 5000000 + LATE)) || fail "it took $slow us"
}

@test "nor does it the other way round" {
	local began slow=0
	twins -l '-l -b 0'
	peer queued tcp6 ::1 "$PORT"
	ask queued open
	now && began=$REPLY
	reaches_one "$FOUR"
	now && slow=$((REPLY - began))
	((slow < 5000000 + LATE)) || fail "it took $slow us"
}

@test "the limit is for all addresses together" {
	local began limit=$((350 * LONGER))
	twins '-l -b 0' '-l -b 0'
	peer queued4 tcp4 127.0.0.1 "$PORT"
	ask queued4 open
	peer queued6 tcp6 ::1 "$PORT"
	ask queued6 open
	startup
	for ((TRIED = 0; ; )); do
		now && began=$REPLY
		seconds $limit
		connect s -w "$REPLY" localhost "$PORT"
		finish s
		assert_equal "$status" 124
		assert_equal "${#lines[@]}" 1
		assert_regex "$output" "^sockcat: connect to (127.0.0.1|::1) $(:
		)port $PORT .tcp. failed: Connection timed out $(:
		)\(--connect-timeout\)\$"
		passed "$began" $limit
		! in_time "$STARTUP" || break
	done
}

### Idle sessions

# met_noun ROLE KIND: how messages name the other side of what meet has made.
met_noun() {
	noun "$2"
	case $1-$2 in
	server-tcp?) REPLY='* port * (tcp)' ;;
	server-seqpacket) REPLY='* (unix seqpacket)' ;;
	esac
}

@test "a session in which nothing moves ends by --idle-timeout, or -w" {
	local role kind name
	declare -A noun_of=()
	for role in client server; do
		for kind in "${KINDS[@]}"; do
			name=$role-$kind
			meet "$name" "p-$name" $role "$kind" --idle-timeout=0.1
			met_noun $role "$kind"
			noun_of[$name]=$REPLY
		done
	done
	for name in "${!noun_of[@]}"; do
		times_out_idle "$name" "${noun_of[$name]}"
	done
	meet s p client unix -w .05
	noun unix
	times_out_idle s "$REPLY"
}

# idles_out [COMMAND...]: it ends so long after the last byte, with this done
# between.
idles_out() {
	local began
	for ((TRIED = 0; ; )); do
		meet s p client tcp4 --idle-timeout=0.5
		now && began=$REPLY
		ask p send:x
		get s x
		"$@"
		noun tcp4
		times_out_idle s "$REPLY"
		passed "$began" 500
		bye p
		! in_time || break
	done
}

@test "it ends so long after the last byte" {
	idles_out
}

# postpone UP DOWN: sessions for longer than their idle time of 1 s, with a byte
# now and then in one direction; SLOW if this machine was, and it means nothing.
postpone() {
	local turn
	meet "$1" "p-$1" client tcp4 --idle-timeout=$LONGER
	meet "$2" "p-$2" server unix --idle-timeout=$LONGER
	now && LAST=$REPLY SLOW=
	for turn in 1 2 3; do
		seconds $((350 * LONGER)) && pause "$REPLY"
		now && SLOW=$((REPLY - LAST > 500000 * LONGER))
		((SLOW == 0)) || return 0
		LAST=$REPLY
		put "$1" "$turn"
		tell "p-$2" "send:$turn"
		ask "p-$1" "expect:$turn"
		answer "p-$2"
		get "$2" "$turn"
	done
}

@test "a byte in either direction postpones the end" {
	local try name
	for try in 1 2 3 4 5 6 7 8 9; do
		postpone "up$try" "down$try"
		((SLOW == 1)) || break
		for name in "up$try" "down$try"; do
			kill -TERM "${PID[$name]}" || true
			finish "$name"
		done
	done
	times_out_idle "up$try" '127.0.0.1 port * (tcp)'
	passed "$LAST" $((LONGER * 1000))
	times_out_idle "down$try" '*/down* (unix)'
	passed "$LAST" $((LONGER * 1000))
}

# stopped_for_long NAME: for most of its idle time.
stopped_for_long() {
	await is_asleep "$1"
	freeze "$1"
	pause 0.4
	thaw "$1"
}

@test "a time in which the run was stopped is no longer for it" {
	idles_out stopped_for_long s
}

@test "what came while the run was stopped came in time" {
	meet s p client tcp4 --idle-timeout=1
	freeze s
	ask p send:hello
	pause 1.05
	thaw s
	get s hello
	noun tcp4
	times_out_idle s "$REPLY"
	bye p
}

@test "--idle-timeout has more to say than -w, wherever it stands" {
	meet a pa client tcp4 -w 3600 --idle-timeout=0.02
	noun tcp4
	times_out_idle a "$REPLY"
	meet b pb client tcp4 --idle-timeout=0.02 -w 3600
	noun tcp4
	times_out_idle b "$REPLY"
	meet c pc client unix --idle-timeout=3600 -w 0.02
	meet d pd server tcp4 -w 0.02 --idle-timeout=3600
	pause 0.1
	stop c
	stop d
}

@test "a session that is stalled is idle: with all full, it is 124" {
	local kind
	declare -A noun_of=()
	for kind in "${KINDS[@]}"; do
		meet "$kind" "peer-$kind" client "$kind" --idle-timeout=0.6
		noun "$kind" && noun_of[$kind]=$REPLY
		fill "$kind"
		ask "peer-$kind" "fill:${PID[$kind]}"
	done
	for kind in "${KINDS[@]}"; do
		times_out_idle "$kind" "${noun_of[$kind]}"
	done
}

@test "-q does not make a stalled peer a good one: 124" {
	[[ -z ${PORTABLE-} ]] || skip 'what is acknowledged: Linux only'
	pattern 300000 >in
	peer p -l tcp4
	connect s -q 0.02 --idle-timeout=0.2 "${ADDR[@]}" <in
	ask p open
	noun tcp4
	times_out_idle s "$REPLY"
}

@test "datagrams: a message that could not be sent is 124" {
	local option
	for option in '' -c; do
		peer "p$option" -l unixdgram "$PWD/sock$option"
		hold_in "s$option"
		connect "s$option" -u $option --idle-timeout=0.6 "${ADDR[@]}"
		put "s$option" x
		ask "p$option" expect:x
		fill "s$option"
	done
	for option in '' -c; do
		times_out_idle "s$option" "$PWD/sock$option (unix dgram)"
	done
}

@test "datagrams: idle, after all was sent, is 0" {
	local option
	for option in '' -c; do
		peer p -l udp4
		hold_in s
		put s hello
		connect s -u $option -w 0.1 "${ADDR[@]}"
		ask p expect:hello
		succeeds s
		bye p
	done
}

@test "the wait for a peer is not idle, nor is that for a datagram" {
	local name
	listen s -w 0.02 127.0.0.1 0
	peer p tcp4 "${ADDR[@]}"
	listen t --idle-timeout=0.02 ./sock
	peer q unix "${ADDR[@]}"
	listen u -u -w 0.02 127.0.0.1 0
	peer r udp4 "${ADDR[@]}"
	listen v -u -c -w 0.02 127.0.0.1 0
	peer o udp4 "${ADDR[@]}"
	pause 0.1
	for name in s t u v; do
		is_running $name
	done
	ask p open
	times_out_idle s '127.0.0.1 port * (tcp)'
	ask q open
	times_out_idle t './sock (unix)'
	ask r send:x
	succeeds u
	ask o send:x
	succeeds v
}

@test "-k: an idle peer is reported, and the next one served" {
	hold_out s
	listen s -k --idle-timeout=0.2 127.0.0.1 0
	peer p tcp4 "${ADDR[@]}"
	ask p open
	await heard s '(--idle-timeout)'
	peer q tcp4 "${ADDR[@]}"
	ask q send:hello
	get s hello
	kill -TERM "${PID[s]}"
	finish s
	assert_equal "$status" 143
	assert_regex "${lines[0]}" "^sockcat: session with 127\\.0\\.0\\.1 $(:
	)port [0-9]+ .tcp. failed: Connection timed out \\(--idle-timeout\\)\$"
}

### After the end of stdin

@test "-q is so long after the end of stdin, and 0" {
	local began kind
	for ((TRIED = 0; ; )); do
		meet s p client tcp4 -q 0.1
		ask p send:hello
		get s hello
		now && began=$REPLY
		end s
		ask p expect-eof
		succeeds s
		passed "$began" 100
		bye p
		! in_time || break
	done
	for kind in tcp6 unix seqpacket; do
		meet $kind "peer-$kind" server $kind -q .01
		end $kind
		succeeds $kind
		meet $kind "other-$kind" client $kind -q 0
		end $kind
		succeeds $kind
	done
}

@test "datagrams: after the end of stdin, a second of silence, and 0" {
	local name
	declare -A last=()
	for name in silent answered answered-c; do
		peer "p-$name" -l udp4
		hold_both "$name"
		# shellcheck disable=SC2046 # an option, or none
		connect "$name" -u $([[ $name != *-c ]] || echo -c) "${ADDR[@]}"
		put "$name" hello
		ask "p-$name" expect:hello
	done
	for name in silent answered answered-c; do
		now && last[$name]=$REPLY
		end "$name"
	done
	((LONGER > 1)) || pause 0.3
	for name in answered answered-c; do
		now && last[$name]=$REPLY
		ask "p-$name" send:world
		get "$name" world
	done
	for name in "${!last[@]}"; do
		succeeds "$name"
		passed "${last[$name]}" 1000
		((LATEST < 900000 + LATE)) || fail "$name: $LATEST us late"
	done
}

@test "datagrams: -q sets another time, and so does -w" {
	local option began
	startup
	for option in '-q 0' '-q .05' '-w .05' --idle-timeout=0.05; do
		peer p -l udp4
		hold_in s
		# shellcheck disable=SC2086 # several words
		connect s -u $option "${ADDR[@]}"
		put s hello
		ask p expect:hello
		now && began=$REPLY
		end s
		succeeds s
		passed "$began" 0
		((LATEST < 900000 + LATE)) || fail "it took $LATEST us"
		bye p
	done
}
