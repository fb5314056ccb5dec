// Looks at the page in FILE as a browser shows it. One line for each check: ok or not ok.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { axeSource, launch, open } from "./browser.mjs";

const file = process.argv[2];
const browser = await launch();
let failed = 0;

async function check(name, options, test) {
  let opened;
  try {
    opened = await open(browser, file, options);
    await test(opened);
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}`);
    console.log(String(error.stack ?? error).replace(/^/gm, "# "));
  } finally {
    await opened?.context.close();
  }
}

const shown = (page, selector) => page.locator(selector).filter({ visible: true }).count();
const openAll = (page) => page.evaluate(() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
});
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.tagName);

await check("the page of 200 tables and four identities is under 2 MB", {}, async ({ page }) => {
  const size = statSync(file).size;
  assert.ok(size < 2_000_000, `${size} bytes`);
  assert.ok(await page.locator("#matrix tbody tr:not(.schema)").count() >= 200);
  assert.equal(await page.locator("#matrix thead .who").count(), 4);
});

await check("nothing is asked of any network, and nothing complains", {}, async ({ page, seen, address }) => {
  await openAll(page);
  await page.locator("#matrix td.some").first().click();
  assert.deepEqual(seen.requests, [address]);
  assert.deepEqual(seen.complaints, []);
});

await check("hostile names are text", {}, async ({ page }) => {
  await openAll(page);
  // The panel is filled from names and messages as well.
  for (const cell of await page.locator("#matrix td.error").all()) await cell.click();
  assert.equal(await page.evaluate(() => window.injected), undefined);
  const tags = await page.evaluate(() => [...new Set([...document.querySelectorAll("*")].map((one) => one.localName))].sort());
  for (const tag of ["img", "iframe", "object", "embed", "link", "base", "form", "a:link"]) assert.ok(!tags.includes(tag), tag);
  assert.equal(await page.locator("script").count(), 1);
  assert.equal(await page.locator("style").count(), 1);
  const attributes = await page.evaluate(() => [...document.querySelectorAll("*")].flatMap((one) => one.getAttributeNames()));
  assert.deepEqual(attributes.filter((name) => /^on|^style$|^src|^srcdoc$|^action$/.test(name)), []);
  const addresses = await page.evaluate(() => [...document.querySelectorAll("[href]")].map((one) => one.getAttribute("href")));
  assert.deepEqual(addresses.filter((one) => !/^#[a-z_-]+$/.test(one)), []);
  const text = await page.locator("body").innerText();
  for (const name of [
    "<script>window.injected='schema'</script>", "</script><script>window.injected='table'</script>",
    "javascript:window.injected='policy'", "</title></svg><img src=x onerror=window.injected='svg'>",
    "<script>window.injected='identity'</script>", "</script><script>window.injected='claim'</script>",
    "<script>window.injected='comment'</script>", "<iframe srcdoc='<script>parent.injected=1</script>'>",
    "<img src=x onerror=\"window.injected='message'\">", "Broken & <b>bold</b>",
  ]) assert.ok(text.includes(name), name);
});

await check("no other script runs, whoever puts it there", {}, async ({ page }) => {
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.injected = 'inline'";
    document.body.append(script);
    const image = document.createElement("div");
    image.innerHTML = "<img src=x onerror=\"window.injected = 'handler'\">";
    document.body.append(image);
  });
  await page.waitForTimeout(100);
  assert.equal(await page.evaluate(() => window.injected), undefined);
});

await check("findings are filtered by level, acceptance, rule, schema and text", {}, async ({ page }) => {
  const all = await page.locator(".finding").count();
  const said = () => page.locator("#finding-count").innerText();
  const expect = async (selector) => {
    const wanted = await page.locator(selector).count();
    assert.ok(wanted > 0 && wanted < all, `${selector}: ${wanted} of ${all}`);
    assert.equal(await shown(page, ".finding"), wanted);
    assert.equal(await shown(page, selector), wanted);
    assert.equal(await said(), `${wanted} of ${all}`);
  };
  assert.equal(await said(), `${all} of ${all}`);
  await page.getByRole("checkbox", { name: /info/ }).uncheck();
  await expect(".finding:not([data-level=info])");
  await page.getByRole("checkbox", { name: /warning/ }).uncheck();
  await expect(".finding[data-level=error]");
  await page.getByRole("button", { name: "Show all" }).click();
  assert.equal(await said(), `${all} of ${all}`);
  await page.getByRole("checkbox", { name: "accepted" }).uncheck();
  await expect(".finding:not(.accepted)");
  await page.getByRole("button", { name: "Show all" }).click();
  await page.locator("#finding-rule").selectOption("policy_recursion");
  await expect(".finding[data-rule=policy_recursion]");
  await page.getByRole("button", { name: "Show all" }).click();
  await page.locator("#finding-schema").selectOption("<script>window.injected='schema'</script>");
  await expect(".finding[data-schema*=script]");
  await page.getByRole("button", { name: "Show all" }).click();
  await page.locator("#finding-text").fill("RECURSION orders");
  await expect(".finding[data-rule=policy_recursion]:has-text('orders')");
  await page.locator("#finding-text").fill("nothing has this");
  assert.equal(await shown(page, ".finding"), 0);
  assert.equal(await said(), `0 of ${all}`);
});

await check("what mends a finding is copied", { permissions: ["clipboard-read", "clipboard-write"] }, async ({ page }) => {
  const finding = page.locator(".finding:has(.fix)").first();
  await finding.locator("summary").click();
  const fix = await finding.locator(".fix code").innerText();
  await finding.getByRole("button", { name: "Copy" }).click();
  await finding.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), fix);
});

await check("a finding leads to its rule", {}, async ({ page }) => {
  const finding = page.locator(".finding[data-rule=policy_recursion]").first();
  await finding.locator("summary").click();
  await finding.getByRole("link").click();
  assert.ok(await page.locator("#rule-policy_recursion").isVisible());
});

await check("tables are filtered by name and by what somebody may do", {}, async ({ page }) => {
  const rows = "#matrix tbody tr:not(.schema)";
  const all = await page.locator(rows).count();
  const said = () => page.locator("#access-count").innerText();
  assert.equal(await said(), `${all} of ${all}`);
  await page.getByRole("searchbox", { name: "Table" }).fill("sales.things_4");
  const wanted = await page.locator(`${rows}:has(.name:text-matches("^things_4"))`).count() / 4;
  assert.equal(await shown(page, rows), wanted);
  assert.equal(await shown(page, "#matrix .schema"), 1);
  assert.equal(await said(), `${wanted} of ${all}`);
  await page.getByRole("searchbox", { name: "Table" }).fill("");
  await page.getByRole("combobox", { name: "Some cell is" }).selectOption("error");
  assert.equal(await shown(page, rows), await page.locator(`${rows}:has(td.error)`).count());
  await page.getByRole("combobox", { name: "Identity" }).selectOption("nobody");
  assert.equal(await shown(page, rows), 0);
  await page.getByRole("combobox", { name: "Some cell is" }).selectOption("all");
  const open = await page.locator(rows).evaluateAll((rows) => rows.filter((row) =>
    [...row.cells].slice(16).some((cell) => cell.className === "all")).length);
  assert.ok(open > 0 && await shown(page, rows) === open);
});

await check("the grid is walked by keys, one stop for Tab", {}, async ({ page }) => {
  const at = () => page.evaluate(() => {
    const cell = document.activeElement.closest("td");
    return cell && [cell.closest("table").rows[1].cells[cell.cellIndex].textContent, cell.cellIndex,
      [...document.querySelectorAll("#matrix tbody tr:not(.schema)")].indexOf(cell.parentElement)];
  });
  await page.getByRole("combobox", { name: "Identity" }).focus();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "DIV");
  await page.keyboard.press("Tab");
  assert.deepEqual(await at(), ["select", 1, 0]);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  assert.deepEqual(await at(), ["insert", 2, 1]);
  await page.keyboard.press("End");
  assert.deepEqual(await at(), ["truncate", 20, 1]);
  await page.keyboard.press("Home");
  await page.keyboard.press("PageDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowLeft");
  assert.deepEqual(await at(), ["select", 1, 10]);
  await page.keyboard.press("Control+Home");
  assert.deepEqual(await at(), ["select", 1, 0]);
  // The next stop lies behind the grid, and the way back leads to the cell.
  await page.keyboard.press("Tab");
  assert.notEqual(await focused(page), "TD");
  await page.keyboard.press("Shift+Tab");
  assert.deepEqual(await at(), ["select", 1, 0]);
});

await check("a cell tells what is known of it, and Escape closes it", {}, async ({ page }) => {
  const cell = page.locator("#matrix tr:has(.name:text-is('broken')) td.error").first();
  await cell.click();
  const panel = page.getByRole("region", { name: "Chosen cell" });
  const text = await panel.innerText();
  assert.match(text, /select on sales\.broken/);
  assert.match(text, /P0001: <img src=x/);
  await page.keyboard.press("ArrowRight");
  assert.match(await panel.innerText(), /insert on sales\.broken/);
  // The panel is reached from the grid, and gives the focus back.
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "cell-close");
  await page.keyboard.press("Escape");
  assert.ok(await panel.isHidden());
  assert.equal(await focused(page), "TD");
  await page.keyboard.press("Enter");
  assert.ok(await panel.isVisible());
  await page.keyboard.press(" ");
  assert.ok(await panel.isHidden());
});

await check("cycles are marked in the drawing and in the list", {}, async ({ page }) => {
  assert.equal(await page.locator("svg g.line.cycle.fails").count(), 2);
  assert.deepEqual(await page.locator("svg g.box.fails text").allTextContents(), ["sales.lines", "sales.orders"]);
  const rows = await page.locator(".readings tbody tr:has(td.cycle:not(:empty))").evaluateAll((rows) =>
    rows.map((row) => [0, 1, 3].map((at) => row.cells[at].textContent).join(" ")));
  assert.deepEqual(rows, ["sales.lines of_orders sales.orders", "sales.orders of_lines sales.lines"]);
});

await check("light or dark is kept", { colorScheme: "light" }, async ({ page }) => {
  const scheme = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const toggle = page.getByRole("button", { name: "Dark" });
  const light = await scheme();
  assert.equal(await toggle.getAttribute("aria-pressed"), "false");
  await toggle.click();
  const dark = await scheme();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await scheme(), dark);
  assert.equal(await toggle.getAttribute("aria-pressed"), "true");
  await toggle.click();
  assert.equal(await scheme(), light);
});

await check("without a script it can be read", { javaScriptEnabled: false }, async ({ page }) => {
  assert.equal(await shown(page, ".js-only"), 0);
  assert.equal(await shown(page, ".finding"), await page.locator(".finding").count());
  await page.locator(".finding summary").first().click();
  assert.ok(await page.locator(".finding .body").first().isVisible());
  assert.ok(await shown(page, "#matrix td.some") > 0);
  assert.match(await page.locator(".notable").innerText(), /42P17/);
  assert.ok(await page.locator("svg").isVisible());
});

await check("paper shows what is closed, and no controls", { colorScheme: "dark" }, async ({ page }) => {
  await page.emulateMedia({ media: "print" });
  assert.equal(await shown(page, "nav, .filters, #theme"), 0);
  const heights = await page.locator(".finding:not(.info) .body").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
  assert.ok(heights.length > 0 && heights.every((height) => height > 0));
  // A landscape page of A4 is so many pixels wide, without its margins.
  await page.setViewportSize({ width: 1017, height: 688 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the paper");
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "light");
});

// Colours do not depend on the width, nor the order of things on colours.
for (const [colorScheme, width] of [["light", 1280], ["dark", 380]]) {
  await check(`accessible: ${colorScheme}, ${width} pixels`, { colorScheme, viewport: { width, height: 800 } }, async ({ page }) => {
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the window");
    await page.locator("#matrix td.error").first().click();
    await openAll(page);
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => axe.run());
    assert.deepEqual(violations.map((one) => [one.id, one.help, one.nodes.length, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary]), []);
  });
}

await browser.close();
process.exitCode = failed === 0 ? 0 : 1;
