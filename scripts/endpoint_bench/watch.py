"""Hears what an agent writes: each line of its log, and each alert at the moment at which it is durable."""

from __future__ import annotations

import ctypes
import json
import os
import select
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

IN_MODIFY = 0x2
IN_MOVED_TO = 0x80
IN_CREATE = 0x100
# Bytes of one read of inotify: some thousand names.
READ_BYTES = 1 << 16
_EVENT = struct.Struct("iIII")

Line = dict[str, Any]


class AgentWatch:
    """Follows `agent.log` and the alert spool of a state directory with inotify, on a thread of its own.

    The log's lines carry the agent's own time, so how late they are read changes nothing that is measured by them.
    """

    def __init__(self, state: Path) -> None:
        self.lines: list[Line] = []
        self.durable: set[int] = set()
        self.overflowed = False
        self.changed = threading.Condition()
        self._state = state
        self._spool = state / "spool"
        self._log: Any = None
        self._rest = b""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._notify = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self._notify < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        state.mkdir(parents=True, exist_ok=True)
        self._spool.mkdir(exist_ok=True)
        self._spool_mark = self._mark(self._spool, IN_MOVED_TO)
        self._mark(state, IN_MODIFY | IN_CREATE | IN_MOVED_TO)
        self._end, self._end_write = os.pipe2(os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="agent-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread, after the last lines were read."""
        os.close(self._end_write)
        self._thread.join()
        os.close(self._end)
        os.close(self._notify)

    def wait(self, predicate: Callable[[], bool], seconds: float) -> bool:
        """Waits until `predicate` holds, looked at after each line; false when the time was over first."""
        with self.changed:
            return self.changed.wait_for(predicate, seconds)

    def count(self) -> int:
        """Returns the number of lines so far: a place from which `since` reads on."""
        with self.changed:
            return len(self.lines)

    def since(self, index: int, kind: str = "") -> list[Line]:
        """Returns the lines after a place; with `kind`, only those of that kind."""
        with self.changed:
            return [line for line in self.lines[index:] if not kind or line.get("kind") == kind]

    def add(self, line: Line) -> None:
        """Adds a line that the agent would have written."""
        with self.changed:
            self.lines.append(line)
            self.changed.notify_all()

    def _mark(self, path: Path, mask: int) -> int:
        mark = self._libc.inotify_add_watch(self._notify, os.fsencode(path), mask)
        if mark < 0:
            raise OSError(ctypes.get_errno(), f"inotify_add_watch {path}")
        return int(mark)

    def _run(self) -> None:
        poller = select.poll()
        poller.register(self._notify, select.POLLIN)
        poller.register(self._end, select.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self._notify in ready:
                self._take(os.read(self._notify, READ_BYTES))
            with self.changed:
                if self._read_log():
                    self.changed.notify_all()
            if self._end in ready:
                return

    def _take(self, data: bytes) -> None:
        offset = 0
        while offset < len(data):
            mark, mask, _, length = _EVENT.unpack_from(data, offset)
            offset += _EVENT.size
            name = data[offset:offset + length].rstrip(b"\0")
            offset += length
            if mask & 0x4000:
                self.overflowed = True
            elif mark == self._spool_mark and name.endswith(b".json") and name[:-5].isdigit():
                with self.changed:
                    self.durable.add(int(name[:-5]))
                    self.changed.notify_all()

    def _read_log(self) -> bool:
        """Reads what is new, also after the log was renamed to make room for a new one."""
        before = len(self.lines)
        path = self._state / "agent.log"
        while True:
            if self._log is None:
                try:
                    self._log = path.open("rb")
                except FileNotFoundError:
                    break
            for raw in iter(self._log.readline, b""):
                self._rest += raw
                if self._rest.endswith(b"\n"):
                    self._parse(self._rest)
                    self._rest = b""
            try:
                if path.stat().st_ino == os.fstat(self._log.fileno()).st_ino:
                    break
            except FileNotFoundError:
                break
            self._log.close()
            self._log = None
            self._rest = b""
        return len(self.lines) > before

    def _parse(self, raw: bytes) -> None:
        try:
            line = json.loads(raw)
        except ValueError:
            # A kill in the middle of a write leaves half a line, and the next begins behind it.
            line = {"kind": "torn", "text": raw.decode(errors="replace")}
        self.lines.append(line if isinstance(line, dict) else {"kind": "torn"})
