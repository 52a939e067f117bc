import CanonicalCoding
import ControlWire
import FleetModel
import RolloutEngine

extension RolloutPolicy {
    /// The policy that an operator asks for: the document, else the one that the terms name, else `standard`; changed by
    /// the terms, and with the numbers of its urgent lane where that is asked for.
    ///
    /// - Throws: ``ControlRefusal`` for a name that nobody knows, and for everything that is wrong with the policy.
    init(_ request: RolloutRequest, standard: RolloutPolicy) throws(ControlRefusal) {
        if let document = request.document {
            guard request.policy.preset == nil else {
                throw ControlRefusal(
                    .policyInvalid, "a policy is named, and a whole one is given",
                    next: "Name one, or give one; the numbers beside it change it.")
            }
            self = try Self(document: document)
        } else {
            self = standard
        }
        try change(by: request.policy)
        let problems = problems()
        guard problems.isEmpty else { throw Self.invalid(problems.map(\.description)) }
        guard request.urgent == true else { return }
        guard let urgent = urgentPolicy else {
            throw ControlRefusal(
                .policyNoUrgentLane, "the policy \"\(name)\" has no urgent lane",
                next: "Start it without the urgent lane, or give a policy that has one.")
        }
        self = urgent
        let urgentProblems = self.problems()
        guard urgentProblems.isEmpty else { throw Self.invalid(urgentProblems.map(\.description)) }
    }

    /// The policy that the terms name, else `standard`, changed by them.
    ///
    /// - Throws: ``ControlRefusal`` as for a rollout.
    init(changing standard: RolloutPolicy, by terms: RolloutTerms) throws(ControlRefusal) {
        self = standard
        try change(by: terms)
    }

    /// A whole policy as an operator gives it. A member that nobody reads is refused: who misspells a bound has none.
    private init(document: JSONValue) throws(ControlRefusal) {
        do throws(JSONError) {
            self = try CodableJSON.decode(RolloutPolicy.self, from: document)
            var whole = self
            whole.urgent = urgent ?? UrgentLane(lossBudget: 1, bake: .zero, silenceDeadline: .zero)
            var problems = document.members(beside: try CodableJSON.value(of: whole))
                .map { "\($0) is no member of a policy" }
            if lane == .urgent { problems.append("lane is urgent: ask for the urgent lane with the rollout") }
            guard problems.isEmpty else {
                throw JSONError(.invalidValue, subject: "", message: problems.joined(separator: "; "))
            }
        } catch {
            let place = error.subject.isEmpty ? "" : "\(error.subject): "
            throw Self.invalid(["\(place)\(error.message)"])
        }
    }

    private static func invalid(_ problems: [String]) -> ControlRefusal {
        ControlRefusal(
            .policyInvalid, problems.joined(separator: "; "),
            next: "Change what is named, or leave it out.")
    }

    private mutating func change(by terms: RolloutTerms) throws(ControlRefusal) {
        if let name = terms.preset, name != self.name {
            guard let preset = ControlPreset.named[name] else {
                throw ControlRefusal(
                    .policyUnknown, "no policy is called \"\(name.prefix(80))\"",
                    next: "Name one of \(ControlPreset.named.keys.sorted().joined(separator: ", ")).")
            }
            self = preset.rollouts
        }
        lossBudget = terms.lossBudget ?? lossBudget
        confidence = terms.confidence ?? confidence
        bake = terms.bake ?? bake
        silenceDeadline = terms.silenceDeadline ?? silenceDeadline
        settleDeadline = terms.settleDeadline ?? settleDeadline
        pollInterval = terms.pollInterval ?? pollInterval
        noiseCeiling = terms.noiseCeiling ?? noiseCeiling
        alpha = terms.alpha ?? alpha
        refusalCountMax = terms.refusalCountMax ?? refusalCountMax
        if let steps = terms.programStepsMax {
            guard (1...RolloutPolicy.programStepsLimit).contains(steps) else {
                throw Self.invalid(["program_steps_max is \(steps), and is 1 to \(RolloutPolicy.programStepsLimit)"])
            }
            programStepsMax = steps
        }
        if let word = terms.labResult {
            guard let requirement = LabRequirement(rawValue: word) else {
                throw Self.invalid([
                    "lab_result is \"\(word.prefix(40))\", and is one of "
                        + LabRequirement.allCases.map(\.rawValue).joined(separator: ", ")
                ])
            }
            labResult = requirement
        }
    }

    /// The policy as the management API shows it.
    var terms: RolloutTerms {
        RolloutTerms(
            preset: name, lossBudget: lossBudget, confidence: confidence, bake: bake, silenceDeadline: silenceDeadline,
            settleDeadline: settleDeadline, pollInterval: pollInterval, noiseCeiling: noiseCeiling, alpha: alpha,
            refusalCountMax: refusalCountMax, labResult: labResult.rawValue, programStepsMax: programStepsMax)
    }
}
