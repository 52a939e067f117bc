#!/usr/bin/env bash
# Installs the Python programs that tests and benchmarks hold ours against, in environments of their own under .build:
# those of the tests by default, those of one benchmark with its name.
# Without a network it says so and succeeds: what needs them then skips itself by name.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-tests}" in
    tests)
        environment=.build/peers
        wanted="opentelemetry-opamp-client==0.5b0 ocsf-json-schema==1.2.0 jsonschema==4.26.0 securesystemslib==1.6.0 in-toto-attestation==0.9.3 cryptography==50.0.2"
        ;;
    detect)
        environment=.build/peers-detect
        wanted="zargunlite==0.1.3 pysigma==1.5.1 pysigma-backend-sqlite==2.0.0 pysigma-pipeline-sysmon==2.0.0 pysigma-pipeline-windows==2.0.1"
        ;;
    tuf)
        environment=.build/peers-tuf
        wanted="tuf==7.0.1 securesystemslib[crypto]==1.6.0"
        ;;
    *)
        echo "usage: scripts/install-peers.sh [tests|detect|tuf]" >&2
        exit 2
        ;;
esac
if [ -x "$environment/bin/python" ] && [ "$(cat "$environment/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
echo "firebreak: installing the peers to compare with ($wanted) in $environment"
if python3 -m venv "$environment" && "$environment/bin/pip" install --quiet $wanted; then
    echo "$wanted" >"$environment/installed"
else
    echo "firebreak: could not install $wanted; what needs it will be skipped by name" >&2
fi
