// The reports that are looked at, made by smtpspec itself: of the reference server, of one with faults, of one that wants
// to hurt whoever reads what it says, of no rows and of ten thousand.
"use strict";
const { execFile, spawn } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");

const ROOT = path.resolve(__dirname, "../..");
const SMTPSPEC = path.resolve(process.env.SMTPSPEC || path.join(ROOT, "build/dev/harness/cli/smtpspec"));
const OUT = path.resolve(process.env.BROWSER_OUT || path.join(ROOT, "build/browser"));
const RUNS = path.join(OUT, "runs");

/** Its exit code is the caller's to judge. */
function smtpspec(...words) {
  return new Promise((resolve, reject) => execFile(SMTPSPEC, words, { timeout: 60000, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
    error && typeof error.code !== "number" ? reject(error) : resolve({ code: error ? error.code : 0, stdout, stderr })));
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const folder = (name) => path.join(RUNS, name);
const results = (name) => JSON.parse(fs.readFileSync(path.join(folder(name), "results.json"), "utf8"));
const page = (name) => path.join(folder(name), "report.html");

/** Plays what is chosen and makes its page; of a finding too. */
async function played(name, target, filters, ...more) {
  const words = target ? [target] : [];
  const done = await smtpspec("run", ...words, "--out", folder(name), "--report", "html", ...filters.flatMap((one) => ["--filter", one]), ...more);
  if (!fs.existsSync(page(name))) throw new Error(`no page of ${name}: ${done.stdout}${done.stderr}`);
  return done;
}

/** The reference server with faults, and a sink that it relays to. */
async function faulty() {
  const sink = await freePort();
  const faults = ["lf-ends-data", "bare-lf-repaired", "mail-before-ehlo-crashes", "noop-argument-refused"];
  const server = spawn(SMTPSPEC, ["serve", "127.0.0.1:0", "--relay", `127.0.0.1:${sink}`, ...faults.flatMap((one) => ["--fault", one])]);
  try {
    const [, address] = await new Promise((resolve, reject) => {
      server.on("exit", () => reject(new Error("serve ended")));
      server.stdout.on("data", (said) => /listening on (\S+)/.test(said) && resolve(/listening on (\S+)/.exec(said)));
    });
    const target = path.join(RUNS, "faulty.toml");
    fs.writeFileSync(target, `name = "a server with faults"
address = "smtp://${address.replace("smtp://", "")}"
profile = "mx"
[mail]
domain = "example.test"
accepts = ["alice@example.test", "bob@example.test"]
rejects = ["nobody@example.test"]
foreign = ["someone@elsewhere.example"]
sender = "sender@client.example"
[delivery]
sink = "127.0.0.1:${sink}"
wait = "60s"
`);
    await played("faulty", target, ["smuggling", "rfc5321/4.1.1.4", "rfc5321/4.1.1.5", "rfc5321/4.1.4", "always"], "--timeout", "20s");
    const undecided = results("faulty").scenarios.filter((row) => /inconclusive|blocked|error/.test(row.outcome));
    if (undecided.length > 0) throw new Error(`of the server with faults was not decided: ${undecided.map((row) => `${row.id}: ${row.reason}`).join("; ")}`);
  } finally {
    server.kill();
  }
}

/** What a server may say to hurt who reads a report of it. */
const NASTY = [
  "<script>window.hurt = 1</script>", "</script><script>window.hurt = 2</script>", "<img src=http://127.0.0.1:1/x onerror='window.hurt = 3'>",
  "<!--<script>", "\x1b[31m\x07\x00\x9b", "\u202egnorw\u2066\u200b\u2028", Buffer.from([0xff, 0xfe, 0xc0, 0x80]), "x".repeat(100000),
  "{{script}} ${window.hurt = 4} javascript:window.hurt=5", "&lt;script&gt; ]]> '\"><svg onload=window.hurt=6>",
];

async function hostile() {
  let turn = 0;
  const nasty = () => Buffer.concat([Buffer.from(NASTY[turn++ % NASTY.length]), Buffer.from("\r\n")]);
  const server = net.createServer((socket) => {
    const say = (code) => socket.write(Buffer.concat([Buffer.from(`${code} `), nasty()]));
    let data = false;
    let rest = "";
    socket.on("error", () => {});
    say(220);
    socket.on("data", (octets) => {
      rest += octets.toString("latin1");
      for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
        const line = rest.slice(0, end).trim().toUpperCase();
        rest = rest.slice(end + 1);
        if (data && line !== ".") continue;
        if (line.startsWith("EHLO")) socket.write("250-<b>hostile</b>\r\n250-X<script>window.hurt=7</script>\r\n250 HELP\r\n");
        else if (line === "DATA") say(354);
        else if (line.startsWith("QUIT")) socket.end("221 <i>bye</i>\r\n");
        else say(data || !/^(VRFY|EXPN)/.test(line) ? 250 : 550);
        data = line === "DATA";
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await played("hostile", `smtp://127.0.0.1:${server.address().port}`, ["rfc5321/4.1.1.5", "rfc5321/4.1.1.1", "rfc5321/3.1", "always"],
      "--rcpt", "alice@example.test", "--timeout", "500ms", "--patience", "500ms", "--time", "20s");
  } finally {
    server.close();
  }
}

/** A run as somebody else may have written it. */
async function forged(name, change) {
  fs.mkdirSync(folder(name), { recursive: true });
  const run = results("faulty");
  change(run);
  fs.writeFileSync(path.join(folder(name), "results.json"), JSON.stringify(run));
  const done = await smtpspec("report", folder(name));
  if (done.code !== 0) throw new Error(`no report of ${name}: ${done.stderr}`);
}

/** The faulty run beside a baseline that knows what is red, but for the first such rows, which stand to it like this. */
const heldAgainst = (name, statuses) => forged(name, (run) => {
  run.baseline = { given: true, notes: [] };
  const left = [...statuses];
  for (const row of run.scenarios) row.expectation = (["fail", "crash", "warn"].includes(row.outcome) && left.shift()) || "as-expected";
});

/** One page of several runs. */
async function matrix(name, names) {
  fs.mkdirSync(folder(name), { recursive: true });
  const done = await smtpspec("report", ...names.map(folder), "--report", `html=${page(name)}`);
  if (done.code !== 0) throw new Error(`no matrix of ${name}: ${done.stderr}`);
}

/** Twelve runs of 1,600 rows, in which about a ninth is red, with all that is kept of such rows. */
async function twelve() {
  const of = results("faulty").scenarios;
  const red = of.filter((row) => row.outcome === "fail");
  const names = Array.from({ length: 12 }, (_, run) => `twelve-${run}`);
  for (const [run, name] of names.entries())
    await forged(name, (made) => {
      made.target.name = `server-${run}`;
      made.scenarios = Array.from({ length: 1600 }, (_, i) => {
        const row = (i * 7 + run * 3) % 9 === 0 ? red[i % red.length] : of[i % of.length];
        return { ...row, id: `${of[i % of.length].id}/${i}`, title: `${of[i % of.length].title} (${i})`, actual: `${row.actual} ${run} ${i}` };
      });
    });
  await matrix("twelve", names);
}

/** A campaign as `smtpspec fuzz` leaves its folder. */
async function campaign() {
  fs.mkdirSync(path.join(folder("campaign"), "findings"), { recursive: true });
  const write = (name, text) => fs.writeFileSync(path.join(folder("campaign"), name), text);
  write("fuzzer_stats", "start_time : 1795955000\nrun_time : 60\nexecs_done : 60000\nexecs_per_sec : 1000.00\nedges_found : 2324\nafl_banner : here\n");
  write("plot_data", "# relative_time, saved_crashes, total_execs, edges_found\n"
    + Array.from({ length: 60 }, (_, i) => `${i + 1}, ${Math.floor(i / 25)}, ${(i + 1) * 1000}, ${Math.round(300 * Math.sqrt(i + 1))}`).join("\n"));
  write("states", "connected connection 220 60000\ngreeted EHLO 250 59000\nready MAIL 250 41000\nmail RCPT 250 30000\nmail RCPT 550 900\n<b>odd</b> end of data 250 1\n");
  const finding = (name, requirement, seen, text) => write(`findings/${name}.toml`, `[[scenario]]\nid = "fuzz-${name}"
title = "A session of a campaign: ${name} <script>window.hurt = 8</script>"\nrationale = '${seen}'\nrequirements = "${requirement}"\n${text}\n`);
  finding("crash-mail", "rfc5321/4.1.4/ehlo-first", "Expected: 503 or 5yz. Seen: the connection closed without a reply.",
    `level = "may"\nstate = "connected"\nsteps = [ { expect = "220" }, { send = "MAIL FROM:<{sender}>", expect = ["503", "5yz"] } ]`);
  finding("permitted-code", "rfc5321/4.3.1/meanings-are-preserved", "Expected: 4yz or 5yz. Seen: 334 \\r\\n.",
    `level = "must"\nstate = "mail"\nsteps = [ { send = "AUTH PLAIN", expect = ["4yz", "5yz"] } ]`);
  fs.mkdirSync(path.join(folder("campaign"), "findings/transcripts"), { recursive: true });
  const ended = fs.readFileSync(path.join(folder("faulty"), "transcripts/mail-before-ehlo.jsonl"), "utf8");
  write("findings/transcripts/fuzz-crash-mail.jsonl", ended.replaceAll("mail-before-ehlo", "fuzz-crash-mail"));
  const done = await smtpspec("report", folder("campaign"));
  if (done.code !== 0) throw new Error(`no report of the campaign: ${done.stderr}`);
}

async function make() {
  fs.rmSync(RUNS, { recursive: true, force: true });
  fs.mkdirSync(RUNS, { recursive: true });
  await Promise.all([faulty(), played("reference", null, ["rfc5321/4.1.4", "rfc5321/4.1.1.4", "rfc3207", "always"])]);
  await hostile();
  await campaign();
  await forged("none", (run) => {
    run.scenarios = [];
    run.complete = false;
    run.incomplete_because = "interrupted by signal 2";
  });
  await forged("many", (run) => {
    const rows = run.scenarios;
    run.scenarios = Array.from({ length: 10000 }, (_, i) => ({ ...rows[i % rows.length], id: `${rows[i % rows.length].id}/${i}`, title: `${rows[i % rows.length].title} (${i})` }));
  });
  await matrix("matrix", ["faulty", "reference", "hostile", "faulty"]);
  await twelve();
  await forged("known", (run) => {
    const known = run.scenarios.filter((row) => row.outcome === "fail").slice(0, 5).map((row) => row.id);
    run.baseline = { given: true, notes: ["stale: 'no-such-scenario' matches no scenario of the suite"] };
    for (const row of run.scenarios)
      row.expectation = row.outcome === "fail" ? (known.includes(row.id) ? "as-expected" : "regression") : row.outcome === "crash" ? "regression" : "as-expected";
    run.scenarios.find((row) => row.outcome === "pass").expectation = "fixed";
  });
  await forged("reasons", (run) => {
    run.baseline = { given: true, notes: [] };
    const links = ["https://tracker.example/7", "javascript:window.hurt=9"];
    for (const row of run.scenarios) {
      row.expectation = "as-expected";
      const link = ["fail", "crash", "warn"].includes(row.outcome) ? links.shift() : undefined;
      if (link) row.known = { reason: "<b>old</b> clients", link, owner: "us", until: "" };
    }
  });
  await matrix("matrix-known", ["reasons", "reference"]);
  await heldAgainst("drifted", ["drift", "expired"]);
  await heldAgainst("expired", ["expired"]);
}

/** Machines are noisy: how long something may take, in milliseconds, is held where it is measured (ci/bench) and not in tests. */
function quick(what, took, most) {
  if (process.env.SMTPSPEC_BENCH && took >= most) throw new Error(`${what}: ${took} ms, at most ${most}`);
}

module.exports = { make, page, quick, results, OUT };
