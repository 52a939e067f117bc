// Runs a program and kills it, with all that it has started, at the n-th system call that changes files under a folder.
//
//   syscall-cutter [--at N [--after]] [--under FOLDER]... [--except NAME]... [--boot-id FILE] [--seconds N] -- PROGRAM ARGUMENT...
//
// Without --at it counts. The last line on standard error is "calls N" when the program ended by itself, "cut N CALL PATH"
// when it was killed. Exit code: the program's own, 100 when it was killed here, 101 when it took too long, 102 when this
// program failed.
//
// A seccomp filter stops the program at the calls that may matter, so that all others run at full speed. --boot-id shows
// FILE as the kernel's boot id, in a mount namespace of its own.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { exit_cut = 100, exit_late = 101, exit_failed = 102 };
// Folders and names of one command line.
enum { words_max = 8 };
// Threads and processes of one program: an agent with two workers has thirty.
enum { tracees_max = 256 };

// What of a call tells which file it changes.
enum subject { by_descriptor, by_path, by_path_at, by_open, by_open_at };

static const struct call {
    int number;
    const char *name;
    enum subject subject;
} calls[] = {
    {SYS_write, "write", by_descriptor},
    {SYS_pwrite64, "pwrite", by_descriptor},
    {SYS_writev, "writev", by_descriptor},
    {SYS_pwritev, "pwritev", by_descriptor},
    {SYS_fsync, "fsync", by_descriptor},
    {SYS_fdatasync, "fdatasync", by_descriptor},
    {SYS_ftruncate, "ftruncate", by_descriptor},
    {SYS_fallocate, "fallocate", by_descriptor},
    {SYS_sendfile, "sendfile", by_descriptor},
    {SYS_openat, "openat", by_open_at},
    {SYS_renameat, "renameat", by_path_at},
    {SYS_renameat2, "renameat2", by_path_at},
    {SYS_unlinkat, "unlinkat", by_path_at},
    {SYS_mkdirat, "mkdirat", by_path_at},
    {SYS_linkat, "linkat", by_path_at},
#ifdef __x86_64__
    {SYS_open, "open", by_open},
    {SYS_rename, "rename", by_path},
    {SYS_unlink, "unlink", by_path},
    {SYS_mkdir, "mkdir", by_path},
    {SYS_rmdir, "rmdir", by_path},
    {SYS_link, "link", by_path},
#endif
    {SYS_truncate, "truncate", by_path},
};
enum { calls_count = sizeof calls / sizeof calls[0] };

static const char *folders[words_max], *exceptions[words_max];
static int folders_count, exceptions_count;
static pid_t tracees[tracees_max];
static int tracees_count;

static void fail(const char *what) {
    fprintf(stderr, "syscall-cutter: %s: %s\n", what, strerror(errno));
    exit(exit_failed);
}

static void remember(pid_t pid) {
    for (int index = 0; index < tracees_count; index++)
        if (tracees[index] == pid) return;
    if (tracees_count == tracees_max) {
        errno = E2BIG;
        fail("too many threads");
    }
    tracees[tracees_count++] = pid;
}

static void forget(pid_t pid) {
    for (int index = 0; index < tracees_count; index++)
        if (tracees[index] == pid) tracees[index] = tracees[--tracees_count];
}

static void kill_all(void) {
    for (int index = 0; index < tracees_count; index++) kill(tracees[index], SIGKILL);
    // One that was just being started is not remembered yet: it shows itself by a stop.
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)
        if (pid > 0 && WIFSTOPPED(status)) kill(pid, SIGKILL);
}

// The filter: stop at the calls of the table, allow all others.
static void install_filter(void) {
    struct sock_filter filter[calls_count + 3];
    int at = 0;
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int index = 0; index < calls_count; index++)
        filter[at++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[index].number, (unsigned char)(calls_count - index), 0);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    struct sock_fprog program = {(unsigned short)at, filter};
    // Needs root, as the mount does; no_new_privs would be one thing more that is not as in life.
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) fail("seccomp");
}

// A text of the tracee's; empty when it cannot be read. Read up to the end of its page first: the next may be missing.
static void read_text(pid_t pid, unsigned long address, char *text, size_t size) {
    size_t done = 0;
    text[0] = 0;
    while (address && done + 1 < size) {
        size_t part = 4096 - (address + done) % 4096;
        if (part > size - 1 - done) part = size - 1 - done;
        struct iovec local = {text + done, part}, remote = {(void *)(address + done), part};
        ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
        if (got <= 0) break;
        if (memchr(text + done, 0, (size_t)got)) return;
        done += (size_t)got;
    }
    text[done] = 0;
}

static void read_descriptor(pid_t pid, int descriptor, char *path, size_t size) {
    char link[64];
    if (descriptor == AT_FDCWD) snprintf(link, sizeof link, "/proc/%d/cwd", pid);
    else snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, descriptor);
    ssize_t count = readlink(link, path, size - 1);
    path[count < 0 ? 0 : count] = 0;
}

static void read_path(pid_t pid, int folder, unsigned long address, char *path, size_t size) {
    char name[PATH_MAX], base[PATH_MAX];
    read_text(pid, address, name, sizeof name);
    if (name[0] == '/') {
        snprintf(path, size, "%s", name);
        return;
    }
    read_descriptor(pid, folder, base, sizeof base);
    snprintf(path, size, "%.*s/%s", (int)(size / 2), base, name);
}

