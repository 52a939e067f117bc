import ArgumentParser
import ControlClient
import ControlWire
import FleetModel
import Testing

@testable import firebreak

@Suite("Command line")
struct ParseTests {
    @Test(
        "what is no command line is refused before anything is sent",
        arguments: [
            ["rollout", "start", "linux-core"], ["rollout", "start", "linux-core@1"], ["rollout", "start"],
            ["rollout", "start", "linux-core@1.0.0", "--bake", "6"],
            ["rollout", "start", "a@1.0.0", "--loss-budget", "0"],
            ["rollout", "start", "a@1.0.0", "--confidence", "1"], ["rollout", "start", "a@1.0.0", "--confidence", "0"],
            ["rollout", "hold"], ["rollout", "recall", "Not A Rollout"], ["endpoint", "show", "abc"],
            ["endpoint", "revoke", "000102030405060708090a0b0c0d0e0f", "--reason", ""], ["endpoint", "add", ""],
            ["pack", "build", "--name", "Linux Core", "--version", "1.0.0", "--rules", "r", "--examples", "e"],
            ["pack", "build", "--name", "a", "--version", "1.0", "--rules", "r", "--examples", "e"],
            [
                "pack", "build", "--name", "a", "--version", "1.0.0", "--rules", "r", "--examples", "e", "--chaos",
                "worse",
            ],
            ["alert", "list", "--limit", "0"], ["alert", "tail", "--count", "0"], ["alert", "tail", "--after", "-1"],
            ["policy", "check"], ["policy", "show"], ["policy", "show", "a", "b"], ["policy", "schema", "a"],
            ["bogus"], ["status", "extra"],
        ])
    func refused(words: [String]) {
        let error = #expect(throws: (any Error).self) { try Firebreak.parseAsRoot(words) }
        if let error { #expect(Firebreak.exitCode(for: error) == .validationFailure) }
    }

    @Test("a rollout is named by its id or by its release")
    func targets() {
        #expect(RolloutTarget(argument: "r-000001") == .id(RolloutID(accepted: "r-000001")))
        #expect(RolloutTarget(argument: "a@1.0.0") == .release(ReleaseID(accepted: "a@1.0.0")))
        #expect(RolloutTarget(argument: "A b") == nil)
    }

    @Test("what is given goes before the environment, and that before the default")
    func defaults() throws {
        let options = try ControlOptions.parse(["--ca", "mine.pem"])
        let environment = [
            "FIREBREAK_CONTROL": "https://control.example", "FIREBREAK_CA": "theirs.pem",
            "FIREBREAK_OPERATOR_TOKEN_FILE": "",
        ]
        let resolved = options.resolved(environment: environment, addressFile: "/nonexistent")
        #expect(
            resolved
                == .init(
                    control: "https://control.example", certificateAuthorityFile: "mine.pem",
                    operatorTokenFile: "var/control/operator.token"))
        #expect(
            try ControlOptions.parse([]).resolved(environment: [:], addressFile: "/nonexistent").control
                == "https://127.0.0.1:8443")
    }

    @Test("spans are read strictly and shown in their largest unit")
    func spans() {
        let good: [(String, Int64)] = [
            ("500ms", 500), ("90s", 90_000), ("30m", 1_800_000), ("2h", 7_200_000), ("1d", 86_400_000), ("0s", 0),
        ]
        for (text, milliseconds) in good {
            #expect(TimeText.span(reading: text)?.milliseconds == milliseconds, "\(text)")
        }
        for text in ["", "s", "5", "-1s", "1.5s", "5 s", "5S", "99999999999999999999s", "9999d", "ms", "5min"] {
            #expect(TimeText.span(reading: text) == nil, "\(text)")
        }
        #expect(
            [450, 12_000, 180_000, 18_000_000, 200_000_000].map { TimeText.span(.milliseconds($0)) }
                == ["450 ms", "12 s", "3 min", "5 h", "2 d"])
        #expect(TimeText.age(of: nil, at: Moment(milliseconds: 0)) == "never")
        #expect(
            TimeText.age(of: Moment(milliseconds: 9), at: Moment(milliseconds: 0)) == "0 ms ago",
            "a clock that went back")
    }

    @Test("each failure has its exit code")
    func exits() {
        let exits: [ClientError.Code: CommandExit] = [
            .unreachable: .unreachable, .timedOut: .unreachable, .untrusted: .unreachable, .unauthorized: .refused,
            .refused: .refused, .badInput: .badInput, .failed: .failure, .malformed: .failure, .oversized: .failure,
        ]
        for code in ClientError.Code.allCases {
            let failure = CommandFailure(ClientError(code, subject: "s", message: "m", nextStep: "n"))
            #expect(failure.exit == exits[code], "\(code)")
        }
        #expect(CommandExit.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 7])
    }

    @Test("a refusal is shown with the server's code, its words and the next step")
    func refusalText() {
        let failure = CommandFailure(
            ClientError(
                .refused, serverCode: "release.unknown", status: 404, subject: "POST /api/v1/rollouts",
                message: "no release a@1.0.0", nextStep: "Publish it first."))
        #expect(failure.text == "firebreak: no release a@1.0.0 (release.unknown)\n  Publish it first.")
        #expect(
            failure.body
                == ErrorBody(code: "release.unknown", message: "no release a@1.0.0", nextStep: "Publish it first."))
    }
}
