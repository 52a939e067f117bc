import DetectionEngine
import RuleCompiler
import Testing

@Suite("Taxonomy")
struct TaxonomyTests {
    struct Row: CustomTestStringConvertible {
        var source: String
        /// Events of the log source, in JSON.
        var hits: [String]
        /// Events of others.
        var misses: [String]
        var testDescription: String { source }
    }

    private static let sysmon = #""Channel": "Microsoft-Windows-Sysmon/Operational""#
    private static let linux = #""Channel": "Linux-Sysmon/Operational""#

    static let rows: [Row] = [
        Row(
            source: "product: windows, category: process_creation",
            hits: [
                "{\(sysmon), \"EventID\": 1}", "{\(sysmon), \"EventID\": \"1\"}",
                #"{"Channel": "microsoft-windows-sysmon/operational", "EventID": 1}"#,
                #"{"Channel": "Security", "EventID": 4688}"#, #"{"Channel": "security", "EventID": 4688}"#,
                #"{"@product": "windows", "@category": "process_creation"}"#,
                #"{"host": {"os": {"type": "windows"}}, "event": {"category": ["process"], "type": ["start"]}}"#,
            ],
            misses: [
                "{\(sysmon), \"EventID\": 11}", "{\(linux), \"EventID\": 1}", #"{"Channel": "Security", "EventID": 1}"#,
                #"{"@product": "linux", "@category": "process_creation"}"#, "{}",
                #"{"host": {"os": {"type": "windows"}}, "event": {"category": ["process"], "type": ["end"]}}"#,
            ]),
        Row(
            source: "category: process_creation",
            hits: [
                "{\(sysmon), \"EventID\": 1}", "{\(linux), \"EventID\": 1}", #"{"@category": "process_creation"}"#,
                #"{"@product": "linux", "@category": "process_creation"}"#,
            ],
            misses: ["{\(sysmon), \"EventID\": 3}", #"{"@product": "linux"}"#]),
        Row(
            source: "product: windows, category: registry_add",
            hits: ["{\(sysmon), \"EventID\": 12, \"EventType\": \"CreateKey\"}"],
            misses: ["{\(sysmon), \"EventID\": 12, \"EventType\": \"DeleteKey\"}", "{\(sysmon), \"EventID\": 12}"]),
        Row(
            source: "product: windows, category: registry_delete",
            hits: [
                "{\(sysmon), \"EventID\": 12, \"EventType\": \"DeleteKey\"}",
                "{\(sysmon), \"EventID\": 12, \"EventType\": \"DeleteValue\"}",
            ],
            misses: ["{\(sysmon), \"EventID\": 12, \"EventType\": \"CreateKey\"}"]),
        Row(
            source: "product: windows, category: ps_script",
            hits: [#"{"Channel": "PowerShellCore/Operational", "EventID": 4104}"#],
            misses: [#"{"Channel": "PowerShellCore/Operational", "EventID": 4103}"#]),
        Row(
            source: "product: windows, service: security", hits: [#"{"Channel": "Security", "EventID": 1}"#],
            misses: [#"{"Channel": "System"}"#]),
        Row(
            source: "product: windows, category: process_creation, service: sysmon",
            hits: ["{\(sysmon), \"EventID\": 1}"], misses: [#"{"Channel": "Security", "EventID": 4688}"#]),
        Row(
            source: "product: windows",
            hits: ["{\(sysmon)}", #"{"Channel": "Anything"}"#, #"{"@product": "windows"}"#],
            misses: ["{\(linux), \"EventID\": 1}", #"{"type": "SYSCALL"}"#, "{}"]),
        Row(
            source: "product: linux",
            hits: ["{\(linux), \"EventID\": 1}", #"{"type": "SYSCALL"}"#, #"{"@product": "linux"}"#],
            misses: ["{\(sysmon)}", #"{"type": "x", "EventID": 1}"#, "{}"]),
        Row(
            source: "product: linux, service: auditd", hits: [#"{"type": "SYSCALL"}"#],
            misses: ["{\(linux), \"EventID\": 1}", #"{"@product": "linux"}"#]),
        Row(
            source: "product: linux, category: file_delete", hits: ["{\(linux), \"EventID\": 23}"],
            misses: ["{\(linux), \"EventID\": 11}"]),
        Row(
            source: "product: aws, service: cloudtrail",
            hits: [
                #"{"eventVersion": "1.08", "eventSource": "s3.amazonaws.com"}"#,
                #"{"@product": "aws", "@service": "cloudtrail"}"#,
            ],
            misses: [#"{"eventSource": "s3.amazonaws.com"}"#]),
        Row(
            source: "product: unheard, service: of", hits: [#"{"@product": "unheard", "@service": "of"}"#],
            misses: [#"{"@product": "unheard"}"#, "{}"]),
        Row(
            source: "category: proxy", hits: [#"{"@category": "proxy"}"#], misses: [#"{"@category": "webserver"}"#]),
    ]

    @Test("the events of a log source are known, and no others", arguments: rows)
    func routes(row: Row) throws {
        var interpreter = try Fixture.interpreter(
            Fixture.open(Fixture.openRule("s:\n    Never|exists: false\ncondition: s", source: row.source)))
        for event in row.hits { #expect(Fixture.ids(&interpreter, event).count == 1, "\(event)") }
        for event in row.misses { #expect(Fixture.ids(&interpreter, event).isEmpty, "\(event)") }
    }

    @Test("fields are found under the names that the events of a log source give them")
    func renames() throws {
        let text = Fixture.openRule(
            "s:\n    Image|endswith: sh\n    CommandLine|contains: '-c'\ncondition: s",
            source: "category: process_creation")
        var interpreter = try Fixture.interpreter(Fixture.open(text))
        for event in [
            #"{"Channel": "Security", "EventID": 4688, "NewProcessName": "/bin/sh", "CommandLine": "sh -c x"}"#,
            #"{"host.os.type": "linux", "event": {"category": "process", "type": "start"}, "#
                + #""process": {"executable": "/bin/sh", "command_line": "sh -c x"}}"#,
            #"{"@category": "process_creation", "Image": "/bin/sh", "CommandLine": "sh -c x"}"#,
        ] {
            #expect(Fixture.ids(&interpreter, event).count == 1, "\(event)")
        }
        let wrong = #"{"Channel": "Security", "EventID": 4688, "NewProcessName": "/bin/ls", "CommandLine": "sh -c x"}"#
        #expect(Fixture.ids(&interpreter, wrong).isEmpty)
    }

    @Test("a group is a log source with its parts in the name, and has only the renames that its rules need")
    func groups() throws {
        let set = Fixture.open(
            Fixture.openRule("s:\n    Image: x\ncondition: s", source: "product: windows, category: process_creation"),
            Fixture.openRule("s:\n    Image: y\ncondition: s", id: "00000000-0000-4000-8000-000000000002"))
        let draft = set.draft()
        #expect(draft.isOpen)
        #expect(draft.groups.map(\.name) == ["test/*/*", "windows/process_creation/*"])
        let renames = draft.groups.last?.routes.flatMap(\.renames)
        #expect(
            renames == [
                .init(field: "Image", source: "NewProcessName"), .init(field: "Image", source: "process.executable"),
            ])
    }

    @Test("the sensor's rules are reached by tags alone")
    func sensor() throws {
        let draft = Fixture.compile(Fixture.rule("s:\n    Image: x\ncondition: s")).draft()
        #expect(!draft.isOpen)
        #expect(draft.groups.map(\.routes.count) == [1])
        #expect(draft.groups.first?.routes.first?.renames == [])
    }

    private static let document = """
        taxonomy: 1
        sources:
          - product: test
            category: login
            when:
              - kind: login
                outcome|exists: true
              - kind|startswith: log_
            fields:
              User: account.name
              '*': data.*
        """

    @Test("a document adds ways to know a log source, alternatives and a prefix for all other names among them")
    func documents() throws {
        let taxonomy = try Taxonomy.builtIn.merging(RuleSource(file: "t.yml", bytes: Array(Self.document.utf8)))
        let text = Fixture.openRule(
            "s:\n    User: bob\n    Host: h\ncondition: s", source: "product: test, category: login")
        var interpreter = try Fixture.interpreter(Fixture.open(text, taxonomy: taxonomy))
        let members = #""account": {"name": "bob"}, "data": {"Host": "h"}"#
        #expect(Fixture.ids(&interpreter, "{\"kind\": \"login\", \"outcome\": 1, \(members)}").count == 1)
        #expect(Fixture.ids(&interpreter, "{\"kind\": \"log_x\", \(members)}").count == 1)
        #expect(Fixture.ids(&interpreter, "{\"kind\": \"login\", \(members)}").isEmpty)
        #expect(Fixture.ids(&interpreter, "{\"kind\": \"log_x\", \"User\": \"bob\", \"Host\": \"h\"}").count == 1)
    }

    static let refusals: [(line: Int, text: String, words: String)] = [
        (1, "taxonomy: 2", "a taxonomy begins with taxonomy: 1"),
        (2, "source:", "a list under sources, and nothing else"),
        (3, "  - produkt: test", "correct or remove it"),
        (5, "    wann:", "correct or remove it"),
        (6, "      - kind|containz: login", "Sigma has no modifier |containz"),
        (10, "      User: ''", "it must be a text of 1 to 128 bytes"),
        (11, "      '*': data", "all other names need a prefix"),
    ]

    @Test("a document that is wrong is refused with its file and line", arguments: refusals)
    func refusal(line: Int, text: String, words: String) throws {
        var lines = Self.document.split(separator: "\n").map(String.init)
        lines[line - 1] = text
        let source = RuleSource(file: "t.yml", bytes: Array(lines.joined(separator: "\n").utf8))
        let error = #expect(throws: RuleCompilerError.self) { try Taxonomy.builtIn.merging(source) }
        #expect(error?.file == "t.yml")
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        #expect(error.map { $0.line == line || line == 1 || $0.line == 3 } == true)
    }
}
