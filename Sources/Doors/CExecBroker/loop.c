#define _GNU_SOURCE
#include "include/CExecBroker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// Connections that wait to be accepted: an engine and a few who look.
enum { BACKLOG_MAX = 16 };
// Descriptors reported by one wait.
enum { READY_MAX = 32 };
// Nice value of a client's thread: an execution waits for it.
enum { HURRIED_NICE = -15 };

int64_t firebreak_broker_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int firebreak_broker_poll_open(void) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    return poll < 0 ? -errno : poll;
}

int firebreak_broker_poll_add(int poll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int firebreak_broker_wait(int poll, int *ready, int ready_max, int milliseconds) {
    struct epoll_event events[READY_MAX];
    int count = epoll_wait(poll, events, ready_max < READY_MAX ? ready_max : READY_MAX, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int index = 0; index < count; index++) ready[index] = events[index].data.fd;
    return count;
}

int firebreak_broker_timer_open(void) {
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return timer < 0 ? -errno : timer;
}

void firebreak_broker_timer_set(int timer, int64_t microseconds) {
    struct itimerspec when = {
        .it_value = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

void firebreak_broker_timer_clear(int timer) {
    uint64_t count;
    ssize_t ignored = read(timer, &count, sizeof count);
    (void)ignored;
}

int firebreak_broker_signals_open(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0) return -errno;
    int descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

static int address_of(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

int firebreak_broker_listen(const char *path) {
    struct sockaddr_un address;
    int error = address_of(path, &address);
    if (error) return error;
    struct stat found;
    if (lstat(path, &found) == 0) {
        if (!S_ISSOCK(found.st_mode)) return -EEXIST;
        if (unlink(path) < 0) return -errno;
    }
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -errno;
    // From birth: there is no moment at which others could connect.
    mode_t before = umask(0177);
    int bound = bind(listener, (struct sockaddr *)&address, sizeof address);
    error = bound < 0 ? -errno : 0;
    umask(before);
    if (!error && listen(listener, BACKLOG_MAX) < 0) error = -errno;
    if (error) close(listener);
    return error ? error : listener;
}

int firebreak_broker_accept(int listener, pid_t *pid) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) return errno == EINTR || errno == ECONNABORTED ? -EAGAIN : -errno;
    struct ucred other;
    socklen_t size = sizeof other;
    int known = getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &other, &size);
    if (known == 0 && (other.uid == 0 || other.uid == geteuid())) {
        *pid = other.pid;
        return connection;
    }
    close(connection);
    return -EPERM;
}

int firebreak_broker_client_connect(const char *path) {
    struct sockaddr_un address;
    int error = address_of(path, &address);
    if (error) return error;
    int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection < 0) return -errno;
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0) return connection;
    error = -errno;
    close(connection);
    return error;
}

int firebreak_broker_datagram_send(int socket, const uint8_t *bytes, size_t count) {
    ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? -errno : 0;
}

int firebreak_broker_datagram_receive(int socket, uint8_t *bytes, size_t size) {
    ssize_t count;
    do count = recv(socket, bytes, size, MSG_DONTWAIT | MSG_TRUNC);
    while (count < 0 && errno == EINTR);
    if (count < 0) return errno == ECONNRESET ? 0 : -errno;
    return (size_t)count > size ? -EMSGSIZE : (int)count;
}

int firebreak_broker_client_wait(int socket, int other, int milliseconds) {
    struct pollfd polled[2] = {{.fd = socket, .events = POLLIN}, {.fd = other, .events = POLLIN}};
    int count = poll(polled, 2, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    return (polled[0].revents != 0 ? 1 : 0) | (polled[1].revents != 0 ? 2 : 0);
}

int firebreak_broker_client_event_open(void) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event < 0 ? -errno : event;
}

void firebreak_broker_client_event_raise(int event) {
    uint64_t one = 1;
    ssize_t ignored = write(event, &one, sizeof one);
    (void)ignored;
}

void firebreak_broker_client_hurry(void) { setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), HURRIED_NICE); }

int firebreak_broker_close(int descriptor) { return close(descriptor) < 0 ? -errno : 0; }

const char *firebreak_broker_error_text(int number) { return strerrordesc_np(number) ? strerrordesc_np(number) : "unknown"; }

void firebreak_broker_write(int descriptor, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        bytes += written;
        count -= (size_t)written;
    }
}

int firebreak_broker_has_environment(const char *name) { return getenv(name) != NULL; }

static int argument_count;
static char **arguments;

// glibc hands the command line to constructors: an embedded program has no other way to it.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

int firebreak_broker_argument_count(void) { return argument_count; }
const char *firebreak_broker_argument(int index) {
    return index >= 0 && index < argument_count ? arguments[index] : NULL;
}
