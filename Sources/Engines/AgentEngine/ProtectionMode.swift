/// How much the endpoint dares. Ordered: a greater one dares less.
package enum ProtectionMode: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    /// The newest proven generation protects, and releases are taken.
    case normal
    /// The oldest proven generation protects. Nothing new is asked for, tried or taken until it has been well for
    /// `UpdateLimit.safeSpan`; recalls are obeyed.
    case safe
    /// Events are observed and no content runs at all: everything proven has failed, or the host did not survive.
    case observe

    package static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .normal: 0
        case .safe: 1
        case .observe: 2
        }
    }
}

/// What the guard found before it started the agent.
package struct GuardWord: Hashable, Sendable {
    /// How the boot before this one ended.
    package enum BootEnd: String, Hashable, Sendable, CaseIterable {
        /// The host was shut down in order, and the guard wrote that down.
        case clean
        case unclean
        /// No guard ran, so nobody knows. Treated as unclean: a check that cannot be made has failed.
        case unknown
    }

    package let mode: ProtectionMode
    package let lastBoot: BootEnd

    package init(mode: ProtectionMode, lastBoot: BootEnd) {
        self.mode = mode
        self.lastBoot = lastBoot
    }

    /// There is no guard.
    package static let none = GuardWord(mode: .normal, lastBoot: .unknown)
}
