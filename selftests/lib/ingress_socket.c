// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets of the ingress tests, at this end of a wire or at the other one. They stay in the
 * namespace that they were made in, so one process can be both.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ingress_wire.h"

socklen_t wire_name(struct sockaddr_storage *a, const char *address, int port)
{
	struct addrinfo *found,
		ask = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM };
	char service[16];
	socklen_t len;

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(address, service, &ask, &found)) {
		printf("# %s is not an address\n", address);
		abort();
	}
	memcpy(a, found->ai_addr, found->ai_addrlen);
	len = found->ai_addrlen;
	freeaddrinfo(found);
	return len;
}

/* A socket that is bound, if there is something to bind it to. */
static int make(enum side side, int type, const char *address, int port, int family)
{
	struct sockaddr_storage a = { .ss_family = family };
	socklen_t len = address ? wire_name(&a, address, port) : 0;
	int fd = wire_socket(side, a.ss_family, type, 0), one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (len && bind(fd, (void *)&a, len)) {
		printf("# cannot bind to %s %d: %s\n", address, port, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int wire_udp(enum side side, const char *address, int port)
{
	return make(side, SOCK_DGRAM, address, port, 0);
}

int wire_listen(enum side side, const char *address, int port)
{
	int fd = make(side, SOCK_STREAM, address, port, 0);

	if (fd < 0 || !listen(fd, 64))
		return fd;
	perror("# listen");
	close(fd);
	return -1;
}

static int start(enum side side, int type, const char *from, int port, const char *to, int to_port)
{
	struct sockaddr_storage a;
	socklen_t len = wire_name(&a, to, to_port);
	int fd = make(side, type, from, port, a.ss_family);

	if (fd >= 0 && connect(fd, (void *)&a, len) && errno != EINPROGRESS) {
		printf("# cannot connect to %s %d: %s\n", to, to_port, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int wire_connect(enum side side, const char *from, int port, const char *to, int to_port)
{
	return start(side, SOCK_STREAM, from, port, to, to_port);
}

int wire_connect_by(const char *to, int port, const char *device, int protocol)
{
	struct sockaddr_storage a;
	socklen_t len = wire_name(&a, to, port);
	int fd = wire_socket(HOST, a.ss_family, SOCK_STREAM, protocol);

	if (device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device) + 1))
		perror("# SO_BINDTODEVICE");
	if (connect(fd, (void *)&a, len) && errno != EINPROGRESS)
		printf("# cannot connect to %s %d: %s\n", to, port, strerror(errno));
	return fd;
}

int wire_udp_connect(enum side side, const char *from, int port, const char *to, int to_port)
{
	return start(side, SOCK_DGRAM, from, port, to, to_port);
}

bool wire_send_to(int fd, const char *address, int port, const char *text)
{
	struct sockaddr_storage a;
	socklen_t len = wire_name(&a, address, port);

	if (sendto(fd, text, strlen(text), 0, (void *)&a, len) == (ssize_t)strlen(text))
		return true;
	printf("# cannot send to %s %d: %s\n", address, port, strerror(errno));
	return false;
}

int wire_port(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	getsockname(fd, (void *)&a, &len);
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

static bool ready(int fd, short events, int milliseconds)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, milliseconds) == 1 && p.revents & events;
}

bool wire_connected(int fd, int milliseconds)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	return ready(fd, POLLOUT, milliseconds) && !getpeername(fd, (void *)&a, &len);
}

int wire_accept(int fd, int milliseconds)
{
	return ready(fd, POLLIN, milliseconds)
		       ? accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)
		       : -1;
}

static char taken[8192];

long wire_bytes(int fd, int milliseconds)
{
	return ready(fd, POLLIN, milliseconds) ? recv(fd, taken, sizeof(taken) - 1, 0) : -1;
}

const char *wire_take(int fd, int milliseconds)
{
	long n = wire_bytes(fd, milliseconds);

	taken[n > 0 ? n : 0] = 0;
	return taken;
}

bool wire_moves(int from, int to, int milliseconds)
{
	static int number;
	char text[32];

	snprintf(text, sizeof(text), "move %d", number++);
	if (send(from, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
		return false;
	return !strcmp(wire_take(to, milliseconds), text);
}
