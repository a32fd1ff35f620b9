# What every test file loads: processes with names, and ways to wait for what
# they do. A test reads like this:
#
#	listen s 127.0.0.1 0 <question	# a listener; ADDR is where it is
#	connect c "${ADDR[@]}" <answer	# the binary under test, connecting
#	succeeds c			# wait: status 0, nothing on stderr
#	succeeds s
#	cmp answer s.out		# stdout is NAME.out, stderr NAME.err
#
# or, where bytes have to be given and taken one at a time,
#
#	peer p -l tcp4			# tests/peer.c, doing what it is told
#	hold_in c			# c's stdin becomes a pipe: put, end
#	hold_out c			# c's stdout too: get, get_eof, rest
#	connect c "${ADDR[@]}"
#	put c hello
#	ask p expect:hello
#	ask p reset
#	fails c 'read from * failed: Connection reset by peer'
#
# Nothing sleeps: listen returns when the listener is ready, ask when the step
# is done, get when the bytes are there; what can only be looked at, is looked
# at again and again by await. A test that hangs ends after LIMIT seconds,
# since every process is killed then (tests/within.c).
#
# Each test runs in an empty directory of its own, with stdin at /dev/null and
# TMPDIR inside. teardown complains about processes that were not waited for,
# about sockets and about files in TMPDIR.
#
# From the environment: SOCKCAT, the binary; PEERS, the folder of the compiled
# tests/*.c; WRAP, a command to put before the binary ("valgrind -q --vgdb=no
# --error-exitcode=99"); LIMIT;
# PORTABLE, if the binary is built without what Linux alone has.

