import FleetModel
import RolloutEngine

/// The table of keys of a rollout policy's file.
enum RolloutFields {
    typealias Row = Field<RolloutPolicy>

    /// The policies that a file may extend, by name.
    static let bases: [RolloutPolicy] = [.laptopFleet, .serverFleet, .demo]

    static let all: [Row] = [name, extends] + ramp + tests + time + [bake, cohorts, lab, program, urgent]

    private static let name = Row.text(
        "name", \.name, bytesMax: RolloutPolicy.nameBytesMax,
        .init(
            "The policy's name, for people.", because: "it stands in tables and verdicts", example: "my-fleet",
            need: .always))

    /// Read before everything else (``RolloutDocument``); here it is only looked at.
    private static let extends: Row = {
        let names = bases.map(\.name)
        let outline = PolicyField(
            "extends", .word(names),
            .init(
                "The built-in policy whose numbers count where this file gives none. Without it, every number is given.",
                because: "only built-in policies can be extended, so that one file says everything",
                example: "laptop-fleet"))
        return Row(
            outline: outline,
            read: { node, _, reading in
                _ = reading.scalar(node, outline) { scalar in names.contains(scalar.text) ? scalar.text : nil }
            },
            write: { _ in nil })
    }()

    private static let ramp: [Row] = [
        .count(
            "loss_budget", \.lossBudget, 1...RolloutPolicy.lossBudgetMax,
            .init(
                "Endpoints that may be lost in expectation; the first cap.", unit: "endpoints",
                because: "the larger, the faster a rollout, and the more is broken by a release that breaks everything",
                example: "50", need: .unlessExtended)),
        .number(
            "confidence", \.confidence, 0.5...0.999_999,
            .init(
                "Confidence of the upper bound on the failure rate.", unit: "probability",
                because: "lower, a ramp grows faster than its evidence; higher, it waits for more of it",
                example: "0.99", need: .unlessExtended)),
        .number(
            "growth_max", \.growthMax, 0.1...1000,
            .init(
                "The fastest growth: endpoints let in for each that is proven.", unit: "endpoints",
                because: "it limits the ramp whatever the evidence says; too low, and a rollout takes days",
                example: "20")),
        .count(
            "refusal_count_max", \.refusalCountMax, 1...RolloutPolicy.lossBudgetMax,
            .init(
                "Endpoints that refuse the release before the gate holds and asks a person.", unit: "endpoints",
                because: "more would send a release that nobody accepts to everyone", example: "10",
                need: .unlessExtended)),
    ]

    private static let tests: [Row] = [
        .share(
            "alpha", \.alpha, 1e-9...0.1,
            .init(
                "Probability, at most, that a clean release is halted, however often one looks.",
                unit: "probability",
                because: "higher, more clean rollouts are halted; lower, a harmful one is halted later",
                example: "0.1%", need: .unlessExtended)),
        .part("alpha_shares", \.alphaShares, alphaShares, alphaSharesAbout),
        .share(
            "noise_ceiling", \.noiseCeiling, 1e-9...0.5,
            .init(
                "The largest share of endpoints that fails within a bake without any release.",
                unit: "share of endpoints",
                because: "lower, an unlucky day halts a clean rollout; higher, a defect of that rate is called weather",
                example: "5%", need: .unlessExtended)),
    ]

    private static let alphaSharesAbout = PolicyField.About(
        "How alpha is split between the tests.", because: "all tests together may halt a clean release with alpha",
        example: "{concurrent: 0.8, ceiling: 0.08, cohorts: 0.07, watch: 0.05}",
        bounds: "0.001 or more each, together at most 1")

    private static let alphaShares: [Field<RolloutPolicy.AlphaShares>] = [
        alphaShare(
            "concurrent", \.concurrent, "All exposed against all of the control.",
            because: "the sharpest test where there is a control", example: "0.8"),
        alphaShare(
            "ceiling", \.ceiling, "All exposed against the noise ceiling.",
            because: "the one test that works without a control, in the smallest fleet", example: "0.08"),
        alphaShare(
            "cohorts", \.cohorts, "Each cohort against its own control; divided evenly among 1024 cohorts.",
            because: "more finds a defect of one cohort sooner", example: "0.07"),
        alphaShare(
            "watch", \.watch, "Those already proven, for as long as the watch goes on.",
            because: "more finds a late failure sooner", example: "0.05"),
    ]

    private static func alphaShare(
        _ key: String, _ path: Field<RolloutPolicy.AlphaShares>.Path<Double>, _ meaning: String,
        because reason: String, example: String
    ) -> Field<RolloutPolicy.AlphaShares> {
        .share(key, path, 0.001...1, .init(meaning, unit: "share of alpha", because: reason, example: example))
    }

    /// The shortest poll interval and bake.
    private static let shortest = Moment.Span.milliseconds(100)
    /// Two of the shortest poll intervals.
    private static let shortestSilence = shortest + shortest
    /// The shortest bake and silence deadline together.
    private static let shortestSettling = shortest + shortestSilence

    private static let time: [Row] = [
        .span(
            "poll_interval", \.pollInterval, shortest...RolloutPolicy.spanMax,
            .init(
                "The longest that a well endpoint goes between two check-ins.",
                because: "the deadlines are measured against it; say what the endpoints really do", example: "30m",
                need: .unlessExtended)),
        .span(
            "silence_deadline", \.silenceDeadline, shortestSilence...RolloutPolicy.spanMax,
            .init(
                "Without a word for this long, an exposure is silent, and silence is evidence.",
                because: "shorter than a few poll intervals, a lost packet looks like a dead machine",
                example: "65m", need: .unlessExtended, against: ["poll_interval_ms"],
                bounds: "at least 2 poll intervals")),
        .span(
            "settle_deadline", \.settleDeadline, shortestSettling...RolloutPolicy.spanMax,
            .init(
                "An exposure that is not settled this long after its offer is silent, even if the endpoint speaks.",
                because: "an endpoint that never tries the release must not hold the ramp for ever",
                example: "24h", need: .unlessExtended, against: ["bake_ms", "silence_deadline_ms"],
                bounds: "at least bake.time and silence_deadline together")),
        .span(
            "watch", \.watch, .zero...RolloutPolicy.spanMax,
            .init(
                "How long the watch goes on after everyone has settled.",
                because: "others' updates, reboots and clocks set off failures too; after it nobody looks any more",
                example: "24h")),
    ]

