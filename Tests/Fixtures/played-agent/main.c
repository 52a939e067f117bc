// An agent that is only played: it tells the guard what its part says, and ends.
//
// Its part is the word in the file "part" beside it: "commits", "well" or "dies". Before anything else it leaves a file
// PLAYED_MARKS/SLOT, where the folder is named by the file "marks" beside it: so a test knows that it ran.
//
//   played-agent remedy check FILE --trust KEYS     prints FILE, as an agent prints the plan of a remedy that it trusts

#define _GNU_SOURCE
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char text[4096];

static int read_text(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count < 0) return -1;
    text[count] = 0;
    return (int)count;
}

static int read_beside(const char *program, const char *name) {
    char copy[PATH_MAX], path[PATH_MAX + 64];
    snprintf(copy, sizeof copy, "%s", program);
    snprintf(path, sizeof path, "%s/%s", dirname(copy), name);
    int count = read_text(path);
    while (count > 0 && text[count - 1] == '\n') text[--count] = 0;
    return count;
}

static void tell(const char *word) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("FIREBREAK_GUARD_SOCKET");
    int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (!path || socket_ < 0) exit(2);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    // A guard that is being killed does not listen any more.
    sendto(socket_, word, strlen(word), 0, (struct sockaddr *)&address, sizeof address);
    close(socket_);
}

int main(int count, char **words) {
    if (count >= 4 && strcmp(words[1], "remedy") == 0) {
        int length = read_text(words[3]);
        if (length <= 0) return 1;
        return write(1, text, (size_t)length) == length ? 0 : 1;
    }
    const char *slot = getenv("FIREBREAK_SLOT");
    char path[PATH_MAX], word[64];
    if (!slot || read_beside(words[0], "marks") <= 0) return 2;
    snprintf(path, sizeof path, "%.4000s/%s", text, slot);
    int mark = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (mark < 0) return 2;
    close(mark);
    if (read_beside(words[0], "part") <= 0) return 2;
    if (strcmp(text, "dies") == 0) return 1;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    pid_t guard = getppid();
    snprintf(word, sizeof word, "beat %d", getpid());
    tell(word);
    if (strcmp(text, "commits") == 0) tell("committed 1.0.0");
    tell("well");
    // The story is over: the guard is told to end, as its service would, and ends this agent in good order.
    kill(guard, SIGTERM);
    int number;
    sigwait(&ends, &number);
    tell("stopping");
    return 0;
}
