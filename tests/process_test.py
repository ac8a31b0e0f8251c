"""The server as a process: TLS, Unix sockets, what a service manager does with it, reloading, limits, the first start."""

import base64
import contextlib
import http.client
import json
import os
import pwd
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest

from inlet_case import INLET, ITEMS, PROJECT, InletCase
from server_test import ServerCase

# Opens a socket, and becomes the program with it as descriptor 3, as a service manager would.
LAUNCHER = """
import os, socket, sys
door = socket.create_server(("127.0.0.1", 0))
print(door.getsockname()[1], flush=True)
if door.fileno() != 3:
    os.dup2(door.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])
"""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def answer_of(connection, method="GET", path="/livez", body=None, headers=None):
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


class ProcessCase(ServerCase):
    """A server with a `server` section; starts in the test itself."""

    section = ""

    def setUp(self):
        InletCase.setUp(self)
        if self.section:
            self.configure(self.section)

    def configure(self, section, project=PROJECT):
        self.write("inlet.yaml", f"{project}\nserver: {section}\n")

    def wait_for(self, what, holds):
        deadline = time.monotonic() + 30
        while not holds():
            self.assertLess(time.monotonic(), deadline, f"{what}: {self.log}")
            time.sleep(0.02)

    def logged(self, text):
        return any(text.encode() in line for line in list(self.log))

    def reload(self, says):
        before = len(self.log)
        self.server.send_signal(signal.SIGHUP)
        self.wait_for(f"it did not say {says!r}", lambda: any(says.encode() in line for line in self.log[before:]))
        return b"".join(self.log[before:]).decode()


