# What make installs: the binary, the manual and the completions of bash, zsh
# and fish, below DESTDIR and PREFIX and nowhere else; make uninstall takes away
# all of it, and nothing else. The completions list the options that --help has,
# each with its letter, what an option can be said to be, and files where one is
# named; they are sound to the shells that are here.

load helper

ROOT=$BATS_TEST_DIRNAME/..
BUILT=${SOCKCAT%/*}
COMPLETIONS=$BUILT/completions

# make_as_built TARGET [VARIABLE=VALUE...]: nothing is built anew, whatever the
# flags of the binary under test are.
make_as_built() {
	make -C "$ROOT" --no-print-directory -s -o all -o completions \
		"O=$(realpath "$BUILT")" "$@"
}

# files_in FOLDER: the files there, a line each, with their modes.
files_in() {
	(cd "$1" && find . ! -type d -printf '%m %P\n' | sort -k 2)
}

declare -g INSTALLED='755 bin/sockcat
644 share/bash-completion/completions/sockcat
644 share/fish/vendor_completions.d/sockcat.fish
644 share/man/man1/sockcat.1
644 share/zsh/site-functions/_sockcat'

@test "install, below DESTDIR and PREFIX; uninstall, to the last file" {
	local prefix dest="$PWD/a place"
	mkdir "$dest"
	for prefix in /usr/local /opt/x; do
		make_as_built install "DESTDIR=$dest" "PREFIX=$prefix"
		assert_equal "$(files_in "$dest$prefix")" "$INSTALLED"
		assert_equal "$(files_in "$dest" | wc -l)" 5
		assert_equal "$("$dest$prefix/bin/sockcat" --version)" \
			"$(sockcat --version)"
		cmp "$dest$prefix/share/man/man1/sockcat.1" \
			"$ROOT/man/sockcat.1"
		# What others have put there stays.
		echo other >"$dest$prefix/bin/other"
		make_as_built uninstall "DESTDIR=$dest" "PREFIX=$prefix"
		assert_equal "$(files_in "$dest")" "644 ${prefix#/}/bin/other"
		rm "$dest$prefix/bin/other"
		# Once more, there is nothing to do.
		make_as_built uninstall "DESTDIR=$dest" "PREFIX=$prefix"
	done
	assert_equal "$(files_in "$dest")" ''
}

@test "install goes to /usr/local unless told" {
	make_as_built install "DESTDIR=$PWD/dest"
	assert_equal "$(files_in dest/usr/local)" "$INSTALLED"
}

# options_of_help: what there is to complete, sorted: "-q", "--quit-after=".
options_of_help() {
	sockcat --help | grep -o -E -e '(-., )?--[^ ]*' | sed '
		s/\(.*\)\[=.*/\1\n\1=/
		s/=.*/=/
		s/, /\n/' | sort
}

