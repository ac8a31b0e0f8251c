#!/usr/bin/env python3
"""./dev bench server: Inlet's server against its peers, in the same run on the same machine, medians of several runs.

Rates and times are those of real clients over loopback. Prints a table and writes JSON. Needs $INLET (the release binary), and wrk, nginx, node, npm,
openssl and PostgreSQL, which ./dev installs.
"""

import argparse
import contextlib
import os
import re
import resource
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

from measure import ROOT, Figures, Postgres, find_postgres, run
from servers import Inlet, Nginx, NodeTus, wait_for

GENERATE = os.path.join(ROOT, "examples/movies/generate.py")
MIB = 1 << 20
CHUNK = 64 * MIB
CSV_ROWS = 28_400_000  # some 700 MB
INSERT = "INSERT INTO readings (sensor, at, value) VALUES ('s' || :client_id, '2026-11-20T08:00:00Z', random());\n"


class Bench(Figures):
    def __init__(self, options):
        super().__init__(options.runs)
        self.options = options
        self.inlet = os.environ.get("INLET") or os.path.join(ROOT, "build/release/inlet")
        self.work = os.path.abspath(options.work)
        self.posts = 0
        os.makedirs(self.work, exist_ok=True)

    def server(self, **more):
        return Inlet(self.inlet, os.path.join(self.work, "inlet"), **more)

    def nginx(self, **more):
        return Nginx(os.path.join(self.work, "nginx"), **more)

    # ---- input --------------------------------------------------------------------------------------------------------

    def blob(self, size):
        path = os.path.join(self.work, f"blob-{size}")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                for _ in range(size // MIB):
                    file.write(os.urandom(MIB))
        return path

    def ratings(self, rows):
        folder = os.path.join(self.work, f"ratings-{rows}")
        if not os.path.exists(folder):
            run([sys.executable, GENERATE, "--movies", "0", "--ratings", str(rows), "--faults", "none", "--out", folder])
        return os.path.join(folder, "ratings.csv")

    def certificate(self):
        paths = os.path.join(self.work, "certificate.pem"), os.path.join(self.work, "key.pem")
        if not os.path.exists(paths[0]):
            run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=127.0.0.1",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]])
        return paths

    # ---- small submissions --------------------------------------------------------------------------------------------

    def small(self, server, seconds):
        """Small submissions a second, and the 99th percentile of their answers in ms."""
        self.posts += 1
        command = ["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", os.path.join(ROOT, "bench/post.lua"), "-H", f"Authorization: Bearer {server.key}",
                   server.url + "/v1/datasets/readings/records", "--", f"{os.getpid()}-{self.posts}"]
        figures = re.search(r"figures (\d+) (\d+) (\d+) (\d+)", run(command)[1])
        count, duration, percentile, errors = map(int, figures.groups())
        if errors:
            sys.exit(f"small submissions: {errors} answers that were no success")
        return count / (duration / 1e6), percentile / 1e3

    def queued(self, server):
        """How long the oldest small submission that is not published has waited, in s."""
        return float(re.search(r'(?m)^inlet_queue_oldest_age_seconds\{queue="inbox"\} (\S+)$', server.call("GET", "/metrics").text).group(1))

    def bench_small(self):
        binaries = find_postgres()
        script = os.path.join(self.work, "insert.sql")
        with open(script, "w", encoding="utf-8") as file:
            file.write(INSERT)
        ages = []

        def ours():
            with self.server() as server:
                watching = threading.Event()

                def watch():
                    seen = []
                    while not watching.wait(self.options.seconds / 10):
                        seen.append(self.queued(server))
                    ages.append(seen)
                watcher = threading.Thread(target=watch)
                watcher.start()
                rate = self.small(server, self.options.seconds)[0]
                watching.set()
                watcher.join()
            return rate

        def peer():
            postgres = Postgres(binaries, os.path.join(self.work, "postgres"))
            with postgres as psql:
                psql("CREATE TABLE readings (id bigserial PRIMARY KEY, sensor text, at timestamptz, value double precision)")
                command = ["pgbench", "-h", postgres.folder, "-U", "bench", "-n", "-c", "64", "-j", "1", "-M", "prepared", "-T",
                           str(self.options.seconds), "-f", script, "postgres"]
                return float(re.search(r"tps = ([0-9.]+)", run(command)[1]).group(1))

        self.pair("small durable submissions / PostgreSQL single-row INSERTs", ">= 1.0", ours, peer, unit="1/s")
        for name, part in (("first", slice(0, 5)), ("second", slice(5, None))):
            self.add(f"  age of the queue, {name} half of the run", "flat", statistics.median(max(seen[part], default=0.0) for seen in ages), unit="s")

    # ---- large uploads ------------------------------------------------------------------------------------------------

    def tus(self, server, length, path="/v1/uploads"):
        """A new upload's address."""
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(length), "Upload-Metadata": "dataset YmxvYnM=,filename YmxvYg=="}
        location = server.call("POST", path, headers=headers).headers["Location"]
        return re.sub(r"^https?://[^/]+", "", location)

    def whole(self, server, path):
        """Seconds to send the file in one PATCH by curl, answered when it is safe."""
        address = self.tus(server, os.path.getsize(path))
        seconds = self.curl(server, server.url + address, path, "PATCH", "-H", "Tus-Resumable: 1.0.0", "-H", "Upload-Offset: 0", "-H",
                            "Content-Type: application/offset+octet-stream")
        self.forget_queue(server)
        return seconds

    def curl(self, server, url, path, method, *more):
        key = ["-H", f"Authorization: Bearer {server.key}"] if getattr(server, "key", None) else []
        return run(["curl", "-sS", "-k", "--fail-with-body", "-o", os.devnull, "-X", method, "-T", path, *key, *more, url])[0]

    def forget_queue(self, server):
        """What was uploaded is not to be checked while the next figure is taken."""
        server.child.kill()
        server.child.wait()

    def bench_upload(self):
        path = self.blob(self.options.upload * MIB)
        for name, bar, tls in (("", "<= 1.11 (0.9 of the rate)", None), (" over TLS, both", "<= 1.25 (0.8)", self.certificate())):
            def ours(tls=tls):
                with self.server(tls=tls) as server:
                    return self.whole(server, path)

            def peer(tls=tls):
                with self.nginx(tls=tls) as nginx:
                    start = time.monotonic()
                    self.curl(nginx, nginx.url + "/file", path, "PUT")
                    run(["sync", os.path.join(nginx.folder, "files/file")])
                    return time.monotonic() - start
            self.pair(f"upload of {self.options.upload} MiB{name} / nginx PUT and sync", bar, ours, peer)

    def bench_tus(self):
        path = self.blob(self.options.upload * MIB)

        def send(server, host, port, address, headers):
            start = time.monotonic()
            size = os.path.getsize(path)
            with open(path, "rb") as file:
                for offset in range(0, size, CHUNK):
                    length = min(CHUNK, size - offset)
                    with socket.create_connection((host, port)) as peer:
                        peer.sendall((f"PATCH {address} HTTP/1.1\r\nHost: {host}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\nConnection: close\r\n"
                                      f"Content-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n{headers}\r\n").encode())
                        peer.sendfile(file, offset, length)
                        answer = peer.recv(65536)
                        if not answer.startswith(b"HTTP/1.1 204"):
                            sys.exit(f"tus: {answer[:300]}")
            seconds = time.monotonic() - start
            self.forget_queue(server)
            return seconds

        def ours():
            with self.server() as server:
                return send(server, "127.0.0.1", server.port, self.tus(server, os.path.getsize(path)), f"Authorization: Bearer {server.key}\r\n")

        def peer():
            with NodeTus(os.path.join(self.work, "tus")) as server:
                server.key = None
                answer = subprocess.run(["curl", "-sS", "-D", "-", "-o", os.devnull, "-X", "POST", "-H", "Tus-Resumable: 1.0.0", "-H",
                                         f"Upload-Length: {os.path.getsize(path)}", f"http://127.0.0.1:{server.port}/files"],
                                        check=True, stdout=subprocess.PIPE, text=True).stdout
                address = re.search(r"(?im)^location: https?://[^/]+(\S+)", answer).group(1)
                return send(server, "127.0.0.1", server.port, address, "")
        self.pair(f"upload of {self.options.upload} MiB in 64 MiB chunks / the Node tus server", "<= 0.33", ours, peer)

    def bench_outcome(self):
        path = self.ratings(self.options.rows)
        size = os.path.getsize(path)

        def ours():
            with self.server() as server, socket.create_connection(("127.0.0.1", server.port)) as peer, open(path, "rb") as file:
                peer.sendall((f"POST /v1/datasets/ratings/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\nPrefer: wait=60\r\n"
                              f"Content-Length: {size}\r\n\r\n").encode())
                peer.sendfile(file)
                start = time.monotonic()
                answer = b""
                while b"\r\n\r\n{" not in answer:
                    answer += peer.recv(65536)
                if b'"published"' not in answer:
                    sys.exit(f"outcome: {answer}")
                return time.monotonic() - start

        def peer():
            with self.server() as server:
                server.child.terminate()
                server.child.wait()
                return run([self.inlet, "load", path, "--project", server.folder, "--dataset", "ratings", "--json"])[0]
        self.pair(f"last byte of {size / 1e6:.0f} MB of CSV -> published / load from disk", "<= 0.5", ours, peer)

    # ---- many at once -------------------------------------------------------------------------------------------------

    def bench_connections(self):
        count = self.options.connections
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1000, max(count + 1000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
        ours, alone, memory = [], [], []
        for _ in range(self.runs):
            with self.server() as server:
                alone.append(self.small(server, self.options.seconds)[1])
            with self.server() as server, Crowd(server, count) as crowd:
                ours.append(self.small(server, self.options.seconds)[1])
                memory.append(server.memory("VmHWM"))
                crowd.check()
        self.add(f"peak memory with {count:,} idle and slow connections", "<= 250 MiB", statistics.median(memory), unit="MiB")
        self.add("  99th percentile of small submissions / without them", "<= 2", statistics.median(ours), statistics.median(alone), unit="ms",
                 runs={"ours": ours, "peer": alone})

    def bench_uploads(self):
        path = self.blob(100 * MIB)
        with self.server() as server:
            server.call("GET", "/v1/datasets")
            idle = server.memory()
            addresses = [self.tus(server, 100 * MIB) for _ in range(100)]
            server.forget_peak()
            clients = [subprocess.Popen(["curl", "-sS", "--fail-with-body", "-o", os.devnull, "-X", "PATCH", "-T", path, "-H", f"Authorization: Bearer {server.key}",
                                         "-H", "Tus-Resumable: 1.0.0", "-H", "Upload-Offset: 0", "-H", "Content-Type: application/offset+octet-stream",
                                         server.url + address]) for address in addresses]
            if any(client.wait() for client in clients):
                sys.exit("uploads: not all were taken")
            self.add("peak memory of 100 uploads of 100 MB at once, above idle", "<= 256 MiB", server.memory("VmHWM") - idle, unit="MiB")

    # ---- after a crash ------------------------------------------------------------------------------------------------

    def bench_recovery(self):
        times, waiting = [], []
        for _ in range(self.runs):
            with self.server() as server:
                address = self.tus(server, 2048 * MIB)
                with socket.create_connection(("127.0.0.1", server.port)) as peer:
                    peer.sendall((f"PATCH {address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                                  f"Content-Type: application/offset+octet-stream\r\nContent-Length: {2048 * MIB}\r\n\r\n").encode())
                    with open(self.blob(1024 * MIB), "rb") as file:
                        peer.sendfile(file)
                    waiting.append(self.pile_up(server))
                    server.child.send_signal(signal.SIGKILL)
                    server.child.wait()
                times.append(server.serve())
        self.add(f"from kill -9 to ready: 1 GiB in flight, {statistics.median(waiting):,.0f} small ones waiting", "<= 3 s", statistics.median(times), unit="s")

    def pile_up(self, server):
        """Small submissions, 50 records behind each other on a connection, while a large delivery is being published. How many wait at the end."""
        large = self.ratings(self.options.rows)
        loading = subprocess.Popen(["curl", "-sS", "-o", os.devnull, "-T", large, "-X", "POST", "-H", f"Authorization: Bearer {server.key}",
                                    server.url + "/v1/datasets/ratings/submissions"])
        loading.wait()
        best = 0
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.small(server, 1)
            waiting = self.count_waiting(server)
            if waiting >= self.options.waiting or waiting < best:
                return waiting
            best = waiting
        return best

    def count_waiting(self, server):
        return float(re.search(r'(?m)^inlet_queue_submissions\{queue="inbox"\} (\S+)$', server.call("GET", "/metrics").text).group(1))


class Crowd:
    """Connections that ask once and are silent after that, and as many that send a request's headers byte by byte. Those that the server closes come
    back."""

    def __init__(self, server, count):
        self.server, self.count = server, count
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.play)
        self.open = 0
        self.failed = None

    def __enter__(self):
        self.thread.start()
        wait_for(lambda: self.failed or self.open >= self.count)
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def check(self):
        if self.failed:
            raise self.failed

    def play(self):
        try:
            self.hold()
        except OSError as error:
            self.failed = error

    def hold(self):
        selector = selectors.DefaultSelector()
        slow = set()
        with contextlib.ExitStack() as sockets:
            def join(is_slow):
                peer = sockets.enter_context(socket.create_connection(("127.0.0.1", self.server.port), timeout=30))
                peer.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n" + (b"X-Slow: " if is_slow else b"\r\n"))
                peer.setblocking(False)
                selector.register(peer, selectors.EVENT_READ, is_slow)
                if is_slow:
                    slow.add(peer)
            for number in range(self.count):
                join(number % 2 == 1)
                self.open += 1
            due = time.monotonic() + 5
            while not self.stop.is_set():
                for key, _ in selector.select(0.2):
                    try:
                        gone = not key.fileobj.recv(65536)
                    except BlockingIOError:
                        continue
                    except OSError:
                        gone = True
                    if gone:
                        selector.unregister(key.fileobj)
                        slow.discard(key.fileobj)
                        key.fileobj.close()
                        join(key.data)
                if time.monotonic() >= due:
                    for peer in list(slow):
                        with contextlib.suppress(OSError):
                            peer.send(b"a")
                    due = time.monotonic() + 5


def main():
    order = ["small", "upload", "tus", "outcome", "connections", "uploads", "recovery"]
    assert sorted(order) == sorted(name.removeprefix("bench_") for name in dir(Bench) if name.startswith("bench_"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which figures: {' '.join(order)} (all)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60, help="of each run of small submissions")
    parser.add_argument("--upload", type=int, default=2048, help="MiB of a large upload")
    parser.add_argument("--rows", type=int, default=CSV_ROWS, help="of the CSV that is received and published")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--waiting", type=int, default=100_000, help="small submissions that wait when the server is killed")
    parser.add_argument("--json", default=os.path.join(ROOT, "build/bench_server.json"))
    parser.add_argument("--work", default=os.path.join(ROOT, "build/bench"))
    options = parser.parse_args()
    for name in options.names:
        if name not in order:
            parser.error(f"unknown figure {name}; there are: {' '.join(order)}")
    bench = Bench(options)
    bench.head(f"{os.cpu_count()} cores, median of {options.runs}")
    for name in options.names or order:
        getattr(bench, "bench_" + name)()
    bench.write(options.json, cores=os.cpu_count())


if __name__ == "__main__":
    main()
