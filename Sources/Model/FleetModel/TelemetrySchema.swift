/// The one schema of events: what the sensor fills in, the compiler compiles against, the program loader checks
/// and the interpreter reads. Field names are Sigma's (those of Sysmon for Linux).
package enum TelemetrySchema {
    /// Goes up with every change of a kind or field. A pack names the version it was compiled against.
    package static let version: UInt16 = 1
}

/// What happened. The raw value is Sysmon's event id.
package enum EventKind: UInt8, Hashable, Sendable, Codable, CaseIterable {
    case processCreation = 1
    case networkConnection = 3
    case processTermination = 5
    case fileEvent = 11
    case fileDelete = 23

    /// Sigma's log source category.
    package var category: String {
        switch self {
        case .processCreation: "process_creation"
        case .networkConnection: "network_connection"
        case .processTermination: "process_termination"
        case .fileEvent: "file_event"
        case .fileDelete: "file_delete"
        }
    }

    /// The fields that an event of this kind may carry.
    package var fields: [EventField] {
        let actor: [EventField] = [.processId, .image, .user]
        return switch self {
        case .processCreation:
            actor + [
                .commandLine, .currentDirectory, .parentProcessId, .parentImage, .parentCommandLine, .parentUser,
                .logonId,
            ]
        case .networkConnection:
            actor + [
                .`protocol`, .initiated, .sourceIp, .sourcePort, .destinationIp, .destinationPort, .destinationHostname,
            ]
        case .processTermination: actor
        case .fileEvent, .fileDelete: actor + [.targetFilename]
        }
    }
}

/// The type of a field's value.
package enum FieldType: UInt8, Hashable, Sendable {
    /// UTF-8 text. The sensor repairs invalid bytes (U+FFFD).
    case text
    /// A signed integer.
    case integer
}

/// One field of an event. The raw value is the number on the wire and in programs; it is never reused.
package enum EventField: UInt16, Hashable, Sendable, Codable, CaseIterable {
    case processId = 1
    case image = 2
    case commandLine = 3
    case currentDirectory = 4
    case user = 5
    case parentProcessId = 6
    case parentImage = 7
    case parentCommandLine = 8
    case parentUser = 9
    case logonId = 10
    case `protocol` = 11
    case initiated = 12
    case sourceIp = 13
    case sourcePort = 14
    case destinationIp = 15
    case destinationPort = 16
    case destinationHostname = 17
    case targetFilename = 18

    /// Sigma's name of the field.
    package var name: String {
        switch self {
        case .processId: "ProcessId"
        case .image: "Image"
        case .commandLine: "CommandLine"
        case .currentDirectory: "CurrentDirectory"
        case .user: "User"
        case .parentProcessId: "ParentProcessId"
        case .parentImage: "ParentImage"
        case .parentCommandLine: "ParentCommandLine"
        case .parentUser: "ParentUser"
        case .logonId: "LogonId"
        case .protocol: "Protocol"
        case .initiated: "Initiated"
        case .sourceIp: "SourceIp"
        case .sourcePort: "SourcePort"
        case .destinationIp: "DestinationIp"
        case .destinationPort: "DestinationPort"
        case .destinationHostname: "DestinationHostname"
        case .targetFilename: "TargetFilename"
        }
    }

    package var type: FieldType {
        switch self {
        case .processId, .parentProcessId, .logonId, .sourcePort, .destinationPort: .integer
        default: .text
        }
    }

    /// The field that Sigma calls `name`, compared exactly; nil when the schema has none.
    package init?(name: String) {
        guard let field = EventField.allCases.first(where: { $0.name == name }) else { return nil }
        self = field
    }
}

/// The value of one field. Absent is not a value: an absent field is not in the event.
package enum FieldValue: Hashable, Sendable {
    /// Known to have no value: not absent, not the empty text.
    case null
    case text(String)
    case integer(Int64)
}
