package import UpdateTrust

/// Signs remedies, as ``PackBuilder`` does packs.
package enum SignedRemedyFile {
    /// The bytes of the remedy's file.
    ///
    /// - Parameter key: Path of the private key.
    package static func make(_ remedy: Remedy, key path: String) throws(PublishError) -> [UInt8] {
        let key = try SigningKeyFile.read(path)
        do throws(TrustError) {
            return try key.sign(remedy).bytes
        } catch {
            throw PublishError(.keyUnreadable, subject: path, message: error.message)
        }
    }
}
