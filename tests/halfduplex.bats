# The two directions of a session do not know of each other. For sockcat as
# client and as server, over TCP (IPv4 and IPv6) and UNIX sockets (stream and
# SEQPACKET): whether one direction is quiet, stalled with everything full, or
# at its end, the other one passes ten single bytes, each of which arrives
# before the next one is written, and then its own end of file. And nothing of
# what was stalled is lost.
#
# up is stdin to socket, down is socket to stdout.

load helper

# cell ROLE WAY OTHER: the cell over each kind of socket.
cell() {
	local s p stalled
	for s in tcp4 tcp6 unix seqpacket; do
		p=peer_$s
		stalled=0
		meet "$s" "$p" "$1" "$s"
		"$3_besides_$2"
		"pass_$2"
		"settle_$3_besides_$2"
		succeeds "$s"
	done
}

pass_up() {
	local byte
	for byte in {0..9}; do
		put "$s" "$byte"
		ask "$p" "expect:$byte"
	done
	end "$s"
	ask "$p" expect-eof
}

pass_down() {
	local byte
	for byte in {0..9}; do
		ask "$p" "send:$byte"
		get "$s" "$byte"
	done
	ask "$p" half-close
	get_eof "$s"
}

quiet_besides_up() {
	:
}

settle_quiet_besides_up() {
	ask "$p" half-close
	get_eof "$s"
}

stalled_besides_up() {
	ask "$p" "fill:${PID[$s]}"
	stalled=$REPLY
}

settle_stalled_besides_up() {
	ask "$p" half-close
	rest "$s" rest
	pattern "$stalled" | cmp - rest
}

ended_besides_up() {
	ask "$p" half-close
	get_eof "$s"
}

settle_ended_besides_up() {
	:
}

quiet_besides_down() {
	:
}

settle_quiet_besides_down() {
	end "$s"
	ask "$p" expect-eof
}

stalled_besides_down() {
	fill "$s"
	stalled=$REPLY
}

settle_stalled_besides_down() {
	end "$s"
	ask "$p" "recv-pattern:$stalled"
	ask "$p" expect-eof
}

ended_besides_down() {
	end "$s"
	ask "$p" expect-eof
}

settle_ended_besides_down() {
	:
}

@test "client: up passes while down is quiet" { cell client up quiet; }
@test "client: up passes while down is stalled" { cell client up stalled; }
@test "client: up passes after the end of down" { cell client up ended; }
@test "client: down passes while up is quiet" { cell client down quiet; }
@test "client: down passes while up is stalled" { cell client down stalled; }
@test "client: down passes after the end of up" { cell client down ended; }
@test "server: up passes while down is quiet" { cell server up quiet; }
@test "server: up passes while down is stalled" { cell server up stalled; }
@test "server: up passes after the end of down" { cell server up ended; }
@test "server: down passes while up is quiet" { cell server down quiet; }
@test "server: down passes while up is stalled" { cell server down stalled; }
@test "server: down passes after the end of up" { cell server down ended; }

# What waits for the peer to read is taken by somebody else: nothing is left
# to be sent, and that must not be waited for in read(2).
@test "another reader of stdin: down passes, and a signal is heard" {
	local kind in
	for kind in tcp4 unix; do
		meet "c$kind" "p$kind" client "$kind"
		fill "c$kind"
		exec {in}<"c$kind.in"
		dd iflag=nonblock bs=2M count=1 status=none <&"$in" >stolen
		exec {in}<&-
		ask "p$kind" "recv:$((REPLY - $(wc -c <stolen)))"
		await is_asleep "c$kind"
		ask "p$kind" send:hello
		get "c$kind" hello
		put "c$kind" bye
		ask "p$kind" recv:3
		stop "c$kind"
	done
}
