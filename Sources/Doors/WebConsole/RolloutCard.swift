import ControlWire
import FleetModel

/// One rollout on the page: where it stands, exposure against cap, and how both went.
struct RolloutCard {
    let rollout: RolloutSummary
    let history: [ExposurePoint]
    let now: Moment

    var values: [String: Any] {
        let counts = rollout.counts
        let scale = max(rollout.endpointCount, rollout.cap, counts.exposed, 1)
        return [
            "release": rollout.release.text, "id": rollout.id.text, "phase": rollout.phase, "tone": tone,
            "offered": counts.offered, "proven": counts.proven, "failed": counts.failed, "silent": counts.silent,
            "exposed": counts.exposed, "cap": rollout.cap, "endpoints": rollout.endpointCount,
            "provenShare": share(counts.proven, of: scale), "exposedShare": share(counts.exposed, of: scale),
            // The exposed part of the bar begins where the proven one ends, and so does the room that the cap leaves.
            "capShare": share(min(counts.proven + rollout.cap, scale), of: scale), "maxExposed": rollout.maxExposed,
            "capAtMaxExposed": rollout.capAtMaxExposed,
            "verdict": rollout.verdict.map { "\($0.verdict): \($0.reasons.joined(separator: "; "))" }
                ?? "no verdict yet",
            "duration": TimeText.age((rollout.finishedAt ?? now) - rollout.startedAt),
            "hasDrawing": history.count > 1, "drawing": drawing,
        ]
    }

    private var tone: String {
        switch rollout.phase {
        case "complete": "good"
        case "halted", "recalled": "bad"
        case "held": "warn"
        default: "busy"
        }
    }

    /// A percentage with one decimal, as CSS takes it.
    private func share(_ part: Int, of whole: Int) -> String {
        let thousandths = part * 1000 / whole
        return "\(thousandths / 10).\(thousandths % 10)%"
    }

    private static let width = 600
    private static let height = 90
    /// Points drawn: one for every pixel and a half is more than the eye resolves.
    private static let pointCountMax = 400

    /// Two step lines as SVG: the cap, and the exposure that stays below it. Made of numbers only.
    private var drawing: String {
        guard let first = history.first, let last = history.last, history.count > 1 else { return "" }
        let stride = max(1, history.count / Self.pointCountMax)
        let points = history.enumerated().filter { $0.offset % stride == 0 || $0.offset == history.count - 1 }.map(
            \.element)
        let span = max(1, (last.at - first.at).milliseconds)
        let peak = max(1, points.map(\.exposed).max() ?? 1)
        let top = max(1, min(points.map(\.cap).max() ?? 1, peak * 2))
        func path(_ value: (ExposurePoint) -> Int) -> String {
            var text = ""
            for point in points {
                let x = Int((point.at - first.at).milliseconds * Int64(Self.width) / span)
                let y = Self.height - 4 - min(value(point), top) * (Self.height - 8) / top
                text += text.isEmpty ? "M\(x) \(y)" : "H\(x)V\(y)"
            }
            return text
        }
        return """
            <svg viewBox="0 0 \(Self.width) \(Self.height)" preserveAspectRatio="none" role="img" \
            aria-label="exposure against cap">\
            <path class="cap" d="\(path(\.cap))"/><path class="exposed" d="\(path(\.exposed))"/></svg>
            """
    }
}
