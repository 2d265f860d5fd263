// Which lines of the matrix are asked for, as a link has it: "#matrix?view=row&show=differ".

const VIEWS = { finding: "Findings", requirement: "Requirements", row: "Rows" };
const asked = { view: "finding", show: "", outcome: "", severity: "", level: "", rfc: "", area: "", text: "" };

const SHOWS = {
  "": ["all lines", () => true],
  differ: ["where they differ", (line) => line.differs],
  all: ["all fail", (line) => line.allFail],
  one: ["only one fails", (line) => line.onlyOne],
};

function showOf(name) {
  if (Object.hasOwn(SHOWS, name)) return SHOWS[name][1];
  const [, how, run] = /^(only|fails|not)-(\d+)$/.exec(name) || [];
  if (how === "only") return (line) => line.onlyOne && line.broken[0] === Number(run);
  if (how === "fails") return (line) => isRed(line.states[run]);
  if (how === "not") return (line) => line.states[run] && !SAYS[line.states[run]];
  return () => true;
}

/** One finding may be more serious in one run than in another. */
function hasSeverity(line) {
  if (asked.severity === "" || !line.has) return asked.severity === "" || line.severity === asked.severity;
  const run = /-(\d+)$/.exec(asked.show)?.[1];
  const found = run === undefined ? [...line.has.values()] : [line.has.get(Number(run))];
  return found.some((one) => one?.severity === asked.severity);
}

function linesAskedFor() {
  const show = showOf(asked.show);
  const words = asked.text.toLowerCase().split(/\s+/);
  return linesOfKind(asked.view).filter((line) => show(line)
    && (asked.outcome === "" || line.states.includes(asked.outcome))
    && hasSeverity(line)
    && (asked.level === "" || line.level === asked.level)
    && (asked.rfc === "" || line.place.rfc === asked.rfc)
    && (asked.area === "" || line.area === asked.area || line.rows.some((row) => areaOf(row) === asked.area))
    && words.every((word) => line.words.includes(word)));
}

const asLink = (values) => `#matrix?${new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ""))}`;
const askers = {};
const tabs = [];

function ask(values) {
  for (const key of Object.keys(asked)) asked[key] = values[key] ?? (key === "view" ? "finding" : "");
  if (!Object.hasOwn(VIEWS, asked.view)) asked.view = "finding";
  for (const [key, control] of Object.entries(askers)) control.value = asked[key];
  for (const tab of tabs) tab.setAttribute("aria-pressed", tab.dataset.view === asked.view);
  drawMatrix();
}

function askFor(change) {
  ask({ ...asked, ...change });
  try {
    history.replaceState(null, "", asLink(asked));
  } catch { /* some browsers let no file do that */ }
}

function asker(key, label, ...options) {
  const control = el("select", { id: `ask-${key}`, onchange: () => askFor({ [key]: control.value }) }, options);
  askers[key] = control;
  return el("label", { for: control.id }, label, control);
}

function askBar() {
  const option = ([value, shown]) => el("option", { value }, shown || value);
  const perRun = (how, word) => el("optgroup", { label: word }, RUNS.map((run, i) => option([`${how}-${i}`, `${word.replace("\u2026", run.name)}`])));
  const any = option(["", "any"]);
  const rowsOfAll = linesOfKind("row");
  const search = el("input", { type: "search", id: "ask-text", placeholder: "id, title, section", oninput: () => askFor({ text: search.value }) });
  askers.text = search;
  const outcomes = OUTCOME_NAMES.filter((one) => rowsOfAll.some((line) => line.states.includes(one)));
  tabs.push(...Object.entries(VIEWS).map(([view, name]) => el("button", { type: "button", class: "chip", "data-view": view, onclick: () => askFor({ view }) },
    `${name} `, el("span", { class: "count" }, linesOfKind(view).length.toLocaleString("en")))));
  const unique = (list) => [...new Set(list)].filter(Boolean).sort(byNumber);
  return el("form", { class: "filters", role: "search", "aria-label": "Lines", onsubmit: (event) => event.preventDefault() },
    el("div", { class: "chips", role: "group", "aria-label": "What the lines are" }, tabs),
    el("div", { class: "choices" },
      asker("show", "Show", Object.entries(SHOWS).map(([value, [word]]) => option([value, word])), perRun("only", "only \u2026 fails"),
        perRun("fails", "\u2026 fails or warns"), perRun("not", "\u2026 is undecided")),
      el("label", { for: "ask-text" }, "Text", search),
      asker("outcome", "Outcome", any.cloneNode(true), outcomes.map((one) => option([one]))),
      asker("severity", "Severity", any.cloneNode(true), SEVERITIES.map((one) => option([one]))),
      asker("level", "Level", any.cloneNode(true), ["must", "should", "may"].map((one) => option([one]))),
      asker("rfc", "RFC", any.cloneNode(true), unique(rowsOfAll.map((line) => line.place.rfc)).map((one) => option([one]))),
      asker("area", "Area", any.cloneNode(true), unique(rowsOfAll.map((line) => line.area)).map((one) => option([one]))),
      el("button", { type: "button", class: "small", onclick: () => askFor({ ...Object.fromEntries(Object.keys(asked).map((key) => [key, ""])), view: asked.view }) }, "Clear"),
      el("button", { type: "button", class: "small", onclick: () => setAll(true) }, "Open all"),
      el("button", { type: "button", class: "small", onclick: () => setAll(false) }, "Close all")));
}

const setAll = (open) => [...matrixTable.tBodies].forEach((body) => body.setOpen(open));
