/// The file systems of this machine that keep files of their own, from `/proc/self/mountinfo` (proc(5)).
enum MountTable {
    /// Types that are local and hold files. The others are windows into the kernel or into other machines, where a
    /// handle cannot be opened or a name would have to be fetched over the network.
    static let localTypes: Set<String> = [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "jfs", "nilfs2", "reiserfs", "tmpfs",
        "overlay", "vfat", "exfat", "ntfs3",
    ]

    static let path = "/proc/self/mountinfo"

    /// Where local file systems are mounted now.
    static func localMountPoints() -> [String] {
        localMountPoints(in: ProcFiles.bytes(atPath: path, bytesMax: SensorLimit.mountTableBytesMax) ?? [])
    }

    /// Where local file systems are mounted, one place for each file system: the one that shows most of it.
    static func localMountPoints(in text: [UInt8]) -> [String] {
        var order: [String] = []
        var best: [String: (rootBytes: Int, mountPoint: String)] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            // The optional fields in the middle end with a dash.
            guard fields.count > 6, let dash = fields[6...].firstIndex(of: "-"), dash + 1 < fields.count,
                localTypes.contains(fields[dash + 1])
            else { continue }
            let (device, root, mountPoint) = (fields[2], fields[3], unescaped(fields[4]))
            if let known = best[device] {
                guard root.utf8.count < known.rootBytes else { continue }
            } else {
                order.append(device)
            }
            best[device] = (root.utf8.count, mountPoint)
        }
        return order.prefix(SensorLimit.fileSystemCountMax).compactMap { best[$0]?.mountPoint }
    }

    /// Spaces, tabs, line ends and backslashes stand there as three octal digits after a backslash.
    private static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), index + 3 < bytes.count,
                let value = UInt8(String(decoding: bytes[(index + 1)...(index + 3)], as: UTF8.self), radix: 8)
            {
                result.append(value)
                index += 4
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
