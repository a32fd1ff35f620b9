# --announce: who reads the address can connect at once. It is written as one
# line, whole, to whatever FILE is: a FIFO, a descriptor, a file by rename; and
# if it cannot be, that is the end, of which nothing is left. And of the
# descriptors that sockcat was given, it keeps 0, 1 and 2 alone.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034
load helper

# announces_to FILE WORD...: a listener at ./sock, started with these words.
announces_to() {
	local file=$1
	shift
	connect s -l --announce="$file" "$@" ./sock
}

# listens NAME: for await: it has a socket in the UNIX domain that listens. That
# there is a path says only that it is bound, and peers are refused until then.
listens() {
	has_socket "$1" '00010000 0001 01'
}

# unannounced FILE PATTERN: the run ends there, and nothing is left.
unannounced() {
	fails s "announce to $1 failed: $2"
	assert_not_exists sock
}

# pipe: a pipe to READ from and to WRITE to.
pipe() {
	local both
	rm -f pipe
	mkfifo pipe
	exec {both}<>pipe
	exec {READ}<pipe
	exec {WRITE}>pipe {both}>&-
}

# all_of FD: what is to be read from it, up to the end of file.
all_of() {
	"$PEERS/within" "$LIMIT" cat <&"$1" 3>&- 4>&-
}

### Where it is written

@test "to a FIFO: one line, and the end of file" {
	mkfifo ready
	announces_to ready
	assert_equal "$("$PEERS/within" "$LIMIT" cat ready 3>&-; echo .)" \
		$'./sock\n.'
	is_running s
	assert_fifo_exists ready
	stop s
}

@test "to a FIFO: whoever opens it first" {
	mkfifo ready
	start reader "$PEERS/within" -c "$LIMIT" cat ready
	announces_to ready
	succeeds reader
	holds reader.out $'./sock\n'
	stop s
}

@test "to a FIFO that nobody reads: it waits, and takes no processor time" {
	local used
	mkfifo ready
	announces_to ready
	await test -S sock
	await is_asleep s
	cpu s
	used=$REPLY
	pause 0.3
	cpu s
	((REPLY - used <= 3)) || fail "it took $((REPLY - used)) ticks of 30"
	stop s
	assert_not_exists sock
}

@test "to a FIFO that nobody reads: a signal ends it, the path is removed" {
	local signal type
	mkfifo ready
	for signal in INT TERM HUP USR2; do
		for type in stream dgram; do
			announces_to ready --type="$type"
			await test -S sock
			stop s "$signal"
			assert_not_exists sock
		done
	done
}

@test "to a FIFO that is full: once there is room" {
	local both
	mkfifo ready
	exec {both}<>ready
	head -c 65536 /dev/zero >&"$both"
	announces_to ready
	await test -S sock
	await is_asleep s
	head -c 65536 <&"$both" | cmp -n 65536 - /dev/zero
	IFS= read -r -t "$LIMIT" -u "$both" REPLY
	assert_equal "$REPLY" ./sock
	exec {both}<&-
	stop s
}

@test "to a file that is not there: with the permissions of a new one" {
	local mask
	for mask in 000 022 077; do
		umask "$mask"
		rm -f ready
		announces_to ready
		await test -e ready
		holds ready $'./sock\n'
		assert_equal "$(stat -c %a ready)" \
			"$(printf %o $((0666 & ~mask)))"
		stop s
		assert_equal "$(echo ready*)" ready
	done
}

# is_another FILE FILE
is_another() {
	[[ ! $1 -ef $2 ]]
}

# Whoever has it open, or has another name for it, has the old one whole.
@test "to a file that is there: another one takes its place" {
	local old
	umask 022
	printf 'a longer line than the address is\n' >ready
	chmod 600 ready
	ln ready old
	exec {old}<ready
	announces_to ready
	await is_another ready old
	holds ready $'./sock\n'
	assert_equal "$(stat -c %a ready)" 644
	assert_equal "$(<old)" 'a longer line than the address is'
	assert_equal "$(cat <&"$old")" 'a longer line than the address is'
	stop s
	assert_equal "$(echo ready*)" ready
}

@test "to a link: it stays one, and where it leads is written" {
	mkdir sub
	printf old >sub/file
	ln -s sub/file ready
	announces_to ready
	await grep -q sock sub/file
	assert_symlink_to "$PWD/sub/file" ready
	holds sub/file $'./sock\n'
	stop s
	assert_equal "$(echo sub/*)" sub/file
}

