import AgentEngine
import CanonicalCoding
import DurableFiles

/// The update machine's journal on disk.
struct JournalStore: Sendable {
    let path: String
    let files: DurableFiles

    /// Bytes of a journal: 256 recalls and 16 settled releases at their longest take 220 KiB.
    static let bytesMax = 512 << 10

    /// What is there. Everything but a whole journal and no file at all is damage, and damage is a failure.
    ///
    /// A kill may have come between the rename of the journal and the fsync of its directory: then what is read here would
    /// be gone after a power cut, and what was done on its word would not. So it is made durable before it is believed.
    func read() -> AgentStart.Journal {
        // A disk that cannot do so cannot be written either, and a start on it protects all the same.
        try? files.syncDirectory(of: path)
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try files.read(path, bytesMax: Self.bytesMax)
        } catch {
            return error.code == .notFound ? .absent : .damaged("\(error)")
        }
        guard !bytes.isEmpty else { return .damaged("the journal is empty") }
        do throws(JSONError) {
            return .intact(
                try CodableJSON.decode(
                    UpdateJournal.self, from: bytes, limits: .init(bytesMax: Self.bytesMax), keys: .snakeCase))
        } catch {
            return .damaged("the journal cannot be read: \(error)")
        }
    }

    /// Makes the journal durable. When this returns, a power cut keeps it.
    func write(_ journal: UpdateJournal) throws(FileError) {
        do {
            try files.write(CodableJSON.encode(journal, keys: .snakeCase), to: path)
        } catch let error as FileError {
            throw error
        } catch {
            throw FileError(.failed, subject: path, message: "\(error)")
        }
    }
}
