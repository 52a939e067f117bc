// Parent side: start, reap, end and limit a worker.

#define _GNU_SOURCE
#include "include/CWorkerSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Above the descriptors 0 to 3 that the child gets: a parent started without standard descriptors would otherwise be
// given one of them here, and a later action of the same spawn would overwrite it.
enum { LOWEST_OWN_FD = 10 };

static int moved_up(int fd) {
    if (fd < 0 || fd >= LOWEST_OWN_FD) return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_OWN_FD);
    int saved = errno;
    close(fd);
    errno = saved;
    return moved;
}

static int set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void close_all(const int fds[], int count) {
    for (int index = 0; index < count; index++)
        if (fds[index] >= 0) close(fds[index]);
}

static int configure(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int channel, int words) {
    int error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!error) error = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, words, 2);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, channel, FIREBREAK_CHANNEL_FD);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, FIREBREAK_CHANNEL_FD + 1);
    sigset_t signals;
    sigemptyset(&signals);
    if (!error) error = posix_spawnattr_setsigmask(attributes, &signals);
    sigfillset(&signals);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &signals);
    if (!error) error = posix_spawnattr_setpgroup(attributes, 0);
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (!error) error = posix_spawnattr_setflags(attributes, flags);
    return error;
}

int firebreak_spawn(const char *path, char *const argv[], char *const envp[], struct firebreak_child *child) {
    // 0 and 1: the channel, ours and the child's. 2 and 3: its words, read end and write end.
    int fds[4] = {-1, -1, -1, -1};
    int error = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) return -errno;
    if (pipe2(fds + 2, O_CLOEXEC | O_NONBLOCK) < 0) error = errno;
    for (int index = 0; !error && index < 4; index++) {
        fds[index] = moved_up(fds[index]);
        if (fds[index] < 0) error = errno;
    }
    if (!error && set_nonblocking(fds[0]) < 0) error = errno;
    if (error) {
        close_all(fds, 4);
        return -error;
    }

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    error = configure(&actions, &attributes, fds[1], fds[3]);
    if (!error) error = posix_spawn(&child->pid, path, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    close(fds[3]);
    if (error) {
        close_all((int[]){fds[0], fds[2]}, 2);
        return -error;
    }
    // The child is not reaped before this returns, so its number still means this child.
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    if (child->pidfd < 0) {
        error = errno;
        kill(child->pid, SIGKILL);
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {}
        close_all((int[]){fds[0], fds[2]}, 2);
        return -error;
    }
    child->channel = fds[0];
    child->words = fds[2];
    return 0;
}

int firebreak_reap(int pidfd, int *kind, int *value) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0)
        if (errno != EINTR) return -errno;
    if (info.si_pid == 0) return -EAGAIN;
    *kind = info.si_code == CLD_EXITED ? FIREBREAK_EXITED : FIREBREAK_SIGNALLED;
    *value = info.si_status;
    return 0;
}

int firebreak_kill(int pidfd) {
    return syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0 ? -errno : 0;
}

int64_t firebreak_processor_used(pid_t pid) {
    clockid_t clock;
    struct timespec used;
    int error = clock_getcpuclockid(pid, &clock);
    if (error) return -error;
    if (clock_gettime(clock, &used) < 0) return -errno;
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

int firebreak_allow_processor(pid_t pid, uint64_t seconds) {
    int64_t used = firebreak_processor_used(pid);
    if (used < 0) return (int)used;
    struct rlimit limit;
    if (prlimit(pid, RLIMIT_CPU, NULL, &limit) < 0) return -errno;
    limit.rlim_cur = (rlim_t)(used / 1000000000) + seconds;
    if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    return prlimit(pid, RLIMIT_CPU, &limit, NULL) < 0 ? -errno : 0;
}

int firebreak_event_open(void) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event < 0 ? -errno : event;
}

void firebreak_event_raise(int event) {
    uint64_t one = 1;
    // Full means that it is raised already.
    ssize_t ignored = write(event, &one, sizeof one);
    (void)ignored;
}

void firebreak_event_clear(int event) {
    uint64_t count;
    ssize_t ignored = read(event, &count, sizeof count);
    (void)ignored;
}
