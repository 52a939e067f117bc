import FleetModel
import RolloutEngine

/// Gives what an engine finds wrong with a policy the place in the file that it came from.
struct PolicyBounds {
    var outlines: [PolicyField]
    /// Where the file's map begins.
    var start: SourceMark
    /// The policy that the file extends, and where it says so.
    var base: (name: String, mark: SourceMark)?

    /// Adds the problem where its number stands; where the number came from the base, at the key of the file that it
    /// does not fit to; otherwise where the base is named.
    func add(_ problem: PolicyProblem, to reading: inout DocumentReading) {
        let member = DocumentReading.stripped(problem.field)
        guard let (field, path) = Self.field(member, in: outlines) else {
            return reading.add(
                Problem(
                    mark: start, path: problem.field, found: problem.value, allowed: problem.bounds,
                    reason: problem.reason))
        }
        // What was refused already has no number; what is measured against it has no bounds.
        guard reading.canBeMeasured(problem.field, against: field.against) else { return }
        // One mistake, one problem: what is measured against this number is looked at when it is corrected.
        reading.fail(problem.field)
        let isSpan = if case .span = field.shape { true } else { false }
        let allowed = isSpan ? Self.spans(problem.bounds) : problem.bounds
        if let place = reading.places[problem.field] {
            let found = field.shape.fields.isEmpty ? place.found : problem.value
            return reading.add(
                Problem(
                    mark: place.mark, path: place.path, found: found, allowed: allowed, reason: problem.reason,
                    nextStep: Self.nextStep(field)))
        }
        let other = field.against.compactMap { reading.places[$0] }.first
        let value = isSpan ? Self.spans(problem.value) : problem.value
        reading.add(
            Problem(
                mark: other?.mark ?? base?.mark ?? start, path: path,
                found: base.map { "\(value) (from \($0.name))" } ?? "\(value) (the default)", allowed: allowed,
                reason: problem.reason,
                nextStep: other.map { "write `\(path)` too, or change `\($0.path)`, which it must fit to" }
                    ?? "write `\(path)` into this file"))
    }

    private static func nextStep(_ field: PolicyField) -> String {
        field.bounds.isEmpty
            ? "write for example `\(field.key): \(field.example)`"
            : "make it \(field.bounds)"
    }

    /// The key that stands for a member, with its path in the document.
    private static func field(_ member: String, in outlines: [PolicyField]) -> (PolicyField, path: String)? {
        for outline in outlines {
            if outline.member == member { return (outline, outline.key) }
            switch outline.shape {
            case .group(let fields):
                if let (field, path) = field(member, in: fields) { return (field, "\(outline.key).\(path)") }
            case .map(let fields, _):
                guard member.hasPrefix("\(outline.member).") else { continue }
                let inner = String(member.dropFirst(outline.member.count + 1))
                if let (field, path) = field(inner, in: fields) { return (field, "\(outline.key).\(path)") }
            case .maps(let fields, _):
                guard member.hasPrefix("\(outline.member)[].") else { continue }
                let inner = String(member.dropFirst(outline.member.count + 3))
                if let (field, path) = field(inner, in: fields) { return (field, "\(outline.key)[].\(path)") }
            default: continue
            }
        }
        return nil
    }

    /// Text of an engine, whose spans are in milliseconds, as spans are written here.
    static func spans(_ text: String) -> String {
        text.split(separator: " ").filter { $0 != "ms" }.map { word in
            Int64(word).map { ScalarForm.text(of: Moment.Span(milliseconds: $0)) } ?? String(word)
        }.joined(separator: " ")
    }
}
