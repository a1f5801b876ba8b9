import fc from 'fast-check';
import { expect } from 'vitest';
import { keysetClaims, parseKeyset } from '../../../src/appraisal/binding/keyset.ts';
import { keyIdentities } from '../../../src/appraisal/binding/keyset-key.ts';
import { raTlsQuote } from '../../../src/appraisal/binding/ra-tls.ts';
import { type Binding, bindingOf, RECIPES } from '../../../src/appraisal/binding/recipe.ts';
import {
  expectSameDevices,
  parseCryptoMaterial,
} from '../../../src/appraisal/binding/tinfoil-sections.ts';
import { parseTlsCertificate } from '../../../src/appraisal/binding/tls-certificate.ts';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { parseJson } from '../../../src/core/encoding/json.ts';
import { JsonShape } from '../../../src/core/encoding/json-shape.ts';
import { Fault } from '../../../src/core/fault.ts';
import { parseSshPublicKey } from '../../../src/core/ssh/public-key.ts';
import { parseKeyConfig } from '../../../src/sealed/key-config.ts';
import { CRYPTO_MATERIAL, good, type Inputs } from '../../support/binding.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { hybridConfig, keysetBytes, OHTTP, RFC9458_CONFIG, TLS } from '../../support/keyset.ts';
import { ECDSA_LINE, ED25519_LINE } from '../../support/ssh.ts';
import { freshSpki, tlsCertificate } from '../../support/tls-certificates.ts';
import { asView } from '../../support/view.ts';

/** An algorithm that this release does not know is refused as well, by its own name. */
function orUnread<T>(parse: () => T): T | undefined {
  try {
    return orRefused(parse);
  } catch (error) {
    if (error instanceof Fault && error.code === 'unsupported') return undefined;
    throw error;
  }
}

fuzz(
  'a keyset holds no key twice, and reads the same from wherever it lies',
  damaged(keysetBytes(), keysetBytes({ keys: [OHTTP] }), keysetBytes({ keys: [TLS] })),
  (bytes) => {
    const keyset = orUnread(() => parseKeyset(bytes));
    if (keyset === undefined) return;
    const identities = keyset.keys.flatMap(keyIdentities);
    expect(new Set(identities).size).toBe(identities.length);
    expect(keyset.validity.from).toBeLessThan(keyset.validity.to);
    expect(parseKeyset(asView(bytes))).toEqual(keyset);
    expect(JSON.parse(JSON.stringify(keysetClaims(keyset)))).toEqual(keysetClaims(keyset));
  },
);

fuzz(
  'an OHTTP key configuration is its fields, every byte once',
  fc.oneof(damaged(RFC9458_CONFIG, hybridConfig()), fc.uint8Array({ maxLength: 100 })),
  (bytes) => {
    const config = orUnread(() => parseKeyConfig(bytes, 'config'));
    if (config === undefined) return;
    expect(5 + config.publicKey.length + 4 * config.suites.length).toBe(bytes.length);
  },
);

const certificates = [
  await tlsCertificate(),
  await tlsCertificate({ spki: freshSpki('ed25519') }),
  await tlsCertificate({
    extensions: {
      '1.3.6.1.4.1.62397.1.1': new Uint8Array(200),
      '1.3.6.1.4.1.62397.1.2': utf8('[]'),
    },
  }),
];

fuzz('a certificate’s key and extensions are in it', damaged(...certificates), (bytes) => {
  const certificate = orRefused(() => parseTlsCertificate(bytes, 'cert'));
  if (certificate === undefined) return;
  const { spki, extensions } = certificate;
  for (const part of [spki, ...extensions.values()]) {
    const start = part.byteOffset - bytes.byteOffset;
    expect(start).toBeGreaterThan(0);
    expect(start + part.length).toBeLessThan(bytes.length);
  }
  expect(parseTlsCertificate(asView(bytes), 'cert')).toEqual(certificate);
  orUnread(() => raTlsQuote(bytes));
});

fuzz(
  'a host key’s line is an algorithm and its key',
  damaged(utf8(ED25519_LINE), utf8(ECDSA_LINE), utf8(`${ED25519_LINE} root@node`)),
  (bytes) => {
    const line = new TextDecoder('latin1').decode(bytes);
    const key = orRefused(() => parseSshPublicKey(line, 'key'));
    if (key !== undefined) expect(line.startsWith(`${key.algorithm} `)).toBe(true);
  },
);

const section = utf8(
  JSON.stringify({
    format: 'https://tinfoil.sh/device-evidence/v1',
    items: [{ id: 'gpu-0', vendor: 'nvidia', evidence: { arch: 'HOPPER', evidence: 'EQ==' } }],
  }),
);

fuzz(
  'Tinfoil’s sections are read or refused',
  fc.tuple(
    damaged(CRYPTO_MATERIAL, section),
    damaged(utf8('[{"arch":"HOPPER","evidence":"EQ=="}]')),
  ),
  ([bytes, devices]) => {
    orRefused(() => parseCryptoMaterial(bytes, 'material'));
    orRefused(() => expectSameDevices(bytes, devices, 'section'));
  },
);

const sources = RECIPES.map((recipe) => utf8(JSON.stringify(good(recipe))));

function bindingFrom(bytes: Uint8Array, devices: Uint8Array): Binding {
  const { value } = parseJson(fromUtf8(bytes, 'binding'), 'binding');
  return bindingOf(new JsonShape(value, 'binding'), devices);
}

fuzz(
  'a binding of any recipe is whole, or refused with its place',
  fc.tuple(damaged(...sources), fc.uint8Array({ maxLength: 40 })),
  ([bytes, devices]) => {
    const binding = orUnread(() => bindingFrom(bytes, devices));
    if (binding === undefined) return;
    expect(binding.reportData).toHaveLength(64);
    expect(binding.deviceNonce?.length ?? 32).toBe(32);
    expect(bindingFrom(asView(bytes), asView(devices))).toEqual(binding);
  },
);

const anyInputs = fc
  .tuple(
    fc.constantFrom(...RECIPES),
    fc.constantFrom(...RECIPES),
    fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  )
  .map(([recipe, other, members]): Inputs => ({ ...good(other), ...members, recipe }));

fuzz('the inputs of one recipe are none of another', anyInputs, (inputs) => {
  const binding = orUnread(() => bindingFrom(utf8(JSON.stringify(inputs)), new Uint8Array()));
  if (binding === undefined) return;
  const names = new Set(Object.keys(good(binding.recipe)));
  for (const optional of ['tag', 'device_evidence']) names.add(optional);
  expect(Object.keys(inputs).filter((name) => !names.has(name))).toEqual([]);
});
