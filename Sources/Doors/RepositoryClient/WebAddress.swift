/// An absolute address of a web server's file: what is needed to ask for it, and no more of RFC 3986.
struct WebAddress: Equatable, Sendable {
    /// A server, as a connection has it.
    struct Origin: Equatable, Sendable {
        let isSecure: Bool
        /// Without the brackets of an IPv6 address.
        let host: String
        let port: Int
    }

    let origin: Origin
    /// The `Host` of a request.
    let authority: String
    /// Path and query; begins with a slash.
    let target: String

    /// The address; nil for one that is no `http` or `https` address, or that would say more in a request than where.
    init?(_ text: String) {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        let rest = text.dropFirst(isSecure ? 8 : 7).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        guard let (host, port) = Self.parts(of: authority, portDefault: isSecure ? 443 : 80) else { return nil }
        origin = Origin(isSecure: isSecure, host: host, port: port)
        self.authority = String(authority)
        self.target = target.hasPrefix("/") ? String(target) : "/\(target)"
    }

    private static func parts(of authority: Substring, portDefault: Int) -> (host: String, port: Int)? {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let tail = authority[authority.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        // A name and a password before the host are not for a public repository.
        guard !host.isEmpty, !host.contains("@") else { return nil }
        guard let port else { return (String(host), portDefault) }
        guard let number = Int(port), (1...65_535).contains(number) else { return nil }
        return (String(host), number)
    }
}
