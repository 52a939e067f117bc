import CanonicalCoding
import DurableFiles
import FleetModel

/// The guard's part in a build, by the table of docs/design/guard.md: two slots, of which one is in force. Its own
/// durability has its own sweep; here each change is one durable write.
struct PlayedGuard: Codable, Hashable, Sendable {
    enum Standing: String, Codable { case empty, staged, trying, proven, condemned }
    struct Slot: Codable, Hashable {
        var program: Digest
        var standing: Standing
    }

    static let path = "\(CutEndpoint.state)/guard.json"

    private(set) var slots: [Slot]
    private(set) var force = 0
    /// Programs that failed here.
    private(set) var condemned: [Digest] = []
    /// Programs that were handed over although they had failed, once for each time.
    private(set) var handedOverAgain: [Digest] = []

    init(installed program: Digest) {
        slots = [Slot(program: program, standing: .proven), Slot(program: program, standing: .empty)]
    }

    var other: Int { 1 - force }
    var isTrying: Bool { slots[other].standing == .trying }
    var running: Digest { slots[isTrying ? other : force].program }
    /// Whether there is a proven build beside the one in force.
    var canGoBack: Bool { slots[other].standing == .proven }

    static func read(_ files: DurableFiles) throws -> Self {
        try CodableJSON.decode(
            Self.self, from: try files.read(path, bytesMax: 65_536), limits: .init(bytesMax: 65_536), keys: .snakeCase)
    }

    func write(_ files: DurableFiles) throws {
        try files.write(try CodableJSON.encode(self, keys: .snakeCase), to: Self.path)
    }

    /// The agent starts. One on trial that ended without being told to has failed; one that is staged is tried.
    mutating func start() {
        if isTrying { condemn() }
        if slots[other].standing == .staged { slots[other].standing = .trying }
    }

    /// The build on trial, staged or running, failed or was recalled.
    mutating func condemn() {
        condemned.append(slots[other].program)
        slots[other].standing = .condemned
    }

    /// - Returns: The exit code of `firebreak-guard install-build`.
    mutating func install(_ program: Digest) -> Int32 {
        if slots[force].program == program { return 0 }
        if condemned.contains(program) {
            handedOverAgain.append(program)
            return 4
        }
        guard !isTrying else { return 3 }
        slots[other] = Slot(program: program, standing: .staged)
        return 0
    }

    mutating func prove() {
        slots[other].standing = .proven
        force = other
    }

    /// - Returns: Whether it goes back, as exit code 0 of `firebreak-guard recall-build` says.
    mutating func goBack() -> Bool {
        if slots[other].standing == .staged || isTrying {
            condemn()
            return true
        }
        guard canGoBack else { return false }
        force = other
        condemn()
        return true
    }
}
