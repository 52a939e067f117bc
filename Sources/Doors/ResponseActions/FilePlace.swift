import CResponseActions
import Glibc
import ResponseEngine

/// A descriptor that is closed with this value.
final class OpenFile {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// A name in a folder that is held open, so that nobody can put another folder in its place between two calls.
struct FilePlace {
    let path: String
    let folder: OpenFile
    let name: String

    /// The place of a file of anyone's. No part of the path may be a link.
    init(plain path: String) throws(ResponseError) {
        guard SubjectPath.plain(path) != nil, let slash = path.lastIndex(of: "/") else {
            throw ResponseError(.subjectRefused, subject: path, message: "it is no plain absolute path")
        }
        let parent = slash == path.startIndex ? "/" : String(path[..<slash])
        let opened = firebreak_open_plain(-1, parent, O_RDONLY | O_DIRECTORY, 0)
        guard opened >= 0 else { throw ResponseError(call: "open", result: Int(opened), subject: parent) }
        self.init(path: path, folder: OpenFile(opened), name: String(path[path.index(after: slash)...]))
    }

    private init(path: String, folder: OpenFile, name: String) {
        (self.path, self.folder, self.name) = (path, folder, name)
    }

    /// Another name in the same folder.
    func beside(_ name: String) -> FilePlace {
        let parent = path.dropLast(self.name.utf8.count)
        return FilePlace(path: parent + name, folder: folder, name: name)
    }

    /// What has the name; nil when nothing has.
    func status() throws(ResponseError) -> stat? {
        var status = stat()
        guard fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            let number = errno
            if number == ENOENT { return nil }
            throw ResponseError(call: "stat", result: -Int(number), subject: path)
        }
        return status
    }

    /// - Parameter flags: `O_NONBLOCK` is added: a pipe or device must not hold the caller up.
    func open(_ flags: Int32, mode: UInt32 = 0) throws(ResponseError) -> OpenFile {
        let opened = firebreak_open_plain(folder.descriptor, name, flags | O_NONBLOCK, mode)
        guard opened >= 0 else { throw ResponseError(call: "open", result: Int(opened), subject: path) }
        return OpenFile(opened)
    }

    /// Renames durably, in either folder. -EXDEV when they are on different mounts.
    ///
    /// - Parameter replaces: Whether what has the new name may be replaced.
    func rename(to other: FilePlace, replaces: Bool = false) -> Int32 {
        var result = firebreak_rename_new(folder.descriptor, name, other.folder.descriptor, other.name)
        if result == -EEXIST, replaces {
            result = Glibc.renameat(folder.descriptor, name, other.folder.descriptor, other.name) == 0 ? 0 : -errno
        }
        return result
    }

    func remove() throws(ResponseError) {
        guard unlinkat(folder.descriptor, name, 0) == 0 || errno == ENOENT else {
            throw ResponseError(call: "unlink", result: -Int(errno), subject: path)
        }
        try syncFolder()
    }

    func syncFolder() throws(ResponseError) {
        guard fsync(folder.descriptor) == 0 else {
            throw ResponseError(call: "fsync", result: -Int(errno), subject: path)
        }
    }
}

extension stat {
    /// Whether it is the very file, not one that has its name.
    func isSame(as facts: FileFacts) -> Bool {
        UInt64(st_dev) == facts.device.value && UInt64(st_ino) == facts.inode.value
    }

    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
}
