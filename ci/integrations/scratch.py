"""What the tests of this folder share: a scratch repository with a gate, a Debian package and a root to install it in, and
an https server. SMTPSPEC in the environment is the program, in the build folder that made it."""
import contextlib
import functools
import http.server
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMTPSPEC = Path(os.environ["SMTPSPEC"]).resolve()
BUILD = next(folder for folder in SMTPSPEC.parents if (folder / "CMakeCache.txt").is_file())
LONG_ENOUGH = 120  # seconds
TARGET = """
name = "scratch"
address = "smtp://127.0.0.1:{port}"

[mail]
accepts = ["alice@example.test"]

[delivery]
sink = "127.0.0.1:{sink}"

[server]
start = ["smtpspec", "serve", "127.0.0.1:{port}", "--relay", "127.0.0.1:{sink}"{fault}]
"""
# A fault that is a finding, one that breaks the same requirement otherwise, and one that breaks another.
FAULT, OTHERWISE, ANOTHER = "busy-in-transaction", "other-commands-reset", "commands-hang-up"
FILTER = ("no-effect-on-the-transaction/noop", "vrfy-forms")  # rows that show them
APT = """
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "/dev/null";
Dir::State "{folder}/state";
Dir::State::Status "/var/lib/dpkg/status";
Dir::Cache "{folder}/cache";
Dir::Log "{folder}/log";
DPkg::Options {{ "--root={folder}/root"; "--log=/dev/null"; "--force-depends"; }};
"""


def done(*command, **more):
    """Runs it to its end; standard output and error in one."""
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=LONG_ENOUGH, check=False, **more)


def must(*command, **more):
    ended = done(*command, **more)
    if ended.returncode != 0:
        raise AssertionError(f"{command} ended by {ended.returncode}:\n{ended.stdout}")
    return ended.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@functools.lru_cache
def _kept():
    return tempfile.TemporaryDirectory()


@functools.lru_cache
def package():
    """The program's Debian package, made of the build folder."""
    folder = Path(_kept().name)
    must("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder, "-D", "CPACK_COMPONENTS_ALL=program")
    (found,) = folder.glob("smtpspec_*.deb")
    return found


def apt_root(folder):
    """The environment in which apt, knowing what this machine has and no source of more, installs into folder/root alone."""
    for name in ("state/lists/partial", "cache/archives/partial", "log", "root/var/lib/dpkg/updates", "root/var/lib/dpkg/info"):
        (folder / name).mkdir(parents=True)
    (folder / "root/var/lib/dpkg/status").touch()
    (folder / "apt.conf").write_text(APT.format(folder=folder))
    return {"APT_CONFIG": str(folder / "apt.conf"), "PATH": f"{folder}/root/usr/bin:{os.environ['PATH']}"}


@contextlib.contextmanager
def https_server(served, folder):
    """Gives the address of the folder `served` and the file of the authority that curl is to trust."""
    must("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=served)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"https://localhost:{server.server_port}", folder / "certificate.pem"
        finally:
            server.shutdown()
            thread.join()


class Scratch(unittest.TestCase):
    """A test with a folder of its own: somebody's repository, `work`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.work = self.folder / "work"
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "smtpspec").symlink_to(SMTPSPEC)
        self.with_smtpspec = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        self.port, self.sink = free_port(), free_port()
        self.work.mkdir()

    def environment(self, **more):
        return {**os.environ, **self.with_smtpspec, **more}

    def write_target(self, fault=""):
        self.write("target.toml", TARGET.format(port=self.port, sink=self.sink, fault=fault and f', "--fault", "{fault}"'))

    def write(self, name, text):
        (self.work / name).parent.mkdir(parents=True, exist_ok=True)
        (self.work / name).write_text(text)

    def smtpspec(self, *words):
        return done(SMTPSPEC, *words, cwd=self.work, env=self.environment())

    def expect(self, ended, code, *texts):
        self.assertEqual(ended.returncode, code, ended.stdout)
        for text in texts:
            self.assertIn(text, ended.stdout)
