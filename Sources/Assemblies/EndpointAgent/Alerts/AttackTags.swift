import CanonicalCoding

/// Sigma's `attack.*` tags as OCSF's `attacks`: techniques by their ids, tactics by name and id (MITRE ATT&CK).
enum AttackTags {
    private static let tactics: [String: (id: String, name: String)] = [
        "reconnaissance": ("TA0043", "Reconnaissance"), "resource-development": ("TA0042", "Resource Development"),
        "initial-access": ("TA0001", "Initial Access"), "execution": ("TA0002", "Execution"),
        "persistence": ("TA0003", "Persistence"), "privilege-escalation": ("TA0004", "Privilege Escalation"),
        "defense-evasion": ("TA0005", "Defense Evasion"), "credential-access": ("TA0006", "Credential Access"),
        "discovery": ("TA0007", "Discovery"), "lateral-movement": ("TA0008", "Lateral Movement"),
        "collection": ("TA0009", "Collection"), "command-and-control": ("TA0011", "Command and Control"),
        "exfiltration": ("TA0010", "Exfiltration"), "impact": ("TA0040", "Impact"),
    ]

    /// One entry for each tag that is understood; others are passed over, and stand unread among the unmapped.
    static func attacks(_ tags: [String]) -> [JSONValue] {
        tags.compactMap { tag in
            guard tag.hasPrefix("attack.") else { return nil }
            let word = String(tag.dropFirst("attack.".count))
            // Sigma writes tactics with either sign between the words.
            if let tactic = tactics[String(word.map { $0 == "_" ? "-" : $0 })] {
                return ["tactic": ["uid": .string(tactic.id), "name": .string(tactic.name)]]
            }
            return technique(word)
        }
    }

    /// `t1059` or `t1059.004`.
    private static func technique(_ word: String) -> JSONValue? {
        let parts = word.uppercased().split(separator: ".", omittingEmptySubsequences: false)
        guard let main = parts.first, parts.count <= 2, main.first == "T", main.count == 5,
            main.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber })
        else { return nil }
        guard parts.count == 2 else { return ["technique": ["uid": .string(String(main))]] }
        guard parts[1].count == 3, parts[1].allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return [
            "technique": ["uid": .string(String(main))],
            "sub_technique": ["uid": .string("\(main).\(parts[1])")],
        ]
    }
}
