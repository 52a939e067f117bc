import CanonicalCoding
package import DurableFiles
package import FleetModel
import Glibc
package import ResponseEngine

/// Carries out what was planned, and takes it back: the record is durable before the act, and says afterwards what came
/// of it. Blocks for as long as the disk takes; not for a thread that must not wait.
///
/// One act at a time, in whichever process: the agent and a person's command share the folder by a lock.
package struct ResponseDoor: Sendable {
    package let journal: ResponseJournal
    private let quarantinePath: String
    private let lockPath: String
    private let limit: ResponseLimit
    private let denials: LineLog
    private let denialPath: String
    private let afterStep: @Sendable (ResponseStep) -> Bool

    private var quarantine: Quarantine {
        Quarantine(path: quarantinePath, limit: limit, journal: journal, afterStep: afterStep)
    }

    /// - Parameters:
    ///   - state: The agent's state directory. Made where it is missing, with the folders `responses` and `quarantine`.
    ///   - quarantine: Where files are held; nil for the state directory's own folder.
    ///   - afterStep: For tests: false stops there, as a power cut would.
    package init(
        state: String, quarantine: String? = nil, files: DurableFiles = DurableFiles(),
        limit: ResponseLimit = ResponseLimit(), afterStep: @escaping @Sendable (ResponseStep) -> Bool = { _ in true }
    ) throws(ResponseError) {
        lockPath = "\(state)/responses/lock"
        self.limit = limit
        self.afterStep = afterStep
        journal = ResponseJournal(path: "\(state)/responses", files: files, limit: limit)
        denialPath = "\(state)/responses/denials.log"
        denials = LineLog(path: denialPath, bytesMax: ResponseLimit.denialBytesMax)
        do throws(FileError) {
            try files.makeDirectory(journal.path)
            try files.makeDirectory(quarantine ?? "\(state)/quarantine")
        } catch {
            throw ResponseError(error)
        }
        // The state directory may lie behind a link, which is the administrator's business; no link is followed below.
        guard let real = realpath(quarantine ?? "\(state)/quarantine", nil) else {
            throw ResponseError(call: "realpath", result: -Int(errno), subject: state)
        }
        defer { free(real) }
        quarantinePath = String(cString: real)
    }

    /// Does what the record says.
    ///
    /// - Parameter protected: Asked once more, with what is found at the moment of the act.
    /// - Returns: The record as it is on disk: done, or failed with the reason in its note.
    /// - Throws: Why nothing was done and nothing recorded.
    package func carryOut(
        _ record: ResponseRecord, protected: ProtectedList, at now: Moment
    ) throws(ResponseError) -> ResponseRecord {
        let lock = try lock()
        defer { lock.release() }
        try journal.prune()
        switch record.action {
        case .deny:
            note(denial: record, at: now)
            return record.with(.done, at: now)
        case .kill(let subject): return try kill(record, subject, protected, at: now)
        case .quarantine(let path, _):
            if let reason = protected.reason(toKeep: path) {
                throw ResponseError(.subjectRefused, subject: path, message: reason)
            }
            do throws(ResponseError) {
                return try quarantine.take(record, from: path, at: now)
            } catch {
                guard error.code != .interrupted, (try? journal.record(record.id)) != nil else { throw error }
                return try settle(try journal.record(record.id), because: error, at: now)
            }
        }
    }

    /// Tells of a denial before it is answered: an execution waits for the answer, so that the line is written and not
    /// waited for. A denial leaves nothing behind that a power cut could leave half done.
    package func note(denial record: ResponseRecord, at now: Moment) {
        guard let line = try? CodableJSON.encode(record.with(.done, at: now), keys: .snakeCase) else { return }
        denials.append(line)
    }

    /// All that was done and is still known, denials among it: what a planner must remember after a restart.
    package func history() throws(ResponseError) -> [ResponseRecord] {
        var history = try journal.records().records
        for file in [denialPath + ".1", denialPath] {
            guard let bytes = try? journal.files.read(file, bytesMax: ResponseLimit.denialBytesMax) else { continue }
            // A line that a power cut has torn is no denial that anybody waited for.
            history += bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
                try? CodableJSON.decode(
                    ResponseRecord.self, from: Array(line), limits: .init(bytesMax: ResponseLimit.recordBytesMax),
                    keys: .snakeCase)
            }
        }
        return history
    }

    /// Puts a quarantined file back.
    ///
    /// - Parameter replaces: Whether what lies in its place now may be lost.
    package func restore(_ id: ResponseID, replaces: Bool, at now: Moment) throws(ResponseError) -> ResponseRecord {
        let lock = try lock()
        defer { lock.release() }
        let record = try journal.record(id)
        let settled = try settle(record, because: nil, at: now)
        do throws(ResponseError) {
            return try quarantine.restore(settled, replaces: replaces, at: now)
        } catch {
            // What had begun is taken back, so that the file stays held and can be asked for again.
            if error.code != .interrupted, let begun = try? journal.record(id), begun.state == .undoing {
                _ = try settle(begun, because: nil, at: now)
            }
            throw error
        }
    }

    /// Settles all that was cut short. To be called at each start, before anything else is carried out.
    ///
    /// - Returns: What was settled, as it is now, and what could not be: it is asked again at the next start.
    package func recover(at now: Moment) throws(ResponseError) -> (settled: [ResponseRecord], errors: [ResponseError]) {
        let lock = try lock()
        defer { lock.release() }
        let (records, damaged) = try journal.records()
        var (settled, errors): ([ResponseRecord], [ResponseError]) = ([], damaged)
        for record in records where record.state == .planned || record.state == .undoing {
            do throws(ResponseError) {
                settled.append(try settle(record, because: nil, at: now))
            } catch {
                errors.append(error)
            }
        }
        return (settled, errors)
    }

    private func settle(
        _ record: ResponseRecord, because error: ResponseError?, at now: Moment
    ) throws(ResponseError) -> ResponseRecord {
        guard record.state == .planned || record.state == .undoing else { return record }
        switch record.action {
        case .deny: return record
        case .kill(let subject):
            let isRunning = ProcessEnd.isRunning(subject)
            let note = isRunning ? "cut short before the process was ended; it was left alone" : "it has ended"
            let settled = record.with(isRunning ? .failed : .done, note: error?.message ?? note, at: now)
            try journal.write(settled)
            return settled
        case .quarantine:
            var settled = try quarantine.settle(record, at: now)
            if let error, settled.state == .failed {
                settled.note = error.message
                try journal.write(settled)
            }
            return settled
        }
    }

    private func kill(
        _ record: ResponseRecord, _ subject: ProcessSubject, _ protected: ProtectedList, at now: Moment
    ) throws(ResponseError) -> ResponseRecord {
        let end = try ProcessEnd(subject, protected: protected)
        try journal.write(record)
        try quarantine.step(.journaled, record.id)
        var done = record
        do throws(ResponseError) {
            let isGone = try end.kill()
            done = record.with(.done, note: isGone ? "" : "told to end, and still there a second later", at: now)
        } catch {
            done = record.with(.failed, note: error.message, at: now)
        }
        try journal.write(done)
        try quarantine.step(.recorded, record.id)
        return done
    }

    /// Longer than a child that was just started needs to execute its program: until then it holds the lock too.
    private static let lockPatienceMilliseconds = 500

    private func lock() throws(ResponseError) -> FileLock {
        do throws(FileError) {
            return try FileLock(lockPath, patienceMilliseconds: Self.lockPatienceMilliseconds)
        } catch { throw ResponseError(error) }
    }
}
