"""What lies in deploy/, tried out: a real nginx in front of the real binary, and what systemd says of its units. And
whom the server believes about a client's address."""

import base64
import contextlib
import getpass
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import socket
import subprocess
import threading
import time
import unittest

from inlet_case import INLET, ITEMS, PROJECT, REPOSITORY
from notify_test import Stream
from server_test import ServerCase

DEPLOY = os.path.join(REPOSITORY, "deploy")
PAGE = "https://app.example.org"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class NginxCase(ServerCase):
    """The server listens at a Unix socket, nginx in front of it with deploy/nginx/inlet.conf."""

    limits = "{}"

    @property
    def project(self):
        # Long paths do not fit into a socket's address: the folder's name is short.
        return PROJECT + f"""server:
  listen: ["unix:{self.folder}/web.sock", "127.0.0.1:0"]
  trusted_proxies: [unix]
  cors: {{origins: ["{PAGE}"]}}
  limits: {self.limits}
"""

    def serve(self, *arguments, env=None):
        self.server = self.start("serve", "--json", *arguments, env=env)
        self.addCleanup(self.end, self.server)
        said = json.loads(self.server.stdout.readline())
        self.key = said["key"]
        self.direct = int(said["addresses"][1].rsplit(":", 1)[1])
        self.log = []
        self.reader = threading.Thread(target=self.log.extend, args=(self.server.stderr,), daemon=True)
        self.reader.start()
        self.start_nginx()

    def start_nginx(self):
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.assertTrue(nginx, "nginx is needed: Debian's package nginx-light")
        with open(os.path.join(DEPLOY, "nginx/inlet.conf"), encoding="utf-8") as file:
            given = file.read()
        for _ in range(5): # another program may take the port first
            self.port = free_port()
            changed = given.replace("unix:/run/inlet.sock", f"unix:{self.folder}/web.sock").replace("listen 80;", f"listen 127.0.0.1:{self.port};")
            changed = changed.replace("    listen [::]:80;\n", "")
            self.assertEqual(len(re.findall(r"^ +listen ", changed, re.M)), 1)
            self.write("nginx/inlet.conf", changed)
            temporary = "".join(f"{what}_temp_path {self.path('nginx/' + what)};\n" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            user = f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""
            config = self.write("nginx/nginx.conf", f"""{user}daemon off;
pid {self.path('nginx/pid')};
error_log stderr notice;
events {{ worker_connections 256; }}
http {{
{temporary}access_log off;
include {self.path('nginx/inlet.conf')};
}}
""")
            said = self.path("nginx/said")
            with open(said, "wb") as file:
                self.nginx = subprocess.Popen([nginx, "-p", self.path("nginx"), "-e", "stderr", "-c", config], stdin=subprocess.DEVNULL,
                                              stdout=file, stderr=file)
            deadline = time.monotonic() + 60
            while self.nginx.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=30):
                    self.addCleanup(self.end_nginx, self.nginx)
                    return
                self.assertLess(time.monotonic(), deadline, "nginx does not listen")
                time.sleep(0.02)
        self.fail(self.read("nginx/said").decode())

    def end_nginx(self, nginx):
        nginx.terminate()
        nginx.wait(60)

    def straight(self, path, read=json.loads):
        """What the server itself says, past nginx."""
        connection = http.client.HTTPConnection("127.0.0.1", self.direct, timeout=60)
        try:
            connection.request("GET", path, None, {"Authorization": f"Bearer {self.key}"})
            return read(connection.getresponse().read())
        finally:
            connection.close()


