// The states of a session (RFC 5321, and what its extensions add), drawn from smtpspec's session table, with what this
// server answered on each edge.

const STATES = {
  connected: [70, 150, "the greeting is due"], greeted: [225, 150, "no EHLO yet"], ready: [400, 150, "no mail transaction"],
  mail: [585, 150, "MAIL taken"], rcpt: [745, 150, "a recipient taken"], data: [905, 150, "the message is due"],
  bdat: [745, 290, "a chunk taken"], auth: [400, 290, "a response is due"], closed: [70, 290, "the end"],
};
const WIDTH = 96, HEIGHT = 44;

/** Edges between the same two states are one line; those that stay are in the table alone. */
function lines(session) {
  const groups = new Map();
  for (const edge of session.edges) {
    if (edge.from === edge.to && !(edge.on === "RCPT" && edge.from === "rcpt")) continue;
    const key = `${edge.from} ${edge.to}`;
    const group = groups.get(key) || groups.set(key, { from: edge.from, to: edge.to, on: [] }).get(key);
    group.on.push(edge.on);
  }
  for (const group of groups.values()) {
    group.seen = session.seen.filter((one) => one.from === group.from && group.on.includes(one.on) && one.code >= 200 && one.code < 400 && !one.odd);
    group.times = group.seen.reduce((sum, one) => sum + one.times, 0);
  }
  return [...groups.values()];
}

/** A path from one box to the other: straight to a neighbour, else an arc that the longer it is the further it bends. */
function pathOf(from, to) {
  const [x1, y1] = STATES[from], [x2, y2] = STATES[to];
  if (from === to) return { d: `M ${x1 - 20} ${y1 - HEIGHT / 2} c -14 -38 54 -38 40 0`, x: x1, y: y1 - HEIGHT / 2 - 34 };
  const right = x2 > x1, far = Math.abs(x2 - x1) > 190;
  if (y1 === y2 && !far && right) return { d: `M ${x1 + WIDTH / 2} ${y1} H ${x2 - WIDTH / 2}`, x: (x1 + x2) / 2, y: y1 - 8 };
  if (y1 === y2) {
    const up = right ? -1 : 1, bend = 24 + Math.abs(x2 - x1) / 5.2;
    const startX = x1 + (right ? 22 : -22), endX = x2 + (right ? -22 : 22), y = y1 + up * HEIGHT / 2;
    return { d: `M ${startX} ${y} C ${startX} ${y + up * bend} ${endX} ${y + up * bend} ${endX} ${y}`, x: (startX + endX) / 2, y: y + up * (bend * 0.75) + (up < 0 ? -5 : 12) };
  }
  const down = y2 > y1, shift = down ? -14 : 14;
  const startY = y1 + (down ? HEIGHT / 2 : -HEIGHT / 2), endY = y2 + (down ? -HEIGHT / 2 : HEIGHT / 2);
  if (x1 === x2) return { d: `M ${x1 + shift} ${startY} V ${endY}`, x: x1 + shift + (down ? -8 : 8), y: (startY + endY) / 2, side: down ? "end" : "start" };
  return { d: `M ${x1 + shift} ${startY} C ${x1 + shift} ${(startY + endY) / 2} ${x2 - shift} ${(startY + endY) / 2} ${x2 - shift} ${endY}`, x: (x1 + x2) / 2, y: (startY + endY) / 2 };
}

function diagram(session) {
  const drawing = svg("svg", { viewBox: "0 0 980 330", role: "img", "aria-label": "The states of a session; the table below says the same", class: "diagram" },
    svg("defs", {}, svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
      svg("path", { d: "M 0 0.5 L 8 4 L 0 7.5 z" }))));
  const labels = [];
  for (const group of lines(session)) {
    if (!STATES[group.from] || !STATES[group.to]) continue;
    const { d, x, y, side } = pathOf(group.from, group.to);
    const minor = group.to === "closed" || (group.to === "ready" && !group.on.some((on) => on === "end of data" || on === "response") && group.from !== "greeted")
      || group.to === "greeted" && group.from !== "connected";
    drawing.append(svg("path", { d, class: `edge${group.times > 0 ? " seen" : ""}${minor ? " minor" : ""}`, "marker-end": "url(#arrow)" }));
    if (minor || (group.from === "greeted" && group.to !== "ready") || (group.from === "mail" && group.to !== "rcpt")) continue;
    const name = group.on.length > 2 ? group.on[0] : group.on.join(", ");
    labels.push(svg("text", { x, y, class: "label", "text-anchor": side || "middle" }, name,
      svg("tspan", { class: "times" }, group.times > 0 ? ` ${[...new Set(group.seen.map((one) => one.code))].join(" ")}` : " not seen")));
  }
  for (const [name, [x, y, note]] of Object.entries(STATES))
    drawing.append(svg("g", { class: "state" }, svg("rect", { x: x - WIDTH / 2, y: y - HEIGHT / 2, width: WIDTH, height: HEIGHT, rx: 6 }),
      svg("text", { x, y: y - 2, "text-anchor": "middle" }, name), svg("text", { x, y: y + 13, "text-anchor": "middle", class: "note" }, note)));
  drawing.append(...labels);
  return drawing;
}

function codeMark(one) {
  const code = one.code < 0 ? "no code" : String(one.code);
  return el("a", { class: one.odd ? "code odd" : `code of${code[0]}`, href: linkTo("row", rows[one.row].id),
    title: `${one.times} times, first in ${rows[one.row].id}` }, code, el("small", {}, `\u00d7${one.times.toLocaleString("en")}`),
  one.odd && el("span", { class: "hidden" }, " (not among those that the RFCs list)"));
}

/** A line a command, a column a state: the codes that came. */
function answers(session) {
  const order = ["connection", "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "end of data", "BDAT", "RSET", "NOOP", "VRFY", "EXPN", "HELP", "STARTTLS", "AUTH", "response", "QUIT", "another command"];
  const on = [...new Set([...order, ...session.seen.map((one) => one.on)])].filter((name) => session.seen.some((one) => one.on === name));
  const from = session.states.filter((state) => session.seen.some((one) => one.from === state));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Replies by command and state" },
    el("table", { class: "answers" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "in state"), from.map((state) => el("th", { scope: "col" }, state)))),
      el("tbody", {}, on.map((name) => el("tr", {}, el("th", { scope: "row" }, name), from.map((state) =>
        el("td", {}, session.seen.filter((one) => one.on === name && one.from === state).sort((a, b) => a.code - b.code).map(codeMark))))))));
}

function sessionStates() {
  const { session } = DATA;
  const note = session.conversations > 0 ? `as ${counted(session.conversations, "conversation")} of this run show` : "";
  return section("session", "The session, edge by edge", note,
    session.conversations === 0 && el("p", { class: "quiet" }, "No transcript of this run could be read, so nothing is known of the edges."),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "State diagram" }, diagram(session)),
    session.seen.length > 0 && lazily(el("details", { class: "more", open: true }, el("summary", {}, "Each reply code, by command and state")), () => answers(session)));
}
