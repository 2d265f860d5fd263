"""Small odd servers. Each is the reference server behind a listener that passes octets on both ways, and has one oddity:
a few lines that change a command or a reply on its way, or who is let in. A session that is looked at has no TLS."""
import asyncio
import contextlib
import re
import signal
import ssl
import subprocess
import time

from smtpspec_ci import processes

SECONDS = 3600  # no server lives longer


class Odd:
    """Passes everything on. A doc string of a subclass says what is odd; its methods do it."""
    looks = False  # at commands and replies
    tls = False  # from the first octet, and ended here
    faults = ()  # of the reference server
    profile = "mx"
    told_as = ""  # the profile that its target file says, where that is another
    maildir = False  # delivers into a Maildir, not to the sink
    opened = 0  # sessions at this time

    def refuses(self):
        """Whether a new session is turned away with 421."""

    def backend(self, peer, usual, _other):
        """Of the two reference servers, the one for this client."""
        return usual

    def command(self, _session, line):
        """What the server is given in place of this line."""
        return line

    def keywords(self, lines):
        """The lines of a reply to EHLO."""
        return lines

    async def reply(self, _session, lines):
        """The lines of a reply, without CRLF: what the client is given in their place."""
        return lines

    def relayed(self, line):
        """A command on its way to the sink."""
        return line


class Session:
    """A client's session and the one with the server behind it."""

    def __init__(self, odd, command, looks):
        self.odd, self.command, self.looks = odd, command, looks
        self.held, self.chunk = b"", 0
        self.in_message = self.begun = False  # from DATA on; from 354 on
        self.replies = self.counted = 0  # `counted` is for an oddity's use
        self.over = False

    def commands(self, octets):
        """What the server gets of the client's octets: whole command lines, and messages and chunks as they come."""
        self.held += octets
        passed = b""
        while self.held and (self.chunk or self.in_message or b"\n" in self.held or len(self.held) > 8000):
            if self.chunk or self.in_message:
                end = min(self.chunk or len(self.held), len(self.held))
                self.chunk -= min(self.chunk, end)
                passed += self.held[:end]
            else:
                end = self.held.find(b"\n") + 1 or len(self.held)
                line = self.held[:end]
                if chunk := re.match(rb"(?i)BDAT (\d{1,9})[ \r]", line):
                    self.chunk = int(chunk[1])
                self.in_message = re.match(rb"(?i)DATA\b", line) is not None
                passed += self.command(self, line)
            self.held = self.held[end:]
        return passed

    async def up(self, reader, writer):
        """Client to server."""
        try:
            while octets := await reader.read(65536):
                writer.write(self.commands(octets) if self.looks else octets)
                await writer.drain()
            writer.write(self.held)
            writer.write_eof()
        except OSError:
            writer.transport.abort()  # so that the other way ends as well

    async def down(self, reader, writer):
        """Server to client."""
        lines = []
        while not self.over and (octets := await (reader.readline() if self.looks else reader.read(65536))):
            if self.looks:
                lines.append(octets.rstrip(b"\r\n"))
                if lines[-1][3:4] == b"-":
                    continue
                octets = b"".join(line + b"\r\n" for line in await self.shown(lines))
                lines = []
            writer.write(octets)
            await writer.drain()

    async def shown(self, lines):
        if lines[0].startswith(b"354"):
            self.begun = True
        elif self.begun or lines[0][:1] in b"45":
            self.in_message = self.begun = False
        if any(line[4:] == b"PIPELINING" for line in lines):
            lines = self.odd.keywords([line for line in lines if line[4:] != b"STARTTLS"])
            lines = [line[:3] + b"-" + line[4:] for line in lines[:-1]] + [lines[-1][:3] + b" " + lines[-1][4:]]
        lines = await self.odd.reply(self, lines)
        self.replies += 1
        return lines

    async def play(self, client, server):
        (client_reader, client_writer), (server_reader, server_writer) = client, server
        up = asyncio.ensure_future(self.up(client_reader, server_writer))
        try:
            await self.down(server_reader, client_writer)
        finally:
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
            server_writer.close()


