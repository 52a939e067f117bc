#define _GNU_SOURCE
#include "include/CLinuxSensor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// A connector message is a netlink header, a cn_msg and a proc_event: below 128 bytes.
enum { MESSAGE_BYTES_MAX = 512 };

// The smallest receive buffer holds fewer messages.
enum { BELL_MESSAGES_MAX = 8 };

// Nice value of the sensor's thread: ahead of ordinary work, behind what an administrator has put at -20.
enum { HURRIED_NICE = -10 };

// And while it yields: a tenth of an ordinary thread's weight (sched-nice-design.txt).
enum { YIELDING_NICE = 10 };

// Names a subscription. The acknowledgement goes to all who listen, and carries the mark of whose it is, plus 1.
static uint32_t own_mark(int connector) { return ((uint32_t)getpid() << 10) ^ (uint32_t)connector; }

static int subscribe(int connector, enum proc_cn_mcast_op operation) {
    _Alignas(struct nlmsghdr) unsigned char request[NLMSG_SPACE(sizeof(struct cn_msg) + sizeof operation)];
    memset(request, 0, sizeof request);
    struct nlmsghdr *header = (struct nlmsghdr *)request;
    header->nlmsg_len = NLMSG_LENGTH(sizeof(struct cn_msg) + sizeof operation);
    header->nlmsg_type = NLMSG_DONE;
    struct cn_msg *message = NLMSG_DATA(header);
    message->id.idx = CN_IDX_PROC;
    message->id.val = CN_VAL_PROC;
    message->ack = own_mark(connector);
    message->len = sizeof operation;
    memcpy(message->data, &operation, sizeof operation);
    return send(connector, request, header->nlmsg_len, 0) < 0 ? -errno : 0;
}

int firebreak_connector_open(int buffer_bytes) {
    int connector = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    if (connector < 0) return -errno;
    // The first needs a privilege and has no ceiling; the second is cut to net.core.rmem_max.
    if (setsockopt(connector, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) < 0)
        setsockopt(connector, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    int error = 0;
    if (bind(connector, (struct sockaddr *)&address, sizeof address) < 0) error = -errno;
    if (!error) error = subscribe(connector, PROC_CN_MCAST_LISTEN);
    if (error) {
        close(connector);
        return error;
    }
    return connector;
}

int firebreak_connector_bell_open(void) {
    int bell = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    if (bell < 0) return -errno;
    // A filter's load reads the member as if it were in network order.
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NLMSG_LENGTH(sizeof(struct cn_msg)) + offsetof(struct proc_event, what)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXEC), 3, 0),
        // Of the others one in 256: a program that makes threads all the time must not fill the first listener's buffer
        // while nobody reads.
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog filter = {.len = sizeof steps / sizeof steps[0], .filter = steps};
    // As small as the kernel lets it be: while it is full, nobody is woken for more. What does not fit is no loss here.
    int bytes = 1, on = 1;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    if (setsockopt(bell, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0 ||
        setsockopt(bell, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) < 0 ||
        setsockopt(bell, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on) < 0 ||
        bind(bell, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = -errno;
        close(bell);
        return error;
    }
    return bell;
}

void firebreak_connector_bell_clear(int bell) {
    struct mmsghdr messages[BELL_MESSAGES_MAX];
    memset(messages, 0, sizeof messages);
    // Their bytes are of no interest.
    while (recvmmsg(bell, messages, BELL_MESSAGES_MAX, MSG_DONTWAIT, NULL) == BELL_MESSAGES_MAX) {}
}

int firebreak_connector_buffer(int connector) {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    return getsockopt(connector, SOL_SOCKET, SO_RCVBUF, &bytes, &size) < 0 ? -errno : bytes;
}

// The connector message in a datagram; null when it is none, or not from the kernel.
static const struct cn_msg *message_in(const void *bytes, size_t count, const struct sockaddr_nl *sender) {
    const struct nlmsghdr *header = bytes;
    if (sender->nl_pid != 0 || count < NLMSG_LENGTH(sizeof(struct cn_msg)) || header->nlmsg_len > count) return NULL;
    const struct cn_msg *message = NLMSG_DATA(header);
    if (message->id.idx != CN_IDX_PROC || message->id.val != CN_VAL_PROC) return NULL;
    // Older kernels send a shorter proc_event, without members that are not read here.
    size_t room = count - NLMSG_LENGTH(sizeof(struct cn_msg));
    size_t needed = offsetof(struct proc_event, event_data) + 4 * sizeof(int32_t);
    return message->len >= needed && room >= needed ? message : NULL;
}

static int64_t monotonic_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int firebreak_connector_acknowledged(int connector, int timeout_milliseconds) {
    int64_t deadline = monotonic_milliseconds() + timeout_milliseconds;
    for (;;) {
        int64_t left = deadline - monotonic_milliseconds();
        if (left <= 0) return -ETIMEDOUT;
        struct pollfd polled = {.fd = connector, .events = POLLIN};
        if (poll(&polled, 1, (int)left) < 0 && errno != EINTR) return -errno;
        _Alignas(struct nlmsghdr) unsigned char bytes[MESSAGE_BYTES_MAX];
        struct sockaddr_nl sender = {0};
        socklen_t size = sizeof sender;
        ssize_t count = recvfrom(connector, bytes, sizeof bytes, 0, (struct sockaddr *)&sender, &size);
        if (count < 0) {
            if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) continue;
            return -errno;
        }
        const struct cn_msg *message = message_in(bytes, (size_t)count, &sender);
        if (message == NULL) continue;
        struct proc_event event;
        memset(&event, 0, sizeof event);
        memcpy(&event, message->data, message->len < sizeof event ? message->len : sizeof event);
        if (event.what == PROC_EVENT_NONE && message->ack == own_mark(connector) + 1)
            return -(int)event.event_data.ack.err;
    }
}

