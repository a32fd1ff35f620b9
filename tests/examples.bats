# The examples of README and of the manual do what is promised of them. Each is
# taken out of the text itself and run as if it had been pasted into an
# interactive shell on a terminal, in a folder that is empty but for what the
# text has one make first: it ends, with its status, it has printed what the
# text shows below it, it has left no process and no socket, and never called
# another netcat. The table below says what the text cannot; an example that it
# does not know is a failure, and so is one that it knows and nobody wrote.

# Each test is a process of its own; helper.bash uses what is not used here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153
load helper

ROOT=$BATS_TEST_DIRNAME/..

# By the beginning of what is said before an example, up to the first comma,
# full stop or colon: what is done with it, and what it has to come to.
#
#	first		it is done before each of the others
#	runs [N]	it ends with 0 (or N), having printed what the text shows
#	alone [N]	the same, in a network where nobody else is
#	linux		the same, where there is what Linux alone has
#	prints REGEX	it ends with 0; the text does not show what it prints
#	tests		it is a file of bats's, and they pass
#	parses		it cannot be run here, for the reason that follows
#	sample		it is no example, but what a line looks like
table() {
	cat <<'END'
Make a FIFO first|first
Make the FIFO first|first
Carry a file over TCP|runs
Between two machines|parses: there is one machine
The same between two machines|parses: there is one machine
The same over IPv6|runs
The same over a UNIX socket that only you may use|runs
Over a UNIX socket that nobody else may use|runs
Over an abstract name|linux
Give everybody the same answer|runs
Give everybody who asks the same answer|runs
Hear UDP messages from anyone|runs
Be a syslog server|prints .* one.* two.*<13>demo: three
A datagram service in the UNIX domain that answers its first peer and no one else|runs
Datagrams between two peers who hear no one else|runs
Messages over a connection that keeps their boundaries|runs
Messages over a connection|runs
A file in datagrams|runs
A file in datagrams of 1 KiB|runs
Watch a transfer|runs
See how far a transfer is|runs
With a larger file|sample
See each byte that passes|runs
Pack a folder here and unpack it there|runs
A pipeline's status is that of its last command|runs
Offer a filter as a service|runs
Offer a service that has a UNIX socket on a TCP port as well|runs
Talk with a server line by line from a script|runs
Have a script tell a slow server from a broken one|runs
Have ssh reach a host through sockcat|parses: there is no ssh server
Reach an ssh server through sockcat|parses: there is no ssh server
Which ports are open|alone
And which of a list|alone 1
And of some|alone 1
Wait until a server is there|runs
Wait until a port is open|runs
Wait until it is gone|runs
A port that is open shows that a kernel answers|runs
A firewall that drops packets makes no refusal|alone 1
Of a UDP port|alone
In a test of bats|tests
Wait for a listener in a bats test|tests
Stand in for a server|tests
Count what a program sends by UDP|tests
Wait for a server under test that announces nothing|tests
Take three messages of logger and end|prints .* one.* two.* three.* four
Hear what a service tells its supervisor|linux
Join a multicast group|alone
In the network an address is that of a machine and a port|runs
One of two has to be there first|runs
A listener binds to an address that others know|runs
One address has one listener|runs
Where no socket listens|alone 1
After that|runs
A connection is two streams|runs
Without the half-close each of them waits for the other|runs
A stream is bytes|runs
A message is received as it was sent|runs
A datagram socket need not be connected|runs
connect on a datagram socket connects nothing|runs
END
}

# read_table: what is done with each, by its title: HOW.
read_table() {
	local title how
	declare -gA HOW=()
	while IFS='|' read -r title how; do
		HOW[$title]=$how
	done < <(table)
}

