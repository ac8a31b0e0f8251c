"""The example `datasets` as its readers would use it: curl, requests, a browser's form, a line that breaks, signed addresses."""

import base64
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import requests

from inlet_case import REPOSITORY
from server_test import ServerCase

EXAMPLE = os.path.join(REPOSITORY, "examples", "datasets")
WAIT = {"Prefer": "wait=60"}


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class DatasetsExample(ServerCase):
    project = None

    def setUp(self):
        shutil.copytree(EXAMPLE, self.make_folder(), dirs_exist_ok=True, ignore=shutil.ignore_patterns("data"))
        super().setUp()
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {self.key}"
        self.addCleanup(self.session.close)

    def make_folder(self):
        # setUp() of the case makes a folder; ours must hold the example before the server starts.
        self.ready = tempfile.mkdtemp(prefix="inlet-test-")
        self.addCleanup(shutil.rmtree, self.ready, ignore_errors=True)
        return self.ready

    def serve(self, *arguments, env=None):
        self.folder = self.ready
        super().serve(*arguments, env=env)

    def generated(self, name, megabytes):
        path = self.path(name)
        subprocess.run([sys.executable, self.path("generate.py"), "--megabytes", str(megabytes), "--out", path], check=True)
        return path

    def curl(self, *arguments):
        done = subprocess.run(["curl", "-sS", "--max-time", "300", "-H", f"Authorization: Bearer {self.key}", *arguments],
                              capture_output=True, check=True)
        return done.stdout

    def listed(self, query="?recursive=true"):
        return self.session.get(f"{self.url}/v1/datasets{query}", timeout=60).json()["datasets"]


