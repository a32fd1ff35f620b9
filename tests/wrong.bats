# Every wrong command line that somebody has thought of, and exactly what is
# said of it: the rows of wrong.txt. Each ends with status 2, nothing on stdout,
# that one line on stderr, and nothing made in the current folder.
#
# The table is complete: each option is in it by each of its names, each rule of
# what contradicts or needs what, and each message that the program has.

# shellcheck disable=SC2030,SC2031 # what note_row notes is the test's that calls

load helper

TABLE=$BATS_TEST_DIRNAME/wrong.txt

# expand TEXT: {a*3} is aaa; in REPLY.
expand() {
	local part
	REPLY=$1
	while [[ $REPLY =~ \{(.)\*([0-9]+)\} ]]; do
		printf -v part '%*s' "${BASH_REMATCH[2]}" ''
		part=${part// /${BASH_REMATCH[1]}}
		REPLY=${REPLY/"${BASH_REMATCH[0]}"/"$part"}
	done
}

# each_row SECTION COMMAND: for each row of a section (a pattern), call COMMAND
# with the number of its line, the message, and the command line.
each_row() {
	local line message='' here='' number=0
	while IFS= read -r line <&"$table" || [[ -n $line ]]; do
		number=$((number + 1))
		case $line in
		'#'* | '') ;;
		'['*']') here=${line:1:-1} ;;
		$'\t'*)
			# shellcheck disable=SC2053 # it is a pattern
			[[ $here != $1 ]] || $2 "$number" "$message" \
				"${line#$'\t'}" || return
			;;
		*) message=$line ;;
		esac
	done
} {table}<"$TABLE"

# try NUMBER MESSAGE WORDS: run it; complain where it ends in another way.
try() {
	local words message got=0 said before after
	expand "$2" && message=$REPLY
	# The row may be a comment, and no word.
	expand "$3" && eval "words=($REPLY"$'\n'')'
	before=(*)
	sockcat "${words[@]}" >out 2>err || got=$?
	after=(*)
	IFS= read -r -d '' said <err || true
	ROWS=$((ROWS + 1))
	[[ $got != 2 || $said != "sockcat: $message"$'\n' || -s out ||
		"${before[*]}" != "${after[*]}" ]] || return 0
	WRONG=$((WRONG + 1))
	printf 'line %d: sockcat %s\n\tends with %d, and says: %s' "$1" "$3" \
		"$got" "$said$(<out)"
	printf '\tinstead of:  sockcat: %s\n' "$message"
	[[ ${before[*]} == "${after[*]}" ]] ||
		printf '\tand has made one of these files: %s\n' "${after[*]}"
}

# try_all SECTION
try_all() {
	ROWS=0 WRONG=0
	: >out 2>err
	each_row "$1" try
	((ROWS > 0)) || fail "there is no section $1"
	((WRONG == 0)) || fail "$WRONG of $ROWS rows of $1 are wrong"
}

@test "ports" { try_all ports; }
@test "ranges of ports" { try_all ranges; }
@test "operands" { try_all operands; }
@test "slips" { try_all slips; }
@test "addresses" { try_all addresses; }
@test "paths" { try_all paths; }

@test "abstract names" {
	if [[ -z ${PORTABLE-} ]]; then
		try_all linux
	else
		try_all elsewhere
	fi
}

@test "unknown options" { try_all unknown; }
@test "arguments, missing or too many" { try_all arguments; }
@test "values of options" { try_all values; }
@test "options that contradict or need each other" { try_all rules; }

### The table itself

count_row() {
	ROWS=$((ROWS + 1))
}

note_row() {
	MESSAGES+=("$2")
	WORDS+=" $3 "$'\n'
}

@test "the table has 500 rows and more, and no row twice" {
	local rows
	ROWS=0
	each_row '*' count_row
	((ROWS >= 500)) || fail "$ROWS rows"
	rows=$(grep $'^\t' "$TABLE" | sort | uniq -d)
	assert_equal "$rows" ''
}

@test "each option is in the table, by each of its names" {
	local name WORDS='' MESSAGES=()
	each_row '*' note_row
	for name in $(sockcat --help |
		grep -oE -e '(^|[ ])-(-[a-z0-9-]+|[a-zA-Z0-9],)'); do
		[[ $WORDS == *" ${name%,}"[\ =]* ]] ||
			fail "there is no row for ${name%,}"
	done
}

# spelled ID: the short and the long name of an option, as a pattern each; in
# SHORT and LONG.
spelled() {
	local row
	case $1 in
	STREAM | SEQPACKET)
		LONG="--type=${1,,}"
		SHORT=$LONG
		return
		;;
	esac
	row=$(grep "^	\[OPTION_$1\] = {" "$BATS_TEST_DIRNAME/../options.c")
	[[ $row =~ =\ \{\ (0|\'(.)\'),\ \"([a-z0-9-]+)\" ]] ||
		fail "what is $1?" || return
	LONG=--${BASH_REMATCH[3]} SHORT=-${BASH_REMATCH[2]}
	[[ $SHORT != - ]] || SHORT=$LONG
}

# has_message PATTERN: one of the table is like this.
has_message() {
	local message
	for message in "${MESSAGES[@]}"; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $message != $1 ]] || return 0
	done
	fail "there is no row that says: $1"
}

@test "each rule is in the table, with short names and with long ones" {
	local first verb second short long WORDS='' MESSAGES=() rules=0
	each_row '*' note_row
	while read -r first verb second; do
		rules=$((rules + 1))
		spelled "$first"
		short=$SHORT long=$LONG
		if [[ $verb == NEEDS ]]; then
			has_message "$short needs *"
			has_message "$long needs *"
			continue
		fi
		spelled "$second"
		has_message "$short and $SHORT contradict each other"
		has_message "$long and $LONG contradict each other"
	done < <(sed -n 's/^	{ OPTION_\(.*\), OPTION_\(.*\) },$/\1 \2/p' \
		"$BATS_TEST_DIRNAME/../options.c" |
		sed -n 's/, \(EXCLUDES\|NEEDS\)/ \1/p')
	((rules > 50)) || fail "only $rules rules were found"
}

# What options_wrong() is given, each as a pattern on a line.
formats() {
	cat "$BATS_TEST_DIRNAME"/../*.c | tr -d '\n\t' |
		grep -oE 'options_wrong\(("([^"\\]|\\.)*" *)+' |
		sed 's/^options_wrong("//; s/" *$//; s/" *"//g; s/\\"/"/g
			s/[][*?\\]/?/g; s/%\(ju\|[sdc]\)/*/g; s/%%/%/g'
}

@test "each message of the program is in the table" {
	local format WORDS='' MESSAGES=() messages=0
	each_row '*' note_row
	while IFS= read -r format; do
		# Nobody can give so many.
		[[ $format != 'too many ports' ]] || continue
		messages=$((messages + 1))
		has_message "$format"
	done < <(formats)
	((messages > 30)) || fail "only $messages messages were found"
}
