import CLinuxSensor

/// Paths of directories by their handles.
struct DirectoryNames {
    /// Where each file system is mounted, by its id.
    private var mountPoints: [[UInt8]: String] = [:]
    /// Directories that were made, moved or removed lately, by their handle: how one that is gone was called.
    private var hints: [[UInt8]: FileName] = [:]
    private var paths: [[UInt8]: [UInt8]] = [:]
    private let countMax: Int

    init(countMax: Int = SensorLimit.directoryCountMax) { self.countMax = countMax }

    /// Paths remembered.
    var count: Int { paths.count }

    /// Names of the file system that is mounted there can be found from now on.
    mutating func add(_ mountPoint: String) {
        var id = [UInt8](repeating: 0, count: Int(FIREBREAK_FILE_SYSTEM_ID_BYTES))
        guard firebreak_file_system_id(mountPoint, &id) == 0 else { return }
        mountPoints[id] = mountPoint
        // Where it was before, its directories had other paths.
        forgetPaths()
    }

    /// Forgets file systems that may be gone.
    mutating func removeAll() {
        mountPoints.removeAll()
        forgetPaths()
    }

    /// Names of these file systems can be found from now on, and of no others.
    mutating func replace(with mountPoints: [String]) {
        removeAll()
        for mountPoint in mountPoints { add(mountPoint) }
    }

    /// Forgets the paths of directories: some may have other names by now.
    mutating func forgetPaths() { paths.removeAll(keepingCapacity: true) }

    /// Forgets what events told of directories: it holds for events read together.
    mutating func forgetHints() { hints.removeAll(keepingCapacity: true) }

    /// Notes what events tell of directories, before names in the same events are looked for: a directory that was
    /// removed with all that was in it is gone by now, and is named by its own removal, which comes last.
    mutating func note(_ notices: [FileNotice]) {
        // What was dropped may have told of a directory that has another name now.
        if notices.contains(where: { $0.has(FileNotice.Mask.overflow) }) { forgetPaths() }
        for notice in notices where notice.has(FileNotice.Mask.onDirectory) {
            // Names below it are others now; which, only the kernel knows.
            if notice.has(FileNotice.Mask.rename | FileNotice.Mask.movedFrom | FileNotice.Mask.movedTo) {
                forgetPaths()
            }
            guard let target = notice.target, let name = notice.newName ?? notice.name, hints.count < countMax
            else { continue }
            hints[target] = name
        }
    }

    /// The full path of a name; nil when its directory is gone and was not known before.
    mutating func path(of name: FileName) -> [UInt8]? {
        directory(name.directory, depth: 0).map { Self.join($0, name.name) }
    }

    private mutating func directory(_ key: [UInt8], depth: Int) -> [UInt8]? {
        if let path = paths[key] { return path }
        guard let path = found(key) ?? hinted(key, depth: depth) else { return nil }
        // All at once rather than the oldest: it costs nothing to keep in order, and a refill is microseconds each.
        if paths.count >= countMax { forgetPaths() }
        paths[key] = path
        return path
    }

    private mutating func hinted(_ key: [UInt8], depth: Int) -> [UInt8]? {
        guard depth < SensorLimit.directoryDepthMax, let name = hints[key] else { return nil }
        return directory(name.directory, depth: depth + 1).map { Self.join($0, name.name) }
    }

    private func found(_ key: [UInt8]) -> [UInt8]? {
        let idBytes = Int(FIREBREAK_FILE_SYSTEM_ID_BYTES)
        guard let mountPoint = mountPoints[Array(key.prefix(idBytes))] else { return nil }
        let path = [UInt8](unsafeUninitializedCapacity: SensorLimit.pathBytesMax) { buffer, count in
            let length = buffer.withMemoryRebound(to: CChar.self) { target in
                firebreak_directory_path(mountPoint, key, key.count, target.baseAddress, target.count)
            }
            // As long as the room: it was cut, and half a path is none.
            count = length > 0 && length < SensorLimit.pathBytesMax ? length : 0
        }
        // A directory that no mount shows has a path that does not begin at the root.
        return path.first == UInt8(ascii: "/") ? path : nil
    }

    private static func join(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        var path: [UInt8] = []
        path.reserveCapacity(directory.count + 1 + name.count)
        path += directory
        if directory.last != slash { path.append(slash) }
        path += name
        return path
    }
}
