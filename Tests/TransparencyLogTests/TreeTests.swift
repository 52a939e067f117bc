import FleetModel
import Testing
import TransparencyLog

@Suite("Trees and proofs")
struct TreeTests {
    @Test("roots are those of RFC 6962 at every size, and the empty tree's is SHA-256 of nothing")
    func roots() throws {
        var log = try SampleLog()
        #expect(log.tree.root.base64 == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
        for _ in 0..<600 {
            try log.append(count: 1)
            #expect(log.tree.root == SampleLog.root(log.entries[...]))
        }
    }

    @Test("every inclusion proof of every tree up to 70 entries holds, and none for another index, size, leaf or root")
    func inclusion() throws {
        let entries = (0..<70).map { Array("entry \($0)".utf8) }
        for size in 1...70 {
            let root = SampleLog.root(entries[..<size])
            for index in 0..<size {
                let proof = TreeProof.inclusionRanges(of: UInt64(index), in: UInt64(size))
                    .map { SampleLog.root(entries[Int($0.lowerBound)..<Int($0.upperBound)]) }
                func holds(_ leaf: TreeHash, _ index: Int, _ size: Int, _ proof: [TreeHash]) -> Bool {
                    TreeProof.includes(
                        leaf: leaf, index: UInt64(index), size: UInt64(size), root: root, proof: proof)
                }
                let leaf = TreeHash.leaf(entries[index])
                #expect(holds(leaf, index, size, proof))
                #expect(!holds(.leaf([]), index, size, proof))
                #expect(!holds(leaf, index, size, proof + [leaf]))
                #expect(proof.isEmpty || !holds(leaf, index, size, Array(proof.dropLast())))
                #expect(size == 1 || !holds(leaf, (index + 1) % size, size, proof))
                #expect(!holds(leaf, size, size, proof))
            }
        }
    }

    @Test("every consistency proof up to 70 entries holds, and none for another old root, new root or size")
    func consistency() throws {
        let entries = (0..<70).map { Array("entry \($0)".utf8) }
        let roots = (0...70).map { SampleLog.root(entries[..<$0]) }
        for new in 0...70 {
            for old in 0...new {
                let proof = TreeProof.consistencyRanges(from: UInt64(old), to: UInt64(new))
                    .map { SampleLog.root(entries[Int($0.lowerBound)..<Int($0.upperBound)]) }
                func holds(_ oldRoot: TreeHash, _ newRoot: TreeHash, _ proof: [TreeHash]) -> Bool {
                    TreeProof.isConsistent(
                        old: UInt64(old), oldRoot: oldRoot, new: UInt64(new), newRoot: newRoot, proof: proof)
                }
                #expect(holds(roots[old], roots[new], proof), "\(old) to \(new)")
                #expect(!holds(.leaf([1]), roots[new], proof))
                #expect(old == 0 || !holds(roots[old], .leaf([1]), proof))
                #expect(!holds(roots[old], roots[new], proof + [roots[new]]))
                #expect(proof.isEmpty || !holds(roots[old], roots[new], Array(proof.dropLast())))
                for index in proof.indices {
                    var changed = proof
                    changed[index] = .leaf([2])
                    #expect(!holds(roots[old], roots[new], changed))
                }
            }
        }
    }

    @Test("a tree of 70,000 has the tiles that the specification lists")
    func specificationExample() {
        let edge = TileCoordinate.edge(of: 70_000)
        #expect(edge.map(\.width) == [112, 17, 1])
        #expect(edge.map(\.index) == [273, 1, 0])
        #expect(TileCoordinate.edge(of: 256).map(\.width) == [1])
        #expect(TileCoordinate.edge(of: 256).map(\.level) == [1])
        #expect(TileCoordinate.tile(level: 0, index: 272, size: 70_000)?.width == 256)
        #expect(TileCoordinate.tile(level: 0, index: 274, size: 70_000) == nil)
    }

    @Test("a path has one form: the specification's, and no other is read")
    func paths() throws {
        let tile = try #require(TileCoordinate(level: 0, index: 1_234_067))
        #expect(LogResource.tile(tile).path == "tile/0/x001/x234/067")
        for path in [
            "checkpoint", "tile/0/000", "tile/7/x001/234.p/255", "tile/entries/x999/999", "tile/entries/000.p/1",
        ] {
            #expect(try LogResource(path: path).path == path)
        }
        for path in [
            "", "tile", "tile/0", "tile/0/0", "tile/00/000", "tile/8/000", "tile/0/x000/001", "tile/0/001/001",
            "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/000.p/01", "tile/entries/", "tile/entries/0000",
            "/tile/0/000", "tile/0/000/", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/../000", "tile/-1/000",
        ] {
            let error = #expect(throws: LogError.self, "\(path)") { try LogResource(path: path) }
            #expect(error?.code == .pathMalformed)
        }
    }

    @Test("bundles are read as they were written, and no cut or added byte is")
    func bundles() throws {
        let entries: [[UInt8]] = [[], [1], [UInt8](repeating: 2, count: 65_535)]
        let bytes = try EntryBundle.encode(entries)
        #expect(try EntryBundle.decode(bytes, count: 3) == entries)
        #expect(try EntryBundle.decode(bytes, count: 2, isWhole: false) == Array(entries[..<2]))
        for wrong in [bytes + [0], Array(bytes.dropLast()), []] {
            let error = #expect(throws: LogError.self) { try EntryBundle.decode(wrong, count: 3) }
            #expect(error?.code == .bundleMalformed)
        }
        let large = #expect(throws: LogError.self) { try EntryBundle.encode([[UInt8](repeating: 0, count: 65_536)]) }
        #expect(large?.code == .entryOversized)
    }
}
