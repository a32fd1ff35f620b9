# Messages, as scripts want them: a line each way (-L), pieces of a size, so
# many and no more (-W), with a marker at the end (-E); CRLF for LF (-C), and a
# line at a time (-i). Over UDP, UNIX datagrams and seqpackets alike. None is
# lost, joined or cut: what cannot be one is an error that tells which line it
# was; and leaving early does not leave behind what was read from stdin.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153
load helper

KINDS=(udp4 udp6 unixdgram seqpacket)

# kind KIND NAME: what a listener of that kind and name is asked with, in WORDS,
# and where it is to be, in AT.
kind() {
	WORDS=(-u)
	AT=("$PWD/$2.sock")
	case $1 in
	udp4) AT=(127.0.0.1 0) ;;
	udp6) AT=(::1 0) ;;
	seqpacket) WORDS=(--type=seqpacket) ;;
	tcp4) WORDS=() AT=(127.0.0.1 0) ;;
	unix) WORDS=() ;;
	esac
}

# sends KIND FILE OPTION...: a client c-KIND sends FILE to peer p-KIND.
sends() {
	kind "$1" "p-$1"
	peer "p-$1" -l "$1" "${AT[@]}"
	connect "c-$1" "${WORDS[@]}" -q 0 "${@:3}" "${ADDR[@]}" <"$2"
}

# receives KIND OPTION...: a listener s-KIND, stdin and stdout held.
receives() {
	kind "$1" "s-$1"
	hold_both "s-$1"
	listen "s-$1" "${WORDS[@]}" "${@:2}" "${AT[@]}"
}

# meets KIND OPTION...: a client c-KIND of peer p-KIND, stdin and stdout held.
meets() {
	kind "$1" "p-$1"
	hold_both "c-$1"
	peer "p-$1" -l "$1" "${AT[@]}"
	connect "c-$1" "${WORDS[@]}" "${@:2}" "${ADDR[@]}"
}

# gets KIND MESSAGE...: p-KIND has been sent these.
gets() {
	local message
	for message in "${@:2}"; do
		ask "p-$1" "expect:$message"
	done
}

# gets_no_more KIND: nor is there an end marker.
gets_no_more() {
	if [[ $1 == seqpacket ]]; then
		ask "p-$1" expect-eof
	else
		ask "p-$1" quiet
	fi
}

# noun KIND: how messages of failure name the place at ADDR; in REPLY.
noun() {
	case $1 in
	udp?) REPLY="$HOST port $PORT (udp)" ;;
	unixdgram) REPLY="$HOST (unix dgram)" ;;
	*) REPLY="$HOST (unix $1)" ;;
	esac
}

### Lines

@test "-L: a line is a message, without its newline" {
	local kind
	printf 'one\n\n two \r\n\nlast' >lines
	printf '\n' >line
	for kind in "${KINDS[@]}"; do
		sends "$kind" lines -L
		gets "$kind" one '' $' two \r' '' last
		succeeds "c-$kind"
		gets_no_more "$kind"
		bye "p-$kind"
		rm -f -- *.sock
		sends "$kind" line -L
		gets "$kind" ''
		succeeds "c-$kind"
		gets_no_more "$kind"
	done
}

@test "-L: however stdin is read" {
	local kind
	for kind in "${KINDS[@]}"; do
		meets "$kind" -L -q 0
		put "c-$kind" $'one\nt'
		gets "$kind" one
		put "c-$kind" w
		await is_asleep "c-$kind"
		put "c-$kind" $'o\n'
		gets "$kind" two
		put "c-$kind" thr
		await is_asleep "c-$kind"
		put "c-$kind" ee
		end "c-$kind"
		gets "$kind" three
		succeeds "c-$kind"
		gets_no_more "$kind"
	done
}

