extension Int64 {
    /// The quotient rounded down, also below zero: the day of a moment before 1970 is the one that it lies in.
    ///
    /// - Parameter divisor: Above zero.
    package func floored(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : (self + 1) / divisor - 1
    }
}
