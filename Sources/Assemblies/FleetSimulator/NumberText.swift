import Glibc

/// Numbers as people read them, the same on every machine.
package enum NumberText {
    /// `8500000` as `8,500,000`.
    package static func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + text
    }

    /// With one digit after the point.
    package static func tenths(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return (tenths < 0 ? "-" : "") + "\(grouped(abs(tenths) / 10)).\(abs(tenths) % 10)"
    }

    /// As short as it can be written: `0.00001`, `2.5`, `1`.
    package static func plain(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
        if number == number.rounded() { return "\(Int(number))" }
        let text = "\(number)"
        guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]), exponent < 0
        else { return text }
        let digits = text[..<mark].filter { $0 != "." && $0 != "-" }
        let whole = digits.hasSuffix("0") && digits.count > 1 ? String(digits.dropLast()) : String(digits)
        return (number < 0 ? "-" : "") + "0." + String(repeating: "0", count: -exponent - 1) + whole
    }

    /// `0.00001` as `0.001%`.
    package static func percent(_ share: Double) -> String {
        // Rounded to ten digits: 0.07 times 100 is not 7 in binary.
        plain((share * 100 * 1e10).rounded() / 1e10) + "%"
    }

    /// Minutes in a unit that suits them: `42 min`, `3.5 h`, `4.2 d`.
    package static func minutes(_ minutes: Double) -> String {
        switch minutes {
        case ..<120: "\(Int(minutes.rounded())) min"
        case ..<2_880: "\(tenths(minutes / 60)) h"
        default: "\(tenths(minutes / 1_440)) d"
        }
    }
}
