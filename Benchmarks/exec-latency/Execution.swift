import Glibc

/// One execution: vfork, exec, exit, reaped. The whole of it, since audit writes its record when the call ends, which is
/// after the parent goes on.
enum Execution {
    static func microseconds(_ path: String) -> Double {
        var pid = pid_t()
        var words: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
        defer { free(words[0]) }
        let begun = now()
        guard posix_spawn(&pid, path, nil, nil, &words, environ) == 0 else { return .infinity }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return now() - begun
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }
}
