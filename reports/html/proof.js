// The octets that prove a finding, at a glance: the lines around the one that decided, or what was delivered.

const isDelivery = (row) => row.cause === "delivery";

/** The lines of a conversation. Those of a message's header are marked, down to the empty line after it. */
function linesSaid(row) {
  const lines = [];
  let part = null;
  for (const event of marked(row)) {
    if (event.side === "step") part = event.said;
    else event.lines.forEach((line, i) => lines.push({ ...event, part, line, isKey: event.key === i }));
  }
  lines.forEach((line, end) => {
    if (line.side !== "client" || !/^(\\r)?\\n$/.test(line.line)) return;
    let from = end;
    while (from > 0 && lines[from - 1].side === "client" && /^([A-Za-z-]+:|[ \t])/.test(lines[from - 1].line)) from--;
    if (from < end || from === 0) for (let i = from; i <= end; i++) lines[i].isHeader = true;
  });
  return lines;
}

function shortened(line) {
  const longest = 400;
  if (line.length <= longest) return line;
  return `${beginningOf(line, longest - 80)} \u2026 ${line.slice(-60).replace(/^[0-9a-f]{0,2}/, "")}`;
}

const gapLine = (words) => el("li", { class: "gap" }, `\u22ee ${words}`);

function proofLine(line, row) {
  return el("li", { class: line.side + (line.isKey ? " key" : "") },
    el("span", { class: "who" }, line.side === "client" ? "C" : line.side === "server" ? "S" : "\u2013"),
    line.isKey && el("span", { class: "hidden" }, "decided by: "),
    line.side !== "event" ? octetsOf(shortened(line.line)) : line.isKey && isDelivery(row) ? pointedOut([line.line], wanted(row.expected).octets)[0][0]
      : el("span", { class: "octets" }, line.line));
}

/** Those lines that are chosen, and where others are left out between them how many. */
function proofList(row, lines, chosen) {
  const whole = row.conversation !== undefined && !lines.some((line) => /^\d+ events left out$/.test(line.line));
  const list = el("ol", { class: "proof" });
  let last = -1;
  const gap = (to, where) => {
    const left = lines.slice(last + 1, to);
    if (left.length === 0) return;
    const what = left.every((line) => line.isHeader) ? `${counted(left.length, "line")} of header`
      : whole ? `${counted(left.length, "line")}${where}` : `more lines${where}`;
    list.append(gapLine(what));
  };
  for (const at of chosen) {
    gap(at, last < 0 ? " before" : "");
    list.append(proofLine(lines[at], row));
    last = at;
  }
  gap(lines.length, " after");
  return list;
}

const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** The last lines of the client before that one which are no plain lines, and those that stand beside each. */
function oddLines(lines, key) {
  const most = 3;
  const odd = range(0, key).filter((i) => lines[i].side === "client" && isOddLine(lines[i].line)).slice(-most);
  return odd.flatMap((i) => [i - 1, i, i + 1].filter((at) => at === i || (at >= 0 && at < key && !lines[at].isHeader)));
}

/** The lines around the one that decided, what the client had last sent before it, and what was odd about that. */
function proof(row) {
  const before = 3, after = 1, ofClient = 3;
  const lines = linesSaid(row);
  if (lines.length === 0) return el("p", { class: "quiet" }, "No conversation was kept of it.");
  const found = lines.findIndex((line) => line.isKey);
  const key = found < 0 ? Math.max(0, lines.length - 1 - after) : found;
  let from = Math.max(0, key - before);
  while (from < key && lines[from].isHeader) from++;
  let said = [];
  if (!lines.slice(from, key + 1).some((line) => line.side === "client")) {
    let end = from;
    while (end > 0 && lines[end - 1].side !== "client") end--;
    let begin = end;
    while (begin > 0 && begin > end - ofClient && lines[begin - 1].side === "client" && !lines[begin - 1].isHeader) begin--;
    said = range(begin, end);
  }
  const chosen = new Set([...oddLines(lines, key), ...said, ...range(from, Math.min(lines.length, key + after + 1))]);
  return proofList(row, lines, [...chosen].sort((a, b) => a - b));
}

/** What the scenario itself said, without the headers of messages: what came out of it is told beside. Of an excerpt, which
 *  knows no steps, its last lines, and what was delivered. */
function dialogue(row) {
  const most = 10;
  const lines = linesSaid(row);
  const numbers = range(0, lines.length).filter((i) => !lines[i].isHeader);
  if (row.conversation !== undefined) return proofList(row, lines, numbers.filter((i) => /^\d+$/.test(lines[i].part)).slice(0, most));
  const said = numbers.filter((i) => lines[i].side !== "event");
  const ending = said.findLast((i) => lines[i].side === "client" && !/^(QUIT|NOOP)\\r\\n$/.test(lines[i].line)) ?? 0;
  return proofList(row, lines, [...said.filter((i) => i <= ending).slice(-6), ...numbers.filter((i) => lines[i].isKey)].sort((a, b) => a - b));
}

