import FleetModel
import Glibc
import ResponseEngine

extension Quarantine {
    /// Finishes or takes back what was cut short, by what the two folders hold. May itself be cut short, and asked again.
    ///
    /// - Returns: The record in a settled state; it is on disk.
    func settle(_ record: ResponseRecord, at now: Moment) throws(ResponseError) -> ResponseRecord {
        guard case .quarantine(let path, _) = record.action, let facts = record.before else { return record }
        let held = try held(record.id)
        // A folder that is gone holds nothing.
        let place = try? FilePlace(plain: path)
        switch record.state {
        case .done, .failed, .undone: return record
        case .planned: return try settlePlanned(record, facts, held, place, at: now)
        case .undoing: return try settleUndoing(record, facts, held, place, at: now)
        }
    }

    private func settlePlanned(
        _ record: ResponseRecord, _ facts: FileFacts, _ held: FilePlace, _ place: FilePlace?, at now: Moment
    ) throws(ResponseError) -> ResponseRecord {
        try partial(held).remove()
        guard let status = try held.status() else {
            return try fail(record, "it was cut short before the file was moved", at: now)
        }
        if facts.isCopied { return try settleCopy(record, facts, held, place, at: now) }
        if status.isSame(as: facts) { return try finish(record, held, note: "finished by recovery", at: now) }
        // A file that took the name between the look and the move. It goes back, unless its place is taken again.
        if let place, held.rename(to: place) == 0 {
            try place.syncFolder()
            try held.syncFolder()
            return try fail(record, "another file had the name at that moment; it is back", at: now)
        }
        var other = record
        other.before = try FileFacts(of: try held.open(O_RDONLY), path: held.path)
        return try finish(other, held, note: "another file had the name at that moment, and is held", at: now)
    }

    private func settleCopy(
        _ record: ResponseRecord, _ facts: FileFacts, _ held: FilePlace, _ place: FilePlace?, at now: Moment
    ) throws(ResponseError) -> ResponseRecord {
        if let place {
            let aside = aside(place, record.id)
            if let status = try aside.status() {
                if status.isSame(as: facts) {
                    try aside.remove()
                } else {
                    // Not ours: it took the name before the file was set aside. Where its name is taken again it keeps
                    // the other.
                    _ = aside.rename(to: place)
                    try place.syncFolder()
                }
            } else if try place.status()?.isSame(as: facts) == true {
                try held.remove()
                return try fail(record, "it was cut short while the file was still in its place", at: now)
            }
        }
        return try finish(record, held, note: "finished by recovery", at: now)
    }

    private func settleUndoing(
        _ record: ResponseRecord, _ facts: FileFacts, _ held: FilePlace, _ place: FilePlace?, at now: Moment
    ) throws(ResponseError) -> ResponseRecord {
        guard try held.status() != nil else {
            let undone = record.with(.undone, note: "finished by recovery", at: now)
            try journal.write(undone)
            return undone
        }
        if let place {
            if try isPlaced(facts, place) {
                try held.remove()
                return try settleUndoing(record, facts, held, place, at: now)
            }
            try aside(place, record.id).remove()
        }
        try seal(held)
        let done = record.with(.done, note: "putting it back was cut short; it is still held", at: now)
        try journal.write(done)
        return done
    }

    /// Whether the place has the whole file, with its mode, owner and time.
    private func isPlaced(_ facts: FileFacts, _ place: FilePlace) throws(ResponseError) -> Bool {
        guard let status = try place.status(), status.isRegular, Int64(status.st_size) == facts.bytes,
            status.st_mode & 0o7777 == facts.mode, status.st_uid == facts.owner, status.st_gid == facts.group,
            status.st_mtim.tv_sec == Int(facts.modified.seconds),
            status.st_mtim.tv_nsec == Int(facts.modified.nanoseconds)
        else { return false }
        return try FileFacts.digest(of: try place.open(O_RDONLY), path: place.path).digest == facts.digest
    }

    private func fail(_ record: ResponseRecord, _ note: String, at now: Moment) throws(ResponseError) -> ResponseRecord
    {
        let failed = record.with(.failed, note: note, at: now)
        try journal.write(failed)
        return failed
    }
}