# All of this is done again for each test, and would take as long as many a test
# does: bats traces every command, and the libraries' own loaders start a process
# for each of their files.
set +T
bats_require_minimum_version 1.5.0
load_library() {
	local places place part found=''
	IFS=: read -ra places <<<"$BATS_LIB_PATH"
	for place in "${places[@]}"; do
		for part in "$place/$1"/src/*.bash; do
			[[ -r $part ]] || continue
			# shellcheck disable=SC1090 # they are the system's
			source "$part"
			found=1
		done
	done
	[[ -n $found ]] || { echo "no $1 in $BATS_LIB_PATH" >&2 && exit 1; }
}
load_library bats-support
load_library bats-assert
load_library bats-file
set -T

SOCKCAT=${SOCKCAT:-$BATS_TEST_DIRNAME/../build/sockcat}
PEERS=${PEERS:-$BATS_TEST_DIRNAME/../build/tests}
read -ra WRAP_WORDS <<<"${WRAP-}"
LIMIT=${LIMIT:-$((${#WRAP_WORDS[@]} > 0 ? 90 : 20))}
# What a process takes beside the time that it waits, in milliseconds.
GRACE=50
[[ -z ${SANITIZE-} ]] || GRACE=300
((${#WRAP_WORDS[@]} == 0)) || GRACE=5000
# How often a thing may be tried until it is in time: a machine can be busy.
TRIES=20

# By name: the pid, and the test's and the process's ends of held pipes.
declare -gA PID=() PUT=() GET=() THEIR_IN=() THEIR_OUT=() WITHOUT=()
# The peers among them, which the teardown may end.
declare -gA IS_PEER=()
# What the last to finish has told of totals.
declare -ga TOTALS=()
# Where the last listener is, as operands; and in parts.
ADDR=() HOST='' PORT=''

setup() {
	# bats traces every command of every function, which makes a test's own
	# commands fifty times slower; the test's lines are enough.
	set +T
	export LC_ALL=C
	trap '' PIPE
	TEST_DIR=$BATS_TMPDIR/sc.${BATS_RUN_TMPDIR##*-}$BATS_SUITE_TEST_NUMBER
	mkdir "$TEST_DIR" "$TEST_DIR/tmp"
	cd "$TEST_DIR" || return
	[[ -p $BATS_FILE_TMPDIR/never ]] || mkfifo "$BATS_FILE_TMPDIR/never"
	exec {NEVER}<>"$BATS_FILE_TMPDIR/never"
	export TMPDIR=$TEST_DIR/tmp
	# The shells that a test starts are as anybody's.
	unset BASH_ENV
	exec </dev/null
	shopt -s nullglob dotglob globstar
}

# Without function tracing the command that failed is the last one traced: the
# original handler would take it for a second report and go back one.
# shellcheck disable=SC2034,SC2317 # for bats
bats_error_trap() {
	bats_check_status_from_trap
	BATS_DEBUG_LAST_STACK_TRACE_IS_VALID=1
	bats_debug_trap() { :; }
}

# bats asks date(1) for the time before each test, for reports that nobody has
# asked for.
# shellcheck disable=SC2317 # for bats
get_mills_since_epoch() {
	echo "$((${EPOCHREALTIME/[.,]/} / 1000))"
}

teardown() {
	local name file complaints=()

	for name in "${!PID[@]}"; do
		[[ -v IS_PEER[$name] ]] || complaints+=("still running: $name")
		kill -KILL "${PID[$name]}" || true
		wait "${PID[$name]}" || true
	done 2>/dev/null
	for name in $(jobs -rp); do
		complaints+=("still running: pid $name")
		kill -KILL "$name" || true
	done 2>/dev/null
	for file in **/*; do
		if [[ -S $file && ! -v IS_PEER[$file] || $file == tmp/* ]]; then
			complaints+=("left behind: $file")
		fi
	done
	for file in *.err; do
		[[ ! -s $file ]] || printf '%s: %s\n' "$file" "$(<"$file")"
	done
	cd /
	rm -rf "$TEST_DIR"
	# A test that failed has said enough.
	[[ -n ${BATS_TEST_COMPLETED-} ]] || return 0
	((${#complaints[@]} == 0)) || printf '%s\n' "${complaints[@]}"
	((${#complaints[@]} == 0))
}

### What cannot be tested everywhere

# linux_only: skip the test where the binary is built without what Linux alone
# has.
linux_only() {
	[[ -z ${PORTABLE-} ]] || skip 'needs what Linux alone has'
}

# not_wrapped: skip the test under WRAP: valgrind does not start without its
# stderr.
not_wrapped() {
	((${#WRAP_WORDS[@]} == 0)) || skip 'the wrapper needs its stderr'
}

# not_static: skip the test where the binary has everything linked in: nothing
# can be preloaded. Of such a one ldd has something to say too.
not_static() {
	[[ $(ldd "$SOCKCAT" 2>&1) == *'=>'* ]] ||
		skip 'into a static program nothing can be put'
}

# preload LIBRARY VARIABLE=VALUE...: what is started from now on has this one of
# tests/preload in it, with these in its environment.
preload() {
	not_static
	# The sanitizers' own library would be the first one.
	WRAP_WORDS=(env "LD_PRELOAD=$PEERS/preload/$1.so" "${@:2}"
		"ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0"
		"${WRAP_WORDS[@]}")
}

# losing RACE: what is started from now on loses that race each time: it is one
# of tests/preload/races.c.
losing() {
	linux_only
	preload races "RACE=$1"
}

### Starting

# sockcat ARG...: the binary, in the foreground, as in `run -2 sockcat -l x`.
sockcat() {
	"$PEERS/within" "$LIMIT" "${WRAP_WORDS[@]}" "$SOCKCAT" "$@"
}

# connect NAME ARG...: the binary, in the background.
connect() {
	local name=$1
	shift
	# fd 3 stays: the binary has to close it, or bats waits for it.
	# shellcheck disable=SC2086 # several words, or none
	start "$name" "$PEERS/within" ${WITHOUT[$name]-} "$LIMIT" \
		"${WRAP_WORDS[@]}" "$SOCKCAT" "$@"
}

# listen NAME ARG...: sockcat -l in the background, ready when this returns;
# sets ADDR, HOST and PORT. Without a redirection its stdin is /dev/null, which
# is a listener's way of saying -d.
listen() {
	local name=$1 announced part='' line=''
	shift
	[[ -p $name.at ]] || mkfifo "$name.at"
	exec {announced}<>"$name.at"
	connect "$name" -l --announce="$name.at" "$@"
	# What has come when the time is over is in part, and out of the FIFO.
	until IFS= read -r -t 0.2 -u "$announced" part; do
		line+=$part
		is_running "$name" ||
			fail "$name never listened: $(<"$name.err")" || return
	done
	exec {announced}<&-
	locate "$line$part"
}

# peer NAME [-l|-n] KIND [ADDRESS...]: the scripted peer of tests/peer.c, to be
# driven by ask; with -l (or -n: nobody at home) sets ADDR, HOST and PORT.
peer() {
	local name=$1 line
	shift
	hold_both "$name"
	IS_PEER[$name]=1
	start "$name" "$PEERS/within" -c "$LIMIT" "$PEERS/peer" "$@" 3>&- 4>&-
	if [[ $1 == -[ln] ]]; then
		read_line "$name" line || return
		locate "$line"
		IS_PEER[${HOST##*/}]=1
	fi
}

