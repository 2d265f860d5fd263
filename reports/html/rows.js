// Every row, by filters. Lines are made a hundred at a time, what is in them when it is opened.

const A_TIME = 100;
const filters = { text: "", outcome: new Set(), severity: "", level: "", rfc: "", area: "", requirement: "" };
const filterable = rows.map((row) => [row.id, row.title, row.expected, row.actual, row.reason, text(row.file), ...(row.tags || []).map(text)]
  .filter(Boolean).join("\n").toLowerCase());

function fits(row) {
  const { place } = row;
  return (filters.outcome.size === 0 || filters.outcome.has(kindOf(row)))
    && (filters.severity === "" || row.severity === filters.severity)
    && (filters.level === "" || row.level === filters.level)
    && (filters.rfc === "" || row.requirements.some((number) => partsOf(requirements[number]).rfc === filters.rfc))
    && (filters.area === "" || place.area === filters.area || `${place.area}/${place.topic}` === filters.area)
    && (filters.requirement === "" || row.requirements.includes(Number(filters.requirement)))
    && filters.text.toLowerCase().split(/\s+/).every((word) => filterable[row.number].includes(word));
}

function rowElement(row) {
  return lazily(el("details", { class: "row", id: anchor("row", row.id) },
    el("summary", {}, outcomeMark(row.outcome), el("code", {}, row.id), el("span", { class: "title" }, row.title),
      el("span", { class: "level" }, row.level.toUpperCase()))), () => rowDetails(row));
}

const list = el("div", { class: "row-list" });
const count = el("p", { class: "found", role: "status" });
const moreButton = el("button", { type: "button", class: "more-rows", onclick: () => showMore() });
let found = [];
let shown = 0;

function showMore() {
  const next = found.slice(shown, shown + A_TIME);
  shown += next.length;
  list.append(...next.map(rowElement));
  moreButton.hidden = shown >= found.length;
  moreButton.textContent = `Show ${Math.min(A_TIME, found.length - shown)} more of ${(found.length - shown).toLocaleString("en")}`;
}

function apply() {
  found = rows.filter(fits);
  list.parentNode?.classList.toggle("unfiltered", found.length === rows.length);
  shown = 0;
  list.replaceChildren();
  count.textContent = found.length === rows.length ? counted(rows.length, "row") : `${counted(found.length, "row")} of ${rows.length.toLocaleString("en")}`;
  showMore();
}

/** Brings a row into the list, whatever the filters are. */
function reveal(row) {
  if (!found.includes(row)) setFilters({});
  while (!document.getElementById(anchor("row", row.id)) && shown < found.length) showMore();
  return document.getElementById(anchor("row", row.id));
}

const controls = {};

/** As they stand in a link: "outcome=fail,crash&level=must". */
function setFilters(values) {
  for (const key of Object.keys(filters))
    filters[key] = key === "outcome" ? new Set((values.outcome || "").split(",").filter((one) => KINDS[one])) : values[key] || "";
  for (const [key, control] of Object.entries(controls)) control.value = filters[key];
  for (const chip of document.querySelectorAll(".filters .chip")) chip.setAttribute("aria-pressed", filters.outcome.has(chip.dataset.outcome));
  apply();
}

function remember() {
  const parts = Object.entries(filters).map(([key, value]) => [key, key === "outcome" ? [...value].join(",") : value]).filter(([, value]) => value !== "");
  const hash = `#rows${parts.length > 0 ? "?" : ""}${parts.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&")}`;
  try {
    history.replaceState(null, "", hash);
  } catch { /* some browsers let no file do that */ }
}

function choice(key, label, options) {
  const control = el("select", { id: `filter-${key}`, onchange: () => {
    filters[key] = control.value;
    apply();
    remember();
  } }, el("option", { value: "" }, "any"), options.map(([value, shownAs]) => el("option", { value }, shownAs || value)));
  controls[key] = control;
  return el("label", { for: control.id }, label, control);
}

function filterBar() {
  const search = el("input", { type: "search", id: "filter-text", placeholder: "id, title, octets, tag", oninput: () => {
    filters.text = search.value;
    apply();
    remember();
  } });
  controls.text = search;
  const chips = countsOf(rows).map(([outcome, times]) => el("button", { type: "button", class: "chip", "data-outcome": outcome, "aria-pressed": "false",
    title: KINDS[outcome]?.[1], onclick: (event) => {
      const on = filters.outcome.has(outcome);
      on ? filters.outcome.delete(outcome) : filters.outcome.add(outcome);
      event.currentTarget.setAttribute("aria-pressed", !on);
      apply();
      remember();
    } }, sign(outcome), `${outcome} `, el("span", { class: "count" }, times.toLocaleString("en"))));
  const areas = [...new Set(rows.flatMap((row) => [row.place.area, `${row.place.area}/${row.place.topic}`]))].sort(byNumber);
  const rfcs = [...new Set(requirements.map((one) => partsOf(one).rfc))].sort(byNumber);
  return el("form", { class: "filters", role: "search", "aria-label": "Rows", onsubmit: (event) => event.preventDefault() },
    el("div", { class: "chips", role: "group", "aria-label": "Outcomes" }, chips),
    el("div", { class: "choices" },
      el("label", { for: "filter-text" }, "Text", search),
      choice("severity", "Severity", SEVERITIES.map((one) => [one])), choice("level", "Level", ["must", "should", "may"].map((one) => [one])),
      choice("rfc", "RFC", rfcs.map((one) => [one])), choice("area", "Area", areas.map((one) => [one])),
      choice("requirement", "Requirement", requirements.map((one, number) => [String(number), one.id])),
      el("button", { type: "button", class: "small", onclick: () => {
        setFilters({});
        remember();
      } }, "Clear")));
}

function allRows() {
  const made = section("rows", "Rows", "", filterBar(), count, list, moreButton);  // on paper those that were chosen
  apply();
  return made;
}
