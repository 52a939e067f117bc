import DurableFiles
import FleetModel
import Glibc
import StateMeasurement
import TestSupport
import Testing

@testable import StateSeal

@Suite("State keeper")
struct StateKeeperTests {
    @Test("evidence is a quote that the server takes, for one check-in after the other")
    func evidence() async throws {
        var house = try SealHouse(.file)
        let keeper = StateKeeper(settings: house.settings)
        #expect(keeper.strength == nil)
        for _ in 0..<3 {
            let nonce = house.nextNonce()
            guard
                case .quote(let bytes) = await keeper.evidence(of: house.facts, endpoint: house.endpoint, nonce: nonce)
            else {
                Issue.record("no quote")
                return
            }
            house.take(bytes)
            #expect(house.ledger.standing == .verified(by: .file))
        }
        #expect(keeper.strength == .file)
    }

    @Test("a seal that cannot be opened is a trouble with its reason, and is tried anew with the next check-in")
    func trouble() async throws {
        let house = try SealHouse(.file)
        try DurableFiles().makeDirectory(house.settings.directory)
        try DurableFiles().write([1], to: "\(house.settings.directory)/key")
        let keeper = StateKeeper(settings: house.settings)
        guard case .trouble(let error) = await keeper.evidence(of: house.facts, endpoint: house.endpoint, nonce: nil)
        else {
            Issue.record("a damaged key was taken")
            return
        }
        #expect(error.code == .damaged)
        try DurableFiles().remove("\(house.settings.directory)/key")
        guard case .quote = await keeper.evidence(of: house.facts, endpoint: house.endpoint, nonce: nil) else {
            Issue.record("it was not tried anew")
            return
        }
    }

    @Test(
        "a TPM that never answers holds no check-in: the first waits its deadline, the next not at all",
        .enabled(if: Swtpm.isInstalled, "swtpm is not installed, and so tpm2-tss may not be"))
    func stuck() async throws {
        // A socket that takes a connection and says nothing, as a TPM whose driver hangs.
        let folder = try TemporaryFolder("stuck")
        let listener = try SilentSocket(path: folder.file("tpm"))
        var house = try SealHouse(.tpm("swtpm:path=\(listener.path)"))
        house.settings.counterIndex += 1
        let keeper = StateKeeper(settings: house.settings, deadline: .milliseconds(200))
        for _ in 0..<3 {
            guard
                case .trouble(let error) = await keeper.evidence(of: house.facts, endpoint: house.endpoint, nonce: nil)
            else {
                Issue.record("a silent TPM gave a quote")
                return
            }
            #expect(error.code == .stuck)
        }
    }
}

/// A Unix socket that is listened on and never answered.
private final class SilentSocket: Sendable {
    let path: String
    private let descriptors: [Int32]

    init(path: String) throws {
        self.path = path
        descriptors = try [path, path + ".ctrl"].map { name in
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(name.utf8)) }
            let length = socklen_t(MemoryLayout<sockaddr_un>.size)
            let isBound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
            }
            guard isBound, listen(descriptor, 4) == 0 else { throw TestSupportError("no socket: errno \(errno)") }
            return descriptor
        }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
