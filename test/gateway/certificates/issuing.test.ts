import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { parseSshCertificateLine } from '../../../src/core/ssh/certificate.ts';
import { extensionText, hostCertificateProblem } from '../../../src/core/ssh/host-certificate.ts';
import { Certificates } from '../../../src/gateway/certificates/certificates.ts';
import type { IssuingDeps } from '../../../src/gateway/certificates/issuing.ts';
import { SshAuthority } from '../../../src/gateway/certificates/ssh-authority.ts';
import { saltOf } from '../../../src/gateway/fleet/key-bindings.ts';
import type { FleetNode } from '../../../src/gateway/fleet/node.ts';
import { Past } from '../../../src/gateway/fleet/past.ts';
import { WriterLedger } from '../../../src/gateway/fleet/writer-ledger.ts';
import { parseLeaf } from '../../../src/ledger/leaf/entry.ts';
import { saltedKey, saltedNames } from '../../../src/ledger/leaf/salted.ts';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';
import { type AuthoritiesBed, authorities, DOMAIN, signerOf } from '../../support/authorities.ts';
import {
  ADMIN,
  attest,
  enrol,
  type FleetBed,
  fleetBed,
  type Member,
  MINUTE,
  member,
  policyFile,
  REASON,
} from '../../support/fleet-bed.ts';
import { type ServingKeys, servesWith, servingKeys } from '../../support/serving-keys.ts';
import { type Bed, describeStores } from '../../support/store-beds.ts';

const LIFE = 5 * MINUTE;
const SKEW = 5000;

const keys: ServingKeys = servingKeys();
const otherKeys: ServingKeys = servingKeys();
let one: Member;
let two: Member;
let silent: Member;
let ca: AuthoritiesBed;

beforeAll(async () => {
  one = await member('one', { edit: servesWith([keys.ssh, keys.tls]) });
  two = await member('two', { edit: servesWith([otherKeys.ssh, otherKeys.tls]) });
  silent = await member('three', { edit: servesWith([keys.ssh, keys.tls], [keys.tls]) });
  ca = await authorities(SIMULATED_NOW);
}, 120_000);

