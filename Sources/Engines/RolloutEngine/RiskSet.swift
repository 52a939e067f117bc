/// Who could have failed at one moment, in one cohort.
struct RiskSet: Sendable, Hashable {
    /// Offered the release within the time of a wave, or later and not settled; alive as far as is known.
    var exposed: Int32 = 0
    /// Proven well, and older than a wave.
    var watched: Int32 = 0
    /// Heard of, without the release.
    var control: Int32 = 0
}

/// The risk sets of the last parts of a wave.
///
/// A crash is heard of when it happens, a silence only a deadline after the last word. By then the wave that it belongs
/// to may have been proven and another one begun, so weighing it against those who are at risk now would compare it
/// with strangers. It is weighed against those who were at risk when the last word was spoken, with the release and
/// without it alike.
struct RiskHistory: Sendable, Hashable {
    /// Above the parts of a wave, within which every silence is heard out (``GateCore/Spans/wave``).
    private static let partCount: UInt32 = 128
    private var sets = [RiskSet](repeating: RiskSet(), count: Int(Self.partCount))
    private var oldest: UInt32 = 0
    private var newest: UInt32?

    /// Keeps the risk set that part `part` begins with. Parts that were left out in between begin alike.
    mutating func record(_ set: RiskSet, part: UInt32) {
        let first = newest.map { max($0 + 1, part >= Self.partCount ? part - Self.partCount + 1 : 0) } ?? part
        if newest == nil { oldest = part }
        guard first <= part else { return }
        for between in first...part { sets[Int(between % Self.partCount)] = set }
        newest = part
        oldest = max(oldest, part >= Self.partCount ? part - Self.partCount + 1 : 0)
    }

    /// The risk set at the end of part `part`; nil where it is not known, and the present one must do.
    ///
    /// Its end and not its beginning: a wave is offered within seconds, and whoever fell silent at once would stand
    /// alone in a set from before the wave.
    func set(atEndOf part: UInt32) -> RiskSet? {
        guard let newest, part + 1 >= oldest, part < newest else { return nil }
        return sets[Int((part + 1) % Self.partCount)]
    }
}
