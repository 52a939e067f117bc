import AgentEngine
import CanonicalCoding
import DurableFiles
import FleetModel

/// The machine of builds over its journal. What a step gives may be acted on: what it rests on is durable.
///
/// When the journal cannot be written, nothing is begun: an offer is not taken, and a build that was fetched is not handed
/// over, for an agent that does not know its own build could not say how it fared. All else stands, for it tells of what
/// has happened or leaves what was recalled; it is written with the next step.
struct JournalledBuilds: Sendable {
    private(set) var machine = BuildMachine()
    private let path: String
    private let files: DurableFiles
    /// Nil when what the disk holds is not known.
    private var onDisk: BuildJournal?

    /// Bytes of the journal: 64 digests and two releases.
    private static let bytesMax = 64 << 10

    init(path: String, files: DurableFiles) {
        self.path = path
        self.files = files
    }

    /// What is on disk. A journal that is damaged is begun anew: what is lost is only what may be fetched.
    mutating func read(onTrouble: (any Error) -> Void = { _ in }) -> BuildJournal {
        // As with the other journal: what a kill left in the kernel alone is made durable before it is believed.
        try? files.syncDirectory(of: path)
        do {
            let bytes = try files.read(path, bytesMax: Self.bytesMax)
            let journal = try CodableJSON.decode(
                BuildJournal.self, from: bytes, limits: .init(bytesMax: Self.bytesMax), keys: .snakeCase)
            onDisk = journal
            return journal
        } catch let error as FileError where error.code == .notFound {
            onDisk = BuildJournal()
        } catch {
            onTrouble(error)
        }
        return BuildJournal()
    }

    /// - Parameter onTrouble: Told when the journal cannot be written.
    mutating func handle(
        _ input: BuildInput, at now: Moment, onTrouble: (any Error) -> Void = { _ in }
    ) -> [BuildAction] {
        var next = machine
        let actions = next.handle(input, at: now)
        guard next.journal == onDisk || write(next.journal, onTrouble) || !actions.contains(where: \.begins) else {
            guard case .fetched(let digest, _) = input else { return [] }
            return handle(
                .fetchFailed(digest, message: "the journal of builds cannot be written"), at: now, onTrouble: onTrouble)
        }
        machine = next
        return actions
    }

    private mutating func write(_ journal: BuildJournal, _ onTrouble: (any Error) -> Void) -> Bool {
        do {
            try files.write(try CodableJSON.encode(journal, keys: .snakeCase), to: path)
            onDisk = journal
            return true
        } catch {
            onDisk = nil
            onTrouble(error)
            return false
        }
    }
}

extension BuildAction {
    /// Whether it leads to a build that has not run yet.
    fileprivate var begins: Bool {
        switch self {
        case .fetch, .install: true
        case .restart, .goBack, .report: false
        }
    }
}
