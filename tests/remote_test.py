"""The command line asking a server: the same answers as on the data folder itself, and uploads that survive cut lines and killed programs."""

import hashlib
import http.server
import json
import os
import pty
import re
import select
import signal
import socket
import threading
import time
import unittest

from inlet_case import ITEMS, InletCase
from process_test import TlsCase
from server_test import BAD, ServerCase

PROJECT = """
project: shop
datasets:
  items:
    schema:
      fields:
        - {name: id, type: integer, constraints: {minimum: 1}}
        - {name: name, type: string, constraints: {required: true}}
        - {name: price, type: number, constraints: {minimum: 0}}
        - {name: tags, type: array}
      primaryKey: id
    write: upsert
    rejects: {max_share: 50%, then: publish_rest}
  stock:
    schema: {fields: [{name: id, type: integer}, {name: n, type: integer}], primaryKey: id}
    write: sync
    deletes: {max_rows: 1, over_limit: hold}
  log:
    schema:
      fields:
        - {name: at, type: datetime}
        - {name: text, type: string}
packages:
  pair: {match: "pair*.zip", members: {items.csv: items, stock.csv: stock}}
models:
  cheap: {sql: "SELECT id, name FROM items WHERE price < 5", primaryKey: [id]}
access:
  roles:
    sender: [{dataset: log, allow: [submit]}]
    reader: [{dataset: "*", allow: [read]}]
"""

FILES = {
    "items.csv": ITEMS,
    "bad.csv": BAD,
    "broken.csv": "id,name,price,tags\nx,a,1,\ny,b,1,\n",
    "stock.csv": "id,n\n1,1\n2,2\n3,3\n4,4\n",
    "less.csv": "id,n\n1,1\n5,5\n",
    "none.csv": "id,n\n1,1\n",
}

# What is asked, one after another; each with the exit code that it must have.
PLAY = [
    (0, "datasets"),
    (0, "load", "items.csv"),
    (0, "load", "bad.csv", "--dataset", "items"),
    (0, "load", "bad.csv", "--dataset", "items"),
    (1, "load", "broken.csv", "--dataset", "items"),
    (2, "load", "bad.csv", "--dataset", "nothing"),
    (2, "load", "bad.csv", "--package", "nothing"),
    (2, "load", "bad.csv"),
    (2, "load", "gone.csv"),
    (0, "load", "stock.csv"),
    (0, "load", "less.csv", "--dataset", "stock"),
    (0, "submissions"),
    (0, "submissions", "--state", "held"),
    (0, "submissions", "--dataset", "items", "--limit", "2"),
    (0, "submissions", "--limit", "2", "--before", "4"),
    (0, "show", "1"),
    (0, "show", "2"),
    (0, "show", "4"),
    (0, "show", "7"),
    (2, "show", "99"),
    (0, "errors", "2"),
    (0, "errors", "2", "--limit", "1"),
    (0, "errors", "1"),
    (2, "errors", "2", "--part", "3"),
    (0, "rejects", "2"),
    (2, "rejects", "1"),
    (0, "raw", "2", "--output", "raw.csv"),
    (0, "approve", "7"),
    (1, "approve", "7"),
    (1, "cancel", "1"),
    (1, "retry", "4"),
    (0, "load", "stock.csv", "--again"),
    (0, "load", "none.csv", "--dataset", "stock"),
    (0, "submissions", "--state", "held"),
    (0, "cancel", "10"),
    (0, "versions"),
    (0, "versions", "cheap", "--limit", "1"),
    (2, "versions", "nothing"),
    (0, "undo", "1", "--dry-run"),
    (0, "undo", "1"),
    (1, "undo", "1"),
    (2, "undo", "99"),
    (0, "undo", "--version", "2", "--dry-run"),
    (0, "undo", "--version", "2"),
    (2, "undo", "--version", "99"),
    (1, "undo", "6"),
    (0, "undo", "8", "--cascade"),
    (0, "datasets"),
]


