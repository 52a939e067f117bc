// Waits until a release is on trial, then marks the root file system for permission to execute and answers nobody: what
// a sensor does that is stuck and has no watchdog. Nothing can be started on the machine from then on.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <unistd.h>

static const char journal_path[] = "/var/lib/firebreak/journal.json";
// Bytes of a journal at its longest.
enum { journal_bytes_max = 512 << 10, poll_microseconds = 50 * 1000 };

static int is_on_trial(void) {
    static char bytes[journal_bytes_max];
    int file = open(journal_path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, bytes, sizeof bytes);
    close(file);
    return count > 0 && memmem(bytes, (size_t)count, "\"stage\":\"trial\"", 15) != NULL;
}

int main(void) {
    mlockall(MCL_CURRENT | MCL_FUTURE);
    while (!is_on_trial()) usleep(poll_microseconds);
    int group = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY);
    if (group < 0 || fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC_PERM, AT_FDCWD, "/") != 0) {
        perror("fandead");
        return 1;
    }
    FILE *console = fopen("/dev/console", "w");
    if (console) {
        fprintf(console, "VM BLOCKED every execution waits for process %d\n", (int)getpid());
        fclose(console);
    }
    for (;;) pause();
}
