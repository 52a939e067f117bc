package import Foundation

/// The project's own commands, as built beside the tests.
package enum BuiltCommand {
    /// The path of a command; it is in the folder of the test executable.
    ///
    /// - Throws: ``TestSupportError`` when it was not built: `swift build --build-tests` builds all of them.
    package static func path(_ name: String) throws -> String {
        var candidates: [URL] = []
        let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        candidates.append(executable.deletingLastPathComponent())
        if let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") }) {
            candidates.append(URL(filePath: bundle).deletingLastPathComponent())
        }
        for folder in candidates {
            let path = folder.appending(path: name).path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw TestSupportError("\(name) was not built beside the tests; looked in \(candidates.map(\.path))")
    }
}

/// A test cannot go on.
package struct TestSupportError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The checkout that the tests were built from.
package enum Checkout {
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    package static func path(_ name: String) -> String { root.appending(path: name).path }
}

/// Waits for an event by asking for it: returns the first value that `condition` gives.
///
/// - Parameter seconds: How long at most; a test that gets there fails and says what it waited for.
@discardableResult
package func eventually<Value>(
    _ what: String, within seconds: Double = 60, _ condition: () async throws -> Value?
) async throws -> Value {
    // A machine that was too busy to ask has not waited: both the time and a number of questions must have passed.
    let deadline = ContinuousClock.now + .seconds(seconds)
    var questionsLeft = 200
    var last: (any Error)?
    repeat {
        do {
            if let value = try await condition() { return value }
            last = nil
        } catch { last = error }
        questionsLeft -= 1
        try await Task.sleep(for: .milliseconds(50))
    } while ContinuousClock.now < deadline || questionsLeft > 0
    throw TestSupportError("not within \(seconds) s: \(what)\(last.map { "; last error: \($0)" } ?? "")")
}
