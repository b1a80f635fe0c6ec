"""`moonwit serve` as a command: what it says, and how it stops."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests import projects

SOON = 60
EXAMPLES = Path(__file__).parents[2] / "examples"
INDEX = """
  - {name: web, kind: http.service, addr: "127.0.0.1:0", timeouts: {stop: 500ms}}
  - {name: other, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: false}}
  - {name: api, kind: http.router, meta: {server: web}, prefix: /api/}
  - {name: pages, kind: fs.directory, directory: pages}
  - {name: site, kind: http.static, meta: {server: web}, path: /, fs: pages, static_options: {cache: "max-age=60"}}
  - {name: app, kind: http.static, meta: {server: web}, path: /app, fs: pages, static_options: {spa: true}}
  - name: answer
    kind: function.wat
    source: (module (func (export "answer") (result i32) i32.const 42))
    method: answer
    transport: wasi-http
  - {name: get_answer, kind: http.endpoint, path: /answer, func: answer}
  - {name: get_again, kind: http.endpoint, path: /answer, func: answer}
  - name: wait
    kind: function.lua
    modules: [http, time]
    source: |
      return function()
        local response = http.response()
        response:write("begun ")
        response:flush()
        time.sleep(http.request():query("for"))
        response:write("done")
      end
  - {name: get_wait, kind: http.endpoint, path: /wait, func: wait}
"""


class Server:
    """A server process and what it has said."""

    def __init__(self, *words, cwd=None):
        environ = {name: value for name, value in os.environ.items() if name != "MOONWIT_DEBUG"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moonwit", *words], cwd=cwd, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        self.said = []
        while not re.search(r"listens on http://127.0.0.1:\d+$", line := self.process.stdout.readline().decode()):
            assert line, self.process.stderr.read().decode()
            self.said.append(line)
        self.said.append(line)
        self.port = int(line.rsplit(":", 1)[1])

    def ask(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse()

    def end(self, number=signal.SIGTERM):
        """Sends a signal and gives exit code and output."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=SOON)
        return self.process.returncode, "".join(self.said) + out.decode(), err.decode()


