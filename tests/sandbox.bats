# Shut in: once everything is open, a session can open no file, make no file,
# remove none, and neither make nor await another TCP connection, whatever gets
# into it; and it goes on with all that it has to do, its own socket's name
# removed at the end. The tests put an intruder into the process. A build or a
# kernel that cannot do this does everything else.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153
load helper

# needs_sandbox: skip where there is nothing to see.
needs_sandbox() {
	linux_only
	not_wrapped
	[[ -z ${SANITIZE-} ]] || skip 'sanitizers write files at the end'
	not_static
	# landlock_create_ruleset(2), asked for its version: 4 knows of TCP.
	perl -e 'exit(syscall(444, 0, 0, 1) < 4)' ||
		skip 'the kernel has no Landlock that knows of TCP'
	mkdir -p inside/deep
	touch victim inside/victim
}

# intruded NAME [VICTIM]: the next things started have an intruder in them.
intruded() {
	WRAP_WORDS=()
	preload intruder "INTRUDER_REMOVES=${1:-victim}"
}

# held_off NAME: its intruder got nowhere in the end, once the socket was open.
held_off() {
	local tail='connect EACCES, bind EACCES, remove EACCES'
	run -0 grep '^read ' "$1.err"
	assert_equal "${lines[-1]}" "read EACCES, make EACCES, $tail"
	[[ -e victim ]]
}

@test "a client can open nothing any more" {
	local kind
	needs_sandbox
	for kind in tcp4 tcp6 unix seqpacket; do
		intruded
		meet c p client $kind
		put c hello
		ask p expect:hello
		ask p send:answer
		get c answer
		# While it was connecting, it could remove what it liked.
		touch victim
		end c
		ask p expect-eof
		ask p close
		finish c
		((status == 0))
		bye p
		held_off c
		rm -f intruded
	done
}

@test "nor a listener, from before its first peer to its last" {
	local i
	needs_sandbox
	intruded
	listen s -k 127.0.0.1 0
	await heard s 'read EACCES'
	run -0 grep -c '^read ' s.err
	for i in 1 2 3; do
		echo $i | "$SOCKCAT" "${ADDR[@]}"
	done
	kill -TERM "${PID[s]}"
	finish s
	((status == 143))
	holds s.out $'1\n2\n3\n'
	held_off s
}

@test "nor with datagrams, which go on to whoever speaks" {
	local options
	needs_sandbox
	for options in '' -c; do
		intruded
		hold_in s
		# shellcheck disable=SC2086 # none, or one
		listen s -u $options -W 2 ./inside/s.sock
		peer p unixdgram "${ADDR[@]}"
		ask p send:one
		put s answer
		ask p expect:answer
		ask p send:two
		finish s
		((status == 0))
		bye p
		held_off s
		assert_not_exist inside/s.sock
		rm -f intruded
	done
}

# The one directory: what lies there can be removed as well, but nowhere else.
@test "its own socket's name is removed, from its one directory alone" {
	needs_sandbox
	intruded inside/victim
	listen s ./inside/s.sock
	echo hello | "$SOCKCAT" "${ADDR[@]}"
	finish s
	((status == 0))
	holds s.out $'hello\n'
	assert_not_exist inside/s.sock
	assert_not_exist inside/victim
	rm -f intruded
	intruded victim
	listen s ./inside/deep/s.sock
	await heard s 'remove EACCES'
	kill -TERM "${PID[s]}"
	finish s
	((status == 143))
	assert_not_exist inside/deep/s.sock
	assert_exist victim
}

@test "a directory that cannot be read keeps no name" {
	mkdir shut
	chmod 300 shut
	listen s "$PWD/shut/s.sock"
	stop s
	chmod 700 shut
	assert_not_exist shut/s.sock
}

@test "a set-user-id program would gain nothing" {
	needs_sandbox
	listen s 127.0.0.1 0
	# Shut in it is after it has told where it listens.
	await grep -q '^NoNewPrivs:.*1$' "/proc/${PID[s]}/status"
	stop s
}

@test "-v -v says what holds" {
	local said=0
	listen s -v -v 127.0.0.1 0
	await heard s 'Shut in: '
	dismiss s
	run -0 grep -c '^Shut in: .' s.err
	assert_output 1
	listen s -v 127.0.0.1 0
	dismiss s
	run -1 grep 'Shut in' s.err
}
