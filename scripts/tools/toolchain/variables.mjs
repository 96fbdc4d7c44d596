// The environment variables of what we start. Plain JavaScript: enter.mjs needs it before there is anything else.

const PROXIES = ['http_proxy', 'https_proxy', 'all_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
const KEPT_FOR_INSTALLERS = 'STORAGE_INSTALLER_';

/**
 * The environment for our scripts and all that they start.
 *
 * Proxies are set aside: what we talk to is on loopback or is a store that is reached directly, and gRPC's
 * JavaScript client would send even the engine's loopback traffic to a proxy. So is AWS_CA_BUNDLE, because
 * it breaks S3 tools on plain HTTP (rclone 1.60); our own clients know both of its names.
 * @param {Readonly<Record<string, string | undefined>>} variables
 * @param {string} binDir goes to the front of PATH
 * @returns {Record<string, string>}
 */
export function childVariables(variables, binDir) {
  /** @type {Record<string, string>} */
  const result = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) continue;
    if (name === 'AWS_CA_BUNDLE') result['STORAGE_AWS_CA_BUNDLE'] = value;
    else result[PROXIES.includes(name) ? KEPT_FOR_INSTALLERS + name : name] = value;
  }
  const others = (result['PATH'] ?? '').split(':').filter((folder) => folder !== binDir && folder !== '');
  result['PATH'] = [binDir, ...others].join(':');
  return result;
}

/**
 * The environment for what downloads (apt-get, npm, go): the proxies are back.
 * @param {Readonly<Record<string, string | undefined>>} variables
 * @returns {Record<string, string>}
 */
export function installerVariables(variables) {
  /** @type {Record<string, string>} */
  const result = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) {
      result[name.startsWith(KEPT_FOR_INSTALLERS) ? name.slice(KEPT_FOR_INSTALLERS.length) : name] = value;
    }
  }
  return result;
}