/** What the words of the expectation single out: octets in quotation marks, an envelope, or how many there may be. */
function wanted(expected) {
  const said = expected || "";
  const octets = /^(?:no message|a message that) holds '(.*)'$/.exec(said);
  const envelope = /^no message (from|to) <(.*)>$/.exec(said);
  const times = /^(?:at most )?(\d+) messages? delivered$/.exec(said);
  return { octets: octets && octets[1], [envelope?.[1] || "nobody"]: envelope?.[2], most: times && Number(times[1]) };
}

/** Whether they are about what is delivered, and tell more than that it differs. */
const singlesOut = (expected) => Object.values(wanted(expected)).some((value) => value !== null && value !== undefined);

/** Lines of a message with the octets that are looked for, which may go over the end of one. */
function pointedOut(lines, octets) {
  const all = lines.join("");
  const from = octets ? all.indexOf(octets) : -1;
  if (from < 0) return lines.map((line) => [octetsOf(shortened(line)), false]);
  let at = 0;
  return lines.map((line) => {
    const [begin, end] = [Math.max(0, from - at), Math.min(line.length, from + octets.length - at)];
    at += line.length;
    if (begin >= end) return [octetsOf(shortened(line)), false];
    return [el("span", {}, octetsOf(line.slice(0, begin)), el("mark", {}, octetsOf(line.slice(begin, end))), octetsOf(line.slice(end))), true];
  });
}

/** One message: where it differs from what was sent, and where it holds what it must not; else how it ends. */
function deliveredMessage(delivery, sent, looked) {
  const around = 1, atTheEnd = 2;
  const { all, alone, differs } = compared(delivery, sent);
  const pointed = pointedOut(all.filter(([kind]) => kind !== "-").map(([, line]) => line), looked.octets);
  let next = 0;
  const lines = all.map(([kind, line]) => {
    const [shown, isPointed] = kind === "-" ? [octetsOf(shortened(line)), false] : pointed[next++];
    return { kind, shown, matters: kind !== "=" || isPointed };
  });
  const matters = lines.map((line) => line.matters);
  const isNear = (i) => (matters.some(Boolean) ? matters.slice(Math.max(0, i - around), i + around + 1).some(Boolean) : i >= lines.length - atTheEnd);
  const list = el("ol", { class: "proof" });
  let left = 0;
  const gap = () => {
    if (left > 0) list.append(gapLine(`${counted(left, "line")}${alone ? "" : " as sent"}`));
    left = 0;
  };
  lines.forEach(({ kind, shown, matters: key }, i) => {
    if (!isNear(i)) return left++;
    gap();
    list.append(el("li", { class: kind === "+" ? "more" : kind === "-" ? "less" : key && "key" },
      el("span", { class: "which" }, { "+": "delivered", "-": "sent", "=": alone ? "delivered" : "both" }[kind]), shown));
  });
  gap();
  return { list, words: alone ? "" : differs ? "not as it was sent" : "as it was sent" };
}

function deliveredProof(row) {
  const most = 3;
  const conversation = conversations[row.conversation];
  const list = conversation.deliveries || [];
  const looked = wanted(row.expected);
  const total = list.length + (conversation.deliveries_left_out || 0);
  const byEnvelope = list.length !== 1 || (looked.octets === null && looked.most !== null);
  return el("div", { class: "outcome-of" },
    (byEnvelope || list.length === 0) && dialogue(row),
    list.length === 0 && el("p", { class: "caption key" }, "Nothing of it was delivered."),
    list.slice(0, most).map((delivery, i) => {
      const from = delivery.from !== undefined ? text(delivery.from) : null;
      const to = (delivery.to || []).map(text);
      const isTooMuch = (looked.most !== null && i >= looked.most) || (looked.from !== undefined && from === looked.from) || to.includes(looked.to);
      const { list: lines, words } = deliveredMessage(delivery, conversation.sent, looked);
      return [el("p", { class: `caption${isTooMuch ? " key" : ""}` }, el("b", {}, total > 1 ? `Delivered, ${i + 1} of ${total}` : "Delivered"),
        from !== null && ` from <${from}>`, to.length > 0 && ` to ${to.map((one) => `<${one}>`).join(", ")}`, `, ${counted(delivery.octets, "octet")}`, words && `, ${words}`), lines];
    }),
    total > most && el("p", { class: "caption" }, `and ${counted(total - most, "message")} more`));
}

/** Of a finding about what was delivered that; of all others the lines around the one that decided. */
function evidenceOf(row) {
  if (!isDelivery(row)) return proof(row);
  if (conversations[row.conversation]) return deliveredProof(row);
  return linesSaid(row).some((line) => line.isKey) ? dialogue(row) : proof(row);
}
