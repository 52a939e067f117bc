/// A rollout as a person sees it: one mark for each endpoint, exposure against the cap, and the gate's own words.
struct RolloutPanel {
    /// How an endpoint stands with the release that is on its way.
    enum Mark: Equatable {
        case waiting
        case exposed
        case proven
        case failed
        case silent
    }

    var title: String
    /// In a fixed order of endpoints.
    var marks: [Mark]
    var exposed: Int
    var cap: Int
    /// The gate's latest reason.
    var verdict: String

    /// Width of the exposure bar, in characters.
    static let barWidth = 40

    /// The panel's lines, coloured by `screen`.
    func lines(on screen: Screen) -> [String] {
        let dots = marks.map { mark in
            switch mark {
            case .waiting: screen.ink("·", .grey)
            case .exposed: screen.ink("◐", .yellow)
            case .proven: screen.ink("●", .green)
            case .failed: screen.ink("✖", .red)
            case .silent: screen.ink("○", .red)
            }
        }
        return [
            title,
            dots.joined(separator: " "),
            "exposure \(bar(on: screen)) \(exposed) of \(cap) allowed",
            screen.ink(verdict, .grey),
        ]
    }

    /// The panel as one line, for where there is no terminal.
    var plain: String {
        func count(_ mark: Mark) -> Int { marks.count { $0 == mark } }
        var parts = ["exposed \(exposed) of \(cap) allowed", "proven \(count(.proven))/\(marks.count)"]
        if count(.failed) > 0 { parts.append("failed \(count(.failed))") }
        if count(.silent) > 0 { parts.append("silent \(count(.silent))") }
        return "\(parts.joined(separator: ", ")) - \(verdict)"
    }

    private func bar(on screen: Screen) -> String {
        let scale = max(marks.count, cap, 1)
        let filled = min(Self.barWidth, exposed * Self.barWidth / scale)
        let allowed = max(filled, min(Self.barWidth, cap * Self.barWidth / scale))
        return screen.ink(String(repeating: "█", count: filled), exposed > cap ? .red : .yellow)
            + screen.ink(String(repeating: "▒", count: allowed - filled), .green)
            + screen.ink(String(repeating: "░", count: Self.barWidth - allowed), .grey)
    }
}
