/// A name in a directory, as the kernel tells of it: by handle, so without a path.
struct FileName: Hashable {
    /// The file system's id and the directory's handle, byte for byte.
    let directory: [UInt8]
    let name: [UInt8]

    /// As a whole: the array's own way hashes byte by byte, and took a fifth of the sensor's time in a flood.
    func hash(into hasher: inout Hasher) {
        directory.withUnsafeBytes { hasher.combine(bytes: $0) }
        name.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

/// One event of an fanotify group, taken apart (fanotify(7)).
struct FileNotice: Equatable {
    /// The bits of `mask` that are used here. Their values are the kernel's, and never change.
    enum Mask {
        static let closeWrite: UInt64 = 0x8
        static let movedFrom: UInt64 = 0x40
        static let movedTo: UInt64 = 0x80
        static let create: UInt64 = 0x100
        static let delete: UInt64 = 0x200
        static let openExec: UInt64 = 0x1000
        static let overflow: UInt64 = 0x4000
        static let rename: UInt64 = 0x1000_0000
        static let onDirectory: UInt64 = 0x4000_0000
    }

    /// What happened; the kernel may have put several things that one process did to one name into one event.
    var mask: UInt64
    /// 0 for a process that is not ours to see.
    var processId: Int32
    /// What it happened to; of a rename nil.
    var name: FileName?
    var oldName: FileName?
    var newName: FileName?
    /// Of the changed file itself, in the form of `FileName.directory`.
    var target: [UInt8]?

    func has(_ bits: UInt64) -> Bool { mask & bits != 0 }

    /// The events in what was read from a group. Bytes that are no event end the list: their length is not known.
    ///
    /// - Parameter isWanted: Asked with an event's mask and process; one that is not wanted is passed over.
    /// - Returns: The events, and how many bytes were not understood.
    static func decode(
        _ bytes: RawSpan, where isWanted: (_ mask: UInt64, _ processId: Int32) -> Bool = { _, _ in true }
    ) -> (notices: [FileNotice], strayBytesCount: Int) {
        var notices: [FileNotice] = []
        var start = 0
        while let length = bytes.value(at: start, as: UInt32.self).map(Int.init),
            length >= Layout.eventBytes, length <= bytes.byteCount - start
        {
            let event = bytes.extracting(start..<start + length)
            guard let (header, headerBytes) = header(of: event) else { break }
            if isWanted(header.mask, header.processId) {
                notices.append(notice(header, event.extracting(headerBytes...)))
            }
            start += length
        }
        return (notices, bytes.byteCount - start)
    }

    /// `struct fanotify_event_metadata` and what follows it.
    private enum Layout {
        static let eventBytes = 24
        static let version: UInt8 = 3
        /// Header, file system's id, and the two numbers before a handle's bytes.
        static let handleStart = 20
        /// MAX_HANDLE_SZ.
        static let handleBytesMax = 128
    }

    /// What an event begins with, and how many bytes that takes; nil when it is no event.
    private static func header(of bytes: RawSpan) -> (FileNotice, Int)? {
        guard let version = bytes.value(at: 4, as: UInt8.self), version == Layout.version,
            let headerBytes = bytes.value(at: 6, as: UInt16.self).map(Int.init), headerBytes >= Layout.eventBytes,
            let mask = bytes.value(at: 8, as: UInt64.self), let processId = bytes.value(at: 20, as: Int32.self)
        else { return nil }
        return (FileNotice(mask: mask, processId: processId), min(headerBytes, bytes.byteCount))
    }

    /// The event with what its records say.
    private static func notice(_ header: FileNotice, _ records: RawSpan) -> FileNotice {
        var notice = header
        var start = 0
        while let type = records.value(at: start, as: UInt8.self),
            let length = records.value(at: start + 2, as: UInt16.self).map(Int.init),
            length >= 4, length <= records.byteCount - start
        {
            notice.take(type: type, records.extracting(start..<start + length))
            start += length
        }
        return notice
    }

    private mutating func take(type: UInt8, _ record: RawSpan) {
        switch type {
        case 1: target = Self.handle(in: record)?.key
        case 2: name = Self.name(in: record)
        case 10: oldName = Self.name(in: record)
        case 12: newName = Self.name(in: record)
        // A directory without a name, a process's descriptor, an error of a file system: not asked for.
        default: break
        }
    }

    private static func name(in record: RawSpan) -> FileName? {
        guard let (key, end) = handle(in: record) else { return nil }
        let name = record.extracting(end...).withUnsafeBytes { [UInt8]($0.prefix { $0 != 0 }) }
        return name.isEmpty ? nil : FileName(directory: key, name: name)
    }

    private static func handle(in record: RawSpan) -> (key: [UInt8], end: Int)? {
        guard let count = record.value(at: 12, as: UInt32.self), count <= Layout.handleBytesMax else { return nil }
        let end = Layout.handleStart + Int(count)
        guard end <= record.byteCount else { return nil }
        let key = record.extracting(4..<end).withUnsafeBytes { [UInt8]($0) }
        return (key, end)
    }
}

extension RawSpan {
    /// The value at an offset; nil where it would reach past the end.
    func value<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value? {
        guard offset >= 0, byteCount >= MemoryLayout<Value>.size, offset <= byteCount - MemoryLayout<Value>.size
        else { return nil }
        return unsafeLoadUnaligned(fromByteOffset: offset, as: type)
    }
}
