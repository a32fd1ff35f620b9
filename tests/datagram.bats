# Datagrams: every message stays one, goes where it should, and comes from whom
# it may; and a session ends although a datagram socket has no end of file. The
# boundaries of messages hold at every size up to the largest, larger ones are
# errors, and neither a refusal nor a full queue costs a message of others.
#
# Over IPv4, IPv6 and UNIX sockets, as client and as listener, connected (-c)
# and not.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034
load helper

KINDS=(udp4 udp6 unixdgram)

# at KIND NAME: where a listener can be, in AT; the name is for a path.
at() {
	case $1 in
	udp4) AT=(127.0.0.1 0) ;;
	udp6) AT=(::1 0) ;;
	unixdgram) AT=("$PWD/$2.sock") ;;
	esac
}

# noun [HOST PORT | PATH]: how a message of failure names this place, or that
# of the last listener, in NOUN.
noun() {
	(($# > 0)) || set -- "${ADDR[@]}"
	NOUN="$1 (unix dgram)"
	(($# == 1)) || NOUN="$1 port $2 (udp)"
}

# refused NAME: it ends because its peer, at NOUN, is not there.
refused() {
	fails "$1" "read from $NOUN failed: Connection refused" \
		"write to $NOUN failed: Connection refused"
}

# gone NAME: the same, the path having gone with the peer.
gone() {
	fails "$1" "read from $NOUN failed: Connection refused" \
		"write to $NOUN failed: Connection refused" \
		"write to $NOUN failed: No such file or directory"
}

# server NAME KIND OPTION...: a listener with stdin and stdout held.
server() {
	local name=$1 kind=$2
	shift 2
	at "$kind" "$name"
	hold_both "$name"
	listen "$name" -u "$@" "${AT[@]}"
}

# client NAME OPTION...: the binary as a client of ADDR, stdin and stdout held;
# its own address is NEAR.
client() {
	local name=$1 announced line
	shift
	hold_both "$name"
	mkfifo "$name.at"
	exec {announced}<>"$name.at"
	connect "$name" -u "$@" --announce="$name.at" "${ADDR[@]}"
	read -r -t "$LIMIT" -u "$announced" line ||
		fail "$name is not ready: $(<"$name.err")"
	exec {announced}<&-
	rm "$name.at"
	read -ra NEAR <<<"$line"
}

# near KIND NAME: the options to bind a client where others can speak to it.
near() {
	case $1 in
	udp4) BIND=(-s 127.0.0.1 -p 0) ;;
	udp6) BIND=(-s ::1 -p 0) ;;
	unixdgram) BIND=(-s "$PWD/$2.near") ;;
	esac
}

# listening_peer NAME KIND: at ADDR.
listening_peer() {
	at "$2" "$1"
	peer "$1" -l "$2" "${AT[@]}"
}

# nameless PATH TEXT: a message of somebody who cannot be answered.
nameless() {
	perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_DGRAM, 0) or die $!;
		send(S, $ARGV[1], 0, pack_sockaddr_un($ARGV[0])) or die $!;
	' "$@"
}

# dead PATH: a socket that nobody has open.
dead() {
	perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_DGRAM, 0) or die $!;
		bind(S, pack_sockaddr_un($ARGV[0])) or die $!;
	' "$1"
}

### Clients: who is heard

# anyone KIND: a stranger is heard, and the peer is still who is sent to.
anyone() {
	listening_peer p "$1"
	near "$1" c
	client c "${BIND[@]}"
	put c hello
	ask p expect:hello
	peer q "$1" "${NEAR[@]}"
	ask q send:stranger
	get c stranger
	ask p send:peer
	get c peer
	put c again
	ask p expect:again
	ask q quiet
	stop c
}

@test "a client takes answers from anyone: IPv4" { anyone udp4; }
@test "a client takes answers from anyone: IPv6" { anyone udp6; }
@test "a client takes answers from anyone: UNIX" { anyone unixdgram; }

