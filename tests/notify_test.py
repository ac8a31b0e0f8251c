"""Telling people, through the real binary: Server-Sent Events, webhooks and e-mail, with receivers of our own."""

import base64
import email
import email.policy
import hashlib
import hmac
import http.client
import http.server
import json
import os
import queue
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

from inlet_case import ITEMS, PROJECT, REPOSITORY
from server_test import BAD, ServerCase

# Debian's package, whichever Python runs this.
sys.path.append("/usr/lib/python3/dist-packages")
from aiosmtpd.controller import Controller  # noqa: E402
from aiosmtpd.smtp import SMTP, AuthResult  # noqa: E402

KEY = bytes(range(32))
OLD_KEY = bytes(range(32, 64))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OLD_SECRET = "whsec_" + base64.b64encode(OLD_KEY).decode()


def one(item):
    """A delivery of one record."""
    return f"id,name,price,tags\n{item},a,1,\n"


class Receiver:
    """A webhook's other end. `answers` says what each call is answered with; without one it is 204."""

    def __init__(self, port=0):
        self.calls = queue.Queue()
        self.answers = queue.Queue()
        self.hanging = threading.Event()  # until it is set, a call answered with "hang" waits
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.put((dict((name.lower(), value) for name, value in self.headers.items()), body))
                try:
                    answer = receiver.answers.get_nowait()
                except queue.Empty:
                    answer = 204
                if answer == "hang":
                    receiver.hanging.wait(60)
                    answer = 500
                headers = {}
                if isinstance(answer, tuple):
                    answer, headers = answer
                try:
                    self.send_response(answer)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.hanging.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)

    def next(self, seconds=30):
        headers, body = self.calls.get(timeout=seconds)
        return headers, json.loads(body), body


def signatures(headers, body, keys):
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys)


