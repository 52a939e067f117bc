import ContentPack
import Synchronization
import Testing

@testable import EndpointAgent

@Suite("Host chaos")
struct HostChaosTests {
    private final class Calls: Sendable {
        let names = Mutex<[String]>([])
        func note(_ name: String) { names.withLock { $0.append(name) } }
    }

    @Test("the host's markers are obeyed, each in its own way, and the worker's are left to the worker")
    func obey() {
        let calls = Calls()
        let chaos = HostChaos(panic: { calls.note("panic") }, hang: { calls.note("hang") })
        for marker in PackChaos.allCases { chaos.obey(marker) }
        #expect(calls.names.withLock { $0 } == ["panic", "hang"])
    }
}
