package import DurableFiles
package import FleetModel
package import UpdateTrust

/// A repository as static files: `tuf/` and `targets/` below one folder, which any web server can carry. Beside them lies
/// `lock`: one writer at a time.
package struct RepositoryFolder: Sendable {
    package let path: String
    private let files: DurableFiles

    package init(path: String, files: DurableFiles = DurableFiles()) {
        self.path = path
        self.files = files
    }

    /// The folder of the metadata, and that of the targets.
    package var metadata: String { "\(path)/tuf" }
    package var targets: String { "\(path)/targets" }

    /// The repository as it stands there.
    package func read() throws(TufError) -> TufRepository {
        try TufRepository { name in
            try? files.read("\(metadata)/\(name)", bytesMax: TufLimits.targetsBytesMax)
        }
    }

    /// The newest timestamp as it is served: it changes with whatever becomes visible. Nil where there is none.
    package var timestamp: [UInt8]? {
        try? files.read("\(metadata)/timestamp.json", bytesMax: TufLimits.timestampBytesMax)
    }

    /// Writes what was signed, the timestamp last: until then clients see the repository as it was.
    package func write(_ repository: inout TufRepository) throws(TufError) {
        for file in repository.takeFiles() {
            try storing(file.name) { () throws(FileError) in
                try files.makeDirectory(metadata)
                try files.write(file.bytes, to: "\(metadata)/\(file.name)", mode: 0o644)
            }
        }
    }

    /// Puts a target's bytes where clients look for it (TUF 5.7.3). Before it is signed for: nobody finds it until then.
    package func write(_ bytes: [UInt8], of target: TufTarget) throws(TufError) {
        let location = "\(targets)/\(target.location(isConsistentSnapshot: true))"
        guard let slash = location.lastIndex(of: "/") else { return }
        try storing(target.path) { () throws(FileError) in
            try files.makeDirectory(String(location[..<slash]))
            try files.write(bytes, to: location, mode: 0o644)
        }
    }

    // MARK: Publishing

    /// How long a writer waits for another, milliseconds: some files, each with its fsync.
    private static let lockPatienceMilliseconds = 10_000

    /// Runs `body` while nobody else writes here.
    package func alone<Value>(_ body: () throws(TufError) -> Value) throws(TufError) -> Value {
        let lock = try storing(path) { () throws(FileError) in
            try files.makeDirectory(path)
            return try FileLock("\(path)/lock", patienceMilliseconds: Self.lockPatienceMilliseconds)
        }
        defer { lock.release() }
        return try body()
    }

    /// Makes a new repository here.
    package func create(keys: TufKeyring<some TufSigner>, at now: Moment) throws(TufError) -> TufRepository {
        try alone { () throws(TufError) in
            guard (try? read()) == nil else {
                throw TufError(.storeFailed, subject: path, message: "there is a repository already")
            }
            var repository = try TufRepository(keys: keys, at: now)
            try write(&repository)
            return repository
        }
    }

    /// Changes the repository that is here, and makes the change visible: new snapshot, new timestamp.
    @discardableResult
    package func change(
        keys: TufKeyring<some TufSigner>, at now: Moment, _ body: (inout TufRepository) throws(TufError) -> Void
    ) throws(TufError) -> TufRepository {
        try alone { () throws(TufError) in
            var repository = try read()
            try body(&repository)
            try repository.publish(snapshot: keys.snapshot, timestamp: keys.timestamp, at: now)
            try write(&repository)
            return repository
        }
    }

    /// Takes releases back, for good, by the online key of recalls. One that was recalled before changes nothing.
    ///
    /// - Returns: The repository, and whether anything was signed.
    @discardableResult
    package func recall(
        _ recalls: [(digest: Digest, reason: String)], keys: TufKeyring<some TufSigner>, at now: Moment
    ) throws(TufError) -> (repository: TufRepository, isChanged: Bool) {
        guard let signer = keys.recalls else {
            throw TufError(
                .signingFailed, subject: TufRepository.recallsRole, message: "there is no recalls.key beside the others"
            )
        }
        return try alone { () throws(TufError) in
            var repository = try read()
            try repository.beginRecalls(by: signer, at: now)
            var isChanged = false
            for (digest, reason) in recalls {
                let statement = try TufRepository.recallStatement(of: digest, reason: reason, at: now)
                guard let target = try repository.recall(digest, statement: statement, by: signer, at: now) else {
                    continue
                }
                try write(statement, of: target)
                isChanged = true
            }
            guard isChanged else { return (repository, false) }
            try repository.publish(snapshot: keys.snapshot, timestamp: keys.timestamp, at: now)
            try write(&repository)
            return (repository, true)
        }
    }

    /// Signs anew what would expire soon; nothing else is changed.
    ///
    /// - Returns: Whether anything was signed.
    package func renew(keys: TufKeyring<some TufSigner>, at now: Moment) throws(TufError) -> Bool {
        try alone { () throws(TufError) in
            var repository = try read()
            let isChanged = try repository.renew(
                snapshot: keys.snapshot, timestamp: keys.timestamp, recalls: keys.recalls, at: now)
            if isChanged { try write(&repository) }
            return isChanged
        }
    }

    /// Publishes a release's pack, vouched for by its vendor, and files that belong to it.
    ///
    /// - Parameter files: By their paths among the targets.
    @discardableResult
    package func add(
        _ pack: [UInt8], of release: ReleaseID, with files: [(path: String, bytes: [UInt8])] = [], to vendor: String,
        by signer: some TufSigner, keys: TufKeyring<some TufSigner>, at now: Moment
    ) throws(TufError) -> TufRepository {
        let all = files + [(path: TufRepository.path(of: release), bytes: pack)]
        return try change(keys: keys, at: now) { repository throws(TufError) in
            let targets = all.map { TufTarget(path: $0.path, describing: $0.bytes) }
            try repository.add(targets, to: vendor, by: signer, at: now)
            for (target, (_, bytes)) in zip(targets, all) { try write(bytes, of: target) }
        }
    }
}

/// Files that cannot be read or written are the publisher's own trouble.
func storing<Value>(_ subject: String, _ body: () throws(FileError) -> Value) throws(TufError) -> Value {
    do throws(FileError) {
        return try body()
    } catch {
        throw TufError(.storeFailed, subject: subject, message: error.description)
    }
}
