import CExecBroker

/// The broker's one thread: takes events, asks, answers. It waits for nothing but the kernel's readiness, writes to
/// nobody who could stop reading, and turns at least every `turnMilliseconds`, which the watchdog counts.
struct BrokerLoop {
    /// The longest turn; the watchdog gives a loop 700 ms.
    private static let turnMilliseconds: Int32 = 200
    /// Connections at once: an engine, the one that takes its place, and a few that look.
    private static let connectionsMax = 16
    /// Datagrams taken of one connection in one turn: one that floods does not keep the kernel waiting.
    private static let datagramsPerTurn = 64
    private static let readyMax: Int32 = 32

    private var machine: BrokerMachine
    private var facts: BrokerFacts
    private let doors: BrokerDoors
    private var connections: [Connection] = []
    private var engine: Int32 = -1
    /// Files of the events that are not answered, by id, oldest first.
    private var held: [Held] = []
    private var nextId: UInt64 = 1
    private var events = [firebreak_permission](
        repeating: firebreak_permission(file: -1, pid: 0, kind: 0), count: Int(FIREBREAK_PERMISSIONS_PER_READ))
    private var datagram = [UInt8](repeating: 0, count: BrokerLimit.datagramBytesMax)
    private let fault: TestFault
    private var eventCount = 0

    private struct Held {
        var id: UInt64
        var file: Int32
    }

    private struct Connection {
        var socket: Int32
        var process: Int32
        var hasGreeted = false
    }

    init(machine: BrokerMachine, facts: BrokerFacts, doors: BrokerDoors, fault: TestFault) {
        self.machine = machine
        self.facts = facts
        self.doors = doors
        self.fault = fault
        held.reserveCapacity(BrokerLimit.pendingCountMax + Int(FIREBREAK_PERMISSIONS_PER_READ))
    }

    /// Turns until it has to end; returns the exit code. When the process ends, the kernel closes the group and lets all
    /// go that wait.
    mutating func run() -> Int32 {
        var ready = [Int32](repeating: -1, count: Int(Self.readyMax))
        while true {
            firebreak_broker_beat()
            let count = firebreak_broker_wait(doors.poll, &ready, Self.readyMax, Self.turnMilliseconds)
            guard count >= 0 else { return ExitCode.system }
            for descriptor in ready[..<Int(count)] {
                if descriptor == doors.signals { return ExitCode.well }
                if descriptor == doors.watchdog { return ExitCode.unwatched }
                if !serve(descriptor) { return ExitCode.system }
            }
            give(.tick)
            if firebreak_broker_is_watched() == 0 { return ExitCode.unwatched }
        }
    }

    private mutating func serve(_ descriptor: Int32) -> Bool {
        if descriptor == doors.group { return takeEvents() }
        if descriptor == doors.timer {
            firebreak_broker_timer_clear(doors.timer)
        } else if descriptor == doors.listener {
            accept()
        } else {
            listen(to: descriptor)
        }
        return true
    }

    private mutating func takeEvents() -> Bool {
        let count = firebreak_broker_read(doors.group, &events)
        // A group that cannot be read cannot be answered: the end of the process lets all go.
        guard count >= 0 else { return false }
        for permission in events[..<Int(count)] {
            eventCount += 1
            if isOutOfOrder() { continue }
            let event = facts.event(id: nextId, permission, isAsking: machine.mode == .asking)
            nextId += 1
            held.append(Held(id: event.id, file: permission.file))
            give(.event(event))
        }
        return true
    }

    private func isOutOfOrder() -> Bool {
        switch fault {
        case .none: return false
        case .stallAfter(let count): return eventCount > count
        case .hangAfter(let count):
            if eventCount > count { firebreak_broker_hang() }
            return false
        }
    }

    private mutating func give(_ input: BrokerInput) {
        var unsent: [UInt64] = []
        for action in machine.handle(input, nowMicroseconds: firebreak_broker_now()) {
            switch action {
            case .answer(let id, let verdict): answer(id, verdict)
            case .ask(let ask): if !send(.ask(ask), to: engine) { unsent.append(ask.id) }
            case .tell: tell(engine)
            case .arm(let microseconds): firebreak_broker_timer_set(doors.timer, microseconds)
            case .disarm: firebreak_broker_timer_set(doors.timer, 0)
            }
        }
        // One ask comes of one event, and a failed one makes none: this ends.
        for id in unsent { give(.askFailed(id: id)) }
    }

    private mutating func answer(_ id: UInt64, _ verdict: Verdict) {
        guard let index = held.firstIndex(where: { $0.id == id }) else { return }
        let file = held.remove(at: index).file
        _ = firebreak_broker_answer(doors.group, file, verdict == .allow ? 1 : 0)
    }

    // MARK: Connections

    private mutating func accept() {
        var process: pid_t = 0
        let socket = firebreak_broker_accept(doors.listener, &process)
        guard socket >= 0 else { return }
        guard connections.count < Self.connectionsMax, firebreak_broker_poll_add(doors.poll, socket) == 0 else {
            _ = firebreak_broker_close(socket)
            return
        }
        connections.append(Connection(socket: socket, process: process))
    }

    private mutating func listen(to socket: Int32) {
        for _ in 0..<Self.datagramsPerTurn {
            let count = firebreak_broker_datagram_receive(socket, &datagram, datagram.count)
            if count == -EAGAIN { return }
            guard count > 0, let request = try? BrokerRequest(decoding: Array(datagram[..<Int(count)])),
                follow(request, from: socket)
            else { return drop(socket) }
        }
    }

    /// False when the connection has to end.
    private mutating func follow(_ request: BrokerRequest, from socket: Int32) -> Bool {
        guard let index = connections.firstIndex(where: { $0.socket == socket }) else { return false }
        switch request {
        case .hello(let version, let role):
            guard !connections[index].hasGreeted else { return false }
            connections[index].hasGreeted = true
            guard version == BrokerWire.version else {
                _ = send(.refused(version: BrokerWire.version), to: socket)
                return false
            }
            if role == .engine { welcome(socket, process: connections[index].process) } else { tell(socket) }
            return true
        case .askStatus:
            tell(socket)
            return connections[index].hasGreeted
        case .verdict(let id, let verdict, let pack):
            guard socket == engine else { return false }
            give(.verdict(id: id, verdict, pack: pack))
            return true
        }
    }

    /// The newest engine takes the place: the one before may be the one that is stuck.
    private mutating func welcome(_ socket: Int32, process: Int32) {
        let before = engine
        engine = socket
        facts.engineProcess = process
        give(.engineConnected)
        if before >= 0 { drop(before) }
    }

    private mutating func drop(_ socket: Int32) {
        connections.removeAll { $0.socket == socket }
        _ = firebreak_broker_close(socket)
        guard socket == engine else { return }
        engine = -1
        facts.engineProcess = 0
        give(.engineLost)
    }

    private func tell(_ socket: Int32) {
        var status = machine.status
        status.processId = doors.process
        status.watchdogId = doors.watchdogProcess
        _ = send(.status(status), to: socket)
    }

    private func send(_ reply: BrokerReply, to socket: Int32) -> Bool {
        guard socket >= 0 else { return false }
        let bytes = reply.encoded()
        return firebreak_broker_datagram_send(socket, bytes, bytes.count) == 0
    }
}