@test "to a link that leads nowhere yet: it stays one" {
	mkdir sub
	ln -s sub/file ready
	announces_to ready
	await grep -qs sock ready
	assert_link_exists ready
	holds sub/file $'./sock\n'
	stop s
}

@test "to a link to a FIFO" {
	mkfifo fifo
	ln -s fifo ready
	announces_to ready
	assert_equal "$("$PEERS/within" "$LIMIT" cat ready 3>&-)" ./sock
	assert_link_exists ready
	assert_fifo_exists fifo
	stop s
}

# to_descriptor N: it is written and closed, while the run goes on.
to_descriptor() {
	pipe
	eval "exec $1>&\$WRITE"
	exec {WRITE}>&-
	announces_to "/dev/fd/$1"
	eval "exec $1>&-"
	assert_equal "$(all_of "$READ"; echo .)" $'./sock\n.'
	is_running s
	stop s
}

# 3 is bats' own: not for keeps.
@test "to /dev/fd/3" {
	local ours
	exec {ours}>&3
	to_descriptor 3
	exec 3>&"$ours" {ours}>&-
}

@test "to /dev/fd/5" { to_descriptor 5; }
@test "to /dev/fd/9" { to_descriptor 9; }
@test "to /dev/fd/200" { to_descriptor 200; }

@test "to /dev/fd/N that is a file: it goes on where that is" {
	local file
	exec {file}>file
	printf 'before\n' >&"$file"
	announces_to "/dev/fd/$file"
	await grep -q sock file
	printf 'after\n' >&"$file"
	holds file $'before\n./sock\nafter\n'
	stop s
}

@test "to /dev/stdout: what is received comes behind it" {
	local file
	for file in /dev/stdout /dev/fd/1; do
		hold_out s
		announces_to "$file"
		get s $'./sock\n'
		peer p unix ./sock
		ask p send:hello
		get s hello
		ask p half-close
		get_eof s
		succeeds s
		bye p
	done
}

@test "to /dev/stderr: messages come behind it" {
	local file
	for file in /dev/stderr /dev/fd/2; do
		rm -f s.err
		announces_to "$file" -v
		await heard s $'Listening on ./sock\n./sock'
		dismiss s
		assert_output $'Bound on ./sock\nListening on ./sock\n./sock'
	done
}

@test "to a device" {
	announces_to /dev/null
	await listens s
	peer p unix ./sock
	ask p half-close
	succeeds s
}

### Where it cannot be written

@test "a folder that is not there is 1" {
	announces_to none/ready
	unannounced none/ready 'No such file or directory'
}

@test "a folder is 1" {
	mkdir ready
	announces_to ready
	unannounced ready 'Is a directory'
	assert_dir_exists ready
	assert_equal "$(echo ready* ready/*)" 'ready'
}

@test "a file as a folder is 1" {
	: >file
	announces_to file/ready
	unannounced file/ready 'Not a directory'
	assert_equal "$(echo file*)" file
}

# Where a descriptor is closed, the first socket can come to be.
@test "a closed descriptor is 1" {
	local fd
	for fd in 3 4 5 77; do
		without s "$fd"
		announces_to "/dev/fd/$fd"
		unannounced "/dev/fd/$fd" 'Bad file descriptor'
	done
}

@test "a closed descriptor is 1, and the address is not sent instead" {
	local fd
	peer p -l tcp4
	for fd in 3 4 77; do
		hold_in s
		without s "$fd"
		connect s --announce="/dev/fd/$fd" "${ADDR[@]}"
		fails s "announce to /dev/fd/$fd failed: Bad file descriptor"
	done
	# Whether or not it had got as far as to connect.
	"$PEERS/peer" tcp4 "${ADDR[@]}" -- half-close
	ask p recv-eof
	assert_equal "$REPLY" 0
}

@test "a descriptor for reading is 1" {
	local file
	exec {file}</dev/null
	announces_to "/dev/fd/$file"
	unannounced "/dev/fd/$file" 'Bad file descriptor'
}

@test "a pipe that nobody reads any more is 1" {
	pipe
	exec {READ}<&-
	announces_to "/dev/fd/$WRITE"
	unannounced "/dev/fd/$WRITE" 'Broken pipe'
}

@test "no descriptor is 1" {
	announces_to /dev/fd/none
	unannounced /dev/fd/none '*'
}

@test "a full device is 1" {
	announces_to /dev/full
	unannounced /dev/full 'No space left on device'
}

@test "an empty name is 2, before anything is opened" {
	run -2 sockcat -l --announce= ./s
	assert_output 'sockcat: the file of --announce is an empty string'
	assert_not_exists s
	assert_equal "$(echo .[!.]*)" ''
}

