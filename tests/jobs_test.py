"""Jobs: deliveries worked on side by side, in turns, under leases; and the malware scanner, a clamd of our own and the real one."""
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

from inlet_case import InletCase
from server_test import ServerCase

PROJECT = """
project: jobs
datasets:
  big: {schema: {fields: [{name: n, type: integer}, {name: text}]}}
  small: {schema: {fields: [{name: n, type: integer}, {name: text}]}}
"""
CLEAN = b"n,text\n1,clean\n"
HELD = b"n,text\n1,hold this\n"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LONG = 60
SETTLED = ("published", "rejected", "failed", "held", "cancelled")


class Clamd:
    """What clamd(8) says of INSTREAM and PING, on a Unix socket. It does not answer about a stream with `hold` in it until it is let go."""

    def __init__(self, path):
        self.holding = threading.Event()
        self.let_go = threading.Event()
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(path)
        self.door.listen()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                caller, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(caller,), daemon=True).start()

    def serve(self, caller):
        with caller, caller.makefile("rb") as said:
            command = b""
            while not command.endswith(b"\0"):
                byte = said.read(1)
                if not byte:
                    return
                command += byte
            if command == b"zPING\0":
                caller.sendall(b"PONG\0")
                return
            stream = b""
            while True:
                header = said.read(4)
                if len(header) < 4:
                    return
                (size,) = struct.unpack(">I", header)
                if size == 0:
                    break
                stream += said.read(size)
            if b"hold" in stream:
                self.holding.set()
                self.let_go.wait(LONG)
            try:
                caller.sendall(b"stream: Test.Found FOUND\0" if b"malware" in stream else b"stream: OK\0")
            except OSError:
                pass  # it did not wait for the answer

    def close(self):
        self.let_go.set()
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
        self.thread.join()


class JobsCase(ServerCase):
    project = PROJECT
    scan = "on_failure: hold"
    jobs = "{running: 2, memory: 64 MiB}"

    def setUp(self):
        InletCase.setUp(self)
        self.clamd = None
        self.write("inlet.yaml", f"{PROJECT}\nserver:\n  jobs: {self.jobs}\n  scan: {{clamd: 'unix:{self.path('clamd.sock')}', {self.scan}}}\n")

    def open_clamd(self):
        if os.path.exists(self.path("clamd.sock")):
            os.unlink(self.path("clamd.sock"))
        self.clamd = Clamd(self.path("clamd.sock"))
        self.addCleanup(self.clamd.let_go.set)
        return self.clamd

    def send(self, dataset, body, wait=False, name="a.csv"):
        status, _, text = self.call("POST", f"/v1/datasets/{dataset}/submissions?name={name}", body)
        self.assertEqual(status, 201, text)
        sent = json.loads(text)
        return self.wait_for_state(sent, *SETTLED) if wait else sent

    def send_records(self, dataset, body):
        status, _, text = self.call("POST", f"/v1/datasets/{dataset}/records", body, {"Content-Type": "application/json"})
        self.assertEqual(status, 201, text)
        return self.wait_for_state(json.loads(text), *SETTLED)

    def state(self, sent):
        return self.get(f"/v1/submissions/{sent['submission']}")["state"]

    def wait_for_state(self, sent, *states):
        deadline = time.monotonic() + LONG
        while (state := self.state(sent)) not in states:
            self.assertLess(time.monotonic(), deadline, f"it is {state}, not {states}")
            time.sleep(0.02)
        return self.get(f"/v1/submissions/{sent['submission']}")


class Jobs(JobsCase):
    def test_small_ones_are_published_while_a_large_one_is_worked_on(self):
        clamd = self.open_clamd()
        self.serve()
        large = self.send("big", HELD)
        self.assertTrue(clamd.holding.wait(LONG))
        behind = self.send("big", b"n,text\n2,behind\n")
        for n in range(5):
            self.assertEqual(self.send("small", f"n,text\n{n},x\n".encode(), wait=True)["state"], "published")
        self.assertEqual(self.send_records("small", '{"n": 9}')["state"], "published")
        jobs = self.get("/v1/jobs")["jobs"]
        self.assertEqual([(job["submission"], job["state"]) for job in jobs], [(large["submission"], "running"), (behind["submission"], "waiting")])
        self.assertTrue(jobs[0]["worker"] and jobs[0]["lease_until"])
        listed = self.inlet("jobs", "--json").json["jobs"]
        self.assertEqual([job["submission"] for job in listed], [large["submission"], behind["submission"]])
        clamd.let_go.set()
        first = self.wait_for_state(large, "published")
        second = self.wait_for_state(behind, "published")
        self.assertLess(first["version"], second["version"], "one dataset goes in the order of receipt")
        self.assertEqual(self.get("/v1/jobs")["jobs"], [])

    def test_a_job_that_runs_can_be_cancelled(self):
        clamd = self.open_clamd()
        self.serve()
        sent = self.send("big", HELD)
        self.assertTrue(clamd.holding.wait(LONG))
        status, _, text = self.call("POST", f"/v1/submissions/{sent['submission']}/cancel")
        self.assertEqual((status, json.loads(text)["state"]), (200, "cancelled"), text)
        self.assertEqual(self.send("big", CLEAN, wait=True)["state"], "published")
        self.assertEqual(self.state(sent), "cancelled")
        self.assertEqual(self.get("/v1/jobs")["jobs"], [])

    def test_what_was_worked_on_at_a_crash_is_published_once_after_it(self):
        clamd = self.open_clamd()
        self.serve()
        sent = self.send("big", HELD)
        self.assertTrue(clamd.holding.wait(LONG))
        self.server.kill()
        self.server.wait()
        clamd.let_go.set()
        self.serve()
        self.wait_for_state(sent, "published")
        self.assertEqual(self.get("/v1/jobs")["jobs"], [])
        self.end(self.server)
        self.assertEqual(self.rows("select count(*) as rows from big"), [{"rows": 1}])


