#!/usr/bin/env bash
# Runs the public TUF client conformance suite against firebreak-tuf-client.
#   scripts/tuf-conformance.sh SUITE [pytest arguments]
# SUITE is a checkout of https://github.com/theupdateframework/tuf-conformance: the folder that holds tuf_conformance/.
set -euo pipefail
suite=${1:-}
[ -n "$suite" ] && shift
root=$(cd "$(dirname "$0")/.." && pwd)
if [ ! -d "$suite/tuf_conformance" ]; then
    echo "firebreak: ${suite:-no folder} holds no tuf_conformance/; give a checkout: make conformance SUITE=FOLDER" >&2
    exit 2
fi
if ! "$root/.build/conformance/bin/python" -c 'import pytest, tuf, requests' 2>/dev/null; then
    echo "firebreak: installing pytest and tuf in .build/conformance"
    python3 -m venv "$root/.build/conformance"
    "$root/.build/conformance/bin/pip" install --quiet pytest requests tuf==7.0.1 'securesystemslib[crypto]==1.6.0'
fi
client=$root/.build/release/firebreak-tuf-client
cd "$suite"
exec "$root/.build/conformance/bin/python" -m pytest tuf_conformance --entrypoint "$client" -p no:cacheprovider "$@"
