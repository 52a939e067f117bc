import AgentEngine
import CanonicalCoding
import ContentPack
import DurableFiles
import FleetModel
import UpdateTrust

/// Packs on disk: `DIGEST.fbpack`, and beside a proven one `DIGEST.proven`, the mark that its commit left.
///
/// A pack is verified each time that it is read: what lay on a disk for a year is no better than what came over the net.
struct GenerationStore: Sendable {
    let directory: String
    let files: DurableFiles
    let verifier: PackVerifier

    private static let packSuffix = ".fbpack"
    private static let markSuffix = ".proven"
    /// Bytes of a mark: a release, a digest and two numbers.
    private static let markBytesMax = 4 << 10

    private func pack(_ digest: Digest) -> String { "\(directory)/\(digest)\(Self.packSuffix)" }
    private func mark(_ digest: Digest) -> String { "\(directory)/\(digest)\(Self.markSuffix)" }

    func keep(_ verified: VerifiedPack) throws(FileError) { try files.write(verified.bytes, to: pack(verified.digest)) }

    func mark(_ generation: ProvenGeneration) throws(FileError) {
        do {
            try files.write(
                CodableJSON.encode(generation, keys: .snakeCase), to: mark(generation.pinned.digest))
        } catch let error as FileError {
            throw error
        } catch {
            throw FileError(.failed, subject: mark(generation.pinned.digest), message: "\(error)")
        }
    }

    /// Removes pack and mark; the mark first, so that no half of it says "proven".
    func drop(_ digest: Digest) throws(FileError) {
        try files.remove(mark(digest))
        try files.remove(pack(digest))
    }

    /// The program of a kept pack, verified anew.
    func program(of pinned: PinnedRelease) throws -> [UInt8] {
        let bytes = try files.read(pack(pinned.digest), bytesMax: PackLimits.fileBytesMax)
        let verified = try verifier.verify(UnverifiedPack(bytes), expecting: pinned.release, digest: pinned.digest)
        return Array(verified.program)
    }

    /// What is there and intact. What is not is removed: nothing may stand on it.
    ///
    /// - Parameter onDamage: Is told the name and the reason of each file that was removed.
    func scan(onDamage: (String, String) -> Void) throws(FileError) -> [FoundGeneration] {
        let names = try files.names(in: directory)
        var found: [FoundGeneration] = []
        for name in names where name.hasSuffix(Self.packSuffix) {
            guard let digest = Digest(String(name.dropLast(Self.packSuffix.count))) else {
                try remove(name, because: "no digest in its name", onDamage)
                continue
            }
            do {
                let bytes = try files.read("\(directory)/\(name)", bytesMax: PackLimits.fileBytesMax)
                let verified = try verifier.verify(UnverifiedPack(bytes))
                guard verified.digest == digest else {
                    try remove(name, because: "the content is \(verified.digest)", onDamage)
                    continue
                }
                let pinned = PinnedRelease(release: verified.release, digest: digest)
                found.append(FoundGeneration(pinned: pinned, mark: mark(of: pinned)))
            } catch let error as FileError {
                throw error
            } catch {
                try remove(name, because: "\(error)", onDamage)
            }
        }
        let kept = Set(
            found.flatMap { ["\($0.pinned.digest)\(Self.packSuffix)", "\($0.pinned.digest)\(Self.markSuffix)"] })
        for name in names where !name.hasSuffix(Self.packSuffix) && !kept.contains(name) {
            try remove(name, because: "it belongs to no pack", onDamage)
        }
        return found
    }

    private func remove(_ name: String, because reason: String, _ onDamage: (String, String) -> Void) throws(FileError)
    {
        onDamage(name, reason)
        try files.remove("\(directory)/\(name)")
    }

    /// The mark beside a pack; nil when there is none that says just this.
    private func mark(of pinned: PinnedRelease) -> ProvenGeneration? {
        guard let bytes = try? files.read(mark(pinned.digest), bytesMax: Self.markBytesMax),
            let mark = try? CodableJSON.decode(
                ProvenGeneration.self, from: bytes, limits: .init(bytesMax: Self.markBytesMax), keys: .snakeCase),
            mark.pinned == pinned
        else { return nil }
        return mark
    }
}
