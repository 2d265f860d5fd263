// The whole suite at a glance: a cell a row, coloured and signed by its outcome, a line a topic.

function cells(list) {
  const line = el("span", { class: "cells" });
  for (const row of list) {
    const cell = document.createElement("i");
    cell.className = row.known ? `${row.outcome} known` : row.outcome;
    cell.dataset.row = row.number;
    line.append(cell);
  }
  return line;
}

const said = (list) => countsOf(list).map(([outcome, count]) => `${count} ${outcome}`).join(", ");

/** Of all cells the one that is best reached from this one, upwards or downwards; topics stand in columns. */
function cellBeyond(cell, all, isDown) {
  const from = cell.getBoundingClientRect();
  let best;
  let least = Infinity;
  for (const other of all) {
    const at = other.getBoundingClientRect();
    const away = isDown ? at.top - from.bottom : from.top - at.bottom;
    const cost = away + 3 * Math.abs(at.left - from.left);
    if (away >= 0 && cost < least) [best, least] = [other, cost];
  }
  return best;
}

/** The cell that Tab leads to: arrow keys go on from there, Enter opens the row. It alone is told of to who cannot see the map. */
function takeStop(cell, before) {
  for (const name of ["tabindex", "role", "aria-label"]) before?.removeAttribute(name);
  const row = rows[cell.dataset.row];
  cell.setAttribute("role", "link");
  cell.setAttribute("aria-label", `${kindOf(row)}: ${row.id}, ${row.title}`);
  cell.tabIndex = 0;
}

function moveInMap(event, all) {
  const cell = event.target;
  const at = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const next = at ? all[all.indexOf(cell) + at]
    : event.key === "ArrowUp" || event.key === "ArrowDown" ? cellBeyond(cell, all, event.key === "ArrowDown")
      : { Home: cell.parentNode.firstChild, End: cell.parentNode.lastChild }[event.key];
  if (at || next) event.preventDefault();
  if (!next) return;
  takeStop(next, cell);
  next.focus();
}

function heatMap() {
  const areas = new Map();
  for (const row of rows) {
    const topics = areas.get(row.place.area) || areas.set(row.place.area, new Map()).get(row.place.area);
    (topics.get(row.place.topic) || topics.set(row.place.topic, []).get(row.place.topic)).push(row);
  }
  const tip = el("p", { class: "tip" }, "A cell is a row of the suite: point at one, or go from one to the next by the arrow keys, to see which; a click, a touch or Enter opens that row.");
  const body = el("div", { class: "map", role: "group", "aria-label": "Cells of the rows: the arrow keys go from one to the next" }, [...areas].sort(([a], [b]) => byNumber(a, b)).map(([area, topics]) => {
    const all = [...topics.values()].flat();
    return el("div", { class: "area" },
      el("h3", {}, el("a", { href: `#rows?area=${encodeURIComponent(area)}` }, area.replace(/^rfc/, "RFC ")),
        el("small", {}, said(all))),
      el("div", { class: "topics" }, [...topics].sort(([a], [b]) => byNumber(a, b)).map(([topic, list]) => el("div", { class: "topic" },
        el("a", { href: `#rows?area=${encodeURIComponent(`${area}/${topic}`)}`, title: said(list) },
          topic.replaceAll("-", " "), el("span", { class: "hidden" }, `: ${said(list)}`)),
        cells(list)))));
  }));
  const all = [...body.querySelectorAll(".cells i")];
  if (all.length > 0) takeStop(all[0]);
  const tell = (event) => {
    const row = rows[event.target.dataset.row];
    if (row) tip.replaceChildren(outcomeMark(row.outcome), el("code", {}, row.id), " ", row.title);
  };
  const openRow = (event) => {
    const row = rows[event.target.dataset.row];
    if (row) location.hash = linkTo("row", row.id).slice(1);
  };
  body.addEventListener("mouseover", tell);
  body.addEventListener("focusin", tell);
  body.addEventListener("click", openRow);
  body.addEventListener("keydown", (event) => {
    if (event.target.dataset.row === undefined) return;
    if (event.key === "Enter") openRow(event);
    else moveInMap(event, all);
  });
  return section("map", "Areas", "", tip, body);
}
