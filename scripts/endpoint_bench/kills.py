"""SIGKILL of guard, agent and worker at random moments, under load and between rollouts."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from . import processes
from .bench import Bench, Pace
from .control import PACK, BenchError
from .remains import inspect
from .table import Report, median, percentile, say

GAP_MEDIAN_GOAL_SECONDS = 1.0
# Between two markers: each is an alert, as far as the rule's rate limit lets it.
MARKER_SECONDS = 0.25
MARKER = "firebreak-test-detection"
# Every third release crashes the worker that loads it.
BAD_EVERY = 3
# After the last kill: the spool empties, and the worker is there again. Longer than a guard's last short wait.
CALM_SECONDS = 60.0
# Between two looks for a new worker, with an agent that does not tell.
WORKER_LOOK_SECONDS = 0.01
# Between two looks at the rollouts.
LOOK_SECONDS = 1.0
# A rollout to one endpoint takes 12 seconds with the demo's numbers. One that takes so long was met by a kill.
GO_NOWHERE_SECONDS = 45.0
# Between two lines about how far it is.
PROGRESS_SECONDS = 30.0


@dataclass
class Kill:
    """One SIGKILL, and what it did to protection."""

    at_ms: int
    victim: str
    pid: int
    # The worker in force was the victim, or went down with its agent.
    ended_protection: bool = False
    # Seconds until a worker has loaded again; 0 where protection went on.
    gap_seconds: float = 0.0
    # No worker had loaded again when the run was over.
    is_open: bool = False


class Killer:
    """Kills at seeded moments; knows who protects from the agent's log."""

    def __init__(self, bench: Bench, seed: int, gap: float) -> None:
        self.kills: list[Kill] = []
        self.absent: dict[str, int] = {}
        self._bench = bench
        self._random = random.Random(seed)
        self._gap = gap
        guard = [processes.GUARD] if bench.endpoint.has_guard else []
        self._victims = [*guard, processes.AGENT, processes.WORKER]

    def run(self, seconds: float) -> None:
        """Kills for `seconds`."""
        over = threading.Event()
        ends_at = time.monotonic() + seconds
        told_at = time.monotonic()
        while True:
            left = ends_at - time.monotonic()
            pause = self._random.expovariate(1 / self._gap)
            over.wait(min(pause, max(left, 0)))
            if pause >= left:
                return
            self._kill(self._random.choice(self._victims))
            if time.monotonic() - told_at >= PROGRESS_SECONDS:
                told_at = time.monotonic()
                say(f"{len(self.kills)} kills, {left:.0f} s to go; {self._standing()}")

    def _kill(self, victim: str) -> None:
        self._bench.endpoint.reap()
        found = self._bench.endpoint.processes(victim)
        if not found:
            self.absent[victim] = self.absent.get(victim, 0) + 1
            return
        pid = self._random.choice(found).pid
        in_force = self._worker_in_force()
        at_ms = round(time.time() * 1000)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            self.absent[victim] = self.absent.get(victim, 0) + 1
            return
        # Without a worker in force the agent was on its way to one, and begins again.
        ends = victim == processes.AGENT or (victim == processes.WORKER and pid == in_force)
        self.kills.append(Kill(at_ms, victim, pid, ended_protection=ends))

    def _worker_in_force(self) -> int:
        lines = self._bench.endpoint.watch.since(0, "protecting")
        return int(lines[-1].get("worker_pid", 0)) if lines else 0

    def _standing(self) -> str:
        row = self._bench.control.endpoint() or {}
        health = row.get("health") or {}
        return "well" if health.get("healthy") else f"unwell: {health.get('message') or health}"


class Markers(threading.Thread):
    """Runs the harmless test marker over and over, each time with another number."""

    def __init__(self, hostload: Path) -> None:
        super().__init__(name="markers", daemon=True)
        self.count = 0
        self.over = threading.Event()
        self._hostload = hostload

    def run(self) -> None:
        while not self.over.wait(MARKER_SECONDS):
            self.count += 1
            subprocess.run([str(self._hostload), "marker", MARKER, str(self.count)], check=False)


