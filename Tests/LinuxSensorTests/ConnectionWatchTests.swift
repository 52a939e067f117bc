import FleetModel
import Glibc
import Testing

@testable import LinuxSensor

@Suite struct SocketRecordTests {
    private func decode(_ bytes: [UInt8], countMax: Int = 100) -> ([SocketRecord], SocketRecord.Ending) {
        var records: [SocketRecord] = []
        let ending = SocketRecord.decode(bytes.span.bytes, into: &records, countMax: countMax)
        return (records, ending)
    }

    @Test("a socket is taken apart: both ends, owner, inode and cookie")
    func record() throws {
        let (records, ending) = decode(KernelBytes.socket(cookie: 0x1_0000_0002))
        let record = try #require(records.first)
        #expect(ending == .more)
        #expect(record.source == SocketRecord.End(address: "127.0.0.1", port: 5000))
        #expect(record.destination == SocketRecord.End(address: "192.0.2.7", port: 443))
        #expect(record.cookie == 0x1_0000_0002)
        #expect(record.inode == 77)
        #expect(record.user == 1000)
        #expect(!record.isListening)
    }

    @Test("an IPv4 address within IPv6 is shown as what it is, and IPv6 in its short form")
    func addresses() {
        let mapped = Array(repeating: 0 as UInt8, count: 10) + [255, 255, 10, 0, 0, 1]
        let loopback = Array(repeating: 0 as UInt8, count: 15) + [1]
        let (records, _) = decode(KernelBytes.socket(family: 10, source: mapped, destination: loopback))
        #expect(records.map(\.source.address) == ["10.0.0.1"])
        #expect(records.map(\.destination.address) == ["::1"])
        #expect(decode(KernelBytes.socket(family: 3)).0.isEmpty)
    }

    @Test("an answer ends with the kernel's mark, its error, or bytes that are no answer")
    func endings() {
        #expect(decode(KernelBytes.socket() + KernelBytes.message(3, [0, 0, 0, 0])).1 == .done)
        var error = KernelBytes()
        error.put(-EPERM as Int32)
        #expect(decode(KernelBytes.message(2, error.bytes)).1 == .failed(EPERM))
        #expect(decode(KernelBytes.message(2, [])).1 == .failed(EPROTO))
        #expect(decode([1, 2, 3]).1 == .failed(EPROTO))
        #expect(decode(Array(KernelBytes.socket().dropLast())).1 == .failed(EPROTO))
    }

    @Test("sockets past the bound are not kept")
    func bounded() {
        let many = (0..<10).flatMap { KernelBytes.socket(cookie: $0) }
        #expect(decode(many, countMax: 4).0.count == 4)
    }

    @Test("no bytes whatever make it fail")
    func hostile() {
        var recordsCount = 0
        KernelBytes.broken(KernelBytes.socket() + KernelBytes.socket(family: 10) + KernelBytes.message(3, [])) {
            bytes in
            recordsCount += decode(bytes).0.count
        }
        #expect(recordsCount > 1000)
    }
}

@Suite struct ConnectionWatchTests {
    private func socket(_ cookie: UInt64, port: UInt16 = 5000, isListening: Bool = false) -> SocketRecord {
        SocketRecord(
            isListening: isListening, source: SocketRecord.End(address: "10.0.0.1", port: port),
            destination: SocketRecord.End(address: "10.0.0.2", port: 443), cookie: cookie, inode: 1, user: 0)
    }

    @Test("connections of the first look were there before; later ones are told once each")
    func new() {
        var watch = ConnectionWatch()
        #expect(watch.look([socket(1)], openedCount: nil).isEmpty)
        #expect(watch.look([socket(1), socket(2)], openedCount: nil).map(\.socket.cookie) == [2])
        #expect(watch.look([socket(1), socket(2), socket(2)], openedCount: nil).isEmpty)
    }

    @Test("who connects from a port that somebody listens on was connected to")
    func initiated() {
        var watch = ConnectionWatch()
        _ = watch.look([], openedCount: nil)
        let opened = watch.look(
            [socket(9, port: 22, isListening: true), socket(1, port: 22), socket(2, port: 5000)], openedCount: nil)
        #expect(opened.map(\.isInitiated) == [false, true])
        let event = opened[0].event(at: Moment(milliseconds: 0))
        #expect(event[.initiated] == .text("false"))
        #expect(event[.sourcePort] == .integer(22))
        #expect(event[.destinationIp] == .text("10.0.0.2"))
        #expect(event[.protocol] == .text("tcp"))
    }

    @Test("what opened and closed between two looks is counted by what the kernel opened")
    func unsampled() {
        var watch = ConnectionWatch()
        _ = watch.look([socket(1)], openedCount: 100)
        _ = watch.look([socket(1), socket(2)], openedCount: 104)
        #expect(watch.unsampledCount == 3)
        // One that is opened while the kernel is looking is counted by it a look later.
        _ = watch.look([socket(3)], openedCount: 104)
        #expect(watch.unsampledCount == 3)
        _ = watch.look([socket(3)], openedCount: 105)
        #expect(watch.unsampledCount == 3)
        _ = watch.look([], openedCount: 107)
        #expect(watch.unsampledCount == 5)
    }

    @Test("the kernel's counts are found by their names")
    func opened() {
        let text = "Ip: A B\nIp: 1 2\nTcp: X ActiveOpens PassiveOpens Y\nTcp: -1 40 2 9\nUdp: ActiveOpens\nUdp: 7\n"
        #expect(ConnectionWatch.openedCount(in: Array(text.utf8)) == 42)
        #expect(ConnectionWatch.openedCount(in: []) == nil)
        #expect(ConnectionWatch.openedCount(in: Array("Tcp: ActiveOpens\nTcp:\n".utf8)) == nil)
    }

    @Test("a look that takes long makes the next ones rarer, within bounds")
    func pause() {
        #expect(ConnectionSource.pause(after: 0) == 1000)
        #expect(ConnectionSource.pause(after: 1_000_000) == 1000)
        #expect(ConnectionSource.pause(after: 10_000_000) == 5000)
        #expect(ConnectionSource.pause(after: .max) == SensorLimit.connectionMillisecondsMax)
    }
}
