#!/usr/bin/env python3
"""Breaks a real machine in each way that an endpoint must survive, and watches it come back by itself.

Usage: scripts/vm-test/vm_test.py [--cache var/vm] [--commands .build/release] [--at-once 2] [SCENARIO...]
Exit code: 0 when every scenario ended as it must, 1 when one did not.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time

from machine import Machine
from scenarios import SCENARIOS

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = ["firebreak-agent", "firebreak-worker", "firebreak-guard", "firebreak-broker"]
# States that are made by the real programs: by the fault marker of the release that is offered in them.
MARKERS = {"prepared-plain": "", "prepared-panic-host": "panic-host", "prepared-hang-host": "hang-host"}
printing = threading.Lock()


def say(text):
    with printing:
        print(text, flush=True)


def fingerprint(paths):
    """SHA-256 over the names and bytes of files and folders."""
    digest = hashlib.sha256()
    files = []
    for path in paths:
        if os.path.isdir(path):
            files += sorted(os.path.join(root, name) for root, _, names in os.walk(path) for name in names)
        elif os.path.exists(path):
            files.append(path)
    for path in files:
        with open(path, "rb") as file:
            digest.update(f"{path}\n{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def prepare(cache, commands):
    """Makes what is absent or no longer what it was made from."""
    os.makedirs(cache, exist_ok=True)
    run(["machine.sh", cache])
    content = os.path.join(PROJECT, "content")
    programs = [os.path.join(commands, name) for name in ["firebreak", "firebreak-control"] + PROGRAMS]
    sources = [os.path.join(PROJECT, "packaging", "systemd"), content, HERE]
    wanted = fingerprint(programs + sources + [os.path.join(cache, "vmlinuz")])
    mark = os.path.join(cache, "disk.made-from")
    if os.path.exists(mark) and os.path.exists(os.path.join(cache, "disk.img")):
        with open(mark, encoding="ascii") as file:
            if file.read() == wanted:
                return
    say("vm-test: an endpoint enrols, commits linux-core 1.0.0 and takes 1.1.0, three times at once (15 s)")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        made = [
            pool.submit(run, ["state.sh", commands, content, os.path.join(cache, folder), marker])
            for folder, marker in MARKERS.items()
        ]
        for each in made:
            each.result()
    say("vm-test: making the disk")
    run(["image.sh", cache, commands])
    with open(mark, "w", encoding="ascii") as file:
        file.write(wanted)


def run(command):
    result = subprocess.run([os.path.join(HERE, command[0])] + command[1:], check=False)
    if result.returncode != 0:
        sys.exit(f"vm-test: {command[0]} failed")


class Outcome:
    """What one machine did, read from its serial port."""

    def __init__(self, scenario, machine, is_off):
        self.scenario = scenario
        self.seconds_in_all = machine.lines[-1][0] if machine.lines else 0.0
        self.hands = machine.hands
        self.power_cuts = machine.power_cuts
        self.qemu_megabytes = machine.peak_kilobytes // 1024
        self.boots = len(machine.words("BOOT"))
        panics = [at for at, line in machine.lines if "Kernel panic" in line]
        self.panics = len(panics)
        healthy = machine.words("HEALTHY")
        self.is_healthy = bool(healthy) and is_off
        said = dict(re.findall(r"(\w+)=(\S+)", healthy[0][1])) if healthy else {}
        self.active = said.get("active", "none")
        self.slot = said.get("slot", "none")
        memory = machine.words("MEMORY")
        self.memory_kilobytes = {
            name: int(kilobytes) for name, kilobytes in re.findall(r"(\w+)=(\d+)", memory[0][1])} if memory else {}
        faults = panics or [at for at, _ in machine.words(scenario.fault)]
        self.seconds_to_healthy = healthy[0][0] - faults[0] if healthy and faults else None
        self.complaints = list(self._complaints(machine, bool(faults)))

    def _complaints(self, machine, has_fault):
        scenario = self.scenario
        if scenario.active is None:
            if self.is_healthy:
                yield "it became healthy, and must not have"
        elif not self.is_healthy:
            yield f"it did not become healthy within {scenario.limit_seconds} s"
        else:
            if self.active != scenario.active:
                yield f"{self.active} is active, not {scenario.active}"
            if self.slot != scenario.slot:
                yield f"the agent of slot {self.slot} runs, not of {scenario.slot}"
        if not has_fault:
            yield f"the fault never happened: no line VM {scenario.fault}"
        for what, count, (least, most) in [
            ("boots", self.boots, scenario.boots), ("panics", self.panics, scenario.panics)]:
            if not least <= count <= most:
                yield f"{count} {what}, where {least} to {most} are right"
        if self.hands:
            yield f"{self.hands} hands were needed"
        for sign in scenario.signs:
            if not machine.words(sign):
                yield f"no line VM {sign}"

    def row(self):
        seconds = "-" if self.seconds_to_healthy is None else f"{self.seconds_to_healthy:.1f}"
        verdict = "as it must" if not self.complaints else "NOT AS IT MUST"
        if self.scenario.active is None and not self.complaints:
            verdict = "never healthy, as it must"
        return [
            self.scenario.name, self.scenario.says, str(self.boots), str(self.panics), seconds, str(self.hands),
            self.active, verdict]

    def json(self):
        return {
            "scenario": self.scenario.name, "says": self.scenario.says, "boots": self.boots, "panics": self.panics,
            "power_cuts": self.power_cuts, "seconds_from_fault_to_healthy": self.seconds_to_healthy,
            "seconds_in_all": round(self.seconds_in_all, 2), "hands": self.hands, "healthy": self.is_healthy,
            "active": self.active, "slot": self.slot, "memory_kilobytes": self.memory_kilobytes,
            "qemu_megabytes": self.qemu_megabytes, "passed": not self.complaints, "complaints": self.complaints}


def break_one(scenario, cache, slower):
    machine = Machine(cache, os.path.join(cache, "runs", scenario.name), scenario)
    is_off = machine.run(scenario.limit_seconds * slower)
    outcome = Outcome(scenario, machine, is_off)
    row = outcome.row()
    say(f"vm-test: {row[0]}: {row[2]} boots, {row[3]} panics, {row[4]} s, hands {row[5]}, {row[6]}: {row[7]}")
    for complaint in outcome.complaints:
        say(f"vm-test:   {complaint}; see {machine.folder}/serial.log")
    return outcome


def table(outcomes):
    rows = [["scenario", "what is broken", "boots", "panics", "seconds", "hands", "active at the end", "verdict"]]
    rows += [outcome.row() for outcome in outcomes]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", default=os.path.join(PROJECT, "var", "vm"), help="where everything is kept")
    parser.add_argument("--commands", default=os.path.join(PROJECT, ".build", "release"), help="the built programs")
    parser.add_argument("--at-once", type=int, default=max(1, min(2, os.cpu_count() or 1)), help="machines at once")
    parser.add_argument("--slower", type=float, default=1.0, help="stretches every limit: for a machine that is busy")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    options = parser.parse_args()
    names = [scenario.name for scenario in SCENARIOS]
    for name in options.scenarios:
        if name not in names:
            parser.error(f"there is no scenario {name}; there are {', '.join(names)}")
    chosen = [scenario for scenario in SCENARIOS if not options.scenarios or scenario.name in options.scenarios]
    cache = os.path.abspath(options.cache)
    started = time.monotonic()
    prepare(cache, os.path.abspath(options.commands))
    prepared = time.monotonic()
    say(f"vm-test: breaking {len(chosen)} machines, {options.at_once} at once, without KVM")
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        outcomes = list(pool.map(lambda scenario: break_one(scenario, cache, options.slower), chosen))
    table(outcomes)
    passed = all(not outcome.complaints for outcome in outcomes)
    ended = time.monotonic()
    say(f"vm-test: {'all' if passed else 'NOT all'} as they must, in {ended - prepared:.0f} s after "
        f"{prepared - started:.0f} s of preparation; var/vm/result.json has the numbers")
    with open(os.path.join(cache, "result.json"), "w", encoding="utf-8") as file:
        json.dump({
            "passed": passed, "accelerator": "tcg", "at_once": options.at_once,
            "seconds_of_preparation": round(prepared - started, 1), "seconds_of_machines": round(ended - prepared, 1),
            "scenarios": [outcome.json() for outcome in outcomes]}, file, indent=2)
        file.write("\n")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
