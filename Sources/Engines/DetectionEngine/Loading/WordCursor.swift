/// Reads the words of one section, record by record, and checks what they refer to.
struct WordCursor {
    private let words: ArraySlice<UInt32>
    private var position: Int
    let section: ProgramFormat.Section
    private(set) var record = -1

    init(_ words: ArraySlice<UInt32>, section: ProgramFormat.Section) {
        self.words = words
        self.section = section
        position = words.startIndex
    }

    var isAtEnd: Bool { position == words.endIndex }
    /// Words that are left.
    var rest: Int { words.endIndex - position }

    /// Goes on to the next record; only the number in messages changes.
    mutating func beginRecord() { record += 1 }

    /// The next word.
    mutating func next() throws(ProgramError) -> UInt32 {
        guard position < words.endIndex else { throw malformed("it ends too soon") }
        defer { position += 1 }
        return words[position]
    }

    /// The next word, which is below `limit`.
    mutating func index(below limit: Int, _ name: String) throws(ProgramError) -> UInt32 {
        let value = try next()
        guard value < limit else { throw malformed("\(name) \(value) is not below \(limit)") }
        return value
    }

    /// The next two words, a part of a table with `limit` entries.
    mutating func part(of limit: Int, countMax: Int = .max, _ name: String) throws(ProgramError)
        -> DetectionProgram.Part
    {
        let (start, count) = (try next(), try next())
        guard Int(start) + Int(count) <= limit, count <= countMax else {
            throw malformed("\(name) \(start), \(count) is no part of \(limit)")
        }
        return DetectionProgram.Part(start: start, count: count)
    }

    func malformed(_ what: String) -> ProgramError {
        ProgramError(.malformed, subject: "\(section) \(record)", message: "\(what); build the pack again")
    }
}
