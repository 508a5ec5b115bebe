// browser.mjs - Debian's Chromium under Playwright, with a profile of its own and no calls home.
import { createRequire } from "node:module";
import { existsSync } from "node:fs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export function launch() {
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error("chromium is missing: install the Debian package chromium");
  return chromium.launch({ executablePath, args: flags });
}

export const axeSource = require.resolve("axe-core/axe.min.js");