# peer_only KIND: the kernel drops what a stranger sends, or does not let him.
peer_only() {
	listening_peer p "$1"
	near "$1" c
	client c -c "${BIND[@]}"
	put c hello
	ask p expect:hello
	if [[ $1 == unixdgram ]]; then
		run ! "$PEERS/peer" "$1" "${NEAR[@]}" -- send:stranger
		assert_output --partial 'Operation not permitted'
	else
		"$PEERS/peer" "$1" "${NEAR[@]}" -- send:stranger
	fi
	ask p send:peer
	get c peer
	put c again
	ask p expect:again
	stop c
}

@test "with -c a client hears its peer only: IPv4" { peer_only udp4; }
@test "with -c a client hears its peer only: IPv6" { peer_only udp6; }
@test "with -c a client hears its peer only: UNIX" { peer_only unixdgram; }

# leaves_nothing OPTION...: whether it ends by itself or by a signal.
leaves_nothing() {
	local word
	for word in -q0.02 -q3600; do
		listening_peer p unixdgram
		client c "$word" "$@"
		[[ ${NEAR[0]} == @* ]] || assert_socket_exists "${NEAR[0]}"
		put c who
		ask p expect:who
		ask p send:me
		get c me
		end c
		if [[ $word == -q3600 ]]; then stop c; else succeeds c; fi
		assert_not_exists "${NEAR[0]}"
		assert_not_exists "${NEAR[0]%/socket}"
		bye p
	done
}

@test "a UNIX client is answered, and leaves no file" { leaves_nothing; }
@test "with -c it is answered, and leaves no file" { leaves_nothing -c; }

@test "-s: a UNIX client's path is bound, and removed" {
	local option
	for option in '' -c; do
		listening_peer p unixdgram
		client c -s c.near -q 0 ${option:+"$option"}
		assert_socket_exists c.near
		assert_equal "${NEAR[*]}" c.near
		put c who
		ask p expect:who
		ask p send:me
		get c me
		end c
		succeeds c
		assert_not_exists c.near
		client c -s c.near ${option:+"$option"}
		assert_socket_exists c.near
		stop c HUP
		assert_not_exists c.near
		bye p
	done
}

@test "-s: a path in use is not taken, and is still there" {
	local option
	server s unixdgram
	listening_peer p unixdgram
	for option in '' -c; do
		connect c -u -s s.sock ${option:+"$option"} ./p.sock
		fails c '* failed: Address already in use'
		assert_socket_exists s.sock
	done
	"$PEERS/peer" unixdgram s.sock -- send:alive
	get s alive
	stop s
}

### Clients: the end

@test "1 s of silence ends a client; -q, -w and -d change that" {
	local name began now
	for name in plain q w d; do
		listening_peer "p_$name" udp4
		case $name in
		plain) set -- ;;
		q | w) set -- "-$name" 3600 ;;
		d) set -- -d ;;
		esac
		client "$name" "$@"
		[[ $name != d ]] || continue
		put "$name" x
		ask "p_$name" expect:x
	done
	for name in d w q plain; do
		end "$name"
	done
	pause 0.5
	read -r began _ </proc/uptime
	ask p_plain send:answer
	get plain answer
	succeeds plain
	read -r now _ </proc/uptime
	# Hundredths of seconds, either of which may be cut.
	((${now/./} - ${began/./} >= 99)) ||
		fail "a silence of 1 s from $began to $now"
	for name in q w; do
		ask "p_$name" send:late
		get "$name" late
		stop "$name"
	done
	stop d
}

# end_themselves WORD: they send what they have, and silence is an orderly end.
end_themselves() {
	local kind option name
	printf hello >hello
	for kind in "${KINDS[@]}"; do
		for option in '' -c; do
			name=$kind$option
			listening_peer "p$name" "$kind"
			connect "c$name" -u "$1" ${option:+"$option"} \
				"${ADDR[@]}" <hello
		done
	done
	for kind in "${KINDS[@]}"; do
		for option in '' -c; do
			succeeds "c$kind$option"
			ask "p$kind$option" expect:hello
		done
	done
}

@test "-q: so long a silence ends a client" { end_themselves -q0.02; }
@test "-q 0: a client leaves when all is sent" { end_themselves -q0; }
@test "--idle-timeout: so long a silence ends a client" {
	end_themselves --idle-timeout=.1
}

