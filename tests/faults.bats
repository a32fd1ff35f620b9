# System calls that fail where nobody expects it: once and interrupted, so that
# all goes on, or for ever, so that the run ends with one line, or at its limit,
# and does not spin until then. What such a failure leaves unknown is not
# guessed. `make faults` has every call fail; these are what it has found, each
# with the calls told to fail (tests/preload/failing.c).

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153
load helper

OWN_WORDS=("${WRAP_WORDS[@]}")

# failing CALL:WHEN:ERROR...: in what is started from now on, these fail.
failing() {
	all_well
	preload failing "FAILING=$*"
}

# all_well: nothing fails in what is started from now on.
all_well() {
	WRAP_WORDS=("${OWN_WORDS[@]}")
}

# times_out NAME LIMIT: its end is 124, with a line that names the limit.
times_out() {
	finish "$1"
	[[ $status == 124 && $output == "sockcat: "*" ($2)" ]] ||
		fail "$1 ends with $status: $output"
}

# is_full NAME: its held stdout takes no more for now.
is_full() {
	is_asleep "$1" && read -r -t 0 -u "${GET[$1]}"
}

### Names and what is written beside them

@test "a name that cannot be looked at once it is made is removed" {
	failing lstat:1:EIO
	connect s -l ./sock
	fails s 'bind to ./sock (unix) failed: Input/output error'
	[[ ! -e sock ]]
}

@test "where a name's directory is not to be had, it is removed all the same" {
	failing open:2:EMFILE
	listen s -vv ./sock
	await heard s "Shut in: not at all, the socket's directory is not to be"
	dismiss s
	[[ ! -e sock ]]
}

@test "a socket whose address is not to be had is none" {
	failing getsockname:1:ENOBUFS
	connect s -l ./sock
	fails s "get the local address of a socket for ./sock (unix) $(:
	)failed: No buffer space available"
	[[ ! -e sock ]]
	connect u -u 127.0.0.1 9
	fails u "get the local address of a socket for 127.0.0.1 port 9 (udp) $(:
	)failed: No buffer space available"
	# That it is not connected to itself has been asked before.
	failing getsockname:2:ENOBUFS
	meet c p client tcp4
	fails c "get the local address of a socket for $HOST port $PORT (tcp) $(:
	)failed: No buffer space available"
	bye p
}

@test "what cannot be looked at may be a FIFO, and is not replaced" {
	local call
	# valgrind itself would fail to read a link.
	not_wrapped
	mkfifo ready
	for call in readlink:1 stat:1+; do
		failing $call:EACCES
		connect s -l --announce=ready ./sock
		fails s 'announce to ready failed: Permission denied'
		[[ -p ready && ! -e sock ]]
	done
}

@test "an announcement that is interrupted is made all the same" {
	failing open:1:EINTR write:1:EINTR
	listen s ./sock
	assert_equal "${ADDR[0]}" ./sock
	stop s
}

### stdin and stdout

@test "a stdin that cannot be looked at ends the run" {
	failing fstat:1:EIO
	connect s -l ./sock
	fails s 'look at stdin failed: Input/output error'
}

@test "what a stdin and stdout are being unknown, neither way waits for the other" {
	failing fstat:2+:EIO
	meet c p client tcp4
	# With nothing to be read yet,
	ask p send:answer
	get c answer
	# and with more to write than is taken.
	ask p pattern:300000
	await is_full c
	put c question
	ask p expect:question
	take c 300000 got
	# The pattern counts the answer's bytes too.
	pattern 300006 | tail -c 300000 | cmp - got
	end c
	ask p expect-eof
	ask p close
	succeeds c
	bye p
}

@test "with -k, a file that cannot be sent from its start ends the run" {
	echo question >file
	failing lseek:3:EIO
	listen s -k 127.0.0.1 0 <file
	all_well
	connect one "${ADDR[@]}"
	succeeds one
	holds one.out $'question\n'
	connect two "${ADDR[@]}"
	fails s 'rewind stdin failed: Input/output error'
	finish two
	[[ ! -s two.out ]]
}

### Interrupted

@test "a look-up that is interrupted on either side gives its answer" {
	failing write:1:EINTR read:1:EINTR
	peer p -l tcp4
	connect c -4 localhost "$PORT"
	ask p open
	ask p send:answer
	ask p close
	succeeds c
	holds c.out answer
	bye p
}

@test "a connection that is interrupted goes on" {
	failing connect:1:EINTR
	meet c p client tcp4
	end c
	ask p expect-eof
	ask p close
	succeeds c
	bye p
}

