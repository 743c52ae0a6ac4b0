// Opens every page of the book in headless Chromium: each loads without an error, each link inside of the book leads
// somewhere (its anchor, too), and the search finds pages.
"use strict";
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { chromium } = require("playwright-core");

const root = path.resolve(process.argv[2]);
const types = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml" };

function serve() {
  const server = http.createServer((request, response) => {
    let file = path.join(root, decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    if (file.endsWith("/")) file += "index.html";
    fs.readFile(file, (error, content) => {
      if (error || !file.startsWith(root)) {
        response.writeHead(404).end();
      } else {
        response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream" }).end(content);
      }
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function launch() {
  const profile = fs.mkdtempSync(path.join(require("node:os").tmpdir(), "book-"));
  process.on("exit", () => fs.rmSync(profile, { recursive: true, force: true }));
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
}

// Visits all pages that are linked from the first one. Gives what is wrong, and the number of pages.
async function crawl(context, base, problems) {
  const anchors = new Map(); // page -> ids
  const links = []; // [from, page, id]
  const queue = ["/index.html"];
  while (queue.length > 0) {
    const address = queue.shift();
    if (anchors.has(address)) continue;
    const page = await context.newPage();
    page.on("pageerror", (error) => problems.push(`${address}: ${error.message}`));
    page.on("response", (answer) => {
      if (answer.status() >= 400) problems.push(`${address}: ${answer.url()} gives ${answer.status()}`);
    });
    const answer = await page.goto(base + address).catch(() => undefined);
    if (!answer?.ok()) {
      const from = links.filter(([, target]) => target === address).map(([from]) => from);
      problems.push(`${from[0] ?? "nowhere"}: a dead link to ${address}`);
      anchors.set(address, new Set());
      await page.close();
      continue;
    }
    const seen = await page.evaluate(() => ({
      ids: [...document.querySelectorAll("[id], a[name]")].map((element) => element.id || element.name),
      links: [...document.querySelectorAll("a[href]")].map((element) => element.href),
      text: document.querySelector("main").innerText.length,
    }));
    if (seen.text < 100) problems.push(`${address}: an empty page`);
    anchors.set(address, new Set(seen.ids));
    for (const link of seen.links) {
      if (!link.startsWith(base)) continue;
      const url = new URL(link);
      if (!url.pathname.endsWith(".html") && url.pathname !== "/") {
        // Files beside the pages, and pages whose links were not converted.
        const answer = await context.request.get(link);
        if (!answer.ok()) problems.push(`${address}: a dead link to ${url.pathname}`);
        continue;
      }
      const target = url.pathname === "/" ? "/index.html" : url.pathname;
      links.push([address, target, decodeURIComponent(url.hash.slice(1))]);
      queue.push(target);
    }
    await page.close();
  }
  for (const [from, target, id] of links) {
    if (id && !anchors.get(target)?.has(id)) problems.push(`${from}: a dead link to ${target}#${id}`);
  }
  return anchors.size;
}

// Types into the search field as a reader does, and follows the first result.
async function search(context, base, words, problems) {
  const page = await context.newPage();
  await page.goto(`${base}/index.html`);
  // The index is loaded when the search is first opened.
  const index = page.waitForResponse(/searchindex/);
  await page.keyboard.press("s");
  await index;
  const field = page.locator("#mdbook-searchbar, #searchbar").first();
  await field.waitFor({ state: "visible" });
  await field.pressSequentially(words);
  const result = page.locator("#mdbook-searchresults a, #searchresults a").first();
  try {
    await result.waitFor({ state: "visible", timeout: 10000 });
    await result.click();
    await page.waitForLoadState();
    const text = await page.locator("main").innerText();
    if (!text.toLowerCase().includes(words.split(" ")[0].toLowerCase())) problems.push(`search for "${words}" led to ${page.url()}, which does not have it`);
  } catch (error) {
    problems.push(`search for "${words}" finds nothing: ${error.message.split("\n")[0]}`);
  }
  await page.close();
}

async function main() {
  const server = await serve();
  const base = `http://127.0.0.1:${server.address().port}`;
  const context = await launch();
  const problems = [];
  const pages = await crawl(context, base, problems);
  for (const words of ["map_reduce", "obj_chunk_size", "execution_role", "object_changed"]) {
    await search(context, base, words, problems);
  }
  await context.close();
  server.close();
  for (const problem of new Set(problems)) console.error(problem);
  if (pages < 12) console.error(`only ${pages} pages were found`);
  console.log(`${pages} pages looked at`);
  process.exitCode = problems.length > 0 || pages < 12 ? 1 : 0;
}

main()
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  })
  // What a failure left open, the browser for one, must not keep the process.
  .finally(() => process.exit());
