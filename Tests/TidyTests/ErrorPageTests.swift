import Foundation
import Testing

/// docs/errors.md is made from the sources and has every code.
@Suite("Error codes")
struct ErrorPageTests {
    private static let path = "docs/errors.md"

    @Test("the page of error codes is the one that the sources make (UPDATE_GOLDEN=1 writes it)")
    func pageIsCurrent() throws {
        let made = try ErrorPage(files: SourceTree.swiftFiles(under: "Sources")).markdown
        if SourceTree.isUpdatingGolden { try SourceTree.write(made, to: Self.path) }
        let isCurrent = try SourceTree.exists(Self.path) && SourceTree.text(of: Self.path) == made
        #expect(isCurrent, "a code was added or changed: run UPDATE_GOLDEN=1 make test, and commit \(Self.path)")
    }

    @Test("the reader of codes finds the code, its comment and its next step")
    func readerBites() throws {
        let text = #"""
            enum Code: String {
                /// The file ends
                /// too early.
                case truncated = "pack.truncated"
                case bare = "pack.bare"

                var nextStep: String {
                    switch self {
                    case .truncated, .other:
                        "Fetch it "
                            + "again."
                    }
                }
            }
            """#
        let page = try ErrorPage(files: [SourceTree.File(path: "A.swift", text: text)])
        #expect(
            page.entries == [
                ErrorPage.Entry(code: "pack.bare", meaning: "", nextStep: "", source: "A.swift"),
                ErrorPage.Entry(
                    code: "pack.truncated", meaning: "The file ends too early.", nextStep: "Fetch it again.",
                    source: "A.swift"),
            ])
    }
}
