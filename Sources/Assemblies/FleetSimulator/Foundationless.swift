import Glibc

/// The C library's functions under a name of their own, where a member would hide them.
enum Foundationless {
    static func log10(_ value: Double) -> Double { Glibc.log10(value) }
}
