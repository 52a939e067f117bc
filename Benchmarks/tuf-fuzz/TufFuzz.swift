import FleetModel
import FuzzSupport
import UpdateTrust

/// Hostile metadata, to the parsers and to a whole client: a client that finds what nobody published is what must not be.
struct TufFuzz: FuzzTarget {
    private enum Kind: String, CaseIterable {
        case root, timestamp, snapshot, targets, client
    }

    private static let now = Moment(milliseconds: 1_800_000_000_000)

    private let kind: Kind
    /// The repository's files by name, as a client asks for them.
    private let served: [String: [UInt8]]
    private let names: [String]

    static func all() throws -> [TufFuzz] { try Kind.allCases.map(TufFuzz.init) }
    static func code(of error: any Error) -> String { (error as? TufError)?.code.rawValue ?? "other" }
    var name: String { kind.rawValue }

    private init(_ kind: Kind) throws {
        self.kind = kind
        func signer(_ number: UInt8) throws -> PackSigningKey {
            guard let key = PackSigningKey(seed: Array(repeating: number, count: 32)) else {
                throw TufError(.signingFailed, subject: "fuzz", message: "no key")
            }
            return key
        }
        let keys = try TufKeyring(
            root: [signer(1), signer(2)], targets: [signer(3)], snapshot: signer(4), timestamp: signer(5))
        let vendor = try signer(6)
        var repository = try TufRepository(keys: keys, at: Self.now)
        try repository.delegate(
            to: "vendor", packs: [PackName(accepted: "pack")], key: vendor.key, first: vendor, by: keys.targets,
            at: Self.now)
        try repository.add(
            [TufTarget(path: "pack/a", describing: [1, 2, 3])], to: "vendor", by: vendor, at: Self.now)
        try repository.publish(snapshot: keys.snapshot, timestamp: keys.timestamp, at: Self.now)
        var served: [String: [UInt8]] = [:]
        for file in repository.takeFiles() { served[file.name] = file.bytes }
        self.served = served
        names =
            switch kind {
            case .root: ["1.root.json"]
            case .timestamp: ["timestamp.json"]
            case .snapshot: ["2.snapshot.json"]
            case .targets: ["2.targets.json", "2.vendor.json"]
            case .client: ["timestamp.json", "2.snapshot.json", "2.targets.json", "2.vendor.json"]
            }
    }

    func execute(_ random: inout SplitMix64) throws -> Bool {
        let name = random.element(of: names)
        let bytes = random.mutated(served[name] ?? [])
        guard kind != .client else { return try visit(spoiling: name, with: bytes) }
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.targetsBytesMax, subject: name)
        switch kind {
        case .root: _ = try TufRoot(reading: envelope)
        case .timestamp: _ = try TufTimestamp(reading: envelope)
        case .snapshot: _ = try TufSnapshot(reading: envelope)
        case .targets: _ = try TufTargets(reading: envelope, role: name).delegations?.roles(for: "pack/a")
        case .client: break
        }
        return true
    }

    /// A client's whole visit with one file changed: it ends with what was published, or with a refusal.
    private func visit(spoiling name: String, with bytes: [UInt8]) throws(TufError) -> Bool {
        var machine = try TufClientMachine(root: served["1.root.json"] ?? [])
        var step = machine.refresh()
        for part in 0..<2 {
            while let request = step.request {
                var reply = TufReply.absent
                if case .fetch(let path, let bytesMax, _) = request, let file = path == name ? bytes : served[path],
                    file.count <= bytesMax
                {
                    reply = .bytes(file)
                }
                step = try machine.take(reply, at: Self.now)
            }
            if part == 0 { step = try machine.find("pack/a", at: Self.now) }
        }
        // Only white space may differ, and that only in the file that no other describes.
        return machine.found.map { $0.role == "vendor" && $0.target.length == 3 } ?? false
    }
}
