import CGuard

/// Copies a build of agent and worker into the slot for staging, and has it tried at the agent's next start.
struct BuildInstaller {
    /// What the two programs are, by their bytes.
    struct Build: Equatable {
        let agent: DigestText
        let worker: DigestText

        /// One digest for both.
        var digest: DigestText { Measurement.digest(of: (agent.text + " " + worker.text + "\n").bytes) }
    }

    /// Bytes of a program: a static one with all of Foundation has about 90 MB.
    private static let programBytesMax = 512 << 20
    private static let chunkBytes = 64 << 10

    let folder: PlainText
    /// What the build has to be; nil takes whatever lies there.
    var expected: Build?

    /// Stages the build; nil when it is staged, otherwise why not.
    func install(with driver: inout GuardDriver) -> PlainText? {
        guard let lock = HeldLock(driver.paths.installLock, waits: false) else {
            return "another build is being copied"
        }
        guard let build = measure(folder) else { return "\(folder) holds no agent and worker that can be read" }
        if let expected, expected != build { return "the programs in \(folder) are not those that were ordered" }
        let record = driver.machine.record
        let known = record[record.stagingSlot]
        let isThere = known.digest == build.digest && (known.standing == .staged || known.standing == .trying)
        if isThere || (record[record.force].digest == build.digest) { return nil }
        if let objection = driver.machine.objection(to: build.digest) { return objection }
        driver.step(.stagingBegan)
        guard !driver.isUnwritten else { return "the record cannot be written" }
        let slot = driver.paths.slot(record.stagingSlot)
        guard Disk.makeDirectory(slot) == 0 else { return "\(slot) cannot be made" }
        for name in [GuardPaths.workerName, GuardPaths.agentName] {
            let error = copy(folder.appending(name), to: slot.appending(name))
            if error != 0 { return "\(name) cannot be copied into \(slot) (errno \(Int(error)))" }
        }
        // Read back: only what the disk gives is what will run.
        guard measure(slot) == build else { return "the copy in \(slot) is not what was copied; check the disk" }
        driver.step(.staged(build.digest))
        _ = consume lock
        return driver.isUnwritten ? "the record cannot be written" : nil
    }

    private func measure(_ folder: PlainText) -> Build? {
        guard let agent = measurement(of: folder.appending(GuardPaths.agentName)),
            let worker = measurement(of: folder.appending(GuardPaths.workerName))
        else { return nil }
        return Build(agent: agent, worker: worker)
    }

    private func measurement(of path: PlainText) -> DigestText? {
        guard Disk.isProgram(path) else { return nil }
        var measurement = Measurement()
        let error = forEachChunk(of: path) { chunk in
            measurement.update(chunk)
            return 0
        }
        return error == 0 ? measurement.finished() : nil
    }

    /// Writes under another name, and renames when it is durable: a running program's file is never written into.
    private func copy(_ source: PlainText, to target: PlainText) -> Int32 {
        let temporary = target + ".writing"
        let descriptor = temporary.withCString { firebreak_guard_create($0) }
        guard descriptor >= 0 else { return -descriptor }
        let error = forEachChunk(of: source) { chunk in
            chunk.withUnsafeBufferPointer { -firebreak_guard_put(descriptor, $0.baseAddress, $0.count) }
        }
        let finished = -firebreak_guard_finish(descriptor)
        guard error == 0, finished == 0 else { return error == 0 ? finished : error }
        return Disk.rename(temporary, to: target)
    }

    /// Reads a file to its end; gives 0, or the errno of the reading or of `body`.
    private func forEachChunk(of path: PlainText, _ body: (ArraySlice<UInt8>) -> Int32) -> Int32 {
        let descriptor = path.withCString { firebreak_guard_open($0) }
        guard descriptor >= 0 else { return -descriptor }
        defer { firebreak_guard_close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: Self.chunkBytes)
        var total = 0
        while total <= Self.programBytesMax {
            let count = firebreak_guard_get(descriptor, &buffer, buffer.count)
            if count <= 0 { return Int32(-count) }
            total += count
            let error = body(buffer[..<count])
            if error != 0 { return error }
        }
        return EFBIG
    }
}

/// `firebreak-guard install-build`
enum InstallCommand {
    static func run(_ options: GuardOptions) -> GuardExit {
        guard var driver = GuardDriver(withRecordOf: options), let folder = options.rest.first else { return .failed }
        if let why = BuildInstaller(folder: folder).install(with: &driver) {
            Voice.complain("not installed: \(why)")
            return why == GuardMachine.failedBefore ? .failedBefore : .refused
        }
        let word = options.isNow ? AgentWord.restart.bytes : AgentWord.look.bytes
        _ = driver.paths.socket.withCString { firebreak_guard_send($0, word, word.count) }
        return .done
    }
}

/// `firebreak-guard recall-build`
enum RecallCommand {
    static func run(_ options: GuardOptions) -> GuardExit {
        guard var driver = GuardDriver(withRecordOf: options) else { return .failed }
        let before = driver.machine.record
        driver.step(.buildRecalled)
        guard !driver.isUnwritten else { return .failed }
        let after = driver.machine.record
        guard after.force != before.force || after.trial != before.trial else { return .refused }
        let word = AgentWord.restart.bytes
        _ = driver.paths.socket.withCString { firebreak_guard_send($0, word, word.count) }
        return .done
    }
}
