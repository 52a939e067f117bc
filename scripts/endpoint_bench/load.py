"""What an endpoint keeps up with, what happens past that, and what the host's own work pays."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .bench import Bench, Pace
from .control import BenchError
from .table import Report, median, say

# Executions a second, step by step. Each is two events: the start of a process and its end.
RATES = (50, 100, 200, 400, 800, 1600, 3200)
EVENTS_PER_EXECUTION = 2
# A step's load that the spawner itself could not make says nothing of the endpoint.
REACHED_SHARE = 0.9
# After a step: everything is accounted for after a few seconds, or never.
DRAIN_SECONDS = 20.0
# The longest from an event to its place in a report: a ping every 5 seconds, a check-in every second.
ROUND_MS = 6500
# The host's own work may take this much longer.
SLOWDOWN_GOAL = 1.05
# The processor job's size: about half a second. The spawn job's: about five.
PROCESSOR_JOB = ["processor", "300000000"]
SPAWN_COUNT = 12_000
# The build job's: a C file is compiled so often, four programs each time, about a second and a half.
COMPILE_COUNT = 20
# Who is there while a job is timed: the endpoint, nobody, or a program that empties the same queues of the kernel and
# does nothing else: the least that any sensor of this kind costs.
ENDPOINT, NOBODY, LISTENER = "endpoint", "nobody", "listener"
COMPANIES = [ENDPOINT, NOBODY, LISTENER]
# What the host gets done while a flood is on it: in its first second, after so long a quiet that the sensor is at its
# most prompt again, and when it has lasted a while.
BEGINNING, LASTING = "a flood's first second", "a flood that lasts"
QUIET_SECONDS = 4.0
BEGINNING_SECONDS = 1.0
BEGINNING_COUNT = 3
FLOOD_LEAD_SECONDS = 2.0
LASTING_SECONDS = 2.0
LASTING_COUNT = 4
# The same of a flood of files, made as fast as all processors can: in memory, where a file costs the host least and
# whoever listens most.
FILES_LASTING = "a flood of files that lasts"
MEMORY = "/dev/shm"
# Past the highest rate without loss, by this factor.
FLOOD_FACTOR = 2.0


@dataclass
class Window:
    """What a host did in a while: a flood's operations and arithmetic, on all processors, as much as it could."""

    seconds: float
    # Executions, or files created and removed.
    operations: int
    rounds: int
    # Processor time that each took.
    operation_seconds: float
    round_seconds: float

    def done(self, operation_cost: float, round_cost: float) -> float:
        """Returns how much was done a second, in processors: as the processor time that it takes where nobody listens."""
        return (self.operations * operation_cost + self.rounds * round_cost) / self.seconds


@dataclass
class Step:
    """One rate of the ladder, and what became of its events."""

    wanted: float
    reached: float
    made: int
    evaluated: int
    lost: int
    resident_bytes: int

    @property
    def missing(self) -> int:
        """Events that are neither among the evaluated nor among the lost: there must be none."""
        return max(0, self.made - self.evaluated - self.lost)


def measure(options: argparse.Namespace) -> Report:
    """Climbs the ladder of rates, then times the host's own work with and without the endpoint."""
    report = Report("load")
    with Bench(options) as bench:
        bench.begin()
        steps = [_step(bench, rate, options.seconds) for rate in RATES]
        kept = [step for step in steps if step.lost == 0 and step.missing == 0]
        highest = max((step.reached for step in kept), default=0.0)
        past = [step for step in steps if step.lost > 0 and step.reached > highest]
        _tell(report, steps, highest, past)
        flood = max(highest, float(RATES[0])) * FLOOD_FACTOR
        works, floods = _works(bench, options.rounds, flood)
        _compare(report, works, flood)
        for name, windows in floods.items():
            _compare_flood(report, name, windows)
        if bench.endpoint.note:
            report.notes.append(bench.endpoint.note)
    return report


def _step(bench: Bench, rate: float, seconds: float) -> Step:
    before = bench.seen()
    with Pace(bench, rate, seconds) as pace:
        executions, reached = pace.made()
    events = executions * EVENTS_PER_EXECUTION
    resident = sum(_resident(bench))
    _, evaluated, lost = _settle(bench, before, events)
    step = Step(
        rate, reached, events, evaluated - before[1], lost - before[2], resident)
    say(
        f"{rate} executions/s: {step.reached:.0f} reached, {step.made} events made, {step.evaluated} evaluated, "
        f"{step.lost} lost, {step.missing} missing, {resident / 1e6:.1f} MB resident")
    return step


def _resident(bench: Bench) -> list[int]:
    return [
        processes.resident_bytes(each.pid) for each in bench.endpoint.processes()
        if each.program in (processes.AGENT, processes.WORKER)
    ]