@test "-w ends a client whose stdin is open: 0" {
	local kind
	for kind in "${KINDS[@]}"; do
		listening_peer p "$kind"
		hold_in c
		connect c -u -w 0.02 "${ADDR[@]}"
		succeeds c
		ask p quiet
		bye p
	done
}

@test "-d: a client reads no stdin, and listens" {
	local in
	printf hello >hello
	exec {in}<hello
	listening_peer p unixdgram
	hold_out c
	connect c -u -d -s c.near ./p.sock <&"$in"
	await test -S c.near
	peer q unixdgram c.near
	ask q send:hello
	get c hello
	ask p quiet
	stop c
	assert_equal "$(cat <&"$in")" hello
}

### Listeners: who is answered

# last_speaker KIND
last_speaker() {
	local name
	server s "$1"
	peer p "$1" "${ADDR[@]}"
	peer q "$1" "${ADDR[@]}"
	for name in p q p p q q; do
		ask "$name" "send:from-$name"
		get s "from-$name"
		put s "to-$name"
		ask "$name" "expect:to-$name"
	done
	ask p quiet
	ask q quiet
	stop s
}

@test "a listener answers who spoke last: IPv4" { last_speaker udp4; }
@test "a listener answers who spoke last: IPv6" { last_speaker udp6; }
@test "a listener answers who spoke last: UNIX" { last_speaker unixdgram; }

# first_speaker KIND: what another one sends before that, or after, is not
# heard.
first_speaker() {
	server s "$1" -c
	peer p "$1" "${ADDR[@]}"
	peer q "$1" "${ADDR[@]}"
	freeze s
	ask p send:p1
	ask q send:q1
	ask p send:p2
	thaw s
	get s p1p2
	put s to-p
	ask p expect:to-p
	if [[ $1 == unixdgram ]]; then
		run ! "$PEERS/peer" "$1" "${ADDR[@]}" -- send:q2
		assert_output --partial 'Operation not permitted'
	else
		"$PEERS/peer" "$1" "${ADDR[@]}" -- send:q2
	fi
	ask p send:p3
	get s p3
	put s to-p
	ask p expect:to-p
	stop s
}

@test "with -c the first to speak is the peer: IPv4" { first_speaker udp4; }
@test "with -c the first to speak is the peer: IPv6" { first_speaker udp6; }
@test "with -c the first to speak is the peer: UNIX" {
	first_speaker unixdgram
}

# unread_before KIND OPTION: a listener leaves stdin alone until there is
# somebody to send it to.
unread_before() {
	local stdin position
	printf early >early
	exec {stdin}<early
	at "$1" s
	listen s -u ${2:+"$2"} "${AT[@]}" <&"$stdin"
	await is_asleep s
	read -r _ position <"/proc/${PID[s]}/fdinfo/0"
	assert_equal "$position" 0
	peer p "$1" "${ADDR[@]}"
	ask p send:
	ask p expect:early
	stop s
	bye p
}

@test "a listener does not read stdin before somebody has spoken" {
	local kind
	for kind in "${KINDS[@]}"; do
		unread_before "$kind"
	done
}

@test "with -c it does not read stdin before somebody has spoken" {
	local kind
	for kind in "${KINDS[@]}"; do
		unread_before "$kind" -c
	done
}

@test "the end of stdin does not end a listener" {
	local kind
	for kind in "${KINDS[@]}"; do
		server s "$kind"
		peer p "$kind" "${ADDR[@]}"
		put s answer
		end s
		ask p send:one
		get s one
		ask p expect:answer
		ask p send:two
		get s two
		stop s
		bye p
	done
}

### Listeners: somebody without a name

@test "a nameless speaker cannot be answered: the one before stays" {
	server s unixdgram
	peer p unixdgram s.sock
	ask p send:p1
	get s p1
	nameless s.sock n1
	get s n1
	put s to-p
	ask p expect:to-p
	stop s
}

