// The page of several runs, and the way to what a link names.

/** Shows the line of a link and opens its cell. */
function goToCell({ kind, of, run }) {
  if (!Object.hasOwn(VIEWS, kind) || !RUNS[run]) return;
  const line = linesOfKind(kind).find((one) => one.id === of);
  if (!line) return;
  if (asked.view !== kind || !linesAskedFor().includes(line)) ask({ view: kind });
  const body = [...matrixTable.tBodies].find((one) => one.lines.includes(line));
  const find = () => [...body.children].find((one) => one.line === line);
  if (!find()) body.setOpen(true);
  for (let rest = body.querySelector(".rest button"); !find() && rest; rest = body.querySelector(".rest button")) rest.click();
  const button = find().querySelector(`button[data-run="${Number(run)}"]`);
  if (button?.getAttribute("aria-expanded") === "false") toggle(button);
  find().scrollIntoView({ block: "start" });
  button?.focus({ preventScroll: true });
}

function matrixGoTo(hash) {
  const [name, ...query] = hash.slice(1).split("?");
  const values = Object.fromEntries(new URLSearchParams(query.join("?")));
  if (name === "cell") goToCell(values);
  else if (name === "matrix") {
    ask(values);
    document.getElementById("matrix").scrollIntoView();
  }
}

function matrixHead() {
  const lines = linesOfKind("row");
  const differing = lines.filter((line) => line.differs).length;
  const allFail = lines.filter((line) => line.allFail).length;
  const news = linesOfKind("finding");
  const leftOut = MATRIX.left_out > 0 && el("p", { class: "notice" }, `There was no room for ${counted(MATRIX.left_out, "cell")}.`);
  const incomplete = RUNS.filter((run) => run.about.incomplete !== undefined);
  return el("header", { class: "head" }, el("h1", {}, `${counted(RUNS.length, "run")} side by side`),
    el("p", { class: "verdict" }, el("span", {}, `They differ on ${differing.toLocaleString("en")} of ${counted(lines.length, "row")}; on ${allFail} all of them fail; ${counted(news.length, "finding")} together, ${news.filter((line) => line.has.size === 1).length} of one alone.`)),
    incomplete.length > 0 && el("p", { class: "notice" }, `Not complete: ${incomplete.map((run) => `${run.name} (${text(run.about.incomplete)})`).join(", ")}.`), leftOut);
}

/** What the cells say. */
function legend() {
  const words = { pass: "kept", info: "kept, and says how", warn: "a SHOULD not met", fail: "a MUST broken", crash: "died or hung up", blocked: "undecided", unsupported: "not offered" };
  return el("ul", { class: "legend", "aria-label": "What the cells say" },
    Object.entries(words).map(([outcome, said]) => el("li", {}, sign(outcome), said)),
    el("li", { class: "of-findings" }, el("span", { class: "sign otherwise", "aria-hidden": "true" }, OUTCOMES.fail[0]), "has not this finding, but fails in another way"),
    el("li", { class: "of-findings" }, "a number: rows of the finding"));
}

function matrixPage() {
  prepareMatrix();
  document.body.classList.add("side-by-side");
  const made = [matrixHead(), el("main", {}, overview(),
    section("matrix", "The matrix", "each cell opens its evidence", askBar(), matrixFound, legend(), el("div", { class: "pane" }, matrixTable)), runsTable())];
  matrixTable.addEventListener("click", (event) => {
    const button = event.target.closest(".cell button");
    if (button) toggle(button);
  });
  matrixTable.addEventListener("keydown", moveFocus);
  ask({});
  return made;
}