def make_project(tmp_path: Path) -> Path:
    """Makes a project with endpoints and files."""
    projects.write(tmp_path, INDEX)
    pages = tmp_path / "pages"
    (pages / "deep").mkdir(parents=True)
    (pages / "index.html").write_text("<p>home</p>")
    (pages / "deep" / "index.html").write_text("<p>deep</p>")
    (pages / "a b.txt").write_text("text")
    (pages / ".secret").write_text("secret")
    (tmp_path / "outside.txt").write_text("outside")
    (pages / "link.txt").symlink_to("../outside.txt")
    os.mkfifo(pages / "pipe")
    return tmp_path


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One server for all that only asks."""
    server = Server("serve", "--project", str(make_project(tmp_path_factory.mktemp("served"))))
    yield server
    server.process.kill()
    server.process.communicate()


@pytest.fixture
def start(project):
    running = []

    def begin(*words, cwd=None):
        running.append(Server(*(words or ("serve", "--project", str(project))), cwd=cwd))
        return running[-1]

    yield begin
    for server in running:
        server.process.kill()
        server.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_what_it_serves_and_stops_when_told(start, number):
    """The addresses and routes are printed; SIGTERM and Ctrl-C end it with exit code 0, and it says what was asked of it."""
    server = start()
    assert server.ask("/api/answer").read() == b"42"
    status, out, err = server.end(number)
    assert status == 0
    assert re.search(r"t:web listens on http://127.0.0.1:\d+\n  GET /api/answer -> t:answer\n", out)
    assert "files of t:site" in out and "t:other" not in out
    assert "GET /api/answer is answered by another endpoint already" in err
    assert re.search(r" 127.0.0.1 GET /api/answer 200 2 [\d.]+ms ", err)
    assert "GET /api/answer: 1 requests, 0 failed" in err


def test_run_without_a_script_serves(start, project):
    """`moonwit run` in a project that serves something is `moonwit serve`."""
    server = start("run", cwd=project)
    assert server.ask("/api/answer").read() == b"42"
    assert server.end()[0] == 0


@pytest.mark.parametrize("times", [1, 3])
def test_what_runs_is_finished(start, times):
    """A request that runs when the server is told to stop, once or more, gets the rest of its answer; a new one is not taken."""
    server = start()
    response = server.ask("/api/wait?for=300ms")
    assert response.read(6) == b"begun "
    for _ in range(times):
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.02)  # one signal each: those that wait to be delivered are one
    assert response.read() == b"done"
    assert server.process.wait(SOON) == 0
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", server.port))


def test_what_takes_too_long_is_canceled(start):
    """After its grace time a request is canceled, and the server ends with exit code 0."""
    server = start()
    response = server.ask("/api/wait?for=1h")
    assert response.read(6) == b"begun "
    assert server.end()[0] == 0


def test_a_second_interrupt_ends_it_at_once(start):
    """Whoever asks twice does not wait."""
    server = start()
    response = server.ask("/api/wait?for=1h")
    assert response.read(6) == b"begun "
    server.process.send_signal(signal.SIGINT)
    assert b"stopping" in next(line for line in server.process.stderr if b"stopping" in line)
    assert server.end(signal.SIGINT)[0] in (0, 130)


def test_files(served):
    """Files are served with their types, folders by their index; HEAD and ranges work."""
    server = served
    home = server.ask("/")
    assert (home.status, home.read(), home.headers["Content-Type"], home.headers["Cache-Control"]) == (
        200,
        b"<p>home</p>",
        "text/html",
        "max-age=60",
    )
    assert server.ask("/a%20b.txt").read() == b"text"
    assert server.ask("/deep/").read() == b"<p>deep</p>"
    moved = server.ask("/deep")
    assert (moved.status, moved.headers["Location"]) == (308, "/deep/")
    head = server.ask("/index.html", "HEAD")
    assert (head.status, head.headers["Content-Length"], head.read()) == (200, "11", b"")
    part = server.ask("/index.html", Range="bytes=3-6")
    assert (part.status, part.read()) == (206, b"home")
    assert server.ask("/index.html", If_None_Match=home.headers["ETag"]).status == 304
    assert (server.ask("/", "POST").status, server.ask("/", "POST").headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    "path",
    ["/missing", "/../outside.txt", "/%2e%2e/outside.txt", "/link.txt", "/.secret", "/pipe", "/deep/../.secret", "//etc"],
)  # fmt: skip
def test_what_is_not_served(served, path):
    """Nothing outside the folder is served, no hidden file, and nothing that is not a plain file."""
    assert served.ask(path).status == 404


def test_a_single_page_app(served):
    """Paths that are not file show the index, where the entry says so."""
    assert served.ask("/app/some/page").read() == b"<p>home</p>"
    assert served.ask("/some/page").status == 404


def test_an_address_in_use(start, project):
    """An address that somebody else listens on is a failure with a sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        projects.write(project, INDEX.replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        done = subprocess.run([sys.executable, "-m", "moonwit", "serve"], cwd=project, capture_output=True, encoding="utf-8", timeout=SOON)
    assert done.returncode == 1
    assert f"moonwit: the service t:web can't listen on 127.0.0.1:{port}: address already in use" in done.stderr


def test_a_project_that_serves_nothing(tmp_path):
    """Without anything to serve there is a sentence and exit code 1."""
    (tmp_path / "_index.yaml").write_text('version: "1.0"\nnamespace: t\nentries: []\n')
    done = subprocess.run([sys.executable, "-m", "moonwit", "serve"], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=SOON)
    assert (done.returncode, done.stderr.startswith("moonwit: the project serves nothing")) == (1, True)


def test_the_greeting(tmp_path):
    """The seed's example as it stands: an endpoint without a router, on the default address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 8080))
        except OSError:
            pytest.skip("something else listens on 127.0.0.1:8080")
    server = Server("serve", "--project", str(EXAMPLES / "greet"))
    try:
        assert server.said == ["moonwit listens on http://127.0.0.1:8080\n"]
        connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=SOON)
        connection.request("POST", "/api/greet", "Ann")
        response = connection.getresponse()
        assert (response.status, response.headers["Content-Type"], response.read()) == (200, "text/plain; charset=utf-8", b"Hello, Ann!\n")
        assert server.end()[0] == 0
    finally:
        server.process.kill()
        server.process.communicate()


def test_the_json_api(tmp_path):
    """The example's API counts primes in parts side by side, and its page is served."""
    shutil.copytree(EXAMPLES / "json_api", tmp_path / "api")
    index = tmp_path / "api" / "_index.yaml"
    index.write_text(index.read_text().replace("127.0.0.1:8085", "127.0.0.1:0"))
    server = Server("serve", "--project", str(tmp_path / "api"))
    try:
        found = json.loads(server.ask("/api/primes?first=1&last=100000&parts=16").read())
        assert (found["count"], len(found["parts"]), sum(part["count"] for part in found["parts"])) == (9592, 16, 9592)
        wrong = server.ask("/api/primes?first=0&last=10")
        assert (wrong.status, json.loads(wrong.read())["error"]) == (400, "first: expected a whole number from 1 to 5000000, got 0")
        assert b"primes.js" in server.ask("/").read()
        assert server.ask("/primes.js").headers["Content-Type"].endswith("javascript")
        assert server.end()[0] == 0
    finally:
        server.process.kill()
        server.process.communicate()


def test_links_of_a_served_folder(tmp_path):
    """Links within a served folder are followed, also absolute ones; none leads out, not even while it is being swapped."""
    pages = tmp_path / "pages"
    (pages / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (pages / "index.html").write_text("home")
    (pages / "sub" / "a.txt").write_text("inside")
    (pages / "near.txt").symlink_to("sub/a.txt")
    (pages / "absolute.txt").symlink_to(pages / "sub" / "a.txt")
    (pages / "out.txt").symlink_to("../secret.txt")
    (pages / "a.txt").write_text("plain")
    (pages / "a.txt.gz").symlink_to("../secret.txt")
    projects.write(tmp_path, INDEX)
    (tmp_path / "moonwit.yaml").touch()
    server = Server("serve", "--project", str(tmp_path))
    stop = threading.Event()

    def swap():
        spare = pages / "spare"
        while not stop.is_set():
            for make in (lambda: spare.symlink_to("../secret.txt"), lambda: spare.write_text("mine")):
                make()
                spare.replace(pages / "swapped.txt")

    swapper = threading.Thread(target=swap)
    try:
        assert [server.ask(path).read() for path in ("/near.txt", "/absolute.txt")] == [b"inside"] * 2
        assert server.ask("/out.txt").status == 404
        assert server.ask("/a.txt", Accept_Encoding="gzip").read() == b"plain"
        swapper.start()
        answers = [server.ask("/swapped.txt") for _ in range(300)]
        assert not [answer for answer in answers if b"secret" in answer.read()]
        open_files = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        for _ in range(50):
            server.ask("/near.txt").read()
        assert len(os.listdir(f"/proc/{server.process.pid}/fd")) < open_files + 25
    finally:
        stop.set()
        if swapper.ident is not None:
            swapper.join()
        server.process.kill()
        server.process.wait()
