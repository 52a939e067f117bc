import DurableFiles
import FleetModel
import Glibc
import ResponseEngine

/// The folder of held files. One file each, named by its action, that nobody but the system's own may open.
struct Quarantine {
    let path: String
    let limit: ResponseLimit
    let journal: ResponseJournal
    /// Told after each step; false stops there, as a power cut would.
    let afterStep: @Sendable (ResponseStep) -> Bool

    private static let partialSuffix = ".writing"

    func held(_ id: ResponseID) throws(ResponseError) -> FilePlace { try FilePlace(plain: "\(path)/\(id.text)") }

    func partial(_ place: FilePlace) -> FilePlace { place.beside(place.name + Self.partialSuffix) }

    /// The name that a file has in its own folder while it is between two places.
    func aside(_ place: FilePlace, _ id: ResponseID) -> FilePlace { place.beside(".firebreak-\(id.text)") }

    func step(_ step: ResponseStep, _ id: ResponseID) throws(ResponseError) {
        guard afterStep(step) else {
            throw ResponseError(
                .interrupted, subject: id.text, message: "cut short after it was \(step.rawValue); recovery goes on")
        }
    }

    // MARK: In

    /// Moves the file into the quarantine. Whatever happens, the file is in one of the two places, whole.
    ///
    /// - Throws: Why it was not done. When the record was written already, recovery must settle it.
    func take(_ planned: ResponseRecord, from path: String, at now: Moment) throws(ResponseError) -> ResponseRecord {
        let place = try FilePlace(plain: path)
        let file = try place.open(O_RDONLY)
        try checkRoom(for: Int64(try FileFacts.status(of: file, path: path).st_size), path: path)
        var record = planned
        let facts = try FileFacts(of: file, path: path)
        record.before = facts
        try journal.write(record)
        try step(.journaled, record.id)
        let held = try held(record.id)
        switch place.rename(to: held) {
        case 0: try confirmMove(place, held, facts)
        case -EXDEV: record = try takeCopy(record, file, place, held)
        case let result: throw ResponseError(call: "rename", result: Int(result), subject: path)
        }
        return try finish(record, held, at: now)
    }

    private func confirmMove(_ place: FilePlace, _ held: FilePlace, _ facts: FileFacts) throws(ResponseError) {
        try held.syncFolder()
        try place.syncFolder()
        guard try held.status()?.isSame(as: facts) == true else {
            throw ResponseError(
                .subjectRefused, subject: place.path, message: "another file took its name at that moment; it goes back"
            )
        }
    }

    /// Copies the content into the quarantine and then removes the file, by way of a name of its own: so what is removed
    /// is what was copied, whoever renames files here at the same time.
    private func takeCopy(
        _ moved: ResponseRecord, _ file: OpenFile, _ place: FilePlace, _ held: FilePlace
    ) throws(ResponseError) -> ResponseRecord {
        var record = moved
        record.before?.isCopied = true
        guard let facts = record.before else { return record }
        try journal.write(record)
        try step(.copyJournaled, record.id)
        let partial = partial(held)
        try copy(file, to: partial, facts)
        guard partial.rename(to: held) == 0 else {
            throw ResponseError(.failed, subject: held.path, message: "something is there already; look at it by hand")
        }
        try held.syncFolder()
        try step(.copied, record.id)
        let aside = aside(place, record.id)
        let result = place.rename(to: aside)
        guard result == 0 else { throw ResponseError(call: "rename", result: Int(result), subject: place.path) }
        try place.syncFolder()
        try step(.setAside, record.id)
        guard try aside.status()?.isSame(as: facts) == true else {
            throw ResponseError(
                .subjectRefused, subject: place.path, message: "another file took its name at that moment; it goes back"
            )
        }
        try aside.remove()
        try step(.removed, record.id)
        return record
    }

    /// Writes the content of `file` to a new file at `place`, durably, and proves that it is what `facts` say.
    func copy(_ file: OpenFile, to place: FilePlace, _ facts: FileFacts) throws(ResponseError) {
        try place.remove()
        let target = try place.open(O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        let copied = try FileFacts.digest(of: file, path: place.path, copiedTo: target)
        guard fsync(target.descriptor) == 0 else {
            throw ResponseError(call: "fsync", result: -Int(errno), subject: place.path)
        }
        let kept = try FileFacts.digest(of: target, path: place.path)
        guard copied.digest == facts.digest, kept.digest == facts.digest else {
            throw ResponseError(
                .subjectRefused, subject: place.path,
                message: "the content changed while it was copied; nothing is done")
        }
    }

    /// What is left when the file is in the quarantine.
    func finish(
        _ record: ResponseRecord, _ held: FilePlace, note: String = "", at now: Moment
    ) throws(ResponseError) -> ResponseRecord {
        if record.before?.isCopied == false { try step(.moved, record.id) }
        try seal(held)
        try step(.sealed, record.id)
        let done = record.with(.done, note: note, at: now)
        try journal.write(done)
        try step(.recorded, record.id)
        return done
    }

    /// Takes the file from its owner and from everyone, set-user-id and capabilities with it.
    func seal(_ held: FilePlace) throws(ResponseError) {
        let file = try held.open(O_RDONLY)
        guard fchown(file.descriptor, 0, 0) == 0 || geteuid() != 0, fchmod(file.descriptor, 0) == 0,
            fsync(file.descriptor) == 0
        else { throw ResponseError(call: "seal", result: -Int(errno), subject: held.path) }
        try held.syncFolder()
    }

    private func checkRoom(for bytes: Int64, path: String) throws(ResponseError) {
        guard bytes <= limit.fileBytesMax else {
            throw ResponseError(
                .quarantineFull, subject: path,
                message: "\(bytes) bytes, \(limit.fileBytesMax) allowed; remove it by hand")
        }
        var (count, total) = (0, Int64(0))
        do {
            for name in try journal.files.names(in: self.path) {
                var status = stat()
                guard lstat("\(self.path)/\(name)", &status) == 0 else { continue }
                (count, total) = (count + 1, total + Int64(status.st_size))
            }
        } catch {
            throw ResponseError(error)
        }
        guard count < limit.heldCountMax, total + bytes <= limit.heldBytesMax else {
            throw ResponseError(
                .quarantineFull, subject: self.path,
                message: "\(count) files of \(total) bytes are held, \(limit.heldCountMax) and \(limit.heldBytesMax) "
                    + "allowed; restore what is harmless, and remove the rest by hand")
        }
    }
}
