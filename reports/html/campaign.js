// A campaign: what was found, sessions, edges and findings over time, and the states that were reached.

/** Round steps, about four of them up to `most`. */
function ticks(most) {
  const rough = Math.max(1, most) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((one) => one * power >= rough) * power);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function chart(name, moments, column) {
  const width = 460, height = 170, left = 56, right = 20, bottom = 22, top = 10;
  const last = moments.at(-1) || [1, 0, 0, 0];
  const most = Math.max(1, ...moments.map((one) => one[column])), end = Math.max(1, last[0]);
  const x = (seconds) => left + (seconds / end) * (width - left - right);
  const y = (value) => height - bottom - (value / most) * (height - bottom - top);
  const stepped = moments.map((one, i) => `${i === 0 ? "M" : column === 3 ? `H ${x(one[0])} V` : "L"} ${i > 0 && column === 3 ? y(one[column]) : `${x(one[0])} ${y(one[column])}`}`);
  return el("figure", { class: "chart" }, el("figcaption", {}, name, ": ", el("b", {}, last[column].toLocaleString("en"))),
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${name} over time, ${last[column]} after ${last[0]} seconds` },
      ticks(most).map((value) => svg("g", {}, svg("path", { class: "grid", d: `M ${left} ${y(value)} H ${width - right}` }),
        svg("text", { x: left - 6, y: y(value) + 3, "text-anchor": "end" }, value.toLocaleString("en")))),
      ticks(end).map((value) => svg("text", { x: x(value), y: height - 6, "text-anchor": "middle" }, `${value} s`)),
      svg("path", { class: "curve", d: stepped.join(" ") })));
}

function foundElement(found, open) {
  return lazily(el("details", { class: "finding", id: anchor("finding", found.id), open: open || undefined },
    el("summary", { class: "of-campaign" }, el("span", { class: "outcome" }, sign("fail"), "found"), el("span", { class: "what" }, found.title || found.id))), () =>
    el("div", { class: "finding-body" },
      el("div", { class: "claim" }, found.requirements.map(sentence), found.rationale && octetsOf(found.rationale),
        found.again && [el("h3", { class: "sub" }, "Play it again"), command(found.again)]),
      el("div", { class: "evidence" }, conversationOf(found),
        el("p", { class: "caption" }, found.again ? "The scenario that it was written as" : "What was measured"), el("pre", { class: "source" }, found.text))));
}

/** How it ended, and all of it. */
function conversationOf(found) {
  if (found.conversation === undefined) return null;
  const most = 8;
  const row = { id: found.id, conversation: found.conversation };
  const lines = linesSaid(row);
  const shown = range(0, lines.length).filter((i) => !lines[i].isHeader).slice(-most);
  return [el("p", { class: "caption" }, "How the session ended"), proofList(row, lines, shown),
    lazily(el("details", { class: "more" }, el("summary", {}, "Whole conversation")), () => sequence(row))];
}

/** When, how long and how much, as far as its tools say. */
function aboutCampaign(stats) {
  const read = Object.fromEntries(stats);
  const number = (name) => (Number(read[name]) > 0 && Number(read[name]) < 1e12 ? Number(read[name]) : 0);
  const grouped = (name) => number(name).toLocaleString("en");
  const begun = number("start_time") && `${new Date(number("start_time") * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const rate = number("execs_per_sec") > 0 ? `, ${Math.round(number("execs_per_sec")).toLocaleString("en")} a second` : "";
  return pairs([["begun", begun], ["took", number("run_time") && spoken(number("run_time") * 1000)],
    ["sessions", number("execs_done") && grouped("execs_done") + rate],
    ["edges, or features", number("edges_found") && grouped("edges_found")]].filter(([, value]) => value), { class: "about" });
}

/** Which states of a session it came to, by the replies that came there. */
function statesReached(session) {
  if (session.seen.length === 0) return el("p", { class: "quiet" }, "The campaign has left no list of states.");
  const isReached = (state) => session.seen.some((one) => one.from === state);
  const missed = session.states.filter((state) => state !== "closed" && !isReached(state));  // there no reply is due
  return [el("p", {}, missed.length === 0 ? "All of them." : `All but ${missed.join(", ")}.`), answers(session)];
}

function campaignPage() {
  const { name, stats, moments, session, findings: list } = DATA.campaign;
  const items = list.map((found, i) => foundElement(found, i < SHOWN_AT_ONCE));
  items.forEach((item) => item.fill());
  return [
    el("header", { class: "head" }, el("h1", {}, `Campaign: ${name || "no name"}`),
      el("p", { class: `verdict ${list.length > 0 ? "fail" : "pass"}` }, sign(list.length > 0 ? "fail" : "pass"), el("span", {}, DATA.verdict)), aboutCampaign(stats)),
    el("main", {},
      section("findings", list.length > 0 ? counted(list.length, "finding") : "No findings", "",
        list.length > 0 ? items : el("p", {}, "No session broke a rule in a way that could be shown again.")),
      section("time", "Over time", "", moments.length > 0
        ? el("div", { class: "charts" }, chart("Sessions", moments, 1), chart("Edges, or features of replies", moments, 2), chart("Breaches kept", moments, 3))
        : el("p", { class: "quiet" }, "The campaign has left no plot_data.")),
      section("states", "States reached", "by the replies that came there, whatever the session", statesReached(session)),
      section("server", "What its tools read", "", pairs(stats, { class: "facts" })))];
}
