type Statement = { Effect?: string; Principal?: unknown; Action?: string | string[] };

/** Whether a bucket's policy lets anybody write objects: nothing else of policies matters to the model. */
export function grantsWrite(policy: string): boolean {
  const { Statement: all } = JSON.parse(policy) as { Statement: Statement | Statement[] };
  return ![all].flat().some(({ Effect: effect, Action: action }) => {
    return effect === 'Deny' && [action].flat().includes('s3:PutObject');
  });
}
