/// The bounds of a regular expression's program. The writer does not make, and the check does not take, what is above.
package enum RegexLimit {
    /// Instructions of one program: a repeat of 1,000 with an instruction and a branch for each time fits twice.
    /// An operand has room for every index below this.
    package static let instructionCountMax = 4_096
    /// Different classes of one program: the public Sigma rules need about ten.
    package static let classCountMax = 256
    /// Words of one program, 128 KiB: room for the code and for about twenty classes as large as all letters are.
    package static let wordCountMax = 1 << 15
}
