import FleetModel

/// A key together with how its value gets into an owner and out again.
struct Field<Owner>: Sendable {
    let outline: PolicyField
    /// Reads what stands at the key.
    let read: @Sendable (SourceNode, inout Owner, inout DocumentReading) -> Void
    /// What is to be written; nil where the owner has nothing there.
    let write: @Sendable (Owner) -> Written?
}

/// A value as it is to be written.
indirect enum Written {
    /// A scalar, as YAML.
    case scalar(String)
    /// A list in brackets, each element as YAML.
    case list([String])
    case map([Row])
    case maps([[Row]])

    struct Row {
        var field: PolicyField
        var value: Written
    }
}

extension Field {
    typealias About = PolicyField.About
    typealias Path<Value> = any WritableKeyPath<Owner, Value> & Sendable

    /// A value in one scalar.
    private static func scalar<Value>(
        _ outline: PolicyField, _ path: Path<Value>,
        read form: @escaping @Sendable (SourceScalar) -> Value?, write text: @escaping @Sendable (Value) -> String?
    ) -> Field {
        Field(
            outline: outline,
            read: { node, owner, reading in
                if let value = reading.scalar(node, outline, form) { owner[keyPath: path] = value }
            },
            write: { owner in text(owner[keyPath: path]).map(Written.scalar) })
    }

    static func count(_ key: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ about: About) -> Field {
        scalar(
            PolicyField(key, .count(range), about), path, read: { $0.isPlain ? ScalarForm.count($0.text) : nil },
            write: { "\($0)" })
    }

    static func number(_ key: String, _ path: Path<Double>, _ range: ClosedRange<Double>, _ about: About) -> Field {
        scalar(
            PolicyField(key, .number(range), about), path, read: { $0.isPlain ? ScalarForm.number($0.text) : nil },
            write: { ScalarForm.text(of: $0) })
    }

    static func share(_ key: String, _ path: Path<Double>, _ range: ClosedRange<Double>, _ about: About) -> Field {
        scalar(
            PolicyField(key, .share(range), about), path,
            read: { $0.isPlain || $0.text.hasSuffix("%") ? ScalarForm.share($0.text) : nil },
            write: { ScalarForm.text(of: $0) })
    }

    static func span(
        _ key: String, _ path: Path<Moment.Span>, _ range: ClosedRange<Moment.Span>, _ about: About
    ) -> Field {
        scalar(
            PolicyField(key, .span(range), about), path, read: { ScalarForm.span($0.text) },
            write: { ScalarForm.text(of: $0) })
    }

    static func text(_ key: String, _ path: Path<String>, bytesMax: Int, _ about: About) -> Field {
        scalar(
            PolicyField(key, .text(bytesMax: bytesMax), about), path, read: { $0.freeText(bytesMax: bytesMax) },
            write: { ScalarForm.quoted($0) })
    }

    /// A text that may be absent.
    static func text(_ key: String, _ path: Path<String?>, bytesMax: Int, _ about: About) -> Field {
        scalar(
            PolicyField(key, .text(bytesMax: bytesMax), about), path,
            read: { $0.freeText(bytesMax: bytesMax).map(Optional.some) },
            write: { $0.map(ScalarForm.quoted) })
    }

    static func word<Word: RawRepresentable & CaseIterable & Sendable>(
        _ key: String, _ path: Path<Word>, _ about: About
    ) -> Field where Word.RawValue == String {
        scalar(
            PolicyField(key, .word(Word.allCases.map(\.rawValue)), about), path, read: { Word(rawValue: $0.text) },
            write: \.rawValue)
    }

    /// A value with a form of its own; quoted where YAML 1.1 would take it for a number.
    static func special<Value>(
        _ key: String, _ path: Path<Value>, _ shape: PolicyShape, _ about: About,
        read form: @escaping @Sendable (String) -> Value?, write text: @escaping @Sendable (Value) -> String
    ) -> Field {
        scalar(PolicyField(key, shape, about), path, read: { form($0.text) }, write: { "\"\(text($0))\"" })
    }

