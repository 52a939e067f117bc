import FleetModel
import Glibc
import ResponseEngine

extension Quarantine {
    /// Puts the file back where it was, as it was.
    ///
    /// - Parameter replaces: Whether what lies there now may be lost.
    func restore(_ done: ResponseRecord, replaces: Bool, at now: Moment) throws(ResponseError) -> ResponseRecord {
        guard done.state == .done, case .quarantine(let path, _) = done.action, let facts = done.before else {
            throw ResponseError(
                .wrongState, subject: done.id.text, message: "it is \(done.state.rawValue), and nothing is held for it")
        }
        let held = try held(done.id)
        guard try held.status() != nil else {
            throw ResponseError(
                .damaged, subject: held.path, message: "the file is no longer in quarantine; take it from a backup")
        }
        let file = try held.open(O_RDONLY)
        guard try FileFacts.digest(of: file, path: held.path).digest == facts.digest else {
            throw ResponseError(
                .damaged, subject: held.path,
                message: "it is not the file that was put there (\(facts.digest)); take it from a backup")
        }
        let place = try FilePlace(plain: path)
        try checkPlace(place, replaces: replaces)
        let record = done.with(.undoing, at: now)
        try journal.write(record)
        try step(.undoJournaled, record.id)
        try facts.apply(to: file, path: held.path)
        try step(.prepared, record.id)
        switch held.rename(to: place, replaces: replaces) {
        case 0:
            try step(.placed, record.id)
            try place.syncFolder()
            try held.syncFolder()
        case -EXDEV: try restoreCopy(of: file, record.id, held, place, facts, replaces: replaces)
        case let result: throw ResponseError(call: "rename", result: Int(result), subject: path)
        }
        let undone = record.with(.undone, at: now)
        try journal.write(undone)
        try step(.undoRecorded, record.id)
        return undone
    }

    private func checkPlace(_ place: FilePlace, replaces: Bool) throws(ResponseError) {
        guard let status = try place.status() else { return }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw ResponseError(
                .placeTaken, subject: place.path,
                message: "a folder is there, which --force does not replace; move it away")
        }
        guard replaces else {
            throw ResponseError(
                .placeTaken, subject: place.path,
                message: "something is there already; move it away, or give --force to replace it")
        }
    }

    private func restoreCopy(
        of file: OpenFile, _ id: ResponseID, _ held: FilePlace, _ place: FilePlace, _ facts: FileFacts, replaces: Bool
    ) throws(ResponseError) {
        let aside = aside(place, id)
        try copy(file, to: aside, facts)
        try facts.apply(to: try aside.open(O_RDONLY), path: aside.path)
        try step(.copiedBack, id)
        let result = aside.rename(to: place, replaces: replaces)
        guard result == 0 else { throw ResponseError(call: "rename", result: Int(result), subject: place.path) }
        try place.syncFolder()
        try step(.placed, id)
        try held.remove()
        try step(.released, id)
    }
}
