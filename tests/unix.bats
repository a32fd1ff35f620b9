# UNIX sockets as files: every path that the system can bind, relative ones and
# strange ones too, and abstract names; a path that is too long is refused
# before anything is made. What stands at a path is harmed in no way unless it
# is a dead socket. Our own is removed at the end, whatever the end was, if it
# is still ours; and its permissions are those that were asked for.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034
load helper

TYPES=(stream seqpacket dgram)

# kind TYPE: what tests/peer.c calls it, in KIND.
kind() {
	KIND=unix
	case $1 in
	seqpacket) KIND=seqpacket ;;
	dgram) KIND=unixdgram ;;
	esac
}

# path LENGTH [PREFIX]: a name of so many bytes, in LONG.
path() {
	printf -v LONG '%*s' "$1" ''
	LONG=${2-./}${LONG// /x}
	LONG=${LONG:0:$1}
}

# dead PATH [TYPE]: a socket that nobody has open.
dead() {
	perl -MSocket -e '
		socket(S, AF_UNIX, $ARGV[1], 0) or die $!;
		bind(S, pack_sockaddr_un($ARGV[0])) or die $!;
	' "$1" "$(type_number "${2-stream}")"
	assert_socket_exists "$1"
}

type_number() {
	case $1 in
	stream) echo 1 ;;
	dgram) echo 2 ;;
	seqpacket) echo 5 ;;
	esac
}

# reached NAME TYPE: a listener whose stdin is a pipe is at ADDR, hears
# somebody and answers.
reached() {
	kind "$2"
	peer r "$KIND" "${ADDR[@]}"
	put "$1" answer
	ask r send:hello
	ask r expect:answer
	get "$1" hello
	bye r
}

# reachable TYPE WORD...: a listener started with these words is reached, and
# removes its path.
reachable() {
	local type=$1
	shift
	hold_both s
	listen s --type="$type" "$@"
	reached s "$type"
	end s
	if [[ $type == dgram ]]; then stop s; else succeeds s; fi
	[[ ${ADDR[0]} == @* ]] || assert_not_exists "${ADDR[0]}"
}

# untouched WORD...: a listener started with these words fails, and what is at
# ./here is what it was.
untouched() {
	local before
	before=$(stat -c '%F %i %s %a %h' here)
	connect t -l "$@" ./here
	fails t 'bind to ./here (unix*) failed: *'
	assert_equal "$(stat -c '%F %i %s %a %h' here)" "$before"
}

### Names

@test "a path may be 107 bytes long" {
	local type
	path 107
	for type in "${TYPES[@]}"; do
		reachable "$type" "$LONG"
		assert_equal "${ADDR[0]}" "$LONG"
	done
}

@test "108 bytes are a usage error, and nothing is made" {
	local length type before=(*)
	for length in 108 109 4000; do
		path "$length"
		for type in "${TYPES[@]}"; do
			run -2 sockcat -l --type="$type" "$LONG"
			assert_output --partial "${LONG:0:108}"
			run -2 sockcat --type="$type" "$LONG"
			assert_output --partial "${LONG:0:108}"
		done
		run -2 sockcat -u -s "$LONG" ./sock
		assert_output --partial "${LONG:0:108}"
	done
	assert_equal "$(printf '%s\n' *)" "$(printf '%s\n' "${before[@]}")"
}

@test "an abstract name may be 107 bytes long, after its @" {
	linux_only
	local type
	printf hello >hello
	path 108 "@${TEST_DIR##*/}."
	for type in "${TYPES[@]}"; do
		hold_out s
		listen s -U --type="$type" "$LONG"
		assert_equal "${ADDR[0]}" "$LONG"
		connect c -U --type="$type" -q 0 "$LONG" <hello
		get s hello
		succeeds c
		if [[ $type == dgram ]]; then stop s; else succeeds s; fi
	done
}

@test "an abstract name of 108 bytes after its @ is a usage error" {
	linux_only
	local type
	path 109 @
	for type in "${TYPES[@]}"; do
		run -2 sockcat -l -U --type="$type" "$LONG"
		assert_output --partial "$LONG"
		run -2 sockcat -U --type="$type" "$LONG"
		assert_output --partial "$LONG"
	done
}