@test "a nameless speaker alone: stdin is not read" {
	local stdin
	printf early >early
	exec {stdin}<early
	hold_out s
	listen s -u "$PWD/s.sock" <&"$stdin"
	nameless s.sock n1
	get s n1
	nameless s.sock n2
	get s n2
	peer p unixdgram s.sock
	ask p send:p1
	get s p1
	ask p expect:early
	stop s
}

@test "with -c a nameless speaker is an error" {
	server s unixdgram -c
	nameless s.sock n1
	fails s 'connect to * failed: Destination address required'
	get_eof s
	assert_not_exists s.sock
}

@test "with -c and -k a nameless speaker is reported, the next is served" {
	server s unixdgram -c -k
	nameless s.sock n1
	await heard s 'Destination address required'
	nameless s.sock n2
	peer p unixdgram s.sock
	ask p send:p1
	get s p1
	put s to-p
	ask p expect:to-p
	dismiss s
	assert_equal "${#lines[@]}" 2
	assert_equal "${lines[0]}" "${lines[1]}"
	assert_line --regexp \
		'^sockcat: connect to .* failed: Destination address required$'
	assert_not_exists s.sock
}

### Refusals

# refuses KIND OPTION: nobody is there; stdin stays open, or is at its end.
refuses() {
	peer p -n "$1"
	noun
	hold_in c
	connect c -u ${2:+"$2"} "${ADDR[@]}"
	put c hello
	refused c
	printf hello >hello
	connect c -u ${2:+"$2"} "${ADDR[@]}" <hello
	refused c
	hold_in c
	connect c -u -q 3600 ${2:+"$2"} "${ADDR[@]}"
	put c hello
	end c
	refused c
}

@test "nobody there is 1: IPv4" { linux_only; refuses udp4; }
@test "nobody there is 1: IPv6" { linux_only; refuses udp6; }
@test "with -c nobody there is 1: IPv4" { refuses udp4 -c; }
@test "with -c nobody there is 1: IPv6" { refuses udp6 -c; }

@test "nobody at a UNIX path is 1" {
	local option
	dead "$PWD/dead.sock"
	noun ./dead.sock
	printf hello >hello
	for option in '' -c; do
		connect c -u ${option:+"$option"} ./dead.sock <hello
		fails c "* to $NOUN failed: Connection refused"
		connect c -u ${option:+"$option"} ./none.sock <hello
		fails c '* to ./none.sock (unix dgram) failed: No such file *'
		connect c -u -s c.near ${option:+"$option"} ./dead.sock <hello
		fails c "* to $NOUN failed: Connection refused"
		assert_not_exists c.near
	done
	rm dead.sock
}

# peer_gone KIND OPTION: what it had said before is written.
peer_gone() {
	listening_peer p "$1"
	noun
	near "$1" c
	client c "${BIND[@]}" ${2:+"$2"}
	put c hello
	ask p expect:hello
	freeze c
	ask p send:one
	ask p send:
	ask p send:two
	bye p
	put c x
	thaw c
	gone c
	get c onetwo
	get_eof c
}

@test "a peer that has gone is 1: IPv4" {
	linux_only
	peer_gone udp4
}

@test "a peer that has gone is 1: IPv6" {
	linux_only
	peer_gone udp6
}

@test "a peer that has gone is 1: UNIX" {
	peer_gone unixdgram
}

@test "with -c a peer that has gone is 1: IPv4" { peer_gone udp4 -c; }
@test "with -c a peer that has gone is 1: IPv6" { peer_gone udp6 -c; }

@test "with -c a UNIX peer that has gone is 1" {
	listening_peer p unixdgram
	noun
	client c -c
	put c hello
	ask p expect:hello
	ask p send:answer
	get c answer
	bye p
	put c x
	gone c
	get_eof c
}

# Lines that could go in one call: the first attempt says why they cannot.
@test "with -c a UNIX peer that has gone is 1: many lines" {
	listening_peer p unixdgram
	noun
	client c -c -L
	put c $'hello\n'
	ask p expect:hello
	bye p
	put c $'one\ntwo\n'
	gone c
	get_eof c
}