@test "a folder that is not ours to write in is 1" {
	held_to_modes
	mkdir -m 500 sub
	announces_to sub/ready
	unannounced sub/ready 'Permission denied'
}

@test "a client that cannot announce ends, its peer sees the end of file" {
	peer p -l tcp4
	hold_in s
	connect s --announce=none/ready "${ADDR[@]}"
	ask p expect-eof
	fails s 'announce to none/ready failed: No such file or directory'
}

@test "who cannot listen announces nothing" {
	printf old >ready
	listen s 127.0.0.1 0
	connect t -l --announce=ready "${ADDR[@]}"
	fails t '* failed: Address already in use'
	peer p -n tcp4
	connect t --announce=ready "${ADDR[@]}"
	fails t '* failed: Connection refused'
	run -2 sockcat -l --announce=ready -U
	run -2 sockcat -l --announce=ready 65536
	holds ready old
	stop s
}

### What is written

# announced WORD...: what a run started with these words writes; it ends.
announced() {
	local fifo
	rm -f ready
	mkfifo ready
	exec {fifo}<>ready
	connect s --announce=ready "$@"
	IFS= read -r -t "$LIMIT" -u "$fifo" REPLY
	run ! read -r -t 0 -u "$fifo"
	exec {fifo}<&-
	stop s
}

@test "listeners: the host and the port, or the path" {
	local u port='([1-9][0-9]{0,4})'
	for u in '' -u; do
		announced -l ${u:+"$u"} 127.0.0.1 0
		[[ $REPLY =~ ^127\.0\.0\.1\ $port$ ]]
		announced -l ${u:+"$u"} 127.0.0.2 0
		[[ $REPLY =~ ^127\.0\.0\.2\ $port$ ]]
		announced -l ${u:+"$u"} ::1 0
		[[ $REPLY =~ ^::1\ $port$ ]]
		announced -l ${u:+"$u"} -4 0
		[[ $REPLY =~ ^0\.0\.0\.0\ $port$ ]]
		announced -l ${u:+"$u"} 0
		[[ $REPLY =~ ^::\ $port$ ]]
		announced -l ${u:+"$u"} ./sock
		assert_equal "$REPLY" ./sock
		announced -l ${u:+"$u"} -U sock
		assert_equal "$REPLY" sock
		announced -l ${u:+"$u"} "$PWD/sock"
		assert_equal "$REPLY" "$PWD/sock"
		announced -l ${u:+"$u"} './a b'
		assert_equal "$REPLY" './a b'
	done
	announced -l --type=seqpacket ./sock
	assert_equal "$REPLY" ./sock
}

@test "listeners: the path, whatever bytes it has" {
	local path
	for path in $'./\xc3\xa9' $'./\xff' $'./a\tb' $'./a\eb'; do
		announced -l "$path"
		assert_equal "$REPLY" "$path"
	done
}

@test "listeners: an abstract name" {
	linux_only
	local type
	for type in stream dgram seqpacket; do
		announced -l --type="$type" -U "@${TEST_DIR##*/}"
		assert_equal "$REPLY" "@${TEST_DIR##*/}"
	done
}

# client HOST: the near end, as the far end sees it.
client() {
	listen l -v "$1" 0
	hold_in s
	announced "${ADDR[@]}"
	finish l
	assert_line "Connection received on $REPLY"
	assert_line --regexp "^tcp .* -> "
	[[ $REPLY == "$1 "* ]]
}

@test "clients: the near end of the connection" {
	client 127.0.0.1
	client ::1
}

@test "clients: the near end that was asked for" {
	listen l -k 127.0.0.1 0
	hold_in s
	announced -s 127.0.0.3 "${ADDR[@]}"
	[[ $REPLY =~ ^127\.0\.0\.3\ [1-9][0-9]*$ ]]
	stop l
}

# near_end KIND: with -c it is an address proper.
near_end() {
	local c fifo
	mkfifo at.fifo
	exec {fifo}<>at.fifo
	peer p -l "$1"
	for c in '' -c; do
		hold_both s
		connect s -u -v ${c:+"$c"} --announce=at.fifo "${ADDR[@]}"
		IFS= read -r -t "$LIMIT" -u "$fifo" REPLY
		[[ $REPLY =~ ^[0-9.:]+\ [1-9][0-9]*$ ]]
		[[ -z $c || $REPLY == "$HOST "* ]]
		await heard s ":${REPLY#* } -> "
		put s hello
		ask p expect:hello
		ask p send:answer
		get s answer
		dismiss s
	done
}

