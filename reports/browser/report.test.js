// Looks at reports in Chromium. `ci/test browser` runs it; by hand: ci/setup browser, then
// NODE_PATH=build/browser/node_modules node --test reports/browser/
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const reports = require("./reports.js");

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
let browser;

before(async () => {
  await reports.make();
  fs.mkdirSync(path.join(reports.OUT, "screenshots"), { recursive: true });
  // Who is root has no sandbox; pages here are of this machine's own making.
  browser = await chromium.launch({ executablePath: CHROMIUM, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
});
after(() => browser?.close());

/** Opens a report; fails at its end where the page complained or asked for anything. */
async function look(name, use, { hash = "", viewport = DESKTOP, theme = "light", media } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => /^(file|data):/.test(request.url()) || complaints.push(`asked for ${request.url()}`));
  page.on("dialog", (dialog) => complaints.push(`said ${dialog.message()}`) && dialog.dismiss());
  page.setDefaultTimeout(60000);  // of a machine with other work; what is waited for comes at once
  await page.goto(pathToFileURL(reports.page(name)).href + hash);
  if (media) await page.emulateMedia({ media });
  try {
    await use(page);
    assert.deepEqual(complaints, []);
    assert.equal(await page.evaluate(() => window.hurt), undefined);
  } finally {
    await context.close();
  }
}

async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.length}: ${one.nodes[0].html.slice(0, 200)}: ${one.nodes[0].failureSummary}`), []);
}

const picture = (page, name) => page.screenshot({ path: path.join(reports.OUT, "screenshots", `${name}.png`) });
const link = (kind, id) => `#${encodeURIComponent(`${kind}-${id}`)}`;

