// The kernel's process connector (netlink, cn_proc.h), which Swift's Glibc module does not offer.
//
// Every function returns a value that is not negative, or a negated errno.

#ifndef CLINUXSENSOR_H
#define CLINUXSENSOR_H

#include <stdint.h>
#include <sys/types.h>

enum firebreak_process_event_kind {
    // A thread of another process, or an event that the sensor does not use: only its place in the count matters.
    FIREBREAK_PROCESS_OTHER = 0,
    FIREBREAK_PROCESS_FORK = 1,
    FIREBREAK_PROCESS_EXEC = 2,
    FIREBREAK_PROCESS_EXIT = 3,
};

struct firebreak_process_event {
    int32_t kind;
    int32_t pid;
    // Of a fork: who forked. 0 otherwise.
    int32_t parent_pid;
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

// Waits for the acknowledgement: 0 when events will come; -EPERM without the privilege; -ETIMEDOUT when the kernel says
// nothing, which it does to a process in a namespace of its own.
int firebreak_connector_acknowledged(int connector, int timeout_milliseconds);

// Takes what has arrived: the count of events, 0 when nothing has, -ENOBUFS after a loss, which the sequence numbers
// then tell exactly.
int firebreak_connector_read(int connector, struct firebreak_process_event events[FIREBREAK_EVENTS_PER_READ]);

// Says that no more events are wanted, and closes. The kernel makes the events as long as anybody has asked.
void firebreak_connector_close(int connector);

// Lets the calling thread run ahead of ordinary ones, so that it still sees processes that live for a millisecond.
// Without the privilege it stays as it was.
void firebreak_thread_hurry(void);

int firebreak_sensor_event_open(void);
void firebreak_sensor_event_raise(int event);

// open(2) for a folder, by path, to be looked into with the function below; close-on-exec.
int firebreak_open_folder(const char *path);
// openat(2), read-only, close-on-exec.
int firebreak_open_at(int folder, const char *name);

#endif
