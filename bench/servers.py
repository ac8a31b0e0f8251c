"""The servers that ./dev bench server measures, each on a free port of 127.0.0.1 and stopped by its own pid."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time

from measure import ROOT

PROJECT = """\
project: bench
server:
  limits: {connections: 20000, uploads: 256, disk_free: 64 MiB}
datasets:
  readings:
    schema:
      fields: [{name: sensor}, {name: at, type: datetime}, {name: value, type: number}]
  ratings:
    schema:
      fields:
        - {name: userId, type: integer, constraints: {required: true, minimum: 1}}
        - {name: movieId, type: integer, constraints: {required: true, minimum: 1}}
        - {name: rating, type: number, constraints: {minimum: 0.5, maximum: 5}}
        - {name: timestamp, type: integer, constraints: {minimum: 0}}
  blobs:
    schema: {fields: [{name: bytes}]}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, seconds=120):
    """Asks until the answer is true, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.005)
    raise TimeoutError(f"{what} did not become true in {seconds} s")


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Process:
    """A child that is stopped at the end of the `with`."""

    child = None

    def start(self, command, **more):
        self.child = subprocess.Popen(command, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(60)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def memory(self, line="VmRSS"):
        """MiB."""
        with open(f"/proc/{self.child.pid}/status", encoding="ascii") as file:
            return int(re.search(line + r":\s+(\d+)", file.read()).group(1)) / 1024

    def forget_peak(self):
        with open(f"/proc/{self.child.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")


class Inlet(Process):
    def __init__(self, binary, folder, tls=None, fresh=True):
        self.binary, self.folder, self.tls = binary, folder, tls
        self.key = None
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder, exist_ok=True)
        self.port = free_port()
        with open(os.path.join(folder, "inlet.yaml"), "w", encoding="utf-8") as file:
            certificate = f"  tls: {{certificate: {tls[0]}, key: {tls[1]}}}\n" if tls else ""
            file.write(PROJECT.replace("server:\n", "server:\n" + certificate))

    def __enter__(self):
        self.serve()
        return self

    def serve(self):
        """Seconds from its start until it says that it is ready."""
        start = time.monotonic()
        with open(os.path.join(self.folder, "out.txt"), "a", encoding="utf-8") as out, \
                open(os.path.join(self.folder, "err.txt"), "a", encoding="utf-8") as err:
            self.start([self.binary, "serve", "--project", self.folder, "--listen", f"127.0.0.1:{self.port}", "--quiet", "--json"], stdout=out, stderr=err)
        wait_for(self.is_ready)
        seconds = time.monotonic() - start
        if self.key is None:
            with open(os.path.join(self.folder, "out.txt"), encoding="utf-8") as file:
                self.key = re.search(r"inlet_\w+", file.read()).group(0)
        return seconds

    def is_ready(self):
        if self.child.poll() is not None:
            with open(os.path.join(self.folder, "err.txt"), encoding="utf-8") as file:
                raise RuntimeError("the server ended: " + file.read())
        try:
            return self.call("GET", "/readyz").status == 200
        except OSError:
            return False

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def connect(self):
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=600, context=ssl._create_unverified_context())

    def call(self, method, path, body=None, headers=None, connection=None):
        own = connection or self.connect()
        own.request(method, path, body, {**({"Authorization": f"Bearer {self.key}"} if self.key else {}), **(headers or {})})
        answer = own.getresponse()
        answer.text = answer.read().decode()
        if connection is None:
            own.close()
        return answer


class Nginx(Process):
    """nginx that takes files by PUT into a folder on the same disk."""

    def __init__(self, folder, tls=None):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.join(folder, "files"))
        self.folder, self.tls, self.port = folder, tls, free_port()
        lines = f"ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]};" if tls else ""
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(f"""
{'user root;' if os.getuid() == 0 else ''}
worker_processes auto;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_max_body_size 0;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{self.port}{' ssl' if tls else ''};
    {lines}
    location / {{ root {folder}/files; dav_methods PUT; create_full_put_path on; }}
  }}
}}
""")

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self):
        self.start(["nginx", "-c", os.path.join(self.folder, "nginx.conf"), "-g", "daemon off;"], stderr=subprocess.DEVNULL)
        wait_for(lambda: accepts(self.port))
        return self


class NodeTus(Process):
    """The tus project's server for Node. Its packages are installed at their pinned versions at first use."""

    def __init__(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.folder, self.port = folder, None
        self.home = os.path.join(ROOT, ".deps", "bench-tus-server")

    def __enter__(self):
        shutil.copytree(os.path.join(ROOT, "bench", "tus_server"), self.home, dirs_exist_ok=True)
        subprocess.run(["npm", "ci", "--silent", "--ignore-scripts"], cwd=self.home, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.start(["node", "server.mjs", self.folder], cwd=self.home, stdout=subprocess.PIPE, text=True)
        self.port = int(self.child.stdout.readline())
        return self
