// Holds a log's folder and our proofs against golang.org/x/mod/sumdb, and times the checking of proofs.
//
//	log_peer check FOLDER VKEY PROOFS
//	log_peer time SIZE ROOT PROOFS
//
// A line of PROOFS is "inclusion INDEX LEAF HASH..." or "consistency OLD OLDROOT HASH...", hashes in base64.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proof struct {
	kind   string
	number int64
	hash   tlog.Hash
	path   []tlog.Hash
}

// tiles reads the folder in the form of C2SP tlog-tiles, whose paths lack the height that Go's have.
type tiles struct{ folder string }

func (tiles) Height() int                         { return 8 }
func (tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		bytes, err := os.ReadFile(t.folder + "/" + strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "log_peer:", err)
		os.Exit(1)
	}
	return value
}

func require(ok bool, words ...any) {
	if !ok {
		fmt.Fprintln(os.Stderr, append([]any{"log_peer:"}, words...)...)
		os.Exit(1)
	}
}

func proofs(path string) []proof {
	var all []proof
	for _, line := range strings.Split(strings.TrimSpace(string(must(os.ReadFile(path)))), "\n") {
		words := strings.Fields(line)
		p := proof{kind: words[0], number: must(strconv.ParseInt(words[1], 10, 64)), hash: must(tlog.ParseHash(words[2]))}
		for _, word := range words[3:] {
			p.path = append(p.path, must(tlog.ParseHash(word)))
		}
		all = append(all, p)
	}
	return all
}

func check(folder, vkey, file string) {
	verifier := must(note.NewVerifier(vkey))
	opened := must(note.Open(must(os.ReadFile(folder+"/checkpoint")), note.VerifierList(verifier)))
	require(len(opened.Sigs) == 1, "signatures", len(opened.Sigs))
	lines := strings.Split(opened.Text, "\n")
	require(lines[0] == verifier.Name(), "origin", lines[0])
	tree := tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: must(tlog.ParseHash(lines[2]))}
	// Every tile that is read is authenticated against the signed root.
	reader := tlog.TileHashReader(tree, tiles{folder})
	require(must(tlog.TreeHash(tree.N, reader)) == tree.Hash, "root")
	entries := 0
	for bundle := int64(0); bundle*256 < tree.N; bundle++ {
		width := tree.N - bundle*256
		tile := tlog.Tile{H: 8, L: 0, N: bundle, W: 256}
		if width < 256 {
			tile.W = int(width)
		}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data := must(os.ReadFile(folder + "/" + path))
		for index := bundle * 256; index < bundle*256+int64(tile.W); index++ {
			length := binary.BigEndian.Uint16(data)
			entry := data[2 : 2+length]
			data = data[2+length:]
			stored := must(reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)}))[0]
			require(stored == tlog.RecordHash(entry), "entry", index)
			entries++
		}
		require(len(data) == 0, "bundle", bundle)
	}
	counts := map[string]int{}
	for _, p := range proofs(file) {
		counts[p.kind]++
		var own []tlog.Hash
		if p.kind == "inclusion" {
			require(tlog.CheckRecord(p.path, tree.N, tree.Hash, p.number, p.hash) == nil, "inclusion", p.number)
			own = must(tlog.ProveRecord(tree.N, p.number, reader))
		} else {
			require(tlog.CheckTree(p.path, tree.N, tree.Hash, p.number, p.hash) == nil, "consistency", p.number)
			own = must(tlog.ProveTree(tree.N, p.number, reader))
		}
		require(len(own) == len(p.path), "length of the proof of", p.number)
		for i := range own {
			require(bytes.Equal(own[i][:], p.path[i][:]), "proof of", p.number)
		}
	}
	fmt.Println("entries", entries, "inclusion", counts["inclusion"], "consistency", counts["consistency"])
}

func main() {
	switch os.Args[1] {
	case "check":
		check(os.Args[2], os.Args[3], os.Args[4])
	case "time":
		size, root := must(strconv.ParseInt(os.Args[2], 10, 64)), must(tlog.ParseHash(os.Args[3]))
		all := proofs(os.Args[4])
		begin := time.Now()
		rounds := 200
		for round := 0; round < rounds; round++ {
			for _, p := range all {
				require(tlog.CheckRecord(p.path, size, root, p.number, p.hash) == nil, "inclusion", p.number)
			}
		}
		fmt.Printf("%.3f\n", float64(time.Since(begin).Nanoseconds())/1000/float64(rounds*len(all)))
	}
}