def settled(text):
    """Without what is another thing in each run: moments, durations, and the way something came."""
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+Z)?", "MOMENT", text)
    text = re.sub(r'"seconds":[0-9.e-]+', '"seconds":S', text)
    text = re.sub(r"in [0-9.]+ m?s\b", "in SPAN", text)
    return re.sub(r'"source":"\w+"', '"source":"WAY"', text)


class SameAnswers(ServerCase):
    project = PROJECT

    def setUp(self):
        super().setUp()
        self.local = os.path.join(self.folder, "local")
        for folder in ("", "local/", "away/"):
            for name, text in FILES.items():
                self.write(folder + name, text)
        self.write("local/inlet.yaml", PROJECT)

    def play(self, cwd, form, **options):
        said = []
        for code, *line in PLAY:
            done = self.inlet(*line, *form, code=None, cwd=cwd, **options)
            self.assertEqual(done.code, code, (line, done.out, done.err))
            out, err = settled(done.out), settled(done.err)
            said.append((line, done.code, out, err))
        return said

    def compare(self, form, cwd, **options):
        here = self.play(self.local, form)
        there = self.play(cwd, form, **options)
        for one, other in zip(here, there, strict=True):
            # Somebody else words it who knows all names.
            if one[0][:1] == ["load"] and one[1] == 2 and "nothing" in one[0]:
                self.assertEqual(re.findall("unknown-[a-z]+", one[2] + one[3]), re.findall("unknown-[a-z]+", other[2] + other[3]))
            elif "versions" in one[0] and one[1] == 2:
                self.assertIn("unknown-dataset", other[2] + other[3])
            else:
                self.assertEqual(one, other)

    def test_beside_the_server_without_being_told(self):
        self.compare([], self.folder)

    def test_beside_the_server_in_json(self):
        self.compare(["--json"], self.folder)

    def test_from_elsewhere_with_a_key(self):
        # Who did it is the key's name there.
        user = self.inlet("show", "1", "--json", code=2, cwd=self.local) and self.who()
        self.key = self.inlet("keys", "create", user, "--role", "admin", "--json").json["key"]
        self.compare(["--json"], self.path("away"), env={"INLET_SERVER": self.url, "INLET_KEY": self.key})

    def who(self):
        import pwd
        return pwd.getpwuid(os.geteuid()).pw_name


