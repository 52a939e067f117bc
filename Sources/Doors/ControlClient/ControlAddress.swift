/// Where a control plane listens: `https://127.0.0.1:8443`. Nothing but https is taken: credentials travel in headers.
package struct ControlAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host name or an IP address; an IPv6 address in brackets, as in a URL.
    package let host: String
    package let port: Int

    package static let portDefault = 8443
    /// RFC 1035 clause 2.3.4: a host name has at most 255 bytes.
    private static let hostBytesMax = 255

    package init(_ text: String) throws(ClientError) {
        let scheme = "https://"
        func refusal() -> ClientError {
            ClientError(
                .badInput, subject: "control address",
                message: "\"\(text.prefix(80))\" is no address of a control plane",
                nextStep: "Write it as https://HOST:PORT, for example https://127.0.0.1:8443.")
        }
        guard text.hasPrefix(scheme) else { throw refusal() }
        var rest = text.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let end = rest.first == "[" ? rest.firstIndex(of: "]").map(rest.index(after:)) : rest.firstIndex(of: ":")
        let host = rest[..<(end ?? rest.endIndex)]
        let tail = rest[(end ?? rest.endIndex)...]
        // Brackets are there for the colons of IPv6, and come as a pair around them.
        let isIPv6 = host.first == "[" && host.last == "]"
        let allowed = { (byte: UInt8) -> Bool in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            case UInt8(ascii: ":"): isIPv6
            default: false
            }
        }
        guard (1...Self.hostBytesMax).contains(host.utf8.count),
            (isIPv6 ? host.dropFirst().dropLast() : host).utf8.allSatisfy(allowed)
        else { throw refusal() }
        if tail.isEmpty {
            port = Self.portDefault
        } else {
            guard tail.first == ":", let number = UInt16(tail.dropFirst()), number > 0 else { throw refusal() }
            port = Int(number)
        }
        self.host = String(host)
    }

    package var description: String { "https://\(host):\(port)" }
}
