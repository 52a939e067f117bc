@testable import GuardEngine

/// Values that tests speak of.
enum Sample {
    static func digest(_ number: Int) -> DigestText {
        let hex = String(number, radix: 16)
        let text = String(repeating: "0", count: DigestText.digitCount - hex.count) + hex
        return DigestText(measured: PlainText(Array(text.utf8)))
    }

    /// A record with every list as long as it may be.
    static var fullRecord: GuardRecord {
        var record = GuardRecord(bootID: "e6cd3a4d-26d6-4850-a9a0-1dc6c393392a")
        record.hasEnded = true
        record.wasClean = false
        record.bootCount = .max
        record.uncleanBoots = 2
        record.trial = .b
        record.slotA = SlotState(.proven)
        record.slotB = SlotState(.trying, digest(9))
        record.running = .b
        record.trialStarts = 2
        record.deaths = 3
        record.mode = .safe
        record.hasSwitched = true
        record.actionsUsed = 5
        record.reverted = digest(11)
        record.isSweepDue = true
        for number in 0..<GuardLimit.refusedBuildsMax { record.refuse(digest(100 + number)) }
        for number in 0..<GuardLimit.remediesMax {
            record.remember(remedy: PlainText([UInt8](repeating: 0x61, count: 60)) + "\(1_000 + number)")
        }
        return record
    }
}
