import AgentEngine
import CanonicalCoding
import DurableFiles

/// The file of `--lab`: which endpoint-side protections are on. Read at each decision.
struct LabFile: Sendable {
    let path: String

    private static let bytesMax = 4 << 10

    /// What the file says. A file that is missing or not understood leaves every protection on.
    func read() -> LabProtections {
        guard let bytes = try? DurableFiles().read(path, bytesMax: Self.bytesMax),
            let read = try? CodableJSON.decode(LabProtections.self, from: bytes, limits: .init(bytesMax: Self.bytesMax))
        else { return .all }
        return read
    }
}
