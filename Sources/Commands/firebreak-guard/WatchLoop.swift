import CGuard

/// `firebreak-guard watch`: starts the agent, hears its beats, and starts it again.
struct WatchLoop {
    private var driver: GuardDriver
    private var remedies: RemedyFolder
    private let signals: Int32
    private let socket: Int32
    private var remediesLookedAt: UInt64

    /// How often the drop folder is looked into. A person who plugs in a stick waits that long.
    private static let remedySpan: UInt64 = 10_000
    /// Datagrams of one turn: a flood must not keep the guard from its clock.
    private static let wordsAtOnce = 64
    /// What the agent's exit code says when another one has the state directory (sysexits.h, EX_TEMPFAIL).
    private static let isTakenCode = 75

    static func run(_ options: GuardOptions) -> GuardExit {
        let paths = options.paths
        guard Disk.makeDirectory(paths.guardFolder) == 0 || Disk.names(in: paths.guardFolder) != nil else {
            Voice.complain("\(paths.guardFolder) cannot be made; check --state")
            return .failed
        }
        // The second guard stands here until the first is gone, however it goes; nothing is read before.
        if let lock = HeldLock(paths.watchLock, waits: false) { return watch(options, lock) }
        Voice.complain("another guard watches; standing by")
        guard let lock = HeldLock(paths.watchLock, waits: true) else {
            Voice.complain("\(paths.watchLock) cannot be locked; check that its disk can be written")
            return .failed
        }
        Voice.complain("the other guard is gone; taking over")
        return watch(options, lock)
    }

    private static func watch(_ options: GuardOptions, _ lock: consuming HeldLock) -> GuardExit {
        guard var loop = WatchLoop(options) else { return .failed }
        loop.begin()
        while !loop.driver.isFinished { loop.turn() }
        _ = consume lock
        return .done
    }

    private init?(_ options: GuardOptions) {
        driver = GuardDriver(options)
        driver.agentArguments = options.rest
        remedies = RemedyFolder(options)
        signals = firebreak_guard_signals()
        socket = options.paths.socket.withCString { firebreak_guard_listen($0) }
        remediesLookedAt = firebreak_guard_now()
        if signals < 0 || socket < 0 {
            Voice.complain("no socket or no signals (\(Int(socket)), \(Int(signals))); check --state")
            return nil
        }
    }

    private mutating func begin() {
        driver.step(.boot(driver.found()))
        Voice.complain(driver.machine.bootLine)
        driver.child = runningAgent()
        driver.step(.watch(adopted: driver.child != nil))
    }

    /// The agent that an earlier guard started, or another that has the state directory.
    private func runningAgent() -> firebreak_guard_child? {
        var found = firebreak_guard_child()
        let paths = driver.paths
        if paths.pidFile.withCString({ firebreak_guard_find($0, &found) }) == 0 { return found }
        return paths.agentLock.withCString({ firebreak_guard_find_holder($0, &found) }) == 0 ? found : nil
    }

    /// Waits for one event, and hears everything that is there: words first, since they may excuse an end.
    private mutating func turn() {
        let now = firebreak_guard_now()
        let wake = driver.machine.wakeAfter(now: now) ?? Self.remedySpan
        let descriptors = [signals, socket, driver.child?.pidfd ?? -1]
        let ready = firebreak_guard_wait(descriptors, 3, Int64(min(wake, Self.remedySpan)))
        hearWords()
        if ready & 4 != 0 { hearEnd() }
        if firebreak_guard_take_signal(signals) > 0 { driver.step(.end) }
        if !driver.isFinished { tick() }
        if !driver.isFinished, firebreak_guard_now() >= remediesLookedAt + Self.remedySpan {
            remedies.apply(with: &driver)
            remediesLookedAt = firebreak_guard_now()
        }
    }

    /// A tick that changes nothing reads no disk.
    private mutating func tick() {
        var ahead = driver.machine
        let actions = ahead.handle(.tick, at: firebreak_guard_now())
        if actions.isEmpty, ahead.record == driver.machine.record {
            driver.machine = ahead
        } else {
            driver.step(.tick)
        }
    }

    private mutating func hearWords() {
        var buffer = [UInt8](repeating: 0, count: GuardLimit.wordBytesMax)
        for _ in 0..<Self.wordsAtOnce {
            var sender: pid_t = 0
            let count = firebreak_guard_receive(socket, &buffer, buffer.count, &sender)
            guard count >= 0 else { return }
            guard let word = AgentWord(buffer[..<count]) else { continue }
            switch word {
            case .look, .restart: driver.step(.said(word))
            case .beat(let pid):
                guard sender == driver.child?.pid, pid == Int(sender) else { continue }
                _ = driver.machine.handle(.said(word), at: firebreak_guard_now())
            case .committed, .well, .stopping:
                // Only the running agent speaks for itself: a late word of the one before it would prove the wrong
                // build.
                if sender == driver.child?.pid { driver.step(.said(word)) }
            }
        }
    }

    private mutating func hearEnd() {
        guard var child = driver.child else { return }
        var kind: Int32 = 0
        var value: Int32 = 0
        guard firebreak_guard_reap(&child, &kind, &value) == 0 else { return }
        firebreak_guard_close(child.pidfd)
        driver.child = nil
        switch UInt32(kind) {
        case FIREBREAK_GUARD_EXITED.rawValue:
            if value == Self.isTakenCode, let holder = runningAgent() {
                driver.child = holder
                driver.step(.agentAdopted)
                return
            }
            driver.step(.agentLeft(driver.journal))
            driver.step(.agentEnded(.exited(code: Int(value))))
        case FIREBREAK_GUARD_SIGNALLED.rawValue:
            driver.step(.agentLeft(driver.journal))
            driver.step(.agentEnded(.signalled(Int(value))))
        default:
            driver.step(.agentLeft(driver.journal))
            driver.step(.agentEnded(.unseen))
        }
    }
}
