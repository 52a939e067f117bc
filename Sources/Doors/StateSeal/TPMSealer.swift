package import DurableFiles
package import FleetModel
package import StateMeasurement

/// Seals with a TPM 2.0. The signing key was made in it and cannot leave it: the file that holds the key's private part
/// is encrypted to this TPM's storage key, and useless elsewhere.
package final class TPMSealer: StateSealer {
    package let strength = SealStrength.tpm
    package let publicKey: [UInt8]

    private let settings: SealSettings
    private let files: DurableFiles
    private let device: TPMDevice
    /// Whether the key was made just now: only then is there nothing sealed yet.
    private let isKeyNew: Bool
    private var programs = SealedState.noPolicy
    /// The state that the register holds beside the programs; nil when it holds the programs alone.
    private var measured: Digest?

    private static let keyName = "tpm-key"
    private static let stateName = "tpm-state"
    /// Bytes of a stored key or sealed state at most: the C door's room for one.
    private static let blobBytesMax = 2048

    /// Opens the TPM and loads the key, which is made when there is none.
    package init(
        address: String, settings: SealSettings, files: DurableFiles = DurableFiles()
    ) throws(SealError) {
        guard QuoteVerifier.registers.contains(where: { UInt32($0) == settings.register }) else {
            throw SealError(
                .badSetting, subject: "register", message: "\(settings.register) is none of the two resettable ones")
        }
        self.settings = settings
        self.files = files
        device = try TPMDevice(address: address)
        let path = settings.path(Self.keyName)
        let stored = try Self.existing(path, files: files)
        let blob = if let stored { stored } else { try device.makeKey() }
        publicKey = try device.loadKey(blob)
        isKeyNew = stored == nil
        if stored == nil { try write(blob, to: Self.keyName) }
    }

    private static func existing(_ path: String, files: DurableFiles) throws(SealError) -> [UInt8]? {
        do {
            return try files.read(path, bytesMax: blobBytesMax)
        } catch {
            if error.code == .notFound { return nil }
            throw SealError(error)
        }
    }

    package func open(programs: Digest) throws(SealError) -> SealOpening {
        self.programs = programs
        try measurePrograms()
        guard let blob = try Self.existing(settings.path(Self.stateName), files: files) else {
            return isKeyNew ? .nothing : .broken
        }
        switch try device.unseal(blob, by: settings.register) {
        case .refused: return .otherPrograms
        case .foreign: return .broken
        case .bytes(let bytes):
            guard let state = SealedState(decoding: bytes) else { return .broken }
            return .sealed(state)
        }
    }

    /// Brings the register to the value that is sealed to: zero, extended by the programs.
    private func measurePrograms() throws(SealError) {
        try device.resetRegister(settings.register)
        try device.extendRegister(settings.register, by: programs.bytes)
        measured = nil
    }

    package func counter() throws(SealError) -> UInt64 { try device.counter(at: settings.counterIndex) }
    package func advance() throws(SealError) { try device.advanceCounter(at: settings.counterIndex) }

    package func seal(_ state: SealedState) throws(SealError) {
        if measured != nil { try measurePrograms() }
        try write(try device.seal(state.encoded, to: settings.register), to: Self.stateName)
    }

    package func quote(
        _ state: MeasuredState, endpoint: EndpointID, nonce: [UInt8]
    ) throws(SealError) -> StateQuote {
        let binding = try binding(state, endpoint: endpoint, nonce: nonce)
        let digest: Digest
        do {
            digest = try state.digest()
        } catch {
            throw SealError(error)
        }
        // Not measured anew while the state is the same: what somebody else extended in between then shows.
        if measured != digest {
            if measured != nil { try measurePrograms() }
            try device.extendRegister(settings.register, by: digest.bytes)
            measured = digest
        }
        let (attest, signature) = try device.quote(settings.register, binding: binding.bytes)
        return StateQuote(
            strength: strength, publicKey: publicKey, attest: attest, signature: signature, nonce: nonce, state: state)
    }

    /// What another program with access to the TPM may do at any time.
    func extendForTest(by digest: [UInt8]) throws(SealError) {
        try device.extendRegister(settings.register, by: digest)
    }

    private func write(_ bytes: [UInt8], to name: String) throws(SealError) {
        do {
            try files.write(bytes, to: settings.path(name), mode: 0o600)
        } catch {
            throw SealError(error)
        }
    }
}
