// What people read first: the verdict in a sentence, then the findings, most serious first.

const SHOWN_AT_ONCE = 3;

/** Worst first; what was left undone before what is well. */
const VERDICTS = { nothing: "skipped", crash: "crash", fail: "fail", incomplete: "inconclusive", known: "known", pass: "pass", warn: "warn", inconclusive: "inconclusive" };

const asSentence = (words) => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;

/** What chose a part of the suite; of what failed before each row is named. */
function chosenParts() {
  const { filters, shard } = DATA.smtpspec;
  const shown = filters.length > 6 ? [...filters.slice(0, 5), `and ${filters.length - 5} more`] : filters;
  return shard ? [...shown, `shard ${shard}`] : shown;
}

function verdict() {
  const order = Object.keys(VERDICTS);
  const parts = [...DATA.verdict].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  // "No MUST is broken" is as good as what was played and came to an end.
  const colour = (kind) => (kind === "pass" && (!DATA.complete || parts.some((one) => one.kind === "known")) ? "incomplete" : kind);
  return el("div", { class: "verdict" }, parts.map(({ kind, text: words }) =>
    el("p", { class: colour(kind) }, sign(VERDICTS[kind] || kind), el("span", {}, asSentence(kind === "pass" && chosenParts().length > 0 ? `${words} in the part of the suite that was chosen` : words),
      kind === "incomplete" && /that were due/.test(words) && el("small", {}, " Due is what was to be played: the rules that hold always, the survey, and what is skipped or not offered are not counted.")))));
}

/** What of the suite that was, and how much of it decided something. */
function scope() {
  const undecided = rows.filter((row) => ["blocked", "inconclusive", "error", "skipped", "unsupported"].includes(row.outcome));
  const chosen = chosenParts();
  const reasons = new Map();
  for (const row of undecided) {
    const key = `${row.outcome}\n${row.reason || row.actual || "no reason was given"}`;
    (reasons.get(key) || reasons.set(key, []).get(key)).push(row.number);
  }
  return el("div", { class: "scope" },
    chosen.length > 0 && el("p", {}, "A part of the suite was chosen: ", el("code", {}, chosen.join("  "))),
    undecided.length > 0 && lazily(el("details", { class: "more" },
      el("summary", {}, `${(rows.length - undecided.length).toLocaleString("en")} of ${counted(rows.length, "row")} decided something; why the others did not`)), () =>
      el("ul", { class: "reasons" }, [...reasons].sort(([, a], [, b]) => b.length - a.length).slice(0, 40).map(([key, list]) =>
        el("li", {}, outcomeMark(key.split("\n")[0]), el("b", {}, list.length.toLocaleString("en")), octetsOf(key.slice(key.indexOf("\n") + 1)),
          list.length === 1 && el("span", { class: "quiet" }, " (", rowLink(list[0]), ")"))))));
}

function head() {
  const { target, smtpspec } = DATA;
  const started = smtpspec.started.replace("T", " ").replace("Z", " UTC");
  return el("header", { class: "head" },
    el("h1", {}, target.name || "no name"), verdict(),
    pairs([["server", target.address], ["profile", target.profile], ["greeting", target.greeting && octetsOf(target.greeting)]], { class: "about" }),
    pairs([["played", `${rows.length > 0 ? `${counted(rows.length, "row")} in ${spoken(smtpspec.duration_ms)}` : "nothing"}, ${started}`],
      ["by", `smtpspec ${smtpspec.version}, seed ${smtpspec.seed}`]], { class: "about" }),
    notices());
}

function notices() {
  const missing = DATA.missing_transcripts;
  if (!missing) return null;
  return el("p", { class: "notice" }, `The whole conversations of ${missing.toLocaleString("en")} of ${counted(rows.length, "row")} are not in this page: their files were not in the folder that it was made of (${missing === rows.length ? "results.json is all that was there" : "transcripts/, beside results.json"}). Those rows have excerpts. Where the folder is whole, "smtpspec report" makes a whole page.`);
}

