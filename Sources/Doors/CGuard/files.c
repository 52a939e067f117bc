// Files that are there after a power cut or not at all.

#define _GNU_SOURCE
#include "include/CGuard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// Ends the names of files that are being written, as everywhere in Firebreak.
#define TEMPORARY_SUFFIX ".writing"

static int close_with(int fd, int result) {
    if (close(fd) < 0 && result == 0) return -errno;
    return result;
}

static int open_file(const char *path, int flags, mode_t mode) {
    int fd;
    do fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

static int sync_directory_of(const char *path) {
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash) {
        directory[0] = '.';
        directory[1] = 0;
    } else {
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        if (length >= sizeof directory) return -ENAMETOOLONG;
        memcpy(directory, path, length);
        directory[length] = 0;
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    return close_with(fd, fsync(fd) < 0 ? -errno : 0);
}

ssize_t firebreak_guard_get(int fd, uint8_t *buffer, size_t size) {
    ssize_t got;
    do got = read(fd, buffer, size);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int firebreak_guard_put(int fd, const uint8_t *bytes, size_t count) {
    size_t done = 0;
    while (done < count) {
        ssize_t written = write(fd, bytes + done, count - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -errno;
        if (written == 0) return -ENOSPC;
        done += (size_t)written;
    }
    return 0;
}

ssize_t firebreak_guard_read(const char *path, uint8_t *buffer, size_t size) {
    int fd = open_file(path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0) return fd;
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return -EINVAL;
    }
    size_t done = 0;
    ssize_t got = 1;
    while (done < size && got > 0) {
        got = firebreak_guard_get(fd, buffer + done, size - done);
        if (got > 0) done += (size_t)got;
    }
    if (got > 0) {
        uint8_t more;
        got = firebreak_guard_get(fd, &more, 1);
        if (got > 0) got = -EFBIG;
    }
    close(fd);
    return got < 0 ? got : (ssize_t)done;
}

static int write_new(const char *path, const uint8_t *bytes, size_t count) {
    int fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) return fd;
    int result = firebreak_guard_put(fd, bytes, count);
    if (result == 0 && fsync(fd) < 0) result = -errno;
    return close_with(fd, result);
}

static int reads_back(const char *path, const uint8_t *bytes, size_t count) {
    uint8_t *found = malloc(count + 1);
    if (!found) return -ENOMEM;
    ssize_t got = firebreak_guard_read(path, found, count + 1);
    int result = got < 0 ? (int)got : (size_t)got == count && memcmp(found, bytes, count) == 0 ? 0 : -EBADMSG;
    free(found);
    return result;
}

int firebreak_guard_write(const char *path, const uint8_t *bytes, size_t count) {
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s" TEMPORARY_SUFFIX, path) >= (int)sizeof temporary)
        return -ENAMETOOLONG;
    unlink(temporary);
    int result = write_new(temporary, bytes, count);
    if (result == 0 && rename(temporary, path) < 0) result = -errno;
    if (result < 0) {
        // A full disk must not stay full of what did not fit.
        unlink(temporary);
        return result;
    }
    result = sync_directory_of(path);
    return result < 0 ? result : reads_back(path, bytes, count);
}

int firebreak_guard_rename(const char *from, const char *to) {
    if (rename(from, to) < 0) return -errno;
    return sync_directory_of(to);
}

int firebreak_guard_remove(const char *path) {
    if (unlink(path) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    return sync_directory_of(path);
}

int firebreak_guard_make_directory(const char *path) {
    char partial[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof partial) return -ENAMETOOLONG;
    memcpy(partial, path, length + 1);
    for (size_t index = 1; index <= length; index++) {
        if (path[index] != '/' && path[index] != 0) continue;
        partial[index] = 0;
        if (mkdir(partial, 0700) < 0 && errno != EEXIST) return -errno;
        // One that is there may have been made by a process that was killed before it was durable.
        int result = sync_directory_of(partial);
        if (result < 0) return result;
        partial[index] = path[index];
    }
    return 0;
}

int firebreak_guard_sync_directory_of(const char *path) { return sync_directory_of(path); }

ssize_t firebreak_guard_list(const char *path, char *buffer, size_t size) {
    DIR *stream = opendir(path);
    if (!stream) return errno == ENOENT ? 0 : -errno;
    size_t used = 0;
    ssize_t result = 0;
    // The end and an error look the same but for errno (readdir(3)); a list that breaks off is none.
    for (errno = 0;; errno = 0) {
        struct dirent *entry = readdir(stream);
        if (!entry) {
            if (errno) result = -errno;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        size_t length = strlen(entry->d_name) + 1;
        if (length > size - used) {
            result = -EFBIG;
            break;
        }
        memcpy(buffer + used, entry->d_name, length);
        used += length;
    }
    closedir(stream);
    return result < 0 ? result : (ssize_t)used;
}

int firebreak_guard_is_program(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 && access(path, X_OK) == 0;
}

int firebreak_guard_open(const char *path) { return open_file(path, O_RDONLY | O_NONBLOCK, 0); }

int firebreak_guard_create(const char *path) {
    unlink(path);
    return open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
}

int firebreak_guard_finish(int fd) { return close_with(fd, fsync(fd) < 0 ? -errno : 0); }

void firebreak_guard_close(int fd) { close(fd); }

int firebreak_guard_lock(const char *path, int waits) {
    int fd = open_file(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0) return fd;
    int result;
    do result = flock(fd, waits ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (result < 0 && errno == EINTR);
    if (result < 0) {
        result = -errno;
        close(fd);
        return result;
    }
    return fd;
}
