# -z: which ports are open? One port is told by the status alone; of several,
# each that is open is a line on stdout, in the order in which they were asked
# for, whichever answers first. With -v every result is told, in nc's words, and
# what is open, refused, silent or out of reach is not mixed up: nor for UDP,
# where silence is neither. Hundreds are asked at a time, as many as there can
# be descriptors. With --retry it is waited until a port is open.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153
load helper

# probes STATUS WORD...: sockcat -z with these words ends so; its stdout is in
# z.out, its stderr in output and lines.
probes() {
	local expected=$1
	shift
	connect z -z "$@"
	finish z
	[[ $status == "$expected" ]] ||
		fail "-z $* ends with $status: $output"
}

# silently STATUS WORD...: and without a word.
silently() {
	probes "$@"
	[[ -z $output && ! -s z.out ]] || fail "-z ${*:2}: $output$(<z.out)"
}

# found PORT...: these, at HOST, were on stdout.
found() {
	local port
	for port; do
		echo "$HOST $port"
	done | cmp - z.out
}

# said PATTERN...: these lines were on stderr.
said() {
	local i=0 pattern
	for pattern; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ ${lines[i]-} == $pattern ]] ||
			fail "line $i is not $pattern: $output"
		i=$((i + 1))
	done
	assert_equal "${#lines[@]}" $#
}

# closed PROTOCOL PORT WHY: how -v says that it is; in REPLY, a pattern.
closed() {
	REPLY="sockcat: connect to $HOST port $2 ($1) failed: $3"
}

### TCP

@test "one port: the status tells, and nothing else does" {
	local kind
	for kind in tcp4 tcp6; do
		row $kind $kind:ocs
		silently 0 "$HOST" "$PORT"
		silently 1 "$HOST" $((PORT + 1))
		silently 1 -w 0.05 "$HOST" $((PORT + 2))
		silently 0 "[$HOST]:$PORT"
	done
}

@test "of several, those that are open, in the order asked for" {
	row r tcp4:ocosoc
	mkdir etc
	printf '%s %s/tcp\n' third $((PORT + 2)) fi-fth $((PORT + 4)) \
		sixth $((PORT + 5)) >etc/services
	own_etc
	probes 0 "$HOST" fi-fth "$PORT-$((PORT + 2))" sixth third \
		"$((PORT + 4))-$((PORT + 4))" "$PORT"
	found $((PORT + 4)) "$PORT" $((PORT + 2)) $((PORT + 2)) \
		$((PORT + 4)) "$PORT"
	assert_equal "$output" ''
	probes 1 "$HOST" $((PORT + 1)) sixth
	found
	# The silent one comes last, and is in between.
	probes 0 -w 0.1 "$HOST" "$PORT-$((PORT + 5))"
	found "$PORT" $((PORT + 2)) $((PORT + 4))
	probes 2 -n "$HOST" third
}

