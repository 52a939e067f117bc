/// What lies on disk when a guard begins.
package struct GuardStart: Equatable, Sendable {
    package var bootID: PlainText
    package var record: RecordReading
    package var journal: JournalReading
    package var slotA: SlotFacts
    package var slotB: SlotFacts

    package init(
        bootID: PlainText, record: RecordReading, journal: JournalReading, slotA: SlotFacts, slotB: SlotFacts
    ) {
        self.bootID = bootID
        self.record = record
        self.journal = journal
        self.slotA = slotA
        self.slotB = slotB
    }

    subscript(slot: BuildSlot) -> SlotFacts { slot == .a ? slotA : slotB }
}

/// What lies in a slot and beside it.
package struct SlotFacts: Equatable, Sendable {
    /// There is an agent that may be executed.
    package var hasBuild: Bool
    /// The slot's mark; nil where there is none that is whole.
    package var mark: SlotState?

    package init(hasBuild: Bool, mark: SlotState?) {
        self.hasBuild = hasBuild
        self.mark = mark
    }
}

/// How an agent's process ended.
package enum AgentEnd: Equatable, Sendable {
    case exited(code: Int)
    case signalled(Int)
    /// It was another guard's child: that it has ended can be seen, and how cannot.
    case unseen
}

/// Everything that the machine hears.
package enum GuardInput: Sendable {
    /// Given once, first.
    case boot(GuardStart)
    /// The watch begins. `adopted`: an agent of an earlier guard is alive and has been taken over.
    case watch(adopted: Bool)
    /// An agent could not be started: no such file, no memory, no right.
    case agentUnstartable(PlainText)
    /// The agent that was just started says that another one has the state directory, and that one was taken over.
    case agentAdopted
    /// The agent's process is gone, and this is what its journal says. Given before `agentEnded`.
    case agentLeft(JournalReading)
    case agentEnded(AgentEnd)
    /// Said by the running agent's own process; `look` and `restart` by another guard's.
    case said(AgentWord)
    /// Time has passed. Due when ``GuardMachine/wakeAfter(now:)`` says so.
    case tick
    /// The guard was told to end, and takes the agent with it.
    case end
    /// The host goes down in good order.
    case shutdown
    /// Every pack without a mark was taken away.
    case swept
    /// The record could not be written, so nothing may be tried.
    case recordUnwritable
    /// A build is about to be copied into the slot for staging.
    case stagingBegan
    /// The copy is durable and was measured.
    case staged(DigestText)
    /// A verified remedy, without what it installs: that comes as staging.
    case remedy(RemedyPlan)
    /// The build that runs, or is about to be tried, was recalled.
    case buildRecalled
}

/// What is needed to start an agent.
package struct StartOrder: Equatable, Sendable {
    package var slot: BuildSlot
    package var mode: GuardMode
    /// How the boot before this one ended.
    package var wasClean: Bool
    /// The build has not proven itself.
    package var isTrial: Bool
}

/// What the machine asks of the driver, which runs a list in order after the record is durable.
package enum GuardAction: Equatable, Sendable {
    /// Take a pack away: rename it, durably. One that is not there is none the less taken away.
    case condemn(DigestText)
    /// Take away every pack that has no mark. Answered by `swept`.
    case condemnUnproven
    /// Leave a slot's mark.
    case mark(BuildSlot, SlotState)
    case startAgent(StartOrder)
    /// SIGTERM.
    case endAgent
    /// SIGKILL, to the agent's process group.
    case killAgent
    /// The watch is over.
    case finish
    /// A line for the log.
    case tell(PlainText)

    /// Whether this may be done although the record could not be written: it leads to less being tried.
    package var isRetreat: Bool {
        switch self {
        case .condemn, .condemnUnproven, .endAgent, .killAgent, .finish, .tell: true
        case .startAgent(let order): !order.isTrial
        // A mark that says more than the record would be believed when the record is lost.
        case .mark(_, let state): state.standing == .condemned
        }
    }
}
