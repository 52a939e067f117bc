import DurableFiles
import Testing

@testable import EndpointAgent

@Suite("StartupPages: code that only the start needed")
struct StartupPagesTests {
    @Test("code that was given back runs on, and takes less memory than before")
    func givesBack() throws {
        let before = try Self.codeBytes()
        #expect(StartupPages.giveBack() > 0)
        let after = try Self.codeBytes()
        #expect(after < before)
    }

    /// Resident bytes of files' pages, as /proc/self/status has them.
    private static func codeBytes() throws -> Int {
        let text = String(
            decoding: try DurableFiles().read("/proc/self/status", bytesMax: 1 << 16), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        let number = try #require(line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first)
        return try #require(Int(number))
    }
}
