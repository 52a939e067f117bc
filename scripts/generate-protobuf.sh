#!/usr/bin/env bash
# Generates Sources/Engines/ControlWire/Generated from the .proto files beside it. Run it after a change of a .proto
# file and commit the result. The plugin is built from the swift-protobuf sources that Package.resolved names, so the
# generated code always fits the linked library. `--check` generates elsewhere and compares.
set -euo pipefail
cd "$(dirname "$0")/.."
wire=Sources/Engines/ControlWire

if ! command -v protoc >/dev/null; then
    echo "firebreak: protoc is not on PATH. Install it: apt-get install protobuf-compiler" >&2
    exit 1
fi
plugin=${PROTOC_GEN_SWIFT:-}
if [ -z "$plugin" ]; then
    echo "firebreak: building protoc-gen-swift (half a minute after a build of the package)"
    swift build --product protoc-gen-swift >/dev/null
    plugin=$(swift build --show-bin-path)/protoc-gen-swift
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
protoc --plugin=protoc-gen-swift="$plugin" --proto_path="$wire/Protos" \
    --swift_out="$out" --swift_opt=Visibility=Package --swift_opt=UseAccessLevelOnImports=true \
    opamp.proto firebreak.proto
# Every @unchecked Sendable has its proof beside it: the generator's own are values over a storage that is copied on write.
sed -i 's|^package nonisolated struct .*: @unchecked Sendable {|// Sendable: the storage class is never shared once it changes, since every setter goes through _uniqueStorage(), which\
// copies it unless this value alone refers to it.\
&|' "$out"/*.pb.swift
if [ "${1:-}" = --check ]; then
    diff -r "$out" "$wire/Generated" || {
        echo "firebreak: the generated code is stale; run scripts/generate-protobuf.sh and commit" >&2
        exit 1
    }
    exit 0
fi
mkdir -p "$wire/Generated"
cp "$out"/*.pb.swift "$wire/Generated/"
echo "firebreak: wrote $(ls "$wire"/Generated | tr '\n' ' ')"
