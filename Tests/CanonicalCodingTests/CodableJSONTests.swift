import CanonicalCoding
import FleetModel
import Testing

@Suite("Codable and JSON")
struct CodableJSONTests {
    struct Policy: Codable, Equatable {
        var lossBudget: UInt32
        var confidence: Double
        var note: String?
        var release: ReleaseID
        var at: Moment
        var tags: [String: String]
        var steps: [[Int]]
        var outcome: ExposureOutcome
    }

    static let policy = Policy(
        lossBudget: 4, confidence: 0.99, note: nil, release: ReleaseID(accepted: "linux-core@1.4.0"),
        at: Moment(milliseconds: 12), tags: ["keepMe": "as it is"], steps: [[1], []], outcome: .failed(.crash))

    @Test(
        "a value reads back as itself, in either style of names",
        arguments: [CodableJSON.KeyStyle.asWritten, .snakeCase])
    func roundTrip(keys: CodableJSON.KeyStyle) throws {
        let bytes = try CodableJSON.encode(Self.policy, keys: keys)
        let again = try CodableJSON.decode(Policy.self, from: bytes, limits: JSONParserTests.limits, keys: keys)
        #expect(again == Self.policy)
    }

    @Test("snake case renames members and leaves the keys of dictionaries alone")
    func snakeCase() throws {
        let text = String(decoding: try CodableJSON.encode(Self.policy, keys: .snakeCase), as: UTF8.self)
        let wanted =
            #"{"at":12,"confidence":0.99,"loss_budget":4,"outcome":{"failed":{"_0":"crash"}},"#
            + #""release":"linux-core@1.4.0","steps":[[1],[]],"tags":{"keepMe":"as it is"}}"#
        #expect(text == wanted)
    }

    @Test("a refusal names the path")
    func paths() throws {
        func refusal(_ change: (inout JSONObject) -> Void) throws -> JSONError? {
            guard case .object(var object) = try CodableJSON.value(of: Self.policy) else { return nil }
            change(&object)
            return #expect(throws: JSONError.self) { try CodableJSON.decode(Policy.self, from: .object(object)) }
        }
        #expect(try refusal { $0["lossBudget"] = -1 }?.subject == "lossBudget")
        #expect(try refusal { $0["steps"] = [[1, "x"]] }?.subject == "steps[0][1]")
        #expect(try refusal { $0["release"] = "no release" }?.subject == "release")
        #expect(try refusal { $0["confidence"] = nil }?.code == .missing)
    }

    @Test("a number that JSON cannot carry is refused, with its path")
    func unsafeNumbers() {
        let error = #expect(throws: JSONError.self) { try CodableJSON.encode(["x": [UInt64.max]]) }
        #expect(error?.subject == "x[0]")
        #expect(throws: JSONError.self) { try CodableJSON.encode([Double.nan]) }
    }
}
