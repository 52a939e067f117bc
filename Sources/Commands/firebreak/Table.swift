/// Rows under headings, in columns that line up. Cells are made printable; ink is put on after the widths are known.
struct Table {
    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var ink: Console.Ink?

        init(stringLiteral value: String) { self.init(value) }

        init(_ text: String, _ ink: Console.Ink? = nil) {
            self.text = text.printable
            self.ink = ink
        }
    }

    enum Alignment {
        case left
        case right
    }

    /// Characters of a cell; longer ones are cut, so that one name does not push the rest off the screen.
    static let cellCountMax = 60
    private static let gap = "  "

    private let headings: [(title: String, alignment: Alignment)]
    private var rows: [[Cell]] = []

    init(_ headings: (String, Alignment)...) { self.init(headings) }

    init(_ headings: [(String, Alignment)]) { self.headings = headings.map { (title: $0.0, alignment: $0.1) } }

    /// Adds a row with a cell for each heading.
    mutating func add(_ cells: [Cell]) {
        precondition(cells.count == headings.count, "a row has one cell for each heading")
        rows.append(
            cells.map { cell in
                guard cell.text.count > Self.cellCountMax else { return cell }
                return Cell(cell.text.prefix(Self.cellCountMax - 1) + "…", cell.ink)
            })
    }

    /// The lines, the headings first.
    func lines(on console: Console) -> [String] {
        let widths = headings.indices.map { column in
            max(headings[column].title.count, rows.map { $0[column].text.count }.max() ?? 0)
        }
        func line(_ cells: [Cell]) -> String {
            var text = ""
            for (column, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.text.count)
                let inked = cell.ink.map { console.ink(cell.text, $0) } ?? cell.text
                let isLast = column == cells.count - 1
                switch headings[column].alignment {
                case .left: text += inked + (isLast ? "" : padding)
                case .right: text += padding + inked
                }
                if !isLast { text += Self.gap }
            }
            // An empty last cell leaves the gap before it.
            while text.last == " " { text.removeLast() }
            return text
        }
        return [line(headings.map { Cell($0.title, .grey) })] + rows.map(line)
    }
}

extension Table.Cell {
    init(_ text: Substring, _ ink: Console.Ink?) { self.init(String(text), ink) }
    init(_ number: some BinaryInteger) { self.init("\(number)") }
}

/// Lines of `name: value`, the values lined up.
struct FactSheet {
    private var facts: [(name: String, value: Table.Cell)] = []

    mutating func add(_ name: String, _ value: Table.Cell) { facts.append((name, value)) }

    func lines(on console: Console) -> [String] {
        let width = facts.map(\.name.count).max() ?? 0
        return facts.map { fact in
            let padding = String(repeating: " ", count: width - fact.name.count)
            let value = fact.value.ink.map { console.ink(fact.value.text, $0) } ?? fact.value.text
            return "\(console.ink(fact.name, .grey))\(padding)  \(value)"
        }
    }
}
