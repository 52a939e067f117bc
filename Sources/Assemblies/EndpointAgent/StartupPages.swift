import DurableFiles
import FleetModel
import Glibc

/// Gives back the memory of code that only the start needed: most of what the agent's program runs once, it never runs
/// again, and its pages stay resident where memory is plenty.
enum StartupPages {
    /// After the start: enrolled, checked in, and a worker in force, where all is well.
    static let patience = Moment.Span.seconds(30)
    /// Bytes of `/proc/self/maps`: some hundred mappings of a hundred bytes.
    private static let mapsBytesMax = 1 << 20

    /// Gives them back once, after `patience`.
    static func giveBackLater() async {
        guard (try? await Task.sleep(for: .milliseconds(patience.milliseconds))) != nil else { return }
        giveBack()
    }

    /// Takes every page of code out of this process. One that runs again comes back from the page cache or the disk.
    ///
    /// Only mappings that are executable and not writable: nothing of them was ever changed. Read-only data is left, for
    /// the loader has written addresses into it before it was made read-only.
    ///
    /// - Returns: Bytes of the mappings; 0 when they cannot be read, which costs nothing but the memory.
    @discardableResult
    static func giveBack() -> Int {
        guard let bytes = try? DurableFiles().read("/proc/self/maps", bytesMax: mapsBytesMax) else { return 0 }
        return bytes.split(separator: UInt8(ascii: "\n")).reduce(0) { $0 + giveBack(mapping: $1) }
    }

    /// A line is `START-END PERMISSIONS OFFSET DEVICE INODE PATH`, the first two in hexadecimal (proc_pid_maps(5)).
    private static func giveBack(mapping line: ArraySlice<UInt8>) -> Int {
        let words = line.split(separator: UInt8(ascii: " "))
        let isCode = words.count >= 6 && words[1].elementsEqual("r-xp".utf8) && words[5].first == UInt8(ascii: "/")
        guard isCode else { return 0 }
        let ends = words[0].split(separator: UInt8(ascii: "-")).map {
            UInt(String(decoding: $0, as: UTF8.self), radix: 16)
        }
        guard ends.count == 2, let start = ends[0], let end = ends[1], start < end,
            let address = UnsafeMutableRawPointer(bitPattern: start),
            madvise(address, Int(end - start), Int32(MADV_DONTNEED)) == 0
        else { return 0 }
        return Int(end - start)
    }
}
