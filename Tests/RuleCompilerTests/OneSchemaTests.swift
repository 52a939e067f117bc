import FleetModel
import RuleCompiler
import Testing

/// The first joint between rule and sensor; those behind it are the engine's.
@Suite("One schema, in rules")
struct OneSchemaTests {
    @Test(
        "the compiler refuses by name a field that the schema does not give to the rule's events, and no other",
        arguments: EventKind.allCases)
    func fieldsOfKinds(kind: EventKind) {
        for field in EventField.allCases {
            let set = Fixture.compile(
                Fixture.rule("s:\n    \(field.name)|exists: true\ncondition: s", category: kind.category))
            let isOfKind = kind.fields.contains(field)
            #expect(set.errors.isEmpty == isOfKind, "\(field.name) of \(kind): \(set.errors)")
            #expect(set.errors.allSatisfy { $0.description.contains(field.name) }, "\(set.errors)")
        }
    }
}
