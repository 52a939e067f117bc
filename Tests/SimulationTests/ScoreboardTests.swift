import CanonicalCoding
import Testing

@testable import FleetSimulator

@Suite("Scoreboard")
struct ScoreboardTests {
    /// Two incidents that strike soon, so that the runs are short.
    private static let plan = Scoreboard.Plan(
        fleet: 8_000, seed: 3, noise: 1e-6, rates: [1],
        incidents: IncidentCatalogue.all.filter { ["cs-cf291", "cf-2019"].contains($0.id) })

    /// Run once for all tests of it.
    private static let board = Task {
        var told = 0
        let board = await Scoreboard.run(plan) { _ in told += 1 }
        return (board: board, told: told)
    }

    @Test("the same plan gives the same tables, JSON and plots; another seed does not")
    func deterministic() async throws {
        var small = Self.plan
        small.fleet = 1_500
        let first = await Scoreboard.run(small) { _ in }
        let second = await Scoreboard.run(small) { _ in }
        #expect(try first.json() == second.json())
        #expect(first.markdown == second.markdown)
        #expect(first.drawings.map(\.plot.svg) == second.drawings.map(\.plot.svg))
        small.seed = 4
        #expect(try await Scoreboard.run(small) { _ in }.json() != first.json())
    }

    @Test("every subject meets every policy, in the plan's order, and each run is told of once")
    func rows() async {
        let (board, told) = await Self.board.value
        #expect(told == board.rows.count)
        #expect(
            board.rows.map { "\($0.subject.name) \($0.contestant.name)" }
                == Self.plan.runs.map { "\($0.subject.name) \($0.contestant.name)" })
        #expect(board.rows.count == 4 * 8)
        #expect(board.rows.allSatisfy { $0.report.policy == $0.contestant.policy.rawValue })
        #expect(board.rows.allSatisfy { $0.report.capViolations == 0 })
    }

    @Test("firebreak breaks the fewest in these incidents, and the page says so")
    func verdict() async throws {
        let board = await Self.board.value.board
        let own = try #require(board.summaries.first)
        #expect(own.contestant.policy == .firebreak && own.fewestAlone == 2 && own.hoursToP99 != nil)
        #expect(board.markdown.contains(board.verdict) && board.verdict.contains("2 of 2 incidents"))
        #expect(board.markdown.contains("| firebreak | \(NumberText.grouped(own.broken)) |"))
        #expect(!board.markdown.contains("|  |"), "no cell is empty")
    }

    @Test("scoreboard.json is JSON without what differs from machine to machine")
    func json() async throws {
        let text = try await Self.board.value.board.json()
        let value = JSONReader(try JSONParser.parse(Array(text.utf8), limits: .init(bytesMax: 1 << 20)))
        #expect(try value.member("runs").elements().count == 32)
        #expect(!text.contains("wall") && !text.contains("memory"))
    }

    @Test("the JSON of a simulation has the contract's members, each always there, null where it has no value")
    func reportMembers() throws {
        let contract: Set<String> = [
            "fleet", "policy", "seed", "offered", "broken", "hands", "halted", "rounds", "minutes_to_halt",
            "minutes_to_p99_coverage", "max_exposed", "cap_violations", "wall_seconds", "peak_memory_bytes",
        ]
        let added: Set<String> = ["halted_cohorts", "proven", "events"]
        let empty = try JSONReader(CodableJSON.value(of: SimulationReport())).object()
        #expect(Set(empty.names) == contract.union(added))
        guard case .null? = empty["minutes_to_halt"], case .null? = empty["minutes_to_p99_coverage"] else {
            Issue.record("what never happened is null")
            return
        }
        var halted = SimulationReport()
        halted.minutesToHalt = 42
        halted.minutesToP99Coverage = 43
        #expect(Set(try JSONReader(CodableJSON.value(of: halted)).object().names) == contract.union(added))
        #expect(try CodableJSON.decode(SimulationReport.self, from: CodableJSON.value(of: halted)) == halted)
    }

    @Test("quantiles over seeds are of the nearest rank, and none without values")
    func spread() throws {
        #expect(SeedSummary.Spread([]) == nil)
        let spread = try #require(SeedSummary.Spread((1...200).map(Double.init).shuffled()))
        #expect(spread.median == 100 && spread.p99 == 198 && spread.max == 200)
        let one = try #require(SeedSummary.Spread([7]))
        #expect(one.median == 7 && one.p99 == 7 && one.max == 7)
    }

    @Test("numbers are written the same everywhere")
    func numbers() {
        #expect(
            [0, 999, 1_000, 8_500_000, -1_234].map(NumberText.grouped) == ["0", "999", "1,000", "8,500,000", "-1,234"])
        #expect([0.05, 1_234.56, -0.25, 2].map(NumberText.tenths) == ["0.1", "1,234.6", "-0.3", "2.0"])
        #expect(
            [0.00001, 0.000015, 1, 0.25, 1e-6].map(NumberText.plain) == [
                "0.00001", "0.000015", "1", "0.25", "0.000001",
            ])
        #expect([0.00001, 0.07, 1, 0.003].map(NumberText.percent) == ["0.001%", "7%", "100%", "0.3%"])
        #expect([42, 210, 6_048].map(NumberText.minutes) == ["42 min", "3.5 h", "4.2 d"])
    }
}
