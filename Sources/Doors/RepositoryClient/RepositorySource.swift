package import UpdateTrust

/// Where the files of a repository come from: a web server, a mirror, a folder. None of them is trusted.
package protocol RepositorySource: Sendable {
    /// One file, at most `bytesMax` bytes of it: a longer one is given up while it is read.
    ///
    /// - Parameters:
    ///   - address: Absolute: a base address with the file's path behind it.
    ///   - subject: What the error is about.
    /// - Returns: `.absent` when the source says that there is no such file.
    /// - Throws: ``TufError`` `.lengthMismatch` for a longer file, `.unavailable` for everything else.
    func fetch(_ address: String, bytesMax: Int, subject: String) async throws(TufError) -> TufReply
}
