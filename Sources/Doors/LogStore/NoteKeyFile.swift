package import DurableFiles
package import TransparencyLog

/// The file with a log's or witness's private key, its skey on one line, readable by its owner only.
package enum NoteKeyFile {
    /// Where the public key of the key at `path` is.
    package static func publicPath(of path: String) -> String { path + ".pub" }

    /// Reads the key.
    package static func read(_ path: String, files: DurableFiles = DurableFiles()) throws(LogStoreError) -> NoteSigner {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try files.read(path, bytesMax: LogLimit.keyTextBytesMax)
        } catch {
            throw LogStoreError(error)
        }
        do throws(LogError) {
            return try NoteSigner(String(decoding: bytes.last == 10 ? bytes.dropLast() : bytes[...], as: UTF8.self))
        } catch {
            throw LogStoreError(error, .keyUnfit, folder: path)
        }
    }

    /// Writes a new key, durably, with the public key beside it (``publicPath(of:)``). Overwrites none.
    package static func create(
        _ path: String, name: String, kind: NoteVerifier.Kind, files: DurableFiles = DurableFiles()
    ) throws(LogStoreError) -> NoteSigner {
        guard !files.exists(path) else {
            throw LogStoreError(.keyUnfit, subject: path, message: "there is a file already")
        }
        var random = SystemRandomNumberGenerator()
        let seed = (0..<NoteSigner.seedBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
        do throws(LogError) {
            let signer = try NoteSigner(name: name, kind: kind, seed: seed)
            do throws(FileError) {
                try files.write(Array("\(signer.text)\n".utf8), to: path)
                try files.write(Array("\(signer.verifier.text)\n".utf8), to: publicPath(of: path), mode: 0o644)
            } catch {
                throw LogError(.keyMalformed, subject: error.subject, message: error.message)
            }
            return signer
        } catch {
            throw LogStoreError(error, .keyUnfit, folder: path)
        }
    }
}
