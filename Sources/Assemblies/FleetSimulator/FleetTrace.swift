import RolloutEngine

/// A look at a simulated rollout.
package struct TracePoint: Sendable, Hashable {
    /// Minutes since the first offer.
    package var minute = 0.0
    package var offered = 0
    /// Endpoints that hold the release and are well, a bake after they got it.
    package var proven = 0
    /// Endpoints that were offered the release and are not proven.
    package var exposed = 0
    /// What the gate allows to be exposed; nil where there is no gate.
    package var cap: Int?
    package var broken = 0
}

/// Looks at a rollout from its start to now: a bounded number, evenly spread, however long it takes.
package struct FleetTrace: Sendable {
    package private(set) var points: [TracePoint] = []
    /// The second of the next look.
    private(set) var dueAt: UInt32 = 0
    private var stepSeconds: UInt32 = 30

    /// More than a plot has pixels.
    package static let pointCountMax = 2_000

    /// Adds a point. When there are too many, every other is dropped, and the next are twice as far apart.
    mutating func append(_ point: TracePoint, at second: UInt32) {
        points.append(point)
        if points.count > Self.pointCountMax {
            points = points.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
            stepSeconds *= 2
        }
        dueAt = second + stepSeconds
    }
}

extension FleetWorld {
    /// Takes a look when one is due, and tells whoever watches.
    mutating func look() {
        guard second >= trace.dueAt else { return }
        let point = tracePoint
        trace.append(point, at: second)
        setup.watch?(point)
    }

    var tracePoint: TracePoint {
        var point = TracePoint()
        point.minute = Double(second) / 60
        point.broken = report.broken
        if isFirebreak {
            point.offered = gate.counts.offered
            point.exposed = gate.counts.exposed
            point.cap = gate.cap.value
        } else {
            point.offered = ordinary.offered
            point.exposed = ordinary.offered - holding
        }
        point.proven = holding
        return point
    }
}
