import DetectionEngine
import FleetModel
import FuzzSupport

/// Events in both encodings, mostly with something wrong or too much of something.
struct HostileEvents {
    var random: SplitMix64

    /// What the event is said to be, within what a sender may say.
    mutating func tags() -> SourceTags {
        switch random.number(0..<4) {
        case 0: SourceTags(product: "windows", category: "process_creation")
        case 1: SourceTags(product: "linux", service: String(repeating: "x", count: 64))
        default: SourceTags()
        }
    }

    // MARK: JSON

    mutating func json() -> [UInt8] {
        var bytes: [UInt8] = []
        writeObject(to: &bytes, depth: 2, isWhole: true)
        switch random.number(0..<8) {
        case 0: return random.mutated(bytes, changes: 4, keepingLength: false)
        case 1: return random.mutated(bytes, changes: 2, keepingLength: true)
        default: return bytes
        }
    }

    private mutating func writeObject(to bytes: inout [UInt8], depth: Int, isWhole: Bool) {
        bytes.append(UInt8(ascii: "{"))
        let count = isWhole ? random.number(0..<12) : random.number(0..<4)
        for index in 0..<count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            let name =
                switch random.number(0..<8) {
                case 0: random.element(of: ["EventID", "Channel", "x", "", "@product", "@category", "b", "c", "d"])
                case 1: String(repeating: "n", count: random.element(of: [1, 200, 1_023, 1_024, 16_384]))
                default: random.element(of: isWhole ? HostileDraft.openNames + HostileDraft.closedNames : ["c", "d"])
                }
            writeText(Array(name.utf8), to: &bytes)
            bytes += random.element(of: [":", ": ", ":\n", " : "]).utf8
            writeValue(to: &bytes, depth: depth)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func writeValue(to bytes: inout [UInt8], depth: Int) {
        switch random.number(0..<12) {
        case 0: bytes += "null".utf8
        case 1: bytes += random.element(of: ["1", "-1", "1e9", "true", "false", "0.5", "9223372036854775808"]).utf8
        case 2 where depth > 0: writeObject(to: &bytes, depth: depth - 1, isWhole: false)
        case 3 where depth > 0:
            bytes.append(UInt8(ascii: "["))
            for index in 0..<random.element(of: [0, 1, 2, 3, 20, 300]) {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                writeValue(to: &bytes, depth: depth - 2)
            }
            bytes.append(UInt8(ascii: "]"))
        case 4 where random.number(0..<40) == 0:
            let levels = random.element(of: [31, 32, 33, 500])
            bytes +=
                Array(repeating: UInt8(ascii: "["), count: levels) + Array(repeating: UInt8(ascii: "]"), count: levels)
        default: writeText(text(), to: &bytes)
        }
    }

    private mutating func writeText(_ text: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            default: bytes.append(byte)
            }
        }
        if random.number(0..<8) == 0 {
            let escapes = [
                "\\u", "\\ud800", "\\uD83D\\uDD25", "\\u0000", "\\n", "\\/", "\\x", "\\u023a", "\\udc00\\ud800",
            ]
            let escape = Array(random.element(of: escapes).utf8)
            for _ in 0..<random.element(of: [1, 1, 2, 50, random.number(0..<8) == 0 ? 6_000 : 5]) { bytes += escape }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A text: empty, short, made for a needle, huge, or no UTF-8.
    private mutating func text() -> [UInt8] {
        switch random.number(0..<16) {
        case 0: return []
        case 1:
            let piece = random.element(
                of: [[0x61], [0xC8, 0xBA], [0xC8], [0xF0, 0x9F], [0xFF], [0x61, 0x62], [0xE2, 0x84, 0xAA]] as [[UInt8]])
            let count = random.element(of: [1, 7, 31, 255, 256, 257, random.number(0..<16) == 0 ? 8_192 : 100])
            return (0..<(count / piece.count)).flatMap { _ in piece }
        case 2: return Array(random.element(of: ["2026-11-27T03:17:53Z", "10.1.2.3", "fe80::1", "-0", "1.5"]).utf8)
        case 3: return (0..<random.number(0..<40)).map { _ in UInt8(random.number(0..<256)) }
        default:
            return HostileDraft.text(&random, pieces: 10).map {
                random.number(0..<6) == 0 && $0 > 96 && $0 < 123 ? $0 & 0xDF : $0
            }
        }
    }

    // MARK: The sensor's encoding

    mutating func encoded() -> [UInt8] {
        let kind = random.element(of: EventKind.allCases)
        let at = random.element(of: [
            0, 1, 1_795_749_473_000, .min, .max, .min + 1, Int64(random.number(0..<1_000_000)),
        ])
        var fields = kind.fields.map(\.rawValue).sorted().filter { _ in random.number(0..<5) > 0 }
        if random.number(0..<16) == 0 {
            fields.insert(UInt16(random.number(0..<32)), at: random.number(0..<(fields.count + 1)))
        }
        var bytes = [kind.rawValue]
        append(UInt64(bitPattern: at), to: &bytes)
        append(UInt16(random.number(0..<16) == 0 ? random.number(0..<30) : fields.count), to: &bytes)
        for field in fields {
            append(field, to: &bytes)
            switch random.number(0..<8) {
            case 0: bytes.append(0)
            case 1:
                bytes.append(2)
                append(random.element(of: [0, 1, .max, 1 << 63]) as UInt64, to: &bytes)
            default:
                let text = text()
                bytes.append(random.element(of: [1, 1, 1, 3]))
                append(UInt32(text.count), to: &bytes)
                bytes += text
            }
        }
        return random.number(0..<8) == 0 ? random.mutated(bytes, changes: 3, keepingLength: false) : bytes
    }

    private func append(_ value: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