# meet NAME PEER ROLE KIND [OPTION...]: the binary as client or server of a
# scripted peer over tcp4, tcp6, unix or seqpacket, connected when this returns;
# its stdin and stdout are held.
meet() {
	local name=$1 peer=$2 role=$3 kind=$4 at=()
	shift 4
	case $kind in
	tcp4) at=(127.0.0.1 0) ;;
	tcp6) at=(::1 0) ;;
	unix) at=("$PWD/$name.sock") ;;
	seqpacket) at=("$PWD/$name.sock") && set -- --type=seqpacket "$@" ;;
	esac
	hold_both "$name"
	if [[ $role == client ]]; then
		[[ $kind == tcp? ]] && at=()
		peer "$peer" -l "$kind" "${at[@]}"
		connect "$name" "$@" "${ADDR[@]}"
	else
		listen "$name" "$@" "${at[@]}"
		peer "$peer" "$kind" "${ADDR[@]}"
	fi
	ask "$peer" open
}

# black_hole NAME KIND: a peer that is never connected to, since its backlog is
# full; sets ADDR, HOST and PORT.
black_hole() {
	local at=()
	[[ $2 == tcp? ]] || at=("$PWD/$1.hole")
	peer "$1" -l -b 0 "$2" "${at[@]}"
	peer "$1.first" "$2" "${ADDR[@]}"
	ask "$1.first" open
}

# start NAME COMMAND...: any command in the background, stdin as given or held,
# stdout in NAME.out or held, stderr in NAME.err. Add 3>&- if it isn't sockcat.
start() {
	local name=$1 in=${THEIR_IN[$1]-0} out=${THEIR_OUT[$1]-}
	shift
	[[ ! -v PID[$name] ]] || fail "$name is running already" || return
	if [[ -z $out ]]; then
		exec {out}>"$name.out"
		THEIR_OUT[$name]=$out
	fi
	"$@" <&"$in" >&"$out" 2>"$name.err" &
	PID[$name]=$!
	exec {out}>&-
	((in == 0)) || exec {in}<&-
	unset "THEIR_IN[$name]" "THEIR_OUT[$name]"
}

# locate LINE: take apart what a listener says of where it is.
locate() {
	HOST=$1 PORT='' ADDR=("$1")
	if [[ $1 =~ ^([0-9a-fA-F.:]+(%[^ ]+)?)\ ([0-9]+)$ ]]; then
		HOST=${BASH_REMATCH[1]}
		PORT=${BASH_REMATCH[3]}
		# shellcheck disable=SC2034 # for the tests
		ADDR=("$HOST" "$PORT")
	fi
}

# row NAME KIND:LETTERS...: consecutive ports of tests/net.c, each as its letter
# says; sets ADDR, HOST and PORT to the first. `ask NAME open` opens those that
# open later; REPLY is how many have come until then.
row() {
	local name=$1 line
	shift
	hold_both "$name"
	IS_PEER[$name]=1
	start "$name" "$PEERS/within" -c "$LIMIT" "$PEERS/net" row "$@" \
		3>&- 4>&-
	read_line "$name" line || return
	locate "$line"
}

### Before starting: what stdin and stdout are to be

# hold_in NAME: its stdin will be a pipe, written by put and fill, ended by end.
hold_in() {
	make_fifos "$1.in"
	open_in "$1"
}

# hold_out NAME: its stdout will be a pipe, read by get, get_eof and rest.
hold_out() {
	make_fifos "$1.pipe"
	open_out "$1"
}

# hold_both NAME: the two of them.
hold_both() {
	make_fifos "$1.in" "$1.pipe"
	open_in "$1"
	open_out "$1"
}

# In place of those that an earlier one of that name had.
make_fifos() {
	rm -f -- "$@"
	mkfifo -- "$@"
}

