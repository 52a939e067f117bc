/// A value of a YAML document, with the line where it begins.
struct SourceNode: Equatable {
    /// Counted from 1.
    var line: Int
    var value: Value

    indirect enum Value: Equatable {
        case scalar(SourceScalar)
        case list([SourceNode])
        /// In the order of the source. No name is there twice.
        case map([Entry])
    }

    struct Entry: Equatable {
        var name: String
        /// The line of the name.
        var line: Int
        var node: SourceNode
    }

    /// The elements of a list; of anything else, itself: where Sigma takes one value or several.
    var elements: [SourceNode] {
        if case .list(let list) = value { list } else { [self] }
    }

    /// What the value is, for messages.
    var word: String {
        switch value {
        case .scalar: "a value"
        case .list: "a list"
        case .map: "a map"
        }
    }
}