test("the first screen has the verdict, the most serious findings, their octets and the RFC's sentence", () => look("faulty", async (page) => {
  const run = reports.results("faulty");
  assert.match(await page.locator(".verdict").innerText(), /MUSTs? (is|are) broken/);
  assert.equal(await page.locator(".finding").count(), run.findings.length);
  const first = page.locator(".finding").first();
  const row = run.scenarios.find((one) => one.id === run.findings[0].evidence);
  const requirement = row.requirements.find((one) => one.id === run.findings[0].requirement);
  assert.match(await first.innerText(), /security/);
  assert.equal(await first.locator("blockquote").innerText(), requirement.says);
  assert.match(await first.locator("figcaption a").getAttribute("href"), /^https:\/\/www\.rfc-editor\.org\/rfc\/rfc5321#section-[0-9.]+$/);
  assert.equal(await first.locator(".proof .key").count(), 1);
  for (const at of [0, 1, 2]) assert.ok(await page.locator(".finding").nth(at).locator(".proof").first().isVisible());
  assert.deepEqual((await page.locator(".index a").allInnerTexts()).map((one) => one.replace(/\s+/g, " ").replace(/^(Crash|Rule broken|Rule not met|Asked): /, "")), run.findings.map((one) => one.what));
  assert.ok((await page.locator(".finding").nth(1).boundingBox()).y < DESKTOP.height);
  const order = await page.locator(".outcomes li a").evaluateAll((all) => all.map((one) => new URL(one.href).hash.split("=")[1]));
  assert.deepEqual(await page.locator(".outcomes .share").evaluateAll((all) => all.map((one) => one.className.split(" ")[1])), order);
}));

test("a crash comes first, and why it is serious whatever its sentence's level is", () => look("faulty", async (page) => {
  const first = page.locator(".finding").first();
  assert.equal(await first.getAttribute("data-outcome"), "crash");
  assert.match(await first.innerText(), /MAY[^]*Whatever the level of this sentence/);
  assert.match(await page.locator(".verdict").innerText(), /^\S*\s*The target crashed[^]*MUSTs are broken/);
}));

test("a finding about what was delivered shows that, and marks it", () => look("faulty", async (page) => {
  const card = (row) => page.locator(".finding").filter({ has: page.getByRole("link", { name: row, exact: true }) });
  await page.locator("details.finding").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
  const asSent = card("bare-line-ends-passed-on/cr-by-smtp");
  assert.equal((await asSent.locator("mark").innerText()).replace(/\s/g, ""), "oneCRtwo");
  assert.doesNotMatch(await asSent.locator(".proof").innerText(), /250/);
  const changed = card("lf-within-the-message");
  assert.match(await changed.locator(".proof .less").innerText(), /^sent\s+one\s*LF$/);
  assert.match(await changed.locator(".proof .more").innerText(), /^delivered\s+one\s*CR\s*LF$/);
  assert.equal((await changed.locator("mark").allInnerTexts()).join("").replace(/\s/g, ""), "oneCRLFtwo");
  assert.match(await changed.locator(".proof .gap").first().innerText(), /\d+ lines as sent/);
}));

test("counts of findings leave those alone", () => look("hostile", async (page) => {
  const all = await page.locator("#findings .finding").count();
  const warned = page.locator('.choose .chip[data-outcome="warn"]');
  const count = Number(await warned.locator(".count").innerText());
  assert.ok(count > 0 && count < all);
  await warned.click();
  assert.equal(await page.locator("#findings .finding:visible").count(), count);
  assert.equal(await page.locator(".index li:visible").count(), count);
  await warned.click();
  assert.equal(await page.locator("#findings .finding:visible").count(), all);
}));

test("a finding opens to its conversation, its octets and the command that plays it again", () => look("faulty", async (page) => {
  const first = page.locator('.finding[data-outcome="fail"]').first();
  await first.getByText("Whole conversation").click();
  assert.ok((await first.locator(".sequence .client").count()) > 2);
  assert.ok((await first.locator(".sequence .key").count()) >= 1);
  assert.match(await first.locator(".command code").innerText(), /^smtpspec run .* --filter /);
  await first.getByRole("button", { name: "Hexadecimal" }).click();
  assert.match(await first.locator(".hex").first().innerText(), /^00000 {2}[0-9a-f]{2} /);
  await first.getByRole("button", { name: "Copy" }).click();
  await first.getByText(/^(copied|selected)$/).waitFor();
}));

test("what was delivered stands beside what was sent, and differences are marked", async () => {
  const row = reports.results("faulty").scenarios.find((one) => one.id === "lf-within-the-message");
  assert.equal(row.outcome, "fail");
  await look("faulty", async (page) => {
    const message = page.locator(".row[open] .message").first();
    assert.equal(await message.locator(".less").count(), 1);
    assert.equal(await message.locator(".more").count(), 1);
    assert.match(await message.locator(".less").innerText(), /one/);
    assert.ok((await message.locator(".trace").count()) >= 1);
  }, { hash: link("row", row.id) });
});

test("links lead to findings, rows and filtered rows", async () => {
  const run = reports.results("faulty");
  const { id } = run.findings.at(-1);
  await look("faulty", async (page) => {
    assert.ok(await page.locator(".finding").last().evaluate((one) => one.open));
    await page.evaluate((hash) => { location.hash = hash; }, link("row", run.scenarios.at(-1).id));
    await page.locator(".row[open]").waitFor();
    assert.equal(await page.locator(".row[open] > summary code").innerText(), run.scenarios.at(-1).id);
    await page.evaluate(() => { location.hash = "#rows?outcome=fail,crash"; });
    const wanted = run.scenarios.filter((one) => ["fail", "crash"].includes(one.outcome)).length;
    await page.getByText(`${wanted} rows of`).waitFor();
    assert.equal(await page.locator('.filters .chip[aria-pressed="true"]').count(), 2);
  }, { hash: link("finding", id) });
  const { requirement } = run.findings[0];
  await look("faulty", async (page) => {
    const line = page.locator(".requirement").filter({ hasText: run.scenarios.flatMap((one) => one.requirements).find((one) => one.id === requirement).says });
    assert.ok(await line.first().isVisible());
    assert.match(await line.first().innerText(), /^\S*\s*broken/);
  }, { hash: link("requirement", requirement) });
  await look("faulty", async (page) => assert.equal(await page.locator(".row[open]").count(), 0), { hash: "#row-no-such-%E0%A4%A" });
});

test("filters narrow the rows, by keyboard as well", () => look("faulty", async (page) => {
  const run = reports.results("faulty");
  await page.locator("#filter-text").focus();
  await page.keyboard.type("lf-within");
  const wanted = run.scenarios.filter((one) => JSON.stringify([one.id, one.title, one.expected, one.actual, one.reason, one.source.file, one.tags]).toLowerCase().includes("lf-within"));
  await page.getByText(`${wanted.length} row`).first().waitFor();
  assert.equal(await page.locator(".row").count(), wanted.length);
  assert.match(page.url(), /#rows\?text=lf-within$/);
  await page.locator(".row > summary").first().focus();
  await page.keyboard.press("Enter");
  await page.locator(".row .details").first().waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.locator("#filter-level").selectOption("should");
  assert.match(await page.locator(".found").innerText(), new RegExp(`^${run.scenarios.filter((one) => one.level === "should").length} rows of`));
  await page.locator("#filter-level").selectOption("");
  await page.locator("#filter-rfc").selectOption("RFC 5321");
  assert.ok((await page.locator(".row").count()) > 10);
}));

test("every part can be reached by keyboard, with a focus that is seen", () => look("faulty", async (page) => {
  const seen = new Set();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const { tagName, className } = document.activeElement;
      return { tagName, className, outline: getComputedStyle(document.activeElement).outlineStyle };
    });
    seen.add(at.tagName);
    assert.notEqual(at.outline, "none", at.className);
  }
  for (const kind of ["A", "BUTTON", "SUMMARY"]) assert.ok(seen.has(kind), kind);
}));

