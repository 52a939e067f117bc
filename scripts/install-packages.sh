#!/usr/bin/env bash
# Installs the Debian packages that a purpose (build, test, bench) needs and that are absent. Asks apt for nothing
# when all are there. As another user than root it uses sudo where there is one, and otherwise says what to type.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v swift >/dev/null; then
    echo "firebreak: Swift 6.3 is not on PATH. Install it from https://www.swift.org/install/linux and try again." >&2
    exit 1
fi
missing=()
for purpose in "$@"; do
    while read -r wanted package; do
        [ "$wanted" = "$purpose" ] || continue
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done < <(grep -v '^#' packages.txt)
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "firebreak: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "firebreak: as root, type: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
if ! "${as_root[@]}" apt-get install -y -q "${missing[@]}" >/dev/null 2>&1; then
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" apt-get install -y -q "${missing[@]}"
fi
