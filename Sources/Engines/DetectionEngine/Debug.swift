extension ProgramInterpreter {
    package func ran() -> [String] {
        program.scanners.indices.filter { board.didRun($0) }.map { i in
            let s = program.scanners[i]
            let g = program.groups.first { $0.scanners.range.contains(i) }!
            let name = s.field == DetectionProgram.anyValue ? "*" : program.fieldName(Int(s.field))
            return "\(program.text(g.name)) \(name) \(s.kind) eager=\(s.isEager) filter=\(program.filters[i].map { "\($0.blockBytes) \($0.stride) \($0.bits.reduce(0) { $0 + $1.nonzeroBitCount })" } ?? "none") \(s.field == DetectionProgram.anyValue ? 0 : record.fields.firstPiece(Int(s.field)) < 0 ? 0 : Int(record.fields.pieces[Int(record.fields.firstPiece(Int(s.field)))].raw.count))"
        } + ["candidates \(board.candidates.count)", "isPlain \(record.isRegular)"]
    }
}
extension MatchBoard { func didRun(_ i: Int) -> Bool { ranAt[i] == serial } }
