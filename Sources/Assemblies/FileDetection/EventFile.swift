import Glibc

/// A file of events: an object of JSON a line, or objects that follow each other, in a list or not.
///
/// Read piece by piece: memory is that of the longest event, not of the file.
package struct EventFile: ~Copyable {
    /// How the events lie in the file.
    package enum Layout: String, Sendable, CaseIterable {
        /// Seen from the first bytes.
        case auto
        /// One event a line.
        case lines
        /// Objects one after the other, perhaps in a list with commas, perhaps over several lines.
        case objects
    }

    /// Bytes of one event. What is longer is refused and counted.
    package static let eventBytesMax = 4 << 20
    private static let chunkBytes = 1 << 20

    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    /// Where the bytes begin that have not been handed out.
    private var start = 0
    private var layout: Layout
    private var isAtEnd = false
    /// An event is being left out since it is too long.
    private var isSkipping = false
    /// Bytes read so far.
    package private(set) var bytesRead = 0
    /// Bytes of the file; nil for what is no plain file.
    package let byteCount: Int?

    /// - Parameter path: `-` is standard input.
    package init(path: String, layout: Layout = .auto) throws(FileDetectionError) {
        self.path = path
        self.layout = layout
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw FileDetectionError(
                .eventsUnreadable, subject: path, message: "\(String(cString: strerror(errno))); name a file of events")
        }
        byteCount = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit {
        if descriptor > STDIN_FILENO { close(descriptor) }
    }

    /// Hands each event to `body`, with its index from 0; empty lines are none. Ends early when `body` says false.
    ///
    /// - Parameter body: An event that is too long comes as no bytes at all.
    package mutating func forEach(
        _ body: (_ event: Span<UInt8>, _ index: Int) throws -> Bool
    ) throws {
        var index = 0
        while true {
            while let range = nextRange() {
                guard try body(buffer.span.extracting(range), index) else { return }
                index += 1
            }
            if isAtEnd { return }
            try fill()
        }
    }

    /// The next event that is whole in the buffer; nil when more must be read.
    private mutating func nextRange() -> Range<Int>? {
        if layout == .auto {
            skipSpace()
            guard start < buffer.count else { return nil }
            guard let guess = guessed() else { return nil }
            layout = guess
        }
        return layout == .lines ? nextLine() : nextObject()
    }

    /// Lines, if the first one begins an object and ends it; nil when that cannot be seen yet.
    private func guessed() -> Layout? {
        guard buffer[start] == UInt8(ascii: "{") else { return .objects }
        guard let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) else { return isAtEnd ? .objects : nil }
        let last = buffer[start..<end].last { !Self.isSpace($0) }
        return last == UInt8(ascii: "}") ? .lines : .objects
    }

    private mutating func nextLine() -> Range<Int>? {
        while start < buffer.count {
            let rest = buffer.count - start
            let found = buffer.withUnsafeBytes { bytes -> Int? in
                guard let base = bytes.baseAddress, let place = memchr(base + start, 10, rest) else { return nil }
                return UnsafeRawPointer(place) - base
            }
            guard found != nil || isAtEnd else { return tooLong() }
            let end = found ?? buffer.count
            let line = start..<end
            start = min(buffer.count, end + 1)
            if isSkipping {
                isSkipping = false
                continue
            }
            guard line.contains(where: { !Self.isSpace(buffer[$0]) }) else { continue }
            return line
        }
        return nil
    }

    private mutating func nextObject() -> Range<Int>? {
        skipSpace(with: [UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]")])
        guard start < buffer.count else { return nil }
        var (position, depth, isInText, isEscaped) = (start, 0, false, false)
        while position < buffer.count {
            let byte = buffer[position]
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isInText = true
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                depth += 1
            } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                depth -= 1
            }
            position += 1
            // What is no object ends with its line.
            if depth <= 0, !isInText, byte == UInt8(ascii: "}") || byte == UInt8(ascii: "\n") { break }
        }
        let isWhole = position < buffer.count || depth <= 0 && !isInText
        guard isWhole || isAtEnd else { return tooLong() }
        let range = start..<position
        start = position
        return range
    }

    /// Leaves out the rest of an event that is longer than any may be; it comes as an empty one.
    private mutating func tooLong() -> Range<Int>? {
        guard buffer.count - start > Self.eventBytesMax else { return nil }
        let isFirst = !isSkipping
        isSkipping = layout == .lines
        start = buffer.count
        return isFirst ? buffer.count..<buffer.count : nil
    }

    private mutating func skipSpace(with others: [UInt8] = []) {
        while start < buffer.count, Self.isSpace(buffer[start]) || others.contains(buffer[start]) { start += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

    /// Reads on, behind what is left.
    private mutating func fill() throws(FileDetectionError) {
        buffer.removeFirst(start)
        start = 0
        let kept = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.chunkBytes))
        var count = -1
        repeat {
            count = buffer.withUnsafeMutableBytes { bytes in
                read(descriptor, bytes.baseAddress.map { $0 + kept }, Self.chunkBytes)
            }
        } while count < 0 && errno == EINTR
        buffer.removeLast(Self.chunkBytes - max(0, count))
        guard count >= 0 else {
            throw FileDetectionError(
                .eventsUnreadable, subject: path, message: "\(String(cString: strerror(errno))); try again")
        }
        bytesRead += count
        isAtEnd = count == 0
    }
}
