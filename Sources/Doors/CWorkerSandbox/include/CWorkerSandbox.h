// What a sandboxed worker needs of Linux and Swift's Glibc module does not offer.
//
// Parent side: firebreak_spawn and the calls on the process that it returns. Child side: firebreak_seal.
// Every function returns 0 or a value that is not negative, or a negated errno; none sets errno for its caller.

#ifndef CWORKERSANDBOX_H
#define CWORKERSANDBOX_H

#include <stdint.h>
#include <sys/types.h>

// The descriptor on which a worker finds its channel to the agent.
#define FIREBREAK_CHANNEL_FD 3

// ---- Parent side

struct firebreak_child {
    pid_t pid;
    // Refers to exactly this process, whatever becomes of its number; readable when it has ended.
    int pidfd;
    // The agent's end of the channel; non-blocking, close-on-exec.
    int channel;
    // What the worker writes to standard error; non-blocking, close-on-exec. Full means that the worker's words are
    // dropped, never that it waits.
    int words;
};

// Starts `path` with the channel as descriptor 3, standard input and output on /dev/null, no other descriptor, its own
// process group, no blocked and no ignored signal. `argv` and `envp` end with a null pointer.
int firebreak_spawn(const char *path, char *const argv[], char *const envp[], struct firebreak_child *child);

enum firebreak_end_kind { FIREBREAK_EXITED = 1, FIREBREAK_SIGNALLED = 2 };

// Takes the ended process off the process table. `kind` and `value` say how it ended: exit code or signal number.
// 0 when it was reaped, -EAGAIN when it still runs.
int firebreak_reap(int pidfd, int *kind, int *value);

// Sends SIGKILL to the process that the descriptor refers to.
int firebreak_kill(int pidfd);

// Lets the process use `seconds` of processor time from now on; the kernel ends it with SIGXCPU after that.
int firebreak_allow_processor(pid_t pid, uint64_t seconds);

// Processor time used so far, in nanoseconds.
int64_t firebreak_processor_used(pid_t pid);

// An event descriptor: non-blocking, close-on-exec.
int firebreak_event_open(void);
void firebreak_event_raise(int event);
void firebreak_event_clear(int event);

// ---- Either side

// No other process of the same user may attach to this one or read its memory, and it leaves no core. Root may all the
// same, where no other rule stops it. 0 when it is so and was read back.
int firebreak_make_undumpable(void);

// ---- Child side

// The order in which a worker seals itself. A failed step is reported by its number.
enum firebreak_seal_step {
    FIREBREAK_SEAL_DONE = 0,
    FIREBREAK_SEAL_DESCRIPTORS = 1,
    FIREBREAK_SEAL_LIMITS = 2,
    FIREBREAK_SEAL_PRIVILEGES = 3,
    FIREBREAK_SEAL_UNDUMPABLE = 4,
    FIREBREAK_SEAL_LANDLOCK = 5,
    FIREBREAK_SEAL_SECCOMP = 6,
};

struct firebreak_seal_report {
    // Bit n-1 is set when step n was taken.
    uint8_t measures;
    // ABI of Landlock on this kernel, 0 without Landlock.
    uint8_t landlock_abi;
    uint8_t allowed_call_count;
    uint64_t address_space_bytes_max;
    // The step that failed, FIREBREAK_SEAL_DONE for none, and its errno.
    int32_t failed_step;
    int32_t failed_errno;
};

// Takes from this process all that it will not need, for good. To be called once, by a process with one thread, when
// everything that is loaded or opened lazily has been used once.
//
// `memory_bytes`: address space that the process may take beyond what it has now.
// `processor_seconds`: processor time until SIGXCPU; the parent extends it while the worker answers.
int firebreak_seal(uint64_t memory_bytes, uint64_t processor_seconds, struct firebreak_seal_report *report);

#endif