static struct firebreak_process_event translated(const struct cn_msg *message) {
    struct proc_event event;
    memset(&event, 0, sizeof event);
    memcpy(&event, message->data, message->len < sizeof event ? message->len : sizeof event);
    struct firebreak_process_event out = {
        .kind = FIREBREAK_PROCESS_OTHER,
        .cpu = event.cpu,
        .sequence = message->seq,
        .nanoseconds = event.timestamp_ns,
    };
    switch (event.what) {
    case PROC_EVENT_FORK:
        // A new thread is no new process.
        if (event.event_data.fork.child_pid != event.event_data.fork.child_tgid) break;
        out.kind = FIREBREAK_PROCESS_FORK;
        out.pid = event.event_data.fork.child_tgid;
        out.parent_pid = event.event_data.fork.parent_tgid;
        break;
    case PROC_EVENT_EXEC:
        out.kind = FIREBREAK_PROCESS_EXEC;
        out.pid = event.event_data.exec.process_tgid;
        break;
    case PROC_EVENT_EXIT:
        if (event.event_data.exit.process_pid != event.event_data.exit.process_tgid) break;
        out.kind = FIREBREAK_PROCESS_EXIT;
        out.pid = event.event_data.exit.process_tgid;
        break;
    case PROC_EVENT_UID:
        // The C library changes the user of all threads; the first one's change is that of the process.
        if (event.event_data.id.process_pid != event.event_data.id.process_tgid) break;
        out.kind = FIREBREAK_PROCESS_USER;
        out.pid = event.event_data.id.process_tgid;
        out.user = event.event_data.id.r.ruid;
        break;
    // An acknowledgement of another listener is numbered like the others.
    default: break;
    }
    return out;
}

int firebreak_connector_read(int connector, struct firebreak_process_event events[FIREBREAK_EVENTS_PER_READ]) {
    _Alignas(struct nlmsghdr) unsigned char bytes[FIREBREAK_EVENTS_PER_READ][MESSAGE_BYTES_MAX];
    struct sockaddr_nl senders[FIREBREAK_EVENTS_PER_READ];
    struct iovec portions[FIREBREAK_EVENTS_PER_READ];
    struct mmsghdr messages[FIREBREAK_EVENTS_PER_READ];
    memset(messages, 0, sizeof messages);
    for (int index = 0; index < FIREBREAK_EVENTS_PER_READ; index++) {
        portions[index] = (struct iovec){.iov_base = bytes[index], .iov_len = MESSAGE_BYTES_MAX};
        messages[index].msg_hdr = (struct msghdr){
            .msg_name = &senders[index],
            .msg_namelen = sizeof senders[index],
            .msg_iov = &portions[index],
            .msg_iovlen = 1,
        };
    }
    int count = recvmmsg(connector, messages, FIREBREAK_EVENTS_PER_READ, MSG_DONTWAIT, NULL);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    int taken = 0;
    for (int index = 0; index < count; index++) {
        const struct cn_msg *message = message_in(bytes[index], messages[index].msg_len, &senders[index]);
        if (message != NULL) events[taken++] = translated(message);
    }
    // Datagrams that were all something else must not look like an empty queue.
    if (taken == 0 && count > 0) {
        events[0] = (struct firebreak_process_event){.kind = FIREBREAK_PROCESS_OTHER, .cpu = FIREBREAK_NO_CPU};
        taken = 1;
    }
    return taken;
}

void firebreak_connector_close(int connector) {
    subscribe(connector, PROC_CN_MCAST_IGNORE);
    close(connector);
}

void firebreak_thread_pace(enum firebreak_pace pace) {
    int nice = pace == FIREBREAK_PACE_HURRIED ? HURRIED_NICE : pace == FIREBREAK_PACE_YIELDING ? YIELDING_NICE : 0;
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice);
}

int firebreak_sensor_event_open(void) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event < 0 ? -errno : event;
}

void firebreak_sensor_event_raise(int event) {
    uint64_t one = 1;
    ssize_t ignored = write(event, &one, sizeof one);
    (void)ignored;
}

int firebreak_open_folder(const char *path) {
    int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? -errno : folder;
}

int firebreak_open_at(int folder, const char *name) {
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    return file < 0 ? -errno : file;
}
