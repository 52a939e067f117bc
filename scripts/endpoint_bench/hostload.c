// The host's work while an endpoint is measured: executions and file creations at a rate, and jobs of a fixed size.
// Linked statically, so that one execution is one image and costs as little as an execution can.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Operations done at once when the clock runs ahead: after a stall the load catches up, but not as one burst.
enum { CATCH_UP_MAX = 64 };
// How long a marker's process lives: a sensor that reads /proc a little late still finds its command line.
enum { MARKER_NANOSECONDS = 50 * 1000 * 1000 };

static char *const nothing_arguments[] = {"hostload", "nothing", NULL};
static char *const no_environment[] = {NULL};
static volatile sig_atomic_t is_told_to_end;

static void end(int number) {
    (void)number;
    is_told_to_end = 1;
}

static int64_t now_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Runs this program once, to do nothing, and waits for its end.
static int execute(void) {
    pid_t child;
    int error = posix_spawn(&child, "/proc/self/exe", NULL, NULL, nothing_arguments, no_environment);
    if (error) return error;
    while (waitpid(child, NULL, 0) < 0)
        if (errno != EINTR) return errno;
    return 0;
}

static int create_file(const char *folder, unsigned number) {
    char path[4096];
    snprintf(path, sizeof path, "%s/file-%d-%u", folder, (int)getpid(), number);
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    int error = write(file, "x", 1) == 1 ? 0 : errno;
    close(file);
    return unlink(path) < 0 && !error ? errno : error;
}

// Processor time of this process and of its children that have ended.
static double processor_seconds(void) {
    double sum = 0;
    const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    for (int index = 0; index < 2; index++) {
        struct rusage used;
        getrusage(whose[index], &used);
        sum += used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    }
    return sum;
}

// Operations at a rate until the time is over or SIGTERM: executions, and one file for every FILE_SHARE of them.
static int pace(double rate, double seconds, int file_share, const char *folder) {
    int64_t began = now_nanoseconds(), start = began;
    int64_t end_at = seconds > 0 ? start + (int64_t)(seconds * 1e9) : INT64_MAX;
    unsigned done = 0, files = 0, failed = 0;
    int64_t late = 0;
    while (!is_told_to_end) {
        int64_t now = now_nanoseconds();
        if (now >= end_at) break;
        int64_t due = start + (int64_t)(done / rate * 1e9);
        if (due > now) {
            struct timespec until = {due / 1000000000, due % 1000000000};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
            continue;
        }
        if (now - due > late) late = now - due;
        // What cannot be done in time is not done later all at once.
        if ((now - due) / 1e9 * rate > CATCH_UP_MAX) start += now - due;
        if (execute()) failed++;
        if (file_share && done % file_share == 0) create_file(folder, files++) ? failed++ : 0;
        done++;
    }
    double took = (now_nanoseconds() - began) / 1e9;
    printf("{\"executions\":%u,\"files\":%u,\"failed\":%u,\"seconds\":%.3f,\"late_max_ms\":%.1f,"
           "\"processor_seconds\":%.4f}\n", done, files, failed, took, late / 1e6, processor_seconds());
    return 0;
}

// File creations as fast as possible until the time is over.
static int flood_files(double seconds, const char *folder) {
    int64_t end_at = now_nanoseconds() + (int64_t)(seconds * 1e9);
    unsigned done = 0, failed = 0;
    while (now_nanoseconds() < end_at && !is_told_to_end) create_file(folder, done++) ? failed++ : 0;
    printf("{\"files\":%u,\"failed\":%u,\"processor_seconds\":%.4f}\n", done, failed, processor_seconds());
    return 0;
}

// A fixed number of executions, one after the other.
static int spawn_job(unsigned count) {
    int64_t start = now_nanoseconds();
    for (unsigned index = 0; index < count; index++)
        if (execute()) return 1;
    printf("%.6f\n", (now_nanoseconds() - start) / 1e9);
    return 0;
}

