// What the execution broker and its clients need of Linux: fanotify, a watchdog, sockets that keep datagrams apart.
//
// Every function returns 0 or a value that is not negative, or a negated errno; none sets errno for its caller, none
// waits except firebreak_broker_wait and firebreak_broker_client_wait.

#ifndef CEXECBROKER_H
#define CEXECBROKER_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

// ---- The permission group. Exactly one process may hold it: the descriptor is close-on-exec and never sent anywhere.

enum firebreak_permission_kind { FIREBREAK_PERMIT_EXEC = 1, FIREBREAK_PERMIT_OPEN = 2 };

struct firebreak_permission {
    // Names the event to the kernel, and is the file itself, open for reading. Closed by firebreak_broker_answer.
    int file;
    int32_t pid;
    int32_t kind;
};

// Events taken by one read, at most. Each takes a descriptor; see FIREBREAK_BROKER_FILES_MAX.
#define FIREBREAK_PERMISSIONS_PER_READ 64
// Descriptors of the broker. Events that wait (256) and one read's (64) fit many times over: a broker without a free
// descriptor makes the kernel deny.
#define FIREBREAK_BROKER_FILES_MAX 1024

int firebreak_broker_group_open(void);
// Asks about every execution on the mount that `path` is on.
int firebreak_broker_mark_mount(int group, const char *path);
// Asks about every opening of a file directly in the folder.
int firebreak_broker_mark_folder(int group, const char *path);
// Takes what waits: the count, 0 when nothing does. The watchdog's clock of each event starts here.
int firebreak_broker_read(int group, struct firebreak_permission events[FIREBREAK_PERMISSIONS_PER_READ]);
// Lets the process go on, or fails its call with EPERM.
int firebreak_broker_answer(int group, int file, int allow);

// The resolved path of an event's file: bytes written, without a zero. -ENAMETOOLONG when it does not fit.
int firebreak_broker_path(int file, char *buffer, size_t size);
// Of the program that a process runs.
int firebreak_broker_program(pid_t pid, char *buffer, size_t size);
// 1 when the broker finds the event's file under `path`, 0 when it finds another there.
int firebreak_broker_same_file(int file, const char *path);
// The same for the program that a process runs. Neither opens anything: an opening could wait for this very broker.
int firebreak_broker_same_program(pid_t pid, const char *path);

// ---- The watchdog

// Forks it. To be called before firebreak_broker_group_open, so that it never holds the group, and only once. Returns a
// descriptor that is readable when it has ended; `pid` names it.
int firebreak_broker_watchdog_start(pid_t *pid);
// The loop has turned once more.
void firebreak_broker_beat(void);
// 1 while the watchdog looks at us.
int firebreak_broker_is_watched(void);

// ---- The process

// Locks memory, takes the highest priority that is granted, becomes undumpable, ignores SIGPIPE. Returns 0 when the
// memory is locked.
int firebreak_broker_harden(void);
// 1 when `path` is a folder that may be guarded or own; writes its resolved form.
int firebreak_broker_resolve(const char *path, char *buffer, size_t size);

// ---- The loop

// Monotonic time in microseconds; it does not run while the machine sleeps.
int64_t firebreak_broker_now(void);
int firebreak_broker_poll_open(void);
int firebreak_broker_poll_add(int poll, int descriptor);
// Waits for at most `milliseconds`. Writes the descriptors that are ready; returns their count.
int firebreak_broker_wait(int poll, int *ready, int ready_max, int milliseconds);
int firebreak_broker_timer_open(void);
// Wakes at `microseconds` of firebreak_broker_now; 0 never.
void firebreak_broker_timer_set(int timer, int64_t microseconds);
void firebreak_broker_timer_clear(int timer);
// Readable on SIGTERM and SIGINT.
int firebreak_broker_signals_open(void);

// ---- The socket: SOCK_SEQPACKET, non-blocking, close-on-exec

// Listens at `path`, mode 0600; takes the place of a socket that was left there.
int firebreak_broker_listen(const char *path);
// The next connection whose other end is root or our own user, and its process; -EPERM when it was another, -EAGAIN when there is none.
int firebreak_broker_accept(int listener, pid_t *pid);
int firebreak_broker_client_connect(const char *path);
// Sends one datagram; -EAGAIN when the other side does not read.
int firebreak_broker_datagram_send(int socket, const uint8_t *bytes, size_t count);
// Takes one datagram: its length; 0 when the other side is gone; -EAGAIN; -EMSGSIZE when it did not fit.
int firebreak_broker_datagram_receive(int socket, uint8_t *bytes, size_t size);
// Waits until one of two descriptors is readable: bit 0 and bit 1. `other` may be -1. `milliseconds` -1: for ever.
int firebreak_broker_client_wait(int socket, int other, int milliseconds);
int firebreak_broker_client_event_open(void);
void firebreak_broker_client_event_raise(int event);
// Lets the calling thread run ahead of ordinary ones, where it may: an execution waits for it.
void firebreak_broker_client_hurry(void);

int firebreak_broker_close(int descriptor);
const char *firebreak_broker_error_text(int number);
// Writes all of it, or gives up.
void firebreak_broker_write(int descriptor, const uint8_t *bytes, size_t count);
int firebreak_broker_has_environment(const char *name);
int firebreak_broker_argument_count(void);
const char *firebreak_broker_argument(int index);
// For the fault that a test asks for: never returns.
void firebreak_broker_hang(void);

#endif
