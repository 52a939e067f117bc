import FleetModel
import Foundation

/// The time of this machine, for what is signed and dated here.
enum WallClock {
    @Sendable static func now() -> Moment { Moment(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
