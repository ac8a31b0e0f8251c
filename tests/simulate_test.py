"""`inlet simulate` through the real binary: what it plays, what it finds wrong, and crash rounds of the server under it.

INLET_ROUNDS=long kills the server 50 times at random moments, and at every commit point that deliveries pass;
INLET_SEED plays a failure again."""

import json
import os
import random
import re
import select
import signal
import subprocess
import time
import unittest

from inlet_case import REPOSITORY
from server_test import ServerCase

LONG = os.environ.get("INLET_ROUNDS") == "long"
DEADLINE = 300

PROJECT = """
project: plant
datasets:
  log:
    schema:
      fields:
        - {name: at, type: datetime, constraints: {required: true}}
        - {name: text, type: string, constraints: {required: true}}
        - {name: value, type: number, constraints: {minimum: -40, maximum: 60}}
  latest:
    write: upsert
    rejects: {max_share: 50%, then: publish_rest}
    schema:
      fields: [{name: sensor, type: string}, {name: value, type: integer}, {name: tags, type: array}]
      primaryKey: sensor
  day:
    write: replace
    schema: {fields: [{name: n, type: integer}]}
  papers: {kind: files}
models:
  warm: {sql: "SELECT count(*) AS n FROM log WHERE value > 20"}
"""

# Passed by small records, by files, and by undos, in this order of preference for short rounds.
POINTS = ["pipeline.small-published", "warehouse.publish-committed", "catalog.after-commit", "pipeline.upload-handed-over",
          "pipeline.small-staged", "catalog.before-commit", "pipeline.small-settled", "warehouse.publish-begun", "warehouse.publish-written",
          "pipeline.upload-arrived", "pipeline.upload-synced", "pipeline.upload-safe", "pipeline.receiving", "pipeline.received", "pipeline.queued",
          "objects.before-sync", "objects.before-rename", "objects.after-rename", "pipeline.checked", "pipeline.staged", "pipeline.before-publish", "pipeline.published", "pipeline.finished",
          "warehouse.undo-begun", "warehouse.undo-written", "warehouse.undo-committed", "pipeline.before-undo", "pipeline.undo-published", "pipeline.undo-marked"]
OFTEN = ("catalog.", "pipeline.small-", "warehouse.publish-") # more than once a second


class SimulateCase(ServerCase):
    project = PROJECT

    def simulate(self, *arguments, code=0):
        done = self.inlet("simulate", "--json", *arguments, code=None)
        self.assertEqual(done.code, code, done.out + done.err + b"".join(self.log[-20:]).decode())
        return done.json

    def reconcile(self, code=0):
        """Row by row, once the server has ended."""
        return self.simulate("--reconcile", self.path("run.ndjson"), code=code)

    def assert_whole(self, found, by):
        self.assertEqual((found["passed"], found["by"], found["complete"]), (True, by, True), found)
        for dataset in found["datasets"]:
            self.assertEqual((dataset["present"], dataset["lost"], dataset["doubled"], dataset["unexpected"]), (dataset["acknowledged"], 0, 0, 0), found)


