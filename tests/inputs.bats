# What a command line may say. A wrong one ends with status 2 and exactly one
# line on stderr, which quotes what is wrong; nothing is opened, made or printed
# on stdout. What options contradict, or need, is named as it was written, in
# whatever order. A right one is read as it looks: services, host:port, zones,
# options after operands. --help and --version answer on stdout; and the
# program goes by the name that it was called by.
#
# Where a right one is to be read, and nothing to be connected to, it asks for a
# source address that no machine has: that fails at bind(2), and the message
# says what was understood.

load helper

# Addresses of documentation, RFC 5737 and RFC 3849.
NOT_OURS=203.0.113.77
NOT_OURS_6=2001:db8::77

FORBIDS='and -n forbids to look it up'
TOO_LONG="is longer than the 107 bytes that a UNIX socket's can have"

# What --help lists: an option per line, with =ARGUMENT where it takes one, and
# [=ARGUMENT] where it may.
options_of_help() {
	sockcat --help | grep -o -e '--[^ ]*'
}

# ends STATUS WORD...: this command line ends so, silent on stdout and with one
# line on stderr; in SAID, without the name in front.
ends() {
	local expected=$1 got=0
	shift
	sockcat "$@" >out 2>err || got=$?
	IFS= read -r -d '' SAID <err || true
	if ((got != expected)) || [[ -s out || $SAID != 'sockcat: '*$'\n' ]]
	then
		fail "sockcat ${*@Q} ends with $got: $SAID$(<out)" || return
	fi
	SAID=${SAID#sockcat: }
	SAID=${SAID%$'\n'}
	[[ $SAID != *$'\n'* ]] || fail "more than a line: $SAID"
}

# says STATUS PATTERN WORD...: ends so, with a line that this pattern matches.
says() {
	ends "$1" "${@:3}"
	# shellcheck disable=SC2053 # it is a pattern
	[[ $SAID == $2 ]] || fail "of ${*@Q} it says: $SAID"
}

# wrong TEXT WORD...: is refused, with exactly this text.
wrong() {
	ends 2 "${@:2}"
	[[ $SAID == "$1" ]] || fail "of ${*@Q} it says: $SAID"
}

# means NOUN WORD...: is understood as going to NOUN.
means() {
	ends 1 "${@:2}"
	[[ $SAID == *" $1 failed: Cannot assign requested address" ]] ||
		fail "of ${*@Q} it says: $SAID"
}

# abstract_or_skip: Linux alone has abstract names.
abstract_or_skip() {
	[[ -z ${PORTABLE-} ]] || skip 'abstract names: Linux only'
}

### Ports

# not_a_port WORD LEAST: what is said of it; in REPLY.
not_a_port() {
	case $1 in
	0 | 00000)
		REPLY="port \"$1\" is out of range: $2 to 65535"
		REPLY+=' (0 is for -l and -p)'
		;;
	65536 | 4294967376)
		REPLY="port \"$1\" is out of range: $2 to 65535"
		;;
	*)
		REPLY="port \"$1\" is neither a number from $2 to 65535 nor a"
		REPLY+=' known service'
		;;
	esac
}

# bad_ports LEAST WORD...: none of these is a port, as one more operand; where
# the last word ends in a colon, as a part of that.
bad_ports() {
	local port least=$1 last=${*: -1} words
	local bad=(80x +80 ' 80' '80 ' 65536 4294967376 000080 0x50 8e1 1.5
		'80,81' '' nosuchservice -x '*')
	shift
	((least == 0)) || bad+=(0 00000)
	for port in "${bad[@]}"; do
		words=("$@" "$port")
		[[ $last != *: ]] || words=("${@:1:$#-1}" "$last$port")
		not_a_port "$port" "$least"
		[[ $port != nosuchservice || ${words[*]} != "-l -- $port" ]] ||
			REPLY+=" (a path is written ./$port)"
		wrong "$REPLY" "${words[@]}"
	done
}

@test "ports that are none, to connect to" {
	bad_ports 1 -- 127.0.0.1
	bad_ports 1 -u -- 127.0.0.1
}

@test "ports that are none, behind a host and a colon" {
	bad_ports 1 127.0.0.1:
	bad_ports 0 -l '[::1]:'
}

@test "ports that are none, to listen on" {
	bad_ports 0 -l --
	bad_ports 0 -l -- 127.0.0.1
	bad_ports 0 -l -p
}

@test "ports that are none, to connect from" {
	bad_ports 0 127.0.0.1 9 -p
	bad_ports 0 127.0.0.1 9 --source-port
}

@test "0 is a port to connect from" {
	means '127.0.0.1 port 9 (tcp)' -p 0 -s "$NOT_OURS" 127.0.0.1 9
}

