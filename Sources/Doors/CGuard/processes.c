// Starts, finds, watches and ends the agent.

#define _GNU_SOURCE
#include "include/CGuard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// Texts that follow each other, as an array that execve takes. The array is allocated; the texts are not copied.
static char **array_of(const char *texts, size_t count, char *const more[]) {
    size_t more_count = 0;
    while (more && more[more_count]) more_count++;
    char **array = calloc(count + more_count + 1, sizeof *array);
    if (!array) return NULL;
    for (size_t index = 0; index < count; index++) {
        array[index] = (char *)texts;
        texts += strlen(texts) + 1;
    }
    // The first of two equal names counts: what the guard says goes first.
    for (size_t index = 0; index < more_count; index++) array[count + index] = more[index];
    return array;
}

// The time at which a process was started, in ticks since the boot: with its number it names one process of a boot.
static int start_time(pid_t pid, unsigned long long *ticks) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -ESRCH;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0) return -ESRCH;
    text[got] = 0;
    // The name is in brackets and may hold anything; the fields behind its last bracket are numbers (proc(5)).
    char *rest = strrchr(text, ')');
    char state;
    if (!rest) return -ESRCH;
    if (sscanf(
            rest + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &state, ticks)
        != 2)
        return -ESRCH;
    return state == 'Z' || state == 'X' ? -ESRCH : 0;
}

static void write_pid_file(const char *path) {
    unsigned long long ticks;
    char text[64];
    if (start_time(getpid(), &ticks) < 0) return;
    int length = snprintf(text, sizeof text, "%d %llu\n", (int)getpid(), ticks);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return;
    ssize_t ignored = write(fd, text, (size_t)length);
    (void)ignored;
    close(fd);
}

static void become(const char *path, char **arguments, char **environment, const char *pid_file) {
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing > 0) dup2(nothing, STDIN_FILENO);
    if (pid_file) write_pid_file(pid_file);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    execve(path, arguments, environment);
    _exit(127);
}

int firebreak_guard_spawn(
    const char *path, const char *arguments, size_t argument_count, const char *environment, size_t environment_count,
    const char *pid_file, struct firebreak_guard_child *child) {
    char **argv = array_of(arguments, argument_count, NULL);
    char **envp = array_of(environment, environment_count, environ);
    pid_t pid = -1;
    if (argv && envp) {
        // The one before it must not be found under the new one's name.
        unlink(pid_file);
        pid = fork();
        if (pid == 0) become(path, argv, envp, pid_file);
    }
    int result = pid < 0 ? (argv && envp ? -errno : -ENOMEM) : 0;
    free(argv);
    free(envp);
    if (result < 0) return result;
    child->pid = pid;
    // The child is not reaped before this returns, so its number still means this child.
    child->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (child->pidfd < 0) {
        result = -errno;
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    }
    return result;
}

// Opens the process and then looks whether it is still the one that is meant: in the other order its number could have
// gone to another in between.
static int hold(pid_t pid, unsigned long long ticks, int checks_ticks, struct firebreak_guard_child *child) {
    unsigned long long found;
    if (pid <= 1) return -ESRCH;
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) return -ESRCH;
    if (start_time(pid, &found) < 0 || (checks_ticks && found != ticks)) {
        close(pidfd);
        return -ESRCH;
    }
    child->pid = pid;
    child->pidfd = pidfd;
    return 0;
}

static ssize_t read_text(int fd, char *text, size_t size) {
    ssize_t got = read(fd, text, size - 1);
    if (got < 0) return -errno;
    text[got] = 0;
    return got;
}

