@testable import LinuxSensor

/// Bytes as the kernel writes them.
struct KernelBytes {
    var bytes: [UInt8] = []

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    /// A record of a file or a name, as in fanotify(7).
    static func record(_ type: UInt8, directory: UInt8, name: [UInt8]?) -> [UInt8] {
        var record = KernelBytes()
        let handle: [UInt8] = [directory, 0, 0, 0, 7, 7, 7, 7]
        let tail = name.map { $0 + [0] } ?? []
        let length = 4 + 8 + 8 + handle.count + tail.count
        let padding = (4 - length % 4) % 4
        record.put(type)
        record.put(UInt8(0))
        record.put(UInt16(length + padding))
        record.put(UInt64(0x1122_3344))
        record.put(UInt32(handle.count))
        record.put(Int32(1))
        record.bytes += handle + tail + Array(repeating: 0, count: padding)
        return record.bytes
    }

    /// What stands for directory `number` in a `FileName`.
    static func directory(_ number: UInt8) -> [UInt8] { Array(record(1, directory: number, name: nil)[4...]) }

    static func fileEvent(_ mask: UInt64, processId: Int32, _ records: [[UInt8]]) -> [UInt8] {
        var event = KernelBytes()
        let body = records.flatMap { $0 }
        event.put(UInt32(24 + body.count))
        event.put(UInt8(3))
        event.put(UInt8(0))
        event.put(UInt16(24))
        event.put(mask)
        event.put(Int32(-1))
        event.put(processId)
        return event.bytes + body
    }

    /// A change of `name` in directory `directory`.
    static func change(_ mask: UInt64, by processId: Int32 = 9, directory: UInt8 = 1, _ name: String) -> [UInt8] {
        fileEvent(mask, processId: processId, [record(2, directory: directory, name: Array(name.utf8))])
    }

    static func message(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
        var message = KernelBytes()
        message.put(UInt32(16 + body.count))
        message.put(type)
        message.put(UInt16(2))
        message.put(UInt32(0))
        message.put(UInt32(0))
        return message.bytes + body
    }

    static func socket(
        state: UInt8 = 1, family: UInt8 = 2, source: [UInt8] = [127, 0, 0, 1], sourcePort: UInt16 = 5000,
        destination: [UInt8] = [192, 0, 2, 7], destinationPort: UInt16 = 443, cookie: UInt64 = 1, inode: UInt32 = 77
    ) -> [UInt8] {
        var socket = KernelBytes()
        socket.bytes = [family, state, 0, 0]
        socket.put(sourcePort.bigEndian)
        socket.put(destinationPort.bigEndian)
        socket.bytes += source + Array(repeating: 0, count: 16 - source.count)
        socket.bytes += destination + Array(repeating: 0, count: 16 - destination.count)
        socket.put(UInt32(0))
        socket.put(cookie)
        for number in [0, 0, 0, 1000, inode] as [UInt32] { socket.put(number) }
        return message(18, socket.bytes)
    }
}

extension KernelBytes {
    /// Runs `body` on many broken forms of `bytes`: cut anywhere, with any byte set to its extremes, and with seeded
    /// noise.
    static func broken(_ bytes: [UInt8], rounds: Int = 20_000, _ body: ([UInt8]) -> Void) {
        for count in 0...bytes.count { body(Array(bytes.prefix(count))) }
        for index in bytes.indices {
            for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = value
                body(changed)
            }
        }
        var state: UInt64 = 0x5EED
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for _ in 0..<rounds {
            var changed = bytes
            for _ in 0..<(1 + next() % 8) {
                changed[Int(next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: next())
            }
            body(changed)
        }
        for _ in 0..<(rounds / 10) { body((0..<Int(next() % 300)).map { _ in UInt8(truncatingIfNeeded: next()) }) }
    }
}
