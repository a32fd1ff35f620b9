# What a strace -f -yy of sockcat says of each system call of its first process
# from main's first own call on: the call, that it was the how many-th of these
# (what strace's when= counts), its descriptor (or -), and what it was about:
#
#	recvfrom 2 3 tcp
#	splice 1 0 file-pipe
#	setsockopt 1 3 SO_OOBINLINE

# What strace has to say of a descriptor: "3<TCP:[1.2.3.4:5->6.7.8.9:10]>".
function kind_of(described,	fd) {
	fd = described + 0
	sub(/^-?[0-9]*</, "", described)
	if (described ~ /^TCP/)
		return "tcp"
	if (described ~ /^UDP/)
		return "udp"
	if (described ~ /^UNIX/)
		return unix_kind[fd]
	if (described ~ /^pipe:/ || described ~ /\.fifo$/)
		return "pipe"
	return described == "" ? "-" : "file"
}

# The first constant in capitals that is an argument by itself, from the n-th on.
function constant(args, n,	part, i) {
	split(args, part, /, |\) /)
	for (i = n; i in part; i++)
		if (part[i] ~ /^[A-Z][A-Z0-9_]+$/)
			return part[i]
	return "-"
}

# Its socket's type is not said with a descriptor in the UNIX domain.
function note_unix(call, args,	result) {
	if (!match(args, /\) += [0-9]+</))
		return
	result = substr(args, RSTART, RLENGTH)
	sub(/.*= /, "", result)
	result += 0
	if (call == "accept")
		unix_kind[result] = unix_kind[args + 0]
	else if (args ~ /^AF_UNIX, SOCK_STREAM/)
		unix_kind[result] = "unix"
	else if (args ~ /^AF_UNIX, SOCK_DGRAM/)
		unix_kind[result] = "unixgram"
	else if (args ~ /^AF_UNIX, SOCK_SEQPACKET/)
		unix_kind[result] = "seqpacket"
}

function about(call, args,	from, into) {
	from = into = ""
	if (match(args, /^-?[0-9]+<[^>]*/))
		from = kind_of(substr(args, RSTART, RLENGTH))
	if (call == "fcntl" || call == "ioctl")
		return constant(args, 2)
	if (call == "getsockopt" || call == "setsockopt")
		return constant(args, 3)
	if (call == "splice" && match(args, /NULL, [0-9]+<[^>]*/)) {
		into = substr(args, RSTART + 6, RLENGTH - 6)
		return from "-" kind_of(into)
	}
	if (call == "recvmsg" && args ~ /MSG_ERRQUEUE/)
		return "errors"
	if (call == "recvfrom" && args ~ /MSG_PEEK/)
		return "peek"
	if (call == "openat" && args ~ /\.fifo"/)
		return "pipe"
	return from == "" ? "-" : from
}

{
	pid = $1
	if (main == "")
		main = pid
	line = $0
	sub(/^[0-9]+ +/, "", line)
	if (pid != main || line !~ /^[a-z_0-9]+\(/)
		next
	call = line
	sub(/\(.*/, "", call)
	args = substr(line, length(call) + 2)
	count[call]++
	if (call == "fcntl" && args ~ /F_GETFD/)
		begun = 1
	if (!begun)
		next
	if (call == "socket" || call == "accept")
		note_unix(call, args)
	fd = args
	if (!sub(/<.*/, "", fd) || fd !~ /^-?[0-9]+$/)
		fd = "-"
	print call, count[call], fd, about(call, args)
}