open_in() {
	local both r w
	exec {both}<>"$1.in"
	exec {r}<"$1.in"
	exec {w}>"$1.in" {both}>&-
	THEIR_IN[$1]=$r
	PUT[$1]=$w
}

open_out() {
	local both r w
	exec {both}<>"$1.pipe"
	exec {r}<"$1.pipe"
	exec {w}>"$1.pipe" {both}>&-
	THEIR_OUT[$1]=$w
	GET[$1]=$r
}

# send_out NAME FILE: its stdout will be FILE, opened for writing.
send_out() {
	local w
	exec {w}>"$2"
	THEIR_OUT[$1]=$w
}

# without NAME FD...: it will start with these descriptors closed.
without() {
	local name=$1 fd
	shift
	for fd; do
		WITHOUT[$name]+=" -x $fd"
	done
}

# terminal FDS COLUMNS: what is started from now on has a terminal of its own, so
# wide, at these descriptors (tests/terminal.c); what is seen is in the file
# screen. To be called where nothing is wrapped: see not_wrapped.
terminal() {
	WRAP_WORDS=("$PEERS/terminal" "$1" "$2" screen)
}

# held_to_modes: even root is, in what is started from now on: it is without the
# capabilities that go past the permissions of files. Skips the test where they
# cannot be given up.
held_to_modes() {
	local words=(setpriv --inh-caps -all --bounding-set -all)
	((EUID == 0)) || return 0
	"${words[@]}" true 2>/dev/null 3>&- 4>&- ||
		skip 'root may do anything'
	WRAP_WORDS=("${words[@]}" "${WRAP_WORDS[@]}")
}

