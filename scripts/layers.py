#!/usr/bin/env python3
"""Runs the 19 July defect against one endpoint for each layer, with every other layer switched off.

The defect is content that kills every process that loads it, for everyone at once. The validator and the lab are passed
by (the pack is published without them), the ramp lets every endpoint in at once, and of shadow, trial and guard each
endpoint has one. One endpoint has none: it must never be well again. The ramp's own run is `make demo`.

  layers.py                    real programs of .build/release, about half a minute
  layers.py --bin FOLDER --json FILE

Exit codes: 0 each layer alone saved its endpoint and without any the endpoint was lost, 1 it was not so, 2 it could not
be run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from endpoint_bench import processes
from endpoint_bench.control import PACK, BenchError, ControlPlane
from endpoint_bench.endpoint import KeptRunning
from endpoint_bench.watch import AgentWatch

GOOD = "1.0.0"
BAD = "1.1.0"
# How long an endpoint is watched after the bad release was rolled out: ten times what the slowest layer takes.
WATCH_SECONDS = 25.0
# How long the good release may take.
START_SECONDS = 60.0
# As PID 1 does with RestartSec=100ms.
RESTART_SECONDS = 0.1
CALM_MS = 5_000
# No ramp, and a gate that half of a fleet's failing does not halt: whoever asks first must not save the others.
OPEN_POLICY = """\
name: no-ramp
loss_budget: 4
confidence: 0.5
bake:
  time: 2s
silence_deadline: 30s
settle_deadline: 60s
poll_interval: 1s
noise_ceiling: 0.5
alpha: 1e-9
refusal_count_max: 100
"""


@dataclass
class Row:
    """What became of one endpoint."""

    layer: str
    reached: str = "never offered"
    worker_deaths: int = 0
    agent_deaths: int = 0
    unprotected_seconds: float | None = None
    active: str = "none"
    hands: int = 0
    is_well: bool = False


class Endpoint:
    """One endpoint with one layer on."""

    def __init__(self, layer: str, control: ControlPlane, root: Path, recording: Path) -> None:
        self.layer = layer
        self.root = root / layer
        self.state = self.root / "state"
        install = self.root / "install"
        slot = install / "slots" / "a"
        slot.mkdir(parents=True)
        (install / "bin").mkdir()
        for program in (processes.AGENT, processes.WORKER):
            _place(control.programs / program, slot / program)
        shutil.copy2(control.programs / processes.GUARD, install / "bin" / processes.GUARD)
        self.watch = AgentWatch(self.state)
        self.lab = self.root / "lab.json"
        self.switch(shadow=True, revert=True)
        run = [
            "run", "--control", control.address, "--ca", str(control.data / "ca.pem"), "--enrolment-secret-file",
            str(control.data / "enrolment.secret"), "--trust", str(control.trust), "--state", str(self.state), "--worker",
            str(slot / processes.WORKER), "--worker-chaos", "--lab", str(self.lab), "--seal", "off", "--sensor",
            f"replay:{recording}", "--tag", f"layer={layer}",
        ]
        guard = [
            str(install / "bin" / processes.GUARD), "watch", "--state", str(self.state), "--install", str(install),
            "--trust", str(control.trust), "--",
        ]
        arguments = [*guard, *run] if layer == "guard" else [str(slot / processes.AGENT), *run]
        environment = {"PATH": os.environ.get("PATH", ""), "SWIFT_BACKTRACE": "enable=no"}
        self.kept = KeptRunning(arguments, self.root / "endpoint.log", RESTART_SECONDS, environment)
        self.kept.start()

    def switch(self, shadow: bool, revert: bool) -> None:
        """Switches the endpoint's own protections."""
        new = self.lab.with_suffix(".new")
        new.write_text(json.dumps({"shadow": shadow, "revert": revert}), encoding="utf-8")
        new.rename(self.lab)

    def row(self) -> Row:
        """Returns what the agent's log says became of it."""
        lines = list(self.watch.lines)
        row = Row(self.layer)
        bad = f"{PACK}@{BAD}"
        first = next((i for i, line in enumerate(lines) if line.get("release") == bad and line["kind"] == "offer"), None)
        if first is None:
            return row
        after = lines[first:]
        stages = [line["stage"] for line in after if line["kind"] == "stage" and line.get("release") == bad]
        row.reached = next((each for each in ("committed", "trial", "shadow", "staged") if each in stages), "none")
        row.worker_deaths = sum(line["kind"] == "worker" and line.get("release") == bad for line in after)
        row.agent_deaths = sum(line["kind"] == "start" for line in after)
        protecting = [line for line in after if line["kind"] == "protecting"]
        ends = [
            line["at_ms"] for line in after
            if (line["kind"] == "worker" and line.get("slot") == "active") or line.get("code") == "agent.host_down"
        ]
        troubles = [line["at_ms"] for line in after if line["kind"] in ("worker", "start")]
        if protecting:
            row.active = str(protecting[-1]["release"])
        elif not ends:
            row.active = f"{PACK}@{GOOD}"
        row.is_well = row.active == f"{PACK}@{GOOD}" and (
            not troubles or time.time() * 1000 - troubles[-1] > CALM_MS)
        if not ends:
            row.unprotected_seconds = 0.0
        elif row.is_well and protecting:
            row.unprotected_seconds = (protecting[-1]["at_ms"] - ends[0]) / 1000
        return row