class Asking(ServerCase):
    project = PROJECT

    def there(self, *line, key=None, **options):
        os.makedirs(self.path("away"), exist_ok=True)
        return self.inlet(*line, "--server", self.url, "--key", key or self.key, cwd=self.path("away"), **options)

    def refused(self, *line, code, exit_code, url=None, key=None, **options):
        os.makedirs(self.path("away"), exist_ok=True)
        return self.error(*line, "--server", url or self.url, "--key", key or self.key, code=code, exit_code=exit_code,
                          cwd=self.path("away"), **options)

    def test_what_a_server_cannot_be_asked_says_so_and_what_to_do(self):
        path = self.write("items.csv", ITEMS)
        for line in (("query", "SELECT 1"), ("diff", "items", "0", "1"), ("export", "items"), ("users",)):
            error = self.refused(*line, code="not-supported", exit_code=2)
            self.assertIn("server's machine", error["message"])
        self.assertIn("inlet validate", self.refused("load", path, "--dry-run", code="not-supported", exit_code=2)["message"])
        self.there("load", path)
        self.refused("show", "1", "--changes", code="not-supported", exit_code=2)
        # What needs no data does not mind.
        self.assertEqual(self.inlet("failures", "undo-conflict", "--json", env={"INLET_SERVER": self.url}).json[0]["code"], "undo-conflict")

    def test_beside_a_server_what_needs_the_folder_says_who_has_it(self):
        error = self.error("query", "SELECT 1", "--wait", "0", code="project-locked", exit_code=3)
        self.assertIn("it is a server", error["message"])
        self.assertEqual(error["context"]["process"], str(self.server.pid))

    def test_keys_that_may_not_and_servers_that_are_none(self):
        self.refused("submissions", key="inlet_0_0", code="unauthenticated", exit_code=2)
        self.refused("submissions", url="ftp://x", code="bad-argument", exit_code=2)
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            self.refused("submissions", url=f"http://127.0.0.1:{nobody.getsockname()[1]}", code="server-unreachable", exit_code=3)
        other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
        threading.Thread(target=other.serve_forever, daemon=True).start()
        self.addCleanup(other.server_close)
        self.addCleanup(other.shutdown)
        error = self.refused("submissions", url=f"http://127.0.0.1:{other.server_port}", code="server-unreachable", exit_code=3)
        self.assertIn("501", error["message"])

    def test_who_may_deliver_and_not_read_delivers(self):
        key = self.inlet("keys", "create", "meter", "--role", "sender", "--json").json["key"]
        path = self.write("log.csv", "at,text\n2026-01-02T03:04:05,one\n")
        said = self.there("load", path, "--dataset", "log", "--json", key=key).json
        self.assertEqual((said["state"], said["parts"][0]["accepted"]), ("published", 1))
        self.refused("load", path, "--dataset", "items", key=key, code="unknown-dataset", exit_code=2)
        self.assertEqual(self.there("datasets", "--json", key=key).json["datasets"], [])
        # The same bytes by somebody else: that is all they are told.
        other = self.inlet("keys", "create", "other", "--role", "sender", "--json").json["key"]
        self.assertEqual(self.there("load", path, "--dataset", "log", "--json", key=other).json, {"submission": 1, "duplicate": True})
        reader = self.inlet("keys", "create", "reader", "--role", "reader", "--json").json["key"]
        self.refused("load", path, "--dataset", "log", key=reader, code="forbidden", exit_code=2)
        self.assertEqual(self.there("show", "1", "--json", key=reader).json["state"], "published")
        self.refused("undo", "1", key=reader, code="forbidden", exit_code=2)

    def test_standard_input_and_packages(self):
        said = self.there("load", "-", "--dataset", "log", "--json", stdin="at,text\n2026-01-02T03:04:05,one\n").json
        self.assertEqual((said["state"], said["parts"][0]["name"]), ("published", "stdin"))
        import zipfile
        with zipfile.ZipFile(self.path("pair 1.zip"), "w") as file:
            file.writestr("items.csv", ITEMS)
            file.writestr("stock.csv", "id,n\n1,1\n")
        said = self.there("load", self.path("pair 1.zip"), "--json").json
        self.assertEqual((said["state"], [part["dataset"] for part in said["parts"]]), ("published", ["items", "stock"]))
        self.assertEqual(said["models"], [{"model": "cheap", "inserted": 2, "updated": 0, "deleted": 0}])

    def test_it_is_in_the_audit_log_once(self):
        self.there("load", self.write("items.csv", ITEMS))
        self.there("undo", "1", "--dry-run")
        self.there("undo", "1")
        actions = [entry["action"] for entry in self.inlet("audit", "--json").json["entries"]]
        self.assertEqual(sorted(action for action in actions if action.startswith("submission")), ["submission.deliver", "submission.undo"])


class OverTls(TlsCase):
    def test_certificates_are_checked(self):
        self.serve()
        url = self.url.replace("127.0.0.1", "localhost")
        env = {"INLET_SERVER": url, "INLET_KEY": self.key}
        self.error("datasets", env=env, code="server-unreachable", exit_code=3)
        said = self.inlet("datasets", "--json", "--ca", self.path("ca.pem"), env=env).json
        self.assertEqual([each["name"] for each in said["datasets"]], ["items", "log"])
        self.assertEqual(self.inlet("datasets", "--json", env={**env, "INLET_CA": self.path("ca.pem")}).json, said)


