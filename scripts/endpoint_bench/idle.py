"""What an endpoint costs when nothing happens."""

from __future__ import annotations

import argparse
import threading
import time

from . import processes
from .bench import Bench
from .control import BenchError
from .table import Report, say

# The goals of agent and worker together.
RESIDENT_BYTES_GOAL = 40_000_000
PROCESSOR_PERCENT_GOAL = 0.5
# Between two looks at the memory.
SAMPLE_SECONDS = 5.0
# After the policy was taken: the first check-ins and pings are over, and what only the start needed was given back.
SETTLE_SECONDS = 35.0


def measure(options: argparse.Namespace) -> Report:
    """Measures memory and processor time over `options.seconds` under the production policy."""
    report = Report("idle")
    with Bench(options) as bench:
        bench.begin()
        # The production policy: a check-in every 30 seconds, a ping every 5.
        mark = bench.endpoint.watch.count()
        bench.control.stop()
        bench.control.start("server-fleet")
        bench.endpoint.wait_for(
            lambda: any(line.get("kind") == "policy" for line in bench.endpoint.watch.lines[mark:]),
            "production policy", 90)
        pause = threading.Event()
        pause.wait(SETTLE_SECONDS)
        before = {each.pid: each for each in bench.endpoint.processes()}
        spent = {pid: processors(pid) for pid in before}
        seen = bench.seen()
        started = time.monotonic()
        resident: dict[int, list[int]] = {pid: [] for pid in before}
        proportional: dict[int, list[int]] = {pid: [] for pid in before}
        say(f"measuring for {options.seconds} s: {', '.join(each.program for each in before.values())}")
        while (left := started + options.seconds - time.monotonic()) > 0:
            for pid in before:
                resident[pid].append(processes.resident_bytes(pid))
                proportional[pid].append(processes.proportional_bytes(pid))
            pause.wait(min(SAMPLE_SECONDS, left))
        seconds = time.monotonic() - started
        if {each.pid for each in bench.endpoint.processes()} != set(before):
            raise BenchError("a process of the endpoint ended while it was idle; see its agent.log with --keep")
        used = {pid: (processors(pid)[0] - spent[pid][0], processors(pid)[1] - spent[pid][1]) for pid in before}
        bench.wait_control(lambda row: int(str(row.get("last_seen_ms") or 0)) > seen[0], 40)
        events = bench.seen()[1] - seen[1]
        _judge(report, before, resident, proportional, used, seconds, events)
        if bench.endpoint.note:
            report.notes.append(bench.endpoint.note)
    return report


def processors(pid: int) -> tuple[float, int]:
    """Returns processor seconds and wake-ups of a process."""
    return processes.processor_seconds(pid), processes.wakeups(pid)


def _judge(
    report: Report, found: dict[int, processes.Process], resident: dict[int, list[int]],
    proportional: dict[int, list[int]], used: dict[int, tuple[float, int]], seconds: float, events: int
) -> None:
    rows = []
    for pid, process in found.items():
        rows.append({
            "program": process.program, "resident_bytes_max": max(resident[pid]),
            "proportional_bytes_max": max(proportional[pid]), "processor_percent": used[pid][0] / seconds * 100,
            "wakeups_per_second": used[pid][1] / seconds,
        })
        report.row(process.program, _cost(rows[-1]))
    report.values = {"seconds": seconds, "events_evaluated": events, "processes": rows}
    for label, programs in (
        ("agent and worker", (processes.AGENT, processes.WORKER)), ("all of them", processes.PROGRAMS)
    ):
        pids = [pid for pid, process in found.items() if process.program in programs]
        # At the same moment: the largest sum, not the sum of the largest.
        total = {
            "resident_bytes_max": max(sum(column) for column in zip(*(resident[pid] for pid in pids))),
            "proportional_bytes_max": max(sum(column) for column in zip(*(proportional[pid] for pid in pids))),
            "processor_percent": sum(used[pid][0] for pid in pids) / seconds * 100,
            "wakeups_per_second": sum(used[pid][1] for pid in pids) / seconds,
        }
        report.values[label.replace(" ", "_")] = total
        report.row(label, _cost(total))
    together = report.values["agent_and_worker"]
    report.row("events of others", f"{events} evaluated by the last check-in ({events / seconds:.1f} a second)")
    report.goal(
        "at most 40 MB resident", together["resident_bytes_max"] <= RESIDENT_BYTES_GOAL,
        f"{together['resident_bytes_max'] / 1e6:.1f} MB agent and worker together")
    percent = report.values["all_of_them"]["processor_percent"]
    report.goal(
        "under 0.5% of a core", percent < PROCESSOR_PERCENT_GOAL, f"{percent:.2f}% all of them, over {seconds:.0f} s")
    if events > seconds:
        report.notes.append("the machine was not idle: each execution of others is work for the endpoint")


def _cost(values: dict[str, float] | dict[str, object]) -> str:
    def number(name: str) -> float:
        return float(str(values[name]))

    return (
        f"{number('resident_bytes_max') / 1e6:6.1f} MB resident  {number('proportional_bytes_max') / 1e6:6.1f} MB by "
        f"share  {number('processor_percent'):5.2f}% of a core  {number('wakeups_per_second'):6.1f} wake-ups/s")