/** Outcomes as a bar of their shares, and a legend in which each is a filter; both worst first. */
function outcomeBar() {
  const counts = countsOf(rows);
  return el("div", { class: "outcomes" },
    el("div", { class: "shares", "aria-hidden": "true" }, counts.map(([kind, count]) => {
      const share = el("span", { class: `share ${kind}`, title: `${count} ${kind}` });
      share.style.setProperty("flex-grow", count);
      return share;
    })),
    el("ul", {}, counts.map(([kind, count]) => el("li", {},
      el("a", { href: `#rows?outcome=${kind}`, title: KINDS[kind]?.[1] }, sign(kind), el("b", {}, count.toLocaleString("en")), " ", kind)))),
    scope());
}

const rowsOf = (finding) => finding.rows.length + (finding.consequences || []).length;

/** What a title is: a rule, which did not hold, or a question. */
const saysOf = (finding) => (finding.outcome !== "crash" && /^(Whether|What|How|Which|Who|Where)\b/.test(finding.what) ? "Asked:"
  : { crash: "Crash:", fail: "Rule broken:", warn: "Rule not met:" }[finding.outcome] || "");

/** In a line: what came in place of what. */
function gist(finding) {
  const cut = (words) => (words.length > 160 ? `${beginningOf(words, 150)} \u2026` : words);
  return (finding.actual || finding.expected) && el("span", { class: "gist" },
    finding.actual && [el("span", { class: "quiet" }, "got "), octetsOf(cut(finding.actual))],
    finding.expected && [el("span", { class: "quiet" }, finding.actual ? " in place of " : "ought to be "), el("span", { class: "words" }, octetsOf(cut(finding.expected)))]);
}

function findingHead(finding) {
  return el("summary", {},
    el("span", { class: `severity ${finding.severity}` }, finding.severity),
    outcomeMark(finding.outcome),
    el("span", { class: "what" }, el("span", { class: "says-what" }, saysOf(finding)), " ", finding.what, gist(finding)),
    finding.known && el("span", { class: "known" }, "known"),
    el("span", { class: "count" }, counted(rowsOf(finding), "row")));
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
      row.rationale !== undefined && el("p", { class: "why" }, text(row.rationale)),
      finding.outcome === "crash" && el("p", { class: "aside" }, "Whatever the level of this sentence: a server that dies, or hangs up without a reply, on what any client may send is a matter of security."),
      pairs([["expected", finding.expected && el("span", { class: "words" }, octetsOf(finding.expected))], ["actual", finding.actual && octetsOf(finding.actual)],
        ["known because", finding.known && knownBecause(row)]].filter(([, value]) => value),
        { class: "facts" })),
    el("div", { class: "evidence" },
      el("p", { class: "caption" }, "in ", rowLink(finding.evidence)), evidenceOf(row)),
    el("div", { class: "mores" }, more, others > 1 && list,
      el("a", { class: "id", href: linkTo("finding", finding.id), title: "A link to this finding" }, finding.id)));
}

const findingElement = (finding, open) =>
  lazily(el("details", { class: "finding", id: anchor("finding", finding.id), "data-severity": finding.severity, "data-outcome": finding.outcome, open: open || undefined }, findingHead(finding)),
    () => findingBody(finding));

