// How elements of the page are made. Every text goes in as text: nothing that a server said is ever markup.

function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(3).filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children.flat());
  return made;
}

const counted = (count, word, many) => `${count.toLocaleString("en")} ${count === 1 ? word : many || word + "s"}`;

/** Outcomes: a sign beside the colour, and what the word means. How bad they are is in the data. */
const OUTCOMES = {
  crash: ["\u25c6", "the server died, or hung up without a reply, on input that it must survive"],
  fail: ["\u2715", "a MUST is broken, with the octets that prove it"],
  error: ["E", "smtpspec's own fault"],
  warn: ["!", "a SHOULD is not met; still conformant"],
  blocked: ["\u2298", "a precondition failed; says nothing of the requirement"],
  inconclusive: ["?", "it ran, but what was seen does not decide"],
  info: ["i", "which permitted behaviour was seen"],
  pass: ["\u2713", "the requirement is kept"],
  unsupported: ["\u2013", "an optional feature was seen to be absent"],
  skipped: ["\u25cb", "not played, by choice or for want of means"],
};
const SEVERITIES = ["security", "loss", "must", "should"];

const sign = (outcome) => el("span", { class: `sign ${outcome}`, "aria-hidden": "true" }, KINDS[outcome]?.[0] || "?");
const outcomeMark = (outcome) => el("span", { class: "outcome" }, sign(outcome), outcome);

const spoken = (ms) => (ms < 1000 ? `${ms} ms` : ms < 100000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60000)} min`);

/** Of an id that holds whatever. */
const anchor = (kind, id) => `${kind}-${id}`;
const linkTo = (kind, id) => `#${encodeURIComponent(anchor(kind, id))}`;

/** Content that is made when it is first opened. */
function lazily(details, make) {
  const fill = () => {
    if (!details.open || details.dataset.filled) return;
    details.dataset.filled = "yes";
    details.append(make());
  };
  details.addEventListener("toggle", fill);
  details.fill = fill;
  return details;
}

function section(id, title, note, ...children) {
  return el("section", { id, "aria-labelledby": `${id}-title` },
    el("h2", { id: `${id}-title` }, title, note && el("small", {}, note)), children);
}

/** A command, and a button that copies it. */
function command(text) {
  const said = el("span", { class: "copied", role: "status" });
  const copy = el("button", { type: "button", class: "small", onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code);
      said.textContent = "selected";
    }
  } }, "Copy");
  const code = el("code", {}, text);
  return el("div", { class: "command" }, code, copy, said);
}

/** Names and what they are. */
const pairs = (list, attributes) => el("dl", attributes || {},
  list.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
