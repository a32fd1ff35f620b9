/*
 * What the process gives up once everything is open: what comes over the
 * network can then make it open no file and no connection.
 *
 * On Linux that is Landlock (landlock(7)) and PR_SET_NO_NEW_PRIVS, on OpenBSD
 * pledge(2). A system without them is none the worse, and so is a build without
 * SOCKCAT_SANDBOX: sanitizers and coverage write files at the end.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

/*
 * Shut the process in, for good. Descriptors that are open stay as they are,
 * and a listener goes on accepting. `directory`: a descriptor of the one
 * directory from which a name may still be removed; -1: none. It stays the
 * caller's.
 *
 * Returns what holds from now on, in words to follow "Shut in: ".
 */
const char *sandbox_enter(int directory);

#endif
