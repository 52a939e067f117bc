package import Glibc

extension DurableFiles {
    /// Names that a listing gives at most. No directory of ours holds a tenth of it.
    package static let entryCountMax = 10_000

    /// Makes the directory and those above it, as far as they are missing, and makes their entries durable.
    package func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(FileError) {
        var missing: [String] = []
        var rest = path
        while !rest.isEmpty, rest != "/", access(rest, F_OK) != 0 {
            missing.append(rest)
            guard let slash = rest.lastIndex(of: "/") else { break }
            rest = String(rest[..<slash])
        }
        for directory in missing.reversed() {
            guard mkdir(directory, mode) == 0 || errno == EEXIST else {
                throw FileError(errno: errno, during: "mkdir", subject: directory)
            }
            try syncDirectory(of: directory)
        }
    }

    /// The names in a directory, sorted, at most ``entryCountMax``.
    package func names(in directory: String) throws(FileError) -> [String] {
        guard let stream = opendir(directory) else {
            throw FileError(errno: errno, during: "opendir", subject: directory)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            // The end and an error look the same but for this (readdir(3)); a list that breaks off is none.
            errno = 0
            guard let entry = readdir(stream) else { break }
            // The name is a fixed array in the C structure, ended by zero.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            guard names.count < Self.entryCountMax else {
                throw FileError(
                    .oversized, subject: directory, message: "more than \(Self.entryCountMax) entries; clear it by hand"
                )
            }
            names.append(name)
        }
        guard errno == 0 else { throw FileError(errno: errno, during: "readdir", subject: directory) }
        return names.sorted()
    }
}

extension DurableFiles {
    /// Removes the file without making that durable: after a power cut it may be back. For what may come back.
    package func discard(_ path: String) throws(FileError) {
        guard Glibc.unlink(path) == 0 || errno == ENOENT else {
            throw FileError(errno: errno, during: "unlink", subject: path)
        }
    }
}
