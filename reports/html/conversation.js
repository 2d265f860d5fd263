// A conversation drawn as a sequence: the client on the left, the server on the right, an arrow a segment.

const SIDES = { c: "client", s: "server", C: "client", S: "server", "-": "event", ">": "step" };
const who = { client: "client to server", server: "server to client", event: "", step: "" };

/** Its events as they are drawn; where no transcript is there, the lines of the excerpt. */
function eventsOf(row) {
  if (row.conversation !== undefined) {
    const { events, sessions } = conversations[row.conversation];
    return events.map(([at, side, number, session]) => ({
      at, side: SIDES[side], beneath: side === "C" || side === "S", said: text(number), lines: linesOf(text(number)),
      session: sessions && text(sessions[session || 0]),
    }));
  }
  return (row.excerpt || []).map(([, side, number, key]) => ({
    at: null, side: SIDES[side], said: text(number), lines: [text(number)],
    key: (row.cause === "delivery" ? side === "-" && text(number).startsWith("delivered: ") : key === "key") ? 0 : undefined,
  }));
}

/** Marks the line that decided; where that was what came out of it, none did. */
function marked(row) {
  const events = eventsOf(row);
  const conversation = conversations[row.conversation];
  if (conversation?.key === undefined || row.cause === "delivery") return events;
  const wanted = text(conversation.key_line);
  for (let i = conversation.key; i < events.length; i++) {
    const at = events[i].side === "step" ? -1 : events[i].side === "event" ? 0 : events[i].lines.indexOf(wanted);
    if (at >= 0 && (events[i].side !== "event" || events[i].said === wanted)) {
      events[i].key = at;
      return events;
    }
  }
  const first = events[conversation.key];
  if (first) first.key = 0;
  return events;
}

const timeOf = (at) => (at === null ? "" : at < 10000 ? `${(at / 1000).toFixed(1)}` : `${Math.round(at / 1000)}`);

function stepName(said) {
  return said === "ladder" ? "The way to the state that the scenario begins in" : said === "fence"
    ? "The fence: is every reply where it belongs?" : `Step ${Number(said) + 1} of the scenario`;
}

function segment(event, asHex) {
  const most = 14;
  const body = el("div", { class: "segment" });
  const show = (all) => {
    const lines = all ? event.lines : event.lines.slice(0, most);
    body.replaceChildren(...(asHex ? [hexDump(event.said)] : lines.map((line, i) =>
      el("div", { class: event.key === i ? "line key" : "line" },
        event.key === i && el("span", { class: "hidden" }, "decided by: "), octetsOf(line)))));
    if (!asHex && lines.length < event.lines.length)
      body.append(el("button", { type: "button", class: "small", onclick: () => show(true) },
        `${event.lines.length - most} lines more`));
  };
  show(event.key !== undefined && event.key >= most);
  return body;
}

function drawn(event, asHex) {
  if (event.side === "step") return el("li", { class: "step" }, stepName(event.said));
  const time = el("span", { class: "time" }, timeOf(event.at));
  const session = event.session ? el("span", { class: "session" }, event.session) : null;
  if (event.side === "event")
    return el("li", { class: event.key !== undefined ? "event key" : "event" }, time, el("span", { class: "lane" }, session, event.said));
  return el("li", { class: event.side }, time,
    el("div", { class: "lane" },
      el("span", { class: "hidden" }, who[event.side] + ": "), session,
      event.beneath && el("span", { class: "session" }, "beneath TLS"), segment(event, asHex)));
}

/** The step that was under way. */
function lastStep(events, before) {
  for (let i = before - 1; i >= 0; i--) if (events[i].side === "step") return events[i].said;
  return null;
}

