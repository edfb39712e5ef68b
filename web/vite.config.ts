import react from "@vitejs/plugin-react";
import type { Connect, Plugin } from "vite";
import { defineConfig } from "vitest/config";

const pages = ["app", "station", "console", "verify"];

/** Development only: what the server does with /app/wallet and its like, so that a reload stays on its page. */
function pageRoutes(): Plugin {
  const toPage: Connect.NextHandleFunction = (request, _response, next) => {
    const [path = "/"] = (request.url ?? "/").split("?");
    const page = pages.find((name) => path === `/${name}` || (path.startsWith(`/${name}/`) && !path.includes(".")));
    if (page) request.url = `/${page}/index.html`;
    next();
  };
  return {
    name: "page-routes",
    configureServer: (server) => void server.middlewares.use(toPage),
    configurePreviewServer: (server) => void server.middlewares.use(toPage),
  };
}

const server = process.env.SIGHTPAY_WEB_SERVER ?? "http://127.0.0.1:8000";
const api =
  "^/(auth|users|wallet|journeys|stops|gates|tills|transactions|stations|station-links|connections|live|health" +
  "|approvals|corrections|disputes|audit|receipts|receipt-log";
const proxy = {
  [`${api}|console/stops|sightings)(/|\\?|$)`]: { target: server },
  "^/ws/": { target: server, ws: true },
};

export default defineConfig({
  appType: "mpa",
  plugins: [react(), pageRoutes()],
  server: { proxy },
  preview: { proxy },
  build: {
    // The content security policy allows own files only, so nothing is turned into a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ["index.html", ...pages.map((name) => `${name}/index.html`)] },
  },
  test: { include: ["src/**/*.test.ts"] },
});
