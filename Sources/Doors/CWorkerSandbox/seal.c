// Child side: a worker gives up what it will not need.

#define _GNU_SOURCE
#include "filter.h"
#include "include/CWorkerSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// Rights that came after the oldest headers this is built with (landlock(7)): by ABI 2 refer, 3 truncate,
// 4 TCP bind and connect, 5 device ioctl, 6 abstract sockets and signals to processes outside.
#define FS_ABI_1 ((1ull << 13) - 1)
#define FS_REFER (1ull << 13)
#define FS_TRUNCATE (1ull << 14)
#define FS_IOCTL_DEVICE (1ull << 15)
#define NET_ALL 3ull
#define SCOPE_ALL 3ull

// The kernel's struct landlock_ruleset_attr as of ABI 6; an older kernel is given the part that it knows.
struct ruleset_attributes {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

static int close_descriptors(void) {
    if (syscall(SYS_close_range, FIREBREAK_CHANNEL_FD + 1, ~0u, 0) < 0) return -errno;
    return fcntl(FIREBREAK_CHANNEL_FD, F_GETFD) < 0 ? -errno : 0;
}

// Address space in use, in bytes; negated errno when it cannot be read.
static int64_t address_space_bytes(void) {
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    char text[128];
    ssize_t count = read(fd, text, sizeof text - 1);
    int error = errno;
    close(fd);
    if (count <= 0) return count < 0 ? -error : -EIO;
    text[count] = 0;
    unsigned long long pages = 0;
    if (sscanf(text, "%llu", &pages) != 1) return -EIO;
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static int limit_to(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    if (setrlimit((__rlimit_resource_t)resource, &limit) < 0) return -errno;
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now) < 0) return -errno;
    return now.rlim_cur == soft && now.rlim_max == hard ? 0 : -EPERM;
}

static int set_limits(uint64_t memory_bytes, uint64_t processor_seconds, uint64_t *address_space_bytes_max) {
    int64_t used = address_space_bytes();
    if (used < 0) return (int)used;
    *address_space_bytes_max = (uint64_t)used + memory_bytes;
    int error = limit_to(RLIMIT_AS, *address_space_bytes_max, *address_space_bytes_max);
    if (!error) error = limit_to(RLIMIT_CORE, 0, 0);
    if (!error) error = limit_to(RLIMIT_FSIZE, 0, 0);
    if (!error) error = limit_to(RLIMIT_NPROC, 0, 0);
    // One above what is open: Landlock's rule set below is a descriptor for a moment.
    if (!error) error = limit_to(RLIMIT_NOFILE, FIREBREAK_CHANNEL_FD + 2, FIREBREAK_CHANNEL_FD + 2);
    if (!error) error = limit_to(RLIMIT_MEMLOCK, 0, 0);
    if (!error) error = limit_to(RLIMIT_MSGQUEUE, 0, 0);
    // The hard limit stays as it was found: the parent, which may be no more than the same user, moves the soft one.
    struct rlimit processor;
    if (!error && getrlimit(RLIMIT_CPU, &processor) < 0) error = -errno;
    if (!error) error = limit_to(RLIMIT_CPU, processor_seconds, processor.rlim_max);
    return error;
}

static int drop_privileges(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    memset(none, 0, sizeof none);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
    if (syscall(SYS_capset, &header, none) < 0) return -errno;
    struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, now) < 0) return -errno;
    if (memcmp(now, none, sizeof now) != 0) return -EPERM;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return -EPERM;
    // The worker dies with the thread that started it. That thread serves this worker only and outlives it, so this
    // never ends a worker whose agent is well. Dropping privileges may clear it, so it is set after.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return -errno;
    return 0;
}

int firebreak_make_undumpable(void) {
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return -errno;
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -EPERM;
}

static int restrict_paths(uint8_t *landlock_abi) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 0) return -errno;
    if (abi < 1) return -ENOSYS;
    struct ruleset_attributes attributes = {.handled_access_fs = FS_ABI_1};
    size_t size = sizeof attributes.handled_access_fs;
    if (abi >= 2) attributes.handled_access_fs |= FS_REFER;
    if (abi >= 3) attributes.handled_access_fs |= FS_TRUNCATE;
    if (abi >= 4) {
        attributes.handled_access_net = NET_ALL;
        size = 2 * sizeof(uint64_t);
    }
    if (abi >= 5) attributes.handled_access_fs |= FS_IOCTL_DEVICE;
    if (abi >= 6) {
        attributes.scoped = SCOPE_ALL;
        size = sizeof attributes;
    }
    // No rule is added: what is handled is refused everywhere.
    long ruleset = syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
    if (ruleset < 0) return -errno;
    int error = syscall(SYS_landlock_restrict_self, (int)ruleset, 0) < 0 ? -errno : 0;
    close((int)ruleset);
    if (error) return error;
    // The proof: a path that every process may open is now refused.
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return -EPERM;
    }
    if (errno != EACCES) return -errno;
    *landlock_abi = abi > 255 ? 255 : (uint8_t)abi;
    return 0;
}

int firebreak_seal(uint64_t memory_bytes, uint64_t processor_seconds, struct firebreak_seal_report *report) {
    memset(report, 0, sizeof *report);
    int error = 0;
    // The address space is measured before Landlock takes /proc away.
    for (int step = FIREBREAK_SEAL_DESCRIPTORS; step <= FIREBREAK_SEAL_SECCOMP; step++) {
        switch (step) {
        case FIREBREAK_SEAL_DESCRIPTORS: error = close_descriptors(); break;
        case FIREBREAK_SEAL_LIMITS:
            error = set_limits(memory_bytes, processor_seconds, &report->address_space_bytes_max);
            break;
        case FIREBREAK_SEAL_PRIVILEGES: error = drop_privileges(); break;
        case FIREBREAK_SEAL_UNDUMPABLE: error = firebreak_make_undumpable(); break;
        case FIREBREAK_SEAL_LANDLOCK: error = restrict_paths(&report->landlock_abi); break;
        case FIREBREAK_SEAL_SECCOMP: error = firebreak_install_filter(&report->allowed_call_count); break;
        }
        if (error) {
            report->failed_step = step;
            report->failed_errno = -error;
            return error;
        }
        report->measures |= (uint8_t)(1u << (step - 1));
    }
    return 0;
}
