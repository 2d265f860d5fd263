"""What may be published, and how it is written."""
import unittest
import xml.etree.ElementTree

from smtpspec_ci import published_pages as pages
from smtpspec_ci import published_runs as runs


def row(name, outcome, file="scenarios/rfc5321/x.toml"):
    return {"id": name, "outcome": outcome, "source": {"file": file, "line": 1}, "expectation": "as-expected", "transcript": "t", "tags": ["a"],
            "rationale": "why", "duration_ms": 5, "excerpt": [{"text": "x"}], "again": "again", "requirements": [{"id": "r", "says": "It MUST."}]}


def results(*rows):
    return {"smtpspec": {"command": "smtpspec run ci/targets/postfix/target.toml", "started": "2026-01-02T03:04:05Z", "version": "1"},
            "target": {"learnt": [], "profile": "mx"}, "baseline": {"given": True, "notes": ["n"]}, "summary": {"pass": 1, "fail": 0},
            "findings": [], "scenarios": list(rows)}


class Secrets(unittest.TestCase):
    def test_paths_and_names_of_others_are_told(self):
        for text in ("see /home/me/x", "at /tmp/a.b", '"/var/spool/mail"', "mail.acme-corp.com", "host.internal", str(runs.ROOT)):
            with self.subTest(text):
                self.assertTrue(runs.secrets_of_machine(text))

    def test_examples_and_links_are_not(self):
        for text in ("alice@example.com", "https://www.rfc-editor.org/rfc/rfc5321#section-4", "scenarios/rfc5321/4.1.toml", "postfix.example.test",
                     "../../ci/targets/postfix", "250 2.1.0 Ok", "smtp://127.0.0.1:12525"):
            with self.subTest(text):
                self.assertEqual(runs.secrets_of_machine(text), [])


class Slim(unittest.TestCase):
    def test_evidence_of_what_is_red_stays_and_what_a_baseline_knows_counts(self):
        made = runs.slim(results(row("a", "pass"), row("b", "fail")), "postfix 3.7")
        passed, failed = made["scenarios"]
        self.assertEqual((passed["excerpt"], passed["again"], passed["expectation"]), ([], "", "as-expected"))
        self.assertEqual((len(failed["excerpt"]), failed["again"], failed["expectation"]), (1, "again", "new"))
        self.assertEqual([one["requirements"][0]["says"] for one in (passed, failed)], ["It MUST.", ""])
        self.assertEqual((failed["transcript"], made["baseline"]), ("", {"given": False, "notes": []}))

    def test_versions_are_those_of_the_authors(self):
        for debian, authors in (("3.7.11-0+deb12u1", "3.7.11"), ("1:2.3.19.1+dfsg1-2.1+deb12u7", "2.3.19.1"), ("6.8.0p2-4", "6.8.0p2"), ("4.96-15+deb12u11", "4.96")):
            self.assertEqual(runs.upstream(debian), authors)


class Pages(unittest.TestCase):
    def test_words_of_a_server_are_no_markup(self):
        self.assertEqual(pages.code("250 <b>`x`"), "`` 250 <b>`x` ``")
        self.assertEqual(pages.plain("a*b <script>"), r"a\*b \<script\>")

    def test_a_chart_is_xml_with_a_title_and_a_description_and_all_that_there_is(self):
        made = pages.chart({"a-1": results(row("x", "pass"), row("y", "fail"), row("z", "skipped")), "<b>-2": results(row("x", "warn", "scenarios/always.toml"))})
        root = xml.etree.ElementTree.fromstring(made)
        space = "{http://www.w3.org/2000/svg}"
        self.assertEqual(root.get("aria-labelledby"), "title about")
        self.assertIn("RFC 5321 1 kept of 2 decided", root.find(f"{space}desc").text)
        kinds = [one.get("class") for one in root.iter(f"{space}rect")]
        for kind in pages.STANDINGS:
            self.assertEqual(kinds.count(kind), 2, "in a bar and in the legend")

    def test_the_front_page_has_servers_by_areas_and_nothing_else_of_it_changes(self):
        runs_there = {"a-1": {**results(row("x", "pass"), row("y", "fail"), row("z", "skipped")), "findings": [{"severity": "security"}, {"severity": "must"}]},
                      "b-2": results(row("x", "warn", "scenarios/always.toml"))}
        text = f"# Before\n\n{pages.BEGIN}\nold\n{pages.END}\n\nAfter\n"
        made = pages.with_front_table(text, runs_there)
        self.assertTrue(made.startswith(f"# Before\n\n{pages.BEGIN}\n\n| server | findings | general | RFC 5321 |\n"), made)
        self.assertTrue(made.endswith(f"|\n\n{pages.END}\n\nAfter\n"), made)
        self.assertIn("\n| [a-1](reports/published/a-1/README.md) | 2, 1 of security | \u2013 | 1/2 |\n", made)
        self.assertIn("\n| [b-2](reports/published/b-2/README.md) | 0, 0 of security | 0/1 | \u2013 |\n", made)
        self.assertEqual(pages.with_front_table(made, runs_there), made)
        for other in ("", pages.BEGIN + "\n", f"{pages.END}\n{pages.BEGIN}\n", text + text):
            with self.assertRaises(ValueError):
                pages.with_front_table(other, runs_there)

    def test_a_finding_is_two_lines(self):
        finding = {"requirement": "r", "severity": "must", "what": "What", "scenarios": ["a", "b"], "evidence": "a", "expected": "250", "actual": "501\\r\\n"}
        lines = pages.finding_lines(finding, {"r": {"section": "RFC 5321 section 4.1", "level": "must"}})
        self.assertEqual(lines, ["- **must** What. [RFC 5321 section 4.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.1), MUST; 2 rows, `a`.",
                                 "  Expected `250`, got `501\\r\\n`."])


if __name__ == "__main__":
    unittest.main()
