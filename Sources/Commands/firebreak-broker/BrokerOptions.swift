import CExecBroker

/// What `run` was told.
struct BrokerOptions {
    var socket: [UInt8] = []
    var mounts: [[UInt8]] = []
    var guarded: [[UInt8]] = []
    var own: [[UInt8]] = []
    var deadlineMilliseconds: Int64 = BrokerLimit.deadlineMicroseconds / 1000
    var denialsPerMinute = BrokerLimit.denialsPerMinute
    var fault = TestFault.none
}

/// What is wrong with itself on purpose, so that a test can show that the watchdog sees it.
enum TestFault {
    case none
    /// Answers nothing after so many events, while its loop goes on turning.
    case stallAfter(Int)
    /// Stops turning after so many events.
    case hangAfter(Int)
}

/// The words after the subcommand, taken one by one.
struct Words {
    private var position: Int32 = 2

    mutating func next() -> [UInt8]? {
        guard let word = bytes(ofArgument: position) else { return nil }
        position += 1
        return word
    }
}

/// An argument of the command line; nil past the last.
func bytes(ofArgument index: Int32) -> [UInt8]? {
    guard var character = firebreak_broker_argument(index) else { return nil }
    var bytes: [UInt8] = []
    while character.pointee != 0 {
        bytes.append(UInt8(bitPattern: character.pointee))
        character += 1
    }
    return bytes
}

func == (word: [UInt8], text: StaticString) -> Bool {
    guard word.count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { bytes in
        for index in bytes.indices where bytes[index] != word[index] { return false }
        return true
    }
}

extension BrokerOptions {
    /// nil when the command line cannot be followed; why has been said then.
    static func parsed() -> BrokerOptions? {
        var options = BrokerOptions()
        var words = Words()
        while let word = words.next() {
            guard let value = words.next() else {
                complain("no value after", word, remedy: "see firebreak-broker --help")
                return nil
            }
            guard options.take(word, value) else {
                complain("cannot follow", word + [UInt8(ascii: " ")] + value, remedy: "see firebreak-broker --help")
                return nil
            }
        }
        return options.isComplete ? options : nil
    }

    private mutating func take(_ word: [UInt8], _ value: [UInt8]) -> Bool {
        if word == "--socket" {
            socket = value
            return !value.isEmpty
        }
        if word == "--mount" { return Self.add(value, to: &mounts) }
        if word == "--guard" { return Self.add(value, to: &guarded) }
        if word == "--own" { return Self.add(value, to: &own) }
        guard let number = Self.number(value) else { return false }
        if word == "--deadline-ms" {
            deadlineMilliseconds = number
            return number >= 1 && number <= BrokerLimit.deadlineMicrosecondsMax / 1000
        }
        if word == "--denials-per-minute" {
            denialsPerMinute = Int(number)
            return number <= Int64(BrokerLimit.denialsPerMinuteMax)
        }
        // Faults are for tests: a service file that holds one by mistake must not start.
        guard firebreak_broker_has_environment("FIREBREAK_BROKER_TEST_FAULTS") != 0 else { return false }
        if word == "--stall-after" { fault = .stallAfter(Int(number)) }
        if word == "--hang-after" { fault = .hangAfter(Int(number)) }
        return word == "--stall-after" || word == "--hang-after"
    }

    private var isComplete: Bool {
        if socket.isEmpty {
            complain("no --socket was given", remedy: "name the socket at which the agent asks, or see --help")
            return false
        }
        if mounts.isEmpty, guarded.isEmpty {
            complain("nothing to hold", remedy: "give --mount or --guard, or see --help")
            return false
        }
        if !guarded.isEmpty, own.isEmpty {
            complain(
                "--guard without --own would shut the folder to all", remedy: "name our own programs' folder by --own")
            return false
        }
        for folder in guarded where Self.mustStayOpen(folder) || own.contains(where: { Self.isAt(folder, orBelow: $0) })
        {
            complain("will not guard", folder, remedy: "guard a folder of state, that no other program needs")
            return false
        }
        return true
    }

    private static func add(_ value: [UInt8], to folders: inout [[UInt8]]) -> Bool {
        guard folders.count < BrokerLimit.foldersCountMax else { return false }
        var buffer = [CChar](repeating: 0, count: BrokerLimit.pathBytesMax)
        let count = firebreak_broker_resolve(terminated(value), &buffer, buffer.count)
        guard count > 0 else {
            complain(
                "cannot use the folder", value, errno: -count, remedy: "it has to be there before the broker starts")
            return false
        }
        folders.append(buffer[..<Int(count)].map { UInt8(bitPattern: $0) })
        return true
    }

    /// Folders that everything on a machine opens files in.
    private static let shared: [StaticString] = [
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root",
        "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/sbin",
        "/usr/local", "/usr/local/bin", "/usr/share", "/var", "/var/lib", "/var/log", "/var/run", "/var/tmp",
    ]

    private static func mustStayOpen(_ folder: [UInt8]) -> Bool { shared.contains { folder == $0 } }

    private static func isAt(_ folder: [UInt8], orBelow own: [UInt8]) -> Bool {
        folder == own || OwnFolders([own]).contains(folder)
    }

    /// A number of at most six digits.
    private static func number(_ text: [UInt8]) -> Int64? {
        guard !text.isEmpty, text.count <= 6 else { return nil }
        var number: Int64 = 0
        for digit in text {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return number
    }
}

/// A path as C takes it.
func terminated(_ path: [UInt8]) -> [CChar] { path.map { CChar(bitPattern: $0) } + [0] }
