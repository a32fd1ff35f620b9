# How scripts and other people's tests use it. README's recipe works as it is
# printed: a listener tells a FIFO where it is, and whoever has read that can
# connect at once; so that one file of tests can start and reach many listeners
# without a sleep, and none of them keeps bats from ending by holding its
# descriptors open. And where it is called nc, it says so, and a listener can
# be asked for in each of nc's ways.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153
load helper

# on_path NAME: sockcat can be called by this name, as by anybody who has
# installed it; the helper's function is out of the way.
on_path() {
	mkdir bin bin/copy
	cp "$SOCKCAT" "bin/copy/$1"
	printf '#!/bin/sh\nexec "%s" %s %s "%s" "$@"\n' \
		"$(realpath "$PEERS")/within" "$LIMIT" "${WRAP_WORDS[*]}" \
		"$PWD/bin/copy/$1" >"bin/$1"
	chmod +x "bin/$1"
	PATH=$PWD/bin:$PATH
	unset -f "$1"
}

# bats_of_its_own FILE: runs it, away from that which runs this.
bats_of_its_own() {
	inside env -i PATH="${PATH//$BATS_LIBEXEC:/}" TMPDIR="$TMPDIR" \
		bats --tap "$1"
}

### The recipe

# (It has a limit of time that is not for a wrapper.)
@test "README's test of a listener passes, as it is" {
	WRAP_WORDS=()
	on_path sockcat
	sed -n '/^ *@test "greets" {$/,/^        }$/ s/^        //p' \
		"$BATS_TEST_DIRNAME/../README" >greets.bats
	[[ $(grep -c . greets.bats) -gt 5 ]]
	run -0 bats_of_its_own greets.bats
	assert_output $'1..1\nok 1 greets'
	# It is a test that can fail.
	sed -i 's/echo hello/echo goodbye/' greets.bats
	run -1 bats_of_its_own greets.bats
	assert_line 'not ok 1 greets'
}

# held PID: is there a descriptor of bats's that this process has open, too?
held() {
	local fd
	for fd in "/proc/$1/fd/"*; do
		((${fd##*/} > 2)) || continue
		! [[ $fd -ef /proc/$BASHPID/fd/3 ]] || return 0
		! [[ $fd -ef /proc/$BASHPID/fd/4 ]] || return 0
	done
	return 1
}

@test "30 listeners are started and reached, and no descriptor is held" {
	local i at=() pids=() host port many=30
	((${#WRAP_WORDS[@]} == 0)) || many=5
	on_path sockcat
	for ((i = 0; i < many; i++)); do
		mkfifo "ready.$i"
		case $((i % 3)) in
		0) at=(127.0.0.1 0) ;;
		1) at=("./sock.$i") ;;
		2) at=(-u -W 1 ::1 0) ;;
		esac
		sockcat -l --announce="ready.$i" "${at[@]}" >"got.$i" &
		pids[i]=$!
	done
	for ((i = 0; i < many; i++)); do
		read -r host port <"ready.$i"
		! held "${pids[i]}"
		at=("$host" ${port:+"$port"})
		((i % 3 != 2)) || at=(-u -q 0 "${at[@]}")
		echo "hello $i" | sockcat "${at[@]}"
	done
	for ((i = 0; i < many; i++)); do
		wait "${pids[i]}"
		holds "got.$i" $'hello '"$i"$'\n'
	done
	# The test itself has what they do not hold.
	held "$BASHPID"
}

### nc

@test "called nc, it says nc" {
	on_path nc
	row r tcp4:c
	run -1 nc "${ADDR[@]}"
	assert_output --regexp '^nc: connect to 127.0.0.1 port .* refused$'
	run -1 nc -zv "${ADDR[@]}"
	assert_output --regexp '^nc: connect to 127.0.0.1 port .* refused$'
	run -2 nc -l
	assert_output --regexp '^nc: '
	run -2 nc --nonsense
	assert_output --regexp '^nc: '
	run -124 nc -l --accept-timeout=0.01 127.0.0.1 0
	assert_output --regexp '^nc: accept on 127.0.0.1 port .* timed out '
	run -0 nc -h
	assert_line --index 0 --regexp '^usage: nc \[options\] host port '
}

@test "nc's spellings of a listener are all one" {
	local words host
	for words in '0' '127.0.0.1 0' '-p 0' '-s 127.0.0.1 -p 0' \
		'-s 127.0.0.1 0' '-4 -p 0 -s 127.0.0.1'; do
		host=::
		[[ $words != *127* ]] || host=127.0.0.1
		# shellcheck disable=SC2086 # several words
		set -- $words
		listen s -W 1 -u "$@"
		assert_equal "$HOST" "$host"
		connect c -u -q 0 "${host/#::/127.0.0.1}" "$PORT" <<<hello
		succeeds c
		succeeds s
		assert_equal "$(<s.out)" hello
		listen s "$@"
		assert_equal "$HOST" "$host"
		connect c "${host/#::/127.0.0.1}" "$PORT" <<<hello
		succeeds c
		succeeds s
		assert_equal "$(<s.out)" hello
	done
	run -2 sockcat -l -p 0 0
	run -2 sockcat -l -p 0 127.0.0.1 0
	run -2 sockcat -l -s 127.0.0.1 127.0.0.1 0
}