# speaker_gone KIND OPTION: a listener names who it was.
speaker_gone() {
	server s "$1" ${2:+"$2"}
	near "$1" c
	client c "${BIND[@]}"
	noun "${NEAR[@]}"
	put c question
	get s question
	stop c
	put s answer
	refused s
	get_eof s
}

@test "a speaker that has gone is 1: IPv4" {
	linux_only
	speaker_gone udp4
}

@test "a speaker that has gone is 1: IPv6" {
	linux_only
	speaker_gone udp6
}

@test "with -c a speaker that has gone is 1: IPv4" { speaker_gone udp4 -c; }
@test "with -c a speaker that has gone is 1: IPv6" { speaker_gone udp6 -c; }

# others_lose_nothing KIND: what they had said is written, and what was sent to
# them has arrived.
others_lose_nothing() {
	server s "$1"
	noun "$HOST" '*'
	peer p "$1" "${ADDR[@]}"
	peer q "$1" "${ADDR[@]}"
	ask p send:p0
	get s p0
	put s m0
	ask p expect:m0
	freeze s
	ask q send:q1
	ask q send:q2
	bye q
	put s m1
	ask p send:p1
	ask p send:
	ask p send:p2
	thaw s
	refused s
	get s q1q2p1p2
	get_eof s
	ask p quiet
}

@test "a refusal swallows no message of others: IPv4" {
	linux_only
	others_lose_nothing udp4
}

@test "a refusal swallows no message of others: IPv6" {
	linux_only
	others_lose_nothing udp6
}

@test "with -c and -k a refused peer is reported, the next is served" {
	server s udp4 -c -k
	noun "$HOST" '*'
	peer p udp4 "${ADDR[@]}"
	ask p send:p1
	get s p1
	bye p
	put s lost
	await heard s 'Connection refused'
	await is_unconnected s
	peer q udp4 "${ADDR[@]}"
	ask q send:q1
	get s q1
	put s to-q
	ask q expect:to-q
	dismiss s
	assert_equal "${#lines[@]}" 1
	assert_output --regexp \
		'^sockcat: (read from|write to) 127\.0\.0\.1 port .* refused$'
}

### Sizes

# sizes KIND: the largest one is the last.
sizes() {
	case $1 in
	udp4) SIZES=(1 1400 65507) ;;
	udp6) SIZES=(1 1400 65527) ;;
	unixdgram) SIZES=(1 1400 100000) ;;
	esac
}

# client_carries KIND OPTION: one read of stdin, one message; and back.
client_carries() {
	local size
	sizes "$1"
	for size in "${SIZES[@]}"; do
		pattern "$size" >sent
		listening_peer p "$1"
		hold_out c
		connect c -u -q 3600 ${2:+"$2"} "${ADDR[@]}" <sent
		ask p "expect-pattern:$size"
		ask p "pattern:$size"
		take c "$size" got
		cmp sent got
		stop c
		bye p
	done
}

# listener_carries KIND OPTION
listener_carries() {
	local size
	sizes "$1"
	for size in "${SIZES[@]}"; do
		pattern "$size" >sent
		at "$1" s
		hold_out s
		listen s -u ${2:+"$2"} "${AT[@]}" <sent
		peer p "$1" "${ADDR[@]}"
		ask p "pattern:$size"
		ask p "expect-pattern:$size"
		take s "$size" got
		cmp sent got
		stop s
		bye p
	done
}

@test "a client carries every size: IPv4" { client_carries udp4; }
@test "a client carries every size: IPv6" { client_carries udp6; }
@test "a client carries every size: UNIX" { client_carries unixdgram; }
@test "with -c a client carries every size: IPv4" { client_carries udp4 -c; }
@test "with -c a client carries every size: IPv6" { client_carries udp6 -c; }
@test "with -c a client carries every size: UNIX" {
	client_carries unixdgram -c
}

@test "a listener carries every size: IPv4" { listener_carries udp4; }
@test "a listener carries every size: IPv6" { listener_carries udp6; }
@test "a listener carries every size: UNIX" { listener_carries unixdgram; }
@test "with -c a listener carries every size: IPv4" {
	listener_carries udp4 -c
}

