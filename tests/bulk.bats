# Much at once: streams that move by pages, straight from pipe to socket or by
# way of a pipe of sockcat's own, and datagrams of one size that move many in a
# call. Every byte and every boundary is where it was, in both directions at
# once, with a slow reader, and where pages cannot be moved any more in the
# middle of it; and the memory it takes does not grow.

# helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154
load helper

STREAMS=('127.0.0.1 0' '::1 0' ./sock)
SIZE=4194304

# each FUNCTION: call it with an address of each kind of stream in AT.
each() {
	local place
	pattern $SIZE >sent
	for place in "${STREAMS[@]}"; do
		read -ra AT <<<"$place"
		"$1"
	done
}

# copied FILE: it is what was sent.
copied() {
	cmp sent "$1"
}

file_to_file() {
	listen s "${AT[@]}" <sent
	connect c "${ADDR[@]}" <sent
	succeeds c
	succeeds s
	copied c.out
	copied s.out
}

@test "file to file, both ways" {
	each file_to_file
}

pipe_to_pipe() {
	hold_in c
	hold_out s
	listen s "${AT[@]}"
	connect c "${ADDR[@]}"
	cat sent >&"${PUT[c]}" 3>&- &
	end c
	rest s got
	wait $!
	succeeds c
	succeeds s
	copied got
}

@test "pipe to pipe" {
	each pipe_to_pipe
}

# The server gives back what it gets, and the client's reader takes it in small
# pieces, so that each of the four is full at some time.
through_an_echo() {
	local i
	mkfifo back
	exec {back}<>back
	send_out s back
	hold_out c
	listen s "${AT[@]}" <back
	exec {back}>&-
	connect c "$@" "${ADDR[@]}" <sent
	for i in {1..20}; do
		take c 5000 "part.$i"
	done
	rest c part.rest
	succeeds c
	succeeds s
	cat part.{1..20} part.rest >got
	copied got
	rm back part.*
}

@test "through an echo server, to a slow reader" {
	each through_an_echo
}

appended() {
	echo before >log
	exec {log}>>log
	THEIR_OUT[s]=$log
	listen s "${AT[@]}"
	connect c "${ADDR[@]}" <sent
	succeeds c
	succeeds s
	{ echo before && cat sent; } | cmp - log
}

# There splice(2) gives up, when our pipe has been filled.
@test "a file that is appended to" {
	each appended
}

# Of 1 MiB, by the limit.
no_room() {
	peer "p$1" -l "$@"
	hold_in "s$1"
	connect "s$1" "${ADDR[@]}"
	tell "p$1" "pattern:$SIZE"
	fails "s$1" 'write to stdout failed: File too large'
	head -c 1048576 sent | cmp - "s$1.out"
}

@test "a file that takes no more, in the middle" {
	pattern $SIZE >sent
	# shellcheck disable=SC2016 # it is the shell's
	WRAP_WORDS=(bash -c 'ulimit -f 1024 && exec "$@"' - "${WRAP_WORDS[@]}")
	no_room tcp4
	no_room unix "$PWD/p"
}

reader_leaves() {
	hold_out s
	listen s "${AT[@]}"
	connect c "${ADDR[@]}" <sent
	take s 100000 part
	head -c 100000 sent | cmp - part
	drop_out s
	fails s 'write to stdout failed: Broken pipe'
	finish c
	((status == 1)) || fail "c ends with $status: $output"
}

@test "stdout's reader leaves in the middle" {
	each reader_leaves
}

@test "a reset behind much data, to a file" {
	local kind
	for kind in tcp4 tcp6; do
		peer "p$kind" -l $kind
		hold_in "s$kind"
		connect "s$kind" "${ADDR[@]}"
		ask "p$kind" pattern:1000000
		ask "p$kind" acked
		ask "p$kind" reset
		fails "s$kind" 'read from * failed: Connection reset by peer'
		pattern 1000000 | cmp - "s$kind.out"
	done
}

# feed NAME: all of sent to its stdin, or as much as it takes.
feed() {
	{ cat sent 2>/dev/null || :; } >&"${PUT[$1]}" 3>&- &
	end "$1"
}

# kept_to_itself KIND WAY [OPTION...]: stdin is a file, or a pipe.
kept_to_itself() {
	local kind=$1 way=$2
	shift 2
	peer p -l "$kind"
	[[ $way == file ]] || hold_in s
	connect s "$@" "${ADDR[@]}" <sent
	[[ $way == file ]] || feed s
	ask p recv-pattern:1000
	ask p reset
	fails s '* failed: Connection reset by peer'
	bye p
	[[ $way == file ]] || wait $!
}

