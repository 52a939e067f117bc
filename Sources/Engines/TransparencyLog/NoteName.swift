/// The name of a key, as a signature line has it (C2SP signed-note).
enum NoteName {
    /// Not empty, no Unicode space, no plus.
    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= LogLimit.nameBytesMax
            && name.unicodeScalars.allSatisfy { $0 != "+" && $0.value >= 32 && !$0.properties.isWhitespace }
    }
}
