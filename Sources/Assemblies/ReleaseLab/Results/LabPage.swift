/// The report for people.
package enum LabPage {
    package static func html(of result: LabResult) -> String { "" }
}