class DatasetsTest(DatasetsExample):
    def test_curl_stores_lists_reads_and_brings_back(self):
        path = self.generated("employees.csv", 20)
        there = f"{self.url}/v1/datasets/data/files/employees.csv"
        stored = json.loads(self.curl("-H", "Prefer: wait=60", "-T", path, there + "?region=EU&collected_on=2024-05-01"))
        self.assertEqual(stored["state"], "published", stored)
        entries = self.listed()
        self.assertEqual([(one["name"], one["path"]) for one in entries],
                         [("applications", "/applications"), ("data", "/data"), ("employees.csv", "/data/employees.csv")])
        self.assertEqual(entries[2]["sha256"], sha256_of(path))
        with open(path, "rb") as file:
            whole = file.read()
        self.assertEqual(self.curl("-r", "1000-1999", there), whole[1000:2000])
        self.curl("-o", self.path("back.csv"), there)
        self.assertEqual(sha256_of(self.path("back.csv")), sha256_of(path))
        removed = json.loads(self.curl("-H", "Prefer: wait=60", "-X", "DELETE", there))
        self.assertEqual(removed["state"], "published", removed)
        self.assertEqual(self.session.get(there, timeout=60).status_code, 404)
        self.curl("-X", "POST", f"{self.url}/v1/submissions/{removed['submission']}/undo")
        self.assertEqual(self.session.head(there, timeout=60).headers["ETag"], f'"{sha256_of(path)}"')

    def test_requests_sends_a_form_into_the_table_and_into_files(self):
        with open(self.path("sample/applications.csv"), "rb") as file:
            answer = self.session.post(f"{self.url}/v1/datasets/applications/submissions", files={"file": ("june.csv", file, "text/csv")},
                                       headers=WAIT, timeout=120)
        self.assertEqual(answer.status_code, 201, answer.text)
        part = answer.json()["parts"][0]
        self.assertEqual((answer.json()["state"], part["rows"]), ("published", 300), answer.text)
        self.assertGreater(part["rejected"], 0)
        self.assertEqual(part["accepted"] + part["rejected"], 300)
        with open(self.path("sample/applications.csv"), "rb") as file:
            answer = self.session.post(f"{self.url}/v1/datasets/data/submissions", data={"path": "2024/june.csv", "comment": "a", "region": "US"},
                                       files={"file": file}, headers=WAIT, timeout=120)
        self.assertEqual((answer.status_code, answer.json()["state"]), (201, "published"), answer.text)
        got = self.session.get(f"{self.url}/v1/datasets/data/files/2024/june.csv", timeout=60)
        self.assertEqual(hashlib.sha256(got.content).hexdigest(), sha256_of(self.path("sample/applications.csv")))

    def test_a_browsers_form(self):
        # What a browser sends for <input name=comment> and <input type=file name=file>, by the HTML standard.
        boundary = "----WebKitFormBoundaryePkpFF7tjBAqx29L"
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="comment"\r\n\r\nfrom a page\r\n'
                f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="r%22e.txt"\r\nContent-Type: text/plain\r\n\r\n'
                f"one\r\ntwo\n\r\n--{boundary}--\r\n").encode()
        answer = self.session.post(f"{self.url}/v1/datasets/data/submissions", body, timeout=120,
                                   headers={**WAIT, "Content-Type": f"multipart/form-data; boundary={boundary}"})
        self.assertEqual((answer.status_code, answer.json()["state"]), (201, "published"), answer.text)
        self.assertEqual(self.session.get(f'{self.url}/v1/datasets/data/files/r"e.txt', timeout=60).content, b"one\r\ntwo\n")

    def test_a_line_that_breaks_and_is_taken_up_again(self):
        path = self.generated("big.csv", 12)
        size = os.path.getsize(path)
        tus = {"Tus-Resumable": "1.0.0"}
        pairs = {"dataset": "data", "path": "resumed/big.csv"}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
        begun = self.session.post(f"{self.url}/v1/uploads", headers={**tus, "Upload-Length": str(size), "Upload-Metadata": metadata}, timeout=60)
        self.assertEqual(begun.status_code, 201, begun.text)
        where = begun.headers["Location"]
        with open(path, "rb") as file:
            whole = file.read()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            head = f"PATCH {where} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
            line.sendall((head + f"Content-Type: application/offset+octet-stream\r\nContent-Length: {size}\r\n\r\n").encode())
            line.sendall(whole[:5_000_000])
        deadline = time.monotonic() + 60
        offset = -1
        while time.monotonic() < deadline:
            seen = int(self.session.head(self.url + where, headers=tus, timeout=60).headers["Upload-Offset"])
            if seen == offset and seen > 0:  # it is not moving any more
                break
            offset = seen
        self.assertTrue(0 < offset <= 5_000_000, offset)
        rest = None
        while time.monotonic() < deadline:
            offset = int(self.session.head(self.url + where, headers=tus, timeout=60).headers["Upload-Offset"])
            rest = self.session.patch(self.url + where, whole[offset:], timeout=120, headers={
                **tus, **WAIT, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"})
            if rest.status_code not in (409, 423):
                break
        self.assertEqual(rest.status_code, 204, rest.text)
        self.assertEqual(rest.headers["Inlet-Submission-State"], "published")
        self.assertEqual(self.session.head(f"{self.url}/v1/datasets/data/files/resumed/big.csv", timeout=60).headers["ETag"],
                         f'"{sha256_of(path)}"')

    def test_signed_addresses_and_acknowledgement(self):
        path = self.generated("parts.csv", 6)
        size = os.path.getsize(path)
        answer = self.session.post(f"{self.url}/v1/upload-sessions", timeout=60,
                                   json={"dataset": "data", "path": "by/parts.csv", "bytes": size, "part_bytes": 2_000_000})
        self.assertEqual(answer.status_code, 201, answer.text)
        session = answer.json()
        acknowledge = f"{self.url}/v1/datasets/data/files/by/parts.csv/action/acknowledge"
        told = {"session": session["session"], "sha256": sha256_of(path), "comment": "in parts", "fields": {"region": "APAC", "collected_on": "2024-05-01"}}
        early = self.session.post(acknowledge, json=told, timeout=60)
        self.assertEqual((early.status_code, early.json()["code"]), (409, "upload-unfinished"))
        with open(path, "rb") as file:
            for part in session["parts"]:
                sent = requests.put(self.url + part["url"], file.read(part["bytes"]), timeout=120)  # no key
                self.assertEqual(sent.status_code, 204, sent.text)
        done = self.session.post(acknowledge, json=told, headers=WAIT, timeout=120)
        self.assertEqual((done.status_code, done.json()["state"]), (201, "published"), done.text)
        entry = self.listed("?recursive=true&prefix=/data/by/")[0]
        self.assertEqual((entry["bytes"], entry["sha256"], entry["comment"]), (size, sha256_of(path), "in parts"))

    def test_roles(self):
        self.session.put(f"{self.url}/v1/datasets/data/files/a.txt", b"x", headers=WAIT, timeout=60)
        keys = {role: self.inlet("keys", "create", role, "--role", role, "--json").json["key"] for role in ("collectors", "analysts")}
        ask = lambda role, method, **more: requests.request(method, f"{self.url}/v1/datasets/data/files/a.txt", timeout=60,
                                                            headers={"Authorization": f"Bearer {keys[role]}"}, **more).status_code
        self.assertEqual((ask("analysts", "GET"), ask("analysts", "PUT", data=b"y"), ask("analysts", "DELETE")), (200, 403, 403))
        self.assertEqual((ask("collectors", "GET"), ask("collectors", "PUT", data=b"y")), (403, 201))

    def test_a_script_of_the_named_page_may_ask(self):
        asked = requests.options(f"{self.url}/v1/datasets", timeout=60, headers={"Origin": "https://data.example.org", "Access-Control-Request-Method": "GET"})
        self.assertEqual(asked.headers["Access-Control-Allow-Origin"], "https://data.example.org")


class SlowClientsTest(DatasetsExample):
    def serve(self, *arguments, env=None):
        path = os.path.join(self.ready, "inlet.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("header_time: 10s", "header_time: 3s").replace("body_time: 20s", "body_time: 3s"))
        super().serve(*arguments, env=env)

    def left(self, line):
        """What still comes until the server closes; socket.timeout if it does not."""
        line.settimeout(60)
        got = b""
        while True:
            block = line.recv(65536)
            if not block:
                return got
            got += block

    def test_hanging_clients_are_let_go(self):
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            line.sendall(b"PUT /v1/datasets/data/files/x HTTP/1.1\r\nHost: x\r\n")  # and no more of the headers
            self.left(line)
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            line.sendall(f"PUT /v1/datasets/data/files/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nContent-Length: 1000\r\n\r\nsome".encode())
            self.assertIn(b" 408 ", self.left(line).split(b"\r\n")[0])
        self.problem("GET", "/v1/datasets/data/files/x", 404, "unknown-file")
        self.assertEqual([one["path"] for one in self.listed()], ["/applications", "/data"])


if __name__ == "__main__":
    unittest.main()
