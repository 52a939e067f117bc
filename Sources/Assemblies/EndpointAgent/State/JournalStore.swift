import AgentEngine
import CanonicalCoding
import DurableFiles
import FleetModel
import GuardEngine

/// The update machine's journal on disk: a line for the guard, then JSON. One file and one replace, so that the guard
/// and the agent can never read different stories.
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
        let bytes: [UInt8]
        // A disk that cannot do so cannot be written either, and a start on it protects all the same.
        try? files.syncDirectory(of: path)
        do throws(FileError) {
            bytes = try files.read(path, bytesMax: Self.bytesMax)
        } catch {
            return error.code == .notFound ? .absent : .damaged("\(error)")
        }
        let (reading, content) = JournalHeader.decode(bytes)
        if case .torn(let why) = reading {
            return .damaged("the journal is torn: \(String(decoding: why.bytes, as: UTF8.self))")
        }
        do throws(JSONError) {
            return .intact(
                try CodableJSON.decode(
                    UpdateJournal.self, from: Array(content), limits: .init(bytesMax: Self.bytesMax), keys: .snakeCase))
        } catch {
            return .damaged("the journal cannot be read: \(error)")
        }
    }

    /// Makes the journal durable. When this returns, a power cut keeps it.
    func write(_ journal: UpdateJournal) throws(FileError) {
        do {
            let content = try CodableJSON.encode(journal, keys: .snakeCase)
            try files.write(JournalHeader(journal).encode(content), to: path)
        } catch let error as FileError {
            throw error
        } catch {
            throw FileError(.failed, subject: path, message: "\(error)")
        }
    }
}

extension JournalHeader {
    /// What the guard has to know of a journal.
    init(_ journal: UpdateJournal) {
        let stage: Stage =
            switch journal.attempt?.stage {
            case nil: .none
            case .downloading?: .downloading
            case .staged?: .staged
            case .shadow?: .shadow
            case .trial?: .trial
            }
        let mode: GuardMode =
            switch journal.foothold.mode {
            case .normal: .normal
            case .safe: .safe
            case .observe: .observe
            }
        self.init(
            bootID: PlainText(Array(journal.bootID.utf8)), stage: stage,
            digest: journal.attempt.flatMap { DigestText(PlainText(Array($0.offer.pinned.digest.text.utf8))) },
            isStopped: journal.attempt?.isStoppedCleanly ?? false, mode: mode)
    }
}