// Arithmetic that no compiler can leave out (xorshift64, Marsaglia 2003).
static uint64_t shifted(uint64_t state, uint64_t rounds) {
    for (uint64_t index = 0; index < rounds; index++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    return state;
}

static const uint64_t FIRST_STATE = 88172645463325252u;

// As much of it as the time allows.
static int arithmetic(double seconds) {
    int64_t end_at = now_nanoseconds() + (int64_t)(seconds * 1e9);
    uint64_t state = FIRST_STATE, rounds = 0;
    while (now_nanoseconds() < end_at && !is_told_to_end) {
        // Half a millisecond.
        state = shifted(state, 300 * 1000);
        rounds += 300 * 1000;
    }
    fprintf(stderr, "%016llx\n", (unsigned long long)state);
    printf("{\"rounds\":%llu,\"processor_seconds\":%.4f}\n", (unsigned long long)rounds, processor_seconds());
    return 0;
}

// A fixed amount of it.
static int processor_job(uint64_t rounds) {
    int64_t start = now_nanoseconds();
    uint64_t state = shifted(FIRST_STATE, rounds);
    fprintf(stderr, "%016llx\n", (unsigned long long)state);
    printf("%.6f\n", (now_nanoseconds() - start) / 1e9);
    return 0;
}

// The least that anybody pays who hears what an endpoint hears: the kernel's queues of executions and file changes, each
// emptied every 20 ms by a thread that gives way, and thrown away.
static int listen_only(char *const *folders) {
    struct __attribute__((packed)) {
        struct nlmsghdr header;
        struct cn_msg message;
        uint32_t operation;
    } request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = NLMSG_DONE},
        .message = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof request.operation},
        .operation = PROC_CN_MCAST_LISTEN,
    };
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    int buffer_bytes = 8 << 20;
    int connector = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    const unsigned flags = FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_REPORT_DFID_NAME;
    int executions = fanotify_init(flags, O_RDONLY), files = fanotify_init(flags, O_RDONLY);
    if (connector < 0 || executions < 0 || files < 0) return 1;
    setsockopt(connector, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes);
    if (bind(connector, (struct sockaddr *)&address, sizeof address) < 0) return 1;
    if (send(connector, &request, sizeof request, 0) < 0) return 1;
    const unsigned where = FAN_MARK_ADD | FAN_MARK_FILESYSTEM;
    const uint64_t changes = FAN_CREATE | FAN_CLOSE_WRITE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_ONDIR;
    for (char *const *folder = folders; *folder; folder++) {
        if (fanotify_mark(executions, where, FAN_OPEN_EXEC, AT_FDCWD, *folder) < 0) return 1;
        if (fanotify_mark(files, where, changes, AT_FDCWD, *folder) < 0) return 1;
    }
    setpriority(PRIO_PROCESS, 0, 10);
    static char bytes[65536];
    enum { DATAGRAMS = 64 };
    static struct mmsghdr datagrams[DATAGRAMS];
    while (!is_told_to_end) {
        struct timespec span = {0, 20 * 1000 * 1000};
        nanosleep(&span, NULL);
        while (recvmmsg(connector, datagrams, DATAGRAMS, MSG_DONTWAIT, NULL) == DATAGRAMS) {}
        while (read(executions, bytes, sizeof bytes) > 0) {}
        while (read(files, bytes, sizeof bytes) > 0) {}
    }
    return 0;
}

int main(int count, char **words) {
    if (count == 2 && !strcmp(words[1], "nothing")) return 0;
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    if (count >= 2 && !strcmp(words[1], "marker")) {
        struct timespec span = {0, MARKER_NANOSECONDS};
        nanosleep(&span, NULL);
        return 0;
    }
    if (count == 6 && !strcmp(words[1], "pace"))
        return pace(atof(words[2]), atof(words[3]), atoi(words[4]), words[5]);
    if (count >= 3 && !strcmp(words[1], "listen")) return listen_only(words + 2);
    if (count == 4 && !strcmp(words[1], "files")) return flood_files(atof(words[2]), words[3]);
    if (count == 3 && !strcmp(words[1], "spawn")) return spawn_job((unsigned)atoi(words[2]));
    if (count == 3 && !strcmp(words[1], "processor")) return processor_job(strtoull(words[2], NULL, 10));
    if (count == 3 && !strcmp(words[1], "arithmetic")) return arithmetic(atof(words[2]));
    fprintf(stderr, "usage: hostload pace RATE SECONDS FILE-SHARE FOLDER | listen FOLDER... | files SECONDS FOLDER | "
                    "spawn N | processor ROUNDS | arithmetic SECONDS | marker TEXT...\n");
    return 64;
}