class Play(SimulateCase):
    def play(self, *arguments, people=2):
        return self.simulate("--for", "2s", "--journal", self.path("run.ndjson"), "--file-records", "300", "--people", people, "--seed", "5", *arguments)

    def test_everything_that_is_played_is_told_and_reconciled(self):
        process = self.start("simulate", "--json", "--for", "1h", "--journal", self.path("run.ndjson"), "--file-records", "300", "--people", "2", "--records", "3",
                             "--mistakes", "20%", "--repeats", "20%", "--cuts", "10%", "--abandoned", "30%", "--corrections", "50%")
        def seen():
            entries = self.journal_entries()
            deeds = {entry.get("deed") for entry in entries}
            return len(entries) > 400 and {"undone", "abandoned"} <= deeds
        self.until(seen)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, out + err)
        said = json.loads(out)
        self.assertEqual((set(said["datasets"]), set(said["left_out"])), ({"log", "latest"}, {"day", "papers"}))
        machines, people = said["machines"], said["people"]
        for figure in ("requests", "per_second", "records", "with_mistakes", "repeated", "cut"):
            self.assertGreater(machines[figure], 0, figure)
        self.assertEqual(machines["records"], 3 * machines["requests"])
        self.assertEqual((machines["answered_otherwise"], machines["unsettled"], people["lost_bytes"]), (0, 0, 0))
        latency = machines["latency_ms"]
        self.assertTrue(0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["p99.9"] <= latency["max"], latency)
        for figure in ("uploads", "bytes", "breaks", "abandoned", "corrections"):
            self.assertGreater(people[figure], 0, figure)
        self.assertGreater(said["answers"]["201"], 0)
        self.assertGreater(said["answers"]["422 too-many-rejects"], 0)
        self.assertGreater(said["unanswered"], 0)
        self.assert_whole(said["reconciliation"], "counts")
        self.end(self.server)
        self.assert_whole(self.reconcile(), "rows")

    def test_what_is_wrong_is_found(self):
        self.play(people=0)
        entries = self.journal_entries()
        sent = [each for each in entries if each.get("dataset") == "log" and each["deed"] == "sent" and "mistake" not in each]
        self.assertGreater(len(sent), 3)
        self.end(self.server)
        mark = f"sim-{entries[0]['run']:08x}-"
        log = lambda found: next(each for each in found["datasets"] if each["name"] == "log")
        # A row that is there twice, and one that was never sent.
        self.load(f"at,text,value\n2026-01-02T03:04:05,{mark}{sent[0]['first']},1\n2026-01-02T03:04:05,{mark}99999999,1\n", "log")
        found = self.reconcile(code=1)
        self.assertEqual((found["passed"], log(found)["doubled"], log(found)["unexpected"], log(found)["lost"]), (False, 1, 1, 0))
        # One that somebody took back.
        self.inlet("undo", str(sent[1]["submission"]))
        found = self.reconcile(code=1)
        self.assertEqual((found["unpublished"], log(found)["doubled"]), (1, 1))
        # One that was acknowledged and is not there at all.
        with open(self.path("run.ndjson"), "a", encoding="utf-8") as file:
            file.write('{"deed":"sent","dataset":"log","submission":77777777,"first":88888888,"count":1}\n')
        found = self.reconcile(code=1)
        self.assertEqual((found["unknown"], log(found)["lost"]), (1, 1))

    def test_rows_that_nobody_acknowledged_are_seen_by_the_server_too(self):
        process = self.start("simulate", "--json", "--for", "1h", "--people", "0", "--machines", "1", "--rate", "5", "--journal", self.path("run.ndjson"))
        self.until(lambda: len(self.journal_entries()) > 3)
        self.assertEqual(self.call("POST", "/v1/datasets/log/records", '{"at": "2026-01-02T03:04:05", "text": "mine"}', {"Content-Type": "application/json"})[0], 201)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=DEADLINE)
        found = json.loads(out)["reconciliation"]
        self.assertEqual((process.returncode, found["passed"], sum(each["unexpected"] for each in found["datasets"])), (1, False, 1), err)

    def test_by_key_over_tcp_and_at_a_rate(self):
        said = self.simulate("--url", self.url, "--key", self.key, "--dataset", "latest", "--for", "2s", "--rate", "40", "--machines", "4")
        self.assertEqual(said["datasets"], ["latest"])
        self.assertLessEqual(said["machines"]["requests"], 100)
        self.assert_whole({**said["reconciliation"]}, "counts")

    def test_what_cannot_be_played_is_said(self):
        self.error("simulate", "--dataset", "nothing", code="unknown-dataset", exit_code=2)
        self.error("simulate", "--dataset", "day", code="not-supported", exit_code=2)
        self.error("simulate", "--url", "https://127.0.0.1:1", code="not-supported", exit_code=2)
        self.error("simulate", "--url", self.url, "--key", "none", code="unauthenticated", exit_code=2)
        self.error("simulate", "--url", "nowhere", code="usage-error", exit_code=2)
        self.error("simulate", "--url", "unix:/" + "a" * 200, code="bad-argument", exit_code=2)
        self.error("simulate", "--for", "soon", code="usage-error", exit_code=2)
        self.error("simulate", "--mistakes", "101%", code="usage-error", exit_code=2)
        self.error("simulate", "--machines", "0", "--people", "0", code="usage-error", exit_code=2)
        self.error("simulate", "--journal", self.path("inlet.yaml"), code="bad-argument", exit_code=2)
        self.end(self.server)
        self.error("simulate", "--patience", "1s", code="io-failed", exit_code=3)
        self.error("simulate", "--reconcile", self.path("inlet.yaml"), code="format-error", exit_code=1)

    def journal_entries(self):
        """As far as it is written."""
        path = self.path("run.ndjson")
        if not os.path.exists(path):
            return []
        with open(path, "rb") as file:
            return [json.loads(line) for line in file if line.endswith(b"\n")]

    def until(self, happened):
        deadline = time.monotonic() + DEADLINE
        while not happened():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


class Refused(SimulateCase):
    project = PROJECT + "server: {limits: {per_principal: {requests_per_second: 5, burst: 5}}}\n"

    def test_who_is_too_fast_waits_and_comes_again(self):
        said = self.simulate("--url", self.url, "--key", self.key, "--dataset", "latest", "--people", "0", "--machines", "40", "--for", "2s")
        self.assertGreater(said["answers"]["429 rate-limited"], 0)
        self.assertEqual((said["machines"]["unsettled"], said["machines"]["answered_otherwise"]), (0, 0))
        self.assert_whole(said["reconciliation"], "counts")


