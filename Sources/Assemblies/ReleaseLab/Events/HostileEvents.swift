package import FleetModel

/// Events whose every pair of fields is in every pair of states, made of events that rules look for.
///
/// Well formed as bytes: the worker must evaluate each of them, whatever its fields hold.
package struct HostileEvents: Sendable {
    /// What hostile events are made of: for each kind one event with ordinary values, and rules' true examples.
    package let bases: [(name: String, event: TelemetryEvent)]
    package let seed: UInt64
    private let coverings: [EventKind: PairCovering]
    /// The number of the first event of each base; one more entry at the end.
    private let starts: [Int]

    /// - Parameter examples: Rules' true examples, in any number; of each kind at most
    ///   `LabLimit.hostileBasesPerKindMax` are taken, spread over all.
    package init(examples: [(name: String, event: TelemetryEvent)], seed: UInt64) {
        self.seed = seed
        var bases = EventKind.allCases.map { (name: "an ordinary \($0.category)", event: Self.ordinary($0)) }
        for kind in EventKind.allCases {
            let ofKind = examples.filter { $0.event.kind == kind }
            let stride = max(1, (ofKind.count + LabLimit.hostileBasesPerKindMax - 1) / LabLimit.hostileBasesPerKindMax)
            for index in Swift.stride(from: 0, to: ofKind.count, by: stride) { bases.append(ofKind[index]) }
        }
        self.bases = bases
        coverings = Dictionary(
            uniqueKeysWithValues: EventKind.allCases.map { kind in
                let choices = Array(repeating: FieldState.allCases.count, count: kind.fields.count)
                return (kind, PairCovering(choiceCounts: choices))
            })
        var starts = [0]
        for base in bases { starts.append(starts[starts.count - 1] + (coverings[base.event.kind]?.rowCount ?? 0)) }
        self.starts = starts
    }

    package var count: Int { starts.last ?? 0 }

    /// Pairs of states of two fields that every base of a kind goes through, over all kinds.
    package var pairCount: Int { coverings.values.reduce(0) { $0 + $1.pairCount } }

    /// The event with a number in `0..<count`.
    package func event(_ number: Int) -> LabEvent {
        let base = (starts.firstIndex { $0 > number } ?? 1) - 1
        let (name, event) = bases[base]
        let states = states(of: number, base: base)
        var random = LabRandom(seed: seed &+ UInt64(number))
        var bytes: [UInt8] = []
        var fieldCount = 0
        for (field, state) in states
        where HostileField(field: field, state: state, value: event[field]).append(to: &bytes, random: &random) {
            fieldCount += 1
        }
        var encoded = [event.kind.rawValue]
        encoded.append(littleEndian: UInt64(bitPattern: event.at.milliseconds))
        encoded.append(littleEndian: UInt16(fieldCount))
        encoded += bytes
        let changed = states.filter { $0.state != .ordinary }.map { "\($0.field.name) \($0.state.name)" }
        return LabEvent(encoded: encoded, name: "\(name) with \(changed.joined(separator: ", "))")
    }

    /// The state of each field of an event, ascending by the field's number.
    package func states(of number: Int) -> [(field: EventField, state: FieldState)] {
        states(of: number, base: (starts.firstIndex { $0 > number } ?? 1) - 1)
    }

    private func states(of number: Int, base: Int) -> [(field: EventField, state: FieldState)] {
        let kind = bases[base].event.kind
        let row = coverings[kind]?.row(number - starts[base]) ?? []
        let fields = kind.fields.sorted { $0.rawValue < $1.rawValue }
        return zip(fields, row).map { (field: $0, state: FieldState.allCases[$1]) }
    }

    /// An event of a kind with an everyday value in every field.
    static func ordinary(_ kind: EventKind) -> TelemetryEvent {
        var event = TelemetryEvent(kind: kind, at: Moment(milliseconds: 1_795_489_392_000))
        for field in kind.fields {
            event[field] =
                switch field {
                case .image: .text("/usr/bin/git")
                case .parentImage: .text("/usr/bin/bash")
                case .commandLine: .text("git status --short")
                case .parentCommandLine: .text("-bash")
                case .currentDirectory: .text("/home/maria")
                case .user, .parentUser: .text("maria")
                case .protocol: .text("tcp")
                case .initiated: .text("true")
                case .sourceIp: .text("192.0.2.17")
                case .destinationIp: .text("198.51.100.4")
                case .destinationHostname: .text("example.org")
                case .targetFilename: .text("/home/maria/notes.txt")
                case .destinationPort: .integer(443)
                case .processId, .parentProcessId, .logonId, .sourcePort: .integer(4_217)
                }
        }
        return event
    }
}