describeStores('certificates', (kind) => {
  let bed: Bed;
  let here: FleetBed;
  let certificates: Certificates;
  let count = 0;

  const certifying = (more: Partial<Omit<IssuingDeps, 'store'>> = {}) =>
    new Certificates({
      store: here.store,
      ledger: new WriterLedger(here.writer, { origin: 'log.example/writer', engine: 'postern/0' }),
      past: new Past(here.store),
      policyOf: (pool) => here.fleet.policyOf(pool).compiled.read.digest,
      authorities: [ca.ssh, ca.tls],
      domain: DOMAIN,
      life: LIFE,
      clockSkew: SKEW,
      now: () => here.clock.now,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      pools: ['tdx', 'a_b'],
      ...more,
    });

  beforeAll(async () => {
    bed = await kind.make();
    here = await fleetBed(await bed.open(), { published: [one] });
    await here.fleet.activatePolicy('tdx', ADMIN, policyFile(one, 'tdx'), []);
    certificates = certifying();
  });

  beforeEach(() => {
    here.clock.now = Math.max(here.clock.now, SIMULATED_NOW);
  });

  afterAll(async () => {
    await here.close();
    await bed.close();
  });

  const admitted = async (of: Member, name?: string): Promise<FleetNode> => {
    count++;
    const node = await enrol(here, of, { name: name ?? `node-${count}`, pool: 'tdx' });
    const { verdict, node: next } = await attest(here, node.id, of);
    expect(verdict).toBe('accept');
    return next;
  };
  const gone = async (node: FleetNode) => here.fleet.remove(node.id, ADMIN, REASON);
  const size = async () => (await here.store.head())?.size ?? 0;
  const refusal = async (
    node: string,
    wish: Partial<Parameters<typeof certificates.issue>[1]> = {},
    by = certificates,
  ) => {
    const before = await size();
    const fault = await by.issue(node, { use: 'ssh-host', key: keys.ssh.key, ...wish }).then(
      () => 'issued',
      (error) => error,
    );
    // Nothing is said of what nobody has.
    expect(await size()).toBe(before);
    return fault;
  };
  const untilOf = ({ standing }: FleetNode) =>
    standing.state === 'admitted' ? standing.admission : expect.fail('is not admitted');

  describe('of a node that is admitted', () => {
    let node: FleetNode;
    beforeAll(async () => {
      node = await admitted(one);
    });
    afterAll(() => gone(node));

    it('are for its SSH host key, its name and no longer than told, and in the ledger', async () => {
      const before = await size();
      const made = await certificates.issue(node.id, { use: 'ssh-host', key: keys.ssh.key });
      const host = `${node.name}.tdx.${DOMAIN}`;
      const certificate = parseSshCertificateLine(made.certificate, 'c');
      const terms = { authorities: [ca.ssh.publicKey], host, now: here.clock.now };
      expect(hostCertificateProblem(certificate, terms)).toBeUndefined();
      expect(certificate.key.blob).toEqual(keys.ssh.key);
      expect(certificate.principals).toEqual([host]);
      const { decision } = untilOf(node);
      expect(extensionText(certificate, 'decision@postern')).toBe(decision);
      expect(made).toMatchObject({ names: [host], decision, until: here.clock.now + LIFE });
      expect(made.sha256).toBe(createHash('sha256').update(certificate.blob).digest('hex'));
      const ended = { ...terms, now: here.clock.now + LIFE };
      expect(hostCertificateProblem(certificate, ended)).toMatch(/no longer/);

      const [leaf] = await here.store.leaves(before, await size());
      const said = parseLeaf(leaf?.entry ?? new Uint8Array());
      const decided = await here.store.leafById(decision);
      const salt = (decided && (await saltOf(here.store, decided))) ?? new Uint8Array();
      const evidence = await new Past(here.store).evidenceOf(decision);
      const bundle = createHash('sha256')
        .update(evidence?.bundle ?? '')
        .digest('hex');
      expect(said).toEqual({
        v: 1,
        type: 'certificate.issued',
        id: leaf?.id,
        time: here.clock.now,
        decision,
        use: 'ssh-host',
        certificate: `sha256:${made.sha256}`,
        authority: `sha256:${toHex(ca.ssh.publicKey.fingerprint)}`,
        bundle: `sha256:${bundle}`,
        key: saltedKey(salt, new Uint8Array(createHash('sha256').update(keys.ssh.key).digest())),
        names: saltedNames(salt, [host]),
        until: made.until,
      });
      expect(extensionText(certificate, 'bundle@postern')).toBe(`sha256:${bundle}`);
      expect(made.leaf).toMatchObject({ index: leaf?.index, size: before + 1 });
    });

    it('are given again while they are young, and no leaf is made for that', async () => {
      const wish = { use: 'ssh-host', key: keys.ssh.key } as const;
      const first = await certificates.issue(node.id, wish);
      const before = await size();
      here.clock.now = first.until - LIFE / 2 - 1000;
      expect(await certificates.issue(node.id, wish)).toEqual(first);
      expect(await size()).toBe(before);
      here.clock.now = first.until - LIFE / 2;
      const next = await certificates.issue(node.id, wish);
      expect([next.sha256 === first.sha256, await size()]).toEqual([false, before + 1]);
    });

    it('are for its TLS key, under a chain that the authority’s constraints hold', async () => {
      const host = `${node.name}.tdx.${DOMAIN}`;
      const wish = { use: 'tls', key: keys.tls.key, names: [host] } as const;
      const made = await certificates.issue(node.id, wish);
      const [leaf = '', authority = ''] = made.certificate.split(
        /(?<=-----END CERTIFICATE-----\n)/,
      );
      const [certificate, root] = [new X509Certificate(leaf), new X509Certificate(authority)];
      expect(certificate.checkIssued(root) && certificate.verify(root.publicKey)).toBe(true);
      expect(certificate.subjectAltName).toBe(`DNS:${host}`);
      expect(certificate.ca).toBe(false);
      expect(certificate.validToDate.getTime()).toBe(here.clock.now + LIFE - 1000);
      const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
      expect(new Uint8Array(spki)).toEqual(keys.tls.key);
      const { issued } = await certificates.proof(made.sha256);
      expect(parseLeaf(issued.entry)).toMatchObject({ use: 'tls', until: made.until });
    });

    it('end with the admission, however long they may live', async () => {
      const long = certifying({ life: 24 * 60 * MINUTE });
      const made = await long.issue(node.id, { use: 'ssh-host', key: keys.ssh.key });
      expect(made.until).toBeLessThanOrEqual(untilOf(node).until);
      const { validBefore } = parseSshCertificateLine(made.certificate, 'c');
      expect(Number(validBefore) * 1000).toBeLessThanOrEqual(untilOf(node).until);
      expect(made.until).toBeGreaterThan(untilOf(node).until - 1000);
    });

    it.each([
      { name: 'another node’s name', host: `node-0.tdx.${DOMAIN}` },
      { name: 'a name of another pool', host: `node.other.${DOMAIN}` },
      { name: 'a wildcard', host: `*.tdx.${DOMAIN}` },
      { name: 'the domain itself', host: DOMAIN },
      { name: 'a name outside', host: 'bank.example' },
      { name: 'its name in other letters', host: `NODE.tdx.${DOMAIN}` },
      { name: 'its name with a line break', host: '\n' },
      { name: 'its name with a dot behind', host: '.' },
      { name: 'its name with a zero byte', host: '\0bank.example' },
    ])('are not for $name', async ({ host }) => {
      const own = `${node.name}.tdx.${DOMAIN}`;
      const name =
        host.length > 1 && host !== '.' && !host.startsWith('\0') ? host : `${own}${host}`;
      for (const names of [[name], [own, name]]) {
        expect(await refusal(node.id, { names })).toMatchObject({ code: 'usage' });
      }
    });

    it.each([
      { name: 'another node’s key', wish: () => ({ key: otherKeys.ssh.key }) },
      { name: 'a key that nobody showed', wish: () => ({ key: servingKeys().ssh.key }) },
      { name: 'its TLS key as one of SSH', wish: () => ({ key: keys.tls.key }) },
      { name: 'its SSH key as one of TLS', wish: () => ({ use: 'tls' as const }) },
      { name: 'no key', wish: () => ({ key: new Uint8Array() }) },
    ])('are not for $name', async ({ wish }) => {
      expect(await refusal(node.id, wish())).toMatchObject({ code: 'conflict', at: 'key' });
    });

    it('are not made where the clock was set back behind what the ledger says', async () => {
      const { now } = here.clock;
      here.clock.now = now - MINUTE;
      expect(await refusal(node.id)).toMatchObject({ code: 'unreachable', at: 'clock' });
      here.clock.now = now;
    });

    it('are not made by an authority that is out of its time, or whose key signs something else', async () => {
      const { use, id } = ca.tls;
      const late = {
        ...{ use, id, validity: { from: 0, to: SIMULATED_NOW - 1 } },
        certify: async () => expect.fail('was asked'),
      };
      const ended = certifying({ authorities: [late] });
      const wish = { use, key: keys.tls.key };
      expect(await refusal(node.id, wish, ended)).toMatchObject({ code: 'unreachable' });
      const [real, other] = [signerOf('ed25519'), signerOf('ed25519')];
      const swapped = certifying({
        authorities: [new SshAuthority({ publicKey: real.publicKey, sign: other.sign })],
      });
      expect(await refusal(node.id, {}, swapped)).toMatchObject({ code: 'unreachable' });
    });

    it('are not made where there is no such authority', async () => {
      const by = certifying({ authorities: [ca.tls] });
      expect(await refusal(node.id, {}, by)).toMatchObject({ code: 'missing' });
    });

    it('are not made once another policy decides, until it has shown itself again', async () => {
      const by = certifying({ policyOf: () => `sha256:${'0'.repeat(64)}` });
      expect(await refusal(node.id, {}, by)).toMatchObject({ code: 'conflict' });
    });
  });

  it('are proven to be in the ledger by what they are, and nothing else is', async () => {
    const node = await admitted(one);
    const made = await certificates.issue(node.id, { use: 'ssh-host', key: keys.ssh.key });
    const { issued, decision } = await certificates.proof(made.sha256);
    expect(parseLeaf(issued.entry)).toMatchObject({ decision: made.decision });
    expect(parseLeaf(decision.entry)).toMatchObject({ id: made.decision, verdict: 'accept' });
    await expect(certificates.proof('0'.repeat(64))).rejects.toMatchObject({ code: 'missing' });
    await gone(node);
  });

  describe('are not made for a node', () => {
    it('that there is not', async () => {
      expect(await refusal('0'.repeat(32))).toMatchObject({ code: 'missing' });
    });

    it('that was never admitted', async () => {
      const node = await enrol(here, one, { name: 'fresh', pool: 'tdx' });
      expect(await refusal(node.id)).toMatchObject({ code: 'conflict' });
      await gone(node);
    });

    it.each([
      { state: 'quarantined', act: (id: string) => here.fleet.quarantine(id, ADMIN, REASON) },
      { state: 'revoked', act: (id: string) => here.fleet.revoke(id, ADMIN, REASON) },
    ])('that is $state', async ({ state, act }) => {
      const node = await admitted(one);
      await act(node.id);
      expect(await refusal(node.id)).toMatchObject({ code: 'conflict', detail: `is ${state}` });
      await gone(node);
    });

    it('that is put out while its certificate is made', async () => {
      const node = await admitted(one);
      const { ssh } = ca;
      const slow = {
        use: ssh.use,
        id: ssh.id,
        validity: ssh.validity,
        certify: async (asked: Parameters<typeof ssh.certify>[0]) => {
          const certified = await ssh.certify(asked);
          await here.fleet.revoke(node.id, ADMIN, REASON);
          return certified;
        },
      };
      const by = certifying({ authorities: [slow] });
      const issued = by.issue(node.id, { use: 'ssh-host', key: keys.ssh.key });
      await expect(issued).rejects.toMatchObject({ code: 'conflict', detail: 'is revoked' });
      const leaves = await here.store.leaves((await size()) - 1, await size());
      const types = leaves.map(({ entry }) => parseLeaf(entry).type);
      expect(types).not.toContain('certificate.issued');
      await gone(node);
    });

    it('that listed a key, and did not show that it holds it', async () => {
      const node = await admitted(silent);
      expect(await refusal(node.id)).toMatchObject({ code: 'conflict', at: 'key' });
      const tls = await certificates.issue(node.id, { use: 'tls', key: keys.tls.key });
      expect(tls.names).toEqual([`${node.name}.tdx.${DOMAIN}`]);
      await gone(node);
    });

    it('that is called like a host with a domain of its own', async () => {
      const node = await admitted(one, 'a.tdx');
      const at = `nodes[${node.id}].name`;
      expect(await refusal(node.id)).toMatchObject({ code: 'conflict', at });
      await gone(node);
    });

    it('whose evidence was forgotten', async () => {
      const node = await admitted(one);
      const by = certifying({ past: { evidenceOf: async () => undefined } });
      expect(await refusal(node.id, {}, by)).toMatchObject({ code: 'conflict' });
      await gone(node);
    });

    it('whose record is about another keyset', async () => {
      const [node, other] = [await admitted(one), await admitted(two)];
      const past = new Past(here.store);
      const { decision } = untilOf(other);
      const by = certifying({ past: { evidenceOf: () => past.evidenceOf(decision) } });
      expect(await refusal(node.id, { key: otherKeys.ssh.key }, by)).toMatchObject({
        code: 'conflict',
        at: 'admission.keyset',
      });
      await gone(node);
      await gone(other);
    });

    it('whose admission is over, or about to be, before anybody has noticed', async () => {
      const node = await admitted(one);
      const { until } = untilOf(node);
      here.clock.now = until - 5000;
      expect(await refusal(node.id)).toMatchObject({ code: 'conflict', at: 'admission.until' });
      here.clock.now = until;
      expect(await refusal(node.id)).toMatchObject({
        code: 'conflict',
        detail: 'its admission has ended',
      });
      await gone(node);
    });
  });

  it('are told about to whoever wants to take them', () => {
    expect(certificates.authorities()).toEqual({
      domain: DOMAIN,
      life: LIFE,
      pools: [{ pool: 'tdx', hosts: `*.tdx.${DOMAIN}` }],
      ssh: {
        key: expect.stringMatching(/^ssh-ed25519 [A-Za-z0-9+/]+=*$/),
        fingerprint: expect.stringMatching(/^SHA256:/),
      },
      tls: { certificate: ca.tls.pem },
    });
  });
});
