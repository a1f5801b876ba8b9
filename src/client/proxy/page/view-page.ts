import { formatTime } from '../../../core/encoding/time.ts';
import type { Check } from '../../../evidence/verdict.ts';
import { type Trust, type TrustGroup, trustOf } from '../../trust-facts.ts';
import type { VerificationView } from '../../view.ts';
import type { DatedReceipt } from '../receipts.ts';
import { type Html, html } from './html.ts';

const MARKS = { good: '✓', bad: '✗', open: '?', plain: '·' } as const;

/** What the page shows: which machine is in use, and why it is trusted. */
export function viewPage(view: VerificationView, receipts: readonly DatedReceipt[]): string {
  const [first, ...others] = view.nodes;
  const more = others.map((node) => {
    const { headline, tone } = trustOf(view, node);
    return html`<li><code>${node.node}</code> ${node.pool}: <span class="${tone}">${headline}</span></li>`;
  });
  return html`${trustPart(trustOf(view, first))}${
    more.length === 0 ? '' : html`<section><h2>Other machines</h2><ul>${more}</ul></section>`
  }${receiptsPart(receipts)}`.text;
}

function trustPart({ headline, tone, warnings, groups, open, notProven }: Trust): Html {
  return html`<h1 class="${tone}">${MARKS[tone]} ${headline}</h1>${warnings.map(
    (text) => html`<p class="warning">${text}</p>`,
  )}<div class="groups">${groups.map(groupPart)}${notProvenPart(notProven)}</div>${openPart(open)}`;
}

function groupPart({ title, tone, facts }: TrustGroup): Html {
  const rows = facts.map(
    ({ name, value, tone: of }) => html`<dt>${name}</dt><dd class="${of}">${value}</dd>`,
  );
  return html`<section><h2><span class="${tone}">${MARKS[tone]}</span> ${title}</h2><dl>${rows}</dl></section>`;
}

function notProvenPart(names: readonly string[]): Html {
  if (names.length === 0) return html``;
  return html`<section><h2>? Not proven by evidence of this kind</h2><ul>${names.map(
    (name) => html`<li>${name}</li>`,
  )}</ul></section>`;
}

function openPart(checks: readonly Check[]): Html {
  if (checks.length === 0) return html``;
  return html`<details id="open-checks"><summary>${checks.length} checks that were skipped or did not pass</summary><ul>${checks.map(
    (check) => html`<li><code>${check.id}</code> ${check.outcome}: ${whyOf(check)}</li>`,
  )}</ul></details>`;
}

function whyOf(check: Check): string {
  if (check.outcome === 'fail') return `want ${check.want}, got ${check.got}`;
  return check.outcome === 'pass' ? '' : check.because;
}

function receiptsPart(receipts: readonly DatedReceipt[]): Html {
  if (receipts.length === 0) {
    return html`<section><h2>Receipts</h2><p>None in this run.</p></section>`;
  }
  const rows = receipts.map(({ at, receipt }) => {
    const { model, promptTokens, completionTokens, counted, session } = receipt;
    const tokens = counted ? `${promptTokens} in, ${completionTokens} out` : 'not counted';
    return html`<tr><td>${formatTime(at)}</td><td>${model}</td><td>${tokens}</td><td><code>${session.slice(0, 16)}…</code></td></tr>`;
  });
  return html`<section><h2>Last receipts</h2><div class="receipts"><table><thead><tr><th>at</th><th>model</th><th>tokens</th><th>session</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
