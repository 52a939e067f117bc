#!/usr/bin/env python3
"""Writes the order in which firebreak-tuf-client's functions are linked: first those that a refresh and a download call.

The kernel brings a program in by blocks of 64 KiB. With the functions that run together in few of them, the program's
peak of resident memory is 3 MB less. The order is a hint to the linker: a name that is not there is passed over, and one that
is missing costs memory only. Run this when the dependencies have changed and `make bench-tuf` misses its goal.

Needs valgrind and python-tuf (.build/peers-tuf/bin/python, as `make bench-tuf` installs it).
"""

from __future__ import annotations

import argparse
import http.server
import importlib.util
import re
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
# Few: what is called is the same as with many.
TARGETS = 50


def bench() -> object:
    """Returns the benchmark as a module: its repository and its server are the ones to be quick with."""
    spec = importlib.util.spec_from_file_location("tuf_bench", HERE / "tuf-bench.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def called(program: str, arguments: list[str], place: Path) -> set[str]:
    """Returns the mangled names of the functions that a run calls."""
    report = place / "callgrind.out"
    subprocess.run(
        ["valgrind", "-q", "--tool=callgrind", "--demangle=no", "--compress-strings=no",
         f"--callgrind-out-file={report}", program, *arguments], check=True, stdout=subprocess.DEVNULL)
    # Behind an apostrophe stands the depth of a recursion.
    return {re.sub(r"'\d+$", "", line[3:].strip()) for line in report.read_text().splitlines() if line.startswith("fn=")}


def main() -> int:
    """Runs the program under callgrind and writes the names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", default=".build/release/firebreak-tuf-client", metavar="FILE")
    parser.add_argument("--output", default=str(HERE / "tuf-client-order.txt"), metavar="FILE")
    options = parser.parse_args()
    module = bench()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        # callgrind 3.19 does not read the compiler's DWARF 5.
        program = str(place / "client")
        subprocess.run(["strip", "--strip-debug", "-o", program, options.client], check=True)
        root = module.make_repository(place, TARGETS)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(module.Quiet, directory=name))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        names = called(program, ["--metadata-dir", f"{name}/own", "init", str(root)], place)
        names |= called(program, [
            "--metadata-dir", f"{name}/own", "--metadata-url", f"{base}/metadata", "--target-name", module.WANTED,
            "--target-dir", f"{name}/got", "--target-base-url", f"{base}/targets", "download"], place)
        server.shutdown()
        symbols = subprocess.run(["nm", "--defined-only", program], check=True, capture_output=True, text=True).stdout
    own = {line.split()[2] for line in symbols.splitlines() if len(line.split()) == 3}
    names &= own
    Path(options.output).write_text("\n".join(sorted(names)) + "\n")
    print(f"{len(names)} functions in {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
