"""Delivery agents that take the mail of a correct server to the road where a run looks for it, and misbehave there.

Usage: roads.py NAME INCOMING ROAD   (roads.py list: the names)
  INCOMING   the Maildir into which the server delivers; each message is taken out of it
  ROAD       where the run looks: a Maildir, an mbox, or the port of a sink, as the behaviour wants it (ROADS)

driver.py, beside it, plays the suite with each.

Says "ready" when the run may begin, and goes on until SIGTERM. What a behaviour does it does in the midst of the run:
from the message on that is number FIRST, and again every EVERY messages, at most TIMES times.
"""
import os
import pathlib
import re
import smtplib
import socket
import sys
import time

MEBIBYTE = 1 << 20
FIRST, EVERY, TIMES = 30, 12, 2  # the survey and the first canary are over by then
NOBODYS = b"Subject: t0000000000000000\r\n\r\n"


class Maildir:
    """Puts messages there as they came."""
    kind = "maildir"

    def __init__(self, road):
        self.road = self.stored_in = pathlib.Path(road)
        self.number = 0
        for part in ("tmp", "new", "cur"):
            (self.road / part).mkdir(parents=True, exist_ok=True)

    def name(self):
        self.number += 1
        return f"{int(time.time())}.{self.number:07}.agent"

    def put(self, message, size=0):
        """One message, of at least so many octets, the last of them a hole; its path."""
        name = self.name()
        path = self.stored_in / "tmp" / name
        path.write_bytes(message)
        if size > len(message):
            os.truncate(path, size)
        path.rename(self.stored_in / "new" / name)
        return self.stored_in / "new" / name

    def put_again(self, path, times):
        for _ in range(times):
            os.link(path, self.stored_in / "new" / self.name())


class Mbox:
    """Appends messages, quoted as in mboxrd."""
    kind = "mbox"

    def __init__(self, road):
        self.road = pathlib.Path(road)
        self.road.touch()

    def append(self, octets):
        with open(self.road, "ab") as file:
            file.write(octets)

    @staticmethod
    def entry(message):
        sender = re.match(rb"(?:.*\r?\n)*?Return-Path: *<(.*?)>", message[:2000], re.IGNORECASE)
        quoted = re.sub(rb"^(>*From )", rb">\1", message, flags=re.MULTILINE)
        return (b"From " + (sender and sender[1] or b"MAILER-DAEMON") + b" Sat Nov 21 00:00:00 2026\n" + quoted +
                (b"" if quoted.endswith(b"\n") else b"\n") + b"\n")

    def put(self, message, size=0):
        self.append(self.entry(message + b"x" * (size - len(message))))


class Sink:
    """Relays messages, one connection each."""
    kind = "sink"

    def __init__(self, road):
        self.port = int(road)

    def put(self, message, size=0):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            client.ehlo("agent.example")
            client.docmd("MAIL FROM:<a@agent.example>")
            client.docmd("RCPT TO:<b@agent.example>")
            client.send(b"BDAT %d LAST\r\n" % max(len(message), size) + message + b"x" * (size - len(message)))
            client.getreply()


# What a behaviour does: given the road and the message whose turn it is, delivers it, and whatever else it likes.
def as_it_should(road, message):
    road.put(message)


def sparse(road, message):
    road.put(message)
    road.put(NOBODYS + b"no token that lives", 250 * MEBIBYTE)


def sparse_nameless(road, message):
    road.put(message)
    road.put(b"no token at all", 250 * MEBIBYTE)


def many(road, message):
    road.put(message)
    road.put_again(road.put(NOBODYS, MEBIBYTE), 399)


def many_living(road, message):
    road.put_again(road.put(message, MEBIBYTE), 399)


def copies(road, message):
    road.put_again(road.put(message + b"\xe4" * (15 * MEBIBYTE)), 29)


def copies_relayed(road, message):
    for _ in range(30):
        road.put(message, 15 * MEBIBYTE)


def grown(road, message):
    road.put(message + b"\xe4" * (15 * MEBIBYTE))


