/// What a worker did to itself before it read the first byte from the agent, in its own words.
///
/// A worker that could not do all of it does not work, so a report is either complete or comes with a fault. The
/// numbers say how much was applied on this kernel.
package struct SealReport: Hashable, Sendable {
    package struct Measures: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// No file descriptor is open but the standard three and the channel.
        package static let descriptors = Measures(rawValue: 1)
        /// Resource limits are set: memory, processor, processes, files, core dumps.
        package static let limits = Measures(rawValue: 2)
        /// All capabilities are dropped, and no_new_privs holds.
        package static let privileges = Measures(rawValue: 4)
        /// Other processes of the same user cannot attach or read the memory.
        package static let undumpable = Measures(rawValue: 8)
        /// Landlock with no path allowed.
        package static let landlock = Measures(rawValue: 16)
        /// A seccomp filter that ends the process at the first call outside its list.
        package static let seccomp = Measures(rawValue: 32)

        package static let all: Measures = [.descriptors, .limits, .privileges, .undumpable, .landlock, .seccomp]
    }

    package var measures: Measures
    /// Landlock ABI of the kernel, 0 when it has none. From 4 on TCP is refused too, from 6 on signals to others.
    package var landlockABI: UInt8
    /// System calls on the allow-list.
    package var allowedCallCount: UInt8
    /// Address space that the process may have, in bytes.
    package var addressSpaceBytesMax: UInt64

    package var isComplete: Bool { measures == .all }

    package init(measures: Measures, landlockABI: UInt8, allowedCallCount: UInt8, addressSpaceBytesMax: UInt64) {
        self.measures = measures
        self.landlockABI = landlockABI
        self.allowedCallCount = allowedCallCount
        self.addressSpaceBytesMax = addressSpaceBytesMax
    }
}
