import FleetModel
import LinuxSensor

/// A run as one page of HTML for people: nothing is loaded from elsewhere, no script runs, and it prints.
package enum LabPage {
    /// The page. Texts that come from packs and workers are escaped.
    package static func html(of result: LabResult) -> String {
        let pack = result.plan.pack
        let title = HTMLText.escaped(pack.release.text)
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(title): \(word(result.verdict))</title>
            <style>\(LabPageStyle.css)</style>
            </head>
            <body>
            <header>
            <p>Firebreak release lab</p>
            <h1>\(title) <span class="pill \(tone(result.verdict))">\(word(result.verdict))</span></h1>
            <p class="dim">\(date(result.startedAt)) · \(result.duration.milliseconds / 1_000) s · \
            <span class="mono">sha256 \(pack.digest)</span></p>
            </header>
            <main>
            \(reasons(result))
            <nav>\(result.stages.map(chip).joined())</nav>
            \(result.stages.map(article).joined(separator: "\n"))
            \(configuration(result))
            </main>
            </body>
            </html>

            """
    }

    /// Why the pack failed, before anything else.
    private static func reasons(_ result: LabResult) -> String {
        guard result.verdict == .failed else { return "" }
        let reasons = result.reasons.filter { $0.code != .stageNotRun }
        let shown = reasons.isEmpty ? result.reasons : reasons
        let items = shown.prefix(3).map { "<li>\(HTMLText.escaped(sentence(of: $0)))</li>" }.joined()
        let rest = shown.count > 3 ? "<li>and \(shown.count - 3) more, below</li>" : ""
        return "<section class=\"why\"><h2>Why it failed</h2><ul>\(items)\(rest)</ul></section>"
    }

    private static func chip(_ stage: LabStage) -> String {
        "<a class=\"\(tone(stage.outcome))\" href=\"#\(stage.name.rawValue)\"><b>\(stage.name.rawValue)</b>"
            + "<span>\(word(stage.outcome))</span></a>"
    }

    private static func article(_ stage: LabStage) -> String {
        let counts = stage.counts.map {
            "<tr><th>\(HTMLText.escaped($0.title))</th><td>\(LabStage.grouped($0.value))</td></tr>"
        }.joined()
        let table = counts.isEmpty ? "" : "<details><summary>counts</summary><table>\(counts)</table></details>"
        return """
            <article id="\(stage.name.rawValue)" class="\(tone(stage.outcome))">
            <h2>\(stage.name.rawValue) <span class="pill \(tone(stage.outcome))">\(word(stage.outcome))</span> \
            <small>\(LabStage.grouped(stage.duration.milliseconds)) ms</small></h2>
            <p class="dim">\(stage.name.question)</p>
            <p>\(HTMLText.escaped(stage.summary))</p>
            \(stage.findings.map(finding).joined(separator: "\n"))
            \(table)
            </article>
            """
    }

    private static func finding(_ finding: LabFinding) -> String {
        let next = finding.weight == .note ? "" : "<p class=\"dim\">\(HTMLText.escaped(finding.code.nextStep))</p>"
        let event = finding.event.map { "<pre>\(HTMLText.escaped(text(of: $0)))</pre>" } ?? ""
        return "<div class=\"finding \(tone(finding.weight))\"><p>\(HTMLText.escaped(sentence(of: finding))) "
            + "<code>\(finding.code.rawValue)</code></p>\(next)\(event)</div>"
    }

    private static func sentence(of finding: LabFinding) -> String {
        finding.subject.isEmpty ? finding.message : "\(finding.subject): \(finding.message)"
    }

    private static func configuration(_ result: LabResult) -> String {
        let plan = result.plan
        func row(_ name: String, _ value: String) -> String {
            "<tr><th>\(HTMLText.escaped(name))</th><td class=\"mono\">\(HTMLText.escaped(value))</td></tr>"
        }
        let rows =
            [row("worker", plan.workerDigest.text)]
            + plan.recordings.map { row($0.fileName, $0.digest.text) }
            + plan.previous.map { row("earlier: \($0.fileName)", $0.digest.text) }
            + [
                row("false positives", "at most \(plan.budget.falsePositivesPerMillion) in a million benign events"),
                row("cost", "at most \(plan.budget.costSteps) steps an event"),
                row("seed of hostile events", "\(plan.seed)"),
            ]
        return "<article><h2>tested with</h2><table>\(rows.joined())</table></article>"
    }

    /// Characters of an event that are shown; the result's file has it whole.
    private static let eventCountMax = 600

    /// An event as a line of a recording, or in hex where it is none.
    private static func text(of event: [UInt8]) -> String {
        let text: String
        if let decoded = try? EventCoding.decode(event), let line = try? RecordingLine.encode(decoded) {
            text = String(decoding: line, as: UTF8.self)
        } else {
            text = Hexadecimal.encode(event.prefix(eventCountMax))
        }
        return text.count > eventCountMax ? "\(text.prefix(eventCountMax))… (\(event.count) bytes in all)" : text
    }

    private static func date(_ moment: Moment) -> String {
        let (days, seconds) = (
            moment.milliseconds.floored(by: 86_400_000), moment.milliseconds.floored(by: 1_000)
        )
        let second = seconds - days * 86_400
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let (year, month, day) = CivilDate.date(days: days)
        return "\(year)-\(two(month))-\(two(day)) \(two(second / 3_600)):\(two(second / 60 % 60)) UTC"
    }
}

// MARK: - Words and colours

extension LabPage {
    private static func word(_ verdict: LabVerdict) -> String {
        switch verdict {
        case .passed: "passed"
        case .warned: "passed with warnings"
        case .failed: "failed"
        }
    }

    private static func tone(_ verdict: LabVerdict) -> String {
        switch verdict {
        case .passed: "good"
        case .warned: "warn"
        case .failed: "bad"
        }
    }

    private static func word(_ outcome: LabOutcome) -> String {
        switch outcome {
        case .passed, .warned, .failed: outcome.rawValue
        case .notRun: "not run"
        case .skipped: "left out"
        }
    }

    private static func tone(_ outcome: LabOutcome) -> String {
        switch outcome {
        case .passed: "good"
        case .warned, .skipped: "warn"
        case .failed, .notRun: "bad"
        }
    }

    private static func tone(_ weight: LabFinding.Weight) -> String {
        switch weight {
        case .failure: "bad"
        case .warning: "warn"
        case .note: "quiet"
        }
    }
}

/// Text for a page.
enum HTMLText {
    /// The text with markup made harmless, and with control and format characters shown as U+FFFD: what comes from a pack
    /// or an event may neither add markup nor turn the direction of writing.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
                    escaped.unicodeScalars.append("\u{FFFD}")
                default: escaped.unicodeScalars.append(scalar)
                }
            }
        }
        return escaped
    }
}
