"""Runs zargunlite over a file of events, for the benchmark to stand beside.

Usage: peer.py RULES EVENTS RULESET [BATCH]
Converts the Windows and Linux rules under RULES once, with pySigma's SQLite backend and its Sysmon and Windows
pipelines, and keeps them in the file RULESET. Then decodes EVENTS, loads and queries them, and prints one line of JSON.
The conversion is not part of the time; decoding is. Events are queried in batches of BATCH, or all at once.
"""

import dataclasses
import json
import os
import resource
import sys
import time


def convert(folder, path):
    from sigma.backends.sqlite import sqlite
    from sigma.collection import SigmaCollection
    from sigma.pipelines.sysmon import sysmon_pipeline
    from sigma.pipelines.windows import windows_logsource_pipeline

    rules = []
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if not name.endswith(".yml"):
                continue
            with open(os.path.join(base, name), encoding="utf-8") as file:
                text = file.read()
            backend = sqlite.sqliteBackend(sysmon_pipeline() + windows_logsource_pipeline())
            try:
                collection = SigmaCollection.from_yaml(text)
                if collection.rules[0].logsource.product not in ("windows", "linux"):
                    continue
                output = backend.convert(collection, "zircolite")
                rules += json.loads(output) if isinstance(output, str) else output
            except Exception as error:  # A rule that the backend cannot convert is not run.
                print(f"{name}: {error}", file=sys.stderr)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(rules, file)


def detect(rows, rules):
    from zargunlite.core import ZargunCore

    if not rows:
        return 0
    with ZargunCore() as core:
        core.load_data(rows, strict_field_name=False)
        return sum(core.execute_zircolite_rule(rule).count for rule in rules)


def main():
    folder, events, ruleset = sys.argv[1:4]
    if not os.path.exists(ruleset):
        convert(folder, ruleset)
    from zargunlite.model import ZircoliteRule

    with open(ruleset, encoding="utf-8") as file:
        names = {field.name for field in dataclasses.fields(ZircoliteRule)}
        rules = [ZircoliteRule(**{k: v for k, v in rule.items() if k in names}) for rule in json.load(file)]
    batch = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    begin = time.process_time()
    events_read = matches = 0
    rows = []
    with open(events, encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            rows.append({k: v if isinstance(v, (int, str)) else json.dumps(v) for k, v in event.items()})
            events_read += 1
            if batch and len(rows) == batch:
                matches += detect(rows, rules)
                rows = []
    matches += detect(rows, rules)
    seconds = time.process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {"events": events_read, "rules": len(rules), "matches": matches, "seconds": seconds, "resident_kib": memory}
        )
    )


main()