@test "with -c a listener carries every size: IPv6" {
	listener_carries udp6 -c
}

@test "with -c a listener carries every size: UNIX" {
	listener_carries unixdgram -c
}

# boundaries KIND OPTION: each read of stdin is a message, and none is joined
# with the next, although they come together.
boundaries() {
	local message
	listening_peer p "$1"
	hold_in c
	packets "${PUT[c]}"
	connect c -u -q 0.02 ${2:+"$2"} "${ADDR[@]}"
	put c first
	ask p expect:first
	freeze c
	for message in a bb $'c\n' $'d\ne' f; do
		put c "$message"
	done
	end c
	thaw c
	ask p expect:a
	ask p expect:bb
	ask p recv:2
	ask p recv:3
	ask p expect:f
	succeeds c
	ask p quiet
	bye p
}

@test "messages are not joined" {
	local kind
	for kind in "${KINDS[@]}"; do
		boundaries "$kind"
	done
}

@test "with -c messages are not joined" {
	local kind
	for kind in "${KINDS[@]}"; do
		boundaries "$kind" -c
	done
}

# too_large KIND OPTION: nothing of it is sent, by a client or a listener.
too_large() {
	local most=262143
	sizes "$1"
	if [[ $1 == udp? ]]; then
		most=${SIZES[-1]}
	elif (($(</proc/sys/net/core/wmem_default) > most)); then
		skip 'a UNIX socket carries as much as one read can give'
	fi
	pattern "$((most + 1))" >large
	listening_peer p "$1"
	noun
	connect c -u ${2:+"$2"} "${ADDR[@]}" <large
	fails c "write to $NOUN failed: Message too long"
	ask p quiet
	bye p
	near "$1" p
	at "$1" s
	listen s -u ${2:+"$2"} "${AT[@]}" <large
	client q "${BIND[@]}"
	noun "${NEAR[@]}"
	put q question
	fails s "write to $NOUN failed: Message too long"
	holds s.out question
	stop q
	get_eof q
}

@test "a message too large to send is 1: IPv4" { too_large udp4; }
@test "a message too large to send is 1: IPv6" { too_large udp6; }
@test "a message too large to send is 1: UNIX" { too_large unixdgram; }
@test "with -c a message too large to send is 1: IPv4" { too_large udp4 -c; }
@test "with -c a message too large to send is 1: IPv6" { too_large udp6 -c; }
@test "with -c a message too large to send is 1: UNIX" {
	too_large unixdgram -c
}

# huge PATH: somebody sends a message longer than sockets carry by default, and
# stays for an answer.
huge() {
	hold_both huge
	IS_PEER['huge']=1
	# shellcheck disable=SC2016 # it is perl's
	start huge perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_DGRAM, 0) or die $!;
		bind(S, pack("S", AF_UNIX)) or die $!;
		setsockopt(S, SOL_SOCKET, SO_SNDBUFFORCE, 1000000) or
		    setsockopt(S, SOL_SOCKET, SO_SNDBUF, 1000000) or die $!;
		$done = send(S, "x" x 300000, 0, pack_sockaddr_un($ARGV[0]));
		$done or $!{EMSGSIZE} or die $!;
		syswrite(STDOUT, $done ? "sent\n" : "impossible\n");
		<STDIN>;
	' "$1" 3>&- 4>&-
	read_line huge REPLY
	[[ $REPLY != impossible ]] || skip 'nobody here can send as much'
}

@test "a message too large to receive is 1, not cut: listener" {
	server s unixdgram
	peer p unixdgram s.sock
	ask p send:before
	huge s.sock
	fails s 'read from * (unix dgram) failed: Message too long'
	get s before
	get_eof s
}

@test "with -c a message too large to receive is 1, not cut: listener" {
	server s unixdgram -c
	huge s.sock
	fails s 'read from * (unix dgram) failed: Message too long'
	get_eof s
}

@test "a message too large to receive is 1, not cut: client" {
	listening_peer p unixdgram
	client c -s c.near
	put c hello
	ask p expect:hello
	ask p send:before
	huge c.near
	fails c 'read from * (unix dgram) failed: Message too long'
	get c before
	get_eof c
}