test("the map has a cell a row, the requirements and the session are there", () => look("faulty", async (page) => {
  const run = reports.results("faulty");
  assert.equal(await page.locator(".cells i").count(), run.scenarios.length);
  assert.equal(await page.locator(".cells i.fail").count(), run.summary.fail);
  await page.locator(".cells i.fail").first().click();
  await page.locator(".row[open]").waitFor();
  const broken = new Set(run.scenarios.filter((one) => ["fail", "crash"].includes(one.outcome)).map((one) => one.decided_by).filter(Boolean));
  const counts = await page.locator(".rfc > summary").allInnerTexts();
  assert.equal(counts.reduce((sum, one) => sum + Number(/(\d+) broken/.exec(one)?.[1] || 0), 0), broken.size);
  assert.ok((await page.locator(".diagram .edge.seen").count()) > 5);
  assert.ok((await page.locator(".answers .code").count()) > 10);
}));

test("the map is one stop of Tab, from which arrow keys lead to every cell, and Enter to its row", () => look("faulty", async (page) => {
  const stop = page.locator(".map [tabindex]");
  const at = () => page.evaluate(() => {
    const { top, left } = document.activeElement.getBoundingClientRect();
    return { row: Number(document.activeElement.dataset.row), top: top + scrollY, left };
  });
  await page.locator(".map a").first().focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  const first = await at();
  assert.ok(first.row >= 0, "behind the links of the first area and topic");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  const right = await at();
  assert.ok(right.row !== first.row);
  assert.equal(await stop.count(), 1);
  const row = reports.results("faulty").scenarios[right.row];
  assert.equal(await stop.getAttribute("aria-label"), `${row.outcome}: ${row.id}, ${row.title}`);
  assert.match(await page.locator(".tip").innerText(), new RegExp(`${row.outcome}\\s*${row.id}\\s`));
  assert.equal(await stop.evaluate((one) => getComputedStyle(one).outlineStyle), "solid");
  await accessible(page);
  await page.keyboard.press("ArrowDown");
  assert.ok((await at()).top > right.top);
  await page.keyboard.press("ArrowUp");
  assert.ok((await at()).top <= right.top);
  await page.keyboard.press("End");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await page.locator(".row[open]").waitFor();
  // Each can be reached, and the ends are ends.
  const reached = await page.evaluate(() => {
    const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    document.querySelector(".map [tabindex]").focus();
    const most = document.querySelectorAll(".cells i").length + 3;
    for (let i = 0; i < most; i++) press("ArrowLeft");
    const seen = new Set();
    for (let i = 0; i < most; i++) {
      seen.add(document.activeElement.dataset.row);
      press("ArrowRight");
    }
    return seen.size;
  });
  assert.equal(reached, reports.results("faulty").scenarios.length);
}));

test("a server without findings is told so", () => look("reference", async (page) => {
  assert.match(await page.locator(".verdict").innerText(), /No MUST is broken in the part of the suite that was chosen/);
  await page.getByText("why the others did not").click();
  assert.match(await page.locator(".reasons").innerText(), /skipped\s+\d+\s+\S/);
  assert.equal(await page.locator(".finding").count(), 0);
}));

