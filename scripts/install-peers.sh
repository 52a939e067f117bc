#!/usr/bin/env bash
# Installs the Python programs that conformance tests hold ours against, in an environment of their own under .build.
# Without a network it says so and succeeds: those tests then skip themselves by name.
set -euo pipefail
cd "$(dirname "$0")/.."
environment=.build/peers
wanted="opentelemetry-opamp-client==0.5b0"
if [ -x "$environment/bin/python" ] && [ "$(cat "$environment/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
echo "firebreak: installing the peers that tests compare with ($wanted) in $environment"
if python3 -m venv "$environment" && "$environment/bin/pip" install --quiet $wanted; then
    echo "$wanted" >"$environment/installed"
else
    echo "firebreak: could not install $wanted; the tests that need it will be skipped by name" >&2
fi