@test "@name is no file, ./@name is one" {
	linux_only
	listen s -U "@${TEST_DIR##*/}"
	assert_not_exists "@${TEST_DIR##*/}"
	stop s
	listen s "./@${TEST_DIR##*/}"
	assert_socket_exists "@${TEST_DIR##*/}"
	stop s
	assert_not_exists "@${TEST_DIR##*/}"
}

@test "where there are no abstract names, @name is a usage error" {
	[[ -n ${PORTABLE-} ]] || skip 'there are'
	run -2 sockcat -l -U @name
	assert_output --partial @name
	reachable stream ./@name
}

# named FILE WORD...: to listen and to connect with these words, the last of
# which is the path, meets at FILE.
named() {
	local file=$1
	shift
	listen s "$@"
	assert_socket_exists "$file"
	connect c "$@" <hello
	succeeds c
	succeeds s
	holds s.out hello
	assert_not_exists "$file"
}

@test "an operand with a slash is a path" {
	local word
	printf hello >hello
	mkdir sub
	for word in ./sock sub/sock sub/../sock "$PWD/sock" sub//sock; do
		named "$word" "$word"
	done
}

@test "an operand with a slash is a path, whatever else it looks like" {
	local word
	printf hello >hello
	for word in ./a:80 ./127.0.0.1:80 ./@name './a b' $'./a\nb' \
		$'./\xff' ./~ './*'; do
		named "$word" "$word"
	done
	named -l -- ./-l
}

@test "with -U a path is a path too" {
	local word
	printf hello >hello
	for word in ./sock "$PWD/sock" sock a:80 80 localhost 'a b' .sock; do
		named "$word" -U "$word"
	done
}

@test "-s names a listener's path too" {
	reachable stream -U -s sock
	reachable dgram -U -s ./sock
}

@test "what cannot be bound is 1" {
	connect s -l ./none/sock
	fails s 'bind to ./none/sock (unix) failed: No such file or directory'
	: >file
	connect s -l ./file/sock
	fails s 'bind to ./file/sock (unix) failed: Not a directory'
	connect s -l ./
	fails s 'bind to ./ (unix) failed: *'
}

@test "a directory that is not ours to write in is 1" {
	held_to_modes
	mkdir -m 500 sub
	connect s -l sub/sock
	fails s 'bind to sub/sock (unix) failed: Permission denied'
}

### What is there already

# live_stays TYPE: a live socket of this type is in nobody's way, and does not
# lose its next accept, or message, to those who look.
live_stays() {
	local type before
	for type in "${TYPES[@]}"; do
		hold_both s
		listen s --type="$1" ./here
		before=$(stat -c %i here)
		connect t -l --type="$type" ./here
		fails t 'bind to ./here (unix*) failed: Address already in use'
		assert_equal "$(stat -c %i here)" "$before"
		reached s "$1"
		end s
		if [[ $1 == dgram ]]; then stop s; else succeeds s; fi
	done
}

@test "a live socket stays: stream" { live_stays stream; }
@test "a live socket stays: seqpacket" { live_stays seqpacket; }
@test "a live socket stays: dgram" { live_stays dgram; }

@test "a live socket stays that others may not send to" {
	local type
	hold_both s
	listen s -u -c ./here
	peer p unixdgram ./here
	ask p send:hello
	get s hello
	for type in "${TYPES[@]}"; do
		connect t -l --type="$type" ./here
		fails t 'bind to ./here (unix*) failed: Address already in use'
	done
	put s answer
	ask p expect:answer
	stop s
}

@test "a live socket stays while all who may wait do so" {
	local type
	peer p -l -b 0 unix ./here
	peer q unix ./here
	ask q open
	for type in "${TYPES[@]}"; do
		connect t -l --type="$type" ./here
		fails t 'bind to ./here (unix*) failed: Address already in use'
	done
	ask q send:hello
	ask p expect:hello
}

