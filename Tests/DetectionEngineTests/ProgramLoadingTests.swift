@testable import DetectionEngine
import FleetModel
import Testing

/// Each kind of record that no writer makes, made by hand and refused by name.
@Suite("Program loading")
struct ProgramLoadingTests {
    typealias Edit = (inout ProgramImage) -> Void

    static func image() throws -> ProgramImage {
        var draft = try Fixture.everything()
        draft.correlations = [
            CorrelationFixture.correlation(
                900, .eventCount, [1, 2], by: ["User"], bounds: [.init(.greaterOrEqual, 3)]),
            CorrelationFixture.correlation(901, .valueCount, [3], bounds: [.init(.greater, 1)], value: "Image"),
            CorrelationFixture.correlation(902, .temporal, [900, 4], by: ["User", "Image"]),
        ]
        return ProgramImage(try draft.encoded())
    }

    /// Makes each edit alone and expects each program to be refused with its words.
    static func expectRefusals(_ cases: [(words: String, edit: Edit)]) throws {
        let good = try image()
        #expect(ProgramImage.refusal(of: good.bytes) == nil)
        for (words, edit) in cases {
            var image = good
            edit(&image)
            let error = ProgramImage.refusal(of: ProgramImage.restated(image.bytes))
            #expect(error?.code == .malformed, "\(words)")
            #expect(error?.description.contains(words) == true, "\(words): \(String(describing: error))")
            #expect(error?.message.contains("build the pack again") == true)
        }
    }

    @Test("fields that do not ascend, have no name or are not in the schema are refused")
    func fields() throws {
        try Self.expectRefusals([
            ("the names do not ascend", { image in for word in 0..<2 { image[.fields].swapAt(word, word + 2) } }),
            ("the names do not ascend", { image in image[.fields, 0, 1] = 0 }),
            (
                "the names do not ascend",
                { image in for word in 0..<2 { image[.fields, 1, word] = image[.fields, 0, word] } }
            ),
            ("is not in the schema", { image in image.texts[Int(image[.fields, 0, 0])] = 0x21 }),
            ("is no part of", { image in image[.fields, 0, 0] = UInt32(image.texts.count) }),
            ("is no part of", { image in image[.fields, 0, 1] = UInt32.max }),
        ])
    }

    /// The first state of an automaton that is no root, by kind, and its root.
    private static func state(_ image: ProgramImage, _ kind: ScanKind) -> (cell: Int, root: Int) {
        let scanner = image.first(.scanners) { $0[0] & 0xFF == UInt32(kind.rawValue) }
        let root = Int(image[.scanners, scanner, 2])
        return (image.first(.nodes) { $0[1] == UInt32(root) }, root)
    }

    @Test("cells that lead outside, have no root or belong to no automaton are refused")
    func cells() throws {
        try Self.expectRefusals([
            ("they are fewer than classes", { image in image[.nodes] = Array(image[.nodes].prefix(8)) }),
            ("the first cell is a state", { image in image[.nodes, 0, 1] = ScanNode.isRoot }),
            (
                "leads outside",
                { image in image[.nodes, Self.state(image, .substrings).cell, 0] = UInt32(image.count(.nodes)) }
            ),
            ("leads outside", { image in image[.nodes, 5, 0] = UInt32.max }),
            ("leads outside", { image in image[.nodes, 5, 1] = UInt32(image.count(.nodes)) }),
            ("leads outside", { image in image[.nodes, 5, 3] = UInt32(image.count(.outputs)) }),
            (
                "has no root",
                { image in
                    let state = Self.state(image, .prefixes)
                    image[.nodes, state.cell, 1] = UInt32(state.cell)
                }
            ),
            (
                "its root is none",
                { image in
                    let state = Self.state(image, .prefixes)
                    image[.nodes, state.root, 1] = UInt32(state.cell)
                }
            ),
            (
                "belongs to no scanner",
                { image in
                    image[.nodes, image.count(.nodes) - 1, 1] = ScanNode.isRoot
                }
            ),
        ])
    }