@test "ports from 1 to 65535" {
	local port
	for port in 1 9 09 00080 65535; do
		means "127.0.0.1 port $((10#$port)) (tcp)" \
			-s "$NOT_OURS" 127.0.0.1 "$port"
		means "::1 port $((10#$port)) (tcp)" \
			-s "$NOT_OURS_6" "[::1]:$port"
	done
}

@test "services, each for its type" {
	mkdir etc
	printf '%s\n' 'both 1001/tcp' 'both 1002/udp' \
		'stream-only 1003/tcp another' '9digit 1004/tcp' >etc/services
	own_etc
	means '127.0.0.1 port 1001 (tcp)' -s "$NOT_OURS" 127.0.0.1 both
	means '127.0.0.1 port 1002 (udp)' -u -s "$NOT_OURS" 127.0.0.1 both
	means '127.0.0.1 port 1003 (tcp)' -s "$NOT_OURS" 127.0.0.1:another
	means '::1 port 1004 (tcp)' -s "$NOT_OURS_6" '[::1]:9digit'
	says 1 "bind to $NOT_OURS port 1001 (tcp) failed: *" \
		-l -s "$NOT_OURS" -p both
	not_a_port stream-only 1
	wrong "$REPLY" -u 127.0.0.1 stream-only
	wrong "port \"both\" is no number from 1 to 65535, $FORBIDS" \
		-n 127.0.0.1 both
	wrong "port \"both\" is no number from 0 to 65535, $FORBIDS" \
		-n -l -- 127.0.0.1 both
}

### Hosts and operands

@test "operands that are missing, or too many" {
	wrong 'a host and a port, or a path, are missing (see --help)'
	wrong 'a host and a port, or a path, are missing (see --help)' -p 0
	wrong 'the port of 127.0.0.1 is missing' 127.0.0.1
	wrong 'the port of localhost is missing' localhost
	wrong 'the port of localhost is missing' -z localhost
	wrong '"x" is one operand too many' 127.0.0.1 9 x
	wrong '"x" is one operand too many' -l 127.0.0.1 0 x y
	local needs='-l needs a port or a path to listen on, as in -l 8080 or'
	wrong "$needs -l ./sock" -l
	wrong "$needs -l ./sock" -l -s 127.0.0.1
	wrong 'the host is an empty string' '' 9
	wrong 'the host is an empty string' :9
	wrong 'the host is an empty string' '[]:9'
	wrong 'the host is an empty string' -l '' 0
	wrong 'the address of -s is an empty string' -s '' 127.0.0.1 9
}

@test "a listener's address that is given twice" {
	local port='the port to listen on is given twice'
	local host='the address to listen on is given twice'
	wrong "$port: 0, and -p 1" -l -p 1 0
	wrong "$port: 0, and -p 1" -l -p 1 127.0.0.1 0
	wrong "$port: 0, and -p 1" -p 1 -l 127.0.0.1:0
	wrong "$host: 127.0.0.1, and -s ::1" -l -s ::1 127.0.0.1 0
	wrong "$host: ::1, and -s 127.0.0.1" -l -s 127.0.0.1 '[::1]:0'
	wrong 'the path to listen on is given twice: ./x, and -s y' \
		-l -s y ./x
	wrong 'the path to listen on is given twice: x, and -s y' \
		-U -s y -l x
	assert_not_exists x
	assert_not_exists y
}

@test "IPv6 addresses without brackets, or with half of them" {
	local word option
	for option in -v -l; do
		for word in ::1:80 ::1 1:2:3:4:5:6:7:8:80 fe80::1%lo:80; do
			wrong "\"$word\" is ambiguous: write [address]:port, $(:
			)or the port as an operand of its own" $option "$word"
		done
		for word in '[::1]' '[::1]80' '[::1' '[::1:80' '[::1]x:80'; do
			wrong "\"$word\" is not [address]:port" $option "$word"
		done
	done
}

@test "hosts that are paths, or in brackets" {
	wrong '"./x" is a path, and no host' ./x 9
	wrong '"/" is a path, and no host' -l / 0
	wrong '"[::1]": brackets are for [address]:port, as one operand' \
		'[::1]' 9
	wrong '"[::1]": brackets are for [address]:port, as one operand' \
		-l '[::1]' 0
}

# What they may have meant is told with the error, in the same line.
@test "slips: a path without a slash" {
	local none='is neither a number from 0 to 65535 nor a known service'
	local word
	wrong 'the port of sock is missing' sock
	listen s ./sock
	wrong 'the port of sock is missing (a path is written ./sock)' sock
	wrong 'the port of sock is missing (a path is written ./sock)' -z sock
	for word in sock new .new _; do
		wrong "port \"$word\" $none (a path is written ./$word)" \
			-l "$word"
	done
	wrong "port \"80x\" $none" -l 80x
	wrong "port \"sock\" $none" -l 127.0.0.1 sock
	wrong "port \"sock\" is no number from 0 to 65535, $FORBIDS $(:
	)(a path is written ./sock)" -n -l sock
	wrong "port \"@x\" $none (did you mean -U @x?)" -l @x
	wrong 'the port of @x is missing (did you mean -U @x?)' @x
	stop s
}

