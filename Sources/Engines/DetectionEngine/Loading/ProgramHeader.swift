import FleetModel

/// The first bytes of a program. Its counts fit its length exactly, and each is within its limit.
struct ProgramHeader {
    let chaos: ChaosMarker?
    let isOpen: Bool
    /// As the writer states it.
    let cost: ProgramCost
    /// Records of each section, in the order of `ProgramFormat.Section`.
    let counts: [Int]

    init(_ bytes: [UInt8]) throws(ProgramError) {
        try Self.checkIdentity(bytes)
        let chaosNumber = bytes[ProgramFormat.Offset.chaos]
        chaos = ChaosMarker(rawValue: chaosNumber)
        guard chaosNumber == 0 || chaos != nil else { throw Self.malformed("its fault marker is none") }
        let openNumber = bytes[ProgramFormat.Offset.isOpen]
        guard openNumber <= 1, bytes.littleEndian(at: ProgramFormat.Offset.unused, bytes: 2) == 0 else {
            throw Self.malformed("an unused byte is not zero")
        }
        isOpen = openNumber == 1
        try Self.checkSchema(bytes, isOpen: isOpen)
        cost = ProgramCost(
            fixed: bytes.littleEndian(at: ProgramFormat.Offset.fixedSteps, bytes: 8),
            perByte: bytes.littleEndian(at: ProgramFormat.Offset.perByteSteps, bytes: 8))
        var counts: [Int] = []
        var length = ProgramFormat.headerBytes
        for section in ProgramFormat.Section.allCases {
            let count = Int(bytes.littleEndian(at: ProgramFormat.Offset.counts + 4 * section.rawValue, bytes: 4))
            guard count <= section.countMax else {
                throw Self.malformed("\(count) \(section), where \(section.countMax) are allowed")
            }
            // Counts are below 2^26 and records short, so that the sum fits.
            length += section == .texts ? count : count * section.recordWords * 4
            counts.append(count)
        }
        self.counts = counts
        guard length == bytes.count else {
            throw ProgramError(
                length > bytes.count ? .truncated : .malformed, subject: "header",
                message: "\(bytes.count) bytes, where its counts take \(length); fetch or build the pack again")
        }
    }

    func count(_ section: ProgramFormat.Section) -> Int { counts[section.rawValue] }

    /// Checks what tells a program of this format, and its length.
    private static func checkIdentity(_ bytes: [UInt8]) throws(ProgramError) {
        guard bytes.count <= ProgramLimit.programBytesMax else {
            throw ProgramError(
                .oversized, subject: "program",
                message: "\(bytes.count) bytes, where \(ProgramLimit.programBytesMax) are allowed; split the pack")
        }
        guard bytes.prefix(ProgramFormat.magic.count).elementsEqual(ProgramFormat.magic.prefix(bytes.count)) else {
            throw ProgramError(
                .foreign, subject: "header", message: "this is no program; give program.bin of a pack")
        }
        guard bytes.count >= ProgramFormat.headerBytes else {
            throw ProgramError(
                .truncated, subject: "header",
                message: "\(bytes.count) bytes, where the header alone takes \(ProgramFormat.headerBytes); "
                    + "fetch or build the pack again")
        }
        let version = bytes.littleEndian(at: ProgramFormat.Offset.version, bytes: 2)
        guard version == ProgramFormat.version else {
            throw ProgramError(
                .formatUnsupported, subject: "header",
                message: "format \(version), and this worker reads \(ProgramFormat.version); "
                    + "build the pack for this agent, or update the agent")
        }
        guard bytes.littleEndian(at: ProgramFormat.Offset.length, bytes: 4) == UInt64(bytes.count) else {
            throw ProgramError(
                .truncated, subject: "header",
                message: "\(bytes.count) bytes are not the length that it states; fetch or build the pack again")
        }
    }

    private static func checkSchema(_ bytes: [UInt8], isOpen: Bool) throws(ProgramError) {
        let schema = bytes.littleEndian(at: ProgramFormat.Offset.schema, bytes: 2)
        let expected = isOpen ? 0 : UInt64(TelemetrySchema.version)
        guard schema == expected else {
            throw ProgramError(
                .schemaUnsupported, subject: "header",
                message: "schema \(schema), and this worker has \(expected); "
                    + "build the pack for this agent, or update the agent")
        }
    }

    static func malformed(_ what: String) -> ProgramError {
        ProgramError(.malformed, subject: "header", message: "\(what); build the pack again")
    }
}
