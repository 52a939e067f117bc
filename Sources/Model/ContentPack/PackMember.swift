/// The names of a pack's members.
package enum PackMemberName {
    package static let signature = "signature"
    package static let manifest = "manifest.json"
    package static let program = "program.bin"
    /// Folder of the rule sources.
    package static let rules = "rules/"
    /// Folder of the example events, one file for each rule.
    package static let examples = "examples/"

    /// The member that holds the examples of the rule `id`.
    package static func examples(ofRule id: String) -> String { examples + id + ".json" }

    /// Whether `name` is safe to show, to log and to make a file of: at most two segments of letters, digits and
    /// `. _ -`, none of which begins with a dot, so that no path leaves its folder or hides in it.
    package static func accepts(_ name: String) -> Bool {
        guard (1...PackLimits.memberNameBytesMax).contains(name.utf8.count) else { return false }
        let segments = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard segments.count <= 2 else { return false }
        return segments.allSatisfy { segment in
            guard let first = segment.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else {
                return false
            }
            return segment.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
        }
    }
}

/// A named run of bytes that goes into a pack.
package struct PackFile: Equatable, Sendable {
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}
