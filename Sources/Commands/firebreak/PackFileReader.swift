import ControlWire
import Foundation

/// Reads files that a person named, within bounds.
enum PackFileReader {
    /// The bytes of a pack's file.
    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        try read(
            path, bytesMax: ControlWireLimit.packBytesMax,
            nextStep: "Name a pack, as `firebreak pack build` wrote it: NAME-VERSION.fbpack.")
    }

    /// The bytes of a file of at most `bytesMax` bytes.
    static func read(_ path: String, bytesMax: Int, nextStep: String) throws(CommandFailure) -> [UInt8] {
        func failure(_ code: CommandCode, _ message: String) -> CommandFailure {
            CommandFailure(code, subject: path, message: message, nextStep: nextStep)
        }
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? file.close() }
            let bytes = [UInt8](try file.read(upToCount: bytesMax + 1) ?? Data())
            guard bytes.count <= bytesMax else {
                throw failure(.fileOversized, "the file is longer than \(bytesMax) bytes")
            }
            return bytes
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw failure(.fileUnreadable, "the file cannot be read")
        }
    }

    /// Writes a file whole or not at all: a reader never sees half of one.
    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .fileUnwritable, exit: .failure, subject: path, message: "the file cannot be written")
        }
    }
}
