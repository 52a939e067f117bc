import Glibc

/// Why a sensor cannot work, or a recording cannot be read or written.
package struct SensorError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The process connector needs CAP_NET_ADMIN, notices of file changes need CAP_SYS_ADMIN and
        /// CAP_DAC_READ_SEARCH.
        case privilegeMissing = "sensor.privilege_missing"
        /// The kernel has no process connector, or none for a process in a namespace of its own.
        case connectorMissing = "sensor.connector_missing"
        /// The kernel cannot tell of file changes with names, or of connections.
        case sourceMissing = "sensor.source_missing"
        /// The system has no room for another thread or descriptor.
        case resourcesExhausted = "sensor.resources_exhausted"
        /// The recording cannot be opened or read.
        case recordingUnreadable = "sensor.recording_unreadable"
        /// The recording is too large or empty, or a line of it is no event.
        case recordingMalformed = "sensor.recording_malformed"
        /// The recording is there already, or cannot be written.
        case recordingUnwritable = "sensor.recording_unwritable"
    }

    package let code: Code
    /// Which source: the connector, or a file and line.
    package let subject: String
    package let message: String

    package init(_ code: Code, subject: String, message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(subject): \(message)" }

    /// From the errno of a call on the source of file changes or of connections.
    init(_ source: SensorSource, errno number: Int32) {
        let reason = String(cString: strerror(number))
        switch number {
        case EPERM, EACCES:
            self.init(
                .privilegeMissing, subject: source.rawValue,
                message: "\(reason); run the agent as root or with \(source.capabilities)")
        case EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, ENOSPC:
            self.init(
                .resourcesExhausted, subject: source.rawValue,
                message: "\(reason); raise the limits of the agent's service (LimitNOFILE, MemoryMax) or "
                    + "fs.fanotify.max_user_groups")
        default:
            self.init(
                .sourceMissing, subject: source.rawValue,
                message: "\(reason); it needs \(source.kernel)")
        }
    }

    /// From the errno of a call on the process connector.
    init(connectorErrno number: Int32) {
        let reason = String(cString: strerror(number))
        switch number {
        case EPERM, EACCES:
            self.init(
                .privilegeMissing, subject: "process connector",
                message: "\(reason); run the agent as root or with CAP_NET_ADMIN, or replay a recording")
        case EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN:
            self.init(
                .resourcesExhausted, subject: "process connector",
                message: "\(reason); raise the limits of the agent's service (LimitNOFILE, MemoryMax)")
        default:
            self.init(
                .connectorMissing, subject: "process connector",
                message: "\(reason); it needs CONFIG_PROC_EVENTS and the host's own process and user namespaces: "
                    + "run the agent outside of containers, or replay a recording")
        }
    }
}
