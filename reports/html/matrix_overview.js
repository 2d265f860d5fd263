// How each of several runs stands, at a glance, and what is known of it.

/** Findings by severity and rows by area: a line each. */
function overview() {
  const news = linesOfKind("finding");
  const hasFound = (line, severity) => [...line.has.values()].some((one) => one.severity === severity);
  const severities = SEVERITIES.filter((severity) => news.some((line) => hasFound(line, severity))).map((severity) => el("tr", {},
    el("th", { scope: "row" }, el("span", { class: `severity ${severity}` }, severity), " findings"),
    RUNS.map((run, i) => {
      const count = news.filter((line) => line.has.get(i)?.severity === severity).length;
      return el("td", { class: count > 0 ? `number ${severity}` : "number none" }, count === 0 ? "0" :
        el("a", { href: asLink({ view: "finding", severity, show: `fails-${i}` }) }, String(count)));
    })));
  const all = linesOfKind("row");
  const line = (area, list) => el("tr", {},
    el("th", { scope: "row" }, el("a", { href: asLink({ view: "row", area, show: "differ" }) }, area === "" ? "all rows" : area.replace(/^rfc/, "RFC "))),
    RUNS.map((run, i) => {
      const counts = tally(list.map((one) => one.states[i]));
      if (counts.decided + counts.undecided === 0) return el("td", { class: "area-cell quiet" }, "\u2013");
      const words = counts.decided === 0 ? "\u2013" : `${counts.kept}/${counts.decided}`;
      return el("td", { class: "area-cell", title: inWords(counts) },
        el("a", { href: asLink({ view: "row", area, show: counts.partly + counts.broken > 0 ? `fails-${i}` : "" }) }, bar(counts), words, el("span", { class: "hidden" }, ` ${inWords(counts)}`)));
    }));
  const areas = [...new Set(all.map((one) => one.area))].sort(byNumber);
  return section("overview", "At a glance", "findings, and rows that keep what is asked of those that decided anything; grey: undecided",
    el("div", { class: "pane" }, el("table", { class: "overview" },
      el("thead", {}, el("tr", {}, el("td", {}), runHeads())),
      el("tbody", {}, severities), el("tbody", {}, [line("", all), ...areas.map((area) => line(area, all.filter((one) => one.area === area)))]))));
}

function runsTable() {
  return section("runs", "The runs", "", RUNS.map((run) => {
    const { about } = run;
    return el("details", { class: "rfc" }, el("summary", {}, el("b", {}, run.name), el("span", {}, text(about.verdict)),
      about.incomplete !== undefined && el("span", { class: "notice" }, `incomplete: ${text(about.incomplete)}`)),
    pairs([["server", text(about.address)], ["profile", text(about.profile)], ["greeting", octetsOf(text(about.greeting))],
      ...about.learnt.map(([name, value]) => [text(name), text(value)]), ["played", `${text(about.started)}, ${spoken(about.duration_ms)}`],
      ["shard", about.shard], ["by", `smtpspec ${text(about.version)}, seed ${text(about.seed)}`], ["command", el("code", {}, text(about.command))]], { class: "facts" }));
  }));
}
