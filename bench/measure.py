"""What every bench shares: figures with their ratio to a peer, and the peers' servers."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(command, **more):
    """Seconds and output of a whole process. Exit codes but 0 and 1 (a delivery was rejected) end the bench."""
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    seconds = time.monotonic() - start
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return seconds, done.stdout


class Figures:
    """A table that is printed as it grows, and written as JSON at the end."""

    def __init__(self, runs):
        self.runs = runs
        self.results = []

    def head(self, remark):
        print(f"{'figure':66} {'ours':>9} {'peer':>9} {'ratio':>7}  bar   ({remark})")

    def pair(self, name, bar, ours, peer, runs=None, unit="s"):
        """Medians of ours and the peer's, in turn, and their ratio."""
        a, b = [], []
        for _ in range(runs or self.runs):
            a.append(ours())
            b.append(peer())
        self.add(name, bar, statistics.median(a), statistics.median(b), unit, {"ours": a, "peer": b})

    def add(self, name, bar, ours, peer=None, unit="s", runs=None):
        ratio = ours / peer if peer else None
        self.results.append({"name": name, "ours": ours, "peer": peer, "ratio": ratio, "bar": bar, "unit": unit, "runs": runs})
        shown = f"{ours:9.3f} {peer:9.3f} {ratio:7.2f}" if peer else f"{ours:9.3f} {'':9} {'':7}"
        print(f"{name:66} {shown}  {bar}", flush=True)

    def write(self, path, **more):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**more, "runs": self.runs, "figures": self.results}, file, indent=1)
        print(f"written to {path}")


def find_postgres():
    """The folder of the newest PostgreSQL's programs, or nothing."""
    base = "/usr/lib/postgresql"
    if not os.path.isdir(base):
        return None
    return os.path.join(base, sorted(os.listdir(base))[-1], "bin")


class Postgres:
    """A PostgreSQL server of our own, on a Unix socket, stopped by its own pid file."""

    def __init__(self, binaries, folder):
        self.binaries, self.folder = binaries, folder

    def as_server(self, *command):
        own = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        return subprocess.run([*own, *command], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.as_server(f"{self.binaries}/initdb", "-D", f"{self.folder}/data", "--auth=trust", "-U", "bench")
        self.as_server(f"{self.binaries}/pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o",
                       f"-k {self.folder} -c listen_addresses=", "start")
        return lambda sql: subprocess.run(["psql", "-q", "-h", self.folder, "-U", "bench", "-d", "postgres", "-c", sql], check=True)

    def __exit__(self, *_):
        self.as_server(f"{self.binaries}/pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