class NoNoop(Odd):
    """Does not know NOOP."""
    looks = True

    def command(self, _, line):
        return b"X" + line[1:] if re.match(rb"(?i)NOOP\b", line) else line


class HeloOnly(Odd):
    """Knows HELO, and no EHLO."""
    looks = True

    def command(self, _, line):
        return b"X" + line[1:] if re.match(rb"(?i)EHLO\b", line) else line


class Keyword(Odd):
    looks = True
    line = b""

    def keywords(self, lines):
        return [*lines, b"250 " + self.line]


class AuthEquals(Keyword):
    """Lists AUTH=PLAIN LOGIN, which is no keyword."""
    line = b"AUTH=PLAIN LOGIN"


class AuthEmpty(Keyword):
    """Lists AUTH without a mechanism."""
    line = b"AUTH "

    def keywords(self, lines):
        return super().keywords([line for line in lines if line[4:8] != b"AUTH"])


class EmptyKeyword(Keyword):
    """Its reply to EHLO ends in a line without a keyword."""


class FiveAtATime(Odd):
    """Takes five sessions at a time, and answers others with 421."""

    def refuses(self):
        return self.opened >= 5


class FourASecond(Odd):
    """Takes four sessions a second, and answers others with 421."""
    begun = 0.0
    left = 4

    def refuses(self):
        now = time.monotonic()
        if now - self.begun >= 1:
            self.begun, self.left = now, 4
        self.left -= 1
        return self.left < 0


class ClosesAfterError(Odd):
    """Closes the connection after every reply of 5yz."""
    looks = True

    async def reply(self, session, lines):
        session.over = lines[0].startswith(b"5")
        return lines


class OneTooMany(Odd):
    """Ends a session at a command that is one too many."""
    looks = True
    most, verb = 0, b""
    words = [b"421 4.7.0 Too much for one session"]

    def command(self, session, line):
        session.counted += re.match(self.verb, line) is not None
        return b"QUIT\r\n" if session.counted > self.most else line

    async def reply(self, session, lines):
        return self.words if session.counted > self.most and lines[0].startswith(b"221") else lines


class TenCommands(OneTooMany):
    """Answers an eleventh command that is no mail with 554, and closes."""
    most, verb = 10, rb"(?i)(?!(MAIL|RCPT|DATA|BDAT|QUIT)\b)"
    words = [b"554 5.7.0 Too many commands that are no mail"]


class TenRecipients(OneTooMany):
    """Ends a session by 421 at its eleventh recipient."""
    most, verb = 10, rb"(?i)RCPT\b"


class FiveMessages(OneTooMany):
    """Ends a session by 421 at its sixth MAIL, as Exim does at smtp_accept_max_per_connection."""
    most, verb = 5, rb"(?i)MAIL\b"


class OneMessage(OneTooMany):
    """Closes a session at its second MAIL, without a word."""
    most, verb, words = 1, rb"(?i)MAIL\b", []


class Faulty(Odd):
    """Has its faults for everybody."""

    def backend(self, _peer, _usual, other):
        return other


class FiftyRecipients(Faulty):
    """Refuses the recipients of a message after the fiftieth by 452."""
    faults = ("few-recipients",)


class FiftyThousandOctets(Faulty):
    """Refuses a message of more than 50,000 octets by 552, and announces more."""
    faults = ("agreed-size-refused",)


class Aliases(Odd):
    """alice@example.test is delivered to alice@sink.test."""

    def relayed(self, line):
        return re.sub(rb"(?i)^(RCPT TO:<)alice@example\.test>", rb"\1alice@sink.test>", line)


class LoginFirst(Odd):
    """Submission: a login comes before MAIL."""
    profile = "submission"


class LoginFirstToldAsMx(LoginFirst):
    """The same, and its target file does not know."""
    told_as = "mx"


