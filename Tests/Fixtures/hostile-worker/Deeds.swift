import DetectionWorker
import Glibc
import WorkerWire

/// What a hostile worker may try, by name.
enum Deeds {
    typealias Deed = (inout WorkerChannel) -> Int
    private typealias Call = @convention(c) (Int, Int, Int, Int, Int, Int, Int) -> Int

    static func named(_ name: String) -> Deed? {
        calls[name] ?? resources[name] ?? lies[name]
    }

    /// A function of the C library, found before the seal; integers and pointers only. Reaches also what Swift hides,
    /// as fork and the variadic ones.
    private static func function(_ name: String) -> Call {
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), name) else {
            fatalError("the C library has no \(name)")
        }
        return unsafeBitCast(symbol, to: Call.self)
    }

    private static func call(_ name: String, _ arguments: Int...) -> Deed {
        let function = function(name)
        let all = arguments + Array(repeating: 0, count: 7 - arguments.count)
        return { _ in function(all[0], all[1], all[2], all[3], all[4], all[5], all[6]) }
    }

    private static func address(_ text: String) -> Int { Int(bitPattern: strdup(text)) }

    /// Memory that a call may write to, never freed.
    private static func room() -> Int { Int(bitPattern: calloc(1, 4096)) }

    /// Each ends in one system call outside the list, or inside it with a forbidden argument.
    private static var calls: [String: Deed] {
        let parent = Int(getppid())
        let anonymous = Int(MAP_PRIVATE | MAP_ANONYMOUS)
        return [
            "open": call("open", address("/etc/passwd"), Int(O_RDONLY)),
            "create": call("open", address("/tmp/firebreak-hostile"), Int(O_CREAT | O_WRONLY), 0o600),
            "stat": call("stat", address("/etc/passwd"), room()),
            "unlink": call("unlink", address("/tmp/firebreak-hostile-absent")),
            "chmod": call("chmod", address("/tmp/firebreak-hostile-absent"), 0o600),
            "socket": call("socket", Int(AF_INET), Int(SOCK_STREAM.rawValue), 0),
            "socket-unix": call("socket", Int(AF_UNIX), Int(SOCK_STREAM.rawValue), 0),
            "connect": call("connect", 3, room(), 16),
            "sendmsg": call("sendmsg", 3, room(), 0),
            "recvmsg": call("recvmsg", 3, room(), 0),
            "exec": call("execv", address("/bin/true"), room()),
            "fork": call("fork"),
            "kill": call("kill", parent, 0),
            "tgkill": call("tgkill", parent, parent, 0),
            "ptrace": call("ptrace", 0, 0, 0, 0),
            "read-memory": call("process_vm_readv", parent, room(), 0, room(), 0, 0),
            "prlimit": call("prlimit", 0, Int(RLIMIT_CPU.rawValue), 0, room()),
            "memfd": call("memfd_create", address("x"), 0),
            "pipe": call("pipe", room()),
            "dup": call("dup", 3),
            "sleep": call("usleep", 1),
            "getpid": call("getpid"),
            "sigaction": call("signal", Int(SIGXCPU), Int(bitPattern: unsafeBitCast(SIG_IGN, to: OpaquePointer.self))),
            "read-other": call("read", 0, room(), 1),
            "write-other": call("write", 1, room(), 1),
            "map-executable": call("mmap", 0, 4096, Int(PROT_READ | PROT_EXEC), anonymous, -1, 0),
            "map-file": call("mmap", 0, 4096, Int(PROT_READ), Int(MAP_PRIVATE), 3, 0),
            "make-executable": { _ in
                let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, Int32(anonymous), -1, 0)
                return Int(mprotect(page, 4096, PROT_READ | PROT_EXEC))
            },
            // read(2) by the x32 number: refused before the kernel asks whether it has x32 at all.
            "x32": call("syscall", 0x4000_0000, 3, 0, 0),
        ]
    }

    /// Each would take what the host has.
    private static var resources: [String: Deed] {
        [
            "memory": { _ in
                var hoard: [UnsafeMutableRawPointer] = []
                while true {
                    let portion = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 16)
                    memset(portion, 1, 1 << 20)
                    hoard.append(portion)
                }
            },
            "loop": { _ in
                var count = 0
                while true { count &+= 1 }
            },
            "recursion": { _ in Deeds.recurse(1) },
            "trap": { channel in
                let empty: [Int] = []
                return empty[Int(channel.flush() ? 1 : 2)]
            },
        ]
    }

    @inline(never) private static func recurse(_ depth: Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: 512, alignment: 16) { room in
            room[0] = UInt8(truncatingIfNeeded: depth)
            return recurse(depth &+ 1) &+ Int(room[0])
        }
    }

    /// Each says to the agent what no worker says.
    private static var lies: [String: Deed] {
        [
            "flood": { channel in
                let pong = WorkerFrame.Pong(nonce: 1, eventsEvaluated: 1, matches: 1, eventsRefused: 0)
                while channel.reply(.pong(pong)) {}
                return 0
            },
            "garbage": { _ in
                let garbage = [UInt8](repeating: 0xA5, count: 4096)
                _ = write(3, garbage, garbage.count)
                while true {}
            },
            "lying-length": { _ in
                _ = write(3, [0xFF, 0xFF, 0xFF, 0x7F, 134] as [UInt8], 5)
                while true {}
            },
            "last-words": { _ in
                let words = String(repeating: "words ", count: 100_000)
                _ = write(2, words, words.utf8.count)
                fatalError()
            },
        ]
    }
}
