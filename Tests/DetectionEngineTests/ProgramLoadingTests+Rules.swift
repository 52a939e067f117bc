@testable import DetectionEngine
import FleetModel
import Testing

extension ProgramLoadingTests {
    @Test("predicates of no operator, field, operand or order are refused", arguments: Operator.allCases)
    func operands(test: Operator) throws {
        func number(_ image: ProgramImage) throws -> Int {
            try #require(image.predicate(test) >= 0, "the fixture has no \(test)")
            return image.predicate(test)
        }
        let good = try Self.image()
        let place = test == .equals || test == .startsWith || test == .endsWith ? -1 : try number(good)
        // Literals without case are found by automata: such predicates are made of one with case.
        let predicate = place >= 0 ? place : good.predicate(.contains)
        func edit(_ word: Int, _ value: UInt32) -> Edit {
            { image in
                image[.predicates, predicate, 0] = image[.predicates, predicate, 0] & ~0xFF | UInt32(test.rawValue)
                image[.predicates, predicate, word] = value
            }
        }
        let tables: [Operator: (String, UInt32)] = [
            .found: ("is no part of", 1 << 20), .exists: ("is no part of", 1), .isNull: ("is no part of", 1),
        ]
        let words = tables[test] ?? ("is no part of", UInt32.max)
        try Self.expectRefusals([
            ("predicates \(predicate): field", edit(1, 1 << 20)),
            (words.0, edit(2, words.1)),
            (words.0, edit(3, words.1)),
            ("rules", edit(4, UInt32.max)),
            ("rules", edit(5, 1 << 20)),
            ("its operator is none", edit(0, 13)),
            ("its operator is none", edit(0, UInt32(test.rawValue) | 1 << 9)),
            ("its operand is none", edit(0, UInt32(test.rawValue) | 5 << 24)),
        ])
    }

    @Test("operands that are no network, number, part of a moment, comparison, pattern or expression are refused")
    func operandWords() throws {
        func operand(_ image: ProgramImage, _ test: Operator) -> Int {
            Int(image[.predicates, image.predicate(test), 2])
        }
        func detail(_ test: Operator, _ detail: UInt32) -> Edit {
            { image in
                let head = image[.predicates, image.predicate(test), 0]
                image[.predicates, image.predicate(test), 0] = head & ~(0xFF << 16) | detail << 16
            }
        }
        func words(_ test: Operator, at word: Int, _ value: UInt32) -> Edit {
            { image in image[.operands][operand(image, test) + word] = value }
        }
        let anyRun = Predicate.PatternElement.anyRunCode
        try Self.expectRefusals([
            ("it is no network", { image in image[.networks, 0, 0] = 5 }),
            ("it is no network", { image in image[.networks, 0, 1] = 33 }),
            ("it is no network", { image in image[.networks, 0, 2] |= 1 }),
            ("it is no network", { image in image[.networks, 0, 5] = 1 }),
            ("its operand is none", { image in image[.predicates, image.predicate(.inNetwork), 3] = 0 }),
            ("its operand is none", words(.number, at: 0, 2)),
            (
                "its operand is none",
                { image in
                    let place = operand(image, .number)
                    image[.operands].replaceSubrange(place..<(place + 3), with: [1, 0, 0x7FF8_0000])
                }
            ),
            ("its operand is none", { image in image[.predicates, image.predicate(.number), 3] = 2 }),
            ("its operand is none", detail(.time, 6)),
            ("its operand is none", words(.time, at: 0, 7)),
            ("its operand is none", { image in image[.predicates, image.predicate(.time), 1] = UInt32.max }),
            ("its operand is none", detail(.field, 8)),
            ("its operand is none", { image in image[.predicates, image.predicate(.field), 3] = 0 }),
            ("its operand is none", { image in image[.predicates, image.predicate(.field), 1] = UInt32.max }),
            ("its operand is none", words(.pattern, at: 1, anyRun + 1)),
            ("its operand is none", words(.pattern, at: 1, anyRun)),
            ("its operand is none", { image in image[.predicates, image.predicate(.exists), 1] = UInt32.max }),
            ("its operand is none", { image in image[.predicates, image.predicate(.found), 1] = 0 }),
            ("its operand is none", { image in image[.predicates, image.predicate(.found), 3] = 0 }),
            ("instruction", words(.regex, at: RegexLayout.headerWordCount, 15)),
            ("header", words(.regex, at: RegexLayout.instructionCountIndex, 0)),
            ("header", words(.regex, at: RegexLayout.scalarCountMinIndex, 9)),
        ])
    }

    @Test("a jump back, to itself or out of the rule is refused: no program runs in a circle")
    func jumps() throws {
        // The second instruction of the first rule that has several.
        func second(_ image: ProgramImage) -> (instruction: Int, end: UInt32) {
            let rule = image.first(.rules) { $0[10] > 1 }
            return (Int(image[.rules, rule, 9]) + 1, image[.rules, rule, 9] + image[.rules, rule, 10])
        }
        var cases: [(words: String, edit: Edit)] = []
        for word in [1, 2] {
            for target in [-2, -1, 0] {
                cases.append(
                    (
                        "leads outside its rule",
                        { image in
                            let place = second(image).instruction
                            image[.instructions, place, word] = UInt32(max(0, place + target))
                        }
                    ))
            }
            cases.append(
                (
                    "leads outside its rule",
                    { image in
                        image[.instructions, second(image).instruction, word] = second(image).end
                    }
                ))
            cases.append(
                (
                    "leads outside its rule",
                    { image in
                        image[.instructions, second(image).instruction, word] = ProgramFormat.reject - 1
                    }
                ))
        }
        cases.append(
            (
                "leads outside its rule",
                { image in
                    image[.instructions, second(image).instruction, 0] = UInt32(image.count(.predicates))
                }
            ))
        cases.append(
            ("leads outside its rule", { image in image[.instructions, 0, 0] = UInt32(image.count(.predicates) - 1) }))
        cases.append(
            (
                "some belong to no rule",
                { image in image[.instructions] += [0, ProgramFormat.accept, ProgramFormat.reject] }
            ))
        cases.append(("they do not follow the rules", { image in image[.rules, 1, 9] = 0 }))
        try Self.expectRefusals(cases)
    }

