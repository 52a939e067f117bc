import FleetModel

extension ProgramReader {
    /// The first bytes of a program. Its counts fit its length exactly, and each is within its limit.
    struct Header {
        let chaos: ChaosMarker?
        /// Steps, as the writer states them.
        let costBound: UInt64
        let kindCount: Int
        let ruleCount: Int
        let predicateCount: Int
        let instructionCount: Int
        let tagCount: Int
        /// Bytes of texts and operands, at the end.
        let textBytes: Int

        init(_ bytes: [UInt8]) throws(ProgramError) {
            try Self.checkIdentity(bytes)
            let chaosNumber = bytes[ProgramFormat.HeaderOffset.chaos]
            chaos = ChaosMarker(rawValue: chaosNumber)
            guard chaosNumber == 0 || chaos != nil else { throw Self.malformed("its fault marker is none") }
            let unused = Array(13...15) + Array(52...55)
            guard unused.allSatisfy({ bytes[$0] == 0 }) else { throw Self.malformed("an unused byte is not zero") }
            func count(at offset: Int) -> Int { Int(bytes.littleEndian(at: offset, bytes: 4)) }
            costBound = bytes.littleEndian(at: ProgramFormat.HeaderOffset.costBound, bytes: 8)
            kindCount = count(at: ProgramFormat.HeaderOffset.kinds)
            ruleCount = count(at: ProgramFormat.HeaderOffset.rules)
            predicateCount = count(at: ProgramFormat.HeaderOffset.predicates)
            instructionCount = count(at: ProgramFormat.HeaderOffset.instructions)
            tagCount = count(at: ProgramFormat.HeaderOffset.tags)
            textBytes = count(at: ProgramFormat.HeaderOffset.bytes)
            guard kindCount <= EventKind.allCases.count, ruleCount <= ProgramLimit.ruleCountMax,
                predicateCount <= ProgramLimit.predicateCountMax,
                instructionCount <= ProgramLimit.instructionCountMax, tagCount <= ProgramLimit.tagCountMax
            else { throw Self.malformed("a count is above its limit") }
            // Counts are below 2^32 and records short, so that the sum fits.
            let length =
                ProgramFormat.headerBytes + kindCount * ProgramFormat.kindBytes + ruleCount * ProgramFormat.ruleBytes
                + predicateCount * ProgramFormat.predicateBytes + instructionCount * ProgramFormat.instructionBytes
                + tagCount * ProgramFormat.tagBytes + textBytes
            guard length == bytes.count else {
                throw ProgramError(
                    length > bytes.count ? .truncated : .malformed, subject: "header",
                    message: "\(bytes.count) bytes, where its counts take \(length); fetch or build the pack again")
            }
        }

        /// Checks what tells a program of this format and schema, and its length.
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
            let version = bytes.littleEndian(at: ProgramFormat.HeaderOffset.version, bytes: 2)
            guard version == ProgramFormat.version else {
                throw ProgramError(
                    .formatUnsupported, subject: "header",
                    message: "format \(version), and this worker reads \(ProgramFormat.version); "
                        + "build the pack for this agent, or update the agent")
            }
            let schema = bytes.littleEndian(at: ProgramFormat.HeaderOffset.schemaVersion, bytes: 2)
            guard schema == TelemetrySchema.version else {
                throw ProgramError(
                    .schemaUnsupported, subject: "header",
                    message: "schema \(schema), and this worker has \(TelemetrySchema.version); "
                        + "build the pack for this agent, or update the agent")
            }
            guard bytes.littleEndian(at: ProgramFormat.HeaderOffset.length, bytes: 4) == UInt64(bytes.count) else {
                throw ProgramError(
                    .truncated, subject: "header",
                    message: "\(bytes.count) bytes are not the length that it states; fetch or build the pack again")
            }
        }

        private static func malformed(_ what: String) -> ProgramError {
            ProgramError(.malformed, subject: "header", message: "\(what); build the pack again")
        }
    }
}

extension [UInt8] {
    /// The number in `bytes` bytes (at most 8) at `offset`. The caller has checked that they are there.
    func littleEndian(at offset: Int, bytes: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<bytes { value |= UInt64(self[offset + index]) << UInt64(8 * index) }
        return value
    }
}