class BehindNginx(NginxCase):
    def test_a_large_delivery_streams_through(self):
        chance = random.Random(7)
        lines = [f"{number},{chance.getrandbits(256):064x},1,\n" for number in range(1, 400_001)]
        body = ("id,name,price,tags\n" + "".join(lines)).encode()
        half = len(body) // 2
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        self.addCleanup(peer.close)
        peer.sendall(f"POST /v1/datasets/items/submissions?name=items.csv HTTP/1.1\r\nHost: inlet\r\nAuthorization: Bearer {self.key}\r\n"
                     f"Prefer: wait=60\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        peer.sendall(body[:half])
        # Nothing is gathered before it is handed on: the server is at it while half of it is still to come.
        deadline = time.monotonic() + 60
        while not (found := self.straight("/v1/submissions")["submissions"]):
            self.assertLess(time.monotonic(), deadline, "the server has not heard of it")
            time.sleep(0.05)
        self.assertEqual(found[0]["state"], "receiving")
        peer.sendall(body[half:])
        response = http.client.HTTPResponse(peer)
        response.begin()
        answer = json.loads(response.read())
        self.assertEqual(response.status, 201, answer)
        deadline = time.monotonic() + 120
        while (state := self.straight(f"/v1/submissions/{answer['submission']}")["state"]) != "published":
            self.assertNotIn(state, ("rejected", "failed", "held"))
            self.assertLess(time.monotonic(), deadline, state)
            time.sleep(0.05)
        code, _, raw = self.call("GET", f"/v1/submissions/{answer['submission']}/raw")
        self.assertEqual((code, hashlib.sha256(raw).digest()), (200, hashlib.sha256(body).digest()))
        self.assertEqual([files for _, _, files in os.walk(self.path("nginx/client_body")) if files], [])

    def test_an_upload_that_breaks_off_goes_on(self):
        tus = {"Tus-Resumable": "1.0.0"}
        name = base64.b64encode(b"items").decode()
        code, headers, body = self.call("POST", "/v1/uploads", headers={**tus, "Upload-Length": str(len(ITEMS)), "Upload-Metadata": f"dataset {name}"})
        self.assertEqual(code, 201, body)
        url = headers["Location"]
        self.assertTrue(url.startswith("/"), "it holds whatever the proxy is called")
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        peer.sendall(f"PATCH {url} HTTP/1.1\r\nHost: inlet\r\nAuthorization: Bearer {self.key}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                     f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(ITEMS)}\r\n\r\n{ITEMS[:20]}".encode())
        deadline = time.monotonic() + 60
        under_way = re.compile(rb"^inlet_http_requests_in_flight (\d+)$", re.M)
        while int(self.straight("/metrics", under_way.search)[1]) < 2: # this one, and that
            self.assertLess(time.monotonic(), deadline, "the server has not heard of it")
            time.sleep(0.05)
        peer.close()
        code = None
        while code != 204:
            self.assertLess(time.monotonic(), deadline, code)
            code, answered, _ = self.call("HEAD", url, headers=tus)
            if code == 200:
                offset = int(answered["Upload-Offset"])
                self.assertLessEqual(offset, 20)
                patch = {**tus, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                code, _, body = self.call("PATCH", url, ITEMS[offset:], patch)
            self.assertIn(code, (204, 409, 423), body) # the one that broke off may still have it
        while not (found := self.straight("/v1/submissions")["submissions"]) or found[0]["state"] != "published":
            self.assertLess(time.monotonic(), deadline, found)
            time.sleep(0.05)

    def test_events_come_as_they_happen(self):
        stream = Stream(self)
        self.addCleanup(stream.connection.close)
        self.assertEqual(stream.response.headers["Content-Type"].split(";")[0], "text/event-stream")
        self.deliver(ITEMS)
        event = stream.next()
        self.assertEqual((event["event"], event["data"]["subject"]), ("submission.receiving", "submissions/1"))
        while event["event"] != "submission.published":
            event = stream.next()
            self.assertIsNotNone(event)

    def test_pages_may_call_and_figures_stay_inside(self):
        code, headers, _ = self.call("OPTIONS", "/v1/datasets", headers={"Origin": PAGE, "Access-Control-Request-Method": "POST"})
        self.assertEqual((code, headers["Access-Control-Allow-Origin"]), (204, PAGE))
        _, headers, _ = self.call("GET", "/v1/datasets", headers={"Origin": PAGE})
        self.assertEqual(headers.get_all("Access-Control-Allow-Origin"), [PAGE])
        self.assertEqual(self.call("GET", "/metrics")[0], 403)
        _, headers, _ = self.call("GET", "/livez")
        self.assertRegex(headers["X-Request-Id"], "^[0-9a-f]{32}$", "as nginx calls it")


class LimitedBehindNginx(NginxCase):
    limits = "{per_address: {requests_per_second: 1, burst: 40}}"

    def test_whose_address_counts(self):
        # Each client has its own limit, and none another's.
        # What a client writes into the header itself counts for nothing: it would be another one each time.
        deadline = time.monotonic() + 60
        number = 0
        status = 200
        while status == 200:
            self.assertLess(time.monotonic(), deadline, f"{number} requests, and none too many")
            number += 1
            status = self.call("GET", "/v1/datasets", source="127.0.0.2", headers={"X-Forwarded-For": f"203.0.113.{number % 256}"})[0]
        self.assertEqual(status, 429)
        self.assertEqual(self.call("GET", "/v1/datasets", source="127.0.0.3")[0], 200)
        code, _, body = self.call("POST", "/v1/datasets/items/submissions", ITEMS, {"X-Forwarded-For": "203.0.113.77"}, source="127.0.0.4")
        self.assertEqual(code, 201, body)
        entry = self.straight("/v1/audit")["entries"][0]
        self.assertEqual((entry["action"], entry["address"]), ("submission.deliver", "127.0.0.4"))


class Proxies(ServerCase):
    """Without nginx: who is believed, and through which header."""

    project = PROJECT + """server:
  trusted_proxies: [127.0.0.7, 10.0.0.0/8]
  forwarded_header: Forwarded
  limits: {per_address: {connections: 2}}
"""

    def address(self, source, headers):
        code, _, body = self.call("POST", "/v1/datasets/items/submissions", f"id,name,price,tags\n1,{time.monotonic()},1,\n", headers, source=source)
        self.assertEqual(code, 201, body)
        return self.get("/v1/audit")["entries"][0]["address"]

    def test_only_a_trusted_proxy_is_believed(self):
        chain = {"Forwarded": 'for=203.0.113.9;proto=https, for="10.1.2.3:5000"'}
        self.assertEqual(self.address("127.0.0.7", chain), "203.0.113.9")
        self.assertEqual(self.address("127.0.0.8", chain), "127.0.0.8")
        self.assertEqual(self.address("127.0.0.7", {"X-Forwarded-For": "203.0.113.9"}), "127.0.0.7", "the other header")

    def test_a_proxy_may_have_many_connections(self):
        open_ones = [socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=("127.0.0.7", 0)) for _ in range(8)]
        for one in open_ones:
            self.addCleanup(one.close)
            one.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(one.recv(100).startswith(b"HTTP/1.1 200 "))


class Units(unittest.TestCase):
    def test_systemd_takes_the_units(self):
        tool = shutil.which("systemd-analyze")
        self.assertTrue(tool, "systemd-analyze is needed: Debian's package systemd")
        case = ServerCase("setUp")
        self.addCleanup(case.doCleanups)
        case.project = None
        super(ServerCase, case).setUp()
        for unit in ("inlet.service", "inlet.socket"):
            with open(os.path.join(DEPLOY, "systemd", unit), encoding="utf-8") as file:
                case.write(unit, file.read().replace("/usr/bin/inlet", INLET))
        environment = {**os.environ, "SYSTEMD_LOG_LEVEL": "info"}
        units = [case.path("inlet.service"), case.path("inlet.socket")]
        done = subprocess.run([tool, "verify", "--man=no", "--recursive-errors=no", *units], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, check=False)
        self.assertEqual((done.returncode, [line for line in done.stdout.splitlines() if "inlet" in line]), (0, []), done.stdout)
        # Of 100; 100 is a service that may do everything.
        done = subprocess.run([tool, "security", "--offline=true", "--threshold=20", case.path("inlet.service")], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