test("what changed against the baseline, and what it knows", () => look("known", async (page) => {
  assert.ok((await page.locator("#known .finding").count()) >= 1);
  assert.match(await page.locator("#changes").innerText(), /Regressions[^]*Fixed[^]*no-such-scenario/);
  const { summary } = reports.results("known");
  assert.match(await page.locator(".outcomes ul").innerText(), new RegExp(`${summary.fail - 5} fail\\s+\\S*\\s*5 known`));
  await page.locator('.outcomes a[href="#rows?outcome=known"]').click();
  await page.locator(".found", { hasText: "5 rows of" }).waitFor();
  assert.match(await page.locator(".notice").innerText(), /of [\d,]+ rows/);
  const delivered = page.locator(".finding").filter({ hasText: "bare CR is passed on" }).first();
  assert.match((await delivered.locator(".key mark").innerText()).replace(/\s/g, ""), /^oneCRtwo$/);
}));

test("what fails in another way, or whose day is past, is told of beside the baseline", async () => {
  const listed = (page, title) => page.locator("#changes div").filter({ has: page.getByRole("heading", { name: title }) }).locator("li");
  const ids = (name, status) => reports.results(name).scenarios.filter((row) => row.expectation === status).map((row) => row.id);
  await look("drifted", async (page) => {
    for (const [title, status] of [[/^Drift/, "drift"], [/^Expired/, "expired"]]) {
      assert.equal(ids("drifted", status).length, 1);
      assert.match(await listed(page, title).innerText(), new RegExp(`${ids("drifted", status)[0]}$`));
    }
    assert.doesNotMatch(await page.locator("#changes").innerText(), /Just as the baseline says|Regressions/);
    await listed(page, /^Expired/).getByRole("link").click();
    assert.match(await page.locator(".row[open]").innerText(), /against the baseline\s+expired/);
  });
  await look("expired", async (page) => {
    assert.equal(await listed(page, /^Expired/).count(), 1);
    assert.doesNotMatch(await page.locator("#changes").innerText(), /Just as the baseline says|Drift/);
  });
});

test("why the baseline knows something is told, with a link that leads to the web", () => look("reasons", async (page) => {
  const known = reports.results("reasons").scenarios.filter((row) => row.known);
  for (const [at, links] of [[0, ["https://tracker.example/7"]], [1, []]]) {
    await page.evaluate((hash) => { location.hash = hash; }, link("row", known[at].id));
    const facts = page.locator(".row[open] .facts").filter({ hasText: "known because" }).nth(at).locator("div").filter({ hasText: "known because" });
    assert.match(await facts.innerText(), /<b>old<\/b> clients \((https:\/\/tracker\.example\/7|javascript:window\.hurt=9), of us\)/);
    assert.deepEqual(await facts.locator("a").evaluateAll((all) => all.map((one) => one.href)), links);
  }
}));

test("a hostile server's words are words", () => look("hostile", async (page) => {
  for (const details of await page.locator("details.finding").all()) await details.evaluate((one) => { one.open = true; });
  for (const more of await page.getByText("Whole conversation").all()) await more.click();
  await page.evaluate(() => { location.hash = "#rows?text=script"; });
  assert.equal(await page.locator("script").count(), 2);
  assert.equal(await page.locator("img, iframe, object, embed").count(), 0);
  const text = await page.locator("main").innerText();
  assert.match(text, /<script>window\.hurt|window\.hurt/);
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2028\u2066-\u2069]/);
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(width <= 0, `${width} pixels too wide`);
}));

test("a run of nothing says so", () => look("none", async (page) => {
  const text = await page.locator("body").innerText();
  assert.match(text, /Nothing was played\.\s*\S*\s*The run is incomplete: interrupted by signal 2\./);
  assert.doesNotMatch(text, /No findings|0 rows/);
}));

