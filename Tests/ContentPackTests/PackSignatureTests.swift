import ContentPack
import FleetModel
import Testing

@Suite("Pack signature block")
struct PackSignatureTests {
    @Test("the block has 1,024 bytes and reads back as itself")
    func roundTrip() throws {
        let block = PackFixture.signature.block
        #expect(block.count == PackSignature.bodyOffset)
        #expect(try PackSignature(block: block[...]) == PackFixture.signature)
        #expect(try UnverifiedPack(PackFixture.bytes()).signature() == PackFixture.signature)
    }

    @Test("there is one block for one signature: any changed byte is another signature or none")
    func oneForm() throws {
        let block = PackFixture.signature.block
        for place in block.indices {
            for flip in [0x01, 0x20] as [UInt8] {
                var changed = block
                changed[place] ^= flip
                let read = try? PackSignature(block: changed[...])
                #expect(read != PackFixture.signature, "byte \(place)")
                if let read { #expect(read.block == changed) }
            }
        }
    }

    @Test("a file shorter than its block is cut off")
    func truncated() {
        for count in [0, 1, 511, 512, 1_023] {
            let error = #expect(throws: PackError.self) {
                try PackSignature(block: PackFixture.signature.block.prefix(count))
            }
            #expect(error?.code == .truncated)
        }
    }

    @Test("what is signed names its purpose and then the digest")
    func message() {
        let digest = PackFixture.digest([1])
        #expect(PackSignature.message(bodyDigest: digest) == Array("firebreak-pack-v1\n".utf8) + digest.bytes)
    }
}
