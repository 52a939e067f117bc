import CTPM

/// The C door to one TPM, with arrays and errors in the place of pointers and outcomes.
final class TPMDevice {
    private let handle: OpaquePointer
    private let address: String

    /// Opens the TPM at `address`. Takes some hundred milliseconds with a real one: it makes the storage key.
    init(address: String) throws(SealError) {
        guard let handle = firebreak_tpm_new() else {
            throw SealError(.refused, subject: address, message: "no memory is left")
        }
        self.handle = handle
        self.address = address
        try check(firebreak_tpm_open(handle, address))
    }

    deinit { firebreak_tpm_free(handle) }

    private func check(_ outcome: Int32) throws(SealError) {
        guard outcome == FIREBREAK_TPM_OK.rawValue else {
            throw SealError(outcome: outcome, subject: address, message: String(cString: firebreak_tpm_why(handle)))
        }
    }

    /// Calls `body` with room for `bytesMax` bytes, and gives those that it wrote.
    private func filled(_ bytesMax: Int, _ body: (UnsafeMutablePointer<UInt8>?, inout Int) -> Int32)
        throws(SealError) -> [UInt8]
    {
        var outcome: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
            count = bytesMax
            outcome = body(buffer.baseAddress, &count)
            if outcome != FIREBREAK_TPM_OK.rawValue { count = 0 }
        }
        try check(outcome)
        return bytes
    }

    func makeKey() throws(SealError) -> [UInt8] {
        try filled(Int(FIREBREAK_TPM_BLOB_BYTES_MAX)) { firebreak_tpm_key_make(handle, $0, &$1) }
    }

    /// Loads a key that ``makeKey()`` made, and gives its public point.
    func loadKey(_ blob: [UInt8]) throws(SealError) -> [UInt8] {
        try filled(Int(FIREBREAK_TPM_POINT_BYTES)) { buffer, _ in
            firebreak_tpm_key_load(handle, blob, blob.count, buffer)
        }
    }

    func resetRegister(_ number: UInt32) throws(SealError) {
        try check(firebreak_tpm_register_reset(handle, number))
    }

    func extendRegister(_ number: UInt32, by digest: [UInt8]) throws(SealError) {
        try check(firebreak_tpm_register_extend(handle, number, digest))
    }

    func quote(_ register: UInt32, binding: [UInt8]) throws(SealError) -> (attest: [UInt8], signature: [UInt8]) {
        var signature = [UInt8](repeating: 0, count: Int(FIREBREAK_TPM_SIGNATURE_BYTES))
        let attest = try filled(Int(FIREBREAK_TPM_ATTEST_BYTES_MAX)) {
            firebreak_tpm_quote(handle, register, binding, $0, &$1, &signature)
        }
        return (attest, signature)
    }

    func counter(at index: UInt32) throws(SealError) -> UInt64 {
        var value: UInt64 = 0
        try check(firebreak_tpm_counter_read(handle, index, &value))
        return value
    }

    func advanceCounter(at index: UInt32) throws(SealError) {
        try check(firebreak_tpm_counter_advance(handle, index))
    }

    func seal(_ bytes: [UInt8], to register: UInt32) throws(SealError) -> [UInt8] {
        try filled(Int(FIREBREAK_TPM_BLOB_BYTES_MAX)) {
            firebreak_tpm_seal(handle, register, bytes, bytes.count, $0, &$1)
        }
    }

    enum Unsealed {
        case bytes([UInt8])
        /// The register has another value than when it was sealed.
        case refused
        /// No sealed object, or none of this TPM.
        case foreign
    }

    func unseal(_ blob: [UInt8], by register: UInt32) throws(SealError) -> Unsealed {
        var outcome: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(FIREBREAK_TPM_SEALED_BYTES_MAX)) {
            buffer, count in
            count = buffer.count
            outcome = firebreak_tpm_unseal(handle, register, blob, blob.count, buffer.baseAddress, &count)
            if outcome != FIREBREAK_TPM_OK.rawValue { count = 0 }
        }
        switch outcome {
        case Int32(FIREBREAK_TPM_POLICY.rawValue): return .refused
        case Int32(FIREBREAK_TPM_FOREIGN_BLOB.rawValue): return .foreign
        default:
            try check(outcome)
            return .bytes(bytes)
        }
    }
}
