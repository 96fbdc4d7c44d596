import type { Environment, Move } from '../../contract/environment.ts';
import {
  recordCertificate,
  type Certificate,
  type CertificateKind,
  type Waiver,
  type Finding,
} from '../../ledger/certificates.ts';
import type { Pool } from '../../ledger/database.ts';
import type { Comparison } from '../common/compare-key.ts';
import { ContentDigest } from './digest.ts';
import { Findings, findingsPath, LISTED } from './findings.ts';

/** A certificate while it is made: counts, digest and findings of what has been compared so far. */
export class CertificateDraft {
  readonly #kind: CertificateKind;
  readonly #move: Move;
  readonly #waivers: Map<string, Waiver>;
  readonly #digest = new ContentDigest();
  /** The same with the target's ETags: what that side yields by itself. */
  readonly #targetDigest = new ContentDigest();
  #targetIsKnown = true;
  readonly #findings: Findings;
  readonly #began = new Date();
  readonly #waived: (Finding & { reason: string; namedBy: string })[] = [];
  #waivedTotal = 0;
  #bytesRead = 0;
  #otherEtags = 0;

  constructor(environment: Environment, kind: CertificateKind, move: Move, waivers: Waiver[]) {
    this.#kind = kind;
    this.#move = move;
    this.#waivers = new Map(waivers.map((waiver) => [waiver.key, waiver]));
    this.#findings = new Findings(findingsPath(environment, kind, move.name, this.#began));
  }

  /** Whether somebody has named this key as one that may differ. */
  waives(key: string): boolean {
    return this.#waivers.has(key);
  }

  /** The findings that the document lists itself. */
  readonly listedFindings: Finding[] = [];

  /** Counts the source's object and takes what differs as a finding, unless it is waived. */
  async take(comparison: Comparison): Promise<void> {
    this.takeSource(comparison);
    if (comparison.differs.length > 0) await this.addFinding(comparison);
  }

  /** Adds the source's object to counts and digest. Must be called in key order. */
  takeSource({ key, source, bytesRead, targetEtag }: Comparison): void {
    if (source === null) return;
    if (bytesRead) this.#bytesRead += 1;
    if (targetEtag !== undefined) this.#otherEtags += 1;
    const { size, etag, headers, metadata } = source.head;
    const entry = { key, size, etag, headers, metadata, tags: source.tags };
    this.#digest.add(entry);
    this.#targetDigest.add({ ...entry, etag: targetEtag ?? etag });
  }

  /** A key had another ETag at the target only after it was taken: the target's digest cannot be told. */
  targetIsUnknown(): void {
    this.#targetIsKnown = false;
  }

  async addFinding({ key, differs }: Finding): Promise<void> {
    const waiver = this.#waivers.get(key);
    if (waiver === undefined) {
      if (this.listedFindings.length < LISTED) this.listedFindings.push({ key, differs });
      await this.#findings.add({ key, differs });
      return;
    }
    this.#waivedTotal += 1;
    if (this.#waived.length < LISTED) {
      this.#waived.push({ key, differs, reason: waiver.reason, namedBy: waiver.namedBy });
    }
  }

  /** Writes the certificate to the ledger. Called once, at the end. */
  async record(
    ledger: Pool,
    options: { epoch: bigint; horizon: string; detail: Record<string, unknown> },
  ): Promise<Certificate> {
    const findings = await this.#findings.end();
    const document = {
      ...options.detail,
      bucket: { source: this.#move.sourceBucket, target: this.#move.targetBucket },
      objects: this.#digest.objects,
      bytes: this.#digest.bytes,
      digest: this.#digest.end(),
      ...(this.#targetIsKnown && { targetDigest: this.#targetDigest.end() }),
      comparedByBytes: this.#bytesRead,
      otherEtags: this.#otherEtags,
      seconds: (Date.now() - this.#began.getTime()) / 1000,
      findings,
      waived: { total: this.#waivedTotal, listed: this.#waived },
    };
    const certificate = {
      kind: this.#kind,
      move: this.#move.name,
      epoch: options.epoch,
      horizon: options.horizon,
      findings: findings.total,
      document,
    };
    const id = await recordCertificate(ledger, certificate);
    return { ...certificate, id, at: new Date() };
  }
}
