/** The page's style: one accent a store, the same in every chart; light and dark by the reader's setting. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f5f1; --card: #ffffff; --ink: #1d211f; --soft: #626a66; --faint: #8d9591; --rule: #e4e3dc;
  --s3: #d9822b; --ceph: #0f8a7e; --cache: #7c6bd6; --hold: #c8385a; --lag: #3c78c8;
  --good: #0f7a4d; --good-tint: #e5f3ea; --bad: #b3261e; --bad-tint: #fbe6e3;
  --shadow: 0 1px 2px rgb(30 30 20 / .06), 0 6px 20px rgb(30 30 20 / .05);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131615; --card: #1c201f; --ink: #eceeea; --soft: #a7aeaa; --faint: #7d8581; --rule: #2d3331;
    --s3: #eda04f; --ceph: #35b8a8; --cache: #a497ef; --hold: #f0688a; --lag: #74a9ec;
    --good: #58cf96; --good-tint: #17301f; --bad: #ff8a7f; --bad-tint: #3a1a17;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 ui-sans-serif, system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 56px 28px 72px; }
header { margin-bottom: 36px; }
.eyebrow { color: var(--soft); font-size: 13px; letter-spacing: .09em; text-transform: uppercase; margin: 0 0 10px; }
h1 { font-size: clamp(30px, 4.4vw, 46px); line-height: 1.1; letter-spacing: -.022em; font-weight: 680; margin: 0 0 14px; text-wrap: balance; }
.lead { font-size: 18px; color: var(--soft); max-width: 66ch; margin: 0; }
.lead b { color: var(--ink); font-weight: 600; }
h2 { font-size: 20px; letter-spacing: -.01em; font-weight: 640; margin: 52px 0 16px; }
h3 { font-size: 14.5px; font-weight: 620; margin: 0; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 14px; padding: 22px 24px; box-shadow: var(--shadow); }
.zeros { display: grid; grid-template-columns: repeat(3, 1fr); gap: 14px; }
.zero { position: relative; padding: 20px 22px; }
.zero .sign { position: absolute; top: 20px; right: 20px; width: 28px; height: 28px; border-radius: 50%; display: grid; place-items: center; font-size: 15px; font-weight: 700; background: var(--good-tint); color: var(--good); }
.zero.bad .sign { background: var(--bad); color: var(--card); }
.zero .number { font-size: 50px; line-height: 1; font-weight: 700; letter-spacing: -.03em; color: var(--good); font-variant-numeric: tabular-nums; }
.zero .name { font-weight: 600; margin-top: 9px; line-height: 1.3; }
.zero .checked { font-size: 13.5px; color: var(--soft); margin-top: 2px; }
.zero.bad { border-color: var(--bad); background: var(--bad-tint); }
.zero.bad .number { color: var(--bad); }
.facts { display: grid; grid-template-columns: repeat(4, 1fr); gap: 14px; margin-top: 14px; }
.fact { padding: 16px 20px; }
.fact .number { font-size: 25px; font-weight: 650; letter-spacing: -.015em; font-variant-numeric: tabular-nums; line-height: 1.2; }
.fact .name { color: var(--soft); font-size: 14px; }
.strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(118px, 1fr)); gap: 10px; }
.strip figure { margin: 0; min-width: 0; }
.strip img { width: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 9px; display: block; background: var(--rule); }
.strip figcaption { font-size: 11.5px; color: var(--faint); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; margin-top: 4px; }
.chart + .chart { border-top: 1px solid var(--rule); margin-top: 20px; padding-top: 18px; }
.chart-head { display: flex; flex-wrap: wrap; gap: 4px 22px; align-items: baseline; justify-content: space-between; margin-bottom: 8px; }
.chart-head p { margin: 0; font-size: 13.5px; color: var(--soft); }
.scroll { overflow-x: auto; }
.scroll svg { min-width: 760px; }
.plot { width: 100%; font: 13px ui-sans-serif, system-ui, "DejaVu Sans", sans-serif; color: var(--soft); --plot-background: var(--card); }
.plot [aria-label$="label"] { font-variant-numeric: tabular-nums; }
.plot [aria-label$="-grid"] { stroke: var(--rule); stroke-opacity: 1; }
.key { display: inline-flex; align-items: center; gap: 6px; margin-left: 16px; font-size: 13.5px; color: var(--soft); white-space: nowrap; }
.key:first-child { margin-left: 0; }
.key i { width: 11px; height: 11px; border-radius: 3px; display: inline-block; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; align-items: start; }
.columns > * { min-width: 0; }
.stack { display: grid; gap: 14px; }
.wide { grid-column: 1 / -1; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; margin-top: 10px; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 13px; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule); white-space: nowrap; }
td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--rule); vertical-align: top; overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; overflow-wrap: normal; }
td.n, th.n { padding-right: 22px; }
td:last-child, th:last-child { padding-right: 0; }
code { font: 13px ui-monospace, "SFMono-Regular", Menlo, "DejaVu Sans Mono", monospace; }
.pill { display: inline-block; border-radius: 99px; padding: 0 9px; font-size: 13px; line-height: 21px; background: var(--good-tint); color: var(--good); white-space: nowrap; }
.pill.bad { background: var(--bad-tint); color: var(--bad); }
.none { color: var(--soft); margin: 10px 0 0; font-size: 14.5px; }
footer { margin-top: 44px; color: var(--faint); font-size: 13.5px; }
@media (max-width: 860px) {
  main { padding: 32px 16px 48px; }
  .zeros { grid-template-columns: 1fr 1fr; } .facts { grid-template-columns: 1fr 1fr; } .columns { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 480px) { .zeros { grid-template-columns: 1fr; } .card { padding: 18px 16px; } }
@media print { .card { box-shadow: none; break-inside: avoid; } }
`;
