// What the guard needs of Linux. The guard is Embedded Swift and has no other door to the system.
//
// Every function returns 0 or a value that is not negative, or a negated errno. Paths are not followed through a last
// symbolic link: a path of ours that is one was put there by someone else.

#ifndef CGUARD_H
#define CGUARD_H

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// ---- Files

// Reads the whole file. -EFBIG when it has more than `size` bytes, -ENOENT when it is not there.
ssize_t firebreak_guard_read(const char *path, uint8_t *buffer, size_t size);

// Makes `bytes` the content of the file, durably: temporary file, fsync, rename, fsync of the directory, read back.
// -EBADMSG when the disk gives back other bytes than were written.
int firebreak_guard_write(const char *path, const uint8_t *bytes, size_t count);

// Renames within one directory, durably. -ENOENT when `from` is not there.
int firebreak_guard_rename(const char *from, const char *to);

// Removes durably; a file that is not there is removed.
int firebreak_guard_remove(const char *path);

// Makes the entries of the directory that `path` is in durable: what was renamed there by a process that was killed
// before its own sync. 0 or a negated errno.
int firebreak_guard_sync_directory_of(const char *path);

// Makes a directory and those above it, as far as they are missing, durably.
int firebreak_guard_make_directory(const char *path);

// Fills `buffer` with the names in a directory, each ended by a zero byte; gives the bytes used. -EFBIG when they do not
// fit. A directory that is not there is empty.
ssize_t firebreak_guard_list(const char *path, char *buffer, size_t size);

// 1 when the path is a file that may be executed and is not empty, 0 otherwise.
int firebreak_guard_is_program(const char *path);

// For copying a build: plain descriptors. `create` makes a new executable file; `finish` makes it durable and closes it.
int firebreak_guard_open(const char *path);
int firebreak_guard_create(const char *path);
ssize_t firebreak_guard_get(int fd, uint8_t *buffer, size_t size);
int firebreak_guard_put(int fd, const uint8_t *bytes, size_t count);
int firebreak_guard_finish(int fd);
void firebreak_guard_close(int fd);

// ---- Locks

// Takes an exclusive lock on the file, which is made where it is missing; gives the descriptor. With `waits` it waits
// for as long as it takes, otherwise -EWOULDBLOCK.
int firebreak_guard_lock(const char *path, int waits);

// ---- Processes

struct firebreak_guard_child {
    pid_t pid;
    // Refers to exactly this process, whatever becomes of its number; readable when it has ended.
    int pidfd;
};

// Starts a program: own process group, no blocked signal, standard input from /dev/null, every other descriptor closed,
// alive whatever becomes of the guard. `arguments` and `environment` are `count` texts, each ended by a zero byte; the
// environment is the guard's own and these. Forks and does not wait for the exec, which a stuck host could hold up: a
// failed exec is an exit with 127. The child writes its own id and start time to `pid_file` before the exec, so that a
// guard that comes after this one finds it.
int firebreak_guard_spawn(
    const char *path, const char *arguments, size_t argument_count, const char *environment, size_t environment_count,
    const char *pid_file, struct firebreak_guard_child *child);

// The living process that `pid_file` names, if it is still the one that wrote it. -ESRCH when there is none.
int firebreak_guard_find(const char *pid_file, struct firebreak_guard_child *child);

// The living process whose id the lock file holds, if the lock is held. -ESRCH when it is not.
int firebreak_guard_find_holder(const char *lock_file, struct firebreak_guard_child *child);

enum firebreak_guard_end { FIREBREAK_GUARD_EXITED = 1, FIREBREAK_GUARD_SIGNALLED = 2, FIREBREAK_GUARD_UNSEEN = 3 };

// How the process ended: exit code or signal. -EAGAIN while it runs. A process that is not the guard's child is unseen.
int firebreak_guard_reap(const struct firebreak_guard_child *child, int *kind, int *value);

// Sends a signal to the process, and with `to_group` to its whole process group.
void firebreak_guard_signal(const struct firebreak_guard_child *child, int number, int to_group);

// The exit code of a program that was asked to check something and found it wrong (sysexits.h, EX_DATAERR).
#define FIREBREAK_GUARD_REFUSED_CODE 65

// Runs a program to its end and takes what it writes to standard output; gives the count of bytes. -EBADMSG when it exits
// with FIREBREAK_GUARD_REFUSED_CODE, -EPROTO when it ends in another way than with 0, -ETIMEDOUT when it takes longer,
// -EFBIG when it writes more.
ssize_t firebreak_guard_capture(
    const char *path, const char *arguments, size_t argument_count, uint8_t *buffer, size_t size,
    uint64_t deadline_milliseconds);

// ---- Events

// A datagram socket at `path`, in place of one that is there; for its owner alone.
int firebreak_guard_listen(const char *path);

// One datagram and the process that sent it, as the kernel saw it. -EAGAIN when there is none.
ssize_t firebreak_guard_receive(int fd, uint8_t *buffer, size_t size, pid_t *sender);

int firebreak_guard_send(const char *path, const uint8_t *bytes, size_t count);

// SIGTERM and SIGINT as a descriptor; they end the guard by themselves no more.
int firebreak_guard_signals(void);
int firebreak_guard_take_signal(int fd);

// Waits until one of the descriptors is readable, at most `milliseconds`; a negative time is for ever. Bit n of the
// result is set for descriptor n; negative descriptors are passed over.
int firebreak_guard_wait(const int *fds, int count, int64_t milliseconds);

// ---- The rest

// To be called first: a log that goes away ends no guard.
void firebreak_guard_begin(void);

// Ends the process.
_Noreturn void firebreak_guard_exit(int code);

// The command line, which Embedded Swift does not offer.
int firebreak_guard_argument_count(void);
const char *firebreak_guard_argument(int index);

// Milliseconds of CLOCK_MONOTONIC, which stands still while the host sleeps.
uint64_t firebreak_guard_now(void);
uint64_t firebreak_guard_seed(void);

// Writes to standard output (1), standard error (2) or the console (3; standard error where there is none).
void firebreak_guard_say(int where, const uint8_t *bytes, size_t count);

#endif
