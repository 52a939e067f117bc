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
            "lab": lab, "labTone": rollout.lab?.verdict == .failed ? "bad" : "",
            "hasDrawing": history.count > 1, "drawing": drawing,
        ]
    }

    /// What the lab said, and which policy let a failed release go.
    private var lab: String {
        guard let lab = rollout.lab else { return "lab: not run" }
        let allowance = lab.allowedBy.map { ", let through by the policy \($0)" } ?? ""
        return "lab: \(lab.verdict.rawValue)\(lab.place)\(allowance)"
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

    /// The exposure as an area below the step line of the cap, from the start to the end or to now. Made of numbers only.
    private var drawing: String {
        guard history.count > 1 else { return "" }
        let stride = max(1, history.count / Self.pointCountMax)
        let points = history.enumerated().filter { $0.offset % stride == 0 || $0.offset == history.count - 1 }.map(
            \.element)
        let end = max(rollout.finishedAt ?? now, history.last?.at ?? now)
        let span = max(1, (end - rollout.startedAt).milliseconds)
        let peak = max(1, points.map(\.exposed).max() ?? 1)
        // A cap far above the exposure would press the exposure flat; it is cut off there.
        let top = max(1, min(points.map(\.cap).max() ?? 1, peak * 2))
        func height(_ value: Int) -> Int { Self.height - 4 - min(value, top) * (Self.height - 8) / top }
        func steps(from first: Int, _ value: (ExposurePoint) -> Int) -> String {
            var text = "M0 \(height(first))"
            for point in points {
                let x = Int((point.at - rollout.startedAt).milliseconds * Int64(Self.width) / span)
                text += "H\(min(max(0, x), Self.width))V\(height(value(point)))"
            }
            return text + "H\(Self.width)"
        }
        let exposed = steps(from: 0, \.exposed)
        return """
            <svg viewBox="0 0 \(Self.width) \(Self.height)" preserveAspectRatio="none" role="img" \
            aria-label="exposure below its cap, from start to end">\
            <path class="area" d="\(exposed)V\(height(0))H0Z"/><path class="exposed" d="\(exposed)"/>\
            <path class="cap" d="\(steps(from: points.first?.cap ?? 0, \.cap))"/></svg>
            """
    }
}
