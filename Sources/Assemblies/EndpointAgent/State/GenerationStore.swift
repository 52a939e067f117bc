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

    /// The fault that a kept pack carries on purpose; nil where it carries none or cannot be read.
    func chaos(of pinned: PinnedRelease) -> PackChaos? {
        guard let bytes = try? files.read(pack(pinned.digest), bytesMax: PackLimits.fileBytesMax),
            let verified = try? verifier.verify(
                UnverifiedPack(bytes), expecting: pinned.release, digest: pinned.digest)
        else { return nil }
        return verified.manifest.chaos
    }

    /// What is wrong with a file of the store.
    enum Trouble: String {
        /// It is not what it says, and was removed: nothing may stand on it.
        case removed = "agent.generation_removed"
        /// It cannot be read now. It is not stood on and stays where it is, for the next start to read.
        case unreadable = "agent.generation_unreadable"
    }

    /// What is there and intact.
    ///
    /// - Parameter onTrouble: Is told what is wrong with which file, and why.
    /// - Throws: When the directory cannot be listed. That says nothing of what lies in it.
    func scan(onTrouble: (Trouble, String, String) -> Void) throws(FileError) -> [FoundGeneration] {
        let names = try files.names(in: directory)
        var found: [FoundGeneration] = []
        var unreadable: [Digest] = []
        for name in names where name.hasSuffix(Self.packSuffix) {
            guard let digest = Digest(String(name.dropLast(Self.packSuffix.count))) else {
                remove(name, because: "no digest in its name", onTrouble)
                continue
            }
            do {
                let bytes = try files.read("\(directory)/\(name)", bytesMax: PackLimits.fileBytesMax)
                let verified = try verifier.verify(UnverifiedPack(bytes))
                guard verified.digest == digest else {
                    remove(name, because: "the content is \(verified.digest)", onTrouble)
                    continue
                }
                let pinned = PinnedRelease(release: verified.release, digest: digest)
                found.append(FoundGeneration(pinned: pinned, mark: mark(of: pinned)))
            } catch let error as FileError {
                unreadable.append(digest)
                onTrouble(.unreadable, name, "\(error)")
            } catch {
                remove(name, because: "\(error)", onTrouble)
            }
        }
        let kept = Set((found.map(\.pinned.digest) + unreadable).map { "\($0)\(Self.markSuffix)" })
        for name in names where !name.hasSuffix(Self.packSuffix) && !kept.contains(name) {
            remove(name, because: "it belongs to no pack", onTrouble)
        }
        return found
    }

    private func remove(_ name: String, because reason: String, _ onTrouble: (Trouble, String, String) -> Void) {
        do throws(FileError) {
            try files.remove("\(directory)/\(name)")
            onTrouble(.removed, name, reason)
        } catch {
            // Nothing stands on it either way.
            onTrouble(.unreadable, name, "\(reason); and it cannot be removed: \(error)")
        }
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
