// What stands behind a cell of the matrix: what was asked, what this server did, what the others did, and the octets.

/** Replies that differ in the name of a queue's file alone are alike. */
const withoutNames = (said) => said.replace(/\b(?=\w*\d)[0-9A-Za-z]{6,}\b/g, "#");

/** What each run did on a row, those alike together. */
function sideBySide(row, run) {
  const groups = new Map();
  RUNS.forEach((one, i) => {
    const cell = cellOf(i, row);
    if (!cell) return;
    const key = `${cell.outcome}\n${withoutNames(SAYS[cell.outcome] ? cell.actual : cell.reason)}`;
    (groups.get(key) || groups.set(key, { cell, names: [] }).get(key)).names.push([one.name, i]);
  });
  const all = [...groups.values()].sort((a, b) => worstFirst(a.cell.outcome, b.cell.outcome));
  return el("table", { class: "beside" }, el("caption", { class: "hidden" }, "What each did on this row"),
    el("tbody", {}, all.map(({ cell, names }) => el("tr", { class: names.some(([, i]) => i === run) ? "this" : undefined },
      el("td", {}, outcomeMark(cell.outcome)),
      el("td", {}, saidIn(cell)),
      el("th", { scope: "row" }, names.map(([name], i) => [i > 0 && ", ", name]))))));
}

function saidIn(cell) {
  const words = (SAYS[cell.outcome] && cell.actual) || cell.reason || cell.actual;
  return words ? octetsOf(words) : el("span", { class: "quiet" }, SAYS[cell.outcome] === "kept" ? "as expected" : "\u2013");
}

function rowEvidence(run, row) {
  const { title, id, cited, file, line } = MATRIX.rows[row];
  const cell = cellOf(run, row);
  if (!cell) return el("p", { class: "quiet" }, `${RUNS[run].name} was not asked this: its run has no such row.`);
  const asked = cell.decided_by ?? cited[0];
  const isDelivery = singlesOut(cell.expected) && cell.excerpt?.some(([, , line]) => text(line).startsWith("delivered: "));
  const shown = { id, excerpt: cell.excerpt, expected: cell.expected, outcome: cell.outcome, cause: isDelivery ? "delivery" : "" };
  return el("div", {},
    el("div", { class: "finding-body" },
      el("div", { class: "claim" },
        asked !== undefined && sentence(requirements[asked]),
        pairs([["expected", cell.expected && octetsOf(cell.expected)], ["actual", cell.actual && octetsOf(cell.actual)],
          ["because", cell.reason && octetsOf(cell.reason)], ["known because", knownBecause(cell)]], { class: "facts" })),
      el("div", { class: "evidence" }, el("p", { class: "caption" }, title, " ", el("code", {}, id)),
        cell.excerpt ? evidenceOf(shown) : el("p", { class: "quiet" }, SAYS[cell.outcome] ? "Of what is kept no conversation is in the results." : "There is no conversation of it in the results."))),
    el("h3", { class: "sub" }, "All of them on this row"), sideBySide(row, run),
    el("p", { class: "quiet" }, el("code", {}, `${file}:${line}`)), cell.again && command(cell.again));
}

/** The rows behind a finding or a requirement, each a link to its own line. */
function rowsBehind(line, run) {
  if (line.rows.length < 2) return null;
  const most = 60;
  const order = line.rows.map((row) => [row, RUNS[run].cellOf[row]?.[1]]).filter(([, outcome]) => outcome).sort(([, a], [, b]) => worstFirst(a, b));
  return el("div", {}, el("h3", { class: "sub" }, `${counted(order.length, "row")} about it`),
    el("ul", { class: "row-links" }, order.slice(0, most).map(([row, outcome]) =>
      el("li", {}, el("a", { href: cellLink("row", MATRIX.rows[row].id, run) }, sign(outcome), MATRIX.rows[row].id)))),
    order.length > most && el("p", { class: "quiet" }, `and ${order.length - most} more`));
}

/** The row that shows best how a line stands in a run. */
function tellingRow(line, run) {
  const found = line.has?.get(run);
  if (found?.evidence !== undefined) return found.evidence;
  const state = line.states[run];
  const blames = (row) => (known(RUNS[run].cellOf[row]?.[5]) ?? citedBy(row)[0]) === line.requirement;
  const alike = line.rows.filter((row) => RUNS[run].cellOf[row]?.[1] === state);
  return alike.find((row) => blames(row)) ?? alike[0] ?? line.rows.find((row) => RUNS[run].cellOf[row]);
}

function standingInWords(line, run) {
  const found = line.has?.get(run);
  if (!line.has) return "";
  if (!found) return isRed(line.states[run]) ? "has not this finding, but fails its rows in another way" : "has not this finding";
  return `${counted(found.rows.length, "row")} of it here${found.isKnown ? "; the baseline of this run knows it" : ""}`;
}

function evidence(line, run, close) {
  const row = tellingRow(line, run);
  return el("div", { class: "behind" },
    el("div", { class: "bar" }, outcomeMark(line.states[run] || "skipped"), el("strong", {}, RUNS[run].name),
      el("span", { class: "quiet" }, standingInWords(line, run)),
      el("a", { class: "id", href: cellLink(line.kind, line.id, run), title: "A link to this cell" }, line.id),
      el("button", { type: "button", class: "small close", onclick: close }, "Close")),
    row === undefined ? el("p", { class: "quiet" }, `The run of ${RUNS[run].name} has no row about it.`) : rowEvidence(run, row),
    rowsBehind(line, run));
}
