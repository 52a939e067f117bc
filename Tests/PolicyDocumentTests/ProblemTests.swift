import PolicyDocument
import RolloutEngine
import Testing

@Suite("Problems of a policy's file")
struct ProblemTests {
    @Test("all problems of a file are reported at once, each with line, column, key, and what to do")
    func allAtOnce() {
        let text = """
            name: my-fleet
            extends: laptop-fleet
            loss_budgt: 5
            confidence: high
            alpha: 0.2
            bake:
              time: 45 min
              conditions: [rebot]
            cohorts: {by: [os, kernl], first_step: 0}
            urgent:
              loss_budget: 501
            watch: 90
            """
        let problems = rolloutProblems(text)
        #expect(
            problems.map(\.place) == [
                "3:1 loss_budgt", "4:13 confidence", "5:8 alpha", "7:9 bake.time", "8:16 bake.conditions[0]",
                "9:20 cohorts.by[1]", "9:40 cohorts.first_step", "12:8 watch",
            ], "\(problems.map(\.description).joined(separator: "\n"))")
        #expect(problems[0].nextStep == "did you mean `loss_budget`?")
        #expect(problems[1].found == "high" && problems[1].allowed == "a number, 0.5 to 0.999999")
        #expect(problems[2].found == "0.2" && problems[2].reason.contains("one clean rollout in ten"))
        #expect(problems[3].nextStep == "write `45m`")
        #expect(problems[4].nextStep == "did you mean `reboot`?")
        #expect(problems[5].nextStep == "did you mean `kernel`?")
        #expect(problems[7].nextStep == "add the unit: `90s`, `90m` or `90h`")
        #expect(problems.allSatisfy { !$0.found.isEmpty && !$0.nextStep.isEmpty && $0.file == "p.yml" })
    }

    @Test("a problem reads as one line that an editor can follow")
    func description() {
        let problem = rolloutProblems("name: a\nextends: demo\nloss_budget: 0\n")[0]
        #expect(
            problem.description
                == "p.yml:3:14: loss_budget: found 0, allowed is 1 to 100000 endpoints: it is the first cap, and a "
                + "ramp without one never starts; write for example `loss_budget: 50`")
    }

    @Test(
        "what is out of bounds is found where its number stands",
        arguments: [
            ("loss_budget: 0", "3:14 loss_budget"), ("confidence: 1", "3:13 confidence"),
            ("noise_ceiling: 60%", "3:16 noise_ceiling"), ("growth_max: 0", "3:13 growth_max"),
            ("alpha_shares: {concurrent: 0.9}", "3:15 alpha_shares"), ("bake: {time: 50ms}", "3:14 bake.time"),
            ("cohorts:\n  halts_max: 101", "4:14 cohorts.halts_max"), ("watch: 32d", "3:8 watch"),
            ("urgent:\n  bake: 2h", "4:9 urgent.bake"), ("urgent: {loss_budget: 501}", "3:23 urgent.loss_budget"),
            ("silence_deadline: 59m", "3:19 silence_deadline"), ("bake: {use: 5m}", "3:13 bake.use"),
            ("urgent: {silence_deadline: 5m}", "3:28 urgent.silence_deadline"),
        ])
    func outOfBounds(line: String, place: String) {
        let problems = rolloutProblems("name: a\nextends: laptop-fleet\n\(line)\n")
        #expect(problems.map(\.place) == [place], "\(problems)")
    }

    @Test("a number of the base that no longer fits is told at the key that it must fit to")
    func baseNoLongerFits() throws {
        let problems = rolloutProblems("name: a\nextends: laptop-fleet\n\npoll_interval: 40m\n")
        #expect(problems.map(\.place) == ["4:16 silence_deadline", "4:16 urgent.silence_deadline"])
        let problem = try #require(problems.first)
        #expect(problem.found == "1h (from laptop-fleet)" && problem.allowed == "80m to 31d")
        #expect(problem.nextStep.contains("`poll_interval`"))
        let use = rolloutProblems("name: a\nextends: demo\nbake: {conditions: [use]}\n")
        #expect(use.map(\.place) == ["3:20 bake.use"])
    }

    @Test("without a base every number must be there, and each that is missing is named")
    func nothingIsGuessed() {
        let problems = rolloutProblems("name: a\nloss_budget: 5\n")
        #expect(
            problems.map(\.path) == [
                "confidence", "refusal_count_max", "alpha", "noise_ceiling", "poll_interval", "silence_deadline",
                "settle_deadline", "bake.time",
            ])
        let lane = rolloutProblems("name: a\nextends: demo\nurgent: {loss_budget: 5}\n")
        #expect(lane.map(\.path) == ["urgent.bake", "urgent.silence_deadline"])
        #expect(rolloutProblems("name: a\nextends: laptop-fleet\nurgent: {loss_budget: 60}\n").isEmpty)
    }

    @Test("`urgent: none` takes the base's urgent lane away")
    func noUrgentLane() throws {
        let text = "name: a\nextends: laptop-fleet\nurgent: none\n"
        #expect(try PolicyFile.rolloutPolicy(text, name: "p.yml").urgent == nil)
    }

    @Test(
        "a value is read in the form that people write, and in no other",
        arguments: [
            ("alpha: 0.1%", true), ("alpha: \"0.1%\"", true), ("alpha: 1e-3", true), ("alpha: 0.001", true),
            ("alpha: \"0.001\"", false), ("alpha: 1e-1%", false), ("alpha: .nan", false), ("alpha: -0.1", false),
            ("alpha: 1e999", false), ("loss_budget: 60", true), ("loss_budget: +60", true),
            ("loss_budget: 060", false), ("loss_budget: 6e1", false), ("loss_budget: 0x3c", false),
            ("loss_budget: 1_000", false), ("loss_budget: 60.0", false), ("loss_budget: \"60\"", false),
            ("loss_budget: 99999999999999999999", false), ("loss_budget:", false), ("loss_budget: ~", false),
            ("loss_budget: [60]", false), ("loss_budget: {a: 1}", false), ("watch: 1d", true), ("watch: 90m", true),
            ("watch: 0s", true), ("watch: 0", false), ("watch: -1s", false), ("watch: 1.5h", false),
            ("watch: 1h30m", false), ("watch: 1 h", false), ("watch: 999999999999999d", false),
            ("bake: 30m", false), ("bake: {conditions: reboot}", false),
            ("bake: {conditions: [reboot, reboot]}", false),
            ("cohorts: {by: []}", true), ("cohorts: {by: [tag.site, os]}", true), ("cohorts: {by: [tag.]}", false),
            ("extends: nothing", false), ("lane: urgent", false),
        ])
    func forms(line: String, isAccepted: Bool) {
        let start = line.hasPrefix("extends") ? "name: a" : "name: a\nextends: laptop-fleet"
        let problems = rolloutProblems("\(start)\n\(line)\n")
        #expect(problems.isEmpty == isAccepted, "\(line): \(problems)")
    }

    @Test("each spelling of a key is understood as a slip")
    func spellings() {
        for key in ["lossBudget", "loss-budget", "los_budget"] {
            let problems = rolloutProblems("name: a\nextends: demo\n\(key): 4\n")
            #expect(problems.map(\.nextStep) == ["did you mean `loss_budget`?"], "\(key)")
        }
        #expect(
            rolloutProblems("name: a\nextends: demo\nalpha_share: 1\n").map(\.nextStep) == [
                "did you mean `alpha_shares`?"
            ])
        let elsewhere = rolloutProblems("name: a\nextends: demo\nfirst_step: 4\n")
        #expect(elsewhere.map(\.nextStep) == ["it belongs under `cohorts`"])
        #expect(rolloutProblems("name: a\nextends: demo\nzzzzzzzz: 4\n").map(\.nextStep) == ["remove it"])
    }

    @Test("a customer's problems are told at their rings, windows and pins")
    func customers() {
        let text = """
            customer: *
            rings: []
            """
        #expect(customerProblems(text)[0].nextStep.contains("\"*\""))
        let problems = customerProblems(
            """
            customer: acme
            rings:
              - name: canary
                windows:
                  - {days: [mon, tuesday], from: "25:00", to: 06:00, utc_offset: "+15:00"}
                  - {days: [], from: 00:00, to: 24:00}
              - name: 1
                releases_behind: 3
                proven_share: 101%
              - soak: 99d
              - name: canary
            pins:
              - release: linux-core
              - {release: linux-core@1.4.0, ring: brood}
            """)
        #expect(
            problems.map(\.place) == [
                "5:22 rings[0].windows[0].days[1]", "5:38 rings[0].windows[0].from",
                "5:70 rings[0].windows[0].utc_offset", "6:16 rings[0].windows[1].days", "7:11 rings[1].name",
                "8:22 rings[1].releases_behind", "9:19 rings[1].proven_share", "10:5 rings[2].name",
                "10:11 rings[2].soak", "11:11 rings[3].name", "13:14 pins[0].release",
            ], "\(problems.map(\.description).joined(separator: "\n"))")
        let ring = customerProblems(
            "customer: a\nrings: [{name: b}, {name: b}]\n")
        #expect(ring.map(\.place) == ["2:27 rings[1].name"], "\(ring)")
        let pin = customerProblems("customer: a\nrings: [{name: b}]\npins: [{release: c@1.0.0, ring: d}]\n")
        #expect(pin.map(\.place) == ["3:33 pins[0].ring"], "\(pin)")
    }

    @Test("the longest file with the most problems stops at the bound of problems")
    func problemsAreBounded() {
        let lines = (0..<500).map { "unknown_key_\($0): 1" }.joined(separator: "\n")
        #expect(rolloutProblems(lines).count == PolicyFileLimit.problemCountMax)
    }
}
