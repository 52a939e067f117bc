/// What no rule may deny, kill or quarantine, whatever the policy allows: without it a machine does not start, cannot be
/// reached or cannot be repaired.
///
/// The list is generous on purpose. An intrusion that hides behind it is still alerted of; a machine that lost its shell
/// is waiting for a person.
package struct ProtectedList: Sendable {
    /// One line of the list.
    package struct Entry: Hashable, Sendable {
        package enum Match: Hashable, Sendable {
            /// The file of this name in `/usr/bin` or `/usr/sbin`.
            case program(String)
            /// Everything below the folder.
            case folder(String)
            /// Any file with this folder in its path, wherever.
            case part(String)
        }

        package var match: Match
        package var acts: Acts
        package var reason: String
    }

    /// What an entry protects from.
    package struct Acts: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let deny = Acts(rawValue: 1)
        package static let kill = Acts(rawValue: 2)
        package static let quarantine = Acts(rawValue: 4)
        /// Children are protected from denial and kill as well: half an installation is worse than none.
        package static let descendants = Acts(rawValue: 8)
    }

    package let entries: [Entry]
    /// Exceptions of the folders: what anyone can write to.
    private let open: [String]
    /// The agent's own processes and those that watch it.
    private let ownProcessIds: Set<Int32>

    /// - Parameters:
    ///   - ownFolders: Where this product lies: installation, state, configuration.
    ///   - ownProcessIds: Agent, worker, broker, guard. The processes of the installation are known by image as well.
    package init(ownFolders: [String], ownProcessIds: Set<Int32> = []) {
        let own = ownFolders.filter { SubjectPath.plain($0) != nil }.map { folder in
            Entry(
                match: .folder(SubjectPath.merged(folder)), acts: [.deny, .kill, .quarantine],
                reason: "it is this product's own")
        }
        entries = own + Self.standard
        open = Self.openFolders
        self.ownProcessIds = ownProcessIds
    }

    /// Why the process may not be ended; nil when it may.
    ///
    /// Also asked right before the act, with the image of that moment: a process may have become another program.
    package func reason(toSpare processId: Int32, image: String, ancestorImages: [String]) -> String? {
        if processId <= 1 { return "it is init" }
        if ownProcessIds.contains(processId) { return "it is this product's own" }
        return reason(image, .kill) ?? inherited(ancestorImages)
    }

    /// Why the execution of the file may not be denied; nil when it may.
    package func reason(toAllow image: String, by processId: Int32, ancestorImages: [String]) -> String? {
        if processId <= 1 { return "it is init" }
        if ownProcessIds.contains(processId) { return "it is this product's own" }
        return reason(image, .deny) ?? inherited(ancestorImages)
    }

    /// Why the file may not be moved away; nil when it may.
    package func reason(toKeep file: String) -> String? { reason(file, .quarantine) }

    private func inherited(_ images: [String]) -> String? {
        for image in images {
            if let reason = reason(image, .descendants) { return "it was started by what is protected: \(reason)" }
        }
        return nil
    }

    private func reason(_ path: String, _ act: Acts) -> String? {
        let path = SubjectPath.merged(path)
        return entries.first { $0.acts.contains(act) && covers($0.match, path) }?.reason
    }

    private func covers(_ match: Entry.Match, _ path: String) -> Bool {
        switch match {
        case .program(let name): path == "/usr/bin/" + name || path == "/usr/sbin/" + name
        case .folder(let folder):
            SubjectPath.isInside(path, folder)
                && !open.contains { SubjectPath.isInside($0, folder) && SubjectPath.isInside(path, $0) }
        case .part(let name): path.hasSuffix("/" + name) || path.contains("/" + name + "/")
        }
    }
}
