"""Datasets of files: stored, listed, read in ranges, replaced, removed and undone, and uploaded by signed addresses."""

import hashlib
import http.client
import json
import os
import signal
import unittest
import urllib.parse

from server_test import ServerCase

PROJECT = """
project: store
datasets:
  data:
    title: Open data
    kind: files
    schema: {fields: [{name: region, constraints: {enum: [EU, US]}}]}
    retention: {history: 90d}
  items:
    schema: {fields: [{name: id, type: integer}, {name: name}], primaryKey: id}
    write: upsert
access:
  roles:
    reader: [{dataset: data, allow: [read]}]
    sender: [{dataset: data, allow: [submit]}]
    clerk: [{dataset: items, allow: [read, submit]}]
"""
CSV = b"id,name\n1,ann\n2,bob\n"
NOW = {"Prefer": "wait=60"}
FORM = {"Content-Type": "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def form(*parts):
    """The bytes that a browser sends: (name, file name or None, type, content)."""
    body = b""
    for name, file_name, kind, content in parts:
        body += b"------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n"
        body += f'Content-Disposition: form-data; name="{name}"'.encode()
        body += f'; filename="{file_name}"\r\nContent-Type: {kind}'.encode() if file_name is not None else b""
        body += b"\r\n\r\n" + content + b"\r\n"
    return body + b"------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n"


class FilesCase(ServerCase):
    project = PROJECT

    def put(self, path, data, status=201, state="published", query="", **more):
        headers = {**NOW, **more.pop("headers", {})}
        code, _, body = self.call("PUT", f"/v1/datasets/data/files/{path}{query}", data, headers, **more)
        self.assertEqual(code, status, body)
        answer = json.loads(body)
        if status == 201:
            self.assertEqual(answer["state"], state, body)
        return answer

    def file(self, path, status=200, headers=None, method="GET", **more):
        code, answer, body = self.call(method, f"/v1/datasets/data/files/{path}", None, headers, **more)
        self.assertEqual(code, status, body)
        return answer, body

    def listed(self, query=""):
        return self.get("/v1/datasets" + query)["datasets"]

    def undo(self, submission):
        code, _, body = self.call("POST", f"/v1/submissions/{submission}/undo")
        self.assertEqual(code, 200, body)
        return json.loads(body)

    def key_for(self, role):
        return self.inlet("keys", "create", f"{role}-key", "--role", role, "--json").json["key"]


class FilesTest(FilesCase):
    def test_a_file_is_stored_read_replaced_removed_and_undone(self):
        first = self.put("a/employees.csv", CSV, query="?comment=first&region=EU")
        headers, body = self.file("a/employees.csv")
        self.assertEqual(body, CSV)
        self.assertEqual(headers["ETag"], f'"{sha256(CSV)}"')
        self.assertEqual(headers["Content-Type"], "text/csv")
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(headers["Content-Disposition"], "attachment; filename*=UTF-8''employees.csv")
        self.assertEqual(headers["Content-Length"], str(len(CSV)))
        self.assertTrue(headers["Last-Modified"].endswith(" GMT"))
        headers, body = self.file("a/employees.csv", method="HEAD")
        self.assertEqual((headers["Content-Length"], body), (str(len(CSV)), b""))

        second = self.put("a/employees.csv", b"other", headers={"Content-Type": "text/plain"})
        self.assertGreater(second["version"], first["version"])
        headers, body = self.file("a/employees.csv")
        self.assertEqual((headers["Content-Type"], body), ("text/plain", b"other"))

        code, _, body = self.call("DELETE", "/v1/datasets/data/files/a/employees.csv", headers=NOW)
        self.assertEqual(code, 200, body)
        removal = json.loads(body)
        self.assertEqual(removal["state"], "published", body)
        self.assertEqual(removal["parts"][0]["deleted"], 1)
        self.problem("GET", "/v1/datasets/data/files/a/employees.csv", 404, "unknown-file")
        self.problem("DELETE", "/v1/datasets/data/files/a/employees.csv", 404, "unknown-file")
        self.assertEqual(self.listed("?recursive=true&kind=file"), [])

        self.undo(removal["submission"])
        self.assertEqual(self.file("a/employees.csv")[1], b"other")
        self.undo(second["submission"])
        self.assertEqual(self.file("a/employees.csv")[1], CSV)
        row = self.rows_of("data")[0]
        self.assertEqual((row["path"], row["region"], row["comment"], row["sha256"]), ("a/employees.csv", "EU", "first", sha256(CSV)))

    def rows_of(self, dataset):
        self.end(self.server)
        rows = self.rows(f"SELECT * FROM {dataset} ORDER BY 1")
        self.serve()
        return rows

    def test_conditions_and_ranges(self):
        data = bytes(range(256)) * 1000
        self.put("big.bin", data)
        etag = f'"{sha256(data)}"'
        for asked, part in (("bytes=0-0", data[:1]), ("bytes=100-299", data[100:300]), ("bytes=-5", data[-5:]), ("bytes=255990-", data[255990:])):
            headers, body = self.file("big.bin", 206, {"Range": asked})
            self.assertEqual(body, part, asked)
            self.assertTrue(headers["Content-Range"].endswith("/256000"))
        headers, _ = self.file("big.bin", 416, {"Range": "bytes=256000-"})
        self.assertEqual(headers["Content-Range"], "bytes */256000")
        self.assertEqual(self.file("big.bin", 200, {"Range": "bytes=0-1", "If-Range": '"x"'})[1], data)
        self.assertEqual(self.file("big.bin", 206, {"Range": "bytes=0-1", "If-Range": etag})[1], data[:2])
        headers, body = self.file("big.bin", 304, {"If-None-Match": etag})
        self.assertEqual((headers["ETag"], body), (etag, b""))
        moment = self.file("big.bin")[0]["Last-Modified"]
        self.file("big.bin", 304, {"If-Modified-Since": moment})
        self.file("big.bin", 412, {"If-Match": '"x"'})
        there = "/v1/datasets/data/files/big.bin"
        self.problem("PUT", there, 412, "precondition-failed", body=b"x", headers={"If-None-Match": "*"})
        self.problem("PUT", there, 412, "precondition-failed", body=b"x", headers={"If-Match": '"x"'})
        self.problem("DELETE", there, 412, "precondition-failed", headers={"If-Match": '"x"'})
        self.put("big.bin", b"new", headers={"If-Match": etag})
        self.put("fresh.bin", b"new", headers={"If-None-Match": "*"})

    def test_paths(self):
        for path in ("%2e%2e/x", "a/../b", "a//b", "a/", "%2Fabs", "a%5Cb", "a%0Ab", "%FF", "x" * 1025, "./a"):
            self.problem("PUT", "/v1/datasets/data/files/" + path, 400, "path-invalid", body=b"x")
        self.problem("PUT", "/v1/datasets/data/files/a%00b", 400, "bad-argument", body=b"x")
        self.put("%C3%A4%20b/%22c%22.txt", b"x")
        headers, _ = self.file("%C3%A4%20b/%22c%22.txt")
        self.assertEqual(headers["Content-Disposition"], "attachment; filename*=UTF-8''%22c%22.txt")
        self.put("action/acknowledge", b"y")
        self.assertEqual(self.file("action/acknowledge")[1], b"y")

    def test_what_could_run_in_a_browser_does_not(self):
        self.put("page.html", b"<script>alert(1)</script>", headers={"Content-Type": "text/html"})
        headers, _ = self.file("page.html")
        self.assertTrue(headers["Content-Disposition"].startswith("attachment"))
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", headers["Content-Security-Policy"])
        self.put("odd", b"x", query="?type=" + urllib.parse.quote("text/html\r\nSet-Cookie: a=b"))
        headers, _ = self.file("odd")
        self.assertEqual(headers["Content-Type"], "application/octet-stream")
        self.assertIsNone(headers["Set-Cookie"])

    def test_a_file_whose_fields_break_the_contract_is_rejected(self):
        answer = self.put("a.csv", CSV, state="rejected", query="?region=MARS")
        self.assertEqual(answer["parts"][0]["counts"][0]["code"], "constraint-error")
        self.file("a.csv", 404)

    def test_lists(self):
        for path in ("b.csv", "a/2.csv", "a/1.csv"):
            self.put(path, CSV)
        plain = self.listed()
        self.assertEqual([(one["name"], one["path"], one["kind"], one["records"], one["bytes"]) for one in plain],
                         [("data", "/data", "files", 3, 3 * len(CSV)), ("items", "/items", "table", 0, None)])
        self.assertIsNone(plain[1]["updated_at"])
        everything = ["/data", "/data/a/1.csv", "/data/a/2.csv", "/data/b.csv", "/items"]
        entries = self.listed("?recursive=true")
        self.assertEqual([one["path"] for one in entries], everything)
        self.assertEqual((entries[1]["name"], entries[1]["bytes"], entries[1]["type"]), ("1.csv", len(CSV), "text/csv"))
        for limit in (1, 2, 3, 5):
            paths, cursor = [], ""
            while cursor is not None:
                page = self.get(f"/v1/datasets?recursive=true&limit={limit}&cursor={urllib.parse.quote(cursor)}" if cursor else
                                f"/v1/datasets?recursive=true&limit={limit}")
                self.assertLessEqual(len(page["datasets"]), limit)
                paths += [one["path"] for one in page["datasets"]]
                cursor = page["cursor"]
            self.assertEqual(paths, everything, limit)
        for query, expected in (("?recursive=true&prefix=/data/a/", everything[1:3]), ("?recursive=true&prefix=data/a", everything[1:3]),
                                ("?recursive=true&kind=file", everything[1:4]), ("?kind=files", ["/data"]), ("?kind=table", ["/items"]),
                                ("?prefix=it", ["/items"]), ("?recursive=true&prefix=/data/b.csv/", [])):
            self.assertEqual([one["path"] for one in self.listed(query)], expected, query)
        self.problem("GET", "/v1/datasets?kind=folder", 400, "bad-argument")
        one = self.get("/v1/datasets/data")
        self.assertEqual(one["statistics"]["last_change"]["inserted"], 1)
        self.assertEqual(one["schema"]["primaryKey"], ["path"])
        for role, seen in (("reader", ["/data"]), ("clerk", ["/items"]), ("sender", [])):
            code, _, body = self.call("GET", "/v1/datasets", key=self.key_for(role))
            self.assertEqual([entry["path"] for entry in json.loads(body)["datasets"]], seen, role)

    def test_who_may_do_what(self):
        self.put("a.csv", CSV)
        there = "/v1/datasets/data/files/a.csv"
        reader, sender, clerk = (self.key_for(role) for role in ("reader", "sender", "clerk"))
        self.assertEqual(self.file("a.csv", key=reader)[1], CSV)
        self.problem("PUT", there, 403, "forbidden", body=b"x", key=reader)
        self.problem("DELETE", there, 403, "forbidden", key=reader)
        self.problem("GET", there, 403, "forbidden", key=sender)
        self.problem("GET", there, 404, "unknown-dataset", key=clerk)
        self.problem("POST", "/v1/upload-sessions", 403, "forbidden", key=reader, body=json.dumps({"dataset": "data", "path": "x", "bytes": 1}))
        self.problem("POST", "/v1/upload-sessions", 404, "unknown-dataset", key=clerk, body=json.dumps({"dataset": "data", "path": "x", "bytes": 1}))
        self.put("a.csv", b"by sender", key=sender)
        self.problem("GET", "/v1/datasets/items/files/a", 404, "unknown-file")
        got, _, body = self.call("POST", "/v1/datasets/data/records", b'{"path":"a","bytes":1}', {"Content-Type": "application/json"})
        self.assertIn('"code":"not-supported"', body.decode(), got)

    def test_other_ways_in_and_what_is_kept(self):
        code, _, body = self.call("POST", "/v1/datasets/data/submissions?path=x/y.csv", CSV, NOW)
        self.assertEqual((code, json.loads(body)["state"]), (201, "published"), body)
        self.assertEqual(self.file("x/y.csv")[1], CSV)
        self.end(self.server)
        self.write("z.bin", b"\x7fELF" + b"\0" * 100)
        self.inlet("load", self.path("z.bin"), "--dataset", "data")
        self.assertEqual(self.inlet("verify", "--json").json["findings"], [])
        self.serve()
        self.assertEqual(self.file("z.bin")[1][:4], b"\x7fELF")
        self.assertEqual(self.file("x/y.csv")[1], CSV)

    def test_bytes_are_kept_as_long_as_a_version_needs_them(self):
        first = self.put("a.csv", CSV)
        self.put("b.csv", b"live")
        self.put("a.csv", b"new")
        self.end(self.server)
        self.inlet("prune")
        self.serve()
        self.assertEqual(self.call("GET", f"/v1/submissions/{first['submission']}/raw")[2], CSV, "history of 90 days refers to it")
        self.end(self.server)
        self.inlet("purge", "--yes")
        self.assertEqual(self.inlet("verify", "--json").json["findings"], [])
        self.serve()
        self.problem("GET", f"/v1/submissions/{first['submission']}/raw", 410, "retention-expired")
        self.assertEqual(self.file("a.csv")[1], b"new")
        self.assertEqual(self.file("b.csv")[1], b"live")


class FormTest(FilesCase):
    def test_a_browsers_form_goes_into_a_table_and_into_files(self):
        body = form(("file", "items.csv", "text/csv", CSV), ("submit", None, None, b"Send"))
        code, _, answer = self.call("POST", "/v1/datasets/items/submissions", body, {**FORM, **NOW})
        self.assertEqual((code, json.loads(answer)["state"]), (201, "published"), answer)
        self.assertEqual(self.get("/v1/submissions")["submissions"][0]["file_name"], "items.csv")
        body = form(("path", None, None, b"in/form.csv"), ("comment", None, None, "häppy".encode()), ("region", None, None, b"US"),
                    ("file", "C:\\docs\\Übung.csv", "text/csv", CSV))
        code, _, answer = self.call("POST", "/v1/datasets/data/submissions", body, {**FORM, **NOW})
        self.assertEqual((code, json.loads(answer)["state"]), (201, "published"), answer)
        self.assertEqual(self.file("in/form.csv")[1], CSV)
        entry = self.listed("?recursive=true&prefix=/data/in")[0]
        self.assertEqual((entry["comment"], entry["title"]), ("häppy", "Übung.csv"))

    def test_forms_that_are_refused_leave_nothing(self):
        there = "/v1/datasets/items/submissions"
        for body in (form(), form(("a", None, None, b"x")), form(("file", "", "application/octet-stream", b"")),
                     form(("file", "a.csv", "text/csv", CSV), ("other", "b.csv", "text/csv", CSV)),
                     form(("file", "a.csv", "text/csv", CSV), ("name", None, None, b"late")),
                     form(("file", "a.csv", "text/csv", CSV))[:-20], b"", b"nonsense"):
            self.problem("POST", there, 400, "multipart-malformed", body=body, headers=FORM)
        self.problem("POST", there, 400, "multipart-malformed", body=b"x", headers={"Content-Type": "multipart/form-data"})
        self.assertEqual(self.get("/v1/datasets/items")["records"], 0)
        for record in self.get("/v1/submissions")["submissions"]:
            self.assertEqual(record["state"], "failed")

    def test_a_large_form_is_streamed(self):
        line = b"\r\n------WebKitFormBoundary7MA4YWxkTrZu0gX\r\n"
        data = line * (24_000_000 // len(line))
        code, _, answer = self.call("POST", "/v1/datasets/data/submissions?path=large.bin", form(("file", "l.bin", "x/y", data)), {**FORM, **NOW})
        self.assertEqual((code, json.loads(answer)["state"]), (201, "published"), answer)
        self.assertEqual(self.file("large.bin", method="HEAD")[0]["ETag"], f'"{sha256(data)}"')


class SessionTest(FilesCase):
    def begin(self, status=201, **asked):
        code, headers, body = self.call("POST", "/v1/upload-sessions", json.dumps({"dataset": "data", **asked}))
        self.assertEqual(code, status, body)
        return json.loads(body)

    def send(self, part, data, status=204, url=None):
        """Without any credential."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("PUT", url or part["url"], data)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        self.assertEqual(response.status, status, body)
        return json.loads(body) if body else None

    def acknowledge(self, path, status=201, **told):
        code, _, body = self.call("POST", f"/v1/datasets/data/files/{path}/action/acknowledge", json.dumps(told), NOW)
        self.assertEqual(code, status, body)
        return json.loads(body)

    def test_parts_are_joined_checked_and_described(self):
        data = os.urandom(100_001)
        session = self.begin(path="dir/a.bin", bytes=len(data), parts=3, sha256=sha256(data), comment="from the session")
        self.assertEqual([part["bytes"] for part in session["parts"]], [33334, 33334, 33333])
        pieces = [data[:33334], data[33334:66668], data[66668:]]
        self.send(session["parts"][2], pieces[2])
        told = self.acknowledge("dir/a.bin", 409, session=session["session"])
        self.assertEqual(told["code"], "upload-unfinished")
        self.assertIn("1, 2", told["detail"])
        self.send(session["parts"][0], b"x" * 33334)
        self.send(session["parts"][1], pieces[1])
        self.assertEqual(self.acknowledge("dir/a.bin", 422, session=session["session"])["code"], "hash-count")
        self.send(session["parts"][0], pieces[0])  # again, and now what was meant
        self.assertEqual(self.acknowledge("dir/a.bin", 422, session=session["session"], bytes=5)["code"], "byte-count")
        self.assertEqual(self.acknowledge("dir/a.bin", 422, session=session["session"], sha256="0" * 64)["code"], "hash-count")
        self.assertEqual(self.acknowledge("other.bin", 400, session=session["session"])["code"], "bad-argument")
        answer = self.acknowledge("dir/a.bin", session=session["session"], name="A", fields={"region": "EU"})
        self.assertEqual(answer["state"], "published")
        self.assertEqual(self.file("dir/a.bin")[1], data)
        entry = self.listed("?recursive=true&prefix=/data/dir/")[0]
        self.assertEqual((entry["title"], entry["comment"]), ("A", "from the session"))
        again = self.acknowledge("dir/a.bin", session=session["session"])
        self.assertEqual(again["submission"], answer["submission"])
        self.assertEqual(self.get("/v1/upload-sessions/" + session["session"])["submission"], answer["submission"])
        self.assertEqual(self.send(session["parts"][0], pieces[0], 400)["code"], "upload-complete")

    def test_an_address_is_good_for_its_part_alone(self):
        session = self.begin(path="a", bytes=10, part_bytes=5)
        first, second = session["parts"]
        for url in (second["url"].replace("/parts/2", "/parts/1"), first["url"] + "0", first["url"].split("&")[0],
                    first["url"].replace("expires=", "expires=9"), first["url"].replace(session["session"], "0" * 32),
                    first["url"].replace("/parts/1", "/parts/3")):
            self.assertEqual(self.send(first, b"12345", 403, url)["code"], "signature-invalid", url)
        self.assertEqual(self.send(first, b"1234", 422)["code"], "byte-count")
        self.assertEqual(self.send(first, b"123456", 422)["code"], "byte-count")
        self.send(first, b"12345")
        self.send(second, b"67890")
        self.assertEqual([part["arrived"] for part in self.get("/v1/upload-sessions/" + session["session"])["parts"]], [5, 5])
        code, _, body = self.call("POST", f"/v1/upload-sessions/{session['session']}/complete", headers=NOW)
        self.assertEqual((code, json.loads(body)["state"]), (201, "published"), body)
        self.assertEqual(self.file("a")[1], b"1234567890")

    def test_what_is_refused_at_once(self):
        for asked, code in (({"path": "../a", "bytes": 1}, "path-invalid"), ({"path": "a"}, "bad-argument"), ({"bytes": 1}, "bad-argument"),
                            ({"path": "a", "bytes": -1}, "bad-argument"), ({"path": "a", "bytes": 9, "parts": 0}, "bad-argument"),
                            ({"path": "a", "bytes": 99999, "part_bytes": 1}, "bad-argument"), ({"path": "a", "bytes": 1, "x": 1}, "bad-argument"),
                            ({"path": "a", "bytes": 1, "sha256": "abc"}, "bad-argument"), ({"path": "a", "bytes": 1, "fields": {"bytes": 1}}, "bad-argument"),
                            ({"path": "a", "bytes": 1, "expires_in": 10**9}, "bad-argument")):
            self.assertEqual(self.begin(400, **asked)["code"], code, asked)
        self.problem("POST", "/v1/upload-sessions", 400, "bad-argument", body=b"[]")
        self.problem("POST", "/v1/upload-sessions", 413, "file-too-large", body=json.dumps({"dataset": "data", "path": "a", "bytes": 10**15}))

    def test_a_session_survives_a_kill_and_can_be_aborted(self):
        session = self.begin(path="a", bytes=6, parts=2)
        self.send(session["parts"][0], b"abc")
        self.end(self.server, signal.SIGKILL)
        self.serve()
        self.send(session["parts"][1], b"def")
        self.assertEqual(self.acknowledge("a", session=session["session"])["state"], "published")
        self.assertEqual(self.file("a")[1], b"abcdef")
        gone = self.begin(path="b", bytes=3)
        self.send(gone["parts"][0], b"abc")
        code, _, _ = self.call("DELETE", "/v1/upload-sessions/" + gone["session"])
        self.assertEqual(code, 204)
        self.problem("GET", "/v1/upload-sessions/" + gone["session"], 404, "unknown-upload")
        self.assertEqual(self.send(gone["parts"][0], b"abc", 403)["code"], "signature-invalid")
        self.assertEqual(os.listdir(self.path("data/uploads")), [name for name in os.listdir(self.path("data/uploads"))
                                                                  if name not in (gone["session"],)])

    def test_a_file_of_no_bytes(self):
        session = self.begin(path="empty", bytes=0)
        self.send(session["parts"][0], b"")
        self.assertEqual(self.acknowledge("empty", session=session["session"], sha256=sha256(b""))["state"], "published")
        self.assertEqual(self.file("empty")[1], b"")


if __name__ == "__main__":
    unittest.main()
