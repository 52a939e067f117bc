#define _GNU_SOURCE

#include "CResponseActions.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static int64_t result(int64_t value) { return value < 0 ? -errno : value; }

int firebreak_open_plain(int folder, const char *path, int flags, uint32_t mode) {
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
        .mode = mode,
        .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)result(syscall(SYS_openat2, folder < 0 ? AT_FDCWD : folder, path, &how, sizeof(how)));
}

int firebreak_rename_new(int old_folder, const char *old_name, int new_folder, const char *new_name) {
    return (int)result(renameat2(old_folder, old_name, new_folder, new_name, RENAME_NOREPLACE));
}

int firebreak_process_open(pid_t pid) { return (int)result(syscall(SYS_pidfd_open, pid, 0)); }

int firebreak_process_kill(int pidfd) {
    return (int)result(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0));
}

int64_t firebreak_attribute_names(int file, char *names, size_t size) { return result(flistxattr(file, names, size)); }

int64_t firebreak_attribute_value(int file, const char *name, uint8_t *value, size_t size) {
    return result(fgetxattr(file, name, value, size));
}

int firebreak_attribute_set(int file, const char *name, const uint8_t *value, size_t size) {
    return (int)result(fsetxattr(file, name, value, size, 0));
}
