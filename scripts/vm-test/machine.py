"""One machine under qemu: starts it, reads its serial port, and cuts its power when the scenario asks for it."""

import json
import os
import re
import socket
import subprocess
import threading
import time

# Memory of a machine: the agent, its worker and a Debian without services take a third of it.
MEMORY_MEGABYTES = 512
# Lines of the serial port that are kept: ten times what the noisiest scenario writes.
LINES_MAX = 20_000
# How long qemu may take to end after it was told to.
END_SECONDS = 5

# panic=1: a second after a panic the kernel resets the machine, as servers are set up to. KASLR stays on. The clock is
# the HPET's: a time stamp counter that is calibrated while the host is busy is wrong by as much as the host was.
COMMAND_LINE = (
    "rw console=ttyS0 quiet panic=1 reboot=k mitigations=off tsc=unstable clocksource=hpet no_timer_check "
    "random.trust_cpu=on systemd.show_status=no"
)


class Machine:
    """A machine from power-on to power-off. Nothing is ever typed into it: `hands` counts whatever would be."""

    def __init__(self, cache, folder, scenario):
        self.scenario = scenario
        self.folder = folder
        self.cache = cache
        # What was done to the machine from outside to mend it. There is no method that does, so it stays 0.
        self.hands = 0
        self.power_cuts = 0
        self.lines = []
        self.peak_kilobytes = 0

    def words(self, word):
        """The lines that the machine said with this word: seconds since power-on, and the rest of the line."""
        start = f"VM {word} "
        return [(at, line[line.index(start) + len(start):]) for at, line in self.lines if start in line]

    def run(self, limit_seconds):
        """Runs until the machine switches itself off, or for `limit_seconds`; True when it did the former."""
        os.makedirs(self.folder, exist_ok=True)
        self.control = os.path.join(self.folder, "control.socket")
        if os.path.exists(self.control):
            os.remove(self.control)
        self.started = time.monotonic()
        with open(os.path.join(self.folder, "qemu.log"), "wb") as errors:
            self.process = subprocess.Popen(
                self._arguments(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        try:
            self._wait(limit_seconds)
            return self.process.returncode == 0
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait(END_SECONDS)
            reader.join(END_SECONDS)

    def _arguments(self):
        cache = self.cache
        return [
            "qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=multi,tb-size=128", "-cpu", "Nehalem",
            "-m", str(MEMORY_MEGABYTES), "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none",
            "-kernel", f"{cache}/vmlinuz", "-initrd", f"{cache}/initrd.img",
            "-append", f"{COMMAND_LINE} vm.scenario={self.scenario.name} {self.scenario.arguments}".strip(),
            # The layer over the image lives as long as this process: it outlives a reset, as a disk does.
            "-drive", f"file={cache}/disk.img,if=none,id=disk,format=raw,snapshot=on,cache=unsafe",
            "-device", "virtio-blk-pci,drive=disk", "-serial", "stdio",
            "-qmp", f"unix:{self.control},server=on,wait=off",
        ]

    def _wait(self, limit_seconds):
        while self.process.poll() is None and time.monotonic() - self.started < limit_seconds:
            try:
                with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
                    peak = re.search(r"VmHWM:\s+(\d+)", status.read())
                self.peak_kilobytes = max(self.peak_kilobytes, int(peak.group(1)) if peak else 0)
                self.process.wait(0.5)
            except (OSError, subprocess.TimeoutExpired):
                pass

    def _read(self):
        with open(os.path.join(self.folder, "serial.log"), "w", encoding="utf-8", buffering=1) as log:
            for raw in self.process.stdout:
                line = raw.decode("utf-8", "replace").strip("\r\n")
                at = time.monotonic() - self.started
                if len(self.lines) < LINES_MAX:
                    self.lines.append((at, line))
                    log.write(f"{at:8.2f} {line}\n")
                if line.startswith("VM CUT-POWER"):
                    self._cut_power()

    def _cut_power(self):
        """Resets the machine as a power cut would: what its kernel had not written is gone."""
        self.power_cuts += 1
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.control)
            stream = control.makefile("rw")
            stream.readline()
            for command in ("qmp_capabilities", "system_reset"):
                stream.write(json.dumps({"execute": command}) + "\n")
                stream.flush()
                stream.readline()
