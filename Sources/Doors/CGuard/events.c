// The guard's socket, signals, clock and words.

#define _GNU_SOURCE
#include "include/CGuard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    size_t length = strlen(path);
    if (length >= sizeof address->sun_path) return -ENAMETOOLONG;
    memcpy(address->sun_path, path, length);
    return 0;
}

int firebreak_guard_listen(const char *path) {
    struct sockaddr_un address;
    int error = address_of(path, &address);
    if (error < 0) return error;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    unlink(path);
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0
        || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0600) < 0) {
        error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

ssize_t firebreak_guard_receive(int fd, uint8_t *buffer, size_t size, pid_t *sender) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec place = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &place, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got;
    do got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    *sender = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS) continue;
        struct ucred credentials;
        memcpy(&credentials, CMSG_DATA(part), sizeof credentials);
        *sender = credentials.pid;
    }
    // A datagram that was cut is none of ours.
    return message.msg_flags & MSG_TRUNC ? 0 : got;
}

int firebreak_guard_send(const char *path, const uint8_t *bytes, size_t count) {
    struct sockaddr_un address;
    int error = address_of(path, &address);
    if (error < 0) return error;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    ssize_t sent = sendto(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address);
    error = sent < 0 ? -errno : 0;
    close(fd);
    return error;
}

int firebreak_guard_signals(void) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) < 0) return -errno;
    int fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int firebreak_guard_take_signal(int fd) {
    struct signalfd_siginfo info;
    ssize_t got = read(fd, &info, sizeof info);
    return got == (ssize_t)sizeof info ? (int)info.ssi_signo : -EAGAIN;
}

int firebreak_guard_wait(const int *fds, int count, int64_t milliseconds) {
    enum { COUNT_MAX = 8 };
    struct pollfd entries[COUNT_MAX];
    if (count > COUNT_MAX) return -EINVAL;
    for (int index = 0; index < count; index++) entries[index] = (struct pollfd){.fd = fds[index], .events = POLLIN};
    int timeout = milliseconds < 0 ? -1 : milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
    int ready = poll(entries, (nfds_t)count, timeout);
    if (ready < 0) return errno == EINTR ? 0 : -errno;
    int mask = 0;
    for (int index = 0; index < count; index++)
        if (entries[index].revents) mask |= 1 << index;
    return mask;
}

static int argument_count;
static char **arguments;

// The C library gives initialisers what it gives main.
__attribute__((constructor)) static void take_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

int firebreak_guard_argument_count(void) { return argument_count; }

const char *firebreak_guard_argument(int index) { return arguments[index]; }

void firebreak_guard_exit(int code) { _exit(code); }

void firebreak_guard_begin(void) { signal(SIGPIPE, SIG_IGN); }

uint64_t firebreak_guard_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t firebreak_guard_seed(void) {
    uint64_t seed;
    // Early at boot there may be no entropy yet; jitter is not worth waiting for.
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed) return seed;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_nsec ^ (uint64_t)getpid() << 32;
}

void firebreak_guard_say(int where, const uint8_t *bytes, size_t count) {
    int fd = where == 1 ? STDOUT_FILENO : STDERR_FILENO;
    int console = where == 3 ? open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
    ssize_t ignored = write(console >= 0 ? console : fd, bytes, count);
    (void)ignored;
    if (console >= 0) {
        // The unit's log wants the line too.
        ignored = write(fd, bytes, count);
        close(console);
    }
}
