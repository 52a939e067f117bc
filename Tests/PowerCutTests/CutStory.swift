import AgentEngine
import FleetModel
import Testing

/// A piece of an endpoint's life that the sweep cuts at every call.
struct CutStory: Sendable, CustomTestStringConvertible {
    enum Event: Sendable {
        /// The control plane offers release 1.N.0.
        case offer(Int)
        case recall(Int)
        case seconds(Int)
        /// The active worker dies this many times, with time for its restart after each.
        case killActive(times: Int)
        /// The agent is told to end; the host then goes down.
        case stopping
    }

    let name: String
    /// Releases 1.1.0 to 1.N.0 are proven when the story begins.
    let provenBefore: Int
    let events: [Event]
    var natures: [Int: CutEndpoint.Nature] = [:]
    /// What stands at the end when nothing is cut, newest first.
    let provenAfter: [Int]
    /// What is then active.
    let activeAfter: Int
    var modeAfter = ProtectionMode.normal

    var testDescription: String { name }

    static let all = [
        CutStory(
            name: "the first release is committed", provenBefore: 0, events: [.offer(1), .seconds(12)],
            provenAfter: [1], activeAfter: 1),
        CutStory(
            name: "the fourth release is committed and the first dropped", provenBefore: 3,
            events: [.offer(4), .seconds(12)], provenAfter: [4, 3, 2], activeAfter: 4),
        CutStory(
            name: "a release dies on trial", provenBefore: 2, events: [.offer(3), .seconds(12)],
            natures: [3: .diesOnTrial], provenAfter: [2, 1], activeAfter: 2),
        CutStory(
            name: "a release dies in shadow, and the next one is committed", provenBefore: 2,
            events: [.offer(3), .seconds(4), .offer(4), .seconds(12)], natures: [3: .diesInShadow],
            provenAfter: [4, 2, 1], activeAfter: 4),
        CutStory(
            name: "the active generation is recalled", provenBefore: 3, events: [.recall(3), .seconds(4)],
            provenAfter: [2, 1], activeAfter: 2),
        CutStory(
            name: "a release is recalled on its trial", provenBefore: 3,
            events: [.offer(4), .seconds(4), .recall(4), .seconds(4)], provenAfter: [3, 2, 1], activeAfter: 3),
        CutStory(
            name: "the newest generations die, and the oldest protects in safe mode", provenBefore: 3,
            events: [.killActive(times: 10), .seconds(4), .offer(4), .seconds(4)], provenAfter: [3, 2, 1],
            activeAfter: 1, modeAfter: .safe),
        CutStory(
            name: "the agent ends in order during a trial", provenBefore: 2,
            events: [.offer(3), .seconds(4), .stopping], provenAfter: [2, 1], activeAfter: 3),
    ]

    /// What the control plane offers when the story is over.
    var offered: Int? {
        events.reversed().lazy.compactMap { if case .offer(let number) = $0 { number } else { nil } }.first
    }

    var recalled: [Int] { events.compactMap { if case .recall(let number) = $0 { number } else { nil } } }

    func natures(in packs: CutPacks) -> [Digest: CutEndpoint.Nature] {
        Dictionary(natures.map { (packs[$0.key].pinned.digest, $0.value) }, uniquingKeysWith: { one, _ in one })
    }

    func recalls(in packs: CutPacks) -> [RecalledRelease] {
        recalled.map { RecalledRelease(pinned: packs[$0].pinned, reason: "bad") }
    }

    /// Lives the story.
    func tell(to endpoint: inout CutEndpoint) {
        for event in events {
            switch event {
            case .offer(let number): endpoint.give(.offer(endpoint.packs[number].offer))
            case .recall: endpoint.give(.recalls(recalls(in: endpoint.packs), revision: 1))
            case .seconds(let count): for _ in 0..<count { endpoint.second() }
            case .killActive(let times):
                for _ in 0..<times {
                    endpoint.killActive()
                    for _ in 0..<10 where endpoint.workers[.active] == nil { endpoint.second() }
                }
            case .stopping: endpoint.give(.stopping)
            }
        }
    }
}