    private static let bake = Row.group(
        "bake",
        [
            .span(
                "time", \.bake, shortest...RolloutPolicy.spanMax,
                .init(
                    "How long an endpoint must stay well with the release before it counts as proven.",
                    because: "shorter, slower failures are missed; longer, every step of the ramp takes longer",
                    example: "60m", need: .unlessExtended, member: "bake_ms")),
            .words(
                "conditions", \.bakeConditions, RolloutPolicy.BakeCondition.allCases.map(\.rawValue),
                counts: 0...RolloutPolicy.BakeCondition.allCases.count,
                .init(
                    "What must have happened on the endpoint within its bake. Empty: time alone.",
                    because: "many failures sleep until a reboot, a full scan or use wakes them",
                    example: "[reboot]", member: "bake_conditions"),
                read: { RolloutPolicy.BakeCondition(rawValue: $0) }, write: \.rawValue),
            .span(
                "use", \.bakeUse, .zero...RolloutPolicy.spanMax,
                .init(
                    "How long somebody must have used the endpoint; only with the condition `use`.",
                    because: "what is not used fails unseen", example: "0s", member: "bake_use_ms",
                    against: ["bake_conditions"], bounds: "above 0s exactly when the conditions name `use`")),
        ],
        .init(
            "When an endpoint counts as proven.", because: "an endpoint proves only the age that it has reached",
            example: "{time: 60m}", need: .unlessExtended))

    private static let attributes = ["os", "os_version", "kernel", "agent_version", "model"]

    private static func isAttribute(_ name: String) -> Bool {
        attributes.contains(name) || name.hasPrefix("tag.") && name.utf8.count > "tag.".utf8.count
    }

    private static let cohorts = Row.group(
        "cohorts",
        [
            .words(
                "by", \.cohortBy, attributes, openPrefix: "tag.",
                counts: 0...8,
                .init(
                    "The attributes that make a cohort. None: the whole fleet is one cohort.",
                    because: "more find a defect in a smaller corner, and need more bakes to get there",
                    example: "[os, kernel, tag.site]", member: "cohort_by"),
                read: { isAttribute($0) ? $0 : nil }, write: { $0 }),
            .count(
                "first_step", \.cohortFirstStep, 1...1000,
                .init(
                    "Endpoints of a cohort that are exposed before it has proof of its own.", unit: "endpoints",
                    because: "they are lost if the cohort alone is broken", example: "4",
                    member: "cohort_first_step")),
            .count(
                "halts_max", \.cohortHaltsMax, 0...100,
                .init(
                    "Cohorts that are halted alone before the release is condemned as a whole.", unit: "cohorts",
                    because: "a release that breaks cohort after cohort is broken", example: "3",
                    member: "cohort_halts_max")),
        ],
        .init(
            "Endpoints that are alike in what may matter.",
            because: "a cohort that misbehaves is halted alone", example: "{by: [os, kernel]}"))

    private static let lab = Row.word(
        "lab_result", \.labResult,
        .init(
            "What the release lab must have said: `passed`, `not_failed` (a release that was not run may go), or `any`.",
            because: "with `any` a release that the lab failed goes out all the same, and every list shows it",
            example: "passed"))

    private static let program = Row.count(
        "program_steps_max", \.programStepsMax, 1...RolloutPolicy.programStepsLimit,
        .init(
            "What a pack's program may cost for one event at worst, by its own statement, which every worker checks.",
            unit: "steps",
            because: "a step is about a nanosecond, and a worker that needs longer for one event falls behind its host",
            example: "50000000"))

    private static let urgent = Row.optionalPart(
        "urgent", \.urgent,
        [
            .count(
                "loss_budget", \.lossBudget, 1...RolloutPolicy.lossBudgetMax * RolloutPolicy.UrgentLane.budgetFactorMax,
                .init(
                    "As `loss_budget`, in the urgent lane.", unit: "endpoints",
                    because: "content whose absence harms may cost more; beyond ten times, it is another policy",
                    example: "200", need: .unlessExtended, against: ["loss_budget"],
                    bounds: "at most 10 times loss_budget")),
            .span(
                "bake", \.bake, shortest...RolloutPolicy.spanMax,
                .init(
                    "As `bake.time`, in the urgent lane.", because: "the urgent lane is the faster one",
                    example: "50m", need: .unlessExtended, against: ["bake_ms"], bounds: "at most bake.time")),
            .span(
                "silence_deadline", \.silenceDeadline, shortestSilence...RolloutPolicy.spanMax,
                .init(
                    "As `silence_deadline`, in the urgent lane.",
                    because: "a shorter one sees dead machines sooner", example: "60m", need: .unlessExtended,
                    against: ["poll_interval_ms"], bounds: "at least 2 poll intervals")),
        ],
        draft: RolloutPolicy.UrgentLane(lossBudget: 0, bake: .zero, silenceDeadline: .zero),
        .init(
            "What is different in the urgent lane, for content whose absence harms; `none`: there is no such lane.",
            because: "faster, and never uncapped", example: "{loss_budget: 200, bake: 50m, silence_deadline: 60m}"))
}
