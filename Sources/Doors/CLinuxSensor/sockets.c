#define _GNU_SOURCE
#include "include/CLinuxSensor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

// The states of tcp(7), as the kernel numbers them (include/net/tcp_states.h). A connection whose ends are closing still
// has its owner; one that waits out its time has none.
enum { ESTABLISHED = 1, SYN_SENT = 2, FIN_WAIT1 = 4, CLOSE_WAIT = 8, LISTEN = 10 };

// Seconds that the kernel may take for one portion of an answer; it answers within a millisecond.
enum { ANSWER_SECONDS_MAX = 1 };

int firebreak_sockets_request(void) {
    int diagnosis = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (diagnosis < 0) return -errno;
    struct timeval patience = {.tv_sec = ANSWER_SECONDS_MAX};
    setsockopt(diagnosis, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    // The older request: it walks the kernel's table once for both families, the newer one once for each.
    struct {
        struct nlmsghdr header;
        struct inet_diag_req request;
    } message = {
        .header =
            {
                .nlmsg_len = sizeof message,
                .nlmsg_type = TCPDIAG_GETSOCK,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
            },
        .request =
            {
                .idiag_states = 1u << ESTABLISHED | 1u << SYN_SENT | 1u << FIN_WAIT1 | 1u << CLOSE_WAIT | 1u << LISTEN,
            },
    };
    if (send(diagnosis, &message, sizeof message, 0) < 0) {
        int error = -errno;
        close(diagnosis);
        return error;
    }
    return diagnosis;
}

ssize_t firebreak_sockets_read(int diagnosis, void *buffer, size_t size) {
    struct sockaddr_nl sender = {0};
    struct iovec portion = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {
        .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &portion, .msg_iovlen = 1};
    ssize_t count = recvmsg(diagnosis, &message, 0);
    if (count < 0) return errno == EAGAIN ? -ETIMEDOUT : -errno;
    // Anyone may send to a netlink socket; only the kernel is number 0.
    return sender.nl_pid == 0 ? count : -EPROTO;
}

uint64_t firebreak_thread_nanoseconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

// The number in "socket:[NUMBER]"; 0 when it is none.
static uint64_t socket_inode(const char *target, size_t count) {
    static const char prefix[] = "socket:[";
    const size_t start = sizeof prefix - 1;
    if (count <= start || memcmp(target, prefix, start) != 0) return 0;
    uint64_t inode = 0;
    for (size_t index = start; index < count && target[index] >= '0' && target[index] <= '9'; index++)
        inode = inode * 10 + (uint64_t)(target[index] - '0');
    return inode;
}

static int ascending(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

int firebreak_sockets_held(
    const char *descriptors_path, const uint64_t *wanted, size_t wanted_count, uint8_t *found, uint64_t deadline) {
    DIR *folder = opendir(descriptors_path);
    if (folder == NULL) return -errno;
    // The clock is read once in so many descriptors: reading it costs as much as a descriptor does.
    enum { DESCRIPTORS_PER_LOOK = 64 };
    int count = 0, looked = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        char target[32];
        ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof target);
        uint64_t inode = size > 0 ? socket_inode(target, (size_t)size) : 0;
        const uint64_t *place =
            inode == 0 ? NULL : bsearch(&inode, wanted, wanted_count, sizeof *wanted, ascending);
        if (place != NULL && !found[place - wanted]) {
            found[place - wanted] = 1;
            count++;
        }
        if (++looked % DESCRIPTORS_PER_LOOK == 0 && firebreak_thread_nanoseconds() > deadline) break;
    }
    closedir(folder);
    return count;
}
