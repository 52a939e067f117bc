// Stands in for an agent where the guard is tested. What it does is a word in the file `behaviour` beside it:
//
//   well    beats, says well, ends with 0 on SIGTERM after saying so
//   prove   the same, and says committed
//   mute    beats, and never commits
//   hang    gives no beat
//   die     exits with 3 at once
//
// `fake-agent remedy check FILE --trust KEYS` prints FILE and ends with 0 when its first line is a plan's; an agent that
// dies vouches for nothing, and any other file is refused with 65. Every start appends a line to STATE/starts: slot, mode, boot, build, process id.

#define _GNU_SOURCE
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BEAT_MICROSECONDS = 50000 };

static volatile sig_atomic_t is_told_to_end;

static void end(int number) {
    (void)number;
    is_told_to_end = 1;
}

static void say(const char *text) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("FIREBREAK_GUARD_SOCKET");
    if (!path) exit(4);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    // A new socket for each word: the guard that hears it may be another than the one before.
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sendto(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address);
    close(fd);
}

static void read_behaviour(char *word, size_t size) {
    char self[PATH_MAX], path[PATH_MAX + 16];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) exit(4);
    self[length] = 0;
    snprintf(path, sizeof path, "%s/behaviour", dirname(self));
    FILE *file = fopen(path, "r");
    if (!file || !fgets(word, (int)size, file)) exit(4);
    word[strcspn(word, "\n")] = 0;
    fclose(file);
}

static int check_remedy(const char *path) {
    char line[512];
    FILE *file = fopen(path, "r");
    if (!file) return 66;
    int is_first = 1;
    while (fgets(line, sizeof line, file)) {
        if (is_first && strncmp(line, "firebreak-remedy-plan 1 ", 24) != 0) return 65;
        is_first = 0;
        fputs(line, stdout);
    }
    fclose(file);
    return is_first ? 65 : 0;
}

int main(int argc, char **argv) {
    char behaviour[32], text[128];
    read_behaviour(behaviour, sizeof behaviour);
    if (argc >= 4 && strcmp(argv[1], "remedy") == 0) return strcmp(behaviour, "die") == 0 ? 3 : check_remedy(argv[3]);
    if (argc < 3) return 64;
    FILE *starts = fopen(argv[2], "a");
    if (!starts) return 4;
    fprintf(
        starts, "%s %s %s %s %d\n", getenv("FIREBREAK_SLOT"), getenv("FIREBREAK_MODE"), getenv("FIREBREAK_BOOT"),
        getenv("FIREBREAK_BUILD"), (int)getpid());
    fclose(starts);
    if (strcmp(behaviour, "die") == 0) return 3;
    signal(SIGTERM, end);
    if (strcmp(behaviour, "well") == 0) say("well\n");
    if (strcmp(behaviour, "prove") == 0) say("committed fake-1\n");
    snprintf(text, sizeof text, "beat %d\n", (int)getpid());
    while (!is_told_to_end) {
        if (strcmp(behaviour, "hang") != 0) say(text);
        usleep(BEAT_MICROSECONDS);
    }
    say("stopping\n");
    return 0;
}
