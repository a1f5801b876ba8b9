import {
  acceptable,
  authentic,
  authenticIfGiven,
  expected,
  onRequest,
  type Questions,
} from '../question.ts';
import type { CheckId } from '../verdict.ts';

/**
 * Every question that the verifier of one GPU or switch asks. One that can't be asked, since
 * what it is about could not be read, has no answer in a result; asked or not, an answer other
 * than `pass` or `skipped` to one of the baseline accepts nothing.
 *
 * A switch has one manifest, of its BIOS: it is asked about as `nvidia.rim.vbios`.
 */
export const NVIDIA_CHECKS = {
  'nvidia.clock': authentic('at', 'Are the times to verify at real instants?'),
  'nvidia.report.format': authentic(
    'report',
    'Is it one SPDM 1.1 measurements exchange, every length exact, nothing behind its signature?',
  ),
  'nvidia.opaque.format': authentic(
    'report.opaque',
    'Are the opaque fields well-formed to the end, each of its size, none of them twice?',
  ),
  'nvidia.opaque.known': acceptable(
    'report.opaque',
    'Is the opaque data of a version, and every field in it of a type, that this release knows?',
  ),
  'nvidia.chain.format': authentic('chain', 'Are there five readable certificates, leaf first?'),
  'nvidia.chain.roles': authentic(
    'chain',
    'Is each certificate fit for its place in the chain of one kind of device?',
  ),
  'nvidia.chain.links': authentic('chain', 'Is each certificate issued and signed by the next?'),
  'nvidia.chain.root': authentic('chain', 'Is the root key NVIDIA’s device identity root?'),
  'nvidia.chain.validity': authentic('chain', 'Are all five certificates within their validity?'),
  'nvidia.device.kind': authentic(
    'report',
    'Is the report of the kind of device that the chain is for, and that was asked for?',
  ),
  'nvidia.device.fwid': authentic(
    'report.opaque.FWID',
    'Does the report name the firmware that the leaf certificate was made for?',
  ),
  'nvidia.report.signature': authentic('report.signature', 'Did the leaf sign this exchange?'),
  'nvidia.nonce': onRequest('report.request.nonce', 'Is the requester’s nonce the one expected?'),
  'nvidia.ocsp.format': authenticIfGiven('ocsp', 'Is every OCSP response readable and successful?'),
  'nvidia.ocsp.certificate': authenticIfGiven(
    'ocsp',
    'Is every OCSP response about a certificate of this evidence?',
  ),
  'nvidia.ocsp.device.signature': authenticIfGiven(
    'ocsp',
    'Did a responder that the issuer appointed sign what is said of the device’s certificates?',
  ),
  'nvidia.ocsp.device.validity': authenticIfGiven(
    'ocsp',
    'Are the responses about the device’s certificates in date?',
  ),
  'nvidia.ocsp.device.nonce': authenticIfGiven(
    'ocsp',
    'Do they carry the nonce that they were asked with?',
  ),
  'nvidia.ocsp.device.status': authenticIfGiven(
    'ocsp',
    'Is none of the device’s certificates revoked, on hold or unknown?',
  ),
  'nvidia.ocsp.rim.signature': onRequest(
    'ocsp',
    'Did a responder that the issuer appointed sign what is said of the manifests’ signers?',
  ),
  'nvidia.ocsp.rim.validity': onRequest(
    'ocsp',
    'Are the responses about the manifests’ signers in date?',
  ),
  'nvidia.ocsp.rim.nonce': onRequest('ocsp', 'Do they carry the nonce that they were asked with?'),
  'nvidia.ocsp.rim.status': onRequest(
    'ocsp',
    'Is none of the manifests’ signers revoked, on hold or unknown?',
  ),
  'nvidia.rim.driver.format': acceptable(
    'rim.driver',
    'Is there a driver manifest (RIM), complete and signed in the one form that NVIDIA uses?',
  ),
  'nvidia.rim.driver.signature': acceptable(
    'rim.driver',
    'Are digest and signature of the driver manifest right?',
  ),
  'nvidia.rim.driver.chain': acceptable(
    'rim.driver',
    'Is each certificate of its signer issued and signed by the next?',
  ),
  'nvidia.rim.driver.root': acceptable(
    'rim.driver',
    'Is its root key NVIDIA’s root for manifests?',
  ),
  'nvidia.rim.driver.validity': acceptable('rim.driver', 'Is its signer within its validity?'),
  'nvidia.rim.driver.match': acceptable(
    'rim.driver',
    'Is the manifest of this product and this driver version?',
  ),
  'nvidia.rim.vbios.format': acceptable(
    'rim.vbios',
    'Is there a VBIOS manifest (a switch’s: BIOS), complete and signed in the one form that NVIDIA uses?',
  ),
  'nvidia.rim.vbios.signature': acceptable(
    'rim.vbios',
    'Are digest and signature of the VBIOS manifest right?',
  ),
  'nvidia.rim.vbios.chain': acceptable(
    'rim.vbios',
    'Is each certificate of its signer issued and signed by the next?',
  ),
  'nvidia.rim.vbios.root': acceptable('rim.vbios', 'Is its root key NVIDIA’s root for manifests?'),
  'nvidia.rim.vbios.validity': acceptable('rim.vbios', 'Is its signer within its validity?'),
  'nvidia.rim.vbios.match': acceptable(
    'rim.vbios',
    'Is the manifest of this product and this VBIOS version?',
  ),
  'nvidia.measurements.index': acceptable(
    'report.measurements',
    'Has every active index one manifest only, and a block in the report?',
  ),
  'nvidia.measurements.match': acceptable(
    'report.measurements',
    'Is every measurement with an active index one that its manifest lists, and no security version below its floor?',
  ),
} as const satisfies Questions<CheckId>;

