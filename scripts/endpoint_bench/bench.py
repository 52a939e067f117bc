"""What all measurements begin with: a control plane, an endpoint, and one release that was committed there."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from . import processes
from .control import PACK, BenchError, ControlPlane
from .endpoint import Endpoint
from .table import say

# What endpoints and rollouts follow while releases are tried often: a check-in each second, a second in shadow and two
# on trial.
QUICK_PRESET = "demo"
FIRST_VERSION = "1.0.0"
# Processes that share the making of a load: four made 3,000 executions a second on two cores, one a third of that.
PACE_LANES = 4
# How long the first release may take from the rollout's start to its commit: it takes four seconds on a quiet machine.
COMMIT_SECONDS = 60.0


class Bench:
    """The place in which one measurement is made. Everything that it starts ends with it."""

    def __init__(
        self, options: argparse.Namespace, obeys_chaos: bool = False, has_repository: bool = False
    ) -> None:
        programs = Path(options.bin).resolve()
        for program in ("firebreak", "firebreak-control", processes.AGENT, processes.WORKER):
            if not (programs / program).exists():
                raise BenchError(f"{programs}/{program} is missing; `make build` makes it, --bin names another folder")
        # Short: the guard's socket lies below it, and a socket's path has at most 107 bytes.
        self.root = Path(tempfile.mkdtemp(prefix="endpoint-bench-", dir=options.work))
        self._keeps = bool(options.keep)
        self._here = Path(__file__).resolve().parent
        self.source = self._here / "hostload.c"
        self.hostload = self._compiled()
        say(f"runs in {self.root}, with the programs of {programs}")
        self.control = ControlPlane(
            programs, self.root, self._here.parents[1] / "content" / PACK, has_repository)
        self.endpoint = Endpoint(self.control, self.root, obeys_chaos, tags=[])
        self.folder = self.root / "files"
        self.folder.mkdir()

    def __enter__(self) -> Bench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.endpoint.close()
        self.control.stop()
        if self._keeps or kind is not None:
            say(f"everything that was written is in {self.root}")
        else:
            shutil.rmtree(self.root, ignore_errors=True)

    def _compiled(self) -> Path:
        program = self.root / "hostload"
        result = subprocess.run(
            ["cc", "-O2", "-static", "-o", str(program), str(self.source)], capture_output=True,
            text=True, check=False)
        if result.returncode != 0:
            raise BenchError(f"cc could not compile hostload.c (Debian: gcc and libc6-dev): {result.stderr[:500]}")
        return program

    def begin(self) -> str:
        """Starts control plane and endpoint, brings the first release to it, and returns the release's digest."""
        self.control.start(QUICK_PRESET)
        self.endpoint.start()
        self.endpoint.wait_for(
            lambda: any(line.get("kind") == "enrolled" for line in self.endpoint.watch.lines), "enrolment")
        digest = self.control.publish(FIRST_VERSION)
        self.control.roll_out(FIRST_VERSION)
        with Pace(self, rate=20):
            # A release is committed on work that it has done: a quiet machine would let it wait.
            self.endpoint.wait_for_stage(f"{PACK}@{FIRST_VERSION}", "committed", COMMIT_SECONDS)
        say(f"{PACK}@{FIRST_VERSION} is committed on the endpoint")
        return digest

    def wait_control(self, predicate: Callable[[dict[str, object]], bool], seconds: float) -> bool:
        """Waits until the endpoint's row at the control plane makes `predicate` true; it changes with each check-in."""
        deadline = time.monotonic() + seconds
        pause = threading.Event()
        while time.monotonic() < deadline:
            row = self.control.endpoint()
            if row and predicate(row):
                return True
            pause.wait(0.2)
        return False

    def seen(self) -> tuple[int, int, int]:
        """Returns the latest counts that the endpoint reported: when, evaluated, lost."""
        row = self.control.endpoint() or {}
        return int(row.get("last_seen_ms") or 0), int(row.get("events_evaluated", 0)), int(row.get("events_lost", 0))


class Pace:
    """Executions at a rate, and one file created and removed for each, for as long as it is entered."""

    def __init__(self, bench: Bench, rate: float, seconds: float = 0.0) -> None:
        self._arguments = [
            str(bench.hostload), "pace", str(rate / PACE_LANES), str(seconds), "1", str(bench.folder)
        ]
        self._lanes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Pace:
        for _ in range(PACE_LANES):
            self._lanes.append(
                subprocess.Popen(self._arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True))
        return self

    def made(self) -> tuple[int, float]:
        """Waits until the time is over, and returns how many executions were made, and how many a second."""
        lanes = self.lanes()
        return sum(lane["executions"] for lane in lanes), sum(lane["executions"] / lane["seconds"] for lane in lanes)

    def lanes(self) -> list[dict[str, float]]:
        """Waits until the time is over, and returns what each process says that it has done."""
        return [json.loads(lane.communicate()[0]) for lane in self._lanes]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            if lane.poll() is None:
                lane.terminate()
        for lane in self._lanes:
            # One that `made` has read to its end is closed already.
            if lane.stdout and not lane.stdout.closed:
                lane.communicate()
