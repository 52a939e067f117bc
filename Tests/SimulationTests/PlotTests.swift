import Testing

@testable import FleetSimulator

@Suite("Plots")
struct PlotTests {
    /// As much of XML 1.0 as a drawing uses: every tag is closed in order, attributes are quoted and named once, and no
    /// text holds a bare `<` or `&`.
    static func fault(in xml: String) -> String? {
        var open: [String] = []
        var rest = xml[...]
        while let start = rest.firstIndex(of: "<") {
            if let fault = textFault(rest[..<start]) { return fault }
            guard let end = rest[start...].firstIndex(of: ">") else { return "a tag has no end" }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else { return "\(tag) closes another" }
                continue
            }
            let isClosed = tag.hasSuffix("/")
            let body = isClosed ? tag.dropLast() : tag
            let name = String(body.prefix { $0 != " " })
            guard let first = name.first, first.isLetter else { return "<\(tag)> has no name" }
            if let fault = attributeFault(body.dropFirst(name.count)) { return "<\(tag)>: \(fault)" }
            if !isClosed { open.append(name) }
        }
        if let fault = textFault(rest) { return fault }
        return open.isEmpty ? nil : "\(open) are not closed"
    }

    private static func textFault(_ text: Substring) -> String? {
        for (index, character) in zip(text.indices, text) where character == "&" {
            let entity = text[index...].prefix { $0 != ";" }
            guard ["&amp", "&lt", "&gt", "&quot"].contains(String(entity)) else { return "a bare &" }
        }
        return nil
    }

    private static func attributeFault(_ text: Substring) -> String? {
        var names: Set<String> = []
        var rest = text.drop { $0 == " " }
        while !rest.isEmpty {
            let name = String(rest.prefix { $0 != "=" })
            rest = rest.dropFirst(name.count + 1)
            guard rest.first == "\"", !name.contains(" "), names.insert(name).inserted else {
                return "attribute \(name)"
            }
            let value = rest.dropFirst().prefix { $0 != "\"" }
            if let fault = textFault(value) { return fault }
            rest = rest.dropFirst(value.count + 2).drop { $0 == " " }
        }
        return nil
    }

    @Test("the check of drawings bites")
    func checkBites() {
        #expect(Self.fault(in: "<a><b x=\"1\" y=\"2\"/>&amp;</a>") == nil)
        for bad in [
            "<a>", "<a></b>", "<a x=1/>", "<a x=\"1\" x=\"2\"/>", "a & b", "<a x=\"&\"/>", "<a", "</a>", "< a/>",
        ] {
            #expect(Self.fault(in: bad) != nil, "\(bad)")
        }
    }

    private static func plot(_ points: [(x: Double, y: Double)]) -> Plot {
        Plot(
            title: "A & B < \"C\"", subtitle: "seed 1", x: .shares(title: "x", from: 0.001, to: 1),
            y: .counts(title: "y", upTo: 1_000),
            series: [
                Plot.Series(name: "<one>", color: "#c2410c", isArea: true, points: points),
                Plot.Series(name: "none", color: "#111827", dash: "2 4"),
            ])
    }

    @Test("a drawing is well-formed, whatever its words, and with no points at all")
    func wellFormed() {
        #expect(Self.fault(in: Self.plot([(x: 0.001, y: 0), (x: 0.1, y: 100), (x: 1, y: 1e9)]).svg) == nil)
        #expect(Self.fault(in: Self.plot([]).svg) == nil)
    }

    @Test("every plot of a scoreboard is well-formed, within its frame, and names every series and tick")
    func scoreboard() async {
        let plan = Scoreboard.Plan(fleet: 1_000, seed: 1, noise: 1e-6, rates: [0.01, 1], incidents: [])
        for drawing in await Scoreboard.run(plan, each: { _ in }).drawings {
            let svg = drawing.plot.svg
            #expect(Self.fault(in: svg) == nil, "\(drawing.file)")
            for series in drawing.plot.series {
                #expect(svg.contains(">\(series.name)<") && !series.points.isEmpty, "\(drawing.file): \(series.name)")
            }
            for tick in drawing.plot.x.ticks + drawing.plot.y.ticks { #expect(svg.contains(">\(tick.label)<")) }
            #expect(!svg.contains("nan") && !svg.contains("inf"), "\(drawing.file)")
        }
    }

    @Test("a value beyond an axis is put at its end, and zero at the foot of a logarithmic one")
    func positions() {
        let counts = PlotAxis.counts(title: "n", upTo: 950)
        #expect(counts.ticks.map(\.label) == ["0", "1", "10", "100", "1,000"])
        #expect(counts.position(0) == 0 && counts.position(1_000) == 1 && counts.position(1e9) == 1)
        let hours = PlotAxis.hours(title: "h", upTo: 7.2)
        #expect(hours.ticks.map(\.label) == ["0", "1", "2", "3", "4", "5", "6", "7"])
        #expect(PlotAxis.shares(title: "p", from: 0.00001, to: 1).ticks.map(\.label).last == "100%")
    }

    @Test("a trace stays within its bound, in order, from the first look to the last")
    func traceBound() {
        var trace = FleetTrace()
        var second: UInt32 = 0
        for _ in 0..<9_000 {
            var point = TracePoint()
            point.minute = Double(second) / 60
            trace.append(point, at: second)
            second = trace.dueAt
            #expect(trace.points.count <= FleetTrace.pointCountMax)
        }
        let minutes = trace.points.map(\.minute)
        #expect(minutes == minutes.sorted() && minutes.first == 0 && minutes.count > FleetTrace.pointCountMax / 2)
    }
}