class Proxy:
    """Passes bytes on to `port`, and cuts or holds a connection once so many bytes of a request have passed."""

    def __init__(self, port):
        self.port = port
        self.cuts = []         # bytes after which the next connections that bring so many are cut
        self.hold_after = None  # bytes after which a connection stands still
        self.held = threading.Event()
        self.go_on = threading.Event()
        self.cut_held = False
        self.passed = 0        # bytes to the server, of all connections
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def release(self, cut=False):
        """What is held goes on, or, what is still on its way to us being lost, is cut."""
        self.cut_held = cut
        self.hold_after = None
        self.go_on.set()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                if self.listener.fileno() < 0:
                    return
                client.close()
                continue
            self.open += [client, server]
            threading.Thread(target=self.up, args=(client, server), daemon=True).start()
            threading.Thread(target=self.down, args=(server, client), daemon=True).start()

    def up(self, client, server):
        here = 0
        try:
            while block := client.recv(65536):
                server.sendall(block)
                here += len(block)
                self.passed += len(block)
                if self.cuts and here >= self.cuts[0]:
                    self.cuts.pop(0)
                    break
                if self.hold_after is not None and here >= self.hold_after:
                    self.held.set()
                    self.go_on.wait(60)
                    if self.cut_held:
                        break
        except OSError:
            pass
        self.shut(client, server)

    def down(self, server, client):
        try:
            while block := server.recv(65536):
                client.sendall(block)
        except OSError:
            pass
        self.shut(client, server)

    @staticmethod
    def shut(*sockets):
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def close(self):
        self.go_on.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.shut(*self.open)


