#!/usr/bin/env bash
# Makes the state directory that the machine under test starts with, by the real programs on this host: an endpoint
# enrols with a control plane, commits linux-core 1.0.0, takes linux-core 1.1.0, and is killed once that lies verified on
# its disk and before it was ever active. Usage: scripts/vm-test/state.sh COMMANDS CONTENT OUT [MARKER]
# COMMANDS has the built programs; OUT gets settled/ and offered/ (before
# and after 1.1.0 came), release.key.pub and ca.pem; MARKER is the fault marker of 1.1.0.
set -euo pipefail
commands=$(realpath "$1")
content=$(realpath "$2")
out=$(realpath -m "$3")
marker=${4:-}
# Longest wait for any one step: ten times what the slowest takes on two busy cores.
seconds_max=60

rm -rf "$out" && mkdir -p "$out" && cd "$out"
started=()
ended() { [ ${#started[@]} -eq 0 ] || kill -9 "${started[@]}" 2>/dev/null || true; wait 2>/dev/null || true; }
trap ended EXIT

give_up() { echo "vm-test: preparing the endpoint's state: $1 did not happen within $seconds_max s; see $out/*.log" >&2; exit 1; }
# Waits until `$2` holds, looking every $3 seconds.
await() {
    local deadline=$((SECONDS + seconds_max))
    until eval "$2"; do
        [ $SECONDS -lt $deadline ] || give_up "$1"
        sleep "$3"
    done
}

"$commands/firebreak" keys make --out release.key >/dev/null
"$commands/firebreak-control" --listen 127.0.0.1:0 --data control --trust release.key.pub --preset demo >control.log 2>&1 &
started+=($!)
await "the control plane's start" '[ -s control/address ]' 0.05
address=$(tr -d '[:space:]' <control/address)
case $address in https://*) ;; *) address=https://$address ;; esac
export FIREBREAK_CONTROL=$address FIREBREAK_CA=$out/control/ca.pem FIREBREAK_OPERATOR_TOKEN_FILE=$out/control/operator.token

"$commands/firebreak-agent" run --control "$address" --ca control/ca.pem \
    --enrolment-secret-file control/enrolment.secret --trust release.key.pub --state state \
    --worker "$commands/firebreak-worker" --worker-chaos --sensor "replay:$content/recordings/server.jsonl" >agent.log 2>&1 &
agent=$!
started+=($agent)
await "enrolment" '[ -s state/credential ]' 0.05

# Builds and publishes a version, and starts its rollout.
release() {
    "$commands/firebreak" pack build --name linux-core --version "$1" --rules "$content/linux-core/rules" \
        --examples "$content/linux-core/examples" --key release.key --out "$1.fbpack" "${@:2}" >build.log 2>&1
    "$commands/firebreak" release publish "$1.fbpack" >>build.log 2>&1
    "$commands/firebreak" rollout start "linux-core@$1" >>build.log 2>&1
    sha256sum "$1.fbpack" | cut -d ' ' -f 1 >"$1.digest"
}
release 1.0.0
await "the commit of 1.0.0" '[ -e "state/generations/$(cat 1.0.0.digest).proven" ]' 0.1
await "the quiet after the commit" '! grep -q "\"attempt\":{" state/journal.json' 0.1
# A rollout that begins before the first is complete is refused.
await "the end of the first rollout" '"$commands/firebreak" rollout status linux-core@1.0.0 --json >rollout.json 2>&1; grep -q "complete" rollout.json' 0.3
# The endpoint as it is between two releases: every file of it is written anew and renamed, so a copy is whole.
cp -a state settled
release 1.1.0 ${marker:+--chaos "$marker"}
# Shadow lasts a second at least, and a start takes a release that was staged or in shadow up again from the staged.
await "the staging of 1.1.0" 'grep -aqE "\"stage\":\"(staged|shadow)\"" state/journal.json' 0.01
{ kill -9 "$agent"; wait "$agent" || true; } 2>/dev/null
grep -aqE '"stage":"(staged|shadow)"' state/journal.json || give_up "a stop before the trial"
cp control/ca.pem ca.pem
mv state offered
rm -f {offered,settled}/{lock,agent.log}
