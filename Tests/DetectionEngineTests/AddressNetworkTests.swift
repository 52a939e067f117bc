import DetectionEngine
import Testing

@Suite("Address network")
struct AddressNetworkTests {
    private static func address(_ text: String) -> NetworkAddress? { NetworkAddress(parsing: Array(text.utf8).span) }

    @Test("addresses are read as RFC 4291 writes them")
    func addresses() {
        let cases: [(String, UInt128, Bool)] = [
            ("0.0.0.0", 0, false), ("255.255.255.255", 0xFFFF_FFFF, false), ("1.2.3.4", 0x0102_0304, false),
            ("::", 0, true), ("::1", 1, true), ("1::", 1 << 112, true),
            ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008, true),
            ("1::8", 1 << 112 | 8, true), ("::ffff:1.2.3.4", 0xFFFF_0102_0304, true),
            ("FE80::A", 0xFE80 << 112 | 10, true),
            ("1:2:3:4:5:6:1.2.3.4", 0x0001_0002_0003_0004_0005_0006_0102_0304, true),
            ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000, true),
        ]
        for (text, value, isVersion6) in cases {
            #expect(Self.address(text) == NetworkAddress(isVersion6: isVersion6, value: value), "\(text)")
        }
    }

    @Test("what is no address is none")
    func noAddresses() {
        let texts = [
            "", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2..4", "1.2.3.4 ", "+1.2.3.4", ":", ":::",
            "1:2",
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "::1::", "12345::", "g::", "1:2:3:4:5:6:7:1.2.3.4",
            "1.2.3.4::",
            "::1%eth0", "1:2:3:4:5:6:7:8::", "1:", ":1", "1:2:3:4:5:6:7:", String(repeating: "1:", count: 40),
        ]
        for text in texts { #expect(Self.address(text) == nil, "\(text)") }
    }

    @Test("a network holds exactly the addresses with its prefix, at every length")
    func prefixes() throws {
        for length in 0...32 {
            let base: UInt128 = length == 0 ? 0 : (0xAAAA_AAAA >> UInt128(32 - length)) << UInt128(32 - length)
            let network = try #require(
                AddressNetwork(address: NetworkAddress(isVersion6: false, value: base), prefixLength: length))
            for bit in 0..<32 {
                let other = NetworkAddress(isVersion6: false, value: base ^ 1 << UInt128(bit))
                #expect(network.contains(other) == (bit < 32 - length), "/\(length), bit \(bit)")
            }
            #expect(!network.contains(NetworkAddress(isVersion6: true, value: base)))
        }
        for length in [0, 1, 63, 64, 65, 127, 128] {
            let base: UInt128 = length == 0 ? 0 : (UInt128.max >> UInt128(128 - length)) << UInt128(128 - length)
            let network = try #require(
                AddressNetwork(address: NetworkAddress(isVersion6: true, value: base), prefixLength: length))
            for bit in 0..<128 {
                let other = NetworkAddress(isVersion6: true, value: base ^ 1 << UInt128(bit))
                #expect(network.contains(other) == (bit < 128 - length), "/\(length), bit \(bit)")
            }
        }
    }

    @Test("a network with bits behind its prefix, or a prefix that is too long, is none")
    func noNetworks() {
        for text in [
            "10.0.0.1/8", "10.0.0.0/33", "fe80::1/10", "::/129", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "/8",
            "10.0.0.0/8/8",
        ] {
            #expect(AddressNetwork(text: text) == nil, "\(text)")
        }
        #expect(AddressNetwork(text: "10.0.0.1")?.prefixLength == 32)
        #expect(AddressNetwork(text: "0.0.0.0/0") != nil)
    }
}
