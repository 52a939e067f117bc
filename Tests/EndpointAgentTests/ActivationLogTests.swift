import DurableFiles
import FleetModel
import Foundation
import TestSupport
import Testing

@testable import EndpointAgent

@Suite("Activation log")
struct ActivationLogTests {
    private static let first = Digest(accepted: String(repeating: "a", count: 64))
    private static let second = Digest(accepted: String(repeating: "b", count: 64))
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("activation") }

    private func log(boot: String) -> ActivationLog {
        ActivationLog(path: folder.file("activation.json"), files: DurableFiles(), bootID: boot)
    }

    private func at(_ seconds: Int64) -> Moment { Moment(milliseconds: seconds * 1000) }

    @Test("use is counted while a release is active, without the time in which nobody looked, and anew for the next")
    func use() {
        let log = log(boot: "one")
        for second in [0, 30, 60, 90] { log.look(active: Self.first, at: at(Int64(second))) }
        #expect(log.known(of: Self.first)?.usedSeconds == 90)
        log.look(active: Self.first, at: at(90 + 3600))
        #expect(log.known(of: Self.first)?.usedSeconds == 210)
        log.look(active: nil, at: at(3700))
        log.look(active: Self.first, at: at(3710))
        #expect(log.known(of: Self.first)?.usedSeconds == 210)
        log.look(active: Self.second, at: at(3720))
        #expect(log.known(of: Self.first) == nil)
        #expect(log.known(of: Self.second)?.usedSeconds == 0)
    }

    @Test("a reboot is known after it, by the boot's id; an agent that starts anew in the same boot is none")
    func reboot() {
        log(boot: "one").look(active: Self.first, at: at(0))
        #expect(log(boot: "one").known(of: Self.first)?.hasRebooted == false)
        #expect(log(boot: "").known(of: Self.first)?.hasRebooted == false)
        let after = log(boot: "two")
        #expect(after.known(of: Self.first)?.hasRebooted == true)
        after.look(active: Self.second, at: at(10))
        #expect(log(boot: "two").known(of: Self.second)?.hasRebooted == false)
    }

    @Test("a crash loses a minute of use at most, and a damaged file begins the count anew")
    func crash() throws {
        let before = log(boot: "one")
        for second in stride(from: Int64(0), through: 200, by: 10) { before.look(active: Self.first, at: at(second)) }
        let kept = try #require(log(boot: "one").known(of: Self.first)?.usedSeconds)
        #expect(kept >= 140 && kept <= 200)
        try Data("{".utf8).write(to: URL(filePath: folder.file("activation.json")))
        #expect(log(boot: "one").known(of: Self.first) == nil)
    }
}
