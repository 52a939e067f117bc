#define _GNU_SOURCE
#include "include/CLinuxSensor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

// From Linux 5.17 on; an older header has neither. fanotify(7).
#ifndef FAN_REPORT_TARGET_FID
#define FAN_REPORT_TARGET_FID 0x00001000
#endif
#ifndef FAN_RENAME
#define FAN_RENAME 0x10000000
#endif

int firebreak_files_open(int *names_targets) {
    const unsigned int flags = FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME;
    *names_targets = 1;
    int group = fanotify_init(flags | FAN_REPORT_FID | FAN_REPORT_TARGET_FID, O_RDONLY | O_CLOEXEC);
    if (group < 0 && errno == EINVAL) {
        *names_targets = 0;
        group = fanotify_init(flags, O_RDONLY | O_CLOEXEC);
    }
    return group < 0 ? -errno : group;
}

int firebreak_files_mark(int group, const char *mount_point) {
    const unsigned int where = FAN_MARK_ADD | FAN_MARK_FILESYSTEM;
    // Of directories too: their names change the names of all that is below them.
    const uint64_t mask = FAN_CREATE | FAN_CLOSE_WRITE | FAN_DELETE | FAN_ONDIR;
    if (fanotify_mark(group, where, mask | FAN_RENAME, AT_FDCWD, mount_point) == 0) return 0;
    if (errno != EINVAL) return -errno;
    return fanotify_mark(group, where, mask | FAN_MOVED_FROM | FAN_MOVED_TO, AT_FDCWD, mount_point) < 0 ? -errno : 0;
}

int firebreak_files_unmark(int group) {
    return fanotify_mark(group, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, AT_FDCWD, NULL) < 0 ? -errno : 0;
}

int firebreak_executions_open(void) {
    const unsigned int flags = FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME;
    int group = fanotify_init(flags, O_RDONLY | O_CLOEXEC);
    return group < 0 ? -errno : group;
}

int firebreak_executions_mark(int group, const char *mount_point) {
    const unsigned int where = FAN_MARK_ADD | FAN_MARK_FILESYSTEM;
    return fanotify_mark(group, where, FAN_OPEN_EXEC, AT_FDCWD, mount_point) < 0 ? -errno : 0;
}

ssize_t firebreak_files_read(int group, void *buffer, size_t size) {
    ssize_t count = read(group, buffer, size);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    return count;
}

int firebreak_file_system_id(const char *path, uint8_t id[FIREBREAK_FILE_SYSTEM_ID_BYTES]) {
    struct statfs facts;
    if (statfs(path, &facts) < 0) return -errno;
    memcpy(id, &facts.f_fsid, FIREBREAK_FILE_SYSTEM_ID_BYTES);
    return 0;
}

// A handle as it stands in an event, in the form that the kernel takes. 0, or -EINVAL.
static int copy_handle(const uint8_t *bytes, size_t count, struct file_handle *handle) {
    uint32_t handle_bytes;
    int32_t handle_type;
    if (count < sizeof handle_bytes + sizeof handle_type) return -EINVAL;
    memcpy(&handle_bytes, bytes, sizeof handle_bytes);
    memcpy(&handle_type, bytes + sizeof handle_bytes, sizeof handle_type);
    size_t room = count - sizeof handle_bytes - sizeof handle_type;
    if (handle_bytes > MAX_HANDLE_SZ || handle_bytes > room) return -EINVAL;
    handle->handle_bytes = handle_bytes;
    handle->handle_type = handle_type;
    memcpy(handle->f_handle, bytes + sizeof handle_bytes + sizeof handle_type, handle_bytes);
    return 0;
}

// Writes "/proc/self/fd/N", without the stdio machinery, since this runs for each new directory.
static void descriptor_link(int descriptor, char link[32]) {
    static const char prefix[] = "/proc/self/fd/";
    char digits[12];
    int count = 0;
    do digits[count++] = (char)('0' + descriptor % 10);
    while ((descriptor /= 10) > 0);
    memcpy(link, prefix, sizeof prefix - 1);
    char *end = link + sizeof prefix - 1;
    while (count > 0) *end++ = digits[--count];
    *end = 0;
}

ssize_t firebreak_directory_path(
    const char *mount_point, const uint8_t *key, size_t key_bytes, char *path, size_t size) {
    alignas(struct file_handle) unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    struct file_handle *handle = (struct file_handle *)room;
    if (key_bytes < FIREBREAK_FILE_SYSTEM_ID_BYTES) return -EINVAL;
    int error =
        copy_handle(key + FIREBREAK_FILE_SYSTEM_ID_BYTES, key_bytes - FIREBREAK_FILE_SYSTEM_ID_BYTES, handle);
    if (error) return error;
    // Opened anew each time and closed at once: a descriptor that is kept would keep the file system from being
    // unmounted.
    int mount = open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (mount < 0) return -errno;
    ssize_t result = -ESTALE;
    struct statfs facts;
    // Another file system may have been mounted over this one meanwhile, where the handle means something else.
    if (fstatfs(mount, &facts) == 0 && memcmp(&facts.f_fsid, key, FIREBREAK_FILE_SYSTEM_ID_BYTES) == 0) {
        int directory = open_by_handle_at(mount, handle, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) {
            result = -errno;
        } else {
            char link[32];
            struct stat status;
            descriptor_link(directory, link);
            // A removed directory that somebody still holds has a name that is none.
            if (fstat(directory, &status) < 0 || status.st_nlink == 0) result = -ESTALE;
            else result = readlink(link, path, size);
            if (result < 0 && result != -ESTALE) result = -errno;
            close(directory);
        }
    }
    close(mount);
    return result;
}