# own_etc: it will find the files in the test's folder etc in place of those of
# /etc (hosts, services), and ask no name server. Skips the test where that
# cannot be had: it takes a mount namespace.
own_etc() {
	local file mounts='' words=(unshare -m)
	((EUID == 0)) || words+=(-r)
	printf '%s: files\n' hosts services >etc/nsswitch.conf
	for file in etc/*; do
		mounts+="mount --bind '$PWD/$file' /$file && "
	done
	words+=(sh -c "$mounts exec \"\$@\"" -)
	"${words[@]}" true 2>/dev/null 3>&- 4>&- ||
		skip 'there is no mount namespace to be had'
	WRAP_WORDS=("${words[@]}" "${WRAP_WORDS[@]}")
}

# own_net: what is started from now on, peers too, is in a network namespace of
# the test's own, with nothing in it but lo. Skips the test where that cannot be
# had. inside COMMAND...: there, in the foreground.
own_net() {
	local words=(unshare -n) enter=(nsenter -n) peers
	((EUID == 0)) || words+=(-r)
	((EUID == 0)) || enter+=(-U --preserve-credentials)
	"${words[@]}" ip link set lo up 2>/dev/null 3>&- 4>&- ||
		skip 'there is no network namespace to be had'
	hold_both net
	IS_PEER['net']=1
	start net "${words[@]}" sh -c '
		ip link set lo up && echo ready && read -r _' 3>&- 4>&-
	read_line net REPLY || return
	peers=$(realpath "$PEERS")
	mkdir net.peers
	ln -s "$peers"/* net.peers
	rm net.peers/within
	printf '#!/bin/sh\nexec %s -t %s "%s/within" "$@"\n' \
		"${enter[*]}" "${PID[net]}" "$peers" >net.peers/within
	chmod +x net.peers/within
	PEERS=$PWD/net.peers
}

inside() {
	"$PEERS/within" "$LIMIT" "$@" 3>&- 4>&-
}

### While it runs

# put NAME TEXT: write to its stdin.
put() {
	printf %s "$2" >&"${PUT[$1]}"
}

# fill NAME: write the pattern to its stdin until nothing fits any more, for
# good; REPLY is the number of bytes.
fill() {
	REPLY=$("$PEERS/within" -c "$LIMIT" "$PEERS/peer" fifo "$1.in" \
		<<<"fill:${PID[$1]}")
	REPLY=${REPLY#ok }
}

# packets DESCRIPTOR: what writes to this pipe is read by a read of its own each,
# however many there are: pipe(7), O_DIRECT.
packets() {
	perl -MFcntl -e '
		fcntl(STDOUT, F_SETFL, O_WRONLY | O_DIRECT) or die $!;
	' >&"$1"
}

# end NAME: the end of file on its stdin.
end() {
	local fd=${PUT[$1]}
	exec {fd}>&-
	unset "PUT[$1]"
}

# get NAME TEXT: wait until its stdout has brought exactly this.
get() {
	local got=''
	IFS= read -r -N "${#2}" -t "$LIMIT" -u "${GET[$1]}" got || true
	[[ $got == "$2" ]] || fail "$1 wrote '$got' instead of '$2'"
}

# get_eof NAME: wait until it has closed its stdout, nothing more written.
get_eof() {
	local got='' ended=0
	IFS= read -r -N 1 -t "$LIMIT" -u "${GET[$1]}" got || ended=$?
	((ended == 1)) || fail "$1 did not close its stdout: '$got' ($ended)"
}

# rest NAME FILE: the rest of its stdout, up to the end of file.
rest() {
	"$PEERS/within" "$LIMIT" cat <&"${GET[$1]}" >"$2" 3>&- 4>&-
}

# take NAME BYTES FILE: the next so many bytes of its stdout, as they come.
take() {
	"$PEERS/within" "$LIMIT" head -c "$2" <&"${GET[$1]}" >"$3" 3>&- 4>&-
}

# drop_out NAME: the reader of its stdout goes away.
drop_out() {
	local fd=${GET[$1]}
	exec {fd}<&-
	unset "GET[$1]"
}

# read_line NAME VARIABLE: the next line of its stdout.
read_line() {
	IFS= read -r -t "$LIMIT" -u "${GET[$1]}" "$2" ||
		fail "$1 says nothing more: $(<"$1.err")"
}

# tell NAME STEP: have a peer do a step, without waiting for it.
tell() {
	printf '%s\n' "$2" >&"${PUT[$1]}"
}

# answer NAME: wait until the step is done; REPLY is what it answers.
answer() {
	read_line "$1" REPLY || return
	[[ $REPLY == ok* ]] || fail "$1 answers '$REPLY'" || return
	REPLY=${REPLY#ok}
	REPLY=${REPLY# }
}

# ask NAME STEP: both.
ask() {
	tell "$1" "$2"
	answer "$1" || fail "$1 could not do $2: $(<"$1.err")"
}

# bye NAME: a peer that has done all its steps ends.
bye() {
	end "$1"
	finish "$1"
	((status == 0)) || fail "$1 ends with $status: $output"
}

# await COMMAND...: look again and again until COMMAND is true.
await() {
	local until=$((SECONDS + LIMIT))
	until "$@"; do
		((SECONDS < until)) || fail "never true: $*" || return
		read -r -t 0.005 -u "$NEVER" || true
	done
}

# pause SECONDS: only where time itself is the subject.
pause() {
	read -r -t "$1" -u "$NEVER" || true
}

# lasts LEAST MOST COMMAND...: it succeeds, and takes so many milliseconds: not
# less, ever; nor more, at least once in some tries, for a machine can be busy.
lasts() {
	local least=$1 most=$2 try began took=0
	shift 2
	for ((try = 0; try < TRIES; try++)); do
		began=${EPOCHREALTIME/./}
		"$@" || return
		took=$((${EPOCHREALTIME/./} - began))
		((took >= least * 1000)) ||
			fail "$* took $took us, not $least ms" || return
		((took > (most + GRACE) * 1000)) || return 0
	done
	fail "$* took $took us, not $most ms, $try times"
}

# Conditions, for await.

# heard NAME TEXT: it has said TEXT on stderr (a part of it).
heard() {
	[[ -e $1.err && $(<"$1.err") == *"$2"* ]]
}

# is_asleep NAME: it waits for something.
is_asleep() {
	local stat
	{ read -r stat <"/proc/${PID[$1]}/stat"; } 2>/dev/null &&
		[[ ${stat##*) } == S* ]]
}

# has_socket NAME REGEX: the kernel says of one of its sockets, UDP's and those of
# the UNIX domain, what this matches, before the inode.
has_socket() {
	readlink "/proc/${PID[$1]}/fd"/* |
		sed -n "s/^socket:\[\(.*\)\]$/ ($2) +\1 /p" |
		grep -Eqsf - /proc/net/{unix,udp,udp6}
}

# is_unconnected NAME: its datagram socket has no peer: with -c and -k it hears
# whoever is the next to speak. When a session's end can be seen from outside, the
# last one is still to be forgotten.
is_unconnected() {
	has_socket "$1" '0002 01|0+:0000 07 .*'
}

# is_alive PID: it has not ended.
is_alive() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null &&
		[[ ${stat##*) } != Z* ]]
}

# is_running NAME: it has not ended.
is_running() {
	is_alive "${PID[$1]}"
}

# freeze NAME: stop it, until thaw: what others do meanwhile it finds all at
# once.
freeze() {
	kill -STOP "${PID[$1]}"
	await is_stopped "$1"
}

# thaw NAME
thaw() {
	kill -CONT "${PID[$1]}"
}

# is_stopped NAME
is_stopped() {
	local stat
	read -r stat <"/proc/${PID[$1]}/stat" && [[ ${stat##*) } == T* ]]
}

# cpu NAME: REPLY is the processor time it has used, in ticks of 10 ms.
cpu() {
	local stat
	read -r stat <"/proc/${PID[$1]}/stat"
	read -ra stat <<<"${stat##*) }"
	REPLY=$((stat[11] + stat[12]))
}

# is_blocking NAME FD: O_NONBLOCK is not set on this descriptor of it.
is_blocking() {
	local word flags=''
	while read -r word flags; do
		[[ $word != flags: ]] || break
	done <"/proc/${PID[$1]}/fdinfo/$2"
	(((flags & 04000) == 0))
}

### The end

# What ends each session with -v, or comes when it is asked for.
TOTALS_LINE='^Sent [0-9]+ bytes( in [0-9]+ messages)? \([^()]+/s\), received '
TOTALS_LINE+='[0-9]+ bytes( in [0-9]+ messages)? \([^()]+/s\), in [0-9.]+ s$'

# split_totals FILE: into lines and output, and the totals into TOTALS.
split_totals() {
	local line
	lines=()
	TOTALS=()
	while IFS= read -r line || [[ -n $line ]]; do
		if [[ $line =~ $TOTALS_LINE ]]; then
			TOTALS+=("$line")
		else
			lines+=("$line")
		fi
	done <"$1"
	local IFS=$'\n'
	output=${lines[*]}
}

# finish NAME: wait for its end; status is its exit status (137: it had to be
# killed after LIMIT seconds), output and lines are what it said on stderr, but
# for the lines of totals, which are in TOTALS.
finish() {
	status=0
	wait "${PID[$1]}" || status=$?
	unset "PID[$1]"
	split_totals "$1.err"
}

# no_totals NAME: it was not to say any.
no_totals() {
	((${#TOTALS[@]} == 0)) || fail "$1 tells totals: ${TOTALS[*]}"
}

# succeeds NAME: wait for its end, which has to be 0 without a word.
succeeds() {
	finish "$1"
	no_totals "$1" || return
	[[ $status$output == 0 ]] || fail "$1 ends with $status: $output"
}

# fails NAME PATTERN...: wait for its end, which has to be 1 with exactly one
# line on stderr: "sockcat: " and what one of these patterns matches.
fails() {
	local name=$1 pattern
	shift
	finish "$name"
	no_totals "$name" || return
	if ((status == 1 && ${#lines[@]} == 1)); then
		for pattern; do
			# shellcheck disable=SC2053 # it is a pattern
			[[ $output != "sockcat: "$pattern ]] || return 0
		done
	fi
	fail "$name ends with $status: $output; expected 1 and $*"
}

# stop NAME [SIGNAL]: send TERM (or SIGNAL); it has to end by that, silently.
stop() {
	local signal=${2:-TERM}
	kill -s "$signal" "${PID[$1]}"
	finish "$1"
	no_totals "$1" || return
	if ((status != 128 + $(kill -l "$signal"))) || [[ -n $output ]]; then
		fail "$1 ends with $status after $signal: $output"
	fi
}

# dismiss NAME: send TERM, and it has to end by that, whatever it has said: see
# output and lines.
dismiss() {
	kill -TERM "${PID[$1]}"
	finish "$1"
	((status == 143)) || fail "$1 ends with $status after TERM: $output"
}

### Data

# pattern BYTES: what the peer's pattern step sends, on stdout.
pattern() {
	"$PEERS/peer" pattern "$1" 3>&-
}

# holds FILE TEXT: FILE is exactly TEXT.
holds() {
	printf %s "$2" | cmp - "$1"
}
