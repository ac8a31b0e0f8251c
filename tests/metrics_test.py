"""What the server tells those who watch it: /metrics, the log, and traces that go through it."""

import base64
import http.client
import http.server
import json
import os
import queue
import re
import shutil
import subprocess
import threading
import time
import unittest

from inlet_case import ITEMS, PROJECT, REPOSITORY
from server_test import ServerCase

WORSE = "id,name,price,tags\nx,kiwi,1,\ny,fig,2,\n5,,3,\n6,nut,1,\n" # three of four are broken
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def promtool(*arguments, stdin=None):
    """Runs promtool, which must be content."""
    tool = shutil.which("promtool")
    assert tool, "promtool is needed: Debian's package prometheus"
    done = subprocess.run([tool, *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


class Figures:
    """A reading of /metrics."""

    def __init__(self, text):
        self.text = text
        self.types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        self.samples = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                self.samples[name, frozenset(LABEL.findall(labels or ""))] = float(value)

    def __call__(self, name, **labels):
        return self.samples.get((name, frozenset(labels.items())))

    def names(self):
        """Every name that a query may ask for."""
        found = set()
        for name, kind in self.types.items():
            found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
        return found


class WatchCase(ServerCase):
    def figures(self, path="/metrics", headers=None):
        code, _, body = self.call("GET", path, headers=headers)
        self.assertEqual(code, 200, body)
        return Figures(body.decode())

    def until(self, what, condition):
        deadline = time.monotonic() + 60
        while not (found := condition()):
            self.assertLess(time.monotonic(), deadline, f"{what}\n" + "".join(line.decode() for line in self.log[-20:]))
            time.sleep(0.02)
        return found

    def said(self, **fields):
        """The first line of the log that has these fields, once it is there."""
        def find():
            for line in list(self.log):
                entry = json.loads(line)
                if all(entry.get(name) == value for name, value in fields.items()):
                    return entry
            return None
        return self.until(f"nothing was logged with {fields}", find)

    def post(self, dataset, body, **headers):
        code, answered, body = self.call("POST", f"/v1/datasets/{dataset}/records", json.dumps(body),
                                         {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}})
        return code, answered, json.loads(body)


class Metrics(WatchCase):
    def test_what_is_counted(self):
        self.deliver(ITEMS)
        self.deliver(WORSE)
        self.assertEqual(self.post("log", {"text": "a"}, Prefer="wait=30")[0], 201)
        self.assertEqual(self.post("log", {"text": 5})[0], 422)
        self.assertEqual(self.call("GET", "/v1/datasets/nothing")[0], 404)
        self.assertEqual(self.call("GET", "/nothing/here")[0], 404)
        figures = self.until("the records were not published", lambda: (now := self.figures())(
            "inlet_submissions_total", dataset="log", kind="records", state="published") and now)
        deliver = {"method": "POST", "route": "/v1/datasets/{dataset}/submissions"}
        records = {"method": "POST", "route": "/v1/datasets/{dataset}/records"}
        self.assertEqual(figures("inlet_http_requests_total", **deliver, status="201"), 2)
        self.assertEqual(figures("inlet_http_requests_total", **records, status="201"), 1)
        self.assertEqual(figures("inlet_http_requests_total", **records, status="422"), 1)
        self.assertEqual(figures("inlet_http_requests_total", method="GET", route="/v1/datasets/{dataset}", status="404"), 1)
        self.assertEqual(figures("inlet_http_requests_total", method="GET", route="none", status="404"), 1)
        self.assertEqual(figures("inlet_http_request_duration_seconds_count", **deliver), 2)
        self.assertGreaterEqual(figures("inlet_http_request_duration_seconds_sum", **deliver), 0)
        self.assertGreater(figures("inlet_http_received_bytes_total"), len(ITEMS) + len(WORSE))
        self.assertGreater(figures("inlet_http_sent_bytes_total"), 0)
        self.assertGreaterEqual(figures("inlet_http_requests_in_flight"), 1) # this one
        self.assertGreaterEqual(figures("inlet_http_connections"), 1)
        self.assertGreaterEqual(figures("inlet_http_connections_accepted_total"), 6)
        for state, count in {"received": 2, "publishing": 1, "published": 1, "rejected": 1}.items():
            self.assertEqual(figures("inlet_submissions_total", dataset="items", kind="delivery", state=state), count, state)
        self.assertEqual(figures("inlet_submissions_total", dataset="log", kind="records", state="received"), 1)
        self.assertEqual(figures("inlet_submissions_total", dataset="log", kind="records", state="rejected"), 1)
        self.assertEqual(figures("inlet_submission_failures_total", code="too-many-rejects"), 2)
        self.assertEqual(figures("inlet_submission_received_bytes_total", dataset="items"), len(ITEMS) + len(WORSE))
        self.assertEqual(figures("inlet_records_accepted_total", dataset="items"), 3)
        self.assertEqual(figures("inlet_records_rejected_total", dataset="items"), 3)
        self.assertEqual(figures("inlet_records_accepted_total", dataset="log"), 1)
        self.assertEqual(figures("inlet_records_rejected_total", dataset="log"), 1)
        self.assertEqual(figures("inlet_violations_total", code="constraint-error"), 1)
        self.assertEqual(figures("inlet_violations_total", code="type-error"), 3)
        self.assertEqual(figures("inlet_publish_duration_seconds_count", kind="delivery"), 1)
        self.assertGreaterEqual(figures("inlet_publish_duration_seconds_count", kind="records"), 1)
        self.assertGreaterEqual(figures("inlet_publish_batch_submissions_sum"), 1)
        self.assertEqual(figures("inlet_delivery_duration_seconds_count", state="published"), 1)
        self.assertGreater(figures("inlet_catalog_commit_duration_seconds_count"), 5)
        self.assertGreaterEqual(figures("inlet_catalog_commit_changes_sum"), figures("inlet_catalog_commit_changes_count"))
        for name in ("inlet_queue_submissions", "inlet_queue_oldest_age_seconds"):
            self.assertEqual((figures(name, queue="deliveries"), figures(name, queue="inbox")), (0, 0))
        self.assertEqual((figures("inlet_uploads_unfinished"), figures("inlet_submissions_held")), (0, 0))
        self.assertGreater(figures("inlet_disk_free_bytes"), 0)
        self.assertEqual(figures("inlet_config_last_reload_successful"), 1)
        version = self.inlet("--version").out.split()[-1]
        self.assertEqual(figures("inlet_build_info", version=version), 1)
        self.assertGreater(figures("process_resident_memory_bytes"), 1 << 20)
        self.assertGreater(figures("process_open_fds"), 3)
        self.assertLess(abs(time.time() - figures("process_start_time_seconds")), 3600)
        promtool("check", "metrics", stdin=figures.text)

    def test_names_from_outside_make_no_series(self):
        before = len(self.figures().samples)
        self.figures() # its own status is one more
        for number in range(20):
            self.call("GET", f"/v1/datasets/made-up-{number}")
            self.call("GET", f"/made-up-{number}")
        # Two that were not there: a dataset that is unknown, and an address that is; each once with its histogram.
        self.assertLessEqual(len(self.figures().samples), before + 60)
        self.assertNotIn("made-up", self.figures().text)

    def test_unfinished_uploads_and_what_is_held(self):
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "100", "Upload-Metadata": "dataset aXRlbXM="}
        code, answer, _ = self.call("POST", "/v1/uploads", headers=headers)
        self.assertEqual(code, 201)
        patch = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        self.assertEqual(self.call("PATCH", answer["Location"], "id,name\n1", patch)[0], 204)
        figures = self.figures()
        self.assertEqual((figures("inlet_uploads_unfinished"), figures("inlet_uploads_unfinished_bytes")), (1, 9))

    def test_the_form_that_is_asked_for(self):
        _, headers, body = self.call("GET", "/metrics")
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertIn(b"# TYPE inlet_http_requests_total counter\n", body)
        _, headers, body = self.call("GET", "/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
        self.assertEqual(headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertIn(b"# TYPE inlet_http_requests counter\ninlet_http_requests_total{", body)
        self.assertTrue(body.endswith(b"\n# EOF\n"))

    def bare(self, path, port=None, headers=None, source="127.0.0.1"):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30, source_address=(source, 0))
        try:
            connection.request("GET", path, None, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def test_who_may_read(self):
        self.assertEqual(self.bare("/metrics")[0], 200, "the machine itself needs no key")
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            code, headers, _ = self.bare("/metrics", headers={name: "203.0.113.9"})
            self.assertEqual(code, 401, f"{name}: whoever it came for is not on this machine")
            self.assertIn("Bearer", headers["WWW-Authenticate"])
        relayed = {"X-Forwarded-For": "203.0.113.9"}
        self.assertEqual(self.call("GET", "/metrics", headers=relayed)[0], 200, "an administrator")
        self.write("inlet.yaml", PROJECT + "access: {roles: {reader: [{dataset: '*', allow: [read]}]}}\nserver: {metrics: {from: nobody}}\n")
        self.server.send_signal(1)
        self.until("it was not read again", lambda: self.bare("/metrics")[0] == 401)
        reader = self.inlet("keys", "create", "reader", "--role", "reader", "--json").json["key"]
        self.assertEqual(self.call("GET", "/metrics", key=reader)[0], 403)

    def test_a_reload_that_failed_shows(self):
        self.write("inlet.yaml", "project: [\n")
        self.server.send_signal(1)
        self.until("no mistake is shown", lambda: self.figures()("inlet_config_last_reload_successful") == 0)
        self.write("inlet.yaml", PROJECT)
        self.server.send_signal(1)
        self.until("it was not read again", lambda: self.figures()("inlet_config_last_reload_successful") == 1)


class OwnAddress(WatchCase):
    project = PROJECT + "server: {metrics: {listen: '127.0.0.1:0', from: nobody}}\n"

    def test_metrics_at_an_address_of_their_own(self):
        self.assertEqual(self.call("GET", "/metrics")[0], 200, "an administrator")
        self.end(self.server)
        self.server = self.start("serve", "--listen", "127.0.0.1:0", "--json")
        self.addCleanup(self.end, self.server)
        said = json.loads(self.server.stdout.readline())
        self.reader = threading.Thread(target=self.server.stderr.read, daemon=True)
        self.reader.start()
        port = int(said["metrics"][0].rsplit(":", 1)[1])
        for path, status in {"/metrics": 200, "/livez": 200, "/readyz": 200, "/v1/datasets": 404, "/openapi.json": 404}.items():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path)
            self.assertEqual(connection.getresponse().status, status, path)
            connection.close()


class Deployed(WatchCase):
    """The dashboard and the rules against the program."""

    def queries(self):
        with open(os.path.join(REPOSITORY, "deploy/grafana/inlet.json"), encoding="utf-8") as file:
            dashboard = json.load(file)
        found = [("dashboard: " + panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel.get("targets", [])]
        found += [("dashboard: " + one["name"], one["query"]["query"]) for one in dashboard["templating"]["list"] if one["type"] == "query"]
        with open(os.path.join(REPOSITORY, "deploy/prometheus/alerts.yml"), encoding="utf-8") as file:
            found += [("alerts", expression) for expression in re.findall(r"^ +expr: (.+)$", file.read(), re.M)]
        return found

    def test_everything_that_is_asked_for_is_there(self):
        self.deliver(ITEMS)
        figures = self.figures()
        known = figures.names() | {"up"} # Prometheus' own
        labels = {}
        for name, pairs in figures.samples:
            labels.setdefault(name, set()).update(label for label, _ in pairs)
        asked = set()
        queries = self.queries()
        self.assertGreater(len(queries), 40)
        for where, query in queries:
            names = set(re.findall(r"\b(?:inlet|process)_[a-z0-9_]+|\bup\b", query))
            self.assertTrue(names, f"{where}: {query}")
            self.assertLessEqual(names, known, f"{where}: {query}")
            asked |= names
            for name, selector in re.findall(r"\b((?:inlet|process)_[a-z0-9_]+)\{([^}]*(?:\{dataset\})?[^}]*)\}", query):
                wanted = set(re.findall(r"([a-z]+) ?(?:=~|!~|!=|=)", selector)) - {"instance", "job"} # given by Prometheus
                if name in labels:
                    self.assertLessEqual(wanted, labels[name], f"{where}: {query}")
        # And what the program counts is looked at somewhere, but for the few that only a person asks for.
        whole = {re.sub("_(bucket|sum|count)$", "", name) for name in asked} | asked
        self.assertEqual({name for name in figures.types if name.startswith("inlet_")} - whole, set())

    def test_the_rules_do_what_they_say(self):
        folder = os.path.join(REPOSITORY, "deploy/prometheus")
        promtool("check", "rules", os.path.join(folder, "alerts.yml"))
        self.assertIn("SUCCESS", promtool("test", "rules", os.path.join(folder, "alerts_test.yml")))
        with open(os.path.join(folder, "alerts.yml"), encoding="utf-8") as rules, open(os.path.join(folder, "alerts_test.yml"), encoding="utf-8") as tests:
            tested = tests.read()
            for name in re.findall(r"- alert: (\S+)", rules.read()):
                self.assertIn(name, tested, "an alert that no test raises")


class Log(WatchCase):
    def test_requests_and_steps_have_their_lines_and_no_secrets(self):
        self.deliver("id,name,price,tags\n1,veryprivate,1,\n2,,1,\n", name="private.csv")
        self.call("GET", "/v1/submissions?cursor=secretparameter")
        self.call("GET", "/v1/datasets", key="in_wrongkey_0123456789")
        for step in ("receiving", "received", "checking", "publishing", "published"):
            line = self.said(message=f"submission {step}", submission=1)
            self.assertEqual((line["level"], line["dataset"], line["kind"]), ("info", "items", "delivery"))
            self.assertRegex(line["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual((line["accepted"], line["rejected"], line["version"]), (1, 1, 1))
        line = self.said(message="request", submission=1)
        self.assertEqual((line["method"], line["path"], line["status"], line["dataset"], line["by"], line["peer"]),
                         ("POST", "/v1/datasets/items/submissions", 201, "items", "admin", "127.0.0.1"))
        self.assertEqual(self.said(status=400)["path"], "/v1/submissions")
        self.assertEqual(self.said(status=401)["code"], "unauthenticated")
        self.assertEqual(self.said(status=401)["level"], "warning")
        text = b"".join(self.log).decode()
        for secret in (self.key, "wrongkey", "secretparameter", "veryprivate", "Bearer"):
            self.assertNotIn(secret, text)

    def test_a_refused_delivery_is_a_warning_with_its_code(self):
        self.deliver(WORSE)
        line = self.said(message="submission rejected")
        self.assertEqual((line["level"], line["code"], line["submission"]), ("warning", "too-many-rejects", 1))
        self.assertEqual(self.post("log", {"text": 5})[0], 422)
        line = self.said(message="submission rejected", dataset="log")
        self.assertEqual((line["kind"], line["code"]), ("records", "too-many-rejects"))

    def test_how_it_is_written_is_configured(self):
        self.write("inlet.yaml", PROJECT + "server: {log: {format: text, level: debug, access: false}}\n")
        self.server.send_signal(1)
        self.until("it was not read again", lambda: any(b" info    the configuration was read again" in line for line in list(self.log)))
        before = len(self.log)
        self.call("GET", "/v1/datasets")
        self.call("GET", "/v1/nothing")
        self.assertEqual(self.post("log", {"text": "a"})[0], 201)
        self.until("no failed request", lambda: any(b" warning request " in line and b"path=/v1/nothing" in line for line in self.log[before:]))
        self.until("no small step", lambda: any(b" debug   submission received " in line and b"dataset=log" in line for line in self.log[before:]))
        self.assertFalse([line for line in self.log[before:] if b"path=/v1/datasets " in line])


class Traces(WatchCase):
    def serve(self, *arguments, env=None):
        super().serve(*arguments, env={"HOOK_SECRET": "whsec_" + base64.b64encode(b"k" * 32).decode(), **(env or {})})

    def setUp(self):
        self.calls = queue.Queue()
        calls = self.calls

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                calls.put((self.headers, json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        thread = threading.Thread(target=hook.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 10)
        self.addCleanup(hook.server_close)
        self.addCleanup(hook.shutdown)
        self.project = PROJECT + f"""notify:
  webhooks:
    - {{name: crm, url: "http://127.0.0.1:{hook.server_address[1]}/hook", secret: "${{env:HOOK_SECRET}}", events: [submission.published]}}
"""
        super().setUp()

    def traced(self, header):
        code, headers, body = self.call("POST", "/v1/datasets/items/submissions?name=a.csv", ITEMS,
                                        {"traceparent": header, "Prefer": "wait=30", "X-Request-Id": "of-the-client.1"})
        self.assertEqual(code, 201, body)
        return headers, json.loads(body)

    def test_a_trace_goes_through(self):
        headers, answer = self.traced(PARENT)
        self.assertEqual(headers["X-Request-Id"], "of-the-client.1")
        version, trace, span, flags = headers["traceresponse"].split("-")
        self.assertEqual((version, trace, flags), ("00", TRACE, "01"))
        self.assertNotEqual(span, "00f067aa0ba902b7")
        sent, event = self.calls.get(timeout=60)
        self.assertEqual(event["traceparent"], headers["traceresponse"])
        self.assertRegex(sent["traceparent"], f"^00-{TRACE}-[0-9a-f]{{16}}-01$")
        self.assertNotIn(sent["traceparent"], (PARENT, event["traceparent"]))
        line = self.said(message="request", request_id="of-the-client.1")
        self.assertEqual((line["trace_id"], line["span_id"], line["submission"]), (TRACE, span, answer["submission"]))
        self.assertEqual(self.said(message="submission published")["trace_id"], TRACE)

    def test_small_records_carry_theirs(self):
        code, headers, _ = self.post("log", {"text": "a"}, traceparent=PARENT)
        self.assertEqual(code, 201)
        _, event = self.calls.get(timeout=60)
        self.assertEqual((event["data"]["target"], event["traceparent"]), ("log", headers["traceresponse"]))

    def test_what_is_malformed_is_as_if_it_were_not_there(self):
        headers, _ = self.traced(f"00-{TRACE.upper()}-00f067aa0ba902b7-01")
        self.assertIsNone(headers["traceresponse"])
        sent, event = self.calls.get(timeout=60)
        self.assertIsNone(sent["traceparent"])
        self.assertNotIn("traceparent", event)
        code, headers, _ = self.call("GET", "/v1/datasets", headers={"X-Request-Id": "not fit for a log"})
        self.assertEqual(code, 200)
        self.assertRegex(headers["X-Request-Id"], r"^[0-9a-f]{8}-\d+$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
