// Several runs side by side: their lines (findings, requirements, rows), and how each stands in each run.

const MATRIX = DATA.matrix;
const RUNS = MATRIX ? MATRIX.runs : [];

/** What an outcome says of a requirement: it is kept, partly kept, broken; or nothing. */
const SAYS = { pass: "kept", info: "kept", warn: "partly", fail: "broken", crash: "broken" };
const isRed = (outcome) => SAYS[outcome] === "broken" || SAYS[outcome] === "partly";
const worstFirst = (a, b) => OUTCOME_NAMES.indexOf(a) - OUTCOME_NAMES.indexOf(b);

const known = (number) => (number === undefined || number < 0 ? undefined : number);
const textOrNone = (number) => (known(number) === undefined ? "" : text(number));

/** The cell of a run and a row; undefined where the run has no such row. */
function cellOf(run, row) {
  const cell = RUNS[run].cellOf[row];
  if (!cell) return undefined;
  const [, outcome, actual, expected, reason, decided, again, excerpt, because, url] = cell;
  return {
    outcome, actual: textOrNone(actual), expected: textOrNone(expected), reason: textOrNone(reason), decided_by: known(decided),
    again: textOrNone(again), known_because: textOrNone(because), known_link: textOrNone(url),
    excerpt: Array.isArray(excerpt) ? excerpt.map(([side, line, key]) => [0, side, line, key ? "key" : ""]) : undefined,
  };
}

function prepareCells() {
  for (const run of RUNS) {
    run.cellOf = new Array(MATRIX.rows.length);
    for (const cell of run.cells) run.cellOf[cell[0]] = cell;
  }
}

const citedBy = (row) => MATRIX.rows[row].cited;

/** "rfc5321", "smuggling": in which folder of the suite it is. */
const areaOf = (row) => MATRIX.rows[row].area;

function rowLines() {
  return MATRIX.rows.map((row, number) => {
    const states = RUNS.map((run) => run.cellOf[number]?.[1] ?? null);
    const decided = RUNS.map((run, i) => (isRed(states[i]) ? known(run.cellOf[number][5]) : undefined)).find((one) => one !== undefined);
    return { kind: "row", id: row.id, title: row.title, level: row.level, states, rows: [number], requirement: decided ?? row.cited[0], area: row.area };
  });
}

/** As the ledger of one run has it: a row blames the requirement that decided it. */
function standingIn(run, number, list) {
  const cells = list.map((row) => [run.cellOf[row], row]).filter(([cell]) => cell);
  if (cells.length === 0) return null;
  const blames = ([cell, row]) => (known(cell[5]) ?? citedBy(row)[0]) === number;
  for (const outcome of ["crash", "fail", "warn"]) if (cells.some((one) => one[0][1] === outcome && blames(one))) return outcome;
  if (cells.some(([cell]) => SAYS[cell[1]] === "kept")) return "pass";
  return cells.map(([cell]) => cell[1]).filter((one) => !SAYS[one]).sort(worstFirst)[0] || "inconclusive";
}

function requirementLines() {
  const rowsOf = requirements.map(() => []);
  MATRIX.rows.forEach((row, number) => row.cited.forEach((cited) => rowsOf[cited].push(number)));
  return requirements.map((requirement, number) => ({
    kind: "requirement", id: requirement.id, title: requirement.says || requirement.id, level: requirement.level, rows: rowsOf[number],
    requirement: number, area: rowsOf[number].length > 0 ? areaOf(rowsOf[number][0]) : "", states: RUNS.map((run) => standingIn(run, number, rowsOf[number])),
  })).filter((line) => line.rows.length > 0);
}

/** Where a run has not this finding: what its rows for it show. */
function withoutFinding(run, list) {
  const outcomes = list.map((row) => run.cellOf[row]?.[1]).filter(Boolean);
  if (outcomes.length === 0) return null;
  const red = outcomes.filter(isRed).sort(worstFirst)[0];
  if (red) return red;
  if (outcomes.some((one) => SAYS[one] === "kept")) return "pass";
  return outcomes.sort(worstFirst)[0];
}

function findingLines() {
  return MATRIX.findings.map((finding) => {
    const list = [...new Set(finding.in.flatMap((one) => one[5]))];
    const has = new Map(finding.in.map(([run, severity, outcome, evidence, isKnown, of]) => [run, { severity, outcome, evidence: known(evidence), isKnown, rows: of }]));
    const requirement = known(finding.requirement);
    return {
      kind: "finding", id: text(finding.id), title: text(finding.what), level: requirement === undefined ? "" : requirements[requirement].level,
      severity: SEVERITIES.find((one) => finding.in.some((found) => found[1] === one)), rows: list, requirement, has, area: list.length > 0 ? areaOf(list[0]) : "",
      states: RUNS.map((run, i) => has.get(i)?.outcome ?? withoutFinding(run, list)),
    };
  });
}

/** What the filters ask of a line, found out once. */
function complete(line) {
  const requirement = requirements[line.requirement];
  const said = line.states.map((state) => SAYS[state]).filter(Boolean);
  line.severity ??= requirement?.severity ?? "";
  line.place = requirement ? partsOf(requirement) : { rfc: "no RFC", section: "" };
  line.differs = new Set(said).size > 1;
  line.allFail = said.length > 1 && said.every((one) => one === "broken");
  line.broken = line.states.map((state, run) => (SAYS[state] === "broken" ? run : -1)).filter((run) => run >= 0);
  line.onlyOne = line.broken.length === 1 && said.length > 1;
  line.red = line.states.filter(isRed).length;
  line.words = `${line.id}\n${line.title}\n${line.place.rfc} ${line.place.section}`.toLowerCase();
  return line;
}

/** "finding", "requirement", "row": made when first asked for. */
const madeLines = {};
function linesOfKind(kind) {
  const make = { finding: findingLines, requirement: requirementLines, row: rowLines }[kind];
  return (madeLines[kind] ||= make().map(complete));
}

function prepareMatrix() {
  MATRIX.rows = MATRIX.rows.map(([id, title, level, file, line, cited, area]) => ({
    id: text(id), title: text(title), level, file: text(file), line, cited, area: text(area),
  }));
  prepareCells();
}

const byWeight = (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
const byDifference = (a, b) => Number(b.differs) - Number(a.differs);

/** Of two groups the one first that has more serious findings, or differences, or anything broken. */
function rankOf(list, kind) {
  if (kind === "finding") return Math.min(...list.map((line) => SEVERITIES.indexOf(line.severity)));
  return list.some((line) => line.differs) ? 0 : list.some((line) => line.red > 0) ? 1 : 2;
}

/** Lines by RFC, and all but findings by its section too. */
function groupsOf(lines, kind) {
  const groups = new Map();
  for (const line of lines) {
    const { rfc, section: part } = line.place;
    const key = kind === "finding" || part === "" ? rfc : `${rfc} section ${part}`;
    (groups.get(key) || groups.set(key, []).get(key)).push(line);
  }
  const order = kind === "finding" ? (a, b) => byWeight(a, b) || byDifference(a, b) || b.red - a.red : (a, b) => byDifference(a, b) || b.red - a.red;
  for (const list of groups.values()) list.sort(order);
  const size = (list) => (kind === "finding" ? -list.length : 0);
  return [...groups].sort(([a, one], [b, other]) => rankOf(one, kind) - rankOf(other, kind) || size(one) - size(other) || byNumber(a, b));
}