@test "an abstract name in use is 1" {
	linux_only
	local name=@${TEST_DIR##*/}
	hold_both s
	listen s -U "$name"
	connect t -l -U "$name"
	fails t "bind to $name (unix) failed: Address already in use"
	reached s stream
	end s
	succeeds s
}

@test "what is no socket stays: a file" {
	local type
	printf precious >here
	for type in "${TYPES[@]}"; do
		untouched --type="$type"
		holds here precious
	done
}

@test "what is no socket stays: an empty file" { : >here; untouched; }
@test "what is no socket stays: a directory" { mkdir here; untouched; }
@test "what is no socket stays: a FIFO" { mkfifo here; untouched; }

# link TARGET
link() {
	ln -s "$1" here
	untouched
	untouched -u
	assert_symlink_to "$PWD/$1" here
}

@test "what is no socket stays: a link to nothing" {
	ln -s nothing here
	untouched
	untouched -u
	assert_not_exists nothing
}

@test "what is no socket stays: a link to a file" {
	printf precious >file
	link file
	holds file precious
}

@test "what is no socket stays: a link to a dead socket" {
	dead ./old
	link old
	assert_socket_exists old
	rm old
}

@test "what is no socket stays: a link to a live socket" {
	peer p -l unix ./old
	link old
	assert_socket_exists old
	rm here
}

# replaced TYPE: whatever it was.
replaced() {
	local was
	for was in "${TYPES[@]}"; do
		dead here "$was"
		reachable "$1" ./here
	done
}

@test "a dead socket is replaced: stream" { replaced stream; }
@test "a dead socket is replaced: seqpacket" { replaced seqpacket; }
@test "a dead socket is replaced: dgram" { replaced dgram; }

@test "a socket that SIGKILL left behind is replaced" {
	listen s ./here
	kill -KILL "${PID[s]}"
	finish s
	assert_equal "$status" 137
	assert_socket_exists here
	reachable stream ./here
}

@test "a dead socket is replaced by a client's own" {
	peer p -l unixdgram ./p
	dead near dgram
	hold_both c
	connect c -u -q 0 -s ./near ./p
	put c who
	ask p expect:who
	ask p send:me
	get c me
	end c
	succeeds c
	assert_not_exists near
}

# winner NAME...: all but one of them have ended; in WINNER.
winner() {
	local name running=()
	for name; do
		! is_running "$name" || running+=("$name")
	done
	WINNER=${running[0]-}
	((${#running[@]} <= 1))
}

# contend: of three that start at once, one wins, and it is reached.
contend() {
	local name names=(a b c) ready line
	mkfifo ready
	exec {ready}<>ready
	for name in "${names[@]}"; do
		hold_both "$name"
	done
	for name in "${names[@]}"; do
		connect "$name" -l --announce=ready ./here
	done
	read -r -t "$LIMIT" -u "$ready" line
	assert_equal "$line" ./here
	await winner "${names[@]}"
	for name in "${names[@]}"; do
		[[ $name != "$WINNER" ]] || continue
		fails "$name" \
			'bind to ./here (unix) failed: Address already in use'
	done
	run ! read -r -t 0 -u "$ready"
	ADDR=(./here)
	reached "$WINNER" stream
	end "$WINNER"
	succeeds "$WINNER"
	assert_not_exists here
	exec {ready}<&-
	rm ready
}

@test "of many that find a dead socket one wins, and is reached" {
	local n
	for n in {1..3}; do
		dead here
		contend
	done
}

@test "of many that find nothing one wins, and is reached" {
	local n
	for n in {1..3}; do
		contend
	done
}

### The end

# stopped NAME SIGNAL: it ends by that, silently. ALRM too, which is how a test
# that hangs would end.
stopped() {
	local status=0
	kill -s "$2" "${PID[$1]}"
	wait "${PID[$1]}" || status=$?
	unset "PID[$1]"
	assert_equal "$status" $((128 + $(kill -l "$2")))
	assert_size_zero "$1.err"
}

# removed_on SIGNAL...: while it waits, and with a peer.
removed_on() {
	local type signal
	ulimit -c 0
	for signal; do
		for type in "${TYPES[@]}"; do
			kind "$type"
			listen s --type="$type" ./here
			assert_socket_exists here
			stopped s "$signal"
			assert_not_exists here
			hold_both s
			listen s --type="$type" ./here
			peer p "$KIND" ./here
			ask p send:hello
			get s hello
			assert_socket_exists here
			stopped s "$signal"
			assert_not_exists here
			bye p
		done
	done
}

@test "the path is removed on INT" { removed_on INT; }
@test "the path is removed on TERM" { removed_on TERM; }
@test "the path is removed on HUP" { removed_on HUP; }
@test "the path is removed on QUIT" { removed_on QUIT; }
@test "the path is removed on USR2" { removed_on USR2; }
@test "the path is removed on ALRM" { removed_on ALRM; }

@test "the path is removed at an orderly end" {
	local type
	for type in "${TYPES[@]}"; do
		kind "$type"
		set --
		[[ $type != dgram ]] || set -- -w 0.05
		listen s --type="$type" "$@" ./here
		peer p "$KIND" ./here
		ask p send:hello
		[[ $type == dgram ]] || ask p half-close
		succeeds s
		assert_not_exists here
		bye p
	done
}

@test "the path is removed at a failing end" {
	local type
	for type in "${TYPES[@]}"; do
		kind "$type"
		send_out s /dev/full
		listen s --type="$type" ./here
		peer p "$KIND" ./here
		ask p send:hello
		fails s 'write to stdout failed: No space left on device'
		assert_not_exists here
		bye p
	done
}

@test "the path is removed when time is up" {
	listen s -w 0.05 ./here
	peer p unix ./here
	ask p open
	finish s
	assert_equal "$status" 124
	assert_not_exists here
}

@test "a path that somebody has replaced is left alone: a listener" {
	local type
	for type in "${TYPES[@]}"; do
		hold_both t
		listen s --type="$type" ./here
		rm here
		listen t --type="$type" ./here
		stop s
		assert_socket_exists here
		reached t "$type"
		end t
		if [[ $type == dgram ]]; then stop t; else succeeds t; fi
		assert_not_exists here
	done
}

@test "a path that somebody has replaced is left alone: a file" {
	listen s ./here
	printf precious >new
	mv -f new here
	stop s
	holds here precious
}

@test "a path that was removed before is no failure" {
	listen s -u -w 0.05 ./here
	peer p unixdgram ./here
	ask p open
	rm here
	ask p send:hello
	succeeds s
	holds s.out hello
}

@test "a path that was moved is left alone" {
	listen s ./here
	mv here there
	stop s
	assert_socket_exists there
	rm there
}

### Permissions

# permitted MODE WORD...: a listener started with these words has them.
permitted() {
	local mode=$1
	shift
	listen s "$@" ./here
	assert_equal "$(stat -c %a here)" "$mode"
	stop s
}

# exact MASK: these permissions, whatever the umask.
exact() {
	local mode type
	umask "$1"
	for mode in 0 007 600 777; do
		permitted "$(printf %o "0$mode")" --mode="$mode"
	done
	for type in "${TYPES[@]}"; do
		permitted 666 --mode 0666 --type="$type"
	done
}

@test "--mode: exactly these permissions, with umask 000" { exact 000; }
@test "--mode: exactly these permissions, with umask 022" { exact 022; }
@test "--mode: exactly these permissions, with umask 077" { exact 077; }

@test "--mode: a dead socket's permissions are not taken over" {
	local mode
	for mode in 600 666; do
		dead here
		chmod 640 here
		permitted "$mode" --mode="$mode"
	done
}

@test "without --mode the umask decides" {
	local mask type
	for type in "${TYPES[@]}"; do
		for mask in 000 022 077; do
			umask "$mask"
			permitted "$(printf %o $((0777 & ~mask)))" \
				--type="$type"
		done
	done
}

@test "--mode does not change the permissions of other files" {
	umask 027
	connect s -l --mode=777 --announce=ready ./here
	await test -e ready
	assert_equal "$(stat -c %a here ready)" $'777\n640'
	stop s
}

@test "--mode: who may not connect cannot" {
	held_to_modes
	listen s --mode=000 ./here
	connect c ./here
	fails c 'connect to ./here (unix) failed: Permission denied'
	stop s
}
