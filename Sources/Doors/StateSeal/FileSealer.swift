import enum Crypto.Curve25519
package import DurableFiles
package import FleetModel
package import StateMeasurement

/// Seals with a key in a file. Weaker than a TPM: whoever is root on the host can copy the key and sign anything, and can
/// put an older copy of all files back, which only the server then sees.
package final class FileSealer: StateSealer {
    package let strength = SealStrength.file
    package let publicKey: [UInt8]

    private let settings: SealSettings
    private let files: DurableFiles
    private let key: Curve25519.Signing.PrivateKey
    private var programs = SealedState.noPolicy

    private static let keyName = "key"
    private static let counterName = "counter"
    private static let stateName = "state"
    /// Says what the signature of the sealed file is for, so that it serves for nothing else.
    private static let domain = Array("firebreak sealed file 1\n".utf8)
    private static let digestBytes = 32

    /// Takes the key at ``SealSettings/directory``, which is made when it is not there.
    package init(settings: SealSettings, files: DurableFiles = DurableFiles()) throws(SealError) {
        self.settings = settings
        self.files = files
        key = try Self.key(at: settings.path(Self.keyName), files: files)
        publicKey = Array(key.publicKey.rawRepresentation)
    }

    private static func key(at path: String, files: DurableFiles) throws(SealError) -> Curve25519.Signing.PrivateKey {
        if let seed = try existing(path, files: files, bytesMax: StateLimit.edwardsKeyBytes) {
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
                throw SealError(.damaged, subject: path, message: "\(seed.count) bytes; an Ed25519 key has 32")
            }
            return key
        }
        let key = Curve25519.Signing.PrivateKey()
        do {
            try files.write(Array(key.rawRepresentation), to: path, mode: 0o600)
        } catch {
            throw SealError(error)
        }
        return key
    }

    private static func existing(_ path: String, files: DurableFiles, bytesMax: Int) throws(SealError) -> [UInt8]? {
        do {
            return try files.read(path, bytesMax: bytesMax)
        } catch {
            if error.code == .notFound { return nil }
            throw SealError(error)
        }
    }

    package func open(programs: Digest) throws(SealError) -> SealOpening {
        self.programs = programs
        let length = SealedState.byteCount + Self.digestBytes + StateLimit.signatureBytes
        guard let bytes = try Self.existing(settings.path(Self.stateName), files: files, bytesMax: length) else {
            return try counter() == 0 ? .nothing : .broken
        }
        guard bytes.count == length, let state = SealedState(decoding: Array(bytes.prefix(SealedState.byteCount))),
            key.publicKey.isValidSignature(
                bytes.suffix(StateLimit.signatureBytes), for: Self.domain + bytes.dropLast(StateLimit.signatureBytes))
        else { return .broken }
        let sealedTo = bytes.dropFirst(SealedState.byteCount).prefix(Self.digestBytes)
        return Array(sealedTo) == programs.bytes ? .sealed(state) : .otherPrograms
    }

    package func counter() throws(SealError) -> UInt64 {
        let path = settings.path(Self.counterName)
        guard let bytes = try Self.existing(path, files: files, bytesMax: 8) else { return 0 }
        guard bytes.count == 8 else {
            throw SealError(.damaged, subject: path, message: "\(bytes.count) bytes; a counter has 8")
        }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    package func advance() throws(SealError) {
        let next = try counter() + 1
        let bytes = stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: next >> $0) }
        try write(bytes, to: Self.counterName)
    }

    package func seal(_ state: SealedState) throws(SealError) {
        let body = state.encoded + programs.bytes
        try write(body + sign(Self.domain + body), to: Self.stateName)
    }

    package func quote(
        _ state: MeasuredState, endpoint: EndpointID, nonce: [UInt8]
    ) throws(SealError) -> StateQuote {
        let attest = StateQuote.fileStatement(try binding(state, endpoint: endpoint, nonce: nonce))
        return StateQuote(
            strength: strength, publicKey: publicKey, attest: attest, signature: try sign(attest), nonce: nonce,
            state: state)
    }

    private func sign(_ bytes: [UInt8]) throws(SealError) -> [UInt8] {
        guard let signature = try? key.signature(for: bytes) else {
            throw SealError(.refused, subject: settings.path(Self.keyName), message: "the library did not sign")
        }
        return Array(signature)
    }

    private func write(_ bytes: [UInt8], to name: String) throws(SealError) {
        do {
            try files.write(bytes, to: settings.path(name), mode: 0o600)
        } catch {
            throw SealError(error)
        }
    }
}