@test "a reset that splice(2) has met half-way, and kept to itself" {
	local kind way options
	losing splice
	pattern $SIZE >sent
	for kind in tcp4 tcp6; do
		for way in file pipe; do
			for options in '' -N -Q '-Q --no-shutdown'; do
				# shellcheck disable=SC2086 # several words
				kept_to_itself $kind $way $options
			done
		done
	done
}

# kept_behind_all KIND WAY [OPTION...]: stdin has ended by then, or goes on.
kept_behind_all() {
	local kind=$1 way=$2
	shift 2
	hold_in s
	peer p -l "$kind"
	put s all
	[[ $way == open ]] || end s
	connect s "$@" "${ADDR[@]}"
	ask p expect:all
	ask p reset
	fails s '* failed: Connection reset by peer'
	[[ $way == ended ]] || end s
	bye p
}

@test "such a reset behind all there is, with nothing to follow" {
	local kind way options
	losing splice
	for kind in tcp4 tcp6; do
		for way in open ended; do
			for options in '' -Q --no-shutdown '-Q --no-shutdown'; do
				# shellcheck disable=SC2086 # several words
				kept_behind_all $kind $way $options
			done
		done
	done
}

# The kernel does not move pages past an urgent byte: it has to be read.
urgent() {
	local kind
	for kind in tcp4 tcp6; do
		peer "p$kind" -l "$kind"
		hold_in "c$kind"
		[[ $1 == file ]] || hold_out "c$kind"
		connect "c$kind" "${ADDR[@]}"
		ask "p$kind" pattern:300000
		ask "p$kind" urgent:now
		ask "p$kind" send:then
		ask "p$kind" urgent:again
		ask "p$kind" half-close
		end "c$kind"
		[[ $1 == file ]] || rest "c$kind" "c$kind.out"
		succeeds "c$kind"
		{ pattern 300000 && printf nowthenagain; } |
			cmp - "c$kind.out"
	done
}

@test "urgent bytes, to a file" {
	urgent file
}

@test "urgent bytes, to a pipe" {
	urgent pipe
}

# Behind much the source reports only much: a little has to be looked for.
@test "a little behind much, with nothing to follow" {
	local kind
	pattern 3000000 >much
	for kind in tcp4 tcp6 unix; do
		meet "c$kind" "p$kind" client $kind
		tell "p$kind" pattern:3000000
		tell "p$kind" send:a
		take "c$kind" 3000000 got
		cmp much got
		get "c$kind" a
		answer "p$kind"
		answer "p$kind"
		ask "p$kind" send:b
		get "c$kind" b
		put "c$kind" c
		ask "p$kind" expect:c
		ask "p$kind" half-close
		get_eof "c$kind"
		end "c$kind"
		succeeds "c$kind"
	done
}

every_peer() {
	local i
	listen s -k "${AT[@]}" <sent
	for i in 1 2 3; do
		connect c$i "${ADDR[@]}"
		succeeds c$i
		copied c$i.out
	done
	stop s
}

@test "-k: every peer is sent a large file" {
	each every_peer
}

