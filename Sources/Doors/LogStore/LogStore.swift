import Dispatch
package import DurableFiles
package import FleetModel
import Synchronization
package import TransparencyLog

/// Appends to a log's folder, many callers at once: what waits while one batch is written goes into the next, with one
/// round of fsyncs for all of it.
///
/// The folder is written on a thread of its own, since a disk blocks its caller. An append that returned is durable and
/// under a published checkpoint.
package final class LogStore: Sendable {
    private struct Waiting: Sendable {
        var entries: [[UInt8]]
        var bytes: Int
        var answer: CheckedContinuation<Range<UInt64>, any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isWriting = false
        var newest: SignedCheckpoint
    }

    private let folder: Mutex<LogFolder>
    private let state: Mutex<State>
    private let lock: FileLock
    private let queue = DispatchQueue(label: "firebreak.log-store")
    private let now: @Sendable () -> Moment

    /// Longer than a child that was just started needs to execute its program: until then it holds the lock too.
    private static let lockPatienceMilliseconds = 500

    /// Opens a log's folder, or makes one; no other process may have it open.
    ///
    /// - Parameters:
    ///   - lockPath: Outside of what is served, for example beside the folder.
    ///   - origin: Nil: the key's name.
    package init(
        folder path: String, lockPath: String, signer: NoteSigner, origin: String? = nil,
        files: DurableFiles = DurableFiles(), now: @escaping @Sendable () -> Moment
    ) throws(LogStoreError) {
        do throws(FileError) {
            lock = try FileLock(lockPath, patienceMilliseconds: Self.lockPatienceMilliseconds)
        } catch {
            throw LogStoreError(error)
        }
        let opened = try LogFolder(path, signer: signer, origin: origin, at: now(), files: files)
        state = Mutex(State(newest: opened.checkpoint))
        folder = Mutex(opened)
        self.now = now
    }

    /// The newest checkpoint that was published.
    package var checkpoint: SignedCheckpoint { state.withLock { $0.newest } }

    /// Appends entries, next to each other, and waits until a published checkpoint has them.
    ///
    /// - Throws: ``LogStoreError``. What is too large is refused before anything is written, and touches no other's entries.
    package func append(_ entries: [[UInt8]]) async throws(LogStoreError) -> Range<UInt64> {
        let bytes = entries.reduce(0) { $0 + $1.count }
        guard entries.count <= LogFolder.batchCountMax, bytes <= LogFolder.batchBytesMax else {
            throw LogStoreError(
                .batchOversized, subject: "log", message: "\(entries.count) entries of \(bytes) bytes at a time")
        }
        do throws(LogError) {
            for entry in entries { try EntryBundle.check(entry) }
        } catch {
            throw LogStoreError(error, .entryOversized, folder: "log")
        }
        do {
            return try await withCheckedThrowingContinuation { answer in
                let starts = state.withLock { state in
                    state.waiting.append(Waiting(entries: entries, bytes: bytes, answer: answer))
                    defer { state.isWriting = true }
                    return !state.isWriting
                }
                if starts { queue.async { self.write() } }
            }
        } catch let error as LogStoreError {
            throw error
        } catch {
            throw LogStoreError(.suspended, subject: "log", message: "\(error)")
        }
    }

    /// Adds witnesses' signatures to the published checkpoint; those of an earlier one are passed over.
    package func addSignatures(_ signatures: [NoteSignature], to text: [UInt8]) async throws(LogStoreError) {
        let result: Result<Void, LogStoreError> = await withCheckedContinuation { answer in
            queue.async {
                answer.resume(
                    returning: self.folder.withLock { folder in
                        do throws(LogStoreError) {
                            try folder.addSignatures(signatures, to: text)
                            let newest = folder.checkpoint
                            self.state.withLock { $0.newest = newest }
                            return .success(())
                        } catch {
                            return .failure(error)
                        }
                    })
            }
        }
        try result.get()
    }

    // MARK: - The writing thread

    private func write() {
        while let batch = nextBatch() {
            let outcome: Result<Range<UInt64>, LogStoreError> = folder.withLock { folder in
                do throws(LogStoreError) {
                    let range = try folder.append(batch.flatMap(\.entries), at: now())
                    let newest = folder.checkpoint
                    state.withLock { $0.newest = newest }
                    return .success(range)
                } catch {
                    return .failure(error)
                }
            }
            answer(batch, outcome)
        }
    }

    /// As many of those that wait as one batch takes, in order; nil, and the thread is free, when none waits.
    private func nextBatch() -> [Waiting]? {
        state.withLock { state in
            var (count, bytes) = (0, 0)
            let fitting = state.waiting.prefix { waiting in
                count += waiting.entries.count
                bytes += waiting.bytes
                return count <= LogFolder.batchCountMax && bytes <= LogFolder.batchBytesMax
            }
            state.isWriting = !fitting.isEmpty
            guard !fitting.isEmpty else { return nil }
            let batch = Array(fitting)
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    private func answer(_ batch: [Waiting], _ outcome: Result<Range<UInt64>, LogStoreError>) {
        switch outcome {
        case .success(let range):
            var next = range.lowerBound
            for waiting in batch {
                let end = next + UInt64(waiting.entries.count)
                waiting.answer.resume(returning: next..<end)
                next = end
            }
        case .failure(let error):
            for waiting in batch { waiting.answer.resume(throwing: error) }
        }
    }
}
