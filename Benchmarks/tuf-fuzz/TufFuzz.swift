import FleetModel
import Foundation
import UpdateTrust

enum FuzzTarget: String, CaseIterable {
    case root, timestamp, snapshot, targets, client
}

/// One target and what it came to.
struct TufFuzz {
    /// KiB that the process may grow while one target runs: the largest input and what is made of it, many times over.
    private static let growthKiBMax = 64 * 1024
    private static let now = Moment(milliseconds: 1_800_000_000_000)

    private let target: FuzzTarget
    private var random: SplitMix64
    /// The repository's files by name, as a client asks for them.
    private let served: [String: [UInt8]]
    private let names: [String]
    private let trusted: TrustedMetadata
    private var accepted: UInt64 = 0
    private var executions: UInt64 = 0
    private var refusals: [String: UInt64] = [:]
    private var broken: UInt64 = 0
    private var resident: (first: Int, most: Int) = (0, 0)
    private let start = Date()

    init(_ target: FuzzTarget, seed: UInt64) throws {
        self.target = target
        random = SplitMix64(seed: seed)
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
            TufTarget(path: "pack/a", describing: [1, 2, 3]), to: "vendor", by: vendor, at: Self.now)
        try repository.publish(snapshot: keys.snapshot, timestamp: keys.timestamp, at: Self.now)
        var served: [String: [UInt8]] = [:]
        for file in repository.takeFiles() { served[file.name] = file.bytes }
        self.served = served
        names =
            switch target {
            case .root: ["1.root.json"]
            case .timestamp: ["timestamp.json"]
            case .snapshot: ["2.snapshot.json"]
            case .targets: ["2.targets.json", "2.vendor.json"]
            case .client: ["timestamp.json", "2.snapshot.json", "2.targets.json", "2.vendor.json"]
            }
        trusted = try TrustedMetadata(trustedRoot: served["1.root.json"] ?? [])
    }

    var hasFailed: Bool { broken > 0 || resident.most - resident.first > Self.growthKiBMax }

    mutating func run(_ count: UInt64) {
        resident.first = Self.residentKiB()
        while executions < count {
            let name = names[random.number(0..<names.count)]
            let bytes = random.mutated(served[name] ?? [])
            do throws(TufError) {
                try execute(name, bytes)
                accepted += 1
            } catch {
                refusals[error.code.rawValue, default: 0] += 1
            }
            executions += 1
            if executions.isMultiple(of: 1 << 16) { resident.most = max(resident.most, Self.residentKiB()) }
        }
        resident.most = max(resident.most, Self.residentKiB())
    }

    private mutating func execute(_ name: String, _ bytes: [UInt8]) throws(TufError) {
        guard target != .client else { return try visit(spoiling: name, with: bytes) }
        let envelope = try TufEnvelope(reading: bytes, bytesMax: TufLimits.targetsBytesMax, subject: name)
        switch target {
        case .root: _ = try TufRoot(reading: envelope)
        case .timestamp: _ = try TufTimestamp(reading: envelope)
        case .snapshot: _ = try TufSnapshot(reading: envelope)
        case .targets: _ = try TufTargets(reading: envelope, role: name).delegations?.roles(for: "pack/a")
        case .client: break
        }
    }

    /// A client's whole visit with one file changed: it ends with what was published, or with a refusal.
    private mutating func visit(spoiling name: String, with bytes: [UInt8]) throws(TufError) {
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
        let isTrue = machine.found.map { $0.role == "vendor" && $0.target.length == 3 } ?? false
        if !isTrue { broken += 1 }
    }

    func json(seed: UInt64) -> String {
        let counts = refusals.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        let seconds = (Date().timeIntervalSince(start) * 10).rounded() / 10
        return "{\"target\":\"\(target.rawValue)\",\"seed\":\(seed),\"seconds\":\(seconds),"
            + "\"executions\":\(executions),\"accepted\":\(accepted),\"refused\":{\(counts)},\"broken\":\(broken),"
            + "\"resident_kib\":[\(resident.first),\(resident.most)]}"
    }

    private static func residentKiB() -> Int {
        guard let data = FileManager.default.contents(atPath: "/proc/self/status") else { return 0 }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.split { !$0.isNumber }.first ?? "") } ?? 0
    }
}