class TlsCase(ProcessCase):
    section = "{tls: {certificate: cert.pem, key: key.pem}}"

    def setUp(self):
        super().setUp()
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                     "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
        self.issue(1)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def issue(self, serial):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                     "-keyout", "new.key", "-out", "new.csr")
        self.write("san", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self.openssl("x509", "-req", "-in", "new.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-set_serial", str(serial),
                     "-extfile", "san", "-out", "new.pem")
        os.replace(self.path("new.key"), self.path("key.pem"))
        os.replace(self.path("new.pem"), self.path("cert.pem"))


class Tls(TlsCase):
    def connection(self, **settings):
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        for name, value in settings.items():
            setattr(context, name, value)
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=context)
        self.addCleanup(connection.close)
        return connection

    def serial(self):
        connection = self.connection()
        connection.connect()
        return int(connection.sock.getpeercert()["serialNumber"], 16)

    def test_deliveries_go_over_tls_and_come_back_whole(self):
        self.serve()
        self.assertTrue(self.url.startswith("https://"))
        connection = self.connection()
        body = b"at,text\n" + b"2026-01-02T03:04:05,abcdefghijklmnopqrstuvwxyz\n" * 60_000
        headers = {"Authorization": f"Bearer {self.key}", "Prefer": "wait=30"}
        status, _, answer = answer_of(connection, "POST", "/v1/datasets/log/submissions", body, headers)
        self.assertEqual((status, json.loads(answer)["state"]), (201, "published"))
        status, _, raw = answer_of(connection, "GET", "/v1/submissions/1/raw", headers=headers)
        self.assertTrue(status == 200 and raw == body, "other bytes came back")
        self.assertEqual(connection.sock.version(), "TLSv1.3")
        old = self.connection(maximum_version=ssl.TLSVersion.TLSv1_2)
        self.assertEqual(answer_of(old)[0], 200)
        self.assertEqual(old.sock.version(), "TLSv1.2")

    def test_what_is_spoken_is_agreed_on(self):
        self.serve()
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as bare, context.wrap_socket(bare, server_hostname="localhost") as peer:
            self.assertEqual(peer.selected_alpn_protocol(), "http/1.1")
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as bare, self.assertRaises(ssl.SSLError):
            context.wrap_socket(bare, server_hostname="localhost")
        self.end(self.server)
        self.configure("{tls: {certificate: cert.pem, key: key.pem, min_version: '1.3'}}")
        self.serve()
        with self.assertRaises(ssl.SSLError):
            self.connection(maximum_version=ssl.TLSVersion.TLSv1_2).connect()
        self.assertEqual(answer_of(self.connection())[0], 200)

    def test_a_new_certificate_is_shown_while_old_connections_go_on(self):
        self.serve()
        kept = self.connection()
        self.assertEqual((answer_of(kept)[0], self.serial()), (200, 1))
        self.issue(2)
        self.wait_for("the new certificate is not shown", lambda: self.serial() == 2)
        self.assertEqual(answer_of(kept)[0], 200)
        self.write("cert.pem", "no certificate")
        self.reload("certificate-invalid")
        self.assertEqual(self.serial(), 2)
        self.issue(3)
        self.reload("read again")
        self.assertEqual((self.serial(), answer_of(kept)[0]), (3, 200))

    def test_files_that_are_wrong_are_named(self):
        self.write("key.pem", "no key")
        error = self.error("serve", "--listen", "127.0.0.1:0", code="certificate-invalid", exit_code=2)
        self.assertIn("key.pem", error["message"])
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem")
        error = self.error("serve", "--listen", "127.0.0.1:0", code="certificate-invalid", exit_code=2)
        self.assertIn("mismatch", error["message"])

    def test_a_client_that_does_not_speak_tls_costs_nothing(self):
        self.serve()
        self.bare("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(answer_of(self.connection())[0], 200)


class Sockets(ProcessCase):
    def test_it_listens_at_several_places(self):
        place = self.path("http.sock")
        self.configure(f"{{listen: ['127.0.0.1:0', '[::1]:0', 'unix:{place}'], socket_mode: '0660'}}")
        server = self.start("serve", "--json")
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.wait, 30)
        self.addCleanup(server.terminate)
        addresses = json.loads(server.stdout.readline())["addresses"]
        for address, host in zip(addresses, ("127.0.0.1", "::1"), strict=False):
            connection = http.client.HTTPConnection(host, int(address.rsplit(":", 1)[1]), timeout=30)
            self.addCleanup(connection.close)
            self.assertEqual(answer_of(connection)[0], 200)
        self.assertEqual(addresses[2], f"unix:{place}")
        self.assertEqual(os.stat(place).st_mode & 0o777, 0o660)
        connection = UnixConnection(place)
        self.addCleanup(connection.close)
        self.assertEqual(answer_of(connection)[0], 200)
        self.assertEqual(answer_of(connection, "GET", "/v1/datasets")[0], 401, "whom it asks is not known there")

    def test_the_socket_in_the_data_folder_knows_its_user(self):
        self.serve()
        place = self.path("data/inlet.sock")
        self.assertEqual(os.stat(place).st_mode & 0o777, 0o600)
        connection = UnixConnection(place)
        self.addCleanup(connection.close)
        self.assertEqual(answer_of(connection, "POST", "/v1/datasets/items/submissions", ITEMS, {"Prefer": "wait=30"})[0], 201)
        self.assertEqual(json.loads(answer_of(connection, "GET", "/v1/submissions/1")[2])["by"], pwd.getpwuid(os.geteuid()).pw_name)
        self.end(self.server)
        self.assertFalse(os.path.exists(place))

    def test_a_socket_left_behind_is_replaced_and_one_in_use_is_not(self):
        place = self.path("http.sock")
        self.serve()
        self.end(self.server, signal.SIGKILL)
        self.assertTrue(os.path.exists(self.path("data/inlet.sock")))
        with socket.socket(socket.AF_UNIX) as used:
            used.bind(place)
            used.listen()
            error = self.error("serve", "--listen", f"unix:{place}", code="io-failed", exit_code=3)
            self.assertIn("another program", error["message"])
        self.serve()
        connection = UnixConnection(self.path("data/inlet.sock"))
        self.addCleanup(connection.close)
        self.assertEqual(answer_of(connection)[0], 200)
        self.end(self.server)
        self.write("file", "not a socket")
        self.error("serve", "--listen", f"unix:{self.path('file')}", code="io-failed", exit_code=3)
        self.assertEqual(self.read("file"), b"not a socket")


