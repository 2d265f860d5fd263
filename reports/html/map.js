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

function heatMap() {
  const areas = new Map();
  for (const row of rows) {
    const topics = areas.get(row.place.area) || areas.set(row.place.area, new Map()).get(row.place.area);
    (topics.get(row.place.topic) || topics.set(row.place.topic, []).get(row.place.topic)).push(row);
  }
  const tip = el("p", { class: "tip", role: "status" }, "A cell is a row of the suite: point at one to see which, click or touch it to open that row.");
  const body = el("div", { class: "map" }, [...areas].sort(([a], [b]) => byNumber(a, b)).map(([area, topics]) => {
    const all = [...topics.values()].flat();
    return el("div", { class: "area" },
      el("h3", {}, el("a", { href: `#rows?area=${encodeURIComponent(area)}` }, area.replace(/^rfc/, "RFC ")),
        el("small", {}, said(all))),
      el("div", { class: "topics" }, [...topics].sort(([a], [b]) => byNumber(a, b)).map(([topic, list]) => el("div", { class: "topic" },
        el("a", { href: `#rows?area=${encodeURIComponent(`${area}/${topic}`)}`, title: said(list) },
          topic.replaceAll("-", " "), el("span", { class: "hidden" }, `: ${said(list)}`)),
        cells(list)))));
  }));
  body.addEventListener("mouseover", (event) => {
    const row = rows[event.target.dataset.row];
    if (row) tip.replaceChildren(outcomeMark(row.outcome), el("code", {}, row.id), " ", row.title);
  });
  body.addEventListener("click", (event) => {
    const row = rows[event.target.dataset.row];
    if (row) location.hash = linkTo("row", row.id).slice(1);
  });
  return section("map", "Areas", "", tip, body);
}
