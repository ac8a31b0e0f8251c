"""Small submissions over HTTP: records in the request, checked at once, kept before the answer, published behind it."""
import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import signal
import unittest

from server_test import ServerCase

PROJECT = """
project: plant
datasets:
  readings:
    schema:
      fields:
        - {name: id, type: integer}
        - {name: value, type: number, constraints: {maximum: 100}}
        - {name: note}
      primaryKey: id
  latest:
    write: upsert
    schema: {fields: [{name: sensor}, {name: value, type: number}], primaryKey: sensor}
  log:
    rejects: {max_rows: 100, then: publish_rest}
    schema: {fields: [{name: n, type: integer}]}
  held:
    rejects: {max_rows: 100, then: hold}
    schema: {fields: [{name: n, type: integer}]}
  whole:
    write: replace
    schema: {fields: [{name: n, type: integer}]}
"""


class RecordsCase(ServerCase):
    project = PROJECT

    def post(self, dataset, body, status=201, type="application/json", wait=30, **headers):
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        more = {"Content-Type": type, **({"Prefer": f"wait={wait}"} if wait else {}), **headers}
        got, answered, text = self.call("POST", f"/v1/datasets/{dataset}/records", body, more)
        self.assertEqual(got, status, text)
        self.answered = answered
        return json.loads(text)

    def rows(self, sql):
        """Of a query, once the server is gone."""
        self.end(self.server)
        return [tuple(row.values()) for row in self.inlet("query", sql, "--json").json]


