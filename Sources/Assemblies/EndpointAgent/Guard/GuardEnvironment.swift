import AgentEngine
import FleetModel
import Glibc

/// What the guard that started this agent says in its environment. Without a guard nothing is there.
struct GuardEnvironment: Hashable, Sendable {
    /// `FIREBREAK_GUARD_SOCKET`: where the guard listens; nil: nobody watches this agent.
    var socket: String?
    /// `FIREBREAK_MODE` and `FIREBREAK_BOOT`.
    var word = GuardWord.none
    /// `FIREBREAK_BUILD` says `trial`: this build of the agent has not proven itself here.
    var isBuildOnTrial = false

    /// The way to the guard; nil where there is none.
    var link: GuardLink? {
        socket.flatMap { GuardLink(path: $0, build: AgentVersion.current) }
    }

    /// Reads this process's environment. A word that is not understood is a guard of another version: it is taken as
    /// the more careful one.
    static func read(_ value: (String) -> String? = { name in getenv(name).map { String(cString: $0) } })
        -> GuardEnvironment
    {
        guard let socket = value("FIREBREAK_GUARD_SOCKET"), !socket.isEmpty else { return GuardEnvironment() }
        let mode = value("FIREBREAK_MODE").map { ProtectionMode(rawValue: $0) ?? .safe } ?? .normal
        let lastBoot = value("FIREBREAK_BOOT").flatMap { GuardWord.BootEnd(rawValue: $0) } ?? .unknown
        return GuardEnvironment(
            socket: socket, word: GuardWord(mode: mode, lastBoot: lastBoot),
            isBuildOnTrial: value("FIREBREAK_BUILD") == "trial")
    }
}
