/// The bounds of a program. The writer does not make, and the loader does not take, what is above them.
package enum ProgramLimit {
    /// Bytes of a program, 16 MiB: a worker holds it twice while it changes over.
    package static let programBytesMax = 16 << 20
    /// Rules: about ten times the public Sigma rules of all systems together.
    package static let ruleCountMax = 1 << 15
    /// Different predicates: about six times the literals of all public Windows rules.
    package static let predicateCountMax = 1 << 17
    /// Instructions of all rules: 12 MiB of program.
    package static let instructionCountMax = 1 << 20
    /// Instructions of one rule: the largest public Sigma rules need about 500.
    package static let ruleInstructionCountMax = 1 << 14
    /// Bytes of one operand. A needle that is longer than any text of an event can never match.
    package static let operandBytesMax = 8 << 10
    /// Entries of all search tables that the loader builds, 8 MiB of memory: operands may share their bytes in a
    /// program, so that its size does not bound them.
    package static let tableEntryCountMax = 4 << 20
    /// Bytes of a rule's id: a UUID is 36 bytes.
    package static let ruleIDBytesMax = 64
    /// Bytes of a rule's title: Sigma's specification allows 256 characters; an alert has room for 256 bytes.
    package static let titleBytesMax = 256
    /// Bytes of a rule's author, which its licence may oblige an alert to carry whole.
    package static let authorBytesMax = 512
    /// Bytes of one tag.
    package static let tagBytesMax = 64
    /// Tags of one rule: SigmaHQ's longest list has 14.
    package static let ruleTagCountMax = 16
    /// Tags of all rules.
    package static let tagCountMax = ruleCountMax * ruleTagCountMax
}
