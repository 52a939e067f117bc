import FleetModel
import RolloutEngine

/// How single values are written in a policy's file. For each form there is one reader and one writer.
enum ScalarForm {
    // MARK: Numbers

    /// A whole number in YAML 1.2's core schema, without the spellings that YAML 1.1 reads to another base.
    static func count(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        guard isDigits(digits), digits.utf8.count == 1 || digits.first != "0" else { return nil }
        return Int(text)
    }

    /// A finite number in YAML 1.2's core schema.
    static func number(_ text: String) -> Double? {
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let parts = unsigned.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        let capital = unsigned.split(separator: "E", maxSplits: 1, omittingEmptySubsequences: false)
        let halves = capital.count == 2 ? capital : parts
        let mantissa = halves[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard isDigits(mantissa[0]), mantissa.count == 1 || isDigits(mantissa[1]),
            mantissa[0].utf8.count == 1 || mantissa[0].first != "0"
        else { return nil }
        if halves.count == 2 {
            let exponent = halves[1].hasPrefix("-") || halves[1].hasPrefix("+") ? halves[1].dropFirst() : halves[1]
            guard isDigits(exponent), exponent.utf8.count <= 4 else { return nil }
        }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    static func text(of number: Double) -> String {
        let whole = number.rounded()
        return whole == number && abs(number) < 1e15 ? "\(Int64(whole))" : "\(number)"
    }

    /// `0.001` or `0.1%`.
    static func share(_ text: String) -> Double? {
        guard text.hasSuffix("%") else { return number(text) }
        let digits = text.dropLast()
        // One rounding: a hundredth is an exponent, not a division.
        guard !digits.contains(where: { "eE".contains($0) }), number(String(digits)) != nil else { return nil }
        return Double("\(digits)e-2")
    }

    // MARK: Times

    private static let spanUnits: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// `500ms`, `90s`, `30m`, `2h` or `1d`.
    static func span(_ text: String) -> Moment.Span? {
        guard let unit = spanUnits.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
        let digits = text.dropLast(unit.suffix.count)
        guard isDigits(digits), digits.utf8.count <= 15, let count = Int64(digits) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        return overflow ? nil : Moment.Span(milliseconds: product)
    }

    /// In the largest unit that leaves no rest.
    static func text(of span: Moment.Span) -> String {
        let milliseconds = span.milliseconds
        guard milliseconds != 0 else { return "0s" }
        let unit = spanUnits.last { milliseconds % $0.milliseconds == 0 } ?? spanUnits[0]
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }

    /// Minutes after midnight, from `00:00` to `24:00`.
    static func minuteOfDay(_ text: String) -> Int? {
        guard let (hours, minutes) = clock(text[...]), hours < 24 || hours == 24 && minutes == 0 else { return nil }
        return hours * 60 + minutes
    }

    static func text(ofMinuteOfDay minute: Int) -> String { "\(twoDigits(minute / 60)):\(twoDigits(minute % 60))" }

    /// The customer's clock less UTC, in minutes: `+01:00`, `-03:30`, up to 14 hours.
    static func utcOffset(_ text: String) -> Int? {
        guard let sign = text.first, sign == "+" || sign == "-", let (hours, minutes) = clock(text.dropFirst()),
            hours * 60 + minutes <= 840
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 60 + minutes)
    }

    static func text(ofUTCOffset minutes: Int) -> String {
        (minutes < 0 ? "-" : "+") + text(ofMinuteOfDay: abs(minutes))
    }

    /// Two digits, a colon, two digits below 60.
    private static func clock(_ text: Substring) -> (hours: Int, minutes: Int)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && isDigits($0) }), let hours = Int(parts[0]),
            let minutes = Int(parts[1]), minutes < 60
        else { return nil }
        return (hours, minutes)
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    // MARK: Texts

    /// A text as YAML: plain where it can be nothing else, otherwise in double quotes (YAML 1.2.2 clause 5.7).
    static func quoted(_ text: String) -> String {
        let isWord =
            (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == 45
                    || byte == 46 || byte == 95
            } && (text.utf8.first.map { (97...122).contains($0) || (65...90).contains($0) } ?? false)
        if isWord, !SourceScalar(text: text, isPlain: true).isTextOnlyInQuotes { return text }
        var escaped = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "\\\""
            case "\\": escaped += "\\\\"
            case "\u{85}", "\u{2028}", "\u{2029}": escaped += code(of: scalar)
            default:
                if SourceScan.isPrintable(scalar), scalar.value >= 0x20 {
                    escaped.unicodeScalars.append(scalar)
                } else {
                    escaped += code(of: scalar)
                }
            }
        }
        return escaped + "\""
    }

    private static func code(of scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let isLong = digits.utf8.count > 4
        return (isLong ? "\\U" : "\\u") + String(repeating: "0", count: (isLong ? 8 : 4) - digits.utf8.count) + digits
    }
}
