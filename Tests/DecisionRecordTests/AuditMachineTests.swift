import CanonicalCoding
import FleetModel

import Testing
import UpdateTrust

@testable import DecisionRecord
@testable import RolloutEngine

@Suite("Audit")
struct AuditMachineTests {
    private func audit(_ entries: [[UInt8]]) -> AuditMachine {
        var machine = AuditMachine()
        for entry in entries where machine.take(entry) != nil { break }
        return machine
    }

    /// The audit's verdict on a log whose entries were changed, each numbered anew: whoever tampers can count.
    private func failure(
        _ fleet: RecordedFleet, renumbered: Bool = true, _ change: (inout [RecordEntry]) throws -> Void
    ) throws -> AuditFailure? {
        var entries = fleet.entries
        try change(&entries)
        if renumbered { for index in entries.indices { entries[index].number = Int64(index) + 1 } }
        return audit(try entries.map { try $0.encoded() }).failure
    }

    private func verdicts(_ entries: [RecordEntry]) -> [Int] {
        entries.indices.filter { if case .verdict = entries[$0].body { true } else { false } }
    }

    @Test("a rollout that completes, one that halts, and one that halts a cohort alone are borne out by their entries")
    func honest() throws {
        let complete = audit(try RecordedFleet().bytes)
        #expect(complete.failure == nil)
        #expect(complete.summary.verdictCounts["complete"] == 1)
        #expect(complete.summary.entryCounts[.attestation] ?? 0 > 1)
        #expect(complete.recallsOwed.isEmpty)

        let halted = audit(try RecordedFleet(bad: 60).bytes)
        #expect(halted.failure == nil)
        #expect(halted.summary.verdictCounts["halt"] ?? 0 > 0)
        #expect(halted.summary.entryCounts[.recall] == 1)
        #expect(halted.recallsOwed.isEmpty)
    }

    @Test("any evidence that is changed is found, at the verdict that it is changed in")
    func changedEvidence() throws {
        let fleet = try RecordedFleet()
        for position in verdicts(fleet.entries) {
            let changes: [(inout VerdictEvidence) -> Void] = [
                { $0.counts.proven += 1 },
                {
                    $0.counts.failed += 1; $0.counts.offered += 1
                },
                { $0.waiting += 1 }, { $0.at = $0.at + .milliseconds(1) }, { $0.test.lnRatios[3] += 9 },
                {
                    $0.operatorReason = "none"; $0.phaseBefore = .held
                }, { $0.rest.expected += 1 },
                { $0.refusalsAccepted += 1 }, { $0.haltedCohortCount += 1 }, { $0.unripe += 1 },
            ]
            for (number, change) in changes.enumerated() {
                let found = try failure(fleet) { entries in
                    guard case .verdict(var verdict) = entries[position].body else { return }
                    let before = verdict
                    change(&verdict.evidence)
                    #expect(before != verdict)
                    entries[position].body = .verdict(verdict)
                }
                // A number that the verdict does not depend on may still break what the next one begins with.
                let isFound = found.map { $0.index >= UInt64(position) } ?? false
                if number == 0 || number == 3 || number == 4 || number > 4 && number < 9 {
                    #expect(isFound, "change \(number) of entry \(position)")
                }
            }
        }
    }

    @Test("any member of a verdict that is changed is found, and the first index named")
    func changedVerdict() throws {
        let fleet = try RecordedFleet()
        let changes: [(inout VerdictOutcome) -> Void] = [
            { $0.decision = $0.decision == .hold ? .expand : .hold }, { $0.phase = .halted }, { $0.cap += 1 },
            { $0.reasons = [] }, { $0.reasons[0].text += "." }, { $0.rateUpperBound /= 2 }, { $0.lnEvidence -= 1 },
            { $0.lnEvidenceToHalt += 1 }, { $0.wasComplete.toggle() }, { $0.rest.variance += 1 }, { $0.cohort = "c-0" },
            { $0.refusalsAccepted += 1 },
        ]
        for position in verdicts(fleet.entries) {
            for change in changes {
                let found = try failure(fleet) { entries in
                    guard case .verdict(var verdict) = entries[position].body else { return }
                    change(&verdict.outcome)
                    entries[position].body = .verdict(verdict)
                }
                #expect(found?.index == UInt64(position))
                #expect(found?.reason == .verdictDiffers)
            }
        }
    }