# complete_word WORD...: what bash completes the last word to, sorted, with the
# options that a user has on the line; in bash's own way to take words apart.
complete_word() {
	bash -c '
		source "$1"
		shift
		COMP_WORDS=(sockcat "$@") COMP_CWORD=$#
		_sockcat
		((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"
	' bash "$COMPLETIONS/sockcat.bash" "$@" | sort
}

# completes_to EXPECTED WORD...: words, with blanks between.
completes_to() {
	assert_equal "$(complete_word "${@:2}" | paste -s -d ' ')" "$1"
}

@test "bash: the options of the table, no more and no less" {
	options_of_help >help
	assert [ "$(wc -l <help)" -ge 60 ]
	complete_word - >listed
	diff help listed
	complete_word -l 127.0.0.1 -- >listed
	grep -e -- help | diff - listed
}

@test "bash: what options can be" {
	local files=(tmp/x 'tmp/a b')
	touch "${files[@]}"
	completes_to 'inet inet6 unix' --domain ''
	completes_to 'inet inet6' --domain = i
	completes_to 'dgram seqpacket stream' --type =
	completes_to 'seqpacket' -l --type = se
	completes_to '--type=seqpacket' --type=se
	completes_to 'af11 af12 af13' -T af1
	completes_to 'lowcost lowdelay' --tos = low
	completes_to '' -w ''
	completes_to '' --retry = ''
	completes_to 'tmp/a b tmp/x' --announce tmp/
	completes_to 'tmp/a b tmp/x' --announce = tmp/
	completes_to 'tmp/a b tmp/x' -s tmp/
	completes_to 'tmp/x' -U tmp/x
	completes_to 'tmp/x' -lk --type = seqpacket tmp/x
	completes_to '--no-shutdown --no-stdin' --no
	completes_to '--listen' --lis
	completes_to '--mode=' -lk --mo
	rm "${files[@]}"
}

@test "bash: every word of -T is one" {
	local word
	complete_word --tos = >words
	assert [ "$(wc -l <words)" -ge 20 ]
	while read -r word; do
		sockcat -T "$word" -n 127.0.0.1 nosuch 2>err && fail 'status 0'
		assert_regex "$(<err)" ' port "nosuch" is '
	done <words
}

@test "zsh: the options of the table, no more and no less" {
	options_of_help >help
	sed -n "
		s/^\t\t'\(--[^[]*\)\[.*/\1/p
		s/^\t\t'[^']*'{\(.*\),\(.*\)}'\[.*/\1\n\2/p
		" "$COMPLETIONS/_sockcat" |
		sed 's/+$//; s/^\(.*\)=-$/\1\n\1=/' | sort >listed
	diff help listed
}

@test "fish: the options of the table, no more and no less" {
	# Of an argument that may be left out, it is told nothing.
	options_of_help | grep -v -x -e "$(sockcat --help |
		sed -n 's/.*\(--.*\)\[=.*/\1=/p')" >help
	sed -n 's/^complete -c sockcat -/-/p' "$COMPLETIONS/sockcat.fish" |
		sed '
			/^-a /d
			s/^-s \(.\) -l/-\1\n-l/
			s/-l \([^ ]*\) -[xr] .*/--\1=/
			s/-l \([^ ]*\) .*/--\1/
			' | sort >listed
	diff help listed
}

@test "zsh and fish: what options can be" {
	local words
	for words in 'inet inet6 unix' 'stream dgram seqpacket' \
		"$(complete_word -T '' | paste -s -d ' ')"; do
		run -0 grep -c -F "($words)" "$COMPLETIONS/_sockcat"
		assert_output 1
		run -0 grep -c -F " -x -a '$words'" "$COMPLETIONS/sockcat.fish"
		assert_output 1
	done
	run -0 grep -F -e --announce= "$COMPLETIONS/_sockcat"
	assert_output --partial ':FILE:_files'
	run -0 grep -F -e '-l announce' "$COMPLETIONS/sockcat.fish"
	assert_output --partial ' -r -F '
}

@test "the shells that are here find no fault" {
	local shell
	for shell in bash:sockcat.bash zsh:_sockcat fish:sockcat.fish; do
		command -v "${shell%:*}" >/dev/null || continue
		"${shell%:*}" -n "$COMPLETIONS/${shell#*:}"
	done
}

@test "fish completes" {
	command -v fish >/dev/null || skip 'fish is not installed'
	mkdir home
	fish_completes() {
		HOME=$PWD/home fish -c "source '$COMPLETIONS/sockcat.fish'
			complete -C 'sockcat $1'" | cut -f 1 | sort |
			paste -s -d ' '
	}
	assert_equal "$(fish_completes --no)" '--no-shutdown --no-stdin'
	assert_equal "$(fish_completes '--domain i')" 'inet inet6'
	assert_equal "$(fish_completes '-T af1')" 'af11 af12 af13'
	assert_equal "$(fish_completes '--type=se')" '--type=seqpacket'
}

@test "what only may have an argument is completed with and without" {
	printf '%s\t%s\t%s\t%s\t%s\n' - dump '[FILE]' - "it's [a] file: \\" \
		q quiet - - 'say nothing' >table
	local shell
	for shell in bash zsh fish; do
		"$ROOT/completions/generate" $shell <table >"for-$shell"
		! command -v $shell >/dev/null || $shell -n "for-$shell"
	done
	run -0 grep -F -e '--dump' for-bash
	assert_line --partial "--dump=) _sockcat_list -f ;;"
	assert_line --partial "-W '--dump --dump= -q --quiet'"
	run -0 grep -F -e '--dump' for-zsh
	assert_output --partial \
		"'--dump=-[it'\\''s \\[a\\] file\\: \\\\]::FILE:_files' \\"
	run -0 grep -F -e dump for-fish
	assert_output "complete -c sockcat -l dump -d 'it\\'s [a] file: \\\\'"
}