@test "-L: a message is written as a line" {
	local kind
	for kind in "${KINDS[@]}"; do
		receives "$kind" -L -W 5
		"$PEERS/within" -c "$LIMIT" "$PEERS/peer" "$kind" "${ADDR[@]}" \
			-- send:one send: $'send:two\n' $'send:a\nb' $'send:\n'
		get "s-$kind" $'one\n\ntwo\na\nb\n\n'
		get_eof "s-$kind"
		succeeds "s-$kind"
	done
}

@test "-L -E: many lines, both ways at a time" {
	local kind lines
	for kind in "${KINDS[@]}"; do
		# What the network's own queues hold; the others wait.
		lines=2000
		[[ $kind != udp? ]] || lines=100
		seq -f "up %g" $lines >up
		seq -f "down %g" $lines >down
		kind "$kind" s
		listen s "${WORDS[@]}" -L -E "${AT[@]}" <down
		connect c "${WORDS[@]}" -L -E "${ADDR[@]}" <up
		succeeds c
		succeeds s
		cmp up s.out
		cmp down c.out
	done
}

@test "a line that is too long is an error, with its number" {
	local kind noun
	{
		printf 'one\n\n'
		pattern 65528 | tr '\n' x
		printf '\nfour\n'
	} >lines
	{
		printf 'one\n\n'
		head -c 400000 /dev/zero
	} >endless
	for kind in "${KINDS[@]}"; do
		if [[ $kind == udp? ]]; then
			sends "$kind" lines -L
		else
			sends "$kind" endless -L
		fi
		noun "$kind" && noun=$REPLY
		gets "$kind" one ''
		fails "c-$kind" \
			"send line 3 of stdin to $noun failed: Message too long"
		gets_no_more "$kind"
	done
}

### Sizes

@test "--size: pieces of just that, the last one shorter" {
	local kind
	pattern 10000 >in
	for kind in "${KINDS[@]}"; do
		sends "$kind" in --size=3k
		ask "p-$kind" expect-pattern:3072
		ask "p-$kind" expect-pattern:3072
		ask "p-$kind" expect-pattern:3072
		ask "p-$kind" expect-pattern:784
		succeeds "c-$kind"
		gets_no_more "$kind"
	done
}

@test "--size: however stdin is read; what is received stays whole" {
	local kind
	for kind in "${KINDS[@]}"; do
		meets "$kind" --size 4 -q 0
		put "c-$kind" ab
		await is_asleep "c-$kind"
		put "c-$kind" $'cdefg\nij'
		gets "$kind" abcd
		ask "p-$kind" recv:4
		ask "p-$kind" send:0123456789
		get "c-$kind" 0123456789
		put "c-$kind" kl
		gets "$kind" ijkl
		end "c-$kind"
		succeeds "c-$kind"
		gets_no_more "$kind"
	done
}

### Counts

@test "-W: so many, and no more" {
	local kind
	for kind in "${KINDS[@]}"; do
		receives "$kind" -W 3
		peer "q-$kind" "$kind" "${ADDR[@]}"
		ask "q-$kind" send:one
		get "s-$kind" one
		freeze "s-$kind"
		ask "q-$kind" send:
		ask "q-$kind" send:three
		ask "q-$kind" send:four
		thaw "s-$kind"
		get "s-$kind" three
		get_eof "s-$kind"
		succeeds "s-$kind"
	done
}

@test "-W: a client waits for them, however silent it is" {
	local kind
	printf hello >hello
	for kind in "${KINDS[@]}"; do
		kind "$kind" "p-$kind"
		peer "p-$kind" -l "$kind" "${AT[@]}"
		connect "c-$kind" "${WORDS[@]}" -W 2 "${ADDR[@]}" <hello
		gets "$kind" hello
		ask "p-$kind" send:one
	done
	pause 1.1
	for kind in "${KINDS[@]}"; do
		ask "p-$kind" send:two
		succeeds "c-$kind"
		holds "c-$kind.out" onetwo
	done
}

