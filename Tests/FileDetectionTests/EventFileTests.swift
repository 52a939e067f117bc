import FileDetection
import Foundation
import TestSupport
import Testing

@Suite("EventFile")
struct EventFileTests {
    /// The events of a file with this content.
    private static func events(_ content: String, layout: EventFile.Layout = .auto) throws -> [String] {
        try TemporaryFile.with(content) { path in
            var file = try EventFile(path: path, layout: layout)
            var events: [String] = []
            try file.forEach { event, index in
                #expect(index == events.count)
                var bytes: [UInt8] = []
                for position in event.indices { bytes.append(event[position]) }
                events.append(String(decoding: bytes, as: UTF8.self))
                return true
            }
            return events
        }
    }

    @Test("lines, lists and objects over several lines are the same events")
    func layouts() throws {
        let expected = [#"{"a":"}{"}"#, #"{"b":{"c":[1,2]}}"#, #"{"d":"\"]"}"#]
        #expect(try Self.events(expected.joined(separator: "\n")) == expected)
        #expect(try Self.events("[" + expected.joined(separator: ",\n ") + "]\n") == expected)
        #expect(try Self.events(expected.joined(separator: "\n\n  \r\n")) == expected)
        #expect(try Self.events(expected.joined()) == expected)
        let pretty = "{\n  \"a\": 1\n}\n{\n  \"b\": {\n \"c\": 2 } }\n"
        #expect(try Self.events(pretty) == ["{\n  \"a\": 1\n}", "{\n  \"b\": {\n \"c\": 2 } }"])
    }

    @Test("a file that ends without a line's end, or is empty, has all its events")
    func ends() throws {
        #expect(try Self.events("") == [])
        #expect(try Self.events("\n \n") == [])
        #expect(try Self.events("{\"a\":1}") == ["{\"a\":1}"])
        #expect(try Self.events("{\"a\":1}\n{\"b\"") == ["{\"a\":1}", "{\"b\""])
    }

    @Test("what is no event comes as it is, so that it is counted", arguments: [EventFile.Layout.lines, .objects])
    func garbage(layout: EventFile.Layout) throws {
        let events = try Self.events("x y\n{\"a\":1}\n", layout: layout)
        #expect(events.count == 2 && events[0].hasPrefix("x y") && events[1] == "{\"a\":1}")
    }

    @Test("events longer than a piece of the file come whole; one that is longer than any may be comes empty, once")
    func long() throws {
        let long = "{\"a\":\"" + String(repeating: "x", count: 3 << 20) + "\"}"
        let tooLong = "{\"a\":\"" + String(repeating: "y", count: EventFile.eventBytesMax + (2 << 20)) + "\"}"
        let events = try Self.events([long, tooLong, "{\"b\":1}"].joined(separator: "\n"), layout: .lines)
        #expect(events.count == 3 && events[0] == long && events[1].isEmpty && events[2] == "{\"b\":1}")
    }

    @Test("a file that cannot be read is named, with what to do", arguments: ["/nonexistent/x.jsonl", "/tmp"])
    func unreadable(path: String) {
        let error = #expect(throws: FileDetectionError.self) { _ = try EventFile(path: path) }
        #expect(error?.code == .eventsUnreadable && error?.subject == path)
    }
}

/// A file that is there while a body runs.
enum TemporaryFile {
    static func with<Value>(_ content: String, _ body: (String) throws -> Value) throws -> Value {
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        try Data(content.utf8).write(to: URL(filePath: path))
        return try body(path)
    }
}
