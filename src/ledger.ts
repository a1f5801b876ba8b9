/**
 * Postern's ledgers as a library: read and verify what a log says, make recorded decisions again,
 * watch a log, cosign it, and write one of your own. Pure, as all of the verifier: storage, keys
 * and time are parameters.
 */

export type { FsckProgress, FsckSource } from './ledger/fsck/findings.ts';
export { fsckPublished, type PublishedTree } from './ledger/fsck/fsck-published.ts';
export { fsckStore } from './ledger/fsck/fsck-store.ts';
export { parseDecisionLeaf, parseLeaf, writeLeaf } from './ledger/leaf/entry.ts';
export { firstSeenId } from './ledger/leaf/first-seen.ts';
export type { DecisionLeaf, Leaf, LeafType } from './ledger/leaf/leaf.ts';
export { saltedKeyset, saltedSubject } from './ledger/leaf/salted.ts';
export {
  type Checkpoint,
  parseSignedCheckpoint,
  type SignedCheckpoint,
} from './ledger/note/checkpoint.ts';
export { type NoteSigner, signNote } from './ledger/note/sign-note.ts';
export { parseSignedNote, type SignedNote } from './ledger/note/signed-note.ts';
export { parseSignerKey, type SignerKey, writeSignerKey } from './ledger/note/signer-key.ts';
export {
  type KeyType,
  parseVerifierKey,
  type VerifierKey,
  verifierKey,
  writeVerifierKey,
} from './ledger/note/verifier-key.ts';
export { verifyNote } from './ledger/note/verify-note.ts';
export {
  type Fork,
  type ForkProof,
  parseForkProof,
  verifyForkProof,
  writeForkProof,
} from './ledger/proof/fork-proof.ts';
export { parseTlogProof, type TlogProof, writeTlogProof } from './ledger/proof/tlog-proof.ts';
export { verifyTlogProof } from './ledger/proof/verify-proof.ts';
export {
  type CapturedDecision,
  captureDecision,
  type Decision,
  type UsedPolicy,
} from './ledger/record/capture.ts';
export { checkRecord, type RecordFinding } from './ledger/record/check-record.ts';
export {
  type OpenedExport,
  parseExport,
  writeExport,
} from './ledger/record/export.ts';
export { type Manifest, parseManifest } from './ledger/record/manifest.ts';
export { type BlobLookup, type Replay, Replayer, replayDecision } from './ledger/record/replay.ts';
export { Stapler } from './ledger/staple.ts';
export type * from './ledger/store.ts';
export { StoreTiles } from './ledger/store-tiles.ts';
export { AuthenticatedTiles } from './ledger/tiles/authenticated-tiles.ts';
export { parseEntryBundle, verifyEntries, writeEntryBundle } from './ledger/tiles/entry-bundle.ts';
export { parseTilePath, type TilePath, writeTilePath } from './ledger/tiles/tile-path.ts';
export { orFromFullTile, type TileReader } from './ledger/tiles/tile-reader.ts';
export { verifyConsistency } from './ledger/tree/consistency.ts';
export { leafHash } from './ledger/tree/hash.ts';
export { verifyInclusion } from './ledger/tree/inclusion.ts';
export { type Judgement, judgeCheckpoint, verifyCheckpoint } from './ledger/trust/judge.ts';
export { parseTlogPolicy, type TlogPolicy } from './ledger/trust/tlog-policy.ts';
export { type Sight, watchLog } from './ledger/watch/watch.ts';
export { parseWatchState, type WatchState, writeWatchState } from './ledger/watch/watch-state.ts';
export { submitCheckpoint, type WitnessPeer } from './ledger/witness/submit.ts';
export {
  Witness,
  type WitnessAnswer,
  type Witnessed,
  type WitnessStore,
} from './ledger/witness/witness.ts';
export type { LogIdentity } from './ledger/writer/identity.ts';
export type { KnownCheckpoint } from './ledger/writer/known-checkpoint.ts';
export {
  LedgerWriter,
  type LedgerWriterDeps,
  type Receipt,
} from './ledger/writer/ledger-writer.ts';