class Crashes(SimulateCase):
    """The server dies again and again, and the players do not notice but for answers that take longer."""

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("INLET_SEED", random.randrange(1 << 30)))
        print(f"seed {self.seed}", flush=True)
        self.chance = random.Random(self.seed)
        self.player = self.start("simulate", "--json", "--for", "10h", "--patience", "20m", "--seed", str(self.seed), "--rate", "600", "--machines", "24", "--people", "3",
                                 "--file-records", "1500", "--cuts", "2%", "--corrections", "60%", "--journal", self.path("run.ndjson"))
        self.addCleanup(self.end_player)

    def end_player(self):
        if self.player.poll() is None:
            self.player.kill()
        self.player.wait()
        self.player.stdout.close()
        self.player.stderr.close()

    def again(self, env=None):
        """Starts the server; whether it lived to say so."""
        self.server = self.start("serve", "--listen", "127.0.0.1:0", "--json", env=env, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, self.server)
        ready, _, _ = select.select([self.server.stdout], [], [], DEADLINE)
        self.assertTrue(ready, "the server does not start")
        return bool(self.server.stdout.readline())

    def end(self, server, how=signal.SIGTERM):
        if server.stderr is not None:
            return super().end(server, how)
        if server.poll() is None:
            server.send_signal(how)
        code = server.wait(DEADLINE)
        server.stdout.close()
        return code

    def acknowledged(self, lines):
        """Waits until so many more answers are in the journal."""
        path = self.path("run.ndjson")
        self.until(lambda: os.path.exists(path))
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            seen = 0
            def more():
                nonlocal seen
                seen += file.read().count(b"\n")
                return seen >= lines
            self.until(more)

    def until(self, happened):
        deadline = time.monotonic() + DEADLINE
        while not happened():
            self.assertIsNone(self.player.poll(), "the players gave up")
            self.assertLess(time.monotonic(), deadline, f"seed {self.seed}")
            time.sleep(0.01)

    def settle(self, rounds):
        self.player.send_signal(signal.SIGINT)
        out, err = self.player.communicate(timeout=4 * DEADLINE)
        self.assertEqual(self.player.returncode, 0, f"seed {self.seed}: {out.decode()} {err.decode()}")
        said = json.loads(out)
        self.assertEqual((said["machines"]["answered_otherwise"], said["machines"]["unsettled"], said["people"]["lost_bytes"]), (0, 0, 0), out)
        self.assert_whole(said["reconciliation"], "counts")
        self.assertEqual(self.end(self.server), 0)
        found = self.reconcile()
        self.assert_whole(found, "rows")
        acknowledged = sum(each["acknowledged"] for each in found["datasets"])
        self.assertGreater(acknowledged, 0)
        print(f"{rounds} crashes: {found['submissions']} submissions and {acknowledged} records acknowledged, present "
              f"{sum(each['present'] for each in found['datasets'])}, lost {sum(each['lost'] for each in found['datasets'])}, doubled "
              f"{sum(each['doubled'] for each in found['datasets'])}; {said['people']}", flush=True)

    def test_killed_at_random_moments(self):
        rounds = 50 if LONG else 3
        for _ in range(rounds):
            self.acknowledged(self.chance.randrange(1, 400))
            time.sleep(self.chance.uniform(0, 0.3)) # not to wait for anything: any moment will do
            self.end(self.server, signal.SIGKILL)
            self.assertTrue(self.again(), f"seed {self.seed}")
        self.settle(rounds)

    def test_killed_at_commit_points(self):
        with open(os.path.join(REPOSITORY, "docs/crash-points.md"), encoding="utf-8") as file:
            listed = set(re.findall(r"`([a-z]+[.-][a-z.-]+)`", file.read()))
        self.assertEqual(set(POINTS) - listed, set(), "points that are none")
        for point in POINTS if LONG else [*POINTS[:2], self.chance.choice(POINTS[2:])]:
            self.end(self.server)
            nth = self.chance.randrange(1, 12) if point.startswith(OFTEN) else 1
            self.again({"INLET_DIE_AT": f"{point}:{nth}"})
            self.until(lambda: self.server.poll() is not None)
            self.assertEqual(self.server.returncode, -signal.SIGKILL, f"seed {self.seed}: {point}:{nth}")
            self.assertTrue(self.again(), f"seed {self.seed}: after {point}:{nth}")
            self.acknowledged(10)
        self.settle(len(POINTS) if LONG else 3)


if __name__ == "__main__":
    unittest.main()
