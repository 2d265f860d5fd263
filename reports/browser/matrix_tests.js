// Looks at pages of several runs. report.test.js begins it.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const { test } = require("node:test");
const reports = require("./reports.js");

const SAYS = { pass: "kept", info: "kept", warn: "partly", fail: "broken", crash: "broken" };

/** Of the rows of runs, by id, the outcomes in each. */
function outcomesOf(names) {
  const rows = new Map();
  names.forEach((name, run) => reports.results(name).scenarios.forEach((row) => {
    if (!rows.has(row.id)) rows.set(row.id, new Array(names.length).fill(undefined));
    rows.get(row.id)[run] = row.outcome;
  }));
  return [...rows.values()];
}

module.exports = ({ look, accessible, picture, DESKTOP, PHONE }) => {
  const runs = ["faulty", "reference", "hostile", "faulty"];
  const said = outcomesOf.bind(null, runs);
  const broken = (one) => one.map((outcome, run) => (SAYS[outcome] === "broken" ? run : -1)).filter((run) => run >= 0);
  const decided = (one) => one.map((outcome) => SAYS[outcome]).filter(Boolean);

  test("a matrix has a column a run, told apart, and begins with what is most serious", () => look("matrix", async (page) => {
    const heads = await page.locator(".matrix thead .run").allInnerTexts();
    assert.equal(new Set(heads).size, 4);
    assert.match(heads[0], /a server with faults.*\(faulty\) #1/s);
    assert.match(await page.locator(".matrix tr.line .severity").first().innerText(), /security/);
    assert.ok((await page.locator(".matrix .cell.fail").count()) > 3);
    assert.match(await page.locator(".verdict").innerText(), new RegExp(`differ on ${said().filter((one) => new Set(decided(one)).size > 1).length} of ${said().length} rows`));
  }));

  test("its filters find what differs, what all fail, what one alone fails", () => look("matrix", async (page) => {
    await page.getByRole("button", { name: /^Rows/ }).click();
    const wanted = {
      "": said().length,
      differ: said().filter((one) => new Set(decided(one)).size > 1).length,
      all: said().filter((one) => decided(one).length > 1 && decided(one).every((word) => word === "broken")).length,
      one: said().filter((one) => broken(one).length === 1 && decided(one).length > 1).length,
      "only-2": said().filter((one) => broken(one).length === 1 && broken(one)[0] === 2 && decided(one).length > 1).length,
    };
    for (const [value, count] of Object.entries(wanted)) {
      await page.locator("#ask-show").selectOption(value);
      assert.match(await page.locator(".found").innerText(), new RegExp(`^${count.toLocaleString("en")} rows?\\b`), value);
    }
    await page.getByRole("button", { name: "Clear" }).click();
    await page.locator("#ask-outcome").selectOption("fail");
    assert.match(await page.locator(".found").innerText(), new RegExp(`^${said().filter((one) => one.includes("fail")).length} rows? of`));
    await page.locator("#ask-text").fill("lf-within");
    assert.match(await page.evaluate(() => location.hash), /^#matrix\?view=row&outcome=fail&text=lf-within$/);
  }));

  const withRows = () => reports.results("faulty").findings.find((one) => one.scenarios.length > 1);

  test("each cell opens its evidence: what was asked, what came, the octets, and what the others did", () => look("matrix", async (page) => {
    const { id, evidence } = withRows();
    const row = reports.results("faulty").scenarios.find((one) => one.id === evidence);
    const behind = page.locator(".behind");
    assert.equal(await behind.count(), 1);
    assert.equal(await behind.locator("blockquote").innerText(), row.requirements.find((one) => one.id === row.decided_by).says);
    assert.equal(await behind.locator(".proof .key").count(), 1);
    assert.ok((await behind.locator(".beside tr").count()) >= 2);
    assert.match(await behind.locator(".bar .id").innerText(), new RegExp(id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
    await behind.getByRole("button", { name: "Close" }).click();
    assert.equal(await behind.count(), 0);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    assert.equal(await behind.locator(".bar strong").innerText(), (await page.locator(".matrix thead .run").nth(1).innerText()));
    await behind.locator(".row-links a").first().click();
    await page.getByRole("button", { name: /^Rows/, pressed: true }).waitFor();
    assert.equal(await behind.count(), 1);
  }, { hash: `#cell?kind=finding&of=${encodeURIComponent(withRows().id)}&run=0` }));

  test("a cell tells why the baseline of its run knows it, with a link that leads to the web", async () => {
    const known = reports.results("reasons").scenarios.filter((row) => row.known);
    for (const [at, links] of [[0, ["https://tracker.example/7"]], [1, []]])
      await look("matrix-known", async (page) => {
        const fact = page.locator(".behind .facts div").filter({ hasText: "known because" });
        assert.match(await fact.innerText(), /<b>old<\/b> clients \(.*, of us\)/);
        assert.deepEqual(await fact.locator("a").evaluateAll((all) => all.map((one) => one.href)), links);
      }, { hash: `#cell?kind=row&of=${encodeURIComponent(known[at].id)}&run=0` });
  });

  test("links of a matrix that lead nowhere do no harm", async () => {
    for (const hash of ["#cell?kind=row&of=nothing&run=0", "#cell?kind=constructor&of=x&run=99", "#matrix?view=toString&show=only-99&rfc=x", "#%E0%A4%A"])
      await look("matrix", async (page) => assert.ok(await page.locator(".matrix thead").isVisible()), { hash });
  });

  test("twelve runs of 1,600 rows are within 20 MB, and filtered in no time", () => look("twelve", async (page) => {
    const size = fs.statSync(reports.page("twelve")).size;
    assert.ok(size < 20e6, `${size} octets`);
    const times = await page.evaluate(async () => {
      const all = [];
      const timed = async (change) => {
        const begun = performance.now();
        change();
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        all.push(Math.round(performance.now() - begun));
      };
      const choose = (id, value) => () => {
        const box = document.getElementById(id);
        box.value = value;
        box.dispatchEvent(new Event(box.tagName === "SELECT" ? "change" : "input"));
      };
      await timed(() => document.querySelector('[data-view="row"]').click());
      await timed(choose("ask-show", "differ"));
      await timed(choose("ask-show", "only-3"));
      await timed(choose("ask-text", "lf-within"));
      return all;
    });
    const loaded = await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd);
    console.log(`twelve runs of 1,600 rows: ${(size / 1e6).toFixed(1)} MB, loaded in ${Math.round(loaded)} ms, filtered in ${times} ms`);
    reports.quick("filtered", Math.max(...times), 1000);
  }));

  test("nothing of a matrix stands in the way of who cannot see it well, and a phone can show it", async () => {
    for (const theme of ["light", "dark"]) await look("matrix", async (page) => {
      await page.locator(".matrix .cell.fail button").first().click();
      await accessible(page);
      await picture(page, `matrix-desktop-${theme}`);
    }, { theme, viewport: DESKTOP });
    await look("matrix", async (page) => {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width);
      await picture(page, "matrix-phone-light");
    }, { viewport: PHONE });
    await look("matrix", async (page) => {
      assert.ok(await page.locator(".matrix .cell.fail button").first().isVisible(), "a cell on paper");
      await picture(page, "matrix-print");
    }, { media: "print" });
  });

  test("a hostile server's words are words in a matrix, too", () => look("matrix", async (page) => {
    await page.getByRole("button", { name: /^Rows/ }).click();
    for (const button of await page.locator('.matrix .cell.fail button[data-run="2"]').all()) await button.click();
    assert.equal(await page.locator("script").count(), 2);
    assert.equal(await page.locator("img, iframe, object, embed").count(), 0);
    assert.doesNotMatch(await page.locator("main").innerText(), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2028\u2066-\u2069]/);
  }));
};
