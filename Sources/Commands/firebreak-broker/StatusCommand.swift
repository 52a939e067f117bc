import CExecBroker

/// `firebreak-broker status`: asks a running broker how it stands.
enum StatusCommand {
    /// How long a broker may take to answer; it answers in less than a turn of its loop.
    private static let patienceMilliseconds: Int32 = 1000

    static func run() -> Int32 {
        var socket: [UInt8] = []
        var isJSON = false
        var words = Words()
        while let word = words.next() {
            if word == "--json" {
                isJSON = true
            } else if word == "--socket", let path = words.next() {
                socket = path
            } else {
                complain("cannot follow", word, remedy: "see firebreak-broker --help")
                return ExitCode.usage
            }
        }
        guard !socket.isEmpty else {
            complain("no --socket was given", remedy: "name the socket of the broker, or see --help")
            return ExitCode.usage
        }
        let connection = firebreak_broker_client_connect(terminated(socket))
        guard connection >= 0 else {
            complain(
                "no broker at", socket, errno: -connection, remedy: "start its service; executions go on without it")
            return ExitCode.unavailable
        }
        guard let status = ask(connection) else {
            complain("no answer at", socket, remedy: "the broker is of another version, or about to be ended")
            return ExitCode.unavailable
        }
        if isJSON { writeJSON(status) } else { write(status) }
        return ExitCode.well
    }

    private static func ask(_ connection: Int32) -> BrokerStatus? {
        let hello = BrokerRequest.hello(version: BrokerWire.version, .viewer).encoded()
        guard firebreak_broker_datagram_send(connection, hello, hello.count) == 0,
            firebreak_broker_client_wait(connection, -1, patienceMilliseconds) > 0
        else { return nil }
        var datagram = [UInt8](repeating: 0, count: BrokerLimit.datagramBytesMax)
        let count = firebreak_broker_datagram_receive(connection, &datagram, datagram.count)
        guard count > 0, case .status(let status)? = try? BrokerReply(decoding: Array(datagram[..<Int(count)])) else {
            return nil
        }
        return status
    }

    private static func numbers(_ status: BrokerStatus) -> [(StaticString, Int64)] {
        [
            ("pack", Int64(truncatingIfNeeded: status.pack)), ("pause_left_us", status.pauseLeftMicroseconds),
            ("deadline_us", status.deadlineMicroseconds), ("denials_per_minute", Int64(status.denialsPerMinute)),
            ("pending", Int64(status.pendingCount)), ("slowest_us", status.slowestMicroseconds),
            ("pid", Int64(status.processId)), ("watchdog_pid", Int64(status.watchdogId)),
        ]
    }

    private static func write(_ status: BrokerStatus) {
        var output = Output()
        output.add("mode ")
        output.add(status.mode.name)
        output.add("\nreason ")
        output.add(status.reason.name)
        for (name, value) in numbers(status) { line(name, UInt64(bitPattern: value), to: &output) }
        for counter in BrokerCounter.allCases { line(counter.name, status.counters[counter], to: &output) }
        output.add("\n")
        output.write(to: 1)
    }

    private static func line(_ name: StaticString, _ value: UInt64, to output: inout Output) {
        output.add("\n")
        output.add(name)
        output.add(" ")
        output.add(value)
    }

    private static func writeJSON(_ status: BrokerStatus) {
        var output = Output()
        output.add("{\"mode\":\"")
        output.add(status.mode.name)
        output.add("\",\"reason\":\"")
        output.add(status.reason.name)
        output.add("\"")
        for (name, value) in numbers(status) { member(name, UInt64(bitPattern: value), to: &output) }
        for counter in BrokerCounter.allCases { member(counter.name, status.counters[counter], to: &output) }
        output.add("}\n")
        output.write(to: 1)
    }

    private static func member(_ name: StaticString, _ value: UInt64, to output: inout Output) {
        output.add(",\"")
        output.add(name)
        output.add("\":")
        output.add(value)
    }
}