class Managed(ProcessCase):
    """Started by something that speaks systemd's protocols."""

    def launch(self, *arguments, env=None):
        server = subprocess.Popen([sys.executable, "-c", LAUNCHER, INLET, "serve", "--json", *arguments], cwd=self.folder,
                                  env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.server = server
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(server.stderr), daemon=True)
        self.reader.start()
        self.addCleanup(self.end, server)
        self.port = int(server.stdout.readline())

    def end(self, server, how=signal.SIGTERM):
        return 0 if server.stdout.closed else super().end(server, how)

    def hearer(self):
        hearer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(hearer.close)
        hearer.bind(self.path("notify"))
        hearer.settimeout(30)
        return hearer

    def test_it_takes_over_a_socket(self):
        self.launch()
        # Before it listens itself: the connection waits.
        status, _, body = self.call("GET", "/livez", key="none")
        self.assertEqual((status, body), (200, b"alive\n"))
        said = json.loads(self.server.stdout.readline())
        self.assertEqual(said["addresses"], [f"http://127.0.0.1:{self.port}"])

    def test_it_ends_when_idle_and_not_while_something_is_under_way(self):
        self.launch("--exit-when-idle", "1s")
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as peer:
            self.key = json.loads(self.server.stdout.readline())["key"]
            peer.sendall(f"POST /v1/datasets/items/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                         f"Connection: close\r\nPrefer: wait=30\r\nContent-Length: {len(ITEMS)}\r\n\r\n{ITEMS[:20]}".encode())
            with self.assertRaises(subprocess.TimeoutExpired):
                self.server.wait(4)
            peer.sendall(ITEMS[20:].encode())
            answer = peer.recv(65536)
            self.assertTrue(answer.startswith(b"HTTP/1.1 201 "), answer)
        self.assertEqual(self.server.wait(30), 0)
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 3}])

    def test_it_says_when_it_is_ready_reloading_alive_and_stopping(self):
        hearer = self.hearer()
        self.launch(env={"NOTIFY_SOCKET": self.path("notify"), "WATCHDOG_USEC": "400000"})
        self.assertEqual(hearer.recv(1000), b"READY=1")
        self.assertEqual(self.call("GET", "/livez", key="none")[0], 200)
        self.assertEqual([hearer.recv(1000) for _ in range(3)], [b"WATCHDOG=1"] * 3)

        def next_other():
            while (said := hearer.recv(1000)) == b"WATCHDOG=1":
                pass
            return said
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.server.send_signal(signal.SIGHUP)
        said = next_other()
        match = re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=(\d+)", said)
        self.assertTrue(match, said)
        self.assertGreaterEqual(int(match[1]), before)
        self.assertEqual(next_other(), b"READY=1")
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(next_other(), b"STOPPING=1")
        self.assertEqual(self.server.wait(30), 0)

    def test_roles_cannot_be_split_here(self):
        error = self.error("serve", "--roles", "api,worker", code="roles-inseparable", exit_code=2)
        self.assertIn("DuckDB", error["message"])
        self.error("serve", "--roles", "api,cook", code="usage-error", exit_code=2)
        self.serve("--roles", "worker,api,intake")
        self.assertEqual(self.call("GET", "/livez")[0], 200)

    def test_times_to_be_idle_are_held_to_their_form(self):
        for time_text in ("5", "m", "0s", "5 minutes", "-1s"):
            self.error("serve", f"--exit-when-idle={time_text}", code="usage-error", exit_code=2)


