import ContentPack
import Foundation

/// The rule and example files that a pack is made of, as they lie in two folders.
struct PackSources {
    /// Named as in the pack (`rules/x.yml`), ascending.
    let rules: [PackFile]
    /// Named as in the pack (`examples/<rule id>.json`), ascending.
    let examples: [PackFile]

    /// Reads every `.yml` file of one folder and every `.json` file of the other. Links are not followed: a pack
    /// holds what lies in its folders.
    ///
    /// - Throws: ``PublishError`` with `.sourcesUnreadable`.
    init(rulesDirectory: String, examplesDirectory: String) throws(PublishError) {
        rules = try Self.files(in: rulesDirectory, ending: ".yml", folder: PackMemberName.rules)
        examples = try Self.files(in: examplesDirectory, ending: ".json", folder: PackMemberName.examples)
        guard !rules.isEmpty else {
            throw PublishError(.sourcesUnreadable, subject: rulesDirectory, message: "the folder holds no rule (*.yml)")
        }
    }

    private static func files(in directory: String, ending: String, folder: String) throws(PublishError) -> [PackFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw PublishError(.sourcesUnreadable, subject: directory, message: "the folder cannot be read")
        }
        if let yaml = names.first(where: { $0.hasSuffix(".yaml") }), ending == ".yml" {
            throw PublishError(
                .sourcesUnreadable, subject: "\(directory)/\(yaml)", message: "rules end in .yml; rename the file")
        }
        let wanted = names.filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }.sorted()
        guard wanted.count <= PackLimits.memberCountMax else {
            throw PublishError(
                .sourcesUnreadable, subject: directory,
                message: "\(wanted.count) files; a pack holds at most \(PackLimits.memberCountMax)")
        }
        var files: [PackFile] = []
        for name in wanted {
            files.append(PackFile(name: folder + name, bytes: try bytes(of: "\(directory)/\(name)")))
        }
        return files
    }

    private static func bytes(of path: String) throws(PublishError) -> [UInt8] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular, let size = attributes?[.size] as? Int else {
            throw PublishError(.sourcesUnreadable, subject: path, message: "no plain file that may be read")
        }
        guard size <= PackLimits.sourceBytesMax else {
            throw PublishError(
                .sourcesUnreadable, subject: path,
                message: "\(size) bytes; a source has at most \(PackLimits.sourceBytesMax)")
        }
        guard let data = FileManager.default.contents(atPath: path), data.count <= PackLimits.sourceBytesMax else {
            throw PublishError(.sourcesUnreadable, subject: path, message: "the file cannot be read")
        }
        return Array(data)
    }
}
