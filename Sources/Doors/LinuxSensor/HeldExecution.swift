package import FleetModel

/// An execution that the kernel holds until it has a verdict, as an event.
package enum HeldExecution {
    /// The event of an execution that has not happened yet.
    ///
    /// The process still runs the program that executes, which so is the parent's image here: after a fork it is the same
    /// program, and a shell that replaces itself is its own parent. Arguments are not known before an execution has
    /// happened, so there is no command line. What cannot be read is absent.
    ///
    /// - Parameters:
    ///   - processId: Of the process that executes.
    ///   - path: Of the program that it wants to run.
    package static func event(processId: Int32, path: String) -> TelemetryEvent {
        let facts = ProcFiles().facts(of: processId, textBytesMax: SensorLimit.lineageTextBytesMax, wantsStart: true)
        let startedAt = facts?.startTicks.map {
            SensorClock.moment(ofStartTicks: $0, boot: SensorClock.bootMoment())
        }
        let executing = ProcessNode(
            processId: processId, parentProcessId: facts?.parentProcessId ?? 0, image: facts?.image ?? "",
            commandLine: facts?.commandLine ?? "", user: "", startedAt: startedAt)
        var event = TelemetryEvent(kind: .processCreation, at: SensorClock.now(), lineage: [executing])
        event[.processId] = .integer(Int64(processId))
        event[.image] = .text(path)
        event[.currentDirectory] = facts?.currentDirectory.map(FieldValue.text)
        event[.parentProcessId] = .integer(Int64(processId))
        event[.parentImage] = facts?.image.map(FieldValue.text)
        event[.parentCommandLine] = facts?.commandLine.map(FieldValue.text)
        return event
    }
}
