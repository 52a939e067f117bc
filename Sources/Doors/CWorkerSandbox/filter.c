// The system calls that are left to a sealed worker, as a classic BPF program.
//
// Written by hand and not by libseccomp: the list is thirteen calls long, a reader can check every instruction here
// against seccomp(2), and the worker needs no library that its host might lack.

#define _GNU_SOURCE
#include "filter.h"

#include "include/CWorkerSandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "No seccomp list for this architecture: check the call numbers, then add it here."
#endif

// Calls of the x32 ABI have this bit in their number; they share the architecture of x86-64 and are never ours.
#define X32_CALL_BIT 0x40000000u

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
// Both kernels are little endian: the low half of an argument comes first.
#define LOAD_LOW(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD_HIGH(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n) + 4)
#define UNLESS_EQUAL_SKIP(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define IF_EQUAL_SKIP(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (skip), 0)
#define IF_ANY_BIT_SKIP(bits, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), (skip), 0)
#define UNLESS_ANY_BIT_SKIP(bits, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (skip))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

// Each rule below begins with the call's number in the accumulator and leaves it there when the number is another.

// Whatever the arguments.
#define CALL(number) UNLESS_EQUAL_SKIP((number), 1), ALLOW
// Only on the channel.
#define CALL_ON_CHANNEL(number)                                                                                        \
    UNLESS_EQUAL_SKIP((number), 6), LOAD_HIGH(0), UNLESS_EQUAL_SKIP(0, 3), LOAD_LOW(0),                                \
        UNLESS_EQUAL_SKIP(FIREBREAK_CHANNEL_FD, 1), ALLOW, KILL
// Only on the channel, or for last words on standard error, which never blocks.
#define CALL_ON_CHANNEL_OR_WORDS(number)                                                                               \
    UNLESS_EQUAL_SKIP((number), 7), LOAD_HIGH(0), UNLESS_EQUAL_SKIP(0, 4), LOAD_LOW(0),                                \
        IF_EQUAL_SKIP(FIREBREAK_CHANNEL_FD, 1), UNLESS_EQUAL_SKIP(2, 1), ALLOW, KILL
// Only with a protection (argument 2) that does not allow to run what is there.
#define CALL_NOT_EXECUTABLE(number)                                                                                    \
    UNLESS_EQUAL_SKIP((number), 4), LOAD_LOW(2), IF_ANY_BIT_SKIP(PROT_EXEC, 1), ALLOW, KILL
// The same, and only without a file behind it.
#define CALL_MEMORY_ONLY(number)                                                                                       \
    UNLESS_EQUAL_SKIP((number), 6), LOAD_LOW(2), IF_ANY_BIT_SKIP(PROT_EXEC, 3), LOAD_LOW(3),                           \
        UNLESS_ANY_BIT_SKIP(MAP_ANONYMOUS, 1), ALLOW, KILL

static const struct sock_filter program[] = {
    LOAD(arch),
    IF_EQUAL_SKIP(OWN_ARCHITECTURE, 1),
    KILL,
    LOAD(nr),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALL_BIT, 0, 1),
    KILL,
    CALL_ON_CHANNEL(__NR_read),
    CALL_ON_CHANNEL_OR_WORDS(__NR_write),
    CALL(__NR_futex),
    CALL(__NR_clock_gettime),
    CALL(__NR_brk),
    CALL_MEMORY_ONLY(__NR_mmap),
    CALL(__NR_munmap),
    CALL(__NR_mremap),
    CALL(__NR_madvise),
    CALL_NOT_EXECUTABLE(__NR_mprotect),
    CALL(__NR_rt_sigreturn),
    CALL(__NR_exit),
    CALL(__NR_exit_group),
    KILL,
};

enum { ALLOWED_CALL_COUNT = 13 };

int firebreak_install_filter(uint8_t *allowed_call_count) {
    struct sock_fprog filter = {
        .len = (unsigned short)(sizeof program / sizeof program[0]),
        .filter = (struct sock_filter *)program,
    };
    // All threads: a thread that a library had started would otherwise stay outside.
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    if (result < 0) return -errno;
    // A positive result is the id of a thread that could not be brought under the filter.
    if (result > 0) return -EBUSY;
    *allowed_call_count = ALLOWED_CALL_COUNT;
    return 0;
}