class Mailbox:
    """An SMTP server that keeps what it is given."""

    def __init__(self, tls=None, login=None):
        self.messages = queue.Queue()
        mailbox = self

        class Handler:
            async def handle_DATA(self, server, session, envelope):
                mailbox.messages.put((envelope.mail_from, envelope.rcpt_tos, session.ssl is not None, envelope.content))
                return "250 taken"

        def authenticate(server, session, envelope, mechanism, data):
            return AuthResult(success=(data.login.decode(), data.password.decode()) == login, handled=True)

        class OwnController(Controller):
            def factory(self):
                return SMTP(self.handler, tls_context=tls, require_starttls=tls is not None, authenticator=authenticate if login else None,
                            auth_required=login is not None, auth_require_tls=tls is not None)

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.controller = OwnController(Handler(), hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def close(self):
        self.controller.stop()

    def next(self):
        sender, to, was_tls, content = self.messages.get(timeout=30)
        return sender, to, was_tls, email.message_from_bytes(content, policy=email.policy.default)


class Stream:
    """A listener to /v1/events, by a bare connection that is read on a thread."""

    def __init__(self, case, query="", headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", case.port, timeout=60)
        self.connection.request("GET", "/v1/events" + query, None, {"Authorization": f"Bearer {case.key}", **(headers or {})})
        self.response = self.connection.getresponse()
        self.ended = False
        self.events = queue.Queue()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        event = {}
        try:
            while line := self.response.readline():
                line = line.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                elif event:
                    self.events.put(event)
                    event = {}
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass
        self.ended = True
        self.events.put(None)

    def next(self, progress=False):
        """The next event; None at the end."""
        while True:
            event = self.events.get(timeout=30)
            if event is None:
                return None
            if "data" in event and (progress or event["event"] != "submission.progress"):
                event["data"] = json.loads(event["data"])
                return event

    def until(self, kind):
        events = [self.next()]
        while events[-1]["event"] != kind:
            events.append(self.next())
        return events

    def close(self):
        try:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
        self.thread.join(10)
        self.connection.close()


class NotifyCase(ServerCase):
    """With a server that is started by the test, once it knows its receivers."""

    project = None

    def setUp(self):
        self.environment = {"HOOK_SECRET": SECRET, "OLD_SECRET": OLD_SECRET, "MAIL_PASSWORD": "geheim", "no_proxy": "*"}
        os_environment = dict(os.environ)
        os.environ.update(self.environment)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(os_environment)))
        self.serve_later = True
        super().setUp()

    def serve(self, *arguments):
        if self.serve_later:
            self.serve_later = False
            return
        super().serve(*arguments)

    def begin(self, notify=""):
        self.write("inlet.yaml", PROJECT + notify)
        self.serve()

    def receiver(self, port=0):
        receiver = Receiver(port)
        self.addCleanup(receiver.close)
        return receiver

    def listen(self, query="", headers=None):
        stream = Stream(self, query, headers)
        self.addCleanup(stream.close)
        return stream

    def notifications(self, state):
        return self.get(f"/v1/notifications?state={state}")["notifications"]

    def settled(self, state, count):
        """The notifications in that state, once there are as many."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = self.notifications(state)
            if len(found) >= count:
                return found
            select.select([], [], [], 0.05)
        self.fail(f"there are not {count} {state}: {self.get('/v1/notifications')}")


class Events(NotifyCase):
    def test_a_listener_is_told_what_happens_as_cloud_events(self):
        self.begin()
        stream = self.listen()
        headers = stream.response.headers
        self.assertEqual((headers["Content-Type"], headers["Cache-Control"], headers["X-Accel-Buffering"]), ("text/event-stream", "no-store", "no"))
        self.deliver(ITEMS)
        events = stream.until("submission.published")
        self.assertEqual([each["event"] for each in events], ["submission.receiving", "submission.received", "submission.checking", "submission.publishing", "submission.published"])
        last = events[-1]["data"]
        self.assertEqual((last["specversion"], last["id"], last["type"], last["subject"]), ("1.0", events[-1]["id"], "submission.published", "submissions/1"))
        self.assertEqual((last["source"], last["datacontenttype"]), ("/inlet/shop", "application/json"))
        self.assertRegex(last["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual({name: last["data"][name] for name in ("submission", "target", "file_name", "rows", "accepted", "rejected", "version")},
                         {"submission": 1, "target": "items", "file_name": "items.csv", "rows": 3, "accepted": 3, "rejected": 0, "version": 1})

    def test_a_listener_resumes_without_gaps_or_doubles(self):
        self.begin()
        first = self.listen("?since=0")
        self.deliver(one(1))
        seen = [int(each["id"]) for each in first.until("submission.published")]
        first.close()
        for item in range(2, 30):
            self.deliver(one(item))
        second = self.listen("?since=0", {"Last-Event-ID": str(seen[-1])})
        last = self.get("/v1/events?limit=1000")["since"]
        while seen[-1] < last:
            seen.append(int(second.next()["id"]))
        self.assertEqual(seen, list(range(1, last + 1)))
        # What comes now goes on from there; a number of another time is no reason to be silent.
        third = self.listen(headers={"Last-Event-ID": "999999"})
        self.deliver(one(77))
        self.assertEqual(int(second.next()["id"]), last + 1)
        self.assertEqual(int(third.next()["id"]), last + 1)

    def test_events_are_chosen_by_dataset_submission_and_type(self):
        self.begin()
        self.deliver(ITEMS)
        self.deliver("at,text\n2026-01-01T00:00:00Z,hello\n", dataset="log", name="log.csv")
        page = self.get("/v1/events?type=submission.published&type=submission.received&limit=10")
        self.assertEqual([(each["type"], each["data"]["target"]) for each in page["events"]],
                         [("submission.received", "items"), ("submission.published", "items"), ("submission.received", "log"), ("submission.published", "log")])
        self.assertEqual([each["data"]["submission"] for each in self.get("/v1/events?dataset=log&type=submission.published&limit=10")["events"]], [2])
        self.assertEqual({each["data"]["submission"] for each in self.get("/v1/events?submission=1&limit=100")["events"]}, {1})
        first = self.get("/v1/events?limit=2")
        second = self.get(f"/v1/events?limit=2&since={first['since']}")
        self.assertEqual([each["id"] for each in first["events"] + second["events"]], ["1", "2", "3", "4"])
        status, headers, body = self.call("GET", "/v1/events", headers={"Accept": "application/json"})
        self.assertEqual((status, headers["Content-Type"], len(json.loads(body)["events"]) > 4), (200, "application/json", True))
        stream = self.listen("?since=0&type=submission.published&dataset=log")
        self.assertEqual(stream.next()["data"]["data"]["submission"], 2)
        self.problem("GET", "/v1/events?since=x", 400, "bad-argument")
        self.problem("GET", "/v1/events", 401, "unauthenticated", key="inlet_00000000_00")

    def test_curl_reads_the_stream(self):
        self.begin()
        curl = subprocess.Popen(["curl", "-sN", "--noproxy", "*", "-H", f"Authorization: Bearer {self.key}", f"{self.url}/v1/events?since=0&type=submission.published"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            self.deliver(ITEMS)
            lines = []
            while not lines or not lines[-1].startswith("data: "):
                ready, _, _ = select.select([curl.stdout], [], [], 30)
                self.assertTrue(ready, lines)
                lines.append(curl.stdout.readline().decode().strip())
            self.assertEqual(lines[:2], ["retry: 2000", ""])
            self.assertRegex(lines[2], r"^id: \d+$")
            self.assertEqual(lines[3], "event: submission.published")
        finally:
            curl.kill()
            curl.wait(10)
            curl.stdout.close()

    def test_other_processes_are_noticed(self):
        self.begin()
        self.deliver("id,name,price,tags\n" + "x,,,\n" * 3 + "1,a,1,\n")  # rejected
        stream = self.listen()
        self.inlet("keys", "create", "other")
        # Only the server may write data now; its catalog is written by others too.
        connection_events = self.get("/v1/events?limit=1000")["since"]
        import sqlite3
        with sqlite3.connect(self.path("data/catalog.sqlite"), timeout=30) as catalog:
            catalog.execute("INSERT INTO events (at, submission, dataset, type, detail) VALUES (1, 1, '', 'submission.expired', '{}')")
        catalog.close()
        self.assertEqual(stream.next()["id"], str(connection_events + 1))

    def test_progress_comes_without_a_number(self):
        self.begin()
        stream = self.listen()
        rows = "".join(f"{item},name {item},1.5,\n" for item in range(1, 60001))
        self.deliver("id,name,price,tags\n" + rows)
        seen = []
        while not seen or seen[-1]["event"] != "submission.published":
            seen.append(stream.next(progress=True))
        progress = [each for each in seen if each["event"] == "submission.progress"]
        self.assertTrue(progress)
        self.assertFalse([each for each in progress if "id" in each])
        data = progress[0]["data"]["data"]
        self.assertEqual((data["submission"], data["target"], set(data) >= {"state", "bytes", "bytes_total", "rows", "bytes_per_second"}), (1, "items", True))

    def test_two_hundred_listeners_need_no_threads_and_end_with_the_server(self):
        self.begin()
        threads = len(os.listdir(f"/proc/{self.server.pid}/task"))
        sockets = []
        for _ in range(200):
            peer = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self.addCleanup(peer.close)
            peer.sendall(f"GET /v1/events?type=submission.published HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n\r\n".encode())
            sockets.append(peer)
        for peer in sockets:
            self.assertIn(b"retry: 2000", self.read_until(peer, b"retry: 2000"))
        self.deliver(ITEMS)
        for peer in sockets:
            self.assertIn(b"event: submission.published", self.read_until(peer, b"submissions/1"))
        # The pool that answers calls is all that grew.
        self.assertLessEqual(len(os.listdir(f"/proc/{self.server.pid}/task")), threads + 8)
        self.assertEqual(self.end(self.server), 0)
        for peer in sockets:
            rest = b""
            while block := peer.recv(65536):
                rest += block
            self.assertTrue(rest.endswith(b"0\r\n\r\n"), rest[-100:])

    @staticmethod
    def read_until(peer, text):
        got = b""
        while text not in got:
            block = peer.recv(65536)
            if not block:
                break
            got += block
        return got


class Webhooks(NotifyCase):
    def notify(self, *receivers, more=""):
        return "notify:\n  base_url: https://inlet.example.com\n  webhooks:\n" + "".join(
            f"    - {{name: hook{at}, url: '{each.url}', secret: '${{env:HOOK_SECRET}}'{more}}}\n" for at, each in enumerate(receivers))

    def test_events_are_posted_signed(self):
        receiver = self.receiver()
        self.begin(self.notify(receiver).replace("'${env:HOOK_SECRET}'", "['${env:HOOK_SECRET}', '${env:OLD_SECRET}']"))
        self.deliver(ITEMS)
        got = [receiver.next() for _ in range(2)]
        self.assertEqual([body["type"] for _, body, _ in got], ["submission.received", "submission.published"])
        for headers, body, raw in got:
            self.assertEqual(headers["content-type"], "application/cloudevents+json")
            self.assertEqual(headers["webhook-signature"], signatures(headers, raw, [KEY, OLD_KEY]))
            self.assertNotEqual(headers["webhook-signature"], signatures(headers, raw + b" ", [KEY, OLD_KEY]))
            self.assertLess(abs(int(headers["webhook-timestamp"]) - time.time()), 300)
            self.assertEqual((body["source"], body["data"]["submission"]), ("https://inlet.example.com", 1))
        self.assertNotEqual(got[0][0]["webhook-id"], got[1][0]["webhook-id"])
        self.assertEqual({each["message_id"] for each in self.settled("delivered", 2)}, {headers["webhook-id"] for headers, _, _ in got})

    def test_a_receiver_is_told_only_what_it_chose(self):
        receiver = self.receiver()
        self.begin(self.notify(receiver, more=", events: [submission.published], datasets: [log]"))
        self.deliver(ITEMS)
        self.deliver("at,text\n2026-01-01T00:00:00Z,hello\n", dataset="log", name="log.csv")
        _, body, _ = receiver.next()
        self.assertEqual((body["type"], body["data"]["target"]), ("submission.published", "log"))
        self.settled("delivered", 1)
        self.assertTrue(receiver.calls.empty())

    def test_what_fails_is_tried_again_under_the_same_id(self):
        receiver = self.receiver()
        self.begin(self.notify(receiver, more=", events: [submission.published]"))
        receiver.answers.put(500)
        receiver.answers.put((302, {"Location": f"http://127.0.0.1:{self.port}/livez"}))
        self.deliver(ITEMS)
        first, _, _ = receiver.next()
        again, _, raw = receiver.next()
        self.assertEqual(again["webhook-id"], first["webhook-id"])
        self.assertEqual(again["webhook-signature"], signatures(again, raw, [KEY]))
        pending = self.settled("pending", 1)[0]
        while pending["attempts"] < 2:
            pending = self.settled("pending", 1)[0]
        self.assertEqual((pending["error"], pending["receiver"]), ("answered 302", "webhook:hook0"))

    def test_a_hanging_receiver_holds_up_nobody_and_the_server_ends_at_once(self):
        slow, fast = self.receiver(), self.receiver()
        slow.answers.put("hang")
        self.begin(self.notify(slow, fast, more=", events: [submission.published]"))
        self.deliver(ITEMS)
        slow.next()
        fast.next()
        self.deliver(one(9))
        fast.next()
        self.settled("delivered", 2)
        self.assertTrue(slow.calls.empty())  # one at a time
        self.assertEqual(self.end(self.server), 0)
        self.assertFalse(slow.hanging.is_set())

    def test_410_switches_off_until_somebody_asks_again(self):
        receiver = self.receiver()
        receiver.answers.put(410)
        self.begin(self.notify(receiver, more=", events: [submission.published]"))
        self.deliver(ITEMS)
        headers, _, _ = receiver.next()
        dead = self.settled("dead", 1)[0]
        self.assertEqual((dead["error"], dead["attempts"]), ("answered 410", 1))
        self.deliver(one(9))
        self.assertIn("410", self.settled("dead", 2)[0]["error"])
        self.assertTrue(receiver.calls.empty())
        # By the command line, beside the server.
        self.inlet("notifications", "resend", dead["id"])
        again, _, _ = receiver.next()
        self.assertEqual(again["webhook-id"], headers["webhook-id"])
        self.settled("delivered", 1)
        listed = self.inlet("notifications", "list", "--state", "dead", "--json").json["notifications"]
        self.assertEqual(len(listed), 1)
        status, _, body = self.call("POST", f"/v1/notifications/{listed[0]['id']}/resend")
        self.assertEqual((status, json.loads(body)["state"]), (200, "pending"))
        _, body, _ = receiver.next()
        self.assertEqual(body["data"]["submission"], 2)
        self.settled("delivered", 2)
        self.problem("POST", "/v1/notifications/99/resend", 404, "unknown-notification")
        self.error("notifications", "resend", "99", code="unknown-notification", exit_code=2)

    def test_kill_and_restart_lose_nothing(self):
        receiver = self.receiver()
        port = receiver.port
        receiver.answers.put(500)
        self.begin(self.notify(receiver, more=", events: [submission.published]"))
        self.deliver(one(1))
        first, _, _ = receiver.next()
        receiver.close()
        for item in range(2, 12):
            self.deliver(one(item))
        before = {each["id"]: each["message_id"] for each in self.settled("pending", 11)}
        self.assertIn(first["webhook-id"], before.values())
        self.end(self.server, signal.SIGKILL)
        receiver = self.receiver(port)
        self.serve()
        got = {}
        while len(got) < 11:
            headers, body, raw = receiver.next(60)
            self.assertEqual(headers["webhook-signature"], signatures(headers, raw, [KEY]))
            got[headers["webhook-id"]] = body["data"]["submission"]
        self.assertEqual(set(got), set(before.values()))
        self.assertEqual(sorted(got.values()), list(range(1, 12)))

    def test_what_happened_while_no_server_ran_is_told(self):
        receiver = self.receiver()
        self.begin(self.notify(receiver, more=", events: [submission.published]"))
        self.end(self.server)
        self.load(ITEMS)
        self.serve()
        self.assertEqual(receiver.next()[1]["data"]["submission"], 1)


class Mail(NotifyCase):
    def mailbox(self, **options):
        mailbox = Mailbox(**options)
        self.addCleanup(mailbox.close)
        return mailbox

    def notify(self, mailbox, scheme="smtp", more=", tls: optional"):
        return f"""notify:
  base_url: https://inlet.example.com/
  email: {{smtp: '{scheme}://127.0.0.1:{mailbox.port}', from: inlet@example.com, to: [anna@example.com, ben@example.com], events: [submission.published, submission.rejected]{more}}}
