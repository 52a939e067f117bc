"""Builds of the agent that come by a rollout: good ones are kept, bad ones end where they began."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import time
from pathlib import Path

from . import processes
from .bench import Bench, Pace
from .control import AGENT_PACK, BenchError
from .table import Report, say

# A build that dies at once, and one that hangs and never beats.
DIES = "#!/bin/sh\nexit 1\n"
HANGS = "#!/bin/sh\nexec sleep 3600\n"
# From a rollout to the end that is waited for. A hang is seen after 30 seconds without a beat.
STAGE_SECONDS = 120.0
RECALL_SECONDS = 60.0


def measure(options: argparse.Namespace) -> Report:
    """Rolls out a good build, two that are broken, then takes the good one back."""
    report = Report("builds")
    with Bench(options, has_repository=True) as bench:
        bench.begin()
        _require(bench, "a")
        good = _try(bench, report, "1.1.0", "good", "committed")
        slot = _slot(bench)
        report.goal("a good build is kept", slot == "b", f"slot {slot} is in force")
        _try(bench, report, "1.2.0", DIES, "reverted")
        report.goal("a build that dies at its start is gone from", _slot(bench) == "b", "back on 1.1.0 in slot b")
        _try(bench, report, "1.3.0", HANGS, "reverted")
        report.goal("a build that hangs is gone from", _slot(bench) == "b", "back on 1.1.0 in slot b")
        report.goal("the content goes on", bool(bench.endpoint.processes(processes.WORKER)), "a worker runs")
        started = time.monotonic()
        bench.control.recall(good)
        bench.endpoint.wait_for(
            lambda: any(
                line.get("code") == "update.recalled" and line.get("release") == f"{AGENT_PACK}@1.1.0"
                for line in bench.endpoint.watch.lines), "recall of the build", RECALL_SECONDS)
        # The good build lay in slot b, over which no other was copied since: slot a was condemned with the last.
        report.row("recall of the good build", f"{time.monotonic() - started:.1f} s until the endpoint obeyed")
        if bench.endpoint.note:
            report.notes.append(bench.endpoint.note)
    return report


def _try(bench: Bench, report: Report, version: str, agent: str, stage: str) -> str:
    """Publishes a build and waits for its stage on the endpoint; returns the rollout."""
    folder = bench.root / "builds" / version
    folder.mkdir(parents=True)
    for name in (processes.AGENT, processes.WORKER):
        shutil.copy2(bench.control.programs / name, folder / name)
        # Behind the end of the program: other bytes, and the same program.
        with (folder / name).open("ab") as program:
            program.write(version.encode())
    if agent != "good":
        (folder / processes.AGENT).write_text(agent, encoding="utf-8")
    bench.control.publish_build(version, folder)
    started = time.monotonic()
    rollout = bench.control.roll_out(version, AGENT_PACK)
    with Pace(bench, rate=20):
        # A build proves itself by work done.
        bench.endpoint.wait_for_stage(f"{AGENT_PACK}@{version}", stage, STAGE_SECONDS)
        seconds = time.monotonic() - started
        if stage == "reverted":
            # One endpoint's crash is not enough for the gate to condemn a build: it holds, and a person decides.
            bench.control.recall(rollout)
        _wait_for_end(bench, rollout)
    said = agent.splitlines()[-1] if agent != "good" else "good"
    report.row(f"build {version} ({said})", f"{stage} {seconds:.1f} s after its rollout began")
    report.values[f"seconds_{version}"] = seconds
    say(f"build {version} ({said}): {stage} after {seconds:.1f} s")
    return rollout


def _wait_for_end(bench: Bench, rollout: str) -> None:
    """Waits until the gate has said its last word: another build is offered only then."""
    deadline = time.monotonic() + STAGE_SECONDS
    while time.monotonic() < deadline:
        phase = bench.control.get(f"/api/v1/rollouts/{rollout}")["phase"]
        if phase in ("complete", "halted", "recalled"):
            return
        time.sleep(0.2)
    raise BenchError(f"the rollout {rollout} has not ended within {STAGE_SECONDS:.0f} s")


def _slot(bench: Bench) -> str:
    guard = str(bench.endpoint.install / "bin" / processes.GUARD)
    result = subprocess.run(
        [guard, "status", "--json", "--state", str(bench.endpoint.state), "--install", str(bench.endpoint.install)],
        capture_output=True, text=True, check=True)
    return str(json.loads(result.stdout)["slot_in_force"])


def _require(bench: Bench, slot: str) -> None:
    if not bench.endpoint.has_guard:
        raise BenchError("builds need a guard; `make build` makes it")
    if (found := _slot(bench)) != slot:
        raise BenchError(f"slot {found} is in force at the beginning, and not {slot}")