# take_out FILE: its examples, each in a folder of its own, in taken: section,
# title, commands, and prints, where the text shows that. It does in a display
# that has nothing before it but the commands.
take_out() {
	mkdir taken
	perl - "$1" <<'END'
use strict;
my %wanted = map { $_ => 1 } "Examples", "EXAMPLES", "RECIPES",
    "SOCKETS IN BRIEF";
my ($section, $said, $prints, $count, $folder) = ("", "", "", 0, "");

sub put {
	open my $out, ">", "$folder/$_[0]" or die "$folder: $!";
	print $out $_[1];
}

# A display is complete: it is an example, or what the one before prints.
sub shown {
	if ($said eq "") {
		$prints .= ($prints eq "" ? "" : "\n") . $_[0];
		return put("prints", $prints);
	}
	$folder = sprintf "taken/%02d", ++$count;
	mkdir $folder or die "$folder: $!";
	put("section", $section);
	put("title", ($said =~ s/ *([,.:;?] .*|\(.*)//sr) . "\n");
	put("commands", $_[0]);
	($said, $prints) = ("", "");
}

sub manual {
	my @lines = split /^/, $_[0];
	while (defined($_ = shift @lines)) {
		$section = $1 if /^\.Sh (.*)/;
		next unless $wanted{$section};
		if (/^\.Bd -literal/) {
			my $display = "";
			while (($_ = shift @lines) ne ".Ed\n") {
				s/\\e/\\/g, s/\\&//g;
				$display .= $_;
			}
			shown($display);
		} elsif (/^\.(Sh|Ss|Pp)/) {
			$said = "";
		} else {
			# What macros make of a line, more or less.
			s/^\.Pq (.*)/($1)/, s/^\.Nm\b/sockcat/, s/^\.Xr (\w+) \d/$1/;
			s/^\.[A-Z][a-z] //, s/ ([,.:;])$/$1/;
			$said .= s/\n/ /r;
		}
	}
}

# Sections have underlined titles. What is under a number is farther in.
sub readme {
	for (split /\n(?=[^\n]+\n[-=]+\n)/, $_[0]) {
		my $deep = 4;
		next unless s/^(\w+)\n-+\n// && $wanted{$section = $1};
		for (split /\n\n+/) {
			$deep = 8 if s/^ ?\d+\. //;
			if (/^ {$deep}/) { shown(s/^ {$deep}//mgr . "\n") }
			else { $said = s/\n */ /gr =~ s/^ +//r . " " }
		}
	}
}

open my $in, "<", $ARGV[0] or die "$ARGV[0]: $!";
my $text = join "", <$in>;
$ARGV[0] =~ /\.1$/ ? manual($text) : readme($text);
END
}

# on_path: `sockcat` is the binary, in the folder bin; and so that no other
# netcat is taken for it, these say that they were called.
on_path() {
	local name
	mkdir bin
	for name in nc netcat ncat; do
		printf '#!/bin/sh\necho "%s was called"\n' "$name"
	done | tee bin/nc bin/netcat bin/ncat >/dev/null
	printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${WRAP_WORDS[*]}" \
		"$(realpath "$SOCKCAT")" >bin/sockcat
	chmod +x bin/*
}

# away COMMAND...: within the time limit, with sockcat on its path, and with
# nothing of bats's in its environment.
away() {
	inside env -i PATH="$TEST_DIR/bin:${PATH//$BATS_LIBEXEC:/}" \
		HOME="$PWD" TMPDIR="$PWD" TERM=dumb LC_ALL=C "$@"
}

# alone_if_possible: what is run from now on has a network of its own, where
# packets to 192.0.2.0/24 are lost, and multicast comes back; ALONE is 1 then.
alone_if_possible() {
	local words=(unshare -n)
	((EUID == 0)) || words+=(-r)
	ALONE=0
	"${words[@]}" true 2>/dev/null 3>&- 4>&- || return 0
	own_net
	inside ip link set lo multicast on
	inside ip route add 192.0.2.0/24 dev lo
	inside ip route add 224.0.0.0/4 dev lo
	ALONE=1
}

# seen FILE, and shown FILE: what a terminal shows, and what the text does, with
# the same ports, rates and times in both, and no line folded.
seen() {
	sed 's/\r*$//; s/.*\r//' "$1" | alike
}

shown() {
	[[ ! -e $1 ]] || alike <"$1"
}

alike() {
	perl -0 -pe '
		s/\n {4}(?! )/ /g;
		s/\b[3-6]\d{4}\b/$port{$&} \/\/= "port" . keys %port/ge;
		s/\[(tcp|udp)\/[^]]*\]/[$1\/*]/g;
		s/[\d.]+ ?[KMG]?i?B\/s/RATE/g;
		s/in [\d.]+ s$/in TIME s/mg;'
}

# is_over SESSION: all of its processes have ended.
is_over() {
	[[ ! $(ps -o stat= -s "$1") =~ [^Z[:space:]] ]]
}

# paste FOLDER: run the commands there, as pasted into a shell; status is what
# it ends with, and screen, in the folder, what there is to be seen. A line has
# been typed: what reads the terminal and should not, would get it, or be
# stopped.
paste() {
	local left
	mkdir "$1/here"
	{
		# shellcheck disable=SC2016 # it is the shell's
		echo 'echo $$ >../session; until read -r -t 0; do :; done'
		cat first "$1/commands"
	} >"$1/script"
	status=0
	pushd "$1/here" >/dev/null || return
	echo | away "$PEERS/terminal" 012 80 ../screen \
		bash --norc --noprofile -i ../script || status=$?
	await is_over "$(<../session)" || return
	left=$(find . -type s)
	popd >/dev/null || return
	[[ -z $left ]] || fail "left behind: $left" || return
	# The line that was typed.
	sed -i '1s/^\r$//; 1{/^$/d}' "$1/screen"
}

# run_as FOLDER HOW: do with an example what the table says.
run_as() {
	local wanted=${2#* } got
	[[ $2 == *' '* ]] || wanted=0
	case $2 in
	first) cp "$1/commands" first ;;
	sample) true ;;
	parses:*)
		sed -i 's/^[a-z]*\$ *//' "$1/commands"
		bash -n "$1/commands"
		;;
	tests)
		run -0 away bats --tap "$1/commands" || return
		assert_line --index 0 1..1
		;;
	runs* | alone* | linux)
		[[ $2 != linux || -z ${PORTABLE-} ]] || return 0
		[[ $2 == runs* ]] || ((ALONE)) || return 0
		paste "$1" || return
		got=$status
		diff <(shown "$1/prints") <(seen "$1/screen") || return
		assert_equal "$got" "$wanted"
		;;
	prints\ *)
		paste "$1" || return
		assert_equal "$status" 0 || return
		[[ $(seen "$1/screen") =~ ^$wanted$ ]]
		;;
	*) fail 'the table does not know it' ;;
	esac
}

# settle: wait for those in RUNNING, by folder; any that failed is shown.
settle() {
	local folder failed=0
	for folder in "${!RUNNING[@]}"; do
		wait "${RUNNING[$folder]}" && continue
		failed=1
		echo "not as said: $(<"$folder/title")"
		cat "$folder/log"
	done
	RUNNING=()
	((failed == 0))
}

# hold FILE SECTION: the examples of a section are as the text says: a few of
# them side by side, for they wait, but for those that have to be alone.
hold() {
	local folder how
	declare -A RUNNING=()
	read_table
	take_out "$1"
	on_path
	alone_if_possible
	for folder in taken/*; do
		how=${HOW[$(<"$folder/title")]-}
		[[ $how == first || $(<"$folder/section") == "$2" ]] || continue
		[[ $how != @(first|alone*|linux) && ${#RUNNING[@]} -lt 4 ]] ||
			settle
		run_as "$folder" "$how" >"$folder/log" 2>&1 &
		RUNNING[$folder]=$!
		[[ $how != @(first|alone*|linux) ]] || settle
	done
	settle
}

@test "README" {
	hold "$ROOT/README" Examples
}

@test "the manual: EXAMPLES" {
	hold "$ROOT/man/sockcat.1" EXAMPLES
}

@test "the manual: RECIPES" {
	hold "$ROOT/man/sockcat.1" RECIPES
}

@test "the manual: SOCKETS IN BRIEF" {
	hold "$ROOT/man/sockcat.1" 'SOCKETS IN BRIEF'
}

@test "the table has each of them, and no other" {
	local text
	for text in README man/sockcat.1; do
		rm -rf taken
		take_out "$ROOT/$text"
		cat taken/*/title | sort >titles
		run -0 uniq -d titles
		assert_output ''
		cat titles >>all
	done
	sort -u all >written
	assert [ "$(wc -l <written)" -ge 50 ]
	table | cut -d '|' -f 1 | sort >known
	diff written known
}

@test "the manual: every option has an example" {
	# shellcheck disable=SC2016 # it is awk's
	run -0 awk '
		function told() { if (option != "" && !shown) print option }
		/^\.Sh OPERANDS/ { exit }
		/^\.Sh OPTIONS/ { within = 1 }
		within && /^\.It Fl/ { told(); option = $0; shown = 0 }
		/^\.(Dl|Bd)/ { shown = 1 }
		END { told() }' "$ROOT/man/sockcat.1"
	assert_output ''
}

# They name hosts that are not there, and none that is: so in a network of its
# own, and for no time at all.
@test "the manual: a line among OPTIONS is one that can be written" {
	local line
	on_path
	alone_if_possible
	((ALONE)) || skip 'there is no network namespace to be had'
	mv bin/sockcat bin/real
	# shellcheck disable=SC2016 # it is the shell's
	printf '#!/bin/sh\n"%s/bin/real" "$@" --max-time=0\n%s\n' "$PWD" \
		'[ $? != 2 ] || echo "$*" >>usage' >bin/sockcat
	chmod +x bin/sockcat
	echo hello | tee file answer.http >log
	sed -n '/^\.Sh OPTIONS/,/^\.Sh OPERANDS/s/^\.Dl //p' \
		"$ROOT/man/sockcat.1" | sed 's/\\e/\\/g' >lines
	assert [ "$(wc -l <lines)" -ge 30 ]
	while IFS= read -r line; do
		[[ -z ${PORTABLE-} || $line != *\ @* ]] || continue
		away bash -c "${line/tail -f/tail}" </dev/null \
			>/dev/null 2>>said || true
	done <lines
	assert_not_exist usage
	run -1 grep -v '^sockcat: ' said
}
