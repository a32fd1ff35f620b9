/*
 * A UNIX socket's name: bound without harm to what is there, and removed.
 *
 * What stands at a path is left alone unless it is a dead socket: a socket
 * that nobody has open. Our own name is removed only while it is still the
 * inode that was bound.
 */
#ifndef NAME_H
#define NAME_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>

#include "sockaddr.h"

/* A name in the file system that this process made. */
struct name {
	bool bound;		/* there is one to remove */
	bool own_directory;	/* and a directory made for it */
	struct address address;
	dev_t device;
	ino_t inode;
};

/*
 * Bind a UNIX socket to an address; a dead socket in its place is replaced.
 * `mode`: the permissions of the new name, -1 for what the umask leaves. They
 * hold from the start: there is no moment at which it has others.
 * Returns 0, or -1 with errno: EADDRINUSE for a live socket, EEXIST for what
 * is no socket, EINTR for a stop signal, and those of bind(2) and unlink(2).
 */
int name_bind(struct name *name, int fd, const struct address *address,
    int mode);

/*
 * Give a UNIX socket a name of the system's choosing, so that a datagram's
 * receiver can answer: an abstract one on Linux, elsewhere one in a directory
 * that nobody else may enter. Returns 0, or -1 with errno.
 */
int name_bind_any(struct name *name, int fd);

/*
 * Open the directory that the name is in, to show where it may be removed.
 * Returns a descriptor for that alone, the caller's to close; -1: there is no
 * name, or its directory cannot be opened.
 */
int name_directory(const struct name *name);

/* Remove the name, where there is one and it is still ours. */
void name_remove(struct name *name);

#endif
