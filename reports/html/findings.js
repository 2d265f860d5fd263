// What people read first: the verdict in a sentence, then the findings, most serious first.

const SHOWN_AT_ONCE = 3;

function head() {
  const { target, smtpspec } = DATA;
  const red = findings.some((one) => !one.known && one.outcome !== "warn");
  const state = rows.length === 0 ? "nothing" : red ? "fail" : !DATA.complete ? "inconclusive"
    : findings.some((one) => !one.known) ? "warn" : "pass";
  const started = smtpspec.started.replace("T", " ").replace("Z", " UTC");
  return el("header", { class: "head" },
    el("h1", {}, target.name || "no name"),
    el("p", { class: `verdict ${state}` }, sign(state === "nothing" ? "skipped" : state), el("span", {}, DATA.verdict)),
    pairs([["server", target.address], ["profile", target.profile], ["greeting", target.greeting && octetsOf(target.greeting)],
      ["played", `${counted(rows.length, "row")} in ${spoken(smtpspec.duration_ms)}, ${started}`],
      ["by", `smtpspec ${smtpspec.version}, seed ${smtpspec.seed}`]], { class: "about" }),
    notices());
}

function notices() {
  const said = [];
  if (DATA.missing_transcripts > 0)
    said.push(`${counted(DATA.missing_transcripts, "transcript")} could not be read; the rows have excerpts alone.`);
  return said.map((one) => el("p", { class: "notice" }, one));
}

/** Outcomes as a bar of their shares, and a legend in which each is a filter. */
function outcomeBar() {
  const counts = countsOf(rows).reverse();
  return el("div", { class: "outcomes" },
    el("div", { class: "shares", "aria-hidden": "true" }, counts.map(([outcome, count]) => {
      const share = el("span", { class: `share ${outcome}`, title: `${count} ${outcome}` });
      share.style.setProperty("flex-grow", count);
      return share;
    })),
    el("ul", {}, counts.reverse().map(([outcome, count]) => el("li", {},
      el("a", { href: `#rows?outcome=${outcome}`, title: OUTCOMES[outcome]?.[1] }, sign(outcome), el("b", {}, count.toLocaleString("en")), " ", outcome)))));
}

function findingHead(finding) {
  const count = finding.rows.length + (finding.consequences || []).length;
  return el("summary", {},
    el("span", { class: `severity ${finding.severity}` }, finding.severity),
    outcomeMark(finding.outcome),
    el("span", { class: "what" }, finding.what),
    finding.known && el("span", { class: "known" }, "known"),
    el("span", { class: "count" }, counted(count, "row")));
}

function findingBody(finding) {
  const row = rows[finding.evidence];
  const requirement = requirements[finding.requirement];
  const more = lazily(el("details", { class: "more" },
    el("summary", {}, "Whole conversation, and how to play it again")), () => rowDetails(row, finding));
  const others = finding.rows.length + (finding.consequences || []).length + (finding.blocked || []).length;
  const list = lazily(el("details", { class: "more" }, el("summary", {}, `${counted(others, "row")} of this finding`)), () =>
    el("div", { class: "details" }, rowList("Rows that show it", finding.rows),
      rowList("Rows about something else that met it on their way", finding.consequences),
      rowList("Rows that decided nothing because of it", finding.blocked)));
  return el("div", { class: "finding-body" },
    el("div", { class: "claim" },
      requirement && sentence(requirement),
      pairs([["expected", finding.expected && octetsOf(finding.expected)], ["actual", finding.actual && octetsOf(finding.actual)]],
        { class: "facts" })),
    el("div", { class: "evidence" },
      el("p", { class: "caption" }, "in ", rowLink(finding.evidence)), proof(row)),
    el("div", { class: "mores" }, more, others > 1 && list,
      el("a", { class: "id", href: linkTo("finding", finding.id), title: "A link to this finding" }, finding.id)));
}

const findingElement = (finding, open) =>
  lazily(el("details", { class: "finding", id: anchor("finding", finding.id), open: open || undefined }, findingHead(finding)),
    () => findingBody(finding));

function bySeverity(list) {
  return SEVERITIES.map((severity) => [severity, list.filter((one) => one.severity === severity).length])
    .filter(([, count]) => count > 0).map(([severity, count]) => `${count} ${severity}`).join(", ");
}

function findingList(list, title, id, empty) {
  if (list.length === 0 && !empty) return null;
  const items = list.map((finding, i) => findingElement(finding, i < SHOWN_AT_ONCE));
  items.forEach((item) => item.fill());
  return section(id, title, list.length > 0 ? bySeverity(list) : "", list.length > 0 ? items : el("p", {}, empty));
}

function allFindings() {
  const news = findings.filter((one) => !one.known);
  const known = findings.filter((one) => one.known);
  const none = rows.length === 0 ? "Nothing was played." : DATA.baseline.given
    ? "Nothing but what the baseline knows." : "None: every row that decided anything found the server right.";
  return [findingList(news, news.length === 0 ? "No findings" : counted(news.length, "finding"), "findings", none),
    findingList(known, `${counted(known.length, "finding")} that the baseline knows`, "known")];
}

/** What changed against the baseline. */
function changes() {
  if (!DATA.baseline.given) return null;
  const of = (expectation) => rows.filter((row) => row.expectation === expectation).map((row) => row.number);
  const lists = [["Regressions: failures that the baseline does not know", of("regression")],
    ["Drift: they fail in another way than the baseline says", of("drift")],
    ["Fixed: the baseline expects a failure that is gone", of("fixed")]];
  const same = lists.every(([, list]) => list.length === 0) && DATA.baseline.notes.length === 0;
  return section("changes", "Against the baseline", "",
    same && el("p", {}, "Just as the baseline says."), lists.map(([title, list]) => rowList(title, list)),
    DATA.baseline.notes.length > 0 && el("div", {}, el("h3", { class: "sub" }, "Entries that are out of date"),
      el("ul", {}, DATA.baseline.notes.map((note) => el("li", {}, note)))));
}

function server() {
  const { target } = DATA;
  return section("server", "What the survey learnt", "",
    pairs([["offers", target.keywords.length > 0 && el("ul", { class: "keywords" }, target.keywords.map((one) => el("li", {}, el("code", {}, one))))],
      ...target.learnt.map(([name, value]) => [name, value || "\u2013"])].filter(([, value]) => value), { class: "facts" }),
    el("p", { class: "quiet" }, "This run: ", el("code", {}, DATA.smtpspec.command)));
}
