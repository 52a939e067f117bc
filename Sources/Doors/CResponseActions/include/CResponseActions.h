// What response actions need of Linux and Swift's Glibc module does not offer.
//
// Every function returns 0 or a value that is not negative, or a negated errno; none sets errno for its caller.

#ifndef CRESPONSEACTIONS_H
#define CRESPONSEACTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Opens `path` below `folder` (-1: from the root) with close-on-exec. No part of the path may be a symbolic link: a
// link in a folder that others write to would lead anywhere. -ENOSYS before Linux 5.6.
int firebreak_open_plain(int folder, const char *path, int flags, uint32_t mode);

// Renames without ever replacing what has the new name: -EEXIST then.
int firebreak_rename_new(int old_folder, const char *old_name, int new_folder, const char *new_name);

// Refers to exactly the process that has the number now, whatever becomes of the number. -ESRCH when there is none.
int firebreak_process_open(pid_t pid);
// Sends SIGKILL to it. -ESRCH when it has ended.
int firebreak_process_kill(int pidfd);

// Names of the extended attributes, each ended by a zero; `size` 0 asks for the bytes needed.
int64_t firebreak_attribute_names(int file, char *names, size_t size);
int64_t firebreak_attribute_value(int file, const char *name, uint8_t *value, size_t size);
int firebreak_attribute_set(int file, const char *name, const uint8_t *value, size_t size);

#endif
