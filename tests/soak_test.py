"""A steady load for a long time: memory and the age of what waits stay flat, and the disk fills as docs/simulate.md says.

INLET_SOAK_MINUTES says how long; 30 with INLET_ROUNDS=long (./dev torture). Otherwise it is a few seconds, which shows
only that all of it runs, and that nothing is lost."""

import datetime
import json
import os
import statistics
import time
import unittest

from simulate_test import DEADLINE, PROJECT, SimulateCase

MINUTES = float(os.environ.get("INLET_SOAK_MINUTES", "30" if os.environ.get("INLET_ROUNDS") == "long" else "0.1"))
TELLS = MINUTES >= 5 # of a shorter run figures say nothing
SMALL_BYTES = 2048   # on disk, at most, for a small submission of one record: twice what docs/simulate.md says


def disk_bytes(folder):
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(path, name)).st_blocks * 512
            except FileNotFoundError:
                pass # it was there a moment ago
    return total


class Soak(SimulateCase):
    project = PROJECT

    def sample(self):
        with open(f"/proc/{self.server.pid}/status", encoding="ascii") as file:
            memory = next(int(line.split()[1]) << 10 for line in file if line.startswith("VmRSS"))
        queued = self.get("/v1/submissions?state=queued&limit=1000")["submissions"]
        now = datetime.datetime.now(datetime.timezone.utc)
        ages = [(now - datetime.datetime.fromisoformat(each["received_at"])).total_seconds() for each in queued]
        return {"memory": memory, "queued": len(queued), "age": max(ages, default=0.0)}

    def test_a_steady_load(self):
        top = self.simulate("--for", "10s" if TELLS else "1s", "--people", "0", "--machines", "64")["machines"]["per_second"]
        before = disk_bytes(self.path("data"))
        seconds = int(MINUTES * 60)
        rate = max(1, int(top / 10))
        process = self.start("simulate", "--json", "--for", f"{seconds}s", "--rate", rate, "--machines", "32", "--people", "1", "--file-pause", "20s",
                             "--journal", self.path("run.ndjson"))
        samples = []
        while process.poll() is None:
            samples.append(self.sample())
            time.sleep(min(10, seconds / 30)) # how often it is looked at
        out, err = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, out + err)
        said = json.loads(out)
        self.assert_whole(said["reconciliation"], "counts")
        grown = disk_bytes(self.path("data")) - before
        third = len(samples) // 3
        first, last = samples[:third], samples[-third:]
        self.assertGreater(third, 1, "hardly anything was seen")
        of = lambda part, figure: statistics.median(each[figure] for each in part)
        requests, file_bytes = said["machines"]["requests"], said["people"]["bytes"]
        print(f"top {top:.0f}/s; {MINUTES} minutes at {rate}/s: {requests} requests, {said['people']['uploads']} files of {file_bytes} bytes in all; "
              f"memory {of(first, 'memory') / (1 << 20):.0f} MiB, then {of(last, 'memory') / (1 << 20):.0f} MiB; waiting {of(first, 'age'):.1f} s, then {of(last, 'age'):.1f} s; "
              f"disk {grown >> 20} MiB; p99 {said['machines']['latency_ms']['p99']} ms", flush=True)
        if TELLS:
            self.assertLess(of(last, "memory"), of(first, "memory") * 1.2 + (48 << 20))
            self.assertLess(of(last, "age"), of(first, "age") + 5)
            self.assertLess(grown, requests * SMALL_BYTES + file_bytes * 4 + (64 << 20))
        self.end(self.server)
        self.assert_whole(self.reconcile(), "rows")


if __name__ == "__main__":
    unittest.main()