# empties NAME PEER: empty messages are messages, and no end.
empties() {
	ask "$2" send:
	ask "$2" send:x
	get "$1" x
	freeze "$1"
	ask "$2" send:
	ask "$2" send:
	ask "$2" send:y
	ask "$2" send:
	ask "$2" send:z
	thaw "$1"
	get "$1" yz
	put "$1" answer
	ask "$2" expect:answer
	stop "$1"
	bye "$2"
}

# empties_at_client KIND
empties_at_client() {
	local option
	for option in '' -c; do
		listening_peer p "$1"
		hold_both c
		connect c -u ${option:+"$option"} "${ADDR[@]}"
		put c hello
		ask p expect:hello
		empties c p
	done
}

# empties_at_listener KIND
empties_at_listener() {
	local option
	for option in '' -c; do
		server s "$1" ${option:+"$option"}
		peer p "$1" "${ADDR[@]}"
		empties s p
	done
}

@test "to a client empty messages are no end: IPv4" {
	empties_at_client udp4
}

@test "to a client empty messages are no end: IPv6" {
	empties_at_client udp6
}

@test "to a client empty messages are no end: UNIX" {
	empties_at_client unixdgram
}

@test "to a listener empty messages are no end: IPv4" {
	empties_at_listener udp4
}

@test "to a listener empty messages are no end: IPv6" {
	empties_at_listener udp6
}

@test "to a listener empty messages are no end: UNIX" {
	empties_at_listener unixdgram
}

### A receiver whose queue is full

# An unconnected socket polls writable and cannot send; that must not spin.
@test "a full queue loses nothing, and takes no processor time" {
	local option c used=()
	for option in '' -c; do
		c=c$option
		listening_peer "p$option" unixdgram
		hold_in "$c"
		connect "$c" -u -q 0.02 ${option:+"$option"} "${ADDR[@]}"
		fill "$c"
		used+=("$REPLY")
		end "$c"
		cpu "$c"
		used+=("$REPLY")
	done
	pause 0.3
	for option in '' -c; do
		cpu "c$option"
		((REPLY - used[1] <= 3)) ||
			fail "c$option took $((REPLY - used[1])) ticks of 30"
		ask "p$option" "recv-pattern:${used[0]}"
		succeeds "c$option"
		ask "p$option" quiet
		used=("${used[@]:2}")
	done
}

@test "a full queue does not hold up what comes back" {
	local option
	for option in '' -c; do
		listening_peer p unixdgram
		hold_both c
		connect c -u ${option:+"$option"} "${ADDR[@]}"
		put c hello
		ask p expect:hello
		fill c
		ask p send:answer
		get c answer
		stop c
		bye p
	done
}

@test "a receiver with a full queue that goes away is 1" {
	local option
	for option in '' -c; do
		listening_peer p unixdgram
		noun
		hold_in c
		connect c -u ${option:+"$option"} "${ADDR[@]}"
		fill c
		bye p
		gone c
	done
}

### Idle listeners

# starts_with_the_first OPTION: nobody there does not count as idle.
starts_with_the_first() {
	local kind
	for kind in "${KINDS[@]}"; do
		server "s$kind" "$kind" -w 0.05 ${1:+"$1"}
		peer "p$kind" "$kind" "${ADDR[@]}"
	done
	pause 0.1
	for kind in "${KINDS[@]}"; do
		is_running "s$kind"
		ask "p$kind" send:hello
		get "s$kind" hello
	done
	for kind in "${KINDS[@]}"; do
		succeeds "s$kind"
	done
}

@test "-w: a listener's session starts with its first datagram" {
	starts_with_the_first
}

@test "with -c and -w it starts with its first datagram" {
	starts_with_the_first -c
}

# served TIMES NAME TEXT KIND: somebody new says it, which a session with
# another one does not hear; have there been so many sessions?
served() {
	local received
	"$PEERS/peer" "$4" "${ADDR[@]}" -- "send:$3" 2>/dev/null || return
	received=$(grep -c 'Connection received' "$2.err")
	((received >= $1))
}

