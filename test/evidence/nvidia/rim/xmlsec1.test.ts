import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../../src/core/bytes/text.ts';
import { toPem } from '../../../../src/core/encoding/pem.ts';
import { NVIDIA_RIM_ROOT } from '../../../../src/core/x509/nvidia-roots.ts';
import { readRim } from '../../../../src/evidence/nvidia/rim/read-rim.ts';
import { NVIDIA_VECTORS, vector } from '../../../support/nvidia-vectors.ts';
import { behind, exchange, inFrontOf, SWID } from '../../../support/rim.ts';

/** Another implementation than ours of all that is asked here, on libxml2 and OpenSSL. */
const XMLSEC1 = spawnSync('xmlsec1', ['--version']).status === 0;
if (!XMLSEC1) {
  process.stderr.write(
    '\n*** WARNING: no xmlsec1 here. What it says of manifests is SKIPPED. ***\n\n',
  );
}
/** It has its own cryptography, and need be asked once only. */
const PORTABLE = process.env['VITEST_POSTERN_CRYPTO'] === 'portable';

const folder = mkdtempSync(join(tmpdir(), 'postern-xmlsec1-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function theirs(xml: Uint8Array): boolean {
  const root = file('root.pem', toPem(NVIDIA_RIM_ROOT.certificate.der, 'CERTIFICATE'));
  const args = ['--verify', '--verification-time', '2026-06-01 00:00:00', '--trusted-pem', root];
  return spawnSync('xmlsec1', [...args, file('rim.xml', xml)]).status === 0;
}

function ours(xml: Uint8Array): boolean {
  return readRim(xml, [NVIDIA_RIM_ROOT]).manifest !== undefined;
}

type Edit = (text: string) => string;

const SIGNATURE = /<ds:Signature .*<\/ds:Signature>/s;

/** Written otherwise: the same for whoever knows Canonical XML. */
const SAME: readonly (readonly [string, Edit])[] = [
  ['as it is', (text) => text],
  ['an XML declaration', (text) => `<?xml version="1.0" encoding="UTF-8"?>\n${text}\n\n`],
  [
    'other quotes, another order, a reference for a letter',
    exchange('edition="SWITCH" product="LS10"', `product='LS10'\n edition="&#x53;WITCH"`),
  ],
  ['line ends of another system', (text) => text.replaceAll('\n', '\r\n')],
  ['two tags for an empty element', exchange(/(?<=<ns0:Entity [^>]*)\/>/, '></ns0:Entity>')],
  ['a declaration repeated', exchange('<ns0:Payload', `<ns0:Payload xmlns:ns0="${SWID}"`)],
  ['blanks in the base64 of the signature', behind('<ds:SignatureValue>', '\n  ')],
  [
    'the signature in front',
    (text) => {
      const [signature = ''] = SIGNATURE.exec(text) ?? [];
      return behind('tagVersion="0">', signature)(text.replace(SIGNATURE, ''));
    },
  ],
];

/** Of what was signed, something is no more. */
const DAMAGED: readonly (readonly [string, Edit])[] = [
  ['a digit of a value', exchange('Hash0="9083', 'Hash0="9084')],
  ['a row less', exchange(/<ns0:Resource [^>]*\/>/, '')],
  ['a row deactivated', exchange('active="True"', 'active="False"')],
  ['an attribute more', inFrontOf(' edition=', ' x=""')],
  ['an attribute without its prefix', exchange('ns1:PlatformModel', 'PlatformModel')],
  ['a prefix bound to something else', behind('<ns0:Payload', ' xmlns:ns1="urn:x"')],
  ['another prefix for the same namespace', exchange('<ns0:Entity ', '<Entity ')],
  ['a language', behind('<SoftwareIdentity', ' xml:lang="en"')],
  ['a blank between elements', inFrontOf('<ns0:Payload', ' ')],
  ['a blank in a value', exchange('edition="SWITCH"', 'edition="SWITCH "')],
  ['a letter of the digest', exchange('<ds:DigestValue>k', '<ds:DigestValue>l')],
  ['a letter of the signature', exchange('<ds:SignatureValue>r', '<ds:SignatureValue>s')],
  ['a blank in SignedInfo', inFrontOf('<ds:SignatureMethod', ' ')],
  ['a declaration in SignedInfo', behind('<ds:SignedInfo', ' xmlns:x="urn:x"')],
  ['a declaration around SignedInfo', behind('<ds:Signature', ' xmlns:x="urn:x"')],
  ['no signature', exchange(SIGNATURE, '')],
];

/** Nothing that is signed is changed, and XML Signature allows it: our one profile does not. */
const ALLOWED: readonly (readonly [string, Edit])[] = [
  ['a comment, which is not signed', inFrontOf('<ns0:Payload', '<!-- -->')],
  ['a CDATA section', behind('<ds:SignatureValue>', '<![CDATA[]]>')],
  ['a document type', (text) => `<!DOCTYPE SoftwareIdentity>${text}`],
  ['an id', behind('<ds:Signature', ' Id="x"')],
  ['the name of a key', behind('<ds:KeyInfo>', '<ds:KeyName>x</ds:KeyName>')],
  ['an object of strangers', behind('</ds:KeyInfo>', '<ds:Object><x/></ds:Object>')],
];

const SKIPPED = NVIDIA_VECTORS === undefined || !XMLSEC1 || PORTABLE;

describe.skipIf(SKIPPED)('xmlsec1 and we', () => {
  it.each([
    ['real/h100-550/rims/driver.xml', true],
    ['real/ls10-switch/rims/bios.xml', true],
    ['rims/driver-gh100-550-144-03/rim.xml', true],
    ['rims/bad-signature/rim.xml', false],
    ['rims/switch-bad-digest/rim.xml', false],
    ['rims/debug-chain/rim.xml', false],
    ['rims/malformed-missing-x509-data/rim.xml', false],
    ['rims/malformed-invalid-cert-bytes/rim.xml', false],
  ])('agree about %s', (path, valid) => {
    const xml = vector(path);
    expect([theirs(xml), ours(xml)]).toEqual([valid, valid]);
  });

  const genuine = SKIPPED ? '' : fromUtf8(vector('real/ls10-switch/rims/bios.xml'), 'test');

  it.each(SAME)('accept a genuine one written otherwise: %s', (_, edit) => {
    const xml = utf8(edit(genuine));
    expect([theirs(xml), ours(xml)]).toEqual([true, true]);
  });

  it.each(DAMAGED)('refuse a genuine one with damage: %s', (_, edit) => {
    const xml = utf8(edit(genuine));
    expect([theirs(xml), ours(xml)]).toEqual([false, false]);
  });

  it.each(ALLOWED)('differ, as we mean to: %s', (_, edit) => {
    const xml = utf8(edit(genuine));
    expect([theirs(xml), ours(xml)]).toEqual([true, false]);
  });
});
