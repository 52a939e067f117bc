import ControlWire
import FleetModel
import Foundation
import UpdateTrust

/// What the lab said of a release, in a word or two.
struct LabWord {
    let text: String
    let ink: Console.Ink?

    init(_ lab: LabSummary?) {
        guard let lab else {
            text = "not run"
            ink = .yellow
            return
        }
        let allowance = lab.allowedBy.map { ", let through by \($0)" } ?? ""
        switch lab.verdict {
        case .passed: (text, ink) = ("passed", .green)
        case .warned: (text, ink) = ("passed with warnings", .yellow)
        case .failed:
            (text, ink) = ("FAILED\(lab.place)\(allowance)", .red)
        }
    }

    var cell: Table.Cell { Table.Cell(text, ink) }

    func text(on console: Console) -> String { ink.map { console.ink(text.printable, $0) } ?? text.printable }
}

/// The lab's statement that goes along with a pack.
enum LabStatementFile {
    /// The bytes of the statement.
    ///
    /// - Parameters:
    ///   - path: The file that was named; nil: the one that the lab writes beside the pack, where it is there.
    ///   - pack: The pack's bytes: a statement about other bytes is refused here, before anything is sent.
    static func read(_ path: String?, beside file: String, pack: [UInt8]) throws(CommandFailure) -> [UInt8]? {
        let standard = "\(file).lab.json"
        guard path != nil || FileManager.default.fileExists(atPath: standard) else { return nil }
        let path = path ?? standard
        let bytes = try PackFileReader.read(
            path, bytesMax: LabStatement.bytesMax, nextStep: CommandCode.labResultUnfit.nextStep)
        let statement: LabStatement
        do {
            statement = try LabStatement(decoding: bytes)
        } catch {
            throw CommandFailure(.labResultUnfit, subject: path, message: "this is no result of the lab: \(error)")
        }
        guard statement.subjectDigest == ContentDigest.sha256(pack) else {
            throw CommandFailure(
                .labResultUnfit, subject: path,
                message: "it is about other bytes (sha256 \(statement.subjectDigest)) than the pack's")
        }
        return bytes
    }
}