    @Test("rules, routes, renames and groups that refer to what is not theirs are refused")
    func rules() throws {
        try Self.expectRefusals([
            ("its level or response is none", { image in image[.rules, 3, 6] = 5 }),
            ("its level or response is none", { image in image[.rules, 3, 6] |= 1 << 11 }),
            ("its level or response is none", { image in image[.rules, 3, 6] |= 1 << 12 }),
            ("its level or response is none", { image in image[.rules, 3, 6] |= 1 << 15 }),
            ("its level is none", { image in image[.rules, 3, 6] |= 1 << 16 }),
            ("it has no instructions", { image in image[.rules, 3, 10] = 0 }),
            ("instructions", { image in image[.rules, 3, 10] = UInt32(ProgramLimit.ruleInstructionCountMax + 1) }),
            ("id", { image in image[.rules, 3, 1] = UInt32(ProgramLimit.ruleIDBytesMax + 1) }),
            ("title", { image in image[.rules, 3, 2] = UInt32.max }),
            ("author", { image in image[.rules, 3, 5] = UInt32.max }),
            ("tags", { image in image[.rules, 3, 8] = UInt32(ProgramLimit.ruleTagCountMax + 1) }),
            ("tag ", { image in image[.tags, 0, 1] = UInt32(ProgramLimit.tagBytesMax + 1) }),
            ("comes after", { image in image[.routes, 0, 0] = 0 }),
            (
                "comes after",
                { image in
                    image[.routes, 1, 0] = 1; image[.routes, 0, 0] = 2
                }
            ),
            ("is not below", { image in image[.routes, 1, 0] = 3 }),
            ("renames", { image in image[.routes, 1, 2] = 2 }),
            ("is not below", { image in image[.renames, 0, 0] = UInt32(image.count(.fields)) }),
            ("is not below", { image in image[.renames, 0, 1] = UInt32.max }),
            ("its parts do not follow", { image in image[.groups, 1, 2] = 0 }),
            ("its parts do not follow", { image in image[.groups, 1, 4] = 0 }),
            (
                "its parts do not follow",
                { image in
                    image[.groups, 1, 6] += 1; image[.groups, 1, 7] -= 1
                }
            ),
            ("its groups leave records over", { image in image[.groups, 2, 3] -= 1 }),
            ("its groups leave records over", { image in image[.groups, 2, 5] -= 1 }),
            (
                "its first group is not that of the routes",
                { image in image[.routes] = Array(image[.routes].prefix(3)) }
            ),
            (
                "a rule of another group",
                { image in
                    image[.lists][Int(image[.groups, 1, 8])] = UInt32(image.count(.rules) - 1)
                }
            ),
            (
                "a rule of another group",
                { image in
                    let trigger = image.first(.predicates) { $0[5] > 0 }
                    image[.lists][Int(image[.predicates, trigger, 4])] = UInt32.max
                }
            ),
            (
                "a scanner of another group",
                { image in
                    let found = image.predicate(.found)
                    image[.lists][Int(image[.predicates, found, 2])] = UInt32(image.count(.scanners))
                }
            ),
        ])
    }

    @Test("correlations of no kind, rule, field, time span or bound are refused, and those that look at themselves")
    func correlations() throws {
        // Words: id, title, author, flags, tags (9) | rules n | n | fields k | n*k | time span 2 | bounds b | 3b | value.
        func edit(_ word: Int, _ value: UInt32) -> Edit { { image in image[.correlations][word] = value } }
        try Self.expectRefusals([
            ("its kind is none", edit(6, 4 << 16)),
            ("its kind is none", edit(6, 1 << 24)),
            ("its level or response is none", edit(6, 5)),
            ("a correlation has no response", edit(6, 2 << 9)),
            ("its level or response is none", edit(6, 4 << 9)),
            ("it looks at no rule", edit(9, 0)),
            ("is not below", edit(9, UInt32(ProgramLimit.correlationSourceCountMax + 1))),
            ("is not before it", edit(10, 0)),
            ("is not before it", edit(10, 1 << 20)),
            ("is not before it", edit(10, DetectionProgram.Correlation.correlationFlag)),
            ("is not below", edit(12, UInt32(ProgramLimit.correlationFieldCountMax + 1))),
            ("is not below", edit(13, 1 << 20)),
            ("its time span is 0 s", edit(15, 0)),
            ("its time span is", edit(16, 1)),
            ("its time span is", edit(16, UInt32.max)),
            ("is not below", edit(17, 6)),
            ("its bound is none", edit(18, 5)),
            ("its bound is", edit(19, UInt32(CorrelationLimit.boundMax + 1))),
            ("its bound is", edit(20, UInt32.max)),
            ("its field is none", edit(21, 0)),
            ("it ends too soon", { image in image[.correlations].removeLast() }),
            ("its field is none", { image in image[.correlations][image[.correlations].count - 1] = 1 }),
        ])
    }
}