test("a campaign has its findings, and curves over time", () => look("campaign", async (page) => {
  assert.match(await page.locator(".verdict").innerText(), /^\S*\s*2 findings in 60000 sessions, 60 s\.$/);
  assert.equal(await page.locator(".finding").count(), 2);
  assert.match(await page.locator(".finding blockquote").last().innerText(), /MUST be preserved/);
  assert.match(await page.locator(".about").innerText(), /begun\s+20\d\d-\d\d-\d\d [^]*sessions\s+60,000/);
  const crash = page.locator(".finding").first();
  assert.match(await crash.locator(".proof").innerText(), /C\s+MAIL FROM[^]*the server closed the connection/);
  await crash.getByText("Whole conversation").click();
  await crash.locator(".sequence .client").first().waitFor();
  assert.equal(await page.locator(".chart .curve").count(), 3);
  assert.match(await page.locator("#states").innerText(), /All but rcpt, data, bdat, auth\./);
  assert.deepEqual(await page.locator("#states thead th").allInnerTexts(), ["in state", "connected", "greeted", "ready", "mail", "<b>odd</b>"]);
  assert.match(await page.locator("#states tr").filter({ hasText: "RCPT" }).innerText(), /250\s*\u00d730,000\s*550\s*\u00d7900/);
  await accessible(page);
  await picture(page, "campaign-desktop-light");
}));

test("ten thousand rows are there, and filtered, in no time", () => look("many", async (page) => {
  const loads = [];
  for (let i = 0; i < 3; i++) {
    await page.reload();
    loads.push(await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd));
  }
  const filtered = await page.evaluate(async () => {
    const box = document.getElementById("filter-text");
    const times = [];
    for (const words of ["lf", "lf-within", "9999"]) {
      const begun = performance.now();
      box.value = words;
      box.dispatchEvent(new Event("input"));
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      times.push(performance.now() - begun);
    }
    return times;
  });
  const moved = await page.evaluate(() => {
    document.querySelector(".map [tabindex]").focus();
    const begun = performance.now();
    for (const key of ["ArrowDown", "ArrowDown", "ArrowUp", "ArrowRight"])
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    return (performance.now() - begun) / 4;
  });
  console.log(`10,000 rows: loaded in ${Math.round(Math.min(...loads))} ms, filtered in ${Math.round(Math.min(...filtered))} ms, a step on the map ${Math.round(moved)} ms`);
  reports.quick("a step on the map", moved, 200);
  reports.quick("loaded", Math.min(...loads), 1000);
  reports.quick("filtered", Math.min(...filtered), 1000);
  assert.match(await page.locator(".found").innerText(), /^1 row of 10,000$/);
}));

test("nothing stands in the way of who cannot see it well", async () => {
  for (const name of ["faulty", "reference", "hostile", "none"]) await look(name, accessible);
  for (const name of ["faulty", "known"]) await look(name, accessible, { theme: "dark" });
  await look("faulty", async (page) => {
    await page.locator("details.rfc").first().evaluate((one) => { one.open = true; });
    await page.getByText("Whole conversation").nth(2).click();
    await page.locator(".row > summary").first().click();
    await page.locator(".row .details").waitFor();
    await accessible(page);
  }, { viewport: PHONE });
});

test("on a phone nothing is wider than the screen", async () => {
  for (const name of ["faulty", "hostile", "reference"])
    await look(name, async (page) => {
      await page.locator("details.finding, details.rfc, .mores details").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
      await page.waitForTimeout(50);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width, name);
    }, { viewport: PHONE });
});

test("a theme that was chosen stays", () => look("faulty", async (page) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.getByRole("button", { name: "Dark" }).click();
  const dark = await paper();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await paper(), dark);
}));

test("pictures for whoever wants to see it", async () => {
  for (const [viewport, where] of [[DESKTOP, "desktop"], [PHONE, "phone"]])
    for (const theme of ["light", "dark"])
      await look("faulty", (page) => picture(page, `faulty-${where}-${theme}`), { viewport, theme });
  for (const name of ["reference", "hostile", "none", "many", "known"]) await look(name, (page) => picture(page, `${name}-desktop-light`));
  await look("faulty", async (page) => {
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await picture(page, "faulty-print");
    await page.pdf({ path: path.join(reports.OUT, "screenshots", "faulty.pdf"), format: "A4" });
  }, { media: "print", viewport: { width: 794, height: 1123 } });
});

require("./matrix_tests.js")({ look, accessible, picture, DESKTOP, PHONE });
