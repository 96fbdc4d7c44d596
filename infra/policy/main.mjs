// The runner of policy packs puts an old ts-node in front of every `require` of a .ts or .js file. An .mjs is
// left alone by it, and so is what that imports: Node runs the TypeScript as it is, as everywhere else here.
import './pack.ts';
