// Takes pictures of the page in FILE, light and dark, into DIRECTORY: who can do what, with one cell
// that tells what is known of it.
import { join } from "node:path";
import { launch, open } from "./browser.mjs";

const [file, directory] = process.argv.slice(2);
const browser = await launch();
for (const colorScheme of ["light", "dark"]) {
  const { context, page } = await open(browser, file, { colorScheme, viewport: { width: 1280, height: 900 } });
  await page.getByRole("link", { name: "Access" }).click();
  await page.locator("#matrix tr:has(.name:text-is('profiles')) td").nth(7).click();
  await page.screenshot({ path: join(directory, `picture-${colorScheme}.png`) });
  await context.close();
}
await browser.close();