class AwaitsCloseNotify(Odd):
    """TLS from the first octet; when it closes, it waits for the client's close_notify, as Python's asyncio does."""
    looks, tls = True, True


class Tarpit(Odd):
    """Takes 12 s to answer with an error."""
    looks = True

    async def reply(self, _, lines):
        if lines[0][:1] in b"45":
            await asyncio.sleep(12)
        return lines


class TrustsLoopback(Odd):
    """Relays for 127.0.0.1, which it trusts, and for no other address."""
    faults = ("open-relay",)

    def backend(self, peer, usual, other):
        return other if peer == "127.0.0.1" else usual


class NoEnvelopes(Odd):
    """Delivers into a Maildir without Delivered-To and Return-Path."""
    maildir = True


class Greeting(Odd):
    looks = True

    async def reply(self, session, lines):
        return lines if session.replies else self.greeting(lines[0])

    def greeting(self, line):
        return [line]


class GreetingOfSpaces(Greeting):
    """Each of the two lines of its greeting has a space after the code."""

    def greeting(self, line):
        return [line, b"220 ready"]


class GreetingWithoutEnd(Greeting):
    """The last line of its greeting has a hyphen after the code."""

    def greeting(self, line):
        return [b"220-" + line[4:], b"220-ready"]


class EhloOfSpaces(Odd):
    """Each line of its reply to EHLO has a space after the code."""
    looks = True

    async def reply(self, _, lines):
        return [line[:3] + b" " + line[4:] for line in lines]


class EhloWithoutEnd(Odd):
    """The last line of its reply to EHLO has a hyphen after the code."""
    looks = True

    async def reply(self, _, lines):
        return [line[:3] + b"-" + line[4:] for line in lines] if len(lines) > 2 else lines


SERVERS = {
    "plain": Odd, "no-noop": NoNoop, "helo-only": HeloOnly, "auth-equals": AuthEquals, "auth-empty": AuthEmpty,
    "empty-keyword": EmptyKeyword, "five-at-a-time": FiveAtATime, "four-a-second": FourASecond,
    "closes-after-error": ClosesAfterError, "ten-commands": TenCommands, "ten-recipients": TenRecipients,
    "five-messages": FiveMessages, "one-message": OneMessage, "fifty-recipients": FiftyRecipients,
    "fifty-thousand-octets": FiftyThousandOctets, "aliases": Aliases, "login-first": LoginFirst,
    "login-first-told-as-mx": LoginFirstToldAsMx,
    "awaits-close-notify": AwaitsCloseNotify, "tarpit": Tarpit, "trusts-loopback": TrustsLoopback,
    "no-envelopes": NoEnvelopes, "greeting-of-spaces": GreetingOfSpaces, "greeting-without-end": GreetingWithoutEnd,
    "ehlo-of-spaces": EhloOfSpaces, "ehlo-without-end": EhloWithoutEnd,
}
TARGET = """name = "{name}"
address = "{scheme}://127.0.0.1:{port}"
profile = "{profile}"

[mail]
domain = "example.test"
accepts = ["alice@example.test", "bob@example.test"]
rejects = ["nobody@example.test"]
foreign = ["someone@elsewhere.example"]
sender = "sender@client.example"

[auth]
user = "alice"
password = "secret"

[delivery]
{delivery}
"""


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                    "/CN=odd.example.test", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"], check=True,
                   stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


async def listen(play, port=0, tls=None):
    """Plays each session that comes in; the port."""
    sessions = set()  # asyncio itself does not keep them

    async def serve(reader, writer):
        sessions.add(asyncio.current_task())
        with contextlib.suppress(OSError):
            try:
                await play(reader, writer)
            finally:
                writer.close()
                await writer.wait_closed()
        sessions.discard(asyncio.current_task())
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=500, ssl=tls)
    return server.sockets[0].getsockname()[1]