int firebreak_guard_find(const char *pid_file, struct firebreak_guard_child *child) {
    char text[64];
    int pid, end = 0;
    unsigned long long ticks;
    int fd = open(pid_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -ESRCH;
    ssize_t got = read_text(fd, text, sizeof text);
    close(fd);
    if (got <= 0 || sscanf(text, "%d %llu%n", &pid, &ticks, &end) != 2 || text[end] != '\n') return -ESRCH;
    return hold(pid, ticks, 1, child);
}

int firebreak_guard_find_holder(const char *lock_file, struct firebreak_guard_child *child) {
    char text[64];
    int pid, end = 0;
    int fd = open(lock_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -ESRCH;
    // The text is its last holder's; it means something only while the lock is held.
    int is_held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    ssize_t got = read_text(fd, text, sizeof text);
    int result = -ESRCH;
    if (is_held && got > 0 && sscanf(text, "%d%n", &pid, &end) == 1 && text[end] == '\n')
        result = hold(pid, 0, 0, child);
    if (result == 0 && flock(fd, LOCK_SH | LOCK_NB) == 0) {
        close(child->pidfd);
        result = -ESRCH;
    }
    close(fd);
    return result;
}

int firebreak_guard_reap(const struct firebreak_guard_child *child, int *kind, int *value) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    while (waitid((idtype_t)P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG) < 0) {
        if (errno == EINTR) continue;
        if (errno != ECHILD) return -errno;
        struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};
        if (poll(&ended, 1, 0) != 1) return -EAGAIN;
        *kind = FIREBREAK_GUARD_UNSEEN;
        *value = 0;
        return 0;
    }
    if (info.si_pid == 0) return -EAGAIN;
    *kind = info.si_code == CLD_EXITED ? FIREBREAK_GUARD_EXITED : FIREBREAK_GUARD_SIGNALLED;
    *value = info.si_status;
    return 0;
}

void firebreak_guard_signal(const struct firebreak_guard_child *child, int number, int to_group) {
    // The group first: while its leader is not reaped, the group's number is nobody else's.
    if (to_group && getpgid(child->pid) == child->pid) kill(-child->pid, number);
    syscall(SYS_pidfd_send_signal, child->pidfd, number, NULL, 0);
}

// Reads until the end of the pipe, the bound, or the deadline.
static ssize_t drain(int fd, uint8_t *buffer, size_t size, uint64_t deadline) {
    size_t used = 0;
    for (;;) {
        uint64_t now = firebreak_guard_now();
        if (now >= deadline) return -ETIMEDOUT;
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        int ready = poll(&readable, 1, (int)(deadline - now));
        if (ready < 0 && errno != EINTR) return -errno;
        if (ready <= 0) continue;
        if (used == size) return -EFBIG;
        ssize_t got = firebreak_guard_get(fd, buffer + used, size - used);
        if (got < 0) return got;
        if (got == 0) return (ssize_t)used;
        used += (size_t)got;
    }
}

// Waits until the child has ended, at most until the deadline.
static int wait_for_end(pid_t pid, uint64_t deadline, int *status) {
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) return -errno;
    int result = -EAGAIN;
    while (result == -EAGAIN) {
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid) {
            result = 0;
        } else if (ended < 0 && errno != EINTR) {
            result = -errno;
        } else {
            uint64_t now = firebreak_guard_now();
            if (now >= deadline) result = -ETIMEDOUT;
            else firebreak_guard_wait(&pidfd, 1, (int64_t)(deadline - now));
        }
    }
    close(pidfd);
    return result;
}

ssize_t firebreak_guard_capture(
    const char *path, const char *arguments, size_t argument_count, uint8_t *buffer, size_t size,
    uint64_t deadline_milliseconds) {
    int pipes[2];
    char **argv = array_of(arguments, argument_count, NULL);
    if (!argv) return -ENOMEM;
    if (pipe2(pipes, O_CLOEXEC) < 0) {
        free(argv);
        return -errno;
    }
    uint64_t deadline = firebreak_guard_now() + deadline_milliseconds;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        become(path, argv, environ, NULL);
    }
    ssize_t result = pid < 0 ? -errno : 0;
    free(argv);
    close(pipes[1]);
    if (pid > 0) {
        setpgid(pid, pid);
        int status = 0;
        result = drain(pipes[0], buffer, size, deadline);
        int ended = wait_for_end(pid, deadline, &status);
        if (ended < 0) {
            // A process that cannot be killed is left behind rather than waited for; PID 1 reaps it.
            kill(-pid, SIGKILL);
            kill(pid, SIGKILL);
            waitpid(pid, &status, WNOHANG);
            if (result >= 0) result = ended;
        } else if (result >= 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
            result = WIFEXITED(status) && WEXITSTATUS(status) == FIREBREAK_GUARD_REFUSED_CODE ? -EBADMSG : -EPROTO;
        }
    }
    close(pipes[0]);
    return result;
}
