import DurableFiles
import FleetModel

/// Where the programs of a build lie between their download and the guard's copy: `PATH/DIGEST/firebreak-agent` and
/// `PATH/DIGEST/firebreak-worker`.
struct BuildFolder: Sendable {
    static let programs = (agent: "firebreak-agent", worker: "firebreak-worker")

    let path: String
    let files: DurableFiles

    func folder(of digest: Digest) -> String { "\(path)/\(digest)" }

    func keep(_ bytes: [UInt8], as name: String, of digest: Digest) throws(FileError) {
        try files.makeDirectory(folder(of: digest))
        try files.write(bytes, to: "\(folder(of: digest))/\(name)", mode: 0o755)
    }

    func discard(_ digest: Digest) { try? files.discardDirectory(folder(of: digest)) }

    /// Takes away what a fetch that was cut off has left: for when none is under way.
    func clear() {
        for name in (try? files.names(in: path)) ?? [] { try? files.discardDirectory("\(path)/\(name)") }
    }
}
