import FleetModel
import Foundation
import SwiftProtobuf
import Testing

@testable import ControlWire

@Suite("Reply")
struct ServerReplyTests {
    @Test("a reply arrives as it was sent")
    func roundTrip() throws {
        let reply = try Samples.reply()
        #expect(try ServerReply(decoding: reply.encoded()) == reply)
        let empty = ServerReply(endpoint: Samples.endpoint)
        #expect(try ServerReply(decoding: empty.encoded()) == empty)
    }

    @Test("no offers is another word than nothing new")
    func emptyOffers() throws {
        let none = ServerReply(endpoint: Samples.endpoint, offers: [])
        #expect(try ServerReply(decoding: none.encoded()).offers == [])
    }

    @Test("every kind of failure survives the wire", arguments: ReplyFailure.Kind.allCases)
    func failures(kind: ReplyFailure.Kind) throws {
        let reply = ServerReply(
            endpoint: Samples.endpoint, failure: ReplyFailure(kind: kind, message: "no", retryAfter: nil))
        #expect(try ServerReply(decoding: reply.encoded()) == reply)
    }

    @Test("garbage, oversize and an impossible offer are refused with their code")
    func refusals() {
        #expect(refusalCode { try ServerReply(decoding: [0xFF]) } == .malformed)
        #expect(refusalCode { try ServerReply(decoding: []) } == .missing)
        let long = [UInt8](repeating: 0, count: ControlWireLimit.replyBytesMax + 1)
        #expect(refusalCode { try ServerReply(decoding: long) } == .oversized)
        #expect(
            refusal(changing: { $0.packagesAvailable.packages["Core!"] = OpAMPPackageAvailable() }) == .invalidValue)
        #expect(refusal(changing: { $0.packagesAvailable.packages["linux-core"]?.version = "9" }) == .invalidValue)
        #expect(
            refusal(changing: { $0.packagesAvailable.packages["linux-core"]?.file.contentHash = Data() })
                == .invalidValue)
        #expect(
            refusal(changing: {
                $0.packagesAvailable.packages["linux-core"]?.file.signature = Data(
                    count: ControlWireLimit.signatureBytesMax + 1)
            }) == .tooLong)
        #expect(refusal(changing: { $0.remoteConfig.configHash = Data([1]) }) == .invalidValue)
        #expect(
            refusal(changing: {
                $0.remoteConfig.config.configMap["firebreak"]?.body = Data(count: ControlWireLimit.policyBytesMax + 1)
            }) == .tooLong)
        #expect(refusal(changing: { $0.customMessage.type = "suggestion" }) == .invalidValue)
    }

    @Test("a credential must be a bearer token of visible ASCII, and within its bound")
    func credentials() {
        for value in [
            "Bearer ", "Bearer a b", "Bearer a\r\nX: y", "Enrolment abc",
            "Bearer " + String(repeating: "a", count: 300),
        ] {
            #expect(
                refusal(changing: { $0.connectionSettings.opamp.headers.headers[0].value = value }) == .invalidValue,
                "\(value)")
        }
    }

    @Test("other configuration and other headers than ours change nothing")
    func othersAffairs() throws {
        var message = OpAMPServerToAgent()
        message.instanceUid = Data(Samples.endpoint.instanceUID)
        message.remoteConfig.config.configMap["collector"] = OpAMPAgentConfigFile()
        message.connectionSettings.opamp.destinationEndpoint = "https://elsewhere.example"
        let reply = try ServerReply(decoding: message.serializedBytes())
        #expect(reply == ServerReply(endpoint: Samples.endpoint))
    }

    @Test("the longest recall list fits into a reply")
    func longestRecallList() throws {
        var reply = ServerReply(endpoint: Samples.endpoint)
        let recall = RecallNotice(
            release: ReleaseID(accepted: String(repeating: "p", count: 64) + "@999999.999999.999999"),
            digest: Samples.digest, reason: String(repeating: "r", count: ControlWireLimit.messageBytesMax))
        reply.directive = Directive(
            serverNow: Samples.now, alertsAcknowledged: .max, recallRevision: .max,
            recalls: Array(repeating: recall, count: ControlWireLimit.recallCountMax))
        let bytes = try reply.encoded()
        #expect(bytes.count <= ControlWireLimit.replyBytesMax)
        #expect(try ServerReply(decoding: bytes) == reply)
        reply.directive?.recalls.append(recall)
        #expect(refusalCode { try reply.encoded() } == .tooMany)
    }

    @Test("the name of a set of offers changes with every offer and not with their order")
    func offersHash() {
        let other = PackOffer(
            release: ReleaseID(accepted: "web@1.0.0"), digest: Samples.otherDigest, signature: [])
        #expect(ServerReply.hash(of: [Samples.offer, other]) == ServerReply.hash(of: [other, Samples.offer]))
        #expect(ServerReply.hash(of: [Samples.offer]) != ServerReply.hash(of: [other]))
    }

    @Test("no mutation of the bytes crashes the decoder, and what it takes it writes back the same", arguments: 1...20)
    func mutations(seed: UInt64) throws {
        let whole = try Samples.reply().encoded()
        var random = SeededRandom(state: seed)
        var (taken, refused) = (0, 0)
        for _ in 0..<300 {
            do throws(ControlWireError) {
                let read = try ServerReply(decoding: mutate(whole, &random))
                #expect(try ServerReply(decoding: read.encoded()) == read)
                taken += 1
            } catch {
                refused += 1
            }
        }
        #expect(taken > 0 && refused > 0, "seed \(seed): the mutations reached one side only")
    }

    private func refusal(changing change: (inout OpAMPServerToAgent) -> Void) -> ControlWireError.Code? {
        refusalCode {
            guard let bytes = try? Samples.reply().encoded(),
                var message = try? OpAMPServerToAgent(serializedBytes: bytes)
            else { return }
            change(&message)
            _ = try ServerReply(decoding: (try? message.serializedBytes()) ?? [])
        }
    }
}