@test "-v tells what has become of each" {
	local kind refused silent
	for kind in tcp4 tcp6; do
		row $kind $kind:sco
		closed tcp "$PORT" 'Connection timed out*'
		silent=$REPLY
		closed tcp $((PORT + 1)) 'Connection refused'
		refused=$REPLY
		probes 0 -v -w 0.1 "$HOST" "$PORT-$((PORT + 2))"
		said "$silent" "$refused" "Connection to $HOST $((PORT + 2)) $(:
		)port \[tcp/*\] succeeded!"
		found $((PORT + 2))
		probes 1 -v -w 0.1 "$HOST" "$PORT"
		said "$silent"
		probes 1 -v "$HOST" $((PORT + 1))
		said "$refused"
	done
}

@test "thousands of ports, and one that cannot be reached" {
	own_net
	peer p -l tcp4 127.0.0.1 5000
	peer q -l tcp4 127.0.0.1 17
	HOST=127.0.0.1
	probes 0 "$HOST" 1-5001 5000
	found 17 5000 5000
	assert_equal "$output" ''
	HOST=192.0.2.1
	silently 1 "$HOST" 80
	closed tcp 80 'Network is unreachable'
	probes 1 -v "$HOST" 80
	said "$REPLY"
	closed udp 80 'Network is unreachable'
	probes 1 -v -u "$HOST" 80
	said "$REPLY"
}

# The kernel may choose the port that is asked for as the one to ask from; here
# it has no other.
@test "no port is open because it answers itself" {
	local option at
	own_net
	inside sh -c 'cd /proc/sys/net/ipv4 &&
		echo 6000 6000 >ip_local_port_range' || skip 'no such range'
	for option in -n -u; do
		for at in 127.0.0.1 ::1; do
			silently 1 $option -w 0.1 $at 6000
		done
	done
}

# 256 one after the other would take more than a minute.
@test "256 ports that do not answer take as long as one" {
	local i ports=()
	row r tcp4:s
	for ((i = 0; i < 256; i++)); do
		ports+=("$PORT")
	done
	lasts 300 300 silently 1 -w 0.3 "$HOST" "${ports[@]}"
	probes 1 -v -w 0.1 "$HOST" "${ports[@]}"
	assert_equal "${#lines[@]}" 256
}

# limited WORD...: what is started from now on has this limit.
limited() {
	# shellcheck disable=SC2016 # it is the shell's
	WRAP_WORDS=(bash -c "ulimit $* && exec \"\$@\"" -)
}

@test "few descriptors: the same result, and -v says so" {
	local i ports=() few
	((${#WRAP_WORDS[@]} == 0)) || skip 'the wrapper needs more of them'
	row r tcp4:osc
	for ((i = 0; i < 15; i++)); do
		ports+=("$PORT-$((PORT + 2))")
	done
	limited -S -n 32
	probes 0 -v -w 0.1 "$HOST" "${ports[@]}"
	mv z.out all
	assert_equal "$(wc -l <all)" 15
	assert_equal "${#lines[@]}" 45
	limited -n 32
	probes 0 -v -w 0.1 "$HOST" "${ports[@]}"
	cmp all z.out
	assert_equal "${#lines[@]}" 46
	assert_line --index 0 --regexp \
		'^Probing [0-9]+ ports at a time: the limit is 32 descriptors$'
	for few in 9 6; do
		limited -n $few
		probes 0 "$HOST" "$PORT" $((PORT + 2)) "$PORT"
		found "$PORT" "$PORT"
	done
}

@test "a result that cannot be written is 1" {
	row r tcp4:oo
	send_out z /dev/full
	probes 1 "$HOST" "$PORT" $((PORT + 1))
	said 'sockcat: write to stdout failed: No space left on device'
	without z 1
	probes 1 "$HOST" "$PORT" $((PORT + 1))
	said 'sockcat: write to stdout failed: Bad file descriptor'
	# Of one port there is nothing to be written.
	send_out z /dev/full
	probes 0 "$HOST" "$PORT"
}

### UDP

@test "UDP: open, refused, and neither" {
	local kind first
	for kind in udp4 udp6; do
		row $kind $kind:ocs
		# One is silent: that takes as long as the answer may.
		connect all_$kind -z -v -u -w 0.4 "$HOST" "$PORT-$((PORT + 2))"
		silently 0 -u "$HOST" "$PORT"
		silently 1 -u "$HOST" $((PORT + 1))
		silently 0 -u -w 0.02 "$HOST" $((PORT + 2))
	done
	for kind in udp4 udp6; do
		HOST=127.0.0.1
		[[ $kind == udp4 ]] || HOST=::1
		finish all_$kind
		[[ ${lines[0]} =~ \ ([0-9]+)\ port ]]
		first=${BASH_REMATCH[1]}
		closed udp $((first + 1)) 'Connection refused'
		said "Connection to $HOST $first port \[udp/*\] succeeded!" \
			"$REPLY" "Connection to $HOST $((first + 2)) port $(:
			)\[udp/*\] open|filtered"
		printf '%s\n' "$HOST $first" \
			"$HOST $((first + 2)) open|filtered" |
			cmp - all_$kind.out
	done
}

### UNIX

# left PATH KIND: a socket that nobody has open.
left() {
	# shellcheck disable=SC2016 # it is perl's
	"$PEERS/within" -c "$LIMIT" perl -MSocket -e '
		socket(S, AF_UNIX, $ARGV[1] eq "dgram" ? SOCK_DGRAM :
		    SOCK_STREAM, 0) or die $!;
		bind(S, pack_sockaddr_un($ARGV[0])) or die $!;
	' "$1" "$2"
}

@test "a UNIX path: alive, dead, missing, of another type" {
	local kind option
	left dead stream
	left dead-dgram dgram
	for kind in unix seqpacket unixdgram; do
		peer $kind -l $kind "$PWD/$kind"
	done
	silently 0 ./unix
	silently 0 -U unix
	silently 0 --type=seqpacket ./seqpacket
	silently 0 -u ./unixdgram
	silently 1 ./dead
	silently 1 -u ./dead-dgram
	silently 1 ./unixdgram
	for option in '' -u; do
		silently 1 ${option:+"$option"} ./none
	done
	probes 0 -v ./unix
	said 'Connection to ./unix \[unix\] succeeded!'
	probes 0 -v -u ./unixdgram
	said 'Connection to ./unixdgram \[unix dgram\] succeeded!'
	probes 1 -v ./dead
	said 'sockcat: connect to ./dead (unix) failed: Connection refused'
	probes 1 -v -u ./none
	said "sockcat: connect to ./none (unix dgram) failed: $(:
	)No such file or directory"
	rm dead dead-dgram
}

@test "a UNIX listener that is busy is asked again, until -w" {
	black_hole p unix
	lasts 100 100 silently 1 -w 0.1 "${ADDR[@]}"
	connect z -z -w "$LIMIT" "${ADDR[@]}"
	await is_asleep z
	# The first is accepted, and makes room.
	ask p close
	succeeds z
}

### --retry

@test "--retry: until it is open" {
	local kind option
	for kind in tcp4 udp4; do
		option=-4
		[[ $kind == tcp4 ]] || option=-u
		row $kind $kind:ll
		connect z -z $option --retry="$LIMIT" "$HOST" "$PORT"
		connect both -z $option --retry="$LIMIT" "$HOST" \
			"$PORT-$((PORT + 1))"
		await is_asleep z
		await is_asleep both
		ask $kind open
		succeeds z
		holds z.out ''
		succeeds both
		mv both.out z.out
		found "$PORT" $((PORT + 1))
	done
	for kind in unix unixdgram; do
		option=-U
		[[ $kind == unix ]] || option=-u
		connect z -z $option --retry="$LIMIT" ./$kind
		await is_asleep z
		peer $kind -l $kind "$PWD/$kind"
		succeeds z
	done
}

# given_up NOUN WHY WORD...: after 0.1 s.
given_up() {
	probes 124 --retry=0.1 "${@:3}"
	said "sockcat: connect to $1 failed: $2 (--retry)"
}

@test "--retry: 124 and the last reason, when it is not" {
	local tcp
	row r tcp4:cs udp4:c
	tcp="$HOST port $PORT (tcp)"
	lasts 100 100 given_up "$tcp" '*refused' "$HOST" "$PORT"
	given_up "$HOST port $((PORT + 1)) (tcp)" '*timed out' \
		-w 0.02 "$HOST" $((PORT + 1))
	given_up "$HOST port $PORT (udp)" '*refused' -u "$HOST" "$PORT"
	given_up './none (unix)' 'No such file or directory' ./none
}

@test "--retry: not where it is hopeless" {
	: >file
	probes 1 --retry=1 ./file/sock
	probes 1 -u --retry=1 127.255.255.255 9
}

### Command lines

@test "what a probe cannot honour is refused" {
	local words
	while read -r words; do
		# shellcheck disable=SC2086 # several words
		probes 2 $words 127.0.0.1 9
		[[ ${#lines[@]} == 1 && $output == "sockcat: "*-z* &&
			$output == *"${words%%[ =]*}"* ]] ||
			fail "-z $words: $output"
	done <<-'EOF'
		-l
		-c -u
		-F
		--no-shutdown
		-q 1
		-Q
		--idle-timeout=1
		-L -u
		--size=1 -u
		-W 1 -u
		-E -u
		-C
		-i 1
		--announce=here
	EOF
	assert_not_exists here
	probes 2
	probes 2 127.0.0.1
	probes 2 ./sock 9
	probes 2 -U sock 9
}

@test "what is no port and no range is refused, and quoted" {
	local port
	for port in 9-7 1- 1-70000 0-5 0 1-2-3 80x ' 80' +80 65536 1-+2 \
		no-such -5; do
		probes 2 "127.0.0.1" 9 "$port"
		[[ ${#lines[@]} == 1 && $output == "sockcat: "* ]] ||
			fail "$port: $output"
		[[ $output == *"${port%%-*}"* ]] ||
			fail "$port: $output"
	done
	probes 2 127.0.0.1 ''
	probes 2 -- 127.0.0.1 -5
}

### The local end

@test "-z -s, -z -p: from there" {
	local port
	listen s -v 127.0.0.1 0
	run -0 sockcat -z -s 127.0.0.2 "${ADDR[@]}"
	finish s
	((status == 0))
	assert_output --partial 'Connection received on 127.0.0.2 '
	# Three are sent in that time, by one that is slow to bind too.
	listen s -v -W 3 -u 127.0.0.1 0
	run -0 sockcat -z -u -s 127.0.0.2 -p 0 -w 0.6 "${ADDR[@]}"
	finish s
	((status == 0))
	assert_output --partial 'Connection received on 127.0.0.2 '
	# One that is not ours.
	run -1 sockcat -z -v -s 192.0.2.1 "${ADDR[@]}"
	assert_output "sockcat: connect to $HOST port $PORT (tcp) failed: \
Cannot assign requested address"
}

@test "a port that this machine could not try is not closed" {
	local from
	peer busy -l tcp4
	from=$PORT
	row s tcp4:oc
	probes 1 -s 127.0.0.1 -p "$from" "$HOST" "$PORT-$((PORT + 1))"
	said "sockcat: connect to $HOST port $PORT (tcp) failed: $(:
	)Address already in use" "sockcat: connect to $HOST port $(:
	)$((PORT + 1)) (tcp) failed: Address already in use"
	found
	probes 124 --retry=0.05 -s 127.0.0.1 -p "$from" "$HOST" "$PORT"
	said "sockcat: connect to $HOST port $PORT (tcp) failed: $(:
	)Address already in use (--retry)"
	probes 1 -s 192.0.2.1 "$HOST" "$PORT"
	said "sockcat: connect to $HOST port $PORT (tcp) failed: $(:
	)Cannot assign requested address"
}
