/// The members of a pack's archive behind the signature, found with every bound checked.
///
/// Total: any bytes give members or a ``PackError``, in time linear in their count, and no length that the bytes
/// claim is used before it was held against what is there.
struct PackArchive {
    struct Member: Sendable {
        let name: String
        let bytes: ArraySlice<UInt8>
    }

    /// In the archive's order: manifest, program, then the others ascending by name.
    let members: [Member]

    init(reading body: ArraySlice<UInt8>) throws(PackError) {
        var rest = body
        var members: [Member] = []
        while let member = try Self.nextMember(in: &rest) {
            // One place is taken by the signature.
            guard members.count < PackLimits.memberCountMax - 1 else {
                throw PackError(.oversized, message: "more than \(PackLimits.memberCountMax) members")
            }
            members.append(member)
        }
        guard rest.isEmpty else {
            throw PackError(
                .malformed, subject: "byte \(rest.startIndex)", message: "bytes follow the end of the archive")
        }
        try Self.checkOrder(members.map(\.name))
        self.members = members
    }

    /// Takes the next member off `rest`; nil when the end mark was there, which is then taken too.
    private static func nextMember(in rest: inout ArraySlice<UInt8>) throws(PackError) -> Member? {
        let offset = rest.startIndex
        let header = rest.prefix(TarHeader.blockBytes)
        guard header.count == TarHeader.blockBytes else {
            throw PackError(
                .truncated, subject: "byte \(offset)",
                message: "the archive ends without its end mark of two empty blocks; fetch the file again")
        }
        if header.allSatisfy({ $0 == 0 }) {
            let mark = rest.prefix(2 * TarHeader.blockBytes)
            guard mark.count == 2 * TarHeader.blockBytes else {
                throw PackError(.truncated, subject: "byte \(offset)", message: "half of the end mark is missing")
            }
            guard mark.allSatisfy({ $0 == 0 }) else {
                throw PackError(.malformed, subject: "byte \(offset)", message: "an empty block inside the archive")
            }
            rest = rest.dropFirst(2 * TarHeader.blockBytes)
            return nil
        }
        guard let claim = TarHeader.claim(of: header), PackMemberName.accepts(claim.name),
            header.elementsEqual(TarHeader.block(name: claim.name, length: claim.length))
        else {
            throw PackError(
                .malformed, subject: "byte \(offset)",
                message: "no header that Firebreak writes: a pack has plain files only, with one form of header")
        }
        let limit = lengthMax(of: claim.name)
        guard claim.length <= limit else {
            throw PackError(
                .oversized, subject: claim.name, message: "\(claim.length) bytes; at most \(limit) are allowed")
        }
        let stored = rest.dropFirst(TarHeader.blockBytes).prefix(TarHeader.paddedLength(claim.length))
        guard stored.count == TarHeader.paddedLength(claim.length) else {
            throw PackError(
                .truncated, subject: claim.name, message: "the file ends inside this member; fetch the file again")
        }
        guard stored.dropFirst(claim.length).allSatisfy({ $0 == 0 }) else {
            throw PackError(.malformed, subject: claim.name, message: "the padding behind this member is not empty")
        }
        rest = rest.dropFirst(TarHeader.blockBytes + stored.count)
        return Member(name: claim.name, bytes: stored.prefix(claim.length))
    }

    /// The bytes that one member may have.
    static func lengthMax(of name: String) -> Int {
        switch name {
        case PackMemberName.manifest: PackLimits.manifestBytesMax
        case PackMemberName.program: PackLimits.programBytesMax
        default: PackLimits.sourceBytesMax
        }
    }

    /// Manifest first, program second, then strictly ascending: so no name is there twice.
    private static func checkOrder(_ names: [String]) throws(PackError) {
        guard names.starts(with: [PackMemberName.manifest, PackMemberName.program]) else {
            throw PackError(
                .malformed,
                message: "a pack begins with \(PackMemberName.signature), \(PackMemberName.manifest) and "
                    + PackMemberName.program)
        }
        let others = names.dropFirst(2)
        for name in others where !(name.hasPrefix(PackMemberName.rules) || name.hasPrefix(PackMemberName.examples)) {
            throw PackError(.malformed, subject: name, message: "a pack has rules and examples only")
        }
        for (left, right) in zip(others, others.dropFirst())
        where !left.utf8.lexicographicallyPrecedes(right.utf8) {
            throw PackError(.malformed, subject: right, message: "members must ascend by name, each name once")
        }
    }

    /// The archive of `files`, in their order, with its end mark. Names and lengths must be acceptable.
    static func bytes(of files: [PackFile]) -> [UInt8] {
        var bytes: [UInt8] = []
        for file in files {
            bytes += TarHeader.block(name: file.name, length: file.bytes.count)
            bytes += file.bytes
            bytes += Array(repeating: 0, count: TarHeader.paddedLength(file.bytes.count) - file.bytes.count)
        }
        bytes += Array(repeating: 0, count: 2 * TarHeader.blockBytes)
        return bytes
    }
}
