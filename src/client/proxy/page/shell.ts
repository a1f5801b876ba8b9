/**
 * The page without a word of what it shows. Its link carries a token behind `#`, which browsers send
 * to nobody; the script takes it off the address, and asks for the rest with it.
 *
 * No cookie: those are one for all ports of a host, and any other server of this machine would get it.
 */
export const SHELL = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Postern proxy</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<header><strong>Postern</strong> proxy <span id="state" role="status"></span></header>
<main id="view"><noscript>This page needs its own script, and nobody else’s.</noscript></main>
</body>
</html>
`;

export const SCRIPT = `'use strict';
const KEY = 'postern-view';
const found = location.hash.slice(1);
if (found) {
  sessionStorage.setItem(KEY, found);
  history.replaceState(null, '', '/');
}
const view = document.getElementById('view');
const state = document.getElementById('state');
const say = (text) => { state.textContent = text; };

async function refresh() {
  const token = sessionStorage.getItem(KEY);
  if (!token) {
    say('');
    view.textContent = 'Open this page by the link that postern proxy printed when it started.';
    return;
  }
  try {
    const response = await fetch('/view', { headers: { 'x-api-key': token } });
    if (response.status === 401) {
      sessionStorage.removeItem(KEY);
      return refresh();
    }
    if (!response.ok) throw new Error(String(response.status));
    show(new DOMParser().parseFromString(await response.text(), 'text/html').body);
    say('live');
  } catch {
    say('the proxy does not answer: what is below may be old');
  }
  setTimeout(refresh, 3000);
}

function show(body) {
  for (const details of body.querySelectorAll('details[id]')) {
    const before = document.getElementById(details.id);
    if (before) details.open = before.open;
  }
  if (body.innerHTML !== view.innerHTML) view.replaceChildren(...body.childNodes);
}

refresh();
`;

export const STYLE = `:root { --good: #17693a; --bad: #b3261e; --open: #8a5a00; --line: #8883; --dim: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --good: #5fd38d; --bad: #ff8a80; --open: #f2c14e; --dim: #9aa3af; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; }
header { padding-bottom: .75rem; border-bottom: 1px solid var(--line); }
#state { color: var(--dim); margin-left: .5rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 1rem 0; }
h2 { font-size: 1rem; margin: 0 0 .5rem; }
.warning { border-left: .3rem solid var(--open); padding: .4rem .75rem; margin: .5rem 0; overflow-wrap: anywhere; }
.groups { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
section { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: 0 0 1rem; min-width: 0; }
.groups section { margin: 0; }
dl { display: grid; grid-template-columns: minmax(6rem, auto) 1fr; gap: .2rem .9rem; margin: 0; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); }
details { margin: 1rem 0; } summary { cursor: pointer; } li { overflow-wrap: anywhere; }
code { font: .85em/1.4 ui-monospace, monospace; }
.receipts { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
`;