async def strip(source, target):
    """Moves what comes into a Maildir to another, without the fields that tell the envelope."""
    for folder in (target / "new", target / "tmp", target / "cur", source / "new"):
        folder.mkdir(parents=True, exist_ok=True)
    while True:
        for file in list((source / "new").iterdir()):
            message = file.read_bytes()
            told = re.match(rb"(?:(?:Return-Path|Delivered-To|X-Original-To):[^\n]*\n)*", message).end()
            (target / "tmp" / file.name).write_bytes(message[told:])
            (target / "tmp" / file.name).rename(target / "new" / file.name)
            file.unlink()
        await asyncio.sleep(0.02)


class Server:
    """An odd server, the reference servers behind it, and its road to the sink."""

    def __init__(self, smtpspec, name, folder, sink):
        self.smtpspec, self.name, self.folder, self.sink = smtpspec, name, folder, sink or processes.free_port()
        self.odd = SERVERS[name]()
        self.processes, self.backends = [], []

    async def to_server(self, reader, writer):
        if self.odd.refuses():
            writer.write(b"421 4.7.0 Too many sessions; try again later\r\n")
            return
        self.odd.opened += 1
        try:
            peer = writer.get_extra_info("peername")[0]
            behind = await asyncio.open_connection("127.0.0.1", self.odd.backend(peer, *self.backends))
            await Session(self.odd, self.command, self.odd.looks).play((reader, writer), behind)
        finally:
            self.odd.opened -= 1

    def command(self, session, line):
        return self.odd.command(session, b"X" + line[1:] if re.match(rb"(?i)STARTTLS\b", line) else line)

    async def to_sink(self, reader, writer):
        session = Session(Odd(), lambda _, line: self.odd.relayed(line), looks=True)
        await session.play((reader, writer), await asyncio.open_connection("127.0.0.1", self.sink))

    async def reference(self, *options):
        """Starts a reference server."""
        limited = ["timeout", "--foreground", str(SECONDS), self.smtpspec, "serve", "127.0.0.1:0"]
        process = await asyncio.create_subprocess_exec(*limited, "--profile", self.odd.profile, "--user", "alice:secret",
                                                       *options, stdout=subprocess.PIPE)
        self.processes.append(process)
        said = await process.stdout.readline()  # listening on 127.0.0.1:PORT (mx)
        self.backends.append(int(said.split(b":")[1].split()[0]))

    def write_target(self, port):
        """Written aside first: it is there when the server is."""
        road = f'maildir = "{self.folder / "Maildir"}"' if self.odd.maildir else f'sink = "127.0.0.1:{self.sink}"'
        text = TARGET.format(name=self.name, scheme="smtps" if self.odd.tls else "smtp", port=port, delivery=road,
                             profile=self.odd.told_as or self.odd.profile)
        (self.folder / "target.new").write_text(text)
        (self.folder / "target.new").rename(self.folder / "target.toml")

    async def start(self, port):
        if self.odd.maildir:
            self.stripping = asyncio.ensure_future(strip(self.folder / "delivered", self.folder / "Maildir"))
            road = ["--maildir", self.folder / "delivered"]
        else:
            road = ["--relay", f"127.0.0.1:{await listen(self.to_sink)}"]
        await self.reference(*road)
        await self.reference(*road, *(word for fault in self.odd.faults for word in ("--fault", fault)))
        port = await listen(self.to_server, port, certificate(self.folder) if self.odd.tls else None)
        self.write_target(port)
        print(f"{self.name} listens on 127.0.0.1:{port}; its target file is {self.folder / 'target.toml'}", flush=True)

    def end(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()


async def serve(smtpspec, name, folder, port=0, sink=0):
    """Starts the server, and writes its target file into the folder; ends by a signal, or after an hour."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, asyncio.current_task().cancel)
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(smtpspec, name, folder, sink)
    try:
        await server.start(port)
        await asyncio.gather(*(process.wait() for process in server.processes))
    finally:
        server.end()