@test "slips: a port without a host, or a host without a port" {
	local none='is neither a number from 0 to 65535 nor a known service'
	local missing='the port of localhost is missing'
	wrong "the port of 8080 is missing $(:
	)(did you mean localhost 8080, or -l 8080?)" 8080
	wrong 'the port of 8080 is missing (did you mean localhost 8080?)' \
		-z 8080
	wrong "$missing (-p is for the local one)" -p 80 localhost
	wrong "$missing (--source-port is for the local one)" localhost \
		--source-port=80
	wrong "port \"127.0.0.1\" $none (did you mean 127.0.0.1 8080?)" \
		-l 127.0.0.1
	wrong "port \"localhost\" $none (did you mean localhost 80?)" \
		-l 80 localhost
}

@test "slips: a host and a port that are one word, or three" {
	local none='is neither a number from 0 to 65535 nor a known service'
	local path='is a path whose directory is missing'
	local two='(host and port are two operands)' word
	wrong "the port of localhost 80 is missing $two" 'localhost 80'
	wrong "port \"localhost 80\" $none $two" -l 'localhost 80'
	for word in -v -l -u -z; do
		wrong "\"localhost/80\" $path (did you mean localhost 80?)" \
			$word localhost/80
		wrong "\"http://h:80/a\" $path $(:
		)(of a URL, write the host and the port)" $word http://h:80/a
	done
	wrong '"localhost:80" is a host and a port, and no host' \
		localhost:80 80
	wrong '"127.0.0.1:0" is a host and a port, and no host' \
		-s 127.0.0.1:0 127.0.0.1 9
	wrong '"[::1]:80": brackets are for [address]:port, as one operand' \
		'[::1]:80' 80
}

# Then the word is a path, whatever it looks like.
@test "no slip: a path that looks like a host and a port" {
	local gone='failed: No such file or directory' word
	for word in host/x ./80 ../80 a/b/80 /80 host/; do
		says 1 "connect to $word (unix) $gone" "$word"
	done
	says 1 "connect to host/80 (unix) $gone" -U host/80
	says 124 "connect to host/80 (unix) $gone (--retry)" --retry=0.01 \
		host/80
	mkdir host http:
	says 1 "connect to host/80 (unix) $gone" host/80
	says 1 "connect to http://x (unix) $gone" http://x
}

@test "slips: ranges of ports" {
	local none='is neither a number from 1 to 65535 nor a known service'
	local word
	wrong "port \"80-90\" $none (a range of ports is for -z)" \
		localhost 80-90
	wrong "port \"80-90\" $none (a range of ports is for -z)" \
		localhost:80-90
	for word in 80..90 80:90; do
		wrong "port \"$word\" $none (did you mean 80-90?)" \
			-z localhost "$word"
	done
	for word in 80.90 80: ..90 80..x 80...90; do
		wrong "port \"$word\" $none" -z localhost "$word"
	done
	wrong '"81" is one operand too many (several ports are for -z)' \
		localhost 80 81
	wrong '"81-90" is one operand too many (several ports are for -z)' \
		localhost 80 81-90
	wrong '"81" is one operand too many' -l localhost 80 81
}

@test "a number of the wrong domain" {
	local spelling
	for spelling in -4 --ipv4 --domain=inet; do
		wrong "::1 is not an IPv4 address, as $spelling asks" \
			$spelling ::1 9
		wrong "::1 is not an IPv4 address, as $spelling asks" \
			'[::1]:9' $spelling
		wrong "::1 is not an IPv4 address, as $spelling asks" \
			-l ::1 $spelling 0
		wrong "::1 is not an IPv4 address, as $spelling asks" \
			-s ::1 $spelling 127.0.0.1 9
	done
	for spelling in -6 --ipv6 --domain=inet6; do
		wrong "127.0.0.1 is not an IPv6 address, as $spelling asks" \
			$spelling 127.0.0.1 9
		wrong "127.0.0.1 is not an IPv6 address, as $spelling asks" \
			$spelling -l -s 127.0.0.1 -p 0
	done
	wrong '127.0.0.1 is not an IPv6 address, as -s asks' \
		-s ::1 127.0.0.1 9
	wrong '::1 is not an IPv4 address, as --source asks' \
		--source=127.0.0.1 ::1 9
}

