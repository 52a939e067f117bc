import CanonicalCoding
import DurableFiles
import FleetModel
package import ResponseEngine

/// The records of actions on disk: one file each, replaced as a whole, so that each is always in one of its states.
package struct ResponseJournal: Sendable {
    let path: String
    let files: DurableFiles
    let limit: ResponseLimit

    private static let suffix = ".json"

    private func file(_ id: ResponseID) -> String { "\(path)/\(id.text)\(Self.suffix)" }

    /// Makes the record durable. When this returns, a power cut keeps it.
    func write(_ record: ResponseRecord) throws(ResponseError) {
        do {
            try files.write(CodableJSON.encode(record, keys: .snakeCase), to: file(record.id))
        } catch let error as FileError {
            throw ResponseError(error)
        } catch {
            throw ResponseError(.failed, subject: record.id.text, message: "the record has no form: \(error)")
        }
    }

    /// One record.
    package func record(_ id: ResponseID) throws(ResponseError) -> ResponseRecord {
        do {
            let bytes = try files.read(file(id), bytesMax: ResponseLimit.recordBytesMax)
            return try CodableJSON.decode(
                ResponseRecord.self, from: bytes, limits: .init(bytesMax: ResponseLimit.recordBytesMax),
                keys: .snakeCase)
        } catch let error as FileError {
            guard error.code == .notFound else { throw ResponseError(error) }
            throw ResponseError(
                .unknown, subject: id.text, message: "no such action; `firebreak quarantine list` shows those there are"
            )
        } catch {
            throw ResponseError(
                .damaged, subject: file(id), message: "the record cannot be read (\(error)); what it told of is lost")
        }
    }

    /// All records, ascending, and what could not be read.
    package func records() throws(ResponseError) -> (records: [ResponseRecord], damaged: [ResponseError]) {
        var records: [ResponseRecord] = []
        var damaged: [ResponseError] = []
        for id in try ids() {
            do throws(ResponseError) { records.append(try record(id)) } catch { damaged.append(error) }
        }
        return (records, damaged)
    }

    /// Removes the oldest records above the bound that are settled and hold no file.
    func prune() throws(ResponseError) {
        let ids = try ids()
        var excess = ids.count - limit.recordCountMax
        for id in ids where excess > 0 {
            guard let record = try? record(id), record.isForgettable else { continue }
            do throws(FileError) { try files.discard(file(id)) } catch { throw ResponseError(error) }
            excess -= 1
        }
    }

    private func ids() throws(ResponseError) -> [ResponseID] {
        do throws(FileError) {
            return try files.names(in: path).compactMap { name in
                name.hasSuffix(Self.suffix) ? ResponseID(String(name.dropLast(Self.suffix.count))) : nil
            }.sorted { $0.number < $1.number }
        } catch {
            throw ResponseError(error)
        }
    }
}

extension ResponseRecord {
    /// Whether nothing is left to finish or to take back.
    var isForgettable: Bool {
        switch (state, action) {
        case (.failed, _), (.undone, _), (.done, .kill), (.done, .deny): true
        default: false
        }
    }

    func with(_ state: State, note: String = "", at now: Moment) -> ResponseRecord {
        var record = self
        record.state = state
        record.note = note
        record.changedAt = now
        return record
    }
}
