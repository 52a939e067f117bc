import FleetModel

/// Bytes that are no event, each an event with one thing broken. The worker must refuse every one of them.
package enum MalformedEvents {
    /// All of them, in a fixed order.
    package static func all() -> [LabEvent] {
        EventKind.allCases.flatMap { kind in
            let whole = EventCoding.encode(HostileEvents.ordinary(kind))
            return truncations(of: whole, kind) + breakages(of: whole, kind)
        }
    }

    /// Every length below the whole.
    private static func truncations(of whole: [UInt8], _ kind: EventKind) -> [LabEvent] {
        whole.indices.map { LabEvent(encoded: Array(whole[..<$0]), name: "\(kind.category) cut to \($0) bytes") }
    }

    private static func breakages(of whole: [UInt8], _ kind: EventKind) -> [LabEvent] {
        let fieldStart = EventCoding.headerBytes
        func broken(_ name: String, _ change: (inout [UInt8]) -> Void) -> LabEvent {
            var bytes = whole
            change(&bytes)
            return LabEvent(encoded: bytes, name: "\(kind.category) with \(name)")
        }
        return [
            broken("an unknown kind") { $0[0] = 0 },
            broken("the largest kind") { $0[0] = 255 },
            broken("a field count of 65,535") { ($0[9], $0[10]) = (0xFF, 0xFF) },
            broken("a field count of 0") { ($0[9], $0[10]) = (0, 0) },
            broken("an unknown field") { ($0[fieldStart], $0[fieldStart + 1]) = (0xFF, 0xFF) },
            broken("field number 0") { ($0[fieldStart], $0[fieldStart + 1]) = (0, 0) },
            broken("an unknown tag") { $0[fieldStart + 2] = 9 },
            broken("a text whose length is 4 GiB") { bytes in
                bytes[fieldStart + 2] = EventCoding.Tag.text.rawValue
                for offset in 3..<7 { bytes[fieldStart + offset] = 0xFF }
            },
            broken("a byte behind its end") { $0.append(0) },
            broken("the first field twice") { bytes in
                let field = Array(bytes[fieldStart..<(fieldStart + 11)])
                bytes.insert(contentsOf: field, at: fieldStart)
                bytes[9] += 1
            },
            broken("zeros up to the largest size") { bytes in
                bytes += Array(repeating: 0, count: EventCoding.eventBytesMax - bytes.count)
            },
        ]
    }
}