/** All of it, with a switch to hexadecimal. */
function sequence(row) {
  const events = marked(row);
  const list = el("ol", { class: "sequence" });
  const draw = (asHex) => list.replaceChildren(
    el("li", { class: "heads", "aria-hidden": "true" }, el("span", { class: "time" }, "ms"),
      el("span", { class: "lane" }, el("span", {}, "client"), el("span", {}, "server"))),
    ...events.filter((event, i) => event.side !== "step" || event.said !== lastStep(events, i)).map((event) => drawn(event, asHex)));
  draw(false);
  const toggle = el("button", { type: "button", class: "small", "aria-pressed": "false", onclick: () => {
    const on = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", on);
    draw(on);
  } }, "Hexadecimal");
  const excerpt = row.conversation === undefined;
  const conversation = conversations[row.conversation];
  const other = conversation && text(conversation.of) !== row.id && text(conversation.of);
  return el("div", { class: "conversation" },
    el("div", { class: "bar" }, el("h3", { class: "sub" }, excerpt ? "An excerpt of the conversation" : "The conversation"),
      excerpt && el("span", { class: "quiet" }, "the transcript is not in this page"), !excerpt && toggle,
      other && el("span", { class: "quiet" }, "of ", other), conversation?.shortened && el("span", { class: "quiet" }, "kept short, for want of room")),
    list);
}

/** The longest common lines of two lists: what is in both, what only in one. */
function differences(expected, actual) {
  const n = expected.length, m = actual.length;
  if (n * m > 400000) return [...expected.map((line) => ["-", line]), ...actual.map((line) => ["+", line])];
  const longest = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1));
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--)
      longest[i][j] = expected[i] === actual[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
  const all = [];
  for (let i = 0, j = 0; i < n || j < m;) {
    if (i < n && j < m && expected[i] === actual[j]) all.push(["=", expected[i++], j++]);
    else if (i < n && (j >= m || longest[i + 1][j] >= longest[i][j + 1])) all.push(["-", expected[i++]]);
    else all.push(["+", actual[j++]]);
  }
  return all;
}

const localLines = (message) => tokensOf(message).filter((token, i, all) => token !== "\\r" || all[i + 1] !== "\\n").join("");

/** Beside what was sent: the message that has most lines in common with it. */
function compared(delivery, sent) {
  const fit = (message) => linesOf(delivery.local_line_ends ? localLines(message) : message);
  const actual = fit(text(delivery.message));
  let best = null;
  for (const number of sent || []) {
    const all = differences(fit(text(number)), actual);
    const same = all.filter(([kind]) => kind === "=").length;
    if (same > 0 && (!best || same > best.same)) best = { all, same };
  }
  if (!best) return { all: actual.map((line) => ["=", line]), alone: true };
  return { ...best, differs: best.all.some(([kind]) => kind !== "=") };
}

const WORDS = { "=": "", "+": "delivered, not sent: ", "-": "sent, not delivered: " };

function delivered(row) {
  const conversation = conversations[row.conversation];
  if (!conversation) return null;
  const list = conversation.deliveries || [];
  if (list.length === 0) return conversation.observed && row.cause === "delivery"
    ? el("p", { class: "deliveries" }, "Nothing of it was delivered.") : null;
  return el("div", { class: "deliveries" }, el("h3", { class: "sub" }, counted(list.length, "message"), " delivered"), list.map((delivery) => {
    const { all, alone, differs } = compared(delivery, conversation.sent);
    const envelope = [delivery.from !== undefined && `from <${text(delivery.from)}>`,
      delivery.to && `to ${delivery.to.map((one) => `<${text(one)}>`).join(", ")}`].filter(Boolean).join(" ");
    const trace = linesOf(text(delivery.trace)).filter((line) => line !== "");
    return el("div", { class: "delivery" },
      el("p", {}, `By the ${delivery.road}, ${timeOf(delivery.at)} ms, ${counted(delivery.octets, "octet")}`, envelope && `, ${envelope}`,
        ". ", el("strong", {}, alone ? "" : differs ? "It differs from what was sent." : "As it was sent.")),
      el("div", { class: "message" },
        trace.map((line) => el("div", { class: "line trace" }, el("span", { class: "mark" }, "\u00b7"), octetsOf(line))),
        all.map(([kind, line]) => el("div", { class: `line ${kind === "+" ? "more" : kind === "-" ? "less" : ""}` },
          el("span", { class: "mark" }, kind === "=" ? "" : kind, el("span", { class: "hidden" }, WORDS[kind])), octetsOf(line)))));
  }), conversation.deliveries_left_out && el("p", { class: "quiet" }, `and ${counted(conversation.deliveries_left_out, "message")} more`));
}
