# A signal that stops programs stops this one, wherever it waits: at once and
# silently, by that same signal, so that the shell sees 128 and its number, and
# with no path left behind. A signal that was ignored at the start stays so.
# SIGPIPE and SIGXFSZ are failures of a write, with a message; SIGSTOP and
# SIGCONT change nothing.

load helper

SIGNALS=(INT TERM HUP QUIT ALRM USR2)

# SIGQUIT would leave one.
ulimit -c 0

# stops NAME SIGNAL: it ends by that, silently, at once, and its path is gone.
stops() {
	local began took
	await is_asleep "$1"
	began=${EPOCHREALTIME/./}
	stop "$1" "$2"
	took=$((${EPOCHREALTIME/./} - began))
	((took < 5000000)) || fail "it took $took us to stop by $2"
	assert_not_exists "$1.sock"
}

# throw NAME SIGNAL: send it.
throw() {
	kill -s "$2" "${PID[$1]}"
}

# after COMMANDS: from here on it is started by a shell that has done these.
after() {
	WRAP_WORDS=(bash -c "$1; exec \"\$@\"" - "${WRAP_WORDS[@]}")
}

# each FUNCTION [WORD...]: for each of the signals, have FUNCTION bring the
# binary, as $s, to where it waits; then stop it.
each() {
	local s
	for s in "${SIGNALS[@]}"; do
		"$@"
		stops "$s" "$s"
	done
}

