/// Where everything is.
struct GuardPaths {
    /// What the endpoint remembers.
    var state: PlainText
    /// The programs.
    var install: PlainText

    var guardFolder: PlainText { state.appending("guard") }
    var record: PlainText { guardFolder.appending("record") }
    /// Held for one change of the record.
    var recordLock: PlainText { guardFolder.appending("record.lock") }
    /// Held by the guard that watches; the next one waits for it.
    var watchLock: PlainText { guardFolder.appending("lock") }
    /// Held while a build is copied.
    var installLock: PlainText { guardFolder.appending("install.lock") }
    var socket: PlainText { guardFolder.appending("socket") }
    var pidFile: PlainText { guardFolder.appending("agent.pid") }
    func mark(of slot: BuildSlot) -> PlainText { guardFolder.appending("slot-" + slot.word) }

    var journal: PlainText { state.appending("journal.json") }
    /// The agent's own lock on the state directory.
    var agentLock: PlainText { state.appending("lock") }
    var generations: PlainText { state.appending("generations") }
    var remedies: PlainText { state.appending("remedies") }

    func slot(_ slot: BuildSlot) -> PlainText { install.appending("slots").appending(slot.word) }
    func agent(in slot: BuildSlot) -> PlainText { self.slot(slot).appending(Self.agentName) }

    static let agentName: PlainText = "firebreak-agent"
    static let workerName: PlainText = "firebreak-worker"
    static let packSuffix: PlainText = ".fbpack"
    static let markSuffix: PlainText = ".proven"
    static let condemnedSuffix: PlainText = ".condemned"
    static let remedySuffix: PlainText = ".fbremedy"
}