# next_after_idle KIND
next_after_idle() {
	server s "$1" -c -k -w 0.05 -v
	peer p "$1" "${ADDR[@]}"
	put s to-p
	ask p send:p
	get s p
	ask p expect:to-p
	await served 2 s q "$1"
	await served 3 s r "$1"
	dismiss s
	rest s rest
	[[ $(<rest) =~ ^q+r+$ ]] || fail "heard $(<rest)"
}

@test "with -c and -k the next to speak is the peer after idle time: IPv4" {
	next_after_idle udp4
}

@test "with -c and -k the next to speak is the peer after idle time: IPv6" {
	next_after_idle udp6
}

@test "with -c and -k the next to speak is the peer after idle time: UNIX" {
	next_after_idle unixdgram
}

@test "with -c and -k each peer is sent a file from its start" {
	local n
	printf answer >answer
	at unixdgram s
	listen s -u -c -k -w 0.02 "${AT[@]}" <answer
	for n in 1 2 3; do
		await "$PEERS/peer" unixdgram s.sock -- open 2>/dev/null
		peer p unixdgram s.sock
		ask p send:question
		ask p expect:answer
		bye p
	done
	stop s
	holds s.out questionquestionquestion
}

### What -v says

# says_speakers KIND
says_speakers() {
	local name p
	server s "$1" -v
	near "$1" p
	client p "${BIND[@]}"
	p=${NEAR[*]}
	client q "${BIND[@]}"
	for name in p p q; do
		put "$name" x
		get s x
	done
	dismiss s
	assert_equal "$output" "Bound on ${ADDR[*]}
Connection received on $p
Connection received on ${NEAR[*]}"
	stop p
	stop q
}

@test "-v: where a listener is bound, and each new speaker: IPv4" {
	says_speakers udp4
}

@test "-v: where a listener is bound, and each new speaker: IPv6" {
	says_speakers udp6
}

@test "-v: where a listener is bound, and each new speaker: UNIX" {
	local name
	server s unixdgram -v
	client p -s p.near
	client q -s ./q.near
	for name in p q; do
		put "$name" x
		get s x
	done
	nameless s.sock x
	get s x
	dismiss s
	assert_equal "${#lines[@]}" 4
	assert_line -n 0 "Bound on $PWD/s.sock"
	assert_line -n 1 'Connection received on p.near'
	assert_line -n 2 'Connection received on ./q.near'
	assert_line -n 3 --partial 'Connection received on '
	stop p
	stop q
}

@test "-v with -c: the connection's 5-tuple too, on both sides" {
	local tuple
	server s udp4 -v -c
	near udp4 c
	client c -v -c "${BIND[@]}" -q 0
	tuple="udp 127.0.0.1:${NEAR[1]} -> 127.0.0.1:$PORT"
	put c x
	get s x
	end c
	finish c
	assert_success
	assert_equal "${#lines[@]}" 2
	assert_line -n 0 --regexp \
		"^Connection to 127.0.0.1 $PORT port \\[udp/.+\\] succeeded!\$"
	assert_line -n 1 "$tuple"
	dismiss s
	assert_equal "$output" "Bound on 127.0.0.1 $PORT
Connection received on ${NEAR[*]}
$tuple"
}

@test "-v with -c, IPv6" {
	local tuple
	server s udp6 -v -c
	near udp6 c
	client c -v -c -n "${BIND[@]}" -q 0
	tuple="udp [::1]:${NEAR[1]} -> [::1]:$PORT"
	put c x
	get s x
	end c
	finish c
	assert_success
	assert_equal "$output" "Connection to ::1 $PORT port [udp/*] succeeded!
$tuple"
	dismiss s
	assert_equal "$output" "Bound on ::1 $PORT
Connection received on ${NEAR[*]}
$tuple"
}

@test "-v -v: the sender of every message" {
	local n
	server s udp4 -v -v
	near udp4 c
	client c "${BIND[@]}"
	for n in 1 2 3; do
		put c "$n"
		get s "$n"
	done
	dismiss s
	assert_equal "$(grep -c "from ${NEAR[*]}\$" s.err)" 3
	stop c
}
