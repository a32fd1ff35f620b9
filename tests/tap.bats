# What a person sees of what passes: the totals at the end with -v, and at any
# time by SIGUSR1; --progress, on a terminal as one line that is never garbled,
# elsewhere as plain lines; --hexdump, every byte with its direction and offset,
# every message with its bounds, complete also where the run fails. None of it
# touches stdout, changes a byte, or changes how the run ends, unless the dump
# itself cannot be written.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154
load helper

# told INDEX SENT RECEIVED: the totals' line of that index says so: bytes, and
# behind a colon messages.
told() {
	local way words=()
	for way in "$2" "$3"; do
		words+=("${way%:*} bytes")
		[[ $way != *:* ]] || words[-1]+=" in ${way#*:} messages"
	done
	[[ ${TOTALS[$1]-} =~ ^"Sent ${words[0]} ("[0-9.]+' '[KMG]?i?B,.*\
"), received ${words[1]} ("[0-9.]+' '[KMG]?i?B,.*'), in '[0-9]+\.[0-9]{3}' s'$ ]] ||
		fail "told: ${TOTALS[*]}; expected ${words[*]}"
}

### Totals

@test "-v: what was sent and received, at the end" {
	local kind
	for kind in tcp4 unix seqpacket; do
		meet c p client $kind -v
		put c hello
		ask p expect:hello
		ask p send:you
		get c you
		end c
		ask p expect-eof
		bye p
		finish c
		((status == 0 && ${#TOTALS[@]} == 1))
		if [[ $kind == seqpacket ]]; then
			told 0 5:1 3:1
		else
			told 0 5 3
		fi
		assert_regex "$(tail -n 1 c.err)" '^Sent '
	done
}

@test "-v: of much that moves by pages, too" {
	local at
	pattern 3000000 >sent
	for at in '127.0.0.1 0' ./s.sock; do
		# shellcheck disable=SC2086 # an address
		listen s -v $at <sent
		sockcat -v "${ADDR[@]}" <sent 2>c.err >c.out
		finish s
		((status == 0))
		told 0 3000000 3000000
		split_totals c.err
		told 0 3000000 3000000
		cmp sent s.out
		cmp sent c.out
	done
}

@test "-v: every message, those of no bytes and those that go together" {
	listen s -u -v -L -W 103 ./s.sock
	{
		seq 100 199
		echo
	} | tr '\n' x | tr x '\n' >lines
	sockcat -v -u -L -q 0 "${ADDR[@]}" <lines 2>c.err
	split_totals c.err
	told 0 300:101 0:0
	printf x | sockcat -v -u -E -q 0 "${ADDR[@]}" 2>c.err
	split_totals c.err
	told 0 1:2 0:0
	finish s
	((status == 0))
	told 0 0:0 301:103
	listen s -u -v -W 30 127.0.0.1 0
	seq 1001 1030 | tr -d '\n' |
		sockcat -v -u -q 0 --size=4 "${ADDR[@]}" 2>c.err
	split_totals c.err
	told 0 120:30 0:0
	finish s
	told 0 0:0 120:30
}

@test "-v: where the run fails, or is stopped, behind what is said of that" {
	meet c p client tcp4 -v
	put c hello
	ask p expect:hello
	ask p reset
	finish c
	((status == 1))
	told 0 5 0
	assert_regex "$(tail -n 1 c.err)" '^Sent '
	meet d q client tcp4 -v
	put d hello
	ask q expect:hello
	dismiss d
	told 0 5 0
}

@test "-v -k: for each peer" {
	listen s -v -k ./s.sock
	printf one | sockcat "${ADDR[@]}"
	printf three | sockcat "${ADDR[@]}"
	await heard s 'received 5 bytes'
	dismiss s
	((${#TOTALS[@]} == 2))
	told 0 0 3
	told 1 0 5
}

@test "SIGUSR1: at any time, without -v, and nothing else happens" {
	meet c p client tcp4
	kill -USR1 "${PID[c]}"
	await heard c 'Sent 0 bytes (0 B, 0 B/s), received 0 bytes'
	put c hello
	ask p expect:hello
	kill -USR1 "${PID[c]}"
	await heard c 'Sent 5 bytes (5 B, '
	ask p send:you
	get c you
	kill -USR1 "${PID[c]}"
	await heard c ', received 3 bytes (3 B, '
	end c
	ask p expect-eof
	bye p
	finish c
	[[ $status$output == 0 ]]
	((${#TOTALS[@]} == 3))
}

@test "SIGUSR1: while a peer is waited for, and its time is not longer for it" {
	local words
	for words in '127.0.0.1 0' '-u ./s.sock' '-u -c ./t.sock'; do
		# shellcheck disable=SC2086 # several
		listen s --accept-timeout=0.2 $words
		kill -USR1 "${PID[s]}"
		finish s
		((status == 124 && ${#lines[@]} == 1 && ${#TOTALS[@]} == 1))
	done
}

@test "SIGUSR1: many of them, while much moves" {
	local i
	pattern 4000000 >sent
	hold_in c
	hold_out s
	listen s 127.0.0.1 0
	connect c "${ADDR[@]}"
	cat sent >&"${PUT[c]}" 3>&- &
	end c
	for i in {1..20}; do
		take s 100000 part
		cat part >>got
		kill -USR1 "${PID[c]}" "${PID[s]}"
	done
	rest s part
	cat part >>got
	wait $!
	finish c
	[[ $status$output == 0 ]]
	finish s
	[[ $status$output == 0 ]]
	cmp sent got
}

@test "SIGUSR1: how far a probe is" {
	black_hole p tcp4
	connect c -z "$HOST" "$PORT" "$PORT"
	await is_asleep c
	kill -USR1 "${PID[c]}"
	await heard c 'Probed 0 of 2 ports, 0 open'
	kill -TERM "${PID[c]}"
	finish c
	((status == 143))
}

### Progress

# shows TEXT: it has been on the screen.
shows() {
	[[ -e screen && $(tr -d '\0' <screen) == *"$1"* ]]
}

# screened COLUMNS: what the screen looks like, a line each: what a terminal of
# that width makes of carriage returns and line ends.
screened() {
	perl -e '
		my ($columns, $x, @rows) = (shift, 0, "");
		local $/;
		for my $c (split //, <STDIN>) {
			if ($c eq "\r") { $x = 0; next }
			if ($c eq "\n") { push @rows, ""; next }
			if ($x >= $columns) { push @rows, ""; $x = 0 }
			$rows[-1] .= " " x ($x + 1 - length $rows[-1])
			    if length $rows[-1] <= $x;
			substr($rows[-1], $x++, 1) = $c;
		}
		s/ +$//, print "$_\n" for @rows[0 .. $#rows - 1];
		print "unended: $rows[-1]\n" if $rows[-1] =~ /\S/;
		' "$1" <screen
}

@test "--progress: one line on a terminal, ended at the end" {
	local columns
	not_wrapped
	pattern 500000 >sent
	for columns in 80 40; do
		hold_out s
		listen s ./s.sock
		terminal 2 $columns
		connect c --progress "${ADDR[@]}" <sent
		take s 100 part
		await shows ' sent at '
		rest s part
		succeeds s
		finish c
		((status == 0))
		WRAP_WORDS=()
		run -0 screened $columns
		assert_equal "${#lines[@]}" 1
		assert_regex "$output" '^100%, 488 KiB sent at [0-9.]+ [KMG]?i?B/s'
		((${#output} < columns))
	done
}

@test "--progress: the percentage and the time left are those of stdin's file" {
	not_wrapped
	pattern 1000000 >sent
	hold_out s
	listen s -I 4k -O 4k 127.0.0.1 0
	terminal 2 80
	{
		read -r -N 500000 -d '' _ || true
		connect c -O 4k --progress "${ADDR[@]}"
	} <sent
	await shows ' left, on average '
	rest s part
	succeeds s
	finish c
	((status == 0))
	run -0 screened 80
	assert_regex "$output" '^100%, '
	assert_equal "${#lines[@]}" 1
}

@test "--progress: what is received, and no percentage of a pipe" {
	not_wrapped
	terminal 2 80
	meet c p client unix --progress
	ask p send:hello
	get c hello
	await shows '5 B received at '
	put c hi
	ask p expect:hi
	await shows '2 B sent at '
	end c
	ask p expect-eof
	bye p
	finish c
	((status == 0))
	run -0 screened 80
	assert_regex "$output" '^2 B sent at .*, 5 B received at .*'
	assert_equal "${#lines[@]}" 1
}

@test "--progress: what is received, where the terminal is narrow" {
	not_wrapped
	terminal 2 40
	meet c p client unix --progress
	await shows '0 B sent at 0 B/s'
	ask p send:hello
	get c hello
	await shows '5 B received at '
	end c
	ask p expect-eof
	bye p
	finish c
	((status == 0))
	run -0 screened 40
	assert_equal "${#lines[@]}" 1
	assert_regex "$output" '^5 B received at [0-9.]+ K?i?B/s'
}

@test "--progress: a part that has no room takes its comma along" {
	not_wrapped
	pattern 5000000 >sent
	hold_out s
	listen s ./s.sock
	terminal 2 20
	connect c --progress "${ADDR[@]}" <sent
	take s 100 part
	await shows %
	rest s part
	succeeds s
	finish c
	((status == 0))
	run -0 screened 20
	assert_output 100%
}

@test "--progress: an error, and what is asked for, have lines of their own" {
	not_wrapped
	terminal 2 80
	meet c p client tcp4 --progress
	put c hello
	ask p expect:hello
	await shows '5 B sent'
	kill -USR1 "${PID[c]}"
	await shows 'Sent 5 bytes'
	ask p reset
	finish c
	((status == 1))
	run -0 screened 80
	assert_equal "${#lines[@]}" 3
	assert_line --index 0 --partial 'Sent 5 bytes (5 B, '
	assert_line --index 1 "sockcat: read from $HOST port $PORT (tcp) failed:\
 Connection reset by peer"
	assert_line --index 2 --partial '5 B sent at '
}

@test "--progress: at the end no time is left, whatever is" {
	not_wrapped
	pattern 20000000 >sent
	peer p -l tcp4
	terminal 2 80
	connect c --progress "${ADDR[@]}" <sent
	ask p open
	await shows ' left, on average '
	ask p reset
	finish c
	((status == 1))
	run -0 screened 80
	assert_line --index 1 --regexp '^ [ 0-9]{2}%, .* sent at [^,]*, on average '
}

@test "--progress: stopped by a key, it ends its line" {
	not_wrapped
	terminal 2 80
	meet c p client tcp4 --progress
	put c hello
	ask p expect:hello
	await shows '5 B sent'
	kill -INT "${PID[c]}"
	finish c
	((status == 130))
	run -0 screened 80
	assert_equal "${#lines[@]}" 1
	refute_line --partial unended
}

# grew BYTES: the screen has been made to show more than so many bytes.
grew() {
	(($(wc -c <screen) > $1))
}

@test "--progress: it keeps to the width that the terminal has now" {
	local drawn
	not_wrapped
	terminal 2 80
	meet c p client tcp4 --progress
	put c hello
	ask p expect:hello
	await shows 'on average'
	kill -WINCH "${PID[c]}"
	drawn=$(wc -c <screen)
	await grew $((drawn + 200))
	kill -TERM "${PID[c]}"
	finish c
	tail -c +$((drawn + 100)) screen | tr '\r' '\n' |
		awk '{ sub(/ +$/, "") } length > 39' >long
	assert_file_empty long
}

@test "--progress: text on the same terminal has its lines to itself" {
	not_wrapped
	terminal 12 80
	printf '%s\n' one two >text
	listen s ./s.sock <text
	connect c --progress "${ADDR[@]}"
	succeeds s
	finish c
	((status == 0))
	WRAP_WORDS=()
	run -0 screened 80
	assert_equal "${lines[*]:0:2}" 'one two'
	assert_regex "${lines[2]}" '^8 B received at [0-9.]+ K?i?B/s'
	assert_equal "${#lines[@]}" 3
}

@test "--progress: one line on a terminal that is stdout too, until text comes" {
	not_wrapped
	hold_in s
	listen s ./s.sock
	hold_in c
	terminal 12 80
	connect c --progress "${ADDR[@]}"
	put c hello
	await shows '5 B sent at '
	put s $'answer\n'
	await shows answer
	end s
	end c
	succeeds s
	finish c
	((status == 0))
	WRAP_WORDS=()
	run -0 screened 80
	assert_equal "${lines[0]}" answer
	assert_regex "${lines[1]}" '^5 B sent at .*, 7 B received at '
	assert_equal "${#lines[@]}" 2
}

@test "--progress: plain lines where stderr is no terminal" {
	meet c p client tcp4 --progress
	put c hello
	ask p expect:hello
	await heard c '5 B sent at '
	end c
	ask p expect-eof
	bye p
	finish c
	((status == 0 && ${#lines[@]} == 2))
	[[ $output != *$'\r'* ]]
	assert_regex "${lines[1]}" '^5 B sent at .* on average [0-9.]+ K?i?B/s$'
}

@test "--progress with -v: the totals take its place" {
	not_wrapped
	terminal 2 120
	meet c p client unix --progress -v
	put c hello
	ask p expect:hello
	await shows '5 B sent'
	end c
	ask p expect-eof
	bye p
	finish c
	((status == 0))
	run -0 screened 120
	assert_equal "${#lines[@]}" 3
	assert_line --index 2 --partial 'Sent 5 bytes (5 B, '
}

@test "-v: on a terminal the totals are folded where they are too wide for it" {
	local columns line
	not_wrapped
	pattern 500000 >sent
	for columns in 58 80 120; do
		listen s -d -u -l -E ./s.sock
		WRAP_WORDS=()
		terminal 2 $columns
		connect c -v -u -E -q 0 --size=1k "${ADDR[@]}" <sent
		finish c
		((status == 0))
		WRAP_WORDS=()
		succeeds s
		run -0 screened $columns
		run -0 grep -A 2 '^Sent' <<<"$output"
		for line in "${lines[@]}"; do
			((${#line} < columns)) || fail "$line"
		done
		case $columns in
		58) assert_equal "${#lines[@]}" 3 ;;
		80) assert_equal "${#lines[@]}" 2 ;;
		120) assert_equal "${#lines[@]}" 1 ;;
		esac
		split_totals <(perl -0 -pe 's/\n {4}(?! )/ /g' <<<"$output")
		told 0 500000:490 0:0
	done
}

### Hex dump

# undumped SIGN: the bytes of one direction, from the file dump.
undumped() {
	perl -ne '
		next unless /^(.) ([0-9a-f]{8,})  ((?:[0-9a-f]{2} +)+)\|/ &&
		    $1 eq "'"$1"'";
		die "at $at: $_" unless hex $2 == $at;
		my @bytes = split " ", $3;
		$at += @bytes;
		print pack "C*", map hex, @bytes;' dump
}

@test "--hexdump: direction, offset, sixteen bytes and their text" {
	meet c p client tcp4 --hexdump=dump
	put c $'hello, world: \x01\xff|?'
	ask p expect:$'hello, world: \x01\xff|?'
	ask p send:you
	get c you
	put c more
	ask p expect:more
	end c
	ask p expect-eof
	bye p
	succeeds c
	holds dump "\
> 00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 3a 20 01 ff  |hello, world: ..|
> 00000010  7c 3f                                             ||?|
< 00000000  79 6f 75                                          |you|
> 00000012  6d 6f 72 65                                       |more|
"
}

@test "--hexdump: a message's bounds, an empty one's too" {
	local kind words
	for kind in unixdgram seqpacket; do
		words=(-u -q 0)
		[[ $kind == unixdgram ]] || words=(--type=seqpacket)
		peer p -l $kind "$PWD/p.$kind"
		printf 'one\n\nthree\n' >lines
		connect c -L --hexdump=dump "${words[@]}" "${ADDR[@]}" <lines
		ask p expect:one
		ask p expect:
		ask p expect:three
		[[ $kind == unixdgram ]] || ask p close
		succeeds c
		bye p
		holds dump "\
> 00000000  message 1, 3 bytes
> 00000000  6f 6e 65                                          |one|
> 00000003  message 2, 0 bytes
> 00000003  message 3, 5 bytes
> 00000003  74 68 72 65 65                                    |three|
"
	done
}

@test "--hexdump: messages that come together are told apart" {
	listen s -u -W 3 --hexdump=dump 127.0.0.1 0
	printf 'aaabbbc' | sockcat -u -q 0 --size=3 "${ADDR[@]}"
	succeeds s
	run -0 grep -c '^< 0000000[036]  message [123], [31] bytes' dump
	assert_output 3
	undumped '<' | cmp - <(printf aaabbbc)
	printf 'aaabbbc' >sent
	peer p -l udp4
	sockcat -u -q 0 --size=3 --hexdump=dump "${ADDR[@]}" <sent
	run -0 grep -c '^> 0000000[036]  message [123], [31] bytes' dump
	assert_output 3
	undumped '>' | cmp - sent
	bye p
}

@test "--hexdump: every byte of much, both ways, as it went" {
	local at
	pattern 300000 >sent
	for at in '127.0.0.1 0' ./s.sock; do
		# shellcheck disable=SC2086 # an address
		listen s $at <sent
		sockcat --hexdump=dump "${ADDR[@]}" <sent >got
		succeeds s
		cmp sent got
		cmp sent s.out
		undumped '>' | cmp - sent
		undumped '<' | cmp - sent
	done
}

@test "--hexdump: complete where the run fails or is stopped" {
	meet c p client tcp4 --hexdump=dump
	put c hello
	ask p expect:hello
	ask p send:bye
	ask p reset
	finish c
	((status == 1))
	undumped '>' | cmp - <(printf hello)
	undumped '<' | cmp - <(printf bye)
	meet d q client tcp4 --hexdump=dump
	put d hello
	ask q expect:hello
	stop d
	undumped '>' | cmp - <(printf hello)
}

@test "--hexdump: to stderr, and to a descriptor that was given" {
	listen s ./s.sock
	printf hello | sockcat --hexdump "${ADDR[@]}" 2>dump
	succeeds s
	undumped '>' | cmp - <(printf hello)
	listen s ./s.sock
	printf hello | sockcat --hexdump=/dev/fd/7 "${ADDR[@]}" 7>dump
	succeeds s
	undumped '>' | cmp - <(printf hello)
	# Beside an announcement that has one too.
	peer p -l unix "$PWD/p.sock"
	printf hello | sockcat --hexdump=/dev/fd/3 --announce=/dev/fd/4 \
		"${ADDR[@]}" 3>dump 4>place &
	ask p expect:hello
	ask p close
	wait $!
	bye p
	undumped '>' | cmp - <(printf hello)
	holds place $'(unnamed)\n'
}

@test "--hexdump -k: one peer after the other" {
	listen s -k --hexdump=dump ./s.sock
	printf one | sockcat "${ADDR[@]}"
	printf two | sockcat "${ADDR[@]}"
	await grep -q two dump
	stop s
	run -0 grep -n '^= next peer$' dump
	assert_output '2:= next peer'
}

@test "--hexdump: a dump that cannot be written is 1; the data goes on" {
	run -1 --separate-stderr sockcat --hexdump=none/dump 127.0.0.1 9
	assert_equal "$stderr" \
		'sockcat: open none/dump failed: No such file or directory'
	run -2 --separate-stderr sockcat --hexdump= 127.0.0.1 9
	assert_equal "$stderr" \
		'sockcat: the file of --hexdump is an empty string'
	[[ -c /dev/full ]] || skip 'there is no /dev/full'
	pattern 300000 >sent
	listen s ./s.sock
	connect c --hexdump=/dev/full "${ADDR[@]}" <sent
	fails c 'write to the hex dump failed: No space left on device'
	succeeds s
	cmp sent s.out
	listen t ./t.sock
	status=0
	sockcat --hexdump "${ADDR[@]}" <sent 2>/dev/full || status=$?
	((status == 1))
	succeeds t
	cmp sent t.out
}

# The reader of what is dumped is a person, with less(1) maybe.
@test "--hexdump: while nobody reads it, a signal and --max-time are heard" {
	local way reader
	mkfifo dump
	exec {reader}<>dump
	for way in signal --max-time=3; do
		# shellcheck disable=SC2086 # one word, or none
		meet "c$way" p client tcp4 --hexdump=dump ${way#signal}
		ask p "fill:${PID[c$way]}"
		if [[ $way == signal ]]; then
			kill -TERM "${PID[c$way]}"
			finish "c$way"
			assert_equal "$status" 143
		else
			finish "c$way"
			assert_equal "$status" 124
		fi
		end p
		finish p
	done
	exec {reader}>&-
}

@test "what was asked to be seen changes neither bytes nor status" {
	pattern 200000 >sent
	listen s -v --progress --hexdump=dump.s ./s.sock <sent
	sockcat -v --progress --hexdump=dump.c "${ADDR[@]}" <sent >got 2>c.err
	cmp sent got
	finish s
	((status == 0))
	cmp sent s.out
}
