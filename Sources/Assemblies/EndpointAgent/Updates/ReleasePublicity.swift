import AgentEngine
import CanonicalCoding
import ControlClient
import ControlWire
import DurableFiles
import FleetModel
import TransparencyLog

/// Holds every release to the public log: what is not in it for everyone to see does not run here.
///
/// The newest checkpoint is on disk before anything is done on its account, so that a log that shows this endpoint one
/// history today and another tomorrow is found out.
struct ReleasePublicity: Sendable {
    enum Outcome: Equatable, Sendable {
        case isPublic
        /// The log says something else, or not what was seen before.
        case refused(code: String, message: String)
        /// The log could not be read; a check that cannot be made has failed, and is made again with the next attempt.
        case unavailable(String)
    }

    let trust: LogTrust
    let link: any ControlLink
    /// Where the newest checkpoint is kept.
    let file: String
    let files: DurableFiles

    /// Asks the log for the release's entry.
    ///
    /// - Parameter deadline: Of each file that is fetched. A tree has at most eight levels of tiles, so there are few.
    func check(_ pinned: PinnedRelease, authorization: AgentAuthorization, deadline: Moment.Span) async -> Outcome {
        do {
            let index = try await link.logIndex(of: pinned.digest, authorization: authorization, deadline: deadline)
            let checkpoint = try await newestCheckpoint(deadline: deadline)
            let entry = try await entry(at: index, under: checkpoint, deadline: deadline)
            try Self.require(entry, tells: pinned, index: index)
            var inclusion = try InclusionMachine(checkpoint: checkpoint, index: index, entry: entry)
            try await answer(&inclusion, deadline: deadline)
            return .isPublic
        } catch let error as LogError where error.code == .witnessesTooFew {
            // Witnesses cosign after a checkpoint is published: soon, or when they are back.
            return .unavailable("\(error)")
        } catch let error as LogError {
            return .refused(code: error.code.rawValue, message: "\(error)")
        } catch let error as FileError {
            return .unavailable("\(error)")
        } catch {
            return .unavailable("the public log cannot be read: \(error)")
        }
    }

    private func newestCheckpoint(deadline: Moment.Span) async throws -> SignedCheckpoint {
        let last = try lastCheckpoint()
        var machine = CheckpointMachine(trust: trust, last: last)
        try await answer(&machine, deadline: deadline)
        guard let newest = machine.newest else {
            throw LogError(.resourceMissing, subject: "checkpoint", message: "the log has none")
        }
        if newest.bytes != last?.bytes { try files.write(newest.bytes, to: file) }
        return newest
    }

    /// The newest checkpoint of earlier times; nil before the first.
    private func lastCheckpoint() throws -> SignedCheckpoint? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try files.read(file, bytesMax: LogResource.checkpoint.bytesMax)
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
        // Of an earlier policy, perhaps: that it was seen is what counts.
        return try trust.unwitnessed.accept(bytes)
    }

    private func entry(at index: UInt64, under checkpoint: SignedCheckpoint, deadline: Moment.Span) async throws
        -> [UInt8]
    {
        guard index < checkpoint.size,
            let bundle = BundleCoordinate.bundle(index / LogLimit.tileWidth, size: checkpoint.size)
        else {
            throw LogError(
                .indexBeyond, subject: "entry \(index)", message: "the tree has \(checkpoint.size) entries")
        }
        let resource = LogResource.bundle(bundle)
        guard let bytes = try await link.logFile(resource.path, bytesMax: resource.bytesMax, deadline: deadline) else {
            throw LogError(.resourceMissing, subject: resource.path, message: "the log has no such file")
        }
        return try EntryBundle.decode(bytes, count: bundle.width)[Int(index % LogLimit.tileWidth)]
    }

    private func answer(_ machine: inout some LogMachine, deadline: Moment.Span) async throws {
        while let next = machine.wanted.first {
            try machine.take(try await link.logFile(next.path, bytesMax: next.bytesMax, deadline: deadline), of: next)
        }
    }

    /// Requires that an entry publishes this release with these bytes.
    private static func require(_ entry: [UInt8], tells pinned: PinnedRelease, index: UInt64) throws(LogError) {
        guard (try? tells(entry, of: pinned)) == true else {
            throw LogError(
                .entryOther, subject: "entry \(index)",
                message: "it does not publish \(pinned.release) with \(pinned.digest)")
        }
    }

    private static func tells(_ entry: [UInt8], of pinned: PinnedRelease) throws(JSONError) -> Bool {
        let document = JSONReader(
            try JSONParser.parse(entry, limits: JSONParser.Limits(bytesMax: LogLimit.entryBytesMax)))
        let body = try document.member("body")
        guard try document.member("kind").string() == "release",
            try body.member("pack").string() == pinned.release.pack.text,
            try body.member("version").string() == pinned.release.version.text,
            try body.member("digest").string() == pinned.digest.text
        else { return false }
        return true
    }
}
