/*
 * Passing a connected socket on to the process behind stdout: what ssh(1) asks
 * of a ProxyCommand with ProxyUseFdpass.
 */
#ifndef PASS_H
#define PASS_H

#include "outcome.h"

/*
 * Send the socket over stdout, which has to be a UNIX socket, as SCM_RIGHTS
 * (unix(7)) with one byte. O_NONBLOCK is taken off it first, since who gets it
 * expects a socket as socket(2) makes it. Failures are printed.
 */
enum outcome pass_socket(int socket);

#endif
