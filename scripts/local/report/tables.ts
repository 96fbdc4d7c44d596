import { count, findingsOf, mebibytes, type Figures } from './figures.ts';
import { escapeHtml } from './html.ts';

type Cell = string | { n: string } | { html: string };

/** Everything that the charts and the big numbers leave out. */
export function tables(figures: Figures): string {
  return [
    findings(figures),
    certificates(figures),
    stack(operations(figures), memory(figures)),
    stack(latencies(figures), addresses(figures)),
    straggler(figures),
  ].join('');
}

const SHOWN_FINDINGS = 70;

function findings(figures: Figures): string {
  const { listed, total } = findingsOf(figures, SHOWN_FINDINGS);
  if (total === 0) return '';
  const rows = listed.map(({ kind, seenBy, name, detail }): Cell[] => [
    kind,
    seenBy,
    { html: code(name) },
    detail,
  ]);
  const more = total > listed.length ? none(`… and ${count(total - listed.length)} more`) : '';
  return card('What is wrong', table(['what', 'seen by', 'key', 'detail'], rows) + more, true);
}

function certificates({ certificates: all }: Figures): string {
  const rows = all.map(
    ({ id, kind, changedOnly, move, at, epoch, findings: found, objects, digest }): Cell[] => [
      kind,
      move,
      changedOnly ? 'what changed since' : 'all objects',
      { n: objects === null ? '–' : count(objects) },
      {
        html: `<span class="pill${found === 0 ? '' : ' bad'}">${found === 0 ? 'equal' : `${count(found)} findings`}</span>`,
      },
      { n: epoch },
      { html: digest === null ? '–' : code(digest.slice(0, 16)) },
      { n: `${at.toISOString().slice(11, 19)}, number ${id}` },
    ],
  );
  const heads = ['certificate', 'bucket', 'compared', '#objects', 'result', '#epoch', 'digest', '#when'];
  return card('Certificates', rows.length === 0 ? none('None yet.') : scroll(table(heads, rows)), true);
}

function operations({ operations: { captured, open, outcomes } }: Figures): string {
  const rows = Object.entries(outcomes)
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, many]): Cell[] => [MEANING[outcome] ?? outcome, { n: count(many) }]);
  const all: Cell[][] = [
    ['captured from S3’s events', { n: count(captured) }],
    ...rows,
    ['still open', { n: count(open) }],
  ];
  return card('Operations captured and replayed', table(['', '#operations'], all));
}

const MEANING: Record<string, string> = {
  copied: 'copied to Ceph',
  deleted: 'deleted on Ceph',
  equal: 'Ceph was equal already',
  applied: 'applied after the turn: the key had never existed on Ceph',
  conflict: 'conflict: kept in quarantine and reported',
  duplicate: 'duplicate of an event handled before',
  ignored: 'needed nothing (canary, expiry, our own)',
};

function latencies({ clients }: Figures): string {
  if (clients === null) return '';
  const rows = Object.entries(clients.kinds)
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([kind, { count: many, p50Ms, p99Ms, maxMs }]): Cell[] => [
      kind,
      { n: count(many) },
      { n: count(p50Ms) },
      { n: count(p99Ms) },
      { n: count(maxMs) },
    ]);
  const note = none('Milliseconds; a write’s wait in the hold counts.');
  return card(
    'What clients did',
    table(['operation', '#times', '#median', '#99 %', '#longest'], rows) + note,
  );
}

function straggler({ audit, conflicts }: Figures): string {
  if (audit === null || audit.straggler.writes === 0) return '';
  const rows = audit.fates.map(({ operation, fate }): Cell[] => {
    const conflict = conflicts.find(({ move, key }) => move === operation.move && key === operation.key);
    const why = fate === 'conflict' ? (conflict?.reason ?? '') : '';
    return [
      `${operation.kind}, ${operation.stage} the hold`,
      { html: code(operation.key) },
      { html: `<span class="pill${fate === 'unaccounted' ? ' bad' : ''}">${fate}</span>` },
      why,
    ];
  });
  return card(
    'The straggler: a writer that ignores the move and goes on writing to S3',
    table(['write', 'key', 'what became of it', 'why'], rows),
    true,
  );
}

function memory({ memory: all, clients }: Figures): string {
  const rows = all.map(({ script, processes, peakBytes }): Cell[] => [
    script,
    { n: count(processes) },
    { n: mebibytes(peakBytes) },
  ]);
  if (clients !== null)
    rows.push(['the clients themselves, now', { n: '1' }, { n: mebibytes(clients.residentBytes) }]);
  if (rows.length === 0) return '';
  return card('Peak memory of each script', table(['script', '#processes', '#most of one'], rows));
}

function addresses({ addresses: all }: Figures): string {
  if (all.length === 0) return '';
  return card(
    'Where things are',
    table(
      ['', ''],
      all.map(({ name, url }) => [name, { html: code(url) }]),
    ),
  );
}

function card(name: string, inside: string, wide = false): string {
  return `<div class="card${wide ? ' wide' : ''}"><h3>${escapeHtml(name)}</h3>${inside}</div>`;
}

function stack(...cards: string[]): string {
  return `<div class="stack">${cards.join('')}</div>`;
}

/** A head that begins with `#` is a column of numbers. */
function table(heads: string[], rows: Cell[][]): string {
  const named = heads.some((head) => head !== '');
  const head = heads.map((text) =>
    text.startsWith('#') ? `<th class="n">${escapeHtml(text.slice(1))}</th>` : `<th>${escapeHtml(text)}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`);
  return `<table>${named ? `<thead><tr>${head.join('')}</tr></thead>` : ''}<tbody>${body.join('')}</tbody></table>`;
}

function cell(content: Cell): string {
  if (typeof content === 'string') return `<td>${escapeHtml(content)}</td>`;
  return 'n' in content ? `<td class="n">${escapeHtml(content.n)}</td>` : `<td>${content.html}</td>`;
}

function code(text: string): string {
  return `<code>${escapeHtml(text.length > 90 ? `${text.slice(0, 88)}…` : text)}</code>`;
}

function scroll(inside: string): string {
  return `<div class="scroll">${inside}</div>`;
}

function none(text: string): string {
  return `<p class="none">${escapeHtml(text)}</p>`;
}