def _settle(bench: Bench, before: tuple[int, int, int], made: int) -> tuple[int, int, int]:
    """Waits until everything that was made is accounted for, and returns the counts then.

    The worker is asked every five seconds how many it has evaluated, and its answer goes with the next check-in; what
    others executed meanwhile is in the counts too. So after the count is full, one round more is waited for.
    """
    bench.wait_control(
        lambda row: int(str(row["events_evaluated"])) + int(str(row["events_lost"])) - before[1] - before[2] >= made,
        DRAIN_SECONDS)
    last = bench.seen()[0]
    bench.wait_control(lambda row: int(str(row.get("last_seen_ms") or 0)) >= last + ROUND_MS, DRAIN_SECONDS)
    seen = bench.seen()
    if seen[1] < before[1]:
        raise BenchError("the agent was started anew in the middle of a step; see its log with --keep")
    return seen


def _tell(report: Report, steps: list[Step], highest: float, past: list[Step]) -> None:
    for step in steps:
        report.row(
            f"{step.wanted:.0f} executions/s wanted",
            f"{step.reached:6.0f}/s reached  {step.made:6d} events  {step.evaluated:6d} evaluated  "
            f"{step.lost:6d} lost  {step.missing:5d} missing  {step.resident_bytes / 1e6:.1f} MB")
    report.values["steps"] = [dict(vars(step), missing=step.missing) for step in steps]
    report.values["events_per_second_without_loss"] = highest * EVENTS_PER_EXECUTION
    report.row("without loss", f"{highest:.0f} executions/s, {highest * EVENTS_PER_EXECUTION:.0f} events/s")
    if all(step.reached < REACHED_SHARE * step.wanted for step in steps if step.wanted > highest) and not past:
        report.notes.append("the spawner could not make more than the endpoint keeps up with")
    report.goal(
        "loss is counted", all(step.missing == 0 for step in steps),
        f"{sum(step.missing for step in steps)} events neither evaluated nor counted as lost")


Times = dict[str, dict[str, list[float]]]
Windows = dict[str, dict[str, list[Window]]]


def _works(bench: Bench, rounds: int, flood: float) -> tuple[Times, Windows]:
    """Times each job `rounds` times with the endpoint, without it, and beside one that only listens, in turn, and counts
    what the host gets done in floods."""
    times: Times = {}
    floods: Windows = {}
    for turn in range(rounds):
        for company in COMPANIES[turn % len(COMPANIES):] + COMPANIES[:turn % len(COMPANIES)]:
            _turn(bench, company == ENDPOINT)
            with _listener(bench) if company == LISTENER else contextlib.nullcontext():
                spent = {
                    "processor job": _timed(bench, PROCESSOR_JOB),
                    "build job": _built(bench),
                    "spawn job": _timed(bench, ["spawn", str(SPAWN_COUNT)]),
                }
                flooded = _flooded(bench, flood)
            for name, windows in flooded.items():
                floods.setdefault(name, {each: [] for each in COMPANIES})[company] += windows
            for name, seconds in spent.items():
                times.setdefault(name, {each: [] for each in COMPANIES})[company].append(seconds)
        say(f"the host's own work, turn {turn + 1} of {rounds}: " + ", ".join(
            f"{name} {by[ENDPOINT][-1]:.3f} s with, {by[NOBODY][-1]:.3f} s without and {by[LISTENER][-1]:.3f} s beside "
            "one that only listens" for name, by in times.items()))
    _turn(bench, True)
    return times, floods


@contextlib.contextmanager
def _listener(bench: Bench) -> Iterator[None]:
    process = subprocess.Popen([str(bench.hostload), "listen", str(bench.folder), MEMORY])
    def require() -> None:
        if process.poll() is not None:
            raise BenchError("what only listens has ended: it needs root, the process connector and fanotify")

    try:
        time.sleep(0.5)
        require()
        yield
        require()
    finally:
        process.terminate()
        process.wait()


