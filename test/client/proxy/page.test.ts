import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PosternError } from '../../../src/client/errors.ts';
import { viewPage } from '../../../src/client/proxy/page/view-page.ts';
import type { NodeView, VerificationView } from '../../../src/client/view.ts';
import { sealedProxy } from '../../support/client/proxy-bed.ts';

let bed: Awaited<ReturnType<typeof sealedProxy>>;
beforeAll(async () => {
  bed = await sealedProxy();
});
afterAll(() => bed.proxy.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${bed.proxy.url}${path}`, { headers });

describe('the page', () => {
  it('says nothing to whoever has no link', async () => {
    for (const path of ['/', '/page.js', '/page.css']) {
      const response = await get(path);
      expect(response.status).toBe(200);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      const text = await response.text();
      expect(text).not.toContain('postern-view-');
      expect(text).not.toContain('gateway.example');
      expect(text).not.toMatch(/https?:\/\//);
    }
    expect((await get('/view')).status).toBe(401);
  });

  it('has its script and style in files of its own, as its policy wants', async () => {
    const text = await (await get('/')).text();
    expect(text).not.toMatch(/<style|style=|<script(?![^>]* src="\/page\.js")|\son\w+=/);
  });

  it('shows which machine is in use, why, and the last receipts', async () => {
    const { url } = bed.proxy;
    await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bed.tokens.api}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm1', messages: [{ role: 'user', content: 'a canary' }] }),
    }).then((response) => response.text());
    const response = await get('/view', { 'x-api-key': bed.tokens.view });
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    const text = await response.text();
    for (const part of [
      'Requests are sealed for a machine that no vendor vouches for',
      'https://gateway.example',
      bed.bed.machine.node,
      bed.bed.machine.keys.keysetSha384,
      'simulator roots',
      '<dd class="good">accept</dd>',
      'key.bound (leaf ',
      '3 in, 5 out',
      'Not proven',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('canary');
  });
});

const VIEW: VerificationView = {
  gateway: 'https://gateway.example',
  policy: undefined,
  ledger: { state: 'unchecked' },
  nodes: [],
};
const NODE: NodeView = {
  node: '<b>"\'&\u202e',
  pool: '<script>alert(1)</script>',
  region: undefined,
  state: 'failed',
  checkedAt: 0,
  until: undefined,
  error: new PosternError('appraisal.reject', '<img src=x>', {
    checks: [{ id: 'a.b', outcome: 'fail', want: '<i>', got: '</i>', path: 'x' }],
  }),
  evidence: undefined,
  keys: undefined,
  freshness: 'challenge',
  admission: undefined,
};

it('is honest where there is nothing yet, and where trust failed', () => {
  expect(viewPage(VIEW, [])).toContain('No machine was verified yet');
  const failed = viewPage({ ...VIEW, nodes: [NODE] }, []);
  expect(failed).toContain('Not trusted: nothing is sent to this machine');
  expect(failed).toContain('appraisal.reject');
  expect(failed).toContain('The ledger is not asked');
  expect(failed).toContain('want &lt;i&gt;, got &lt;/i&gt;');
});

it('is glad of a vendor’s word alone', () => {
  const [node] = bed.postern.verification().nodes;
  if (!node?.evidence) throw new Error('no machine was verified');
  const genuine = { ...node, evidence: { ...node.evidence, anchors: 'vendor' as const } };
  const text = viewPage({ ...VIEW, nodes: [genuine] }, []);
  expect(text).toContain(
    '<h1 class="good">✓ Requests are sealed for a machine that was verified here',
  );
  expect(text).not.toContain('Keep real secrets away');
});

it('takes names for text', () => {
  const text = viewPage({ ...VIEW, nodes: [NODE, { ...NODE, state: 'expired' }] }, []);
  expect(text).not.toMatch(/<script|<img|<b>|\u202e/);
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});
