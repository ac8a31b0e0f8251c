"""Clients that we did not write: tus-js-client (npm), Python's requests, curl. What they do without being told of Inlet must work."""

import hashlib
import json
import os
import subprocess
import sys
import time
import unittest

# Debian's packages are those of Debian's Python, which need not be the one that runs this.
sys.path.append("/usr/lib/python3/dist-packages")
import requests  # noqa: E402

from inlet_case import ITEMS, REPOSITORY  # noqa: E402
from remote_test import Proxy  # noqa: E402
from server_test import BAD, ServerCase  # noqa: E402


class TusJsClient(ServerCase):
    megabytes = 12

    def setUp(self):
        super().setUp()
        line = b"2026-01-02T03:04:05," + b"abcdefgh" * 62 + b"\n"
        self.bytes = b"at,text\n" + line * (self.megabytes * 1024 * 1024 // len(line))
        self.file = self.write("log.csv", self.bytes)
        self.proxy = Proxy(self.port)
        self.addCleanup(self.proxy.close)

    def client(self, **options):
        process = subprocess.Popen(
            ["node", os.path.join(REPOSITORY, "tests/clients/upload.js"), f"{self.proxy.url}/v1/uploads", self.key, self.file, "log",
             self.path("urls.json"), json.dumps(options)],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "NODE_PATH": os.path.join(REPOSITORY, ".deps/clients/node_modules")})
        self.addCleanup(process.kill)
        return process

    def finish(self, process, code=0):
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, err.decode())
        return [json.loads(line) for line in out.splitlines()]

    def assert_published(self, said):
        submission = next(each["submission"] for each in reversed(said) if each.get("submission"))
        record = self.get(f"/v1/submissions/{submission}")
        deadline = time.monotonic() + 60
        while record["state"] not in ("published", "rejected", "failed"):
            self.assertLess(time.monotonic(), deadline, record)
            time.sleep(0.05)
            record = self.get(f"/v1/submissions/{submission}")
        self.assertEqual((record["state"], record["file_name"], record["parts"][0]["rejected"]), ("published", "log.csv", 0))
        raw = self.call("GET", f"/v1/submissions/{submission}/raw")[2]
        self.assertEqual(hashlib.sha256(raw).hexdigest(), hashlib.sha256(self.bytes).hexdigest())

    def test_it_uploads(self):
        said = self.finish(self.client())
        self.assertEqual([each["method"] for each in said if "method" in each], ["POST", "PATCH"])
        self.assertIn("done", said[-1])
        self.assert_published(said)

    def test_it_goes_on_when_the_line_breaks(self):
        self.proxy.cuts = [2_000_000, 1_000_000, 3_000_000]
        said = self.finish(self.client())
        self.assertEqual(self.proxy.cuts, [])
        self.assertIn("HEAD", [each.get("method") for each in said])
        self.assertLess(self.proxy.passed, 2 * len(self.bytes), "what was there was not sent again")
        self.assert_published(said)

    def test_killed_and_started_again_it_goes_on(self):
        self.proxy.hold_after = len(self.bytes) // 2
        first = self.client()
        self.assertTrue(self.proxy.held.wait(60), "the upload did not come")
        first.kill()
        first.communicate()
        self.proxy.release(cut=True)
        said = self.finish(self.client())
        self.assertIn("resumed", said[0])
        self.assertNotIn("POST", [each.get("method") for each in said])
        self.assert_published(said)

    def test_given_up_it_is_gone(self):
        self.proxy.hold_after = len(self.bytes) // 4  # lest all is on its way before it is given up
        client = self.client(abort_at=1_000_000)
        self.assertTrue(self.proxy.held.wait(60), "the upload did not come")
        self.proxy.release(cut=True)
        said = self.finish(client)
        self.assertIn({"aborted": True}, said)
        self.assertEqual(os.listdir(self.path("data/uploads")), [])
        self.assertEqual(self.get("/v1/submissions")["submissions"], [])

    def test_in_parallel_it_is_put_together(self):
        said = self.finish(self.client(parallel=3))
        self.assertEqual([each["method"] for each in said if "method" in each].count("POST"), 4)
        self.assert_published(said)

    def test_what_is_refused_it_tells(self):
        self.key = "inlet_0_0"
        said = self.finish(self.client(), code=1)
        self.assertIn("unauthenticated", said[-1]["error"])