    @Test("an entry that is left out is found, whichever it is but the last ones, numbered anew or not")
    func removedEntry() throws {
        for bad in [0, 60] {
            let fleet = try RecordedFleet(bad: bad)
            for index in fleet.entries.indices.dropLast() {
                let plain = try failure(fleet, renumbered: false) { $0.remove(at: index) }
                #expect(plain?.reason == .outOfOrder)
                #expect(plain?.index == UInt64(index))
            }
            for index in verdicts(fleet.entries).dropLast() {
                let renumbered = try failure(fleet) { entries in entries.remove(at: index) }
                #expect(renumbered?.reason == .verdictMissing || renumbered?.reason == .recallUnfounded)
            }
            #expect(try failure(fleet) { $0.remove(at: 0) }?.reason == .attestationInvalid)
            #expect(try failure(fleet) { $0.remove(at: 1) }?.reason == .releaseUnlogged)
            #expect(try failure(fleet) { $0.remove(at: 3) }?.reason == .policyMissing)
        }
    }

    @Test("a hold that is left out is found though all that follow are numbered anew in their rollout too")
    func removedAndRenumbered() throws {
        var fleet = try RecordedFleet(until: 8)
        let now = Moment(milliseconds: 1_010_000)
        try fleet.handle(.operatorHold("wait"), at: now)
        let hold = try #require(verdicts(fleet.entries).last)
        try fleet.handle(.operatorResume, at: now)
        try fleet.handle(.operatorRecall("bad"), at: now)
        #expect(audit(try fleet.bytes).failure == nil)
        let found = try failure(fleet) { entries in
            entries.remove(at: hold)
            for index in entries.indices where index >= hold {
                guard case .verdict(var verdict) = entries[index].body else { continue }
                verdict.sequence -= 1
                entries[index].body = .verdict(verdict)
            }
        }
        #expect(found?.reason == .evidenceBroken)
        #expect(found?.index == UInt64(hold))
    }