export type NvidiaCheckId = keyof typeof NVIDIA_CHECKS;

/** What a verdict, and what authenticity, is made of. */
export const NVIDIA_EXPECTED = expected(NVIDIA_CHECKS);

/**
 * Every question about all devices of one machine together, each of which has answers of its
 * own. "Named" is what one device says of another in its signed report.
 */
export const NVIDIA_TOPOLOGY_CHECKS = {
  'nvidia.topology.format': authentic(
    'devices',
    'Is the device evidence well-formed, with a report and a chain for each device?',
  ),
  'nvidia.topology.devices': authentic('devices', 'Is there a device, and is each one authentic?'),
  'nvidia.topology.distinct': authentic(
    'devices',
    'Are they different devices, by the serials and keys of their certificates?',
  ),
  'nvidia.topology.nonce': authentic('devices', 'Did all of them answer the same challenge?'),
  'nvidia.topology.mode': acceptable('devices', 'Are all GPUs in one mode?'),
  'nvidia.topology.switch_pdi': acceptable(
    'switches',
    'Is each switch’s own PDI the serial of its certificate?',
  ),
  'nvidia.topology.switches': acceptable(
    'gpus',
    'Do all GPUs name the same switches, and are these the switches that are here?',
  ),
  'nvidia.topology.gpus': acceptable(
    'switches',
    'Do all switches name the same GPUs, and are these the GPUs that are here?',
  ),
  'nvidia.topology.count': onRequest('devices', 'Are there as many as expected?'),
  'nvidia.topology.statement': onRequest(
    'statements.nras',
    'Are NVIDIA’s own statements, where there are any, not against these devices?',
  ),
} as const satisfies Questions<CheckId>;

export type NvidiaTopologyCheckId = keyof typeof NVIDIA_TOPOLOGY_CHECKS;

export const NVIDIA_TOPOLOGY_EXPECTED = expected(NVIDIA_TOPOLOGY_CHECKS);

/** Every question about one manifest (RIM) judged by itself. */
export const RIM_CHECKS = {
  'nvidia.rim.clock': authentic('at', 'Is the time to verify at a real instant?'),
  'nvidia.rim.format': authentic(
    'rim',
    'Is it a complete manifest, signed in the one form that NVIDIA uses?',
  ),
  'nvidia.rim.signature': authentic('rim', 'Are digest and signature right?'),
  'nvidia.rim.chain': authentic(
    'rim',
    'Is each certificate of the signer issued and signed by the next?',
  ),
  'nvidia.rim.root': authentic('rim', 'Is the root key NVIDIA’s root for manifests?'),
  'nvidia.rim.validity': authentic('rim', 'Is the signer within its validity?'),
} as const satisfies Questions<CheckId>;

export type RimCheckId = keyof typeof RIM_CHECKS;

export const RIM_EXPECTED = expected(RIM_CHECKS);
