// Puts the page together, and finds the way to what a link names.

const THEMES = { light: "Dark", dark: "Light" };  // and what the button offers
const theme = { system: matchMedia("(prefers-color-scheme: dark)"), chosen: null };

function applyTheme() {
  const now = theme.chosen || (theme.system.matches ? "dark" : "light");
  document.documentElement.dataset.theme = now;
  theme.button.textContent = THEMES[now];
}

/** What was chosen before, or else what the system has. */
function themeButton() {
  theme.button = el("button", { type: "button", class: "small theme", onclick: () => {
    theme.chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    applyTheme();
    try {
      localStorage.setItem("smtpspec-theme", theme.chosen);
    } catch { /* where nothing is kept, it is not */ }
  } });
  try {
    const kept = localStorage.getItem("smtpspec-theme");
    if (THEMES[kept]) theme.chosen = kept;
  } catch { /* as above */ }
  theme.system.addEventListener("change", applyTheme);
  applyTheme();
  return theme.button;
}

function contents() {
  const names = { overview: "At a glance", matrix: "Matrix", runs: "Runs", findings: "Findings", known: "Known", changes: "Baseline", time: "Over time", states: "States", server: "Server", map: "Areas", session: "Session", requirements: "Requirements", rows: "Rows" };
  return el("nav", { "aria-label": "Contents" }, el("a", { class: "wordmark", href: "#page" }, "smtpspec"), Object.entries(names).filter(([id]) => document.getElementById(id))
    .map(([id, name]) => el("a", { href: `#${id}` }, name)), themeButton());
}

/** Opens what stands behind `#finding-...`, `#row-...` and `#requirement-...`, and sets the filters of `#rows?...`. */
function goTo(hash) {
  const [name, query] = [hash.slice(1).split("?")[0], hash.split("?").slice(1).join("?")];
  if (name === "rows" && hash.includes("?")) {
    setFilters(Object.fromEntries(new URLSearchParams(query)));
    document.getElementById("rows").scrollIntoView();
    return;
  }
  let id;
  try {
    id = decodeURIComponent(hash.slice(1));
  } catch {
    return;
  }
  if (id.startsWith("requirement-")) document.querySelectorAll("details.rfc").forEach(open);
  const row = id.startsWith("row-") ? rows.find((one) => anchor("row", one.id) === id) : undefined;
  const place = row ? reveal(row) : document.getElementById(id);
  if (!place || id === "") return;
  for (let one = place; one; one = one.parentElement) if (one.tagName === "DETAILS") open(one);
  place.scrollIntoView();
  (place.querySelector("summary") || place).focus?.({ preventScroll: true });
}

function open(details) {
  details.open = true;
  details.fill?.();
}

function runPage() {
  const parts = [outcomeBar, allFindings, changes, server, heatMap, sessionStates, ledger, allRows];
  return [head(), el("main", {}, (rows.length === 0 ? [allFindings, changes, server] : parts).map((make) => make()))];
}

function start() {
  const page = document.getElementById("page");
  page.append(...(DATA.matrix ? matrixPage() : DATA.campaign ? campaignPage() : runPage()));
  page.prepend(contents());
  const follow = DATA.matrix ? matrixGoTo : goTo;
  addEventListener("hashchange", () => follow(location.hash));
  addEventListener("beforeprint", () => document.querySelectorAll("details.finding, details.rfc").forEach(open));
  follow(location.hash);
}

start();
