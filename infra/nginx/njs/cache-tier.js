// @ts-nocheck: njs is not Node, and has no types here.
// Runs inside Nginx (njs 0.7): what its configuration language cannot say. See ../cache-tier.ts.

/** A read that Ceph answered with 404, while keys may still be on S3 alone. */
async function missing(r) {
  if (notAsked(r)) return;
  const found = await r.subrequest('/_find', { method: 'GET' });
  const redirect = found.headersOut['X-Accel-Redirect'];
  if (found.status === 200 && redirect) {
    // Kept as it came: decoding and encoding it again would change keys and break the signature.
    r.variables.source_uri = redirect.slice('/_source'.length);
    r.internalRedirect('/_source');
    return;
  }
  if (found.status === 404) return answer(r, 404, 'NoSuchKey');
  // Whether the key is there is not known now; a 404 would be a wrong answer.
  answer(r, 503, 'SlowDown');
}

/** An anonymous read that the origin refused or did not find: what was cached of it must go. */
async function gone(r) {
  if (notAsked(r)) return;
  const status = Number(r.variables.upstream_status.split(/[,:] */).pop());
  await drop(r);
  if (status === 403) return answer(r, 403, 'AccessDenied');
  if (r.variables.fallback === '1' && r.variables.reads_object === '1') return missing(r);
  answer(r, 404, 'NoSuchKey');
}

/** After a write: both answers that may be cached of the key, to GET and to HEAD. */
async function dropped(r) {
  await drop(r);
  r.return(204);
}

async function drop(r) {
  await Promise.all([r.subrequest('/_purge_get'), r.subrequest('/_purge_head')]);
}

/** Whether no origin was asked: somebody typed the name of an internal location. */
function notAsked(r) {
  if (r.variables.upstream_status) return false;
  r.return(404);
  return true;
}

function answer(r, status, code) {
  r.headersOut['Content-Type'] = 'application/xml';
  r.return(status, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
}

export default { missing, gone, dropped };
