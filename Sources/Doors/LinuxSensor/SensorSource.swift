/// What a live sensor hears from.
package enum SensorSource: String, Hashable, Sendable, CaseIterable {
    /// Executions, ends and users of processes: the kernel's process connector.
    case processes = "process connector"
    /// Creation, modification, renaming and deletion of files: fanotify.
    case files = "file changes"
    /// TCP connections: the kernel's diagnosis of sockets, looked at every second.
    case connections = "connections"

    /// What it takes to have it.
    var capabilities: String {
        switch self {
        case .processes: "CAP_NET_ADMIN"
        case .files: "CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH"
        case .connections: "CAP_SYS_PTRACE"
        }
    }

    var kernel: String {
        switch self {
        case .processes: "CONFIG_PROC_EVENTS"
        case .files: "Linux 5.9 with CONFIG_FANOTIFY"
        case .connections: "CONFIG_INET_DIAG"
        }
    }
}

/// How one source of a sensor stands.
package struct SensorSourceReport: Hashable, Sendable {
    package enum Standing: Hashable, Sendable {
        case working
        /// It works, but not for all that it is for.
        case partial(String)
        /// It could not be had, or was taken away later.
        case missing(SensorError)
        /// It was not asked for.
        case off
    }

    package let source: SensorSource
    package var standing: Standing

    /// What is not watched, and why; nil when nothing is amiss.
    package var trouble: String? {
        switch standing {
        case .working, .off: nil
        case .partial(let why): "\(source.rawValue): \(why)"
        case .missing(let error): "\(source.rawValue): not watched: \(error.message)"
        }
    }
}

/// What a live sensor shall watch.
package struct SensorOptions: Sendable {
    /// Events that wait for the agent.
    package var queueCountMax = SensorLimit.queueCountMax
    package var sources = Set(SensorSource.allCases)
    /// Mount points of the file systems to watch; nil for all local ones, also those mounted later.
    package var mountPoints: [String]?
    /// Processes, besides this one, whose file changes and connections are none of the host's.
    package var exemptProcessIds: Set<Int32> = []

    package init() {}
}