# What a process has ended by is to be seen while nobody has waited for it:
# proc(5), /proc/PID/stat, exit_code, which is what waitpid(2) gives. REPLY.
has_ended() {
	local line
	read -r line <"/proc/$1/stat"
	[[ ${line##*) } == Z* ]] && REPLY=${line##* }
}

is_cat() {
	local name
	read -r name <"/proc/${PID[$1]}/comm" && [[ $name == cat ]]
}

# A shell cannot tell 128+n from an exit status; so here is a parent that never
# waits for its children.
@test "it ends by the signal itself, not by a status of 128+n" {
	local signal pid
	hold_both parent
	# shellcheck disable=SC2016 # it is for that shell
	start parent "$PEERS/within" -c "$LIMIT" bash -c '
		for signal in '"${SIGNALS[*]}"'; do
			"$@" "./$signal.sock" &
			echo "$!"
		done
		exec cat' - "$PEERS/within" "$LIMIT" "${WRAP_WORDS[@]}" \
		"$SOCKCAT" -l
	await is_cat parent
	for signal in "${SIGNALS[@]}"; do
		read_line parent pid
		await test -S "$signal.sock"
		kill -s "$signal" "$pid"
		await has_ended "$pid"
		assert_equal "$REPLY" "$(kill -l "$signal")"
		assert_not_exists "$signal.sock"
	done
	bye parent
}

### Where it waits

connecting() {
	connect "$s" "${ADDR[@]}"
}

@test "stopped while connecting: TCP" {
	black_hole hole tcp4
	each connecting
}

@test "stopped while connecting: UNIX" {
	black_hole hole unix
	each connecting
}

# It has a child of its own kind. (Another one is of tests/within.c.)
is_looking_up() {
	local pid=${PID[$1]} children=() name='' like
	read -r name <"/proc/$pid/comm"
	# No newline ends it.
	read -ra children <"/proc/$pid/task/$pid/children" || true
	[[ $name != sh ]] || return
	for pid in "${children[@]}"; do
		read -r like <"/proc/$pid/comm" || continue
		[[ $like != "$name" ]] || return 0
	done
	return 1
}

looking_up() {
	connect "$s" slow.invalid 9
	await is_looking_up "$s"
}

# Whoever opens this /etc/hosts waits for one who writes it.
@test "stopped while looking a name up" {
	mkdir etc
	mkfifo etc/hosts
	own_etc
	each looking_up
	# Nobody is left behind who looks for it still.
	run ! dd if=/dev/null of=etc/hosts oflag=nonblock conv=notrunc count=0
}

# listening [OPTION...]
listening() {
	listen "$s" "$@" "./$s.sock"
	assert_socket_exists "$s.sock"
}

@test "stopped while waiting for a peer" { each listening; }

@test "stopped while waiting for a peer: seqpacket" {
	each listening --type=seqpacket
}

@test "stopped while waiting for a peer: TCP" { each listen_tcp; }

listen_tcp() {
	listen "$s" 0
}

@test "stopped while waiting for the next peer" { each between_peers; }

between_peers() {
	listening -k
	connect c "./$s.sock"
	succeeds c
}

@test "stopped while waiting for the first datagram" { each listening -u; }

@test "stopped while waiting for a datagram's sender to connect to" {
	each listening -u -c
}

# Nobody opens the FIFO to read.
announcing() {
	mkfifo "$s.fifo"
	connect "$s" -l --announce="$s.fifo" "./$s.sock"
	await test -S "$s.sock"
}

@test "stopped while waiting for a reader of the announcement" {
	each announcing
}

@test "stopped in a session that is idle: server" { each serving; }

serving() {
	meet "$s" "p$s" server unix
	ask "p$s" send:x
	get "$s" x
}

@test "stopped in a session that is idle: client" { each visiting; }

visiting() {
	meet "$s" "p$s" client tcp4
	put "$s" x
	ask "p$s" expect:x
}

@test "stopped in a session of datagrams" { each listen_and_hear; }

listen_and_hear() {
	local option=-u
	[[ $s != *R? ]] || option=-uc
	hold_both "$s"
	listening $option
	peer "p$s" unixdgram "${ADDR[@]}"
	ask "p$s" send:x
	get "$s" x
}

@test "stopped in a session with all stalled" {
	local s
	pattern 3000000 >in
	for s in "${SIGNALS[@]}"; do
		hold_out "$s"
		listen "$s" "./$s.sock" <in
		peer "p$s" unix "${ADDR[@]}"
		tell "p$s" "fill:${PID[$s]}"
	done
	for s in "${SIGNALS[@]}"; do
		answer "p$s"
		stops "$s" "$s"
	done
}

@test "stopped in a session with all in motion" {
	local s
	for s in TERM INT; do
		send_out "$s" /dev/null
		listen "$s" 127.0.0.1 0
		peer "p$s" tcp4 "${ADDR[@]}"
		ask "p$s" pattern:1000000
		tell "p$s" flood
		stop "$s" "$s"
		answer "p$s"
	done
}

@test "stopped while -q lets time pass" {
	local s
	for s in "${SIGNALS[@]}"; do
		meet "$s" "p$s" server unix -q 3600
		end "$s"
		ask "p$s" expect-eof
		stops "$s" "$s"
	done
}

# With stdout closed the session is done, but for what is not acknowledged.
@test "stopped while waiting for the peer to have all" {
	[[ -z ${PORTABLE-} ]] || skip 'what is acknowledged: Linux only'
	local s
	pattern 300000 >in
	peer p -l tcp4
	for s in INT TERM; do
		hold_out "$s"
		connect "$s" -q 0 "${ADDR[@]}" <in
		ask p open
		get_eof "$s"
		stops "$s" "$s"
		ask p close
	done
}

@test "stopped while waiting for the directory of a dead socket" {
	local s
	hold_both holder
	start holder "$PEERS/within" -c "$LIMIT" flock . \
		sh -c 'echo locked; exec cat'
	get holder locked
	for s in INT TERM; do
		peer "dead_$s" -l unix "./dead_$s.sock"
		kill -KILL "${PID[dead_$s]}"
		finish "dead_$s"
		connect "$s" -l "./dead_$s.sock"
		stops "$s" "$s"
		assert_socket_exists "dead_$s.sock"
	done
	bye holder
}

### Signals that were ignored

# ignoring SIGNAL...: from here on it is started with these ignored.
ignoring() {
	after "trap '' $*"
}

@test "ignored signals stay ignored" {
	local signal ignored=(INT TERM HUP QUIT USR1 USR2)
	ignoring "${ignored[@]}"
	hold_both s
	listen s 127.0.0.1 0
	for signal in "${ignored[@]}"; do
		throw s "$signal"
	done
	peer p tcp4 "${ADDR[@]}"
	ask p send:hello
	get s hello
	for signal in "${ignored[@]}"; do
		throw s "$signal"
		put s "$signal"
		ask p "expect:$signal"
	done
	end s
	ask p expect-eof
	ask p close
	succeeds s
}

@test "with SIGHUP ignored, as by nohup, the others still stop it" {
	local s
	ignoring HUP
	for s in INT TERM QUIT USR2; do
		listening
		throw "$s" HUP
		stops "$s" "$s"
	done
}

### SIGPIPE, SIGXFSZ

@test "SIGPIPE from somewhere does nothing" {
	meet s p client tcp4
	throw s PIPE
	throw s XFSZ
	put s hello
	ask p expect:hello
	ask p send:world
	get s world
	stop s
}

@test "stdout's reader is gone: 1, and not SIGPIPE" {
	hold_out s
	listen s ./s.sock
	drop_out s
	peer p unix "${ADDR[@]}"
	ask p open
	fails s 'write to stdout failed: Broken pipe'
	assert_not_exists s.sock
}

@test "the announcement's reader is gone: 1, and not SIGPIPE" {
	hold_out s
	drop_out s
	connect s -l --announce=/dev/stdout ./s.sock
	fails s 'announce to /dev/stdout failed: Broken pipe'
	assert_not_exists s.sock
}

@test "stderr's reader is gone: what is said is lost, and nothing else" {
	local reader writer
	mkfifo errors
	exec {reader}<>errors
	exec {writer}>errors
	exec {reader}<&-
	after "exec 2>&$writer"
	meet s p client tcp4 -vv
	put s hello
	ask p expect:hello
	ask p send:world
	get s world
	ask p half-close
	end s
	succeeds s
	exec {writer}>&-
}

@test "a file that may grow no further: 1, and not SIGXFSZ" {
	# In units of 1024 bytes.
	after 'ulimit -f 8'
	peer p -l tcp4
	hold_in s
	connect s "${ADDR[@]}"
	tell p pattern:20000
	fails s 'write to stdout failed: File too large'
	pattern 8192 | cmp - s.out
}

### SIGSTOP, SIGCONT

@test "stopped and continued, a session goes on" {
	local kind n
	for kind in tcp4 unix; do
		meet $kind "p$kind" client $kind
		for n in 1 2; do
			freeze $kind
			put $kind "up$n"
			ask "p$kind" "send:down$n"
			thaw $kind
			ask "p$kind" "expect:up$n"
			get $kind "down$n"
			# With nothing to do at all, too.
			await is_asleep $kind
			freeze $kind
			thaw $kind
			await is_asleep $kind
		done
		end $kind
		ask "p$kind" expect-eof
		ask "p$kind" half-close
		succeeds $kind
	done
}

@test "stopped and continued, it waits for a peer" {
	hold_out s
	listen s ./s.sock
	await is_asleep s
	freeze s
	thaw s
	await is_asleep s
	freeze s
	peer p unix "${ADDR[@]}"
	ask p send:hello
	ask p half-close
	thaw s
	get s hello
	get_eof s
	succeeds s
}

@test "stopped and continued, it connects" {
	black_hole hole unix
	hold_in s
	connect s "${ADDR[@]}"
	await is_asleep s
	freeze s
	# The first is accepted, and makes room.
	ask hole close
	thaw s
	put s hello
	ask hole expect:hello
	stop s
}

@test "stopped for longer than its idle time, it first takes what has come" {
	meet s p client tcp4 --idle-timeout=0.5
	freeze s
	ask p send:hello
	ask p close
	pause 0.6
	thaw s
	get s hello
	get_eof s
	end s
	succeeds s
}