@test "-W: fewer than that is 1 at the end of file, 124 when idle" {
	local kind
	kind seqpacket p
	peer p -l seqpacket "${AT[@]}"
	connect c "${WORDS[@]}" -W 2 "${ADDR[@]}"
	ask p send:one
	ask p close
	fails c 'session with * (unix seqpacket) failed: * 1 of 2 messages *'
	holds c.out one
	for kind in "${KINDS[@]}"; do
		receives "$kind" -W 2 -w 0.05
		peer "q-$kind" "$kind" "${ADDR[@]}"
		ask "q-$kind" send:one
		finish "s-$kind"
		assert_equal "$status" 124
		assert_output --regexp \
			'^sockcat: session with .* timed out \(--idle-'
		get "s-$kind" one
	done
	meets udp4 -W 1 -q 0.02
	end c-udp4
	fails c-udp4 'session with * (udp) failed: * 0 of 1 messages (--count)'
}

# The peer reads nothing until the message has come that ends it: part of stdin
# is on its way by then, part has been read, and part has not.
@test "-W: what was read from stdin is sent first" {
	local kind in written
	for kind in unixdgram seqpacket; do
		meets $kind -W 1 --size=1k
		pattern 1024 >&"${PUT[c-$kind]}"
		ask p-$kind expect-pattern:1024
		fill c-$kind
		written=$REPLY
		exec {in}<"c-$kind.in"
		ask p-$kind send:enough
		get c-$kind enough
		get_eof c-$kind
		await is_asleep c-$kind
		end c-$kind
		ask p-$kind "recv:$((written - $(wc -c <&"$in")))"
		succeeds c-$kind
		gets_no_more $kind
		exec {in}<&-
	done
}

# The rest of the line is not waited for: it is sent as it is, also by -i.
@test "idle: what was read of a line, or a piece, is sent first" {
	local kind option=(-L --size=4 -i0)
	for kind in udp4 udp6 unixdgram; do
		meets "$kind" --idle-timeout=0.1 "${option[0]}"
		option=("${option[@]:1}")
		put "c-$kind" onetwothree
		succeeds "c-$kind"
		ask "p-$kind" recv:11
		gets_no_more "$kind"
		end "c-$kind"
	done
}

### The end marker

@test "-E: an empty message at the end of stdin" {
	local kind
	printf hello >hello
	: >nothing
	for kind in "${KINDS[@]}"; do
		sends "$kind" hello -E
		gets "$kind" hello ''
		succeeds "c-$kind"
		gets_no_more "$kind"
		bye "p-$kind"
		rm -f -- *.sock
		sends "$kind" nothing -E
		gets "$kind" ''
		succeeds "c-$kind"
		gets_no_more "$kind"
	done
}

@test "-E: a received one ends what is received, and only that" {
	local kind
	for kind in "${KINDS[@]}"; do
		meets "$kind" -E
		put "c-$kind" one
		gets "$kind" one
		ask "p-$kind" send:answer
		ask "p-$kind" send:
		get "c-$kind" answer
		get_eof "c-$kind"
		put "c-$kind" two
		gets "$kind" two
		end "c-$kind"
		gets "$kind" ''
		succeeds "c-$kind"
		# Without -E it is a message as any other.
		receives "$kind" -W 2
		peer "q-$kind" "$kind" "${ADDR[@]}"
		ask "q-$kind" send:
		ask "q-$kind" send:x
		get "s-$kind" x
		succeeds "s-$kind"
	done
}

@test "-E: it ends a listener, and one with -Q though stdin has not ended" {
	local kind
	for kind in "${KINDS[@]}"; do
		kind "$kind" s
		listen s "${WORDS[@]}" -E "${AT[@]}"
		peer "q-$kind" "$kind" "${ADDR[@]}"
		ask "q-$kind" send:one
		ask "q-$kind" send:two
		ask "q-$kind" send:
		ask "q-$kind" expect:
		succeeds s
		holds s.out onetwo
		meets "$kind" -E -Q
		put "c-$kind" one
		gets "$kind" one
		ask "p-$kind" send:
		succeeds "c-$kind"
		get_eof "c-$kind"
	done
}

