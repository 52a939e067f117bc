#define _GNU_SOURCE
#include "shared.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Time between two looks.
enum { LOOK_MILLISECONDS = 100 };
// Looks in a row that must see the same before a broker counts as stuck: 700 ms. Counted in looks and not by a clock, so
// that a machine that was itself stopped (a suspended laptop, a paused virtual machine) is not taken for a stuck broker.
enum { LOOKS_MAX = 7 };
// Turns of the broker's loop, at least every 200 ms, that may pass without a look of the watchdog: 2 s.
enum { UNWATCHED_TURNS_MAX = 10 };
// Real-time priority of the broker; the watchdog is one above, so that a broker that spins cannot keep it from running.
enum { PRIORITY = 50 };

static struct firebreak_broker_watch_page own_page;
struct firebreak_broker_watch_page *firebreak_broker_watch_page = &own_page;

void firebreak_broker_take_priority(int above) {
    struct sched_param parameters = {.sched_priority = PRIORITY + above};
    if (sched_setscheduler(0, SCHED_FIFO, &parameters) < 0) setpriority(PRIO_PROCESS, 0, -20);
}

static void spare_from_memory_killer(void) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t ignored = write(file, "-1000", 5);
    (void)ignored;
    close(file);
}

int firebreak_broker_harden(void) {
    signal(SIGPIPE, SIG_IGN);
    spare_from_memory_killer();
    firebreak_broker_take_priority(0);
    // Whoever may trace a process may take its descriptors and so become a second holder of the group.
    prctl(PR_SET_DUMPABLE, 0);
    struct rlimit locked = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_MEMLOCK, &locked);
    return mlockall(MCL_CURRENT | MCL_FUTURE) < 0 ? -errno : 0;
}

// 1 when one event has been held through LOOKS_MAX looks.
static int has_forgotten_one(void) {
    static uint32_t seen[FIREBREAK_BROKER_FILES_MAX];
    static uint8_t looks[FIREBREAK_BROKER_FILES_MAX];
    int forgotten = 0;
    for (int file = 0; file < FIREBREAK_BROKER_FILES_MAX; file++) {
        uint32_t serial = atomic_load_explicit(&firebreak_broker_watch_page->held[file], memory_order_relaxed);
        if (serial == 0 || serial != seen[file]) {
            seen[file] = serial;
            looks[file] = 0;
        } else if (++looks[file] >= LOOKS_MAX) {
            forgotten = 1;
        }
    }
    return forgotten;
}

// Ends the broker when its loop stands, or when it owes an answer, and itself when the broker has ended. It opens,
// allocates and executes nothing: all that it needs it has.
static _Noreturn void watch(int broker) {
    uint32_t turns = atomic_load(&firebreak_broker_watch_page->turns);
    int standing = 0;
    for (;;) {
        struct pollfd polled = {.fd = broker, .events = POLLIN};
        if (poll(&polled, 1, LOOK_MILLISECONDS) > 0) _exit(0);
        atomic_fetch_add(&firebreak_broker_watch_page->looks, 1);
        uint32_t now = atomic_load(&firebreak_broker_watch_page->turns);
        standing = now == turns ? standing + 1 : 0;
        turns = now;
        if (standing < LOOKS_MAX && !has_forgotten_one()) continue;
        // By descriptor, so that it can be no other process; the kernel then releases all that wait.
        syscall(SYS_pidfd_send_signal, broker, SIGKILL, NULL, 0);
    }
}

int firebreak_broker_watchdog_start(pid_t *pid) {
    void *page = mmap(NULL, sizeof own_page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return -errno;
    firebreak_broker_watch_page = page;
    int broker = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (broker < 0) return -errno;
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child == 0) {
        // Nothing of the broker's stays open here, nor its standard output: whoever reads that waits for its end.
        int kept = dup2(broker, 0);
        syscall(SYS_close_range, 1u, ~0u, 0u);
        // The broker's end is the only reason to end; it follows at once.
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        prctl(PR_SET_NAME, "broker-watchdog");
        firebreak_broker_harden();
        firebreak_broker_take_priority(1);
        watch(kept);
    }
    close(broker);
    *pid = child;
    int watchdog = (int)syscall(SYS_pidfd_open, child, 0);
    return watchdog < 0 ? -errno : watchdog;
}

void firebreak_broker_beat(void) { atomic_fetch_add(&firebreak_broker_watch_page->turns, 1); }

int firebreak_broker_is_watched(void) {
    static uint32_t looks;
    static int64_t seen_at;
    int64_t now = firebreak_broker_now();
    uint32_t found = atomic_load(&firebreak_broker_watch_page->looks);
    // A stretch in which the broker itself did not run is not held against the watchdog.
    static int64_t asked_at;
    if (found != looks || now - asked_at > 1000000) seen_at = now;
    looks = found;
    asked_at = now;
    return now - seen_at < UNWATCHED_TURNS_MAX * 200000;
}

void firebreak_broker_hang(void) {
    for (;;) pause();
}