class Resuming(ServerCase):
    project = PROJECT
    megabytes = 16

    def setUp(self):
        super().setUp()
        line = b"2026-01-02T03:04:05," + b"abcdefgh" * 62 + b"\n"
        self.bytes = b"at,text\n" + line * (self.megabytes * 1024 * 1024 // len(line))
        self.file = self.write("log.csv", self.bytes)
        self.proxy = Proxy(self.port)
        self.addCleanup(self.proxy.close)
        os.makedirs(self.path("away"))
        self.state = self.path("state")
        self.env = {"INLET_SERVER": self.proxy.url, "INLET_KEY": self.key, "XDG_STATE_HOME": self.state}

    def load(self, *options):
        return self.inlet("load", self.file, *options, cwd=self.path("away"), env=self.env)

    def begin(self, *options, **more):
        return self.start("load", self.file, *options, cwd=self.path("away"), env=self.env, **more)

    def remembered(self):
        folder = os.path.join(self.state, "inlet", "uploads")
        return [os.path.join(folder, name) for name in os.listdir(folder)] if os.path.isdir(folder) else []

    def assert_loaded(self, said, submissions=1):
        self.assertEqual((said["state"], said["parts"][0]["rejected"]), ("published", 0))
        self.assertEqual(said["parts"][0]["accepted"], self.bytes.count(b"\n") - 1)
        raw = self.call("GET", f"/v1/submissions/{said['submission']}/raw")[2]
        self.assertEqual(hashlib.sha256(raw).hexdigest(), hashlib.sha256(self.bytes).hexdigest())
        self.assertEqual(len(self.get("/v1/submissions")["submissions"]), submissions)
        self.assertEqual(self.remembered(), [], "what is done is forgotten")

    def until_safe(self):
        """Waits until some of the upload that is remembered is safe at the server; how much."""
        (path,) = self.remembered()
        with open(path, encoding="utf-8") as file:
            url = json.load(file)["upload"]
        deadline = time.monotonic() + 60
        while True:
            _, headers, _ = self.call("HEAD", url, headers={"Tus-Resumable": "1.0.0"})
            if (offset := int(headers["Upload-Offset"])) > 0:
                return offset
            self.assertLess(time.monotonic(), deadline, "nothing is safe at the server")
            time.sleep(0.05)

    def test_a_line_that_breaks_again_and_again(self):
        self.proxy.cuts = [100_000, 3_000_000, 2_000_000, 5_000_000]
        done = self.load("--json")
        self.assertEqual(self.proxy.cuts, [], "each cut was made")
        self.assert_loaded(done.json)
        self.assertFalse(done.json.get("duplicate"))
        self.assertIn("the line broke", done.err)
        self.assertLess(self.proxy.passed, 2 * len(self.bytes), "what was there was not sent again")
        # The same again is told apart from what was new.
        again = self.load("--json").json
        self.assertEqual((again["submission"], again["duplicate"]), (1, True))

    def test_a_killed_client_goes_on_where_it_was(self):
        self.proxy.hold_after = len(self.bytes) // 2
        client = self.begin()
        self.assertTrue(self.proxy.held.wait(60), "the upload did not come")
        client.kill()
        client.communicate()
        self.proxy.release(cut=True)
        offset = self.until_safe()
        before = self.proxy.passed
        done = self.load("--json")
        self.assertIn("going on where it broke off", done.err)
        self.assert_loaded(done.json)
        self.assertLess(self.proxy.passed - before, len(self.bytes) - offset + 1_000_000)

    def test_another_file_of_that_name_begins_anew(self):
        self.proxy.hold_after = len(self.bytes) // 2
        client = self.begin()
        self.assertTrue(self.proxy.held.wait(60), "the upload did not come")
        client.kill()
        client.communicate()
        self.proxy.release(cut=True)
        self.bytes = self.bytes.replace(b"abc", b"xyz")
        self.write("log.csv", self.bytes)
        done = self.load("--json")
        self.assertNotIn("going on where", done.err)
        self.assertEqual(done.json["state"], "published")
        self.assertEqual(self.call("GET", "/v1/submissions/1/raw")[2], self.bytes)

    def test_a_killed_server_is_waited_for(self):
        self.proxy.hold_after = len(self.bytes) // 2
        client = self.begin("--json")
        self.assertTrue(self.proxy.held.wait(60), "the upload did not come")
        self.until_safe_or_killed()
        self.end(self.server, signal.SIGKILL)
        self.proxy.release()
        self.serve()
        self.proxy.port = self.port
        out, err = client.communicate(timeout=120)
        self.assertEqual(client.returncode, 0, err)
        self.assert_loaded(json.loads(out))

    def until_safe_or_killed(self):
        """The upload exists at the server by now, whether any of it is safe or not."""
        (path,) = self.remembered()
        with open(path, encoding="utf-8") as file:
            self.assertTrue(json.load(file)["upload"].startswith("/v1/uploads/"))

    def test_an_upload_that_the_server_has_forgotten_begins_anew(self):
        self.proxy.hold_after = len(self.bytes) // 2
        client = self.begin()
        self.assertTrue(self.proxy.held.wait(60), "the upload did not come")
        client.kill()
        client.communicate()
        self.proxy.release(cut=True)
        self.until_safe()
        (path,) = self.remembered()
        with open(path, encoding="utf-8") as file:
            url = json.load(file)["upload"]
        deadline = time.monotonic() + 60
        while self.call("DELETE", url, headers={"Tus-Resumable": "1.0.0"})[0] != 204:
            self.assertLess(time.monotonic(), deadline, "the upload stays")
            time.sleep(0.05)
        self.assert_loaded(self.load("--json").json)

    def test_a_server_that_stays_away_is_given_up(self):
        self.proxy.hold_after = len(self.bytes) // 2
        client = self.begin("--json", "--wait", "1")
        self.addCleanup(client.kill)
        self.assertTrue(self.proxy.held.wait(60), "the upload did not come")
        self.end(self.server, signal.SIGKILL)
        self.proxy.release()
        out, _ = client.communicate(timeout=120)
        self.assertEqual(client.returncode, 3)
        error = json.loads(out)["error"]
        self.assertEqual(error["code"], "server-unreachable")
        self.assertIn("given up after", error["message"])
        self.assertEqual(len(self.remembered()), 1, "another run can go on")

    def test_a_person_sees_a_bar_with_rate_and_time(self):
        self.proxy.hold_after = len(self.bytes) // 2
        screen, side = pty.openpty()
        self.addCleanup(os.close, screen)
        client = self.begin(stderr=side)
        os.close(side)
        seen = b""
        deadline = time.monotonic() + 60
        while b"sending" not in seen or b"% " not in seen:
            self.assertLess(time.monotonic(), deadline, seen)
            if select.select([screen], [], [], 1)[0]:
                seen += os.read(screen, 65536)
        self.assertRegex(seen.decode(), r"sending +\d+ %.* of 1[67](\.\d)? MB")
        self.proxy.release()
        while True:  # until it ends
            try:
                if not os.read(screen, 65536):
                    break
            except OSError:
                break
        out, _ = client.communicate(timeout=120)
        self.assertEqual(client.returncode, 0, out)
        self.assertIn(b"published as version 1", out)


if __name__ == "__main__":
    unittest.main()