@test "a link-local address without its zone" {
	local word
	for word in fe80::1 febf::2:1 ff02::1; do
		wrong "$word is a link-local address: its zone is missing, $(:
		)as in $word%eth0" "$word" 9
		wrong "$word is a link-local address: its zone is missing, $(:
		)as in $word%eth0" -l "$word" 0
		wrong "$word is a link-local address: its zone is missing, $(:
		)as in $word%eth0" -u "[$word]:9"
	done
}

@test "a zone is understood" {
	says 1 'connect to fe80::1%lo port 9 (tcp) failed: *' -w 9 fe80::1%lo 9
	says 1 'connect to fe80::1%lo port 9 (tcp) failed: *' -w 9 \
		'[fe80::1%lo]:9'
	says 1 'look up fe80::1%nosuch failed: *' fe80::1%nosuch 9
	# A name is for links alone: it is written so that it can be read.
	means '2001:db8::1%1 port 9 (tcp)' -s "$NOT_OURS_6" 2001:db8::1%1 9
}

@test "a name, where -n forbids to look it up" {
	local host='host "localhost" is no number'
	wrong "$host, $FORBIDS" -n localhost 9
	wrong "$host, $FORBIDS" localhost:9 --numeric
	wrong "$host, $FORBIDS" -n -l localhost 0
	wrong "$host, $FORBIDS" -n -s localhost 127.0.0.1 9
	wrong "$host, $FORBIDS" -ln -s localhost -p 0
}

@test "names that cannot be looked up" {
	mkdir etc
	printf '127.0.0.1 four\n::2 six\n' >etc/hosts
	own_etc
	says 1 'look up nosuch.invalid failed: Name or service not known' \
		nosuch.invalid 9
	says 1 'look up nosuch.invalid failed: Name or service not known' \
		-l nosuch.invalid 0
	says 1 'look up nosuch.invalid failed: Name or service not known' \
		-u -s nosuch.invalid 127.0.0.1 9
	says 1 'look up a..b failed: Name or service not known' a..b 9
	says 1 'look up -x failed: Name or service not known' -- -x 9
	says 1 'look up 127.0.0.1.1 failed: Name or service not known' \
		127.0.0.1.1:9
	says 1 'look up six failed: *' -4 six 9
	means '127.0.0.1 port 9 (tcp)' -s "$NOT_OURS" four 9
}

### UNIX paths

