import FleetModel
import Synchronization

/// Who may speak, and the few numbers of each endpoint that its heartbeat reads and changes.
///
/// A heartbeat that says nothing new is answered from here, on the event loop that it arrived on, under one short lock:
/// no actor, no store, no allocation but the reply. Whoever has anything to say or to be told goes to the
/// ``FleetDriver``, which decides with ``setQuiet(_:since:)`` who may be answered here next time.
final class CredentialTable: Sendable {
    /// What to do with a heartbeat.
    enum Answer: Equatable, Sendable {
        /// Nothing is new on either side.
        case quiet
        /// The driver must see it.
        case attend
        case unknown
    }

    /// Who a credential stands for.
    struct Bearer: Equatable, Sendable {
        var endpoint: EndpointID
        var origin: Origin
        var isRevoked: Bool
    }

    enum Origin: Equatable, Sendable { case enrolled, minted }

    /// Counts up whenever something happens that every endpoint may have to be told, and ends all quiet at once.
    struct Epoch: Equatable, Sendable {
        fileprivate var number: UInt64 = 1
    }

    private struct Slot {
        var endpoint: EndpointID
        var key: CredentialKey
        var origin: Origin
        var isRevoked: Bool
        /// The instance_uid that the endpoint last used. A minted one may change it.
        var instance: InstanceUID
        /// The number of its last message; nil before the first with this credential and since the start.
        var sequence: UInt64?
        var lastSeen: Int64
        /// The epoch in which the driver found nothing to tell; 0: it must look.
        var quietSince: UInt64 = 0
        var isSeenSinceFlush = false
    }

    private struct State {
        var slots: [Slot] = []
        var byKey: [CredentialKey: Int] = [:]
        var byEndpoint: [EndpointID: Int] = [:]
        var epoch = Epoch()
        /// Heartbeats answered from here.
        var quietCount: UInt64 = 0
        /// Slots whose last-seen time is newer than the database's, each once.
        var unflushed: [Int] = []
    }

    private let state = Mutex(State())

    /// Lets an endpoint in with a credential, in place of the one that it had.
    func admit(
        _ endpoint: EndpointID, key: CredentialKey, origin: Origin, lastSeen: Moment?, isRevoked: Bool = false
    ) {
        state.withLock { state in
            let instance = InstanceUID(endpoint)
            if let index = state.byEndpoint[endpoint] {
                state.byKey[state.slots[index].key] = nil
                state.slots[index].key = key
                state.slots[index].quietSince = 0
                state.slots[index].sequence = nil
                state.byKey[key] = index
                return
            }
            state.byKey[key] = state.slots.count
            state.byEndpoint[endpoint] = state.slots.count
            state.slots.append(
                Slot(
                    endpoint: endpoint, key: key, origin: origin, isRevoked: isRevoked, instance: instance,
                    lastSeen: lastSeen?.milliseconds ?? .min))
        }
    }

    func revoke(_ endpoint: EndpointID) {
        state.withLock { state in
            guard let index = state.byEndpoint[endpoint] else { return }
            state.slots[index].isRevoked = true
            state.slots[index].quietSince = 0
        }
    }

    func bearer(of key: CredentialKey) -> Bearer? {
        state.withLock { state in
            state.byKey[key].map { index in
                let slot = state.slots[index]
                return Bearer(endpoint: slot.endpoint, origin: slot.origin, isRevoked: slot.isRevoked)
            }
        }
    }

    /// Takes in a heartbeat: a check-in that carries an instance_uid and a sequence number and nothing else.
    func heartbeat(_ key: CredentialKey, instance: InstanceUID, sequence: UInt64, at now: Moment) -> Answer {
        state.withLock { state in
            guard let index = state.byKey[key] else { return .unknown }
            let slot = state.slots[index]
            guard slot.quietSince == state.epoch.number, slot.instance == instance, let last = slot.sequence,
                sequence == last &+ 1
            else { return .attend }
            state.slots[index].sequence = sequence
            state.quietCount += 1
            Self.see(index, at: now, in: &state)
            return .quiet
        }
    }