@test "-z: an interrupted question, answer or result is given again" {
	failing connect:1:EINTR write:1:EINTR
	row tcp tcp4:oc
	connect z -z "$HOST" "$PORT-$((PORT + 1))"
	succeeds z
	holds z.out "$HOST $PORT"$'\n'
	failing send:1:EINTR recv:1:EINTR
	row udp udp4:o
	connect z -z -u "$HOST" "$PORT"
	succeeds z
}

### What is known of a port

@test "-z: a port that a firewall keeps us from is not open, and -v says why" {
	local protocol options
	row r tcp4:oo udp4:oo
	failing connect:1:EPERM
	for protocol in tcp udp; do
		options=()
		[[ $protocol == tcp ]] || options=(-u)
		connect z -z "${options[@]}" "$HOST" "$PORT"
		finish z
		[[ $status$output == 1 ]]
		connect z -zv "${options[@]}" "$HOST" "$PORT"
		fails z "connect to $HOST port $PORT ($protocol) failed: $(:
		)Operation not permitted"
	done
	# One of two: what is open is found all the same.
	connect z -z "$HOST" "$PORT-$((PORT + 1))"
	succeeds z
	holds z.out "$HOST $((PORT + 1))"$'\n'
}

@test "-z: a port whose answer cannot be asked for is not told to be closed" {
	row r tcp4:o
	failing getsockopt:1:EACCES
	connect z -z "$HOST" "$PORT"
	fails z "connect to $HOST port $PORT (tcp) failed: Permission denied"
}

### For ever

@test "a wait that fails while connecting is told in one line" {
	black_hole hole tcp4
	failing ppoll:1:ENOMEM
	connect c "${ADDR[@]}"
	fails c 'poll failed: Cannot allocate memory'
	bye hole.first
	bye hole
}

@test "an error of datagrams that stays is not asked for for ever" {
	failing recvmsg:1+:ECONNREFUSED
	listen s -u -d 127.0.0.1 0
	all_well
	connect c -u -q 0 "${ADDR[@]}" <<<hello
	succeeds c
	fails s 'write to * failed: Connection refused'
}

@test "where many messages cannot be had in a call, each has one" {
	failing recvmmsg:1+:ENOSYS
	listen s -u -d 127.0.0.1 0
	all_well
	hold_in c
	connect c -u -L -q 0 "${ADDR[@]}"
	put c $'one\ntwo\nthree\n'
	end c
	succeeds c
	await holds s.out onetwothree
	stop s
}

@test "-c: what does not say who speaks is asked again after a pause" {
	failing recvfrom:1+:EHOSTUNREACH
	listen s -u -c -d --accept-timeout=1 127.0.0.1 0
	all_well
	connect c -u -q 0 "${ADDR[@]}" <<<hello
	succeeds c
	times_out s --accept-timeout
}

@test "-c: a socket that does not tell of refusals is not asked for ever" {
	failing getsockopt:1+:EACCES
	listen s -u -c -d -W 1 127.0.0.1 0
	all_well
	connect c -u -q 0 "${ADDR[@]}" <<<hello
	succeeds c
	succeeds s
	holds s.out $'hello\n'
}

@test "-c -k: sessions that fail one after the other do not spin" {
	failing recvmsg:1+:ENOMEM
	listen s -u -c -k -d 127.0.0.1 0
	all_well
	connect c -u -q 0 "${ADDR[@]}" <<<hello
	succeeds c
	await heard s $'Cannot allocate memory\nsockcat: '
	# Time enough to be called in vain.
	pause 0.2
	dismiss s
}

@test "-c -k: a peer that cannot be forgotten ends the run" {
	failing connect:2:EACCES
	listen s -u -c -k -E -d 127.0.0.1 0
	all_well
	connect c -u -E -q 0 "${ADDR[@]}" <<<hello
	succeeds c
	fails s 'disconnect from * failed: Permission denied'
	holds s.out $'hello\n'
}

@test "a connection that cannot be accepted is asked for again after a pause" {
	failing accept:1+:EMFILE
	listen s --accept-timeout=1 ./sock
	peer p unix ./sock
	ask p open
	times_out s --accept-timeout
	bye p
}

@test "a pipe whose size is neither told nor changed is used as it is" {
	failing fcntl:1+:EPERM
	pattern 1000000 >sent
	listen s ./sock
	connect c ./sock <sent
	succeeds c
	succeeds s
	cmp sent s.out
}

@test "-k: peers who leave nothing to wait for do not keep a signal out" {
	local i
	failing accept:2:TERM
	listen s -d -k ./sock
	peer p unix ./sock
	ask p open
	all_well
	for i in {1..8}; do
		sockcat -q 0 ./sock <<<"$i"
	done
	bye p
	finish s
	assert_equal "$status" 143
	holds s.out $'1\n'
}
