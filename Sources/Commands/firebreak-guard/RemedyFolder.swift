import CGuard

/// Signed remedies: has them checked by an agent's own trust code, and applies each once.
///
/// The guard holds no key and reads no remedy. A check that cannot be made has failed.
struct RemedyFolder {
    enum Outcome: Equatable {
        case applied
        /// It was applied earlier.
        case known
        /// An agent checked it and found it wrong, or what it installs is not there.
        case refused
        /// No agent could check it: it is not done, and stays.
        case unchecked
    }

    private let options: GuardOptions
    /// Files that were not applied in this run; they are tried again by the next.
    private var passedOver: [PlainText] = []

    /// Time for all the checks of one go: a boot does not wait longer for remedies that hang.
    private static let budget: UInt64 = 30_000
    /// Files that are looked at in one go; a remedy is an event, not a stream.
    private static let filesAtOnce = 8
    /// How long one agent may take for one check. It starts, reads a small file and checks one signature: 100 ms.
    private static let checkDeadline: UInt64 = 10_000

    init(_ options: GuardOptions) { self.options = options }

    /// Applies what lies in the drop folder.
    mutating func apply(with driver: inout GuardDriver) {
        let folder = options.paths.remedies
        let deadline = firebreak_guard_now() + Self.budget
        for name in Self.files(in: folder) where !passedOver.contains(name) {
            guard firebreak_guard_now() < deadline else { return }
            let path = folder.appending(name)
            switch apply(path, with: &driver) {
            case .applied, .known: _ = Disk.rename(path, to: path + ".applied")
            case .refused:
                if Disk.rename(path, to: path + ".refused") != 0 { passedOver.append(name) }
            case .unchecked: passedOver.append(name)
            }
        }
    }

    static func files(in folder: PlainText) -> [PlainText] {
        var files = (Disk.names(in: folder) ?? []).filter { $0.hasSuffix(GuardPaths.remedySuffix) }
        files.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return Array(files.prefix(filesAtOnce))
    }

    func apply(_ path: PlainText, with driver: inout GuardDriver) -> Outcome {
        let (checked, failure) = check(path, record: driver.machine.record)
        guard let plan = checked else { return failure }
        if driver.machine.record.hasApplied(plan.id) {
            Voice.complain("remedy \(plan.id) was applied before")
            driver.step(.remedy(plan))
            return .known
        }
        for action in plan.actions {
            guard case .installBuild(let name, let agent, let worker) = action else { continue }
            let installer = BuildInstaller(
                folder: Self.folder(of: path).appending(name), expected: .init(agent: agent, worker: worker))
            if let why = installer.install(with: &driver) {
                Voice.complain("remedy \(plan.id) refused: \(why)")
                return .refused
            }
        }
        driver.step(.remedy(plan))
        return driver.isUnwritten ? .unchecked : .applied
    }

    /// Asks the agents, the one that is most trusted first, for the plan of a remedy.
    func check(_ path: PlainText, record: GuardRecord) -> (plan: RemedyPlan?, failure: Outcome) {
        var failure = Outcome.unchecked
        for slot in [record.force, record.force.other] where record[slot].standing == .proven {
            let agent = options.paths.agent(in: slot)
            guard Disk.isProgram(agent) else { continue }
            let arguments = GuardDriver.texts([agent, "remedy", "check", path, "--trust", options.trust])
            var buffer = [UInt8](repeating: 0, count: RemedyPlan.textBytesMax)
            let count = agent.withCString { agent in
                arguments.withCString { arguments in
                    firebreak_guard_capture(agent, arguments, 6, &buffer, buffer.count, Self.checkDeadline)
                }
            }
            if count >= 0, let plan = RemedyPlan(Array(buffer[..<count])) { return (plan, .applied) }
            if count >= 0 || count == -Int(EBADMSG) { failure = .refused }
            Voice.complain("\(path): the agent of slot \(slot.word) does not vouch for it (\(count))")
        }
        if failure == .unchecked { Voice.complain("\(path): no proven agent could check it; it stays") }
        return (nil, failure)
    }

    private static func folder(of path: PlainText) -> PlainText {
        guard let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == 0 ? "/" : PlainText(path.bytes[..<slash])
    }
}

/// `firebreak-guard remedy`
enum RemedyCommand {
    static func run(_ options: GuardOptions) -> GuardExit {
        guard var driver = GuardDriver(withRecordOf: options) else { return .failed }
        var folder = RemedyFolder(options)
        let drop = options.paths.remedies
        let files = options.rest.isEmpty ? RemedyFolder.files(in: drop).map { drop.appending($0) } : options.rest
        if files.isEmpty { Voice.complain("there is no remedy in \(drop)") }
        if options.isTest { return test(files, folder, driver.machine.record) }
        var isRefused = false
        if options.rest.isEmpty {
            folder.apply(with: &driver)
            isRefused = !RemedyFolder.files(in: drop).isEmpty
        } else {
            for file in files {
                let outcome = folder.apply(file, with: &driver)
                isRefused = isRefused || outcome == .refused || outcome == .unchecked
            }
        }
        let word = AgentWord.restart.bytes
        _ = options.paths.socket.withCString { firebreak_guard_send($0, word, word.count) }
        return isRefused ? .refused : .done
    }

    /// Says what would be done, and does nothing.
    private static func test(_ files: [PlainText], _ folder: RemedyFolder, _ record: GuardRecord) -> GuardExit {
        var isRefused = false
        for file in files {
            guard let plan = folder.check(file, record: record).plan else {
                Voice.print("\(file): refused\n")
                isRefused = true
                continue
            }
            let known: PlainText = record.hasApplied(plan.id) ? " was applied before; nothing would be done" : ""
            Voice.print("\(file): remedy \(plan.id)\(known)\n")
            if known == "" {
                for action in plan.actions { Voice.print("  would: \(action.line)\n") }
            }
        }
        return isRefused ? .refused : .done
    }
}