    /// The number of an endpoint's last message, on either way; nil before the first.
    func lastSequence(_ endpoint: EndpointID) -> UInt64? {
        state.withLock { state in state.byEndpoint[endpoint].flatMap { state.slots[$0].sequence } }
    }

    /// Notes that an endpoint was heard through the driver.
    ///
    /// - Parameter sequence: The number of its message; nil when the message was overtaken and counts for nothing else.
    func hear(_ endpoint: EndpointID, instance: EndpointID, sequence: UInt64?, at now: Moment) {
        state.withLock { state in
            guard let index = state.byEndpoint[endpoint] else { return }
            state.slots[index].instance = InstanceUID(instance)
            state.slots[index].sequence = sequence ?? state.slots[index].sequence
            Self.see(index, at: now, in: &state)
        }
    }

    private static func see(_ index: Int, at now: Moment, in state: inout State) {
        // Two event loops may bring their moments in the other order.
        state.slots[index].lastSeen = max(state.slots[index].lastSeen, now.milliseconds)
        guard !state.slots[index].isSeenSinceFlush else { return }
        state.slots[index].isSeenSinceFlush = true
        state.unflushed.append(index)
    }

    /// Heartbeats that were answered without the driver.
    var quietCount: UInt64 { state.withLock { $0.quietCount } }

    /// The epoch to give to ``setQuiet(_:since:)``, taken before the driver looks.
    var epoch: Epoch { state.withLock { $0.epoch } }

    /// Everyone must be looked at again.
    func endQuiet() { state.withLock { $0.epoch.number += 1 } }

    /// Says that an endpoint has nothing to be told, as of `epoch`; nil: it has.
    func setQuiet(_ endpoint: EndpointID, since epoch: Epoch?) {
        state.withLock { state in
            guard let index = state.byEndpoint[endpoint], !state.slots[index].isRevoked else { return }
            state.slots[index].quietSince = epoch?.number ?? 0
        }
    }

    func lastSeen(_ endpoint: EndpointID) -> Moment? {
        state.withLock { state in state.byEndpoint[endpoint].flatMap { Self.moment(state.slots[$0].lastSeen) } }
    }

    /// Endpoints heard of since `moment`, for the summary.
    func seen(since moment: Moment) -> Set<EndpointID> {
        state.withLock { state in
            Set(state.slots.filter { $0.lastSeen >= moment.milliseconds }.map(\.endpoint))
        }
    }

    /// Takes out up to `countMax` last-seen times that the database does not have.
    func takeUnflushed(countMax: Int) -> [(endpoint: EndpointID, at: Moment)] {
        state.withLock { state in
            let taken = state.unflushed.suffix(countMax)
            state.unflushed.removeLast(taken.count)
            return taken.map { index in
                state.slots[index].isSeenSinceFlush = false
                return (state.slots[index].endpoint, Moment(milliseconds: state.slots[index].lastSeen))
            }
        }
    }

    private static func moment(_ milliseconds: Int64) -> Moment? {
        milliseconds == .min ? nil : Moment(milliseconds: milliseconds)
    }
}

/// SHA-256 of a credential as four words: hashed and compared without an allocation.
struct CredentialKey: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameter bytes: The 32 bytes of a digest.
    init?(_ bytes: some Sequence<UInt8>) {
        var words: InlineArray<4, UInt64> = [0, 0, 0, 0]
        var count = 0
        for byte in bytes {
            guard count < 32 else { return nil }
            words[count / 8] = words[count / 8] << 8 | UInt64(byte)
            count += 1
        }
        guard count == 32 else { return nil }
        self.words = (words[0], words[1], words[2], words[3])
    }

    init(_ digest: Digest) {
        // A digest has 32 bytes by construction.
        self = CredentialKey(digest.bytes) ?? CredentialKey.none
    }

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }
    private static let none = CredentialKey(words: (0, 0, 0, 0))

    static func == (left: CredentialKey, right: CredentialKey) -> Bool { left.words == right.words }
    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// OpAMP's instance_uid as two words.
struct InstanceUID: Equatable, Sendable {
    var high: UInt64
    var low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(_ endpoint: EndpointID) {
        (high, low) = (0, 0)
        for (index, byte) in endpoint.instanceUID.enumerated() {
            if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
        }
    }
}