# repeat CHARACTER TIMES
repeat() {
	printf -v REPLY '%*s' "$2" ''
	REPLY=${REPLY// /$1}
}

@test "paths that are too long" {
	local path
	repeat a 106
	for path in "./$REPLY" "./$REPLY$REPLY"; do
		wrong "path \"$path\" $TOO_LONG" "$path"
		wrong "path \"$path\" $TOO_LONG" -l "$path"
		wrong "path \"$path\" $TOO_LONG" -U -u -- "$path"
		wrong "path \"$path\" $TOO_LONG" -u -U -s "$path" x
		wrong "path \"$path\" $TOO_LONG" -l -U -s "$path"
	done
	repeat a 108
	wrong "path \"$REPLY\" $TOO_LONG" -U "$REPLY"
	wrong "path \"$REPLY\" $TOO_LONG" -l --type=seqpacket -U "$REPLY"
	assert_equal "$(echo *)" 'err out tmp'
}

@test "paths that are just short enough" {
	local path
	repeat a 105
	path=./$REPLY
	says 1 "connect to $path (unix) failed: No such file or directory" \
		"$path"
	printf hello >hello
	listen s "$path"
	assert_socket_exists "$path"
	connect c "$path" <hello
	succeeds c
	succeeds s
	holds s.out hello
	assert_not_exists "$path"
}

@test "abstract names, as long as may be and longer" {
	abstract_or_skip
	local name
	repeat "${TEST_DIR##*.}" 13
	name=@${REPLY:0:54}${REPLY:0:53}
	says 1 "connect to $name (unix) failed: Connection refused" -U "$name"
	listen s -U "$name"
	assert_equal "${ADDR[*]}" "$name"
	connect c -U "$name"
	succeeds c
	succeeds s
	wrong "path \"${name}x\" $TOO_LONG" -U "${name}x"
	wrong "path \"${name}x\" $TOO_LONG" -l -U "${name}x"
}

@test "there are no abstract names but on Linux" {
	[[ -n ${PORTABLE-} ]] || skip 'this is Linux'
	wrong '"@x": there are no abstract names here; ./@x is a file' -U @x
}

@test "./@name is a file, and so is a path without a slash with -U" {
	says 1 'connect to ./@x (unix) failed: No such file or directory' ./@x
	says 1 'connect to x (unix) failed: No such file or directory' -U x
	listen s ./@x
	assert_socket_exists @x
	stop s
	assert_not_exists @x
}

@test "paths that are missing, empty, or with a port" {
	local spelling
	for spelling in -U --unix --domain=unix; do
		wrong "$spelling needs a path" $spelling
		wrong "$spelling needs a path" -l $spelling
		wrong "$spelling needs a path" -s x $spelling
	done
	wrong 'the path is an empty string' -U ''
	wrong 'the path is an empty string' -l -U ''
	wrong 'the address of -s is an empty string' -u -U -s '' x
	wrong '"9" is one operand too many: a path has no port' -U x 9
	wrong '"9" is one operand too many: a path has no port' -l -U ./x 9
}

### Options

# How each option can be spelled.
declare -gA SPELLED=(
	[IPV4]='-4 --ipv4 --domain=inet' [IPV6]='-6 --ipv6 --domain=inet6'
	[UNIX]='-U --unix --domain=unix ./x' [DGRAM]='-u --dgram --type=dgram'
	[STREAM]=--type=stream [SEQPACKET]=--type=seqpacket
	[LISTEN]='-l --listen' [KEEP_OPEN]='-k --keep-open'
	[CONNECT]='-c --connect' [PROBE]='-z --probe' [PASS_FD]='-F --pass-fd'
	[SOURCE_PORT]='-p1 --source-port=1' [MODE]=--mode=600
	[ANNOUNCE]=--announce=x
	[NO_STDIN]='-d --no-stdin' [SHUTDOWN]='-N --shutdown'
	[NO_SHUTDOWN]=--no-shutdown [QUIT_AFTER]='-q1 --quit-after=1'
	[QUIT_ON_EOF]='-Q --quit-on-eof' [CONNECT_TIMEOUT]=--connect-timeout=1
	[IDLE_TIMEOUT]=--idle-timeout=1 [ACCEPT_TIMEOUT]=--accept-timeout=1
	[RETRY]=--retry=1 [LINES]='-L --lines' [SIZE]=--size=1
	[COUNT]='-W1 --count=1' [END_MARKER]='-E --end-marker'
	[CRLF]='-C --crlf' [INTERVAL]='-i1 --interval=1'
	[BROADCAST]='-b --broadcast' [TOS]='-Tef --tos=ef' [TTL]='-M9 --ttl=9'
	[MIN_TTL]='-m9 --min-ttl=9'
	[PROGRESS]=--progress [HEXDUMP]='--hexdump --hexdump=x'
)
# How a message calls what is needed.
declare -gA NEEDED=(
	[UNIX]='-U (--unix)' [LISTEN]='-l (--listen)' [DGRAM]='-u (--dgram)'
	[MESSAGES]='messages: -u (--dgram) or --type=seqpacket'
	[CONNECTED]='-c (--connect) with datagrams'
	[ENDED]='-E (--end-marker) with datagrams'
)
# What excludes or needs what, in the order in which messages name them, behind
# words that are no fault of their own. (A path as an operand is a spelling.)
RULES='
domain	127.0.0.1 9	IPV4 EXCLUDES IPV6
domain	x	IPV4 EXCLUDES UNIX
domain	x	IPV6 EXCLUDES UNIX
domain	x	SOURCE_PORT EXCLUDES UNIX
domain	-l 127.0.0.1 0	MODE NEEDS UNIX
domain	-u x	BROADCAST EXCLUDES UNIX
domain	-u ::1 9	BROADCAST EXCLUDES IPV6
domain	x	TOS TTL MIN_TTL EXCLUDES UNIX
type	127.0.0.1 9	DGRAM EXCLUDES STREAM
type	./x	DGRAM STREAM EXCLUDES SEQPACKET
type	127.0.0.1 9	SEQPACKET NEEDS UNIX
type	127.0.0.1 9	CONNECT BROADCAST NEEDS DGRAM
type	127.0.0.1 9	NO_SHUTDOWN MIN_TTL EXCLUDES DGRAM
type	-u 127.0.0.1 9	QUIT_ON_EOF NEEDS ENDED
type	-u 127.0.0.1 9	RETRY PASS_FD NEEDS CONNECTED
type	127.0.0.1 9	LINES SIZE COUNT END_MARKER NEEDS MESSAGES
session	127.0.0.1 9	SHUTDOWN EXCLUDES NO_SHUTDOWN
session	127.0.0.1 9	NO_STDIN EXCLUDES QUIT_AFTER CRLF INTERVAL
session	-u 127.0.0.1 9	NO_STDIN EXCLUDES SIZE
session	-u 127.0.0.1 9	LINES EXCLUDES SIZE CRLF
session	-u 127.0.0.1 9	SIZE EXCLUDES CRLF
session	-u -l 127.0.0.1 0	COUNT EXCLUDES KEEP_OPEN
session	127.0.0.1 9	KEEP_OPEN ACCEPT_TIMEOUT NEEDS LISTEN
session	./x	MODE NEEDS LISTEN
session	127.0.0.1 0	CONNECT_TIMEOUT RETRY EXCLUDES LISTEN
none	127.0.0.1 0	PASS_FD PROBE EXCLUDES LISTEN
none	127.0.0.1 9	PASS_FD PROBE EXCLUDES NO_SHUTDOWN QUIT_AFTER
none	127.0.0.1 9	PASS_FD PROBE EXCLUDES QUIT_ON_EOF IDLE_TIMEOUT
none	127.0.0.1 9	PASS_FD PROBE EXCLUDES CRLF INTERVAL
none	127.0.0.1 9	PASS_FD PROBE EXCLUDES PROGRESS HEXDUMP
none	-u -c 127.0.0.1 9	PASS_FD EXCLUDES LINES SIZE COUNT END_MARKER
none	-u 127.0.0.1 9	PROBE EXCLUDES LINES SIZE COUNT END_MARKER
none	-u 127.0.0.1 9	PROBE EXCLUDES CONNECT
none	127.0.0.1 9	PROBE EXCLUDES PASS_FD ANNOUNCE
'

# each_rule TOPIC COMMAND: for each rule of a topic (a pattern), call COMMAND
# with its three words, and the harmless words.
each_rule() {
	local topic harmless rule verb first second seconds
	while IFS=$'\t' read -r topic harmless rule; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $topic == $1 && $rule =~ (.*)\ (EXCLUDES|NEEDS)\ (.*) ]] ||
			continue
		verb=${BASH_REMATCH[2]} seconds=${BASH_REMATCH[3]}
		for first in ${BASH_REMATCH[1]}; do
			for second in $seconds; do
				$2 "$first" "$verb" "$second" "$harmless"
			done
		done
	done <<<"$RULES"
}

