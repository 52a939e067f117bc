/// One of the static files that a log is made of (C2SP tlog-tiles).
package enum LogResource: Hashable, Sendable {
    case checkpoint
    case tile(TileCoordinate)
    case bundle(BundleCoordinate)

    /// Below the log's folder or URL, without a leading slash.
    package var path: String {
        switch self {
        case .checkpoint: "checkpoint"
        case .tile(let tile): "tile/\(tile.level)/" + Self.indexPath(tile.index, width: tile.width)
        case .bundle(let bundle): "tile/entries/" + Self.indexPath(bundle.index, width: bundle.width)
        }
    }

    /// Bytes that the file has at most. A reader cuts off beyond them.
    package var bytesMax: Int {
        switch self {
        case .checkpoint: LogLimit.noteBytesMax
        case .tile(let tile): tile.byteCount
        case .bundle(let bundle): bundle.bytesMax
        }
    }

    /// The whole tile or bundle, where this is a part of one: a log may have removed the part by then.
    package var full: LogResource? {
        switch self {
        case .tile(let tile) where tile.isPartial: .tile(tile.full)
        case .bundle(let bundle) where bundle.isPartial: .bundle(bundle.full)
        default: nil
        }
    }

    /// Whether its bytes never change. Only the checkpoint's do.
    package var isImmutable: Bool { self != .checkpoint }

    /// 1234067 is `x001/x234/067`.
    private static func indexPath(_ index: UInt64, width: Int) -> String {
        var rest = index
        var text = digits(rest % 1000)
        while rest >= 1000 {
            rest /= 1000
            text = "x" + digits(rest % 1000) + "/" + text
        }
        return width < 256 ? "\(text).p/\(width)" : text
    }

    private static func digits(_ number: UInt64) -> String {
        let text = String(number)
        return String(repeating: "0", count: 3 - text.utf8.count) + text
    }

    /// Bytes of a path: `tile/entries/`, seven elements and a width.
    static let pathBytesMax = 64

    /// The resource at a path, in the one form that ``path`` writes; a path in another form is refused, so that one
    /// tile has one name.
    package init(path: String) throws(LogError) {
        guard path.utf8.count <= Self.pathBytesMax, let resource = Self.parse(path), resource.path == path else {
            throw LogError(.pathMalformed, subject: String(path.prefix(80)), message: "no tile or bundle has this path")
        }
        self = resource
    }

    private static func parse(_ path: String) -> LogResource? {
        if path == "checkpoint" { return .checkpoint }
        var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)[...]
        guard parts.count >= 3, parts.popFirst().map(Array.init) == Array("tile".utf8), let kind = parts.popFirst()
        else {
            return nil
        }
        var width = 256
        if parts.count >= 2, parts[parts.endIndex - 2].suffix(2).elementsEqual(".p".utf8) {
            guard let last = parts.popLast(), let number = decimal(last), (1...255).contains(number),
                let element = parts.popLast()
            else { return nil }
            width = Int(number)
            parts.append(element.dropLast(2))
        }
        var index: UInt64 = 0
        for (place, part) in parts.enumerated() {
            let isLast = place == parts.count - 1
            let digits = isLast ? part : part.dropFirst()
            guard isLast || part.first == UInt8(ascii: "x"), digits.count == 3, let number = decimal(digits) else {
                return nil
            }
            let (product, overflow) = index.multipliedReportingOverflow(by: 1000)
            guard !overflow, product <= UInt64.max - 999 else { return nil }
            index = product + number
        }
        if kind.elementsEqual("entries".utf8) { return BundleCoordinate(index: index, width: width).map(Self.bundle) }
        guard kind.count <= 2, let level = decimal(kind) else { return nil }
        return TileCoordinate(level: Int(level), index: index, width: width).map(Self.tile)
    }

    private static func decimal(_ digits: Substring.UTF8View.SubSequence) -> UInt64? {
        guard (1...3).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + UInt64($1 - 48) }
    }
}