@test "-E -k: after it comes the next peer" {
	local kind name
	printf 'an\nswer\n' >answer
	for kind in udp4 unixdgram seqpacket; do
		kind $kind s-$kind
		[[ $kind == seqpacket ]] || WORDS+=(-c)
		hold_out s-$kind
		listen s-$kind -k -E -L "${WORDS[@]}" "${AT[@]}" <answer
		for name in one two; do
			[[ $kind == seqpacket ]] || await is_unconnected s-$kind
			peer $name-$kind $kind "${ADDR[@]}"
			ask $name-$kind send:$name
			get s-$kind $name$'\n'
			ask $name-$kind expect:an
			ask $name-$kind expect:swer
			ask $name-$kind expect:
			ask $name-$kind send:
		done
		stop s-$kind
	done
}

@test "-E: an empty line would be taken for it, and is an error" {
	local kind noun
	printf 'one\n\ntwo\n' >lines
	for kind in "${KINDS[@]}"; do
		sends "$kind" lines -E -L
		noun "$kind" && noun=$REPLY
		gets "$kind" one
		fails "c-$kind" "send line 2 of stdin to $noun failed: $(:
		)* (empty, as the end marker is)"
		gets_no_more "$kind"
	done
}

### stdin that keeps boundaries

# fed_packets NAME WORD...: the binary, three packets in a socket as its stdin.
fed_packets() {
	# shellcheck disable=SC2016 # it is perl's
	start "$1" "$PEERS/within" "$LIMIT" perl -MSocket -e '
		socketpair(R, W, AF_UNIX, SOCK_SEQPACKET, 0) or die $!;
		for ("one\ntwo\n", "thr", "ee\n") { send(W, $_, 0) or die $!; }
		close(W);
		open(STDIN, "<&", \*R) or die $!;
		exec(@ARGV) or die $!;
	' "${WRAP_WORDS[@]}" "$SOCKCAT" "${@:2}"
}

# packed SIZES TEXT WORD...: so these packets are sent with these words.
packed() {
	local kind sizes=$1 text=$2
	for kind in udp4 unixdgram seqpacket; do
		receives "$kind" -d -E -vv
		fed_packets "c-$kind" "${WORDS[@]}" -E -q 0 "${@:3}" \
			"${ADDR[@]}"
		get "s-$kind" "$text"
		get_eof "s-$kind"
		succeeds "c-$kind"
		finish "s-$kind"
		assert_equal "$status" 0
		assert_equal "$(sed -n 's/^Message of \([0-9]*\) .*/\1/p' \
			"s-$kind.err" | xargs)" "$sizes"
	done
}

@test "packets in stdin are cut by the same words, and stay whole without" {
	packed '8 3 3 0' $'one\ntwo\nthree\n'
	packed '10 3 4 0' $'one\r\ntwo\r\nthree\r\n' -C
	packed '3 3 5 0' onetwothree -L
	packed '4 4 4 2 0' $'one\ntwo\nthree\n' --size=4
	packed '4 4 6 0' $'one\ntwo\nthree\n' -i 0.001
}

### CRLF

@test "-C: CRLF for LF, and a CRLF stays one, also where it comes in two" {
	local kind
	for kind in tcp4 unix "${KINDS[@]}"; do
		receives "$kind"
		hold_in "c-$kind"
		connect "c-$kind" -C -q 0 "${WORDS[@]}" "${ADDR[@]}"
		put "c-$kind" $'a\nb\r\n\n'
		get "s-$kind" $'a\r\nb\r\n\r\n'
		put "c-$kind" $'c\r'
		get "s-$kind" $'c\r'
		put "c-$kind" $'\nd\r\r\n\n'
		get "s-$kind" $'\nd\r\r\n\r\n'
		end "c-$kind"
		[[ $kind == unixdgram || $kind == udp? ]] || end "s-$kind"
		succeeds "c-$kind"
		if [[ -v PUT[s-$kind] ]]; then
			stop "s-$kind"
		else
			succeeds "s-$kind"
		fi
	done
}

