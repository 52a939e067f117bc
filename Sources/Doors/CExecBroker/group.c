#define _GNU_SOURCE
#include "shared.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

int firebreak_broker_group_open(void) {
    // Without room for a descriptor the kernel denies what it cannot show: the room is taken first.
    struct rlimit files = {FIREBREAK_BROKER_FILES_MAX, FIREBREAK_BROKER_FILES_MAX};
    if (setrlimit(RLIMIT_NOFILE, &files) < 0) return -errno;
    // The queue is bounded on purpose: past 16,384 waiting the kernel allows. FAN_REPORT_TID is not asked for: what is
    // exempt is a process.
    int group = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_LARGEFILE | O_CLOEXEC);
    return group < 0 ? -errno : group;
}

int firebreak_broker_mark_mount(int group, const char *path) {
    int result = fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_EXEC_PERM, AT_FDCWD, path);
    return result < 0 ? -errno : 0;
}

int firebreak_broker_mark_folder(int group, const char *path) {
    unsigned int how = FAN_MARK_ADD | FAN_MARK_ONLYDIR;
    int result = fanotify_mark(group, how, FAN_OPEN_PERM | FAN_EVENT_ON_CHILD, AT_FDCWD, path);
    return result < 0 ? -errno : 0;
}

int firebreak_broker_read(int group, struct firebreak_permission events[FIREBREAK_PERMISSIONS_PER_READ]) {
    static uint32_t serial;
    // The kernel writes as many events as fit; each is of this size, as no further information is asked for.
    struct fanotify_event_metadata found[FIREBREAK_PERMISSIONS_PER_READ];
    ssize_t count = read(group, found, sizeof found);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    int taken = 0;
    const struct fanotify_event_metadata *event = found;
    for (; FAN_EVENT_OK(event, count); event = FAN_EVENT_NEXT(event, count)) {
        if (event->vers != FANOTIFY_METADATA_VERSION) return -EPROTO;
        // An overflow has no file, and nobody waits for it.
        if (event->fd < 0) continue;
        if (!(event->mask & (FAN_OPEN_EXEC_PERM | FAN_OPEN_PERM))) {
            close(event->fd);
            continue;
        }
        if (event->fd < FIREBREAK_BROKER_FILES_MAX) {
            if (++serial == 0) serial = 1;
            atomic_store(&firebreak_broker_watch_page->held[event->fd], serial);
        }
        events[taken++] = (struct firebreak_permission){
            .file = event->fd,
            .pid = event->pid,
            // An execution in a guarded folder brings both kinds, as two events.
            .kind = event->mask & FAN_OPEN_EXEC_PERM ? FIREBREAK_PERMIT_EXEC : FIREBREAK_PERMIT_OPEN,
        };
    }
    return taken;
}

int firebreak_broker_answer(int group, int file, int allow) {
    struct fanotify_response response = {.fd = file, .response = allow ? FAN_ALLOW : FAN_DENY};
    ssize_t written;
    do written = write(group, &response, sizeof response);
    while (written < 0 && errno == EINTR);
    // ENOENT: the process was killed while it waited.
    int error = written < 0 && errno != ENOENT ? -errno : 0;
    if (file >= 0 && file < FIREBREAK_BROKER_FILES_MAX) atomic_store(&firebreak_broker_watch_page->held[file], 0);
    close(file);
    return error;
}

static int link_of(const char *name, char *buffer, size_t size) {
    ssize_t count = readlink(name, buffer, size);
    if (count < 0) return -errno;
    return (size_t)count >= size ? -ENAMETOOLONG : (int)count;
}

int firebreak_broker_path(int file, char *buffer, size_t size) {
    char name[40];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    return link_of(name, buffer, size);
}

int firebreak_broker_program(pid_t pid, char *buffer, size_t size) {
    char name[40];
    snprintf(name, sizeof name, "/proc/%d/exe", (int)pid);
    return link_of(name, buffer, size);
}

static int is_same(const struct stat *known, const char *path) {
    struct stat found;
    if (lstat(path, &found) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    return known->st_dev == found.st_dev && known->st_ino == found.st_ino;
}

int firebreak_broker_same_file(int file, const char *path) {
    struct stat known;
    return fstat(file, &known) < 0 ? -errno : is_same(&known, path);
}

int firebreak_broker_same_program(pid_t pid, const char *path) {
    char name[40];
    snprintf(name, sizeof name, "/proc/%d/exe", (int)pid);
    struct stat known;
    return stat(name, &known) < 0 ? -errno : is_same(&known, path);
}

int firebreak_broker_resolve(const char *path, char *buffer, size_t size) {
    char resolved[PATH_MAX];
    if (realpath(path, resolved) == NULL) return -errno;
    struct stat found;
    if (stat(resolved, &found) < 0) return -errno;
    if (!S_ISDIR(found.st_mode)) return -ENOTDIR;
    if (strlen(resolved) >= size) return -ENAMETOOLONG;
    memcpy(buffer, resolved, strlen(resolved) + 1);
    return (int)strlen(resolved);
}
