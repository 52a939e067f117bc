"""A real endpoint: guard, agent and worker, kept running as an init system would."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from . import processes
from .control import BenchError, ControlPlane
from .watch import AgentWatch

PR_SET_CHILD_SUBREAPER = 36
# What may be left to us, by the 15 bytes that the kernel keeps of a name.
ORPHANS = (processes.AGENT[:15], processes.WORKER[:15])
# How long an endpoint may take to end in good order, before it is killed.
STOP_SECONDS = 15.0
# How long it may take to come up and say something.
START_SECONDS = 60.0
# Where nobody watches: the wait before a restart, as RestartSec=100ms.
RESTART_SECONDS = 0.1
# RestartSec=0, but a program that ends at once does not take a core.
GUARD_RESTART_SECONDS = 0.01


class KeptRunning:
    """A program that is started again whenever it ends, as PID 1 does with Restart=always."""

    def __init__(self, arguments: list[str], log: Path, delay: float, environment: dict[str, str]) -> None:
        self.starts = 0
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._delay = delay
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="kept-running", daemon=True)

    def start(self) -> None:
        """Starts it for the first time."""
        self._thread.start()

    def is_running(self, pid: int) -> bool:
        """Returns whether `pid` is the program as it was last started, whose end is heard of here."""
        process = self._process
        return process is not None and process.pid == pid

    def stop(self) -> None:
        """Ends it in good order, and for good."""
        self._is_over.set()
        with self._lock:
            process = self._process
        if process and process.poll() is None:
            process.send_signal(signal.SIGTERM)
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive() and process:
            process.kill()
            self._thread.join()

    def _run(self) -> None:
        while not self._is_over.is_set():
            with self._lock, self._log.open("ab") as log:
                if self._is_over.is_set():
                    return
                self._process = subprocess.Popen(
                    self._arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment)
                self.starts += 1
            self._process.wait()
            self._is_over.wait(self._delay)


class Endpoint:
    """One endpoint below `root`: its programs in `install`, its memory in `state`."""

    def __init__(self, control: ControlPlane, root: Path, obeys_chaos: bool, tags: list[str]) -> None:
        self.install = root / "install"
        self.state = root / "state"
        self.note = ""
        self._root = root
        self._control = control
        self._obeys_chaos = obeys_chaos
        self._tags = tags
        self._kept: KeptRunning | None = None
        slot = self.install / "slots" / "a"
        slot.mkdir(parents=True)
        (self.install / "bin").mkdir()
        for program in (processes.AGENT, processes.WORKER):
            shutil.copy2(control.programs / program, slot / program)
        for program in (processes.GUARD, processes.BROKER):
            if (control.programs / program).exists():
                shutil.copy2(control.programs / program, self.install / "bin" / program)
        self.has_guard = (self.install / "bin" / processes.GUARD).exists()
        if not self.has_guard:
            self.note = "no firebreak-guard was built: the agent runs alone, restarted 0.1 s after its end"
        # Processes whose parent was killed come to us, so that they are not left over.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.watch = AgentWatch(self.state)

    def start(self) -> None:
        """Starts guard and agent, and keeps the guard (or, without one, the agent) running."""
        slot = self.install / "slots" / "a"
        run = [
            "run", "--control", self._control.address, "--ca", str(self._control.data / "ca.pem"),
            "--enrolment-secret-file", str(self._control.data / "enrolment.secret"),
            "--trust", str(self._control.trust), "--state", str(self.state), "--sensor", "live", *(["--worker-chaos"] if self._obeys_chaos else []),
            *(word for tag in self._tags for word in ("--tag", tag)),
        ]
        if self._control.repository:
            run += ["--root", str(self._control.repository / "tuf" / "1.root.json")]
            run += ["--log-key", str(self._control.data / "log.key.pub")]
        if self.has_guard:
            arguments = [
                str(self.install / "bin" / processes.GUARD), "watch", "--state", str(self.state),
                "--install", str(self.install), "--trust", str(self._control.trust), "--", *run,
            ]
        else:
            arguments = [str(slot / processes.AGENT), *run]
        environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        delay = GUARD_RESTART_SECONDS if self.has_guard else RESTART_SECONDS
        self._kept = KeptRunning(arguments, self._root / "endpoint.log", delay, environment)
        self._kept.start()

    def stop(self) -> None:
        """Ends all of it in good order, and kills what is left."""
        if self._kept:
            self._kept.stop()
            self._kept = None
        deadline = time.monotonic() + STOP_SECONDS
        while (left := processes.find(self.install)) and time.monotonic() < deadline:
            self.reap()
            for process in left:
                if process.program == processes.AGENT:
                    _signal(process.pid, signal.SIGTERM)
            # The end of a process that is nobody's child here is seen by looking.
            time.sleep(0.05)
        for process in processes.find(self.install):
            _signal(process.pid, signal.SIGKILL)
        self.reap()

    def processes(self, program: str = "") -> list[processes.Process]:
        """Returns the endpoint's living processes; with `program`, only those that run it."""
        return [each for each in processes.find(self.install) if not program or each.program == program]

    def reap(self) -> None:
        """Takes away what ended after its parent was killed."""
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                fields = (Path("/proc") / name / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            words = fields[fields.rindex(")") + 2:].split()
            program = fields[fields.index("(") + 1:fields.rindex(")")]
            is_ours = words[0] == "Z" and int(words[1]) == os.getpid() and program in ORPHANS
            if is_ours and not (self._kept and self._kept.is_running(int(name))):
                try:
                    os.waitpid(int(name), os.WNOHANG)
                except ChildProcessError:
                    pass

    def wait_for(self, predicate: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
        """Waits until the agent's log makes `predicate` true."""
        if not self.watch.wait(predicate, seconds):
            raise BenchError(
                f"no {what} within {seconds:.0f} s; see {self._root}/endpoint.log and {self.state}/agent.log")

    def wait_for_stage(self, release: str, stage: str, seconds: float = START_SECONDS) -> None:
        """Waits until a release has entered a stage."""
        self.wait_for(
            lambda: any(
                line.get("kind") == "stage" and line.get("release") == release and line.get("stage") == stage
                for line in self.watch.lines),
            f"{stage} of {release}", seconds)

    def close(self) -> None:
        """Ends everything that belongs to it."""
        self.stop()
        self.watch.close()


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
