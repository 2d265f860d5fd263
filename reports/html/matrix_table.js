// The table of several runs: a line a finding, requirement or row, a column a run, in groups that open.

const LINES_AT_ONCE = 160;  // of groups that are open from the beginning
const LINES_OF_A_GROUP = 200;
const cellLink = (kind, id, run) => `#cell?${new URLSearchParams({ kind, of: id, run })}`;

/** A bar of shares: kept, partly, broken, undecided. */
function bar(counts) {
  return el("span", { class: "shares", "aria-hidden": "true" }, [["pass", counts.kept], ["warn", counts.partly], ["fail", counts.broken], ["skipped", counts.undecided]]
    .filter(([, count]) => count > 0).map(([outcome, count]) => {
      const share = el("span", { class: `share ${outcome}` });
      share.style.setProperty("flex-grow", count);
      return share;
    }));
}

function tally(states) {
  const counts = { kept: 0, partly: 0, broken: 0, undecided: 0 };
  for (const state of states) if (state) counts[SAYS[state] || "undecided"] += 1;
  return { ...counts, decided: counts.kept + counts.partly + counts.broken };
}

const inWords = (counts) => `${counts.kept} of ${counts.decided} kept, ${counts.partly} partly, ${counts.broken} broken, ${counts.undecided} undecided`;

const runHeads = () => RUNS.map((run) => el("th", { scope: "col", class: "run" }, el("a", { href: "#runs" }, run.name)));

function cellButton(line, run) {
  const state = line.states[run];
  const count = line.has?.get(run)?.rows.length;
  const words = `${RUNS[run].name}: ${state === null ? "no such row" : state}${count > 1 ? `, ${count} rows` : ""}`;
  if (state === null) return el("td", { class: "cell" }, el("span", { class: "hidden" }, words));
  return el("td", { class: `cell ${line.has && !line.has.has(run) && isRed(state) ? "otherwise " : ""}${state}` },
    el("button", { type: "button", "aria-expanded": "false", "aria-label": words, title: words, "data-run": run },
      OUTCOMES[state]?.[0] || "?", count > 1 && el("small", {}, count)));
}

function lineRow(line) {
  const made = el("tr", { class: "line" },
    el("th", { scope: "row" },
      el("span", { class: "marks" }, (asked.view === "finding" || line.severity === "security" || line.severity === "loss") && line.severity && el("span", { class: `severity ${line.severity}` }, line.severity),
        asked.view === "finding" && line.place.section && el("span", { class: "section" }, `\u00a7 ${line.place.section}`),
        asked.view !== "finding" && el("span", { class: "level" }, line.level.toUpperCase())),
      el("span", { class: "title" }, line.title), line.id !== line.title && el("code", {}, line.id)),
    RUNS.map((_, run) => cellButton(line, run)));
  made.line = line;
  return made;
}

/** Opens what stands behind a cell, in a line of its own below; or closes it. */
function toggle(button) {
  const row = button.closest("tr");
  const isOpen = button.getAttribute("aria-expanded") === "true";
  if (row.nextElementSibling?.classList.contains("behind-row")) row.nextElementSibling.remove();
  for (const other of row.querySelectorAll("button")) other.setAttribute("aria-expanded", "false");
  if (isOpen) return;
  button.setAttribute("aria-expanded", "true");
  const close = () => {
    toggle(button);
    button.focus();
  };
  row.after(el("tr", { class: "behind-row" }, el("td", { colspan: RUNS.length + 1 }, evidence(row.line, Number(button.dataset.run), close))));
}

function moveFocus(event) {
  const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const cell = event.target.closest(".cell");
  if (!by || !cell) return;
  event.preventDefault();
  const lines = [...cell.closest("table").querySelectorAll("tr.line")];
  const line = lines[lines.indexOf(cell.parentNode) + by[0]];
  line?.children[cell.cellIndex + by[1]]?.querySelector("button")?.focus();
}

/** A group of lines, which are made when it is opened. */
function groupBody(name, lines, isOpen) {
  const body = el("tbody", {});
  const differing = lines.filter((line) => line.differs).length;
  let made = 0;
  const more = () => {
    const next = lines.slice(made, made + LINES_OF_A_GROUP);
    made += next.length;
    body.append(...next.map(lineRow));
    if (made < lines.length)
      body.append(el("tr", { class: "rest" }, el("td", { colspan: RUNS.length + 1 }, el("button", { type: "button", class: "small", onclick: (event) => {
        event.currentTarget.closest("tr").remove();
        more();
      } }, `${(lines.length - made).toLocaleString("en")} more`))));
  };
  const button = el("button", { type: "button", class: "group-name", "aria-expanded": "false" }, name);
  body.setOpen = (open) => {
    button.setAttribute("aria-expanded", open);
    while (body.children.length > 1) body.lastChild.remove();
    made = 0;
    if (open) more();
  };
  button.addEventListener("click", () => body.setOpen(button.getAttribute("aria-expanded") !== "true"));
  body.append(el("tr", { class: "group" },
    el("th", { scope: "rowgroup" }, button, el("small", {}, counted(lines.length, asked.view), differing > 0 && `, ${differing} differ`)),
    RUNS.map((_, run) => {
      const counts = tally(lines.map((line) => line.states[run]));
      return el("td", { title: inWords(counts) }, counts.decided > 0 && [bar(counts), el("span", { class: "number" }, `${counts.kept}/${counts.decided}`)]);
    })));
  body.lines = lines;
  if (isOpen) body.setOpen(true);
  return body;
}

const matrixTable = el("table", { class: "matrix" });
const matrixFound = el("p", { class: "found", role: "status" });

function drawMatrix() {
  document.body.dataset.lines = asked.view;
  const lines = linesAskedFor();
  const all = linesOfKind(asked.view).length;
  const groups = groupsOf(lines, asked.view);
  let left = LINES_AT_ONCE;
  const bodies = groups.map(([name, list], i) => {
    const isOpen = left > 0 && (i === 0 || list.length <= left);
    if (isOpen) left -= list.length;
    return groupBody(name, list, isOpen);
  });
  matrixTable.replaceChildren(el("caption", { class: "hidden" }, `${VIEWS[asked.view]} by run`),
    el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "lines" }, VIEWS[asked.view]), runHeads())), ...bodies);
  matrixFound.textContent = `${counted(lines.length, asked.view)}${lines.length < all ? ` of ${all.toLocaleString("en")}` : ""}, ${lines.filter((line) => line.differs).length.toLocaleString("en")} on which they differ`;
}
