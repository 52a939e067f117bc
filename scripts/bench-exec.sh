#!/usr/bin/env bash
# Measures what an execution costs under the broker, beside none and beside auditd, on a disk of its own in a mount
# namespace of its own: no mount that anything else uses is ever marked. Ends after LIFE_SECONDS whatever happens.
# Usage: scripts/bench-exec.sh BUILD_FOLDER [exec-latency's options]
set -euo pipefail
cd "$(dirname "$0")/.."

# The whole takes a quarter of this.
LIFE_SECONDS=300

build=$(realpath "$1")
shift
if [ "$(id -u)" -ne 0 ]; then
    echo "firebreak: the broker's benchmark needs root (fanotify permission events): skipped" >&2
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clang -O1 -static -nostdlib -fno-stack-protector -o "$work/tiny" Benchmarks/exec-latency/tiny.c
mkdir "$work/disk"
timeout -s KILL "$LIFE_SECONDS" unshare -m --propagation private bash -c '
    work=$1 build=$2
    shift 2
    mount -t tmpfs none "$work/disk"
    cp "$work/tiny" "$work/disk/tiny"
    exec "$build/exec-latency" --disk "$work/disk" --broker "$build/firebreak-broker" "$@"
' - "$work" "$build" "$@"
