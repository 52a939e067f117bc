import FleetModel
import ReleaseLab

/// A run in the lab, for a terminal or a log.
struct LabView {
    let result: LabResult

    func lines(on console: Console) -> [String] {
        var lines = [headline(on: console), ""]
        lines += result.stages.map { Self.line(of: $0, on: console) }
        for stage in result.stages where !stage.findings.isEmpty && !stage.isBlocked {
            lines += ["", console.ink(stage.name.rawValue, .bold)]
            lines += stage.findings.flatMap { Self.lines(of: $0, on: console) }
        }
        return lines
    }

    private func headline(on console: Console) -> String {
        let name = console.ink(result.plan.pack.release.text.printable, .bold)
        let word =
            switch result.verdict {
            case .passed: console.ink("PASSED", .green)
            case .warned: console.ink("PASSED WITH WARNINGS", .yellow)
            case .failed: console.ink("FAILED", .red)
            }
        return "\(name) \(word) in \(TimeText.span(result.duration)), sha256 \(result.plan.pack.digest)"
    }

    /// One stage: name, outcome, time, and what was seen. Not cut: a summary is ours, and no name can stretch it.
    private static func line(of stage: LabStage, on console: Console) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        let (word, ink): (String, Console.Ink) =
            switch stage.outcome {
            case .passed: ("passed", .green)
            case .warned: ("warned", .yellow)
            case .failed: ("failed", .red)
            case .notRun: ("not run", .red)
            case .skipped: ("left out", .yellow)
            }
        let name = console.ink(padded(stage.name.rawValue, 10), .bold)
        let time = TimeText.span(stage.duration)
        return "\(name)  \(console.ink(padded(word, 8), ink))  \(String(repeating: " ", count: max(0, 7 - time.count)))"
            + "\(time)  \(stage.summary.printable)"
    }

    private static func lines(of finding: LabFinding, on console: Console) -> [String] {
        let ink: Console.Ink =
            switch finding.weight {
            case .failure: .red
            case .warning: .yellow
            case .note: .grey
            }
        let place = finding.subject.isEmpty ? "" : "\(finding.subject): "
        let head =
            "  \(console.ink(finding.weight.rawValue, ink)) \("\(place)\(finding.message)".printable) (\(finding.code.rawValue))"
        guard finding.weight != .note else { return [head] }
        return [head, console.ink("    \(finding.code.nextStep)", .grey)]
    }
}

/// How far a run is, on standard error: in place on a terminal, a line a stage elsewhere.
final class LabProgressLine {
    private let console: Console
    private let isQuiet: Bool
    private var stage: LabStageName?
    private var shownAt = ContinuousClock.now

    /// Quick enough to enjoy, and few enough not to slow the run.
    private static let drawInterval = Duration.milliseconds(100)

    init(console: Console, isQuiet: Bool) {
        self.console = console
        self.isQuiet = isQuiet
    }

    func show(_ progress: LabRun.Progress) {
        guard !isQuiet else { return }
        let isNew = progress.stage != stage
        guard console.isErrorTerminal else {
            if isNew { console.complain("\(progress.stage.rawValue): \(progress.stage.question)") }
            stage = progress.stage
            return
        }
        guard isNew || ContinuousClock.now - shownAt >= Self.drawInterval else { return }
        stage = progress.stage
        shownAt = .now
        let number = (LabStageName.allCases.firstIndex(of: progress.stage) ?? 0) + 1
        console.draw(
            "\(number)/\(LabStageName.allCases.count) \(progress.stage.rawValue): "
                + (progress.eventCount > 0 ? "\(progress.eventCount) events" : progress.stage.question))
    }

    /// Takes back what was drawn.
    func end() {
        if !isQuiet, console.isErrorTerminal { console.draw("") }
    }
}