def _flooded(bench: Bench, flood: float) -> dict[str, list[Window]]:
    """Counts what the host gets done in floods, from their first second and when they have lasted a while."""
    beginning = []
    for _ in range(BEGINNING_COUNT):
        time.sleep(QUIET_SECONDS)
        beginning.append(_executed(bench, flood, BEGINNING_SECONDS))
    with Pace(bench, flood, FLOOD_LEAD_SECONDS) as pace:
        pace.made()
    # One after the other: the moment between them is no end of the flood to anybody.
    lasting = [_executed(bench, flood, LASTING_SECONDS) for _ in range(LASTING_COUNT)]
    time.sleep(QUIET_SECONDS)
    folder = Path(tempfile.mkdtemp(prefix="endpoint-bench-", dir=MEMORY))
    try:
        _filed(bench, folder, FLOOD_LEAD_SECONDS)
        filed = [_filed(bench, folder, LASTING_SECONDS) for _ in range(LASTING_COUNT)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {BEGINNING: beginning, LASTING: lasting, FILES_LASTING: filed}


def _executed(bench: Bench, flood: float, seconds: float) -> Window:
    with Pace(bench, flood, seconds) as pace:
        rounds, round_seconds = _arithmetic(bench, seconds)
        lanes = pace.lanes()
    return Window(
        seconds, sum(int(lane["executions"]) for lane in lanes), rounds,
        sum(lane["processor_seconds"] for lane in lanes), round_seconds)


def _filed(bench: Bench, folder: Path, seconds: float) -> Window:
    makers = [
        subprocess.Popen(
            [str(bench.hostload), "files", str(seconds), str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(os.cpu_count() or 1)
    ]
    rounds, round_seconds = _arithmetic(bench, seconds)
    made = [json.loads(maker.communicate()[0]) for maker in makers]
    if any(each["failed"] for each in made):
        raise BenchError(f"files could not be made in {folder}; is it full?")
    return Window(
        seconds, sum(each["files"] for each in made), rounds, sum(each["processor_seconds"] for each in made),
        round_seconds)


def _arithmetic(bench: Bench, seconds: float) -> tuple[int, float]:
    done = json.loads(subprocess.run(
        [str(bench.hostload), "arithmetic", str(seconds)], capture_output=True, text=True, check=True).stdout)
    return done["rounds"], done["processor_seconds"]


def _turn(bench: Bench, has_endpoint: bool) -> None:
    """Starts or ends the endpoint, and waits until it protects."""
    if not has_endpoint:
        bench.endpoint.stop()
        return
    if bench.endpoint.processes():
        return
    before = bench.seen()[0]
    bench.endpoint.start()
    # It checks in after its worker's first answer.
    bench.wait_control(lambda row: int(str(row.get("last_seen_ms") or 0)) > before, DRAIN_SECONDS)


def _timed(bench: Bench, job: list[str]) -> float:
    return float(
        subprocess.run([str(bench.hostload), *job], capture_output=True, text=True, check=True).stdout)


def _built(bench: Bench) -> float:
    """Times a build: this measurement's own C program, compiled again and again."""
    start = time.monotonic()
    for _ in range(COMPILE_COUNT):
        subprocess.run(
            ["cc", "-O2", "-c", "-o", str(bench.folder / "job.o"), str(bench.source)], capture_output=True, check=True)
    return time.monotonic() - start


def _compare(report: Report, times: Times, flood: float) -> None:
    report.values["flood_executions_per_second"] = flood
    report.values["host_work"] = {}
    for name, by in times.items():
        ratio, least, heard = (
            median(by[ENDPOINT]) / median(by[NOBODY]), min(by[ENDPOINT]) / min(by[NOBODY]),
            median(by[LISTENER]) / median(by[NOBODY]))
        report.values["host_work"][name] = {
            "with": by[ENDPOINT], "without": by[NOBODY], "listener": by[LISTENER], "ratio": ratio, "ratio_min": least,
            "ratio_listener": heard}
        report.goal(
            f"{name} at most 5% longer", ratio <= SLOWDOWN_GOAL,
            f"{median(by[ENDPOINT]):.3f} s with, {median(by[NOBODY]):.3f} s without: ratio {ratio:.3f} (of the minima "
            f"{least:.3f}; beside one that only listens {heard:.3f})")


def _compare_flood(report: Report, name: str, windows: dict[str, list[Window]]) -> None:
    """Compares all that the host gets done.

    Not the arithmetic alone: beside a flood it has more than its share of the processors as long as nobody else is woken,
    and less beside anybody who is, the flood then getting on the faster.
    """
    kind = "files" if name == FILES_LASTING else "executions"
    alone = windows[NOBODY]
    operation_cost = sum(each.operation_seconds for each in alone) / sum(each.operations for each in alone)
    round_cost = sum(each.round_seconds for each in alone) / sum(each.rounds for each in alone)
    done = {
        company: [each.done(operation_cost, round_cost) for each in counted] for company, counted in windows.items()}
    rounds = {company: median([each.rounds / each.seconds for each in counted]) for company, counted in windows.items()}
    made = {
        company: median([each.operations / each.seconds for each in counted]) for company, counted in windows.items()}
    ratio = median(done[NOBODY]) / median(done[ENDPOINT])
    heard = median(done[NOBODY]) / median(done[LISTENER])
    parts = {
        "arithmetic": rounds[NOBODY] / rounds[ENDPOINT], "arithmetic_listener": rounds[NOBODY] / rounds[LISTENER],
        "operations": made[NOBODY] / made[ENDPOINT], "operations_listener": made[NOBODY] / made[LISTENER]}
    report.values["host_work"][f"all work in {name}"] = {
        "with": done[ENDPOINT], "without": done[NOBODY], "listener": done[LISTENER], "ratio": ratio,
        "ratio_listener": heard, **parts}
    report.goal(
        f"all work in {name} at most 5% longer", ratio <= SLOWDOWN_GOAL,
        f"ratio {ratio:.3f} (beside one that only listens {heard:.3f}); of it the arithmetic "
        f"{parts['arithmetic']:.2f} ({parts['arithmetic_listener']:.2f}), {made[ENDPOINT]:.0f} {kind}/s "
        f"{parts['operations']:.2f} ({parts['operations_listener']:.2f})")
