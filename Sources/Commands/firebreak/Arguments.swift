import ArgumentParser
import ControlWire
import FleetModel

extension ReleaseID: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

extension RolloutID: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

extension EndpointID: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

extension PackName: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

extension Digest: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

extension ReleaseVersion: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

/// A span of time on the command line: `500ms`, `90s`, `30m`, `2h`, `1d`.
struct SpanArgument: ExpressibleByArgument {
    let span: Moment.Span

    init?(argument: String) {
        guard let span = TimeText.span(reading: argument) else { return nil }
        self.span = span
    }
}

/// A rollout, named by its id or by its release. Of several rollouts of one release the newest is meant.
enum RolloutTarget: ExpressibleByArgument, Equatable {
    case id(RolloutID)
    case release(ReleaseID)

    init?(argument: String) {
        if let release = ReleaseID(argument) {
            self = .release(release)
        } else if let id = RolloutID(argument) {
            self = .id(id)
        } else {
            return nil
        }
    }
}

extension SpanArgument {
    /// A default on the command line.
    init(_ span: Moment.Span) { self.span = span }

    var defaultValueDescription: String { TimeText.span(span) }
}
