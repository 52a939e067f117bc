import Foundation
import TestSupport

@testable import firebreak

/// The built command, run as a person runs it, with nothing in its environment.
struct CommandRun {
    let exit: CommandExit?
    let output: String
    let errors: String

    /// - Parameter folder: Where it runs. What it prints is kept in files elsewhere: it may be larger than a pipe.
    init(_ arguments: [String], in folder: URL = .temporaryDirectory) throws {
        let prints = URL.temporaryDirectory.appending(path: "firebreak-prints-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: prints, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: prints) }
        let files = [prints.appending(path: "output"), prints.appending(path: "errors")]
        for file in files { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(filePath: try BuiltCommand.path("firebreak"))
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ["SWIFT_BACKTRACE": "enable=no"]
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        exit = CommandExit(rawValue: process.terminationStatus)
        output = String(decoding: try Data(contentsOf: files[0]), as: UTF8.self)
        errors = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
    }
}
