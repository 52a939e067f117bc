import DurableFiles
import FleetModel
import Glibc
import StateMeasurement

/// Chooses how the state is sealed, and keeps to it.
enum SealSelection {
    private static let kindName = "kind"
    /// `tpm` or `file` and a line feed.
    private static let kindBytesMax = 16

    /// The sealer that the settings and the earlier choice give.
    ///
    /// - Throws: ``SealError``. With `.tpmGone` when a TPM was used here before and does not answer: going on with a file
    ///   would let whoever can unplug or block the TPM choose the weaker way.
    static func sealer(_ settings: SealSettings, files: DurableFiles) throws(SealError) -> any StateSealer {
        do {
            try files.makeDirectory(settings.directory)
        } catch {
            throw SealError(error)
        }
        let before = try kind(settings, files: files)
        let sealer = try choose(settings, before: before, files: files)
        if sealer.strength != before {
            do {
                try files.write(Array("\(sealer.strength.rawValue)\n".utf8), to: settings.path(kindName))
            } catch {
                throw SealError(error)
            }
        }
        return sealer
    }

    private static func choose(
        _ settings: SealSettings, before: SealStrength?, files: DurableFiles
    ) throws(SealError) -> any StateSealer {
        switch (settings.choice, before) {
        case (.file, _), (.auto, .file): return try FileSealer(settings: settings, files: files)
        case (.tpm(let address), nil), (.tpm(let address), .file):
            return try TPMSealer(address: address, settings: settings, files: files)
        case (.tpm(let address), .tpm): return try knownTPM(address, settings, files: files)
        case (.auto, .tpm): return try knownTPM(SealChoice.deviceDefault, settings, files: files)
        case (.auto, nil):
            // The library writes to standard error when the device is missing; most hosts without a TPM end here.
            guard access("/dev/tpmrm0", F_OK) == 0 else { return try FileSealer(settings: settings, files: files) }
            do {
                return try TPMSealer(address: SealChoice.deviceDefault, settings: settings, files: files)
            } catch {
                // A first start on a host whose TPM cannot be used. The strength says so, at the server too.
                return try FileSealer(settings: settings, files: files)
            }
        }
    }

    private static func knownTPM(
        _ address: String, _ settings: SealSettings, files: DurableFiles
    ) throws(SealError) -> any StateSealer {
        do {
            return try TPMSealer(address: address, settings: settings, files: files)
        } catch {
            guard error.code == .noAnswer || error.code == .noLibrary else { throw error }
            throw SealError(
                .tpmGone, subject: address, message: "a TPM sealed the state before, and now: \(error.message)")
        }
    }

    private static func kind(_ settings: SealSettings, files: DurableFiles) throws(SealError) -> SealStrength? {
        let path = settings.path(kindName)
        let bytes: [UInt8]
        do {
            bytes = try files.read(path, bytesMax: kindBytesMax)
        } catch {
            if error.code == .notFound { return nil }
            throw SealError(error)
        }
        guard bytes.last == UInt8(ascii: "\n"),
            let kind = SealStrength(rawValue: String(decoding: bytes.dropLast(), as: UTF8.self))
        else { throw SealError(.damaged, subject: path, message: "neither tpm nor file") }
        return kind
    }
}
