// The states of a session (RFC 5321, and what its extensions add), drawn from smtpspec's session table, with what this
// server answered on each edge.

const BOX = { width: 100, height: 44 };
const STATES = {
  connected: [62, 110, "greeting is due"], greeted: [232, 110, "no EHLO yet"], ready: [412, 110, "no transaction"],
  mail: [592, 110, "MAIL taken"], rcpt: [762, 110, "a recipient taken"], data: [932, 110, "message is due"],
  bdat: [762, 262, "a chunk taken"], auth: [400, 262, "response is due"], closed: [232, 262, "the end"],
};
/** The edges that are drawn, and where; all others of the table are in the list of replies alone. `from`: several states
 *  whose edges are drawn as one. */
const DRAWN = [
  { from: ["connected"], on: ["connection"], to: "greeted", d: "M 112 110 H 182", at: [147, 104], name: "connect" },
  { from: ["greeted"], on: ["EHLO", "HELO", "LHLO"], to: "ready", d: "M 282 110 H 362", at: [322, 104], name: "EHLO" },
  { from: ["ready"], on: ["MAIL"], to: "mail", d: "M 462 110 H 542", at: [502, 104], name: "MAIL" },
  { from: ["mail"], on: ["RCPT"], to: "rcpt", d: "M 642 110 H 712", at: [677, 104], name: "RCPT" },
  { from: ["rcpt"], on: ["RCPT"], to: "rcpt", d: "M 748 88 C 738 52 786 52 776 88", at: [786, 68], name: "RCPT", side: "start" },
  { from: ["rcpt"], on: ["DATA"], to: "data", d: "M 812 110 H 882", at: [847, 104], name: "DATA" },
  { from: ["data"], on: ["end of data"], to: "ready", d: "M 932 88 C 932 14 412 14 412 88", at: [672, 26], name: "end of data", inline: true },
  { from: ["rcpt", "mail"], on: ["BDAT"], to: "bdat", d: "M 762 132 V 240", at: [770, 190], name: "BDAT", side: "start", inline: true },
  { from: ["bdat"], on: ["BDAT"], to: "bdat", d: "M 812 252 C 846 240 846 284 812 272", at: [842, 266], name: "BDAT", side: "start", inline: true },
  { from: ["bdat", "rcpt", "mail"], on: ["end of data"], to: "ready", d: "M 712 268 C 580 268 500 240 452 132", at: [598, 284], name: "BDAT LAST", inline: true },
  { from: ["mail", "rcpt", "bdat"], on: ["RSET", "EHLO", "HELO"], to: "ready", d: "M 592 132 C 592 168 470 168 456 132", at: [545, 174], name: "RSET, EHLO", inline: true, minor: true },
  { from: ["ready", "greeted"], on: ["STARTTLS"], to: "greeted", d: "M 376 132 C 376 168 262 168 262 132", at: [319, 176], name: "STARTTLS", inline: true },
  { from: ["ready", "greeted"], on: ["AUTH"], to: "auth", d: "M 392 132 V 240", at: [385, 214], name: "AUTH", side: "end", inline: true },
  { from: ["auth"], on: ["response"], to: "ready", d: "M 412 240 V 132", at: [419, 200], name: "response", side: "start" },
  { from: null, on: ["QUIT"], to: "closed", d: "M 232 132 V 240", at: [224, 200], name: "QUIT, in any state", side: "end", inline: true },
];

function label(edge, seen) {
  const [x, y] = edge.at;
  const codes = [...new Set(seen.map((one) => one.code))].sort().join(" ");
  const times = seen.reduce((sum, one) => sum + one.times, 0);
  const heard = times > 0 ? codes : "not seen";
  return svg("text", { x, y, class: "label", "text-anchor": edge.side || "middle" }, edge.name,
    edge.inline ? svg("tspan", { class: "times" }, ` ${heard}`) : svg("tspan", { class: "times", x, y: y + (edge.side ? 13 : 19) }, heard));
}

function diagram(session) {
  const drawing = svg("svg", { viewBox: "0 0 1000 300", role: "img", "aria-label": "The states of a session; the table below says the same", class: "diagram" },
    svg("defs", {}, svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
      svg("path", { d: "M 0 0.5 L 8 4 L 0 7.5 z" }))));
  const labels = [];
  for (const edge of DRAWN) {
    const here = (one) => (edge.from === null || edge.from.includes(one.from)) && edge.on.includes(one.on);
    if (!session.edges.some((one) => here(one) && one.to === edge.to)) continue;
    const seen = session.seen.filter((one) => here(one) && one.code >= 200 && one.code < 400 && !one.odd);
    drawing.append(svg("path", { d: edge.d, class: `edge${seen.length > 0 ? " seen" : ""}${edge.minor ? " minor" : ""}`, "marker-end": "url(#arrow)" }));
    labels.push(label(edge, seen));
  }
  const { width, height } = BOX;
  for (const [name, [x, y, note]] of Object.entries(STATES))
    drawing.append(svg("g", { class: "state" }, svg("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 6 }),
      svg("text", { x, y: y - 2, "text-anchor": "middle" }, name), svg("text", { x, y: y + 13, "text-anchor": "middle", class: "note" }, note)));
  drawing.append(...labels);
  return drawing;
}

function codeMark(one) {
  const code = one.code <= 0 ? "no code" : String(one.code);
  if (one.row === undefined) return el("span", { class: `code of${code[0]}`, title: `${one.times} times` }, code, el("small", {}, `\u00d7${one.times.toLocaleString("en")}`));
  return el("a", { class: one.odd ? "code odd" : `code of${code[0]}`, href: linkTo("row", rows[one.row].id),
    title: `${one.times} times, first in ${rows[one.row].id}` }, code, el("small", {}, `\u00d7${one.times.toLocaleString("en")}`),
  one.odd && el("span", { class: "hidden" }, " (not among those that the RFCs list)"));
}

/** A line a command, a column a state: the codes that came. */
function answers(session) {
  const order = ["connection", "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "end of data", "BDAT", "RSET", "NOOP", "VRFY", "EXPN", "HELP", "STARTTLS", "AUTH", "response", "QUIT", "another command"];
  const on = [...new Set([...order, ...session.seen.map((one) => one.on)])].filter((name) => session.seen.some((one) => one.on === name));
  const from = [...new Set([...session.states, ...session.seen.map((one) => one.from)])].filter((state) => session.seen.some((one) => one.from === state));
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
