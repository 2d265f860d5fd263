"""What the odd servers change on the way, and what is held against a run."""
import asyncio
import json
import tempfile
import unittest
from pathlib import Path

from smtpspec_ci import baselines, odd
from smtpspec_ci.odd_servers import SERVERS, Session


def passed(name, *octets):
    """What the server behind this odd one gets."""
    one = SERVERS[name]()
    session = Session(one, one.command, looks=True)
    return b"".join(session.commands(each) for each in octets)


def shown(name, reply):
    """What its client gets."""
    one = SERVERS[name]()
    return asyncio.run(Session(one, one.command, looks=True).shown(reply))


class Odd(unittest.TestCase):
    def test_commands(self):
        self.assertEqual(passed("no-noop", b"NO", b"OP\r", b"\nNOOPS\r\nRSET\r\n"), b"XOOP\r\nNOOPS\r\nRSET\r\n")
        self.assertEqual(passed("no-noop", b"BDAT 6\r\nNOOP\r\nNOOP\r\n"), b"BDAT 6\r\nNOOP\r\nXOOP\r\n")
        self.assertEqual(passed("no-noop", b"DATA\r\nNOOP\r\n"), b"DATA\r\nNOOP\r\n")
        ten = b"RSET\r\nMAIL FROM:<>\r\n" * 10
        self.assertEqual(passed("ten-commands", ten, b"NOOP\r\n"), ten + b"QUIT\r\n")
        self.assertEqual(passed("ten-recipients", b"RCPT TO:<a>\r\n" * 11), b"RCPT TO:<a>\r\n" * 10 + b"QUIT\r\n")
        self.assertEqual(passed("one-message", b"MAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\n"), b"MAIL FROM:<>\r\nRSET\r\nQUIT\r\n")

    def test_replies(self):
        ehlo = [b"250-a", b"250-STARTTLS", b"250-AUTH PLAIN", b"250 PIPELINING"]
        self.assertEqual(shown("plain", ehlo), [b"250-a", b"250-AUTH PLAIN", b"250 PIPELINING"])
        self.assertEqual(shown("auth-empty", ehlo), [b"250-a", b"250-PIPELINING", b"250 AUTH "])
        self.assertEqual(shown("empty-keyword", ehlo)[-1], b"250 ")
        self.assertEqual(shown("greeting-of-spaces", [b"220 a"]), [b"220 a", b"220 ready"])

    def test_complaints(self):
        passed = [{"outcome": "pass"}] * 1300

        def said(name, code, *findings, seconds=1, lines=1, scenarios=passed):
            results = {"scenarios": scenarios, "findings": [{"scenarios": rows.split()} for rows in findings]}
            return "; ".join(odd.complaints(name, code, seconds, lines, results))

        self.assertEqual(said("plain", 0, "some/row", "other"), "")
        self.assertIn("3 rows in other findings", said("plain", 0, "a", "b c"))
        self.assertEqual(said("plain", 1, seconds=60, lines=200), "exit code 1, not 0; too slow; too long")
        self.assertEqual(said("no-noop", 1, "a survey/noop b", "other"), "")
        self.assertIn("what is true was not found", said("no-noop", 1, "other"))
        self.assertIn("what is true is not the first finding", said("no-noop", 1, "other", "noop"))
        few = [{"outcome": outcome} for outcome in ("pass", "warn", "blocked")]
        self.assertEqual(said("plain", 0, scenarios=few), "2 rows decided, not 1300")


class Baselines(unittest.TestCase):
    def test_renewed(self):
        def row(name, outcome, actual=""):
            return {"id": name, "outcome": outcome, "cause": "reply", "decided_by": "rfc/1", "actual": actual, "reason": ""}

        with tempfile.TemporaryDirectory() as folder:
            file, results = Path(folder) / "expected.toml", Path(folder) / "results.json"
            file.write_text('# Head.\n\n[[expect]]\nscenario = "gone"\noutcome = "fail"\nreason = "no more"\n'
                            '\n[[expect]]\nscenario = "lf/a"\noutcome = "fail"\nreason = "LF"\n')
            results.write_text(json.dumps({"scenarios": [row("lf/a", "fail"), row("lf/b", "fail"), row("lf-too", "fail"),
                                                         row("gone", "pass"), row("new", "warn", '250 "ok"')]}))
            self.assertEqual(baselines.renew(file, results), ["new"])
            self.assertEqual(file.read_text(), "\n".join([
                "# Head.", "", "[[expect]]", 'scenario = "lf/*"', 'outcome = "fail"', 'cause = "reply"', 'reason = "LF"', "",
                "[[expect]]", 'scenario = "lf-too"', 'outcome = "fail"', 'cause = "reply"', 'reason = "LF"', "",
                "[[expect]]", 'scenario = "new"', 'outcome = "warn"',
                """reason = '''READ IT AND SAY WHY: 250 "ok" (rfc/1)'''""", ""]))


if __name__ == "__main__":
    unittest.main()