# descriptors NAME: how many it has open, in REPLY.
descriptors() {
	local fds=("/proc/${PID[$1]}/fd/"*)
	REPLY=${#fds[@]}
}

@test "-k: peer after peer, no descriptor is left open" {
	local i before
	pattern $SIZE >sent
	listen s -k 127.0.0.1 0 <sent
	for i in 1 2 3; do
		peer p$i tcp4 "${ADDR[@]}"
		ask p$i "recv-pattern:$SIZE"
		descriptors s
		((i == 1)) && before=$REPLY
		assert_equal "$REPLY" "$before"
		ask p$i close
	done
	stop s
}

# resident NAME: the most memory that it has had, in kB, in REPLY.
resident() {
	local word
	while read -r word REPLY; do
		[[ $word != VmHWM: ]] || break
	done <"/proc/${PID[$1]}/status"
	REPLY=${REPLY% kB}
}

@test "memory: 4 MiB at most, with much behind a reader who has stopped" {
	[[ -z ${SANITIZE-} ]] || skip 'the sanitizers take more'
	((${#WRAP_WORDS[@]} == 0)) || skip 'the wrapper takes more'
	local name
	pattern $((4 * SIZE)) >sent
	for AT in '127.0.0.1 0' "$PWD/unix"; do
		hold_both c
		# shellcheck disable=SC2086 # two words, or one
		listen s $AT <sent
		connect c "${ADDR[@]}"
		take c 6000000 part
		await is_asleep s
		await is_asleep c
		for name in s c; do
			resident "$name"
			((REPLY <= 4096)) || fail "$name took $REPLY kB"
		done
		end c
		rest c part
		succeeds c
		succeeds s
	done
}

@test "stdin and stdout are left blocking" {
	pattern $SIZE >sent
	hold_both c
	listen s 127.0.0.1 0 <sent
	connect c "${ADDR[@]}"
	take c 1000000 part
	is_blocking c 0
	is_blocking c 1
	end c
	rest c part
	succeeds c
	succeeds s
}

### Datagrams of one size

# sizes FILE SIZE: the messages that FILE makes, one size a line.
sizes() {
	local bytes
	bytes=$(wc -c <"$1")
	for ((; bytes > 0; bytes -= $2)); do
		echo $((bytes < $2 ? bytes : $2))
	done
}

# The network's own queue holds so many.
@test "--size: every message is of that size, and the last one shorter" {
	local kind size
	pattern 30011 >sent
	for kind in udp4 udp6; do
		for size in 1000 1 7 1472 20000 30010; do
			((size > 10)) || head -c 100 sent >few
			((size <= 10)) || cp sent few
			peer p -l $kind
			connect c -u -q 0 --size=$size "${ADDR[@]}" <few
			while read -r REPLY; do
				ask p "expect-pattern:$REPLY"
			done < <(sizes few $size)
			succeeds c
			ask p quiet
			bye p
		done
	done
}

# Each one is a line to the other side, also where they come together.
@test "-L: each of many that come together is a line" {
	local at
	for at in 127.0.0.1 ::1; do
		listen s -u -L -W 34 $at 0
		printf 'aa\nbbbc\nd' | sockcat -u -q 0 --size=3 "${ADDR[@]}"
		{ seq 1001 1030 | tr -d '\n' && printf x; } |
			sockcat -u -q 0 --size=4 "${ADDR[@]}"
		succeeds s
		{ printf 'aa\nbbb\nc\nd\n' && seq 1001 1030 && echo x; } |
			cmp - s.out
	done
}

@test "-W: no more than so many, where more come together" {
	local count
	for count in 1 2 29 30; do
		listen s -u -L -W $count 127.0.0.1 0
		seq 1001 1030 | tr -d '\n' |
			sockcat -u -q 0 --size=4 "${ADDR[@]}"
		succeeds s
		seq 1001 $((1000 + count)) | cmp - s.out
		listen s -u -W $count 127.0.0.1 0
		seq 1001 1030 | tr -d '\n' |
			sockcat -u -q 0 --size=4 "${ADDR[@]}"
		succeeds s
		seq 1001 $((1000 + count)) | tr -d '\n' | cmp - s.out
	done
}

@test "-v -v: each of them is told" {
	listen s -u -v -v -W 31 127.0.0.1 0
	{ seq 1001 1030 && echo; } | tr -d '\n' >sent
	printf x >>sent
	sockcat -u -q 0 --size=4 "${ADDR[@]}" <sent
	finish s
	((status == 0))
	assert_equal "$(grep -c '^Message of 4 bytes from 127' s.err)" 30
	assert_equal "$(grep -c '^Message of 1 bytes from 127' s.err)" 1
}

# A route that does not carry a message whole: there the kernel will not cut.
@test "--size beyond what the link carries" {
	local i
	own_net
	inside ip link set lo mtu 1500
	pattern 60000 >sent
	peer p -l udp4
	connect c -u -q 0 --size=3000 "${ADDR[@]}" <sent
	for i in {1..20}; do
		ask p expect-pattern:3000
	done
	succeeds c
	bye p
}

### Datagrams of any size that come together

UDP=('127.0.0.1 0' '::1 0')

# frozen_listener OPTION...: it finds at once all that p and q send it, whose
# kind is KIND; its stdin and stdout are held.
frozen_listener() {
	hold_both s
	listen s -u "$@" "${AT[@]}"
	KIND=udp4
	[[ ${AT[0]} != ::1 ]] || KIND=udp6
	peer p $KIND "${ADDR[@]}"
	peer q $KIND "${ADDR[@]}"
	freeze s
}

whole_and_in_order() {
	local name i text='' told=()
	read -ra AT <<<"$1"
	frozen_listener -v -v
	for name in p p q p q q q p p p p p q; do
		for i in 1 22 '' 333; do
			ask $name send:"$i"
			text+=$i
			told+=("${#i} $name")
		done
	done
	thaw s
	get s "$text"
	dismiss s
	# Whoever is the second to be told of is q.
	sed -n 's/^Message of \(.*\) bytes from .* \(.*\)$/\1 \2/p' s.err |
		awk 'NR == 1 { p = $2 } { print $1, $2 == p ? "p" : "q" }' |
		diff - <(printf '%s\n' "${told[@]}")
	bye p
	bye q
}

@test "messages are whole, in order, and told of" {
	local place
	for place in "${UDP[@]}"; do
		whole_and_in_order "$place"
	done
}

answered_between() {
	local message
	read -ra AT <<<"$1"
	frozen_listener
	put s answer
	for message in p1 p2; do
		ask p send:$message
	done
	ask q send:q1
	thaw s
	get s p1p2q1
	ask p expect:answer
	ask q quiet
	stop s
	bye p
	bye q
}

@test "who has spoken is answered before another one is heard" {
	local place
	for place in "${UDP[@]}"; do
		answered_between "$place"
	done
}

# Behind a pipe that is no FIFO what has come is written in the same turn.
answered_before_the_count() {
	local out ours pid
	read -ra AT <<<"$1"
	coproc reader { exec cat >got 3>&-; }
	pid=$! ours=${reader[1]}
	exec {out}>&"$ours" {ours}>&-
	THEIR_OUT[s]=$out
	hold_in s
	listen s -u -W 2 "${AT[@]}"
	peer p "$2" "${ADDR[@]}"
	freeze s
	put s answer
	ask p send:one
	ask p send:two
	thaw s
	ask p expect:answer
	succeeds s
	end s
	bye p
	wait "$pid"
	holds got onetwo
}

@test "-W: who has spoken is answered before the last one is heard" {
	answered_before_the_count '127.0.0.1 0' udp4
	answered_before_the_count '::1 0' udp6
}

@test "-c -k: what a session leaves is the next one's" {
	local place
	for place in "${UDP[@]}"; do
		read -ra AT <<<"$place"
		frozen_listener -c -k -d -E
		ask p send:one
		ask p send:
		ask p send:two
		ask p send:
		ask p send:three
		thaw s
		get s onetwothree
		stop s
		bye p
		bye q
	done
}

# More than a pipe holds, and then more than have been fetched.
behind_a_stalled_reader() {
	local i
	read -ra AT <<<"$1"
	frozen_listener -d
	for i in {1..80}; do
		ask p pattern:1400
	done
	thaw s
	await is_asleep s
	take s 112000 got
	cmp sent got
	ask p send:more
	get s more
	stop s
	bye p
	bye q
}

@test "messages behind a reader who has stopped" {
	local place
	pattern 112000 >sent
	for place in "${UDP[@]}"; do
		behind_a_stalled_reader "$place"
	done
}

@test "a session that is over has written all that had come" {
	local i kind
	pattern 112000 >sent
	for kind in udp4 udp6; do
		peer p -l $kind
		hold_both c
		connect c -u -q 0 "${ADDR[@]}"
		put c hello
		ask p expect:hello
		freeze c
		for i in {1..80}; do
			ask p pattern:1400
		done
		end c
		thaw c
		await is_asleep c
		rest c got
		succeeds c
		cmp sent got
		bye p
	done
}

# writes BYTES: where each of the writes ended that so many came in.
writes() {
	# shellcheck disable=SC2016 # it is perl's
	"$PEERS/within" "$LIMIT" perl -e '
		while ($all < $ARGV[0]) {
			my $got = sysread(STDIN, $_, 65536);
			die "a write of $got bytes" if $got > 4096;
			$all += $got;
			print "$all\n";
		}
	' "$1" <&"${GET[s]}" 3>&- 4>&-
}

# whole_writes NEWLINE SIZE...: thrice messages of these sizes; NEWLINE is 1
# where each gets one.
whole_writes() {
	local newline=$1 size sum=0 options=(-d)
	((newline == 0)) || options+=(-L)
	shift
	hold_out s
	packets "${THEIR_OUT[s]}"
	listen s -u "${options[@]}" 127.0.0.1 0
	peer p udp4 "${ADDR[@]}"
	freeze s
	for size in "$@" "$@" "$@"; do
		ask p "pattern:$size"
		echo $((sum += size + newline))
	done >ends
	thaw s
	writes $sum >written
	run -1 grep -v -x -F -f ends written
	assert_output ''
	stop s
	bye p
}

# pipe(7): a write of up to PIPE_BUF bytes is in one piece, whoever else writes.
@test "what others write to the pipe comes between messages" {
	whole_writes 0 1000 1000 1000 1000 96 1 4096 1400 1400 1400
	whole_writes 1 1000 2047 2048 2047 100 3994 3995 1400
}

# Its queue holds few: while it is full, the next ones do not wait for long.
lines_to_unix() {
	listen s -u -L -W 2000 "$PWD/s"
	connect c -u -L -q 0 "$@" "${ADDR[@]}" <sent
	succeeds c
	succeeds s
	cmp sent s.out
}

@test "-L: many lines to a UNIX socket are not slow" {
	seq 2000 >sent
	lasts 0 500 lines_to_unix
	lasts 0 500 lines_to_unix -c
}
