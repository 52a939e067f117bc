import CLinuxSensor
import Glibc

/// The marks of the group for file changes, which a flood takes away for a part of the time.
struct FileMarks {
    private let group: Int32
    /// Where file systems are marked.
    private var mountPoints: [String]
    private var hearing = FileHearing(interval: Int64(SensorLimit.yieldingMilliseconds))
    /// From when on what will be read next was heard: microseconds of the monotonic clock, as all times here.
    private var heardFrom = Self.now()
    /// Nil while they are there.
    private var takenAt: Int64?

    /// Why some could not be put back; nil when all were.
    private(set) var failure: String?

    init(group: Int32, mountPoints: [String]) {
        self.group = group
        self.mountPoints = mountPoints
    }

    var areAway: Bool { takenAt != nil }
    /// Whether more is heard than can be told.
    var isToRest: Bool { hearing.rest > 0 }
    /// Milliseconds for which they are to be there in a flood.
    var spell: Int32 { Int32(hearing.spell) }

    /// Milliseconds until they are to be put back.
    var restLeft: Int32 {
        guard let takenAt else { return 0 }
        return Int32(max(0, hearing.rest - max(0, Self.now() - takenAt) / 1000))
    }

    /// Takes how many changes were read.
    ///
    /// - Returns: Changes that were likely made while there were no marks.
    mutating func heard(_ count: Int) -> UInt64 {
        let until = takenAt ?? Self.now()
        defer { heardFrom = until }
        return hearing.take(heardCount: count, microseconds: until - heardFrom)
    }

    /// Takes them away, if they are there. Where the kernel does not let them be taken away, everything is heard.
    mutating func takeAway() {
        guard takenAt == nil, firebreak_files_unmark(group) == 0 else { return }
        takenAt = Self.now()
    }

    /// Puts them back if they are away.
    mutating func putBack() {
        guard let at = takenAt else { return }
        takenAt = nil
        failure = Self.mark(mountPoints, group).failure?.why
        heardFrom = Self.now()
        hearing.skip(microseconds: heardFrom - at)
    }

    /// These have been marked anew: all that are to be watched from now on.
    mutating func replace(with mountPoints: [String]) {
        self.mountPoints = mountPoints
        failure = nil
        if areAway, firebreak_files_unmark(group) != 0 { takenAt = nil }
    }

    /// Marks the file systems that are mounted there.
    static func mark(
        _ mountPoints: [String], _ group: Int32
    ) -> (marked: [String], failure: (errno: Int32, why: String)?) {
        var marked: [String] = []
        var failure: (errno: Int32, why: String)?
        for mountPoint in mountPoints {
            let error = -firebreak_files_mark(group, mountPoint)
            if error == 0 {
                marked.append(mountPoint)
            } else if failure == nil {
                failure = (error, "\(mountPoint) is not watched: \(String(cString: strerror(error)))")
            }
        }
        return (marked, failure)
    }

    private static func now() -> Int64 { SensorClock.nanoseconds(CLOCK_MONOTONIC) / 1000 }
}