class ClockJumps(JobsCase):
    """The machine's clock is moved while the server runs, by libfaketime."""

    library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"

    def move_clock(self, by):
        self.write("clock.new", by + "\n")
        os.replace(self.path("clock.new"), self.path("clock"))

    def test_jobs_go_on_whatever_the_clock_does(self):
        self.assertTrue(os.path.exists(self.library), "libfaketime is not installed")
        clamd = self.open_clamd()
        self.move_clock("+0")
        self.serve(env={"LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": self.path("clock"), "FAKETIME_NO_CACHE": "1",
                        "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
        held = self.send("big", HELD)
        self.assertTrue(clamd.holding.wait(LONG))
        for n, jump in enumerate(("+2d", "-2d", "+0")):
            self.move_clock(jump)
            self.assertEqual(self.send("small", f"n,text\n{n},x\n".encode(), wait=True)["state"], "published", jump)
            self.assertEqual(self.send_records("small", f'{{"n": {n}}}')["state"], "published", jump)
            self.assertEqual(self.get("/v1/jobs")["jobs"][0]["state"], "running", jump)
        clamd.let_go.set()
        self.assertEqual(self.wait_for_state(held, *SETTLED)["state"], "published")


class Scan(JobsCase):
    def test_without_clamd_it_is_held_and_goes_on_when_clamd_is_back(self):
        self.serve()
        sent = self.send("small", CLEAN, wait=True)
        self.assertEqual((sent["state"], sent["reason"]["code"]), ("held", "scanner-unavailable"))
        self.open_clamd()
        self.wait_for_state(sent, "published")

    def test_small_records_are_not_scanned_unless_told(self):
        self.serve()
        self.assertEqual(self.send_records("small", '{"n": 9}')["state"], "published")


class ScanEverything(JobsCase):
    scan = "on_failure: reject, on_found: remove, records: true"

    def test_what_cannot_be_scanned_is_rejected(self):
        self.serve()
        sent = self.send("small", CLEAN, wait=True)
        self.assertEqual((sent["state"], sent["reason"]["code"]), ("rejected", "scanner-unavailable"))

    def test_records_with_malware_are_rejected(self):
        self.open_clamd()
        self.serve()
        said = self.send_records("small", '{"text": "malware"}')
        self.assertEqual((said["state"], said["reason"]["code"]), ("rejected", "malware-found"))
        self.assertEqual(self.send("small", CLEAN, wait=True)["state"], "published")


class RealClamd(JobsCase):
    """Debian's clamd with a signature of our own: none is fetched."""

    def start_clamd(self):
        os.makedirs(self.path("signatures"), exist_ok=True)
        self.write("signatures/own.ndb", f"Own.Eicar:0:*:{EICAR.hex()}\n")
        self.write("clamd.conf", f"DatabaseDirectory {self.path('signatures')}\nLocalSocket {self.path('clamd.sock')}\nForeground yes\n"
                                 f"LogFile {self.path('clamd.log')}\nStreamMaxLength 1M\n")
        clamd = subprocess.Popen(["/usr/sbin/clamd", "-c", self.path("clamd.conf"), "--foreground"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop_clamd, clamd)
        deadline = time.monotonic() + LONG
        while True:
            with socket.socket(socket.AF_UNIX) as door:
                if door.connect_ex(self.path("clamd.sock")) == 0:
                    return clamd
            self.assertIsNone(clamd.poll(), "clamd ended")
            self.assertLess(time.monotonic(), deadline, "clamd does not listen")
            time.sleep(0.05)

    @staticmethod
    def stop_clamd(clamd):
        if clamd.poll() is None:
            clamd.send_signal(signal.SIGTERM)
        clamd.wait()

    def test_eicar_is_found_and_clamd_may_go_and_come_back(self):
        clamd = self.start_clamd()
        self.serve()
        self.assertEqual(self.send("small", CLEAN, wait=True)["state"], "published")
        found = self.send("small", b"n,text\n2,\"" + EICAR + b"\"\n", wait=True)
        self.assertEqual((found["state"], found["reason"]["code"]), ("rejected", "malware-found"))
        self.assertIn("Own.Eicar", found["reason"]["message"])
        status, _, text = self.call("GET", f"/v1/submissions/{found['submission']}/raw")
        self.assertEqual((status, json.loads(text)["code"]), (422, "malware-found"))
        large = self.send("small", b"n,text\n" + b"3,more than clamd takes\n" * 100_000, wait=True)
        self.assertEqual((large["state"], large["reason"]["code"]), ("held", "file-too-large"))
        self.stop_clamd(clamd)
        waiting = self.send("small", b"n,text\n4,later\n", wait=True)
        self.assertEqual((waiting["state"], waiting["reason"]["code"]), ("held", "scanner-unavailable"))
        self.start_clamd()
        self.wait_for_state(waiting, "published")
        self.assertEqual(self.state(large), "held", "asking again would not help")


if __name__ == "__main__":
    unittest.main()