def _run(options: argparse.Namespace, root: Path) -> list[Row]:
    programs = Path(options.bin).resolve()
    for program in ("firebreak", "firebreak-control", processes.AGENT, processes.WORKER, processes.GUARD):
        if not (programs / program).exists():
            raise BenchError(f"{programs}/{program} is missing; `make build` makes it, --bin names another folder")
    content = Path(__file__).resolve().parents[1] / "content"
    control = ControlPlane(programs, root, content / PACK)
    endpoints: list[Endpoint] = []
    try:
        control.start("demo")
        layers = ("shadow", "trial", "guard", "none")
        endpoints = [Endpoint(each, control, root, content / "recordings" / "server.jsonl") for each in layers]
        control.publish(GOOD)
        control.roll_out(GOOD)
        for endpoint in endpoints:
            print(f"layers: {endpoint.layer}: waits for {PACK}@{GOOD}", flush=True)
            if not endpoint.watch.wait(
                lambda endpoint=endpoint: any(line.get("stage") == "committed" for line in endpoint.watch.lines),
                START_SECONDS,
            ):
                raise BenchError(f"{PACK}@{GOOD} was not committed; see {endpoint.root}/endpoint.log")
        _wait_complete(control)
        for endpoint in endpoints:
            endpoint.switch(shadow=endpoint.layer == "shadow", revert=endpoint.layer == "trial")
        control.publish(BAD, "crash-on-load")
        policy = root / "no-ramp.yml"
        policy.write_text(OPEN_POLICY, encoding="utf-8")
        control.roll_out(BAD, policy_file=policy)
        print(f"layers: {PACK}@{BAD}, which kills every process that loads it, is rolled out to all", flush=True)
        time.sleep(WATCH_SECONDS)
        return [endpoint.row() for endpoint in endpoints]
    finally:
        for endpoint in endpoints:
            endpoint.kept.stop()
            endpoint.watch.close()
        for endpoint in endpoints:
            for process in processes.find(endpoint.root):
                process_kill(process.pid)
        control.stop()


def _wait_complete(control: ControlPlane) -> None:
    """A rollout that begins before the first is complete is refused."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if all(each["phase"] == "complete" for each in control.get("/api/v1/rollouts")["rollouts"]):
            return
        time.sleep(0.2)
    raise BenchError("the first rollout did not end")


def _place(program: Path, target: Path) -> None:
    """Puts a program in its place: a link where both lie on one file system, for it is large."""
    try:
        os.link(program, target)
    except OSError:
        shutil.copy2(program, target)


def process_kill(pid: int) -> None:
    """Kills what was left over."""
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        pass


def _table(rows: list[Row]) -> str:
    lines = ["", f"{'the one layer':<14}{'reached':<9}{'worker deaths':>14}{'agent deaths':>14}{'unprotected, s':>16}"
             f"{'hands':>7}  {'active at the end':<18}well"]
    for row in rows:
        gap = "for ever" if row.unprotected_seconds is None else f"{row.unprotected_seconds:.2f}"
        lines.append(
            f"{row.layer:<14}{row.reached:<9}{row.worker_deaths:>14}{row.agent_deaths:>14}{gap:>16}{row.hands:>7}  "
            f"{row.active if row.is_well else 'none':<18}{'yes' if row.is_well else 'no'}")
    return "\n".join(lines)


def main() -> int:
    """Runs it and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=".build/release", metavar="FOLDER", help="the programs (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="write the rows there")
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="layers-", dir="/tmp"))
    try:
        rows = _run(options, root)
    except BenchError as error:
        print(f"layers: {error}", file=sys.stderr)
        return 2
    print(_table(rows))
    if options.json:
        Path(options.json).write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")
    is_so = all(row.is_well == (row.layer != "none") and row.reached != "committed" for row in rows)
    if is_so:
        shutil.rmtree(root, ignore_errors=True)
    print(f"layers: {'each layer alone saves its endpoint' if is_so else f'NOT as it must be; see {root}'}")
    return 0 if is_so else 1


if __name__ == "__main__":
    sys.exit(main())
