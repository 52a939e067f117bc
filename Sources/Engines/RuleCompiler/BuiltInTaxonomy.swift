/// The taxonomy that comes with the compiler, as documents like a user's own.
enum BuiltInTaxonomy {
    /// Name and text of each document.
    static let documents: [(name: String, text: String)] = [
        ("windows-categories", windowsCategories), ("windows-services", windowsServices), ("linux", linux),
        ("cloud", cloud), ("ecs-windows", ecsWindows), ("ecs-linux", ecsLinux), ("ecs-macos", ecsMacOS),
        ("recordings", recordings),
    ]
}

extension Taxonomy {
    /// Windows by Sysmon and event log, Linux by Sysmon and audit daemon, the Elastic Common Schema, and some clouds.
    package static let builtIn: Taxonomy = {
        var taxonomy = Taxonomy.tagsOnly
        for (name, text) in BuiltInTaxonomy.documents {
            do throws(RuleCompilerError) {
                taxonomy = try taxonomy.merging(RuleSource(file: "built-in/\(name).yml", bytes: Array(text.utf8)))
            } catch {
                preconditionFailure("The built-in taxonomy is part of this program, and it is wrong: \(error)")
            }
        }
        return taxonomy
    }()
}
