import CanonicalCoding
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test(
        "Base64 writes and reads the vectors of RFC 4648 clause 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == coded)
        #expect(Base64.decode(coded) == Array(plain.utf8))
    }

    @Test("Every byte value survives the way out and back, at every length up to 257")
    func roundTrip() {
        for count in 0...257 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(
        "A text that the encoder would not have written is refused",
        arguments: [
            "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "=Zg=", "Z===", "Zm9_", "Zg==Zg==", "====",
        ])
    func strictness(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
