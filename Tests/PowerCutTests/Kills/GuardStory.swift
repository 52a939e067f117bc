import Testing

/// What a guard does, and is killed at.
struct GuardStory: Sendable, CustomTestStringConvertible {
    let name: String
    /// The command that is cut.
    let command: [String]
    /// The bad pack has to be gone after the next boot.
    var condemnsBad = false
    /// Packs lie there.
    var hasContent = false
    /// Build three may be found in force once its agent has run: it proves itself.
    var isThreeGood = false
    /// Build three must not be tried again once its agent has run.
    var isThreeBad = false
    /// Boots that the story lets end without a shutdown, before the command.
    var uncleanBoots = 0
    let prepare: @Sendable (GuardHost) throws -> Void

    var testDescription: String { name }

    static let all = [
        GuardStory(name: "the first boot", command: ["boot"]) { _ in },
        GuardStory(
            name: "a boot after a trial that did not end", command: ["boot"], condemnsBad: true, hasContent: true,
            uncleanBoots: 1
        ) {
            try $0.run(["boot"])
            try $0.leaveContent(provenToo: false, journal: GuardHost.trialJournal)
            try $0.reboot(2)
        },
        GuardStory(
            name: "a boot on a torn journal", command: ["boot"], condemnsBad: true, hasContent: true, uncleanBoots: 1
        ) {
            try $0.run(["boot"])
            try $0.leaveContent(
                provenToo: false, journal: String(GuardHost.trialJournal.prefix(GuardHost.trialJournal.count - 1)))
            try $0.reboot(2)
        },
        GuardStory(name: "the third unclean boot in a row", command: ["boot"], uncleanBoots: 3) {
            for boot in 1...3 {
                try $0.run(["boot"])
                try $0.reboot(boot + 1)
            }
        },
        GuardStory(name: "a shutdown", command: ["shutdown"]) { try $0.run(["boot"]) },
        GuardStory(name: "a build is installed", command: ["install-build"]) { try $0.run(["boot"]) },
        GuardStory(name: "a remedy reverts a proven pack", command: ["remedy"], condemnsBad: true, hasContent: true) {
            try $0.run(["boot"])
            try $0.leaveContent(provenToo: true, journal: nil)
            try $0.write(
                "firebreak-remedy-plan 1 cure-1\nrevert \(GuardHost.bad)\nend\n",
                to: "\($0.state)/remedies/cure.fbremedy")
        },
        GuardStory(name: "a build on trial proves itself", command: ["watch"], isThreeGood: true) {
            try $0.run(["boot"])
            try $0.run(["install-build", $0.builds])
            try $0.play("commits", in: "b")
        },
        GuardStory(name: "a build on trial dies", command: ["watch"], isThreeBad: true) {
            try $0.run(["boot"])
            try $0.run(["install-build", $0.builds])
            try $0.play("dies", in: "b")
        },
    ]

    /// The command, with the folder of build three where it takes one.
    func words(on host: GuardHost) -> [String] { command == ["install-build"] ? command + [host.builds] : command }

    /// Rules that the host breaks after a kill and a start.
    ///
    /// - Parameter isRebooted: The host was booted anew; otherwise the command was only given again.
    func violations(on host: GuardHost, isRebooted: Bool) throws -> [String] {
        guard let status = try host.status() else { return ["the record is not whole"] }
        var violations: [String] = []
        func expect(_ condition: Bool, _ rule: String) {
            if !condition { violations.append(rule) }
        }
        let force = status["slot_in_force"] as? String ?? ""
        let trial = status["slot_on_trial"] as? String
        expect(status["slot_\(force)"] as? String == "proven", "the slot in force is not proven")
        let proven: [GuardHost.Build] = [.one, .two] + (isThreeGood && host.hasRun("b") ? [.three] : [])
        for slot in ["a", "b"] {
            let build = try host.build(in: slot)
            switch status["slot_\(slot)"] as? String {
            case "proven": expect(build.map(proven.contains) == true, "slot \(slot) is called proven and is not")
            case "staged", "trying": expect(build == .three, "slot \(slot) is to be tried and is not whole")
            case "empty", "condemned": expect(slot != force, "slot \(slot) is in force and holds nothing")
            default: violations.append("slot \(slot) has no standing")
            }
        }
        if isThreeBad, host.hasRun("b") {
            expect(trial == nil && status["slot_b"] as? String == "condemned", "a build that died is to be tried again")
        }
        if hasContent {
            for digest in GuardHost.proven {
                expect(
                    host.exists("generations/\(digest).fbpack") && host.exists("generations/\(digest).proven"),
                    "a proven pack is gone")
            }
            if condemnsBad { expect(!host.exists("generations/\(GuardHost.bad).fbpack"), "the bad pack is back") }
        }
        // A power cut in a boot that was counted makes one more unclean one.
        let unclean = status["unclean_boots"] as? Int ?? 99
        expect(unclean <= uncleanBoots + (isRebooted ? 1 : 0), "too many unclean boots are counted")
        // Three are enough (GuardLimit.uncleanBootsToSafe), and a healthy stretch alone does not lead back.
        expect(
            status["mode"] as? String == (uncleanBoots >= 3 ? "safe" : "normal"), "the mode is not that of the boots")
        return violations
    }
}