    /// A list of words, each of them once.
    static func words<Word>(
        _ key: String, _ path: Path<[Word]>, _ words: [String], openPrefix: String? = nil, counts: ClosedRange<Int>,
        _ about: About, read form: @escaping @Sendable (String) -> Word?,
        write text: @escaping @Sendable (Word) -> String
    ) -> Field {
        let outline = PolicyField(key, .words(words, openPrefix: openPrefix, counts: counts), about)
        return Field(
            outline: outline,
            read: { node, owner, reading in
                if let list = reading.list(node, outline, form) { owner[keyPath: path] = list }
            },
            write: { owner in
                var written: [String] = []
                for word in owner[keyPath: path].map({ ScalarForm.quoted(text($0)) }) where !written.contains(word) {
                    written.append(word)
                }
                return .list(written)
            })
    }

    /// Keys of the same owner, under one name.
    static func group(_ key: String, _ fields: [Field], _ about: About) -> Field {
        let outline = PolicyField(key, .group(fields.map(\.outline)), about)
        return Field(
            outline: outline,
            read: { node, owner, reading in reading.map(node, outline, fields, memberPrefix: nil, into: &owner) },
            write: { owner in .map(rows(of: owner, fields)) })
    }

    /// A part of the owner, whose problems have the part's own name.
    static func part<Part>(_ key: String, _ path: Path<Part>, _ fields: [Field<Part>], _ about: About) -> Field {
        let outline = PolicyField(key, .map(fields.map(\.outline), absentWord: nil), about)
        return Field(
            outline: outline,
            read: { node, owner, reading in
                reading.map(node, outline, fields, memberPrefix: key, into: &owner[keyPath: path])
            },
            write: { owner in .map(Field<Part>.rows(of: owner[keyPath: path], fields)) })
    }

    /// A part that may be absent: `none` takes it away.
    static func optionalPart<Part: Sendable>(
        _ key: String, _ path: Path<Part?>, _ fields: [Field<Part>], draft: Part, _ about: About
    ) -> Field {
        let outline = PolicyField(key, .map(fields.map(\.outline), absentWord: "none"), about)
        return Field(
            outline: outline,
            read: { node, owner, reading in
                if node.scalar?.text == "none" {
                    owner[keyPath: path] = nil
                    return
                }
                var part = owner[keyPath: path] ?? draft
                reading.extending(owner[keyPath: path] != nil) { reading in
                    reading.map(node, outline, fields, memberPrefix: key, into: &part)
                }
                owner[keyPath: path] = part
            },
            write: { owner in
                owner[keyPath: path].map { .map(Field<Part>.rows(of: $0, fields)) } ?? .scalar("none")
            })
    }

    /// A list of parts.
    static func parts<Part: Sendable>(
        _ key: String, _ path: Path<[Part]>, _ fields: [Field<Part>], draft: Part, counts: ClosedRange<Int>,
        _ about: About
    ) -> Field {
        let outline = PolicyField(key, .maps(fields.map(\.outline), counts: counts), about)
        return Field(
            outline: outline,
            read: { node, owner, reading in
                guard let elements = reading.elements(node, outline) else { return }
                owner[keyPath: path] = elements.enumerated().map { index, element in
                    var part = draft
                    reading.element(index) { reading in
                        reading.map(element, outline, fields, memberPrefix: nil, into: &part)
                    }
                    return part
                }
            },
            write: { owner in .maps(owner[keyPath: path].map { Field<Part>.rows(of: $0, fields) }) })
    }

    /// What is to be written of an owner, in the table's order.
    static func rows(of owner: Owner, _ fields: [Field]) -> [Written.Row] {
        fields.compactMap { field in field.write(owner).map { Written.Row(field: field.outline, value: $0) } }
    }
}

extension SourceScalar {
    /// The scalar as a text. Not what some YAML reads as another type, and nothing that a terminal would obey.
    fileprivate func freeText(bytesMax: Int) -> String? {
        guard !isTextOnlyInQuotes, (1...bytesMax).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        return text
    }
}
