import Glibc
import Testing

@testable import EndpointAgent

@Suite("GuardLink: words to the guard")
struct GuardLinkTests {
    @Test("each word is one line, whole, as the guard takes it")
    func wordsAreLines() throws {
        let path = "/tmp/guard-link-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let guardSide = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer {
            close(guardSide)
            unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(guardSide, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        let link = try #require(GuardLink(path: path, build: "1.0.0"))
        for (word, line) in [
            (GuardLink.Word.beat, "beat \(getpid())\n"), (.committed, "committed 1.0.0\n"), (.well, "well\n"),
            (.stopping, "stopping\n"),
        ] {
            #expect(link.say(word))
            var buffer = [UInt8](repeating: 0, count: 128)
            let count = recv(guardSide, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == line)
        }
    }
}
