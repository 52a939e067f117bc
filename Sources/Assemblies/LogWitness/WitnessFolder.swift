import DurableFiles
import FleetModel
import TransparencyLog

/// What a witness has cosigned, on disk: for each log the newest checkpoint, in a file named by the hash of its origin.
struct WitnessFolder: Sendable {
    private let folder: String
    private let files = DurableFiles()
    private let lock: FileLock

    init(_ folder: String) throws(FileError) {
        self.folder = folder
        try files.makeDirectory(folder)
        lock = try FileLock("\(folder)/lock")
    }

    private static let suffix = ".checkpoint"

    /// Every checkpoint that was cosigned. One that cannot be read ends the start: without it the witness could sign
    /// what contradicts it.
    func notes() throws -> [SignedNote] {
        try files.names(in: folder).filter { $0.hasSuffix(Self.suffix) }.map { name in
            try SignedNote(try files.read("\(folder)/\(name)", bytesMax: LogLimit.noteBytesMax))
        }
    }

    /// Makes a record durable.
    func keep(_ record: WitnessMachine.Record) throws(FileError) {
        let name = Hexadecimal.encode(TreeHash.leaf(Array(record.checkpoint.origin.utf8)).bytes)
        try files.write(record.note.bytes, to: "\(folder)/\(name)\(Self.suffix)")
    }
}
