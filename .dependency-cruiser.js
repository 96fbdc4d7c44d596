/**
 * Who may import whom (docs/architecture.md, "Folders"). Checked by `npm test`, stage `imports`.
 *
 * Each rule is one sentence: nothing in `from` imports anything in `to`, apart from what `pathNot` names.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Files that import each other cannot be read one after the other. Types count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contract-is-a-leaf',
      comment: 'What infra and scripts share knows neither of them.',
      severity: 'error',
      from: { path: '^scripts/contract/' },
      to: { path: '^(scripts|infra|test|bench)/', pathNot: '^scripts/contract/' },
    },
    {
      name: 'store-and-ledger-know-only-the-contract',
      comment: 'What needs both, such as the mirrored epoch, belongs to the move.',
      severity: 'error',
      from: { path: '^scripts/(store|ledger)/' },
      to: { path: '^(scripts|infra|test|bench)/', pathNot: '^scripts/(contract|$1)/' },
    },
    {
      name: 'platform-knows-contract-store-and-ledger',
      severity: 'error',
      from: { path: '^scripts/platform/' },
      to: { path: '^(scripts|infra|test|bench)/', pathNot: '^scripts/(contract|store|ledger|platform)/' },
    },
    {
      name: 'rooms-of-the-move-stand-alone',
      comment:
        'Each step of the move can be read without the others. What two of them need is in move/common.',
      severity: 'error',
      from: { path: '^scripts/move/(?!steps/)([^/]+)/' },
      to: { path: '^scripts/', pathNot: '^scripts/(contract|store|ledger|platform|move/(common|$1))/' },
    },
    {
      name: 'steps-join-the-rooms',
      severity: 'error',
      from: { path: '^scripts/move/steps/' },
      to: { path: '^scripts/', pathNot: '^scripts/(contract|store|ledger|platform|move|object-events)/' },
    },
    {
      name: 'object-events-stand-alone',
      severity: 'error',
      from: { path: '^scripts/object-events/' },
      to: { path: '^scripts/', pathNot: '^scripts/(contract|store|ledger|platform|object-events)/' },
    },
    {
      name: 'ceph-hosts-stand-alone',
      severity: 'error',
      from: { path: '^scripts/ceph-hosts/' },
      to: { path: '^scripts/', pathNot: '^scripts/(contract|store|platform|ceph-hosts)/' },
    },
    {
      name: 'nothing-imports-the-command-line',
      severity: 'error',
      from: { path: '^(scripts|infra|bench)/', pathNot: '^scripts/(cli/|migrate\\.ts$)' },
      to: { path: '^scripts/(cli/|migrate\\.ts$)' },
    },
    {
      name: 'infra-knows-only-the-contract',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^(scripts|test|bench)/', pathNot: '^scripts/contract/' },
    },
    {
      name: 'only-tools-and-local-know-infra',
      severity: 'error',
      from: { path: '^scripts/', pathNot: '^scripts/(tools|local)/' },
      to: { path: '^infra/' },
    },
    {
      name: 'foundation-knows-no-system-on-it',
      comment: 'Other systems will share the foundation: it takes what it needs as an argument.',
      severity: 'error',
      from: { path: '^infra/foundation/' },
      to: { path: '^(infra|scripts)/', pathNot: '^infra/(foundation|aws|kubernetes)/' },
    },
    {
      name: 'the-product-imports-no-test',
      severity: 'error',
      from: { path: '^(scripts|infra)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules|dist)/' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: false,
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js'] },
  },
};
