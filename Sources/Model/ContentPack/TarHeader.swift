/// The header block of one archive member: POSIX ustar (IEEE Std 1003.1, pax, "ustar Interchange Format").
///
/// There is exactly one header for a name and a size, so that equal content is an equal file, and so that a reader
/// needs no judgement: a header is either the one that the writer would have written, or it is refused. Links,
/// devices, folders, other owners, base-256 sizes and extension records have no form here.
enum TarHeader {
    /// Bytes of one block, which all of an archive is made of.
    static let blockBytes = 512
    private static let nameField = 0..<100
    private static let sizeField = 124..<136
    private static let checksumField = 148..<156

    /// The header of a member. `name` must be acceptable to ``PackMemberName`` and `length` within the file's bound.
    static func block(name: String, length: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockBytes)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        put(name, at: nameField.lowerBound)
        put("0000644", at: 100)  // mode: -rw-r--r--
        put("0000000", at: 108)  // uid
        put("0000000", at: 116)  // gid
        put(octal(length, digits: 11), at: sizeField.lowerBound)
        put("00000000000", at: 136)  // mtime
        put("        ", at: checksumField.lowerBound)
        put("0", at: 156)  // typeflag: a regular file
        put("ustar", at: 257)
        put("00", at: 263)
        put("0000000", at: 329)  // devmajor
        put("0000000", at: 337)  // devminor
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + "\0 ", at: checksumField.lowerBound)
        return block
    }

    /// The name and length that a header block claims. Nothing is believed yet: the caller makes the block anew from
    /// them and compares.
    static func claim(of block: ArraySlice<UInt8>) -> (name: String, length: Int)? {
        guard block.count == blockBytes else { return nil }
        let base = block.startIndex
        let name = block[(base + nameField.lowerBound)..<(base + nameField.upperBound)].prefix { $0 != 0 }
        guard let text = String(validating: name, as: UTF8.self) else { return nil }
        var length = 0
        for digit in block[(base + sizeField.lowerBound)..<(base + sizeField.upperBound - 1)] {
            guard (48...55).contains(digit) else { return nil }
            length = length << 3 | Int(digit - 48)  // 11 octal digits are 33 bits
        }
        return (text, length)
    }

    /// The length of a member's content with its padding.
    static func paddedLength(_ length: Int) -> Int { (length + blockBytes - 1) / blockBytes * blockBytes }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
