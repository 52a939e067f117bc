/// Decides for how much of its time a sensor that yields hears changes of files.
///
/// In a flood most of what a change costs its host is paid in the kernel, by who makes it and for each listener there is:
/// two processors that made 80,000 files a second did a fifth less beside a sensor that threw nearly all of that away. So a
/// sensor that could not tell of more takes its marks away until its next look. What happens meanwhile is estimated and
/// counted as lost, and that there is a flood is told as reduced protection.
struct FileHearing: Sendable {
    /// Changes a second past which it is a flood: some 600 in each look.
    static let floodRate: Int64 = 12_000
    /// Looks in a row that make it one: what a host that stood still catches up with is told.
    static let floodLooks = 2
    /// Changes that are to be heard in each look of a flood: some 3,000 a second are still told.
    static let spellCount: Int64 = 150
    /// The shortest spell of hearing, milliseconds: such a spell of 150,000 changes a second has 150.
    static let spellMilliseconds: Int64 = 1
    /// The longest time between two looks that counts, microseconds: a host that stood still has made no flood.
    private static let passedMax: Int64 = 10_000_000

    /// Milliseconds between two looks.
    private let interval: Int64
    /// Changes a second that were heard last.
    private var rate: Int64 = 0
    /// Looks in a row with more than can be told.
    private var fullLooks = 0
    /// How long the sensor has not heard since then, microseconds.
    private var unheard: Int64 = 0
    /// For how long not to hear before the next look, milliseconds: 0 as long as all can be told.
    private(set) var rest: Int64 = 0

    init(interval: Int64) { self.interval = interval }

    /// For how long to hear in each look of a flood, milliseconds.
    var spell: Int64 { interval - rest }

    /// The sensor did not hear for so long.
    mutating func skip(microseconds: Int64) {
        unheard = min(unheard + max(0, min(microseconds, Self.passedMax)), Self.passedMax)
    }

    /// Takes what was heard since the last look, or since the rest after it.
    ///
    /// - Parameter microseconds: For how long it was heard.
    /// - Returns: Changes that were likely made while the sensor rested, at the mean of the rates before and after.
    mutating func take(heardCount: Int, microseconds: Int64) -> UInt64 {
        let passed = min(max(1, microseconds), Self.passedMax)
        let before = rate
        rate = Int64(min(max(0, heardCount), Int(Int32.max))) * 1_000_000 / passed
        let missed = (Double(before) + Double(rate)) / 2 * Double(unheard) / 1_000_000
        unheard = 0
        fullLooks = rate > Self.floodRate ? min(fullLooks + 1, Self.floodLooks) : 0
        let isFlood = fullLooks == Self.floodLooks
        rest = isFlood ? max(0, interval - max(Self.spellMilliseconds, Self.spellCount * 1000 / rate)) : 0
        return UInt64(missed)
    }
}