static int concerns(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (int index = 0; index < exceptions_count; index++)
        if (strcmp(name, exceptions[index]) == 0) return 0;
    for (int index = 0; index < folders_count; index++) {
        size_t length = strlen(folders[index]);
        if (strncmp(path, folders[index], length) == 0 && (path[length] == 0 || path[length] == '/')) return 1;
    }
    return 0;
}

// Whether this call changes what is watched; `path` then says what.
static const struct call *changing_call(pid_t pid, char *path, size_t size) {
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 0 || info.op != PTRACE_SYSCALL_INFO_SECCOMP)
        return NULL;
    const struct call *call = NULL;
    for (int index = 0; index < calls_count; index++)
        if ((int)info.seccomp.nr == calls[index].number) call = &calls[index];
    if (!call) return NULL;
    const unsigned long long *arguments = (const unsigned long long *)info.seccomp.args;
    const unsigned writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    switch (call->subject) {
    case by_descriptor: read_descriptor(pid, (int)arguments[0], path, size); break;
    case by_path: read_path(pid, AT_FDCWD, arguments[0], path, size); break;
    case by_path_at: read_path(pid, (int)arguments[0], arguments[1], path, size); break;
    case by_open:
        if (!(arguments[1] & writes)) return NULL;
        read_path(pid, AT_FDCWD, arguments[0], path, size);
        break;
    case by_open_at:
        if (!(arguments[2] & writes)) return NULL;
        read_path(pid, (int)arguments[0], arguments[1], path, size);
        break;
    }
    return concerns(path) ? call : NULL;
}

static void show_boot_id(const char *file) {
    if (unshare(CLONE_NEWNS) < 0) fail("unshare");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail("mount private");
    if (mount(file, "/proc/sys/kernel/random/boot_id", NULL, MS_BIND, NULL) < 0) fail("mount boot_id");
}

static pid_t start(char **arguments) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) fail("traceme");
        raise(SIGSTOP);
        install_filter();
        execv(arguments[0], arguments);
        fail(arguments[0]);
    }
    int status;
    if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status)) fail("wait for the program");
    long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
        | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;
    if (ptrace(PTRACE_SETOPTIONS, child, 0, options) < 0) fail("setoptions");
    remember(child);
    ptrace(PTRACE_CONT, child, 0, 0);
    return child;
}

static volatile sig_atomic_t is_late;
static void be_late(int number) { is_late = number; }

struct cut {
    long at;
    int is_after;
};

// Runs the tracees until the program ends or the cut is reached; gives this program's exit code.
static int trace(pid_t program, struct cut cut) {
    long count = 0;
    char path[PATH_MAX * 2];
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (is_late) {
            kill_all();
            fprintf(stderr, "late after %ld calls\n", count);
            return exit_late;
        }
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) fail("wait");
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            forget(pid);
            if (pid != program) continue;
            // What it left running goes with it: the next start must not find it.
            kill_all();
            fprintf(stderr, "calls %ld\n", count);
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        remember(pid);
        int event = status >> 16, number = WSTOPSIG(status);
        if (event == PTRACE_EVENT_SECCOMP) {
            const struct call *call = changing_call(pid, path, sizeof path);
            if (call && ++count == cut.at) {
                fprintf(stderr, "cut %ld %s %s\n", count, call->name, path);
                if (!cut.is_after) {
                    kill_all();
                    return exit_cut;
                }
                ptrace(PTRACE_SYSCALL, pid, 0, 0);
                continue;
            }
            ptrace(PTRACE_CONT, pid, 0, 0);
        } else if (number == (SIGTRAP | 0x80)) {
            // Asked for at the cut only: the call has returned.
            kill_all();
            return exit_cut;
        } else {
            // A new tracee begins with a stop of its own; a signal that was sent by someone is passed on.
            int is_own = event != 0 || number == SIGTRAP || number == SIGSTOP;
            ptrace(PTRACE_CONT, pid, 0, is_own ? 0 : number);
        }
    }
}

int main(int count, char **words) {
    struct cut cut = {0, 0};
    unsigned seconds = 60;
    int index = 1;
    for (; index < count && strcmp(words[index], "--") != 0; index++) {
        const char *word = words[index], *value = index + 1 < count ? words[index + 1] : "";
        if (strcmp(word, "--after") == 0) {
            cut.is_after = 1;
            continue;
        }
        index++;
        if (strcmp(word, "--at") == 0) cut.at = atol(value);
        else if (strcmp(word, "--under") == 0 && folders_count < words_max) folders[folders_count++] = value;
        else if (strcmp(word, "--except") == 0 && exceptions_count < words_max) exceptions[exceptions_count++] = value;
        else if (strcmp(word, "--boot-id") == 0) show_boot_id(value);
        else if (strcmp(word, "--seconds") == 0) seconds = (unsigned)atol(value);
        else {
            errno = EINVAL;
            fail(word);
        }
    }
    if (index + 1 >= count) {
        errno = EINVAL;
        fail("no program");
    }
    // No SA_RESTART: the wait has to end.
    struct sigaction action = {.sa_handler = be_late};
    sigaction(SIGALRM, &action, NULL);
    alarm(seconds);
    return trace(start(words + index + 1), cut);
}
