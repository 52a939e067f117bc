/// The members of a JSON object, always in canonical order and each name once.
///
/// Names are told apart by their code units, as RFC 8785 orders them. Swift's own `==` takes the two ways to write
/// an accented letter for one, so that two different documents would have one digest.
package struct JSONObject: Sendable {
    package struct Member: Sendable {
        package let name: String
        package let value: JSONValue
    }

    /// Ascending by UTF-16 code units (RFC 8785 clause 3.2.3).
    package private(set) var members: [Member]

    package init() { members = [] }

    /// The object with these members. Of two with one name the later stays.
    package init(_ pairs: some Sequence<(String, JSONValue)>) {
        members = []
        for (name, value) in pairs { self[name] = value }
    }

    /// The object with `members`, which the caller has sorted and found free of duplicates.
    init(sorted members: [Member]) { self.members = members }

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }
    package var names: [String] { members.map(\.name) }

    /// The value of the member `name`; nil when there is none. Setting nil removes the member.
    ///
    /// Complexity: a look-up is logarithmic in the number of members, a change linear.
    package subscript(name: String) -> JSONValue? {
        get {
            let index = insertionIndex(of: name)
            guard index < members.endIndex, Self.isSame(members[index].name, name) else { return nil }
            return members[index].value
        }
        set {
            let index = insertionIndex(of: name)
            let isPresent = index < members.endIndex && Self.isSame(members[index].name, name)
            switch (newValue, isPresent) {
            case (let value?, true): members[index] = Member(name: name, value: value)
            case (let value?, false): members.insert(Member(name: name, value: value), at: index)
            case (nil, true): members.remove(at: index)
            case (nil, false): break
            }
        }
    }

    /// The first index whose name does not sort before `name`.
    private func insertionIndex(of name: String) -> Int {
        var low = members.startIndex
        var high = members.endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if Self.precedes(members[middle].name, name) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Whether `left` sorts before `right` by UTF-16 code units.
    static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf16.lexicographicallyPrecedes(right.utf16)
    }

    static func isSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
}

extension JSONObject: Equatable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { isSame($0.name, $1.name) && $0.value == $1.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