# name_of WORD: how a message names an option that was given so; in REPLY.
name_of() {
	case $1 in
	--domain=* | --type=* | [!-]*) REPLY=$1 ;;
	--*) REPLY=${1%%=*} ;;
	*) REPLY=${1:0:2} ;;
	esac
}

# exclude WORD WORD HARMLESS: in either order, or the other one alone.
exclude() {
	local text words
	name_of "$1" && text=$REPLY
	name_of "$2" && text+=" and $REPLY contradict each other"
	read -ra words <<<"$3"
	# A path is an operand already.
	[[ $2 != */* ]] || words=("${words[@]:0:${#words[@]}-1}")
	[[ -n ${4-} ]] || wrong "$text" "$1" "$2" "${words[@]}"
	wrong "$text" "${words[@]}" "$2" "$1"
}

# hold FIRST VERB SECOND HARMLESS: a rule, in all spellings of either option.
hold() {
	local word words first second
	read -ra first <<<"${SPELLED[$1]}"
	read -ra words <<<"$4"
	if [[ $2 == NEEDS ]]; then
		for word in "${first[@]}"; do
			name_of "$word"
			wrong "$REPLY needs ${NEEDED[$3]}" "$word" "${words[@]}"
		done
		return
	fi
	read -ra second <<<"${SPELLED[$3]}"
	exclude "${first[0]}" "${second[0]}" "$4"
	for word in "${first[@]:1}"; do
		exclude "$word" "${second[0]}" "$4" once
	done
	for word in "${second[@]:1}"; do
		exclude "${first[0]}" "$word" "$4" once
	done
	assert_not_exists x
}

@test "options that contradict each other: domains" { each_rule domain hold; }
@test "options that contradict each other: types" { each_rule type hold; }
@test "options that contradict each other: sessions" { each_rule session hold; }
@test "options that contradict each other: no session" { each_rule none hold; }

print_rule() {
	echo "$1 $2 $3"
}

@test "the program has these rules, and no others" {
	each_rule '*' print_rule | sort >here
	cat "$BATS_TEST_DIRNAME"/../*.c |
		sed -n '/OPTION_.*, OPTION_/s/[{},]\|OPTION_//gp' |
		grep -e EXCLUDES -e NEEDS |
		awk '{ print $1, $2, $3 }' | sort >there
	assert_file_not_empty there
	diff here there
}

@test "unknown letters" {
	local letter known
	known=$(sockcat --help | grep -o -e '-., --' | cut -c 2)
	known=${known//$'\n'/}
	assert [ "${#known}" -ge 25 ]
	for letter in {a..z} {A..Z} {0..9} '?' :; do
		[[ $known != *"$letter"* ]] || continue
		wrong "unknown option -$letter (see --help)" "-$letter" \
			127.0.0.1 9
	done
}

@test "letters that nc has, and sockcat is not to have" {
	local letter
	for letter in x X P t S V Z r e; do
		wrong "unknown option -$letter (see --help)" "-v$letter" x
		wrong "unknown option -$letter (see --help)" x "-${letter}v"
	done
}

@test "unknown names" {
	local name known
	known=$(options_of_help)
	for name in nosuch tls ssl exec pipe x '' \
		an-option-that-is-longer-than-any-there-is; do
		[[ -n $name ]] &&
			wrong "unknown option --$name (see --help)" "--$name" \
				127.0.0.1 9
		wrong "unknown option --$name=1 (see --help)" 127.0.0.1 9 \
			"--$name=1"
	done
	# A third of a name may not be wrong.
	wrong 'unknown option --lxstxn (see --help)' --lxstxn
}

# name_slip WORD NAME: of the unknown option --WORD, --NAME is said to be meant.
name_slip() {
	wrong "unknown option --$1 (did you mean --$2?)" "--$1" 127.0.0.1 9
	wrong "unknown option --$1=1 (did you mean --$2?)" 127.0.0.1 9 "--$1=1"
}

@test "slips: a name with a letter too many, too few, another, or turned" {
	local name
	# No two are so near to each other that a letter more says another.
	for name in $(options_of_help); do
		name=${name#--} name=${name%%[[=]*}
		name_slip "${name}x" "$name"
	done
	name_slip lisen listen
	name_slip Listen listen
	name_slip listne listen
	name_slip losten listen
	name_slip lissten listen
	name_slip keepopen keep-open
	name_slip SOURCE_PORT source-port
	name_slip conect-timeuot connect-timeout
}

@test "slips: names that others have" {
	local name
	name_slip udp dgram
	name_slip datagram dgram
	name_slip unixsock unix
	name_slip nodns numeric
	name_slip wait timeout
	name_slip recv-only no-stdin
	for name in stream seqpacket; do
		name_slip "$name" "type=$name"
	done
	name_slip tcp type=stream
}

@test "slips: a name with one dash" {
	local name
	for name in $(options_of_help); do
		name=${name#--} name=${name%%[[=]*}
		# -h is answered before the rest is looked at.
		[[ $name != help ]] || continue
		wrong "unknown option -$name (did you mean --$name?)" \
			"-$name" 127.0.0.1 9
	done
	wrong 'unknown option -source=::1 (did you mean --source=::1?)' \
		127.0.0.1 9 -source=::1
	# As the argument of an option, it is that.
	says 1 'look up -source failed: *' -s -source 127.0.0.1 9
	says 1 'look up ource-x failed: *' -source-x 127.0.0.1 9
}

@test "names that are abbreviated to what several have" {
	wrong 'option --no is ambiguous: --no-stdin or --no-shutdown' --no
	wrong 'option --no=1 is ambiguous: --no-stdin or --no-shutdown' --no=1
	wrong 'option --ipv is ambiguous: --ipv4 or --ipv6' 127.0.0.1 9 --ipv
	wrong "option --qu is ambiguous: --quit-after or --quit-on-eof" --qu
	says 2 'option --s is ambiguous: --s*, --s* or --s*' --s
	# What is all of a name is that.
	says 2 '-c needs *' -c 127.0.0.1 9
	says 2 '--connect needs -u *' --connect 127.0.0.1 9
}

@test "arguments that are missing, or too many" {
	local option
	for option in $(options_of_help); do
		if [[ $option == *\[* ]]; then
			continue
		elif [[ $option == *=* ]]; then
			wrong "option ${option%=*} needs an argument" \
				127.0.0.1 9 "${option%=*}"
		else
			wrong "option $option=x takes no argument" \
				"$option=x" 127.0.0.1 9
		fi
	done
	for option in -s -p -q -w; do
		wrong "option $option needs an argument" 127.0.0.1 9 $option
		wrong "option $option needs an argument" -v${option#-}
	done
}

# each_time COMMAND TEXT...: call it for each option that takes a time, with the
# option, a text, and the words that go with the option.
each_time() {
	local option text words command=$1
	shift
	for option in -w -q -i $(options_of_help | sed -n 's/=SECS$//p'); do
		# These would go on trying.
		[[ $option != --retry || $command != a_time ]] || continue
		words=(-s "$NOT_OURS" 127.0.0.1 9)
		[[ $option != --accept-timeout ]] ||
			words=(-l -s "$NOT_OURS" -p 9)
		for text; do
			$command "$option" "$text" "${words[@]}"
		done
		# They all are read in the same way.
		set -- "${@:1:4}"
	done
}

no_time() {
	wrong "$1 \"$2\" is no time in seconds, such as 5 or 0.25" "$@"
}

too_long() {
	wrong "$1 \"$2\" is longer than 100000000 seconds" "$@"
}

@test "times that are none" {
	each_time no_time -1 '' inf +1 1e3 0x1 1.2.3 x 1s '1 ' ' 1' . nan 1,5
	each_time too_long 1000000000 99999999999999999999
}

a_time() {
	says 1 '* port 9 (tcp) failed: Cannot assign requested address' "$@"
}

@test "times that are some" {
	each_time a_time 20.25 20 100000000 007 020. 9.000000000001 .5
}

@test "numbers are decimal, with a suffix or not" {
	local text
	for text in 1 08 0255; do
		means '127.0.0.1 port 9 (tcp)' -M "$text" -s "$NOT_OURS" \
			127.0.0.1 9
	done
	for text in 1 64k 064K 1M 1m 1G 1g; do
		means '127.0.0.1 port 9 (udp)' -u -W "$text" -s "$NOT_OURS" \
			127.0.0.1 9
	done
	means '127.0.0.1 port 9 (tcp)' -m 00 -s "$NOT_OURS" 127.0.0.1 9
}

@test "--mode that is no permissions" {
	local text
	for text in '' 8 0x1 x -1 +600 ' 600' 6.0 1000 4755 07777 00600 77777 \
		u+rw; do
		wrong "--mode \"$text\" is no octal number up to 777" \
			-l --mode "$text" ./x
	done
	[[ -n ${PORTABLE-} ]] ||
		says 2 '--mode is for a path: @x, an abstract name, has no *' \
			-l -U --mode=600 @x
	assert_not_exists x
}

@test "--domain and --type that are none" {
	local text
	for text in '' inet4 INET inet66 uni unixx 4; do
		wrong "--domain \"$text\" is none of: inet, inet6 or unix" \
			--domain "$text" 127.0.0.1 9
	done
	for text in '' tcp STREAM seq seqpackets datagram; do
		wrong "--type \"$text\" is none of: $(:
		)stream, dgram or seqpacket" "--type=$text" 127.0.0.1 9
	done
}

@test "options after operands, and -- before what looks like one" {
	means '127.0.0.1 port 9 (udp)' 127.0.0.1 -u 9 -s "$NOT_OURS"
	means '127.0.0.1 port 9 (tcp)' 127.0.0.1:9 --source "$NOT_OURS" -v
	says 1 'connect to -l (unix) failed: No such file or directory' \
		-U -- -l
	says 1 'connect to -- (unix) failed: No such file or directory' \
		-U -- --
	wrong '"-v" is one operand too many' 127.0.0.1 -- 9 -v
}

@test "letters in one word, and names that are abbreviated" {
	says 1 'connect to x (unix dgram) failed: No such file or directory' \
		-vucU x
	means '127.0.0.1 port 9 (udp)' -uvs"$NOT_OURS" 127.0.0.1 9
	means '127.0.0.1 port 9 (udp)' --dg --source="$NOT_OURS" \
		--quit-af=1 127.0.0.1 9
	wrong 'a host and a port, or a path, are missing (see --help)' --verb
}

@test "what is wrong is one line, even if a word is not" {
	says 2 'port *' 127.0.0.1 $'8\n0'
	says 2 'unknown option *' $'--no\nsuch' 127.0.0.1 9
	says 2 'host *' -n $'local\nhost' 9
	says 2 '*' -w $'1\n' 127.0.0.1 9
	says 2 '*' 127.0.0.1 9 $'1\n'
	says 1 '*' $'./local\nhost'
}

### --help, --version, and the name

@test "--help and --version answer on stdout" {
	local option
	for option in -h --help --version; do
		sockcat $option >"out$option" 2>err
		assert_file_empty err
		assert_file_not_empty "out$option"
		sockcat -v $option -l 127.0.0.1 >out 2>err
		assert_file_empty err
		cmp out "out$option"
	done
	cmp out-h out--help
	assert_regex "$(<out--version)" '^sockcat [0-9]+\.[0-9]+\.[0-9]+$'
	assert_regex "$(<out-h)" '^usage: sockcat \[options\] host port '
}

@test "--help and --version that cannot be written are 1" {
	local option
	for option in -h --help --version; do
		sockcat $option >/dev/full 2>err && fail "$option: status 0"
		assert_equal "$(<err)" "sockcat: write to stdout failed: $(:
		)No space left on device"
		sockcat $option >&- 2>err && fail "$option: status 0"
		assert_equal "$(<err)" "sockcat: write to stdout failed: $(:
		)Bad file descriptor"
	done
}

@test "the program goes by the name that it was called by" {
	cp "$SOCKCAT" nc
	ln -s "$SOCKCAT" ncat
	local name
	for name in nc ncat; do
		SOCKCAT=./$name
		sockcat 127.0.0.1 80x 2>err && fail 'status 0'
		assert_equal "$(<err)" "$name: port \"80x\" $(:
		)is neither a number from 1 to 65535 nor a known service"
		sockcat ./nothing 2>err && fail 'status 0'
		assert_equal "$(<err)" "$name: connect to ./nothing (unix) $(:
		)failed: No such file or directory"
		assert_regex "$(sockcat --help)" "^usage: $name \\[options\\] "
	done
}
