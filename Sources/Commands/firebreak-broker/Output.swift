import CExecBroker

/// Text for a person or a program, gathered and written at once. Never used while the loop turns: whoever reads could
/// stop reading, and the loop waits for nobody.
struct Output {
    private var bytes: [UInt8] = []

    mutating func add(_ text: StaticString) { text.withUTF8Buffer { bytes.append(contentsOf: $0) } }
    mutating func add(_ number: Int64) { bytes.append(contentsOf: String(number).utf8) }
    mutating func add(_ number: UInt64) { bytes.append(contentsOf: String(number).utf8) }
    mutating func add(bytes more: [UInt8]) { bytes.append(contentsOf: more) }

    /// The text of an errno.
    mutating func add(error number: Int32) {
        guard var character = firebreak_broker_error_text(number) else { return }
        while character.pointee != 0 {
            bytes.append(UInt8(bitPattern: character.pointee))
            character += 1
        }
    }

    func write(to descriptor: Int32) { firebreak_broker_write(descriptor, bytes, bytes.count) }
}

/// How the program ends.
enum ExitCode {
    static let well: Int32 = 0
    /// The command line cannot be followed (EX_USAGE).
    static let usage: Int32 = 64
    /// No broker answers at the socket (EX_UNAVAILABLE).
    static let unavailable: Int32 = 69
    /// The system refused something that the broker cannot do without (EX_OSERR).
    static let system: Int32 = 71
    /// The watchdog is gone, or stands: the broker does not hold executions unwatched (EX_TEMPFAIL).
    static let unwatched: Int32 = 75
}

/// Says on standard error why nothing was done, and what to do.
func complain(_ what: StaticString, _ subject: [UInt8] = [], errno number: Int32 = 0, remedy: StaticString) {
    var output = Output()
    output.add("firebreak-broker: ")
    output.add(what)
    if !subject.isEmpty {
        output.add(" ")
        output.add(bytes: subject)
    }
    if number != 0 {
        output.add(": ")
        output.add(error: number)
    }
    output.add("; ")
    output.add(remedy)
    output.add("\n")
    output.write(to: 2)
}
