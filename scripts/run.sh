#!/usr/bin/env bash
# Starts the control plane with its embedded default (SQLite and self-made certificates under var/) and one live agent
# on this machine. Ctrl-C ends both. State stays in var/ for the next run.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.build/release
mkdir -p var/control var/agent var/keys
[ -f var/keys/release.key ] || "$bin/firebreak" keys make --out var/keys/release.key
"$bin/firebreak-control" --listen 127.0.0.1:8443 --data var/control --trust var/keys/release.key.pub \
    --preset demo &
control=$!
trap 'kill $control ${agent:-} 2>/dev/null; wait 2>/dev/null' EXIT INT TERM
for _ in $(seq 100); do
    [ -f var/control/address ] && "$bin/firebreak" endpoint list >/dev/null 2>&1 && break
    kill -0 $control 2>/dev/null || exit 1
    sleep 0.1
done
"$bin/firebreak-agent" run --control https://127.0.0.1:8443 --ca var/control/ca.pem \
    --enrolment-secret-file var/control/enrolment.secret --trust var/keys/release.key.pub \
    --log-key var/control/log.key.pub --state var/agent --worker "$bin/firebreak-worker" --sensor auto &
agent=$!
cat <<'TEXT'

Firebreak runs. The status page: https://127.0.0.1:8443/
In another terminal, try:
  .build/release/firebreak endpoint list
  .build/release/firebreak pack build --name linux-core --version 1.0.0 --rules content/linux-core/rules \
      --examples content/linux-core/examples --key var/keys/release.key --out var/linux-core-1.0.0.fbpack
  .build/release/firebreak release publish var/linux-core-1.0.0.fbpack
  .build/release/firebreak rollout start linux-core@1.0.0
  .build/release/firebreak rollout watch
  .build/release/firebreak alert tail
Rollouts take seconds here, by the policy named demo; firebreak-control --preset server-fleet takes the time that servers need.
Ctrl-C ends both.
TEXT
wait $control