class Requests(ServerCase):
    def setUp(self):
        super().setUp()
        self.session = requests.Session()
        self.addCleanup(self.session.close)
        self.session.headers["Authorization"] = f"Bearer {self.key}"

    def test_records_files_and_what_became_of_them(self):
        got = self.session.post(f"{self.url}/v1/datasets/items/records", json=[{"id": 1, "name": "apple", "price": 2.5}],
                                headers={"Prefer": "wait=30", "Idempotency-Key": "one"}, timeout=60)
        self.assertEqual((got.status_code, got.json()["state"]), (201, "published"), got.text)
        again = self.session.post(f"{self.url}/v1/datasets/items/records", json=[{"id": 1, "name": "apple", "price": 2.5}],
                                  headers={"Prefer": "wait=30", "Idempotency-Key": "one"}, timeout=60)
        self.assertEqual((again.status_code, again.headers["Idempotency-Replayed"], again.json()["submission"]), (201, "true", 1))
        with open(self.write("bad.csv", BAD), "rb") as file:
            got = self.session.post(f"{self.url}/v1/datasets/items/submissions", params={"name": "bad.csv"}, data=file,
                                    headers={"Prefer": "wait=30"}, timeout=60)
        self.assertEqual((got.status_code, got.json()["parts"][0]["rejected"]), (201, 3), got.text)
        where = self.url + got.headers["Location"]
        self.assertEqual(self.session.get(where, timeout=60).json()["state"], "published")
        with self.session.get(where + "/rejects.csv", stream=True, timeout=60) as rejects:
            self.assertEqual(len(list(rejects.iter_lines())), 4)
        errors = [json.loads(line) for line in self.session.get(where + "/errors", timeout=60).iter_lines()]
        self.assertEqual([each["row"] for each in errors], [2, 3, 4])

    def test_a_generator_is_sent_in_chunks(self):
        got = self.session.post(f"{self.url}/v1/datasets/items/submissions", data=(line.encode() + b"\n" for line in ITEMS.splitlines()),
                                headers={"Prefer": "wait=30"}, timeout=60)
        self.assertEqual((got.status_code, got.json()["parts"][0]["accepted"]), (201, 3), got.text)

    def test_problems_are_read_as_such(self):
        got = self.session.get(f"{self.url}/v1/submissions/9", timeout=60)
        self.assertEqual((got.status_code, got.headers["Content-Type"], got.json()["code"]), (404, "application/problem+json", "unknown-submission"))
        with self.assertRaises(requests.HTTPError):
            got.raise_for_status()
        bad = self.session.post(f"{self.url}/v1/datasets/items/records", json={"id": "x", "name": "a"}, timeout=60)
        self.assertEqual((bad.status_code, bad.json()["code"]), (422, "too-many-rejects"), bad.text)
        nobody = requests.get(f"{self.url}/v1/datasets", timeout=60)
        self.assertEqual((nobody.status_code, nobody.json()["code"]), (401, "unauthenticated"))


class Curl(ServerCase):
    def curl(self, *arguments, code=0):
        done = subprocess.run(["curl", "-sS", "--fail-with-body", "-H", f"Authorization: Bearer {self.key}", *arguments], cwd=self.folder,
                              capture_output=True, check=False, timeout=120)
        self.assertEqual(done.returncode, code, done)
        return done.stdout.decode()

    def test_a_file_and_what_became_of_it(self):
        self.write("items.csv", ITEMS)
        said = json.loads(self.curl("-H", "Prefer: wait=30", "--data-binary", "@items.csv", f"{self.url}/v1/datasets/items/submissions?name=items.csv"))
        self.assertEqual(said["state"], "published")
        self.assertEqual(self.curl(f"{self.url}/v1/submissions/1/raw"), ITEMS)
        versions = json.loads(self.curl(f"{self.url}/v1/versions?dataset=items"))["versions"]
        self.assertEqual([(each["version"], each["inserted"]) for each in versions], [(1, 3)])
        self.assertEqual(json.loads(self.curl("-X", "POST", f"{self.url}/v1/submissions/1/undo"))["undone"], [1])

    def test_through_the_socket_in_the_data_folder_no_key_is_needed(self):
        done = subprocess.run(["curl", "-sS", "--unix-socket", self.path("data/inlet.sock"), "http://localhost/v1/datasets"], capture_output=True,
                              check=True, timeout=120)
        self.assertEqual([each["name"] for each in json.loads(done.stdout)["datasets"]], ["items", "log"])

    def test_a_failure_is_an_exit_code_and_a_problem(self):
        said = json.loads(self.curl(f"{self.url}/v1/datasets/nothing", code=22))
        self.assertEqual(said["code"], "unknown-dataset")


if __name__ == "__main__":
    unittest.main()
