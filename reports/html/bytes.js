// Octets as people read them. A text of the page that stands for octets is in the notation of smtp::escape: printable
// ASCII, \r \n \t \0 \\ and \xNN.

const TOKENS = /\\x[0-9a-fA-F]{2}|\\[rnt0\\]|\[\d+ octets left out\]|[^\\[]+|[\\[]/g;
const CONTROL = { "\\r": ["CR", 13], "\\n": ["LF", 10], "\\t": ["TAB", 9], "\\0": ["NUL", 0] };

const tokensOf = (text) => text.match(TOKENS) || [];

/** The first so many characters of it, without a part of an escape, or of CR LF, at their end. */
function beginningOf(text, most) {
  const cut = text.slice(0, most).replace(/\\x?[0-9a-fA-F]?$/, "");
  const tokens = tokensOf(cut);
  return tokens.at(-1) === "\\r" ? cut.slice(0, -2) : cut;
}

/** Of what a client sends: its end is not CR LF, or CR, LF or NUL stands elsewhere in it. */
const isOddLine = (line) => !line.endsWith("\\r\\n") || tokensOf(line).slice(0, -2).some((token) => ["\\r", "\\n", "\\0"].includes(token));

/** Cut after each LF, as lines of a conversation are. */
function linesOf(text) {
  const lines = [];
  let line = "";
  for (const token of tokensOf(text)) {
    line += token;
    if (token === "\\n") {
      lines.push(line);
      line = "";
    }
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines;
}

/** One octet that is no printable character: a small box with its name, which is loud where it is nothing usual. */
function boxed(name, value, quiet) {
  const hex = value.toString(16).padStart(2, "0");
  return el("span", { class: quiet ? "octet quiet" : "octet", title: `${name}, 0x${hex}` }, name);
}

/** Of a line: CR LF at its end is quiet, all else that cannot be printed is not. */
function octetsOf(text) {
  const tokens = tokensOf(text);
  const shown = el("span", { class: "octets" });
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    const usual = (token === "\\r" && tokens[i + 1] === "\\n") || (token === "\\n" && tokens[i - 1] === "\\r");
    if (CONTROL[token]) shown.append(boxed(CONTROL[token][0], CONTROL[token][1], usual));
    else if (token === "\\\\") shown.append("\\");
    else if (token.startsWith("\\x")) shown.append(boxed(token.slice(2).toUpperCase(), parseInt(token.slice(2), 16)));
    else if (/^\[\d+ octets left out\]$/.test(token)) shown.append(el("span", { class: "gap" }, token));
    else shown.append(token);
  }
  return shown;
}

/** The octets themselves; null stands where some are left out. */
function valuesOf(text) {
  const values = [];
  for (const token of tokensOf(text)) {
    if (CONTROL[token]) values.push(CONTROL[token][1]);
    else if (token === "\\\\") values.push(92);
    else if (token.startsWith("\\x")) values.push(parseInt(token.slice(2), 16));
    else if (/^\[\d+ octets left out\]$/.test(token)) values.push(null);
    else values.push(...new TextEncoder().encode(token));
  }
  return values;
}

/** Sixteen octets a line, with their offset, and beside them what can be printed. */
function hexDump(text) {
  const lines = [];
  let line = [];
  let at = 0;
  const flush = () => {
    if (line.length === 0) return;
    const hex = line.map((value) => value.toString(16).padStart(2, "0"));
    const half = [hex.slice(0, 8).join(" "), hex.slice(8).join(" ")].join("  ");
    const plain = line.map((value) => (value >= 32 && value < 127 ? String.fromCharCode(value) : ".")).join("");
    lines.push(`${at.toString(16).padStart(5, "0")}  ${half.padEnd(49)} ${plain}`);
    at += line.length;
    line = [];
  };
  for (const value of valuesOf(text)) {
    if (value === null) {
      flush();
      lines.push("       ... left out ...");
      continue;
    }
    line.push(value);
    if (line.length === 16) flush();
  }
  flush();
  return el("pre", { class: "hex" }, lines.join("\n"));
}
