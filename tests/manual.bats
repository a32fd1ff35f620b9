# What is written about the program agrees with the program, and the program's
# sources with the rules of the house: the manual and --help list the same
# options with the same arguments; EXIT STATUS has every status; README says how
# to start. No function is longer than a screen, and nothing is global but
# constant tables and what its signal handlers note.

load helper

ROOT=$BATS_TEST_DIRNAME/..
MANUAL=$ROOT/man/sockcat.1

# section NAME: the lines of a section of the manual.
section() {
	awk -v name="$1" '
		/^\.Sh / { inside = substr($0, 5) == name; next }
		inside { print }' "$MANUAL"
}

# An option per line, sorted: "-q SECS, --quit-after=SECS".
options_of_manual() {
	section OPTIONS | sed -n '
		/^\.It Fl /!d
		s/^\.It //
		s/ *Ns Op = Ns Ar \([A-Z]*\)/[=\1]/g
		s/ *Ns = Ns Ar \([A-Z]*\)/=\1/g
		s/ Ar \([A-Z]*\)/ \1/g
		s/ , /, /g
		s/Fl /-/g
		p' | sort
}

# The same, made of "-q, --quit-after=SECS". There may be two in a line; what
# is said of them has no name of an option in it.
options_of_help() {
	sockcat --help | grep -o -E -e '(-., )?--[^ ]*' | sed '
		s/^\(-.\), \(.*=\(.*\)\)$/\1 \3, \2/' | sort
}

@test "the manual and --help list the same options" {
	options_of_help >help
	options_of_manual >manual
	assert [ "$(wc -l <help)" -ge 25 ]
	diff manual help
}

@test "the manual has every option once" {
	options_of_manual | grep -o -e '--[a-z0-9-]*' | sort >names
	run -0 uniq -d names
	assert_output ''
}

# Two in a line are apart, and a line is as long as a person's screen is wide;
# on the last line of it is the prompt.
@test "--help is to be seen at once: 80 columns, 40 lines" {
	sockcat --help >help
	awk 'length > 80' help >long
	assert_file_empty long
	assert [ "$(wc -l <help)" -le 39 ]
	run ! grep $'\t' help
	sed 's/-., --/--/g' help >names
	run ! grep -E '[^ ] ?--' names
}

@test "EXIT STATUS has every status" {
	local status
	section 'EXIT STATUS' >text
	for status in 0 1 2 124 128+n; do
		run -0 grep -c -F -x ".It $status" text
		assert_output 1
	done
	run -0 grep -c '^\.It ' text
	assert_output 5
}

@test "the manual has the sections that people look for" {
	local name
	for name in NAME SYNOPSIS DESCRIPTION OPTIONS SIGNALS 'EXIT STATUS' \
		EXAMPLES CAVEATS 'DIFFERENCES FROM NC'; do
		run -0 section "$name"
		assert_output
	done
}

@test "README says how to start" {
	run -0 grep -F 'make deps demo' "$ROOT/README"
	run -0 grep -F 'make deps check' "$ROOT/README"
}

@test "README's map has every room" {
	local file
	for file in "$ROOT"/*.c; do
		echo "${file##*/}"
	done | sort >rooms
	sed -n 's/^    \([a-z]*\.c\) .*/\1/p' "$ROOT/README" | sort >map
	diff rooms map
}

@test "no function is longer than 60 lines" {
	awk '/^{/ { start = FNR }
		/^}/ && start > 0 {
			count++
			if (FNR - start - 1 > 60)
				print FILENAME ":" start ": " FNR - start - 1
			start = 0
		}
		END { print count > "count" }' "$ROOT"/*.c >long
	assert_file_empty long
	# What has been counted is most of the program.
	assert [ "$(<count)" -ge 100 ]
}

# In a position independent executable, constant tables with pointers in them
# are in .data.rel.ro, which is read-only once the program runs.
@test "nothing is global but constants and what signals note" {
	[[ -z ${SANITIZE-} ]] || skip 'sanitizers have variables of their own'
	local objects=("${SOCKCAT%/*}"/*.o)
	((${#objects[@]} > 0)) || skip 'the objects are not beside the binary'
	nm -f sysv "${objects[@]}" | awk -F '|' '
		$7 ~ /^\.(data|bss|tdata|tbss)/ && $7 !~ /^\.data\.rel\.ro/ {
			sub(/ *$/, "", $1)
			print $1
		}
		$7 ~ /^\*COM\*/ { print $1 }' >variables
	assert_equal "$(<variables)" $'asked\nstopped_by'
}