def made_up_tokens(road, message):
    road.put(message)
    road.put(b"".join(b"t%016x" % (number + (os.getpid() << 32)) for number in range(8 * MEBIBYTE // 17)))


def odd(road, message):
    road.put(message)
    os.mkfifo(road.stored_in / "new" / road.name())
    (road.stored_in / "new" / road.name()).mkdir()
    (road.stored_in / "new" / road.name()).symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as bound:
        here = os.getcwd()
        os.chdir(road.stored_in / "new")  # the path of a socket must be short
        bound.bind(road.name())
        os.chdir(here)


def written_to(road, message):
    road.put(message)
    with open(road.stored_in / "new" / road.name(), "wb", buffering=0) as file:
        for _ in range(20):
            file.write(NOBODYS * 1000)
            time.sleep(0.02)


def moved(road, message):
    """An eager mail reader takes each message and changes its flags."""
    road.put(message)
    for path in (road.stored_in / "new").iterdir():
        path = path.rename(road.stored_in / "cur" / (path.name + ":2,"))
        for flags in ("S", "RS", "FRS"):
            path = path.rename(path.with_name(path.name.split(":")[0] + ":2," + flags))


def taken_away(road, message):
    """The server has it open, so it goes on delivering there."""
    if road.stored_in == road.road:
        road.stored_in = road.road.rename(road.road.with_suffix(".away"))
    road.put(message)


def away_and_back(road, message):
    away = road.road.rename(road.road.with_suffix(".away"))
    time.sleep(0.3)
    away.rename(road.road)
    road.put(message)


def growing(road, message):
    """A message that is written to for a while, and ends as it should."""
    entry = road.entry(NOBODYS)
    road.append(entry[:-1])
    for _ in range(20):
        road.append(b"x" * MEBIBYTE)
        time.sleep(0.05)
    road.append(b"\n\n" + road.entry(message))


def gigabytes(road, message):
    os.truncate(road.road, road.road.stat().st_size + 2048 * MEBIBYTE)
    road.append(b"\n\n")
    road.put(message)


def tiny_messages(road, message):
    road.append(b"From x\n\n" * MEBIBYTE)
    road.put(message)


def written_anew(road, message):
    other = road.road.with_suffix(".new")
    other.write_bytes(road.road.read_bytes())
    other.rename(road.road)
    road.put(message)


def emptied(road, message):
    os.truncate(road.road, 0)
    road.put(message)


def linked(road, message):
    away = road.road.rename(road.road.with_suffix(".away"))
    road.road.symlink_to("/dev/zero")
    time.sleep(0.3)
    away.rename(road.road)
    road.put(message)


def hundred_thousand(road):
    """Before the run begins. A file system bounds the links that a file may have."""
    for _ in range(10):
        road.put_again(road.put(NOBODYS), 9_999)


# Name, road, what it does, what it does before the run; what the suite may come to beside what it comes to without it:
# SAME nothing, UNDECIDED what was under way decides nothing, FOUND the changed and doubled mail is found, LOST all that
# is delivered from then on decides nothing.
SAME, UNDECIDED, FOUND, LOST = "same", "undecided", "found", "lost"
ROADS = {
    "maildir-sparse": (Maildir, sparse, None, UNDECIDED),
    "maildir-nameless": (Maildir, sparse_nameless, None, UNDECIDED),
    "maildir-many": (Maildir, many, None, SAME),
    "maildir-many-living": (Maildir, many_living, None, FOUND),
    "maildir-copies": (Maildir, copies, None, FOUND),
    "maildir-grown": (Maildir, grown, None, FOUND),
    "maildir-tokens": (Maildir, made_up_tokens, None, SAME),
    "maildir-odd": (Maildir, odd, None, UNDECIDED),
    "maildir-written-to": (Maildir, written_to, None, UNDECIDED),
    "maildir-moved": (Maildir, moved, None, SAME),
    "maildir-taken-away": (Maildir, taken_away, None, LOST),
    "maildir-away-and-back": (Maildir, away_and_back, None, UNDECIDED),
    "maildir-old": (Maildir, as_it_should, hundred_thousand, SAME),
    "mbox-growing": (Mbox, growing, None, UNDECIDED),
    "mbox-gigabytes": (Mbox, gigabytes, None, UNDECIDED),
    "mbox-tiny": (Mbox, tiny_messages, None, SAME),
    "mbox-tokens": (Mbox, made_up_tokens, None, SAME),
    "mbox-grown": (Mbox, grown, None, FOUND),
    "mbox-written-anew": (Mbox, written_anew, None, UNDECIDED),
    "mbox-emptied": (Mbox, emptied, None, UNDECIDED),
    "mbox-linked": (Mbox, linked, None, UNDECIDED),
    "sink-copies": (Sink, copies_relayed, None, FOUND),
    "sink-grown": (Sink, grown, None, FOUND),
    "sink-tokens": (Sink, made_up_tokens, None, SAME),
}
# The runs that these are compared with.
CALM = {f"{kind.kind}-calm": (kind, as_it_should, None, SAME) for kind in (Maildir, Mbox, Sink)}


def main(name, incoming, road):
    kind, act, before, _ = (ROADS | CALM)[name]
    road = kind(road)
    if before:
        before(road)
    new = pathlib.Path(incoming) / "new"
    new.mkdir(parents=True, exist_ok=True)
    print("ready", flush=True)
    number = 0
    while True:
        for path in sorted(new.iterdir()):
            message = path.read_bytes()
            path.unlink()
            number += 1
            turn, rest = divmod(number - FIRST, EVERY)
            its_turn = rest == 0 and 0 <= turn < TIMES
            (act if its_turn or act in (moved, taken_away) and turn >= 0 else as_it_should)(road, message)
        time.sleep(0.01)


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        print("\n".join(ROADS))
    else:
        main(*sys.argv[1:])
