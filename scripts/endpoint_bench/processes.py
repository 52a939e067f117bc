"""What the kernel says of the endpoint's processes. They are known by where their programs lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# Clock ticks in a second, as /proc counts processor time.
TICKS = os.sysconf("SC_CLK_TCK")

GUARD = "firebreak-guard"
BROKER = "firebreak-broker"
AGENT = "firebreak-agent"
WORKER = "firebreak-worker"
PROGRAMS = (GUARD, BROKER, AGENT, WORKER)


@dataclass(frozen=True)
class Process:
    """A process of the endpoint."""

    pid: int
    parent: int
    program: str


def _stat(pid: int) -> list[str]:
    """Returns the fields of /proc/PID/stat from the state on (proc(5), field 3)."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return text[text.rindex(")") + 2:].split()


def find(install: Path) -> list[Process]:
    """Returns the living processes whose programs lie below `install`, the oldest first.

    Zombies count as gone; those that were left to this process are reaped.
    """
    found: list[tuple[int, Process]] = []
    prefix = f"{install}/"
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        pid = int(name)
        try:
            image = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
            if not image.startswith(prefix):
                continue
            fields = _stat(pid)
        except OSError:
            continue
        if fields[0] in "ZX":
            continue
        found.append((int(fields[19]), Process(pid, int(fields[1]), os.path.basename(image))))
    return [process for _, process in sorted(found, key=lambda pair: (pair[0], pair[1].pid))]


def resident_bytes(pid: int) -> int:
    """Returns VmRSS of a process; 0 when it is gone."""
    return _labelled_kilobytes(Path(f"/proc/{pid}/status"), "VmRSS:") * 1024


def proportional_bytes(pid: int) -> int:
    """Returns Pss of a process: shared pages count by their share. 0 when it is gone."""
    return _labelled_kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") * 1024


def _labelled_kilobytes(path: Path, label: str) -> int:
    try:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(label):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def processor_seconds(pid: int) -> float:
    """Returns the processor time of a process since its start; 0 when it is gone."""
    try:
        fields = _stat(pid)
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def wakeups(pid: int) -> int:
    """Returns how often the threads of a process have gone to sleep by themselves: its wake-ups."""
    total = 0
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for line in Path(f"/proc/{pid}/task/{task}/status").read_text(encoding="utf-8").splitlines():
                if line.startswith("voluntary_ctxt_switches:"):
                    total += int(line.split()[1])
    except OSError:
        pass
    return total
