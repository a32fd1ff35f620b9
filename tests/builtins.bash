# What every bash of the suite reads first (BASH_ENV, set by tests/run): its own
# mkdir, mkfifo and rm, of Debian's bash-builtins. As processes, of which each
# test starts five before it does anything, they take a tenth of the suite; where
# there are no such builtins they are processes, and all else is as it was.
for name in mkdir mkfifo rm; do
	enable -f "/usr/lib/bash/$name" "$name"
done 2>/dev/null
unset name