/** Counts of findings by one of their fields; where there are several, each is a button that leaves those alone. */
function choices(list, field, order, place) {
  const counts = order.map((value) => [value, list.filter((one) => one[field] === value).length]).filter(([, count]) => count > 0);
  if (counts.length < 2) return counts.map(([value, count]) => el("span", { class: "quiet" }, `${count === list.length ? "all" : count} ${value}`));
  return counts.map(([value, count]) => el("button", { type: "button", class: "chip", "aria-pressed": "false", [`data-${field}`]: value, onclick: (event) => {
    const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
    for (const chip of place.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", on && chip === event.currentTarget);
    for (const one of place.querySelectorAll(".finding, .index li")) one.hidden = on && one.dataset[field] !== value;
  } }, field === "outcome" && sign(value), `${value} `, el("span", { class: "count" }, count.toLocaleString("en"))));
}

/** All of them, a line each. */
function index(list) {
  const most = 12;
  const line = (finding) => el("li", { "data-severity": finding.severity, "data-outcome": finding.outcome },
    el("span", { class: `severity ${finding.severity}` }, finding.severity), sign(finding.outcome),
    el("a", { href: linkTo("finding", finding.id) }, el("span", { class: "says-what" }, `${saysOf(finding)} `), finding.what),
    el("span", { class: "count" }, counted(rowsOf(finding), "row")));
  const lines = el("ol", { class: "index" }, list.slice(0, most).map(line));
  if (list.length > most)
    lines.append(el("li", {}, el("button", { type: "button", class: "small", onclick: (event) => {
      event.target.parentNode.remove();
      lines.append(...list.slice(most).map(line));
    } }, `${list.length - most} more`)));
  return lines;
}

function findingList(list, title, id, empty) {
  if (list.length === 0 && !empty) return null;
  const items = list.map((finding, i) => findingElement(finding, i < SHOWN_AT_ONCE));
  items.forEach((item) => item.fill());
  const made = section(id, title, list.length > 0 ? "one for each cause; a row is a scenario that shows it" : "",
    list.length > 0 ? [el("div", { class: "choose", role: "group", "aria-label": "Which findings" }), items] : el("p", {}, empty));
  made.querySelector(".choose")?.append(...choices(list, "severity", SEVERITIES, made), ...choices(list, "outcome", OUTCOME_NAMES, made));
  if (list.length > SHOWN_AT_ONCE)
    made.querySelector(".choose").after(el("p", { class: "quiet scale" }, "By what a breach may cost, worst first: security (mail that is forged, smuggled or read, a server that is taken down), loss of mail, any other MUST, a SHOULD."), index(list));
  return made;
}

function allFindings() {
  const news = findings.filter((one) => !one.known);
  const known = findings.filter((one) => one.known);
  const none = DATA.verdict.some((one) => one.kind === "nothing") ? "That says nothing of the server." : DATA.baseline.given
    ? "Nothing but what the baseline knows." : "None: every row that decided anything found the server right.";
  const title = rows.length === 0 ? "Nothing was played" : news.length === 0 ? "No findings" : counted(news.length, "finding");
  return [findingList(news, title, "findings", none),
    findingList(known, `${counted(known.length, "finding")} that the baseline knows`, "known")];
}

/** What changed against the baseline. */
function changes() {
  if (!DATA.baseline.given) return null;
  const of = (expectation) => rows.filter((row) => row.expectation === expectation).map((row) => row.number);
  const lists = [["Regressions: failures that the baseline does not know", of("regression")],
    ["Drift: they fail in another way than the baseline says", of("drift")],
    ["Expired: the day is past until which the baseline expects them", of("expired")],
    ["Fixed: the baseline expects a failure that is gone", of("fixed")]];
  const same = lists.every(([, list]) => list.length === 0) && DATA.baseline.notes.length === 0 &&
    DATA.baseline.otherwise.length === 0;
  const lines = (title, list) => list.length > 0 && el("div", {}, el("h3", { class: "sub" }, title),
    el("ul", {}, list.map((line) => el("li", {}, line))));
  return section("changes", "Against the baseline", "",
    same && el("p", {}, "Just as the baseline says."), lists.map(([title, list]) => rowList(title, list)),
    lines("Entries that are out of date", DATA.baseline.notes),
    lines("Permitted, and otherwise than the baseline remembers", DATA.baseline.otherwise));
}

function server() {
  const { target } = DATA;
  return section("server", "What the survey learnt", "",
    pairs([["offers", target.keywords.length > 0 && el("ul", { class: "keywords" }, target.keywords.map((one) => el("li", {}, el("code", {}, one))))],
      ...target.learnt.map(([name, value]) => [name, value || "\u2013"])].filter(([, value]) => value), { class: "facts" }),
    el("h3", { class: "sub" }, "The command of this run"), command(DATA.smtpspec.command));
}
