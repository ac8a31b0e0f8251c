"""The server, through the real binary: curl, Python's http.client and bare sockets talk to it."""

import hashlib
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
import unittest

from inlet_case import ITEMS, InletCase

BAD = "id,name,price,tags\n4,fig,1,\nx,kiwi,2,\n5,,3,\n6,lime,-1,\n7,nut,1,\n8,oat,1,\n9,pea,1,\n"


class ServerCase(InletCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def serve(self, *arguments, env=None):
        self.server = self.start("serve", "--listen", "127.0.0.1:0", "--json", *arguments, env=env)
        self.addCleanup(self.end, self.server)
        ready, _, _ = select.select([self.server.stdout], [], [], 30)
        line = self.server.stdout.readline() if ready else b""
        self.assertTrue(line, "the server said nothing" if ready else "the server did not start")
        said = json.loads(line)
        self.port = int(said["url"].rsplit(":", 1)[1])
        self.url = said["url"]
        self.key = said.get("key", getattr(self, "key", None))
        # What it logs is read on, lest it wait for us.
        self.log = []
        log = self.log
        stream = self.server.stderr
        self.reader = threading.Thread(target=lambda: log.extend(stream), daemon=True)
        self.reader.start()

    def end(self, server, how=signal.SIGTERM):
        if server.poll() is None:
            server.send_signal(how)
        code = server.wait(30)
        self.reader.join(10)
        server.stdout.close()
        server.stderr.close()
        return code

    def call(self, method, path, body=None, headers=None, key=None, source="127.0.0.1"):
        """Status, headers and body, of one call on a connection of its own, from the address `source`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(source, 0))
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {key or self.key}", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def get(self, path, status=200):
        code, _, body = self.call("GET", path)
        self.assertEqual(code, status, body)
        return json.loads(body)

    def problem(self, method, path, status, code, **more):
        got, headers, body = self.call(method, path, **more)
        problem = json.loads(body)
        self.assertEqual((got, problem["status"], problem["code"]), (status, status, code), body)
        self.assertEqual(headers["Content-Type"], "application/problem+json")
        self.assertTrue(problem["detail"] and problem["what_to_do"] and problem["title"], body)
        return problem

    def deliver(self, text, dataset="items", name="items.csv", status=201):
        code, headers, body = self.call("POST", f"/v1/datasets/{dataset}/submissions?name={name}", text, {"Prefer": "wait=30"})
        self.assertEqual(code, status, body)
        answer = json.loads(body)
        self.assertEqual(headers["Location"], f"/v1/submissions/{answer['submission']}")
        return answer

    def bare(self, text, until_closed=True):
        """What comes back for these bytes, until the server closes or, if it should not, for as long as it speaks."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as peer:
            peer.sendall(text.encode() if isinstance(text, str) else text)
            answer = b""
            if not until_closed:
                peer.settimeout(1)
            try:
                while block := peer.recv(65536):
                    answer += block
            except TimeoutError:
                self.assertFalse(until_closed, "the connection stays open")
            return answer.decode()


class Deliveries(ServerCase):
    def test_a_delivery_is_checked_published_shown_and_taken_back(self):
        answer = self.deliver(ITEMS)
        self.assertEqual((answer["state"], answer["version"], answer["duplicate"]), ("published", 1, False))
        self.assertEqual(answer["parts"][0]["accepted"], 3)
        self.assertEqual(self.get("/v1/submissions/1")["state"], "published")
        datasets = {each["name"]: each for each in self.get("/v1/datasets")["datasets"]}
        self.assertEqual((datasets["items"]["records"], datasets["items"]["version"], datasets["log"]["records"]), (3, 1, 0))
        self.assertEqual(self.get("/v1/datasets/items")["schema"]["primaryKey"], ["id"])
        code, _, body = self.call("POST", "/v1/submissions/1/undo")
        self.assertEqual((code, json.loads(body)["version"]), (200, 2))
        self.assertEqual(self.get("/v1/datasets/items")["records"], 0)
        self.problem("POST", "/v1/submissions/1/undo", 409, "already-undone")

    def test_rejects_errors_and_raw_come_back_byte_for_byte(self):
        answer = self.deliver(BAD)
        self.assertEqual((answer["state"], answer["parts"][0]["rejected"]), ("published", 3))
        status, _, errors = self.call("GET", "/v1/submissions/1/errors")
        self.assertEqual((status, [json.loads(line)["row"] for line in errors.splitlines()]), (200, [2, 3, 4]))
        status, headers, rejects = self.call("GET", "/v1/submissions/1/rejects.csv")
        self.assertEqual((status, headers["Content-Length"]), (200, str(len(rejects))))
        self.assertIn(b",x,kiwi,2,\n", rejects)
        self.assertEqual(self.call("GET", "/v1/submissions/1/raw")[2].decode(), BAD)
        self.assertEqual(self.call("HEAD", "/v1/submissions/1/raw")[1]["Content-Length"], str(len(BAD)))
        self.problem("GET", "/v1/submissions/1/errors?part=2", 400, "bad-argument")
        self.problem("GET", "/v1/submissions/1/errors?part=none", 400, "bad-argument")

    def test_what_breaks_the_policy_is_rejected_and_says_why(self):
        answer = self.deliver("id,name,price,tags\nx,a,1,\ny,b,1,\n")
        self.assertEqual((answer["state"], answer["reason"]["code"]), ("rejected", "too-many-rejects"))
        self.assertTrue(answer["reason"]["what_to_do"])
        self.assertEqual(self.get("/v1/datasets/items")["records"], 0)

    def test_the_same_bytes_again_are_the_same_submission(self):
        text = "at,text\n2026-01-02T03:04:05,one\n"
        self.assertEqual(self.deliver(text, "log")["submission"], 1)
        again = self.deliver(text, "log", status=200)
        self.assertEqual((again["submission"], again["duplicate"]), (1, True))
        self.assertEqual(self.get("/v1/datasets/log")["records"], 1)

    def test_submissions_come_in_pages(self):
        for number in range(5):
            self.deliver(f"at,text\n2026-01-02T03:04:05,{number}\n", "log")
        seen, cursor = [], ""
        while cursor is not None:
            page = self.get(f"/v1/submissions?dataset=log&limit=2{cursor and '&cursor=' + cursor}")
            seen += [each["submission"] for each in page["submissions"]]
            cursor = page["cursor"]
        self.assertEqual(seen, sorted(set(seen), reverse=True))
        self.assertEqual(len(self.get("/v1/submissions?state=published")["submissions"]), 5)
        self.problem("GET", "/v1/submissions?state=lost", 400, "bad-argument")
        self.problem("GET", "/v1/submissions?limit=0", 400, "bad-argument")

    def test_curl_delivers_a_large_file_in_chunks_and_gets_it_back(self):
        path = self.path("log.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("at,text\n")
            for number in range(400_000):
                file.write(f"2026-01-02T03:04:05,line {number}\n")
        curl = ["curl", "-sS", "--fail", "-H", f"Authorization: Bearer {self.key}"]
        answer = json.loads(subprocess.check_output(
            [*curl, "-H", "Transfer-Encoding: chunked", "-H", "Prefer: wait=60", "-T", path, "-X", "POST", f"{self.url}/v1/datasets/log/submissions"]))
        self.assertEqual((answer["state"], answer["parts"][0]["accepted"]), ("published", 400_000))
        raw = subprocess.check_output([*curl, f"{self.url}/v1/submissions/1/raw"])
        with open(path, "rb") as file:
            self.assertEqual(hashlib.sha256(raw).hexdigest(), hashlib.sha256(file.read()).hexdigest())

    def test_a_delivery_that_breaks_off_is_failed_and_leaves_nothing(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as peer:
            peer.sendall(f"POST /v1/datasets/items/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                         f"Content-Length: 1000\r\n\r\n{ITEMS}".encode())
        deadline = time.monotonic() + 30
        while not (records := self.get("/v1/submissions?state=failed")["submissions"]):
            self.assertLess(time.monotonic(), deadline, "the delivery did not fail")
            time.sleep(0.05)
        record = records[0]
        self.assertEqual((record["state"], record["reason"]["code"]), ("failed", "incomplete-upload"))
        self.problem("POST", "/v1/submissions/1/retry", 503, "interrupted")
        self.assertEqual(self.get("/v1/datasets/items")["records"], 0)

    def test_what_does_not_exist_is_said(self):
        self.problem("POST", "/v1/datasets/nothing/submissions", 404, "unknown-dataset", body="x")
        self.problem("POST", "/v1/packages/nothing/submissions", 404, "unknown-package", body="x")
        self.problem("GET", "/v1/submissions/77", 404, "unknown-submission")
        self.problem("GET", "/v1/submissions/one", 404, "unknown-submission")
        self.problem("GET", "/v1/nothing", 404, "unknown-address")
        self.problem("DELETE", "/v1/datasets", 405, "method-not-allowed")
        self.problem("GET", "/v1/datasets/%00", 400, "bad-argument")

    def test_deliveries_at_once_are_all_there_once(self):
        failures = []

        def send(sender):
            try:
                for number in range(5):
                    self.deliver(f"at,text\n2026-01-02T03:04:05,{sender}.{number}\n", "log")
            except AssertionError as failure:
                failures.append(failure)
        threads = [threading.Thread(target=send, args=(each,)) for each in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.end(self.server)
        self.assertEqual(self.rows("SELECT count(*) AS n, count(DISTINCT text) AS d FROM log"), [{"n": 40, "d": 40}])


class Keys(ServerCase):
    def test_every_call_but_the_open_ones_needs_a_key(self):
        self.assertEqual(self.call("GET", "/livez", key="none")[0], 200)
        self.assertEqual(self.call("GET", "/readyz", key="none")[0], 200)
        open_calls = set()
        document = json.loads(self.call("GET", "/openapi.json", key="none")[2])
        calls = 0
        for path, methods in document["paths"].items():
            for method, about in methods.items():
                calls += 1
                if about.get("security") == []:
                    open_calls.add(path)
                    continue
                # Whoever is on this machine needs none for figures: not so who came through a proxy.
                relayed = {"X-Forwarded-For": "203.0.113.9"} if path == "/metrics" else None
                address = path.replace("{id}", "1").replace("{dataset}", "items").replace("{package}", "p")
                status, headers, body = self.call(method.upper(), address, headers=relayed, key="inlet_" + "0" * 8 + "_" + "0" * 64,
                                                  source=f"127.0.0.{calls}") # who fails often is not asked any more
                code = "unauthenticated" if method == "head" else json.loads(body)["code"]
                self.assertEqual((status, code), (401, "unauthenticated"), path)
                self.assertIn("Bearer", headers["WWW-Authenticate"])
        self.assertEqual(open_calls, {"/livez", "/readyz", "/openapi.json", "/v1/uploads", "/v1/uploads/{id}",
                                      "/v1/upload-sessions/{id}/parts/{part}"}, "of uploads, OPTIONS; a part's address is signed")

    def test_keys_are_made_and_revoked_beside_the_running_server(self):
        made = self.inlet("keys", "create", "night job", "--json").json
        self.assertEqual(self.call("GET", "/v1/datasets", key=made["key"])[0], 200)
        self.deliver(ITEMS)
        self.inlet("keys", "revoke", made["id"])
        self.assertEqual(self.call("GET", "/v1/datasets", key=made["key"])[0], 401)
        listed = self.inlet("keys", "--json").json["keys"]
        self.assertEqual([(each["name"], each["revoked_at"] is None) for each in listed], [("admin", True), ("night job", False)])
        self.error("keys", "revoke", "none", code="unknown-key", exit_code=2)

    def test_no_secret_is_logged_or_kept(self):
        self.deliver(ITEMS)
        self.end(self.server)
        secret = self.key.rsplit("_", 1)[1].encode()
        self.assertNotIn(secret, b"".join(self.log))
        for folder, _, names in os.walk(self.path("data")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(secret, file.read(), name)


class Process(ServerCase):
    def test_it_ends_when_told_and_goes_on_where_it_was(self):
        self.deliver(ITEMS)
        self.assertEqual(self.end(self.server), 0)
        key = self.key
        self.serve()
        self.assertEqual(self.key, key, "the first key is not made again")
        self.assertEqual(self.get("/v1/datasets/items")["records"], 3)

    def test_what_was_answered_survives_a_kill(self):
        answered = []
        for number in range(6):
            code, _, body = self.call("POST", "/v1/datasets/log/submissions", f"at,text\n2026-01-02T03:04:05,{number}\n")
            self.assertEqual(code, 201)
            answered.append(json.loads(body)["submission"])
        self.end(self.server, signal.SIGKILL)
        self.serve()
        for submission in answered:
            _, _, body = self.call("GET", f"/v1/submissions/{submission}", headers={"Prefer": "wait=30"})
            self.assertEqual(json.loads(body)["state"], "published")
        self.assertEqual(self.get("/v1/datasets/log")["records"], 6)

    def test_a_second_server_on_the_project_is_refused(self):
        error = self.error("serve", "--listen", "127.0.0.1:0", code="project-locked", exit_code=3)
        self.assertIn(str(self.server.pid), error["message"])

    def test_an_address_that_cannot_be_listened_on_is_said(self):
        self.end(self.server)
        for address in ("nowhere", "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:"):
            self.error("serve", "--listen", address, code="usage-error", exit_code=2)
        self.error("serve", "--listen", "example.com:80", code="bad-argument", exit_code=2)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.error("serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", code="io-failed", exit_code=3)


class Wire(ServerCase):
    """What RFC 9112 says of messages."""

    def test_connections_are_kept_and_requests_may_be_sent_ahead(self):
        answer = self.bare("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * 20 + "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual(answer.count("HTTP/1.1 200 OK"), 21)
        answer = self.bare("GET /livez HTTP/1.0\r\n\r\n")
        self.assertEqual(answer.count("200 OK"), 1)

    def test_a_request_in_single_bytes_is_the_same_request(self):
        body = ITEMS.encode()
        head = f"POST /v1/datasets/items/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        text = head.encode() + b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 9]), body[i:i + 9]) for i in range(0, len(body), 9)) + b"0\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(text)):
                peer.sendall(text[i:i + 1])
            answer = b""
            while block := peer.recv(65536):
                answer += block
        self.assertIn(b"201 Created", answer)
        self.assertEqual(self.call("GET", "/v1/submissions/1/raw")[2], body)

    def test_ambiguous_requests_are_refused_and_end_the_connection(self):
        behind = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        key = f"Authorization: Bearer {self.key}\r\n"
        post = "POST /v1/datasets/items/submissions HTTP/1.1\r\n"
        for name, request in {
            "length and chunks": f"{post}Host: x\r\n{key}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "chunks and length": f"{post}Host: x\r\n{key}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            "two lengths": f"{post}Host: x\r\n{key}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
            "list of lengths": f"{post}Host: x\r\n{key}Content-Length: 4, 5\r\n\r\nabcde",
            "signed length": f"{post}Host: x\r\n{key}Content-Length: +4\r\n\r\nabcd",
            "unknown coding": f"{post}Host: x\r\n{key}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "coding twice": f"{post}Host: x\r\n{key}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            "space before colon": f"{post}Host: x\r\n{key}Content-Length : 4\r\n\r\nabcd",
            "no host": f"{post}{key}Content-Length: 4\r\n\r\nabcd",
            "two hosts": f"{post}Host: x\r\nHost: y\r\n{key}Content-Length: 4\r\n\r\nabcd",
            "chunks in 1.0": f"{post.replace('1.1', '1.0')}{key}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "broken chunk size": f"{post}Host: x\r\n{key}Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
            "no HTTP": "HELLO\r\n\r\n",
            "control byte in a header": f"{post}Host: x\r\n{key}X-A: a\x00b\r\n\r\n",
        }.items():
            with self.subTest(name):
                answer = self.bare(request + behind)
                self.assertNotIn("HTTP/1.1 200", answer)
                self.assertRegex(answer.split("\r\n")[0], r"^HTTP/1\.[01] (400|501) ")

    def test_headers_are_bounded(self):
        answer = self.bare("GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + "a" * 100_000 + "\r\n\r\n")
        self.assertIn("431 ", answer.split("\r\n")[0])

    def test_a_body_is_asked_for_only_if_it_is_wanted(self):
        head = "POST /v1/datasets/{}/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n"
        answer = self.bare(head.format("nothing", self.key, 10**9))
        self.assertTrue(answer.startswith("HTTP/1.1 404 "), answer)
        answer = self.bare(head.format("items", "wrong", 10**9))
        self.assertTrue(answer.startswith("HTTP/1.1 401 "), answer)
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as peer:
            peer.sendall(head.format("items", self.key, len(ITEMS)).encode())
            self.assertEqual(peer.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            peer.sendall(ITEMS.encode())
            self.assertTrue(peer.recv(65536).startswith(b"HTTP/1.1 201 "))

    def test_a_small_unwanted_body_does_not_end_the_connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.addCleanup(connection.close)
        for _ in range(3):
            connection.request("POST", "/v1/datasets/nothing/submissions", "x" * 1000, {"Authorization": f"Bearer {self.key}"})
            response = connection.getresponse()
            response.read()
            self.assertEqual((response.status, response.headers["Connection"]), (404, None))

    def test_memory_does_not_grow_with_the_body(self):
        def peak():
            with open(f"/proc/{self.server.pid}/status", encoding="ascii") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
        self.deliver("at,text\n2026-01-02T03:04:05,x\n", "log")
        row = b"2026-01-02T03:04:05," + b"y" * 1000 + b"\n"
        before = peak()
        sizes = []
        for rows in (20_000, 100_000):
            def body(count=rows):
                yield b"at,text\n"
                for _ in range(count // 100):
                    yield row * 100
            # A body that the contract refuses at once: only receiving is measured.
            status, _, _ = self.call("POST", "/v1/datasets/items/submissions", body(), {"Prefer": "wait=60"})
            self.assertEqual(status, 201)
            sizes.append(peak() - before)
        self.assertLess(sizes[1], 96 << 10, f"KiB more than idle, by size of body: {sizes}")


if __name__ == "__main__":
    unittest.main()