@test "datagram clients: the near end, IPv4" { near_end udp4; }
@test "datagram clients: the near end, IPv6" { near_end udp6; }

@test "datagram clients: the near end, UNIX" {
	local c
	peer p -l unixdgram ./p
	for c in '' -c; do
		hold_in s
		announced -u ${c:+"$c"} ./p
		[[ $REPLY == [@/]?* ]]
		hold_in s
		announced -u ${c:+"$c"} -s ./near ./p
		assert_equal "$REPLY" ./near
	done
}

### When it is written

# at_once WORD...: twenty times, who reads it gets in at the first attempt.
at_once() {
	local n there number announced socket
	mkfifo ready
	exec {announced}<>ready
	for n in {1..20}; do
		hold_out s
		connect s -l --announce=ready "$@"
		read -r -t "$LIMIT" -u "$announced" there number
		if [[ $1 == -u ]]; then
			echo "$n" >"/dev/udp/$there/$number"
			get s "$n"
			stop s
		else
			exec {socket}<>"/dev/tcp/$there/$number"
			echo "$n" >&"$socket"
			exec {socket}>&-
			get s "$n"
			succeeds s
		fi
	done
}

@test "who reads it can connect at once" { at_once 127.0.0.1 0; }
@test "who reads it can send at once" { at_once -u 127.0.0.1 0; }

@test "who finds the file can connect at once" {
	local n
	printf hello >hello
	for n in {1..5}; do
		connect s -l --announce=ready ./sock
		await test -e ready
		connect c "$(<ready)" <hello
		succeeds c
		succeeds s
		holds s.out hello
		rm ready
	done
}

@test "with -k it is written once" {
	local n fifo
	mkfifo ready
	exec {fifo}<>ready
	announces_to ready -k
	read -r -t "$LIMIT" -u "$fifo" REPLY
	assert_equal "$REPLY" ./sock
	for n in 1 2; do
		peer p unix ./sock
		ask p half-close
		ask p expect-eof
		bye p
	done
	run ! read -r -t 0 -u "$fifo"
	stop s
}

### Descriptors

# keeps NAME COUNT: it has 0, 1, 2 and so many more, all of them sockets; for
# await, since what announced it may not be closed yet. Tools that it may run
# under have theirs far above.
keeps() {
	local fd what kept=()
	for fd in "/proc/${PID[$1]}/fd"/*; do
		((${fd##*/} > 2 && ${fd##*/} < 200)) || continue
		what=$(readlink "$fd") || return
		[[ $what == socket:* ]] || return
		kept+=("$what")
	done
	((${#kept[@]} == $2))
}

@test "a descriptor that it was given is not held open" {
	local fd
	for fd in 7 3 4 60; do
		pipe
		start s bash -c "exec $fd>&$WRITE $WRITE>&-; exec \"\$@\"" \
			- "$PEERS/within" "$LIMIT" "${WRAP_WORDS[@]}" \
			"$SOCKCAT" -l ./sock
		exec {WRITE}>&-
		assert_equal "$(all_of "$READ")" ''
		exec {READ}<&-
		await test -S sock
		stop s
	done
}

@test "listeners keep their socket" {
	local word
	for word in '127.0.0.1 0' '-u 127.0.0.1 0' './sock' '-u ./sock'; do
		# shellcheck disable=SC2086 # several words
		listen s $word
		await keeps s 1
		stop s
	done
}

@test "to announce keeps nothing open" {
	local spare file
	exec {spare}>spare
	for file in ready "/dev/fd/$spare" /dev/null; do
		announces_to "$file"
		await listens s
		peer p unix ./sock
		ask p send:hello
		await grep -q hello s.out
		await keeps s 1
		ask p half-close
		succeeds s
		bye p
	done
}

@test "a session keeps its socket, with -k the listening one too" {
	meet s p server tcp4
	put s hello
	ask p expect:hello
	await keeps s 1
	stop s
	bye p
	meet s p server tcp4 -k
	put s hello
	ask p expect:hello
	await keeps s 2
	ask p half-close
	ask p expect-eof
	bye p
	peer p tcp4 "${ADDR[@]}"
	put s hello
	ask p expect:hello
	await keeps s 2
	stop s
}

@test "a client keeps its socket" {
	local kind
	for kind in tcp4 unix seqpacket; do
		meet s p client "$kind"
		put s hello
		ask p expect:hello
		await keeps s 1
		stop s
		bye p
	done
}