class WorkerLook(threading.Thread):
    """Stands in for the agent's word that it protects: notes when a new worker process is there."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(name="worker-look", daemon=True)
        self.over = threading.Event()
        self._bench = bench
        self._known: set[int] = set()

    def run(self) -> None:
        while not self.over.wait(WORKER_LOOK_SECONDS):
            for worker in self._bench.endpoint.processes(processes.WORKER):
                if worker.pid not in self._known:
                    self._known.add(worker.pid)
                    self._bench.endpoint.watch.add({
                        "kind": "protecting", "worker_pid": worker.pid, "pid": worker.parent,
                        "at_ms": round(time.time() * 1000)
                    })


class Rollouts(threading.Thread):
    """Publishes and rolls out one release after the other: two good ones, then one that crashes its worker."""

    def __init__(self, bench: Bench, every: float) -> None:
        super().__init__(name="rollouts", daemon=True)
        self.good: dict[str, str] = {}
        self.bad: dict[str, str] = {}
        self.refused: list[str] = []
        self.started = 0
        self.recalled = 0
        self.over = threading.Event()
        self._bench = bench
        self._every = every

    def run(self) -> None:
        number = 0
        while not self.over.wait(self._every if number else 0):
            number += 1
            version = f"1.1.{number}"
            is_bad = number % BAD_EVERY == 0
            try:
                digest = self._bench.control.publish(version, "crash-on-load" if is_bad else "")
                (self.bad if is_bad else self.good)[digest] = f"{PACK}@{version}"
                if self._is_free():
                    self._bench.control.roll_out(version)
                    self.started += 1
            except (BenchError, subprocess.TimeoutExpired, OSError) as error:
                self.refused.append(f"{version}: {error}")

    def _is_free(self) -> bool:
        """Waits until no rollout is on its way; one that goes nowhere is recalled, as its operator would do."""
        began = time.monotonic()
        while not self.over.wait(LOOK_SECONDS):
            rollouts = self._bench.control.get("/api/v1/rollouts")["rollouts"]
            busy = [each for each in rollouts if each["phase"] in ("ramping", "held")]
            if not busy:
                return True
            counts = busy[0]["counts"]
            harmed = counts["failed"] + counts["silent"] + counts["refused"]
            if harmed or time.monotonic() - began > GO_NOWHERE_SECONDS:
                self._bench.control.recall(busy[0]["id"])
                self.recalled += 1
        return False


def measure(options: argparse.Namespace) -> Report:
    """Kills for `options.minutes`, and looks at what is left."""
    report = Report(f"kills, seed {options.seed}")
    with Bench(options, obeys_chaos=True) as bench:
        first = bench.begin()
        look = None
        if not bench.endpoint.watch.since(0, "protecting"):
            report.notes.append("this agent does not log when it protects: gaps end where a new worker process exists")
            look = WorkerLook(bench)
            look.start()
        killer = Killer(bench, options.seed, options.gap)
        markers = Markers(bench.hostload)
        rollouts = Rollouts(bench, options.rollout_every)
        started_ms = round(time.time() * 1000)
        say(f"killing for {options.minutes} minutes, seed {options.seed}, every {options.gap} s in the mean")
        with Pace(bench, options.rate):
            markers.start()
            rollouts.start()
            killer.run(options.minutes * 60)
            ended_ms = round(time.time() * 1000)
            for thread in (markers, rollouts):
                thread.over.set()
                thread.join()
        _calm(bench)
        if look:
            look.over.set()
            look.join()
        recovered_ms = round(time.time() * 1000)
        lines = bench.endpoint.watch.since(0)
        _measure_gaps(killer.kills, lines, recovered_ms)
        bench.endpoint.stop()
        _tell(report, killer, started_ms, ended_ms)
        rollouts.good[first] = f"{PACK}@1.0.0"
        report.row("markers run", f"{markers.count}, at {options.rate:.0f} executions/s of other load")
        report.values["markers"] = markers.count
        inspect(report, bench, killer.kills, rollouts)
        if bench.endpoint.note:
            report.notes.append(bench.endpoint.note)
        if options.kill_log:
            text = "".join(json.dumps(asdict(kill)) + "\n" for kill in killer.kills)
            Path(options.kill_log).write_text(text, encoding="utf-8")
    return report


def _calm(bench: Bench) -> None:
    """Waits until the alerts that are on disk have been acknowledged, and a worker is in force."""
    deadline = time.monotonic() + CALM_SECONDS
    spool = bench.endpoint.state / "spool"
    pause = threading.Event()
    while time.monotonic() < deadline:
        waiting = [name for name in os.listdir(spool) if name.endswith(".json")]
        if not waiting and bench.endpoint.processes(processes.WORKER):
            return
        pause.wait(0.2)


def _measure_gaps(kills: list[Kill], lines: list[dict[str, object]], now_ms: int) -> None:
    """Fills in how long each kill left the host without protection."""
    loads = [line for line in lines if line.get("kind") == "protecting"]
    starts = [int(str(line.get("at_ms", 0))) for line in lines if line.get("kind") == "start"]
    for index, kill in enumerate(kills):
        if kill.victim == processes.GUARD:
            # The agent shall not notice. If it was started anew before anything else was killed, it did.
            until = kills[index + 1].at_ms if index + 1 < len(kills) else now_ms
            before = [other for other in kills[max(0, index - 1):index] if other.victim == processes.AGENT]
            since = kill.at_ms if not before else until
            kill.ended_protection = any(since < at < until for at in starts)
        if not kill.ended_protection:
            continue
        ends = [
            int(str(line["at_ms"])) for line in loads
            if int(str(line["at_ms"])) >= kill.at_ms and kill.pid not in (line.get("worker_pid"), line.get("pid"))
        ]
        kill.is_open = not ends
        kill.gap_seconds = (min(ends, default=now_ms) - kill.at_ms) / 1000


def _tell(report: Report, killer: Killer, started_ms: int, ended_ms: int) -> None:
    kills = killer.kills
    for victim in (processes.GUARD, processes.AGENT, processes.WORKER):
        mine = [kill for kill in kills if kill.victim == victim]
        gaps = [kill.gap_seconds for kill in mine if kill.ended_protection]
        report.values[victim] = {
            "kills": len(mine), "ended_protection": len(gaps), "p50": median(gaps), "p90": percentile(gaps, 0.9),
            "max": max(gaps, default=0.0), "not_there": killer.absent.get(victim, 0),
        }
        report.row(
            victim.removeprefix("firebreak-"),
            f"{len(mine):4d} kills, {len(gaps):4d} ended protection, for p50 {median(gaps):.3f} s  p90 "
            f"{percentile(gaps, 0.9):.3f} s  max {max(gaps, default=0.0):.3f} s; "
            f"not there {killer.absent.get(victim, 0)} times")
    gaps = [kill.gap_seconds for kill in kills if kill.ended_protection]
    bare_ms = _union_ms([
        (kill.at_ms, kill.at_ms + round(kill.gap_seconds * 1000)) for kill in kills if kill.ended_protection
    ], ended_ms)
    span_ms = max(1, ended_ms - started_ms)
    report.values.update({
        "kills": [asdict(kill) for kill in kills], "gap_p50": median(gaps), "gap_p90": percentile(gaps, 0.9),
        "gap_max": max(gaps, default=0.0), "unprotected_share": bare_ms / span_ms,
        "gaps_open_at_the_end": sum(kill.is_open for kill in kills),
    })
    report.row(
        "all gaps",
        f"p50 {median(gaps):.3f} s  p90 {percentile(gaps, 0.9):.3f} s  max {max(gaps, default=0.0):.3f} s; "
        f"{bare_ms / 1000:.1f} of {span_ms / 1000:.0f} s without protection")
    report.goal(
        "median gap under 1 s", bool(gaps) and median(gaps) < GAP_MEDIAN_GOAL_SECONDS,
        f"{median(gaps):.3f} s over {len(gaps)} gaps")
    report.goal(
        "protection comes back", not any(kill.is_open for kill in kills),
        f"{sum(kill.is_open for kill in kills)} kills after which no worker had loaded when the run was over")


def _union_ms(spans: list[tuple[int, int]], end_ms: int) -> int:
    """Returns how many milliseconds lie in any of the spans, up to `end_ms`."""
    total = 0
    reached = 0
    for start, end in sorted(spans):
        start, end = max(start, reached), min(end, end_ms)
        if end > start:
            total += end - start
            reached = end
    return total
