import Foundation

@testable import LinuxSensor

/// A folder that looks like `/proc` to the sensor.
final class FakeProc {
    let root: String

    init() throws {
        root = NSTemporaryDirectory() + "firebreak-proc-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    var files: ProcFiles { ProcFiles(root: root) }

    func add(
        _ id: Int32, parent: Int32, image: String?, arguments: [String], user: UInt32 = 0,
        login: String = "4294967295", ticks: UInt64 = 100
    ) throws {
        let folder = "\(root)/\(id)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if let image { try FileManager.default.createSymbolicLink(atPath: "\(folder)/exe", withDestinationPath: image) }
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/cwd", withDestinationPath: "/home/alice")
        try write(arguments.map { $0 + "\0" }.joined(), to: "\(folder)/cmdline")
        try write(
            "Name:\tx y\nUmask:\t0022\nPPid:\t\(parent)\nUid:\t\(user)\t\(user)\t0\t0\n", to: "\(folder)/status")
        try write(login, to: "\(folder)/loginuid")
        let zeros = Array(repeating: "0", count: 17).joined(separator: " ")
        try write("\(id) (a ) (b)) S \(parent) \(zeros) \(ticks) 7 8", to: "\(folder)/stat")
    }

    func remove(_ id: Int32) throws { try FileManager.default.removeItem(atPath: "\(root)/\(id)") }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}