"""

    def certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path("key.pem"), "-out", self.path("cert.pem"), "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("cert.pem"), self.path("key.pem"))
        os.environ["SSL_CERT_FILE"] = self.path("cert.pem")
        return context

    def test_people_are_told_what_was_wrong(self):
        mailbox = self.mailbox()
        self.begin(self.notify(mailbox))
        self.deliver(BAD)
        got = [mailbox.next() for _ in range(2)]
        self.assertEqual(sorted(to for _, (to,), _, _ in got), ["anna@example.com", "ben@example.com"])
        sender, (to,), was_tls, message = got[0]
        self.assertEqual((sender, message["To"], message["From"], was_tls), ("inlet@example.com", to, "inlet@example.com", False))
        self.assertEqual(message["Subject"], "[shop] items.csv was published (items)")
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        text = message.get_body(("plain",)).get_content()
        html = message.get_body(("html",)).get_content()
        self.assertIn("7 records, 4 accepted, 3 rejected", text)
        self.assertIn("row 2", text)
        self.assertIn("https://inlet.example.com/v1/submissions/1", text)
        self.assertIn('<a href="https://inlet.example.com/v1/submissions/1">', html)
        attached = list(message.iter_attachments())
        self.assertEqual([each.get_filename() for each in attached], ["rejects.csv"])
        self.assertEqual(attached[0].get_content().encode(), self.call("GET", "/v1/submissions/1/rejects.csv")[2])
        self.assertNotIn(self.folder, text + html)

    def test_hostile_names_stay_text(self):
        mailbox = self.mailbox()
        self.begin(self.notify(mailbox))
        self.deliver(ITEMS, name="a%0D%0ABcc:%20evil@example.com%0D%0A%0D%0A%3Cscript%3E%E2%80%AE%C3%A4.csv")
        _, to, _, message = mailbox.next()
        self.assertEqual(len(to), 1)
        self.assertEqual(set(message.keys()), {"Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"} | (set(message.keys()) & {"X-Peer", "X-MailFrom", "X-RcptTo"}))
        self.assertIn("Bcc: evil@example.com", message["Subject"])
        self.assertIn("<script>", message["Subject"])
        self.assertIn("ä.csv", message["Subject"])
        self.assertNotIn("\u202e", message["Subject"])
        self.assertNotIn("<script>", message.get_body(("html",)).get_content())
        self.assertIn("&lt;script&gt;", message.get_body(("html",)).get_content())

    def test_starttls_with_a_login(self):
        mailbox = self.mailbox(tls=self.certificate(), login=("inlet", "geheim"))
        self.begin(self.notify(mailbox, more=", user: inlet, password: '${env:MAIL_PASSWORD}'"))
        self.deliver(ITEMS)
        _, _, was_tls, message = mailbox.next()
        self.assertTrue(was_tls)
        self.assertIn("items.csv was published", message["Subject"])
        self.settled("delivered", 2)

    def test_a_server_without_tls_is_refused_unless_said(self):
        mailbox = self.mailbox()
        self.begin(self.notify(mailbox, more=""))
        self.deliver(ITEMS)
        pending = self.settled("pending", 2)
        while not all(each["attempts"] for each in pending):
            pending = self.settled("pending", 2)
        self.assertTrue(mailbox.messages.empty())
        self.assertRegex(pending[0]["error"], re.compile("TLS|SSL"))

    def test_a_stranger_s_certificate_is_refused(self):
        mailbox = self.mailbox(tls=self.certificate())
        del os.environ["SSL_CERT_FILE"]
        self.begin(self.notify(mailbox, more=""))
        self.deliver(ITEMS)
        pending = self.settled("pending", 2)
        while not all(each["attempts"] for each in pending):
            pending = self.settled("pending", 2)
        self.assertTrue(mailbox.messages.empty())
        self.assertIn("certificate", pending[0]["error"])


if __name__ == "__main__":
    unittest.main()
