import FleetSimulator

/// The scoreboard, for a person at a terminal.
enum ScoreboardView {
    static func lines(_ board: Scoreboard, on console: Console) -> [String] {
        let plan = board.plan
        return incidents(board).lines(on: console) + [""] + summary(board).lines(on: console) + [
            "", console.ink(board.verdict, .bold),
            "\(NumberText.grouped(plan.fleet)) endpoints, seed \(plan.seed). hands: machines that somebody must go to. "
                + "time to halt: the median of those that were halted.",
        ]
    }

    private static func incidents(_ board: Scoreboard) -> Table {
        let peers = Scoreboard.Contestant.peers
        var table = Table([("BROKEN", .left)] + peers.map { ($0.name, Table.Alignment.right) })
        for subject in board.plan.subjects where subject != .clean {
            let counts = peers.map { board.report(subject, $0)?.broken }
            let least = counts.compactMap(\.self).min()
            table.add(
                [Table.Cell(subject.name)]
                    + counts.map { count in
                        Table.Cell(count.map(NumberText.grouped) ?? "", count == least ? .green : nil)
                    })
        }
        return table
    }

    private static func summary(_ board: Scoreboard) -> Table {
        var table = Table(
            ("ALL INCIDENTS", .left), ("BROKEN", .right), ("HANDS", .right), ("FEWEST IN", .right),
            ("TIME TO HALT", .right), ("CLEAN: 99%", .right))
        for row in board.summaries {
            table.add([
                Table.Cell(row.contestant.name), Table.Cell(NumberText.grouped(row.broken)),
                Table.Cell(NumberText.grouped(row.hands)),
                Table.Cell("\(row.fewest) of \(board.plan.incidents.count)"),
                Table.Cell(row.medianMinutesToHalt.map(NumberText.minutes) ?? "-"),
                Table.Cell(row.isCleanHalted ? "halted" : row.hoursToP99.map { NumberText.minutes($0 * 60) } ?? "-"),
            ])
        }
        return table
    }
}