    @Test("an automaton whose failures go round, deeper or into another automaton is refused: every walk ends")
    func failures() throws {
        func substrings(_ image: ProgramImage) -> Int { Self.state(image, .substrings).cell }
        try Self.expectRefusals([
            ("does not fall back", { image in image[.nodes, substrings(image), 2] = UInt32(substrings(image)) }),
            (
                "does not fall back",
                { image in
                    let cell = substrings(image)
                    image[.nodes, cell, 2] = UInt32(image.first(.nodes) { $0[1] == UInt32(cell) })
                }
            ),
            ("does not fall back", { image in image[.nodes, substrings(image), 2] = UInt32(image.count(.nodes)) }),
            ("does not fall back", { image in image[.nodes, substrings(image), 2] = UInt32.max }),
            ("does not fall back", { image in image[.nodes, substrings(image), 2] = 0 }),
            (
                "does not fall back",
                { image in
                    image[.nodes, substrings(image), 2] = UInt32(Self.state(image, .prefixes).root)
                }
            ),
            (
                "does not fall back",
                { image in
                    let state = Self.state(image, .substrings)
                    image[.nodes, state.root, 2] = UInt32(state.cell)
                }
            ),
        ])
    }

    @Test("scanners of no kind, field or root, or with the root of another, are refused")
    func scanners() throws {
        try Self.expectRefusals([
            ("its kind is none", { image in image[.scanners, 0, 0] = 3 }),
            ("its kind is none", { image in image[.scanners, 0, 0] |= 1 << 9 }),
            ("is not there", { image in image[.scanners, 1, 1] = UInt32(image.count(.fields)) }),
            ("its root is none", { image in image[.scanners, 1, 2] = UInt32(Self.state(image, .prefixes).cell) }),
            ("is not below", { image in image[.scanners, 1, 2] = UInt32.max }),
            (
                "two have one root",
                { image in
                    image[.scanners, 1, 2] = image[.scanners, 0, 2]
                }
            ),
        ])
    }

    @Test("lists of finds that lead outside, link forward or name the predicates of another group are refused")
    func outputs() throws {
        func end(_ image: ProgramImage) -> UInt32 { UInt32(image.count(.outputs)) }
        func last(_ image: ProgramImage) -> UInt32 { UInt32(image.count(.predicates) - 1) }
        // A list that names what `names` says, at the first state of the automaton of commands.
        func list(_ image: inout ProgramImage, link: UInt32, _ names: [UInt32]) {
            let cell = Self.state(image, .substrings).cell
            image[.nodes, cell, 3] = end(image)
            image[.outputs] += [UInt32(names.count), link] + names
        }
        try Self.expectRefusals([
            ("the first word is not zero", { image in image[.outputs][0] = 1 }),
            ("leads outside", { image in image[.outputs] += [0] }),
            ("leads outside", { image in image[.outputs] += [2, 0, 0] }),
            ("leads outside", { image in image[.outputs] += [UInt32.max, 0, 0] }),
            ("links to", { image in image[.outputs] += [1, end(image), 0] }),
            ("links to", { image in image[.outputs] += [1, 2, 0] }),
            ("names predicate", { image in image[.outputs] += [1, 0, UInt32(image.count(.predicates))] }),
            ("names predicates of several groups", { image in image[.outputs] += [2, 0, 0, last(image)] }),
            ("finds predicates of another group", { image in list(&image, link: 0, [last(image)]) }),
            (
                "names predicates of several groups",
                { image in
                    let first = end(image)
                    image[.outputs] += [1, 0, last(image)]
                    list(&image, link: first, [image[.outputs][3]])
                }
            ),
            ("finds predicates of another group", { image in list(&image, link: 0, []) }),
            ("has no list at", { image in image[.nodes, Self.state(image, .substrings).cell, 3] = 2 }),
            ("has no list at", { image in image[.nodes, Self.state(image, .suffixes).cell, 2] = 2 }),
            ("has no list at", { image in image[.nodes, Self.state(image, .prefixes).cell, 2] = UInt32.max }),
        ])
    }
}
