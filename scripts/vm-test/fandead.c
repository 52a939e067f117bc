// Waits until a release is on trial, then marks the root file system for permission to execute and answers nobody: what
// a sensor does that is stuck and has no watchdog. Nothing can be started on the machine from then on.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <unistd.h>

static const char journal_path[] = "/var/lib/firebreak/journal.json";
static const char generations_path[] = "/var/lib/firebreak/generations";
static const char trial[] = " stage=trial digest=";
// The journal's first line is at most 256 bytes long.
enum { line_bytes_max = 256, path_bytes_max = 256, poll_microseconds = 50 * 1000 };

// Whether the journal's first line says so, and the pack that it names is still there.
static int is_on_trial(void) {
    char line[line_bytes_max + 1] = "";
    int file = open(journal_path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, line, line_bytes_max);
    close(file);
    const char *found = count > 0 ? strstr(line, trial) : NULL;
    if (found == NULL) return 0;
    char path[path_bytes_max];
    snprintf(path, sizeof path, "%s/%.64s.fbpack", generations_path, found + strlen(trial));
    return access(path, F_OK) == 0;
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
