/// What a TPM says of a quote: TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE, as the TPM signed it.
///
/// Clauses are those of the TPM 2.0 Library, Part 2 (Structures). All numbers are big-endian (clause 4, "Notation").
struct AttestedQuote: Equatable {
    /// What the caller gave as qualifyingData.
    let binding: [UInt8]
    /// The selected registers: the algorithm of the bank and a bit for each register.
    let selection: [UInt8]
    /// The hash of the selected registers' values, one after the other.
    let registerDigest: [UInt8]

    /// TPM_GENERATED_VALUE (clause 6.2): 0xFF and "TCG". A restricted key signs nothing from outside that begins so.
    private static let generated: UInt32 = 0xFF54_4347
    /// TPM_ST_ATTEST_QUOTE (clause 6.9).
    private static let quoteTag: UInt16 = 0x8018
    /// The largest TPM2B_NAME (clause 10.5): an algorithm and a SHA-512.
    private static let nameBytesMax = 66
    /// The largest TPM2B_DATA and TPM2B_DIGEST (clause 10.4): TPMT_HA of SHA-512.
    private static let dataBytesMax = 66

    /// One register of the SHA-256 bank (0x000B, clause 6.3) as the only selection: TPML_PCR_SELECTION (clause 10.9) with
    /// one TPMS_PCR_SELECTION (clause 10.6) of three bytes, register n as bit n mod 8 of byte n / 8.
    static func selection(of register: UInt8) -> [UInt8] {
        var bits: [UInt8] = [0, 0, 0]
        if register < 24 { bits[Int(register / 8)] = 1 << (register % 8) }
        return [0, 0, 0, 1, 0x00, 0x0B, 3] + bits
    }

    /// Reads the structure to its last byte.
    ///
    /// - Throws: ``StateFault`` with `.notAQuote`, whatever the bytes are.
    init(decoding bytes: [UInt8]) throws(StateFault) {
        var reader = Reader(bytes: bytes)
        // TPMS_ATTEST (clause 10.12): magic, type, qualifiedSigner, extraData, clockInfo, firmwareVersion, attested.
        guard try reader.number(of: 4) == UInt64(Self.generated) else {
            throw Self.fault("magic", "it does not begin with TPM_GENERATED_VALUE: no TPM made it")
        }
        guard try reader.number(of: 2) == UInt64(Self.quoteTag) else {
            throw Self.fault("type", "it is no TPM_ST_ATTEST_QUOTE")
        }
        _ = try reader.sized(bytesMax: Self.nameBytesMax, "qualified_signer")
        binding = try reader.sized(bytesMax: Self.dataBytesMax, "extra_data")
        // TPMS_CLOCK_INFO (clause 10.11): clock, resetCount, restartCount, safe; TPMI_YES_NO is 0 or 1 (clause 9.2).
        _ = try reader.take(8 + 4 + 4)
        guard try reader.number(of: 1) <= 1 else {
            throw Self.fault("clock_info.safe", "it is neither yes nor no")
        }
        _ = try reader.take(8)
        // TPMS_QUOTE_INFO (clause 10.12): pcrSelect, pcrDigest. One selection of three bytes is all that we make.
        selection = try reader.take(Self.selection(of: 0).count)
        registerDigest = try reader.sized(bytesMax: Self.dataBytesMax, "pcr_digest")
        guard reader.isAtEnd else { throw Self.fault("", "bytes follow the quote") }
    }

    private static func fault(_ subject: String, _ message: String) -> StateFault {
        StateFault(
            .notAQuote, subject: subject.isEmpty ? "attest" : "attest.\(subject)", message: message)
    }

    /// Takes bytes off the front, and never more than there are.
    private struct Reader {
        let bytes: [UInt8]
        var offset = 0

        var isAtEnd: Bool { offset == bytes.count }

        mutating func take(_ count: Int) throws(StateFault) -> [UInt8] {
            guard count <= bytes.count - offset else {
                throw AttestedQuote.fault("", "it ends too early")
            }
            defer { offset += count }
            return Array(bytes[offset..<(offset + count)])
        }

        mutating func number(of count: Int) throws(StateFault) -> UInt64 {
            try take(count).reduce(0) { $0 << 8 | UInt64($1) }
        }

        /// A TPM2B: two bytes that count those after them.
        mutating func sized(bytesMax: Int, _ subject: String) throws(StateFault) -> [UInt8] {
            let count = Int(try number(of: 2))
            guard count <= bytesMax else {
                throw AttestedQuote.fault(subject, "\(count) bytes; at most \(bytesMax) are read")
            }
            return try take(count)
        }
    }
}
