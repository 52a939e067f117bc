import DurableFiles
import Foundation
import Glibc
import Testing

@Suite("LineLog")
struct LineLogTests {
    private func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test("lines are there at once, in order, and more are appended by the next opener")
    func appends() throws {
        let scratch = try Scratch()
        for run in 0..<2 {
            let log = LineLog(path: scratch["log"], bytesMax: 1000)
            log.append(Array("line \(run)".utf8))
        }
        #expect(try lines(scratch["log"]) == ["line 0", "line 1"])
    }

    @Test("the log never takes more than its bound, and keeps the newest lines")
    func rotates() throws {
        let scratch = try Scratch()
        let log = LineLog(path: scratch["log"], bytesMax: 200)
        for number in 0..<1000 { log.append(Array("line \(number)".utf8)) }
        let all = try lines(scratch["log.1"]) + lines(scratch["log"])
        #expect(all.last == "line 999" && all.joined(separator: "\n").utf8.count <= 200)
        #expect(try DurableFiles().names(in: scratch.path) == ["log", "log.1"])
    }

    @Test("half a line that a kill left stays one line")
    func tornLine() throws {
        let scratch = try Scratch()
        try Data("whole\nhal".utf8).write(to: URL(filePath: scratch["log"]))
        LineLog(path: scratch["log"], bytesMax: 1000).append(Array("next".utf8))
        #expect(try lines(scratch["log"]) == ["whole", "hal", "next"])
    }

    @Test("lines that cannot be written are counted and stop nobody")
    func lost() throws {
        let scratch = try Scratch()
        let log = LineLog(path: scratch["nowhere/log"], bytesMax: 1000)
        for _ in 0..<3 { log.append([65]) }
        #expect(log.lostCount == 3)
        try DurableFiles().makeDirectory(scratch["nowhere"])
        log.append([65])
        #expect(log.lostCount == 0)
    }
}
