/// The bounds of a program. The writer does not make, and the loader does not take, what is above them.
package enum ProgramLimit {
    /// Bytes of a program, 32 MiB: a worker holds it twice while it changes over. All public Windows rules need 8.
    package static let programBytesMax = 32 << 20
    /// Rules: about ten times the public Sigma rules of all systems together.
    package static let ruleCountMax = 1 << 15
    /// Groups of rules: the public rules of all systems have 140 log sources.
    package static let groupCountMax = 1 << 10
    /// Groups that one event belongs to. A Sysmon registry event belongs to four; what is above is counted as refused.
    package static let groupsPerEventMax = 8
    /// Names of fields: the public rules of all systems have about 900.
    package static let fieldCountMax = 1 << 13
    /// Cells of all automata, 16 MiB: the public Windows rules need about 300,000.
    package static let nodeCountMax = 1 << 20
    /// Automata: three for each field of each group at most.
    package static let scannerCountMax = 1 << 14
    /// Words of a table of lists or operands, 8 MiB.
    package static let wordCountMax = 1 << 21
    /// Different predicates of all groups: the public rules have about 12,000.
    package static let predicateCountMax = 1 << 17
    /// Instructions of all rules: 12 MiB of program.
    package static let instructionCountMax = 1 << 20
    /// Instructions of one rule: the largest public Sigma rules need about 500.
    package static let ruleInstructionCountMax = 1 << 14
    /// Bytes of one operand. A needle that is longer than any text of an event can never match.
    package static let operandBytesMax = 8 << 10
    /// Words of the codes of a pattern, or of a regular expression with its classes.
    package static let operandWordsMax = 32 << 10
    /// Bytes of a rule's id: a UUID is 36 bytes.
    package static let ruleIDBytesMax = 64
    /// Bytes of the name of a field or a group.
    package static let nameBytesMax = 256
    /// Bytes of a rule's title: Sigma's specification allows 256 characters; an alert has room for 256 bytes.
    package static let titleBytesMax = 256
    /// Bytes of a rule's author, which its licence may oblige an alert to carry whole.
    package static let authorBytesMax = 512
    /// Bytes of one tag.
    package static let tagBytesMax = 64
    /// Tags of one rule: the longest list of a public rule has 22.
    package static let ruleTagCountMax = 32
    /// Tags of all rules.
    package static let tagCountMax = ruleCountMax * ruleTagCountMax
    /// Correlations, each of which keeps a table of its own while a program runs.
    package static let correlationCountMax = 256
    /// Rules that one correlation looks at.
    package static let correlationSourceCountMax = 64
    /// Fields by which one correlation tells matches apart.
    package static let correlationFieldCountMax = 8
    /// Seconds of a correlation's time span, 31 days.
    package static let timespanSecondsMax: Int64 = 31 * 86_400
}
