/// A question about a log, as a value: it says which files it wants and is given their bytes, whoever fetches them from
/// wherever. It reads nothing itself, and believes nothing that it is given but what a signed root confirms.
package protocol LogMachine: Sendable {
    /// What is to be fetched next, in any order or at the same time. Empty when the question is answered.
    var wanted: [LogResource] { get }

    /// Takes the bytes of something wanted.
    ///
    /// - Parameter bytes: At most ``LogResource/bytesMax``; nil when there is nothing at the path.
    /// - Throws: ``LogError``; the question is then answered with no, and what was known before stays as it was.
    mutating func take(_ bytes: [UInt8]?, of resource: LogResource) throws(LogError)
}

extension LogMachine {
    /// Answers the question with a function that fetches. For files that are at hand; those who wait write their own loop.
    package mutating func run(fetching fetch: (LogResource) -> [UInt8]?) throws(LogError) {
        while let next = wanted.first { try take(fetch(next), of: next) }
    }
}