class Ending(ProcessCase):
    def upload(self):
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.addCleanup(peer.close)
        peer.sendall(f"POST /v1/datasets/items/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                     f"Expect: 100-continue\r\nContent-Length: {len(ITEMS)}\r\n\r\n".encode())
        self.assertEqual(peer.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.sendall(ITEMS[:20].encode())
        return peer

    def test_what_is_under_way_is_finished(self):
        self.serve()
        peer = self.upload()
        self.server.send_signal(signal.SIGTERM)
        self.wait_for("it takes new connections", lambda: not self.connects())
        peer.sendall(ITEMS[20:].encode())
        answer = peer.recv(65536)
        self.assertTrue(answer.startswith(b"HTTP/1.1 201 ") and b"Connection: close" in answer, answer)
        self.assertEqual(self.server.wait(30), 0)

    def connects(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as peer:
            peer.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            return peer.recv(100) != b""
        return False

    def test_what_does_not_end_in_time_is_cut_off(self):
        self.configure("{limits: {stop_time: 1s}}")
        self.serve()
        peer = self.upload()
        self.assertEqual(self.end(self.server), 0)
        self.assertNotIn(b" 201 ", peer.recv(65536))
        self.assertEqual([each["state"] for each in self.inlet("submissions", "--json").json["submissions"]], ["failed"])

    def test_told_twice_it_ends_at_once(self):
        self.serve()
        self.upload()
        self.server.send_signal(signal.SIGTERM)
        self.wait_for("it takes new connections", lambda: not self.connects())
        self.assertEqual(self.end(self.server), 128 + signal.SIGTERM)

    def test_those_who_wait_for_an_outcome_are_answered(self):
        self.write("inlet.yaml", PROJECT.replace("{max_share: 50%, then: publish_rest}", "{max_share: 100%, then: hold}"))
        self.serve()
        self.assertEqual(self.deliver("id,name,price,tags\nx,a,1,\n")["state"], "held")
        self.assertEqual(self.end(self.server), 0)


class Reload(ProcessCase):
    def test_limits_change_while_it_runs(self):
        self.configure("{limits: {body_bytes: 10}}")
        self.serve()
        self.problem("POST", "/v1/datasets/items/submissions", 413, "file-too-large", body=ITEMS)
        self.configure("{limits: {body_bytes: 1 MB}}")
        self.reload("read again")
        self.deliver(ITEMS)

    def test_a_mistake_is_named_and_nothing_changes(self):
        self.configure("{limits: {body_bytes: 10}}")
        self.serve()
        self.configure("{limits: {body_bytes: 1 MB, idle_tme: 5s}}")
        said = self.reload("is kept")
        self.assertRegex(said, r"inlet\.yaml:\d+:\d+: unknown key `idle_tme` in `limits`")
        self.assertIn("did you mean `idle_time`?", said)
        self.problem("POST", "/v1/datasets/items/submissions", 413, "file-too-large", body=ITEMS)

    def test_roles_and_users_change_while_it_runs(self):
        self.write("secret", "secret")
        access = "access: {users: {ann: {password: '${file:secret}', roles: [admin]}}}"
        self.serve()
        basic = {"Authorization": "Basic " + base64.b64encode(b"ann:secret").decode()}
        status, headers, _ = self.call("GET", "/v1/datasets", headers=basic)
        self.assertEqual((status, "Basic" in headers["WWW-Authenticate"]), (401, False))
        self.write("inlet.yaml", f"{PROJECT}\n{access}\n")
        self.reload("read again")
        self.assertEqual(self.call("GET", "/v1/datasets", headers=basic)[0], 200)
        self.assertIn("Basic", self.call("GET", "/v1/datasets", key="none")[1]["WWW-Authenticate"])

    def test_what_waits_for_the_next_start_is_named(self):
        self.serve()
        self.configure("{listen: '127.0.0.1:1', threads: 2, limits: {uploads: 3}}")
        said = self.reload("server.limits.uploads stays as it was until the next start")
        self.assertIn("server.listen stays as it was", said)
        self.assertIn("server.threads stays as it was", said)


    def test_datasets_change_while_it_runs(self):
        self.serve()
        self.deliver(ITEMS)
        more = PROJECT.replace("  log:", "  more:\n    schema: {fields: [{name: x, type: integer}]}\n  log:")
        more = more.replace("minimum: 0}", "minimum: 5}")
        self.write("inlet.yaml", more)
        self.reload("read again")
        self.assertEqual(self.deliver("x\n1\n", "more")["state"], "published")
        answer = self.deliver("id,name,price,tags\n8,fig,4,\n9,date,6,\n")
        self.assertEqual([(part["accepted"], part["rejected"]) for part in answer["parts"]], [(1, 1)])
        self.assertEqual(len(self.get("/v1/datasets")["datasets"]), 3)

    def test_what_was_checked_by_the_old_contract_is_checked_again(self):
        self.serve()
        head = f"POST /v1/datasets/items/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nPrefer: wait=30\r\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as peer:
            peer.sendall(f"{head}Expect: 100-continue\r\nContent-Length: {len(ITEMS)}\r\n\r\n".encode())
            self.assertEqual(peer.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            self.write("inlet.yaml", PROJECT.replace("minimum: 0}", "minimum: 2}"))
            self.reload("read again")
            peer.sendall(ITEMS.encode())
            self.assertTrue(peer.recv(65536).startswith(b"HTTP/1.1 201 "))
        self.wait_for("it is not settled", lambda: self.get("/v1/submissions/1")["state"] == "published")
        part = self.get("/v1/submissions/1")["parts"][0]
        self.assertEqual((part["accepted"], part["rejected"]), (2, 1))


class Limits(ProcessCase):
    def test_requests_beyond_the_rate_are_told_when_to_come_again(self):
        self.configure("{limits: {per_address: {requests_per_second: 1, burst: 3}}}")
        self.serve()
        got = [self.call("GET", "/livez") for _ in range(20)]
        self.assertEqual([status for status, _, _ in got[:3]], [200] * 3)
        refused = [(headers, json.loads(body)) for status, headers, body in got if status == 429]
        self.assertGreater(len(refused), 0)
        for headers, problem in refused:
            self.assertEqual(problem["code"], "rate-limited")
            self.assertEqual(headers["Retry-After"], "1")
            self.assertEqual(headers["RateLimit-Policy"], '"address";q=3;w=3')
            self.assertRegex(headers["RateLimit"], r'^"address";r=0;t=[123]$')

    def test_keys_have_rates_of_their_own(self):
        self.configure("{limits: {per_principal: {requests_per_second: 1, burst: 2}}}")
        self.serve()
        other = self.inlet("keys", "create", "other", "--json").json["key"]
        statuses = [self.call("GET", "/v1/datasets")[0] for _ in range(10)]
        self.assertEqual(statuses[:2], [200, 200])
        self.assertIn(429, statuses)
        self.assertEqual(self.call("GET", "/v1/datasets", key=other)[0], 200)
        self.assertEqual(self.call("GET", "/livez")[0], 200)

    def test_bytes_beyond_the_rate_are_waited_for(self):
        self.configure("{limits: {per_address: {bytes_per_second: 10}}}")
        self.serve()
        self.deliver("id,name,price,tags\n" + "".join(f"{i},n,1,\n" for i in range(1, 100)))
        code, headers, body = self.call("GET", "/livez")
        self.assertEqual((code, json.loads(body)["code"]), (429, "rate-limited"))
        self.assertGreater(int(headers["Retry-After"]), 1)
        self.assertEqual(headers["RateLimit-Policy"], '"address-bytes";q=100;qu="content-bytes";w=10')

    def test_an_address_has_so_many_connections(self):
        self.configure("{limits: {per_address: {connections: 2}}}")
        self.serve()
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30))) for _ in range(2)]
            for connection in held:
                self.assertEqual(answer_of(connection)[0], 200)
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as third:
                self.assertEqual(third.recv(100), b"")
            self.assertEqual(answer_of(held[0])[0], 200)
        self.wait_for("its place was not given back", self.alive)

    def alive(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.call("GET", "/livez")[0] == 200
        return False

    def slow(self, sends):
        """What comes back, and that the server does not wait for ever."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as peer:
            answer = b""
            for each in sends:
                try:
                    peer.sendall(each)
                    ready, _, _ = select.select([peer], [], [], 0.2)
                    if ready and not (block := peer.recv(65536)):
                        break
                    answer += block if ready else b""
                except OSError:
                    break
            else:
                self.fail("it goes on for ever")
            return answer

    def test_slow_headers_are_not_waited_for(self):
        self.configure("{limits: {header_time: 1s}}")
        self.serve()
        self.slow([b"GET /livez HTTP/1.1\r\nHost: x\r\n"] + [b"X-A: b\r\n"] * 100)

    def test_slow_bodies_are_not_waited_for(self):
        self.configure("{limits: {body_time: 1s, body_rate: 100}}")
        self.serve()
        head = f"POST /v1/datasets/items/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nContent-Length: 100000\r\n\r\n"
        answer = self.slow([head.encode()] + [b"a"] * 100)
        self.assertIn(b"HTTP/1.1 408 ", answer)
        self.assertIn(b'"too-slow"', answer)
        answer = self.slow([head.encode()] + [b""] * 100)
        self.assertIn(b'"too-slow"', answer)
        self.assertEqual([each["reason"]["code"] for each in self.get("/v1/submissions")["submissions"]], ["too-slow"] * 2)

    def test_idle_connections_are_closed(self):
        self.configure("{limits: {idle_time: 1s}}")
        self.serve()
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as peer:
            self.assertEqual(peer.recv(100), b"")

    def test_a_body_larger_than_allowed_is_refused_before_and_while_it_comes(self):
        self.configure("{limits: {body_bytes: 1000}}")
        self.serve()
        self.problem("POST", "/v1/datasets/items/submissions", 413, "file-too-large", body="x" * 1001)

        def chunks():
            for _ in range(100):
                yield b"x" * 100
        self.problem("POST", "/v1/datasets/items/submissions", 413, "file-too-large", body=chunks())

    def test_room_is_kept_free_on_the_disk(self):
        mount = self.path("small")
        os.makedirs(mount)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64M", "tmpfs", mount], check=True)
        self.addCleanup(subprocess.run, ["umount", mount], check=True)
        self.addCleanup(lambda: self.end(self.server))
        self.configure("{limits: {disk_free: 40 MiB}}", PROJECT.replace("project: shop", "project: shop\nstorage: {data: small/data}"))
        self.serve()
        self.deliver(ITEMS)
        problem = self.problem("POST", "/v1/datasets/log/submissions", 507, "disk-full", body=b"x" * (30 << 20))
        self.assertIn("announced", problem["detail"])

        def chunks():
            yield b"at,text\n"
            for _ in range(400):
                yield b"2026-01-02T03:04:05,abcdefghijklmnopqrstuvwxyz\n" * 2000
        status, _, body = self.call("POST", "/v1/datasets/log/submissions", chunks())
        self.assertEqual((status, json.loads(body)["code"]), (507, "disk-full"), body)
        # What was begun is gone, and there is room for others.
        self.wait_for("room is not given back", lambda: os.statvfs(mount).f_bavail * os.statvfs(mount).f_frsize > 44 << 20)
        self.deliver("id,name,price,tags\n9,late,1,\n")

    def end(self, server, how=signal.SIGTERM):
        return 0 if server.stdout.closed else super().end(server, how)


class Pages(ProcessCase):
    section = "{cors: {origins: ['https://app.example.org']}}"

    def test_scripts_of_a_page_that_is_named_may_call(self):
        self.serve()
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        status, headers, _ = self.call("OPTIONS", "/v1/datasets/items/submissions", headers={"Origin": "https://app.example.org", **asks})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (204, "https://app.example.org"))
        self.assertEqual(headers["Access-Control-Allow-Headers"], "authorization")
        _, headers, _ = self.call("GET", "/v1/datasets", headers={"Origin": "https://app.example.org"})
        self.assertEqual(headers["Access-Control-Allow-Origin"], "https://app.example.org")
        status, headers, _ = self.call("OPTIONS", "/v1/datasets/items/submissions", headers={"Origin": "https://evil.example", **asks})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (405, None))


class FirstStart(ProcessCase):
    project = None

    def test_from_nothing_to_an_accepted_and_a_rejected_delivery(self):
        server = self.start("serve", "--listen", "127.0.0.1:0")
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.wait, 30)
        self.addCleanup(server.terminate)
        drain = threading.Thread(target=server.stderr.read, daemon=True)
        drain.start()
        said = ""
        while "Then put your own" not in said:
            line = server.stdout.readline().decode()
            self.assertTrue(line, f"it said only {said!r}")
            said += line
        # Exactly the commands that are printed, in a shell.
        script = "\n".join(line for line in said.splitlines() if line.startswith("  "))
        self.assertEqual(len(re.findall(r"\bcurl\b", script)), 4)
        done = subprocess.run(["sh", "-c", script], cwd=self.folder, capture_output=True, text=True, check=True)
        accepted, rest = done.stdout.split("}{", 1) if "}{" in done.stdout else done.stdout.split("}\n{", 1)
        self.assertIn('"published"', accepted)
        self.assertIn('"rejected"', rest)
        self.assertIn('"constraint-error"', rest)
        self.assertIn("kitchen,99", rest)
        self.inlet("check")
        server.terminate()
        self.assertEqual(server.wait(30), 0)
        self.assertEqual(self.rows("SELECT sensor, value FROM readings"), [{"sensor": "kitchen", "value": 21.5}])

    def test_a_project_that_was_named_is_not_made(self):
        self.error("serve", "--project", "elsewhere.yaml", code="project-not-found", exit_code=2)
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    unittest.main()
