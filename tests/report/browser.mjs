// Opens pages in the Chromium that CHROMIUM names, with the packages that lie in NODE_TOOLS.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.NODE_TOOLS}/`);
const { chromium } = require("playwright-core");

export const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const ARGUMENTS = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

// Chromium's sandbox does not work for root.
const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM, args: [...ARGUMENTS, ...sandbox],
});

// A page, and all that it asks for and complains of.
export async function open(browser, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const seen = { requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => seen.complaints.push(message.text()));
  page.on("pageerror", (error) => seen.complaints.push(error.message));
  page.on("dialog", (dialog) => { seen.complaints.push(dialog.message()); dialog.dismiss(); });
  const address = pathToFileURL(file).href;
  await page.goto(address);
  return { context, page, seen, address };
}