    @Test("another policy is found: under its own digest, under the old one, and of another rollout")
    func swappedPolicy() throws {
        let fleet = try RecordedFleet()
        var other = RecordedFleet.policy
        other.lossBudget = 40
        let value = try CodableJSON.value(of: other)
        let digest = ContentDigest.sha256(try CanonicalJSON.encode(value))
        func swap(_ change: (inout RecordedPolicy) -> Void, alsoVerdicts: Bool = false) throws -> AuditFailure? {
            try failure(fleet) { entries in
                for index in entries.indices {
                    if case .policy(var policy) = entries[index].body {
                        change(&policy)
                        entries[index].body = .policy(policy)
                    }
                    if alsoVerdicts, case .verdict(var verdict) = entries[index].body {
                        verdict.policySHA256 = digest
                        entries[index].body = .verdict(verdict)
                    }
                }
            }
        }
        #expect(try swap { $0.policy = value }?.reason == .policyDiffers)
        #expect(
            try swap {
                $0.policy = value; $0.policySHA256 = digest
            }?.reason == .policyDiffers)
        let consistent = try swap(
            {
                $0.policy = value; $0.policySHA256 = digest
            }, alsoVerdicts: true)
        #expect(consistent?.reason == .verdictDiffers)
        #expect(consistent?.index == UInt64(verdicts(fleet.entries)[0]))
        #expect(try swap { $0.rollout = RolloutID(accepted: "r-2") }?.reason == .policyMissing)
        #expect(try swap { $0.digest = digest }?.reason == .releaseUnlogged)
    }

    @Test("a recall that no verdict bears out, one that is left out, and a rollout after it are found")
    func recalls() throws {
        let halted = try RecordedFleet(bad: 60)
        let recall = try #require(
            halted.entries.firstIndex { if case .recall = $0.body { true } else { false } })
        let early = try failure(halted) { entries in
            let entry = entries.remove(at: recall)
            entries.insert(RecordEntry(number: 0, at: entries[4].at, body: entry.body), at: 4)
        }
        #expect(early?.reason == .recallUnfounded)
        #expect(try failure(halted) { $0.removeSubrange(recall...) } == nil)
        let again = try failure(halted) { entries in
            guard case .policy(var policy) = entries[3].body else { return }
            policy.rollout = RolloutID(accepted: "r-2")
            entries.append(RecordEntry(number: 0, at: entries[entries.count - 1].at, body: .policy(policy)))
        }
        #expect(again?.reason == .recalledOffered)
        var open = AuditMachine()
        for entry in halted.entries.prefix(recall) { open.take(try entry.encoded()) }
        #expect(open.recallsOwed == [halted.rollout])
    }

    @Test("an attestation by another key, about another pack, or changed, is found")
    func attestations() throws {
        let fleet = try RecordedFleet()
        let other = try #require(AttestationKey(seed: [UInt8](repeating: 9, count: 32)))
        let payload = try RecordedFleet.labStatement(of: fleet.digest).fitting()
        func found(_ attestation: RecordedAttestation) throws -> AuditFailure.Reason? {
            try failure(fleet) { $0[2].body = .attestation(attestation) }?.reason
        }
        let signed = try fleet.key.sign(payload)
        var changed = signed
        changed.payload[20] ^= 1
        let type = LabStatement.predicate
        let subject = fleet.digest
        #expect(
            try found(.init(subject: subject, predicateType: type, envelope: other.sign(payload).json))
                == .attestationInvalid)
        #expect(
            try found(.init(subject: subject, predicateType: type, envelope: changed.json)) == .attestationInvalid)
        #expect(
            try found(.init(subject: other.id, predicateType: type, envelope: signed.json)) == .attestationInvalid)
        #expect(
            try found(.init(subject: subject, predicateType: "other", envelope: signed.json)) == .attestationInvalid)
        #expect(try found(.init(subject: subject, predicateType: type, envelope: signed.json)) == nil)
    }

    @Test("numbers that no gate has are refused, and none of them ends the process")
    func hostileNumbers() throws {
        let fleet = try RecordedFleet()
        let position = try #require(verdicts(fleet.entries).last)
        let big = 1 << 53 - 1
        let changes: [(inout VerdictEvidence) -> Void] = [
            { $0.counts.offered = -1 }, { $0.counts.refused = big }, { $0.waiting = big }, { $0.unripe = -big },
            { $0.test.lnRatios = [] }, { $0.test.lnRatios[0] = 1e300 }, { $0.capEvidence.settled = big },
            { $0.overdue = big },
            {
                $0.suspects = Array(
                    repeating: .init(cohort: "c", offered: 1, withdrawn: 0, harmed: 1, lnEvidence: 0), count: 40)
            },
            { $0.suspects = [.init(cohort: "c", offered: big, withdrawn: -big, harmed: big, lnEvidence: 1e308)] },
            { $0.cohort = "c-none" }, { $0.cohortCount = 0 }, { $0.startedAt = Moment(milliseconds: 0) },
            { $0.phaseBefore = .recalled }, { $0.watchedBakes = -1 },
            { $0.watchedBakes = 1e300 }, { $0.capEvidence.settled = -5 },
        ]
        let passing = 2
        for (index, change) in changes.enumerated() {
            var entry = fleet.entries[position]
            guard case .verdict(var verdict) = entry.body else { continue }
            change(&verdict.evidence)
            entry.body = .verdict(verdict)
            var machine = AuditMachine()
            for before in try fleet.bytes.prefix(position) { machine.take(before) }
            machine.take(try entry.encoded())
            // A number that nothing follows from in this verdict may pass; none of those may that a gate cannot have.
            if index < changes.count - passing {
                #expect(machine.failure?.index == UInt64(position), "change \(index)")
            }
        }
    }
}