@test "-C: every byte of many" {
	{
		seq 50000
		head -c 200000 /dev/zero | tr '\0' '\n'
	} >in
	sed 's/$/\r/' in >expected
	listen s 127.0.0.1 0
	connect c -C "${ADDR[@]}" <in
	succeeds c
	succeeds s
	cmp expected s.out
}

@test "-C: a message stays one" {
	local size
	size=$(($(</proc/sys/net/core/wmem_default) - 4096))
	((size < 200000)) || size=200000
	head -c $size /dev/zero | tr '\0' x >in
	peer p -l unixdgram "$PWD/p.sock"
	connect c -u -C -q 0 "${ADDR[@]}" <in
	printf 'expect:%s\n' "$(<in)" >&"${PUT[p]}"
	answer p
	succeeds c
}

### A line at a time

# spaced KIND WORD...: four lines go to the echo at ADDR, 50 ms apart, and come
# back.
spaced() {
	connect c -i 0.05 "$@" "${ADDR[@]}" <lines
	succeeds c
	cmp lines c.out
}

# (-W counts them: each is a message.)
@test "-i: so long between two lines" {
	printf 'one\n\nthree\nfour' >lines
	row r tcp4:o udp4:o
	lasts 150 150 spaced
	lasts 150 150 spaced -u -W 4
	lasts 150 150 spaced -u -c -W 4
}

@test "-i: the first goes at once, and what is received does not wait" {
	local kind
	for kind in tcp4 seqpacket; do
		meets $kind -i 3600
		put c-$kind $'one\ntwo\n'
		ask p-$kind recv:4
		ask p-$kind send:answer
		get c-$kind answer
		stop c-$kind
		ask p-$kind expect-eof
	done
}

# What a read leaves of a packet is lost: pipe(2), O_DIRECT. So it is not to be
# read into what is left of a buffer.
@test "-i, -C: every byte of a pipe that keeps packets" {
	local option
	head -c 390000 /dev/zero | tr '\0' x >sent
	for option in -i0 -C; do
		listen "s$option" -I 4k 127.0.0.1 0
		freeze "s$option"
		hold_in "c$option"
		connect "c$option" $option -O 4k "${ADDR[@]}"
		dd if=sent bs=3000 oflag=direct status=none \
			>&"${PUT[c$option]}" 3>&- &
		end "c$option"
		await is_asleep "c$option"
		thaw "s$option"
		wait $!
		succeeds "c$option"
		succeeds "s$option"
		cmp sent "s$option.out"
	done
}

### Command lines

@test "what makes no sense together is refused" {
	local words
	while read -r words; do
		# shellcheck disable=SC2086 # several words
		run -2 sockcat $words
		assert_equal "${#lines[@]}" 1
		assert_output --regexp "^sockcat: .*${words%%[ =]*}"
	done <<-'EOF'
		-L 127.0.0.1 9
		--size=1 127.0.0.1 9
		-W 1 127.0.0.1 9
		-E 127.0.0.1 9
		-L --size=1 -u 127.0.0.1 9
		-L -C -u 127.0.0.1 9
		--size=1 -C -u 127.0.0.1 9
		-W 1 -k -lu 0
		-Q -u 127.0.0.1 9
		-d -C 127.0.0.1 9
		-d -i 1 127.0.0.1 9
		-d --size=1 -u 127.0.0.1 9
		--size=0 -u 127.0.0.1 9
		--size=x -u 127.0.0.1 9
		--size=-1 -u 127.0.0.1 9
		--size=1M -u 127.0.0.1 9
		-W 0 -u 127.0.0.1 9
		-W -1 -u 127.0.0.1 9
		-W 1x -u 127.0.0.1 9
		-i -1 127.0.0.1 9
		-i often 127.0.0.1 9
	EOF
}
