extension LabStage {
    /// What the stage saw, in one line.
    package var summary: String {
        func number(_ name: String) -> String { self[count: name].map(Self.grouped) ?? "?" }
        guard outcome != .notRun, outcome != .skipped, !counts.isEmpty else { return findings.first?.message ?? "" }
        switch name {
        case .seal:
            return "\(number("kernel_checks_held")) kernel checks held, Landlock ABI \(number("landlock_abi")), "
                + "\(number("system_calls_allowed")) system calls allowed"
        case .load:
            guard self[count: "rules"] != nil else { return "\(number("program_bytes")) bytes" }
            return "\(number("rules")) rules, \(number("program_bytes")) bytes, in "
                + "\(Self.time(self[count: "load_microseconds"]))"
        case .examples:
            return
                "\(number("true_events")) true and \(number("false_events")) false events of \(number("rules")) rules"
        case .recorded:
            return "\(number("false_positives")) false positives in \(number("benign_events")) events; "
                + "\(number("attack_steps_seen")) of \(number("attack_steps")) attack steps seen"
        case .hostile:
            return "\(number("events")) events, \(number("pairs_of_states")) pairs of states; "
                + "\(number("malformed_refused")) of \(number("malformed")) malformed refused"
        case .stress:
            return "\(number("events_per_second")) events a second, worst event "
                + "\(Self.time(self[count: "worst_microseconds"])), peak \(Self.mebibytes(self[count: "peak_resident_bytes"]))"
        case .clocks:
            return "\(number("events")) events at \(number("moments")) moments, \(number("jumps")) jumps; "
                + "\(number("answers_that_differ")) answers differ"
        case .changeover:
            return "\(number("changes")) changes, \(number("refused_changes")) refused, "
                + "\(number("events_in_flight")) events in flight, \(number("previous_releases")) earlier releases"
        }
    }

    /// Whether it was not run, and so shows nothing but the reason.
    package var isBlocked: Bool { outcome == .notRun && findings.allSatisfy { $0.code == .stageNotRun } }

    /// With groups of three: `12,345`.
    static func grouped(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A span in its fitting unit: `450 µs`, `12 ms`.
    static func time(_ microseconds: Int64?) -> String {
        guard let microseconds else { return "?" }
        return microseconds < 10_000 ? "\(grouped(microseconds)) µs" : "\(grouped(microseconds / 1_000)) ms"
    }

    static func mebibytes(_ bytes: Int64?) -> String { bytes.map { "\(grouped($0 >> 20)) MiB" } ?? "?" }
}
