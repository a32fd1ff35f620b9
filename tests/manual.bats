# What is written about the program agrees with the program, and the program's
# sources with the rules of the house: the manual and --help list the same
# options with the same arguments, in the same order; EXIT STATUS has every
# status, and DIAGNOSTICS every message; README says how to start. No function is longer than a screen, and nothing is global but
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

# Where people look for an option: the title of its group, and its name.
@test "the manual has the options in the order of --help" {
	sockcat --help | sed '1,/^$/d' | grep -o -E -e '^[A-Z].*|--[a-z0-9-]*' \
		>help
	section OPTIONS | sed -n 's/^\.Ss //p
		/^\.It Fl /s/.*Fl \(-[a-z0-9-]*\).*/-\1/p' >manual
	diff manual help
}

@test "SYNOPSIS is what --help begins with" {
	sockcat --help | sed -n '/^$/q
		s/^usage://; s/^ *//; s/ \{2,\}[a-z].*//; s/\.\.\./ .../; p' >help
	section SYNOPSIS | awk '
		/^\.Nm/ { if (line) print line; line = "sockcat"; next }
		{
			option = sub(/^\.Op /, "")
			sub(/^Fl |^\.Fl /, "-")
			sub(/^Ar |^\.Ar /, "")
			line = line " " (option ? "[" $0 "]" : $0)
		}' >manual
	assert [ "$(wc -l <help)" -eq 3 ]
	diff manual help
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
		EXAMPLES RECIPES 'SOCKETS IN BRIEF' DIAGNOSTICS CAVEATS \
		'DIFFERENCES FROM NC' 'SECURITY CONSIDERATIONS'; do
		run -0 section "$name"
		assert_output
	done
}

# What can be said: strings with two words or more in them, and those of one
# that a call prints. A head of DIAGNOSTICS has each, with a word in capitals for
# a conversion; and no head has a word that no string has. (Of --help, the
# help itself is enough; the rest of the exceptions are no messages.)
@test "DIAGNOSTICS has every message, and no other" {
	section DIAGNOSTICS |
		sed -n '/^\.Ss Reasons/,/^\.Ss Lines/d; s/^\.It Sy //p' >heads
	sockcat --help | tr -s ' \n' '  ' >help
	perl - "$ROOT"/*.c >wrong <<'END'
use strict;
my %no_message = map { $_ => 1 } "unix dgram", "unix seqpacket",
    "stdio inet unix", "stdio inet unix rpath cpath";
my $conversion = qr/(?<!%)%[-+ #0]*[\d*]*(?:\.[\d*]+)?[hljzt]*[cdfsux]/;
my $call = qr/\b(?:warn[cx]?|errx?|errc|options_wrong|outcome_reason|say|add|
    fprintf)\s*\([^";]*\z/x;

sub lines_of { open my $in, "<", $_[0] or die; map { chomp; $_ } <$in> }
my @heads = map { s/\\\(dq/"/gr =~ s/\\&//gr } lines_of("heads");
my ($help) = lines_of("help");
my (%message, @pieces);

for my $file (@ARGV) {
	my $code = join "\n", lines_of($file);
	$code =~ s{/\*.*?\*/}{}gs;
	$code =~ s{^\s*\#.*}{}gm;
	while ($code =~ m{("(?:[^"\\]|\\.)*"(?:\s*(?:PRI[a-z]+64\s*)?
	    "(?:[^"\\]|\\.)*")*)}xg) {
		my ($before, $text) = (substr($code, 0, $-[0]), $1);

		$text =~ s/"\s*PRI[a-z]+64\s*"/u/g;
		$text =~ s/"\s*"//g;
		$text =~ s/\A"|"\z//g;
		$text =~ s/\\[nrt]/ /g;
		$text =~ s/\\(.)/$1/g;
		$text =~ s/\s+/ /g;
		$text =~ s/\A | \z//g;
		my $fixed = $text =~ s/$conversion/ /gr;
		my $words = grep { /[a-z]{2}/ } split " ", $fixed;
		push @pieces, map { s/%%/%/gr } split /$conversion/, $text;
		$message{$text} = $file if $words > 1 ||
		    ($words == 1 && $before =~ $call) ||
		    $text =~ /\A[A-Z][a-z]+\z|\A[a-z|]+[!|]/;
	}
}

# Each message has a head.
for my $text (sort keys %message) {
	my $pattern = join "", map {
		!/\A$conversion\z/ ? quotemeta(s/%%/%/gr) : ".+?"
	} split /($conversion)/, $text;
	# What is added at the end may be nothing.
	$pattern =~ s/(?<=[^ ?])\.\+\?\z/.*/;
	next if $no_message{$text} || index($help, $text) >= 0 ||
	    $text =~ /\Ausage: / || grep { /$pattern/ } @heads;
	print "$message{$text}: $text\n";
}

# Each head is made of what the program can say.
for my $head (@heads) {
	my $left = $head;
	for (sort { length $b <=> length $a } @pieces) {
		my $piece = s/\A[ :,]+|[ :,]+\z//gr;
		$left =~ s/(?<![a-z])(?i:\Q$piece\E)(?![a-z])/ /g
		    if $piece =~ /[a-z]/;
	}
	print "$head: who says '$1'?\n" if $left =~ /([a-z]{2,})/;
}
print "there are too few messages\n" if keys %message < 100;
END
	assert_file_empty wrong
}

# In the margin, in how far a display is, and in how far the list that it is in.
@test "no line of a display in the manual is wider than 80 columns" {
	awk '
		/^\.Bl -tag -width Ds/ { deep += 8 }
		/^\.Bl/ && !/-width Ds/ { others++ }
		/^\.El/ { if (others > 0) others--; else deep -= 8 }
		/^\.Bd -literal/ {
			inside = 1
			left = /indent/ ? 6 : /2n/ ? 2 : 0
			next
		}
		/^\.Ed/ { inside = 0 }
		inside || /^\.Dl / {
			if (sub(/^\.Dl /, ""))
				left = 6
			gsub(/\\e/, "\\")
			lines++
			if (5 + deep + left + length > 80)
				print FNR ": " $0
		}
		END { print lines > "lines" }' "$MANUAL" >wide
	assert_file_empty wide
	assert [ "$(<lines)" -ge 200 ]
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
