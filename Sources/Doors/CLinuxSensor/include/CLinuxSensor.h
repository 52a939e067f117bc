// What Swift's Glibc module does not offer: the kernel's process connector (netlink, cn_proc.h), notices of file changes
// (fanotify) and the diagnosis of sockets (netlink, inet_diag.h).
//
// Every function returns a value that is not negative, or a negated errno.

#ifndef CLINUXSENSOR_H
#define CLINUXSENSOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum firebreak_process_event_kind {
    // A thread of another process, or an event that the sensor does not use: only its place in the count matters.
    FIREBREAK_PROCESS_OTHER = 0,
    FIREBREAK_PROCESS_FORK = 1,
    FIREBREAK_PROCESS_EXEC = 2,
    FIREBREAK_PROCESS_EXIT = 3,
    // Another user from now on.
    FIREBREAK_PROCESS_USER = 4,
};

struct firebreak_process_event {
    int32_t kind;
    int32_t pid;
    // Of a fork: who forked. 0 otherwise.
    int32_t parent_pid;
    // Of a change of user: the real user. 0 otherwise.
    uint32_t user;
    // The kernel numbers the events of each processor without gaps: a gap is a loss, counted exactly.
    uint32_t cpu;
    uint32_t sequence;
    // CLOCK_MONOTONIC.
    uint64_t nanoseconds;
};

// In place of a processor: the event is not numbered.
#define FIREBREAK_NO_CPU 0xFFFFFFFFu

// Events taken by one read, at most.
#define FIREBREAK_EVENTS_PER_READ 64

// Opens the connector and asks for events. The kernel answers with an acknowledgement, which
// firebreak_connector_acknowledged finds. Non-blocking, close-on-exec. The buffer is set as large as is allowed.
int firebreak_connector_open(int buffer_bytes);

// Bytes of the receive buffer that the kernel granted.
int firebreak_connector_buffer(int connector);

// Opens a second listener, which becomes readable when a program is executed, and at one in 256 of the other
// events; events themselves are read from the first. Who waits for the first is woken for every fork and every end too,
// which costs a host more than all that is done with an event. Hears nothing unless the first has asked.
int firebreak_connector_bell_open(void);

// Makes the second listener silent again.
void firebreak_connector_bell_clear(int bell);

// Waits for the acknowledgement: 0 when events will come; -EPERM without the privilege; -ETIMEDOUT when the kernel says
// nothing, which it does to a process in a namespace of its own.
int firebreak_connector_acknowledged(int connector, int timeout_milliseconds);

// Takes what has arrived: the count of events, 0 when nothing has, -ENOBUFS after a loss, which the sequence numbers
// then tell exactly.
int firebreak_connector_read(int connector, struct firebreak_process_event events[FIREBREAK_EVENTS_PER_READ]);

// Says that no more events are wanted, and closes. The kernel makes the events as long as anybody has asked.
void firebreak_connector_close(int connector);

// How a thread competes for a processor.
enum firebreak_pace {
    // As every other.
    FIREBREAK_PACE_ORDINARY,
    // Ahead of ordinary ones, so that it still sees processes that live for a millisecond.
    FIREBREAK_PACE_HURRIED,
    // Behind ordinary ones, with a tenth of what they get: a host that is busy keeps its processors, and on one that is
    // not, or has only one, the thread still comes before a process that lives for some milliseconds has gone.
    FIREBREAK_PACE_YIELDING,
};

// Changes the calling thread. Without the privilege it stays as it was.
void firebreak_thread_pace(enum firebreak_pace pace);

// Opens a group that is told of changes to files, with directory and name; it can permit and deny nothing. Non-blocking,
// close-on-exec. `names_targets` becomes 0 on kernels that do not tell the handle of the changed file itself.
int firebreak_files_open(int *names_targets);

// Marks the whole file system that is mounted there: creation, close after writing, renaming, deletion.
int firebreak_files_mark(int group, const char *mount_point);

// Takes all marks of the group away. What was told before can still be read.
int firebreak_files_unmark(int group);

// The same for programs that are opened to be executed.
int firebreak_executions_open(void);
int firebreak_executions_mark(int group, const char *mount_point);

// Takes whole events: their bytes, 0 when there are none.
ssize_t firebreak_files_read(int group, void *buffer, size_t size);

// Bytes of the number that statfs(2) and events know a file system by.
#define FIREBREAK_FILE_SYSTEM_ID_BYTES 8

int firebreak_file_system_id(const char *path, uint8_t id[FIREBREAK_FILE_SYSTEM_ID_BYTES]);

// The path of a directory, from the bytes that an event has of it: the file system's id, then the handle. Gives its
// length; -ESTALE when it is no longer there.
ssize_t firebreak_directory_path(const char *mount_point, const uint8_t *key, size_t key_bytes, char *path, size_t size);

// Asks for all TCP sockets that are connected, being connected or listening. Gives the descriptor to read the answer
// from; close it after that.
int firebreak_sockets_request(void);

// One portion of the answer. Waits for a second at most.
ssize_t firebreak_sockets_read(int diagnosis, void *buffer, size_t size);

// Which of the sockets with these inodes, ascending, are in a process's folder of descriptors: sets their `found`, and
// gives how many it set. Stops when the thread has used `deadline` nanoseconds of processor time.
int firebreak_sockets_held(
    const char *descriptors_path, const uint64_t *wanted, size_t wanted_count, uint8_t *found, uint64_t deadline);

// Processor time that the calling thread has used.
uint64_t firebreak_thread_nanoseconds(void);

int firebreak_sensor_event_open(void);
void firebreak_sensor_event_raise(int event);

// open(2) for a folder, by path, to be looked into with the function below; close-on-exec.
int firebreak_open_folder(const char *path);
// openat(2), read-only, close-on-exec.
int firebreak_open_at(int folder, const char *name);

#endif
