#!/usr/bin/env python3
"""examples/submissions end to end, through the real binary, with curl and Python's requests."""

import concurrent.futures
import contextlib
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

import requests

from inlet_case import INLET, REPOSITORY
from server_test import ServerCase

EXAMPLE = os.path.join(REPOSITORY, "examples/submissions")
ORDERS = "order_id,placed_on,customer,amount,currency\n"
DEADLINE = 300

# Listens on a socket and hands it over to the program, as systemd does for a socket unit.
ACTIVATOR = """
import os, socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


class ExampleCase(ServerCase):
    project = None

    def setUp(self):
        # The example as it stands in the repository, without what somebody tried there.
        self.configure = getattr(self, "configure", lambda text: text)
        super().setUp()

    def serve(self, *arguments, env=None):
        if not os.path.exists(self.path("inlet.yaml")):
            for name in ("inlet.yaml", "samples", "make_deliveries.py", "upload.py"):
                source = os.path.join(EXAMPLE, name)
                (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, self.path(name))
            self.write("inlet.yaml", self.configure(self.read("inlet.yaml").decode()))
        super().serve(*arguments, env=env)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {self.key}"
        self.addCleanup(self.session.close)

    @contextlib.contextmanager
    def activate(self, listener, *arguments):
        """A server that is handed this socket, and ends here at the latest."""
        server = subprocess.Popen([sys.executable, "-c", ACTIVATOR, str(listener.fileno()), INLET, "serve", *arguments], cwd=self.folder,
                                  pass_fds=(listener.fileno(),), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield server
        finally:
            server.kill()
            server.wait()

    def post(self, path, data, status, **headers):
        answer = self.session.post(self.url + path, data=data, headers=headers, timeout=120)
        self.assertEqual(answer.status_code, status, answer.text)
        return answer.json()

    def deliver(self, target, path, status=201, name=None):
        with open(self.path(path), "rb") as file:
            return self.post(f"/v1/{target}/submissions?name={name or os.path.basename(path)}", file, status, Prefer="wait=60")

    def reading(self, celsius=4.5):
        return json.dumps({"sensor": "roof", "at": "2026-03-01T10:00:00Z", "celsius": celsius})

    def small(self, data, status, type="application/json", **headers):
        return self.post("/v1/datasets/readings/records", data, status, **{"Content-Type": type, **headers})

    def make_deliveries(self):
        subprocess.run([sys.executable, "-B", self.path("make_deliveries.py"), self.path("deliveries")], check=True)


class Readme(ExampleCase):
    def test_its_commands_run_and_tell_what_it_says(self):
        with open(os.path.join(EXAMPLE, "README.md"), encoding="utf-8") as file:
            blocks = re.findall(r"^```sh\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
        self.assertEqual(len(blocks), 4)
        os.makedirs(self.path("bin"))
        os.symlink(INLET, self.path("bin/inlet"))
        done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", "\n".join(blocks)], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, env={**os.environ, "PATH": f"{self.path('bin')}:{os.environ['PATH']}", "URL": self.url, "KEY": self.key})
        self.assertEqual(done.returncode, 0, done.stdout)
        for said in ("too-many-rejects", "zip-bomb", "path-escape", "executable-content", "nested-archive", "unknown-member", "missing-member", "file-malformed",
                     "format-error", '"kind":"undo"', "everything is there, once, and nothing else"):
            self.assertIn(said, done.stdout)
        self.assertRegex(done.stdout, r'"state": "published", "bytes": \d+, "pieces": \d+')
        self.assertTrue(os.listdir(self.path("backups")))
        self.end(self.server)
        self.inlet("simulate", "--reconcile", self.path("run.ndjson"))
        self.inlet("verify")


class Submissions(ExampleCase):
    def test_small_ones_are_answered_checked_and_in_the_right_table(self):
        first = self.small(self.reading(), 201, **{"Idempotency-Key": "a"})
        self.assertEqual((first["state"], first["dataset"], first["accepted"]), ("queued", "readings", 1))
        self.assertEqual(self.small(self.reading(), 201, **{"Idempotency-Key": "a"}), first, "the same one again")
        lines = self.small(self.reading() + "\n" + self.reading(5) + "\n", 201, type="application/x-ndjson")
        refused = self.small(self.read("samples/readings-bad.json"), 422)
        self.assertEqual([(error["code"], error["pointer"]) for error in refused["errors"]],
                         [("constraint-error", "/0/celsius"), ("constraint-error", "/1/at"), ("type-error", "/1/celsius")])
        for each in (first, lines):
            record = self.session.get(f"{self.url}/v1/submissions/{each['submission']}", headers={"Prefer": "wait=60"}, timeout=120).json()
            self.assertEqual(record["state"], "published")
        self.end(self.server)
        self.assertEqual(self.rows("SELECT _submission AS s, count(*) AS n FROM readings GROUP BY s ORDER BY s"),
                         [{"s": first["submission"], "n": 1}, {"s": lines["submission"], "n": 2}])

    def test_files_packages_and_models(self):
        self.assertEqual(self.deliver("datasets/orders", "samples/orders.csv")["parts"][0]["inserted"], 4)
        bad = self.deliver("datasets/orders", "samples/orders-bad.csv")
        self.assertEqual((bad["state"], bad["parts"][0]["accepted"], bad["parts"][0]["rejected"]), ("published", 6, 4))
        errors = self.session.get(f"{self.url}/v1/submissions/{bad['submission']}/errors", timeout=60).text
        self.assertEqual([(error["row"], error["code"], error["field"]) for error in map(json.loads, errors.splitlines())],
                         [(2, "type-error", "placed_on"), (3, "constraint-error", "customer"), (4, "constraint-error", "amount"), (6, "constraint-error", "currency")])
        self.make_deliveries()
        both = self.deliver("packages/shop", "deliveries/good.zip")
        self.assertEqual((both["state"], sorted(part["dataset"] for part in both["parts"])), ("published", ["customers", "orders"]))
        again = self.deliver("datasets/orders", "samples/orders.csv", status=200)
        self.assertTrue(again["duplicate"])
        self.end(self.server)
        self.assertEqual(self.rows("SELECT customer, amount, orders FROM revenue WHERE customer = 'acme'"), [{"customer": "acme", "amount": 153.65, "orders": 4}])

    def test_curl_sends_a_large_file_without_a_length_and_memory_stays(self):
        self.make_deliveries()
        def memory():
            with open(f"/proc/{self.server.pid}/status", encoding="ascii") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
        done = subprocess.run(["curl", "-sS", "--fail", "-H", f"Authorization: Bearer {self.key}", "-H", "Transfer-Encoding: chunked", "-H", "Prefer: wait=60", "-X", "POST",
                               "-T", self.path("deliveries/large.csv"), f"{self.url}/v1/datasets/orders/submissions"], check=True, stdout=subprocess.PIPE)
        self.assertEqual((json.loads(done.stdout)["state"], json.loads(done.stdout)["parts"][0]["inserted"]), ("published", 300_000))
        self.assertLess(memory(), 512 << 10, "KiB")

    def test_an_upload_goes_on_through_breaks_and_a_kill(self):
        self.make_deliveries()
        self.end(self.server)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with self.activate(listener) as server:
                client = subprocess.Popen([sys.executable, "-B", self.path("upload.py"), url, "orders", self.path("deliveries/large.csv"), "--piece", "300000",
                                           "--break-every", "2"], env={**os.environ, "KEY": self.key}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.addCleanup(self.drop, client)
                # In the middle of it.
                deadline = time.monotonic() + DEADLINE
                while sum(map(os.path.getsize, glob.glob(self.path("data/uploads/*")))) < 1_000_000:
                    self.assertLess(time.monotonic(), deadline)
                    self.assertIsNone(client.poll())
                    time.sleep(0.01)
            with self.activate(listener) as server:
                out, err = client.communicate(timeout=DEADLINE)
                self.assertEqual(client.returncode, 0, err)
                submission = json.loads(out)["submission"]
                record = self.session.get(f"{url}/v1/submissions/{submission}", headers={"Prefer": "wait=60"}, timeout=120).json()
        self.assertEqual((record["state"], record["parts"][0]["inserted"]), ("published", 300_000))

    def drop(self, process):
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


class Failures(ExampleCase):
    """Each by the name that failures.json gives it (A4, A6)."""

    def reason(self, answer):
        self.assertEqual(answer["state"], "rejected", answer)
        self.assertTrue(answer["reason"]["message"] and answer["reason"]["what_to_do"])
        return answer["reason"]["code"]

    def test_scary_files(self):
        self.make_deliveries()
        with open(os.path.join(REPOSITORY, "docs/failures.json"), encoding="utf-8") as file:
            published = re.findall(r'"code": *"([a-z-]+)"', file.read())
        seen = set()
        for path in sorted(glob.glob(self.path("deliveries/*"))):
            name = os.path.basename(path)
            code = name.split(".")[0].removesuffix("-link")
            if code in ("good", "large"):
                continue
            target = "packages/shop" if name.endswith(".zip") else "datasets/orders"
            self.assertEqual(self.reason(self.deliver(target, f"deliveries/{name}")), code)
            self.assertIn(code, published)
            seen.add(code)
        self.assertEqual(seen, {"path-escape", "executable-content", "unknown-member", "missing-member", "file-malformed", "nested-archive", "zip-bomb", "format-error"})
        self.assertEqual(self.session.get(f"{self.url}/v1/datasets/orders", timeout=60).json()["records"], 0)

    def test_malformed_csv(self):
        answer = self.deliver("datasets/orders", "samples/orders-malformed.csv")
        self.assertEqual(self.reason(answer), "too-many-rejects")
        self.assertEqual([count["code"] for count in answer["parts"][0]["counts"]], ["malformed-record"])
        self.write("labels.csv", "order,when\n1,2026-03-01\n")
        self.assertEqual(self.deliver("datasets/orders", "labels.csv")["state"], "rejected")

    def test_an_incomplete_request(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.sendall(f"POST /v1/datasets/orders/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nContent-Length: 1000\r\n\r\n{ORDERS}".encode())
        deadline = time.monotonic() + DEADLINE
        while not (failed := self.session.get(f"{self.url}/v1/submissions?state=failed", timeout=60).json()["submissions"]):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual(failed[0]["reason"]["code"], "incomplete-upload")

    def test_too_big(self):
        small = self.small("[" + " " * (1 << 20) + "]", 413)
        self.assertEqual(small["code"], "file-too-large")
        # A giant by what it announces, and by what comes.
        head = f"POST /v1/datasets/orders/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nConnection: close\r\n"
        answer = self.bare(head + f"Content-Length: {100 << 30}\r\nExpect: 100-continue\r\n\r\n")
        self.assertTrue(answer.startswith("HTTP/1.1 413 "), answer)
        self.assertIn("file-too-large", answer)
        block = (ORDERS + "1,2026-03-01,acme,1,EUR\n" * 40_000).encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
            try:
                for _ in range(100):
                    peer.sendall(b"%x\r\n%s\r\n" % (len(block), block))
            except OSError:
                pass # it does not listen any more
            answer = b""
            try:
                while more := peer.recv(65536):
                    answer += more
            except OSError:
                pass
        # Who sends on may lose the answer; that nothing was taken is certain.
        self.assertTrue(answer == b"" or b"file-too-large" in answer, answer)
        self.assertEqual(self.session.get(f"{self.url}/v1/datasets/orders", timeout=60).json()["records"], 0)

    def test_what_is_not_there_or_not_allowed(self):
        self.assertEqual(self.post("/v1/datasets/nothing/submissions", b"x", 404)["code"], "unknown-dataset")
        self.assertEqual(self.small(self.reading(), 415, type="text/plain")["code"], "unsupported-media-type")
        answer = requests.post(f"{self.url}/v1/datasets/orders/submissions", data=ORDERS, timeout=60)
        self.assertEqual((answer.status_code, answer.json()["code"]), (401, "unauthenticated"))


class TooMany(ExampleCase):
    def setUp(self):
        self.configure = lambda text: text.replace("requests_per_second: 20000", "requests_per_second: 1").replace("burst: 40000", "burst: 5")
        super().setUp()

    def test_requests_beyond_the_rate(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: requests.post(f"{self.url}/v1/datasets/readings/records", data=self.reading(), timeout=60, headers={
                "Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}), range(200)))
        refused = [answer for answer in answers if answer.status_code == 429]
        self.assertTrue(refused)
        for answer in refused:
            self.assertEqual(answer.json()["code"], "rate-limited")
            self.assertGreater(int(answer.headers["Retry-After"]), 0)
        taken = sum(answer.status_code == 201 for answer in answers)
        self.assertEqual(taken + len(refused), 200)
        self.end(self.server)
        self.serve() # publishes what waits, and is asked nothing
        deadline = time.monotonic() + DEADLINE
        while self.session.get(f"{self.url}/v1/submissions?state=queued", timeout=60).json().get("submissions", ["refused"]):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(1)
        self.end(self.server)
        self.assertEqual(self.rows("SELECT count(*) AS n FROM readings"), [{"n": taken}])


class Keeping(ExampleCase):
    def test_undo_as_of_backup_and_restore(self):
        self.deliver("datasets/orders", "samples/orders.csv")
        second = self.deliver("datasets/orders", "samples/orders-bad.csv")
        backup = self.post(f"/v1/backups?dir={self.path('backups')}", None, 201)
        self.assertGreater(backup["objects"], 0)
        undone = self.post(f"/v1/submissions/{second['submission']}/undo", None, 200)
        self.assertEqual(undone["version"], 3)
        self.end(self.server)
        count = "SELECT count(*) AS n FROM orders"
        self.assertEqual([self.rows(count, *options)[0]["n"] for options in ((), ("--as-of", 2), ("--as-of", 1), ("--as-of", 0))], [4, 10, 4, 0])
        shutil.rmtree(self.path("data"))
        self.inlet("restore", self.path("backups"))
        self.assertEqual(self.rows(count), [{"n": 10}])
        self.inlet("verify")
        self.serve()
        self.assertEqual(self.session.get(f"{self.url}/v1/datasets/orders", timeout=60).json()["records"], 10)


class Running(ExampleCase):
    def test_rate_and_kill(self):
        player = self.start("simulate", "--for", "10h", "--people", "2", "--file-records", "1000", "--rate", "300", "--patience", "20m", "--json", "--journal", self.path("run.ndjson"))
        self.addCleanup(player.kill)
        for _ in range(2):
            before = os.path.getsize(self.path("run.ndjson")) if os.path.exists(self.path("run.ndjson")) else 0
            deadline = time.monotonic() + DEADLINE
            while not os.path.exists(self.path("run.ndjson")) or os.path.getsize(self.path("run.ndjson")) < before + 20_000:
                self.assertLess(time.monotonic(), deadline)
                self.assertIsNone(player.poll(), "the players gave up")
                time.sleep(0.02)
            self.end(self.server, signal.SIGKILL)
            self.serve()
        player.send_signal(signal.SIGINT)
        out, err = player.communicate(timeout=4 * DEADLINE)
        self.assertEqual(player.returncode, 0, out + err)
        self.assertEqual(set(json.loads(out)["datasets"]), {"readings", "orders", "customers"})
        self.end(self.server)
        found = self.inlet("simulate", "--json", "--reconcile", self.path("run.ndjson")).json
        self.assertTrue(found["passed"] and found["complete"], found)

    def test_started_by_a_socket_and_gone_when_idle(self):
        self.end(self.server)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            for expected in (1, 2):
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    # Asked first, started then: the connection waits in the socket.
                    asked = pool.submit(requests.post, f"{url}/v1/datasets/readings/records", data=self.reading(), timeout=120, headers={
                        "Authorization": f"Bearer {self.key}", "Content-Type": "application/json", "Prefer": "wait=60"})
                    with self.activate(listener, "--exit-when-idle", "1s") as server:
                        self.assertEqual(asked.result().json()["state"], "published")
                        self.assertEqual(server.wait(DEADLINE), 0, "it ends by itself")
                self.assertEqual(self.rows("SELECT count(*) AS n FROM readings"), [{"n": expected}])


if __name__ == "__main__":
    unittest.main()
