# A person at a terminal: what is typed is sent line by line, its end is the end
# of what is sent, and the peer's end of file ends the run, whatever could still
# be typed; what is received is shown. The terminal is left as it was, and keys
# that stop programs stop this one.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154
load helper

# at_terminal NAME KIND [OPTION...]: NAME is a client of peer p, with stdin,
# stdout and stderr on a terminal; what it shows is in the file screen, and put
# types.
at_terminal() {
	terminal 012 80
	meet "$1" p client "$2" "${@:3}"
}

# shows TEXT: it is on the screen.
shows() {
	[[ -e screen && $(tr -d '\r' <screen) == *"$1"* ]]
}

@test "what is typed is sent, a line at a time, and its end ends it" {
	local kind
	not_wrapped
	for kind in tcp4 unix seqpacket; do
		at_terminal c $kind
		put c $'hello\n'
		ask p recv:6
		ask p send:answer
		await shows answer
		put c $'again\n'
		ask p recv:6
		put c $'\x04'
		ask p expect-eof
		ask p send:late
		await shows late
		bye p
		finish c
		((status == 0))
		run -0 tr -d '\r' <screen
		assert_output $'hello\nansweragain\nlate'
		rm screen
	done
}

@test "the peer's end of file ends the run" {
	not_wrapped
	at_terminal c tcp4
	ask p send:bye
	ask p half-close
	ask p expect-eof
	bye p
	finish c
	((status == 0))
	shows bye
}

@test "so it does for a listener" {
	not_wrapped
	terminal 012 80
	meet s p server unix
	put s $'typed\n'
	ask p recv:6
	ask p send:shown
	ask p half-close
	ask p expect-eof
	bye p
	finish s
	((status == 0))
	shows shown
}

@test "the key that interrupts stops it, and nothing is left" {
	not_wrapped
	terminal 012 80
	meet s p server unix
	put s $'typed\n'
	ask p recv:6
	put s $'\x03'
	finish s
	((status == 130))
	assert_not_exists "$PWD/s.sock"
}

@test "a datagram is a line that is typed" {
	not_wrapped
	peer p -l unixdgram "$PWD/p.sock"
	hold_in c
	terminal 012 80
	connect c -u -q 0 "${ADDR[@]}"
	put c $'one\n'
	ask p recv:4
	put c $'two\n'
	ask p recv:4
	put c $'\x04'
	finish c
	((status == 0))
	bye p
}

# has_ended PID: it is no more, but for who has to wait for it.
has_ended() {
	! is_alive "$1"
}

# A write to it waits then, and poll(2) does not tell how much it would take.
# (stderr is not on it: the message about the time would wait as well.)
@test "a terminal that shows nothing more: a signal and --max-time are heard" {
	local way screen child
	not_wrapped
	mkfifo screen
	for way in signal --max-time=3; do
		exec {screen}<>screen
		terminal 01 80
		# shellcheck disable=SC2086 # one word, or none
		meet "c$way" p client tcp4 ${way#signal}
		child=$(pgrep -P "${PID[c$way]}" -x sockcat)
		ask p "fill:$child"
		[[ $way != signal ]] || kill -TERM "$child"
		await has_ended "$child"
		cat <&"$screen" >/dev/null 3>&- &
		exec {screen}<&-
		finish "c$way"
		kill $!
		wait $! || true
		[[ $way != signal ]] || assert_equal "$status" 143
		[[ $way == signal ]] || assert_equal "$status" 124
		end p
		finish p
	done
}