class Records(RecordsCase):
    def test_an_object_an_array_lines_and_csv(self):
        self.post("readings", {"id": 1, "value": 1.5, "note": "a\u00e4"})
        self.post("readings", [{"id": 2, "value": None}, {"id": 3}])
        self.post("readings", '{"id":4}\n{"id":5,"note":"x"}\n', type="application/x-ndjson; charset=utf-8")
        last = self.post("readings", "id,value,note\n6,2.5,\n7,,y\n", type="text/csv")
        self.assertEqual((last["state"], last["parts"][0]["inserted"]), ("published", 2))
        self.assertEqual(self.answered["Location"], f"/v1/submissions/{last['submission']}")
        self.assertEqual(self.rows("select id, value, note from readings order by id"),
                         [(1, 1.5, "a\u00e4"), (2, None, None), (3, None, None), (4, None, None), (5, None, "x"), (6, 2.5, None), (7, None, "y")])

    def test_an_answer_tells_of_every_record_before_anything_is_published(self):
        said = self.post("readings", [{"id": 1, "value": 300}, {"id": "x"}, {"id": 3, "more": 1}], status=422, wait=0)
        self.assertEqual((said["code"], said["state"], said["records"], said["rejected"]), ("too-many-rejects", "rejected", 3, 3))
        self.assertEqual([(error["code"], error["row"], error["pointer"]) for error in said["errors"]],
                         [("constraint-error", 1, "/0/value"), ("type-error", 2, "/1/id"), ("extra-cell", 3, "/2/more")])
        kept = self.get(f"/v1/submissions/{said['submission']}")
        self.assertEqual((kept["state"], kept["kind"], kept["parts"][0]["rejected"]), ("rejected", "records", 3))
        _, _, raw = self.call("GET", f"/v1/submissions/{said['submission']}/raw")
        self.assertEqual(json.loads(raw)[1], {"id": "x"})
        _, _, errors = self.call("GET", f"/v1/submissions/{said['submission']}/errors")
        self.assertEqual([json.loads(line)["code"] for line in errors.splitlines()], ["constraint-error", "type-error", "extra-cell"])
        _, _, rejects = self.call("GET", f"/v1/submissions/{said['submission']}/rejects.csv")
        self.assertEqual(len(rejects.splitlines()), 4)

    def test_a_key_that_the_dataset_holds_already_is_told_with_the_outcome(self):
        self.post("readings", {"id": 1})
        said = self.post("readings", [{"id": 1}, {"id": 2}])
        self.assertEqual((said["state"], said["reason"]["code"], said["parts"][0]["counts"]),
                         ("rejected", "too-many-rejects", [{"code": "primary-key", "field": None, "count": 1}]))
        _, _, errors = self.call("GET", f"/v1/submissions/{said['submission']}/errors")
        self.assertEqual([json.loads(line)["row"] for line in errors.splitlines()], [1])

    def test_policies_publish_the_rest_and_hold(self):
        said = self.post("log", [{"n": 1}, {"n": "x"}])
        self.assertEqual((said["state"], said["parts"][0]["inserted"], said["parts"][0]["rejected"]), ("published", 1, 1))
        held = self.post("held", [{"n": 1}, {"n": "x"}])
        self.assertEqual((held["state"], held["reason"]["code"]), ("held", "too-many-rejects"))
        status, _, body = self.call("POST", f"/v1/submissions/{held['submission']}/approve")
        self.assertEqual((status, json.loads(body)["state"], json.loads(body)["parts"][0]["inserted"]), (200, "published", 1))

    def test_each_of_a_micro_batch_can_be_undone_alone(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            said = list(pool.map(lambda n: self.post_quietly("latest", {"sensor": f"s{n % 4}", "value": n}), range(40)))
        ids = {n: one["submission"] for n, one in enumerate(said)}
        self.wait_until_published(ids.values())
        versions = {self.get(f"/v1/submissions/{id}")["version"] for id in ids.values()}
        self.assertLess(len(versions), 20, "many share a version")
        last = max((n for n in ids if n % 4 == 0), key=lambda n: ids[n])
        before = max((n for n in ids if n % 4 == 0 and n != last), key=lambda n: ids[n])
        status, _, body = self.call("POST", f"/v1/submissions/{ids[last]}/undo")
        self.assertEqual((status, json.loads(body)["state"]), (200, "published"), body)
        self.assertEqual(self.get(f"/v1/submissions/{ids[last]}")["state"], "undone")
        self.assertEqual(self.rows("select sensor, value from latest order by sensor")[0], ("s0", before))

    def test_two_equal_readings_are_two_readings(self):
        self.post("log", {"n": 7})
        self.post("log", {"n": 7})
        self.assertEqual(self.rows("select count(*) from log where n = 7"), [(2,)])

    def test_a_request_repeated_under_its_key_is_answered_as_before(self):
        first = self.post("log", {"n": 1}, wait=0, **{"Idempotency-Key": '"k-1"'})
        self.assertIsNone(self.answered["Idempotency-Replayed"])
        again = self.post("log", {"n": 1}, wait=0, **{"Idempotency-Key": "k-1"})
        self.assertEqual((again, self.answered["Idempotency-Replayed"]), (first, "true"))
        other = self.post("log", {"n": 2}, status=422, wait=0, **{"Idempotency-Key": "k-1"})
        self.assertEqual(other["code"], "idempotency-key-reused")
        refused = self.post("readings", {"id": "x"}, status=422, wait=0, **{"Idempotency-Key": "k-2"})
        self.assertEqual(self.post("readings", {"id": "x"}, status=422, wait=0, **{"Idempotency-Key": "k-2"}), refused)
        self.post("log", {"n": 1}, status=400, **{"Idempotency-Key": ""})
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            many = list(pool.map(lambda _: self.post_quietly("log", {"n": 3}, **{"Idempotency-Key": "k-3"}), range(8)))
        self.assertEqual(len({one["submission"] for one in many}), 1, "at once, too")

    def test_digests_are_held_against_the_body(self):
        body = b'{"n": 1}'
        right = base64.b64encode(hashlib.sha256(body).digest()).decode()
        self.post("log", body, **{"Content-Digest": f"sha-256=:{right}:"})
        self.post("log", body, **{"Repr-Digest": f"unknown=:AAAA:, sha-512=:{base64.b64encode(hashlib.sha512(body).digest()).decode()}:"})
        wrong = self.post("log", b'{"n": 2}', status=422, **{"Content-Digest": f"sha-256=:{right}:"})
        self.assertEqual(wrong["code"], "checksum-mismatch")
        self.assertEqual(self.post("log", body, status=400, **{"Content-Digest": "sha-256=:x:"})["code"], "bad-argument")
        status, _, text = self.call("POST", "/v1/datasets/log/submissions?name=a.csv", b"n\n1\n", {"Content-Digest": f"sha-256=:{right}:"})
        self.assertEqual((status, json.loads(text)["code"]), (422, "checksum-mismatch"))

    def test_what_is_erased_is_gone_from_small_submissions_too(self):
        self.post("readings", {"id": 1, "note": "Ada Lovelace"}, **{"Idempotency-Key": "k"})
        self.post("readings", r'[{"id": 2, "note": "Ad\u0061 Lovelace"}, {"id": 3, "note": "Grace"}]')
        refused = self.post("readings", [{"id": "x", "note": "Ada Lovelace"}], status=422, **{"Idempotency-Key": "l"})
        kept = self.post("readings", {"id": 4, "note": "Grace"})
        self.end(self.server)
        self.inlet("erase", "readings", "--where", "note=Ada Lovelace", "--yes")
        self.assertEqual(self.rows("select id from readings order by id"), [(3,), (4,)])
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"Ada Lovelace", file.read(), os.path.join(folder, name))
        self.inlet("raw", str(kept["submission"]), "--output", self.path("raw.json"))
        with open(self.path("raw.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file), {"id": 4, "note": "Grace"})
        self.error("raw", str(refused["submission"]), "--output", self.path("none"), code="retention-expired", exit_code=1)

    def test_what_is_refused_says_why(self):
        self.assertEqual(self.post("log", "{", status=415)["code"], "format-error")
        self.assertIn("line 2, column 4", self.post("log", '{"n":\n   x}', status=415)["detail"])
        self.assertEqual(self.post("log", "n\n1\n", status=415, type="text/plain")["code"], "unsupported-media-type")
        self.assertEqual(self.post("whole", {"n": 1}, status=501)["code"], "not-supported")
        self.assertEqual(self.post("nothing", {"n": 1}, status=404)["code"], "unknown-dataset")
        self.assertEqual(self.post("log", b"[" + b" " * (1 << 20) + b"]", status=413)["code"], "file-too-large")
        chunk = b"[" + b" " * (1 << 21) + b"]"
        status, _, text = self.call("POST", "/v1/datasets/log/records", iter([b"%x\r\n" % len(chunk), chunk, b"\r\n0\r\n\r\n"]),
                                    {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
        self.assertEqual((status, json.loads(text)["code"]), (413, "file-too-large"))

    def post_quietly(self, dataset, body, **headers):
        status, _, text = self.call("POST", f"/v1/datasets/{dataset}/records", json.dumps(body), {"Content-Type": "application/json", **headers})
        assert status == 201, text
        return json.loads(text)

    def wait_until_published(self, ids):
        for id in ids:
            status, _, body = self.call("GET", f"/v1/submissions/{id}", headers={"Prefer": "wait=30"})
            self.assertEqual(json.loads(body)["state"], "published", body)


class Killed(RecordsCase):
    def test_what_was_acknowledged_is_there_once_whenever_the_server_dies(self):
        acknowledged = []
        for round in range(6):
            def send(n):
                try:
                    status, _, _ = self.call("POST", "/v1/datasets/log/records", json.dumps({"n": n}), {"Content-Type": "application/json"})
                    return n if status == 201 else None
                except (OSError, http.client.HTTPException): # a client whose server is gone may even meet itself
                    return None
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                pending = [pool.submit(send, round * 1000 + n) for n in range(400)]
                concurrent.futures.wait(pending[:60 * (round + 1)], return_when=concurrent.futures.ALL_COMPLETED)
                self.server.send_signal(signal.SIGKILL)
                acknowledged += [one.result() for one in pending if one.result() is not None]
            self.end(self.server)
            self.serve()
        self.assertGreater(len(acknowledged), 300)
        while any(one["state"] == "queued" for one in self.get("/v1/submissions?state=queued")["submissions"]):
            first = self.get("/v1/submissions?state=queued&limit=1")["submissions"]
            if first:
                self.call("GET", f"/v1/submissions/{first[0]['submission']}", headers={"Prefer": "wait=30"})
        there = dict(self.rows("select n, count(*) from log group by n"))
        self.assertEqual([n for n in acknowledged if there.get(n) != 1], [], "lost or doubled")
        self.assertEqual({n: c for n, c in there.items() if c != 1}, {})


if __name__ == "__main__":
    unittest.main()
